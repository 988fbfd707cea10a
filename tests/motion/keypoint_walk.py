"""Keypoints of the embedded walk under the names of many systems, for the tests of keypoints."""

import numpy as np
import pytest

from agir_hf.humanml3d import JOINT_NAMES
from agir_hf.motion import JointMotion
from agir_hf.motion.joint_centres import joint_centres
from agir_hf.motion.keypoint_centres import keypoints_to_joints
from agir_hf.motion.landmarks import landmarks_of

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
    """Joints from positions (T, M, 3) of labels at 50 Hz."""
    return keypoints_to_joints(tuple(labels), positions, RATE_HZ, **settings)


def distance_m(motion, joints, names) -> float:
    """Median distance of joints from those of the walk, in metres."""
    columns = [JOINT_NAMES.index(name) for name in names]
    return float(np.median(np.linalg.norm(motion.joints - joints, axis=2)[:, columns]))
