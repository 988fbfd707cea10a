"""Keypoints of markerless systems: recognition of the sets, and conversion to joints."""

import numpy as np
import pytest

from agir_hf.gait import measure
from agir_hf.humanml3d import JOINT_NAMES
from agir_hf.motion import (
    GaitEvent,
    JointMotion,
    MarkerRecording,
    RecordingError,
    read_recording,
    to_joints,
)
from agir_hf.motion.joint_centres import joint_centres
from agir_hf.motion.keypoint_centres import keypoints_to_joints
from agir_hf.motion.keypoint_sets import keypoint_pair, recognise_keypoints
from agir_hf.motion.landmarks import landmarks_of
from agir_hf.motion.marker_sets import PLUG_IN_GAIT, SHIDA_44

RATE_HZ = 50.0
ARMS = "shoulder elbow wrist"


def sided(names: str, pattern: str) -> dict[str, str]:
    """Label → keypoint, for keypoints on both sides and a pattern such as "{S}{Name}"."""
    labels = {}
    for side in ("left", "right"):
        for name in names.split():
            label = pattern.format(
                S=side[0].upper(),
                s=side[0],
                side=side,
                SIDE=side.upper(),
                Side=side.title(),
                name=name,
                NAME=name.upper(),
                Name=name.title().replace("_", ""),
            )
            labels[label] = f"{side}_{name}"
    return labels


LEGS = "hip knee ankle"
OPENPOSE = sided(f"{LEGS} heel big_toe small_toe {ARMS}", "{S}{Name}")
FACE = {"Nose": "nose"} | sided("ear eye", "{S}{Name}")
BLAZEPOSE = sided(f"{LEGS} heel {ARMS} ear eye", "{side}_{name}") | {
    "nose": "nose",
    "left_foot_index": "left_big_toe",
    "right_foot_index": "right_big_toe",
}
KINECT = sided(f"{LEGS} {ARMS} ear eye", "{NAME}_{SIDE}") | {
    "PELVIS": "mid_hip",
    "SPINE_NAVEL": "chest",
    "NECK": "neck",
    "HEAD": "head",
    "FOOT_LEFT": "left_ball",
    "FOOT_RIGHT": "right_ball",
}
BONES = {
    "UpLeg": "hip",
    "Leg": "knee",
    "Foot": "ankle",
    "ToeBase": "ball",
    "Arm": "shoulder",
    "ForeArm": "elbow",
    "Hand": "wrist",
}
SKELETON = {"Hips": "pelvis", "Neck": "raised_neck", "Head": "raised_head"} | {
    f"{side.title()}{bone}": f"{side}_{joint}"
    for side in ("left", "right")
    for bone, joint in BONES.items()
}
SMPL = {
    name: {"pelvis": "pelvis", "neck": "raised_neck", "head": "raised_head"}.get(name, name)
    for name in JOINT_NAMES
}
H36M = sided("hip knee shoulder elbow wrist", "{S}{Name}") | {
    "Hip": "mid_hip",
    "Spine": "chest",
    "Thorax": "neck",
    "Head": "head_top",
    "LFoot": "left_ankle",
    "RFoot": "right_ankle",
}
SETS = {  # name of the result: label → keypoint
    "OpenCap keypoints": OPENPOSE | {"midHip": "mid_hip", "Neck": "neck"},
    "HALPE_26 keypoints": OPENPOSE | FACE | {"Hip": "mid_hip", "Neck": "neck", "Head": "head_top"},
    "BODY_25 keypoints": OPENPOSE | FACE | {"MidHip": "mid_hip", "Neck": "neck"},
    "BODY_25B keypoints": OPENPOSE | FACE | {"UpperNeck": "chest", "HeadTop": "head_top"},
    "COCO_133 keypoints": sided(f"{LEGS} heel big_toe small_toe {ARMS}", "{side}_{name}")
    | {"nose": "nose", "left_thumb1": "left_wrist", "face-0": "nose"},
    "BlazePose keypoints": BLAZEPOSE,
    "Azure Kinect keypoints": KINECT,
    "SMPL keypoints": SMPL,
    "skeleton joints": SKELETON,
    "keypoints": sided(f"{LEGS} toe {ARMS}", "{S}{NAME}"),
}
WITHOUT_FEET = {
    "COCO_17 keypoints": sided(f"{LEGS} {ARMS} ear eye", "{side}_{name}") | {"nose": "nose"},
    "Human3.6M keypoints": H36M,
}


@pytest.fixture(scope="module")
def body(walk):
    """Keypoint → path (T, 3) at 50 Hz of the embedded walk, and its joints (T, 22, 3)."""
    sites = landmarks_of(walk).filled.positions
    joints = joint_centres(sites)[::3]
    paths = {name: joints[:, i] for i, name in enumerate(JOINT_NAMES)}
    paths["raised_neck"], paths["raised_head"] = paths["neck"], paths["head"]
    for part, name in (("hip", "mid_hip"), ("shoulder", "neck")):
        paths[name] = (paths[f"left_{part}"] + paths[f"right_{part}"]) / 2
    up, left = np.array([0.0, 1.0, 0.0]), paths["left_hip"] - paths["right_hip"]
    ahead = np.cross(left, up)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    left = np.cross(up, ahead)
    middle = paths["neck"] + 0.22 * up + 0.03 * ahead  # between the ears
    paths |= {"head": middle, "nose": middle + 0.11 * ahead, "head_top": middle + 0.13 * up}
    paths["chest"] = (paths["mid_hip"] + paths["neck"]) / 2
    for side, sign in (("left", 1), ("right", -1)):
        heel = sites[f"{side}_heel"][::3]
        sole = (paths[f"{side}_foot"] - heel) / 0.73
        paths |= {
            f"{side}_heel": heel,
            f"{side}_ball": paths[f"{side}_foot"],
            f"{side}_big_toe": heel + sole - 0.02 * sign * left,
            f"{side}_small_toe": heel + 0.82 * sole + 0.04 * sign * left,
            f"{side}_toe": heel + sole,
            f"{side}_ear": middle + 0.07 * sign * left,
            f"{side}_eye": middle + 0.09 * ahead + 0.03 * (up + sign * left),
        }
    return paths, joints


@pytest.fixture
def keypoints(body):
    """``keypoints(labels)``: positions (T, M, 3) in metres of label → keypoint."""

    def stacked(labels):
        return np.stack([body[0][keypoint] for keypoint in labels.values()], axis=1)

    return stacked


@pytest.fixture
def write_trc(tmp_path):
    """Write positions (T, M, 3) in metres to a TRC file and return its path."""

    def write(labels, positions, rate_hz=RATE_HZ):
        frames, count = positions.shape[:2]
        lines = [
            "PathFileType\t4\t(X/Y/Z)\tkeypoints.trc",
            "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigNumFrames",
            f"{rate_hz}\t{rate_hz}\t{frames}\t{count}\tm\t{rate_hz}\t{frames}",
            "Frame#\tTime\t" + "\t\t\t".join(labels) + "\t\t",
            "\t\t" + "\t".join(f"{axis}{i + 1}" for i in range(count) for axis in "XYZ"),
        ]
        for i, frame in enumerate(positions):
            values = "\t".join("" if np.isnan(v) else f"{v:.5f}" for v in frame.reshape(-1))
            lines.append(f"{i + 1}\t{i / rate_hz:.5f}\t{values}")
        path = tmp_path / "keypoints.trc"
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


def converted(labels, positions, **settings) -> JointMotion:
    return keypoints_to_joints(tuple(labels), positions, RATE_HZ, **settings)


def distance_m(motion, joints, names) -> float:
    """Median distance of joints from those of the walk, in metres."""
    columns = [JOINT_NAMES.index(name) for name in names]
    return float(np.median(np.linalg.norm(motion.joints - joints, axis=2)[:, columns]))


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
