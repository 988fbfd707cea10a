"""The same walk in another way, scores OFF and ON medication: by hand and by invariance."""

import json

import numpy as np
import pytest

from agir_hf.evaluation.robustness import consistency, markdown, medication
from agir_hf.humanml3d import (
    BONE_LENGTHS,
    FEATURE_SLICES,
    FPS,
    JOINT_NAMES,
    KINEMATIC_CHAINS,
    REST_DIRECTIONS,
    features_to_joints,
    joints_to_features,
)
from agir_hf.motion.augmentation import (
    CROP_FRAMES,
    CROP_SHARE,
    NOISE_M,
    PERTURBATIONS,
    TooShortError,
    cropped,
    mirrored,
    mirrored_features,
    noised,
    resampled_15fps,
    resampled_30fps,
    turned,
    with_even_sides,
)

LEFT_WRIST, RIGHT_WRIST = (JOINT_NAMES.index(f"{side}_wrist") for side in ("left", "right"))
POSITIONS = FEATURE_SLICES["joint_positions"]


def walker(frames=100, lift_m=0.1, speed=0.9, hz=0.9):
    """Standard bones that swing and glide forward along Z; the left arm is lifted by ``lift_m``."""
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
        for side, way in (("left", 1), ("right", -1)):
            joints[:, JOINT_NAMES.index(f"{side}_{name}"), 2] += way * share * swing
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
    np.testing.assert_array_equal(shown, PERTURBATIONS[name](joints, rng()))  # nothing unseeded


def test_features_are_mirrored_as_the_joints_are(sample_joints):
    """But for the left leg's length, which the standard skeleton puts back on the left."""
    walk = with_even_sides(features_to_joints(joints_to_features(sample_joints)))
    features = joints_to_features(walk)
    found, expected = mirrored_features(features), joints_to_features(mirrored(walk))
    np.testing.assert_array_equal(mirrored_features(found), features)
    assert found.dtype == np.float32
    for name, part in FEATURE_SLICES.items():
        apart, moved = (np.abs(expected - other)[:, part] for other in (found, features))
        assert apart.mean() < 0.1 * moved.mean() or name == "root_height", name
    np.testing.assert_allclose(found[:, POSITIONS], expected[:, POSITIONS], atol=0.01)
    np.testing.assert_array_equal(
        found[:, FEATURE_SLICES["root_height"]], features[:, FEATURE_SLICES["root_height"]]
    )


def test_mirrored_twice_is_the_walk_itself():
    joints = walker()
    once = mirrored(joints)
    np.testing.assert_array_equal(mirrored(once), joints)
    np.testing.assert_array_equal(once[:, RIGHT_WRIST], joints[:, LEFT_WRIST] * [-1, 1, 1])
    np.testing.assert_array_equal(once[:, 0], joints[:, 0] * [-1, 1, 1])  # no side of its own


def test_features_do_not_tell_a_turned_walk():
    joints = walker()
    features = joints_to_features(joints)
    for seed in range(5):
        shown = turned(joints, rng(seed))
        assert np.abs(shown - joints)[..., [0, 2]].max() > 0.1
        np.testing.assert_array_equal(shown[..., 1], joints[..., 1])
        np.testing.assert_allclose(joints_to_features(shown), features, atol=1e-4)


@pytest.mark.parametrize("frames", [CROP_FRAMES + 1, 90, 100, 240])
def test_a_crop_lies_inside(frames):
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


def test_a_walk_too_short_to_crop():
    with pytest.raises(TooShortError, match="60 frames is too short to crop, expected more than"):
        cropped(walker(60), rng())


@pytest.mark.parametrize(("resampled", "least"), [(resampled_30fps, 0), (resampled_15fps, 2e-5)])
def test_a_slow_sine_survives_another_rate_and_a_fast_one_does_not(resampled, least):
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


def test_noise_has_its_size_and_is_not_smooth():
    joints = walker(200)
    noise = noised(joints, rng()) - joints
    assert noise.std() == pytest.approx(NOISE_M, rel=0.03)
    assert np.diff(noise, axis=0).std() == pytest.approx(NOISE_M * 2**0.5, rel=0.03)


def test_even_sides_keep_features_and_let_a_mirrored_walk_keep_its_speed():
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
    """Score 2 where the left hand is the higher one, else 0; what mirroring exchanges."""
    heights = [one[:, POSITIONS].reshape(-1, 21, 3)[:, :, 1].mean(0) for one in features]
    return [2 * int(y[LEFT_WRIST - 1] > y[RIGHT_WRIST - 1]) for y in heights]


def as_probabilities(features):
    return np.eye(3)[higher_hand(features)] * 0.7 + 0.1


def walks(number=6):
    made = [walker(80 + 5 * i, lift_m=0.1 * (-1) ** i) for i in range(number)]
    return made, [f"w{i}" for i in range(number)], [f"s{i // 2}" for i in range(number)]


@pytest.mark.parametrize("given_as", ["joints", "features"])
def test_a_constant_scorer_never_changes(given_as):
    made, ids, subjects = walks()
    made = made if given_as == "joints" else joints_to_features(made)
    found = consistency(lambda features: np.ones(len(features)), made, ids, subjects)
    assert [one.perturbation for one in found.changes] == list(PERTURBATIONS)
    for one in found.changes:
        assert (one.changed.value, one.changed.low, one.changed.high) == (0, 0, 0)
        assert one.mean_absolute_change == 0 and one.total_variation is None
        assert one.walks == 6 and one.changed.subjects == found.subjects == 3


@pytest.mark.parametrize("given_as", ["joints", "features"])
def test_a_scorer_of_sides_changes_under_the_mirror_alone(given_as):
    made, ids, subjects = walks()
    made = made if given_as == "joints" else joints_to_features(made)
    found = consistency(as_probabilities, made, ids, subjects)
    for one in found.changes:
        share = float(one.perturbation == "mirrored")
        assert one.changed.value == share
        assert one.mean_absolute_change == 2 * share
        assert one.total_variation == pytest.approx(0.7 * share)


def test_the_share_and_its_interval_are_over_subjects():
    def lifted(joints, rng):  # the left hands of the four walks of one subject
        return joints + np.eye(22)[LEFT_WRIST][:, None] * [0, 0.3 * (len(joints) == 99), 0]

    made = [walker(99 if i < 4 else 98, lift_m=-0.1) for i in range(12)]
    subjects = [f"s{i // 4}" for i in range(12)]
    found = consistency(
        higher_hand, made, range(12), subjects, perturbations={"lifted": lifted}
    ).changes[0]
    assert found.changed.value == pytest.approx(1 / 3)
    assert (found.changed.low, found.changed.high) == (0, 1)  # of three subjects, one changes
    assert found.mean_absolute_change == pytest.approx(2 / 3)


def test_what_is_drawn_for_a_walk_hangs_on_its_id_and_the_seed():
    seen = []

    def noting(features):
        seen.append([len(one) for one in features])
        return np.zeros(len(features))

    made, ids, subjects = walks()
    crop = {"cropped": cropped}
    for order, seed in (([*range(6)], 0), ([5, 1], 0), ([*range(6)], 1)):
        parts = [[column[i] for i in order] for column in (made, ids, subjects)]
        consistency(noting, *parts, seed, perturbations=crop)
    first, part, other = seen[1::2]
    assert part == [first[5], first[1]] and other != first


def test_walks_too_short_to_crop_are_left_out_of_that_line():
    made, ids, subjects = walks(3)
    made[1] = walker(50, lift_m=-0.1)
    made[2] = walker(90)
    found = {one.perturbation: one for one in consistency(higher_hand, made, ids, subjects).changes}
    assert found["cropped"].walks == 2 and found["mirrored"].walks == 3
    assert found["cropped"].changed.value == 0  # each beside its own score
    none = consistency(higher_hand, [walker(50)], ["w"], ["s"], perturbations={"cropped": cropped})
    assert none.changes[0].walks == 0 and none.changes[0].changed is None
    assert "| cropped | 0 | – | – | – |" in markdown(none, simulated=False)


def test_consistency_as_json_and_as_a_table():
    found = consistency(as_probabilities, *walks())
    assert json.loads(json.dumps(found.to_dict()))["changes"][0]["changed"]["value"] == 1
    page = markdown(found, simulated=True)
    assert "Simulated walks: nobody walked" in page and "6 walks of 3 subjects" in page
    assert "Nothing is known here of the right answer" in page
    assert "| mirrored | 6 | 1.000 [1.000, 1.000] | 2.000 | 0.700 |" in page
    assert "| turned | 6 | 0.000 [0.000, 0.000] | 0.000 | 0.000 |" in page
    assert "imulated" not in markdown(found, simulated=False)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ids": ["a", "b"]}, "3 walks, 2 ids, 3 subjects, expected one of each"),
        ({"walks": [], "ids": [], "subjects": []}, "0 walks, 0 ids, 0 subjects"),
        ({"ids": ["a", "b", "a"]}, "walk 'a' comes more than once"),
        ({"walks": [walker(), walker(), np.zeros((9, 21, 3))]}, "walk 'c': joints has shape"),
        ({"walks": [walker(), np.zeros((9, 251)), walker()]}, "walk 'b': features has shape"),
        ({"walks": [walker(19), walker(), walker()]}, "walk 'a' has 19 frames, expected at least"),
        ({"score": lambda features: np.zeros(2)}, "gave 2 numbers for 3 walks"),
        ({"score": lambda features: [0.5, 1, 1]}, "gave 3 numbers for 3 walks, .*whole score"),
        ({"score": lambda features: [None, 1, 1]}, "whole score"),
        ({"score": lambda features: np.ones((3, 3))}, "rows that are no probabilities"),
        ({"score": lambda features: np.ones((3, 1))}, r"gave shape \(3, 1\)"),
    ],
)
def test_what_does_not_fit_is_told(change, message):
    right = {"score": higher_hand, "walks": [walker()] * 3, "ids": "abc", "subjects": "xyz"}
    with pytest.raises(ValueError, match=message):
        consistency(**(right | change))


# subject, medication, true, given, expected
SESSIONS = [
    ("right", "off", 2, 2, 1.8), ("right", "off", 2, 1, 1.4), ("right", "on", 1, 1, 1.0),
    ("tie", "off", 1, 1, 1.1), ("tie", "on", 0, 1, 1.2),  # wrong by expected scores
    ("back", "off", 0, 0, 0.3), ("back", "on", 1, 1, 0.6),  # better OFF, and so it is said
    ("wrong", "off", 2, 0, 0.2), ("wrong", "on", 1, 1, 0.9),
    ("claims", "off", 1, 2, 1.6), ("claims", "on", 1, 1, 1.5),
    ("alike", "off", 1, 1, 1.3), ("alike", "on", 1, 1, 1.0),
    ("once", "off", 2, 2, 1.9), ("once", None, 1, 1, 1.0), ("once", "unknown", 1, 1, 1.0),
]  # fmt: skip


def test_medication_by_hand():
    subjects, sessions, true, given, expected = zip(*SESSIONS, strict=True)
    found = medication(subjects, sessions, true, given)
    assert (found.walks, found.subjects, found.walks_unknown) == (16, 7, 2)
    assert found.subjects_without_both == 1 and not found.by_expected
    assert (found.differing, found.right, found.wrong, found.no_difference) == (4, 2, 1, 1)
    assert (found.same, found.claimed) == (2, 1)
    assert found.p_value == pytest.approx(1.0)  # two of three, two-sided
    one = {one.subject: one for one in found.differences}["right"]
    assert (one.walks_off, one.walks_on, one.true, one.given) == (2, 1, 1.0, 0.5)
    assert one.expected is None and one.direction == "right"


def test_medication_by_expected_scores():
    subjects, sessions, true, given, expected = zip(*SESSIONS, strict=True)
    found = medication(subjects, sessions, true, given, expected)
    ways = {one.subject: one.direction for one in found.differences}
    assert ways == {
        "right": "right", "tie": "wrong", "back": "right", "wrong": "wrong", "claims": None,
        "alike": None,
    }  # fmt: skip
    assert found.no_difference == 0 and found.by_expected
    assert (found.same, found.claimed) == (2, 1)  # of scores given all the same
    assert {one.subject: one for one in found.differences}["right"].expected == pytest.approx(0.6)


def test_medication_counts_subjects_not_walks():
    subjects = [f"s{i}" for i in range(6) for _ in range(4)]
    sessions = ["off", "off", "on", "on"] * 6
    found = medication(subjects, sessions, [2, 2, 1, 1] * 6, [1, 2, 1, 1] * 6)
    assert (found.right, found.p_value) == (6, pytest.approx(2 / 2**6))


def test_thirds_that_add_up_differently_are_no_difference():
    given = [0.1, 0.2, 0.3, 0.3, 0.2, 0.1]
    found = medication(["s"] * 6, ["off"] * 3 + ["on"] * 3, [1, 1, 1, 0, 0, 0], [0] * 6, given)
    assert found.no_difference == 1 and found.p_value is None


def test_nobody_has_both_sessions():
    found = medication(["a", "b"], ["off", "on"], [1, 0], [1, 0])
    assert found.subjects_without_both == found.subjects == 2 and found.p_value is None
    assert (found.differing, found.same, found.differences) == (0, 0, [])
    assert "0 have walks both OFF and ON medication; 2 have not" in markdown(found, True)


def test_medication_as_json_and_as_a_table():
    subjects, sessions, true, given, expected = zip(*SESSIONS, strict=True)
    found = medication(subjects, sessions, true, given)
    assert json.loads(json.dumps(found.to_dict()))["differences"][0]["subject"] == "alike"
    page = markdown(found, simulated=False)
    assert page.startswith("## OFF and ON medication\n\nRecorded walks. 16 walks of 7 subjects")
    assert "6 have walks both OFF and ON" in page and "2 walks of unknown medication" in page
    assert "| differ | 4 | +0.500 | −0.375 | 2 | 1 | 1 | – | 1.000 |" in page
    assert "| do not differ | 2 | +0.000 | +0.500 | – | – | – | 1 | – |" in page
    by_expected = markdown(medication(subjects, sessions, true, given, expected), simulated=True)
    assert "expected score (sum of k p\\_k)" in by_expected and "expected difference" in by_expected


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"medications": ["on"]}, "2 subjects, 1 medications, 2 true, 2 given, expected one"),
        ({"expected_given": [0.5]}, "1 expected, expected one of each for every walk"),
        ({"medications": ["ON", "off"]}, "medication is 'ON', expected 'off', 'on' or None"),
        ({"scores_given": [None, 1]}, "given scores have 1 that are no numbers"),
    ],
)
def test_medication_that_does_not_fit_is_told(change, message):
    right = {
        "subjects": ["a", "a"],
        "medications": ["off", "on"],
        "scores_true": [1, 0],
        "scores_given": [1, 0],
    }
    with pytest.raises(ValueError, match=message):
        medication(**(right | change))
