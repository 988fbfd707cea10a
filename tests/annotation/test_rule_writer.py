import re
from collections import Counter
from itertools import combinations

import numpy as np
import pytest

from agir_hf.annotation.llm_writer import Request
from agir_hf.annotation.rejected_texts import write_counterfactual, write_wrong_walk
from agir_hf.annotation.rule_writer import (
    RuleWriter,
    spoken_of,
    write_rationale,
    write_references,
)
from agir_hf.annotation.rules.composer import Composer
from agir_hf.annotation.rules.signs import WEIGHTS, Walk, read_topics
from agir_hf.annotation.rules.text import sentences
from agir_hf.annotation.rules.words import VOCABULARY
from agir_hf.gait import PARAMETERS, extract_claims, grounding_score, reference
from agir_hf.gait.lexicon import load_lexicon

IMPAIRED = {parameter.name: parameter.impaired for parameter in PARAMETERS}
NORMS = {name: norm for name in IMPAIRED if (norm := reference(name)) is not None}


def parameters(severity, rng):
    """Parameters of an invented walk, each about ``severity`` SD from its norm."""
    values = {}
    for name, norm in NORMS.items():
        direction = {"low": -1, "high": 1}.get(IMPAIRED[name], rng.choice([-1, 1]))
        z = direction * (severity * rng.uniform(0, 1.6) + 0.5 * rng.normal())
        values[name] = max(norm.mean + z * norm.sd, 0.02 * norm.mean)
    steps = [f"step_length_{side}_m" for side in ("left", "right")]
    values |= {name: values["step_length_m"] * rng.uniform(0.9, 1.1) for name in steps}
    return values


def walks(count):
    """(parameters, score) of invented walks; the score goes roughly with the severity."""
    rng = np.random.default_rng(4)
    severities = rng.uniform(0, 4.5, count)
    return [(parameters(severity, rng), min(int(severity / 1.5), 2)) for severity in severities]


NORMAL = {name: norm.mean for name, norm in NORMS.items()}
ONE_ARM = NORMAL | {"arm_swing_left_deg": 2.0, "arm_swing_right_deg": 12.0}
SHORT_STEPS = NORMAL | {
    "step_length_m": 0.35, "step_length_left_m": 0.35, "step_length_right_m": 0.35,
    "speed_m_per_s": 0.65,
}  # fmt: skip


def texts_of(values, score, count=20, **person):
    return [write_rationale(values, score, np.random.default_rng(i), **person)
            for i in range(count)]  # fmt: skip


@pytest.fixture(scope="module")
def many():
    """Fifty walks with their texts."""
    return [(*walk, write_rationale(*walk, np.random.default_rng(i)))
            for i, walk in enumerate(walks(50))]  # fmt: skip


def test_every_claim_is_supported_and_was_intended(many, monkeypatch):
    for values, score, written in many:
        result = grounding_score(written.rationale, values)
        assert result.score == result.coverage == 1.0, (score, written.rationale)


def test_the_parser_understands_nearly_every_sentence_that_is_drawn(monkeypatch):
    understood = []
    check = Composer._is_understood

    def recorded(self, text, said):
        understood.append(check(self, text, said))
        return understood[-1]

    monkeypatch.setattr(Composer, "_is_understood", recorded)
    for i, walk in enumerate(walks(30)):
        write_rationale(*walk, np.random.default_rng(i))
    assert np.mean(understood) > 0.85


def test_texts_have_no_numbers_and_the_labels_of_the_parts(many):
    for _, _, written in many:
        assert not re.search(r"\d", written.rationale) and written.rationale.isascii()
        assert re.fullmatch(r"Foot: .+\. Arm: .+\. Overall: .+\.", written.rationale)


def test_sentences_of_a_text_begin_differently(many):
    for _, _, written in many:
        openings = [" ".join(sentence.split()[:2]) for sentence in sentences(written)]
        assert len(set(openings)) >= len(openings) - 1, written.rationale


def test_every_part_is_about_its_body_part(many):
    lexicon = load_lexicon()["quantities"]
    for _, _, written in many:
        for claim in extract_claims(written.arm):
            assert lexicon[claim.quantity]["part"] == "arm", written.arm
        assert all(
            lexicon[claim.quantity]["part"] != "arm" for claim in extract_claims(written.foot)
        )


@pytest.mark.slow
def test_500_texts_are_different_and_share_few_sentences():
    texts = [write_rationale(*walk, np.random.default_rng(i)) for i, walk in enumerate(walks(500))]
    assert len({text.rationale for text in texts}) >= 400
    forms = Counter(sentence for text in texts for sentence in set(sentences(text)))
    shared = [form for form, count in forms.items() if count > 50]
    assert len(shared) <= 0.05 * len(forms)
    argued = [re.search("because|consistent with|suggest", text.rationale, re.I) for text in texts]
    assert np.mean([match is not None for match in argued]) > 0.6


def test_the_conclusion_says_what_the_score_means():
    meanings = (
        "nothing limits|not limit|no sign|nothing is conspicuous",
        "slight|limited a little",
        "substantial",
    )
    for values, score in walks(30):
        for other in {0, 1, 2} - {score}:
            written = write_rationale(values, score, np.random.default_rng(0))
            assert re.search(meanings[score], written.overall), (score, written.overall)
            assert other == 1 or score == 0 or "substantial" not in written.overall or score == 2


def test_a_score_that_the_signs_do_not_explain_is_called_so():
    milder = [text.overall for text in texts_of(NORMAL, 2)]
    assert all("does not explain" in text or "do not explain" in text for text in milder)
    ill = parameters(4.5, np.random.default_rng(0))
    worse = [text.overall for text in texts_of(ill, 0)]
    assert all(re.search("would|argue|suggest", text) for text in worse)


def test_a_walk_with_score_0_is_not_called_parkinsonian():
    uneven = NORMAL | {"arm_swing_left_deg": 20.0, "trunk_flexion_deg": 9.0}
    assert not any("parkinson" in text.rationale for text in texts_of(uneven, 0))
    assert any("parkinson" in text.rationale for text in texts_of(uneven, 1))


def test_the_most_deviant_sign_of_the_feet_leads():
    values = SHORT_STEPS | {"toe_clearance_m": 0.015}  # moderately short, mildly low
    for text in texts_of(values, 2):
        first = extract_claims(sentences(text)[0])
        assert "step_length" in {claim.quantity for claim in first}, text.foot


def test_slowness_is_explained_by_the_steps_if_cadence_is_normal():
    texts = [text.overall for text in texts_of(SHORT_STEPS, 2)]
    explained = [re.search("length of the steps|step length", text) for text in texts]
    assert np.mean([match is not None for match in explained]) > 0.6


def test_the_side_of_each_arm_is_named_with_its_grade():
    for text in texts_of(ONE_ARM, 1):
        claims = {(c.side, c.grade) for c in extract_claims(text.arm) if c.quantity == "arm_swing"}
        assert claims == {("left", 4), ("right", 2)}, text.arm


@pytest.mark.parametrize("left", [2, 5, 10, 18, 40, 60, 70])
def test_an_arm_that_swings_far_is_called_so_next_to_any_other(left):
    parameters = {"arm_swing_left_deg": left, "arm_swing_right_deg": 62.0}
    for seed in range(6):
        text = write_rationale(parameters, 1, np.random.default_rng(seed))
        assert grounding_score(text.rationale, parameters).score == 1.0
        assert "arm_swing" in {claim.quantity for claim in extract_claims(text.arm)}


def test_arms_with_different_grades_are_not_called_even():
    for text in texts_of(ONE_ARM | {"arm_swing_asymmetry_percent": 50.0}, 1):
        assert "arm_asymmetry" not in {claim.quantity for claim in extract_claims(text.rationale)}


@pytest.mark.parametrize(
    ("person", "words"),
    [
        ({"age": 72.0, "sex": "female"}, "age and sex"),
        ({"age": 72.0}, "this age|same age|for age"),
        ({}, "older adults"),
        ({"age": 40.0}, "adults|this age|same age|for age"),
    ],
)
def test_the_norm_is_named(person, words):
    texts = [text.rationale for text in texts_of(SHORT_STEPS, 2, **person)]
    assert sum(re.search(words, text) is not None for text in texts) > 10


def test_parameters_that_were_not_measured_are_not_mentioned():
    feet = {name: value for name, value in NORMAL.items() if not name.startswith("arm")}
    feet.pop("shoulder_hip_phase_deg")
    text = write_rationale(feet, 0, np.random.default_rng(0))
    assert text.arm == "The recording does not show enough of the arms to judge them."
    nothing = write_rationale({}, 1, np.random.default_rng(0))
    assert grounding_score(nothing.rationale, {}).checked == ()


def test_one_measured_arm_is_enough():
    values = {"arm_swing_left_deg": 10.0, "arm_swing_asymmetry_percent": 110.0}
    for text in texts_of(values, 1):
        assert {c.side for c in extract_claims(text.arm) if c.quantity == "arm_swing"} == {"left"}


def test_a_child_is_not_graded():
    values = ONE_ARM | {"step_length_left_m": 0.5, "step_length_right_m": 0.6}
    text = write_rationale(values, 1, np.random.default_rng(0), age=9)
    assert "adults" in text.foot and "The right arm travels farther" in text.arm
    assert grounding_score(text.rationale, values, age=9).score is None


def test_references_are_different_texts_of_the_same_walk():
    shared = []
    for i, (values, score) in enumerate(walks(8)):
        texts = write_references(values, score, np.random.default_rng(i))
        assert texts[0] == write_rationale(values, score, np.random.default_rng(i))
        assert len({text.rationale for text in texts}) == 5
        for text in texts:
            assert grounding_score(text.rationale, values).score == 1.0
        for first, second in combinations(map(sentences, texts), 2):
            shared.append(len(set(first) & set(second)) / min(len(first), len(second)))
    assert np.mean(shared) < 0.05
    with pytest.raises(ValueError, match="count is 0"):
        write_references(values, score, np.random.default_rng(0), count=0)


@pytest.mark.parametrize(("score", "severity"), [(0, 0.2), (1, 1.9), (2, 3.8)])
def test_counterfactuals_argue_for_another_score_and_are_contradicted(score, severity):
    shares = []
    for i in range(20):
        values = parameters(severity, np.random.default_rng(i))
        text, wrong = write_counterfactual(values, score, np.random.default_rng(i))
        checked = grounding_score(text.rationale, values)
        verdicts = [row.verdict for row in checked.checked]
        assert (
            wrong != score and "contradicted" in verdicts and not re.search(r"\d", text.rationale)
        )
        shares.append(checked.score)
    assert np.mean(shares) < 0.6


@pytest.mark.parametrize(
    ("score", "criterion"), [(3, "a device"), (4, "another person|person has to help")]
)
def test_texts_of_higher_scores_name_the_help_that_is_needed(score, criterion):
    values = parameters(3.8, np.random.default_rng(1))
    for i in range(8):
        text = write_rationale(values, score, np.random.default_rng(i))
        assert re.search(criterion, text.overall), text.overall
        assert "help is needed" not in text.overall and "need for help" not in text.overall
        assert grounding_score(text.rationale, values).score == 1.0
    child = write_rationale({"step_length_m": 0.5}, score, np.random.default_rng(0), age=9)
    assert re.search(criterion, child.overall)


def test_counterfactuals_of_more_scores_argue_for_any_other_score():
    values = parameters(3.8, np.random.default_rng(0))
    wrong = {write_counterfactual(values, 3, np.random.default_rng(i), num_scores=4)[1]
             for i in range(4)}  # fmt: skip
    assert wrong <= {0, 1, 2}
    with pytest.raises(ValueError, match="score is 3, expected one of 0, 1, 2$"):
        write_counterfactual(values, 3, np.random.default_rng(0))


def test_without_parameters_there_is_no_counterfactual():
    with pytest.raises(ValueError, match="contradicts none of the claims"):
        write_counterfactual({}, 1, np.random.default_rng(0))


def test_the_text_of_a_wrong_walk_argues_for_the_right_score():
    rng = np.random.default_rng(0)
    others = [parameters(3.8, rng) for _ in range(4)]
    text = write_wrong_walk(SHORT_STEPS, 2, others, np.random.default_rng(1))
    verdicts = [row.verdict for row in grounding_score(text.rationale, SHORT_STEPS).checked]
    assert "contradicted" in verdicts and "substantial" in text.overall
    with pytest.raises(ValueError, match="0 other walks: pass more"):
        write_wrong_walk(SHORT_STEPS, 2, [], rng)


def test_a_wrong_text_is_about_a_walk_that_differs_in_many_signs():
    rng = np.random.default_rng(2)
    shares = []
    for i in range(8):
        values = parameters(2.2, rng)
        others = [values, values, *(parameters(2.2, rng) for _ in range(6)), values]
        text = write_wrong_walk(values, 1, others, np.random.default_rng(i))
        shares.append(grounding_score(text.rationale, values).score)
    assert np.mean(shares) < 0.6, "a random walk of this severity shares more of the claims"


def test_reasons_are_given_for_parameters_that_are_left_out():
    values = SHORT_STEPS | {"step_height_m": 0.1}
    text = write_rationale(values, 2, np.random.default_rng(0))
    reasons = spoken_of(text, values)
    assert set(reasons) == set(IMPAIRED)
    assert reasons["step_length_m"] in ("spoken of", "said by another sign")
    assert reasons["stride_length_m"] == "said by another sign"
    assert reasons["step_height_m"] == "no norm"
    assert reasons["freezing_index"] == "not measurable"
    assert "nearest to normal" in reasons.values()


def test_texts_are_equal_for_the_same_walk_score_and_seed():
    requests = [Request(f"walk{i}", *walk) for i, walk in enumerate(walks(6))]
    first = [answer.written for answer in RuleWriter(0).write(requests)]
    again = {answer.key: answer.written for answer in RuleWriter(0).write(reversed(requests))}
    assert [again[request.key] for request in requests] == first
    assert [answer.written for answer in RuleWriter(1).write(requests)] != first


@pytest.mark.parametrize(
    ("score", "person", "message"),
    [
        (5, {}, "score is 5, expected one of 0, 1, 2, 3, 4"),
        (1, {"sex": "m"}, "sex is 'm'"),
        (1, {"age": 130}, "age is 130"),
    ],
)
def test_invalid_arguments_raise(score, person, message):
    with pytest.raises(ValueError, match=message):
        write_rationale(NORMAL, score, np.random.default_rng(0), **person)


def test_every_sign_has_words_and_a_measured_quantity():
    assert set(WEIGHTS) == set(VOCABULARY)
    assert set(WEIGHTS) <= set(read_topics(Walk(NORMAL))), "each quantity has a norm"


def test_only_the_listed_quantities_are_spoken_of():
    listed = ("cadence", "heel_strike", "arm_swing")
    for values, score in walks(12):
        writer = RuleWriter(0, listed)
        (answer,) = writer.write([Request("walk", values, score)])
        claims = extract_claims(answer.written.rationale)
        assert claims and {claim.quantity for claim in claims} <= set(listed)
        assert grounding_score(answer.written.rationale, values).score == 1.0
        for text in write_references(values, score, np.random.default_rng(0), quantities=listed):
            assert {claim.quantity for claim in extract_claims(text.rationale)} <= set(listed)
    assert writer.state != RuleWriter(0).state


def test_a_part_without_listed_quantities_is_not_called_unmeasured():
    text = write_rationale(ONE_ARM, 1, np.random.default_rng(0), quantities=["speed"])
    assert text.arm == "This text does not judge the arms."
    assert "none of them" not in text.overall and "no measured sign" not in text.overall


@pytest.mark.parametrize("names", [[], ["speed", "gait"], "speed"])
def test_unknown_quantities_raise(names):
    with pytest.raises(ValueError, match="quantities .* expected"):
        write_rationale(NORMAL, 0, np.random.default_rng(0), quantities=names)


def test_what_is_unusual_for_the_score_is_always_said():
    unusual = {"stride_time_cv_percent": 5.0, "step_time_cv_percent": 8.0, "ankle_range_deg": 40.0}
    for text in texts_of(NORMAL | unusual, 0):
        claims = {(c.quantity, c.state, c.grade) for c in extract_claims(text.rationale)}
        assert {("rhythm", "high", 2), ("ankle_range", "high", 0)} <= claims, text.rationale


def test_texts_are_short_and_less_usual_signs_are_said_more_often():
    counts, said = [], Counter()
    for text in texts_of(NORMAL, 0, 40):
        claims = extract_claims(text.rationale)
        counts.append((len(claims), len(text.rationale.split())))
        said.update({claim.quantity for claim in claims})
    assert 5 <= np.mean(counts, axis=0)[0] <= 9 and np.max(counts, axis=0)[1] <= 110
    assert said["rhythm"] > 4 * said["sway"], "sway is normal in nearly every walk of the score 0"


def test_one_large_arm_swing_is_said_with_its_side():
    for text in texts_of(NORMAL | {"arm_swing_left_deg": 65.0}, 0):
        claims = {(c.side, c.state) for c in extract_claims(text.arm) if c.quantity == "arm_swing"}
        assert claims == {("left", "high"), ("right", "normal")}, text.arm
