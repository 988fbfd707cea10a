"""Augmented walks for the motion tokenizer: different posture, amplitude and pace.

A tokenizer that was trained on one cohort reconstructs walks of other people with the gait of that
cohort. The augmented copies change the mean direction of bones, the amplitude of their swings and
the duration. They are not realistic walks of people and have no label: they widen the range of
motions that the tokenizer can represent, and no other model is trained on them.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation
from tqdm import tqdm

from ..humanml3d import (
    BONE_LENGTHS,
    FPS,
    JOINT_NAMES,
    LINKS,
    features_to_joints,
    joints_to_features,
)
from ..motion.resampling import interpolate

_MAX_DURATION, _MIN_DURATION = 1.6, 0.6  # duration of a copy / duration of the walk
_HEADING_FRAMES = 10.0  # standard deviation of the Gaussian that smooths the left-right axis
_MIN_FRAMES = 3  # the fastest copy then has two
_GROUP = 64  # motions converted together
_MIN_LENGTH_M = 1e-6  # against division by zero
_LEFT_RIGHT = [
    (JOINT_NAMES.index(f"left_{part}"), JOINT_NAMES.index(f"right_{part}"))
    for part in ("hip", "shoulder")
]
_FEET = [i for i, name in enumerate(JOINT_NAMES) if name.endswith(("_ankle", "_foot"))]


def _joints_ending_in(*suffixes: str) -> list[int]:
    return [i for i, name in enumerate(JOINT_NAMES) if name.endswith(suffixes)]


_LEGS = _joints_ending_in("_hip", "_knee", "_ankle", "_foot")
_ARMS = _joints_ending_in("_collar", "_shoulder", "_elbow", "_wrist")


@dataclass(frozen=True)
class AugmentationConfig:
    """Standard deviations of the random changes of a copy.

    Attributes:
        posture_deg: Standard deviation of the rotation of a bone's direction about each axis of the
            body, in degrees; it is constant over the walk.
        amplitude: Standard deviation of the logarithm of the factor by which swings about the mean
            direction of a bone are scaled. There is one factor for the legs, one for the arms, one
            for each bone of the trunk and a further one, with half the exponent, for each bone of
            a limb. The path is scaled by the factor of the legs.
        pace: Standard deviation of the logarithm of the ratio of the durations.

    Raises:
        ValueError: A value is negative or not finite.
    """

    posture_deg: float = 12.0
    amplitude: float = 0.45
    pace: float = 0.3

    def __post_init__(self):
        for name in ("posture_deg", "amplitude", "pace"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value >= 0):
                raise ValueError(f"{name} is {value}, expected a standard deviation of 0 or more")


def augment_walk(
    joints: np.ndarray, rng: np.random.Generator, config: AugmentationConfig | None = None
) -> np.ndarray:
    """Change posture, amplitude and pace of a walk at random.

    The copy has the bone lengths of the standard skeleton. In every frame its lowest foot joint has
    the height of the lowest foot joint of the walk.

    Args:
        joints: (T, 22, 3) positions in metres, Y up, 20 fps.
        rng: Random generator.
        config: Standard deviations of the changes; by default those of `AugmentationConfig`.

    Returns:
        (T', 22, 3) float64, where T' is T times the ratio of the durations.

    Raises:
        ValueError: The walk has fewer than 3 frames.
    """
    config = config or AugmentationConfig()
    if len(joints) < _MIN_FRAMES:
        raise ValueError(
            f"the walk has {len(joints)} frames, expected at least {_MIN_FRAMES}: leave it out"
        )
    duration = np.clip(np.exp(rng.normal(0.0, config.pace)), _MIN_DURATION, _MAX_DURATION)
    joints = np.asarray(joints, float)
    if duration != 1.0:
        joints = interpolate(joints, FPS, FPS * duration)
    leg_scale, bone_scales = _swing_scales(rng, config.amplitude)
    heading = _heading(joints)
    in_body = np.einsum("tji,tkj->tki", heading, _directions(joints))
    mean = in_body.mean(axis=0)
    swings = mean + bone_scales[:, None] * (in_body - mean)
    postures = np.deg2rad(config.posture_deg) * rng.normal(size=(len(JOINT_NAMES), 3))
    directions = np.einsum("kij,tkj->tki", Rotation.from_rotvec(postures).as_matrix(), swings)
    directions /= np.maximum(np.linalg.norm(directions, axis=-1, keepdims=True), _MIN_LENGTH_M)
    return _assemble(joints, np.einsum("tij,tkj->tki", heading, directions), leg_scale)


def augment_features(
    motions: Sequence[np.ndarray], seed: int, config: AugmentationConfig | None = None
) -> list[np.ndarray]:
    """Make one augmented copy of each motion, see `augment_walk`.

    Args:
        motions: Features of each motion (L, 263), not normalised.
        seed: Seed of the random generator; the copy of a motion depends on the seed and on its
            position in ``motions``.
        config: Standard deviations of the changes; by default those of `AugmentationConfig`.

    Returns:
        Features (L', 263) float32 in the same order.
    """
    copies = []
    for start in tqdm(range(0, len(motions), _GROUP), desc="augmented copies", leave=False):
        group = features_to_joints(
            [np.asarray(motion) for motion in motions[start : start + _GROUP]]
        )
        augmented = [
            augment_walk(joints, np.random.default_rng(zlib.crc32(f"{seed}/{i}".encode())), config)
            for i, joints in enumerate(group, start)
        ]
        copies += [features.astype(np.float32) for features in joints_to_features(augmented)]
    return copies


def _swing_scales(rng: np.random.Generator, spread: float) -> tuple[float, np.ndarray]:
    """Draw the factor of the legs, and the factor of the bone that ends in each joint (22,)."""
    legs, arms = np.exp(rng.normal(0.0, spread, 2))
    scale = np.exp(rng.normal(0.0, spread, len(JOINT_NAMES)))
    scale[_LEGS] = legs * np.sqrt(scale[_LEGS])
    scale[_ARMS] = arms * np.sqrt(scale[_ARMS])
    return float(legs), scale


def _directions(joints: np.ndarray) -> np.ndarray:
    """Unit vectors (T, 22, 3) of the bones that end in each joint; zero for the root."""
    bones = np.zeros_like(joints)
    for parent, joint in LINKS:
        bones[:, joint] = joints[:, joint] - joints[:, parent]
    return bones / np.maximum(np.linalg.norm(bones, axis=-1, keepdims=True), _MIN_LENGTH_M)


def _heading(joints: np.ndarray) -> np.ndarray:
    """Rotations about Y (T, 3, 3) from the body frame (Z forward, X left) to the world frame."""
    left_right = sum(joints[:, left] - joints[:, right] for left, right in _LEFT_RIGHT)
    left_right = gaussian_filter1d(left_right, _HEADING_FRAMES, axis=0, mode="nearest")
    turns = np.zeros((len(joints), 3))
    turns[:, 1] = np.arctan2(-left_right[:, 2], left_right[:, 0])
    return Rotation.from_rotvec(turns).as_matrix()


def _assemble(joints: np.ndarray, directions: np.ndarray, path_scale: float) -> np.ndarray:
    """Place the standard skeleton along bone directions, on the scaled path and foot height."""
    copy = np.empty_like(joints)
    copy[:, 0] = joints[:, 0]
    horizontal = [0, 2]  # X and Z
    start = joints[0, 0, horizontal]
    copy[:, 0, horizontal] = start + path_scale * (joints[:, 0, horizontal] - start)
    for parent, joint in LINKS:
        copy[:, joint] = copy[:, parent] + BONE_LENGTHS[joint] * directions[:, joint]
    height = joints[:, _FEET, 1].min(axis=1) - copy[:, _FEET, 1].min(axis=1)
    copy[:, :, 1] += height[:, None]
    return copy
