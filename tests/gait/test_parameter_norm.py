"""Norms of one parameter of a laboratory: trends, their limits, and norms that cannot be used."""

import numpy as np
import pytest

from agir_hf.gait.norms import DEPENDS_ON_SPEED, PUBLISHED
from agir_hf.gait.parameter_norm import ParameterNorm, Trend, fault, published_at

AGE = Trend(slope=-0.01, centre=60.0, least=50.0, greatest=80.0)
SPEED = Trend(slope=0.5, centre=1.0, least=0.8, greatest=1.4)
NAME = "step_length_m"


@pytest.mark.parametrize(
    ("age", "change"), [(60, 0.0), (70, -0.1), (80, -0.2), (95, -0.2), (50, 0.1), (20, 0.1)]
)
def test_a_trend_is_a_line_within_the_range_of_the_walkers(age, change):
    assert AGE.change(age) == pytest.approx(change)
    assert AGE.within(age) == np.clip(age, 50, 80)


def test_the_mean_changes_with_age_and_sex():
    norm = ParameterNorm(20, 0.6, 0.05, age=AGE, men_minus_women=0.04)
    assert norm.mean_at(NAME, 70, None, None) == pytest.approx(0.5)
    assert norm.mean_at(NAME, 60, "male", 3.0) == pytest.approx(0.62)
    assert norm.mean_at(NAME, 50, "female", None) == pytest.approx(0.68)
    assert ParameterNorm(20, 0.6, 0.05).mean_at(NAME, 20, "male", 1.0) == 0.6


def test_the_mean_changes_with_speed_and_outside_its_range_as_the_published_norm():
    norm = ParameterNorm(20, 0.6, 0.05, speed=SPEED)
    assert norm.mean_at(NAME, 60, None, None) == 0.6
    assert norm.mean_at(NAME, 60, None, 1.2) == pytest.approx(0.7)
    name = next(n for n in DEPENDS_ON_SPEED if published_at(n, 0.5) < 0.9 * published_at(n, 0.8))
    slow = published_at(name, 0.5) - published_at(name, 0.8)
    fast = published_at(name, 1.7) - published_at(name, 1.4)
    assert slow < 0 < fast
    assert norm.mean_at(name, 60, None, 0.5) == pytest.approx(0.5 + slow)
    assert norm.mean_at(name, 60, None, 1.7) == pytest.approx(0.8 + fast)
    assert published_at(name, 1.1) == PUBLISHED.reference(name, speed_m_per_s=1.1).mean


@pytest.mark.parametrize(
    ("changes", "is_usable"),
    [
        ({}, True),
        ({"sd": 0.0}, False),
        ({"sd": -0.05}, False),
        ({"sd": 5e-7}, False),  # a rounding error, at a mean of 0.6
        ({"sd": 7e-7}, True),
        ({"sd": np.nan}, False),
        ({"mean": np.inf}, False),
        ({"men_minus_women": np.nan}, False),
        ({"men_minus_women": 0.04}, True),
        ({"mean": 0.6, "sd": np.inf}, False),
    ],
)
def test_a_norm_needs_finite_numbers_and_a_standard_deviation(changes, is_usable):
    text = fault(NAME, ParameterNorm(**{"n": 20, "mean": 0.6, "sd": 0.05, **changes}))
    assert (text == "") == is_usable
    assert is_usable or text.startswith("the standard deviation is ")
