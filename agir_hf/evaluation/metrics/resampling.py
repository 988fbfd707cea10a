"""Metrics of resampled subjects: how often each subject is drawn, and the metric of each draw."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..reporting.results import Prediction
from .classification import SCORE_METRICS, table_metrics

Metric = str | Callable[[list[Prediction]], float]


def figure_values(predictions: Sequence[Prediction]) -> dict[str, list[float]]:
    """Collect the figures of predictions.

    Args:
        predictions: Predictions with or without figures.

    Returns:
        Figure → its values, of the predictions that have it.
    """
    values: dict[str, list[float]] = {}
    for prediction in predictions:
        for name, value in prediction.figures.items():
            if value is not None:
                values.setdefault(name, []).append(value)
    return values


def subjects_of(predictions: Sequence[Prediction]) -> list[str]:
    """Return the different subjects in alphabetical order."""
    return sorted({prediction.subject for prediction in predictions})


def draws(subjects: int, resamples: int, seed: int) -> np.ndarray:
    """Draw subjects with replacement.

    Args:
        subjects: Number of subjects S.
        resamples: Number of resamples R.
        seed: Seed of the random generator.

    Returns:
        How often each subject is drawn in each resample, shape (R, S).
    """
    rng = np.random.default_rng(seed)
    return rng.multinomial(subjects, np.full(subjects, 1 / subjects), size=resamples)


def resampled_values(
    predictions: Sequence[Prediction],
    metric: Metric,
    classes: Sequence[int],
    names: Sequence[str],
    drawn: np.ndarray,
) -> tuple[float, np.ndarray]:
    """Compute a metric of all predictions and of each resample.

    Args:
        predictions: Predictions of all subjects.
        metric: Name of a score metric or of a figure, or a function of a list of predictions.
        classes: Scores in order.
        names: Subjects in alphabetical order.
        drawn: How often each subject is drawn in each resample, shape (R, S), see `draws`.

    Returns:
        The metric of all predictions, and of the resamples, shape (R,), NaN where it is not
        defined.

    Raises:
        ValueError: No prediction has the figure.
    """
    weights = np.vstack([np.ones_like(drawn[:1]), drawn])
    subject = np.searchsorted(names, [prediction.subject for prediction in predictions])
    if not isinstance(metric, str):
        values = _values_of_function(predictions, metric, subject, weights)
    elif metric in SCORE_METRICS:
        counts = _confusions(predictions, classes, subject, len(names))
        values = table_metrics(np.tensordot(weights, counts, axes=1))[metric]
    else:
        values = _values_of_figure(predictions, metric, subject, weights)
    return float(values[0]), values[1:]


def _confusions(predictions, classes, subject: np.ndarray, subjects: int) -> np.ndarray:
    """(S, K, K + 1) confusion counts of each subject, as `confusion_matrix` returns them."""
    column = {score: i for i, score in enumerate(classes)}
    true = [column[prediction.truth] for prediction in predictions]
    predicted = [column.get(prediction.predicted, len(column)) for prediction in predictions]
    counts = np.zeros((subjects, len(column), len(column) + 1), dtype=int)
    np.add.at(counts, (subject, true, predicted), 1)
    return counts


def _values_of_figure(predictions, name: str, subject, weights) -> np.ndarray:
    """Means of a figure over the predictions that have it."""
    figures = [prediction.figures.get(name) for prediction in predictions]
    values = np.array([np.nan if figure is None else figure for figure in figures])
    finite = np.isfinite(values)
    if not finite.any():
        raise ValueError(
            f"no prediction has the figure {name!r}, expected one of {SCORE_METRICS} or of "
            f"{tuple(figure_values(predictions))}"
        )
    sums, numbers = (
        weights @ np.bincount(subject[finite], part[finite], minlength=weights.shape[1])
        for part in (values, finite.astype(float))
    )
    return np.where(numbers > 0, sums / np.maximum(numbers, 1), np.nan)


def _values_of_function(predictions, function, subject, weights) -> np.ndarray:
    groups: list[list[Prediction]] = [[] for _ in range(weights.shape[1])]
    for prediction, index in zip(predictions, subject, strict=True):
        groups[index].append(prediction)
    samples = (
        [walk for group, times in zip(groups, row, strict=True) for walk in group * int(times)]
        for row in weights
    )
    return np.array([function(sample) for sample in samples], dtype=float)
