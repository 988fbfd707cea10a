"""Places of the joints of HumanML3D relative to the keypoints, on an upright figure."""

import numpy as np
import pytest

from agir_hf.humanml3d import JOINT_NAMES
from agir_hf.motion import Conventions, RecordingError
from agir_hf.motion.keypoint_centres import keypoint_joints, keypoints_to_joints
from agir_hf.motion.keypoint_paths import clean_keypoints
from agir_hf.motion.keypoint_sets import KeypointSet

FRAMES = 60
TRUNK_M = 0.5  # from the mid-point of the hips to that of the shoulders


def figure(**more):
    """Keypoint → path (T, 3): facing +Z with the left side at +X, hips at a height of 0.9 m."""
    points = {}
    for side, x in (("left", 1), ("right", -1)):
        points |= {
            f"{side}_hip": (0.1 * x, 0.9, 0.0),
            f"{side}_knee": (0.1 * x, 0.5, 0.02),
            f"{side}_ankle": (0.1 * x, 0.08, 0.0),
            f"{side}_shoulder": (0.2 * x, 0.9 + TRUNK_M, 0.0),
            f"{side}_elbow": (0.2 * x, 1.1, 0.0),
            f"{side}_wrist": (0.2 * x, 0.85, 0.1),
            f"{side}_big_toe": (0.08 * x, 0.02, 0.2),
        }
    points |= more
    kept = {name: xyz for name, xyz in points.items() if xyz is not None}
    return {name: np.tile(np.array(xyz, float), (FRAMES, 1)) for name, xyz in kept.items()}


def joint(name, paths, set_name=""):
    return keypoint_joints(paths, set_name)[0][0, JOINT_NAMES.index(name)]


def test_pelvis_and_neck_are_above_the_middle_of_hips_and_shoulders():
    assert joint("pelvis", figure()) == pytest.approx([0, 0.9 + 0.20 * TRUNK_M, 0], abs=1e-9)
    assert joint("neck", figure()) == pytest.approx([0, 1.4 + 0.25 * TRUNK_M, 0], abs=1e-9)


@pytest.mark.parametrize(("above_m", "is_joint"), [(0.0, False), (0.03, False), (0.06, True)])
def test_keypoints_of_pelvis_and_neck_count_if_they_are_raised(above_m, is_joint):
    paths = figure(mid_hip=(0, 0.9 + above_m, 0.01), neck=(0, 1.4 + above_m, 0.01))
    pelvis, neck = (0.9 + above_m, 1.4 + above_m) if is_joint else (1.0, 1.525)
    assert joint("pelvis", paths)[1] == pytest.approx(pelvis)
    assert joint("neck", paths)[1] == pytest.approx(neck)


def test_the_spine_curves_between_pelvis_and_neck():
    heights = [
        joint(name, figure())[1] for name in ("pelvis", "spine1", "spine2", "spine3", "neck")
    ]
    assert np.all(np.diff(heights) > 0.02)
    assert (
        joint("spine1", figure())[2] < joint("spine2", figure())[2] < joint("spine3", figure())[2]
    )
    left, right = joint("left_collar", figure()), joint("right_collar", figure())
    assert left == pytest.approx(right * [-1, 1, 1]) and left[0] == pytest.approx(0.45 * 0.2)


@pytest.mark.parametrize(
    ("toes", "set_name", "expected_m"),
    [  # distance of the ball in front of the ankle; the heel is 0.05 m behind it
        ({"big_toe": 0.20}, "", 0.64 * 0.20),
        ({"big_toe": 0.20, "heel": -0.05}, "", -0.05 + 0.73 * 0.25),
        ({"big_toe": 0.20, "small_toe": 0.15, "heel": -0.05}, "", -0.05 + 0.80 * 0.225),
        ({"big_toe": 0.20, "small_toe": 0.15}, "", 0.73 * 0.175),
        ({"toe": 0.20}, "", 0.64 * 0.20),
        ({"ball": 0.13, "big_toe": 0.20, "heel": -0.05}, "", 0.13),
        ({"foot": 0.15}, "SMPL keypoints", 0.15),
        ({"foot": 0.15}, "Azure Kinect keypoints", 0.8 * 0.15),
    ],
)
def test_the_ball_of_the_foot_is_between_heel_and_toes(toes, set_name, expected_m):
    paths = figure(left_big_toe=None)
    for toe, z in toes.items():
        paths[f"left_{toe}"] = np.tile([0.1, 0.02, z], (FRAMES, 1))
    assert joint("left_foot", paths, set_name)[2] == pytest.approx(expected_m)


def test_feet_without_keypoints_are_flat_in_front_of_the_ankle():
    paths = figure(left_big_toe=None, right_big_toe=None)
    joints, unmeasured, remarks = keypoint_joints(paths)
    assert unmeasured == ("left_foot", "right_foot") and len(remarks) == 3  # and the head
    x, y, z = joints[0, JOINT_NAMES.index("left_foot")]
    assert x == pytest.approx(0.1) and y == pytest.approx(0.08 - 0.12 * 0.42, abs=1e-3)
    assert z == pytest.approx(0.31 * 0.42, abs=1e-3)


@pytest.mark.parametrize(
    ("head", "expected"),
    [  # (height, depth) of the head joint; the neck joint is at (1.525, 0)
        ({"nose": (0, 1.62, 0.12)}, (0.5 * 0.095, 0.06)),
        ({"left_ear": (0.07, 1.62, 0.0), "right_ear": (-0.07, 1.62, 0.0)}, (0.45 * 0.095, 0.03)),
        (
            {
                "left_ear": (0.07, 1.62, 0.0),
                "right_ear": (-0.07, 1.62, 0.0),
                "nose": (0, 1.6, 0.1),
            },
            (0.45 * 0.095 - 0.3 * 0.02, 0.03),
        ),
        ({"left_eye": (0.03, 1.63, 0.1), "right_eye": (-0.03, 1.63, 0.1)}, (0.5 * 0.105, 0.05)),
        ({"head_top": (0, 1.75, 0.0)}, (0.27 * 0.225, 0.04)),
        ({"head": (0, 1.65, 0.0)}, (0.27 * 0.125, 0.04)),
        ({"skull_base": (0, 1.6, 0.0)}, (0.6 * 0.075, 0.04)),
        ({}, (0.06, 0.06)),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_the_head_joint_is_above_and_before_the_neck(head, expected):
    x, y, z = joint("head", figure(**head))
    assert (y - 1.525, z) == pytest.approx(expected, abs=1e-3) and x == pytest.approx(0, abs=1e-9)


def test_arms_that_are_never_seen_hang():
    paths = figure(left_elbow=None, left_wrist=None)
    joints, unmeasured, _ = keypoint_joints(paths)
    assert unmeasured == ("left_elbow", "left_wrist")
    elbow, wrist = (joints[0, JOINT_NAMES.index(f"left_{part}")] for part in ("elbow", "wrist"))
    assert elbow == pytest.approx([0.2, 1.4 - 0.5 * TRUNK_M, 0], abs=1e-6)
    assert wrist == pytest.approx([0.2, 1.4 - 0.96 * TRUNK_M, 0.2 * TRUNK_M], abs=1e-6)


def test_an_arm_is_interpolated_in_the_frame_of_the_trunk():
    paths = figure()
    angle = np.linspace(0, np.pi / 2, FRAMES)  # the figure turns to its left
    turn = np.zeros((FRAMES, 3, 3))
    turn[:, 1, 1] = 1
    turn[:, 0, 0] = turn[:, 2, 2] = np.cos(angle)
    turn[:, 0, 2], turn[:, 2, 0] = np.sin(angle), -np.sin(angle)
    paths = {name: np.einsum("tij,tj->ti", turn, path) for name, path in paths.items()}
    expected = keypoint_joints(paths)[0]
    paths["right_wrist"][20:50] = np.nan
    joints, unmeasured, _ = keypoint_joints(paths)
    assert unmeasured == ("right_wrist",)
    assert np.allclose(joints, expected, atol=1e-9)


def test_keypoints_without_depth_get_the_widths_of_a_body():
    travel = np.outer(np.linspace(0, 2, FRAMES), [0, 0, 1])
    flat = {name: path * [0, 1, 1] + travel for name, path in figure().items()}
    joints, unmeasured, _ = keypoint_joints(flat)
    assert "depth" in unmeasured
    across = {
        part: joints[0, JOINT_NAMES.index(f"left_{part}"), 0]
        - joints[0, JOINT_NAMES.index(f"right_{part}"), 0]
        for part in ("hip", "knee", "ankle", "shoulder", "foot")
    }
    assert across == pytest.approx(
        {"hip": 0.18, "knee": 0.16, "ankle": 0.14, "shoulder": 0.36, "foot": 0.15}, abs=0.01
    )
    backwards = {name: path * [1, 1, -1] for name, path in flat.items()}
    joints, _, _ = keypoint_joints(backwards)
    assert joints[0, JOINT_NAMES.index("left_hip"), 0] == pytest.approx(-0.09)


def test_normalised_image_coordinates_are_refused():
    names = list(figure())
    positions = np.stack(list(figure().values()), axis=1)
    image = positions * [0.3, 0.5, 0.3] + [0.5, -0.9, 0.0]
    with pytest.raises(RecordingError, match=r"walk\.trc has positions from 0 to 1 .* image"):
        keypoints_to_joints(
            names,
            image,
            30.0,
            source="walk.trc",
            conventions=Conventions("m", "file", "-Y", "detected"),
            keypoint_set=KeypointSet("keypoints", {name: i for i, name in enumerate(names)}),
        )


def test_cleaning_leaves_complete_paths_unchanged():
    paths = figure()
    names = {name: i for i, name in enumerate(paths)}
    cleaned = clean_keypoints(paths, 30.0, "walk.trc", list(paths), names)
    assert cleaned.first == 0 and cleaned.remarks == () and cleaned.gaps.filled == 0
    assert all(np.array_equal(cleaned.paths[name], paths[name]) for name in paths)
