"""Check of the claims of a rationale against the measured gait.

A claim (`claims.py`) names a quantity, a side, a state of its value (low, normal, high) with or
without a degree, or a number, or both. It is compared with the grade of the measured parameter
(`grades.py`), which depends on the norms of age and sex (`norms.py`):

- a claim with a degree ("markedly reduced") is supported by this grade only, and "absent" is a
  grade of its own;
- a claim without a degree ("reduced") is supported by mild, moderate and marked, not by absent;
- "normal" is supported by the grade normal only;
- a number is supported within 10 % of the measured value, or within its own rounding; of a claim
  with a state and a number, both must be right.

A claim is "near" if the measured value has the neighbouring grade and is at most half a standard
deviation from the claimed one. A near claim is not a supported one.

A quantity with several parameters has the grade of the most impaired one: "arm swing" without a
side that of the arm that swings less, "rhythm" that of the more variable of stride and step time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from .claims import Claim, extract_claims
from .graded_walk import GradedValue, GradedWalk
from .grades import (
    ABSENT,
    HIGH,
    MARKED,
    MILD,
    MODERATE,
    NORMAL,
    NORMAL_GRADE,
    NORMAL_SD,
    Grade,
    distance_sd,
    grade_of,
    scale,
)
from .lexicon import load_lexicon
from .norms import Norms, Reference

SUPPORTED, NEAR, CONTRADICTED, NOT_MEASURABLE = (
    "supported", "near", "contradicted", "not measurable",
)  # fmt: skip
NOT_MEASURED, NO_NORM = "not measured", "no norm"
NEAR_SD = 0.5
NUMBER_TOLERANCE = 0.10
_SEVERITY = (SUPPORTED, NEAR, NOT_MEASURABLE, CONTRADICTED)  # of several verdicts the last counts
# z-scores of the degrees in the direction that is no sign of impairment: least and greatest.
_OUTSIDE_SCALE = {
    0: (NORMAL_SD, float("inf")),
    MILD: (NORMAL_SD, 2.5),
    MODERATE: (2.5, 3.5),
    MARKED: (3.5, float("inf")),
}


@dataclass(frozen=True)
class CheckedClaim:
    """A claim and the measurement that it was compared with.

    Attributes:
        claim: The claim.
        verdict: `SUPPORTED`, `NEAR`, `CONTRADICTED` or `NOT_MEASURABLE`.
        parameter: Name of the parameter that decided the verdict, or None if none was measured.
        value: Measured value of the parameter.
        norm: Norm of the parameter, or None if it has none.
        z: The z-score of the value, or None without a norm.
        grade: Grade of the value, or None without a norm.
        reason: Why the claim is not measurable: "not measured" or "no norm"; else an empty text.
    """

    claim: Claim
    verdict: str
    parameter: str | None
    value: float | None
    norm: Reference | None
    z: float | None
    grade: Grade | None = None
    reason: str = ""


@dataclass(frozen=True)
class Grounding:
    """How far the measured gait supports a text.

    Attributes:
        score: Supported claims over supported, near and contradicted ones, or None if no claim
            could be checked.
        coverage: Share of the claims that could be checked, or None for a text without claims.
        checked: All claims with their verdicts, in the order of the text.
    """

    score: float | None
    coverage: float | None
    checked: tuple[CheckedClaim, ...]


def check_claims(
    claims: Iterable[Claim],
    parameters: Mapping[str, object],
    age: float | None = None,
    sex: str | None = None,
    norms: Norms | None = None,
) -> list[CheckedClaim]:
    """Compare claims with measured gait parameters.

    A state ("low", "normal", "high") with its degree is compared with the grade of the parameter
    against the norm of age and sex, a number with the measured value. The norms of phases and sway
    are those at the measured speed. If several parameters belong to a claim, the most impaired one
    decides; a claim about both sides must be right on both.

    Args:
        claims (`Iterable[Claim]`):
            Claims from [`extract_claims`].
        parameters (`Mapping[str, object]`):
            Name → [`Measured`], `{"value": …}` or a number, with the names and units of
            `PARAMETERS`. Parameters that were not measured are left out.
        age (`float`, *optional*):
            Age of the subject in years, for the norms. Default: norms for 70 years. Below 20 years
            there are no norms, and states are not measurable.
        sex (`str`, *optional*):
            "male" or "female", for the norms. Default: the mean of both.
        norms (`Norms`, *optional*):
            Norms of a laboratory. Default: the published norms.

    Returns:
        `list[CheckedClaim]`: One entry for each claim, in the same order. `verdict` is "supported",
        "near", "contradicted" or "not measurable"; `parameter`, `value`, `norm`, `z` and `grade`
        show the measurement that decided it.

    Raises:
        ValueError: The sex is neither of the two, or the age is not within 0 to 120 years.

    Example:
        ```python
        >>> from agir_hf.gait import check_claims, extract_claims
        >>> text = "Speed is moderately reduced. Cadence is normal. There is a tremor."
        >>> measured = {"speed_m_per_s": 0.71, "cadence_steps_per_min": 85.0}
        >>> for row in check_claims(extract_claims(text), measured):
        ...     print(row.claim.quantity, row.verdict, row.z and round(row.z, 1))
        speed supported -3.0
        cadence contradicted -2.9
        tremor not measurable None

        ```
    """
    return check_on_walk(claims, GradedWalk(parameters, age, sex, norms))


def check_on_walk(claims: Iterable[Claim], walk: GradedWalk) -> list[CheckedClaim]:
    """Compare claims with the parameters of a walk, for several texts about it.

    Args:
        claims: Claims from [`extract_claims`].
        walk: The walk with its grades.
    """
    return [_check(claim, walk) for claim in claims]


def quantity_grade(
    quantity: str,
    side: str,
    parameters: Mapping[str, float],
    age: float | None = None,
    sex: str | None = None,
    norms: Norms | None = None,
) -> GradedValue | None:
    """Grade a quantity of the lexicon, as a claim about it is checked.

    Args:
        quantity: Quantity of the lexicon, such as "arm_swing".
        side: "left", "right", or "" for the whole walk.
        parameters: Measured gait parameters, name → value.
        age: Age of the subject in years, or None.
        sex: "male", "female" or None.
        norms: Norms of a laboratory, or None for the published norms.

    Returns:
        The most impaired parameter with its grade, or None if none was measured or has a norm.
    """
    rows = GradedWalk(parameters, age, sex, norms).graded(_names(quantity, side))
    return max(rows, key=lambda row: row.grade.degree, default=None)


@lru_cache(maxsize=1024)
def _names(quantity: str, side: str) -> tuple[str, ...]:
    """Names of the parameters of a quantity on a side."""
    names: list[str] = []
    for measure in load_lexicon()["quantities"][quantity]["measures"]:
        if "{side}" not in measure:
            names.append(measure)
        elif side in ("left", "right"):
            names.append(measure.format(side=f"{side}_"))
        elif quantity == "arm_swing":
            names += [measure.format(side=f"{arm}_") for arm in ("left", "right")]
        else:
            names.append(measure.format(side=""))
    return tuple(names)


def _check(claim: Claim, walk: GradedWalk) -> CheckedClaim:
    sides = ("left", "right") if claim.side == "both" else (claim.side,)
    rows = [_check_side(claim, side, walk) for side in sides]
    return max(rows, key=lambda row: _SEVERITY.index(row.verdict))


def _check_side(claim: Claim, side: str, walk: GradedWalk) -> CheckedClaim:
    names = [name for name in _names(claim.quantity, side) if name in walk.values]
    if not names:
        return CheckedClaim(
            claim, NOT_MEASURABLE, None, None, None, None, None, reason=NOT_MEASURED
        )
    rows = walk.graded(names)
    number = _check_number(claim, names, walk) if claim.value is not None else None
    if number is not None and (not claim.state or number.verdict == CONTRADICTED):
        return number
    if not rows:
        name = names[0]
        return CheckedClaim(
            claim, NOT_MEASURABLE, name, walk.values[name], None, None, None, reason=NO_NORM
        )
    row = _deciding(claim, rows)
    return _checked(claim, _verdict(claim, row), row)


def _deciding(claim: Claim, rows: list[GradedValue]) -> GradedValue:
    """The most impaired parameter; of unimpaired ones the one that is nearest to the claim."""
    sign = {"low": -1.0, "high": 1.0}.get(claim.state, 0.0)
    return max(rows, key=lambda row: (row.grade.degree, sign * row.norm.z(row.value)))


def _checked(claim: Claim, verdict: str, row: GradedValue) -> CheckedClaim:
    z = row.norm.z(row.value)
    return CheckedClaim(claim, verdict, row.parameter, row.value, row.norm, z, row.grade)


def _check_number(claim: Claim, names: list[str], walk: GradedWalk) -> CheckedClaim:
    """Compare the number of a claim with the measured value that is nearest to it."""
    name = min(names, key=lambda name: abs(walk.values[name] - claim.value))
    value, norm = walk.values[name], walk.norm(name)
    verdict = SUPPORTED if _is_near(claim.value, value) else CONTRADICTED
    if norm is None:
        return CheckedClaim(claim, verdict, name, value, None, None)
    return _checked(claim, verdict, GradedValue(name, value, norm, grade_of(name, value, norm)))


def _is_near(claimed: float, measured: float) -> bool:
    digits = len(str(claimed).partition(".")[2]) if claimed != int(claimed) else 0
    return abs(claimed - measured) <= max(NUMBER_TOLERANCE * abs(measured), 0.5 * 10**-digits)


def _verdict(claim: Claim, row: GradedValue) -> str:
    """Verdict of the state and degree of a claim about one parameter."""
    grades = scale(row.parameter)
    if claim.state == NORMAL:
        targets = [NORMAL_GRADE]
    else:
        graded = [grade for grade in grades if grade.state == claim.state]
        if not graded:
            return _verdict_outside_scale(claim, row)
        degree = claim.grade
        if degree == ABSENT and graded[0].degree != ABSENT:
            degree = MARKED
        degrees = (degree,) if degree else (MILD, MODERATE, MARKED)
        targets = [grade for grade in graded if grade.degree in degrees]
    if row.grade in targets:
        return SUPPORTED
    for target in targets:
        is_neighbour = abs(grades.index(target) - grades.index(row.grade)) == 1
        if is_neighbour and distance_sd(row.parameter, row.value, target, row.norm) <= NEAR_SD:
            return NEAR
    return CONTRADICTED


def _verdict_outside_scale(claim: Claim, row: GradedValue) -> str:
    """Verdict of a claim in the direction that is no sign of impairment, such as long steps."""
    z = row.norm.z(row.value) * (1 if claim.state == HIGH else -1)
    least, most = _OUTSIDE_SCALE[min(claim.grade, MARKED)]
    if least <= z < most:
        return SUPPORTED
    return NEAR if least - NEAR_SD <= z < most + NEAR_SD else CONTRADICTED


def grounding_score(
    text: str,
    parameters: Mapping[str, object],
    age: float | None = None,
    sex: str | None = None,
    norms: Norms | None = None,
) -> Grounding:
    """Compute how far the measured gait supports the claims of a text.

    The claims are found by [`extract_claims`] and compared by [`check_claims`]. The score is the
    number of supported claims divided by the number of claims that could be checked, near ones
    among them; claims about quantities that were not measured do not count.

    Args:
        text (`str`):
            English text, such as a rationale.
        parameters (`Mapping[str, object]`):
            Name → [`Measured`], `{"value": …}` or a number, with the names and units of
            `PARAMETERS`.
        age (`float`, *optional*):
            Age of the subject in years, for the norms. Default: norms for 70 years. Below 20 years
            there are no norms.
        sex (`str`, *optional*):
            "male" or "female", for the norms. Default: the mean of both.
        norms (`Norms`, *optional*):
            Norms of a laboratory. Default: the published norms.

    Returns:
        [`Grounding`]: `score` and `coverage` in 0 … 1, or None if there is nothing to divide by,
        and `checked`, the claims with their verdicts.

    Raises:
        ValueError: The sex is neither of the two, or the age is not within 0 to 120 years.

    Example:
        ```python
        >>> from agir_hf.gait import grounding_score
        >>> text = "Walking speed is moderately reduced. Cadence is high. There is a tremor."
        >>> result = grounding_score(text, {"speed_m_per_s": 0.71, "cadence_steps_per_min": 108})
        >>> result.score, round(result.coverage, 2)
        (0.5, 0.67)

        ```
    """
    checked = check_claims(extract_claims(text), parameters, age, sex, norms)
    supported = sum(row.verdict == SUPPORTED for row in checked)
    decided = sum(row.verdict != NOT_MEASURABLE for row in checked)
    return Grounding(
        supported / decided if decided else None,
        decided / len(checked) if checked else None,
        tuple(checked),
    )
