"""Perturbations, and consistency of scores under them."""

import json

import numpy as np
import pytest

from agir_hf.evaluation.reporting.robustness_tables import robustness_markdown
from agir_hf.evaluation.robustness import consistency
from agir_hf.humanml3d import (
    BONE_LENGTHS,
    FEATURE_SLICES,
    FPS,
    JOINT_NAMES,
    KINEMATIC_CHAINS,
    REST_DIRECTIONS,
    features_to_joints,
    joints_to_features,
    mirrored_features,
)
from agir_hf.motion.augmentation import (
    CROP_FRAMES,
    CROP_SHARE,
    NOISE_M,
    PERTURBATIONS,
    TooShortError,
    cropped,
    mirrored,
    noised,
    resampled_15fps,
    resampled_30fps,
    turned,
    with_even_sides,
)

LEFT_WRIST, RIGHT_WRIST = (JOINT_NAMES.index(f"{side}_wrist") for side in ("left", "right"))
POSITIONS = FEATURE_SLICES["joint_positions"]


def walker(frames=100, lift_m=0.1, speed=0.9, hz=0.9):
    """Joints of the standard skeleton with swinging limbs, moving along Z; left arm lifted."""
    rest = np.zeros((22, 3))
    for chain in KINEMATIC_CHAINS:
        for before, joint in zip(chain, chain[1:], strict=False):
            sign, axis = REST_DIRECTIONS[joint]
            rest[joint] = rest[before]
            rest[joint, "xyz".index(axis)] += BONE_LENGTHS[joint] * float(sign + "1")
    rest[:, 1] -= rest[:, 1].min()
    time = np.arange(frames) / FPS
    joints = np.repeat(rest[None], frames, axis=0)
    swing = 0.2 * np.sin(2 * np.pi * hz * time)
    for name, share in (("knee", 0.5), ("ankle", 1), ("foot", 1), ("elbow", -0.4), ("wrist", -0.8)):
        for side, sign in (("left", 1), ("right", -1)):
            joints[:, JOINT_NAMES.index(f"{side}_{name}"), 2] += sign * share * swing
    joints[:, LEFT_WRIST, 1] += lift_m
    joints[..., 2] += speed * time[:, None]
    return joints


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_a_perturbation_changes_a_walk_and_not_its_input(name):
    joints = walker()
    kept = joints.copy()
    shown = PERTURBATIONS[name](joints, rng())
    np.testing.assert_array_equal(joints, kept)
    assert not np.shares_memory(joints, shown) and shown.shape[1:] == (22, 3)
    assert shown.shape != joints.shape or np.abs(shown - joints).max() > 1e-6
    np.testing.assert_array_equal(shown, PERTURBATIONS[name](joints, rng()))  # reproducible


def test_features_are_mirrored_as_the_joints_are(sample_joints):
    """Except for the length of the left leg, which the standard skeleton keeps on the left."""
    walk = with_even_sides(features_to_joints(joints_to_features(sample_joints)))
    features = joints_to_features(walk)
    result, expected = mirrored_features(features), joints_to_features(mirrored(walk))
    np.testing.assert_array_equal(mirrored_features(result), features)
    assert result.dtype == np.float32
    for name, part in FEATURE_SLICES.items():
        error, moved = (np.abs(expected - other)[:, part] for other in (result, features))
        assert error.mean() < 0.1 * moved.mean() or name == "root_height", name
    np.testing.assert_allclose(result[:, POSITIONS], expected[:, POSITIONS], atol=0.01)
    np.testing.assert_array_equal(
        result[:, FEATURE_SLICES["root_height"]], features[:, FEATURE_SLICES["root_height"]]
    )


def test_mirroring_twice_gives_the_walk_itself():
    joints = walker()
    once = mirrored(joints)
    np.testing.assert_array_equal(mirrored(once), joints)
    np.testing.assert_array_equal(once[:, RIGHT_WRIST], joints[:, LEFT_WRIST] * [-1, 1, 1])
    np.testing.assert_array_equal(once[:, 0], joints[:, 0] * [-1, 1, 1])  # the pelvis


def test_features_do_not_depend_on_the_heading():
    joints = walker()
    features = joints_to_features(joints)
    for seed in range(5):
        shown = turned(joints, rng(seed))
        assert np.abs(shown - joints)[..., [0, 2]].max() > 0.1
        np.testing.assert_array_equal(shown[..., 1], joints[..., 1])
        np.testing.assert_allclose(joints_to_features(shown), features, atol=1e-4)


@pytest.mark.parametrize("frames", [CROP_FRAMES + 1, 90, 100, 240])
def test_a_crop_is_a_part_of_the_walk(frames):
    joints = walker(frames)
    lengths, starts = set(), set()
    for seed in range(60):
        shown = cropped(joints, rng(seed))
        (start,) = np.flatnonzero((joints == shown[0]).all((1, 2)))
        np.testing.assert_array_equal(shown, joints[start : start + len(shown)])
        lengths.add(len(shown))
        starts.add(start)
    assert max(CROP_FRAMES, CROP_SHARE * frames) <= min(lengths) <= max(lengths) < frames
    assert len(starts) > 1 and (frames < 90 or len(lengths) > 10)


def test_a_walk_too_short_to_crop_raises():
    with pytest.raises(TooShortError, match="60 frames is too short to crop, expected more than"):
        cropped(walker(60), rng())


@pytest.mark.parametrize(("resampled", "least"), [(resampled_30fps, 0), (resampled_15fps, 2e-5)])
def test_resampling_keeps_a_slow_sine_but_not_a_fast_one(resampled, least):
    joints = walker(91)
    time = np.arange(91) / FPS
    joints[:, 0, 1] = 0.9 + 0.05 * np.sin(2 * np.pi * time)
    shown = resampled(joints)
    assert 89 <= len(shown) <= 91
    off = np.abs(shown - joints[: len(shown)])
    assert least < off.max() < 2e-3
    joints[:, 0, 1] = 0.9 + 0.05 * np.sin(2 * np.pi * 9 * time)
    off_fast = np.abs(resampled(joints) - joints[: len(shown)])
    assert off_fast.max() > 10 * off.max()


def test_noise_has_the_stated_size_and_is_not_smooth():
    joints = walker(200)
    noise = noised(joints, rng()) - joints
    assert noise.std() == pytest.approx(NOISE_M, rel=0.03)
    assert np.diff(noise, axis=0).std() == pytest.approx(NOISE_M * 2**0.5, rel=0.03)


def test_equal_bone_lengths_of_both_sides_keep_features_and_the_speed_of_a_mirrored_walk():
    features = joints_to_features(walker())
    joints = with_even_sides(features_to_joints(features))
    speed = FEATURE_SLICES["root_linear_velocity"]
    np.testing.assert_allclose(joints_to_features(joints)[:-1], features[:-2], atol=1e-4)
    np.testing.assert_allclose(
        joints_to_features(mirrored(joints))[:-1, speed], features[:-2, speed] * [-1, 1], atol=1e-5
    )
    lengths = [np.linalg.norm(joints[0, a] - joints[0, b]) for a, b in ((1, 4), (2, 5))]
    assert lengths[0] == pytest.approx(lengths[1])


def higher_hand(features):
    """Score 2 where the left hand is the higher one, else 0; mirroring exchanges them."""
    heights = [walk[:, POSITIONS].reshape(-1, 21, 3)[:, :, 1].mean(0) for walk in features]
    return [2 * int(y[LEFT_WRIST - 1] > y[RIGHT_WRIST - 1]) for y in heights]


def as_probabilities(features):
    return np.eye(3)[higher_hand(features)] * 0.7 + 0.1


def walks(number=6):
    made = [walker(80 + 5 * i, lift_m=0.1 * (-1) ** i) for i in range(number)]
    return made, [f"w{i}" for i in range(number)], [f"s{i // 2}" for i in range(number)]


@pytest.mark.parametrize("input_type", ["joints", "features"])
def test_a_constant_scorer_never_changes(input_type):
    made, ids, subjects = walks()
    made = made if input_type == "joints" else joints_to_features(made)
    results = consistency(lambda features: np.ones(len(features)), made, ids, subjects)
    assert [change.perturbation for change in results.changes] == list(PERTURBATIONS)
    for change in results.changes:
        assert (change.changed.value, change.changed.low, change.changed.high) == (0, 0, 0)
        assert change.mean_absolute_change == 0 and change.total_variation is None
        assert change.walks == 6 and change.changed.subjects == results.subjects == 3


@pytest.mark.parametrize("input_type", ["joints", "features"])
def test_a_scorer_of_sides_changes_only_when_mirrored(input_type):
    made, ids, subjects = walks()
    made = made if input_type == "joints" else joints_to_features(made)
    results = consistency(as_probabilities, made, ids, subjects)
    for change in results.changes:
        share = float(change.perturbation == "mirrored")
        assert change.changed.value == share
        assert change.mean_absolute_change == 2 * share
        assert change.total_variation == pytest.approx(0.7 * share)


def test_the_share_and_its_interval_are_over_subjects():
    def lifted(joints, rng):  # only in the four walks of one subject
        return joints + np.eye(22)[LEFT_WRIST][:, None] * [0, 0.3 * (len(joints) == 99), 0]

    made = [walker(99 if i < 4 else 98, lift_m=-0.1) for i in range(12)]
    subjects = [f"s{i // 4}" for i in range(12)]
    change = consistency(
        higher_hand, made, range(12), subjects, perturbations={"lifted": lifted}
    ).changes[0]
    assert change.changed.value == pytest.approx(1 / 3)
    assert (change.changed.low, change.changed.high) == (0, 1)  # one of three subjects changes
    assert change.mean_absolute_change == pytest.approx(2 / 3)


def test_random_numbers_of_a_walk_depend_on_its_name_and_the_seed():
    lengths = []

    def record_lengths(features):
        lengths.append([len(walk) for walk in features])
        return np.zeros(len(features))

    made, ids, subjects = walks()
    crop = {"cropped": cropped}
    for order, seed in (([*range(6)], 0), ([5, 1], 0), ([*range(6)], 1)):
        parts = [[column[i] for i in order] for column in (made, ids, subjects)]
        consistency(record_lengths, *parts, seed, perturbations=crop)
    first, part, other = lengths[1::2]
    assert part == [first[5], first[1]] and other != first


def test_walks_too_short_to_crop_are_left_out_of_that_perturbation():
    made, ids, subjects = walks(3)
    made[1] = walker(50, lift_m=-0.1)
    made[2] = walker(90)
    changes = {
        change.perturbation: change
        for change in consistency(higher_hand, made, ids, subjects).changes
    }
    assert changes["cropped"].walks == 2 and changes["mirrored"].walks == 3
    assert changes["cropped"].changed.value == 0  # compared with its own score
    too_short = consistency(
        higher_hand, [walker(50)], ["w"], ["s"], perturbations={"cropped": cropped}
    )
    assert too_short.changes[0].walks == 0 and too_short.changes[0].changed is None
    assert "| cropped | 0 | – | – | – |" in robustness_markdown(too_short, simulated=False)


def test_consistency_as_json_and_as_a_table():
    results = consistency(as_probabilities, *walks())
    assert json.loads(json.dumps(results.to_dict()))["changes"][0]["changed"]["value"] == 1
    page = robustness_markdown(results, simulated=True)
    assert "Simulated walks: no person was recorded" in page and "6 walks of 3 subjects" in page
    assert "The true score is not used" in page
    assert "| mirrored | 6 | 1.000 [1.000, 1.000] | 2.000 | 0.700 |" in page
    assert "| turned | 6 | 0.000 [0.000, 0.000] | 0.000 | 0.000 |" in page
    assert "imulated" not in robustness_markdown(results, simulated=False)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ids": ["a", "b"]}, "3 walks, 2 ids, 3 subjects, expected the same"),
        ({"walks": [], "ids": [], "subjects": []}, "0 walks, 0 ids, 0 subjects"),
        ({"ids": ["a", "b", "a"]}, "walk 'a' occurs more than once"),
        ({"walks": [walker(), walker(), np.zeros((9, 21, 3))]}, "walk 'c': joints has shape"),
        ({"walks": [walker(), np.zeros((9, 251)), walker()]}, "walk 'b': features has shape"),
        ({"walks": [walker(19), walker(), walker()]}, "walk 'a' has 19 frames, expected at least"),
        ({"score": lambda features: np.zeros(2)}, "returned 2 numbers for 3 walks"),
        ({"score": lambda features: [0.5, 1, 1]}, "returned 3 numbers for 3 walks, .*whole score"),
        ({"score": lambda features: [None, 1, 1]}, "whole score"),
        ({"score": lambda features: np.ones((3, 3))}, "rows that are not probabilities"),
        ({"score": lambda features: np.ones((3, 1))}, r"returned shape \(3, 1\)"),
    ],
)
def test_wrong_input_of_consistency_raises(change, message):
    right = {"score": higher_hand, "walks": [walker()] * 3, "ids": "abc", "subjects": "xyz"}
    with pytest.raises(ValueError, match=message):
        consistency(**(right | change))
