"""Segments of Theia3D: joints from the poses of body segments."""

import numpy as np
import pytest

from agir_hf.gait import measure
from agir_hf.humanml3d import JOINT_NAMES
from agir_hf.motion import GaitEvent, JointMotion, RecordingError, read_recording
from agir_hf.motion.joint_centres import joint_centres
from agir_hf.motion.landmarks import landmarks_of
from agir_hf.motion.recording import ReadOptions
from agir_hf.motion.theia import segments_to_joints

SEGMENTS = {  # segment: joint at its origin
    "thigh": "hip",
    "shank": "knee",
    "foot": "ankle",
    "toes": "foot",
    "uarm": "shoulder",
    "larm": "elbow",
    "hand": "wrist",
}
LABELS = {f"{s}_{segment}": f"{side}_{joint}"
          for side, s in (("left", "l"), ("right", "r"))
          for segment, joint in SEGMENTS.items()} | {
    "pelvis": "pelvis", "torso": "neck", "head": "head"
}  # fmt: skip
Z_UP = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])  # from Y up


@pytest.fixture(scope="module")
def joints(walk):
    """Joint → path (T, 3) at 50 Hz of the embedded walk, in metres, Y up."""
    centres = joint_centres(landmarks_of(walk).filled.positions)[::3]
    return dict(zip(JOINT_NAMES, centres.transpose(1, 0, 2), strict=True))


@pytest.fixture
def matrices(joints):
    """Poses (S, 4, 4, T) in millimetres, Z up; feet point forward, others are not rotated."""
    poses = np.tile(np.eye(4)[None, :, :, None], (len(LABELS), 1, 1, len(joints["pelvis"])))
    for i, joint in enumerate(LABELS.values()):
        poses[i, :3, 3] = 1000 * (Z_UP @ joints[joint].T)
    for side in ("l", "r"):
        i = list(LABELS).index(f"{side}_foot")
        foot = poses[list(LABELS).index(f"{side}_toes"), :3, 3] - poses[i, :3, 3]
        ahead = foot * [[1], [1], [0]]
        ahead /= np.linalg.norm(ahead, axis=0)
        up = np.tile([[0.0], [0.0], [1.0]], ahead.shape[1])
        poses[i, :3, :3] = np.stack([np.cross(ahead, up, axis=0), ahead, up], axis=1)
    return poses


def converted(matrices, labels=tuple(LABELS), **settings):
    names = [f"{label}_4X4" for label in labels]
    return segments_to_joints(names, matrices, 50.0, source="walk.c3d", unit="mm", **settings)


def test_origins_of_segments_become_joints(matrices, joints):
    motion = converted(matrices)
    assert motion.marker_set == "Theia3D segments" and motion.unmeasured == ()
    assert str(motion.conventions).startswith("mm (file), +Z up (detected)")
    assert motion.rate_hz == 50 and motion.remarks == ()
    truth = np.stack([joints[name] for name in JOINT_NAMES], axis=1)
    for name in LABELS.values():
        if name not in ("head", "pelvis", "neck"):
            i = JOINT_NAMES.index(name)
            hip = motion.joints[:, i] - motion.joints[:, 1]
            assert np.allclose(
                np.linalg.norm(hip, axis=1),
                np.linalg.norm(truth[:, i] - truth[:, 1], axis=1),
                atol=1e-4,
            )
    expected = measure(JointMotion(truth.astype(np.float32), 50.0)).parameters
    values = measure(motion).parameters
    for parameter in ("cadence_steps_per_min", "speed_m_per_s", "stride_length_m"):
        assert values[parameter].value == pytest.approx(expected[parameter].value, rel=0.02)


def test_the_heel_is_behind_and_below_the_ankle(matrices):
    motion = converted(matrices)
    ankle = motion.joints[:, JOINT_NAMES.index("left_ankle")]
    ball = motion.joints[:, JOINT_NAMES.index("left_foot")]
    behind = ((motion.heels[:, 0] - ankle) * (ball - ankle) * [1, 0, 1]).sum(axis=1)
    assert (behind < 0).all()
    assert 0.02 < np.median(ankle - motion.heels[:, 0], axis=0)[1] < 0.08


def test_without_toes_the_ball_comes_from_the_pose_of_the_foot(matrices):
    kept = [i for i, label in enumerate(LABELS) if "toes" not in label]
    motion = converted(matrices[kept], [list(LABELS)[i] for i in kept])
    assert "the left ball of the foot is set from the pose of the foot" in motion.remarks
    ankle, ball = (motion.joints[:, JOINT_NAMES.index(f"left_{n}")] for n in ("ankle", "foot"))
    assert 0.08 < np.median(np.linalg.norm(ball - ankle, axis=1)) < 0.2


@pytest.mark.parametrize("style", ["{side}_{name}", "{Side} {Name}", "{S}{Name}", "{s}_{name}_4x4"])
def test_labels_in_other_spellings(style, matrices):
    words = {"uarm": "upper_arm", "larm": "forearm"}
    labels = []
    for label in LABELS:
        s, _, name = label.rpartition("_")
        side = {"l": "left", "r": "right"}.get(s)
        if side is None:
            labels.append(label)
            continue
        name = words.get(name, name)
        labels.append(
            style.format(
                side=side,
                Side=side.title(),
                S=s.upper(),
                s=s,
                name=name,
                Name=name.title().replace("_", ""),
            )
        )
    motion = segments_to_joints(labels, matrices, 50.0, unit="mm")
    assert np.allclose(motion.joints, converted(matrices).joints)


def test_frames_that_were_not_tracked_are_removed_or_filled(matrices):
    matrices[:, :, :, :10] = 0.0
    matrices[list(LABELS).index("r_shank"), :, :, 60:65] = np.nan
    motion = converted(matrices, events=(GaitEvent(1.0, "left", "toe_off"),))
    assert len(motion.joints) == matrices.shape[3] - 10
    assert motion.gaps_filled == 1 and motion.events[0].time_s == pytest.approx(0.8)


def test_metres_and_forced_units(matrices):
    metres = matrices.copy()
    metres[:, :3, 3] /= 1000
    expected = converted(matrices).joints
    options = ReadOptions(unit="m")
    assert np.allclose(segments_to_joints(LABELS, metres, 50.0).joints, expected, atol=1e-4)
    forced = segments_to_joints(LABELS, metres, 50.0, options, unit="mm")
    assert np.allclose(forced.joints, expected, atol=1e-4)


def test_segments_without_legs_are_refused(matrices):
    with pytest.raises(RecordingError, match=r"walk\.c3d has rotations of 2 segments \(pelvis_4X4"):
        converted(matrices[:2], ["pelvis", "head"])


def test_the_public_example(shared):
    recording = read_recording(shared / "data" / "c3d_variants" / "C3DRotationExample.c3d")
    assert recording.marker_set == "Theia3D segments" and recording.rate_hz == 85
    parameters = measure(recording).parameters
    assert parameters["cadence_steps_per_min"].value == pytest.approx(109, abs=2)
    assert parameters["speed_m_per_s"].value == pytest.approx(1.30, abs=0.06)
    assert parameters["stance_percent"].value == pytest.approx(61, abs=3)
