"""Compare what a description asked for with the gait that is measured in the generated walk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ..gait.applied_norms import AppliedNorms, norm_json, norm_text, z_text
from ..gait.claims import Claim
from ..gait.grades import ABSENT, DEGREES, HIGH, NORMAL, NORMAL_SD, distance_sd, grade_words, scale
from ..gait.grounding import (
    CONTRADICTED,
    NEAR,
    NOT_MEASURABLE,
    SUPPORTED,
    CheckedClaim,
    check_claims,
)
from ..gait.lexicon import load_lexicon
from ..gait.parameter_table import in_words, unit_of
from .generation_request import SIDED, SIDES, Asked

YES, NEARLY, NO = "yes", "nearly", "no"
_OBEYED = {SUPPORTED: YES, NEAR: NEARLY, CONTRADICTED: NO, NOT_MEASURABLE: NOT_MEASURABLE}
STILL_DEG = 10.0  # an arm that swings less looks still
NEARLY_TOLERANCE = 0.20  # of the measured value, for a number; within 10 % it is obeyed
FARTHEST_SD = 5.0  # greater distances are counted as this one
# Quantities that the training descriptions of the embedded model speak of (recipes/tiny/train.py).
DESCRIBED = (
    "step_length", "foot_lift", "heel_strike", "step_width", "hip_range", "knee_range",
    "ankle_range", "arm_swing", "arm_asymmetry",
)  # fmt: skip
_POINTS = {YES: 1.0, NEARLY: 0.5, NO: 0.0, NOT_MEASURABLE: 0.0}
_IMPLIED_WEIGHT = 0.5


@dataclass(frozen=True)
class Obeyed:
    """A property that was asked for, and the measurement that it is compared with.

    Attributes:
        asked: The property.
        obeyed: `YES`, `NEARLY`, `NO` or "not measurable".
        checked: Measured parameter, value, norm, z-score and grade.
        miss_sd: Distance of the value from what was asked, in standard deviations of the norm.
        reason: Why the property is not measurable; else empty.
    """

    asked: Asked
    obeyed: str
    checked: CheckedClaim
    miss_sd: float
    reason: str = ""

    @property
    def asked_text(self) -> str:
        """The property in words, such as "left arm swing: still (under 10°)"."""
        return asked_text(self.asked.claim)

    @property
    def measured_text(self) -> str:
        """Measured value with unit and grade; empty if nothing was measured."""
        row = self.checked
        if row.parameter is None or self.reason:
            return ""
        unit = unit_of(row.parameter)
        space = "" if unit in ("", "°") else " "
        text = f"{row.value:.3g}{space}{unit}"
        return f"{text}, {grade_words(row.grade)}" if row.grade else text

    @property
    def norm_text(self) -> str:
        """Norm and z-score of the value; empty without a norm."""
        row = self.checked
        return "" if row.norm is None else f"{norm_text(row.norm)}, z {z_text(row.z)}"

    def as_json(self) -> dict:
        """Return the row as values for JSON."""
        claim, row = self.asked.claim, self.checked
        has_value = row.value is not None and not self.reason
        return {
            "words": self.asked.words,
            "asked": self.asked_text,
            "quantity": claim.quantity,
            "side": claim.side or None,
            "value": claim.value,
            "implied": self.asked.implied,
            "parameter": row.parameter if has_value else None,
            "measured": round(row.value, 4) if has_value else None,
            "unit": unit_of(row.parameter) if has_value else None,
            "grade": grade_words(row.grade) if has_value and row.grade else None,
            "norm": norm_json(row.norm) if has_value else None,
            "z": round(row.z, 3) if has_value and row.z is not None else None,
            "obeyed": self.obeyed,
            "reason": self.reason or None,
        }


def asked_text(claim: Claim) -> str:
    """Return a property that is asked for in words.

    Args:
        claim: The property.

    Example:
        ```python
        >>> from agir_hf.assessment.generation_check import asked_text
        >>> from agir_hf.assessment.generation_request import parse_request
        >>> [asked_text(row.claim) for row in parse_request("Left arm still.").asked]
        ['left arm swing: still (under 10°)', 'right arm swing: normal']

        ```
    """
    side = {"both": " of both sides"}.get(claim.side, "")
    name = f"{claim.side} " if claim.side in SIDES else ""
    parts = [_state_text(claim)] if claim.state else []
    if claim.value is not None:
        parts.append(f"{claim.value:g}{_unit_text(claim.quantity)}")
    return f"{name}{claim.quantity.replace('_', ' ')}{side}: {', '.join(parts)}"


def _state_text(claim: Claim) -> str:
    if claim.state == NORMAL:
        return "normal"
    if claim.grade == ABSENT:
        return f"still (under {STILL_DEG:g}°)" if claim.quantity == "arm_swing" else "absent"
    word = "increased" if claim.state == HIGH else "reduced"
    return f"{DEGREES[claim.grade]} {word}" if claim.grade else word


def _unit_text(quantity: str) -> str:
    measures = load_lexicon()["quantities"][quantity]["measures"]
    unit = unit_of(measures[0].format(side="")) if measures else ""
    return unit if unit in ("", "°") else f" {unit}"


def check_request(
    asked: Iterable[Asked], parameters: Mapping[str, object], applied: AppliedNorms
) -> tuple[Obeyed, ...]:
    """Compare the properties that were asked for with measured gait parameters.

    Args:
        asked: Properties, from `parse_request`.
        parameters: Name → `Measured` or a number, for the parameters that were measured.
        applied: Norms, and the person that they are applied to.

    Returns:
        One row for each property, in the same order.
    """
    rows = list(asked)
    claims = [_compared(row.claim) for row in rows]
    checked = check_claims(claims, parameters, applied.age, applied.sex, applied.norms)
    return tuple(
        _obeyed(row, result, parameters) for row, result in zip(rows, checked, strict=True)
    )


def _compared(claim: Claim) -> Claim:
    """The claim that is checked: arms without a side are both arms."""
    if claim.quantity == "arm_swing" and not claim.side:
        return replace(claim, side="both")
    return claim


def _obeyed(asked: Asked, checked: CheckedClaim, parameters: Mapping[str, object]) -> Obeyed:
    claim = asked.claim
    if claim.side in SIDES and claim.quantity not in SIDED:
        reason = f"{claim.quantity.replace('_', ' ')} is measured for both sides together only"
        return Obeyed(asked, NOT_MEASURABLE, checked, FARTHEST_SD, reason)
    if checked.verdict == NOT_MEASURABLE:
        return Obeyed(asked, NOT_MEASURABLE, checked, FARTHEST_SD, checked.reason)
    verdict = _OBEYED[checked.verdict]
    if checked.claim.quantity == "arm_swing" and claim.grade == ABSENT and not claim.value:
        verdict = YES if checked.value < STILL_DEG else verdict
    if claim.value is not None and verdict == NO and not claim.state:
        is_close = abs(claim.value - checked.value) <= NEARLY_TOLERANCE * abs(checked.value)
        verdict = NEARLY if is_close else NO
    miss = 0.0 if verdict == YES else min(_miss_sd(claim, checked), FARTHEST_SD)
    return Obeyed(asked, verdict, checked, miss)


def _miss_sd(claim: Claim, row: CheckedClaim) -> float:
    """Distance of the measured value from what was asked, in standard deviations."""
    if row.norm is None:
        return abs(claim.value - row.value) / max(abs(row.value), 1e-9)
    if claim.value is not None:
        return abs(claim.value - row.value) / row.norm.sd
    grades = [
        grade
        for grade in scale(row.parameter)
        if grade.state == claim.state and (not claim.grade or grade.degree == claim.grade)
    ]
    if grades:
        return min(distance_sd(row.parameter, row.value, grade, row.norm) for grade in grades)
    return max(NORMAL_SD - row.z * (1 if claim.state == HIGH else -1), 0.0)


def agreement(rows: Iterable[Obeyed]) -> tuple[float, float]:
    """Return how well a walk agrees with a request; of two walks the greater one is better.

    Args:
        rows: Result of `check_request`.

    Returns:
        Points of the properties that are obeyed (1) or nearly obeyed (0.5), implied ones with half
        the weight; and the negative sum of the distances in standard deviations.
    """
    rows = list(rows)
    weights = [_IMPLIED_WEIGHT if row.asked.implied else 1.0 for row in rows]
    points = sum(w * _POINTS[row.obeyed] for w, row in zip(weights, rows, strict=True))
    return points, -sum(w * row.miss_sd for w, row in zip(weights, rows, strict=True))


def summary(rows: Iterable[Obeyed]) -> str:
    """Return how many of the asked properties are measured in the walk, as a sentence.

    Args:
        rows: Result of `check_request`; implied properties do not count.
    """
    counted = [row for row in rows if not row.asked.implied]
    obeyed = sum(row.obeyed == YES for row in counted)
    noun, verb = ("property", "is") if len(counted) == 1 else ("properties", "are")
    return f"{obeyed} of {len(counted)} asked {noun} {verb} measured in the walk"


def beyond_text(row: Obeyed, embedded: bool, walks: int) -> str:
    """Return why a property is not in the walk, or ""; "beyond the model: …".

    Args:
        row: Row of `check_request`.
        embedded: Whether the embedded model generated the walk.
        walks: Number of walks that the walk was chosen from.
    """
    name = row.asked_text.partition(":")[0]
    if row.obeyed == NOT_MEASURABLE:
        return f"beyond the model: {name}: {row.reason}"
    if row.obeyed != NO:
        return ""
    if embedded and row.asked.claim.quantity not in DESCRIBED:
        cause = "its training descriptions do not speak of this"
    else:
        cause = f"the best of {walks} walks does not have it" if walks > 1 else "not in the walk"
    return f"beyond the model: {row.asked_text}: {cause}"


def parameter_name(row: Obeyed) -> str:
    """Return the measured parameter of a row in words, or "".

    Args:
        row: Row of `check_request`.
    """
    return "" if row.checked.parameter is None else in_words(row.checked.parameter)
