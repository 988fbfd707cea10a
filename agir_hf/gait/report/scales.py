"""Round ticks and limits of axes, and numbers as they are written in figures."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

_TICK_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def nice_ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Return round values within an interval, for the ticks of an axis.

    Args:
        low: Lower end of the interval.
        high: Upper end of the interval, above `low`.
        count: Number of ticks that is aimed at.

    Returns:
        Values in increasing order; their distance is 1, 2, 2.5 or 5 times a power of ten.

    Example:
        ```python
        >>> from agir_hf.gait.report.scales import nice_ticks
        >>> nice_ticks(-13.0, 71.0)
        [0.0, 20.0, 40.0, 60.0]

        ```
    """
    rough = (high - low) / max(count, 1)
    if not math.isfinite(rough) or rough <= 0:
        return [low]
    power = 10.0 ** math.floor(math.log10(rough))
    options = [_multiples(low, high, power * factor) for factor in _TICK_STEPS]
    return min(options, key=lambda ticks: abs(len(ticks) - count))


def _multiples(low: float, high: float, step: float) -> list[float]:
    """Multiples of a step within an interval."""
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(index * step, 10) + 0.0 for index in range(first, last + 1)]


def nice_limits(values: Iterable[float], share: float = 0.06) -> tuple[float, float]:
    """Return limits of an axis that contain all finite values, with a margin.

    Args:
        values: Values that are shown; those that are not finite are left out.
        share: Margin at each end as a share of the range of the values.

    Returns:
        Lower and upper limit; (0, 1) without a finite value.
    """
    finite = np.asarray([value for value in values if np.isfinite(value)], dtype=float)
    if not len(finite):
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    margin = share * (high - low) or max(abs(high) * share, 0.5)
    return low - margin, high + margin


def number(value: float) -> str:
    """Return a coordinate with at most one decimal.

    Args:
        value: Coordinate in pixels.
    """
    return f"{round(float(value), 1) + 0.0:g}"


def tick_text(value: float) -> str:
    """Return the label of a tick, with a minus sign before negative values.

    Args:
        value: Value of the tick.
    """
    return f"{value:g}".replace("-", "\u2212")
