"""Fit the parameter forest of a model, and the limits above which its scores are uncertain.

The forest and the distance from the training walks are fitted on training walks, the limits on
validation walks. People move differently from simulated walkers, so the limits of motions are the
values of validation walks times a factor (`FACTORS`). The factors were chosen on recordings of
people (60 recordings of 35 people who walk): at most a fifth of them exceeds a limit of motions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..assessment.parameter_forest import ParameterForest, Parameters, other_side
from ..assessment.uncertainty import expected_scores, motion_distances
from ..constants_agir import NUM_SCORES
from ..processing_agir import GaitAssessment
from .inference import EvaluationSet

TREES, DEPTH, SMALLEST_LEAF = 100, 6, 3
LEAST_MEASURED = 0.5  # share of the training walks; rarer parameters, as of turns, are left out
QUANTILE = 0.95  # of the validation walks
FACTORS = {"velocity_error_m_per_s": 1.6, "feature_distance": 1.8}
SMALLEST_DISAGREEMENT = 0.5  # half a score


def fit_parameter_forest(
    walks: Sequence[Parameters],
    scores: Sequence[int],
    seed: int = 0,
    num_scores: int = NUM_SCORES,
) -> tuple[ParameterForest, object]:
    """Fit a random forest with balanced class weights on measured gait parameters.

    Args:
        walks: Measured gait parameters of each training walk, name → value.
        scores: Their scores, 0 … `num_scores` - 1.
        seed: Seed of the random generator.
        num_scores: Number of scores. A score that does not occur gets probability 0.

    Returns:
        The forest, and the estimator of scikit-learn that it was made of.

    Raises:
        ImportError: scikit-learn is not installed.
        ValueError: No parameter was measured in half of the walks.
    """
    try:
        from sklearn.ensemble import RandomForestClassifier
    except ImportError as error:
        raise ImportError(
            'the parameter forest needs scikit-learn: pip install "agir-hf[evaluation]"'
        ) from error

    names = _measured_names(walks)
    table = np.array([[walk.get(name) for name in names] for walk in walks], dtype=np.float32)
    other = [names.index(other_side(name)) for name in names]
    medians = np.nanmedian(table, axis=0)
    medians = (medians + medians[other]) / 2
    table = np.where(np.isnan(table), medians, table)
    estimator = RandomForestClassifier(
        TREES, max_depth=DEPTH, min_samples_leaf=SMALLEST_LEAF, class_weight="balanced",
        random_state=seed,
    ).fit(table, np.asarray(scores))  # fmt: skip
    return _as_arrays(names, medians, estimator, num_scores), estimator


def _measured_names(walks: Sequence[Parameters]) -> tuple[str, ...]:
    """Return the parameters that were measured in enough walks, sorted by name."""
    every = {name for walk in walks for name in walk}
    shares = {name: np.mean([walk.get(name) is not None for walk in walks]) for name in every}
    kept = {name for name, share in shares.items() if share >= LEAST_MEASURED}
    names = tuple(sorted(name for name in kept if other_side(name) in kept))
    if not names:
        raise ValueError(
            f"no gait parameter was measured in half of {len(walks)} training walks: build the "
            "corpus of recordings of whole walks"
        )
    return names


def _as_arrays(
    names: tuple[str, ...], medians: np.ndarray, estimator, num_scores: int
) -> ParameterForest:
    """Return a fitted random forest of scikit-learn as arrays."""
    trees = [tree.tree_ for tree in estimator.estimators_]
    sizes = [tree.node_count for tree in trees]
    roots = np.cumsum([0, *sizes[:-1]])
    children, columns, thresholds, probabilities = [], [], [], []
    for root, tree in zip(roots, trees, strict=True):
        leaf = tree.children_left < 0
        itself = np.arange(tree.node_count)
        below = np.stack([tree.children_left, tree.children_right], axis=1)
        children.append(np.where(leaf[:, None], itself[:, None], below) + root)
        columns.append(np.where(leaf, 0, tree.feature))
        thresholds.append(np.where(leaf, np.inf, tree.threshold))
        rows = np.zeros((tree.node_count, num_scores))
        rows[:, estimator.classes_] = tree.value[:, 0] / tree.value[:, 0].sum(1, keepdims=True)
        probabilities.append(rows)
    return ParameterForest(
        names=names,
        medians=medians.astype(np.float32),
        roots=roots.astype(np.uint16),
        columns=np.concatenate(columns).astype(np.int16),
        thresholds=np.concatenate(thresholds).astype(np.float32),
        children=np.concatenate(children).astype(np.uint16),
        probabilities=np.concatenate(probabilities).astype(np.float16),
    )


def fit_limits(
    model,
    processor,
    forest: ParameterForest,
    walks: EvaluationSet,
    assessments: Sequence[GaitAssessment],
) -> dict[str, float]:
    """Fit the limits above which an assessment is uncertain, on validation walks.

    Each limit is the value that 95 % of the walks do not exceed, times its factor. Scores may
    differ by half a score in any case.

    Args:
        model: Model in evaluation mode, on any device.
        processor: Its processor.
        forest: Its parameter forest, with the distance from the training walks.
        walks: Validation walks.
        assessments: The model's assessment of each walk.

    Returns:
        Name of the limit → value, for `AgirConfig.uncertainty`.
    """
    disagreements = [
        disagreement(assessment, parameters, forest)
        for assessment, parameters in zip(assessments, walks.parameters, strict=True)
    ]
    distances = [motion_distances(motion, model, processor, forest) for motion in walks.motions]
    errors, features = np.quantile(np.array(distances, dtype=float), QUANTILE, axis=0)
    limits = {"velocity_error_m_per_s": errors, "feature_distance": features}
    limits = {name: float(value * FACTORS[name]) for name, value in limits.items()}
    largest = float(np.quantile(disagreements, QUANTILE))
    return {"disagreement": max(largest, SMALLEST_DISAGREEMENT), **limits}


def disagreement(
    assessment: GaitAssessment, parameters: Parameters, forest: ParameterForest | None
) -> float:
    """Return the largest difference of the expected scores of score tokens, probe and forest.

    Args:
        assessment: Assessment of the walk.
        parameters: Measured gait parameters of the walk, name → value.
        forest: Parameter forest, or None.
    """
    scores = expected_scores(assessment, parameters, forest)
    return float(np.ptp(list(scores.values()))) if scores else 0.0
