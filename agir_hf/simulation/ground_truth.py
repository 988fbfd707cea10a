"""True gait parameters of a simulated walk, from its footfalls, joints and markers.

Names and definitions are those of `agir_hf.gait.PARAMETERS`. The footfalls are part of the
simulation, so that no event detection is needed. Steps in turns, at gait initiation and
termination, and after freezing are not counted.
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
_GRAVITY = 9.81  # m/s²
FEWEST_STEPS = 4  # countable steps that the parameters need
# True parameters that `agir_hf.gait` does not measure on recordings.
SIMULATION_ONLY_NAMES = (
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
    """Compute the true gait parameters of one walk.

    Args:
        walk: Simulated walk.
        markers: (T, 44, 3) markers without noise, metres, from which the margins of stability are
            computed. Without markers the result has no margins.

    Returns:
        Values by name: `TRUE_NAMES`, then `SIMULATION_ONLY_NAMES`.

    Raises:
        ValueError: The recording has fewer than four countable steps.
    """
    steps = countable_steps(walk)
    if len(steps) < FEWEST_STEPS:
        raise ValueError(
            f"the recording has {len(steps)} straight steps between gait initiation and "
            f"termination, expected at least {FEWEST_STEPS}: simulate a longer walk"
        )
    values = _timing(walk, steps) | _feet(walk, steps) | _body(walk, steps)
    if markers is not None:
        values |= _margins(walk, markers, steps)
    return {
        name: float(values[name])
        for name in (*TRUE_NAMES, *SIMULATION_ONLY_NAMES)
        if name in values
    }


def countable_steps(walk: Walk) -> np.ndarray:
    """Find the steps that the parameters are computed from.

    A step is the time from the heel strike of the other foot to that of the stepping foot.

    Args:
        walk: Simulated walk.

    Returns:
        (N,) indices of the footfalls that end these steps.
    """
    footfalls, end_s = walk.footfalls, len(walk.joints) / walk.rate_hz
    strikes = footfalls.heel_strike_s
    # without the two footfalls before the walk, the first step, and the last two, which slow down
    first, last = 3, len(footfalls.left) - 2
    at = np.arange(first, last)
    recorded = (strikes[at - 1] >= 0) & (strikes[at] < end_s)
    straight = np.array([_is_straight(walk, i) for i in at], dtype=bool)
    freezes = {round(start, 6) for start, _ in footfalls.freezes}
    unfrozen = np.array([round(strikes[i - 1], 6) not in freezes for i in at], dtype=bool)
    return at[recorded & straight & unfrozen]


def _is_straight(walk: Walk, step: int) -> bool:
    strikes = walk.footfalls.heel_strike_s
    heading = walk.heading[_frames(walk, strikes[step - 1], strikes[step])]
    return bool(len(heading)) and np.ptp(heading) < np.radians(1.0)


def _frames(walk: Walk, start_s: float, end_s: float) -> slice:
    last = len(walk.joints) - 1
    return slice(
        *np.clip([round(start_s * walk.rate_hz), round(end_s * walk.rate_hz) + 1], 0, last)
    )


def _strides(steps: np.ndarray) -> np.ndarray:
    """Indices of the footfalls that end a stride of two countable steps."""
    return steps[1:][np.diff(steps) == 1]


def _timing(walk: Walk, steps: np.ndarray) -> dict[str, float]:
    footfalls = walk.footfalls
    strikes, toe_offs = footfalls.heel_strike_s, footfalls.toe_off_s
    step_s = strikes[steps] - strikes[steps - 1]
    strides = _strides(steps)
    stride_s = strikes[strides] - strikes[strides - 2]
    stance_s = toe_offs[strides] - strikes[strides - 2]
    double_support_s = toe_offs[steps] - strikes[steps - 1]
    stance = 100 * stance_s.mean() / stride_s.mean()
    left = footfalls.left[steps]
    values = {
        "cadence_steps_per_min": 60 / step_s.mean(),
        "speed_m_per_s": _stride_displacement_m(walk, strides).sum() / stride_s.sum(),
        "stance_percent": stance,
        "swing_percent": 100 - stance,
        "double_support_percent": 100 * double_support_s.sum() / step_s.sum(),
        "step_time_asymmetry_percent": _asymmetry(step_s[left].mean(), step_s[~left].mean()),
    }
    if len(stride_s) >= FEWEST_FOR_SPREAD:
        values["stride_time_cv_percent"] = 100 * stride_s.std(ddof=1) / stride_s.mean()
    return values


def _stride_displacement_m(walk: Walk, strides: np.ndarray) -> np.ndarray:
    """Displacement of the pelvis along the heading in each stride, metres."""
    times = np.arange(len(walk.joints)) / walk.rate_hz
    pelvis = walk.joint("pelvis")
    strikes = walk.footfalls.heel_strike_s
    end, start = (
        np.stack([np.interp(at, times, pelvis[:, k]) for k in (0, 2)], axis=1)
        for at in (strikes[strides], strikes[strides - 2])
    )
    return ((end - start) * _headings(walk, strides)).sum(axis=1)


def _headings(walk: Walk, steps: np.ndarray) -> np.ndarray:
    """Heading of the route at footfalls: unit vectors (N, 2), x and z."""
    angle = walk.footfalls.heading[steps]
    return np.stack([np.sin(angle), np.cos(angle)], axis=1)


def _feet(walk: Walk, steps: np.ndarray) -> dict[str, float]:
    heels, ahead = walk.footfalls.heel_xz_m, _headings(walk, steps)
    step = heels[steps] - heels[steps - 1]
    length = (step * ahead).sum(axis=1)
    width = step[:, 0] * ahead[:, 1] - step[:, 1] * ahead[:, 0]
    left = walk.footfalls.left[steps]
    by_side = [length[left], length[~left]]
    squares = sum(((a - a.mean()) ** 2).sum() for a in by_side)
    strike_deg, clearance = zip(*(_strike_and_clearance(walk, i) for i in steps), strict=True)
    values = {
        "step_length_m": length.mean(),
        "step_length_left_m": by_side[0].mean(),
        "step_length_right_m": by_side[1].mean(),
        "step_width_m": np.abs(width).mean(),
        "step_length_asymmetry_percent": _asymmetry(by_side[0].mean(), by_side[1].mean()),
        "foot_strike_angle_deg": np.mean(strike_deg),
        "toe_clearance_m": np.mean(clearance),
    }
    if min(map(len, by_side)) >= 2:
        pooled_sd = np.sqrt(squares / (len(length) - 2))
        values["step_length_cv_percent"] = 100 * pooled_sd / length.mean()
    return values


def _asymmetry(left: float, right: float) -> float:
    return 100 * abs(left - right) / ((left + right) / 2)


def _strike_and_clearance(walk: Walk, step: int) -> tuple[float, float]:
    """Pitch of the sole at heel strike (degrees) and clearance of the ball in swing (metres)."""
    footfalls = walk.footfalls
    side, other = SIDES if footfalls.left[step] else SIDES[::-1]
    frame = min(round(footfalls.heel_strike_s[step] * walk.rate_hz), len(walk.joints) - 1)
    begin = max(int(np.ceil(footfalls.toe_off_s[step] * walk.rate_hz)), 0)
    swing = slice(begin, max(frame, begin + 1))
    own = walk.joint(f"{side}_foot")
    ahead_m = ((own - walk.joint(f"{other}_foot")) * walk.ahead)[swing].sum(axis=1)
    passing = begin + int(np.argmin(np.abs(ahead_m)))
    flat_height = own[walk.feet[side].flat, 1].min()
    return np.degrees(walk.feet[side].pitch[frame]), own[passing, 1] - flat_height


def _body(walk: Walk, steps: np.ndarray) -> dict[str, float]:
    strikes = walk.footfalls.heel_strike_s
    strides = [_frames(walk, strikes[i - 2], strikes[i]) for i in _strides(steps)]
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
            [_flexion_deg(walk, _LEG, side)[flat[side]].mean() for side in SIDES]
        ),
        "elbow_flexion_deg": np.mean([_flexion_deg(walk, _ARM, side)[whole] for side in SIDES]),
    }
    left = np.cross([0.0, 1.0, 0.0], ahead)
    for name, line in (("pelvis", "hip"), ("trunk", "shoulder")):
        axis = walk.joint(f"left_{line}") - walk.joint(f"right_{line}")
        yaw = np.arctan2((axis * ahead).sum(axis=1), (axis * left).sum(axis=1))
        values[f"{name}_rotation_deg"] = _range(np.degrees(np.unwrap(yaw)), strides)
    return values


def _range(values: np.ndarray, strides: list[slice]) -> float:
    """Mean over strides of the range of values (T,)."""
    return float(np.mean([np.ptp(values[stride]) for stride in strides]))


def _flexion_deg(walk: Walk, names: tuple[str, str, str], side: str) -> np.ndarray:
    """Flexion (T,) of the middle joint of three in degrees; 0 is straight."""
    upper, middle, lower = (walk.joint(f"{side}_{name}") for name in names)
    proximal, distal = middle - upper, lower - middle
    lengths = np.linalg.norm(proximal, axis=1) * np.linalg.norm(distal, axis=1)
    return np.degrees(np.arccos(np.clip((proximal * distal).sum(1) / lengths, -1, 1)))


def _margins(walk: Walk, markers: np.ndarray, steps: np.ndarray) -> dict[str, float]:
    """Margins of stability at the true heel strikes, from the true joints (Hof 2005)."""
    centre = centre_of_mass({name: walk.joint(name) for name in JOINT_NAMES})
    velocity = np.gradient(centre, 1 / walk.rate_hz, axis=0)
    label = SHIDA_44.labels.index
    floor = min(markers[:, label(f"{s}.Heel"), 1].min() for s in "LR")
    anterior, lateral = [], []
    for step in steps:
        left = walk.footfalls.left[step]
        frame = min(round(walk.footfalls.heel_strike_s[step] * walk.rate_hz), len(centre) - 1)
        toe = markers[frame, label("L.MT2" if left else "R.MT2")]
        frequency = np.sqrt(_GRAVITY / (centre[frame, 1] - floor))
        margin = toe - centre[frame] - velocity[frame] / frequency  # to the extrapolated centre
        ahead = walk.ahead[frame]
        anterior.append(margin @ ahead)
        lateral.append(margin @ np.cross([0.0, 1.0, 0.0], ahead) * (1 if left else -1))
    return {
        "margin_of_stability_ap_m": np.mean(anterior),
        "margin_of_stability_ml_m": np.mean(lateral),
    }
