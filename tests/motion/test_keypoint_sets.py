"""Keypoints of markerless systems: recognition of the sets, and conversion to joints."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from agir_hf.gait import measure
from agir_hf.humanml3d import JOINT_NAMES
from agir_hf.motion import JointMotion, MarkerRecording, RecordingError, read_recording, to_joints
from agir_hf.motion.keypoint_sets import keypoint_pair, recognise_keypoints
from agir_hf.motion.marker_sets import PLUG_IN_GAIT, SHIDA_44

spec = importlib.util.spec_from_file_location(
    "keypoint_walk", Path(__file__).with_name("keypoint_walk.py")
)
keypoint_walk = importlib.util.module_from_spec(spec)
spec.loader.exec_module(keypoint_walk)
body, keypoints = keypoint_walk.body, keypoint_walk.keypoints
converted, distance_m = keypoint_walk.converted, keypoint_walk.distance_m
RATE_HZ, SETS = keypoint_walk.RATE_HZ, keypoint_walk.SETS
write_trc = keypoint_walk.write_trc
ARMS, LEGS, WITHOUT_FEET = keypoint_walk.ARMS, keypoint_walk.LEGS, keypoint_walk.WITHOUT_FEET
sided = keypoint_walk.sided


@pytest.mark.parametrize("name", SETS)
def test_cadence_speed_and_joints_of_every_set_are_those_of_the_walk(name, body, keypoints):
    motion = converted(SETS[name], keypoints(SETS[name]))
    assert motion.marker_set == name and motion.unmeasured == ()
    assert motion.gaps_filled == 0 and motion.trimmed_s == 0
    assert not any("jitter" in remark for remark in motion.remarks)
    truth = measure(JointMotion(body[1].astype(np.float32), RATE_HZ)).parameters
    values = measure(motion).parameters
    for parameter in ("cadence_steps_per_min", "speed_m_per_s", "stride_length_m"):
        assert values[parameter].value == pytest.approx(truth[parameter].value, rel=0.02)
    assert values["trunk_flexion_deg"].value == pytest.approx(
        truth["trunk_flexion_deg"].value, abs=4
    )
    measured = [f"{side}_{part}" for side in ("left", "right") for part in LEGS.split()]
    assert distance_m(motion, body[1], measured) < 1e-6
    feet = 0.04 if name == "Azure Kinect keypoints" else 0.02
    assert distance_m(motion, body[1], ["left_foot", "right_foot"]) < feet
    assert distance_m(motion, body[1], JOINT_NAMES) < 0.06


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("ending", ["trc", "c3d"])
def test_keypoints_of_a_file_are_read_as_joints(name, ending, keypoints, write_trc, write):
    labels, positions = SETS[name], keypoints(SETS[name])
    if ending == "trc":
        path = write_trc(labels, positions)
    else:
        path = write(positions * 1000, list(labels), RATE_HZ)
    recording = read_recording(path)
    assert isinstance(recording, JointMotion) and recording.marker_set == name
    assert recording.rate_hz == RATE_HZ and str(path) in recording.source
    assert np.allclose(recording.joints, converted(labels, positions).joints, atol=1e-4)
    resampled = to_joints(recording)
    if "left_heel" in labels.values():
        assert resampled.heels.shape == (len(resampled.joints), 2, 3)
    else:
        assert resampled.heels is None


@pytest.mark.parametrize(
    "label",
    ["RBigToe", "right_big_toe", "BIG_TOE_RIGHT", "r.bigtoe", "Right Big Toe", "BigToe_R",
     "rBigToe", "RBIGTOE", "bigtoeright", "subject:R_BigToe", "body_right_big_toe"],
)  # fmt: skip
def test_case_separators_and_place_of_the_side_are_ignored(label):
    labels = list(sided(f"{LEGS} shoulder", "{S}{Name}"))
    assert recognise_keypoints([*labels, label]).columns["right_big_toe"] == len(labels)


OTHER_NAMES = {  # system: labels of one side (S = left or right in the system's spelling), middle
    "ARKit": ("{side}_upLeg_joint {side}_leg_joint {side}_foot_joint {side}_toes_joint "
              "{side}_arm_joint {side}_forearm_joint {side}_hand_joint", "hips_joint neck_1_joint"),
    "Unreal": ("thigh_{s} calf_{s} foot_{s} ball_{s} upperarm_{s} lowerarm_{s} hand_{s}",
               "pelvis neck_01 head"),
    "Xsens": ("j{Side}Hip j{Side}Knee j{Side}Ankle j{Side}BallFoot j{Side}Shoulder j{Side}Elbow "
              "j{Side}Wrist", "jT1C7 jC1Head"),
    "ZED": ("{SIDE}_HIP {SIDE}_KNEE {SIDE}_ANKLE {SIDE}_FOOT {SIDE}_SHOULDER {SIDE}_ELBOW "
            "{SIDE}_WRIST {SIDE}_HEEL", "PELVIS NAVAL_SPINE NECK HEAD NOSE"),
    "Kinect": ("Hip{Side} Knee{Side} Ankle{Side} Foot{Side} Shoulder{Side} Elbow{Side} "
               "Wrist{Side} Hand{Side}", "SpineBase SpineMid SpineShoulder Neck Head"),
    "Nuitrack": ("{side}_hip {side}_knee {side}_ankle {side}_foot {side}_shoulder {side}_elbow "
                 "{side}_wrist {side}_collar", "head neck torso waist"),
    "joint centres": ("{S}HJC {S}KJC {S}AJC {S}TOE {S}SJC {S}EJC {S}WJC", "MidHip"),
    "in words": ("{Side}-Hip-Joint-Center {Side}-Knee-Joint-Center {Side}-Ankle-Joint-Center "
                 "{Side}-Toe {Side}-Shoulder-Joint {Side}-Elbow {Side}-Wrist", "Mid-Hip"),
}  # fmt: skip


@pytest.mark.parametrize("system", OTHER_NAMES)
def test_names_of_other_systems(system):
    pattern, middle = OTHER_NAMES[system]
    labels = middle.split()
    for side in ("left", "right"):
        spelled = pattern.format(
            side=side, SIDE=side.upper(), Side=side.title(), s=side[0], S=side[0].upper()
        )
        labels += spelled.split()
    keypoints = recognise_keypoints(labels)
    for side in ("left", "right"):
        for part in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist"):
            assert f"{side}_{part}" in keypoints.columns
    assert keypoints.has_feet
    assert len(set(keypoints.columns.values())) == len(keypoints.columns)


@pytest.mark.parametrize(
    "extra", [["LASI", "RASI"], ["r.ASIS_study"], ["L.ASIS"], ["SACR"], ["LPSIS"], ["VSacral"]]
)
def test_skin_markers_of_the_pelvis_are_never_taken_for_keypoints(extra):
    labels = list(SETS["OpenCap keypoints"])
    assert recognise_keypoints(labels) and keypoint_pair(labels)[0]
    assert recognise_keypoints([*labels, *extra]) is None
    assert keypoint_pair([*labels, *extra]) == ([], [])


@pytest.mark.parametrize("marker_set", [SHIDA_44, PLUG_IN_GAIT], ids=lambda s: s.name)
def test_labels_of_marker_sets_are_no_keypoints(marker_set):
    assert recognise_keypoints(marker_set.labels) is None


def test_the_embedded_walk_stays_a_marker_recording(walk):
    assert isinstance(walk, MarkerRecording)


def test_a_part_of_a_body_is_no_keypoint_set():
    assert recognise_keypoints(list(sided(LEGS, "{S}{Name}"))) is None
    assert recognise_keypoints(list(sided(ARMS, "{S}{Name}"))) is None
    assert converted(["A", "B"], np.zeros((99, 2, 3))) is None


@pytest.mark.parametrize("name", WITHOUT_FEET)
def test_a_file_without_feet_is_measured_but_for_the_feet(name, body, keypoints):
    labels = WITHOUT_FEET[name]
    motion = converted(labels, keypoints(labels))
    assert motion.marker_set == name
    assert motion.unmeasured == ("left_foot", "right_foot")
    assert "the left foot has no keypoints and is set flat from the ankle" in motion.remarks
    measured = measure(motion)
    truth = measure(JointMotion(body[1].astype(np.float32), RATE_HZ)).parameters
    for parameter in ("cadence_steps_per_min", "speed_m_per_s", "knee_range_deg"):
        expected = truth[parameter].value
        assert measured.parameters[parameter].value == pytest.approx(expected, rel=0.02)
    for parameter in ("toe_clearance_m", "foot_strike_angle_deg", "ankle_range_deg"):
        assert parameter not in measured.parameters and parameter in measured.unrecorded
    assert "does not have left foot, right foot" in measured.absent["ankle_range_deg"]
    with pytest.raises(RecordingError, match=r"no keypoints of the left foot and the right foot"):
        to_joints(motion)


def turned_to_x(positions):
    """The walk turned about the vertical so that it goes along +X."""
    travel = positions[-1].mean(axis=0) - positions[0].mean(axis=0)
    angle = np.arctan2(travel[2], travel[0])
    cos, sin = np.cos(angle), np.sin(angle)
    return positions @ np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]]).T


@pytest.mark.parametrize("has_constant_depths", [False, True])
def test_two_dimensional_keypoints_are_measured_but_for_widths(keypoints, has_constant_depths):
    labels = SETS["HALPE_26 keypoints"]
    positions = turned_to_x(keypoints(labels))
    whole = measure(converted(labels, positions)).parameters
    positions[..., 2] = 0.0
    if has_constant_depths:  # as Sports2D writes them: right is towards the camera
        for i, keypoint in enumerate(labels.values()):
            positions[:, i, 2] = {"right": 0.1, "left": -0.1}.get(keypoint.partition("_")[0], 0.0)
    motion = converted(labels, positions)
    assert motion.unmeasured == ("depth",)
    measured = measure(motion)
    for parameter in ("cadence_steps_per_min", "speed_m_per_s", "knee_range_deg"):
        expected = whole[parameter].value
        assert measured.parameters[parameter].value == pytest.approx(expected, rel=0.04)
    for parameter in ("step_width_m", "pelvic_sway_m", "margin_of_stability_ml_m"):
        assert "two dimensions" in measured.absent[parameter]


def test_pixels_need_a_unit(keypoints, write_trc):
    labels = SETS["HALPE_26 keypoints"]
    positions = turned_to_x(keypoints(labels)) * [500, -500, 0]
    path = write_trc(labels, positions)
    path.write_text(path.read_text().replace("\tm\t", "\tpx\t"))
    with pytest.raises(RecordingError, match=r"keypoints\.trc has positions in pixels"):
        read_recording(path)
    speed = measure(read_recording(path, unit="0.002")).parameters["speed_m_per_s"].value
    whole = measure(converted(labels, keypoints(labels))).parameters["speed_m_per_s"].value
    assert speed == pytest.approx(whole, rel=0.04)


@pytest.mark.parametrize("rotation", [[1, -1, -1], [-1, -1, 1]], ids=["Y down", "turned"])
def test_camera_coordinates_with_y_down_are_turned(rotation, keypoints, write_trc):
    labels = SETS["BODY_25 keypoints"]
    positions = keypoints(labels)
    recording = read_recording(write_trc(labels, positions * rotation))
    assert recording.conventions.up == "-Y"
    upright = measure(converted(labels, positions)).parameters["speed_m_per_s"].value
    speed = measure(recording).parameters["speed_m_per_s"].value
    assert speed == pytest.approx(upright, rel=0.01)


@pytest.mark.parametrize(
    ("name", "cadence", "speed"), [("06_opencap_keypoints", 102, 0.70), ("09_coco17", 102, 0.70)]
)
def test_recorded_cases(name, cadence, speed, shared):
    recording = read_recording(shared / "data" / "recording_cases" / f"{name}.trc")
    parameters = measure(recording).parameters
    assert parameters["cadence_steps_per_min"].value == pytest.approx(cadence, abs=2)
    assert parameters["speed_m_per_s"].value == pytest.approx(speed, abs=0.01)


def test_skin_markers_win_in_augmented_files(shared):
    recording = read_recording(shared / "data" / "recording_cases" / "07_opencap_augmented.trc")
    assert isinstance(recording, MarkerRecording)
