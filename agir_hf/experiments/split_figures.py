"""Figures of a model on one split of a corpus, next to those of simple baselines."""

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np

from ..evaluation.metrics.calibration import negative_log_likelihood
from ..evaluation.metrics.classification import calibration_error, classification_metrics
from ..evaluation.metrics.evidence import specificity_figures
from ..evaluation.metrics.significance import subject_bootstrap
from ..evaluation.metrics.text import text_metrics
from ..evaluation.probing.baselines import (
    fit_forest,
    fit_logistic,
    mean_and_spread,
    nearest_walks,
    parameter_table,
)
from ..evaluation.reporting.results import Prediction
from ..processing_agir import GaitAssessment
from .checked_figures import checked_figures
from .external_baselines import ALL_NORMAL
from .inference import EvaluationSet

FOREST_SEEDS = (0, 1, 2)
SMALLEST = 0.001  # half a tree of 500, for a class that no tree of a forest predicts
_CHECKED = ("supported_checked", "kept_checked")
_SPECIFIC = ("own", "other", "specificity")


def model_figures(
    assessments: Sequence[GaitAssessment], walks: EvaluationSet, encoder: str | None = None
) -> dict:
    """Compute the figures of a model's assessments.

    Args:
        assessments: Assessment of each walk.
        walks: The walks.
        encoder: Name or folder of the encoder of BERTScore; `None` leaves BERTScore out.

    Returns:
        Metrics of the scores with ``log_loss``; those of the texts as the model wrote them, see
        `text_figures`; ``supported_checked`` and ``kept_checked`` of the texts that are chosen by
        evidence; ``calibration_error``, ``certain`` and ``error_where_certain``; and ``scores``,
        the metrics of the probabilities of the score tokens alone and of the probe alone, as far as
        the model has them.
    """
    scores = [assessment.score for assessment in assessments]
    texts = [assessment.reasoning for assessment in assessments]
    candidates = [assessment.candidates for assessment in assessments]
    probabilities = np.array([assessment.probabilities for assessment in assessments])
    return {
        **classification_metrics(walks.scores, scores, range(walks.num_scores)),
        "log_loss": negative_log_likelihood(walks.scores, probabilities),
        **text_figures(texts, walks, encoder),
        **_means(checked_figures(texts, candidates, scores, walks), _CHECKED),
        **confidence_figures(walks.scores, assessments),
        "scores": part_figures(walks.scores, assessments),
    }


def part_figures(truth: Sequence[int], assessments: Sequence[GaitAssessment]) -> dict[str, dict]:
    """Compute metrics of each part that gives probabilities of the score, not calibrated.

    Args:
        truth: True scores.
        assessments: Assessment of each walk.

    Returns:
        ``tokens`` and ``probe`` → metrics; a part that the model does not have is left out.
    """
    parts = {}
    for name in ("tokens", "probe"):
        attribute = f"{name.removesuffix('s')}_probabilities"
        rows = [getattr(assessment, attribute) for assessment in assessments]
        if all(row is not None for row in rows):
            parts[name] = score_figures(truth, np.array(rows))
    return parts


def score_figures(truth: Sequence[int], probabilities: np.ndarray) -> dict:
    """Compute metrics of the most probable scores, and the log loss of the probabilities.

    Args:
        truth: True scores.
        probabilities: Probabilities of the scores, shape (N, K).

    Returns:
        Name of the metric → value.
    """
    return {
        **classification_metrics(truth, probabilities.argmax(1), range(probabilities.shape[1])),
        "log_loss": negative_log_likelihood(truth, probabilities),
    }


def text_figures(texts: Sequence[str], walks: EvaluationSet, encoder: str | None = None) -> dict:
    """Compare texts with the references and the measured gait of walks.

    Args:
        texts: One text for each walk.
        walks: The walks.
        encoder: Name or folder of the encoder of BERTScore; `None` leaves BERTScore out.

    Returns:
        What `text_metrics` returns; ``own``, ``other`` and ``specificity``, see
        `agir_hf.gait.specificity`; and ``specificity_interval``, its interval over subjects. The
        last four are absent where no text can be compared.
    """
    persons = {"ages": walks.ages, "sexes": walks.sexes}
    figures = text_metrics(texts, walks.references, walks.parameters, encoder, **persons)
    rows = specificity_figures(texts, walks.parameters, walks.scores, walks.subjects, **persons)
    means = _means(rows, _SPECIFIC)
    if not means:
        return figures
    labels = zip(walks.ids, walks.subjects, walks.scores, rows, strict=True)
    predictions = [
        Prediction(name, subject, score, None, figures=row) for name, subject, score, row in labels
    ]
    interval = subject_bootstrap(predictions, "specificity")
    return {**figures, **means, "specificity_interval": asdict(interval)}


def confidence_figures(
    truth: Sequence[int], assessments: Sequence[GaitAssessment]
) -> dict[str, float | None]:
    """Compute the calibration error, the share of certain answers, and their error rate.

    Args:
        truth: True scores.
        assessments: Assessment of each walk.

    Returns:
        ``calibration_error``, ``certain`` and ``error_where_certain`` (`None` if no answer is
        certain).
    """
    probabilities = np.array([assessment.probabilities for assessment in assessments])
    certain = np.array([not assessment.uncertain for assessment in assessments])
    wrong = np.array([assessment.score for assessment in assessments]) != np.asarray(truth)
    return {
        "calibration_error": calibration_error(truth, probabilities),
        "certain": float(certain.mean()),
        "error_where_certain": float(wrong[certain].mean()) if certain.any() else None,
    }


def baseline_figures(
    train: EvaluationSet, test: EvaluationSet, encoder: str | None = None
) -> dict[str, dict]:
    """Compute the figures of baselines that learn from the training split.

    Args:
        train: Walks of the training split.
        test: Walks to predict.
        encoder: Name or folder of the encoder of BERTScore; `None` leaves BERTScore out.

    Returns:
        Name of the baseline → name of the metric → value: a random forest on measured gait
        parameters (means and ``…_sd`` over three seeds), logistic regression on mean and SD of the
        features, text and score of the nearest training walk, the text "everything is normal", and
        the references themselves, which the rule wrote.
    """
    nearest = nearest_walks(train.motions, test.motions)
    copied = [train.rationales[i] for i in nearest]
    return {
        "forest_on_parameters": _forest(train, test),
        "logistic_on_features": _logistic(train, test),
        "nearest_walk": {
            **classification_metrics(test.scores, [train.scores[i] for i in nearest]),
            **text_figures(copied, test, encoder),
        },
        "constant_text": text_figures([ALL_NORMAL] * len(test.ids), test, encoder),
        "references": text_figures(test.rationales, test),
    }


def _forest(train: EvaluationSet, test: EvaluationSet) -> dict[str, float]:
    """Means and standard deviations over seeds of a random forest on gait parameters."""
    table = parameter_table([*train.parameters, *test.parameters])
    number, labels = len(train.ids), np.asarray(train.scores)
    forests = []
    for seed in FOREST_SEEDS:
        shares = fit_forest(table[:number], labels, train.num_scores, seed)(table[number:])
        shares = np.maximum(shares, SMALLEST)
        forests.append(score_figures(test.scores, shares / shares.sum(1, keepdims=True)))
    names = ("accuracy", "macro_f1", "balanced_accuracy", "log_loss")
    values = {name: [forest[name] for forest in forests] for name in names}
    means = {name: float(np.mean(rows)) for name, rows in values.items()}
    return means | {f"{name}_sd": float(np.std(rows)) for name, rows in values.items()}


def _logistic(train: EvaluationSet, test: EvaluationSet) -> dict:
    """Metrics of logistic regression on mean and SD of the features."""
    tables = [np.array([mean_and_spread(m) for m in walks.motions]) for walks in (train, test)]
    predict = fit_logistic(tables[0], np.asarray(train.scores), train.num_scores)
    return score_figures(test.scores, predict(tables[1]))


def _means(rows: Sequence[dict], names: Sequence[str]) -> dict[str, float]:
    """Means of figures over the texts that have them; a figure that no text has is left out."""
    present = {name: [row[name] for row in rows if row[name] is not None] for name in names}
    return {name: float(np.mean(values)) for name, values in present.items() if values}
