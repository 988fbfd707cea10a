"""Whether the measured gait bears out what a rationale asserts.

A claim (`claims.py`) names a quantity, a side, and a state of its value (low, normal, high) with a
grade, or a number. It is checked against measured parameters and the norms of healthy elders
(`norms.py`):

- low or high: supported beyond 1 SD on that side; "markedly" needs 2 SD, "mildly" at most 4;
- normal: supported within 2 SD on the side that counts as impaired;
- a number: supported within 10 % of what was measured, or its own rounding.

Between 1 and 2 SD both "mildly reduced" and "normal" pass: there readers differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .claims import Claim, extract_claims, lexicon
from .norms import Reference, reference
from .parameters import PARAMETERS

SUPPORTED, CONTRADICTED, NOT_MEASURABLE = "supported", "contradicted", "not measurable"
CHANGED_SD, NORMAL_SD, MARKED_SD, MILD_SD = 1.0, 2.0, 2.0, 4.0
NUMBER_TOLERANCE = 0.10
_IMPAIRED = {parameter.name: parameter.impaired for parameter in PARAMETERS}


@dataclass(frozen=True)
class CheckedClaim:
    """A claim beside what was measured: verdict, the parameter that decided it, value, norm, z."""

    claim: Claim
    verdict: str
    parameter: str | None
    value: float | None
    norm: Reference | None
    z: float | None


@dataclass(frozen=True)
class Grounding:
    """`score` is supported / (supported + contradicted), None where nothing could be checked.

    `coverage` is the share of claims that could be checked, None without claims.
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
    """Check each claim against measured parameters.

    Args:
        claims: from `extract_claims`.
        parameters: name → `Measured`, {"value": …}, or a number; the names of `PARAMETERS`.
        age, sex: of the walker, for the norms.
    """
    values = {name: _number_of(row) for name, row in parameters.items()}
    return [_check(claim, values, age, sex) for claim in claims]


def _number_of(row) -> float:
    if isinstance(row, Mapping):
        return float(row["value"])
    return float(getattr(row, "value", row))


def _check(claim: Claim, values: dict[str, float], age, sex) -> CheckedClaim:
    names, how = _parameters_of(claim)
    rows = []
    for name in names:
        if name not in values:
            continue
        norm = reference(name, age, sex)
        if claim.value is not None:
            rows.append((_near(claim.value, values[name]), name, norm))
        elif norm is not None:
            rows.append((_fits(claim, name, norm.z(values[name])), name, norm))
    if not rows or (how is all and len(rows) < len(names)):
        return CheckedClaim(claim, NOT_MEASURABLE, None, None, None, None)
    holds = how(fits for fits, _, _ in rows)
    _, name, norm = next(row for row in rows if row[0] == holds)
    z = None if norm is None else norm.z(values[name])
    return CheckedClaim(claim, SUPPORTED if holds else CONTRADICTED, name, values[name], norm, z)


def _parameters_of(claim: Claim):
    """Names of the parameters that decide a claim, and whether all or any must bear it out."""
    names = []
    measures = lexicon()["quantities"][claim.quantity]["measures"]
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
    either = claim.state != "normal" and not (sided and claim.side == "both")
    return names, any if either or claim.value is not None else all


def _near(claimed: float, measured: float) -> bool:
    digits = len(str(claimed).partition(".")[2]) if claimed != int(claimed) else 0
    return abs(claimed - measured) <= max(NUMBER_TOLERANCE * abs(measured), 0.5 * 10**-digits)


def _fits(claim: Claim, name: str, z: float) -> bool:
    if claim.state == "normal":
        bad = _IMPAIRED[name]
        return not ((bad != "high" and z < -NORMAL_SD) or (bad != "low" and z > NORMAL_SD))
    size = -z if claim.state == "low" else z
    least = MARKED_SD if claim.grade == 3 else CHANGED_SD
    return size >= least and not (claim.grade == 1 and size > MILD_SD)


def grounding_score(
    text: str,
    parameters: Mapping[str, object],
    age: float | None = None,
    sex: str | None = None,
) -> Grounding:
    """How much of what a text asserts the measured gait bears out; see `Grounding`."""
    checked = check_claims(extract_claims(text), parameters, age, sex)
    supported = sum(row.verdict == SUPPORTED for row in checked)
    told = supported + sum(row.verdict == CONTRADICTED for row in checked)
    return Grounding(
        supported / told if told else None, told / len(checked) if checked else None, tuple(checked)
    )
