"""Monotone cubic interpolation is that of scipy."""

import numpy as np
import pytest
from scipy.interpolate import PchipInterpolator

from agir_hf.gait.monotone_cubic import monotone_cubic


@pytest.mark.parametrize("number", range(2, 8))
def test_the_curve_is_that_of_scipy(number):
    generator = np.random.default_rng(number)
    for _ in range(40):
        knots = np.cumsum(generator.uniform(0.5, 9, number))
        for values in (generator.normal(size=number), generator.integers(-2, 3, number)):
            curve = PchipInterpolator(knots, values)
            for position in (knots[0], knots[-1], *generator.uniform(knots[0], knots[-1], 3)):
                value = monotone_cubic(knots, values, position)
                assert value == pytest.approx(float(curve(position)), abs=1e-12)
