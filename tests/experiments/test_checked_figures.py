"""Figures of rationales that are chosen by evidence."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from agir_hf.experiments.checked_figures import checked_figures
from agir_hf.experiments.cross_validation import TEST_PREDICTIONS, VALIDATION_PREDICTIONS
from agir_hf.experiments.inference import EvaluationSet
from agir_hf.experiments.predictions import model_row

WRONG = "Speed is normal. Cadence is normal."
DRAWN = "Speed is moderately reduced. Cadence is normal."
MEASURED = {"speed_m_per_s": 0.71, "cadence_steps_per_min": 110.0}


def walks(number, **changes):
    """Walks A0, A1, … with the same measured gait."""
    columns = {
        "ids": [f"A{i}" for i in range(number)],
        "subjects": [f"S{i}" for i in range(number)],
        "motions": [np.zeros((4, 263))] * number,
        "scores": [1] * number,
        "rationales": [DRAWN] * number,
        "references": [[DRAWN]] * number,
        "parameters": [MEASURED] * number,
        "ages": [None] * number,
        "sexes": [None] * number,
        "medications": [None] * number,
    }
    return EvaluationSet(**{**columns, **changes}, simulated=True)


def test_contradicted_sentence_is_replaced_by_one_that_the_model_drew():
    (row,) = checked_figures([WRONG], [[WRONG, DRAWN]], [1], walks(1))
    assert row == {"supported_checked": 1.0, "kept_checked": 1.0}


def test_without_candidates_a_contradicted_sentence_is_left_out():
    (row,) = checked_figures([WRONG], [()], [1], walks(1))
    assert row == {"supported_checked": 1.0, "kept_checked": 0.5}


def test_text_without_claims_has_no_figures():
    (row,) = checked_figures(["There is nothing to say."], [()], [1], walks(1))
    assert row == {"supported_checked": None, "kept_checked": None}


def test_each_walk_is_checked_with_its_own_gait_and_age():
    tested = walks(3, parameters=[MEASURED, {"speed_m_per_s": 1.0}, {"speed_m_per_s": 1.0}],
                   ages=[None, 86.0, 30.0])  # fmt: skip
    text = "Speed is normal. There is a tremor."
    rows = checked_figures([text] * 3, [()] * 3, [1] * 3, tested)
    assert [row["supported_checked"] for row in rows] == [None, 1.0, None]


@pytest.fixture
def plan(tmp_path):
    """One fold with predictions of two walks, in another order than that of the corpus."""
    answers = [
        {"id": name, "text": WRONG, "score": 1, "truth": 1, "probabilities": [0.1, 0.8, 0.1],
         "well_formed": True, "candidates": drawn}
        for name, drawn in (("A1", []), ("A0", [DRAWN]))
    ]  # fmt: skip
    (tmp_path / TEST_PREDICTIONS).write_text(json.dumps(answers))
    (tmp_path / VALIDATION_PREDICTIONS).write_text("[]")
    cross = SimpleNamespace(
        output_folder=lambda name, fold, seed: tmp_path, updates=lambda name, fold: 300
    )
    return SimpleNamespace(folds=["one"], seeds_of=lambda name: [0], cross=cross)


def test_row_of_a_model_has_the_figures_of_the_checked_text_of_its_walks(plan):
    row = model_row(plan, "reasoning_only", walks(2), checked=True)
    figures = {walk.id: walk.figures for walk in row.predictions}
    assert figures["A0"] == {"well_formed": 1.0, "supported_checked": 1.0, "kept_checked": 1.0}
    assert figures["A1"] == {"well_formed": 1.0, "supported_checked": 1.0, "kept_checked": 0.5}
    assert all(walk.text == WRONG for walk in row.predictions)
    assert row.note == "300 updates; temperatures 1.00, fitted on validation walks"
    assert model_row(plan, "generative_reasoning", walks(2)).note.startswith("300 + 300 updates; ")


def test_row_of_a_model_can_be_without_the_checked_text(plan):
    row = model_row(plan, "reasoning_only", walks(2))
    assert [list(walk.figures) for walk in row.predictions] == [["well_formed"]] * 2
