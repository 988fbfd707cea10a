"""Units and axes of a file: from its header, detected from the body in it, or set by the user.

Detection: the direction from the feet to the upper trunk is up, and the markers or joints of a
person span about 0.3 to 3 metres (300 to 3000 millimetres) in that direction. Medians over frames
and points are used, so that single wrong positions do not decide.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence

import numpy as np

from .recording import Conventions, ReadOptions, RecordingError
from .vectors import are_seen

METRES = {"mm": 1e-3, "cm": 1e-2, "m": 1.0, "inch": 0.0254, "ft": 0.3048}
CMU_UNIT = "CMU unit of 5.644 cm"
CMU_METRES = 0.0254 / 0.45  # length unit of the motion capture database of CMU
UNIT_HELP = "mm, cm, m, inch, ft, or the metres of one unit, such as 0.0254"
_DECADES = ("mm", "cm", "m")
_BEGINNINGS = (
    ("mill", "mm"), ("cent", "cm"), ("zent", "cm"), ("met", "m"), ("inch", "inch"), ("foot", "ft"),
    ("feet", "ft"), ("zoll", "inch"), ("pouc", "inch"), ("pulg", "inch"), ("pied", "ft"),
)  # fmt: skip
_SHORT = {"in": "inch", "ins": "inch", '"': "inch", "''": "inch", "'": "ft", "fts": "ft"}
# Vertical extent of the points of a body, in metres: from the legs of a toddler to a tall adult
# with raised arms. Limits of the stature of a person are in `gate`.
_SMALLEST_M, _TALLEST_M = 0.3, 3.0
# Statures in metres that cost nothing when the unit is chosen by the stature.
_LOW_STATURE_M, _HIGH_STATURE_M, _TALL_WEIGHT = 1.4, 2.05, 4.0
_AMBIGUOUS = 0.4  # another unit whose cost is higher by less than this is named
_OUTLIER = 50.0  # distance of a point from the middle of the body, in typical distances
_UPRIGHT = 0.5  # smallest cosine between the axis set by the user and the trunk
_TRAVEL_M = 0.5  # shortest distance from which the walking direction is determined
_AXES = "XYZ"


def to_metres_y_up(
    positions: np.ndarray,
    options: ReadOptions,
    source: str,
    *,
    low: Sequence[int] = (),
    high: Sequence[int] = (),
    body: Sequence[int] = (),
    unit: str | None = None,
    up: str | None = None,
    stature: float | None = None,
) -> tuple[np.ndarray, Conventions]:
    """Convert positions to metres with Y up, by a scale and a rotation (never a reflection).

    Args:
        positions: Positions (T, N, 3) in the units and axes of the file; NaN where missing.
        options: Settings of the user, which override file and detection.
        source: The file, for error messages.
        low: Columns of points at the feet, from which the vertical axis is detected.
        high: Columns of points at the upper trunk, or at the pelvis, for the same purpose.
        body: Columns of the points on the body, whose extent gives the unit. Default: all.
        unit: Unit that the file states, if any. If its name is unknown, the unit is detected and
            `remarks` of the conventions states it.
        up: Vertical axis that the file states, if any, such as "Y" or "-Z". Used only if it cannot
            be detected from ``low`` and ``high``.
        stature: Stature of the person in the unit of the file, for formats in which inches, feet
            and the unit of CMU are possible; by default millimetres, centimetres and metres are.

    Returns:
        Positions (T, N, 3) float32 in metres, Y up, and the conventions of the file.

    Raises:
        RecordingError: The unit or axis is unknown, the size of the body does not agree with the
            unit, or the user's vertical axis is not that of the body.
    """
    axis, sign, up_from = _vertical(positions, options.up, low, high, up, source)
    extent = _extent(positions[:, list(body)] if len(body) else positions, axis)
    name, metres, unit_from, remarks = _unit(options.unit, unit, extent, stature, source)
    _check_size(extent * metres, extent, name, unit_from, source)
    vertical = sign * np.eye(3)[axis]
    right = np.eye(3)[1 if axis == 0 else 0]
    rotation = np.stack([right, vertical, np.cross(right, vertical)])
    turned = (positions * metres) @ rotation.T
    heading = _heading(turned, rotation)
    up_name = ("+" if sign > 0 else "-") + _AXES[axis]
    with np.errstate(over="ignore"):  # absurd positions become infinite and are refused later
        turned = turned.astype(np.float32)
    return turned, Conventions(name, unit_from, up_name, up_from, heading, remarks)


def parse_unit(text: str) -> tuple[str, float] | None:
    """Name of a unit and its length in metres, from any usual spelling; None if unknown.

    Args:
        text: Spelling such as "mm", "Meters", "mete", "inches" or "CMU", or the metres of one unit
            as a number, such as "0.0254".
    """
    plain = unicodedata.normalize("NFKD", str(text)).lower()
    plain = "".join(c for c in plain if c.isprintable() and not unicodedata.combining(c))
    plain = plain.strip().strip("[]()., ")
    number = re.fullmatch(r"([+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:e[+-]?\d+)?)\s*m?", plain)
    if number:
        metres = float(number[1].replace(",", "."))
        return (f"{metres:g} m", metres) if 1e-7 < metres < 1e4 else None
    if plain.startswith("cmu"):
        return CMU_UNIT, CMU_METRES
    name = _SHORT.get(plain, plain)
    for beginning, unit in _BEGINNINGS:
        if plain.startswith(beginning):
            name = unit
    return (name, METRES[name]) if name in METRES else None


def forced_unit(text: str, source: str) -> tuple[str, float]:
    """Name of a unit that the user set, and its length in metres.

    Args:
        text: Spelling of the unit, as in `parse_unit`.
        source: The file, for the message.

    Raises:
        RecordingError: The unit is unknown.
    """
    unit = parse_unit(text)
    if unit is None:
        raise RecordingError(
            f"{source} has positions in {text!r} as set by --unit, expected {UNIT_HELP}: pass one "
            "of these"
        )
    return unit


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


def _vertical(positions, forced, low, high, stated, source: str) -> tuple[int, int, str]:
    trunk = _direction(positions, low, high)
    if forced:
        axis, sign = parse_axis(forced)
        _check_upright(trunk, axis, sign, source)
        return axis, sign, "forced"
    if trunk is not None:
        return *nearest_axis(trunk), "detected"
    if stated:
        try:
            return *parse_axis(stated), "file"
        except RecordingError:
            pass
    middles = np.stack([_middle(positions[:, [i]]) for i in range(positions.shape[1])])
    middles = middles[are_seen(middles)]
    spread = np.ptp(middles, axis=0) if len(middles) else np.array([0.0, 1.0, 0.0])
    return int(spread.argmax()), 1, "detected"


def _check_upright(trunk: np.ndarray | None, axis: int, sign: int, source: str) -> None:
    """Refuse a vertical axis of the user with which the person is upside down or horizontal."""
    if trunk is None or sign * trunk[axis] >= _UPRIGHT * np.linalg.norm(trunk):
        return
    better, direction = nearest_axis(trunk)
    name = ("-" if direction < 0 else "") + _AXES[better]
    wrong = ("-" if sign < 0 else "") + _AXES[axis]
    raise RecordingError(
        f"{source} has the trunk above the feet along {name}, the vertical axis is set to "
        f"{wrong}: leave out --up, or pass --up={name}"
    )


def _direction(positions: np.ndarray, low, high) -> np.ndarray | None:
    """Median vector (3,) from the feet to the trunk over frames, None without both."""
    if not (len(low) and len(high)):
        return None
    feet, trunk = (_middles(positions[:, list(columns)]) for columns in (low, high))
    vectors = trunk - feet
    vectors = vectors[are_seen(vectors)]
    if len(vectors):
        vector = np.median(vectors, axis=0)
    else:  # feet and trunk are never seen in the same frame
        vector = _middle(positions[:, list(high)]) - _middle(positions[:, list(low)])
    return vector if np.isfinite(vector).all() and vector.any() else None


def _middles(positions: np.ndarray) -> np.ndarray:
    """Mean (T, 3) over the points that are not missing, per frame; NaN if all are missing."""
    seen = are_seen(positions)
    count = seen.sum(axis=1)[:, None]
    total = np.where(seen[..., None], positions, 0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _middle(positions: np.ndarray) -> np.ndarray:
    """Median position (3,) over all frames and points that are not missing; NaN if all are."""
    seen = positions[are_seen(positions)]
    return np.median(seen, axis=0) if len(seen) else np.full(3, np.nan)


def _extent(positions: np.ndarray, axis: int) -> float:
    """Median over frames of the distance from the lowest to the highest point along an axis.

    Points that are much farther from the body than the others are left out.
    """
    heights = positions[..., axis]
    heights = heights[np.isfinite(heights).any(axis=1)]
    if not len(heights):
        return float("nan")
    heights = heights[:: max(1, len(heights) // 2000)]
    distances = np.abs(heights - np.nanmedian(heights, axis=1, keepdims=True))
    near = distances <= _OUTLIER * np.nanpercentile(distances, 75)
    heights = np.where(near, heights, np.nan)
    heights = heights[np.isfinite(heights).any(axis=1)]
    if not len(heights):
        return float("nan")
    return float(np.median(np.nanmax(heights, axis=1) - np.nanmin(heights, axis=1)))


def _unit(
    forced, stated, extent: float, stature: float | None, source: str
) -> tuple[str, float, str, tuple[str, ...]]:
    """Name of the unit, its metres, its origin, and remarks."""
    if forced is not None and forced.strip():
        return *forced_unit(forced, source), "forced", ()
    unit = parse_unit(stated) if stated is not None and stated.strip() else None
    if unit is not None:
        return *unit, "file", ()
    name, metres, remark = _detected(extent, stature)
    remarks = (remark,) if remark else ()
    if stated is not None and stated.strip():
        fits = not extent > 0 or _SMALLEST_M <= extent * metres <= _TALLEST_M
        if not fits:
            raise RecordingError(
                f"{source} has positions in {stated!r}, expected {', '.join(METRES)}: pass the "
                "right unit with --unit"
            )
        shown = "".join(c for c in stated.strip()[:20] if c.isprintable())
        remarks = (f"unit {shown!r} of the file is unknown, read as {name} from the body", *remarks)
    return name, metres, "detected", remarks


def _detected(extent: float, stature: float | None) -> tuple[str, float, str]:
    """Most likely unit, its metres, and a remark if another is possible."""
    if stature is None or not np.isfinite(stature) or not stature > 0:
        if not extent > 0:
            return "m", 1.0, ""
        fitting = [n for n in _DECADES if _SMALLEST_M <= extent * METRES[n] <= _TALLEST_M]
        name = min(fitting or _DECADES, key=lambda n: abs(math.log(extent * METRES[n] / 1.5)))
        return name, METRES[name], ""
    candidates = {**METRES, CMU_UNIT: CMU_METRES}
    cost = {name: _stature_cost(stature * metres) for name, metres in candidates.items()}
    name, second = sorted(candidates, key=cost.get)[:2]
    remark = ""
    if cost[second] - cost[name] < _AMBIGUOUS:
        remark = (
            f"unit {name} detected from a stature of about {stature * candidates[name]:.2f} m "
            f"({stature * candidates[second]:.2f} m with {second}): pass --unit if it is another"
        )
    return name, candidates[name], remark


def likely_unit(stature: float) -> tuple[str, float]:
    """Unit in which a stature is the most usual one, and its length in metres.

    Args:
        stature: Stature of a person in the unit of a file, above 0.
    """
    candidates = {**METRES, CMU_UNIT: CMU_METRES}
    name = min(candidates, key=lambda name: _stature_cost(stature * candidates[name]))
    return name, candidates[name]


def _stature_cost(stature_m: float) -> float:
    """Implausibility of a stature: 0 for adults; very tall people are rarer than children."""
    if stature_m > _HIGH_STATURE_M:
        return _TALL_WEIGHT * math.log(stature_m / _HIGH_STATURE_M)
    return max(0.0, math.log(_LOW_STATURE_M / stature_m))


def _check_size(extent_m: float, extent: float, unit: str, unit_from: str, source: str) -> None:
    if not np.isfinite(extent_m) or _SMALLEST_M <= extent_m <= _TALLEST_M:
        return
    likely = [name for name in _DECADES if _SMALLEST_M <= extent * METRES[name] <= _TALLEST_M]
    hint = "check its scale, or pass the metres of one unit, such as --unit 0.0254"
    if likely:
        hint = f"pass --unit {likely[0]} if the file is in {likely[0]}"
    if extent == 0:
        hint = "all points are at one height: export the trajectories again"
    raise RecordingError(
        f"{source} has a body {extent_m:.4g} m tall from lowest to highest point with units "
        f"{unit} ({unit_from}), expected {_SMALLEST_M:g} to {_TALLEST_M:g} m: {hint}"
    )


def _heading(positions: np.ndarray, rotation: np.ndarray) -> str:
    """Axis of the file nearest to the direction from the first to the last frame."""
    seen = are_seen(positions)
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
    travel = np.median(positions[last, common] - positions[first, common], axis=0)
    travel[1] = 0
    if np.linalg.norm(travel) < _TRAVEL_M:
        return ""
    axis, sign = nearest_axis(rotation.T @ travel)
    return ("+" if sign > 0 else "-") + _AXES[axis]
