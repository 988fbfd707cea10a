"""Check of the claims of a rationale against the measured gait.

A claim (`claims.py`) names a quantity, a side, and a state of its value (low, normal, high) with a
grade, or a number. It is checked against measured parameters and the norms of healthy older adults
(`norms.py`):

- low or high: supported from 1 SD below or above the mean; "markedly" needs 2 SD, "mildly" at most
  4;
- normal: supported within 2 SD on the side that counts as impaired;
- a number: supported within 10 % of the measured value, or within its own rounding.

Between 1 and 2 SD both "mildly reduced" and "normal" are supported, because raters disagree in this
range.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from .claims import Claim, extract_claims
from .lexicon import load_lexicon
from .norms import Reference, reference
from .parameters import PARAMETERS

SUPPORTED, CONTRADICTED, NOT_MEASURABLE = "supported", "contradicted", "not measurable"
CHANGED_SD, NORMAL_SD, MARKED_SD, MILD_SD = 1.0, 2.0, 2.0, 4.0
NUMBER_TOLERANCE = 0.10
_MARKED = 3  # grade of "markedly" in the lexicon
_MILD = 1
_IMPAIRED = {parameter.name: parameter.impaired for parameter in PARAMETERS}


@dataclass(frozen=True)
class CheckedClaim:
    """A claim and the measurement that it was compared with.

    Attributes:
        claim: The claim.
        verdict: `SUPPORTED`, `CONTRADICTED` or `NOT_MEASURABLE`.
        parameter: Name of the parameter that decided the verdict, or None if none was measured.
        value: Measured value of the parameter.
        norm: Norm of the parameter, or None if it has none.
        z: The z-score of the value, or None without a norm.
    """

    claim: Claim
    verdict: str
    parameter: str | None
    value: float | None
    norm: Reference | None
    z: float | None


@dataclass(frozen=True)
class Grounding:
    """How far the measured gait supports a text.

    Attributes:
        score: Supported claims over supported and contradicted ones, or None if no claim could be
            checked.
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
) -> list[CheckedClaim]:
    """Compare claims with measured gait parameters.

    A state ("low", "normal", "high") is compared with the z-score of the parameter against the
    norm of age and sex, a number with the measured value. If several parameters belong to a claim
    (left and right arm), one that agrees is enough, except for "normal" and for claims about both
    sides.

    Args:
        claims (`Iterable[Claim]`):
            Claims from [`extract_claims`].
        parameters (`Mapping[str, object]`):
            Name → [`Measured`], `{"value": …}` or a number, with the names and units of
            `PARAMETERS`. Parameters that were not measured are left out.
        age (`float`, *optional*):
            Age of the subject in years, 60 to 110, for the norms. Default: norms for 70 years.
        sex (`str`, *optional*):
            "male" or "female", for the norms. Default: the mean of both.

    Returns:
        `list[CheckedClaim]`: One entry for each claim, in the same order. `verdict` is "supported",
        "contradicted" or "not measurable"; `parameter`, `value`, `norm` and `z` show the
        measurement that decided it.

    Raises:
        ValueError: There are no norms for the age or the sex.

    Example:
        ```python
        >>> from agir_hf.gait import check_claims, extract_claims
        >>> claims = extract_claims("Speed is reduced. Cadence is normal. There is a tremor.")
        >>> measured = {"speed_m_per_s": 0.71, "cadence_steps_per_min": 85.0}
        >>> for row in check_claims(claims, measured):
        ...     print(row.claim.quantity, row.verdict, row.z and round(row.z, 1))
        speed supported -2.4
        cadence contradicted -2.5
        tremor not measurable None

        ```
    """
    values = {name: _number_of(measured) for name, measured in parameters.items()}
    return [_check(claim, values, age, sex) for claim in claims]


def _number_of(measured) -> float:
    if isinstance(measured, Mapping):
        return float(measured["value"])
    return float(getattr(measured, "value", measured))


def _check(claim: Claim, values: dict[str, float], age, sex) -> CheckedClaim:
    names, combine = _parameters_of(claim)
    rows = []  # agreement, name and norm of each measured parameter
    for name in names:
        if name not in values:
            continue
        norm = reference(name, age, sex)
        if claim.value is not None:
            rows.append((_is_near(claim.value, values[name]), name, norm))
        elif norm is not None:
            rows.append((_fits(claim, name, norm.z(values[name])), name, norm))
    if not rows or (combine is all and len(rows) < len(names)):
        return CheckedClaim(claim, NOT_MEASURABLE, None, None, None, None)
    supported = combine(fits for fits, _, _ in rows)
    _, name, norm = next(row for row in rows if row[0] == supported)
    z = None if norm is None else norm.z(values[name])
    verdict = SUPPORTED if supported else CONTRADICTED
    return CheckedClaim(claim, verdict, name, values[name], norm, z)


def _parameters_of(claim: Claim) -> tuple[list[str], Callable]:
    """Names of the parameters that decide a claim, and whether `all` or `any` must support it."""
    names = []
    measures = load_lexicon()["quantities"][claim.quantity]["measures"]
    for measure in measures:
        if "{side}" not in measure:
            names.append(measure)
        elif claim.side in ("left", "right"):
            names.append(measure.format(side=f"{claim.side}_"))
        elif claim.side == "both" or claim.quantity == "arm_swing":
            names += [measure.format(side=f"{side}_") for side in ("left", "right")]
        else:
            names.append(measure.format(side=""))
    sided = any("{side}" in measure for measure in measures)
    any_is_enough = claim.state != "normal" and not (sided and claim.side == "both")
    return names, any if any_is_enough or claim.value is not None else all


def _is_near(claimed: float, measured: float) -> bool:
    digits = len(str(claimed).partition(".")[2]) if claimed != int(claimed) else 0
    return abs(claimed - measured) <= max(NUMBER_TOLERANCE * abs(measured), 0.5 * 10**-digits)


def _fits(claim: Claim, name: str, z: float) -> bool:
    """Whether a z-score agrees with the state and grade of a claim."""
    if claim.state == "normal":
        bad = _IMPAIRED[name]
        return not ((bad != "high" and z < -NORMAL_SD) or (bad != "low" and z > NORMAL_SD))
    size = -z if claim.state == "low" else z
    least = MARKED_SD if claim.grade == _MARKED else CHANGED_SD
    return size >= least and not (claim.grade == _MILD and size > MILD_SD)


def grounding_score(
    text: str,
    parameters: Mapping[str, object],
    age: float | None = None,
    sex: str | None = None,
) -> Grounding:
    """Compute how far the measured gait supports the claims of a text.

    The claims are found by [`extract_claims`] and compared by [`check_claims`]. The score is the
    number of supported claims divided by the number of claims that could be checked; claims about
    quantities that were not measured do not count.

    Args:
        text (`str`):
            English text, such as a rationale.
        parameters (`Mapping[str, object]`):
            Name → [`Measured`], `{"value": …}` or a number, with the names and units of
            `PARAMETERS`.
        age (`float`, *optional*):
            Age of the subject in years, 60 to 110, for the norms. Default: norms for 70 years.
        sex (`str`, *optional*):
            "male" or "female", for the norms. Default: the mean of both.

    Returns:
        [`Grounding`]: `score` and `coverage` in 0 … 1, or None if there is nothing to divide by,
        and `checked`, the claims with their verdicts.

    Raises:
        ValueError: There are no norms for the age or the sex.

    Example:
        ```python
        >>> from agir_hf.gait import grounding_score
        >>> text = "Walking speed is reduced. Cadence is high. There is a tremor."
        >>> result = grounding_score(text, {"speed_m_per_s": 0.71, "cadence_steps_per_min": 108})
        >>> result.score, round(result.coverage, 2)
        (0.5, 0.67)

        ```
    """
    checked = check_claims(extract_claims(text), parameters, age, sex)
    supported = sum(row.verdict == SUPPORTED for row in checked)
    decided = supported + sum(row.verdict == CONTRADICTED for row in checked)
    return Grounding(
        supported / decided if decided else None,
        decided / len(checked) if checked else None,
        tuple(checked),
    )
