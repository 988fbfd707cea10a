import numpy as np
import pytest

from agir_hf.gait import measure
from agir_hf.humanml3d import JOINT_NAMES
from agir_hf.motion import MarkerRecording, read_recording, to_joints
from agir_hf.motion.marker_sets import MARKER_SETS

J = {name: i for i, name in enumerate(JOINT_NAMES)}
LEGS = next(markers for markers in MARKER_SETS if markers.name == "Plug-in Gait lower body")


@pytest.fixture(scope="module")
def legs(walk, relabelled) -> MarkerRecording:
    return relabelled(walk, LEGS)


@pytest.fixture(scope="module")
def motion(legs):
    return to_joints(legs)


def test_legs_without_trunk_are_read_with_a_body_and_this_is_said(motion):
    assert motion.marker_set == "16 markers on the open body"
    at_rest, body = motion.remarks
    assert body.startswith("a body was fitted to the markers, because joint centres need CLAV, C7")
    assert at_rest.startswith("trunk and arms have no markers")
    assert {"neck", "left_wrist", "right_shoulder"} <= set(motion.unmeasured)
    assert not {"left_hip", "left_knee", "right_foot"} & set(motion.unmeasured)


def test_the_legs_are_those_of_the_walk(motion, walk):
    error_m = np.linalg.norm(motion.joints - to_joints(walk).joints, axis=2).mean(axis=0)
    assert max(error_m[J[f"{s}_{j}"]] for s in ("left", "right") for j in ("knee", "ankle")) < 0.04


def test_the_trunk_is_upright_and_the_arms_hang(motion):
    joints = motion.joints
    trunk = joints[:, J["neck"]] - (joints[:, J["left_hip"]] + joints[:, J["right_hip"]]) / 2
    angle_deg = np.degrees(np.arccos(trunk[:, 1] / np.linalg.norm(trunk, axis=1)))
    assert angle_deg.max() < 8 and abs(np.median(angle_deg)) < 3
    for side in ("left", "right"):
        arm = joints[:, J[f"{side}_wrist"]] - joints[:, J[f"{side}_shoulder"]]
        assert (arm[:, 1] < -0.8 * np.linalg.norm(arm, axis=1)).all()
    across = joints[:, J["left_shoulder"]] - joints[:, J["right_shoulder"]]
    path = joints[-1, 0] - joints[0, 0]
    facing = np.cross(across, [0, 1, 0]) @ path
    assert (facing > 0.9 * np.linalg.norm(path) * np.linalg.norm(across, axis=1)).all()


def test_no_parameter_is_measured_from_joints_without_markers(motion):
    measured = measure(motion)
    assert {"arm_swing_left_deg", "trunk_flexion_deg"} <= measured.unrecorded
    assert "knee_range_deg" in measured.parameters


def test_real_legs_are_fitted(shared):
    recording = read_recording(shared / "data/recording_cases/10_lower_body_only.c3d")
    whole = read_recording(shared / "data/recording_cases/00_truth_pig.c3d")
    for name in ("cadence_steps_per_min", "speed_m_per_s", "stride_length_m"):
        value = measure(recording).parameters[name].value
        assert value == pytest.approx(measure(whole).parameters[name].value, rel=1e-6)
    error_m = np.linalg.norm(to_joints(recording).joints - to_joints(whole, "body").joints, axis=2)
    assert error_m[:, [J["left_knee"], J["right_ankle"]]].mean() < 0.04
