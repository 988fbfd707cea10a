"""Augmented copies of a walk: posture, amplitude and pace."""

import numpy as np
import pytest

from agir_hf.humanml3d import (
    BONE_LENGTHS,
    JOINT_NAMES,
    LINKS,
    features_to_joints,
    joints_to_features,
)
from agir_hf.motion.augmentation import turned
from agir_hf.training.gait_augmentation import AugmentationConfig, augment_features, augment_walk

NO_CHANGE = AugmentationConfig(posture_deg=0, amplitude=0, pace=0)
ANKLES = [JOINT_NAMES.index(f"{side}_ankle") for side in ("left", "right")]
FEET = [*ANKLES, *(JOINT_NAMES.index(f"{side}_foot") for side in ("left", "right"))]


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def walk(sample_joints):
    """Joints (T, 22, 3) of the sample recording on the standard skeleton."""
    (joints,) = features_to_joints([joints_to_features(sample_joints)])
    return joints.astype(float)


def bones(joints):
    """Unit vectors (T, 21, 3) in the order of `LINKS`."""
    vectors = np.stack([joints[:, joint] - joints[:, parent] for parent, joint in LINKS], axis=1)
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def degrees_between(first, second):
    first, second = (x / np.linalg.norm(x, axis=-1, keepdims=True) for x in (first, second))
    return np.rad2deg(np.arccos(np.clip((first * second).sum(-1), -1, 1)))


def path_m(joints):
    return np.linalg.norm(joints[-1, 0, [0, 2]] - joints[0, 0, [0, 2]])


def test_without_changes_the_copy_equals_the_walk(walk):
    original = walk.copy()
    np.testing.assert_allclose(augment_walk(walk, rng(), NO_CHANGE), walk, atol=1e-4)
    np.testing.assert_array_equal(walk, original)


def test_copies_have_feet_on_the_floor_and_bones_of_the_standard_skeleton(walk):
    config = AugmentationConfig(pace=0)
    for seed in range(5):
        copy = augment_walk(walk, rng(seed), config)
        for parent, joint in LINKS:
            length = np.linalg.norm(copy[:, joint] - copy[:, parent], axis=-1)
            np.testing.assert_allclose(length, BONE_LENGTHS[joint], atol=1e-9)
        np.testing.assert_allclose(copy[:, FEET, 1].min(1), walk[:, FEET, 1].min(1), atol=1e-9)
        assert np.abs(copy - walk).max() > 0.05


def test_the_changes_do_not_depend_on_the_walking_direction(walk):
    """Postures are relative to the body: the copy of the turned walk is the turned copy."""
    copy = augment_walk(walk, rng(3))
    for seed in range(3):
        turned_copy = augment_walk(turned(walk, rng(seed)), rng(3))
        np.testing.assert_allclose(turned_copy, turned(copy, rng(seed)), atol=1e-6)


def test_posture_rotates_every_bone_by_the_configured_angle_and_keeps_its_swing(walk):
    angles_deg = []
    for seed in range(40):
        copy = augment_walk(
            walk, rng(seed), AugmentationConfig(posture_deg=10, amplitude=0, pace=0)
        )
        angle_deg = degrees_between(bones(copy), bones(walk))
        angles_deg.append(angle_deg.mean(0))
        assert angle_deg.std(0).max() < 10  # constant over the walk
        assert path_m(copy) == pytest.approx(path_m(walk))
    # root mean square over the two axes orthogonal to a bone: sqrt(2) of the standard deviation
    assert np.sqrt(np.mean(np.square(angles_deg))) == pytest.approx(10 * np.sqrt(2), rel=0.1)


def test_amplitude_scales_swings_and_the_path_with_the_legs(walk):
    thigh = [LINKS.index(link) for link in LINKS if JOINT_NAMES[link[1]].endswith("_knee")]
    paths, swings = [], []
    for seed in range(30):
        copy = augment_walk(
            walk, rng(seed), AugmentationConfig(posture_deg=0, amplitude=0.3, pace=0)
        )
        before, after = bones(walk)[:, thigh], bones(copy)[:, thigh]
        assert degrees_between(before.mean(0), after.mean(0)).max() < 6
        swings.append(np.log(after.std(0).max(-1) / before.std(0).max(-1)).mean())
        paths.append(np.log(path_m(copy) / path_m(walk)))
    assert np.std(paths) == pytest.approx(0.3, rel=0.35)
    assert np.corrcoef(paths, swings)[0, 1] > 0.8


def test_pace_changes_only_the_duration(walk):
    lengths = []
    for seed in range(30):
        copy = augment_walk(
            walk, rng(seed), AugmentationConfig(posture_deg=0, amplitude=0, pace=0.2)
        )
        lengths.append(len(copy) / len(walk))
        assert 0.55 < lengths[-1] < 1.65
        assert path_m(copy) == pytest.approx(path_m(walk), rel=0.05)
        assert np.ptp(copy[:, ANKLES, 1]) == pytest.approx(np.ptp(walk[:, ANKLES, 1]), rel=0.1)
    assert np.std(np.log(lengths)) == pytest.approx(0.2, rel=0.35)


def test_copies_depend_only_on_seed_and_position(walk):
    features = joints_to_features(walk)
    alone = augment_features([features], 1)
    together = augment_features([features, features[:50]], 1)
    np.testing.assert_array_equal(alone[0], together[0])
    assert together[0].dtype == np.float32 and together[0].shape[1] == 263
    assert np.isfinite(together[1]).all() and len(together) == 2
    other = augment_features([features], 2)[0]
    assert other.shape != alone[0].shape or np.abs(other - alone[0]).max() > 0.01
    same = augment_features([features, features], 1)
    assert same[0].shape != same[1].shape or np.abs(same[0] - same[1]).max() > 0.01


def test_a_walk_with_a_turn_has_plausible_speeds(walk):
    """A turn by 180 degrees within one second gives no speed that a person cannot reach."""
    turn = np.clip((np.arange(len(walk)) - 40) / 20, 0, 1) * np.pi
    cos, sin, zero = np.cos(turn), np.sin(turn), np.zeros(len(walk))
    rotations = np.stack([cos, zero, sin, zero, zero + 1, zero, -sin, zero, cos], 1).reshape(
        -1, 3, 3
    )
    root = walk[:, :1] * [1, 0, 1]
    turning = np.einsum("tij,tkj->tki", rotations, walk - root)
    copy = augment_walk(turning, rng(0), AugmentationConfig(pace=0))
    speed = np.linalg.norm(np.diff(copy, axis=0), axis=-1).max() * 20
    assert np.isfinite(copy).all() and speed < 25


def test_invalid_input_raises(walk):
    with pytest.raises(ValueError, match="the walk has 2 frames, expected at least 3: leave"):
        augment_walk(walk[:2], rng())
    assert all(
        len(augment_walk(walk[:3], rng(seed))) >= 2 for seed in range(50)
    )  # enough for features
    with pytest.raises(ValueError, match="pace is -0.1, expected a standard deviation of 0"):
        AugmentationConfig(pace=-0.1)
    with pytest.raises(ValueError, match="posture_deg is nan"):
        AugmentationConfig(posture_deg=float("nan"))
