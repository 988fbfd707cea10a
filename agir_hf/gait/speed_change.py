"""Change of the walking speed within a recording, which a mean over all strides hides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .signals import Signals
from .step_measures import stride_speed

FEWEST_STRIDES = 4  # two in each half
# Between the halves of a recording, the six healthy walks of hubertshum_bvh differ by 1 to 10
# percent, adults of other laboratories by at most 2 percent; patients who slow down or speed up by
# 16 percent or more.
LARGEST_CHANGE = 0.15
# Change over its standard error, from the deviations of the strides from a line. Consecutive
# strides share a step, so that only about half of the strides are independent.
FEWEST_ERRORS = 3.0


@dataclass(frozen=True)
class SpeedChange:
    """Walking speed in the two halves of a recording.

    Attributes:
        first_m_per_s: Mean speed of the first half of the strides.
        second_m_per_s: Mean speed of the second half; with an odd number of strides the middle
            stride is in neither half.
        share: Second minus first speed over the mean of all strides.
        errors: The slope of speed over time divided by its standard error; with its sign.
    """

    first_m_per_s: float
    second_m_per_s: float
    share: float
    errors: float

    @property
    def is_steady(self) -> bool:
        """Whether the change is small, or not larger than strides differ from each other."""
        return abs(self.share) < LARGEST_CHANGE or abs(self.errors) < FEWEST_ERRORS


def speed_change(signals: Signals) -> SpeedChange | None:
    """Compare the walking speed of the first strides with that of the last strides.

    Args:
        signals: Paths, events and strides, from [`~agir_hf.gait.measure`].

    Returns:
        [`SpeedChange`], or None with fewer than four strides.
    """
    if len(signals.strides) < FEWEST_STRIDES:
        return None
    strides = sorted(signals.strides, key=lambda stride: stride.start_s)
    speeds = np.array([stride_speed(signals, stride) for stride in strides])
    times = np.array([(stride.start_s + stride.end_s) / 2 for stride in strides])
    half = len(speeds) // 2
    first, second, mean = speeds[:half].mean(), speeds[-half:].mean(), abs(speeds.mean())
    return SpeedChange(
        float(first),
        float(second),
        float((second - first) / max(mean, 1e-9)),
        _slope_in_errors(times, speeds),
    )


def _slope_in_errors(times: np.ndarray, speeds: np.ndarray) -> float:
    """Slope of a line through the speeds, divided by its standard error."""
    centred = times - times.mean()
    slope = (centred @ speeds) / (centred @ centred)
    deviations = speeds - speeds.mean() - slope * centred
    variance = (deviations @ deviations) / (len(speeds) - 2)
    error = np.sqrt(variance / (centred @ centred))
    return float(slope / max(error, 1e-9))


def unsteady_text(signals: Signals) -> str:
    """Describe a walk that slows down or speeds up, or return "" for a steady walk.

    Args:
        signals: Paths, events and strides, from [`~agir_hf.gait.measure`].

    Returns:
        A caution with both speeds and their difference.
    """
    change = speed_change(signals)
    if change is None or change.is_steady:
        return ""
    verb, amount = ("slows down", "less") if change.share < 0 else ("speeds up", "more")
    return (
        f"the walk {verb}: {change.first_m_per_s:.2f} m/s in the first half of the strides and "
        f"{change.second_m_per_s:.2f} m/s in the second ({abs(change.share):.0%} {amount}), so "
        "means over all strides describe neither half: let the person walk before and after the "
        "recorded part, unless the change is what you want to see"
    )
