"""Rotation matrices in the coordinates of a walk: x left, y up, z forward."""

from __future__ import annotations

import numpy as np


def rotation(yaw=0.0, roll=0.0, lean=0.0) -> np.ndarray:
    """Rotation matrices (..., 3, 3): first lean about x, then roll about z, then yaw about y.

    Positive lean moves the top forward, positive roll lifts the left side, positive yaw turns to
    the left.

    Args:
        yaw: (...) angles about y, radians.
        roll: (...) angles about z, radians.
        lean: (...) angles about x, radians.
    """
    yaw, roll, lean = np.broadcast_arrays(yaw, roll, lean)
    (cy, sy), (cr, sr), (cl, sl) = ((np.cos(a), np.sin(a)) for a in (yaw, roll, lean))
    rows = [
        [cy * cr, sy * sl - cy * sr * cl, sy * cl + cy * sr * sl],
        [sr, cr * cl, -cr * sl],
        [-sy * cr, cy * sl + sy * sr * cl, cy * cl - sy * sr * sl],
    ]
    return np.moveaxis(np.array(rows), (0, 1), (-2, -1))


def unit(vectors: np.ndarray) -> np.ndarray:
    """Scale vectors (..., 3) to length one.

    Args:
        vectors: (..., 3) vectors.
    """
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def axes(up: np.ndarray, forward: np.ndarray) -> np.ndarray:
    """Rotation matrices with the columns left, up and forward, from two of these directions.

    Args:
        up: (..., 3) unit vectors, the second axis.
        forward: (..., 3) vectors near the third axis; the component along `up` is removed.

    Returns:
        (..., 3, 3) rotation matrices.
    """
    forward = unit(forward - (forward * up).sum(-1, keepdims=True) * up)
    return np.stack([np.cross(up, forward), up, forward], axis=-1)
