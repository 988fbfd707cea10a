"""Gait parameters: one table of what they are, and their values for a walk.

Means are over the steps or strides of straight walking; the spread is their standard deviation.
A parameter that a recording does not give is absent with its reason, never zero.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..motion.recording import JointMotion, MarkerRecording
from . import step_measures as m
from .signals import SIDES, Signals, prepare

FEWEST_FOR_SPREAD = 4  # strides or steps from which a coefficient of variation is told


@dataclass(frozen=True)
class Parameter:
    """What a gait parameter is.

    Attributes:
        name: with its unit.
        unit: as printed.
        formula: how it is computed, in words.
        source: where the definition comes from.
        impaired: "low", "high", "either", or "" where neither is a sign of impairment.
    """

    name: str
    unit: str
    formula: str
    source: str
    impaired: str = ""


@dataclass(frozen=True)
class Measured:
    """A value, the standard deviation and the number of what it is the mean of."""

    value: float
    unit: str
    sd: float | None
    n: int


@dataclass(frozen=True, eq=False)
class GaitMeasurement:
    """Everything that was measured of a walk.

    Attributes:
        parameters: name → `Measured`.
        absent: name → reason.
        signals: what it was computed from, events included.
    """

    parameters: dict[str, Measured]
    absent: dict[str, str]
    signals: Signals


# Where definitions come from.
SOURCES = {
    "Hollman 2011": "Hollman, McDade and Petersen 2011, Gait Posture 34:111",
    "Hausdorff 2005": "Hausdorff 2005, J NeuroEngineering Rehabil 2:19",
    "Winter 2009": "Winter 2009, Biomechanics and Motor Control of Human Movement, 4th ed.",
    "Mirelman 2016": "Mirelman et al. 2016, Mov Disord 31:1527",
    "van Emmerik 1999": "van Emmerik et al. 1999, Mov Disord 14:584",
    "Hof 2005": "Hof, Gazendam and Sinke 2005, J Biomech 38:1",
    "Zijlstra 2003": "Zijlstra and Hof 2003, Gait Posture 18:1",
    "Yogev 2007": "Yogev et al. 2007, Exp Brain Res 177:336",
    "Menz 2003": "Menz, Lord and Fitzpatrick 2003, Gait Posture 18:35",
    "Moore 2008": "Moore, MacDougall and Ondo 2008, J Neurosci Methods 167:340",
    "here": "defined here",
}
_H, _V, _W, _A, _Y = "Hollman 2011", "Hausdorff 2005", "Winter 2009", "Mirelman 2016", "Yogev 2007"
_ROWS = (
    # name, unit, formula, source, impaired
    ("cadence_steps_per_min", "steps/min", "60 over the mean time of a step", _H, "either"),
    ("speed_m_per_s", "m/s", "way of the pelvis over the strides, over their time", _H, "low"),
    ("speed_cv_percent", "%", "SD over mean of the strides' speeds", _V, "high"),
    ("stride_length_m", "m", "way of the pelvis over a stride", _H, "low"),
    ("stride_time_s", "s", "heel strike to the next of the same foot", _H, "either"),
    ("stride_time_cv_percent", "%", "SD over mean of stride times", _V, "high"),
    ("step_time_s", "s", "heel strike to that of the other foot", _H, "either"),
    ("step_time_cv_percent", "%", "SD over mean, each side by itself", _V, "high"),
    ("step_length_m", "m", "from heel to heel along the way, where they stand", _H, "low"),
    ("step_length_left_m", "m", "the same, left foot in front", _H, "low"),
    ("step_length_right_m", "m", "the same, right foot in front", _H, "low"),
    ("step_length_cv_percent", "%", "SD over mean, each side by itself", _V, "high"),
    ("step_width_m", "m", "from heel to heel across the way, where they stand", _H, "either"),
    ("stance_percent", "%", "heel strike to toe off, of the stride time", _W, "high"),
    ("swing_percent", "%", "toe off to heel strike, of the stride time", _W, "low"),
    ("double_support_percent", "%", "both feet on the floor, of the stride time", _W, "high"),
    ("step_height_m", "m", "highest heel in swing over its height in stance", _W, "low"),
    ("toe_clearance_m", "m", "ball over its stance height, passing the other", _W, "low"),
    ("foot_strike_angle_deg", "°", "sole at strike against the foot flat, toes up", _W, "low"),
    ("arm_swing_left_deg", "°", "range of shoulder to wrist, sagittal, per stride", _A, "low"),
    ("arm_swing_right_deg", "°", "range of shoulder to wrist, sagittal, per stride", _A, "low"),
    ("arm_swing_asymmetry_percent", "%", "difference of the sides over their mean", _A, "high"),
    ("shoulder_hip_phase_deg", "°", "phase between the turns of shoulder and hip line",
     "van Emmerik 1999", "low"),
    ("trunk_flexion_deg", "°", "hips to neck, forwards of vertical", "here", "high"),
    ("hip_range_deg", "°", "range of thigh against trunk, sagittal, per stride", _W, "low"),
    ("knee_range_deg", "°", "range of shank against thigh, per stride", _W, "low"),
    ("ankle_range_deg", "°", "range of foot against shank, per stride", _W, "low"),
    ("margin_of_stability_ap_m", "m", "toe in front of XCoM at strike", "Hof 2005", "either"),
    ("margin_of_stability_ml_m", "m", "front foot beside XCoM at strike", "Hof 2005", "either"),
    ("pelvic_sway_m", "m", "range of the pelvis sideways, per stride", "Zijlstra 2003", "high"),
    ("step_time_asymmetry_percent", "%", "difference of the sides over their mean", _Y, "high"),
    ("step_length_asymmetry_percent", "%", "difference of the sides over their mean", _Y, "high"),
    ("harmonic_ratio_ap", "", "even over odd harmonics, pelvic acceleration", "Menz 2003", "low"),
    ("harmonic_ratio_vertical", "", "even over odd harmonics, upwards", "Menz 2003", "low"),
    ("harmonic_ratio_ml", "", "odd over even harmonics, sideways", "Menz 2003", "low"),
    ("freezing_index", "", "power at 3-8 Hz over 0.5-3 Hz, heel upwards", "Moore 2008", "high"),
    ("turn_steps", "steps", "heel strikes while the pelvis turns", "here", "high"),
    ("turn_time_s", "s", "time in which the pelvis turns", "here", "high"),
)  # fmt: skip
PARAMETERS = tuple(Parameter(*row) for row in _ROWS)
PARAMETER_NAMES = tuple(parameter.name for parameter in PARAMETERS)
UNITS = {parameter.name: parameter.unit for parameter in PARAMETERS}
# The ending of a name and the unit it stands for; the longer first.
_ENDINGS = {
    "_steps_per_min": "steps/min", "_m_per_s": "m/s", "_percent": "%", "_steps": "steps",
    "_deg": "°", "_m": "m", "_s": "s",
}  # fmt: skip


def in_words(name: str) -> str:
    """A parameter's name without its unit, such as "step length"."""
    return name.removesuffix(_ending(name)).replace("_", " ")


def unit_of(name: str) -> str:
    """The unit that a parameter's name carries, whether or not it is of the table."""
    return _ENDINGS.get(_ending(name), "")


def _ending(name: str) -> str:
    return next((ending for ending in _ENDINGS if name.endswith(ending)), "")


class Absent(Exception):
    """A parameter cannot be had from this walk; the message says why."""


def measure(recording: MarkerRecording | JointMotion) -> GaitMeasurement:
    """Gait parameters of a walk.

    Args:
        recording: markers of a known set, or joints.

    Returns:
        [`GaitMeasurement`]: every name of `PARAMETERS` is either measured or absent with a reason.

    Raises:
        RecordingError: if the pelvis is not seen, or neither foot.
    """
    signals = prepare(recording)
    found, absent = {}, {}
    for name in PARAMETER_NAMES:
        try:
            value, sd, n = _FORMULAS[name](signals)
        except Absent as reason:
            absent[name] = str(reason)
            continue
        if not np.isfinite(value):
            absent[name] = "no step or stride has all that it needs in sight"
            continue
        found[name] = Measured(float(value), UNITS[name], None if sd is None else float(sd), n)
    return GaitMeasurement(found, absent, signals)


def _steps(signals: Signals, side: str | None = None):
    _need_feet(signals, side)
    steps = [step for step in signals.steps if side in (None, step.side)]
    if not steps:
        raise Absent("no step of straight walking" + (f" of the {side} foot" if side else ""))
    return steps


def _strides(signals: Signals):
    if not signals.strides:
        _need_feet(signals, None)
        raise Absent("no whole stride of straight walking")
    return signals.strides


def _need_feet(signals: Signals, side: str | None) -> None:
    for foot in SIDES:
        if foot in signals.phases.absent and side in (None, foot):
            raise Absent(signals.phases.absent[foot])


def _mean(values) -> tuple[float, float | None, int]:
    values = np.asarray([v for v in values if np.isfinite(v)], dtype=float)
    if not len(values):
        raise Absent("no step or stride has all that it needs in sight")
    return values.mean(), values.std(ddof=1) if len(values) > 1 else None, len(values)


def _variation(groups) -> tuple[float, float | None, int]:
    """CV in percent of values about the means of their groups."""
    groups = [np.asarray(group, dtype=float) for group in groups]
    count = sum(map(len, groups))
    if count < FEWEST_FOR_SPREAD or min(map(len, groups)) < 2:
        raise Absent(f"{count} values, expected at least {FEWEST_FOR_SPREAD} for a spread")
    squares = sum(((group - group.mean()) ** 2).sum() for group in groups)
    spread = np.sqrt(squares / (count - len(groups)))
    return 100 * spread / np.concatenate(groups).mean(), None, count


def _asymmetry(left, right) -> tuple[float, None, int]:
    a, b = _mean(left), _mean(right)
    return 100 * abs(a[0] - b[0]) / ((a[0] + b[0]) / 2), None, a[2] + b[2]


def _by_side(signals: Signals, value: Callable) -> list[list[float]]:
    return [[value(signals, step) for step in _steps(signals, side)] for side in SIDES]


def _joints(signals: Signals) -> Signals:
    if not signals.joints:
        raise Absent(signals.no_joints)
    return signals


def _cadence(signals):
    mean, sd, n = _mean([step.end_s - step.start_s for step in _steps(signals)])
    return 60 / mean, None if sd is None else 60 * sd / mean**2, n


def _speed(signals):
    strides = _strides(signals)
    ways = np.array([m.stride_displacement(signals, stride) for stride in strides])
    times = np.array([stride.end_s - stride.start_s for stride in strides])
    _, sd, n = _mean(ways / times)
    return ways.sum() / times.sum(), sd, n


def _over_strides(value: Callable, joints: bool = False) -> Callable:
    def formula(signals):
        signals = _joints(signals) if joints else signals
        return _mean([value(signals, stride) for stride in _strides(signals)])

    return formula


def _over_steps(value: Callable, side: str | None = None, joints: bool = False) -> Callable:
    def formula(signals):
        signals = _joints(signals) if joints else signals
        return _mean([value(signals, step) for step in _steps(signals, side)])

    return formula


def _arm_asymmetry(signals):
    left, right = (_FORMULAS[f"arm_swing_{side}_deg"](signals) for side in SIDES)
    if not left[0] + right[0]:
        raise Absent("neither arm swings")
    return 100 * abs(left[0] - right[0]) / ((left[0] + right[0]) / 2), None, left[2]


def _turning(value: Callable) -> Callable:
    def formula(signals):
        if not signals.phases.turns:
            raise Absent("no turn in this recording")
        return value(signals), None, len(signals.phases.turns)

    return formula


def _freezing(signals):
    _need_feet(signals, None)
    ratios = [m.freezing_ratio(signals, side) for side in SIDES]
    if not all(np.isfinite(ratios)):
        raise Absent(f"shorter than {m.FREEZING_WINDOW_S:g} s, in which its spectrum is taken")
    return np.mean(ratios), None, len(ratios)


_FORMULAS: dict[str, Callable] = {
    "cadence_steps_per_min": _cadence,
    "speed_m_per_s": _speed,
    "speed_cv_percent": lambda s: _variation([[m.stride_speed(s, x) for x in _strides(s)]]),
    "stride_length_m": _over_strides(m.stride_displacement),
    "stride_time_s": _over_strides(m.duration),
    "stride_time_cv_percent": lambda s: _variation([[m.duration(s, x) for x in _strides(s)]]),
    "step_time_s": _over_steps(m.duration),
    "step_time_cv_percent": lambda s: _variation(_by_side(s, m.duration)),
    "step_length_m": _over_steps(m.step_length),
    "step_length_left_m": _over_steps(m.step_length, "left"),
    "step_length_right_m": _over_steps(m.step_length, "right"),
    "step_length_cv_percent": lambda s: _variation(_by_side(s, m.step_length)),
    "step_width_m": _over_steps(m.step_width),
    "stance_percent": _over_strides(m.stance),
    "swing_percent": _over_strides(lambda s, x: 100 - m.stance(s, x)),
    "double_support_percent": _over_strides(m.double_support),
    "step_height_m": _over_strides(m.step_height),
    "toe_clearance_m": _over_strides(m.toe_clearance),
    "foot_strike_angle_deg": _over_strides(m.foot_strike_angle),
    "arm_swing_left_deg": _over_strides(lambda s, x: m.arm_swing(s, x, "left"), joints=True),
    "arm_swing_right_deg": _over_strides(lambda s, x: m.arm_swing(s, x, "right"), joints=True),
    "arm_swing_asymmetry_percent": _arm_asymmetry,
    "shoulder_hip_phase_deg": _over_strides(m.shoulder_hip_phase, joints=True),
    "trunk_flexion_deg": _over_strides(m.trunk_flexion, joints=True),
    "hip_range_deg": _over_strides(m.hip_range, joints=True),
    "knee_range_deg": _over_strides(m.knee_range, joints=True),
    "ankle_range_deg": _over_strides(m.ankle_range, joints=True),
    "margin_of_stability_ap_m": _over_steps(lambda s, x: m.margins(s, x)[0], joints=True),
    "margin_of_stability_ml_m": _over_steps(lambda s, x: m.margins(s, x)[1], joints=True),
    "pelvic_sway_m": _over_strides(m.pelvic_sway),
    "step_time_asymmetry_percent": lambda s: _asymmetry(*_by_side(s, m.duration)),
    "step_length_asymmetry_percent": lambda s: _asymmetry(*_by_side(s, m.step_length)),
    "harmonic_ratio_ap": _over_strides(lambda s, x: m.harmonic_ratio(s, x, s.ahead)),
    "harmonic_ratio_vertical": _over_strides(m.harmonic_ratio_vertical),
    "harmonic_ratio_ml": _over_strides(m.harmonic_ratio_ml),
    "freezing_index": _freezing,
    "turn_steps": _turning(lambda s: float(s.turn_steps)),
    "turn_time_s": _turning(lambda s: sum(end - start for start, end in s.phases.turns)),
}
