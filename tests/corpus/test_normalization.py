"""Mean and standard deviation of motion features."""

import numpy as np
import pytest

from agir_hf.corpus.normalization import FEATURE_BIAS, feature_statistics
from agir_hf.humanml3d import (
    FEATURE_SLICES,
    MIRROR_ORDER,
    MIRROR_SIGNS,
    mirrored_features,
)


def test_mean_and_block_deviation_equal_numpy():
    generator = np.random.default_rng(0)
    scales = generator.uniform(0.1, 3, size=263)
    motions = [scales * generator.normal(size=(n, 263)) + 5 for n in (30, 50)]
    mean, spread = feature_statistics(motions)
    frames = np.concatenate(motions)
    np.testing.assert_allclose(mean, frames.mean(axis=0), rtol=1e-5)
    for name in ("joint_positions", "joint_velocities"):
        part = FEATURE_SLICES[name]
        np.testing.assert_allclose(spread[part], frames.std(axis=0)[part].mean(), rtol=1e-5)
    root = FEATURE_SLICES["root_linear_velocity"]
    np.testing.assert_allclose(
        spread[root], frames.std(axis=0)[root].mean() / FEATURE_BIAS, rtol=1e-5
    )


def test_constant_entries_have_a_positive_deviation():
    _, spread = feature_statistics([np.zeros((10, 263))])
    assert (spread > 0).all()


def test_no_frames_raise():
    with pytest.raises(ValueError, match="no motion frames"):
        feature_statistics([])


def test_with_mirror_images_normalised_features_mirror_by_order_and_sign():
    generator = np.random.default_rng(0)
    motion = generator.normal(size=(40, 263)) + generator.normal(size=263)
    mean, spread = feature_statistics([motion], mirror_images=True)
    both = np.concatenate([motion, mirrored_features(motion)])
    np.testing.assert_allclose(mean, both.mean(axis=0), atol=1e-5)
    expected = ((motion - mean) / spread)[:, MIRROR_ORDER] * MIRROR_SIGNS
    np.testing.assert_allclose((mirrored_features(motion) - mean) / spread, expected, atol=1e-4)
    plain, _ = feature_statistics([motion])
    assert np.abs(plain - mean).max() > 0.1
