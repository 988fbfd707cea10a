"""Figures of a row of predictions, and their spread over folds and seeds.

Pooled figures count every prediction of a row once, over folds and seeds together. Intervals and
comparisons, which resample subjects, are in `metrics.significance` and exported here too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ...constants_agir import SCORES
from ..metrics.classification import calibration_error, classification_metrics
from ..metrics.resampling import figure_values, subjects_of
from ..metrics.significance import (
    LEVEL,
    PERMUTATIONS,
    RESAMPLES,
    SCORE_METRICS,
    Comparison,
    Interval,
    mcnemar,
    paired_comparison,
    subject_bootstrap,
)
from ..metrics.text import distinct
from .results import Prediction, Results, Row

__all__ = [
    "LEVEL", "PERMUTATIONS", "RESAMPLES", "SCORE_METRICS", "TEXT_WITH_INTERVAL", "WITH_INTERVAL",
    "Comparison", "Interval", "Spread", "Summary", "by_fold_and_seed", "mcnemar",
    "paired_comparison", "probability_table", "row_metrics", "subject_bootstrap", "summarise",
]  # fmt: skip
WITH_INTERVAL = ("accuracy", "macro_f1")
TEXT_WITH_INTERVAL = ("specificity",)


@dataclass(frozen=True)
class Spread:
    """Means and sample standard deviations (n - 1) of one metric over folds and over seeds.

    Attributes:
        fold_mean: Mean over folds; the value of a fold is the mean over its seeds.
        fold_sd: Standard deviation over folds. None where there is one fold.
        folds: Number of folds that have the metric.
        seed_mean: Mean over seeds; the value of a seed is of its predictions of all folds, pooled.
        seed_sd: Standard deviation over seeds. None where there is one seed.
        seeds: Number of seeds that have the metric.
    """

    fold_mean: float
    fold_sd: float | None
    folds: int
    seed_mean: float
    seed_sd: float | None
    seeds: int


@dataclass(frozen=True)
class Summary:
    """What tables and plots show of a row; empty where the row has no folds.

    Attributes:
        name: Name of the row.
        note: Remark on the row, or why it was not run.
        walks: Number of walks.
        subjects: Number of subjects.
        folds: Number of folds; 0 where the row was not run.
        seeds: Seeds of the trainings.
        metrics: Pooled figures, see `row_metrics`. `distinct_2` is the mean over seeds, because it
            decreases with the number of texts.
        intervals: Confidence intervals of accuracy, macro-F1 and, where texts have it, specificity.
        spread: Spread of each metric, see `by_fold_and_seed`.
    """

    name: str
    note: str | None
    walks: int = 0
    subjects: int = 0
    folds: int = 0
    seeds: tuple[int, ...] = ()
    metrics: dict = field(default_factory=dict)
    intervals: dict[str, Interval] = field(default_factory=dict)
    spread: dict[str, Spread] = field(default_factory=dict)


def row_metrics(predictions: Sequence[Prediction], classes: Sequence[int] = SCORES) -> dict:
    """Compute the figures of predictions, pooled.

    Args:
        predictions: Predictions of any folds and seeds.
        classes: Scores in order.

    Returns:
        What `classification_metrics` returns; `calibration_error` of the predictions that have
        probabilities, and their number, `calibration_count`; the mean of each of
        `Prediction.figures` over the predictions that have it, and their numbers,
        `figure_counts`; `distinct_2` of the texts. A figure that no prediction has is absent.

    Raises:
        ValueError: There are no predictions, or a figure has the name of one of the metrics.
    """
    metrics = classification_metrics(
        [prediction.truth for prediction in predictions],
        [prediction.predicted for prediction in predictions],
        classes,
    )
    truth, table = probability_table(predictions, classes)
    if len(truth):
        metrics |= {"calibration_error": calibration_error(truth, table)}
        metrics |= {"calibration_count": len(truth)}
    texts = [prediction.text for prediction in predictions if prediction.text is not None]
    if texts:
        metrics["distinct_2"] = distinct(texts)
    figures = figure_values(predictions)
    taken = figures.keys() & metrics.keys()
    if taken:
        raise ValueError(
            f"figures have the names {sorted(taken)} of metrics: use other names for them"
        )
    metrics |= {name: float(np.mean(values)) for name, values in figures.items()}
    return metrics | {"figure_counts": {name: len(values) for name, values in figures.items()}}


def probability_table(
    predictions: Sequence[Prediction], classes: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Arrange the probabilities of predictions in a table.

    Args:
        predictions: Predictions; those without probabilities are left out.
        classes: Scores in order.

    Returns:
        Index of the true score, shape (N,), and probabilities, shape (N, K).
    """
    index = {score: i for i, score in enumerate(classes)}
    rows = [prediction for prediction in predictions if prediction.probabilities is not None]
    truth = np.array([index[prediction.truth] for prediction in rows], dtype=int)
    table = np.array([prediction.probabilities for prediction in rows], dtype=float)
    return truth, table.reshape(len(rows), len(classes))


def by_fold_and_seed(row: Row, classes: Sequence[int] = SCORES) -> dict[str, Spread]:
    """Compute the spread of each metric over folds and over seeds.

    Macro averages of a fold are over the scores that occur in that fold, so their mean is not the
    pooled figure. For a fold of one subject they mean little.

    Args:
        row: Row with at least one fold.
        classes: Scores in order.

    Returns:
        Metric → spread.

    Raises:
        ValueError: The seeds have different folds, so their figures cannot be compared.
    """
    folds_of = {seed: {fold.fold for fold in row.folds if fold.seed == seed} for seed in row.seeds}
    missing = {seed: sorted(set(row.fold_names) - folds) for seed, folds in folds_of.items()}
    missing = {seed: folds for seed, folds in missing.items() if folds}
    if missing:
        raise ValueError(
            f"row {row.name!r}: seeds lack folds (seed: folds) {missing}, expected every fold "
            "of every seed: run them, or leave the seed out"
        )
    by_fold = [
        _means([_scalars(fold.predictions, classes) for fold in row.folds if fold.fold == name])
        for name in row.fold_names
    ]
    by_seed = [_scalars(_of_seed(row, seed), classes) for seed in row.seeds]
    spread = {}
    for name in dict.fromkeys(name for metrics in by_seed for name in metrics):
        folds, seeds = (
            [metrics[name] for metrics in side if name in metrics] for side in (by_fold, by_seed)
        )
        spread[name] = Spread(*_mean_sd(folds), len(folds), *_mean_sd(seeds), len(seeds))
    return spread


def summarise(results: Results, *, resamples: int = RESAMPLES, seed: int = 0) -> list[Summary]:
    """Summarise each row of an evaluation.

    Args:
        results: Results of the evaluation.
        resamples: Number of bootstrap resamples of the intervals.
        seed: Seed of the random generator.

    Returns:
        One summary for each row, in their order.
    """
    return [_summary(row, results.classes, resamples, seed) for row in results.rows]


def _summary(row: Row, classes: list[int], resamples: int, seed: int) -> Summary:
    if not row.folds:
        return Summary(row.name, row.note)
    predictions = row.predictions
    metrics, spread = row_metrics(predictions, classes), by_fold_and_seed(row, classes)
    if "distinct_2" in metrics:
        metrics["distinct_2"] = spread["distinct_2"].seed_mean
    return Summary(
        row.name,
        row.note,
        walks=len(row.walks()),
        subjects=len(subjects_of(predictions)),
        folds=len(row.fold_names),
        seeds=tuple(row.seeds),
        metrics=metrics,
        intervals={
            name: subject_bootstrap(predictions, name, classes, resamples=resamples, seed=seed)
            for name in (*WITH_INTERVAL, *TEXT_WITH_INTERVAL)
            if name in metrics
        },
        spread=spread,
    )


def _of_seed(row: Row, seed: int) -> list[Prediction]:
    return [
        prediction for fold in row.folds if fold.seed == seed for prediction in fold.predictions
    ]


def _scalars(predictions, classes) -> dict[str, float]:
    """Those of `row_metrics` that are one number of the row itself."""
    metrics = row_metrics(predictions, classes)
    names = [*SCORE_METRICS, "calibration_error", "distinct_2", *metrics["figure_counts"]]
    return {name: metrics[name] for name in names if name in metrics}


def _means(rows: list[dict[str, float]]) -> dict[str, float]:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: float(np.mean([row[name] for row in rows if name in row])) for name in names}


def _mean_sd(values: list[float]) -> tuple[float, float | None]:
    return float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else None
