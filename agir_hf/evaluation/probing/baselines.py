"""Baselines without a language model: gait parameters, raw features, the nearest walk."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ..metrics.text import nearest

_TREES, _LOGISTIC_C = 500, 0.1
Predict = Callable[[np.ndarray], np.ndarray]  # (N, P) → probabilities (N, classes)


def parameter_table(parameters: Sequence[Mapping[str, float | None]]) -> np.ndarray:
    """Arrange gait parameters of walks in a table.

    Args:
        parameters: Gait parameters of each walk, name → value.

    Returns:
        Table of shape (N, P), columns in alphabetical order, NaN where not measured.
    """
    names = sorted({name for row in parameters for name in row})
    values = [[row.get(name) for name in names] for row in parameters]
    return np.array(values, dtype=float)


def forest_scores(
    train_table: np.ndarray, scores: Sequence[int], test_table: np.ndarray, seed: int = 0
) -> np.ndarray:
    """Predict scores with a random forest; see `fit_forest`.

    Args:
        train_table: Gait parameters of the training walks, shape (M, P).
        scores: Their scores, 0 … K - 1.
        test_table: Gait parameters of the test walks, shape (N, P).
        seed: Seed of the random generator.

    Returns:
        Most probable score of each test walk, shape (N,).
    """
    labels = np.asarray(scores)
    predict = fit_forest(train_table, labels, int(labels.max()) + 1, seed)
    return predict(test_table).argmax(1)


def fit_forest(table: np.ndarray, labels: np.ndarray, classes: int, seed: int = 0) -> Predict:
    """Fit a random forest of 500 trees with balanced class weights.

    Args:
        table: Features of the training walks, shape (M, P). NaN counts as the median of its column.
        labels: Class of each walk, shape (M,), 0 … classes - 1.
        classes: Number of classes. A class that does not occur gets probability 0.
        seed: Seed of the random generator.

    Returns:
        Function from features (N, P) to probabilities (N, classes).

    Raises:
        ImportError: scikit-learn is not installed.
    """
    _require_sklearn()
    from sklearn.ensemble import RandomForestClassifier

    forest = RandomForestClassifier(_TREES, class_weight="balanced", random_state=seed)
    return _fitted(forest, table, labels, classes)


def fit_logistic(
    table: np.ndarray,
    labels: np.ndarray,
    classes: int,
    seed: int = 0,
    *,
    inverse_penalty: float = _LOGISTIC_C,
    balanced: bool = True,
) -> Predict:
    """Fit logistic regression on standardized columns.

    Args:
        table: Features of the training walks, shape (M, P). NaN counts as the median of its column.
        labels: Class of each walk, shape (M,), 0 … classes - 1.
        classes: Number of classes. A class that does not occur gets probability 0.
        seed: Not used; the fit is deterministic.
        inverse_penalty: Inverse of the weight of the L2 penalty (C of scikit-learn).
        balanced: Whether each class has the same total weight.

    Returns:
        Function from features (N, P) to probabilities (N, classes).

    Raises:
        ImportError: scikit-learn is not installed.
    """
    _require_sklearn()
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    regression = LogisticRegression(
        C=inverse_penalty, class_weight="balanced" if balanced else None, max_iter=5000
    )
    return _fitted(make_pipeline(StandardScaler(), regression), table, labels, classes)


def _require_sklearn() -> None:
    try:
        import sklearn  # noqa: F401
    except ImportError as error:
        raise ImportError(
            'this baseline needs scikit-learn: pip install "agir-hf[evaluation]"'
        ) from error


def _fitted(classifier, table: np.ndarray, labels: np.ndarray, classes: int) -> Predict:
    measured = np.isfinite(table).any(0)
    medians = np.nanmedian(table[:, measured], axis=0)

    def filled(rows: np.ndarray) -> np.ndarray:
        return np.where(np.isfinite(rows[:, measured]), rows[:, measured], medians)

    classifier.fit(filled(table), labels)

    def predict(rows: np.ndarray) -> np.ndarray:
        probabilities = np.zeros((len(rows), classes))
        probabilities[:, classifier.classes_] = classifier.predict_proba(filled(rows))
        return probabilities

    return predict


def fit_majority(table: np.ndarray, labels: np.ndarray, classes: int, seed: int = 0) -> Predict:
    """Predict the class frequencies of the training walks for every walk.

    Args:
        table: Not used; the features of the training walks.
        labels: Class of each training walk, shape (M,), 0 … classes - 1.
        classes: Number of classes.
        seed: Not used; the fit is deterministic.

    Returns:
        Function from features (N, P) to probabilities (N, classes).
    """
    shares = np.bincount(labels, minlength=classes) / len(labels)
    return lambda rows: np.tile(shares, (len(rows), 1))


def mean_and_spread(motion: np.ndarray) -> np.ndarray:
    """(2D,) mean and standard deviation over the frames of a motion (L, D)."""
    return np.concatenate([motion.mean(0), motion.std(0)])


def nearest_walks(train: Sequence[np.ndarray], test: Sequence[np.ndarray]) -> np.ndarray:
    """Find the training walk whose features are nearest in mean and standard deviation.

    Args:
        train: Motion features of each training walk, shape (frames, D).
        test: Motion features of each test walk, shape (frames, D).

    Returns:
        Index of the nearest training walk of each test walk, shape (N,).
    """
    queries, candidates = (
        np.array([mean_and_spread(motion) for motion in motions], dtype=float)
        for motions in (test, train)
    )
    return nearest(queries, candidates)
