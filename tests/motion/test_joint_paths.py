"""Joint centres of constructed markers against centres that were computed by hand."""

import numpy as np
import pytest

from agir_hf.humanml3d import JOINT_NAMES
from agir_hf.motion.joint_centres import joint_centres, joint_paths

# A person who faces Z: x to the left, y up. The left and the right differ.
PELVIS = {
    "left_asis": (0.12, 1.0, 0.10),
    "right_asis": (-0.12, 1.0, 0.10),
    "left_psis": (0.05, 1.0, -0.08),
    "right_psis": (-0.05, 1.0, -0.06),
}
WIDTH, DEPTH = 0.24, 0.17
UP, AHEAD = -0.30 * WIDTH - 0.0109, -0.24 * DEPTH - 0.0099
OUT = 0.33 * WIDTH + 0.0073
LEFT_HIP = np.array([OUT, 1 + UP, 0.10 + AHEAD])
RIGHT_HIP = np.array([-OUT, 1 + UP, 0.10 + AHEAD])
ROOT = np.array([0.0, 1.0, 0.10 + AHEAD - 0.02])
SHOULDERS = {"left_acromion": (0.18, 1.45, 0.0), "right_acromion": (-0.18, 1.45, 0.0)}
NECK = {"jugular_notch": (0.0, 1.40, 0.10), "c7": (0.0, 1.46, -0.06)}


def joints_of(*groups, **further):
    sites = {site: point for group in (*groups, further) for site, point in group.items()}
    paths = joint_paths({site: np.array([point, point], float) for site, point in sites.items()})
    assert all(path.shape == (2, 3) for path in paths.values())
    return {name: path[1] for name, path in paths.items()}


def test_hips_and_pelvis_by_hand():
    joints = joints_of(PELVIS)
    assert set(joints) == {"left_hip", "right_hip", "pelvis"}
    np.testing.assert_allclose(joints["left_hip"], LEFT_HIP, atol=1e-9)
    np.testing.assert_allclose(joints["right_hip"], RIGHT_HIP, atol=1e-9)
    np.testing.assert_allclose(joints["pelvis"], ROOT, atol=1e-9)


def test_a_sacrum_is_the_back_of_the_pelvis_if_a_psis_is_missing():
    back = {"sacrum": (0.0, 1.0, -0.07)}
    front = {site: PELVIS[site] for site in ("left_asis", "right_asis")}
    for sites in (front, front | {"left_psis": (9.0, 9.0, 9.0)}):
        np.testing.assert_allclose(joints_of(sites, back)["left_hip"], LEFT_HIP, atol=1e-9)
    both = joints_of(PELVIS, sacrum=(0.0, 1.0, -0.5))
    np.testing.assert_allclose(both["left_hip"], LEFT_HIP, atol=1e-9)
    assert joints_of(front) == {} and joints_of(front, left_psis=(0, 1, 0)) == {}
    assert joints_of({"left_asis": (0, 1, 0), "sacrum": (0, 1, -0.1)}) == {}


def test_the_width_of_the_pelvis_is_the_median_over_frames():
    sites = {site: np.tile(np.array(point), (3, 1)) for site, point in PELVIS.items()}
    sites["left_asis"][0, 0] += 0.3
    np.testing.assert_allclose(joint_paths(sites)["left_hip"][1:], [LEFT_HIP] * 2, atol=1e-9)


def test_a_tilted_pelvis_tilts_its_hips():
    """The back of the pelvis is 0.1 m higher than its front, at a depth of 0.17 m."""
    depth = np.hypot(0.17, 0.1)
    raised = {site: (x, y + 0.1 * ("psis" in site), z) for site, (x, y, z) in PELVIS.items()}
    up, ahead = np.array([0, 0.17, 0.1]) / depth, np.array([0, -0.1, 0.17]) / depth
    expected = np.array([0, 1, 0.1]) + np.array([OUT, 0, 0]) + UP * up
    expected = expected + (-0.24 * depth - 0.0099) * ahead
    joints = joints_of(raised)
    np.testing.assert_allclose(joints["left_hip"], expected, atol=1e-9)
    middle = expected * [0, 1, 1]
    root = middle + ((np.array([0, 1, 0.1]) - middle) @ up) * up - 0.02 * ahead
    np.testing.assert_allclose(joints["pelvis"], root, atol=1e-9)


@pytest.mark.parametrize("side", ["left", "right"])
def test_knee_and_ankle_are_midway_or_half_a_width_medial(side):
    sign = 1 if side == "left" else -1
    other = "right" if side == "left" else "left"
    knee, ankle = (sign * 0.15, 0.5, 0.05), (sign * 0.14, 0.1, 0.0)
    both = joints_of(
        PELVIS,
        {f"{side}_knee_lateral": knee, f"{side}_knee_medial": (sign * 0.05, 0.52, 0.05)},
        {f"{side}_ankle_lateral": ankle, f"{side}_ankle_medial": (sign * 0.06, 0.1, 0.02)},
    )
    np.testing.assert_allclose(both[f"{side}_knee"], [sign * 0.10, 0.51, 0.05])
    np.testing.assert_allclose(both[f"{side}_ankle"], [sign * 0.10, 0.1, 0.01])
    assert f"{other}_knee" not in both and f"{side}_foot" not in both
    hip = both[f"{side}_hip"]
    lateral = joints_of(PELVIS, {f"{side}_knee_lateral": knee, f"{side}_ankle_lateral": ankle})
    for joint, outer, near, half in (
        ("knee", knee, hip, 0.057),
        ("ankle", ankle, lateral[f"{side}_knee"], 0.043),
    ):
        moved = lateral[f"{side}_{joint}"] - outer
        bone = np.array(outer) - near
        assert np.linalg.norm(moved) == pytest.approx(half)
        assert moved @ bone == pytest.approx(0, abs=1e-9)
        assert moved[0] * sign < -0.9 * half  # towards the midline


def test_the_ball_of_the_foot_is_between_the_outer_metatarsals_or_the_second():
    outer = {"left_metatarsal_1": (0.06, 0.03, 0.15), "left_metatarsal_5": (0.14, 0.01, 0.13)}
    second = {"left_metatarsal_2": (0.09, 0.04, 0.17)}
    for sites, expected in (
        (outer | second, (0.10, 0.02, 0.14)),
        (outer, (0.10, 0.02, 0.14)),
        (second, (0.09, 0.04, 0.17)),
        (second | {"left_metatarsal_1": (9, 9, 9)}, (0.09, 0.04, 0.17)),
    ):
        np.testing.assert_allclose(joints_of(PELVIS, sites)["left_foot"], expected)
    only_first = joints_of(PELVIS, left_metatarsal_1=(0.06, 0.03, 0.15))
    assert "left_foot" not in only_first


def upper(**further):
    return joints_of(PELVIS, SHOULDERS, NECK, **further)


def test_trunk_by_hand():
    joints = upper()
    spine = np.array([0, 1.46, -0.06]) + np.array([0, 1.40, 0.10]) - 2 * ROOT
    up = spine / np.linalg.norm(spine)
    ahead = np.array([0, -up[2], up[1]])
    neck = np.array([0, 1.46, -0.06]) + 0.6 * np.array([0, -0.06, 0.16]) + 0.04 * up
    np.testing.assert_allclose(joints["neck"], neck, atol=1e-9)
    shares = np.cumsum([0.13157, 0.14319, 0.05736, 0.21936]) / 0.55148
    chest = ROOT + shares[1] * (neck - ROOT)
    np.testing.assert_allclose(joints["spine2"], chest, atol=1e-9)
    lower = ROOT + shares[0] * (neck - ROOT) - 0.035 * ahead
    np.testing.assert_allclose(joints["spine1"], lower, atol=1e-9)
    spine3 = chest + 0.045 * up + 0.033 * ahead
    np.testing.assert_allclose(joints["spine3"], spine3, atol=1e-9)
    np.testing.assert_allclose(joints["head"], neck + 0.068 * up + 0.070 * ahead, atol=1e-9)
    base = (spine3 + neck) / 2
    for side, x in (("left", 0.18), ("right", -0.18)):
        shoulder = np.array([x, 1.45, 0.0]) - 0.17 * 0.36 * up
        np.testing.assert_allclose(joints[f"{side}_shoulder"], shoulder, atol=1e-9)
        collar = base + 0.45 * (shoulder - base)
        np.testing.assert_allclose(joints[f"{side}_collar"], collar, atol=1e-9)


def test_the_chest_is_between_t10_and_the_xiphoid_if_both_are_seen():
    without = upper()["spine2"]
    for sites in ({"t10": (0.0, 1.2, -0.12)}, {"xiphoid": (0.0, 1.25, 0.12)}):
        np.testing.assert_allclose(upper(**sites)["spine2"], without)
    chest = upper(t10=(0.0, 1.2, -0.12), xiphoid=(0.0, 1.25, 0.12))["spine2"]
    np.testing.assert_allclose(chest, [0, 1.2275, 0.012])


def test_the_head_is_below_the_centre_of_its_four_markers():
    front = {"left_head_front": (0.07, 1.62, 0.12), "right_head_front": (-0.07, 1.60, 0.12)}
    back = {"left_head_back": (0.06, 1.64, -0.08), "right_head_back": (-0.06, 1.66, -0.06)}
    joints = upper(**front, **back)
    middle = np.array([0, (1.62 + 1.60 + 1.64 + 1.66) / 4, (0.12 + 0.12 - 0.08 - 0.06) / 4])
    head = joints["neck"] + 0.45 * (middle - joints["neck"])
    head = head + 0.35 * (np.array([0, 1.61, 0.12]) - middle)
    np.testing.assert_allclose(joints["head"], head, atol=1e-9)
    three = dict(list((front | back).items())[:3])
    np.testing.assert_allclose(upper(**three)["head"], upper()["head"])


def test_the_notch_is_between_the_sternoclavicular_joints():
    ends = {
        "left_sternoclavicular": (0.02, 1.39, 0.09),
        "right_sternoclavicular": (-0.02, 1.41, 0.11),
    }
    joints = joints_of(PELVIS, SHOULDERS, ends, c7=NECK["c7"])
    np.testing.assert_allclose(joints["neck"], upper()["neck"], atol=1e-9)
    np.testing.assert_allclose(
        joints_of(PELVIS, SHOULDERS, NECK, ends)["neck"], upper()["neck"], atol=1e-9
    )
    one_end = {"left_sternoclavicular": (0.02, 1.39, 0.09)}
    assert "neck" not in joints_of(PELVIS, SHOULDERS, one_end, c7=NECK["c7"])


@pytest.mark.parametrize("side", ["left", "right"])
def test_arms_by_hand(side):
    sign = 1 if side == "left" else -1
    elbow = (sign * 0.26, 1.12, -0.03)
    ends = {
        f"{side}_wrist_lateral": (sign * 0.3, 0.9, 0.10),
        f"{side}_wrist_medial": (sign * 0.26, 0.88, 0.06),
    }
    joints = upper(
        **{f"{side}_elbow_lateral": elbow, f"{side}_elbow_medial": (sign * 0.18, 1.1, -0.01)},
        **ends,
    )
    np.testing.assert_allclose(joints[f"{side}_elbow"], [sign * 0.22, 1.11, -0.02])
    np.testing.assert_allclose(joints[f"{side}_wrist"], [sign * 0.28, 0.89, 0.08])
    lateral = upper(**{f"{side}_elbow_lateral": elbow, f"{side}_wrist": (sign * 0.3, 0.9, 0.1)})
    moved = lateral[f"{side}_elbow"] - elbow
    assert np.linalg.norm(moved) == pytest.approx(0.042)
    assert moved @ (np.array(elbow) - lateral[f"{side}_shoulder"]) == pytest.approx(0, abs=1e-9)
    assert moved[0] * sign < -0.037
    np.testing.assert_allclose(lateral[f"{side}_wrist"], [sign * 0.3, 0.9, 0.1])
    with_both = upper(**ends, **{f"{side}_wrist": (9, 9, 9)})
    np.testing.assert_allclose(with_both[f"{side}_wrist"], [sign * 0.28, 0.89, 0.08])
    one_end = upper(**{f"{side}_wrist_medial": (sign * 0.26, 0.88, 0.06)})
    np.testing.assert_allclose(one_end[f"{side}_wrist"], [sign * 0.26, 0.88, 0.06])


def test_shoulders_without_a_neck_are_below_the_acromions_along_the_trunk():
    joints = joints_of(PELVIS, SHOULDERS, left_elbow_lateral=(0.26, 1.12, -0.03))
    trunk = np.array([0, 1.45, 0.0]) - ROOT
    up = trunk / np.linalg.norm(trunk)
    expected = np.array([0.18, 1.45, 0.0]) - 0.17 * 0.36 * up
    np.testing.assert_allclose(joints["left_shoulder"], expected, atol=1e-9)
    assert "left_elbow" in joints and "neck" not in joints and "spine1" not in joints
    assert "left_shoulder" not in joints_of(PELVIS, NECK, left_acromion=(0.18, 1.45, 0.0))


def test_all_joints_are_in_the_order_of_their_names():
    limbs = {}
    for side, sign in (("left", 1), ("right", -1)):
        limbs |= {
            f"{side}_knee_lateral": (sign * 0.15, 0.5, 0.05),
            f"{side}_ankle_lateral": (sign * 0.14, 0.1, 0.0),
            f"{side}_metatarsal_2": (sign * 0.1, 0.05, 0.15),
            f"{side}_elbow_lateral": (sign * 0.26, 1.12, -0.03),
            f"{side}_wrist": (sign * 0.3, 0.9, 0.1),
        }
    sites = {name: np.array([p, p]) for name, p in (PELVIS | SHOULDERS | NECK | limbs).items()}
    centres, paths = joint_centres(sites), joint_paths(sites)
    assert centres.shape == (2, 22, 3) and set(paths) == set(JOINT_NAMES)
    for i, name in enumerate(JOINT_NAMES):
        np.testing.assert_array_equal(centres[:, i], paths[name])
    del sites["left_wrist"]
    with pytest.raises(KeyError, match="left_wrist"):
        joint_centres(sites)
