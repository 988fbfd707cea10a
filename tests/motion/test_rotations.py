"""Rotations of a body in every form and shape are read as the same axis-angle vectors."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from agir_hf.motion import RecordingError
from agir_hf.motion.readers.rotations import frame_count_of, read_rotations

FRAMES = 30


def vectors_of(joints, frames=FRAMES, seed=0):
    """Axis-angle (T, J, 3) of a walk: knees are bent by 0.6 rad about X, others move a little."""
    vectors = 0.2 * np.random.default_rng(seed).normal(size=(frames, joints, 3))
    if joints >= 21:
        knees = (4, 5) if joints in (22, 24, 52, 55) else (3, 4)
        vectors[:, list(knees)] = [0.6, 0.02, 0.01]
    return vectors


def matrices_of(vectors):
    flat = Rotation.from_rotvec(vectors.reshape(-1, 3)).as_matrix()
    return flat.reshape(*vectors.shape[:2], 3, 3)


def check(values, vectors, remark="", form="", root=False):
    read = read_rotations(values, "pose", "x", form, root)
    np.testing.assert_allclose(read.vectors, vectors, atol=1e-6)
    assert any(remark in text for text in read.remarks) if remark else read.remarks == ()
    count = frame_count_of(np.shape(values), root)
    assert count == len(vectors)


@pytest.mark.parametrize("joints", [21, 22, 23, 24, 51, 52, 54, 55])
def test_bodies_in_every_form(joints):
    vectors = vectors_of(joints)
    matrices = matrices_of(vectors)
    flat = (FRAMES, joints * 3)
    check(vectors, vectors)
    check(vectors[None], vectors)
    if joints not in (21, 22, 24, 51, 52, 54) or joints * 3 % 9:
        check(vectors.reshape(flat), vectors) if joints * 3 % 6 and joints * 3 % 9 else None
    check(vectors.reshape(flat), vectors, form="axis-angle")
    for values in (matrices, matrices[None], matrices.reshape(FRAMES, joints, 9)):
        check(values, vectors, "pose read as rotation matrices")
    check(matrices.reshape(FRAMES, joints * 9), vectors, "read as rotation matrices")
    interleaved = matrices[..., :2]
    for values in (interleaved, interleaved.reshape(FRAMES, joints, 6)):
        check(values, vectors, "6D rotations")
    check(interleaved.reshape(FRAMES, joints * 6), vectors, "6D rotations")
    columns = np.concatenate([matrices[..., 0], matrices[..., 1]], axis=-1)
    check(columns, vectors, "columns of the matrices, by the flexion of the knees")
    rows = matrices[..., :2, :].reshape(FRAMES, joints, 6)
    check(rows, vectors, "rows of the matrices, by the flexion of the knees")
    check(matrices[..., :2, :], vectors, "of the matrices, by the flexion of the knees")


def test_roots_in_every_form():
    vectors = vectors_of(1)
    matrices = matrices_of(vectors)
    for values in (vectors, vectors[:, 0]):
        check(values, vectors, root=True)
    for values in (matrices, matrices[:, 0], matrices.reshape(FRAMES, 9)):
        check(values, vectors, "rotation matrices", root=True)
    for values in (matrices[..., :2], matrices[:, 0, :, :2], matrices[..., :2].reshape(FRAMES, 6)):
        check(values, vectors, "6D rotations", root=True)


@pytest.mark.parametrize("order", ["wxyz", "xyzw"])
def test_quaternions_are_read_where_the_name_states_them(order):
    vectors = vectors_of(22)
    quaternions = Rotation.from_rotvec(vectors.reshape(-1, 3)).as_quat().reshape(FRAMES, 22, 4)
    values = np.roll(quaternions, 1, axis=-1) if order == "wxyz" else quaternions
    spaced = " ".join(order)
    for form in (f"quaternion {order}", "quaternion"):
        check(values, vectors, f"pose read as quaternions ({spaced})", form)
        check(-values.reshape(FRAMES, 88), vectors, f"({spaced})", form)
    with pytest.raises(RecordingError, match="name them pose_wxyz or pose_xyzw"):
        read_rotations(values, "pose", "x")
    values = values.copy()
    values[3, 4] = np.nan
    read = read_rotations(values, "pose", "x", "quaternion").vectors
    assert np.argwhere(np.isnan(read).any(axis=2)).tolist() == [[3, 4]]


def test_single_frames_are_read():
    vectors = vectors_of(24, frames=1)
    check(vectors[0].ravel(), vectors, form="axis-angle")
    check(matrices_of(vectors), vectors, "rotation matrices")


@pytest.mark.parametrize(
    ("angle", "is_read"), [(1.09 * np.pi, True), (1.12 * np.pi, True), (2.21 * np.pi, False)]
)
def test_a_single_joint_slightly_above_pi_is_taken_modulo_2_pi(angle, is_read):
    vectors = vectors_of(23)
    vectors[5, 7] = [0, angle, 0]
    if not is_read:
        with pytest.raises(RecordingError, match="rad, above pi.*seem to be in degrees"):
            read_rotations(vectors, "pose", "x")
        return
    read = read_rotations(vectors, "pose", "x")
    np.testing.assert_allclose(read.vectors[5, 7], [0, angle - 2 * np.pi, 0])
    assert read.remarks == ("1 rotations of pose slightly above pi, taken modulo 2 pi",)
    vectors[5, 7] = 0
    np.testing.assert_array_equal(read.vectors[:5], vectors[:5])


@pytest.mark.parametrize(("count", "is_read"), [(6, True), (8, False)])
def test_up_to_a_hundredth_of_the_joints_may_be_far_above_pi(count, is_read):
    vectors = vectors_of(23)  # 690 rotations
    vectors[:count, 7] = [0, 1.5 * np.pi, 0]
    if is_read:
        assert len(read_rotations(vectors, "pose", "x").remarks) == 1
    else:
        with pytest.raises(RecordingError, match="above pi"):
            read_rotations(vectors, "pose", "x")


def test_a_root_turns_once_more_without_a_remark():
    vectors = vectors_of(24)
    vectors[:, 0] = [0, 1.9 * np.pi, 0]
    read = read_rotations(vectors, "pose", "x")
    np.testing.assert_allclose(read.vectors[:, 0], np.tile([0, -0.1 * np.pi, 0], (FRAMES, 1)))
    assert read.remarks == ()
    check(vectors[:, 0], read.vectors[:, :1], root=True)
    with pytest.raises(RecordingError, match="another unit"):
        read_rotations(vectors * 1000, "pose", "x")


def test_matrices_are_orthogonal_within_three_hundredths_and_not_mirrored():
    vectors = vectors_of(22)
    matrices = matrices_of(vectors)
    read = read_rotations(matrices * 1.012, "pose", "x").vectors
    np.testing.assert_allclose(read, vectors, atol=1e-3)
    for wrong in (matrices * 1.03, matrices * [1, 1, -1]):
        with pytest.raises(RecordingError, match="expected rotation matrices .orthogonal"):
            read_rotations(wrong, "pose", "x")
    with pytest.raises(RecordingError, match="expected 6D rotations"):
        read_rotations(np.random.default_rng(0).normal(size=(30, 22, 6)), "pose", "x")


@pytest.mark.parametrize(
    "values",
    [np.zeros((30, 10)), np.zeros((30, 22, 5)), np.zeros((30, 2, 2, 2, 3)), np.zeros(()),
     np.array([["a"]]), np.zeros((30, 9, 9, 3))],
)  # fmt: skip
def test_other_arrays_are_no_rotations(values):
    with pytest.raises(RecordingError, match="expected axis-angle vectors"):
        read_rotations(values, "pose", "x")
