"""Lengths and masks by coordinates, equal to numpy's reductions."""

import numpy as np
import pytest

from agir_hf.motion.vectors import all_three, any_of_three, are_seen, lengths


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(50, 3), (7, 4, 3), (0, 3), (3,)])
def test_lengths_are_those_of_numpy_to_the_last_bit(shape, dtype):
    vectors = np.random.default_rng(0).normal(size=shape).astype(dtype)
    if len(vectors) > 3:
        vectors[2] = np.nan
    result = lengths(vectors)
    assert result.dtype == dtype
    np.testing.assert_array_equal(result, np.linalg.norm(vectors, axis=-1))


def test_masks_are_those_of_numpy():
    points = np.random.default_rng(1).normal(size=(40, 5, 3))
    points[points > 1.5] = np.nan
    mask = np.isfinite(points)
    np.testing.assert_array_equal(are_seen(points), mask.all(axis=2))
    np.testing.assert_array_equal(all_three(mask), mask.all(axis=2))
    np.testing.assert_array_equal(any_of_three(~mask), (~mask).any(axis=2))
    assert are_seen(points).any() and not are_seen(points).all()
