"""Which parameters a text speaks of, and why the others are left out."""

from __future__ import annotations

from ...gait.claims import extract_claims
from ...gait.grades import grade_of
from ...gait.lexicon import load_lexicon
from ...gait.norms import reference
from ...gait.parameters import PARAMETER_NAMES
from .signs import Walk

SPOKEN_OF = "spoken of"
SAID_BY_ANOTHER = "said by another sign"
NEAREST_TO_NORMAL = "nearest to normal"
MILDER = "milder than the signs that are said"
NOT_MEASURABLE = "not measurable"
NO_NORM = "no norm"
# Parameters that follow from others, which are said instead.
_FOLLOWS_FROM = {
    "stride_length_m": ("step_length_m", "step_length_left_m", "step_length_right_m"),
    "stride_time_s": ("cadence_steps_per_min",),
    "step_time_s": ("cadence_steps_per_min",),
    "stance_percent": ("double_support_percent",),
    "swing_percent": ("double_support_percent",),
    "speed_cv_percent": ("step_length_cv_percent", "stride_time_cv_percent"),
    "step_length_m": ("step_length_left_m", "step_length_right_m"),
    "step_length_left_m": ("step_length_m",),
    "step_length_right_m": ("step_length_m",),
    "stride_time_cv_percent": ("step_time_cv_percent",),
    "step_time_cv_percent": ("stride_time_cv_percent",),
    "step_time_asymmetry_percent": ("step_length_asymmetry_percent",),
    "step_length_asymmetry_percent": ("step_time_asymmetry_percent",),
    "turn_steps": ("turn_time_s",),
    "turn_time_s": ("turn_steps",),
    "arm_swing_asymmetry_percent": ("arm_swing_left_deg", "arm_swing_right_deg"),
}


def spoken_of(text: str, walk: Walk) -> dict[str, str]:
    """Return the reason of every parameter, as `rule_writer.spoken_of` describes.

    Args:
        text: The text.
        walk: The walk that it is about.
    """
    spoken = set()
    for claim in extract_claims(text):
        for measure in load_lexicon()["quantities"][claim.quantity]["measures"]:
            spoken |= _names(measure, claim.quantity, claim.side) & set(walk.parameters)
    return {name: _reason(name, spoken, walk) for name in PARAMETER_NAMES}


def _names(measure: str, quantity: str, side: str) -> set[str]:
    if "{side}" not in measure:
        return {measure}
    if side in ("left", "right"):
        return {measure.format(side=f"{side}_")}
    if side == "both" or quantity == "arm_swing":
        return {measure.format(side=f"{s}_") for s in ("left", "right")}
    return {measure.format(side="")}


def _reason(name: str, spoken: set[str], walk: Walk) -> str:
    if name in spoken:
        return SPOKEN_OF
    if name not in walk.parameters:
        return NOT_MEASURABLE
    if any(other in spoken for other in _FOLLOWS_FROM.get(name, ())):
        return SAID_BY_ANOTHER
    speed = walk.parameters.get("speed_m_per_s")
    norm = reference(name, walk.age, walk.sex, speed, walk.norms)
    if norm is None:
        return NO_NORM
    return MILDER if grade_of(name, walk.parameters[name], norm).degree else NEAREST_TO_NORMAL
