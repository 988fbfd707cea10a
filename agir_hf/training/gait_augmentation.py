"""Walks of more kinds for the motion tokenizer: other postures, amplitudes and paces.

A tokenizer that has seen one cohort alone gives walks of other people back as that cohort would
have walked. Copies whose bones are held, swung and timed in another way are no walks that anybody
took and carry no label: they widen what the tokenizer can tell apart, and nothing else learns from
them.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation
from tqdm import tqdm

from ..humanml3d import BONE_LENGTHS, FPS, JOINT_NAMES, features_to_joints, joints_to_features
from ..motion.augmentation import LINKS
from ..motion.resampling import read_at

_SLOWEST, _FASTEST = 1.6, 0.6  # times as long as the walk that is varied
_HEADING_FRAMES = 10.0  # standard deviation of the Gaussian that smooths the line across the body
_FEWEST = 3  # frames, of which the fastest copy has two
_GROUP = 64  # motions brought from and to features together
_SHORTEST_M = 1e-6
_ACROSS = [
    (JOINT_NAMES.index(f"left_{part}"), JOINT_NAMES.index(f"right_{part}"))
    for part in ("hip", "shoulder")
]
_FEET = [i for i, name in enumerate(JOINT_NAMES) if name.endswith(("_ankle", "_foot"))]


def _limb(*parts: str) -> list[int]:
    return [i for i, name in enumerate(JOINT_NAMES) if name.endswith(parts)]


_LEGS = _limb("_hip", "_knee", "_ankle", "_foot")
_ARMS = _limb("_collar", "_shoulder", "_elbow", "_wrist")


@dataclass(frozen=True)
class AugmentationConfig:
    """How far copies of a walk lie from it.

    Attributes:
        posture_deg: standard deviation of the turn about each axis by which a bone's direction
            differs throughout, seen from the body.
        amplitude: standard deviation of the logarithm by which swings about a bone's mean
            direction are scaled: drawn once for the legs, once for the arms, once for each bone of
            the trunk and at half of it for each bone of a limb. The path scales with the legs.
        pace: standard deviation of the logarithm of how many times as long the copy takes.

    Raises:
        ValueError: one is negative or not a number.
    """

    posture_deg: float = 12.0
    amplitude: float = 0.45
    pace: float = 0.3

    def __post_init__(self):
        for name in ("posture_deg", "amplitude", "pace"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value >= 0):
                raise ValueError(f"{name} is {value}, expected a spread of 0 or more")


def varied(
    joints: np.ndarray, rng: np.random.Generator, variety: AugmentationConfig | None = None
) -> np.ndarray:
    """The same walk with another posture, other amplitudes and another pace, as drawn.

    Bones are of the standard skeleton's lengths, whatever they were. In every frame the lowest
    joint of the feet is as high as it was.

    Args:
        joints: (T, 22, 3), metres, Y up, 20 fps.
        rng: draws.
        variety: how far; `AugmentationConfig` by default.

    Returns:
        (T', 22, 3) float64, where T' is T times the pace drawn.

    Raises:
        ValueError: fewer than 3 frames.
    """
    variety = variety or AugmentationConfig()
    if len(joints) < _FEWEST:
        raise ValueError(f"a walk of {len(joints)} frames, expected at least {_FEWEST} to vary it")
    longer = np.clip(np.exp(rng.normal(0.0, variety.pace)), _FASTEST, _SLOWEST)
    joints = np.asarray(joints, float)
    if longer != 1.0:
        joints = read_at(joints, FPS, FPS * longer)
    legs, scale = _amplitudes(rng, variety.amplitude)
    heading = _heading(joints)
    seen = np.einsum("tji,tkj->tki", heading, _directions(joints))  # from the body
    mean = seen.mean(axis=0)
    swung = mean + scale[:, None] * (seen - mean)
    postures = np.deg2rad(variety.posture_deg) * rng.normal(size=(len(JOINT_NAMES), 3))
    held = np.einsum("kij,tkj->tki", Rotation.from_rotvec(postures).as_matrix(), swung)
    held /= np.maximum(np.linalg.norm(held, axis=-1, keepdims=True), _SHORTEST_M)
    return _stacked(joints, np.einsum("tij,tkj->tki", heading, held), legs)


def varied_features(
    motions: Sequence[np.ndarray], seed: int, variety: AugmentationConfig | None = None
) -> list[np.ndarray]:
    """One copy of each motion; see `varied`.

    Args:
        motions: features (L, 263), not normalised.
        seed: what is drawn for a motion follows from it and from the motion's place.

    Returns:
        Features (L', 263) float32 in the same order.
    """
    copies = []
    for start in tqdm(range(0, len(motions), _GROUP), desc="varied copies", leave=False):
        group = features_to_joints([np.asarray(one) for one in motions[start : start + _GROUP]])
        drawn = [
            varied(one, np.random.default_rng(zlib.crc32(f"{seed}/{i}".encode())), variety)
            for i, one in enumerate(group, start)
        ]
        copies += [one.astype(np.float32) for one in joints_to_features(drawn)]
    return copies


def _amplitudes(rng: np.random.Generator, spread: float) -> tuple[float, np.ndarray]:
    """The factor of the legs, and that of the bone that ends in each joint (22,)."""
    legs, arms = np.exp(rng.normal(0.0, spread, 2))
    scale = np.exp(rng.normal(0.0, spread, len(JOINT_NAMES)))
    scale[_LEGS] = legs * np.sqrt(scale[_LEGS])
    scale[_ARMS] = arms * np.sqrt(scale[_ARMS])
    return float(legs), scale


def _directions(joints: np.ndarray) -> np.ndarray:
    """Unit vectors (T, 22, 3) of the bones that end in each joint; zero for the root."""
    bones = np.zeros_like(joints)
    for before, joint in LINKS:
        bones[:, joint] = joints[:, joint] - joints[:, before]
    return bones / np.maximum(np.linalg.norm(bones, axis=-1, keepdims=True), _SHORTEST_M)


def _heading(joints: np.ndarray) -> np.ndarray:
    """Turns about Y (T, 3, 3) from the body, which faces Z+ with its left at X+, to the room."""
    across = sum(joints[:, left] - joints[:, right] for left, right in _ACROSS)
    across = gaussian_filter1d(across, _HEADING_FRAMES, axis=0, mode="nearest")
    turns = np.zeros((len(joints), 3))
    turns[:, 1] = np.arctan2(-across[:, 2], across[:, 0])
    return Rotation.from_rotvec(turns).as_matrix()


def _stacked(joints: np.ndarray, directions: np.ndarray, path: float) -> np.ndarray:
    """The standard skeleton along these bones, its path scaled, on feet as high as before."""
    found = np.empty_like(joints)
    found[:, 0] = joints[:, 0]
    level = [0, 2]
    found[:, 0, level] = joints[0, 0, level] + path * (joints[:, 0, level] - joints[0, 0, level])
    for before, joint in LINKS:
        found[:, joint] = found[:, before] + BONE_LENGTHS[joint] * directions[:, joint]
    lowest = joints[:, _FEET, 1].min(axis=1) - found[:, _FEET, 1].min(axis=1)
    found[:, :, 1] += lowest[:, None]
    return found
