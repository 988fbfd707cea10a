"""HumanML3D features: golden values, analytic cases, invariances, round trips, errors."""

import importlib
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from agir_hf import humanml3d
from agir_hf.humanml3d import (
    BONE_LENGTHS,
    FEATURE_SLICES,
    FPS,
    JOINT_NAMES,
    KINEMATIC_CHAINS,
    NUM_FEATURES,
    OTHER_SIDE,
    REST_DIRECTIONS,
    features_to_joints,
    joints_to_features,
    mirrored_features,
)

RECIPES = Path(__file__).resolve().parents[1] / "recipes"
CASES = ["shida_sub01", "shida_sub05", "synthetic_a", "synthetic_b"]


@pytest.fixture(scope="module")
def golden(shared):
    with np.load(shared / "golden" / "humanml3d_features.npz") as file:
        return dict(file)


@pytest.fixture(scope="module")
def benchmark():
    sys.path.insert(0, str(RECIPES))
    yield importlib.import_module("benchmark_humanml3d")
    sys.path.remove(str(RECIPES))


def part(features, name):
    return features[..., FEATURE_SLICES[name]]


def standing(frames):
    """Standard skeleton at rest (frames, 22, 3): at the origin, on the floor, facing Z+."""
    joints = np.zeros((22, 3))
    for chain in KINEMATIC_CHAINS:
        for parent, joint in pairwise(chain):
            sign, axis = REST_DIRECTIONS[joint]
            joints[joint] = joints[parent]
            joints[joint, "xyz".index(axis)] += BONE_LENGTHS[joint] * float(sign + "1")
    joints[:, 1] -= joints[:, 1].min()
    return np.repeat(joints[None], frames, axis=0)


def turned(joints, angle):
    """Joints (T, 22, 3) rotated to the left about Y by one angle, or one per frame, in radians."""
    angle = np.broadcast_to(angle, len(joints))[:, None]
    x, y, z = np.moveaxis(joints, -1, 0)
    cos, sin = np.cos(angle), np.sin(angle)
    return np.stack([cos * x + sin * z, y, cos * z - sin * x], axis=-1)


def walker(frames, seed=0):
    """Moving, slowly turning standard skeleton that starts at the origin, facing Z+."""
    generator = np.random.default_rng(seed)
    time = np.arange(frames)[:, None, None] / FPS
    rest = standing(frames)
    wobble = generator.normal(0, 0.3, (1, 22, 3)) * np.sin(
        6 * time + generator.uniform(0, 6, 22)[:, None]
    )
    joints = np.zeros_like(rest)
    for chain in KINEMATIC_CHAINS:
        for parent, joint in pairwise(chain):
            bone = rest[:, joint] - rest[:, parent]
            bone = bone / BONE_LENGTHS[joint] + wobble[:, joint]
            bone *= BONE_LENGTHS[joint] / np.linalg.norm(bone, axis=1, keepdims=True)
            joints[:, joint] = joints[:, parent] + bone
    joints = turned(joints, 0.4 * time[:, 0, 0])
    joints[..., 2] += 0.8 * time[:, 0]
    joints = turned(joints, -facing(joints[0]))
    return joints - [0, joints[..., 1].min(), 0]


def facing(frame):
    """Rotation of the body to the left from Z+, in radians."""
    x, _, z = frame[1] - frame[2] + frame[16] - frame[17]  # to the left
    return np.arctan2(-z, x)


def test_layout_covers_every_feature_once():
    covered = np.concatenate([np.arange(NUM_FEATURES)[rows] for rows in FEATURE_SLICES.values()])
    np.testing.assert_array_equal(covered, np.arange(263))
    assert len(JOINT_NAMES) == len(BONE_LENGTHS) == len(REST_DIRECTIONS) == 22
    assert sorted(joint for chain in KINEMATIC_CHAINS for joint in chain[1:]) == [*range(1, 22)]


@pytest.mark.parametrize("case", CASES)
def test_features_equal_those_of_the_reference(golden, case):
    features = joints_to_features(golden[f"{case}.joints"])
    expected = golden[f"{case}.features"]
    assert features.dtype == np.float32 and features.shape == expected.shape
    np.testing.assert_allclose(features, expected, rtol=0, atol=5e-4)
    np.testing.assert_array_equal(part(features, "foot_contact"), part(expected, "foot_contact"))


@pytest.mark.parametrize("case", CASES)
def test_joints_equal_those_of_the_reference(golden, case):
    expected = golden[f"{case}.recovered"]
    joints = features_to_joints(golden[f"{case}.features"])
    assert joints.dtype == np.float32 and joints.shape == expected.shape
    np.testing.assert_allclose(joints, expected, rtol=0, atol=1e-4)
    ours = features_to_joints(joints_to_features(golden[f"{case}.joints"]))
    np.testing.assert_allclose(ours, expected, rtol=0, atol=5e-4)


def test_features_equal_those_of_the_plain_implementation(benchmark):
    generator = np.random.default_rng(3)
    for frames in (2, 5, 60, 230):
        joints = benchmark.simulated_walker(frames, generator)
        plain = benchmark.plain_features(joints)
        np.testing.assert_allclose(joints_to_features(joints), plain, rtol=0, atol=1e-5)


def test_features_of_a_rigid_body_moving_forward():
    speed = 1.2
    joints = standing(50)
    joints[..., 2] += speed * np.arange(50)[:, None] / FPS
    features = joints_to_features(joints)
    np.testing.assert_allclose(part(features, "root_yaw_velocity"), 0, atol=1e-6)
    step = [0, 0, speed / FPS]
    np.testing.assert_allclose(
        part(features, "root_linear_velocity"), np.tile([0, speed / FPS], (49, 1)), atol=1e-6
    )
    velocities = part(features, "joint_velocities").reshape(49, 22, 3)
    np.testing.assert_allclose(velocities, np.broadcast_to(step, (49, 22, 3)), atol=1e-6)
    np.testing.assert_allclose(part(features, "root_height"), joints[0, 0, 1], atol=1e-6)
    positions = part(features, "joint_positions").reshape(49, 21, 3)
    np.testing.assert_allclose(positions, standing(49)[:, 1:], atol=1e-6)
    identity = np.tile([1, 0, 0, 0, 1, 0], (49, 21))
    np.testing.assert_allclose(part(features, "joint_rotations"), identity, atol=1e-6)
    assert part(features, "foot_contact").all() == (speed / FPS <= 0.002**0.5)


@pytest.mark.parametrize(("speed", "contact"), [(0.85, 1), (0.95, 0)])
def test_contact_ends_at_0_89_metres_per_second(speed, contact):
    joints = standing(20)
    joints[..., 0] += speed * np.arange(20)[:, None] / FPS
    assert (part(joints_to_features(joints), "foot_contact") == contact).all()


@pytest.mark.parametrize("compatible", [True, False])
def test_turning_on_the_spot_gives_half_the_turn_per_frame(compatible):
    rate = 0.12  # rad/s to the left, less than half a turn in total
    joints = turned(standing(400), rate * np.arange(400) / FPS)
    features = joints_to_features(joints, compatible=compatible)
    middle = part(features, "root_yaw_velocity")[
        100:-100
    ]  # without the ends, which smoothing changes
    np.testing.assert_allclose(middle, -rate / FPS / 2, atol=1e-6)


def test_only_the_compatible_mode_changes_sign_at_half_a_turn():
    rate = 0.4  # rad/s: 8 rad in 400 frames pass half a turn once, three times pi is 9.4
    joints = turned(standing(400), rate * np.arange(400) / FPS)
    corrected = part(joints_to_features(joints, compatible=False), "root_yaw_velocity")
    compatible = part(joints_to_features(joints), "root_yaw_velocity")
    assert (corrected[1:] < 0).all()
    flipped = np.flatnonzero(compatible[1:] > 0)
    assert len(flipped) == 1
    np.testing.assert_allclose(np.abs(compatible), np.abs(corrected), atol=1e-6)


def test_corrected_mode_recovers_the_joints_of_full_turns():
    joints = turned(standing(400), 0.9 * np.arange(400) / FPS)
    recovered = features_to_joints(joints_to_features(joints, compatible=False))
    np.testing.assert_allclose(recovered, joints[:-1], atol=1e-4)


def test_heading_ignores_twisted_hips_only_in_corrected_mode():
    joints = standing(300)
    joints[:, [1, 4, 7, 10]] += [0, 0, 0.05]  # the left leg is in front
    joints[:, [2, 5, 8, 11]] -= [0, 0, 0.05]
    first_turns = (
        joints_to_features(joints)[:2, 0],
        joints_to_features(joints, compatible=False)[:2, 0],
    )
    assert abs(first_turns[0][0]) > 0.1  # shoulders minus hips have another direction
    np.testing.assert_allclose(first_turns[1], 0, atol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_round_trip_gives_the_joints_back(seed):
    joints = walker(120, seed)
    recovered = features_to_joints(joints_to_features(joints))
    np.testing.assert_allclose(recovered, joints[:-1], atol=2e-5)


@pytest.mark.parametrize("angle", [0.3, 2.0, np.pi, -1.2])
def test_position_and_heading_of_the_subject_do_not_matter(angle):
    joints = walker(90)
    moved = turned(joints, angle) + [3.0, 0.7, -2.0]
    np.testing.assert_allclose(joints_to_features(moved), joints_to_features(joints), atol=2e-5)


def test_size_of_the_body_does_not_matter():
    joints = walker(90)
    expected = joints_to_features(joints)
    np.testing.assert_allclose(joints_to_features(1.17 * joints), expected, atol=2e-5)


def test_subjects_far_from_the_origin_keep_their_accuracy_in_float64():
    joints = walker(90)
    far = joints + [1e5, 0, -1e5]
    np.testing.assert_allclose(joints_to_features(far), joints_to_features(joints), atol=2e-5)


def test_a_clip_in_a_list_gives_the_same_features_as_alone(monkeypatch):
    clips = [walker(n, seed=n).astype(np.float32) for n in (60, 2, 200, 33, 34, 90)]
    clips[3] = clips[3].astype(np.float64)
    alone = [joints_to_features(clip) for clip in clips]
    monkeypatch.setattr(humanml3d, "_GROUP_FRAMES", 150)  # several groups,
    monkeypatch.setattr(humanml3d, "_BLOCK_FRAMES", 41)  # blocks in them
    monkeypatch.setattr(humanml3d, "_ARRAY_ROWS", 95)  # and arrays of results
    together = joints_to_features(clips)
    for features, expected in zip(together, alone, strict=True):
        np.testing.assert_allclose(features, expected, rtol=0, atol=1e-6)
    assert [len(features) for features in together] == [len(clip) - 1 for clip in clips]
    back = features_to_joints(tuple(together))
    for features, joints in zip(together, back, strict=True):
        np.testing.assert_array_equal(joints, features_to_joints(features))
    assert joints_to_features([]) == [] and features_to_joints([]) == []


def test_inputs_are_not_changed():
    joints = walker(50).astype(np.float32)
    features = joints_to_features(joints)
    for array in (joints, features):
        array.setflags(write=False)
    joints_to_features([joints, joints])
    features_to_joints([features, features])
    np.testing.assert_array_equal(joints_to_features(joints), features)


def test_features_of_a_list_do_not_share_rows_and_settings_of_numpy_are_kept():
    size = np.getbufsize()
    features = joints_to_features([walker(40), walker(30, seed=1)])
    kept = features[1].copy()
    features[0][:] = np.nan
    np.testing.assert_array_equal(features[1], kept)
    assert np.getbufsize() == size


def columns_of(features):
    return part(features, "joint_rotations").reshape(-1, 2, 3)


def test_degenerate_bones_give_proper_rotations():
    joints = standing(30)
    joints[:, 15] = joints[:, 12]  # head and neck at one point
    joints[10:, 20] = joints[10:, 18] - (joints[10:, 20] - joints[10:, 18])  # forearm straight up
    joints[20:] = turned(joints[20:], np.pi)  # toes opposite to their rest direction
    for compatible in (True, False):
        features = joints_to_features(joints, compatible=compatible)
        assert np.isfinite(features).all()
        columns = columns_of(features)
        np.testing.assert_allclose(
            columns @ columns.swapaxes(1, 2), [np.eye(2)] * len(columns), atol=1e-5
        )


@pytest.mark.parametrize("tilt", [0.1, 1e-2, 1e-3, 1e-5, 1e-8])
def test_rotations_are_correct_near_half_a_turn(tilt):
    axis = np.array([0.6, 0.0, -0.8])  # of the rotation from straight down to the forearm
    forearm = np.array([0.8 * np.sin(tilt), np.cos(tilt), 0.6 * np.sin(tilt)])
    joints = standing(2)
    joints[:, 20] = joints[:, 18] + BONE_LENGTHS[20] * forearm
    x, y = columns_of(joints_to_features(joints)).reshape(21, 2, 3)[19].astype(np.float64)
    np.testing.assert_allclose([x @ x, y @ y, x @ y], [1, 1, 0], atol=1e-5)
    np.testing.assert_allclose(y, -forearm, atol=1e-6)
    if tilt > 1e-7:  # below, float32 cannot represent the axis
        np.testing.assert_allclose(axis[0] * x + axis[2] * np.cross(x, y), axis, atol=1e-5)


def nan_at(frame):
    joints = standing(20)
    joints[frame, 4, 1] = np.nan
    return joints


@pytest.mark.parametrize(
    ("joints", "message"),
    [
        (standing(20)[0], r"joints has shape \(22, 3\), expected \(T, 22, 3\)"),
        (standing(20)[None], r"pass a batch as list\(batch\)"),
        (np.zeros((20, 24, 3)), "remove the two hands"),
        (np.zeros((20, 21, 3)), "KIT-ML"),
        (np.zeros((20, 66)), r"shape \(20, 66\)"),
        (standing(1), r"1 frame\(s\), expected at least 2"),
        (np.zeros((0, 22, 3)), r"0 frame\(s\)"),
        (nan_at(7), "1 of 20 frames .first: frame 7"),
        ([standing(20), nan_at(7)], r"joints\[1\] has NaN"),
        (standing(20) * 1000, "millimetres, divide by 1000"),
        (standing(20) * 100, "centimetres, divide by 100"),
        (np.zeros((20, 22, 3)), "right hip, knee and ankle at one point"),
        (np.array([standing(20), standing(21)], dtype=object), "dtype object"),
        (standing(20).astype(complex), "dtype complex128"),
        (standing(3).tolist(), r"joints\[0\] has shape \(22, 3\)"),
        ([[[[1, 2, 3], [1, 2]]]], r"joints\[0\] is ragged"),
    ],
)
def test_bad_joints_raise_a_clear_error(joints, message):
    with pytest.raises(ValueError, match=message) as excinfo:
        joints_to_features(joints)
    assert "\n" not in str(excinfo.value) and "expected" in str(excinfo.value)


def test_mirrored_features_are_those_of_mirrored_joints():
    """The legs of the standard skeleton differ by 1.3 %, which mirroring does not change."""
    joints = walker(60)
    other = [JOINT_NAMES.index(name) for name in (
        "pelvis", "right_hip", "left_hip", "spine1", "right_knee", "left_knee", "spine2",
        "right_ankle", "left_ankle", "spine3", "right_foot", "left_foot", "neck", "right_collar",
        "left_collar", "head", "right_shoulder", "left_shoulder", "right_elbow", "left_elbow",
        "right_wrist", "left_wrist",
    )]  # fmt: skip
    assert other == OTHER_SIDE
    features = joints_to_features(joints)
    mirrored = mirrored_features(features)
    expected = joints_to_features(joints[:, other] * [-1, 1, 1])
    assert mirrored.dtype == np.float32
    np.testing.assert_array_equal(mirrored_features(mirrored), features)
    for name in FEATURE_SLICES:
        left = np.abs(part(mirrored, name) - part(expected, name)).mean()
        before = np.abs(part(features, name) - part(expected, name)).mean()
        assert left < (0.01 if name == "root_height" else 0.15 * before), name


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (np.zeros((20, 251)), "251 is KIT-ML"),
        (np.zeros((2, 20, 263)), r"list\(batch\)"),
        (np.zeros(263), r"expected \(N, 263\)"),
        (np.zeros((0, 263)), r"shape \(0, 263\)"),
        ([np.zeros((5, 263)), np.full((5, 263), np.inf)], r"features\[1\] has NaN or inf"),
        (np.full((5, 263), "a"), "dtype <U1"),
    ],
)
def test_bad_features_raise_a_clear_error(features, message):
    with pytest.raises(ValueError, match=message) as excinfo:
        features_to_joints(features)
    assert "\n" not in str(excinfo.value) and "expected" in str(excinfo.value)


def test_a_single_outlier_raises_no_error_about_the_unit():
    joints = standing(20)
    joints[0, 15] += 50.0
    assert np.isfinite(joints_to_features(joints)).all()


def test_integers_are_accepted():
    joints = np.round(standing(5) * 2).astype(int)
    np.testing.assert_array_equal(
        joints_to_features(joints), joints_to_features(joints.astype(float))
    )


def test_the_module_works_alone_in_another_folder(tmp_path):
    shutil.copy(humanml3d.__file__, tmp_path / "copied.py")
    code = "import copied, sys; assert not {'torch', 'scipy', 'agir_hf'} & set(sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
