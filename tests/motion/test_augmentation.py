"""Perturbations of joints: what they change, what they keep, and by how much."""

import numpy as np
import pytest

from agir_hf.humanml3d import BONE_LENGTHS, JOINT_NAMES, LINKS
from agir_hf.motion.augmentation import (
    CROP_FRAMES,
    CROP_SHARE,
    NOISE_M,
    PERTURBATIONS,
    SHIFT_M,
    TooShortError,
    with_even_sides,
)

J = {name: i for i, name in enumerate(JOINT_NAMES)}
JOINTS = np.random.default_rng(0).normal(size=(200, 22, 3))


class Highest:
    """Random generator that gives the ends of its intervals."""

    def __init__(self, share):
        self.share = share

    def uniform(self, low, high, size=None):
        value = low + self.share * (high - low)
        return value if size is None else np.full(size, value)

    def integers(self, low, high=None):
        low, high = (0, low) if high is None else (low, high)
        return low + int(self.share * (high - 1 - low))


def test_mirrored_joints_have_exchanged_sides_and_opposite_x():
    mirrored = PERTURBATIONS["mirrored"](JOINTS)
    for name, other in (("left_knee", "right_knee"), ("right_wrist", "left_wrist"), ("head",) * 2):
        np.testing.assert_array_equal(mirrored[:, J[name]], JOINTS[:, J[other]] * [-1, 1, 1])
    np.testing.assert_array_equal(PERTURBATIONS["mirrored"](mirrored), JOINTS)


@pytest.mark.parametrize(("share", "angle", "shift"), [(0.75, np.pi / 2, 1.0), (0.5, 0.0, 0.0)])
def test_turned_joints_are_rotated_about_y_and_shifted(share, angle, shift):
    turned = PERTURBATIONS["turned"](JOINTS, Highest(share))
    cos, sin = np.cos(angle), np.sin(angle)
    x, y, z = np.moveaxis(JOINTS, -1, 0)
    expected = np.stack([cos * x + sin * z + shift, y, cos * z - sin * x + shift], axis=-1)
    np.testing.assert_allclose(turned, expected, atol=1e-12)
    assert SHIFT_M == 2.0


def test_turned_joints_have_any_heading_and_keep_their_distances():
    rng = np.random.default_rng(1)
    turned = [PERTURBATIONS["turned"](JOINTS, rng) for _ in range(200)]
    across = np.array([joints[0, 1] - joints[0, 2] for joints in turned])
    angles = np.arctan2(across[:, 0], across[:, 2])
    assert np.histogram(angles, 6, (-np.pi, np.pi))[0].min() > 15
    shifts = np.array([joints[0, 0] for joints in turned])
    assert np.ptp(shifts[:, 0]) > 3.5 and np.ptp(shifts[:, 1]) < 1e-9
    np.testing.assert_allclose(
        np.linalg.norm(np.diff(turned[0], axis=1), axis=2),
        np.linalg.norm(np.diff(JOINTS, axis=1), axis=2),
    )


def test_cropped_walks_have_at_least_the_shortest_length_and_any_start():
    rng = np.random.default_rng(2)
    number = np.broadcast_to(np.arange(200.0)[:, None, None], (200, 22, 3))
    crops = [PERTURBATIONS["cropped"](number, rng)[:, 0, 0] for _ in range(400)]
    lengths, starts = (np.array([f(crop) for crop in crops]) for f in (len, lambda c: int(c[0])))
    assert (CROP_SHARE, CROP_FRAMES) == (0.6, 60)
    assert (lengths.min(), lengths.max()) == (120, 199) and starts.min() == 0 < 65 < starts.max()
    assert (starts + lengths).max() == 200
    assert all((np.diff(crop) == 1).all() for crop in crops)
    np.testing.assert_array_equal(PERTURBATIONS["cropped"](JOINTS, Highest(1.0)), JOINTS[1:])
    crop = PERTURBATIONS["cropped"](JOINTS, rng)
    crop[:] = 0
    assert JOINTS.any()


def test_the_shortest_crop_has_three_seconds():
    assert len(PERTURBATIONS["cropped"](JOINTS[:61], Highest(0.0))) == 60
    with pytest.raises(
        TooShortError, match="60 frames is too short to crop, expected more than 60"
    ):
        PERTURBATIONS["cropped"](JOINTS[:60], Highest(0.0))
    with pytest.raises(TooShortError, match="expected more than 60"):
        PERTURBATIONS["cropped"](JOINTS[:10], Highest(0.0))


@pytest.mark.parametrize(
    ("name", "frames", "hz", "is_kept"),
    [
        ("resampled_30fps", 101, 8.0, True),
        ("resampled_15fps", 101, 1.0, True),
        ("resampled_15fps", 101, 9.0, False),
    ],
)
def test_resampled_joints_have_the_same_rate_and_lose_what_15_fps_cannot_represent(
    name, frames, hz, is_kept
):
    times = np.arange(frames) / 20
    joints = np.broadcast_to(np.sin(2 * np.pi * hz * times)[:, None, None], (frames, 22, 3))
    resampled = PERTURBATIONS[name](joints)
    assert len(resampled) == frames
    error = np.abs(resampled - joints)[10:-10].max()
    assert error < 0.12 if is_kept else error > 0.5


def test_noise_has_its_standard_deviation_in_every_coordinate():
    noise = PERTURBATIONS["noised"](JOINTS, np.random.default_rng(3)) - JOINTS
    drawn = np.random.default_rng(3).normal(0.0, NOISE_M, JOINTS.shape)
    np.testing.assert_allclose(noise, drawn, atol=1e-12)
    assert NOISE_M == 0.005
    np.testing.assert_allclose(noise.std(axis=(0, 1)), 0.005, rtol=0.1)
    np.testing.assert_allclose(noise.mean(axis=(0, 1)), 0, atol=5e-4)
    assert abs(np.corrcoef(noise[:, 0, 0], noise[:, 1, 0])[0, 1]) < 0.3


def test_even_sides_have_bones_of_the_mean_length_and_a_longer_path():
    lengths = np.array(BONE_LENGTHS)
    joints = np.zeros((5, 22, 3))
    rng = np.random.default_rng(4)
    joints[:, 0] = rng.normal(size=(5, 3))
    for parent, joint in LINKS:
        bone = rng.normal(size=(5, 3))
        bone /= np.linalg.norm(bone, axis=1, keepdims=True)
        joints[:, joint] = joints[:, parent] + lengths[joint] * bone
    even = with_even_sides(joints)
    for parent, joint in LINKS:
        name = JOINT_NAMES[joint]
        other = J[name.replace("left", "x").replace("right", "left").replace("x", "right")]
        bone = even[:, joint] - even[:, parent]
        length = np.linalg.norm(bone, axis=1)
        np.testing.assert_allclose(length, (lengths[joint] + lengths[other]) / 2)
        np.testing.assert_allclose(
            bone / length[:, None], (joints[:, joint] - joints[:, parent]) / lengths[joint]
        )
    leg = [
        sum(lengths[J[f"{side}_{name}"]] for name in ("knee", "ankle"))
        for side in ("left", "right")
    ]
    np.testing.assert_allclose(even[:, 0], joints[:, 0] * np.mean(leg) / leg[1])
