"""A rationale chosen by evidence: what is kept, replaced and left out."""

import random

import pytest

from agir_hf.annotation.prompts import load_exemplars
from agir_hf.assessment import choose_sentences
from agir_hf.assessment.checked_text import NO_CLAIMS, NOTHING_HELD
from agir_hf.assessment.text_sentences import claims_of, split_text, stated_scores
from agir_hf.gait import extract_claims
from agir_hf.gait.grounding import CONTRADICTED, NEAR, SUPPORTED
from agir_hf.motion import RecordingError

WALK = {
    "speed_m_per_s": 0.71,  # moderately reduced
    "cadence_steps_per_min": 110.0,  # normal
    "step_length_m": 0.40,  # moderately reduced
    "arm_swing_left_deg": 40.0,  # normal
    "arm_swing_right_deg": 12.0,  # reduced
    "trunk_flexion_deg": 3.0,  # normal
}
SLOW, FAST = "Speed is moderately reduced.", "Speed is normal."


def words(text):
    return {sentence.text for sentence in split_text(text)}


def test_a_contradicted_sentence_is_replaced_by_one_of_another_draw():
    result = choose_sentences(f"{FAST} Cadence is normal.", [FAST, f"Cadence is low. {SLOW}"], WALK)
    assert result.text == f"{SLOW} Cadence is normal." and result.selected
    assert result.kept == ("Cadence is normal.",)
    assert [(row.unaided, row.by) for row in result.replaced] == [(FAST, (SLOW,))]
    assert not result.left_out and result.kept_share == 1 and result.grounding.score == 1
    assert result.unaided.startswith(FAST) and result.grounding_unaided.score == 0.5


def test_a_quantity_is_left_out_if_every_draw_is_contradicted():
    drawn = [FAST, "Speed is markedly reduced. Cadence is normal.", "Speed is high."]
    result = choose_sentences(f"{FAST} Cadence is normal.", drawn, WALK)
    assert result.text == "Cadence is normal." and result.left_out == ("speed",)
    assert result.replaced[0].by == () and result.kept_share == 0.5


def test_a_summary_does_not_name_a_quantity_that_is_left_out():
    summary = "Together this makes a moderate limitation, in which the pace weighs most."
    other = "Together this makes a moderate limitation, in which the step rate weighs most."
    result = choose_sentences(f"{FAST} Cadence is normal. {summary}", [], WALK)
    assert result.left_out == ("speed",) and result.text == "Cadence is normal."
    result = choose_sentences(f"{FAST} Cadence is normal. {other}", [], WALK)
    assert result.text == f"Cadence is normal. {other}"
    arms = "Arm swing is normal. Cadence is normal."
    aid = "No help is needed, but the right arm and the step rate limit walking."
    result = choose_sentences(f"{arms} {aid}", [], WALK)
    assert result.left_out == ("arm_swing",) and result.text == "Cadence is normal."


def test_without_other_draws_sentences_are_only_left_out():
    for drawn in ([], [f"{FAST} Cadence is normal."]):
        result = choose_sentences(f"{FAST} Cadence is normal.", drawn, WALK)
        assert result.text == "Cadence is normal."


def test_a_sentence_with_one_contradicted_claim_is_replaced_as_a_whole():
    result = choose_sentences(
        "Speed is normal, but step length is moderately reduced. Cadence is normal.",
        ["Cadence is normal. Step length is moderately reduced.", SLOW],
        WALK,
    )
    assert result.replaced[0].by == ("Step length is moderately reduced.", SLOW)
    assert not result.left_out


def test_nothing_is_repeated_and_nothing_is_said_twice_in_different_words():
    own = f"Cadence is normal. {FAST}"
    result = choose_sentences(own, ["Speed is moderately reduced and cadence is normal."], WALK)
    assert result.text == "Cadence is normal." and result.left_out == ("speed",)


def test_the_sentence_with_most_supported_claims_wins_then_the_most_frequent_one():
    more = "Speed and step length are moderately reduced."
    assert choose_sentences(FAST, [SLOW, SLOW, more], WALK).text == more
    other = "Gait speed is moderately reduced."
    assert choose_sentences(FAST, [other, SLOW, SLOW], WALK).text == SLOW
    assert choose_sentences(FAST, [SLOW, other, other], WALK).text == other


def test_the_side_of_the_rejected_sentence_is_preferred():
    drawn = ["The swing of the right arm is normal.", "The swing of the left arm is normal."]
    own = "The swing of the left arm is markedly reduced."
    assert choose_sentences(own, drawn, WALK).text == drawn[1]


def test_near_sentences_are_replaced_and_kept_only_with_keep_near():
    walk = {**WALK, "speed_m_per_s": 0.80}
    own = "Speed is moderately reduced. Cadence is normal."
    near = choose_sentences(own, [own], walk, keep_near=True)
    assert near.text == own and [r.verdict for r in near.grounding.checked] == [NEAR, SUPPORTED]
    assert choose_sentences(own, ["Speed is mildly reduced."], walk).replaced[0].by
    strict = choose_sentences(own, [own], walk)
    assert strict.text == "Cadence is normal." and strict.left_out == ("speed",)


def test_labels_stay_with_their_parts():
    own = (
        "Foot: Step length is normal. Arm: The right arm swings freely. Overall: Cadence is normal."
    )
    drawn = [
        f"Foot: Step length is moderately reduced. Arm: {SLOW} Overall: Posture is erect.",
        "Overall: Step length is moderately reduced.",
    ]
    result = choose_sentences(own, drawn, WALK)
    assert result.text == "Foot: Step length is moderately reduced. Overall: Cadence is normal."
    assert result.left_out == ("arm_swing",)
    in_other_part = choose_sentences(own, drawn[1:], WALK)
    assert in_other_part.text == "Overall: Cadence is normal."


def test_decimal_points_end_no_sentence():
    text = "Foot: Step length is 0.40 m. Arm: Both are fine! Overall: Speed is 0.7 m/s; it is low."
    assert [(s.part, s.text) for s in split_text(text)] == [
        ("Foot", "Step length is 0.40 m."), ("Arm", "Both are fine!"),
        ("Overall", "Speed is 0.7 m/s; it is low."),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sentence", "scores"),
    [
        ("No sign is conspicuous, so walking is not limited.", {0}),
        ("The pace alone does not suffice to limit walking.", {0}),
        ("Speed weighs most, so walking is limited, though only slightly.", {1}),
        ("Posture limits walking slightly without a need for help.", {1}),
        ("There is a mild gait impairment.", {1}),
        ("Speed weighs most: walking needs no help, yet the limitation is substantial.", {2}),
        ("Together this makes a substantial limitation.", {2}),
        ("The score is 2.", {2}),
        ("Posture limits walking so much that a device is needed.", {3}),
        ("Together this makes a limitation that calls for another person.", {4}),
        ("The pace argues for a slight limitation, so the score is milder.", {0, 1}),
        ("Cadence is slightly reduced and comes close to its limit.", set()),
        ("Arm swing is mildly impaired.", set()),
    ],
)
def test_statements_of_the_score_are_read(sentence, scores):
    assert stated_scores(sentence) == scores


def test_a_statement_of_another_score_is_replaced_or_left_out():
    slight, substantial = (f"Speed limits walking {adverb}." for adverb in ("slightly", "much"))
    substantial = substantial.replace("much", "substantially")
    own = f"{SLOW} {substantial}"
    for drawn, expected in (([slight], f"{SLOW} {slight}"), ([], SLOW)):
        assert choose_sentences(own, drawn, WALK, score=1).text == expected
    assert choose_sentences(own, [slight], WALK, score=2).text == own
    assert choose_sentences(own, [slight], WALK).text == own  # the score is not passed


def test_a_conclusion_argues_from_signs_of_this_walk():
    own = f"{SLOW} Posture weighs most, so walking is limited slightly."
    better = "Step length weighs most, so walking is limited slightly."
    assert choose_sentences(own, [better], WALK, score=1).text == f"{SLOW} {better}"
    no_sign = "No sign is conspicuous, so walking is not limited."
    assert choose_sentences(f"{SLOW} {no_sign}", [], WALK, score=0).text == SLOW
    assert choose_sentences(f"Posture is erect. {no_sign}", [], WALK, score=0).kept[1:]


def test_a_text_of_which_nothing_holds_is_said_to_be_so():
    result = choose_sentences(f"{FAST} It limits walking slightly.", [FAST], WALK, score=1)
    assert result.text == NOTHING_HELD and not extract_claims(result.text)
    assert result.selected and result.kept == () and result.kept_share == 0


def test_without_measured_gait_the_text_is_the_models_own():
    result = choose_sentences(FAST, [SLOW], RecordingError("the feet\nare missing"))
    assert result.text == result.unaided == FAST and not result.selected
    assert result.not_selected == "the gait was not measured: the feet are missing"


@pytest.mark.parametrize("text", ["", "The walk is what it is.", "There is a tremor."])
def test_a_text_without_claims_that_can_be_checked_is_not_changed(text):
    result = choose_sentences(text, [SLOW], WALK)
    assert result.text == text and not result.selected and result.not_selected == NO_CLAIMS


def test_a_child_has_no_norms_so_that_only_numbers_are_checked():
    text = f"{FAST} Step length is 0.40 m. Cadence is 30 steps/min."
    result = choose_sentences(text, [], WALK, age=9)
    assert result.text == f"{FAST} Step length is 0.40 m." and result.left_out == ("cadence",)


def test_true_texts_are_not_changed():
    for exemplar in load_exemplars():
        text = exemplar.written.rationale
        result = choose_sentences(text, [], exemplar.parameters, score=exemplar.score)
        assert result.text == text, result.replaced


def test_no_choice_of_draws_gives_a_contradicted_claim_or_an_invented_sentence():
    exemplars = load_exemplars()
    texts = [exemplar.written.rationale for exemplar in exemplars]
    pool = sorted({(s.part, s.text) for text in texts for s in split_text(text)})
    rng = random.Random(0)
    changed = 0
    for _ in range(40):
        walk = rng.choice(exemplars)
        mixed = rng.sample(pool, 8)
        labels = [name for name in ("Foot", "Arm", "Overall") if name in dict(mixed)]
        own = " ".join(
            f"{label}: " + " ".join(text for part, text in mixed if part == label)
            for label in labels
        )
        drawn = [own, *rng.sample(texts, rng.randint(0, 6))]
        result = choose_sentences(own, drawn, walk.parameters, score=walk.score)
        assert all(row.verdict != CONTRADICTED for row in result.grounding.checked)
        if result.text == NOTHING_HELD:
            continue
        changed += result.text != own
        assert words(result.text) <= words(" ".join(drawn))
        assert all(not (s := stated_scores(text)) or walk.score in s for text in words(result.text))
        shown = [s.part for s in split_text(result.text)]
        assert shown == sorted(shown, key=labels.index)
        kept, by = result.kept, [text for row in result.replaced for text in row.by]
        assert sorted([*kept, *by]) == sorted(s.text for s in split_text(result.text))
        assert len(kept) + len(result.replaced) == 8
    assert changed > 20


def test_the_claims_of_a_sentence_are_extracted_once():
    claims_of.cache_clear()
    drawn = [f"{FAST} Cadence is normal.", f"{SLOW} Cadence is normal.", SLOW]
    choose_sentences(drawn[0], drawn, WALK)
    assert claims_of.cache_info().misses == 3


def test_of_equal_sentences_the_one_that_was_drawn_first_is_used():
    # the order of a set of texts differs between processes
    equal = ["is slow", "is reduced", "is low", "is moderately reduced", "is moderately low"]
    for first in range(len(equal)):
        drawn = [f"Walking speed {words}." for words in equal[first:] + equal[:first]]
        result = choose_sentences(FAST, [" ".join(drawn)], WALK)
        assert result.text == drawn[0]
