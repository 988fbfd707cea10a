"""Pooled figures of a row, and their spread over folds and seeds."""

import numpy as np
import pytest

from agir_hf.evaluation.metrics.classification import (
    SCORE_METRICS,
    calibration_error,
    classification_metrics,
    confusion_matrix,
    table_metrics,
)
from agir_hf.evaluation.reporting.results import FoldResult, Prediction, Results, Row
from agir_hf.evaluation.reporting.summary import by_fold_and_seed, row_metrics, summarise


def prediction(subject, walk, truth, predicted, **further):
    return Prediction(f"{subject}-{walk}", subject, truth, predicted, **further)


def row(name, *folds):
    """A row of (fold, seed, predictions)."""
    return Row(
        name, [FoldResult(fold, seed, list(predictions), 1.0) for fold, seed, predictions in folds]
    )


def test_pooled_figures_by_hand():
    predictions = [
        prediction("a", 0, 0, 0, probabilities=(0.8, 0.2, 0), figures={"cider": 1.0}, text="a b c"),
        prediction("a", 1, 1, 1, probabilities=(0.1, 0.9, 0), figures={"cider": 2.0}, text="a b"),
        prediction("b", 0, 2, None, figures={"cider": None, "supported": 0.5}),
    ]
    metrics = row_metrics(predictions)
    assert metrics["accuracy"] == pytest.approx(2 / 3)
    assert metrics["majority_accuracy"] == pytest.approx(1 / 3)
    assert metrics["confusion_matrix"] == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]]
    assert metrics["calibration_error"] == pytest.approx((0.2 + 0.1) / 2)
    assert metrics["calibration_count"] == 2
    assert (metrics["cider"], metrics["supported"]) == (1.5, 0.5)
    assert metrics["figure_counts"] == {"cider": 2, "supported": 1}
    assert metrics["distinct_2"] == pytest.approx(2 / 3)  # a b, b c, a b
    assert "calibration_error" not in row_metrics(predictions[2:])


def test_calibration_uses_the_numbers_of_the_classes():
    table = [(0.7, 0.3), (0.6, 0.4)]
    walks = [prediction("a", i, 2 + i, 2, probabilities=row) for i, row in enumerate(table)]
    expected = calibration_error([0, 1], np.array(table))
    assert row_metrics(walks, [2, 3])["calibration_error"] == pytest.approx(expected)


def test_a_figure_with_the_name_of_a_metric_raises():
    with pytest.raises(ValueError, match=r"figures have the names \['accuracy'\]"):
        row_metrics([prediction("a", 0, 0, 0, figures={"accuracy": 1.0})])


def test_means_and_deviations_over_folds_and_seeds_by_hand():
    wrong, right = (lambda s: prediction(s, 0, 0, 1)), (lambda s: prediction(s, 0, 0, 0))
    spread = by_fold_and_seed(
        row(
            "r",
            ("f", 0, [right("a"), right("b")]),
            ("g", 0, [right("c"), wrong("d")]),
            ("f", 1, [right("a"), wrong("b")]),
            ("g", 1, [wrong("c"), wrong("d")]),
        )
    )["accuracy"]
    # folds: f (1 + ½)/2, g (½ + 0)/2; seeds, pooled: 3/4 and 1/4
    assert (spread.folds, spread.seeds) == (2, 2)
    assert spread.fold_mean == pytest.approx(0.5)
    assert spread.fold_sd == pytest.approx(np.std([0.75, 0.25], ddof=1))
    assert spread.seed_mean == pytest.approx(0.5)
    assert spread.seed_sd == pytest.approx(np.std([0.75, 0.25], ddof=1))


def test_one_fold_and_one_seed_have_no_deviation():
    spread = by_fold_and_seed(row("r", ("f", 0, [prediction("a", 0, 0, 0)])))
    assert spread["accuracy"].fold_sd is spread["accuracy"].seed_sd is None
    assert "cider" not in spread and "calibration_error" not in spread


def test_seeds_with_different_folds_raise():
    walk = [prediction("a", 0, 0, 0)]
    with pytest.raises(ValueError, match=r"\{1: \['g'\]\}, expected every fold of every seed"):
        by_fold_and_seed(row("r", ("f", 0, walk), ("g", 0, walk), ("f", 1, walk)))


@pytest.mark.parametrize("classes", [(0, 1), (0, 1, 2), (0, 1, 2, 3)])
def test_metrics_of_many_tables_equal_those_of_each(classes):
    rng = np.random.default_rng(1)
    lists = []
    for size in (1, 2, 5, 40, 40):
        truth = rng.choice(classes, size).tolist()
        predicted = [None if rng.random() < 0.2 else int(g) for g in rng.choice(classes, size)]
        lists.append((truth, predicted))
    lists += [([0, 0], [0, 0]), ([1, 1], [None, None])]
    tables = np.stack([confusion_matrix(*pair, classes) for pair in lists])
    metrics = table_metrics(tables)
    assert set(metrics) == set(SCORE_METRICS)
    for i, pair in enumerate(lists):
        expected = classification_metrics(*pair, classes)
        for name in SCORE_METRICS:
            assert metrics[name][i] == pytest.approx(expected[name]), (name, pair)


def test_summaries_have_the_figures_of_tables():
    texts = ["one two", "three four", "one two"]
    folds = [
        ("f", seed, [prediction("a", i, 0, 0, text=text) for i, text in enumerate(texts)])
        for seed in (0, 1)
    ]
    rows = [row("r", *folds), Row("absent", [], "why")]
    results = Results("k", "t", "d", True, [0, 1, 2], list("abc"), "s", "c", {}, {}, rows)
    summary, absent = summarise(results, resamples=10)
    assert (summary.walks, summary.subjects, summary.folds, summary.seeds) == (3, 1, 1, (0, 1))
    assert set(summary.intervals) == {"accuracy", "macro_f1"}
    # of a seed's texts 2/3; pooled over two seeds it would be 1/3
    assert summary.metrics["distinct_2"] == pytest.approx(2 / 3)
    assert (absent.note, absent.folds, absent.metrics) == ("why", 0, {})
