"""Alignment of skeleton conventions: other joint places change features less, gait stays."""

import numpy as np
import pytest

import agir_hf
from agir_hf import AgirFeatureExtractor
from agir_hf.alignment_agir import (
    ALIGNED,
    align,
    aligned_features,
    bone_directions,
    reference_directions,
)
from agir_hf.humanml3d import FEATURE_SLICES, JOINT_NAMES, OTHER_SIDE, joints_to_features
from agir_hf.motion import read_recording, to_joints
from agir_hf.simulation.conventions import apply_convention, draw_convention


@pytest.fixture(scope="module")
def joints():
    motion = to_joints(read_recording(agir_hf.SAMPLE_RECORDING))
    return np.asarray(motion.joints, float)


def test_aligned_bones_have_the_reference_directions_and_their_lengths(joints):
    result = align(joints)
    moved = [joint for _, joint in ALIGNED]
    names = {JOINT_NAMES[joint].removeprefix("left_").removeprefix("right_") for joint in moved}
    assert names == {"spine1", "spine2", "spine3", "neck", "head", "collar", "shoulder"}
    cosine = (bone_directions(result) * reference_directions())[moved].sum(1)
    assert cosine.min() > 0.99
    for parent, joint in ALIGNED:
        before, after = (
            np.linalg.norm(x[:, joint] - x[:, parent], axis=1) for x in (joints, result)
        )
        np.testing.assert_allclose(after, before, rtol=1e-9)
    legs = [i for i, name in enumerate(JOINT_NAMES) if name.endswith(("hip", "knee", "ankle"))]
    np.testing.assert_allclose(result[:, legs], joints[:, legs], atol=1e-12)


def test_limbs_keep_their_directions(joints):
    result = align(joints)
    elbow, wrist = JOINT_NAMES.index("left_elbow"), JOINT_NAMES.index("left_wrist")
    np.testing.assert_allclose(
        result[:, wrist] - result[:, elbow], joints[:, wrist] - joints[:, elbow], atol=1e-12
    )


def test_another_convention_changes_aligned_features_less(joints):
    rng = np.random.default_rng(0)
    plain, aligned = [], []
    positions = FEATURE_SLICES["joint_positions"].start  # joints 1 to 21
    trunk = [positions + 3 * (joint - 1) + axis for _, joint in ALIGNED for axis in range(3)]
    for _ in range(8):
        other = apply_convention(joints, draw_convention(rng))
        for function, values in ((joints_to_features, plain), (aligned_features, aligned)):
            change = function(other)[:, trunk].mean(0) - function(joints)[:, trunk].mean(0)
            values.append(np.abs(change).mean())
    assert np.mean(aligned) < 0.7 * np.mean(plain)


def test_the_mirror_image_is_aligned_in_the_same_way(joints):
    mirrored = joints[:, OTHER_SIDE] * [-1.0, 1.0, 1.0]
    expected = align(joints)[:, OTHER_SIDE] * [-1.0, 1.0, 1.0]
    np.testing.assert_allclose(align(mirrored), expected, atol=1e-9)


def test_the_lean_of_the_trunk_stays(joints):
    neck = JOINT_NAMES.index("neck")

    def lean(x):
        line = (x[:, neck] - x[:, 0]).mean(axis=0)
        return np.degrees(np.arctan2(np.hypot(line[0], line[2]), line[1]))

    spine = JOINT_NAMES.index("spine1")
    bent = joints.copy()
    upper = [i for i, name in enumerate(JOINT_NAMES) if i >= spine and "hip" not in name]
    upper = [i for i in upper if not any(p in JOINT_NAMES[i] for p in ("knee", "ankle", "foot"))]
    forward = (joints[-1, 0] - joints[0, 0]) * [1.0, 0.0, 1.0]
    axis = np.cross([0.0, 1.0, 0.0], forward / np.linalg.norm(forward))
    angle = np.radians(20.0)
    skew = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    turn = np.eye(3) + np.sin(angle) * skew + (1 - np.cos(angle)) * skew @ skew
    bent[:, upper] = joints[:, :1] + (joints[:, upper] - joints[:, :1]) @ turn.T
    assert lean(align(bent)) - lean(align(joints)) > 12.0


def test_the_extractor_aligns_joints_only_if_it_is_set(joints):
    plain, aligning = AgirFeatureExtractor(), AgirFeatureExtractor(align_conventions=True)
    np.testing.assert_allclose(plain.features(joints), joints_to_features(joints), atol=1e-5)
    np.testing.assert_allclose(aligning.features(joints), aligned_features(joints), atol=1e-5)
    features = plain.features(joints)
    np.testing.assert_array_equal(aligning.features(features), features)
