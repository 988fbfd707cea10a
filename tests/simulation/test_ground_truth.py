from dataclasses import replace

import numpy as np
import pytest

from agir_hf.simulation.footsteps import TrialSetup
from agir_hf.simulation.ground_truth import (
    SIMULATION_ONLY_NAMES,
    TRUE_NAMES,
    countable_steps,
    measure_walk,
)
from agir_hf.simulation.route import Route
from agir_hf.simulation.subjects import draw_subject
from agir_hf.simulation.walk import simulate_walk

MARGINS = ("margin_of_stability_ap_m", "margin_of_stability_ml_m")


@pytest.fixture(scope="module")
def regular():
    """A subject without variability or asymmetry, and the settings of the gait."""
    subject = draw_subject("SUB01", (0, 0), np.random.default_rng(4))
    style = replace(
        subject.sessions[0].style,
        cadence_steps_per_min=110.0,
        step_length_m=0.60,
        step_width_m=0.10,
        stance_percent=62.0,
        foot_strike_deg=18.0,
        trunk_flexion_deg=6.0,
        step_time_cv_percent=0.0,
        step_length_cv_percent=0.0,
        left_shorter_percent=0.0,
        left_quicker_percent=0.0,
        pelvis_tilt_deg=0.0,
        arm_swing_left_deg=20.0,
        arm_swing_right_deg=40.0,
    )
    return subject, style


def walk(regular, duration_s=8.0, style=None, **setup):
    subject, usual = regular
    setup = TrialSetup(duration_s=duration_s, **setup)
    return simulate_walk(subject.body, style or usual, setup, np.random.default_rng(0))


def test_a_regular_walk_has_the_parameters_of_its_settings(regular):
    measured = measure_walk(walk(regular))
    assert measured["cadence_steps_per_min"] == pytest.approx(110, rel=1e-3)
    assert measured["step_length_m"] == pytest.approx(0.60, rel=1e-3)
    assert measured["step_length_left_m"] == pytest.approx(0.60, rel=1e-3)
    assert measured["step_length_right_m"] == pytest.approx(0.60, rel=1e-3)
    assert measured["step_width_m"] == pytest.approx(0.10, abs=0.01)
    assert measured["speed_m_per_s"] == pytest.approx(0.60 * 110 / 60, rel=0.02)
    assert measured["stance_percent"] == pytest.approx(62, abs=0.1)
    assert measured["swing_percent"] == pytest.approx(38, abs=0.1)
    assert measured["double_support_percent"] == pytest.approx(2 * (62 - 50), abs=0.2)
    assert measured["foot_strike_angle_deg"] == pytest.approx(18, abs=1.5)
    assert measured["trunk_flexion_deg"] == pytest.approx(6, abs=1.5)
    assert measured["stride_time_cv_percent"] == pytest.approx(0, abs=1e-6)
    assert measured["step_length_cv_percent"] == pytest.approx(0, abs=1e-6)
    assert measured["step_time_asymmetry_percent"] == pytest.approx(0, abs=1e-6)
    assert measured["step_length_asymmetry_percent"] == pytest.approx(0, abs=1e-6)
    assert measured["arm_swing_asymmetry_percent"] == pytest.approx(67, abs=15)


def test_margins_of_stability_need_the_markers(regular):
    subject, _ = regular
    walked = walk(regular)
    assert set(measure_walk(walked)) == {*TRUE_NAMES, *SIMULATION_ONLY_NAMES} - set(MARGINS)
    measured = measure_walk(walked, walked.markers(subject.sessions[0].placement))
    assert tuple(measured) == (*TRUE_NAMES, *SIMULATION_ONLY_NAMES)
    # the extrapolated centre of mass is near the foot, and medial to it
    assert -0.4 < measured["margin_of_stability_ap_m"] < 0.3
    assert 0.02 < measured["margin_of_stability_ml_m"] < 0.2


def test_wider_steps_have_a_larger_lateral_margin_of_stability(regular):
    def margin(style):
        walked = walk(regular, style=style)
        markers = walked.markers(regular[0].sessions[0].placement)
        return measure_walk(walked, markers)["margin_of_stability_ml_m"]

    assert margin(replace(regular[1], step_width_m=0.18)) > margin(regular[1]) + 0.02


def test_gait_initiation_and_termination_are_left_out(regular):
    whole = measure_walk(walk(regular))
    cut = measure_walk(walk(regular, starts_standing=True, ends_standing=True))
    for name in ("cadence_steps_per_min", "step_length_m", "stance_percent"):
        assert cut[name] == pytest.approx(whole[name], rel=1e-3)
    assert cut["speed_m_per_s"] == pytest.approx(whole["speed_m_per_s"], rel=0.08)


@pytest.mark.parametrize("side", [1, -1])
def test_turns_are_left_out(regular, side):
    whole = measure_walk(walk(regular))
    there_and_back = walk(regular, 14.0, route=Route(5.0, side * np.pi, 0.5))
    steps = countable_steps(there_and_back)
    turn = there_and_back.footfalls.heading[steps]
    assert {round(angle, 6) for angle in turn} == {0, round(side * np.pi, 6)}
    assert np.diff(steps).max() >= 4  # those of the turn
    measured = measure_walk(there_and_back)
    for name in ("cadence_steps_per_min", "stance_percent", "trunk_flexion_deg"):
        assert measured[name] == pytest.approx(whole[name], rel=0.02, abs=1.0)
    assert measured["step_length_m"] == pytest.approx(0.60, rel=0.05)
    assert measured["speed_m_per_s"] == pytest.approx(whole["speed_m_per_s"], rel=0.08)
    for name in ("arm_swing_left_deg", "pelvis_rotation_deg"):  # in both directions
        assert measured[name] == pytest.approx(whole[name], rel=0.2)


def test_freezes_are_left_out(regular):
    whole = measure_walk(walk(regular))
    frozen = walk(regular, 11.0, freeze_at_s=4.0, freeze_s=2.0)
    ((begin, _),) = frozen.footfalls.freezes
    strikes = frozen.footfalls.heel_strike_s[countable_steps(frozen) - 1]
    assert np.abs(strikes - begin).min() > 0.1
    measured = measure_walk(frozen)
    for name in ("cadence_steps_per_min", "step_length_m", "stance_percent"):
        assert measured[name] == pytest.approx(whole[name], rel=1e-3)
    assert measured["stride_time_cv_percent"] == pytest.approx(0, abs=1e-6)


def test_festination_is_measured(regular):
    festinating = walk(
        regular, 8.0, replace(regular[1], festination_percent=6.0), festinates_at_s=2.0
    )
    before, after = measure_walk(walk(regular)), measure_walk(festinating)
    assert after["cadence_steps_per_min"] > 1.05 * before["cadence_steps_per_min"]
    assert after["step_length_m"] < 0.85 * before["step_length_m"]


@pytest.mark.parametrize(
    ("setting", "value", "parameter", "larger"),
    [
        ("trunk_flexion_deg", 20.0, "trunk_flexion_deg", True),
        ("elbow_flexion_deg", 60.0, "elbow_flexion_deg", True),
        ("knee_flexion_deg", 20.0, "knee_flexion_stance_deg", True),
        ("foot_strike_deg", 3.0, "foot_strike_angle_deg", False),
        ("foot_lift_m", 0.005, "toe_clearance_m", False),
        ("step_time_cv_percent", 8.0, "stride_time_cv_percent", True),
        ("step_length_cv_percent", 8.0, "step_length_cv_percent", True),
        ("left_shorter_percent", -15.0, "step_length_asymmetry_percent", True),
        ("left_quicker_percent", -15.0, "step_time_asymmetry_percent", True),
        ("left_shorter_percent", 30.0, "step_length_left_m", False),
        ("left_shorter_percent", -30.0, "step_length_right_m", False),
        ("step_width_m", 0.17, "step_width_m", True),
        ("pelvis_rotation_deg", 1.0, "pelvis_rotation_deg", False),
        ("trunk_rotation_deg", 0.5, "trunk_rotation_deg", False),
        ("arm_swing_left_deg", 5.0, "arm_swing_left_deg", False),
        ("arm_swing_right_deg", 5.0, "arm_swing_right_deg", False),
    ],
)
def test_each_setting_changes_its_parameter(regular, setting, value, parameter, larger):
    _, style = regular
    before = measure_walk(walk(regular))[parameter]
    after = measure_walk(walk(regular, style=replace(style, **{setting: value})))[parameter]
    assert (after > 1.2 * before + 0.005) if larger else (after < 0.86 * before)


def test_too_few_steps_raise_an_error(regular):
    with pytest.raises(ValueError, match="steps .* expected at least 4"):
        measure_walk(walk(regular, duration_s=2.0, starts_standing=True))
