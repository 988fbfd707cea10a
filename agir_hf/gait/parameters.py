"""Gait parameters of a walk.

A parameter is the mean over the steps or strides of straight walking, with their standard
deviation. A parameter that cannot be measured is absent with a reason, never zero.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..motion.recording import JointMotion, MarkerRecording
from . import oscillations as o
from . import step_measures as m
from .annotated_events import EventSource
from .parameter_table import (
    PARAMETER_NAMES,
    PARAMETERS,
    SOURCES,
    UNITS,
    Parameter,
    in_words,
    unit_of,
)
from .recorded import (
    NotMeasurableError,
    UnrecordedError,
    check_depth,
    check_joints,
    check_toes,
)
from .signals import SIDES, Signals, Step, Stride, Turn, prepare

__all__ = [
    "FEWEST_FOR_SPREAD",
    "PARAMETERS",
    "PARAMETER_NAMES",
    "SOURCES",
    "UNITS",
    "GaitMeasurement",
    "Measured",
    "Parameter",
    "in_words",
    "measure",
    "unit_of",
]

FEWEST_FOR_SPREAD = 4  # fewest strides or steps for a coefficient of variation
SMALLEST_TURN_DEG = 120.0  # a walked corner is not a part of a turn on the spot
_INCOMPLETE = (
    "no step or stride has all the events and markers that this parameter needs: record a longer "
    "walk, or label the markers of the foot"
)
_Statistics = tuple[float, float | None, int]  # mean, standard deviation, number


@dataclass(frozen=True)
class Measured:
    """Value of a gait parameter.

    Attributes:
        value: Mean over steps or strides, in the parameter's unit.
        unit: Unit as printed, "" for a ratio.
        sd: Standard deviation over steps or strides, in the same unit; None if the parameter has
            none, such as a coefficient of variation, or if there is only one step or stride.
        n: Number of steps, strides, sides or turns in the mean.

    Example:
        ```python
        >>> from agir_hf.gait import Measured
        >>> speed = Measured(value=0.71, unit="m/s", sd=0.03, n=7)
        >>> print(f"{speed.value} ± {speed.sd} {speed.unit}")
        0.71 ± 0.03 m/s

        ```
    """

    value: float
    unit: str
    sd: float | None
    n: int


@dataclass(frozen=True, eq=False)
class GaitMeasurement:
    """All gait parameters of a walk, from [`measure`].

    Every name of `PARAMETERS` is a key of either `parameters` or `absent`.

    Attributes:
        parameters: Name → [`Measured`].
        absent: Name → reason why the parameter could not be measured.
        signals: Paths, events, steps and strides that the parameters were computed from.
        unrecorded: Names of the absent parameters whose joints are not in the recording.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.gait import measure
        >>> from agir_hf.motion import read_recording
        >>> measurement = measure(read_recording(agir_hf.SAMPLE_RECORDING))
        >>> measurement.absent["turn_steps"]
        'no turn in this recording'
        >>> len(measurement.parameters), len(measurement.signals.strides)
        (36, 9)

        ```
    """

    parameters: dict[str, Measured]
    absent: dict[str, str]
    signals: Signals
    unrecorded: frozenset[str] = frozenset()


def measure(
    recording: MarkerRecording | JointMotion, events: EventSource = "detected"
) -> GaitMeasurement:
    """Measure the gait parameters of a walk.

    Turns, pauses and closing steps (which only bring the feet together) are left out, except for
    the parameters of turning. Definitions and sources are in `agir_hf.gait.PARAMETERS`, with the
    limits of what is possible: a value outside them, and what is computed from it, is absent.

    Args:
        recording ([`MarkerRecording`] or [`JointMotion`]):
            Markers of a known set at any frame rate, or joints. A walk overground or on a
            treadmill.
        events (`str`, defaults to `"detected"`): `"file"` uses those annotated in the file.

    Returns:
        [`GaitMeasurement`]: `parameters`, name → [`Measured`] (value, unit, standard deviation,
        number); `absent`, name → reason; `signals`.

    Raises:
        RecordingError: Marker set unknown, pelvis or both feet not seen, or too few file events.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.gait import measure
        >>> from agir_hf.motion import read_recording
        >>> measurement = measure(read_recording(agir_hf.SAMPLE_RECORDING))
        >>> speed = measurement.parameters["speed_m_per_s"]
        >>> print(f"{speed.value:.2f} {speed.unit}, SD {speed.sd:.2f}, {speed.n} strides")
        0.57 m/s, SD 0.04, 9 strides

        ```
    """
    signals = prepare(recording, events)
    parameters, absent, unrecorded = {}, {}, set()
    for name in PARAMETER_NAMES:
        try:
            check_depth(signals, name)
            value, sd, n = _FORMULAS[name](signals)
        except NotMeasurableError as reason:
            absent[name] = str(reason)
            if isinstance(reason, UnrecordedError):
                unrecorded.add(name)
            continue
        if not np.isfinite(value):
            absent[name] = _INCOMPLETE
            continue
        parameters[name] = Measured(float(value), UNITS[name], None if sd is None else float(sd), n)
    impossible = _impossible(parameters)
    parameters = {name: row for name, row in parameters.items() if name not in impossible}
    absent |= impossible
    absent = {name: absent[name] for name in PARAMETER_NAMES if name in absent}
    return GaitMeasurement(parameters, absent, signals, frozenset(unrecorded))


def _impossible(parameters: dict[str, Measured]) -> dict[str, str]:
    """Name → reason, for values outside the limits and for what is based on them."""
    measured = [parameter for parameter in PARAMETERS if parameter.name in parameters]
    values = {row: parameters[row.name].value for row in measured}
    reasons = {row.name: text for row, value in values.items() if (text := row.reject(value))}
    based_on = {row.name: row.based_on for row in measured if row.name not in reasons}
    changed = bool(reasons)
    while changed:
        changed = False
        for name in [name for name in based_on if name not in reasons]:
            base = next((base for base in based_on[name] if base in reasons), None)
            if base:
                reasons[name] = f"computed from an impossible value: {reasons[base]}"
                changed = True
    return reasons


def _steps(signals: Signals, side: str | None = None) -> list[Step]:
    _check_feet(signals)
    steps = [step for step in signals.steps if side in (None, step.side)]
    if not steps:
        raise NotMeasurableError(
            "no step of straight walking"
            + (f" of the {side} foot: " if side else ": ")
            + _why_no_steps(signals)
        )
    return steps


def _why_no_steps(signals: Signals) -> str:
    count = sum(event.kind == "heel_strike" for event in signals.phases.events)
    straight = sum(event.kind == "heel_strike" for event in signals.phases.straight())
    if not count:
        return signals.phases.no_steps
    if not straight:
        return f"all heel strikes, {count}, are in turns"
    if straight == 1:
        return "the recording has one heel strike outside turns, expected two: record a longer walk"
    if signals.steps:
        return f"the recording has {straight} heel strikes outside turns: record a longer walk"
    return (
        f"of {straight} heel strikes outside turns no two are of both feet in turn, without a "
        "pause between them"
    )


def _strides(signals: Signals) -> tuple[Stride, ...]:
    if not signals.strides:
        steps = _steps(signals)
        raise NotMeasurableError(
            f"no complete stride of straight walking: {len(steps)} recorded step(s), expected two "
            "without a pause or turn between them: record a longer walk"
        )
    return signals.strides


def _check_feet(signals: Signals) -> None:
    """Raise an error if a foot has no events; a step needs both feet."""
    for reason in signals.phases.absent.values():
        raise NotMeasurableError(reason)


def _mean(values) -> _Statistics:
    values = np.asarray(values, dtype=float)
    values = values[np.isfinite(values)]
    if not len(values):
        raise NotMeasurableError(_INCOMPLETE)
    return values.mean(), values.std(ddof=1) if len(values) > 1 else None, len(values)


def _variation(groups) -> _Statistics:
    """Coefficient of variation in percent; the deviations are from the mean of each group."""
    groups = [np.asarray(group, dtype=float) for group in groups]
    count = sum(map(len, groups))
    if count < FEWEST_FOR_SPREAD or min(map(len, groups)) < 2:
        raise NotMeasurableError(
            f"{count} values, expected at least {FEWEST_FOR_SPREAD} for a coefficient of "
            "variation: record a longer walk"
        )
    squares = sum(((group - group.mean()) ** 2).sum() for group in groups)
    sd = np.sqrt(squares / (count - len(groups)))
    return 100 * sd / np.concatenate(groups).mean(), None, count


def _asymmetry(left, right) -> _Statistics:
    """Absolute difference between left and right mean, in percent of the mean of both."""
    (left, _, n_left), (right, _, n_right) = _mean(left), _mean(right)
    return 100 * abs(left - right) / ((left + right) / 2), None, n_left + n_right


def _by_side(signals: Signals, value: Callable) -> list[list[float]]:
    return [[value(signals, step) for step in _steps(signals, side)] for side in SIDES]


def _cadence(signals: Signals) -> _Statistics:
    mean, sd, n = _mean([m.duration(signals, step) for step in _steps(signals)])
    return 60 / mean, None if sd is None else 60 * sd / mean**2, n


def _speed(signals: Signals) -> _Statistics:
    distances = np.array([m.stride_displacement(signals, stride) for stride in _strides(signals)])
    times = np.array([stride.end_s - stride.start_s for stride in signals.strides])
    _, sd, n = _mean(distances / times)
    return distances.sum() / times.sum(), sd, n


def _over_strides(value: Callable, joints: tuple[str, ...] = ()) -> Callable:
    """Return the formula of a parameter: the mean of a measure over all strides."""

    def formula(signals: Signals) -> _Statistics:
        check_joints(signals, joints)
        return _mean([value(signals, stride) for stride in _strides(signals)])

    return formula


def _over_toe_strides(value: Callable) -> Callable:
    """Return the formula of a parameter that needs the ball of the foot."""

    def formula(signals: Signals) -> _Statistics:
        check_toes(signals)
        return _mean([value(signals, stride) for stride in _strides(signals)])

    return formula


def _over_steps(value: Callable, side: str | None = None, joints: tuple[str, ...] = ()) -> Callable:
    """Return the formula of a parameter: the mean over the steps of a side, or over all steps."""

    def formula(signals: Signals) -> _Statistics:
        check_joints(signals, joints)
        return _mean([value(signals, step) for step in _steps(signals, side)])

    return formula


def _both(*joints: str) -> tuple[str, ...]:
    return tuple(f"{side}_{joint}" for side in SIDES for joint in joints)


def _arm_asymmetry(signals: Signals) -> _Statistics:
    left, right = (_FORMULAS[f"arm_swing_{side}_deg"](signals) for side in SIDES)
    if not left[0] + right[0]:
        raise NotMeasurableError("neither arm swings")
    return 100 * abs(left[0] - right[0]) / ((left[0] + right[0]) / 2), None, left[2]


def _of_turns(value: Callable[[Turn], float]) -> Callable:
    """Return the formula of a parameter: the mean over turns, each scaled to 180 degrees."""

    def formula(signals: Signals) -> _Statistics:
        if not signals.turns:
            raise NotMeasurableError("no turn in this recording")
        turns = [turn for turn in signals.turns if turn.angle_deg >= SMALLEST_TURN_DEG]
        if not turns:
            largest = max(turn.angle_deg for turn in signals.turns)
            raise NotMeasurableError(
                f"the largest turn in this recording is of {largest:.0f}°, expected at least "
                f"{SMALLEST_TURN_DEG:g}°"
            )
        return _mean([value(turn) * 180 / turn.angle_deg for turn in turns])

    return formula


def _turn_steps(signals: Signals) -> _Statistics:
    _check_feet(signals)
    return _of_turns(lambda turn: turn.heel_strikes)(signals)


def _freezing_index(signals: Signals) -> _Statistics:
    _check_feet(signals)
    if not any(event.kind == "heel_strike" for event in signals.phases.events):
        raise NotMeasurableError(f"no step: {signals.phases.no_steps}")
    ratios = [o.freezing_ratio(signals, side) for side in SIDES]
    if not all(np.isfinite(ratios)):
        raise NotMeasurableError(
            f"the walk is shorter than {o.FREEZING_WINDOW_S:g} s, the window of the power spectrum"
        )
    return np.mean(ratios), None, len(ratios)


# In the lambdas s are the signals and x is a step or stride.
_FORMULAS: dict[str, Callable[[Signals], _Statistics]] = {
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
    "toe_clearance_m": _over_toe_strides(m.toe_clearance),
    "foot_strike_angle_deg": _over_toe_strides(m.foot_strike_angle),
    "arm_swing_left_deg": _over_strides(
        lambda s, x: m.arm_swing(s, x, "left"), ("left_shoulder", "left_wrist")
    ),
    "arm_swing_right_deg": _over_strides(
        lambda s, x: m.arm_swing(s, x, "right"), ("right_shoulder", "right_wrist")
    ),
    "arm_swing_asymmetry_percent": _arm_asymmetry,
    "shoulder_hip_phase_deg": _over_strides(m.shoulder_hip_phase, _both("shoulder", "hip")),
    "trunk_flexion_deg": _over_strides(m.trunk_flexion, ("neck", *_both("hip"))),
    "hip_range_deg": _over_strides(m.hip_range, ("neck", *_both("hip", "knee"))),
    "knee_range_deg": _over_strides(m.knee_range, _both("hip", "knee", "ankle")),
    "ankle_range_deg": _over_strides(m.ankle_range, _both("knee", "ankle", "foot")),
    "margin_of_stability_ap_m": _over_steps(lambda s, x: m.margins(s, x)[0], joints=m.MASS_JOINTS),
    "margin_of_stability_ml_m": _over_steps(lambda s, x: m.margins(s, x)[1], joints=m.MASS_JOINTS),
    "pelvic_sway_m": _over_strides(o.pelvic_sway),
    "step_time_asymmetry_percent": lambda s: _asymmetry(*_by_side(s, m.duration)),
    "step_length_asymmetry_percent": lambda s: _asymmetry(*_by_side(s, m.step_length)),
    "harmonic_ratio_ap": _over_strides(o.harmonic_ratio_ap),
    "harmonic_ratio_vertical": _over_strides(o.harmonic_ratio_vertical),
    "harmonic_ratio_ml": _over_strides(o.harmonic_ratio_ml),
    "freezing_index": _freezing_index,
    "turn_steps": _turn_steps,
    "turn_time_s": _of_turns(lambda turn: turn.end_s - turn.start_s),
}
