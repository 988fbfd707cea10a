"""Ridge regression of measured gait parameters from embeddings: what an embedding contains."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

PENALTIES = 10.0 ** np.arange(0, 7)  # of standardized columns
FEWEST_WALKS = 5


def r_squared(
    train: np.ndarray,
    train_targets: Mapping[str, np.ndarray],
    test: np.ndarray,
    test_targets: Mapping[str, np.ndarray],
) -> dict[str, float | None]:
    """Compute how well ridge regression reads gait parameters from an embedding.

    The columns are standardized. The penalty of each parameter is the one with the smallest
    leave-one-out error on the training walks. A parameter is fitted and tested on the walks in
    which it was measured.

    Args:
        train: Embedding of the training walks, shape (M, D).
        train_targets: Name of the parameter → its value in each training walk, shape (M,), NaN
            where it was not measured.
        test: Embedding of the test walks, shape (N, D).
        test_targets: Name of the parameter → its value in each test walk, shape (N,), NaN where it
            was not measured.

    Returns:
        Name of the parameter → coefficient of determination on the test walks, 1 for a perfect
        prediction and 0 for the mean of the test walks. None where fewer than 5 training walks or
        2 test walks have the parameter, or all values are equal.
    """
    result: dict[str, float | None] = dict.fromkeys(train_targets)
    for names in _equally_measured(train_targets):
        used = np.isfinite(train_targets[names[0]])
        if used.sum() < FEWEST_WALKS:
            continue
        targets = np.stack([train_targets[name][used] for name in names], axis=1)
        predicted = _ridge(train[used], targets, test)
        for column, name in enumerate(names):
            result[name] = _determination(test_targets[name], predicted[:, column])
    return result


def _equally_measured(targets: Mapping[str, np.ndarray]) -> list[list[str]]:
    """Names of the parameters, grouped by the walks in which they were measured."""
    groups: dict[bytes, list[str]] = {}
    for name, values in targets.items():
        groups.setdefault(np.isfinite(values).tobytes(), []).append(name)
    return list(groups.values())


def _ridge(train: np.ndarray, targets: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Predict targets (M, K) of training walks (M, D) for test walks (N, D): shape (N, K)."""
    train, test = np.asarray(train, dtype=float), np.asarray(test, dtype=float)
    mean, deviation = train.mean(0), train.std(0)
    varied = deviation > 1e-9 * np.maximum(np.abs(mean), 1)
    inputs = (train - mean)[:, varied] / deviation[varied]
    u, s, vt = np.linalg.svd(inputs, full_matrices=False)
    centre = targets.mean(0)
    projected = u.T @ (targets - centre)
    best = np.full(targets.shape[1], np.inf)
    weights = np.zeros((vt.shape[1], targets.shape[1]))
    for penalty in PENALTIES:
        shrink = s**2 / (s**2 + penalty)
        residuals = targets - centre - u @ (shrink[:, None] * projected)
        # leave-one-out residuals: Hastie, Tibshirani and Friedman 2009, equation 7.64
        leverage = np.square(u) @ shrink + 1 / len(train)
        errors = np.square(residuals / (1 - leverage)[:, None]).mean(0)
        better = errors < best
        best[better] = errors[better]
        solution = vt.T @ ((s / (s**2 + penalty))[:, None] * projected)
        weights[:, better] = solution[:, better]
    return centre + ((test - mean)[:, varied] / deviation[varied]) @ weights


def _determination(truth: np.ndarray, predicted: np.ndarray) -> float | None:
    """Coefficient of determination over the walks in which the parameter was measured."""
    used = np.isfinite(truth)
    total = np.square(truth[used] - truth[used].mean()).sum() if used.sum() > 1 else 0.0
    if total == 0:
        return None
    return float(1 - np.square(truth[used] - predicted[used]).sum() / total)
