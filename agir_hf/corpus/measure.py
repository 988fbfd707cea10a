"""What a simulated walk truly is: gait parameters from its footfalls and joints.

Definitions stand in `schema.PARAMETERS`. This is the simulation's truth: it knows the footfalls
and needs no event detection.
"""

from __future__ import annotations

import numpy as np

from ..humanml3d import JOINT_NAMES
from .body import SIDES
from .schema import PARAMETER_NAMES
from .walker import Walk

_LEG, _ARM = ("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist")


def measure_walk(walk: Walk) -> dict[str, float]:
    """Gait parameters of one walk, name -> value in the unit that the name carries.

    Raises:
        ValueError: fewer than four countable steps lie in the recording.
    """
    steps = countable_steps(walk)
    if len(steps) < 4:
        raise ValueError(
            f"the recording holds {len(steps)} steps besides starting and stopping, expected at "
            "least 4: walk longer"
        )
    values = _timing(walk, steps) | _feet(walk, steps) | _body(walk, steps)
    return {name: float(values[name]) for name in PARAMETER_NAMES}


def countable_steps(walk: Walk) -> np.ndarray:
    """Footfalls whose step (from the other foot's strike to their own) lies in the recording."""
    plan, end_s = walk.plan, len(walk.joints) / walk.rate_hz
    # neither the two places before the walk and its first step, nor the last two, which slow down
    first, last = 3, len(plan.left) - 2
    at = np.arange(first, last)
    return at[(plan.strike_s[at - 1] >= 0) & (plan.strike_s[at] < end_s)]


def _strides(walk: Walk, steps: np.ndarray) -> np.ndarray:
    """Footfalls that end a stride whose both steps count."""
    return steps[1:]


def _timing(walk: Walk, steps: np.ndarray) -> dict[str, float]:
    plan = walk.plan
    step_s = plan.strike_s[steps] - plan.strike_s[steps - 1]
    strides = _strides(walk, steps)
    stride_s = plan.strike_s[strides] - plan.strike_s[strides - 2]
    stance_s = plan.lift_s[strides] - plan.strike_s[strides - 2]
    both_s = plan.lift_s[steps] - plan.strike_s[steps - 1]
    first, last = plan.strike_s[steps[0] - 1], plan.strike_s[steps[-1]]
    pelvis = walk.joints[:, JOINT_NAMES.index("pelvis"), 2]
    times = np.arange(len(pelvis)) / walk.rate_hz
    way = np.interp(last, times, pelvis) - np.interp(first, times, pelvis)
    return {
        "cadence_steps_per_min": 60 / step_s.mean(),
        "speed_m_per_s": way / (last - first),
        "stance_percent": 100 * stance_s.mean() / stride_s.mean(),
        "double_support_percent": 100 * both_s.sum() / step_s.sum(),
        "stride_time_cv_percent": 100 * stride_s.std(ddof=1) / stride_s.mean(),
    }


def _feet(walk: Walk, steps: np.ndarray) -> dict[str, float]:
    plan = walk.plan
    across, along = (plan.heel_m[steps] - plan.heel_m[steps - 1]).T
    left = plan.left[steps]
    by_side = [along[left], along[~left]]
    squares = sum(((a - a.mean()) ** 2).sum() for a in by_side)
    spread = np.sqrt(squares / (len(along) - 2))
    strike_deg, clearance = zip(*(_strike_and_clearance(walk, i) for i in steps), strict=True)
    return {
        "step_length_m": along.mean(),
        "step_width_m": np.abs(across).mean(),
        "step_length_cv_percent": 100 * spread / along.mean(),
        "step_asymmetry_percent": _asymmetry(by_side[0].mean(), by_side[1].mean()),
        "foot_strike_angle_deg": np.mean(strike_deg),
        "toe_clearance_m": np.mean(clearance),
    }


def _asymmetry(left: float, right: float) -> float:
    return 100 * abs(left - right) / ((left + right) / 2)


def _strike_and_clearance(walk: Walk, step: int) -> tuple[float, float]:
    """Angle of the sole at heel strike in degrees and the ball's clearance in m of one footfall."""
    plan, rate = walk.plan, walk.rate_hz
    side, other = SIDES if plan.left[step] else SIDES[::-1]
    frame = min(round(plan.strike_s[step] * rate), len(walk.joints) - 1)
    begin = max(int(np.ceil(plan.lift_s[step] * rate)), 0)
    swing = slice(begin, max(frame, begin + 1))
    own = walk.joints[:, JOINT_NAMES.index(f"{side}_foot")]
    standing = walk.joints[swing, JOINT_NAMES.index(f"{other}_foot"), 2]
    passing = begin + int(np.argmin(np.abs(own[swing, 2] - standing)))
    flat_height = own[walk.feet[side].flat, 1].min()
    return np.degrees(walk.feet[side].pitch[frame]), own[passing, 1] - flat_height


def _body(walk: Walk, steps: np.ndarray) -> dict[str, float]:
    rate = walk.rate_hz
    strides = [
        slice(round(walk.plan.strike_s[i - 2] * rate), round(walk.plan.strike_s[i] * rate) + 1)
        for i in _strides(walk, steps)
    ]
    whole = slice(strides[0].start, strides[-1].stop)
    joint = {name: walk.joints[:, j] for j, name in enumerate(JOINT_NAMES)}
    swing = {
        side: _range(_sagittal_deg(joint[f"{side}_wrist"] - joint[f"{side}_shoulder"]), strides)
        for side in SIDES
    }

    def flat_knee(side: str) -> float:
        return _bend_deg(joint, _LEG, side)[whole][walk.feet[side].flat[whole]].mean()

    trunk = joint["neck"] - (joint["left_hip"] + joint["right_hip"]) / 2
    values = {
        "arm_swing_left_deg": swing["left"],
        "arm_swing_right_deg": swing["right"],
        "arm_swing_asymmetry_percent": _asymmetry(swing["left"], swing["right"]),
        "trunk_flexion_deg": np.degrees(np.arctan2(trunk[whole, 2], trunk[whole, 1])).mean(),
        "knee_flexion_stance_deg": np.mean([flat_knee(side) for side in SIDES]),
        "elbow_flexion_deg": np.mean([_bend_deg(joint, _ARM, side)[whole] for side in SIDES]),
    }
    for name, line in (("pelvis", "hip"), ("trunk", "shoulder")):
        across = joint[f"left_{line}"] - joint[f"right_{line}"]
        turn = np.degrees(np.arctan2(-across[:, 2], across[:, 0]))
        values[f"{name}_rotation_deg"] = _range(turn, strides)
    return values


def _sagittal_deg(down: np.ndarray) -> np.ndarray:
    """Angle (T,) of a hanging line against the vertical, forward positive."""
    return np.degrees(np.arctan2(down[:, 2], -down[:, 1]))


def _range(values: np.ndarray, strides: list[slice]) -> float:
    return float(np.mean([np.ptp(values[stride]) for stride in strides]))


def _bend_deg(joint: dict[str, np.ndarray], names: tuple[str, str, str], side: str) -> np.ndarray:
    """Angle (T,) by which the limb bends at its middle joint, 0 is straight."""
    upper, middle, lower = (joint[f"{side}_{name}"] for name in names)
    before, after = middle - upper, lower - middle
    cosine = (before * after).sum(1) / (
        np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    )
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))
