"""Metrics of gait scores and of their probabilities, from numbers alone.

A missing answer counts as wrong, and where errors have a size, as the largest there can be.
Averages say how they average: macro over the classes that occur in the truth, weighted by their
number. The majority class stands beside as the baseline.
"""

from collections.abc import Sequence

import numpy as np

CLASSES = (0, 1, 2)
CALIBRATION_BINS = 15


def confusion_matrix(
    truth: Sequence[int], predicted: Sequence[int | None], classes: Sequence[int] = CLASSES
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
    truth: Sequence[int], predicted: Sequence[int | None], classes: Sequence[int] = CLASSES
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
    return {
        "count": len(truth),
        **_figures(matrix),
        **{f"majority_{name}": value for name, value in _figures(majority).items()},
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


def _figures(matrix: np.ndarray) -> dict[str, float]:
    right = np.diag(matrix).astype(float)
    true, given = matrix.sum(axis=1), matrix[:, : len(matrix)].sum(axis=0)
    present = true > 0
    recall = right / np.maximum(true, 1)
    precision = right / np.maximum(given, 1)
    f1 = 2 * right / np.maximum(true + given, 1)
    return {
        "accuracy": float(right.sum() / matrix.sum()),
        "balanced_accuracy": float(recall[present].mean()),
        "macro_recall": float(recall[present].mean()),
        "macro_precision": float(precision[present].mean()),
        "macro_f1": float(f1[present].mean()),
        "weighted_f1": float((true * f1).sum() / true.sum()),
        **_ordinal_figures(_answered(matrix)),
    }


def _answered(matrix: np.ndarray) -> np.ndarray:
    """(K, K), a missing answer at the score farthest from the truth; in halves where two are."""
    answered = matrix[:, :-1].astype(float)
    last = len(matrix) - 1
    for i, missing in enumerate(matrix[:, -1]):
        farthest = [j for j in (0, last) if abs(i - j) == max(i, last - i)]
        answered[i, farthest] += missing / len(farthest)
    return answered


def _ordinal_figures(matrix: np.ndarray) -> dict[str, float]:
    number, places = matrix.sum(), np.arange(len(matrix))
    distance = np.abs(places[:, None] - places)
    expected = np.outer(matrix.sum(1), matrix.sum(0)) / number
    chance = (distance**2 * expected).sum()
    return {
        "quadratic_kappa": float(1 - (distance**2 * matrix).sum() / chance) if chance else 0.0,
        "mean_absolute_error": float((distance * matrix).sum() / number),
    }
