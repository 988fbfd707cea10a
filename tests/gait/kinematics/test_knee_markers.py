"""Runs of frames are those of scipy's morphology."""

import numpy as np
import pytest
from scipy.ndimage import binary_dilation, binary_propagation

from agir_hf.gait.kinematics.knee_markers import extended, runs_with


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("frames", [1, 2, 40])
def test_runs_of_frames_are_those_of_scipy(frames, share):
    generator = np.random.default_rng(frames)
    for _ in range(30):
        mask = generator.random(frames) < share
        marks = mask & (generator.random(frames) < 0.2)
        assert np.array_equal(runs_with(marks, mask), binary_propagation(marks, mask=mask))
        for number in (1, 3, 50):
            expected = binary_dilation(marks, iterations=number)
            assert np.array_equal(extended(marks, number), expected)
