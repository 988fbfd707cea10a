from dataclasses import replace

import numpy as np
import pytest

from agir_hf.corpus.measure import measure_walk
from agir_hf.corpus.schema import PARAMETER_NAMES
from agir_hf.corpus.subjects import draw_subject
from agir_hf.corpus.walker import simulate_walk


@pytest.fixture(scope="module")
def regular():
    """A walker without any variability or asymmetry, and the settings."""
    subject = draw_subject("SUB01", 0, np.random.default_rng(4))
    style = replace(
        subject.style,
        cadence_steps_per_min=110.0,
        step_length_m=0.60,
        stance_percent=62.0,
        foot_strike_deg=18.0,
        step_time_cv_percent=0.0,
        step_length_cv_percent=0.0,
        left_shorter_percent=0.0,
        arm_swing_left_deg=20.0,
        arm_swing_right_deg=40.0,
    )
    return subject.body, style


def walk(body, style, duration_s=8.0, **settings):
    return simulate_walk(body, style, duration_s, np.random.default_rng(0), **settings)


def test_an_even_walk_measures_what_was_set(regular):
    measured = measure_walk(walk(*regular))
    assert tuple(measured) == PARAMETER_NAMES
    assert measured["cadence_steps_per_min"] == pytest.approx(110, rel=1e-3)
    assert measured["step_length_m"] == pytest.approx(0.60, rel=1e-3)
    assert measured["speed_m_per_s"] == pytest.approx(0.60 * 110 / 60, rel=0.02)
    assert measured["stance_percent"] == pytest.approx(62, abs=0.1)
    assert measured["double_support_percent"] == pytest.approx(2 * (62 - 50), abs=0.2)
    assert measured["foot_strike_angle_deg"] == pytest.approx(18, abs=1.5)
    assert measured["stride_time_cv_percent"] == pytest.approx(0, abs=1e-6)
    assert measured["step_asymmetry_percent"] == pytest.approx(0, abs=1e-6)
    assert measured["arm_swing_asymmetry_percent"] == pytest.approx(67, abs=15)


def test_starting_and_stopping_do_not_count(regular):
    whole = measure_walk(walk(*regular))
    cut = measure_walk(walk(*regular, starts=True, stops=True))
    for name in ("cadence_steps_per_min", "step_length_m", "stance_percent"):
        assert cut[name] == pytest.approx(whole[name], rel=1e-3)
    assert cut["speed_m_per_s"] == pytest.approx(whole["speed_m_per_s"], rel=0.08)


@pytest.mark.parametrize(
    ("setting", "value", "parameter", "larger"),
    [
        ("trunk_flexion_deg", 20.0, "trunk_flexion_deg", True),
        ("elbow_flexion_deg", 60.0, "elbow_flexion_deg", True),
        ("foot_strike_deg", 3.0, "foot_strike_angle_deg", False),
        ("foot_lift_m", 0.005, "toe_clearance_m", False),
        ("step_time_cv_percent", 8.0, "stride_time_cv_percent", True),
        ("step_length_cv_percent", 8.0, "step_length_cv_percent", True),
        ("left_shorter_percent", -15.0, "step_asymmetry_percent", True),
        ("step_width_m", 0.17, "step_width_m", True),
        ("pelvis_rotation_deg", 1.0, "pelvis_rotation_deg", False),
        ("trunk_rotation_deg", 0.5, "trunk_rotation_deg", False),
        ("arm_swing_left_deg", 5.0, "arm_swing_left_deg", False),
    ],
)
def test_each_setting_moves_its_parameter(regular, setting, value, parameter, larger):
    body, style = regular
    before = measure_walk(walk(body, style))[parameter]
    after = measure_walk(walk(body, replace(style, **{setting: value})))[parameter]
    assert (after > 1.2 * before + 0.005) if larger else (after < 0.85 * before)


def test_too_few_steps_are_told(regular):
    with pytest.raises(ValueError, match="steps .* expected at least 4"):
        measure_walk(walk(*regular, duration_s=2.0, starts=True))
