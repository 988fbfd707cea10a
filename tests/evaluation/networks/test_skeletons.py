import math

import pytest
import torch

from agir_hf.evaluation.networks.skeletons import (
    EDGES,
    H36M_EDGES,
    H36M_JOINTS,
    PARENTS,
    adjacency_matrix,
    body_height_m,
    check_clips,
    normalised,
    project,
    resample_frames,
    standard_walk,
    to_h36m,
)
from agir_hf.humanml3d import BONE_LENGTHS, JOINT_NAMES, REST_DIRECTIONS

JOINT = {name: i for i, name in enumerate(JOINT_NAMES)}
H36M = {name: i for i, name in enumerate(H36M_JOINTS)}


@pytest.fixture
def standing():
    """A body (22, 3) with the standard skeleton, arms down, facing Z+, pelvis at the origin."""
    directions = list(REST_DIRECTIONS)
    directions[JOINT["left_shoulder"]], directions[JOINT["right_shoulder"]] = "+x", "-x"
    joints = torch.zeros(22, 3)
    for joint in range(1, 22):
        sign, axis = directions[joint]
        bone = torch.zeros(3)
        bone["xyz".index(axis)] = float(sign + "1") * BONE_LENGTHS[joint]
        joints[joint] = joints[PARENTS[joint]] + bone
    return joints


def turned(joints, angle):
    cos, sin = math.cos(angle), math.sin(angle)
    turn = torch.tensor([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]], dtype=joints.dtype)
    return joints @ turn.T


def test_the_graph_is_a_tree_of_the_body():
    assert len(EDGES) == 21 and sorted(child for _, child in EDGES) == list(range(1, 22))
    for child, parent in (
        ("head", "neck"),
        ("left_collar", "spine3"),
        ("right_foot", "right_ankle"),
    ):
        assert PARENTS[JOINT[child]] == JOINT[parent]
    assert len(H36M_EDGES) == 16
    joined = {frozenset(edge) for edge in H36M_EDGES}
    for joint, other in (("pelvis", "left_hip"), ("thorax", "right_shoulder"), ("neck", "head")):
        assert {H36M[joint], H36M[other]} in joined


def test_normalised_adjacency_by_hand():
    path = adjacency_matrix([(0, 1), (1, 2)], 3)
    assert path.tolist() == [[0, 1, 0], [1, 0, 1], [0, 1, 0]]
    half = 1 / math.sqrt(2)
    expected = torch.tensor([[0, half, 0], [half, 0, half], [0, half, 0]])
    torch.testing.assert_close(normalised(path), expected)
    sixth, loops = 1 / math.sqrt(6), path + torch.eye(3)
    expected = torch.tensor([[1 / 2, sixth, 0], [sixth, 1 / 3, sixth], [0, sixth, 1 / 2]])
    torch.testing.assert_close(normalised(loops), expected)
    torch.testing.assert_close(normalised(torch.stack([path, loops]))[1], expected)


def test_a_node_without_edges_has_zeros():
    assert normalised(adjacency_matrix([(0, 1)], 3)).tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 0]]


def test_human36m_joints_of_a_standing_body(standing):
    points = to_h36m(standing)
    assert points.shape == (17, 3)
    torch.testing.assert_close(points[H36M["pelvis"]], standing[JOINT["pelvis"]])
    for name in ("right_knee", "left_ankle", "left_elbow", "right_wrist"):
        torch.testing.assert_close(points[H36M[name]], standing[JOINT[name]])
    thorax = (standing[JOINT["left_shoulder"]] + standing[JOINT["right_shoulder"]]) / 2
    torch.testing.assert_close(points[H36M["thorax"]], thorax)
    heights = [points[H36M[name], 1] for name in ("left_ankle", "left_knee", "pelvis", "spine")]
    heights += [points[H36M[name], 1] for name in ("thorax", "neck", "head")]
    assert heights == sorted(heights)
    assert to_h36m(standing.expand(2, 5, 22, 3)).shape == (2, 5, 17, 3)


def test_the_side_view_has_the_toes_on_the_right_and_the_head_at_the_top(standing):
    points = project(standing, "side")
    assert points[JOINT["left_foot"], 0] > points[JOINT["left_ankle"], 0]
    assert points[JOINT["head"], 1] < 0 < points[JOINT["left_ankle"], 1]


def test_the_front_view_has_the_left_hand_on_the_right(standing):
    points = project(standing, "front")
    assert points[JOINT["left_wrist"], 0] > 0 > points[JOINT["right_wrist"], 0]
    assert points[JOINT["head"], 1] < 0 < points[JOINT["left_ankle"], 1]
    with pytest.raises(ValueError, match=r"view is 'top', expected one of \('side', 'front'\)"):
        project(standing, "top")


def test_body_height_is_the_sum_of_bone_lengths_in_any_posture(standing):
    chain = ("spine1", "spine2", "spine3", "neck", "head")
    trunk = sum(BONE_LENGTHS[JOINT[name]] for name in chain)
    legs = sum(
        BONE_LENGTHS[JOINT[f"{s}_{p}"]] for s in ("left", "right") for p in ("knee", "ankle")
    )
    stooped = standing.clone()
    turn = torch.tensor([[1.0, 0, 0], [0, 0.6, -0.8], [0, 0.8, 0.6]])
    upper = [JOINT[name] for name in chain]
    stooped[upper] = stooped[upper] @ turn.T
    heights = body_height_m(torch.stack([standing, stooped])[:, None])
    torch.testing.assert_close(heights, torch.full((2,), trunk + legs / 2))


def test_standard_walk_faces_z_at_the_origin_with_height_one(standing):
    walk = turned(standing * 1.3, 2.0) + torch.tensor([4.0, 0.9, -7.0])
    there = standard_walk(walk.expand(1, 6, 22, 3))
    expected = standing / body_height_m(standing[None, None])
    torch.testing.assert_close(there, expected.expand(1, 6, 22, 3), atol=1e-5, rtol=0)


def test_the_path_is_kept_on_request(standing):
    path = torch.tensor([[0.0, 0, 0], [0, 0.1, 0.5], [0, 0, 1.0]])
    walk = (standing + path[:, None])[None]
    assert standard_walk(walk)[:, :, 0].abs().max() == 0
    kept = standard_walk(turned(walk, 1.0) + 3, keep_path=True)[0, :, 0]
    torch.testing.assert_close(kept, path / body_height_m(walk), atol=1e-5, rtol=0)


def test_resampling_is_linear_and_keeps_the_ends():
    line = torch.arange(5.0)[None, :, None, None].expand(2, 5, 4, 3)
    there = resample_frames(line, 9)
    torch.testing.assert_close(
        there, torch.arange(0, 4.5, 0.5)[None, :, None, None].expand(2, 9, 4, 3)
    )
    assert resample_frames(line, 5) is line
    assert resample_frames(line[:, :1], 3).shape == (2, 3, 4, 3)


def test_wrong_clips_raise(clips):
    for wrong in (torch.zeros(5, 22, 3), torch.zeros(1, 5, 17, 3), torch.zeros(1, 0, 22, 3)):
        with pytest.raises(ValueError, match=r"expected \(B, T, 22, 3\)"):
            check_clips(wrong)
    with pytest.raises(ValueError, match="dtype torch.int64, expected float32"):
        check_clips(torch.zeros(1, 5, 22, 3, dtype=torch.int64))
    gaps = clips()
    gaps[1, 7, 21] = math.nan
    gaps[2] = 0
    with pytest.raises(ValueError, match=r"clips \[1, 2\] have NaN, or no width"):
        standard_walk(gaps)
