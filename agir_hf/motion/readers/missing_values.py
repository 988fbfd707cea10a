"""Numbers that programs write for a point that was not seen, such as 9999999.

They are found before unit and axes of a file are known: a position that is absurdly far from the
other points, compared with the usual distance, is not of a body.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..vectors import all_three, any_of_three, are_seen, lengths

_ABSURD = 1e6  # a coordinate of 1 km in millimetres
_EQUAL = 90.0  # three equal coordinates above this are a code, such as 9999
# times the median distance of the points from their middle, which is about 0.5 m for a body
_FAR, _FROZEN_FAR, _AWAY = 200.0, 20.0, 400.0


def mark_missing(positions: np.ndarray, labels: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    """Replace numbers that stand for missing points by NaN.

    Args:
        positions: (T, M, 3) in any unit, NaN where missing.
        labels: M labels, for the remarks.

    Returns:
        Positions (T, M, 3), and a remark for each marker with such numbers.
    """
    seen = are_seen(positions)
    if not seen.any():
        return positions, []
    code = seen & _is_code(positions)
    rest = np.where((seen & ~code)[..., None], positions, np.nan)
    code |= seen & _is_far(rest)
    if not code.any():
        return positions, []
    cleaned = np.where(code[..., None], np.nan, positions)
    return cleaned, [
        _remark(positions[code[:, i], i], labels[i]) for i in np.flatnonzero(code.any(axis=0))
    ]


def _is_code(positions: np.ndarray) -> np.ndarray:
    """(T, M) whether a position is a number for "missing" by itself."""
    with np.errstate(invalid="ignore"):
        absurd = any_of_three(np.abs(positions) >= _ABSURD)
        first = positions[..., :1]
        equal = all_three(positions == first) & (np.abs(positions[..., 0]) >= _EQUAL)
    repeated = np.zeros_like(equal)
    for value in np.unique(positions[equal][:, 0]):
        same = equal & (positions[..., 0] == value)
        is_nines = set(f"{abs(value):g}".replace(".", "")) == {"9"}
        if same.sum() > 1 or is_nines:
            repeated |= same
    return absurd | repeated


def _is_far(positions: np.ndarray) -> np.ndarray:
    """(T, M) whether a position is absurdly far from the others of its frame, or from all."""
    seen = are_seen(positions)
    # the middle in order of the points that are seen, which are first after sorting
    rank = np.maximum(seen.sum(axis=1) - 1, 0) // 2
    middle = np.take_along_axis(np.sort(positions, axis=1), rank[:, None, None], axis=1)[:, 0]
    with np.errstate(invalid="ignore"):
        offset = positions - middle[:, None]
        distance = np.sqrt(np.einsum("tmi,tmi->tm", offset, offset))
        usual = np.nanmedian(distance) if np.isfinite(distance).any() else 0.0
        if not usual > 0:
            return np.zeros_like(seen)
        frozen = np.zeros_like(seen)
        same = all_three(positions[1:] == positions[:-1])
        frozen[1:] |= same
        frozen[:-1] |= same
        away = lengths(middle - np.nanmedian(middle, axis=0)) > _AWAY * usual
        far = (distance > _FAR * usual) | (frozen & (distance > _FROZEN_FAR * usual))
    return far | (away[:, None] & seen)


def _remark(positions: np.ndarray, label: str) -> str:
    """Remark about the (N, 3) values of a marker that are read as missing."""
    values = positions[np.arange(len(positions)), np.abs(positions).argmax(axis=1)]
    numbers, counts = np.unique(values, return_counts=True)
    shown = f"{numbers[counts.argmax()]:.10g}" if len(numbers) == 1 else "absurd positions"
    frames = f"{len(positions)} frame{'' if len(positions) == 1 else 's'}"
    return f"{frames} of {label} with {shown} read as missing"
