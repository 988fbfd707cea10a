"""Baselines of the external validation: scores without the model, and texts without the walk."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..assessment.parameter_forest import ParameterForest
from ..evaluation.probing.baselines import (
    fit_forest,
    fit_logistic,
    mean_and_spread,
    parameter_table,
)
from ..humanml3d import NUM_FEATURES, mirrored_features
from .external_assessments import Assessment
from .inference import EvaluationSet

MODEL, TOKENS, PROBE = "model", "model: score tokens alone", "model: probe alone"
SPEED = "walking speed alone"
FOREST = "random forest on measured gait parameters"
REGRESSION = "logistic regression on mean and SD of the features"
MIRRORED_REGRESSION = f"{REGRESSION}, with the mirror image"
REGRESSION_C = 0.01
# One normal claim for each quantity of `agir_hf.annotation.rules.words.VOCABULARY`.
ALL_NORMAL = (
    "Step length is normal. Foot lift is normal. Heel strike is normal. Left and right steps are "
    "equal. Step length is consistent. Step width is normal. Hip movement is normal. Knee movement "
    "is normal. Ankle movement is normal. Arm swing is normal on both sides. Arm swing is "
    "symmetric. Trunk rotation is normal. Walking speed is normal. Cadence is normal. The rhythm "
    "is regular. The trunk is upright. Double support is normal. Lateral sway is normal. Turning "
    "is normal."
)


@dataclass(frozen=True)
class Judge:
    """Judgements of all recordings by the model or by a baseline.

    Attributes:
        name: Name of the row in the report.
        impairment: A number for each recording that is higher for more impaired walks, such as the
            expected score, or None where it could not be computed.
        scores: Predicted score of each recording, or None if none is predicted.
        uncertain: Whether each answer is marked as uncertain, or None.
        mirrored_scores: Predicted score of each mirror image, or None.
    """

    name: str
    impairment: list[float | None]
    scores: list[int] | None = None
    uncertain: list[bool] | None = None
    mirrored_scores: list[int] | None = None


def judges(
    walks: Sequence[Assessment],
    training: EvaluationSet | None = None,
    forest: ParameterForest | None = None,
) -> list[Judge]:
    """Judge recordings by the model, by their speed, and by classifiers of training walks.

    Args:
        walks: Assessed recordings.
        training: Training walks with scores, or None, which leaves out what is fitted on them.
        forest: Parameter forest that was saved with the model, or None. It is used where there are
            no training walks.

    Returns:
        The model first, then the baselines.

    Raises:
        ImportError: scikit-learn is not installed, and there are training walks.
    """
    rows = [
        Judge(
            MODEL,
            [walk.expected_score for walk in walks],
            [walk.score for walk in walks],
            [walk.uncertain for walk in walks],
            [walk.mirrored_score for walk in walks],
        ),
        *_parts(walks),
        Judge(SPEED, [_slowness(walk) for walk in walks]),
    ]
    if training is not None:
        return rows + _fitted(walks, training)
    if forest is not None:
        rows.append(_of_probabilities(FOREST, forest([walk.parameters for walk in walks])))
    return rows


def _parts(walks: Sequence[Assessment]) -> list[Judge]:
    """The score tokens and the probe by themselves, for a model with a probe."""
    parts = {
        TOKENS: [walk.token_probabilities for walk in walks],
        PROBE: [walk.probe_probabilities for walk in walks],
    }
    if any(row is None for rows in parts.values() for row in rows):
        return []
    return [_of_probabilities(name, np.array(rows)) for name, rows in parts.items()]


def _slowness(walk: Assessment) -> float | None:
    speed = walk.parameters.get("speed_m_per_s")
    return None if speed is None else -speed


def _fitted(walks: Sequence[Assessment], training: EvaluationSet) -> list[Judge]:
    labels = np.array(training.scores)
    table = parameter_table([*training.parameters, *(walk.parameters for walk in walks)])
    number = len(labels)
    forest = fit_forest(table[:number], labels, training.num_scores)
    regression = fit_logistic(
        np.array([mean_and_spread(motion) for motion in training.motions]),
        labels,
        training.num_scores,
        inverse_penalty=REGRESSION_C,
        balanced=False,
    )
    spread = np.array([walk.spread for walk in walks])
    plain, mirrored = regression(spread), regression(mirrored_spread(spread))
    return [
        _of_probabilities(FOREST, forest(table[number:])),
        _of_probabilities(REGRESSION, plain),
        _of_probabilities(MIRRORED_REGRESSION, (plain + mirrored) / 2),
    ]


def mirrored_spread(spread: np.ndarray) -> np.ndarray:
    """Compute mean and standard deviation of the features of mirrored walks.

    Args:
        spread: Mean and standard deviation of the features of each walk, shape (N, 526).

    Returns:
        Mean and standard deviation of the mirrored features, shape (N, 526).
    """
    mean, deviation = spread[:, :NUM_FEATURES], spread[:, NUM_FEATURES:]
    return np.hstack([mirrored_features(mean), np.abs(mirrored_features(deviation))])


def _of_probabilities(name: str, probabilities: np.ndarray) -> Judge:
    return Judge(
        name,
        (probabilities @ np.arange(probabilities.shape[1])).tolist(),
        probabilities.argmax(1).tolist(),
    )
