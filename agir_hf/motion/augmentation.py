"""Perturbations of a walk that preserve its gait: mirroring, rotation, crop, frame rate, noise.

Each function in `PERTURBATIONS` takes joints (T, 22, 3) in metres, Y up, at 20 fps, and a random
generator. It returns joints in a new array, possibly with another number of frames.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ..humanml3d import (
    BONE_LENGTHS,
    FPS,
    JOINT_NAMES,
    LINKS,
    OTHER_SIDE,
)
from .resampling import interpolate

CROP_SHARE, CROP_FRAMES = 0.6, 3 * FPS  # shortest crop: fraction of the walk, and frames
SHIFT_M = 2.0  # largest shift along x and along z
NOISE_M = 0.005  # standard deviation per coordinate

Perturbation = Callable[[np.ndarray, np.random.Generator | None], np.ndarray]

_RIGHT_LEG = [JOINT_NAMES.index(name) for name in ("right_knee", "right_ankle")]


class TooShortError(ValueError):
    """Error for a walk that is too short for a perturbation."""


def mirrored(joints: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
    """Mirror joints at the plane x = 0 and exchange left and right.

    For a subject who starts at the origin facing Z+ this is the sagittal plane. For other subjects
    the result differs by a rotation and a shift, on which the features do not depend.

    Args:
        joints: Joints (T, 22, 3), metres.
        rng: Not used.
    """
    return joints[:, OTHER_SIDE] * np.array([-1.0, 1.0, 1.0])


def turned(joints: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rotate by a random angle about Y and shift by up to `SHIFT_M` along x and along z.

    Features contain neither heading nor position, so a score can only change by rounding.

    Args:
        joints: Joints (T, 22, 3), metres.
        rng: Random generator.
    """
    angle = rng.uniform(-np.pi, np.pi)
    x_m, z_m = rng.uniform(-SHIFT_M, SHIFT_M, 2)
    cos, sin = np.cos(angle), np.sin(angle)
    rotation = np.array([[cos, 0.0, -sin], [0.0, 1.0, 0.0], [sin, 0.0, cos]])
    return joints @ rotation + np.array([x_m, 0.0, z_m])


def cropped(joints: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Crop to random consecutive frames: at least `CROP_SHARE` and at least `CROP_FRAMES`, not all.

    Args:
        joints: Joints (T, 22, 3), metres.
        rng: Random generator.

    Raises:
        TooShortError: The walk has no more frames than the shortest crop.
    """
    frames = len(joints)
    shortest = max(CROP_FRAMES, math.ceil(CROP_SHARE * frames))
    if frames <= shortest:
        raise TooShortError(
            f"a walk of {frames} frames is too short to crop, expected more than {shortest}: use "
            "a longer walk"
        )
    length = rng.integers(shortest, frames)
    start = rng.integers(frames - length + 1)
    return joints[start : start + length].copy()


def resampled_30fps(joints: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
    """Interpolate at 30 fps and back at 20 fps, both with a cubic spline and without a filter.

    The last frame may be lost.

    Args:
        joints: Joints (T, 22, 3), metres.
        rng: Not used.
    """
    return interpolate(interpolate(joints, FPS, 30), 30, FPS)


def resampled_15fps(joints: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
    """Interpolate at 15 fps and back at 20 fps; frequencies above 7.5 Hz are lost or aliased.

    Args:
        joints: Joints (T, 22, 3), metres.
        rng: Not used.
    """
    return interpolate(interpolate(joints, FPS, 15), 15, FPS)


def noised(joints: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Add Gaussian noise with a standard deviation of `NOISE_M` to every coordinate.

    The noise is independent between joints, axes and frames and not filtered, so that it affects
    velocities most (0.14 m/s). Recordings filtered by `agir_hf.motion` have less noise.

    Args:
        joints: Joints (T, 22, 3), metres.
        rng: Random generator.
    """
    return joints + rng.normal(0.0, NOISE_M, joints.shape)


PERTURBATIONS: dict[str, Perturbation] = {
    "mirrored": mirrored,
    "turned": turned,
    "cropped": cropped,
    "resampled_30fps": resampled_30fps,
    "resampled_15fps": resampled_15fps,
    "noised": noised,
}


def with_even_sides(joints: np.ndarray) -> np.ndarray:
    """Convert joints of the standard skeleton to one with left and right bones of equal length.

    The left leg of the standard skeleton is 1.3 % longer than the right leg, and features scale the
    path by the length of the right leg, so that mirroring would make a walk slower. The directions
    of the bones and the path in units of the right leg, which the features contain, do not change.

    Args:
        joints: Joints (T, 22, 3) of the standard skeleton.

    Returns:
        Joints (T, 22, 3) of the symmetric skeleton.
    """
    lengths = np.array(BONE_LENGTHS)
    mean_lengths = (lengths + lengths[OTHER_SIDE]) / 2
    result = np.empty(joints.shape)
    result[:, 0] = joints[:, 0] * (mean_lengths[_RIGHT_LEG].sum() / lengths[_RIGHT_LEG].sum())
    for parent, joint in LINKS:
        bone = joints[:, joint] - joints[:, parent].astype(float)
        result[:, joint] = result[:, parent] + bone * (mean_lengths[joint] / lengths[joint])
    return result
