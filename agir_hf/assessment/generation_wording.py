"""A request in the words of the training descriptions, which the model follows best."""

from __future__ import annotations

from collections.abc import Iterable

from ..gait.applied_norms import AppliedNorms
from ..gait.claims import Claim
from ..gait.grades import ABSENT, DEGREES, HIGH, LOW, MODERATE, NORMAL, Grade, grade_of
from ..gait.lexicon import load_lexicon
from ..gait.norms import reference
from .generation_request import SIDED, SIDES, Asked, other_side

_FOOT = {  # quantity → its name in the training descriptions
    "step_length": "Step length",
    "foot_lift": "Foot lift",
    "heel_strike": "Heel strike",
    "step_width": "Step width",
    "hip_range": "Hip movement",
    "knee_range": "Knee movement",
    "ankle_range": "Ankle movement",
}


def training_words(asked: Iterable[Asked], applied: AppliedNorms, mirror: bool = False) -> str:
    """Return properties as sentences like those that the model was trained on.

    Args:
        asked: Properties, from `parse_request`.
        applied: Norms, which turn a number into a grade.
        mirror: Whether the sides are exchanged, for a walk that is mirrored afterwards.

    Returns:
        The sentences; empty if the training descriptions have no words for any of the properties.

    Example:
        ```python
        >>> from agir_hf.assessment.generation_request import parse_request
        >>> from agir_hf.assessment.generation_wording import training_words
        >>> from agir_hf.gait.applied_norms import AppliedNorms
        >>> asked = parse_request("Left arm still, steps of 0.45 m.").asked
        >>> print(training_words(asked, AppliedNorms()))
        Step length is mildly reduced. Arm swing is absent on the left, but normal on the right.

        ```
    """
    words: dict[str, dict[str, str]] = {}
    for row in asked:
        side = other_side(row.claim.side) if mirror else row.claim.side
        side = side if row.claim.quantity in SIDED else ""  # as in the training descriptions
        words.setdefault(row.claim.quantity, {})[side] = _words(row.claim, applied)
    sentences = [
        _sentence(_FOOT[name], sides, "") for name, sides in words.items() if name in _FOOT
    ]
    if "arm_swing" in words:
        sentences.append(_sentence("Arm swing", words["arm_swing"], "on both sides"))
    if (asymmetry := words.get("arm_asymmetry", {}).get("")) is not None:
        sentences.append(f"The arm swing asymmetry is {asymmetry}.")
    return " ".join(sentences)


def _sentence(name: str, sides: dict[str, str], where: str) -> str:
    """A sentence about a quantity, with a part for each side."""
    if set(sides) >= set(SIDES):
        left, right = (sides[side] for side in SIDES)
        if left == right:
            return f"{name} is {left} on both sides."
        if left == "normal":
            return f"{name} is {right} on the right, but normal on the left."
        return f"{name} is {left} on the left, but {right} on the right."
    side, words = next(iter(sides.items()))
    if side in SIDES:
        return f"{name} is {words} on the {side}."
    where = "on both sides" if side == "both" else where
    return f"{name} is {words} {where}".rstrip() + "."


def _words(claim: Claim, applied: AppliedNorms) -> str:
    """Grade of a claim as an adjective."""
    grade = _grade(claim, applied)
    if grade.state == NORMAL:
        return "normal"
    if grade.state == HIGH:
        large = "large" if claim.quantity == "arm_swing" else "above average"
        return f"{DEGREES[grade.degree]} increased" if grade.degree else large
    if grade.degree == ABSENT:
        return "absent"
    return f"{DEGREES[grade.degree or MODERATE]} reduced"


def _grade(claim: Claim, applied: AppliedNorms) -> Grade:
    """Grade that is asked for; that of the number where the claim has only a number."""
    if claim.state:
        return Grade(claim.state, claim.grade)
    side = f"{claim.side}_" if claim.side in SIDES else ""
    for measure in load_lexicon()["quantities"][claim.quantity]["measures"]:
        name = measure.format(side=side or ("left_" if claim.quantity == "arm_swing" else ""))
        norm = reference(name, applied.age, applied.sex, None, applied.norms)
        if norm is not None:
            return grade_of(name, claim.value, norm)
    return Grade(LOW, 0)
