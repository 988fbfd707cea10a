"""What of a request is measured: obeyed, nearly, no, not measurable."""

import pytest

from agir_hf.assessment.generation_check import agreement, beyond_text, check_request, summary
from agir_hf.assessment.generation_request import parse_request
from agir_hf.assessment.generation_wording import training_words
from agir_hf.gait.applied_norms import AppliedNorms

NORMS = AppliedNorms()
NORMAL_WALK = {
    "step_length_m": 0.66,
    "step_length_left_m": 0.66,
    "step_length_right_m": 0.66,
    "arm_swing_left_deg": 40.0,
    "arm_swing_right_deg": 40.0,
    "toe_clearance_m": 0.026,
    "speed_m_per_s": 1.2,
}


def check(text, **changes):
    return check_request(parse_request(text).asked, NORMAL_WALK | changes, NORMS)


@pytest.mark.parametrize(
    ("text", "changes", "obeyed"),
    [
        ("Left arm still.", {"arm_swing_left_deg": 9.9}, ["yes", "yes"]),
        ("Left arm still.", {"arm_swing_left_deg": 12.0}, ["no", "yes"]),
        ("Left arm still.", {"arm_swing_right_deg": 9.9}, ["no", "no"]),  # the wrong side
        ("Left arm still.", {"arm_swing_left_deg": 3, "arm_swing_right_deg": 3}, ["yes", "no"]),
        ("The arms do not swing.", {"arm_swing_left_deg": 3.0}, ["no"]),  # both arms are meant
        ("Arm swing is normal.", {}, ["yes"]),
        ("Step length is mildly reduced.", {"step_length_m": 0.5}, ["yes"]),
        ("Step length is markedly reduced.", {"step_length_m": 0.5}, ["no"]),
        ("Step length is mildly reduced.", {"step_length_m": 0.55}, ["nearly"]),
        ("Step length of 0.5 m.", {"step_length_m": 0.54}, ["yes"]),
        ("Step length of 0.5 m.", {"step_length_m": 0.6}, ["nearly"]),
        ("Step length of 0.5 m.", {"step_length_m": 0.7}, ["no"]),
        ("Left foot lift is reduced.", {"toe_clearance_m": 0.01}, ["not measurable"]),
        ("Foot lift is reduced.", {"toe_clearance_m": 0.01}, ["yes"]),
        ("Step width is normal.", {}, ["not measurable"]),  # no such value
    ],
)
def test_a_property_is_obeyed_if_the_measured_value_has_it(text, changes, obeyed):
    assert [row.obeyed for row in check(text, **changes)] == obeyed


def test_the_row_has_the_value_its_grade_and_its_norm():
    row, _ = check("Left arm still.", arm_swing_left_deg=8.0)
    values = row.as_json()
    assert values["measured"] == 8.0 and values["unit"] == "°" and values["obeyed"] == "yes"
    assert values["grade"] == "moderately reduced" and values["norm"]["mean"] == 40
    assert values["z"] == pytest.approx(-32 / 11, abs=1e-3)
    assert row.asked_text == "left arm swing: still (under 10°)"


def test_the_summary_counts_what_was_asked_and_not_what_is_implied():
    rows = check("Left arm still, short steps, foot lift normal.", step_length_m=0.3)
    assert summary(rows) == "2 of 3 asked properties are measured in the walk"
    assert summary(check("Short steps.")) == "0 of 1 asked property is measured in the walk"


def test_a_walk_that_agrees_more_or_misses_less_is_better():
    text = "Left arm still, short steps."
    good = check(text, arm_swing_left_deg=5.0, step_length_m=0.4)
    both_arms = check(text, arm_swing_left_deg=5.0, arm_swing_right_deg=5.0, step_length_m=0.4)
    near, far = (check(text, arm_swing_left_deg=value) for value in (12.0, 30.0))
    ranks = [agreement(rows) for rows in (good, both_arms, near, far)]
    assert ranks == sorted(ranks, reverse=True) and len(set(ranks)) == 4


def test_what_is_not_in_the_walk_is_beyond_the_model_with_the_reason():
    (lift,) = check("Left foot lift is reduced.")
    assert "foot lift is measured for both sides together only" in beyond_text(lift, True, 48)
    (speed,) = check("Walks slowly.")
    assert "do not speak of this" in beyond_text(speed, True, 48)
    assert "the best of 48 walks does not have it" in beyond_text(speed, False, 48)
    (steps,) = check("Short steps.", step_length_m=0.4)
    assert beyond_text(steps, True, 48) == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Left arm still.", "Arm swing is absent on the left, but normal on the right."),
        ("Right step markedly shorter.",
         "Step length is markedly reduced on the right, but normal on the left."),
        ("Steps of 0.25 m.", "Step length is markedly reduced."),
        ("Walks slowly.", ""),
        ("Long steps, both arms swing well.",
         "Step length is above average. Arm swing is normal on both sides."),
    ],
)  # fmt: skip
def test_the_model_gets_a_request_in_the_words_of_its_training(text, words):
    asked = parse_request(text).asked
    assert training_words(asked, NORMS) == words
    again = parse_request(words).asked
    assert {row.claim.quantity for row in again} == {row.claim.quantity for row in asked if words}


def test_words_for_a_walk_that_is_mirrored_have_the_sides_exchanged():
    left, right = (parse_request(f"{side} arm still.").asked for side in ("Left", "Right"))
    assert training_words(left, NORMS, mirror=True) == training_words(right, NORMS)
    assert training_words(left, NORMS) != training_words(right, NORMS)
