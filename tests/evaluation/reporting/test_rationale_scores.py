"""Figures of rationales, walk by walk."""

import pytest

from agir_hf.evaluation.metrics.text import cider
from agir_hf.evaluation.reporting.rationale_scores import TextJudge
from agir_hf.evaluation.reporting.results import FoldResult, Prediction, Row
from agir_hf.gait import reference

pytest.importorskip("pycocoevalcap", reason="CIDEr needs pycocoevalcap")
TEXTS = {
    "a": "Step length is normal at about 0.60 m.",
    "b": "Arm swing is markedly reduced on the left.",
    "c": "Gait speed is mildly reduced, about 0.9 m/s.",
}
PARAMETERS = {
    "a": {"step_length_m": 0.6},
    "b": {"step_length_m": 0.3},
    "c": {"speed_m_per_s": reference("speed_m_per_s").mean},
}


def row(texts, seeds=(0,)):
    folds = [
        FoldResult(fold, seed, [Prediction(n, f"S{n}", 0, 0, text=texts[n]) for n in names], 1.0)
        for fold, names in (("one", ["a", "b"]), ("two", ["c"]))
        for seed in seeds
    ]
    return Row("model", folds)


def test_every_walk_has_figures_with_frequencies_of_all_references():
    wrong = {**TEXTS, "b": "Step length is normal."}
    judged = TextJudge(TEXTS, PARAMETERS).row(row(wrong))
    figures = {walk.id: walk.figures for walk in judged.predictions}
    expected = cider([wrong[n] for n in "abc"], [TEXTS[n] for n in "abc"])
    assert [figures[n]["cider"] for n in "abc"] == pytest.approx(expected.tolist())
    assert figures["a"]["supported"] == 1 and figures["b"]["supported"] == 0
    assert figures["a"]["coverage"] == 1 and figures["a"]["near"] == 0
    assert "bert_f1" not in figures["a"]
    assert [fold.fold for fold in judged.folds] == ["one", "two"] and judged.name == "model"


def test_a_row_of_fewer_walks_is_scored_with_the_same_frequencies():
    judge = TextJudge(TEXTS, PARAMETERS)
    part = Row("part", row(TEXTS).folds[1:])
    (alone,) = judge.row(part).predictions
    whole = {walk.id: walk for walk in judge.row(row(TEXTS)).predictions}
    names = ("cider", "supported", "near", "coverage")
    assert [alone.figures[n] for n in names] == [whole["c"].figures[n] for n in names]


def test_seeds_are_scored_separately_and_walks_without_text_are_unchanged():
    judge = TextJudge(TEXTS, PARAMETERS)
    both = judge.row(row(TEXTS, seeds=(0, 1)))
    assert [(f.fold, f.seed) for f in both.folds] == [
        ("one", 0),
        ("one", 1),
        ("two", 0),
        ("two", 1),
    ]
    assert all(walk.figures["cider"] > 9 for walk in both.predictions)
    without_text = Row("forest", [FoldResult("one", 0, [Prediction("a", "Sa", 0, 1)], 0.0)])
    assert judge.row(without_text) == without_text


def test_claims_are_checked_against_the_norms_of_each_subject():
    text = {name: "Speed is normal." for name in "abc"}
    walks = {name: {"speed_m_per_s": 1.0} for name in "abc"}
    judge = TextJudge(TEXTS, walks, ages={"a": 30, "b": 86, "c": 9}, sexes={"a": "male"})
    figures = {walk.id: walk.figures for walk in judge.row(row(text)).predictions}
    assert [figures[name]["supported"] for name in "abc"] == [0, 1, None]
    assert figures["c"]["coverage"] == 0


def test_specificity_compares_with_walks_of_other_subjects_and_the_same_score():
    text = {name: "Speed is normal." for name in "abc"}
    walks = {"a": {"speed_m_per_s": 1.2}, "b": {"speed_m_per_s": 0.6}, "c": {"speed_m_per_s": 0.6}}
    figures = {w.id: w.figures for w in TextJudge(TEXTS, walks).row(row(text)).predictions}
    keys = ("own", "other", "specificity")
    assert [figures["a"][key] for key in keys] == [1.0, 0.0, 1.0]
    assert [figures["b"][key] for key in keys] == [0.0, 0.5, -0.5]
    alone = TextJudge(TEXTS, walks).row(Row("part", row(text).folds[1:])).predictions[0].figures
    assert alone["specificity"] is None


def test_a_walk_can_have_several_references():
    several = {name: [text, "Step length is normal."] for name, text in TEXTS.items()}
    figures = TextJudge(several, PARAMETERS).row(row(TEXTS)).predictions[1].figures
    expected = cider([TEXTS[name] for name in "abc"], [several[name] for name in "abc"])
    assert figures["cider"] == pytest.approx(expected[1])
