"""Baselines without a language model: a forest on measured gait, the text of the nearest walk."""

from collections.abc import Mapping, Sequence

import numpy as np

from .text import nearest

_TREES = 500


def parameter_table(parameters: Sequence[Mapping[str, float | None]]) -> np.ndarray:
    """(N, P) of measured gait parameters, in alphabetical order; NaN where not measured."""
    names = sorted({name for row in parameters for name in row})
    values = [[row.get(name) for name in names] for row in parameters]
    return np.array(values, dtype=float)


def forest_scores(
    known: np.ndarray, scores: Sequence[int], asked: np.ndarray, seed: int = 0
) -> np.ndarray:
    """Scores (N,) by a random forest of 500 trees, classes weighed alike.

    Args:
        known, asked: (M, P) and (N, P) parameters; what is missing counts as the median of
            ``known``.
        scores: of ``known``.

    Raises:
        ImportError: if scikit-learn is not installed.
    """
    try:
        from sklearn.ensemble import RandomForestClassifier
    except ImportError as error:
        raise ImportError(
            'the forest needs scikit-learn: pip install "agir-hf[evaluation]"'
        ) from error
    kept = np.isfinite(known).any(0)
    medians = np.nanmedian(known[:, kept], axis=0)
    filled = [np.where(np.isfinite(t[:, kept]), t[:, kept], medians) for t in (known, asked)]
    forest = RandomForestClassifier(_TREES, class_weight="balanced", random_state=seed)
    return forest.fit(filled[0], np.asarray(scores)).predict(filled[1])


def nearest_walks(known: Sequence[np.ndarray], asked: Sequence[np.ndarray]) -> np.ndarray:
    """Index of the walk whose features are nearest in mean and spread, (N,).

    Args:
        known, asked: motion features (frames, D) of each walk.
    """
    return nearest(*(
        np.array([np.concatenate([one.mean(0), one.std(0)]) for one in walks], dtype=float)
        for walks in (asked, known)
    ))  # fmt: skip
