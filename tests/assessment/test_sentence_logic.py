import pytest

from agir_hf.assessment import choose_sentences
from agir_hf.assessment.sentence_logic import repeats_a_word

ARMS = (
    "Arm swing is moderately decreased on the right and moderately decreased on the left, which "
    "suggests that the {} side is the worse one."
)


def walk(left, right):
    return {"arm_swing_left_deg": left, "arm_swing_right_deg": right, "cadence_steps_per_min": 111}


@pytest.mark.parametrize(
    ("left", "right", "side", "shown"),
    [
        (12.0, 12.5, "right", False),  # equal: no side is worse
        (12.0, 12.5, "left", False),
        (15.5, 9.0, "right", True),
        (15.5, 9.0, "left", False),
        (9.0, 15.5, "left", True),
    ],
)
def test_the_worse_side_has_to_be_worse(left, right, side, shown):
    text = f"{ARMS.format(side)} Cadence is normal."
    result = choose_sentences(text, [], walk(left, right))
    assert ("worse one" in result.text) == shown
    assert result.text.endswith("Cadence is normal.")


@pytest.mark.parametrize(
    ("text", "repeats"),
    [
        ("The signs suggest a limitation, above all because of the pace and the pace.", True),
        ("Step length and step length limit walking.", True),
        ("Stride length and step length are short.", False),
        ("The left arm and the right arm swing freely.", False),
        ("The pace and the step rate are normal.", False),
    ],
)
def test_one_cause_is_not_named_twice(text, repeats):
    assert repeats_a_word(text) == repeats
