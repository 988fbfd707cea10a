"""Grades: each value has exactly one, and the claims about it agree with that one only."""

import numpy as np
import pytest

from agir_hf.gait.claims import Claim
from agir_hf.gait.grades import (
    ABSENT,
    CAN_BE_ABSENT,
    DEGREES,
    Grade,
    cut_off_source,
    cut_offs,
    distance_sd,
    grade_of,
    grade_words,
    scale,
)
from agir_hf.gait.grounding import CONTRADICTED, NEAR, NEAR_SD, SUPPORTED, check_claims
from agir_hf.gait.lexicon import load_lexicon
from agir_hf.gait.norms import SEXES, Reference, reference
from agir_hf.gait.parameters import PARAMETERS

WITH_NORM = [p.name for p in PARAMETERS if reference(p.name) is not None]
AGES = [None, 20, 24.5, 38, 51.3, 60, 69.9, 75, 83, 95]
SPEEDS = [None, 0.16, 0.5, 0.94, 1.3, 2.0]


def claims_of_scale(quantity, side, name):
    return [Claim(quantity, side, grade.state, grade.degree, None, 0, 1) for grade in scale(name)]


def quantities():
    """Quantity, side and parameter of each quantity that one parameter with a norm decides."""
    for quantity, entry in load_lexicon()["quantities"].items():
        for measure in entry["measures"]:
            sides = ("left", "right", "") if "{side}" in measure else ("",)
            for side in sides:
                if quantity == "arm_swing" and not side:
                    continue  # decided by both arms
                name = measure.format(side=f"{side}_" if side else "")
                if name in WITH_NORM:
                    yield quantity, side, name


@pytest.mark.parametrize(("quantity", "side", "name"), quantities())
def test_exactly_one_grade_is_supported_for_each_age_sex_speed_and_value(quantity, side, name):
    claims = claims_of_scale(quantity, side, name)
    for age in AGES:
        for sex in (None, *SEXES):
            for speed in SPEEDS:
                norm = reference(name, age, sex, speed)
                limits = cut_offs(name, norm)
                values = np.concatenate(
                    [
                        np.linspace(limits[0] - 3 * norm.sd, limits[-1] + 3 * norm.sd, 13),
                        limits,
                        np.nextafter(limits, -np.inf),
                    ]
                )
                for value in values:
                    walk = {name: value}
                    if speed is not None and name != "speed_m_per_s":
                        walk["speed_m_per_s"] = speed
                    verdicts = [row.verdict for row in check_claims(claims, walk, age, sex)]
                    assert verdicts.count(SUPPORTED) == 1, (name, age, sex, speed, value)


@pytest.mark.parametrize("name", WITH_NORM)
def test_cut_offs_increase_and_the_mean_of_the_norm_is_normal(name):
    for age in AGES:
        for sex in (None, *SEXES):
            for speed in SPEEDS:
                norm = reference(name, age, sex, speed)
                limits = cut_offs(name, norm)
                assert len(limits) == len(scale(name)) - 1
                assert list(limits) == sorted(set(limits)), (name, age, sex, speed)
                assert grade_of(name, norm.mean, norm) == Grade("normal", 0)


@pytest.mark.parametrize("sd_share", [0.02, 0.3, 0.7, 1.5])
@pytest.mark.parametrize("name", [parameter.name for parameter in PARAMETERS])
def test_cut_offs_increase_for_norms_of_a_laboratory_with_any_spread(name, sd_share):
    for mean in (0.001, 0.04, 1.0, 30.0, 900.0):
        limits = cut_offs(name, Reference(mean, sd_share * mean, "", "laboratory"))
        assert list(limits) == sorted(set(limits))


def test_negative_margins_of_a_laboratory_have_increasing_cut_offs():
    norm = Reference(-0.02, 0.03, "", "laboratory")
    limits = cut_offs("margin_of_stability_ap_m", norm)
    assert list(limits) == sorted(set(limits))
    assert grade_of("margin_of_stability_ap_m", -0.02, norm) == Grade("normal", 0)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("speed_m_per_s", 0.39, "markedly reduced"),
        ("speed_m_per_s", 0.5, "moderately reduced"),
        ("speed_m_per_s", 0.85, "mildly reduced"),
        ("speed_m_per_s", 1.0, "normal"),
        ("arm_swing_left_deg", 0.0, "absent"),
        ("arm_swing_left_deg", 6.0, "markedly reduced"),
        ("arm_swing_left_deg", 12.0, "moderately reduced"),
        ("arm_swing_left_deg", 20.0, "mildly reduced"),
        ("toe_clearance_m", 0.002, "absent"),
        ("cadence_steps_per_min", 160, "markedly increased"),
        ("double_support_percent", 60, "markedly increased"),
        ("arm_swing_asymmetry_percent", 90, "normal"),
        ("turn_steps", 7, "moderately increased"),
    ],
)
def test_values_have_the_grade_of_the_published_or_documented_cut_offs(name, value, words):
    assert grade_words(grade_of(name, value, reference(name))) == words


def test_a_healthy_person_of_high_age_is_not_called_slow():
    norm = reference("speed_m_per_s", 87, "female")
    assert grade_of("speed_m_per_s", 0.75, norm) == Grade("normal", 0)
    assert grade_of("speed_m_per_s", 0.75, reference("speed_m_per_s", 30, "male")).degree == 2


def test_absent_is_not_reduced_and_reduced_is_not_absent():
    still = {"arm_swing_left_deg": 0.5}
    for degree in (0, *DEGREES):
        (row,) = check_claims([Claim("arm_swing", "left", "low", degree, None, 0, 1)], still)
        assert row.verdict != SUPPORTED
    (row,) = check_claims([Claim("arm_swing", "left", "low", ABSENT, None, 0, 1)], still)
    assert row.verdict == SUPPORTED


def test_near_is_the_neighbouring_grade_within_half_an_sd_of_the_cut_off():
    norm = reference("speed_m_per_s")
    limit = cut_offs("speed_m_per_s", norm)[-1]
    mild = [Claim("speed", "", "low", 1, None, 0, 1)]
    for distance, verdict in ((0.1, NEAR), (0.49, NEAR), (0.51, CONTRADICTED)):
        value = limit + distance * norm.sd
        assert check_claims(mild, {"speed_m_per_s": value})[0].verdict == verdict
        assert distance_sd("speed_m_per_s", value, Grade("low", 1), norm) == pytest.approx(distance)
    # 0.1 m/s from moderate is more than half an SD, two grades away is never near
    assert check_claims(mild, {"speed_m_per_s": 0.39})[0].verdict == CONTRADICTED
    assert NEAR_SD == 0.5


def test_parameters_that_can_be_absent_and_sources_of_cut_offs():
    assert set(CAN_BE_ABSENT) == {
        "arm_swing_left_deg", "arm_swing_right_deg", "foot_strike_angle_deg", "toe_clearance_m",
    }  # fmt: skip
    assert "Perry" in cut_off_source("speed_m_per_s")
    assert all(cut_off_source(parameter.name) for parameter in PARAMETERS)


def test_only_grades_beyond_normal_are_signs_of_impairment():
    assert not Grade("normal", 0).impaired
    assert all(Grade("low", degree).impaired for degree in (1, 2, 3, 4))
