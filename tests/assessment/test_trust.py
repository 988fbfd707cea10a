"""The trust line: score or why it is withheld, certainty, evidence, knowledge."""

from types import SimpleNamespace

import numpy as np
import pytest

from agir_hf.assessment import Reason, Uncertainty, load_model, prepare_recording
from agir_hf.assessment.assessment import assess_prepared
from agir_hf.assessment.trust import trust_of
from agir_hf.motion import JointMotion


def evidence_of(verdicts):
    rows = [SimpleNamespace(verdict=verdict) for verdict in verdicts]
    return SimpleNamespace(grounding=SimpleNamespace(checked=rows))


def trust(
    *reasons,
    verdicts=("supported", "near", "supported"),
    own=None,
    limits=None,
    training_data="walks of people",
    simulated=False,
):
    reasons = tuple(Reason(name, f"because of {name}") for name in reasons)
    limits = {"feature_distance": 1.0} if limits is None else limits
    config = SimpleNamespace(uncertainty=limits, training_data=training_data)
    evidence, unaided = evidence_of(verdicts), evidence_of(own or verdicts)
    score = SimpleNamespace(score=1)
    return trust_of(score, Uncertainty(reasons), evidence, unaided, config, simulated)


def test_a_certain_score_within_what_the_model_knows():
    assert trust().text == (
        "Score 1, certain. 2 of 3 claims are supported by the measured gait. Within what the model "
        "knows: the motion resembles its training walks, which does not show that the score is "
        "right."
    )


def test_claims_of_the_own_text_are_stated_where_sentences_were_chosen():
    values = trust(verdicts=("supported",), own=("supported", "contradicted", "near"))
    assert values.claims_text == (
        "1 of 1 claim is supported by the measured gait (of the own text of the model 1 of 3)"
    )


def test_a_model_of_simulated_walks_is_not_to_be_relied_on_for_people():
    values = trust(training_data="simulated walks only")
    assert "do not rely on its scores of people" in values.text
    assert trust(training_data="simulated walks only", simulated=True).on_people == ""
    assert trust(training_data=None).on_people == ""


def test_near_claims_do_not_count_as_supported():
    values = trust(verdicts=("near", "contradicted", "supported"))
    assert (values.claims_supported, values.claims_made) == (1, 3)


@pytest.mark.parametrize("name", ["few_strides", "low_probability", "disagreement"])
def test_an_uncertain_score_is_shown_with_its_reasons(name):
    values = trust(name)
    assert (values.score, values.certain, values.withheld) == (1, False, None)
    assert f"Score 1, uncertain: because of {name}." in values.text


@pytest.mark.parametrize("name", ["not_measured", "no_steps", "too_few_strides"])
def test_a_score_is_withheld_where_too_little_was_measured(name):
    values = trust("low_probability", name)
    assert values.score is None and not values.certain
    assert values.withheld == f"too little was measured (because of {name})"
    assert values.text.startswith("Score withheld: too little was measured")


@pytest.mark.parametrize("name", ["not_reconstructed", "unusual_features"])
def test_a_motion_unlike_the_training_walks_is_outside(name):
    assert trust(name).knowledge == "outside"
    assert trust("few_strides").knowledge == "within"


def test_knowledge_is_not_assessed_for_a_model_without_limits():
    assert trust(limits={}).knowledge == "not assessed"
    assert trust(limits={"disagreement": 1.0}).knowledge == "not assessed"


def test_a_single_step_has_no_score_in_any_output(sample_joints):
    """The first second of a walk has no complete stride."""
    motion = JointMotion(np.asarray(sample_joints)[:24], 20.0, source="short.npz")
    prepared = prepare_recording(motion)
    result = assess_prepared(prepared, *load_model()).as_json()
    assert result["score"] is None and result["probabilities"] is None
    assert result["alternatives"] == [] and result["trust"]["score"] is None
    assert "expected at least 2" in result["withheld"] or "no step" in result["withheld"]


def test_a_whole_walk_has_a_score(sample_joints):
    motion = JointMotion(np.asarray(sample_joints), 20.0, source="walk.npz")
    result = assess_prepared(prepare_recording(motion), *load_model()).as_json()
    assert result["score"] == result["trust"]["score"] and result["withheld"] is None
    assert sum(result["probabilities"]) == pytest.approx(1, abs=1e-3)
