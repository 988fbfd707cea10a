"""Walking direction of a stride."""

from __future__ import annotations

import numpy as np

from ..signals import Signals, Stride

_SHORT_M = 0.8  # displacement of a stride below which its neighbours are used, too
_SHORTEST_M = 0.1  # displacement of a stride below which its direction is that of the pelvis


def walking_direction(signals: Signals, stride: Stride) -> np.ndarray:
    """Find the walking direction of a stride.

    Overground it is the displacement of the pelvis from heel strike to heel strike, in which the
    lateral sway and the rotation of the pelvis are at the same phase. For short strides it is that
    from the stride before to the stride after, if both are recorded, because the lateral position
    changes from stride to stride. On a treadmill it is opposite to the motion of the foot on the
    belt.

    Args:
        signals: Signals of a walk.
        stride: Stride of the walk.

    Returns:
        Horizontal unit vector (3,).
    """
    directions = signals.cache.setdefault("walking_direction", {})
    if stride not in directions:
        directions[stride] = _direction(signals, stride)
    return directions[stride]


def _direction(signals: Signals, stride: Stride) -> np.ndarray:
    heading = signals.at(signals.ahead, (stride.start_s + stride.end_s) / 2)
    if signals.belt:
        moved = _belt_direction(signals)
    else:
        moved = _displacement(signals, stride.start_s, stride.end_s)
        before, after = _neighbours(signals, stride)
        if np.linalg.norm(moved) < _SHORT_M and before and after:
            moved = _displacement(signals, before.start_s, after.end_s)
    length = np.linalg.norm(moved)
    if length < _SHORTEST_M or moved @ heading <= 0:
        return heading / np.linalg.norm(heading)
    return moved / length


def _displacement(signals: Signals, start_s: float, end_s: float) -> np.ndarray:
    """Horizontal displacement (3,) of the pelvis in metres."""
    start, end = (signals.at(signals.pelvis, time_s) for time_s in (start_s, end_s))
    return (end - start) * [1.0, 0.0, 1.0]


def _neighbours(signals: Signals, stride: Stride) -> tuple[Stride | None, Stride | None]:
    """Strides of the same foot that end and begin with this stride."""
    by_end, by_start = _by_time(signals)
    return by_end.get((stride.side, stride.start_s)), by_start.get((stride.side, stride.end_s))


def _by_time(signals: Signals) -> tuple[dict, dict]:
    """(Side, end) → stride and (side, start) → stride."""
    if "strides_by_time" not in signals.cache:
        last_first = signals.strides[::-1]  # of several, the first counts
        signals.cache["strides_by_time"] = (
            {(row.side, row.end_s): row for row in last_first},
            {(row.side, row.start_s): row for row in last_first},
        )
    return signals.cache["strides_by_time"]


def _belt_direction(signals: Signals) -> np.ndarray:
    """Sum of the displacements (3,) of the feet in stance, reversed: against the belt."""
    if "belt_direction" not in signals.cache:
        total = np.zeros(3)
        for row in signals.strides:
            if row.side in signals.heel and np.isfinite(row.other_toe_off_s):
                heel = signals.heel[row.side]
                first, last = row.other_toe_off_s, row.other_heel_strike_s
                total += signals.at(heel, first) - signals.at(heel, last)
        signals.cache["belt_direction"] = total * [1.0, 0.0, 1.0]
    return signals.cache["belt_direction"]
