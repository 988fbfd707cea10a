"""The check of every recording when it is read: what is refused, what is repaired and said."""

from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest

import agir_hf
from agir_hf.motion import BodyMotion, JointMotion, MarkerRecording, RecordingError, read_recording
from agir_hf.motion.gate import check_recording
from agir_hf.motion.gate_body import check_size
from agir_hf.motion.gate_frames import body_jump, repeated_frames, spikes
from agir_hf.motion.gate_sides import exchange_back
from agir_hf.motion.joints import to_joints
from agir_hf.motion.recording import Conventions

LEG = (".Knee", ".Knee.Medial", ".Ankle", ".Ankle.Medial", ".Heel", ".MT1", ".MT2", ".MT5", ".HF",
       ".TT")  # fmt: skip


@pytest.fixture(scope="module")
def walk() -> MarkerRecording:
    """The embedded simulated walk: Shida-44, 150 Hz."""
    return read_recording(agir_hf.SAMPLE_RECORDING)


@pytest.fixture(scope="module")
def joints(walk) -> JointMotion:
    """The same walk as joints at 20 fps."""
    return replace(to_joints(walk), source="walk.npy")


@pytest.fixture
def body() -> BodyMotion:
    """Four seconds of an upright body that moves forwards."""
    translation = np.zeros((80, 3), np.float32)
    translation[:, 0] = np.arange(80) / 40
    poses = np.zeros((80, 24, 3), np.float32)
    poses[:, 1, 0] = 0.4 * np.sin(np.arange(80) / 4)
    return BodyMotion(np.zeros(10, np.float32), poses, translation, 20.0, source="walk.npz")


def columns(walk, *names, side="L"):
    return [walk.labels.index(f"{side}{name}") for name in names]


def exchanged(walk, names, frames):
    """Positions of the walk with left and right exchanged in some frames."""
    positions = walk.positions.copy()
    left, right = columns(walk, *names), columns(walk, *names, side="R")
    part = positions[frames]
    part[:, left + right] = part[:, right + left]
    positions[frames] = part
    return positions


def turned(positions, degrees):
    """Positions (T, N, 3) turned about the axis X."""
    angle = np.radians(degrees)
    rotation = np.array(
        [[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]]
    )
    return (positions @ rotation.T).astype(np.float32)


def test_a_sound_recording_is_returned_unchanged(walk, joints, body):
    for recording, name in ((walk, "positions"), (joints, "joints"), (body, "poses")):
        checked = check_recording(recording)
        assert checked.remarks == recording.remarks == ()
        assert np.array_equal(getattr(checked, name), getattr(recording, name))


def test_real_walks_and_static_trials_are_returned_unchanged(shared):
    paths = [
        *shared.glob("data/shida_pd/*.c3d"), *shared.glob("data/btk_pig/*.c3d"),
        *shared.glob("data/mcgill_biomechzoo/HC03*/*.c3d"),
        *sorted(shared.glob("data/hubertshum_bvh/*.bvh"))[:8],
    ]  # fmt: skip
    assert len(paths) >= 18
    for path in paths:
        recording = read_recording(path)
        ordinary = ("unlabelled", "event", "calc")
        others = [text for text in recording.remarks if not any(w in text for w in ordinary)]
        assert others == [], path.name


def test_markers_beyond_100_m_are_missing(walk):
    positions = walk.positions.copy()
    positions[10:13, 5] = 1e9
    positions[20, 6, 1] = -150
    checked = check_recording(replace(walk, positions=positions))
    assert np.isnan(checked.positions[10:13, 5]).all() and np.isnan(checked.positions[20, 6]).all()
    assert checked.remarks == (
        f"3 frames of {walk.labels[5]}, 1 frame of {walk.labels[6]} beyond 100 m read as missing",
    )
    untouched = np.isfinite(checked.positions).all(axis=2)
    assert untouched.sum() == untouched.size - 4
    assert np.array_equal(checked.positions[untouched], walk.positions[untouched])


@pytest.mark.parametrize("value", [101.0, -1e6, 1e30])
def test_joints_beyond_100_m_are_refused_with_the_joint_and_the_frame(joints, value):
    array = joints.joints.copy()
    array[34, 21, 0] = value
    with pytest.raises(RecordingError, match="walk.npy has right_wrist at .* in frame 35"):
        check_recording(replace(joints, joints=array))


def test_a_marker_that_jumps_for_a_moment_is_missing_there(walk):
    positions = walk.positions.copy()
    heel = walk.labels.index("L.Heel")
    positions[200:206, heel] += [0, 0.4, 0]
    positions[0, 3] += 1
    checked = check_recording(replace(walk, positions=positions))
    missing = np.isnan(checked.positions).any(axis=2)
    assert missing[200:206, heel].all() and missing[0, 3] and missing.sum() == 7
    assert "6 frames of L.Heel" in checked.remarks[0] and "that jump" in checked.remarks[0]


def test_fast_movements_and_gaps_are_no_jumps():
    seconds = np.arange(300) / 100
    path = np.zeros((300, 1, 3))
    path[:, 0, 0] = 1.2 * np.sin(2 * np.pi * 2 * seconds)  # 15 m/s, a throw
    assert not spikes(path, 100.0).any()
    path[100:110] = np.nan
    assert not spikes(path, 100.0).any()
    path[200] += 0.5
    assert spikes(path, 100.0)[:, 0].nonzero()[0].tolist() == [200]


def test_a_point_of_noise_is_not_made_a_gap():
    noise = np.random.default_rng(0).normal(0, 0.5, (200, 1, 3))
    assert not spikes(noise, 100.0).any()


def test_a_joint_that_jumps_for_a_moment_is_interpolated(joints):
    array = joints.joints.copy()
    array[40, 20] += 2.0
    checked = check_recording(replace(joints, joints=array))
    assert checked.remarks == ("1 frame of left_wrist that jump interpolated",)
    assert np.abs(checked.joints - joints.joints).max() < 0.05


def test_a_body_that_jumps_is_refused_with_the_frame(walk, joints, body):
    moved = walk.positions.copy()
    moved[450:] += np.float32(1.5)
    array = joints.joints.copy()
    array[60:] += np.float32(1.5)
    translation = body.translation.copy()
    translation[60:] += np.float32(1.5)
    for recording, frame in (
        (replace(walk, positions=moved), 451),
        (replace(joints, joints=array), 61),
        (replace(body, translation=translation), 61),
    ):
        with pytest.raises(RecordingError, match=f"jumps by 2.6. m to frame {frame}"):
            check_recording(recording)


def test_a_running_body_does_not_jump():
    path = np.zeros((100, 3))
    path[:, 0] = np.arange(100) * 10 / 20  # 10 m/s at 20 Hz
    assert body_jump(path, 20.0) is None
    assert body_jump(2 * path, 20.0) == 1


@pytest.mark.parametrize("names", [(".Heel",), (".MT1", ".MT2", ".MT5"), (".Ankle",), LEG])
@pytest.mark.parametrize("frames", [slice(300, 900), slice(250, 480), slice(0, 333)])
def test_exchanged_labels_are_exchanged_back_and_named(walk, names, frames):
    positions = exchanged(walk, names, frames)
    assert not np.array_equal(positions, walk.positions)
    checked = check_recording(replace(walk, positions=positions))
    np.testing.assert_array_equal(checked.positions, walk.positions)
    remarks = " ".join(checked.remarks)
    for name in names:
        assert f"L{name} and R{name}" in remarks
    assert f"{frames.start + 1} to {frames.stop}" in remarks and "exchanged back" in remarks


def test_labels_that_are_exchanged_twice_are_exchanged_back(walk):
    positions = exchanged(walk, (".Heel",), np.r_[200:300, 500:620])
    checked = check_recording(replace(walk, positions=positions))
    np.testing.assert_array_equal(checked.positions, walk.positions)
    assert "201 to 300 and 501 to 620" in checked.remarks[0]


def test_heels_exchanged_in_all_frames_are_exchanged_back(walk):
    positions = exchanged(walk, (".Heel",), slice(0, 900))
    checked = check_recording(replace(walk, positions=positions))
    np.testing.assert_array_equal(checked.positions, walk.positions)


def test_labels_exchanged_in_a_gap_are_exchanged_back(walk):
    positions = exchanged(walk, (".Heel",), slice(400, 900))
    left = walk.labels.index("L.Heel")
    positions[396:404, left] = np.nan
    checked = check_recording(replace(walk, positions=positions))
    seen = np.isfinite(checked.positions)
    assert np.array_equal(checked.positions[seen], walk.positions[seen])


def test_legs_of_joints_that_are_exchanged_are_exchanged_back(joints):
    array = joints.joints.copy()
    legs = [4, 5, 7, 8, 10, 11]
    array[50:90, legs] = array[50:90][:, [5, 4, 8, 7, 11, 10]]
    checked = check_recording(replace(joints, joints=array))
    np.testing.assert_array_equal(checked.joints, joints.joints)
    assert "frames 51 to 90: exchanged back" in checked.remarks[0]


def test_recorded_heels_follow_the_exchange_of_the_ankles(joints):
    heels = joints.joints[:, [7, 8]] - np.float32([0, 0.05, 0])
    array, swapped = joints.joints.copy(), heels.copy()
    array[50:90, [4, 5, 7, 8, 10, 11]] = array[50:90][:, [5, 4, 8, 7, 11, 10]]
    swapped[50:90] = swapped[50:90, ::-1]
    checked = check_recording(replace(joints, joints=array, heels=swapped))
    np.testing.assert_array_equal(checked.heels, heels)


def test_labels_that_cannot_be_decided_are_refused_with_the_frame():
    """Two knees that change places and are at the same distance from both hips."""
    frames = 100
    points = {name: np.zeros((frames, 3)) for name in ("left_hip", "right_hip")}
    points |= {
        "left_foot": np.tile([0.0, -0.9, 0.1], (frames, 1)),
        "right_foot": np.tile([0.0, -0.9, 0.1], (frames, 1)),
        "left_ankle": np.tile([0.0, -0.9, 0.0], (frames, 1)),
        "right_ankle": np.tile([0.0, -0.9, 0.0], (frames, 1)),
        "left_knee": np.tile([0.0, -0.4, 0.2], (frames, 1)),
        "right_knee": np.tile([0.0, -0.4, -0.2], (frames, 1)),
    }
    points["left_knee"][50:], points["right_knee"][50:] = (
        points["right_knee"][50:].copy(), points["left_knee"][50:].copy(),
    )  # fmt: skip
    positions = np.stack(list(points.values()), axis=1)
    with pytest.raises(RecordingError, match="file has left and right knee .* at frame 51"):
        exchange_back(positions, {name: i for i, name in enumerate(points)}, 100.0, "file")


def test_swapped_sides_of_a_whole_recording_are_refused(walk, joints):
    swap = {"L": "R", "R": "L"}
    labels = tuple(
        label if label in ("CLAV", "STRN", "C7", "T10") else swap[label[0]] + label[1:]
        for label in walk.labels
    )
    mirrored = joints.joints * np.float32([-1, 1, 1])
    for recording in (replace(walk, labels=labels), replace(joints, joints=mirrored)):
        with pytest.raises(RecordingError, match="left and right swapped, or is mirrored"):
            check_recording(recording)


@pytest.mark.parametrize("scale", [0.3, 1.6, 10])
def test_bodies_that_are_too_small_or_too_large_are_refused(walk, joints, scale):
    for recording in (
        replace(walk, positions=(walk.positions * scale).astype(np.float32)),
        replace(joints, joints=(joints.joints * scale).astype(np.float32)),
    ):
        with pytest.raises(RecordingError, match=r"expected 0.8 to 2.3 m: pass the right unit"):
            check_recording(recording)


@pytest.mark.parametrize("scale", [0.5, 1.25])
def test_a_child_and_a_tall_adult_are_accepted(walk, joints, scale):
    check_recording(replace(walk, positions=(walk.positions * scale).astype(np.float32)))
    check_recording(replace(joints, joints=(joints.joints * scale).astype(np.float32)))


def test_a_size_below_a_child_is_refused_with_the_forced_unit_and_the_likely_one(joints):
    size = 0.43  # 0.63 m tall: a file in inches that is read as centimetres
    conventions = Conventions("cm", "forced", "+Y", "detected")
    small = replace(
        joints, joints=(joints.joints * size).astype(np.float32), conventions=conventions
    )
    text = r"0\.6\d* m tall in cm \(as set by --unit\), expected 0.8 to 2.3 m: pass --unit inch if"
    with pytest.raises(RecordingError, match=text):
        check_recording(small)
    with pytest.raises(RecordingError, match=r"tall in cm \(file\).*--unit inch"):
        check_recording(replace(small, conventions=replace(conventions, unit_from="file")))


@pytest.mark.parametrize(("leg_m", "trunk_m", "fits"), [(0.32, 0.29, True), (0.32, 0.19, False)])
def test_the_trunk_shows_whether_short_legs_are_those_of_a_child(leg_m, trunk_m, fits):
    heights = {"hip": leg_m, "knee": leg_m / 2, "ankle": 0.0}
    points = {
        f"{side}_{name}": np.tile([0.0, height, z], (5, 1))
        for side, z in (("left", -0.1), ("right", 0.1))
        for name, height in heights.items()
    }
    points["neck"] = np.tile([0.0, leg_m + trunk_m, 0.0], (5, 1))
    with nullcontext() if fits else pytest.raises(RecordingError, match="0.653 m tall"):
        check_size(points, "file", Conventions("m", "forced", "+Y", "file"))


def test_the_size_of_a_lower_body_is_checked_by_its_legs(walk):
    kept = [
        i for i, label in enumerate(walk.labels) if label[1] == "." or label in ("L.MT2", "R.MT2")
    ]
    lower = replace(
        walk, positions=walk.positions[:, kept], labels=tuple(walk.labels[i] for i in kept)
    )
    check_recording(lower)
    with pytest.raises(RecordingError, match="legs of"):
        check_recording(replace(lower, positions=3 * lower.positions))
    small = replace(lower, positions=(0.42 * lower.positions).astype(np.float32))
    check_recording(small)  # may be a child with short legs
    forced = Conventions("cm", "forced", "+Y", "detected")
    with pytest.raises(RecordingError, match="as set by --unit"):
        check_recording(replace(small, conventions=forced))


def test_bones_whose_length_jumps_are_refused_with_their_joints(joints):
    array = joints.joints.copy()
    array[::4, 4] += np.float32([0, 0.12, 0])
    with pytest.raises(RecordingError, match="from left_hip to left_knee.*25% of the frames"):
        check_recording(replace(joints, joints=array))
    array = joints.joints.copy()
    array[::30, 4] += np.float32([0, 0.12, 0])  # in 3 % of the frames
    check_recording(replace(joints, joints=array))


def test_joints_that_the_file_does_not_have_are_not_checked(joints):
    array = joints.joints.copy()
    array[:, 20] = array[:, 0]
    array[::3, 20] += np.float32([0, 0.5, 0])
    with pytest.raises(RecordingError, match="left_wrist"):
        check_recording(replace(joints, joints=array))
    check_recording(replace(joints, joints=array, unmeasured=("left_wrist",)))


def test_a_marker_that_leaves_its_segment_is_named(walk):
    positions = walk.positions.copy()
    ankle = walk.labels.index("R.Ankle")
    slide = np.float32(0.2) * np.clip(np.arange(900) / 300 - 1, 0, 1)
    positions[:, ankle, 1] += slide  # too slow for a jump
    with pytest.raises(RecordingError, match="has marker R.Ankle at .* check their labels"):
        check_recording(replace(walk, positions=positions))


@pytest.mark.parametrize(("degrees", "posture"), [(90, "lying"), (180, "upside down")])
def test_lying_and_upside_down_are_refused(walk, joints, degrees, posture):
    for recording in (
        replace(joints, joints=turned(joints.joints, degrees)),
        replace(walk, positions=turned(walk.positions, degrees)),
    ):
        with pytest.raises(RecordingError, match=f"{posture}.*with --up"):
            check_recording(recording)


@pytest.mark.parametrize(("degrees", "posture"), [(90, "lying"), (180, "upside down")])
def test_a_lying_body_is_refused(body, degrees, posture):
    poses = body.poses.copy()
    poses[:, 0, 0] = np.radians(degrees)
    with pytest.raises(RecordingError, match=f"walk.npz has a body that .*{posture}"):
        check_recording(replace(body, poses=poses))


def test_a_body_that_moves_upwards_is_refused(walk, joints, body):
    """A crawling body in a file without a vertical axis: its length is taken for the vertical."""
    climb = np.linspace(0, 4, 900, dtype=np.float32)
    positions, array = walk.positions.copy(), joints.joints.copy()
    positions[..., 1] += climb[:, None]
    array[..., 1] += climb[:: 900 // len(array)][: len(array), None]
    translation = body.translation[:, [1, 0, 2]]
    for recording in (
        replace(walk, positions=positions),
        replace(joints, joints=array),
        replace(body, translation=translation),
    ):
        with pytest.raises(RecordingError, match="m vertically and .* over the floor.*--up"):
            check_recording(recording)


def test_a_trunk_bent_by_90_degrees_over_upright_legs_is_accepted(joints):
    array = joints.joints.copy()
    upper = [3, 6, 9, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21]
    offset = array[:, upper] - array[:, :1]
    array[:, upper] = array[:, :1] + turned(offset, 88)
    check_recording(replace(joints, joints=array))


def test_a_fall_for_a_part_of_the_recording_is_said(joints):
    array = np.concatenate([joints.joints, turned(joints.joints, 90)[:30]])
    middle = array[119, 0] - array[120, 0]
    array[120:] += middle
    checked = check_recording(replace(joints, joints=array))
    assert checked.remarks == ("the body is lying or crawling in frames 121 to 150",)


def test_frozen_and_copied_frames_are_said():
    moving = np.cumsum(np.random.default_rng(0).normal(size=(100, 4, 3)), axis=0)
    assert repeated_frames((moving,), 50.0) == ""
    frozen = moving.copy()
    frozen[40:80] = frozen[40]
    assert repeated_frames((frozen,), 50.0).startswith("frames 41 to 80 are the same")
    copied = np.repeat(moving, 3, axis=0)
    text = repeated_frames((copied,), 60.0)
    assert "67% of the frames repeat" in text and "about 20" in text
    assert "every frame is the same" in repeated_frames((moving[:1].repeat(50, axis=0),), 50.0)
    assert repeated_frames((frozen, moving), 50.0) == ""  # another array of the same body moves


def test_rotations_in_degrees_and_far_translations_of_a_body_are_refused(body):
    poses = body.poses.copy()
    poses[:, 4, 0] = np.linspace(0, 60, 80)
    with pytest.raises(RecordingError, match="rotations of up to 60 rad.*convert degrees"):
        check_recording(replace(body, poses=poses))
    with pytest.raises(RecordingError, match="translation of .* m in frame .*--unit"):
        check_recording(replace(body, translation=1000 * body.translation))


def test_a_root_that_is_counted_to_a_full_turn_is_accepted(body):
    poses = body.poses.copy()
    poses[:, 0, 1] = 1.9 * np.pi
    check_recording(replace(body, poses=poses))


def test_unknown_markers_are_left_to_the_commands_that_need_a_set():
    positions = np.zeros((20, 3, 3), np.float32)
    positions[:, :, 1] = [0.1, 0.9, 1.5]
    recording = MarkerRecording(positions, ("a", "b", "c"), 100.0)
    assert check_recording(recording).labels == ("a", "b", "c")
