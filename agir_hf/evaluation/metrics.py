"""Classification metrics of gait scores, from numbers alone.

A missing answer counts as wrong. Averages say how they average: macro over the classes of the
truth. The majority class stands beside as the baseline.
"""

from collections.abc import Sequence

import numpy as np

CLASSES = (0, 1, 2)


def confusion_matrix(truth: Sequence[int], predicted: Sequence[int | None]) -> np.ndarray:
    """(3, 4) counts: rows are true scores, columns the scores given and, last, no answer.

    Raises:
        ValueError: for lists of different length, empty ones, or a true score that is none.
    """
    if len(truth) != len(predicted) or not len(truth):
        raise ValueError(
            f"{len(truth)} true scores and {len(predicted)} given, expected as many and some"
        )
    matrix = np.zeros((len(CLASSES), len(CLASSES) + 1), dtype=int)
    for true, given in zip(truth, predicted, strict=True):
        if true not in CLASSES:
            raise ValueError(f"true score {true!r}, expected one of {CLASSES}")
        matrix[true, given if given in CLASSES else len(CLASSES)] += 1
    return matrix


def classification_metrics(
    truth: Sequence[int], predicted: Sequence[int | None]
) -> dict[str, float | int | list]:
    """Accuracy, macro-F1, balanced accuracy and the confusion matrix, with the majority class.

    Macro-F1 and balanced accuracy average over the classes that occur in the truth. "majority_…"
    are the figures of always answering the most frequent true score.
    """
    matrix = confusion_matrix(truth, predicted)
    figures = _figures(matrix)
    majority = np.zeros_like(matrix)
    majority[:, matrix.sum(axis=1).argmax()] = matrix.sum(axis=1)
    return {
        "count": len(truth),
        **figures,
        **{f"majority_{name}": value for name, value in _figures(majority).items()},
        "confusion_matrix": matrix.tolist(),
    }


def _figures(matrix: np.ndarray) -> dict[str, float]:
    right = np.diag(matrix).astype(float)
    true, given = matrix.sum(axis=1), matrix[:, : len(CLASSES)].sum(axis=0)
    present = true > 0
    f1 = 2 * right / np.maximum(true + given, 1)
    recall = right / np.maximum(true, 1)
    return {
        "accuracy": float(right.sum() / matrix.sum()),
        "macro_f1": float(f1[present].mean()),
        "balanced_accuracy": float(recall[present].mean()),
    }
