"""The same walk shown in another way.

A perturbation takes joints (T, 22, 3), metres, Y up, 20 fps, and a generator to draw from. It gives
joints of the same kind, in another array and maybe of other length; see `PERTURBATIONS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ..humanml3d import (
    BONE_LENGTHS,
    FEATURE_SLICES,
    FPS,
    JOINT_NAMES,
    KINEMATIC_CHAINS,
    NUM_FEATURES,
)
from .resampling import read_at

CROP_SHARE, CROP_FRAMES = 0.6, 3 * FPS  # the least that a crop leaves
SHIFT_M = 2.0
NOISE_M = 0.005

Perturbation = Callable[[np.ndarray, np.random.Generator | None], np.ndarray]

_SIDES = {"left": "right", "right": "left"}
LINKS = [link for chain in KINEMATIC_CHAINS for link in zip(chain, chain[1:], strict=False)]
_RIGHT_LEG = [JOINT_NAMES.index(name) for name in ("right_knee", "right_ankle")]


def _other_side(name: str) -> str:
    side, _, part = name.partition("_")
    return f"{_SIDES[side]}_{part}" if side in _SIDES else name


_OTHER_SIDE = [JOINT_NAMES.index(_other_side(name)) for name in JOINT_NAMES]


def _mirrored_layout() -> tuple[np.ndarray, np.ndarray]:
    """Which entry of a frame (263,) stands in each place of its mirror image, and with which sign.

    Vectors change the sign of x, and of rotations the entries that lead from x to another axis or
    from another to x; they are laid out as joint, column, row.
    """
    order, signs = np.arange(NUM_FEATURES), np.ones(NUM_FEATURES, np.float32)
    signs[FEATURE_SLICES["root_yaw_velocity"]] = -1
    signs[FEATURE_SLICES["root_linear_velocity"].start] = -1
    across = np.array([-1.0, 1.0, 1.0])
    for name, first, sign in (
        ("joint_positions", 1, across),
        ("joint_rotations", 1, np.outer(across[:2], across).ravel()),
        ("joint_velocities", 0, across),
    ):
        part, sides = FEATURE_SLICES[name], np.array(_OTHER_SIDE[first:]) - first
        order[part] = order[part].reshape(len(sides), -1)[sides].ravel()
        signs[part] = np.tile(sign, len(sides))
    contacts = FEATURE_SLICES["foot_contact"]  # of the left foot, then of the right one
    order[contacts] = np.roll(order[contacts], 2)
    return order, signs


_FEATURE_ORDER, _FEATURE_SIGNS = _mirrored_layout()


class TooShortError(ValueError):
    """A walk is too short for a perturbation."""


def mirrored(joints: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
    """Left and right exchanged: reflected across the plane x = 0, with the sides' names.

    For a walker who starts at the origin facing Z+ that is the sagittal plane; in a room it differs
    from it by a turn and a shift, which features do not hold. Nothing is drawn.
    """
    return joints[:, _OTHER_SIDE] * np.array([-1.0, 1.0, 1.0])


def mirrored_features(features: np.ndarray) -> np.ndarray:
    """HumanML3D features (L, 263), not normalised, of the walk's mirror image, as float32.

    What `mirrored` joints have as features, but for the standard skeleton's left leg, which is
    1.3 % longer and stands on the right here. Twice gives the walk itself back.
    """
    return features[:, _FEATURE_ORDER] * _FEATURE_SIGNS


def turned(joints: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Turned about Y by any angle and shifted by up to `SHIFT_M` along x and along z, as drawn.

    Features hold neither heading nor place: where this changes a score, rounding does.
    """
    angle = rng.uniform(-np.pi, np.pi)
    x_m, z_m = rng.uniform(-SHIFT_M, SHIFT_M, 2)
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.array([[cos, 0.0, -sin], [0.0, 1.0, 0.0], [sin, 0.0, cos]])
    return joints @ turn + np.array([x_m, 0.0, z_m])


def cropped(joints: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A drawn run of frames: `CROP_SHARE` of them at least, `CROP_FRAMES` at least, never all.

    Raises:
        TooShortError: if no such part is shorter than the walk.
    """
    frames = len(joints)
    least = max(CROP_FRAMES, math.ceil(CROP_SHARE * frames))
    if frames <= least:
        raise TooShortError(
            f"a walk of {frames} frames is too short to crop, expected more than {least}"
        )
    length = rng.integers(least, frames)
    start = rng.integers(frames - length + 1)
    return joints[start : start + length].copy()


def resampled_30fps(joints: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
    """Read at 30 frames per second and from there at 20 again, both times by a cubic spline.

    There is no low-pass. Ends where both rates' last samples do: a frame may fall off the end.
    """
    return read_at(read_at(joints, FPS, 30), 30, FPS)


def resampled_15fps(joints: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
    """As `resampled_30fps`, by way of 15: what moves faster than 7.5 Hz is lost or folds back."""
    return read_at(read_at(joints, FPS, 15), 15, FPS)


def noised(joints: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Gaussian noise of standard deviation `NOISE_M` on every coordinate, not smoothed.

    Each joint, axis and frame has its own, so that speeds suffer most (0.14 m/s): harsher than the
    noise that the low-pass of `agir_hf.motion` leaves in a recording.
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
    """Joints of the standard skeleton brought to one whose left and right bones are alike.

    The standard skeleton's left leg is 1.3 % longer than the right one, whose length scales the
    path in features: mirrored as it is, the walker would become slower. Directions of bones and
    the path in lengths of the right leg stay, and features hold no more.
    """
    lengths = np.array(BONE_LENGTHS)
    even = (lengths + lengths[_OTHER_SIDE]) / 2
    result = np.empty(joints.shape)
    result[:, 0] = joints[:, 0] * (even[_RIGHT_LEG].sum() / lengths[_RIGHT_LEG].sum())
    for before, joint in LINKS:
        bone = joints[:, joint] - joints[:, before].astype(float)
        result[:, joint] = result[:, before] + bone * (even[joint] / lengths[joint])
    return result
