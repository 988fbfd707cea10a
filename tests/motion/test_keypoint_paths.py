"""Repair of keypoints: gaps, outliers, jitter, exchanged sides, and what is refused."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from agir_hf.gait import measure
from agir_hf.humanml3d import JOINT_NAMES
from agir_hf.motion import GaitEvent, JointMotion, RecordingError

spec = importlib.util.spec_from_file_location(
    "keypoint_walk", Path(__file__).with_name("keypoint_walk.py")
)
keypoint_walk = importlib.util.module_from_spec(spec)
spec.loader.exec_module(keypoint_walk)
body, keypoints = keypoint_walk.body, keypoint_walk.keypoints
converted, distance_m = keypoint_walk.converted, keypoint_walk.distance_m
RATE_HZ, SETS = keypoint_walk.RATE_HZ, keypoint_walk.SETS
LEGS, WITHOUT_FEET = keypoint_walk.LEGS, keypoint_walk.WITHOUT_FEET


def test_an_arm_that_is_not_seen_for_long_moves_with_the_trunk(body, keypoints):
    labels = SETS["HALPE_26 keypoints"]
    positions = keypoints(labels)
    names = list(labels)
    positions[50:100, names.index("LWrist")] = np.nan
    positions[:, names.index("RWrist")] = np.nan
    positions[:, names.index("RElbow")] = np.nan
    motion = converted(labels, positions)
    assert motion.unmeasured == ("left_wrist", "right_elbow", "right_wrist")
    assert "the right elbow and wrist are not seen for long and held with the trunk" in (
        motion.remarks
    )
    assert np.isfinite(motion.joints).all()
    assert distance_m(motion, body[1], ["left_wrist"]) < 1e-6  # where it was seen
    assert distance_m(motion, body[1], ["right_wrist", "right_elbow"]) < 0.25
    measured = measure(motion)
    for parameter in ("arm_swing_left_deg", "arm_swing_right_deg", "arm_swing_asymmetry_percent"):
        assert parameter in measured.unrecorded
    assert "speed_m_per_s" in measured.parameters


def test_short_gaps_are_filled_and_frames_without_legs_removed(body, keypoints):
    labels = SETS["OpenCap keypoints"]
    positions = keypoints(labels)
    names = list(labels)
    positions[60:66, names.index("LAnkle")] = np.nan
    positions[:20, names.index("RKnee")] = np.nan
    positions[-10:, names.index("LShoulder")] = np.nan
    events = (GaitEvent(0.2, "left", "toe_off"), GaitEvent(1.0, "right", "heel_strike"))
    motion = converted(labels, positions, events=events, start_s=3.0, remarks=("before",))
    assert motion.gaps_filled == 1 and motion.longest_gap_s == pytest.approx(6 / RATE_HZ)
    assert len(motion.joints) == len(positions) - 30
    assert motion.trimmed_s == pytest.approx(30 / RATE_HZ)
    assert motion.start_s == pytest.approx(3.0 + 20 / RATE_HZ)
    assert motion.events == (GaitEvent(1.0 - 20 / RATE_HZ, "right", "heel_strike"),)
    assert motion.remarks[0] == "before"
    joints = body[1][20:-10]
    ankle = JOINT_NAMES.index("left_ankle")
    assert np.abs(motion.joints[:, ankle] - joints[:, ankle]).max() < 0.03


def test_a_long_gap_of_a_leg_is_refused_with_keypoint_and_frames(keypoints):
    labels = SETS["OpenCap keypoints"]
    positions = keypoints(labels)
    positions[60:90, list(labels).index("LAnkle")] = np.nan
    with pytest.raises(RecordingError, match=r"LAnkle of walk\.trc .* frames 61 to 90 \(0\.60 s\)"):
        converted(labels, positions, source="walk.trc")
    positions[:, list(labels).index("LAnkle")] = np.nan
    with pytest.raises(RecordingError, match=r"walk\.trc has LAnkle missing in every frame"):
        converted(labels, positions, source="walk.trc")


def test_a_gap_of_a_small_toe_does_not_matter(keypoints):
    labels = SETS["OpenCap keypoints"]
    positions = keypoints(labels)
    positions[60:90, list(labels).index("LSmallToe")] = np.nan
    motion = converted(labels, positions)
    assert motion.unmeasured == () and "LSmallToe is missing for long and not used" in (
        motion.remarks
    )


@pytest.mark.parametrize("frame", [0, 1, -1])
def test_outliers_at_the_ends_are_removed(frame, keypoints):
    labels = SETS["BODY_25 keypoints"]
    positions = keypoints(labels)
    clean = converted(labels, positions)
    positions[frame, list(labels).index("LHip")] += 0.8
    motion = converted(labels, positions)
    assert "1 frame of LHip far from the path read as missing" in motion.remarks
    trimmed = len(clean.joints) - len(motion.joints)
    start = round((motion.start_s - clean.start_s) * RATE_HZ)
    expected = clean.joints[start:][: len(motion.joints)]
    assert trimmed <= 2 and np.abs(motion.joints - expected).max() < 0.02


def test_a_side_that_jumps_for_some_frames_is_repaired(keypoints):
    """Triangulation from a wrong person moves many keypoints at once, as in files of OpenCap."""
    labels = SETS["OpenCap keypoints"]
    positions = keypoints(labels)
    clean = converted(labels, positions)
    left = [i for i, keypoint in enumerate(labels.values()) if keypoint.startswith("left")]
    for frame, count in ((80, 1), (150, 3), (220, 2)):
        positions[frame : frame + count, left] += [0.5, 0.05, -0.1]
    motion = converted(labels, positions)
    assert np.abs(motion.joints - clean.joints).max() < 0.05
    assert any("6 frames of LHip" in remark for remark in motion.remarks)
    cadence = [measure(m).parameters["cadence_steps_per_min"].value for m in (motion, clean)]
    assert cadence[0] == pytest.approx(cadence[1], rel=0.02)


def test_outliers_are_repaired_and_said(body, keypoints):
    labels = SETS["BODY_25 keypoints"]
    positions = keypoints(labels)
    clean = converted(labels, positions)
    positions[[70, 120], list(labels).index("LKnee")] += 0.8
    motion = converted(labels, positions)
    assert "2 frames of LKnee far from the path read as missing" in motion.remarks
    assert motion.gaps_filled == 2
    assert np.abs(motion.joints - clean.joints).max() < 0.02
    assert not any("far from" in remark for remark in clean.remarks)


@pytest.mark.parametrize("jitter_m", [0.01, 0.02])
def test_keypoints_that_jitter_are_smoothed_and_it_is_said(jitter_m, body, keypoints):
    labels = SETS["BODY_25 keypoints"]
    positions = keypoints(labels)
    noise = np.random.default_rng(0).normal(0, jitter_m, positions.shape)
    motion = converted(labels, positions + noise)
    assert any(
        remark.startswith("keypoints jitter by ") and remark.endswith("mm: smoothed at 6 Hz")
        for remark in motion.remarks
    )
    truth = measure(JointMotion(body[1].astype(np.float32), RATE_HZ)).parameters
    values = measure(motion).parameters
    for parameter in ("cadence_steps_per_min", "speed_m_per_s"):
        assert values[parameter].value == pytest.approx(truth[parameter].value, rel=0.03)


@pytest.mark.parametrize(
    "parts", ["ankle heel big_toe small_toe", f"{LEGS} heel big_toe small_toe"]
)
def test_legs_that_exchange_sides_for_a_while_are_exchanged_back(parts, keypoints):
    labels = SETS["HALPE_26 keypoints"]
    positions = keypoints(labels)
    expected = converted(labels, positions)
    of = {keypoint: i for i, keypoint in enumerate(labels.values())}
    pairs = np.array([[of[f"left_{part}"], of[f"right_{part}"]] for part in parts.split()])
    swapped = positions.copy()
    swapped[120:160, pairs.ravel()] = positions[120:160, pairs[:, ::-1].ravel()]
    motion = converted(labels, swapped)
    assert np.allclose(motion.joints, expected.joints, atol=1e-6)
    assert np.allclose(motion.heels, expected.heels, atol=1e-6)
    assert "LAnkle and RAnkle exchange sides in frames 121 to 160: exchanged back" in motion.remarks


def test_sides_that_are_swapped_are_refused(keypoints):
    labels = SETS["BODY_25 keypoints"]
    swapped = {
        label.replace("L", "X", 1).replace("R", "L", 1).replace("X", "R", 1)
        if keypoint.startswith(("left", "right"))
        else label: keypoint
        for label, keypoint in labels.items()
    }
    with pytest.raises(RecordingError, match="left and right keypoints swapped"):
        converted(swapped, keypoints(labels), source="walk.trc")
    legs = WITHOUT_FEET["COCO_17 keypoints"]
    mirrored = keypoints(legs) * [1, 1, -1]
    with pytest.raises(RecordingError, match="with the knees forward"):
        converted(legs, mirrored, source="walk.trc")


def test_landmarks_relative_to_the_hips_are_refused(keypoints):
    labels = SETS["BlazePose keypoints"]
    positions = keypoints(labels)
    names = list(labels)
    hips = positions[:, [names.index("left_hip"), names.index("right_hip")]]
    positions -= hips.mean(axis=1, keepdims=True)
    with pytest.raises(RecordingError, match=r"walk\.trc has the hips at the origin"):
        converted(labels, positions, source="walk.trc")
