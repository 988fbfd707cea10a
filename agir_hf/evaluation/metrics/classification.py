"""Metrics of gait scores and of their probabilities, from numbers alone.

A missing answer counts as wrong, and where errors have a size, as the largest there can be.
Averages say how they average: macro over the classes that occur in the truth, weighted by their
number. The majority class stands beside as the baseline.
"""

from collections.abc import Sequence

import numpy as np

from ...constants_agir import SCORES

SCORE_METRICS = (
    "accuracy", "balanced_accuracy", "macro_precision", "macro_recall", "macro_f1", "weighted_f1",
    "quadratic_kappa", "mean_absolute_error",
)  # fmt: skip
CALIBRATION_BINS = 15


def confusion_matrix(
    truth: Sequence[int], predicted: Sequence[int | None], classes: Sequence[int] = SCORES
) -> np.ndarray:
    """(K, K + 1) counts: rows are true scores, columns the scores given and, last, no answer.

    Args:
        classes: the scores there are, in order.

    Raises:
        ValueError: for lists of different length, empty ones, or a true score that is none.
    """
    if len(truth) != len(predicted) or not len(truth):
        raise ValueError(
            f"{len(truth)} true scores and {len(predicted)} given, expected as many and some"
        )
    place = {score: i for i, score in enumerate(classes)}
    matrix = np.zeros((len(place), len(place) + 1), dtype=int)
    for true, given in zip(truth, predicted, strict=True):
        if true not in place:
            raise ValueError(f"true score {true!r}, expected one of {tuple(classes)}")
        matrix[place[true], place.get(given, len(place))] += 1
    return matrix


def classification_metrics(
    truth: Sequence[int], predicted: Sequence[int | None], classes: Sequence[int] = SCORES
) -> dict[str, float | int | list]:
    """Figures of scores against the truth, and of the majority class beside them.

    Returns:
        ``count``; ``accuracy``; ``balanced_accuracy``, the mean recall; ``macro_recall`` (the
        same), ``macro_precision`` and ``macro_f1``, means over the classes that occur in the
        truth; ``weighted_f1``, their mean by number; ``quadratic_kappa`` (Cohen 1968), 0 where
        it is not defined; ``mean_absolute_error`` in scores; each of them as "majority_…" too, of
        always answering the most frequent true score; ``confusion_matrix``, see
        `confusion_matrix`; and ``classes``.

    Raises:
        ValueError: see `confusion_matrix`.
    """
    matrix = confusion_matrix(truth, predicted, classes)
    majority = np.zeros_like(matrix)
    majority[:, matrix.sum(axis=1).argmax()] = matrix.sum(axis=1)
    found = table_metrics(np.stack([matrix, majority]))
    return {
        "count": len(truth),
        **{name: float(own) for name, (own, _) in found.items()},
        **{f"majority_{name}": float(other) for name, (_, other) in found.items()},
        "confusion_matrix": matrix.tolist(),
        "classes": list(classes),
    }


def calibration_error(
    truth: Sequence[int], probabilities: np.ndarray, bins: int = CALIBRATION_BINS
) -> float:
    """Expected calibration error: how far confidence is from accuracy, 0 … 1.

    Answers are sorted into bins of equal width by the probability of the score they give; the
    result is the mean of |accuracy - mean confidence| over bins, by number. Source: Guo et al. 2017
    (On Calibration of Modern Neural Networks), equation 3.

    Args:
        truth: true scores, 0 … K - 1.
        probabilities: (N, K), of the scores.

    Raises:
        ValueError: for another shape, or rows that are no probabilities.
    """
    table, true = _probabilities(truth, probabilities)
    confidence, right = table.max(1), table.argmax(1) == true
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        (bin_of == i).sum() * abs(right[bin_of == i].mean() - confidence[bin_of == i].mean())
        for i in np.unique(bin_of)
    ]
    return float(sum(gaps) / len(true))


def risk_coverage(truth: Sequence[int], probabilities: np.ndarray) -> np.ndarray:
    """(N, 2) coverage and error rate of the surest 1 … N answers.

    Answers of like confidence are in the order given. Source: El-Yaniv and Wiener 2010 (On the
    Foundations of Noise-free Selective Classification).

    Args, Raises: see `calibration_error`.
    """
    table, true = _probabilities(truth, probabilities)
    order = np.argsort(-table.max(1), kind="stable")
    wrong = (table.argmax(1) != true)[order]
    number = np.arange(1, len(true) + 1)
    return np.stack([number / len(true), wrong.cumsum() / number], axis=1)


def _probabilities(truth, probabilities) -> tuple[np.ndarray, np.ndarray]:
    table, true = np.asarray(probabilities, dtype=float), np.asarray(truth)
    if table.ndim != 2 or len(table) != len(true) or not len(true):
        raise ValueError(
            f"{len(true)} true scores and probabilities of shape {table.shape}, expected a row for "
            "each score, and some"
        )
    sound = (table >= 0).all() and np.allclose(table.sum(1), 1, atol=1e-4)
    if not (sound and np.isin(true, range(table.shape[1])).all()):
        raise ValueError(
            f"expected true scores in 0 … {table.shape[1] - 1} and rows of probabilities, none "
            "below 0, that add up to 1"
        )
    return table, true


def table_metrics(tables: np.ndarray) -> dict[str, np.ndarray]:
    """`SCORE_METRICS` of many confusion tables at once, each (R,); see `classification_metrics`.

    Args:
        tables: (R, K, K + 1) counts, each as `confusion_matrix` has it.
    """
    number = tables.sum(axis=(1, 2))
    right = np.diagonal(tables[:, :, :-1], axis1=1, axis2=2).astype(float)
    true, given = tables.sum(axis=2), tables[:, :, :-1].sum(axis=1)
    present = true > 0
    recall, precision = right / np.maximum(true, 1), right / np.maximum(given, 1)
    f1 = 2 * right / np.maximum(true + given, 1)

    def macro(values):
        return (values * present).sum(axis=1) / present.sum(axis=1)

    return {
        "accuracy": right.sum(axis=1) / number,
        "balanced_accuracy": macro(recall),
        "macro_precision": macro(precision),
        "macro_recall": macro(recall),
        "macro_f1": macro(f1),
        "weighted_f1": (true * f1).sum(axis=1) / number,
        **_ordinal_metrics(tables, number),
    }


def _ordinal_metrics(tables: np.ndarray, number: np.ndarray) -> dict[str, np.ndarray]:
    """Figures of distance; a missing answer is as far from the truth as there can be."""
    places = np.arange(tables.shape[1])
    distance = np.abs(places[:, None] - places)
    answered = tables[:, :, :-1].astype(float)
    ends = np.zeros_like(distance, dtype=float)
    ends[:, [0, -1]] = distance[:, [0, -1]] == distance.max(axis=1, keepdims=True)
    shares = ends / np.maximum(ends.sum(axis=1, keepdims=True), 1)  # halves where both are as far
    answered += tables[:, :, -1:] * shares
    margins = answered.sum(axis=2)[:, :, None] * answered.sum(axis=1)[:, None, :]
    chance = (distance**2 * margins).sum(axis=(1, 2)) / number
    observed = (distance**2 * answered).sum(axis=(1, 2))
    kappa = np.where(chance > 0, 1 - observed / np.where(chance > 0, chance, 1), 0.0)
    error = (distance * answered).sum(axis=(1, 2)) / number
    return {"quadratic_kappa": kappa, "mean_absolute_error": error}
