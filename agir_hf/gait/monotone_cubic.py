"""Monotone cubic interpolation, in numpy alone.

The curve is that of `scipy.interpolate.PchipInterpolator`, which a test compares. Importing
scipy.interpolate takes a third of a second of every command, and a norm needs one value.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def monotone_cubic(knots: Sequence[float], values: Sequence[float], position: float) -> float:
    """Value of the monotone cubic curve through points.

    Between two points the curve is a cubic with the slopes of `_slopes` at its ends, so that it
    rises only where the values rise. Source: Fritsch and Butland 1984 (SIAM J Sci Stat Comput
    5:300).

    Args:
        knots (`Sequence[float]`):
            Positions of at least two points, in ascending order.
        values (`Sequence[float]`):
            Values at the points.
        position (`float`):
            Position between the first and the last point.

    Returns:
        `float`: Value of the curve at the position.

    Example:
        ```python
        >>> from agir_hf.gait.monotone_cubic import monotone_cubic
        >>> monotone_cubic([20, 50, 80], [1.4, 1.4, 1.1], 35)
        1.4

        ```
    """
    x, y = np.asarray(knots, float), np.asarray(values, float)
    widths, steps = np.diff(x), np.diff(y) / np.diff(x)
    slopes = _slopes(widths, steps)
    index = int(np.clip(np.searchsorted(x, position, side="right") - 1, 0, len(widths) - 1))
    width, u = widths[index], position - x[index]
    first, second, step = slopes[index], slopes[index + 1], steps[index]
    square = (3 * step - 2 * first - second) / width
    cube = (first + second - 2 * step) / width**2
    return float(y[index] + u * (first + u * (square + u * cube)))


def _slopes(widths: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Slopes (N,) at the points, from the widths and mean slopes (N - 1,) between them.

    Within: the weighted harmonic mean of the mean slopes on both sides, 0 where their signs differ.
    At the ends: that of the parabola through three points, limited so that the curve is monotone.
    """
    if len(widths) == 1:
        return np.repeat(steps, 2)
    before, after = steps[:-1], steps[1:]
    weights = 2 * widths[1:] + widths[:-1], widths[1:] + 2 * widths[:-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (weights[0] + weights[1]) / (weights[0] / before + weights[1] / after)
    within = np.where(before * after > 0, mean, 0.0)
    ends = (_end_slope(*widths[:2], *steps[:2]), _end_slope(*widths[:-3:-1], *steps[:-3:-1]))
    return np.concatenate([ends[:1], within, ends[1:]])


def _end_slope(width: float, next_width: float, step: float, next_step: float) -> float:
    """Slope at the first point."""
    slope = ((2 * width + next_width) * step - width * next_step) / (width + next_width)
    if slope * step <= 0:
        return 0.0
    if step * next_step <= 0 and abs(slope) > 3 * abs(step):
        return 3 * step
    return slope
