"""Units and axes of a file: from its header, detected from the body in it, or set by the user.

Detection: the direction from the feet to the upper trunk is up, and the markers or joints of an
adult span 1 to 2 metres (1000 to 2000 millimetres) in that direction.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from .recording import Conventions, ReadOptions, RecordingError

METRES = {"mm": 1e-3, "cm": 1e-2, "m": 1.0}
_NAMES = {
    "millimeter": "mm", "millimeters": "mm", "millimetres": "mm", "centimeters": "cm",
    "centimetres": "cm", "meter": "m", "meters": "m", "metres": "m",
}  # fmt: skip
# Vertical extent of the markers of a body, in metres: from a toddler without head markers to a tall
# adult with raised arms.
_SMALLEST_M, _USUAL_M, _TALLEST_M = 0.45, 1.5, 3.0
_TRAVEL_M = 0.5  # shortest distance from which the walking direction is determined
_AXES = "XYZ"


def to_metres_y_up(
    positions: np.ndarray,
    options: ReadOptions,
    source: str,
    *,
    low: Sequence[int] = (),
    high: Sequence[int] = (),
    unit: str | None = None,
    up: str | None = None,
) -> tuple[np.ndarray, Conventions]:
    """Convert positions to metres with Y up, by a scale and a rotation (never a reflection).

    Args:
        positions: Positions (T, N, 3) in the units and axes of the file; NaN where missing.
        options: Settings of the user, which override file and detection.
        source: The file, for error messages.
        low: Columns of points at the feet, from which the vertical axis is detected.
        high: Columns of points at the upper trunk, for the same purpose.
        unit: Unit that the file states, if any.
        up: Vertical axis that the file states, if any, such as "Y" or "-Z". Used only if it cannot
            be detected from ``low`` and ``high``.

    Returns:
        Positions (T, N, 3) float32 in metres, Y up, and the conventions of the file.

    Raises:
        RecordingError: The unit or axis is unknown, or the size of the body does not agree with the
            unit.
    """
    axis, sign, up_from = _vertical(positions, options.up, low, high, up)
    extent = _extent(positions, axis)
    unit, unit_from = _unit(options.unit, unit, extent, source)
    _check_size(extent * METRES[unit], extent, unit, unit_from, source)
    vertical = sign * np.eye(3)[axis]
    right = np.eye(3)[1 if axis == 0 else 0]
    rotation = np.stack([right, vertical, np.cross(right, vertical)])
    turned = (positions * METRES[unit]) @ rotation.T
    heading = _heading(turned, rotation)
    name = ("+" if sign > 0 else "-") + _AXES[axis]
    return turned.astype(np.float32), Conventions(unit, unit_from, name, up_from, heading)


def parse_axis(text: str) -> tuple[int, int]:
    """Axis (0, 1 or 2) and sign of a name such as "Z" or "-y".

    Raises:
        RecordingError: The name is not an axis.
    """
    match = re.fullmatch(r"([+-]?)([XYZ])", text.strip().upper())
    if not match:
        raise RecordingError(
            f"vertical axis is {text!r}, expected X, Y or Z, with or without a sign: pass one of "
            "these"
        )
    return _AXES.index(match[2]), -1 if match[1] == "-" else 1


def nearest_axis(direction: np.ndarray) -> tuple[int, int]:
    """Axis (0, 1 or 2) and sign with the smallest angle to a direction (3,)."""
    axis = int(np.abs(direction).argmax())
    return axis, 1 if direction[axis] > 0 else -1


def _vertical(positions, forced, low, high, stated) -> tuple[int, int, str]:
    if forced:
        return *parse_axis(forced), "forced"
    if len(low) and len(high):
        feet, trunk = (_middle(positions[:, list(columns)]) for columns in (low, high))
        if np.isfinite(feet).all() and np.isfinite(trunk).all():
            return *nearest_axis(trunk - feet), "detected"
    if stated:
        try:
            return *parse_axis(stated), "file"
        except RecordingError:
            pass
    means = np.stack([_middle(positions[:, [i]]) for i in range(positions.shape[1])])
    spread = np.nanmax(means, axis=0) - np.nanmin(means, axis=0)
    return int(spread.argmax()), 1, "detected"


def _middle(positions: np.ndarray) -> np.ndarray:
    """Mean position (3,) over all frames and points that are not missing; NaN if all are."""
    seen = positions[np.isfinite(positions).all(axis=2)]
    return seen.mean(axis=0) if len(seen) else np.full(3, np.nan)


def _extent(positions: np.ndarray, axis: int) -> float:
    """Median over frames of the distance from the lowest to the highest point along an axis."""
    heights = positions[..., axis]
    heights = heights[np.isfinite(heights).any(axis=1)]
    if not len(heights):
        return float("nan")
    return float(np.median(np.nanmax(heights, axis=1) - np.nanmin(heights, axis=1)))


def _unit(forced, stated, extent: float, source: str) -> tuple[str, str]:
    for text, origin in ((forced, "forced"), (stated, "file")):
        if text is None or not text.strip():
            continue
        name = text.strip().lower()
        name = _NAMES.get(name, name)
        if name not in METRES:
            raise RecordingError(
                f"{source} has positions in {text!r}, expected {', '.join(METRES)}: pass the right "
                "unit with --unit"
            )
        return name, origin
    if not extent > 0:
        return "m", "detected"
    return min(METRES, key=lambda name: abs(np.log(extent * METRES[name] / _USUAL_M))), "detected"


def _check_size(extent_m: float, extent: float, unit: str, unit_from: str, source: str) -> None:
    if not np.isfinite(extent_m) or _SMALLEST_M <= extent_m <= _TALLEST_M:
        return
    likely = [name for name in METRES if _SMALLEST_M <= extent * METRES[name] <= _TALLEST_M]
    hint = f"pass --unit {likely[0]} if the file is in {likely[0]}" if likely else "check its scale"
    if extent == 0:
        hint = "all points are at one height: export the trajectories again"
    raise RecordingError(
        f"{source} has a body {extent_m:.4g} m tall from lowest to highest point with units "
        f"{unit} ({unit_from}), expected {_SMALLEST_M:g} to {_TALLEST_M:g} m: {hint}"
    )


def _heading(positions: np.ndarray, rotation: np.ndarray) -> str:
    """Axis of the file nearest to the direction from the first to the last frame."""
    seen = np.isfinite(positions).all(axis=2)
    complete = seen.all(axis=1)
    frames = np.flatnonzero(seen.any(axis=1))
    if len(frames) < 2:
        return ""
    first, last = frames[0], frames[-1]
    if complete.any():
        first, last = np.flatnonzero(complete)[[0, -1]]
    common = seen[first] & seen[last]
    if not common.any():
        return ""
    travel = (positions[last, common] - positions[first, common]).mean(axis=0)
    travel[1] = 0
    if np.linalg.norm(travel) < _TRAVEL_M:
        return ""
    axis, sign = nearest_axis(rotation.T @ travel)
    return ("+" if sign > 0 else "-") + _AXES[axis]
