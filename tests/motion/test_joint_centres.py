from dataclasses import replace

import numpy as np
import pytest

from agir_hf.humanml3d import JOINT_NAMES
from agir_hf.motion import MarkerRecording, RecordingError, read_recording, to_joints
from agir_hf.motion.joint_centres import joint_centres
from agir_hf.motion.marker_sets import PLUG_IN_GAIT, SHIDA_44, recognise

J = {name: i for i, name in enumerate(JOINT_NAMES)}


def without(recording, *labels):
    """The recording without some markers."""
    kept = [i for i, label in enumerate(recording.labels) if label not in labels]
    return replace(
        recording,
        positions=recording.positions[:, kept],
        labels=tuple(recording.labels[i] for i in kept),
    )


def with_gap(recording, label, start, stop):
    positions = recording.positions.copy()
    positions[start:stop, recording.labels.index(label)] = np.nan
    return replace(recording, positions=positions)


def real_walks(shared):
    for name in (
        "shida_pd/SUB01_off_walk_12b.c3d",
        "shida_pd/SUB05_off_walk_8.c3d",
        "btk_pig/PiG_Motion-FlatFoot-Hole.c3d",
    ):
        yield read_recording(shared / "data" / name)


def test_sets_are_recognised():
    assert len(SHIDA_44.labels) == 44
    assert recognise(SHIDA_44.labels) is SHIDA_44
    assert recognise(PLUG_IN_GAIT.labels) is PLUG_IN_GAIT
    assert recognise([label.replace(".", "_").lower() for label in SHIDA_44.labels]) is SHIDA_44


def test_missing_markers_are_listed(walk):
    with pytest.raises(RecordingError, match=r"Shida-44, with L\.Heel, R\.PSIS missing"):
        to_joints(without(walk, "L.Heel", "R.PSIS"))
    with pytest.raises(RecordingError, match="RTOE"):
        recognise([label for label in PLUG_IN_GAIT.labels if label != "RTOE"])
    with pytest.raises(RecordingError, match="LPSI or SACR"):
        recognise([label for label in PLUG_IN_GAIT.labels if label not in ("SACR", "LPSI")])


def test_optional_markers_can_be_absent(walk):
    fewer = to_joints(without(walk, "STRN", "LUPA", "R.HF", "L.MT1", "L.MT5", "LWM"))
    np.testing.assert_allclose(fewer.joints, to_joints(walk).joints, atol=0.06)


def test_hip_centres_follow_the_equations_of_harrington():
    """A pelvis of 240 by 150 mm, level and facing Z."""
    sites = {
        "left_asis": (0.12, 1.0, 0.0),
        "right_asis": (-0.12, 1.0, 0.0),
        "left_psis": (0.05, 1.0, -0.15),
        "right_psis": (-0.05, 1.0, -0.15),
        "c7": (0, 1.45, -0.12),
        "jugular_notch": (0, 1.38, 0.0),
    }
    for side, sign in (("left", 1), ("right", -1)):
        sites |= {
            f"{side}_acromion": (0.19 * sign, 1.42, -0.06),
            f"{side}_elbow_lateral": (0.30 * sign, 1.10, -0.06),
            f"{side}_elbow_medial": (0.22 * sign, 1.10, -0.06),
            f"{side}_wrist_lateral": (0.30 * sign, 0.85, 0.03),
            f"{side}_wrist_medial": (0.30 * sign, 0.85, -0.03),
            f"{side}_knee_lateral": (0.14 * sign, 0.50, 0.0),
            f"{side}_knee_medial": (0.04 * sign, 0.50, 0.0),
            f"{side}_ankle_lateral": (0.13 * sign, 0.08, -0.05),
            f"{side}_ankle_medial": (0.05 * sign, 0.09, -0.05),
            f"{side}_heel": (0.09 * sign, 0.05, -0.12),
            f"{side}_metatarsal_1": (0.06 * sign, 0.03, 0.10),
            f"{side}_metatarsal_5": (0.14 * sign, 0.03, 0.06),
        }
    joints = joint_centres({site: np.array([position]) for site, position in sites.items()})[0]
    left, up, forward = 0.33 * 240 + 7.3, -0.30 * 240 - 10.9, -0.24 * 150 - 9.9
    expected = np.array([left, 1000 + up, forward]) / 1000
    np.testing.assert_allclose(joints[J["left_hip"]], expected, atol=1e-9)
    np.testing.assert_allclose(joints[J["right_hip"]], expected * [-1, 1, 1], atol=1e-9)
    np.testing.assert_allclose(joints[J["left_knee"]], [0.09, 0.50, 0.0], atol=1e-9)
    np.testing.assert_allclose(joints[J["right_wrist"]], [-0.30, 0.85, 0.0], atol=1e-9)
    drop = np.linalg.norm(joints[J["left_shoulder"]] - sites["left_acromion"])
    assert drop == pytest.approx(0.17 * 0.38)
    mirrored = joints[:, 0]
    for name in JOINT_NAMES:
        if name.startswith("left_"):
            other = name.replace("left", "right")
            assert mirrored[J[name]] == pytest.approx(-mirrored[J[other]], abs=1e-9)


def test_a_lateral_marker_alone_gives_nearly_the_same_centre(walk):
    lateral_only = to_joints(without(walk, "R.Knee.Medial", "L.Ankle.Medial", "REM")).joints
    both = to_joints(walk).joints
    for name in ("right_knee", "left_ankle", "right_elbow"):
        error = np.linalg.norm(lateral_only[:, J[name]] - both[:, J[name]], axis=1)
        assert error.mean() < 0.030, name  # markers of the sample are misplaced by up to 3 cm


def test_real_walks_are_upright_bodies_of_constant_length(shared):
    for recording in real_walks(shared):
        motion = to_joints(recording)
        joints = motion.joints
        assert joints.shape[0] == int((len(recording.positions) - 1) / recording.rate_hz * 20) + 1
        assert (motion.rate_hz, motion.gaps_filled, motion.trimmed_s) == (20.0, 0, 0.0)
        assert (joints[:, J["head"], 1] > joints[:, J["neck"], 1]).all()
        assert (joints[..., 1].argmin(axis=1) != J["pelvis"]).all()
        for before, after in (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow")):
            for side in ("left", "right"):
                ends = joints[:, J[f"{side}_{before}"]] - joints[:, J[f"{side}_{after}"]]
                length = np.linalg.norm(ends, axis=1)
                assert length.std() / length.mean() < 0.03, (recording.source, side, before)
                assert 0.2 < length.mean() < 0.5


def test_real_subjects_face_their_walking_direction(shared):
    for recording in real_walks(shared):
        joints = to_joints(recording).joints
        path = joints[-1, 0] - joints[0, 0]
        left = (joints[:, J["left_hip"]] - joints[:, J["right_hip"]]).mean(axis=0)
        facing = np.cross(left, [0, 1, 0])
        cosine = facing @ path / np.linalg.norm(facing) / np.linalg.norm(path)
        assert cosine > 0.95


def test_other_marker_sets_near_plug_in_gait_work(shared):
    recording = read_recording(shared / "data/mcgill_biomechzoo/HC032A/HC032A03.c3d")
    assert to_joints(recording).joints.shape[0] == 39


def test_a_static_trial_is_an_error(shared):
    for name in ("btk_pig/PiG_Calibration-FlatFoot-Hole", "mcgill_biomechzoo/HC032A/HC032A01"):
        with pytest.raises(RecordingError, match="is a static trial"):
            to_joints(read_recording(shared / f"data/{name}.c3d"))


def test_a_treadmill_walk_is_not_a_static_trial(walk):
    front = [walk.labels.index(label) for label in ("L.ASIS", "R.ASIS")]
    moved = walk.positions[:, front].mean(axis=1, keepdims=True)
    held = walk.positions - moved * np.array([1, 0, 1], np.float32)
    joints = to_joints(replace(walk, positions=held)).joints
    assert np.ptp(joints[:, 0, [0, 2]], axis=0).max() < 0.1


def test_rotating_and_shifting_the_recording_rotates_and_shifts_the_joints(walk):
    angle = 0.7
    rotation = np.array(
        [
            [np.cos(angle), 0, np.sin(angle)],
            [0, 1, 0],
            [-np.sin(angle), 0, np.cos(angle)],
        ]
    )
    shift = np.array([3.0, 0.0, -2.0])
    moved = replace(walk, positions=(walk.positions @ rotation.T + shift).astype(np.float32))
    expected = to_joints(walk).joints @ rotation.T + shift
    np.testing.assert_allclose(to_joints(moved).joints, expected, atol=1e-5)


def test_a_mirrored_recording_gives_the_mirrored_joints(walk):
    def swapped(label):
        if label.startswith(("L.", "R.")) or label[0] in "LR":
            return ("R" if label[0] == "L" else "L") + label[1:]
        return label

    mirror = np.array([-1, 1, 1], np.float32)
    labels = tuple(swapped(label) for label in walk.labels)
    assert set(labels) == set(walk.labels)
    joints = to_joints(replace(walk, positions=walk.positions * mirror, labels=labels)).joints
    names = [
        {"left": "right", "right": "left"}.get(name.split("_")[0], "") + name[name.find("_") :]
        if "_" in name
        else name
        for name in JOINT_NAMES
    ]
    order = [J[name] for name in names]
    np.testing.assert_allclose(joints[:, order] * mirror, to_joints(walk).joints, atol=1e-5)


def test_another_frame_rate_gives_the_same_joints(walk):
    halved = replace(walk, positions=walk.positions[::2], rate_hz=walk.rate_hz / 2)
    full, half = to_joints(walk).joints, to_joints(halved).joints
    frames = min(len(full), len(half))
    np.testing.assert_allclose(half[:frames], full[:frames], atol=0.004)


def test_short_gaps_are_filled_and_counted(walk):
    gappy = with_gap(with_gap(walk, "L.Knee", 200, 220), "C7", 300, 330)
    motion = to_joints(gappy)
    assert (motion.gaps_filled, motion.longest_gap_s) == (2, pytest.approx(0.2))
    np.testing.assert_allclose(motion.joints, to_joints(walk).joints, atol=0.03)


def test_a_long_gap_is_an_error_with_marker_and_frames(walk):
    with pytest.raises(RecordingError, match=r"marker L\.Knee .*missing in frames 201 to 300"):
        to_joints(with_gap(walk, "L.Knee", 200, 300))


def test_gaps_of_unused_markers_are_allowed(walk):
    motion = to_joints(with_gap(walk, "LUPA", 100, 500))
    assert motion.gaps_filled == 0
    assert np.array_equal(motion.joints, to_joints(walk).joints)


def test_frames_before_the_markers_are_seen_are_trimmed_and_counted(walk):
    motion = to_joints(with_gap(walk, "L.Knee", 0, 90))
    assert motion.trimmed_s == pytest.approx(0.6)
    np.testing.assert_allclose(motion.joints, to_joints(walk).joints[12:], atol=0.01)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: p[:120], "0.80 s long, expected a walk of at least 1 s"),
        (lambda p: np.full_like(p, np.nan), "all markers missing"),
        (lambda p: np.repeat(p[:1], 300, axis=0), "static trial"),
    ],
)
def test_recordings_that_cannot_be_assessed_are_errors(walk, change, message):
    with pytest.raises(RecordingError, match=message):
        to_joints(replace(walk, positions=change(walk.positions)))


def test_a_needed_marker_that_is_never_seen_is_an_error(walk):
    with pytest.raises(RecordingError, match=r"never seen.*L\.Heel"):
        to_joints(with_gap(walk, "L.Heel", 0, len(walk.positions)))


def test_inputs_are_not_changed(walk):
    before = walk.positions.copy()
    to_joints(with_gap(walk, "L.Knee", 10, 20))
    to_joints(walk)
    assert np.array_equal(walk.positions, before)


def test_invalid_recordings_are_errors():
    with pytest.raises(RecordingError, match=r"expected \(frames, 2, 3\)"):
        MarkerRecording(np.zeros((5, 3, 3)), ("a", "b"), 100.0)
    with pytest.raises(RecordingError, match="repeat"):
        MarkerRecording(np.zeros((5, 2, 3)), ("a", "a"), 100.0)
    with pytest.raises(RecordingError, match="rate"):
        MarkerRecording(np.zeros((5, 1, 3)), ("a",), 0.0)
