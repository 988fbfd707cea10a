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


def texts(parameters, score=1, count=30):
    return [write_rationale(parameters, score, np.random.default_rng(i)) for i in range(count)]


@pytest.fixture(scope="module")
def measured(examples):
    return [(measure_walk(e.walk), e.subject.score) for e in examples]


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
    for parameters, score in measured:
        grades = grade_signs(parameters)
        for text in texts(parameters, score, count=6):
            lower = text.lower()
            for sign, (pattern, word) in GRADED.items():
                expected = (NORMAL[word], f"mildly {word}", f"markedly {word}")[grades[sign]]
                assert re.search(pattern, lower).group(1) == expected, (sign, text)


def test_numbers_are_those_of_the_walk(measured):
    for parameters, score in measured:
        text = texts(parameters, score, count=1)[0]
        speed = float(re.search(r"([\d.]+) m/s", text)[1])
        assert abs(speed - parameters["speed_m_per_s"]) <= 0.051
        length = float(re.search(r"([\d.]+) m(?!/)", text)[1])
        assert abs(length - parameters["step_length_m"]) <= 0.0251


def test_the_weaker_arm_is_named_if_and_only_if_swing_is_uneven(measured):
    for parameters, score in measured:
        left, right = parameters["arm_swing_left_deg"], parameters["arm_swing_right_deg"]
        weaker = "left" if left < right else "right"
        uneven = parameters["arm_swing_asymmetry_percent"] >= UNEVEN_ARMS_PERCENT
        for text in texts(parameters, score, count=4):
            assert (f"less swing on the {weaker} side" in text) == uneven
        described = write_arm_description(parameters, np.random.default_rng(0))
        assert (f"{weaker} arm moves less" in described) == uneven


def test_the_end_weighs_the_signs_into_the_score():
    verdicts = ("not impaired", "slightly impaired", "substantially impaired")
    for score, verdict in enumerate(verdicts):
        for text in texts(HEALTHY, score, 8):
            end = re.split(r"(?<=\.) ", text)[-1]
            assert verdict in end and end.endswith(f"{score}.")
            assert "few of the signs" in end
            assert ("yet" in end) == (score != 0)
    assert all("most of the signs" in text for text in texts(ILL, 2))


def test_scores_give_different_texts():
    same_draw = [write_rationale(ILL, s, np.random.default_rng(0)) for s in (0, 1, 2)]
    assert len(set(same_draw)) == 3
    assert not set(texts(HEALTHY, 0)) & set(texts(ILL, 2))


def test_texts_vary_and_repeat_with_the_draw(measured):
    parameters, score = measured[0]
    assert len(set(texts(parameters, score))) > 20
    assert texts(parameters, score) == texts(parameters, score)


def test_length_form_and_vocabulary(measured):
    words = set()
    for parameters, score in measured:
        for text in texts(parameters, score, count=10):
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


def test_an_unknown_score_is_refused():
    with pytest.raises(ValueError, match="score is 3"):
        write_rationale(HEALTHY, 3, np.random.default_rng(0))
