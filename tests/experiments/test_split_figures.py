"""Figures of a model on one split, next to those of baselines."""

import numpy as np
import pytest

from agir_hf.experiments.inference import EvaluationSet
from agir_hf.experiments.split_figures import (
    SMALLEST,
    baseline_figures,
    model_figures,
    part_figures,
    text_figures,
)
from agir_hf.processing_agir import GaitAssessment

pytest.importorskip("sklearn", reason="the baselines need scikit-learn")
pytest.importorskip("pycocoevalcap", reason="CIDEr needs pycocoevalcap")
NORMAL, REDUCED = "Speed is normal.", "Speed is moderately reduced."
SPEEDS = {0: 1.2, 1: 0.9, 2: 0.6}


def walks(number, seed):
    """Walks of different subjects whose scores depend on speed, and speed on the features."""
    rng = np.random.default_rng(seed)
    scores = [i % 3 for i in range(number)]
    speeds = [SPEEDS[score] + 0.02 * rng.normal() for score in scores]
    texts = [NORMAL if score == 0 else REDUCED for score in scores]
    return EvaluationSet(
        ids=[f"w{i}" for i in range(number)],
        subjects=[f"s{i}" for i in range(number)],
        motions=[rng.normal(speed, 0.1, size=(8, 263)) for speed in speeds],
        scores=scores,
        rationales=texts,
        references=[[text] for text in texts],
        parameters=[{"speed_m_per_s": speed} for speed in speeds],
        ages=[None] * number,
        sexes=[None] * number,
        medications=[None] * number,
        simulated=True,
    )


def assessment(score, text, tokens=None, probe=None, candidates=()):
    probabilities = tuple(0.8 if k == score else 0.1 for k in range(3))
    return GaitAssessment(score, probabilities, text, 0.5, tokens, probe, candidates)


@pytest.fixture(scope="module")
def tested():
    return walks(6, seed=1)


def test_log_loss_is_that_of_the_combined_probabilities(tested):
    right = [assessment(score, NORMAL) for score in tested.scores]
    figures = model_figures(right, tested)
    assert figures["accuracy"] == 1 and figures["log_loss"] == pytest.approx(-np.log(0.8))
    assert figures["certain"] == 1 and figures["error_where_certain"] == 0


def test_score_tokens_and_probe_are_judged_by_themselves():
    tokens, probe = (0.6, 0.3, 0.1), (0.2, 0.7, 0.1)
    parts = part_figures([0, 1], [assessment(0, NORMAL, tokens, probe)] * 2)
    assert parts["tokens"]["confusion_matrix"] != parts["probe"]["confusion_matrix"]
    assert parts["tokens"]["log_loss"] == pytest.approx(-np.log([0.6, 0.3]).mean())
    assert parts["probe"]["log_loss"] == pytest.approx(-np.log([0.2, 0.7]).mean())


def test_part_that_a_model_does_not_have_is_left_out():
    assert part_figures([0, 1], [assessment(0, NORMAL)] * 2) == {}
    without_probe = [assessment(0, NORMAL, (1.0, 0.0, 0.0))] * 2
    assert list(part_figures([0, 1], without_probe)) == ["tokens"]


def test_unaided_and_checked_text_have_their_own_figures(tested):
    """The unaided text is wrong for slow walks; the model has drawn the right one too."""
    rows = [assessment(s, NORMAL, candidates=(NORMAL, REDUCED)) for s in tested.scores]
    figures = model_figures(rows, tested)
    assert figures["supported"] < 0.9 and 0 < figures["kept_checked"] <= 1
    assert figures["supported_checked"] == 1  # near claims are left out


def test_specificity_has_own_other_and_an_interval_over_subjects(tested):
    speeds = [1.2, 1.2, 0.6, 0.6, 0.6, 1.2]  # in each score one text fits its walk alone
    selected = walks(6, seed=1)
    for parameters, speed in zip(selected.parameters, speeds, strict=True):
        parameters["speed_m_per_s"] = speed
    texts = [NORMAL if speed == 1.2 else REDUCED for speed in speeds]
    figures = text_figures(texts, selected)
    assert figures["own"] == 1 and figures["specificity"] == 1 - figures["other"] > 0
    interval = figures["specificity_interval"]
    assert interval["value"] == pytest.approx(figures["specificity"]) and interval["subjects"] == 6
    assert interval["low"] <= interval["value"] <= interval["high"]


def test_texts_without_claims_have_no_specificity(tested):
    figures = text_figures(["The walk was seen."] * 6, tested)
    assert not figures.keys() & {"specificity", "own", "other", "specificity_interval"}


def test_baselines_learn_from_the_training_walks(tested):
    figures = baseline_figures(walks(30, seed=0), tested)
    for name in ("forest_on_parameters", "logistic_on_features", "nearest_walk"):
        assert figures[name]["accuracy"] == 1, name
    for name in ("forest_on_parameters", "logistic_on_features"):
        assert 0 < figures[name]["log_loss"] < np.log(3), name
    for name in ("nearest_walk", "constant_text", "references"):
        assert "supported" in figures[name] and "specificity_interval" in figures[name], name
    assert figures["constant_text"]["specificity"] == pytest.approx(0, abs=0.2)
    assert figures["references"]["cider"] > figures["constant_text"]["cider"]


def test_forest_has_a_finite_loss_where_no_tree_predicts_the_true_score(tested):
    changed = walks(6, seed=1)
    for parameters in changed.parameters:
        parameters["speed_m_per_s"] = 1.5  # every tree predicts the score 0
    figures = baseline_figures(walks(30, seed=0), changed)
    highest = -np.log(SMALLEST / (1 + 2 * SMALLEST))
    assert figures["forest_on_parameters"]["log_loss"] <= highest + 1e-9


def test_table_of_the_forest_has_parameters_that_only_some_walks_have(tested):
    train = walks(30, seed=0)
    for parameters in train.parameters:
        parameters["cadence_steps_per_min"] = 100.0
    assert baseline_figures(train, tested)["forest_on_parameters"]["accuracy"] == 1
