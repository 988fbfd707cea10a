import re

import numpy as np
import pytest

from agir_hf.corpus.annotate import (
    RULES,
    UNEVEN_ARMS_PERCENT,
    grade_signs,
    write_arm_description,
    write_foot_description,
    write_rationale,
)
from agir_hf.corpus.measure import measure_walk

HEALTHY = {
    "speed_m_per_s": 1.25,
    "step_length_m": 0.68,
    "foot_strike_angle_deg": 22.0,
    "toe_clearance_m": 0.035,
    "arm_swing_left_deg": 42.0,
    "arm_swing_right_deg": 44.0,
    "arm_swing_asymmetry_percent": 4.7,
    "elbow_flexion_deg": 20.0,
    "trunk_flexion_deg": 1.0,
    "stride_time_cv_percent": 1.2,
    "step_asymmetry_percent": 1.0,
}
ILL = {
    "speed_m_per_s": 0.40,
    "step_length_m": 0.22,
    "foot_strike_angle_deg": 3.0,
    "toe_clearance_m": 0.012,
    "arm_swing_left_deg": 5.0,
    "arm_swing_right_deg": 14.0,
    "arm_swing_asymmetry_percent": 95.0,
    "elbow_flexion_deg": 48.0,
    "trunk_flexion_deg": 11.0,
    "stride_time_cv_percent": 6.0,
    "step_asymmetry_percent": 14.0,
}


def texts(parameters, count=30):
    return [write_rationale(parameters, np.random.default_rng(i)) for i in range(count)]


@pytest.fixture(scope="module")
def measured(examples):
    return [measure_walk(e.walk) for e in examples]


@pytest.mark.parametrize("sign", RULES)
def test_grades_change_at_their_bounds(sign):
    rule = RULES[sign]
    out = 1e-6 if rule.mild < rule.marked else -1e-6
    assert [rule.grade(rule.mild - out), rule.grade(rule.mild + out)] == [0, 1]
    assert [rule.grade(rule.marked - out), rule.grade(rule.marked + out)] == [1, 2]


def test_extremes_grade_as_extremes():
    assert set(grade_signs(HEALTHY).values()) == {0}
    assert set(grade_signs(ILL).values()) == {2}


GRADED = {  # sign: (pattern that finds its grade in a rationale, words by grade)
    "speed": (r"(?:speed is|m/s, which is) (\w+(?: reduced)?)", "reduced"),
    "step_length": (r"step length is (\w+(?: reduced)?)", "reduced"),
    "heel_strike": (r"heel strike is (\w+(?: reduced)?)", "reduced"),
    "foot_lift": (r"foot lift is (\w+(?: reduced)?)", "reduced"),
    "arm_swing": (r"swing is (\w+(?: reduced)?)", "reduced"),
    "posture": (r"(?:trunk|posture) is (\w+(?: stooped)?)", "stooped"),
    "rhythm": (r"(?:rhythm|strides) is (\w+(?: variable)?)", "variable"),
    "step_evenness": (r"right steps are (\w+(?: uneven)?)", "uneven"),
}
NORMAL = {"reduced": "normal", "stooped": "upright", "variable": "steady", "uneven": "even"}


def test_every_claim_follows_from_the_parameters(measured):
    for parameters in measured:
        grades = grade_signs(parameters)
        for text in texts(parameters, count=6):
            lower = text.lower()
            for sign, (pattern, word) in GRADED.items():
                expected = (NORMAL[word], f"mildly {word}", f"markedly {word}")[grades[sign]]
                assert re.search(pattern, lower).group(1) == expected, (sign, text)


def test_numbers_are_those_of_the_walk(measured):
    for parameters in measured:
        text = texts(parameters, count=1)[0]
        speed = float(re.search(r"([\d.]+) m/s", text)[1])
        assert abs(speed - parameters["speed_m_per_s"]) <= 0.051
        length = float(re.search(r"([\d.]+) m(?!/)", text)[1])
        assert abs(length - parameters["step_length_m"]) <= 0.0251


def test_the_weaker_arm_is_named_if_and_only_if_swing_is_uneven(measured):
    for parameters in measured:
        left, right = parameters["arm_swing_left_deg"], parameters["arm_swing_right_deg"]
        weaker = "left" if left < right else "right"
        uneven = parameters["arm_swing_asymmetry_percent"] >= UNEVEN_ARMS_PERCENT
        for text in texts(parameters, count=4):
            assert (f"less swing on the {weaker} side" in text) == uneven
        described = write_arm_description(parameters, np.random.default_rng(0))
        assert (f"{weaker} arm moves less" in described) == uneven


def test_the_end_weighs_the_signs():
    for text in texts(HEALTHY, 8):
        assert "few of the signs are changed, none of them markedly" in text
    for text in texts(ILL, 8):
        assert "most of the signs are changed, markedly speed and step length" in text
    one = {**HEALTHY, "arm_swing_left_deg": 6.0, "arm_swing_right_deg": 8.0}
    assert all("few of the signs are changed, markedly arm swing." in t for t in texts(one, 8))


def test_the_score_is_left_to_the_reader():
    """A text that named it would leave a model nothing to judge."""
    for parameters in (HEALTHY, ILL):
        assert not any(word in " ".join(texts(parameters)) for word in ("score", "impaired"))


def test_impaired_and_healthy_walks_read_differently():
    assert not set(texts(HEALTHY)) & set(texts(ILL))


def test_texts_vary_and_repeat_with_the_draw(measured):
    parameters = measured[0]
    assert len(set(texts(parameters))) > 20
    assert texts(parameters) == texts(parameters)


def test_length_form_and_vocabulary(measured):
    words = set()
    for parameters in measured:
        for text in texts(parameters, count=10):
            assert text.isascii() and 3 <= len(re.split(r"(?<=\.) ", text)) <= 5
            assert 55 <= len(text.split()) <= 110
            words |= set(re.findall(r"[a-z]+", text.lower()))
        rng = np.random.default_rng(0)
        for write in (write_foot_description, write_arm_description):
            short = write(parameters, rng)
            assert short.isascii() and 1 <= short.count(".") <= 2 and len(short.split()) < 40
    assert len(words) < 120


def test_descriptions_follow_the_parameters():
    for i in range(6):
        healthy = write_foot_description(HEALTHY, np.random.default_rng(i))
        ill = write_foot_description(ILL, np.random.default_rng(i))
        assert "long" in healthy and "lands on the heel" in healthy and "lifts well" in healthy
        assert "very short" in ill and "lands flat" in ill and "hardly lifts" in ill
        assert "swing freely" in write_arm_description(HEALTHY, np.random.default_rng(i))
        assert "hardly swing" in write_arm_description(ILL, np.random.default_rng(i))
