"""Baselines without a language model: on measured gait, on raw features, the nearest walk."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ..metrics.text import nearest

_TREES, _LOGISTIC_C = 500, 0.1
Predict = Callable[[np.ndarray], np.ndarray]  # (N, P) → probabilities (N, classes)


def parameter_table(parameters: Sequence[Mapping[str, float | None]]) -> np.ndarray:
    """(N, P) of measured gait parameters, in alphabetical order; NaN where not measured."""
    names = sorted({name for row in parameters for name in row})
    values = [[row.get(name) for name in names] for row in parameters]
    return np.array(values, dtype=float)


def forest_scores(
    known: np.ndarray, scores: Sequence[int], asked: np.ndarray, seed: int = 0
) -> np.ndarray:
    """Scores (N,) by a random forest of 500 trees, classes weighed alike: see `fit_forest`."""
    labels = np.asarray(scores)
    return fit_forest(known, labels, int(labels.max()) + 1, seed)(asked).argmax(1)


def fit_forest(known: np.ndarray, labels: np.ndarray, classes: int, seed: int = 0) -> Predict:
    """A random forest of 500 trees, classes weighed alike.

    Args:
        known: (M, P); what is missing (NaN) counts as the median of its column.
        labels: (M,) in 0 … classes - 1; one that does not occur gets probability 0.

    Returns:
        (N, P) → probabilities (N, classes).

    Raises:
        ImportError: if scikit-learn is not installed.
    """
    _require_sklearn()
    from sklearn.ensemble import RandomForestClassifier

    forest = RandomForestClassifier(_TREES, class_weight="balanced", random_state=seed)
    return _fitted(forest, known, labels, classes)


def fit_logistic(known: np.ndarray, labels: np.ndarray, classes: int, seed: int = 0) -> Predict:
    """Logistic regression on columns of mean 0 and spread 1 (C = 0.1), classes weighed alike.

    Args, Returns, Raises: as `fit_forest`; there is nothing to draw.
    """
    _require_sklearn()
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    regression = LogisticRegression(C=_LOGISTIC_C, class_weight="balanced", max_iter=5000)
    return _fitted(make_pipeline(StandardScaler(), regression), known, labels, classes)


def _require_sklearn() -> None:
    try:
        import sklearn  # noqa: F401
    except ImportError as error:
        raise ImportError(
            'this baseline needs scikit-learn: pip install "agir-hf[evaluation]"'
        ) from error


def _fitted(classifier, known: np.ndarray, labels: np.ndarray, classes: int) -> Predict:
    kept = np.isfinite(known).any(0)
    medians = np.nanmedian(known[:, kept], axis=0)

    def filled(table: np.ndarray) -> np.ndarray:
        return np.where(np.isfinite(table[:, kept]), table[:, kept], medians)

    classifier.fit(filled(known), labels)

    def probabilities(asked: np.ndarray) -> np.ndarray:
        found = np.zeros((len(asked), classes))
        found[:, classifier.classes_] = classifier.predict_proba(filled(asked))
        return found

    return probabilities


def fit_majority(known: np.ndarray, labels: np.ndarray, classes: int, seed: int = 0) -> Predict:
    """Always the shares of the classes, whose largest is the answer."""
    shares = np.bincount(labels, minlength=classes) / len(labels)
    return lambda asked: np.tile(shares, (len(asked), 1))


def mean_and_spread(motion: np.ndarray) -> np.ndarray:
    """(2D,) mean and standard deviation over the frames of a motion (L, D)."""
    return np.concatenate([motion.mean(0), motion.std(0)])


def nearest_walks(known: Sequence[np.ndarray], asked: Sequence[np.ndarray]) -> np.ndarray:
    """Index of the walk whose features are nearest in mean and spread, (N,).

    Args:
        known, asked: motion features (frames, D) of each walk.
    """
    return nearest(*(
        np.array([mean_and_spread(one) for one in walks], dtype=float) for walks in (asked, known)
    ))  # fmt: skip
