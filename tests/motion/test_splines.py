"""Splines of numpy alone against those of scipy."""

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from agir_hf.motion.splines import spline_values, uniform_spline, without_gaps

KNOTS = [2, 3, 4, 5, 6, 7, 8, 9, 33, 500]


def values(count, seed=0):
    return np.random.default_rng(seed).normal(size=(count, 2, 3)).cumsum(axis=0) + 100


@pytest.mark.parametrize("count", KNOTS)
def test_the_spline_of_equal_distances_is_that_of_scipy(count):
    positions = np.linspace(-0.5, count - 0.5, 4 * count + 3)  # also beyond the ends
    expected = CubicSpline(np.arange(count), values(count), axis=0)(positions)
    np.testing.assert_allclose(uniform_spline(values(count), positions), expected, rtol=1e-11)


@pytest.mark.parametrize("count", KNOTS)
def test_the_spline_of_any_distances_is_that_of_scipy(count):
    knots = np.sort(np.random.default_rng(1).choice(5 * count, count, replace=False)) / 3
    positions = np.linspace(knots[0], knots[-1], 200)
    expected = CubicSpline(knots, values(count), axis=0)(positions)
    np.testing.assert_allclose(spline_values(knots, values(count), positions), expected, rtol=1e-11)


@pytest.mark.parametrize("missing", [0.01, 0.3, 0.7])
def test_gaps_are_filled_with_the_spline_through_all_frames_that_are_seen(missing):
    seen = np.random.default_rng(2).random(600) >= missing
    seen[:3] = False
    path, frames = values(600)[:, 0], np.arange(600)
    ends = frames[seen][[0, -1]]
    expected = CubicSpline(frames[seen], path[seen])(np.clip(frames, *ends))
    path[~seen] = np.nan
    filled = without_gaps(path, seen)
    np.testing.assert_allclose(filled, expected, rtol=1e-11)
    np.testing.assert_array_equal(filled[seen], path[seen])
    assert np.isnan(path[~seen]).all()
