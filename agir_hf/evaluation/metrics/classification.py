"""Metrics of gait scores and of their probabilities, from numbers alone.

A missing answer counts as wrong, and in metrics of distance as the largest possible error. Names
state how figures are averaged: macro means are over the classes that occur in the truth, weighted
means use the number of walks of each class. The majority class is reported as a baseline.
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
    """Count how often each true score was predicted as each score.

    Args:
        truth (`Sequence[int]`):
            True scores, one of each walk.
        predicted (`Sequence[int | None]`):
            Predicted scores in the same order. `None`, or a number that is not a class, is a
            missing answer.
        classes (`Sequence[int]`, defaults to `(0, 1, 2)`):
            Scores in the order of rows and columns.

    Returns:
        `np.ndarray`: Counts of shape `(K, K + 1)`. Rows are true scores, columns are predicted
        scores and, last, missing answers.

    Raises:
        ValueError: The lists are empty or differ in length, or a true score is not a class.

    Example:
        ```python
        >>> from agir_hf.evaluation.metrics.classification import confusion_matrix
        >>> confusion_matrix([0, 0, 1, 2], [0, 1, 1, None])
        array([[1, 1, 0, 0],
               [0, 1, 0, 0],
               [0, 0, 0, 1]])

        ```
    """
    if len(truth) != len(predicted) or not len(truth):
        raise ValueError(
            f"{len(truth)} true scores and {len(predicted)} predicted, expected two lists of the "
            "same length, not empty"
        )
    column = {score: i for i, score in enumerate(classes)}
    matrix = np.zeros((len(column), len(column) + 1), dtype=int)
    for true_score, predicted_score in zip(truth, predicted, strict=True):
        if true_score not in column:
            raise ValueError(f"true score {true_score!r}, expected one of {tuple(classes)}")
        matrix[column[true_score], column.get(predicted_score, len(column))] += 1
    return matrix


def classification_metrics(
    truth: Sequence[int], predicted: Sequence[int | None], classes: Sequence[int] = SCORES
) -> dict[str, float | int | list]:
    """Compare predicted scores with the truth, and report the majority class as a baseline.

    A missing answer counts as wrong. For kappa and the absolute error it counts as the score
    farthest from the truth. Macro averages are over the classes that occur in the truth.

    Args:
        truth (`Sequence[int]`):
            True scores, one of each walk.
        predicted (`Sequence[int | None]`):
            Predicted scores in the same order. `None`, or a number that is not a class, is a
            missing answer.
        classes (`Sequence[int]`, defaults to `(0, 1, 2)`):
            Scores in order.

    Returns:
        `dict`: `count`; `accuracy`; `balanced_accuracy`, the mean recall; `macro_recall` (the
        same), `macro_precision`, `macro_f1`; `weighted_f1`; `quadratic_kappa` (Cohen 1968), 0
        where it is not defined; `mean_absolute_error` in steps of `classes`; each of them with the
        prefix `majority_`, for always predicting the most frequent true score;
        `confusion_matrix`, see [`confusion_matrix`]; and `classes`.

    Raises:
        ValueError: The lists are empty or differ in length, or a true score is not a class.

    Example:
        ```python
        >>> from agir_hf.evaluation.metrics.classification import classification_metrics
        >>> metrics = classification_metrics([0, 0, 1, 2], [0, 1, 1, None])
        >>> metrics["accuracy"], metrics["majority_accuracy"]
        (0.5, 0.5)
        >>> round(metrics["macro_f1"], 3), metrics["mean_absolute_error"]
        (0.444, 0.75)

        ```
    """
    matrix = confusion_matrix(truth, predicted, classes)
    majority = np.zeros_like(matrix)
    majority[:, matrix.sum(axis=1).argmax()] = matrix.sum(axis=1)
    metrics = table_metrics(np.stack([matrix, majority]))
    return {
        "count": len(truth),
        **{name: float(own) for name, (own, _) in metrics.items()},
        **{f"majority_{name}": float(baseline) for name, (_, baseline) in metrics.items()},
        "confusion_matrix": matrix.tolist(),
        "classes": list(classes),
    }


def calibration_error(
    truth: Sequence[int], probabilities: np.ndarray, bins: int = CALIBRATION_BINS
) -> float:
    """Compute the expected calibration error: the mean gap between confidence and accuracy.

    Predictions are sorted into bins of equal width by the probability of the most probable score;
    the result is the mean of |accuracy − mean confidence| over bins, weighted by the number of
    predictions. Source: Guo et al. 2017 (On Calibration of Modern Neural Networks), equation 3.

    Args:
        truth (`Sequence[int]`):
            True scores, 0 … K − 1.
        probabilities (`np.ndarray`):
            Probabilities of the scores, shape `(N, K)`.
        bins (`int`, defaults to 15):
            Number of bins.

    Returns:
        `float`: 0 (calibrated) … 1.

    Raises:
        ValueError: The shapes do not fit, rows are not probabilities, or a true score is not in
            0 … K − 1.

    Example:
        ```python
        >>> from agir_hf.evaluation.metrics.classification import calibration_error
        >>> probabilities = [[0.9, 0.1, 0.0], [0.1, 0.8, 0.1], [0.5, 0.3, 0.2], [0.2, 0.2, 0.6]]
        >>> round(calibration_error([0, 2, 0, 2], probabilities, bins=5), 3)
        0.4

        ```
    """
    table, true_scores = _probabilities(truth, probabilities)
    confidence, right = table.max(1), table.argmax(1) == true_scores
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        (bin_of == i).sum() * abs(right[bin_of == i].mean() - confidence[bin_of == i].mean())
        for i in np.unique(bin_of)
    ]
    return float(sum(gaps) / len(true_scores))


def risk_coverage(truth: Sequence[int], probabilities: np.ndarray) -> np.ndarray:
    """Compute the error rate of the most confident predictions, for every number of them.

    Predictions of equal confidence stay in the order of the input. Source: El-Yaniv and Wiener
    2010 (On the Foundations of Noise-free Selective Classification).

    Args:
        truth (`Sequence[int]`):
            True scores, 0 … K − 1.
        probabilities (`np.ndarray`):
            Probabilities of the scores, shape `(N, K)`.

    Returns:
        `np.ndarray`: Shape `(N, 2)`. Row n − 1 has coverage n / N and the error rate of the n most
        confident predictions.

    Raises:
        ValueError: The shapes do not fit, rows are not probabilities, or a true score is not in
            0 … K − 1.

    Example:
        ```python
        >>> from agir_hf.evaluation.metrics.classification import risk_coverage
        >>> probabilities = [[0.9, 0.1, 0.0], [0.1, 0.8, 0.1], [0.5, 0.3, 0.2], [0.2, 0.2, 0.6]]
        >>> risk_coverage([0, 2, 0, 2], probabilities).round(2)
        array([[0.25, 0.  ],
               [0.5 , 0.5 ],
               [0.75, 0.33],
               [1.  , 0.25]])

        ```
    """
    table, true_scores = _probabilities(truth, probabilities)
    order = np.argsort(-table.max(1), kind="stable")
    wrong = (table.argmax(1) != true_scores)[order]
    number = np.arange(1, len(true_scores) + 1)
    return np.stack([number / len(true_scores), wrong.cumsum() / number], axis=1)


def _probabilities(truth, probabilities) -> tuple[np.ndarray, np.ndarray]:
    """Check probabilities (N, K) and true scores (N,), and return them as arrays."""
    table, true_scores = np.asarray(probabilities, dtype=float), np.asarray(truth)
    if table.ndim != 2 or len(table) != len(true_scores) or not len(true_scores):
        raise ValueError(
            f"{len(true_scores)} true scores and probabilities of shape {table.shape}, expected a "
            "row for each score, and at least one"
        )
    valid = (table >= 0).all() and np.allclose(table.sum(1), 1, atol=1e-4)
    if not (valid and np.isin(true_scores, range(table.shape[1])).all()):
        raise ValueError(
            f"expected true scores in 0 … {table.shape[1] - 1} and rows of probabilities, none "
            "below 0, that add up to 1"
        )
    return table, true_scores


def table_metrics(tables: np.ndarray) -> dict[str, np.ndarray]:
    """Compute `SCORE_METRICS` of many confusion matrices at once.

    Args:
        tables: Counts of shape (R, K, K + 1), each as `confusion_matrix` returns it.

    Returns:
        Name → values of shape (R,); see `classification_metrics`.
    """
    number = tables.sum(axis=(1, 2))
    right = np.diagonal(tables[:, :, :-1], axis1=1, axis2=2).astype(float)
    true, predicted = tables.sum(axis=2), tables[:, :, :-1].sum(axis=1)
    present = true > 0
    recall, precision = right / np.maximum(true, 1), right / np.maximum(predicted, 1)
    f1 = 2 * right / np.maximum(true + predicted, 1)

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
    """Metrics of distance; a missing answer counts as the score farthest from the truth."""
    index = np.arange(tables.shape[1])
    distance = np.abs(index[:, None] - index)
    answered = tables[:, :, :-1].astype(float)
    farthest = np.zeros_like(distance, dtype=float)
    farthest[:, [0, -1]] = distance[:, [0, -1]] == distance.max(axis=1, keepdims=True)
    # half of the count to each end where both are equally far
    shares = farthest / np.maximum(farthest.sum(axis=1, keepdims=True), 1)
    answered += tables[:, :, -1:] * shares
    margins = answered.sum(axis=2)[:, :, None] * answered.sum(axis=1)[:, None, :]
    chance = (distance**2 * margins).sum(axis=(1, 2)) / number
    observed = (distance**2 * answered).sum(axis=(1, 2))
    kappa = np.where(chance > 0, 1 - observed / np.where(chance > 0, chance, 1), 0.0)
    error = (distance * answered).sum(axis=(1, 2)) / number
    return {"quadratic_kappa": kappa, "mean_absolute_error": error}
