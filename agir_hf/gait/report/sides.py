"""Gait parameters of the left and of the right side, from the measures of steps and strides."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .. import step_measures as m
from ..parameter_table import PARAMETERS
from ..parameters import UNITS, GaitMeasurement, Measured
from ..signals import SIDES, Signals, Step, Stride

# Parameter → measure of a step, of which the side is that of the foot in front.
_OF_STEPS: dict[str, Callable[[Signals, Step], float]] = {
    "step_length_m": m.step_length,
    "step_time_s": m.duration,
    "margin_of_stability_ap_m": lambda signals, step: m.margins(signals, step)[0],
    "margin_of_stability_ml_m": lambda signals, step: m.margins(signals, step)[1],
}
# Parameter → measure of a stride, of which the side is that of its foot.
_OF_STRIDES: dict[str, Callable[[Signals, Stride], float]] = {
    "stride_length_m": m.stride_displacement,
    "stride_time_s": m.duration,
    "stance_percent": m.stance,
    "swing_percent": lambda signals, stride: 100 - m.stance(signals, stride),
    "step_height_m": m.step_height,
    "toe_clearance_m": m.toe_clearance,
    "foot_strike_angle_deg": m.foot_strike_angle,
    "hip_range_deg": m.hip_range,
    "knee_range_deg": m.knee_range,
    "ankle_range_deg": m.ankle_range,
}
_LIMITS = {parameter.name: parameter for parameter in PARAMETERS}


def side_values(measured: GaitMeasurement) -> dict[str, dict[str, Measured]]:
    """Return the parameters that belong to a side, for each side.

    The formulas are those of `agir_hf.gait.measure`, over the steps or strides of one side. A
    parameter that is absent from the measurement is absent here too, and so is a value outside the
    limits of the parameter.

    Args:
        measured: Measured gait.

    Returns:
        Name of the parameter → side → value. Both parameters of arm swing are "arm_swing_deg".

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.gait import measure
        >>> from agir_hf.gait.report.sides import side_values
        >>> from agir_hf.motion import read_recording
        >>> measured = measure(read_recording(agir_hf.SAMPLE_RECORDING))
        >>> values = side_values(measured)["step_length_m"]
        >>> values["left"] == measured.parameters["step_length_left_m"]
        True
        >>> values["left"].n + values["right"].n == measured.parameters["step_length_m"].n
        True

        ```
    """
    signals = measured.signals
    rows = {name: (measure, signals.steps) for name, measure in _OF_STEPS.items()}
    rows |= {name: (measure, signals.strides) for name, measure in _OF_STRIDES.items()}
    result = {
        name: _of_sides(name, measure, signals, parts)
        for name, (measure, parts) in rows.items()
        if name in measured.parameters
    }
    arms = {side: measured.parameters.get(f"arm_swing_{side}_deg") for side in SIDES}
    result["arm_swing_deg"] = {side: row for side, row in arms.items() if row is not None}
    return {name: sides for name, sides in result.items() if sides}


def step_values(signals: Signals, name: str) -> dict[str, list[tuple[float, float]]]:
    """Return a measure of each step with its time.

    Args:
        signals: Signals of a walk.
        name: "step_length_m" or "step_time_s".

    Returns:
        Side → (time of the heel strike that ends the step in seconds, value).
    """
    measure = _OF_STEPS[name]
    return {
        side: [(step.end_s, measure(signals, step)) for step in signals.steps if step.side == side]
        for side in SIDES
    }


def _of_sides(name: str, measure: Callable, signals: Signals, parts) -> dict[str, Measured]:
    values = {
        side: [measure(signals, part) for part in parts if part.side == side] for side in SIDES
    }
    rows = {side: _measured(name, numbers) for side, numbers in values.items()}
    return {side: row for side, row in rows.items() if row is not None}


def _measured(name: str, values: list[float]) -> Measured | None:
    """Mean, standard deviation and number of the finite values; None if it is not possible."""
    finite = np.asarray([value for value in values if np.isfinite(value)], dtype=float)
    if not len(finite) or _LIMITS[name].reject(float(finite.mean())):
        return None
    sd = float(finite.std(ddof=1)) if len(finite) > 1 else None
    return Measured(float(finite.mean()), UNITS[name], sd, len(finite))
