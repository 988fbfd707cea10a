from dataclasses import replace

import numpy as np
import pytest

from agir_hf.gait import measure
from agir_hf.humanml3d import JOINT_NAMES, LINKS
from agir_hf.motion import JointMotion, read_recording, to_joints
from agir_hf.motion.augmentation import mirrored
from agir_hf.simulation.conventions import Convention, apply_convention, draw_convention

DRAWS = 12
PELVIS = JOINT_NAMES.index("pelvis")
FEET = [i for i, name in enumerate(JOINT_NAMES) if name.endswith(("ankle", "foot"))]
# Bones whose direction real skeletons show elsewhere than the simulated body.
UPPER_BONES = ("spine1", "spine3", "head", "left_collar", "left_shoulder", "left_elbow")


def conventions(seed=0, count=DRAWS):
    rng = np.random.default_rng(seed)
    return [draw_convention(rng) for _ in range(count)]


def bone_lengths(joints):
    """Lengths (T, 21) in metres."""
    parents, children = zip(*LINKS, strict=True)
    return np.linalg.norm(joints[:, list(children)] - joints[:, list(parents)], axis=-1)


def mean_direction(joints, name):
    """Unit vector (left, up, forward) of the bone that ends in a joint, in the mean heading."""
    (parent,) = (p for p, child in LINKS if JOINT_NAMES[child] == name)
    across = joints[:, JOINT_NAMES.index("left_hip")] - joints[:, JOINT_NAMES.index("right_hip")]
    left = across.mean(0) * [1, 0, 1]
    left /= np.linalg.norm(left)
    bone = (joints[:, JOINT_NAMES.index(name)] - joints[:, parent]).mean(0)
    bone /= np.linalg.norm(bone)
    return np.array([bone @ left, bone[1], bone @ np.cross(left, [0, 1, 0])])


def changed(part, **angles):
    """Convention that rotates one bone; angles are named by the axis."""
    rotations = np.zeros((22, 3))
    axes = ("left", "up", "forward")
    rotations[JOINT_NAMES.index(part)] = [angles.get(axis, 0.0) for axis in axes]
    return replace(Convention.identity(), rotations_deg=rotations)


def test_the_identity_changes_nothing(examples):
    joints = examples[0].walk.joints
    before = joints.copy()
    np.testing.assert_allclose(apply_convention(joints, Convention.identity()), joints, atol=1e-12)
    np.testing.assert_array_equal(joints, before)


def test_the_input_is_not_changed_and_the_result_differs(examples):
    joints = examples[0].walk.joints
    before = joints.copy()
    result = apply_convention(joints, conventions()[0])
    np.testing.assert_array_equal(joints, before)
    assert np.abs(result - joints).max() > 0.02


def test_bone_lengths_change_by_factors_that_are_constant_over_time(examples):
    joints = examples[1].walk.joints
    before = bone_lengths(joints)
    assert (np.ptp(before, axis=0) < 0.01 * before.mean(axis=0)).all()  # constant in the body
    for convention in conventions():
        after = bone_lengths(apply_convention(joints, convention))
        factors = convention.lengths[[child for _, child in LINKS]]
        np.testing.assert_allclose(after, before * factors, rtol=1e-9)


@pytest.mark.parametrize("score", [0, 1, 2])
def test_gait_that_does_not_depend_on_the_skeleton_is_kept(examples, score):
    walk = examples[10 * score + 3].walk
    before = measure(JointMotion(walk.joints.astype(np.float32), walk.rate_hz)).parameters
    tolerances = {
        "cadence_steps_per_min": 3.0, "speed_m_per_s": 0.02, "step_length_m": 0.01,
        "step_length_left_m": 0.02, "step_length_right_m": 0.02, "step_width_m": 0.04,
        "arm_swing_left_deg": 5.0, "arm_swing_right_deg": 5.0, "hip_range_deg": 4.0,
        "knee_range_deg": 10.0, "shoulder_hip_phase_deg": 5.0,
    }  # fmt: skip
    differences = {name: [] for name in tolerances}
    for convention in conventions(seed=score, count=6):
        joints = apply_convention(walk.joints, convention).astype(np.float32)
        after = measure(JointMotion(joints, walk.rate_hz)).parameters
        for name in tolerances:
            differences[name].append(after[name].value - before[name].value)
    for name, largest in tolerances.items():
        assert np.abs(differences[name]).max() < largest, name
    assert np.abs(np.mean(differences["knee_range_deg"])) < 5.0


def test_the_pelvis_keeps_its_path_and_the_feet_their_floor(examples):
    joints = examples[2].walk.joints
    for convention in conventions():
        result = apply_convention(joints, convention)
        np.testing.assert_allclose(result[:, PELVIS, ::2], joints[:, PELVIS, ::2], atol=1e-12)
        rise = result[:, PELVIS, 1] - joints[:, PELVIS, 1]
        assert np.ptp(rise) < 1e-12 and abs(rise[0]) < 0.12
        floors = [np.percentile(each[:, FEET, 1].min(1), 2) for each in (result, joints)]
        assert floors[0] == pytest.approx(floors[1], abs=1e-9)


def test_a_mirrored_convention_commutes_with_mirroring(examples):
    joints = examples[4].walk.joints
    for convention in conventions():
        np.testing.assert_allclose(
            apply_convention(mirrored(joints), convention.mirrored()),
            mirrored(apply_convention(joints, convention)),
            atol=1e-9,
        )
        twice = convention.mirrored().mirrored()
        np.testing.assert_array_equal(twice.rotations_deg, convention.rotations_deg)
        np.testing.assert_array_equal(twice.lengths, convention.lengths)


def test_the_result_does_not_depend_on_the_position_in_the_room(examples):
    joints = examples[5].walk.joints
    turn = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]])
    shift = np.array([2.0, 0.0, -1.0])
    convention = conventions()[3]
    np.testing.assert_allclose(
        apply_convention(joints @ turn.T + shift, convention),
        apply_convention(joints, convention) @ turn.T + shift,
        atol=1e-9,
    )


@pytest.mark.parametrize(
    ("part", "angles", "axis", "sign"),
    [
        ("head", {"left": 10.0}, 2, 1),  # forward
        ("left_elbow", {"left": -10.0}, 2, 1),
        ("left_shoulder", {"forward": 10.0}, 1, 1),  # up
        ("right_shoulder", {"forward": -10.0}, 1, 1),
        ("left_knee", {"forward": -6.0}, 0, -1),  # towards the midline
        ("right_knee", {"forward": 6.0}, 0, 1),
    ],
)
def test_rotations_are_about_the_left_upward_and_forward_axis(examples, part, angles, axis, sign):
    joints = examples[0].walk.joints
    before = mean_direction(joints, part)
    after = mean_direction(apply_convention(joints, changed(part, **angles)), part)
    turned = np.degrees(np.arccos(np.clip(before @ after, -1, 1)))
    assert turned == pytest.approx(abs(sum(angles.values())), abs=1.5)
    assert sign * (after - before)[axis] > 0.02


def test_lean_tilts_the_trunk_forward_and_not_the_arms(examples):
    joints = examples[0].walk.joints
    leaning = apply_convention(joints, replace(Convention.identity(), lean_deg=8.0))
    for name in ("spine2", "neck", "head"):
        assert mean_direction(leaning, name)[2] > mean_direction(joints, name)[2] + 0.05
    for name in ("left_elbow", "right_wrist", "left_knee"):
        np.testing.assert_allclose(
            mean_direction(leaning, name), mean_direction(joints, name), atol=1e-9
        )


def test_equal_seeds_give_equal_conventions_and_sides_differ_little():
    first, again = conventions(seed=7), conventions(seed=7)
    np.testing.assert_array_equal(first[0].rotations_deg, again[0].rotations_deg)
    assert not np.allclose(first[0].rotations_deg, first[1].rotations_deg)
    for convention in first:
        difference = convention.rotations_deg - convention.mirrored().rotations_deg
        sided = [i for i, name in enumerate(JOINT_NAMES) if "_" in name]
        assert 0 < np.abs(difference[sided]).max() < 20
        np.testing.assert_array_equal(convention.lengths, convention.mirrored().lengths)


def test_drawn_conventions_cover_the_skeletons_of_real_recordings(examples, shared):
    """Upper-body directions of real skeletons are within the range of the drawn copies."""
    folder = shared / "data"
    files = [
        *sorted((folder / "hubertshum_bvh").glob("*.bvh"))[::8],
        *sorted((folder / "shida_pd").glob("*.c3d")),
        folder / "btk_pig" / "PiG_Motion-FlatFoot-Hole.c3d",
    ]
    real = [to_joints(read_recording(path)).joints for path in files]
    bodies = [example.walk.joints[::15] for example in examples[::3]]
    copies = [apply_convention(body, drawn) for body in bodies for drawn in conventions(count=20)]
    covered, covered_before = [], []
    for name in UPPER_BONES:
        directions = np.array([mean_direction(joints, name) for joints in real])
        for motions, shares in ((copies, covered), (bodies, covered_before)):
            drawn = np.array([mean_direction(joints, name) for joints in motions])
            inside = (directions >= drawn.min(0)) & (directions <= drawn.max(0))
            across = np.arange(3) != np.abs(directions.mean(0)).argmax()  # across the bone
            shares.append(inside[:, across].all(axis=1).mean())
    assert np.mean(covered) > 0.85 and np.mean(covered_before) < 0.3


@pytest.mark.parametrize("shape", [(5, 21, 3), (22, 3), (5, 22, 2)])
def test_other_shapes_raise_an_error(shape):
    with pytest.raises(ValueError, match=r"joints have shape .*, expected \(frames, 22, 3\)"):
        apply_convention(np.zeros(shape), Convention.identity())


def test_invalid_conventions_raise_an_error():
    with pytest.raises(ValueError, match=r"shapes \(21, 3\) and \(22,\), expected \(22, 3\)"):
        Convention(np.zeros((21, 3)), np.ones(22), 0.0)
    with pytest.raises(ValueError, match="0 or less"):
        Convention(np.zeros((22, 3)), np.zeros(22), 0.0)
