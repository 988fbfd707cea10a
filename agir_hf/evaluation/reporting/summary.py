"""Figures of a row of predictions, and how far they spread over folds and seeds.

Pooled figures count every prediction of a row once, over folds and seeds together. Intervals and
comparisons, which resample subjects, are in `resampling`; they are public here too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ...constants_agir import SCORES
from ..metrics.classification import calibration_error, classification_metrics
from ..metrics.significance import (
    LEVEL,
    PERMUTATIONS,
    RESAMPLES,
    SCORE_METRICS,
    Comparison,
    Interval,
    figure_values,
    mcnemar,
    paired_comparison,
    subject_bootstrap,
    subjects_of,
)
from ..metrics.text import distinct
from .results import Prediction, Results, Row

__all__ = [
    "LEVEL", "PERMUTATIONS", "RESAMPLES", "SCORE_METRICS", "WITH_INTERVAL", "Comparison",
    "Interval", "Spread", "Summary", "by_fold_and_seed", "mcnemar", "paired_comparison",
    "probability_table", "row_metrics", "subject_bootstrap", "summarise",
]  # fmt: skip
WITH_INTERVAL = ("accuracy", "macro_f1")


@dataclass(frozen=True)
class Spread:
    """Means and sample standard deviations (n - 1) of one metric over folds and over seeds.

    Attributes:
        fold_mean, fold_sd: of the folds; a fold's value is the mean of its seeds' values. None
            where there is one fold.
        folds: how many have the metric.
        seed_mean, seed_sd: of the seeds; a seed's value is of its predictions of all folds,
            pooled. None where there is one seed.
        seeds: how many have the metric.
    """

    fold_mean: float
    fold_sd: float | None
    folds: int
    seed_mean: float
    seed_sd: float | None
    seeds: int


@dataclass(frozen=True)
class Summary:
    """What tables and pictures show of a row; empty where the row has no folds.

    Attributes:
        metrics: see `row_metrics`; ``distinct_2`` is the mean over seeds, for it falls with the
            number of texts.
        intervals: of accuracy and macro-F1.
        spread: see `by_fold_and_seed`.
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
    """Figures of predictions, pooled.

    Returns:
        What `metrics.classification_metrics` returns; ``calibration_error`` of those predictions
        that have probabilities, and how many do, ``calibration_count``; the mean of each of
        `Prediction.figures` over those that have it, under its name, and ``figure_counts``, how
        many do; ``distinct_2`` of the texts. What no prediction has is absent.

    Raises:
        ValueError: for no predictions, or a figure named as one of the metrics.
    """
    found = classification_metrics(
        [one.truth for one in predictions], [one.given for one in predictions], classes
    )
    truth, table = probability_table(predictions, classes)
    if len(truth):
        found |= {"calibration_error": calibration_error(truth, table)}
        found |= {"calibration_count": len(truth)}
    texts = [one.text for one in predictions if one.text is not None]
    if texts:
        found["distinct_2"] = distinct(texts)
    figures = figure_values(predictions)
    taken = figures.keys() & found.keys()
    if taken:
        raise ValueError(f"figures named {sorted(taken)}, which are metrics here: name others")
    found |= {name: float(np.mean(values)) for name, values in figures.items()}
    return found | {"figure_counts": {name: len(values) for name, values in figures.items()}}


def probability_table(
    predictions: Sequence[Prediction], classes: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Place of the true score (N,) and probabilities (N, K) of predictions that have some."""
    place = {score: i for i, score in enumerate(classes)}
    having = [one for one in predictions if one.probabilities is not None]
    truth = np.array([place[one.truth] for one in having], dtype=int)
    table = np.array([one.probabilities for one in having], dtype=float)
    return truth, table.reshape(len(having), len(classes))


def by_fold_and_seed(row: Row, classes: Sequence[int] = SCORES) -> dict[str, Spread]:
    """Spread of each metric over folds and over seeds; see `Spread`.

    A fold's macro averages are over the scores that occur in that fold, so that their mean is not
    the pooled figure; in a fold of one walker they say little.

    Raises:
        ValueError: if seeds hold different folds, whose figures do not compare.
    """
    held = {seed: {one.fold for one in row.folds if one.seed == seed} for seed in row.seeds}
    lacking = {seed: sorted(set(row.fold_names) - folds) for seed, folds in held.items()}
    lacking = {seed: folds for seed, folds in lacking.items() if folds}
    if lacking:
        raise ValueError(
            f"row {row.name!r}: seeds lack folds (seed: folds) {lacking}, expected every fold "
            "of every seed: run them, or leave the seed out"
        )
    by_fold = [
        _means([_scalars(one.predictions, classes) for one in row.folds if one.fold == name])
        for name in row.fold_names
    ]
    by_seed = [_scalars(_of_seed(row, seed), classes) for seed in row.seeds]
    spread = {}
    for name in dict.fromkeys(name for one in by_seed for name in one):
        folds, seeds = ([one[name] for one in side if name in one] for side in (by_fold, by_seed))
        spread[name] = Spread(*_mean_sd(folds), len(folds), *_mean_sd(seeds), len(seeds))
    return spread


def summarise(results: Results, *, resamples: int = RESAMPLES, seed: int = 0) -> list[Summary]:
    """A `Summary` of each row, in their order."""
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
            for name in WITH_INTERVAL
        },
        spread=spread,
    )


def _of_seed(row: Row, seed: int) -> list[Prediction]:
    return [one for fold in row.folds if fold.seed == seed for one in fold.predictions]


def _scalars(predictions, classes) -> dict[str, float]:
    """Those of `row_metrics` that are one number of the row itself."""
    found = row_metrics(predictions, classes)
    names = [*SCORE_METRICS, "calibration_error", "distinct_2", *found["figure_counts"]]
    return {name: found[name] for name in names if name in found}


def _means(rows: list[dict[str, float]]) -> dict[str, float]:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: float(np.mean([row[name] for row in rows if name in row])) for name in names}


def _mean_sd(values: list[float]) -> tuple[float, float | None]:
    return float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else None
