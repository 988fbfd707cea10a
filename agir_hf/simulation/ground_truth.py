"""What a simulated walk truly is: gait parameters from its footfalls, joints and markers.

Names and definitions are those of `agir_hf.gait.PARAMETERS`; this is the simulation's truth, which
knows the footfalls and needs no event detection. Steps of turns, of starting and stopping, and
over a freeze do not count.
"""

from __future__ import annotations

import numpy as np

from ..gait.parameters import FEWEST_FOR_SPREAD, PARAMETER_NAMES
from ..gait.step_measures import centre_of_mass
from ..humanml3d import JOINT_NAMES
from ..motion.marker_sets import SHIDA_44
from .walk import Walk
from .walker_body import SIDES

_LEG, _ARM = ("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist")
_GRAVITY = 9.81
FEWEST_STEPS = 4
# What the simulation knows of itself that no recording is measured for.
FURTHER = (
    "knee_flexion_stance_deg",
    "elbow_flexion_deg",
    "pelvis_rotation_deg",
    "trunk_rotation_deg",
)
TRUE_NAMES = (
    "cadence_steps_per_min", "speed_m_per_s", "stride_time_cv_percent", "step_length_m",
    "step_length_left_m", "step_length_right_m", "step_length_cv_percent", "step_width_m",
    "stance_percent", "swing_percent", "double_support_percent", "toe_clearance_m",
    "foot_strike_angle_deg", "arm_swing_left_deg", "arm_swing_right_deg",
    "arm_swing_asymmetry_percent", "trunk_flexion_deg", "margin_of_stability_ap_m",
    "margin_of_stability_ml_m", "step_time_asymmetry_percent", "step_length_asymmetry_percent",
)  # fmt: skip
assert set(TRUE_NAMES) <= set(PARAMETER_NAMES)


def measure_walk(walk: Walk, markers: np.ndarray | None = None) -> dict[str, float]:
    """True gait parameters of one walk: `TRUE_NAMES`, then `FURTHER`.

    Args:
        walk: simulated.
        markers: (T, 44, 3) metres without noise, for the margins of stability, which are seen
            from a marker; None leaves them out.

    Raises:
        ValueError: fewer than four countable steps lie in the recording.
    """
    steps = countable_steps(walk)
    if len(steps) < FEWEST_STEPS:
        raise ValueError(
            f"the recording holds {len(steps)} steps straight on besides starting and stopping, "
            f"expected at least {FEWEST_STEPS}: walk longer"
        )
    values = _timing(walk, steps) | _feet(walk, steps) | _body(walk, steps)
    if markers is not None:
        values |= _margins(walk, markers, steps)
    return {name: float(values[name]) for name in (*TRUE_NAMES, *FURTHER) if name in values}


def countable_steps(walk: Walk) -> np.ndarray:
    """Footfalls whose step (from the other foot's strike to their own) counts."""
    plan, end_s = walk.plan, len(walk.joints) / walk.rate_hz
    # neither the two places before the walk and its first step, nor the last two, which slow down
    first, last = 3, len(plan.left) - 2
    at = np.arange(first, last)
    seen = (plan.heel_strike_s[at - 1] >= 0) & (plan.heel_strike_s[at] < end_s)
    straight = np.array([_straight(walk, i) for i in at], dtype=bool)
    frozen = {round(start, 6) for start, _ in plan.freezes}
    flowing = np.array([round(plan.heel_strike_s[i - 1], 6) not in frozen for i in at], dtype=bool)
    return at[seen & straight & flowing]


def _straight(walk: Walk, step: int) -> bool:
    part = _frames(walk, walk.plan.heel_strike_s[step - 1], walk.plan.heel_strike_s[step])
    heading = walk.heading[part]
    return bool(len(heading)) and np.ptp(heading) < np.radians(1.0)


def _frames(walk: Walk, start_s: float, end_s: float) -> slice:
    last = len(walk.joints) - 1
    return slice(
        *np.clip([round(start_s * walk.rate_hz), round(end_s * walk.rate_hz) + 1], 0, last)
    )


def _strides(steps: np.ndarray) -> np.ndarray:
    """Footfalls that end a stride whose both steps count."""
    return steps[1:][np.diff(steps) == 1]


def _timing(walk: Walk, steps: np.ndarray) -> dict[str, float]:
    plan = walk.plan
    step_s = plan.heel_strike_s[steps] - plan.heel_strike_s[steps - 1]
    strides = _strides(steps)
    stride_s = plan.heel_strike_s[strides] - plan.heel_strike_s[strides - 2]
    stance_s = plan.toe_off_s[strides] - plan.heel_strike_s[strides - 2]
    both_s = plan.toe_off_s[steps] - plan.heel_strike_s[steps - 1]
    stance = 100 * stance_s.mean() / stride_s.mean()
    left = plan.left[steps]
    values = {
        "cadence_steps_per_min": 60 / step_s.mean(),
        "speed_m_per_s": _way(walk, strides).sum() / stride_s.sum(),
        "stance_percent": stance,
        "swing_percent": 100 - stance,
        "double_support_percent": 100 * both_s.sum() / step_s.sum(),
        "step_time_asymmetry_percent": _asymmetry(step_s[left].mean(), step_s[~left].mean()),
    }
    if len(stride_s) >= FEWEST_FOR_SPREAD:
        values["stride_time_cv_percent"] = 100 * stride_s.std(ddof=1) / stride_s.mean()
    return values


def _way(walk: Walk, strides: np.ndarray) -> np.ndarray:
    """Metres that the pelvis goes along the heading in each stride."""
    times = np.arange(len(walk.joints)) / walk.rate_hz
    pelvis = walk.joint("pelvis")
    ends = (walk.plan.heel_strike_s[strides - 2], walk.plan.heel_strike_s[strides])
    there, here = (
        np.stack([np.interp(at, times, pelvis[:, k]) for k in (0, 2)], axis=1)
        for at in reversed(ends)
    )
    ahead = _ahead(walk, strides)
    return ((there - here) * ahead).sum(axis=1)


def _ahead(walk: Walk, steps: np.ndarray) -> np.ndarray:
    """(N, 2) x and z of where the way heads at footfalls."""
    angle = walk.plan.heading[steps]
    return np.stack([np.sin(angle), np.cos(angle)], axis=1)


def _feet(walk: Walk, steps: np.ndarray) -> dict[str, float]:
    plan = walk.plan
    apart, ahead = plan.heel_m[steps] - plan.heel_m[steps - 1], _ahead(walk, steps)
    along = (apart * ahead).sum(axis=1)
    across = apart[:, 0] * ahead[:, 1] - apart[:, 1] * ahead[:, 0]
    left = plan.left[steps]
    by_side = [along[left], along[~left]]
    squares = sum(((a - a.mean()) ** 2).sum() for a in by_side)
    strike_deg, clearance = zip(*(_strike_and_clearance(walk, i) for i in steps), strict=True)
    values = {
        "step_length_m": along.mean(),
        "step_length_left_m": by_side[0].mean(),
        "step_length_right_m": by_side[1].mean(),
        "step_width_m": np.abs(across).mean(),
        "step_length_asymmetry_percent": _asymmetry(by_side[0].mean(), by_side[1].mean()),
        "foot_strike_angle_deg": np.mean(strike_deg),
        "toe_clearance_m": np.mean(clearance),
    }
    if min(map(len, by_side)) >= 2:
        spread = np.sqrt(squares / (len(along) - 2))
        values["step_length_cv_percent"] = 100 * spread / along.mean()
    return values


def _asymmetry(left: float, right: float) -> float:
    return 100 * abs(left - right) / ((left + right) / 2)


def _strike_and_clearance(walk: Walk, step: int) -> tuple[float, float]:
    """Angle of the sole at heel strike in degrees and the ball's clearance in m of one footfall."""
    plan = walk.plan
    side, other = SIDES if plan.left[step] else SIDES[::-1]
    frame = min(round(plan.heel_strike_s[step] * walk.rate_hz), len(walk.joints) - 1)
    begin = max(int(np.ceil(plan.toe_off_s[step] * walk.rate_hz)), 0)
    swing = slice(begin, max(frame, begin + 1))
    own = walk.joint(f"{side}_foot")
    apart = ((own - walk.joint(f"{other}_foot")) * walk.ahead)[swing].sum(axis=1)
    passing = begin + int(np.argmin(np.abs(apart)))
    flat_height = own[walk.feet[side].flat, 1].min()
    return np.degrees(walk.feet[side].pitch[frame]), own[passing, 1] - flat_height


def _body(walk: Walk, steps: np.ndarray) -> dict[str, float]:
    strides = [
        _frames(walk, walk.plan.heel_strike_s[i - 2], walk.plan.heel_strike_s[i])
        for i in _strides(steps)
    ]
    whole = np.concatenate([np.arange(part.start, part.stop) for part in strides])
    ahead = walk.ahead
    hips = (walk.joint("left_hip") + walk.joint("right_hip")) / 2
    trunk = walk.joint("neck") - hips
    lean = np.degrees(np.arctan2((trunk * ahead).sum(axis=1), trunk[:, 1]))
    swing = {}
    for side in SIDES:
        line = walk.joint(f"{side}_wrist") - walk.joint(f"{side}_shoulder")
        swing[side] = _range(np.degrees(np.arctan2((line * ahead).sum(1), -line[:, 1])), strides)
    flat = {side: np.intersect1d(whole, np.flatnonzero(walk.feet[side].flat)) for side in SIDES}
    values = {
        "arm_swing_left_deg": swing["left"],
        "arm_swing_right_deg": swing["right"],
        "arm_swing_asymmetry_percent": _asymmetry(swing["left"], swing["right"]),
        "trunk_flexion_deg": np.mean([lean[part].mean() for part in strides]),
        "knee_flexion_stance_deg": np.mean(
            [_bend_deg(walk, _LEG, side)[flat[side]].mean() for side in SIDES]
        ),
        "elbow_flexion_deg": np.mean([_bend_deg(walk, _ARM, side)[whole] for side in SIDES]),
    }
    left = np.cross([0.0, 1.0, 0.0], ahead)
    for name, line in (("pelvis", "hip"), ("trunk", "shoulder")):
        across = walk.joint(f"left_{line}") - walk.joint(f"right_{line}")
        turn = np.arctan2((across * ahead).sum(axis=1), (across * left).sum(axis=1))
        values[f"{name}_rotation_deg"] = _range(np.degrees(np.unwrap(turn)), strides)
    return values


def _range(values: np.ndarray, strides: list[slice]) -> float:
    return float(np.mean([np.ptp(values[stride]) for stride in strides]))


def _bend_deg(walk: Walk, names: tuple[str, str, str], side: str) -> np.ndarray:
    """Angle (T,) by which the limb bends at its middle joint, 0 is straight."""
    upper, middle, lower = (walk.joint(f"{side}_{name}") for name in names)
    before, after = middle - upper, lower - middle
    lengths = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    return np.degrees(np.arccos(np.clip((before * after).sum(1) / lengths, -1, 1)))


def _margins(walk: Walk, markers: np.ndarray, steps: np.ndarray) -> dict[str, float]:
    """Margins of stability at true heel strikes, from true joints (Hof 2005)."""
    centre = centre_of_mass({name: walk.joint(name) for name in JOINT_NAMES})
    velocity = np.gradient(centre, 1 / walk.rate_hz, axis=0)
    label = SHIDA_44.labels.index
    floor = min(markers[:, label(f"{s}.Heel"), 1].min() for s in "LR")
    aheads, outwards = [], []
    for step in steps:
        left = walk.plan.left[step]
        frame = min(round(walk.plan.heel_strike_s[step] * walk.rate_hz), len(centre) - 1)
        toe = markers[frame, label("L.MT2" if left else "R.MT2")]
        pace = np.sqrt(_GRAVITY / (centre[frame, 1] - floor))
        away = toe - centre[frame] - velocity[frame] / pace
        ahead = walk.ahead[frame]
        aheads.append(away @ ahead)
        outwards.append(away @ np.cross([0.0, 1.0, 0.0], ahead) * (1 if left else -1))
    return {
        "margin_of_stability_ap_m": np.mean(aheads),
        "margin_of_stability_ml_m": np.mean(outwards),
    }
