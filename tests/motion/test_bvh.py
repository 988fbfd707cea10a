import importlib.util
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from agir_hf.humanml3d import JOINT_NAMES
from agir_hf.motion import RecordingError, read_recording, to_joints

spec = importlib.util.spec_from_file_location(
    "bvh_writer", Path(__file__).with_name("bvh_writer.py")
)
bvh_writer = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bvh_writer)
FRAMES, SKELETON, text = bvh_writer.FRAMES, bvh_writer.SKELETON, bvh_writer.text


@pytest.fixture
def write(tmp_path):
    def write_bvh(content):
        path = tmp_path / "walk.bvh"
        path.write_text(content)
        return path

    return write_bvh


def joint(motion, name):
    return motion.joints[:, JOINT_NAMES.index(name)]


def test_joint_positions_follow_from_offsets_and_the_root(write):
    motion = read_recording(write(text()))
    assert motion.joints.shape == (FRAMES, 22, 3)
    assert motion.rate_hz == pytest.approx(60, abs=0.01)
    assert np.allclose(joint(motion, "left_knee")[3], [0.09, 0.46, 0.06], atol=1e-5)
    assert np.allclose(joint(motion, "right_wrist")[0], [-0.71, 1.39, 0], atol=1e-5)
    assert np.allclose(joint(motion, "left_collar")[0], [0.06, 1.39, 0], atol=1e-5)
    assert str(motion.conventions) == "cm (detected), +Y up (detected), walking along +Z"
    assert "derived" in motion.marker_set


@pytest.mark.parametrize("order", ["ZXY", "XYZ", "YZX"])
def test_rotations_are_intrinsic_in_the_order_of_the_channels(write, order):
    angles = np.zeros((FRAMES, len(SKELETON), 3))
    names = [name for name, *_ in SKELETON]
    hip, knee = (20.0, -10.0, 30.0), (-25.0, 5.0, 8.0)
    angles[:, names.index("LeftUpLeg")], angles[:, names.index("LeftLeg")] = hip, knee
    motion = read_recording(write(text(order=order, angles=angles)))
    upper = Rotation.from_euler(order, hip, degrees=True)
    lower = upper * Rotation.from_euler(order, knee, degrees=True)
    expected = [0.09, 0.86, 0] + upper.apply([0, -0.4, 0]) + lower.apply([0, -0.4, 0])
    assert np.allclose(joint(motion, "left_ankle")[0], expected, atol=1e-5)


def test_units_and_axes_can_be_forced(write):
    path = write(text())
    assert np.allclose(read_recording(path, unit="cm", up="Y").joints, read_recording(path).joints)
    with pytest.raises(RecordingError, match="--unit cm"):
        read_recording(path, unit="m")
    assert read_recording(path, rate_hz=30).rate_hz == 30


def renamed(names):
    """The skeleton with other names of its joints."""
    return [(names.get(n, n), p and names.get(p, p), o) for n, p, o in SKELETON]


def test_joints_can_be_mapped(write):
    path = write(text(renamed({"LeftLeg": "Thing7"})))
    mapped = read_recording(path, mapping={"Thing7": "left_knee"})
    assert np.allclose(joint(mapped, "left_knee")[0], [0.09, 0.46, 0], atol=1e-5)
    assert not mapped.remarks
    with pytest.raises(RecordingError, match="no joint 'Tail'"):
        read_recording(path, mapping={"Tail": "left_knee"})
    with pytest.raises(RecordingError, match="'kneecap'"):
        read_recording(path, mapping={"Thing7": "kneecap"})


@pytest.mark.parametrize(
    "names", [{"LeftLeg": "Thing7"}, {n: f"J{i}" for i, (n, *_) in enumerate(SKELETON)}], ids=len
)
def test_unknown_names_are_decided_by_the_shape_and_said(write, names):
    plain, motion = read_recording(write(text())), read_recording(write(text(renamed(names))))
    for name in JOINT_NAMES:
        if name.rpartition("_")[2] in ("hip", "knee", "ankle", "foot", "shoulder", "wrist"):
            assert np.allclose(joint(motion, name), joint(plain, name), atol=1e-6), name
    assert "by the shape of the skeleton" in motion.remarks[0] and "--mapping" in motion.remarks[0]


def test_a_skeleton_without_legs_is_refused_with_its_names(write):
    arm = [("Root", None, (0, 90, 0)), ("Base", "Root", (0, 30, 0)), ("Upper", "Base", (0, 30, 0)),
           ("Lower", "Upper", (0, 25, 0)), ("Grip", "Lower", (0, 10, 0))]  # fmt: skip
    with pytest.raises(RecordingError, match="Base, Upper, .*left_hip.*--mapping"):
        read_recording(write(text(arm)))


# names of pelvis, leg, spine to head, and arm in skeletons of software and data sets; {s} is a side
NAMES = {
    "Motive": ("L", "R", "Hip {s}Thigh {s}Shin {s}Foot {s}Toe Ab Neck {s}Shoulder {s}UArm {s}FArm "
               "{s}Hand"),
    "Rokoko": ("Left", "Right", "Hips {s}Thigh {s}Shin {s}Foot {s}Toe Spine1 Neck {s}Shoulder "
               "{s}Arm {s}ForeArm {s}Hand"),
    "Xsens MVN": ("Left", "Right", "Hips {s}UpperLeg {s}LowerLeg {s}Foot {s}Toe L5 Neck "
                  "{s}Shoulder {s}UpperArm {s}ForeArm {s}Hand"),
    "100STYLE": ("Left", "Right", "Hips {s}Hip {s}Knee {s}Ankle {s}Toe Chest Neck {s}Collar "
                 "{s}Shoulder {s}Elbow {s}Wrist"),
    "VRM": ("L", "R", "J_Bip_C_Hips J_Bip_{s}_UpperLeg J_Bip_{s}_LowerLeg J_Bip_{s}_Foot "
            "J_Bip_{s}_ToeBase J_Bip_C_Spine J_Bip_C_Neck J_Bip_{s}_Shoulder J_Bip_{s}_UpperArm "
            "J_Bip_{s}_LowerArm J_Bip_{s}_Hand"),
    "Kinect": ("LEFT", "RIGHT", "PELVIS HIP_{s} KNEE_{s} ANKLE_{s} FOOT_{s} SPINE_CHEST NECK "
               "CLAVICLE_{s} SHOULDER_{s} ELBOW_{s} WRIST_{s}"),
    "Biped": ("L", "R", "Bip01 Bip01~{s}~Thigh Bip01~{s}~Calf Bip01~{s}~Foot Bip01~{s}~Toe0 "
              "Bip01~Spine Bip01~Neck Bip01~{s}~Clavicle Bip01~{s}~UpperArm Bip01~{s}~Forearm "
              "Bip01~{s}~Hand"),
    "Rigify": ("L", "R", "DEF-spine DEF-thigh.{s} DEF-shin.{s} DEF-foot.{s} DEF-toe.{s} "
               "DEF-spine.001 DEF-neck DEF-shoulder.{s} DEF-upper_arm.{s} DEF-forearm.{s} "
               "DEF-hand.{s}"),
    "ARP": ("l", "r", "root.x thigh_stretch.{s} leg_stretch.{s} foot.{s} toes_01.{s} spine_01.x "
            "neck.x shoulder.{s} arm_stretch.{s} forearm_stretch.{s} hand.{s}"),
    "Unreal": ("l", "r", "pelvis thigh_{s} calf_{s} foot_{s} ball_{s} spine_01 neck_01 "
               "clavicle_{s} upperarm_{s} lowerarm_{s} hand_{s}"),
    "Daz": ("l", "r", "hip {s}ThighBend {s}Shin {s}Foot {s}Toe chest neck {s}Collar {s}ShldrBend "
            "{s}ForearmBend {s}Hand"),
    "SMPL": ("L", "R", "Pelvis {s}_Hip {s}_Knee {s}_Ankle {s}_Foot Spine1 Neck {s}_Collar "
             "{s}_Shoulder {s}_Elbow {s}_Wrist"),
    "ASF": ("l", "r", "root {s}femur {s}tibia {s}foot {s}toes lowerback lowerneck {s}clavicle "
            "{s}humerus {s}radius {s}wrist"),
    "Bandai Namco": ("L", "R", "Hips UpperLeg_{s} LowerLeg_{s} Foot_{s} Toes_{s} Spine Neck "
                     "Shoulder_{s} UpperArm_{s} LowerArm_{s} Hand_{s}"),
    "DeepMotion": ("l", "r", "hips_JNT {s}_upleg_JNT {s}_leg_JNT {s}_foot_JNT {s}_toebase_JNT "
                   "spine_JNT neck_JNT {s}_shoulder_JNT {s}_arm_JNT {s}_forearm_JNT {s}_hand_JNT"),
    "iClone": ("L", "R", "CC_Base_Hip CC_Base_{s}_Thigh CC_Base_{s}_Calf CC_Base_{s}_Foot "
               "CC_Base_{s}_ToeBase CC_Base_Spine01 CC_Base_NeckTwist01 CC_Base_{s}_Clavicle "
               "CC_Base_{s}_Upperarm CC_Base_{s}_Forearm CC_Base_{s}_Hand"),
    "upper case": ("LEFT", "RIGHT", "HIPS {s}UPLEG {s}LEG {s}FOOT {s}TOEBASE SPINE NECK "
                   "{s}SHOULDER {s}ARM {s}FOREARM {s}HAND"),
    "leg above lower leg": ("Left", "Right", "Root {s}Leg {s}LowerLeg {s}Foot {s}Toes Spine Neck "
                            "{s}Shoulder {s}Arm {s}LowerArm {s}Hand"),
}  # fmt: skip


def common(software):
    """Names of the skeleton here → names in one software."""
    left, right, names = NAMES[software]
    hips, *leg, spine, neck, collar, arm, forearm, hand = names.split()
    result = {"Hips": hips, "Spine": spine, "Neck": neck}
    for side, word in (("Left", left), ("Right", right)):
        ours = ("UpLeg", "Leg", "Foot", "ToeBase", "Shoulder", "Arm", "ForeArm", "Hand")
        for part, name in zip(ours, (*leg, collar, arm, forearm, hand), strict=True):
            result[side + part] = name.format(s=word).replace("~", " ")
    return {ours: name.replace("~", " ") for ours, name in result.items()}


@pytest.mark.parametrize("software", NAMES)
@pytest.mark.parametrize("prefix", ["", "Person_1_", "Model:"])
def test_names_of_common_skeletons(write, software, prefix):
    names = {ours: prefix + name for ours, name in common(software).items()}
    plain, motion = read_recording(write(text())), read_recording(write(text(renamed(names))))
    assert np.allclose(motion.joints, plain.joints, atol=1e-6)
    assert not motion.remarks and motion.marker_set == plain.marker_set


def test_helper_joints_between_the_segments_are_passed_over(write):
    extra = [("LHipJoint", "Hips", (0, 0, 0)), ("RHipJoint", "Hips", (0, 0, 0))]
    skeleton = [SKELETON[0], *extra]
    for name, parent, offset in SKELETON[1:]:
        if name.endswith("UpLeg"):
            parent = f"{name[0]}HipJoint"
        skeleton.append((name, parent, offset))
        if name == "LeftArm":  # a twist bone at the elbow's half
            skeleton.append(("LeftArmTwist", "LeftArm", (14, 0, 0)))
    plain, motion = read_recording(write(text())), read_recording(write(text(skeleton)))
    assert np.allclose(motion.joints, plain.joints, atol=1e-6) and not motion.remarks


def test_without_toes_the_end_site_is_the_ball_of_the_foot(write):
    skeleton = [entry for entry in SKELETON if "Toe" not in entry[0]]
    motion = read_recording(write(text(skeleton).replace("OFFSET 0 -1 3", "OFFSET 0 -7 13")))
    assert np.allclose(joint(motion, "left_foot")[0], [0.09, -0.01, 0.13], atol=1e-5)


def test_legs_alone_are_read_and_the_rest_is_not_measured(write):
    legs = [entry for entry in SKELETON if "Leg" in entry[0] or "Foot" in entry[0]]
    motion = read_recording(write(text([SKELETON[0], *legs])))
    plain = read_recording(write(text()))
    assert np.allclose(joint(motion, "left_knee"), joint(plain, "left_knee"), atol=1e-6)
    assert {"left_wrist", "neck", "right_shoulder"} <= set(motion.unmeasured)
    assert "left_ankle" not in motion.unmeasured and not plain.unmeasured
    assert joint(motion, "neck")[0, 1] > 1.2 and joint(motion, "left_wrist")[0, 0] > 0


@pytest.mark.parametrize("prefix", ["mixamorig:", "Character1_", "mixamorig1:"])
def test_prefixes_of_names_are_ignored(write, prefix):
    renamed = [(prefix + n, p and prefix + p, o) for n, p, o in SKELETON]
    motion = read_recording(write(text(renamed)))
    assert np.allclose(joint(motion, "left_knee")[0], [0.09, 0.46, 0], atol=1e-5)


def test_swapped_sides_are_an_error(write):
    swap = {"Left": "Right", "Right": "Left"}

    def other(name):
        side = next((s for s in swap if name and name.startswith(s)), None)
        return name.replace(side, swap[side]) if side else name

    with pytest.raises(RecordingError, match="left and right swapped"):
        read_recording(write(text([(other(n), other(p), o) for n, p, o in SKELETON])))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.replace("HIERARCHY", "HELLO"), "expected a first line HIERARCHY"),
        (lambda t: t.replace("}\nMOTION", "MOTION"), "broken hierarchy in line .*MOTION"),
        (lambda t: t.replace("{", "", 1), "broken hierarchy in line 4"),
        (lambda t: t.replace("  OFFSET 0.0 -40.0 0.0\n", "", 1), "without OFFSET, LeftLeg"),
        (lambda t: t.replace("CHANNELS 3 ", "CHANNELS 4 ", 1), "4 channels stated, 3 named"),
        (lambda t: t.replace("Zrotation", "Wrotation", 1), "channel WROTATION"),
        (lambda t: t[: t.index("MOTION")], "no MOTION section"),
        (lambda t: t.replace("Frames: 70", "Frames: nan"), "states nan frames"),
        (lambda t: t.replace("Frames: 70", "Frames: -inf"), "states -inf frames"),
        (lambda t: t.replace("Frames: 70", "Frames: 0"), "states 0 frames"),
        (lambda t: t.replace("LeftLeg", "Left\x1b[2JLeg"), r"control characters.*\\x1b\[2J"),
        (lambda t: t.replace("0.0166667", "nan"), "frame time of nan s.*--rate"),
        (lambda t: t.replace("0.0166667", "inf"), "frame time of inf s"),
        (lambda t: t.replace("0.0166667", "-0.0166667"), "frame time of -0.0166667 s"),
        (lambda t: t.replace("0.0166667", "30000"), "frame time of 30000 s.*--rate"),
        (lambda t: t.replace("0.0166667", "0"), "frame time of 0 s"),
        (lambda t: t.replace("0.0166667", "soon"), "not a number in line"),
        (lambda t: t.rstrip("\n") + " 1.0\n", "values in line .*, expected"),
        (lambda t: t.replace("Frame Time:", "Rate:"), "lacks 'Frame Time:'"),
        (lambda t: "\n\n", "is not a BVH file"),
    ],
)
def test_damage_is_an_error_on_one_line_with_its_location(write, change, message):
    with pytest.raises(RecordingError, match=message) as excinfo:
        read_recording(write(change(text())))
    assert "\n" not in str(excinfo.value) and "walk.bvh" in str(excinfo.value)


def test_real_walks_with_twenty_joints_are_read(shared):
    paths = sorted((shared / "data/hubertshum_bvh").glob("*.bvh"))
    assert len(paths) == 56
    for path in paths:
        motion = read_recording(path)
        assert motion.conventions.unit == "cm" and motion.conventions.heading[1] == "Z"
        knee, ankle = joint(motion, "left_knee"), joint(motion, "left_ankle")
        shin = np.linalg.norm(knee - ankle, axis=1)
        assert np.ptp(shin) < 1e-3 and 0.3 < shin[0] < 0.55
        assert 0.35 < knee[:, 1].mean() < 0.65 and 0.8 < joint(motion, "pelvis")[:, 1].mean() < 1.2
        assert to_joints(motion).rate_hz == 20
