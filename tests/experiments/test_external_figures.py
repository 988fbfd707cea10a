"""Figures of the external validation, from assessments without a model."""

from pathlib import Path

import numpy as np
import pytest

from agir_hf.annotation.rules.words import VOCABULARY
from agir_hf.assessment.parameter_forest import ParameterForest
from agir_hf.evaluation.probing.baselines import mean_and_spread
from agir_hf.experiments.external import (
    NO_CHECKED_TEXT,
    NO_FOREST,
    NO_HEALTHY,
    NO_TRAINING,
    SAVED_FOREST,
    figures_of,
)
from agir_hf.experiments.external_assessments import Assessment
from agir_hf.experiments.external_baselines import (
    ALL_NORMAL,
    FOREST,
    MIRRORED_REGRESSION,
    MODEL,
    PROBE,
    REGRESSION,
    SPEED,
    TOKENS,
    judges,
    mirrored_spread,
)
from agir_hf.experiments.external_report import external_tables
from agir_hf.experiments.external_table import ExternalRecording
from agir_hf.experiments.external_texts import CHECKED, CONSTANT, OTHER_PERSON, UNAIDED
from agir_hf.experiments.inference import EvaluationSet
from agir_hf.gait import extract_claims
from agir_hf.humanml3d import mirrored_features

SLOW, NORMAL = "Walking speed is moderately reduced.", "Walking speed is normal."


def walk(person, group, probabilities, speed=1.2, text=NORMAL, truth=None, **more):
    """An assessed recording."""
    recording = ExternalRecording(f"{person}.c3d", Path(f"{person}.c3d"), person, group, truth)
    score = int(np.argmax(probabilities))
    values = {"uncertain": False, "mirrored_score": score, "checked": None} | more
    return Assessment(
        recording,
        score,
        tuple(probabilities),
        unaided=text,
        parameters={"speed_m_per_s": speed} if speed else {},
        spread=np.full(526, score, float),
        **values,
    )


def value(interval):
    return None if interval is None else round(interval.value, 4)


@pytest.fixture
def walks():
    """Two healthy and two impaired people; one of each is scored wrong."""
    return [
        walk("A", "healthy", (0.8, 0.1, 0.1), 1.3),
        walk("B", "healthy", (0.2, 0.7, 0.1), 0.6, SLOW, uncertain=True),
        walk("C", "PD", (0.1, 0.2, 0.7), 0.7, SLOW, mirrored_score=1),
        walk("D", "PD", (0.5, 0.3, 0.2), 1.1),
    ]


def test_groups_have_the_distribution_of_scores(walks):
    healthy, impaired = figures_of(walks, "healthy").groups
    assert (healthy.group, healthy.people, healthy.scores) == ("healthy", 2, (1, 1, 0))
    assert healthy.uncertain == 1 and impaired.uncertain == 0
    assert value(healthy.expected_score) == 0.6 and value(impaired.expected_score) == 1.15


def test_scores_are_compared_with_the_groups(walks):
    model, speed = figures_of(walks, "healthy").judges
    assert (model.name, speed.name) == (MODEL, SPEED)
    assert value(model.auc) == 0.75  # D (0.7) is below B (0.9)
    assert value(speed.auc) == 0.5
    assert model.auc.subjects == 4 and model.auc.low <= 0.75 <= model.auc.high
    assert value(model.healthy_as_0) == 0.5 and value(model.impaired_as_0) == 0.5
    assert value(model.wrong) == 0.5
    assert value(model.confident_errors) == 0.25  # B is uncertain
    assert value(model.uncertain) == 0.25
    assert value(model.mirror_changes) == 0.25
    assert model.accuracy is None and model.confusion is None
    assert speed.healthy_as_0 is None


def test_reasons_of_uncertainty_are_counted_by_group(walks):
    walks[0] = walk("A", "healthy", (1, 0, 0), reasons=("below_20_years", "no_walk"))
    walks[1] = walk("B", "healthy", (1, 0, 0), reasons=("no_walk",))
    figures = figures_of(walks, "healthy")
    assert [group.reasons for group in figures.groups] == [{"below_20_years": 1, "no_walk": 2}, {}]
    (table,) = [table for table in external_tables(figures) if table.kind == "reasons"]
    assert table.lines == [["below 20 years", "1", "0"], ["no walk", "2", "0"]]


def test_score_tokens_and_probe_have_rows_of_their_own():
    tokens, probe = (0.6, 0.4, 0), (0.1, 0.2, 0.7)
    parts = {"token_probabilities": tokens, "probe_probabilities": probe}
    both = [walk("A", "PD", (0, 1, 0), **parts), walk("B", "PD", (0, 1, 0), **parts)]
    rows = judges(both)
    assert [row.name for row in rows] == [MODEL, TOKENS, PROBE, SPEED]
    assert [row.scores for row in rows[:3]] == [[1, 1], [0, 0], [2, 2]]
    without = [walk("A", "PD", (0, 1, 0), token_probabilities=tokens)]
    assert [row.name for row in judges(without)] == [MODEL, SPEED]


def test_the_forest_of_the_model_is_used_without_training_walks(walks):
    forest = ParameterForest(  # score 2 below 0.8 m/s
        ("speed_m_per_s",), np.array([1.1]), np.array([0]), np.array([0, 0, 0]),
        np.array([0.8, np.inf, np.inf]), np.array([[1, 2], [1, 1], [2, 2]]),
        np.array([[0.5, 0, 0.5], [0, 0, 1], [1, 0, 0]]),
    )  # fmt: skip
    rows = {row.name: row for row in judges(walks, forest=forest)}
    assert list(rows) == [MODEL, SPEED, FOREST] and rows[FOREST].scores == [0, 2, 2, 0]
    assert SAVED_FOREST in figures_of(walks, "healthy", forest=forest).notes
    assert NO_FOREST in figures_of(walks, "healthy").notes


def test_scores_of_the_table_decide_what_is_wrong(walks):
    scored = [
        walk("A", "healthy", (0.8, 0.1, 0.1), truth=1),
        walk("C", "PD", (0.8, 0.1, 0.1), truth=0),
        walk("E", "PD", (0.1, 0.1, 0.8)),
    ]
    model = figures_of(scored, "healthy").judges[0]
    assert value(model.accuracy) == 0.5
    assert model.confusion == [[1, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert value(model.wrong) == round(1 / 3, 4)


def test_several_recordings_of_a_person_are_drawn_together():
    same = [walk("A", "healthy", (1, 0, 0))] * 20
    other = [walk("B", "healthy", (0, 1, 0))]
    interval = figures_of(same + other, "healthy").judges[0].healthy_as_0
    assert interval.subjects == 2 and (interval.low, interval.high) == (0, 1)


def test_without_a_healthy_group_its_figures_are_left_out_and_said(walks):
    figures = figures_of(walks, None)
    for judge in figures.judges:
        assert judge.auc is judge.healthy_as_0 is judge.impaired_as_0 is judge.wrong is None
    assert value(figures.judges[0].uncertain) == 0.25
    assert NO_HEALTHY in figures.notes and NO_HEALTHY not in figures_of(walks, "healthy").notes


def test_a_walk_without_a_speed_has_no_part_in_its_auc():
    walks = [walk("A", "healthy", (1, 0, 0), 1.2), walk("B", "PD", (0, 1, 0), 0.6)]
    walks.append(walk("C", "PD", (0, 1, 0), None))
    speed = figures_of(walks, "healthy").judges[1]
    assert speed.recordings == 2 and value(speed.auc) == 1
    assert figures_of(walks[:1], "healthy").judges[0].auc is None


def test_texts_are_compared_with_their_walk_and_with_others_of_the_same_score():
    walks = [
        walk("A", "PD", (0, 1, 0), 0.7, SLOW),
        walk("B", "PD", (0, 1, 0), 1.2, NORMAL),
        walk("C", "PD", (0, 0, 1), 0.7, NORMAL),  # the only walk of score 2
    ]
    unaided, other, constant = figures_of(walks, None).texts
    assert [row.name for row in (unaided, other, constant)] == [UNAIDED, OTHER_PERSON, CONSTANT]
    assert value(unaided.supported) == round(2 / 3, 4)
    assert (value(unaided.own), value(unaided.other), value(unaided.specificity)) == (1, 0, 1)
    assert value(other.supported) == 0
    assert value(constant.supported) == round(1 / 3, 4) and value(constant.specificity) == 0
    assert unaided.claims == 1 and constant.claims == len(VOCABULARY)
    assert unaided.kept is None


def test_a_text_chosen_by_evidence_is_compared_with_the_unaided_one():
    both = f"{SLOW} Cadence is normal."
    walks = [
        walk("A", "PD", (0, 1, 0), 0.7, both, checked=SLOW),
        walk("B", "PD", (0, 1, 0), 1.2, SLOW, checked=NORMAL),
        walk("C", "PD", (0, 1, 0), 1.2, NORMAL),
    ]
    figures = figures_of(walks, None)
    unaided, checked = figures.texts[:2]
    assert checked.name == CHECKED and NO_CHECKED_TEXT not in figures.notes
    assert value(checked.supported) == 1 and value(unaided.supported) == round(2 / 3, 4)
    assert value(checked.kept) == round((0.5 + 1 + 1) / 3, 4)


def test_the_constant_text_calls_every_quantity_of_the_rules_normal():
    claims = extract_claims(ALL_NORMAL)
    assert [claim.quantity for claim in claims] == list(VOCABULARY)
    assert {claim.state for claim in claims} == {"normal"}


def test_mean_and_spread_of_mirrored_features_are_computed_from_those_of_the_walk():
    features = np.random.default_rng(0).normal(size=(30, 263)).astype(np.float32)
    expected = mean_and_spread(mirrored_features(features))
    computed = mirrored_spread(mean_and_spread(features)[None])[0]
    np.testing.assert_allclose(computed, expected, atol=1e-5)


def training_walks(number=30):
    """Walks whose score is in every feature and in the speed."""
    scores = [i % 3 for i in range(number)]
    rng = np.random.default_rng(0)
    none = [None] * number
    return EvaluationSet(
        ids=[f"walk{i}" for i in range(number)],
        subjects=[f"S{i}" for i in range(number)],
        motions=[rng.normal(score, score + 0.1, (20, 263)).astype(np.float32) for score in scores],
        scores=scores,
        rationales=[""] * number,
        references=[[""]] * number,
        parameters=[{"speed_m_per_s": 1.3 - 0.4 * score} for score in scores],
        ages=none,
        sexes=none,
        medications=none,
        simulated=True,
    )


def test_classifiers_are_fitted_on_training_walks_only(walks):
    pytest.importorskip("sklearn", reason="the baselines need scikit-learn")
    rows = {row.name: row for row in judges(walks, training_walks())}
    assert list(rows) == [MODEL, SPEED, FOREST, REGRESSION, MIRRORED_REGRESSION]
    assert [rows[FOREST].scores[i] for i in (0, 1, 3)] == [0, 2, 0]  # 1.3, 0.6 and 1.1 m/s
    assert rows[REGRESSION].scores[0] == 0 and rows[REGRESSION].scores[2] == 2
    assert rows[REGRESSION].impairment != rows[MIRRORED_REGRESSION].impairment
    figures = figures_of(walks, "healthy", training_walks())
    assert NO_TRAINING not in figures.notes and len(figures.judges) == 5
    assert NO_TRAINING in figures_of(walks, "healthy").notes
