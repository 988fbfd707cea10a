"""Rotation of vectors by axis-angle vectors, in numpy alone."""

from __future__ import annotations

import numpy as np


def rotated(vectors: np.ndarray, rotations: np.ndarray) -> np.ndarray:
    """Rotate vectors by Rodrigues' formula.

    Args:
        vectors: Vectors (T, 3).
        rotations: Axis-angle vectors (T, 3) in radians.

    Returns:
        Rotated vectors (T, 3).

    Example:
        ```python
        >>> import numpy as np
        >>> from agir_hf.motion.rotated import rotated
        >>> quarter_turn = np.array([[0.0, np.pi / 2, 0.0]])
        >>> print(rotated(np.array([[0.0, 0.0, 1.0]]), quarter_turn).round(6))
        [[1. 0. 0.]]

        ```
    """
    angle = np.linalg.norm(rotations, axis=1, keepdims=True)
    axis = rotations / np.maximum(angle, 1e-12)  # any axis will do for an angle of zero
    along = (vectors * axis).sum(axis=1, keepdims=True) * axis
    across = np.cross(axis, vectors)
    return np.cos(angle) * (vectors - along) + np.sin(angle) * across + along
