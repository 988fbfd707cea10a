"""Units and axes of a file: from its header, detected from the body in it, or forced.

The body tells both. From feet to upper trunk it points up, and an adult's markers or joints span
1 to 2 of metres, 1000 to 2000 of millimetres along that axis.
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
# Vertical extent of a marked body, in metres: from a toddler without head markers to a tall adult
# with raised arms.
_SMALLEST_M, _USUAL_M, _TALLEST_M = 0.45, 1.5, 3.0
_TRAVEL_M = 0.5  # less is no walking direction
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
    """Bring positions to metres with Y up, by a rotation, never by a mirror.

    Args:
        positions: (T, N, 3) in the file's units and axes; NaN where missing.
        options: what the user forces.
        source: the file, for errors.
        low, high: columns of points at the feet and at the upper trunk, which tell what is up.
        unit: what the file states; None where it states nothing.
        up: likewise, such as "Y" or "-Z". The body counts for more than a file's statement.

    Returns:
        (T, N, 3) float32 metres, Y up, and the conventions that were found.

    Raises:
        RecordingError: for an unknown unit or axis, or where the size of the body and the unit
            do not go together.
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
    """Axis (0, 1, 2) and sign of a name such as "Z" or "-y".

    Raises:
        RecordingError: for anything else.
    """
    match = re.fullmatch(r"([+-]?)([XYZ])", text.strip().upper())
    if not match:
        raise RecordingError(f"vertical axis is {text!r}, expected X, Y or Z, with or without sign")
    return _AXES.index(match[2]), -1 if match[1] == "-" else 1


def nearest_axis(direction: np.ndarray) -> tuple[int, int]:
    """Axis (0, 1, 2) and sign that a direction (3,) goes along most."""
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
    places = np.stack([_middle(positions[:, [i]]) for i in range(positions.shape[1])])
    spread = np.nanmax(places, axis=0) - np.nanmin(places, axis=0)
    return int(spread.argmax()), 1, "detected"


def _middle(positions: np.ndarray) -> np.ndarray:
    """Mean (3,) of all that was seen, NaN where nothing was."""
    seen = positions[np.isfinite(positions).all(axis=2)]
    return seen.mean(axis=0) if len(seen) else np.full(3, np.nan)


def _extent(positions: np.ndarray, axis: int) -> float:
    """Median over frames of the distance from the lowest to the highest point."""
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
                f"{source} has positions in {text!r}, expected {', '.join(METRES)}: say which "
                "with --unit"
            )
        return name, origin
    if not extent > 0:
        return "m", "detected"
    return min(METRES, key=lambda name: abs(np.log(extent * METRES[name] / _USUAL_M))), "detected"


def _check_size(extent_m: float, extent: float, unit: str, unit_from: str, source: str) -> None:
    if not np.isfinite(extent_m) or _SMALLEST_M <= extent_m <= _TALLEST_M:
        return
    likely = [name for name in METRES if _SMALLEST_M <= extent * METRES[name] <= _TALLEST_M]
    hint = f"it looks like {likely[0]}: --unit {likely[0]}" if likely else "check its scale"
    if extent == 0:
        hint = "all points lie at one height: export the trajectories again"
    raise RecordingError(
        f"{source} has a body {extent_m:.4g} m tall from lowest to highest point with units "
        f"{unit} ({unit_from}), expected {_SMALLEST_M:g} to {_TALLEST_M:g} m: {hint}"
    )


def _heading(positions: np.ndarray, rotation: np.ndarray) -> str:
    """Axis of the file nearest to the way from the first to the last frame."""
    seen = np.isfinite(positions).all(axis=(1, 2))
    both = np.isfinite(positions).all(axis=2)
    frames = np.flatnonzero(both.any(axis=1))
    if len(frames) < 2:
        return ""
    first, last = frames[0], frames[-1]
    if seen.any():
        first, last = np.flatnonzero(seen)[[0, -1]]
    common = both[first] & both[last]
    if not common.any():
        return ""
    travel = (positions[last, common] - positions[first, common]).mean(axis=0)
    travel[1] = 0
    if np.linalg.norm(travel) < _TRAVEL_M:
        return ""
    way = rotation.T @ travel
    axis, sign = nearest_axis(way)
    return ("+" if sign > 0 else "-") + _AXES[axis]
