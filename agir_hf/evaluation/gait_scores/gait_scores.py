"""Gait scores against clinicians' scores, as a metric of `evaluate`.

    metric = evaluate.load("FOLDER/gait_scores")
    metric.compute(predictions=[0, 1, None], references=[0, 1, 2])

Needs the package agir-hf, which contains the definitions.
"""

import datasets
import evaluate

from agir_hf.constants_agir import SCORES
from agir_hf.evaluation.metric_utils import whole_numbers
from agir_hf.evaluation.metrics.classification import classification_metrics

_DESCRIPTION = """Agreement of predicted gait scores with the true ones: accuracy, recall,
precision, F1, Cohen's quadratic kappa and mean absolute error, and the same figures for always
predicting the most frequent true score. A missing answer counts as wrong, and as the largest
possible error."""
_INPUTS = """
Args:
    predictions: Predicted scores; null, NaN or a number that is not a class is a missing answer.
    references: True scores.
    classes: All scores in order; 0, 1, 2 by default.
Returns:
    count: Number of walks.
    accuracy, balanced_accuracy, macro_recall, macro_precision, macro_f1, weighted_f1,
    quadratic_kappa, mean_absolute_error: See the card.
    majority_accuracy and so on: The same, for always predicting the most frequent true score.
    confusion_matrix: One row for each true score; columns are predicted scores and, last, missing
        answers.
    classes: All scores in order.
"""
_CITATION = """@article{cohen1968weighted,
  title = {Weighted kappa: Nominal scale agreement provision for scaled disagreement or partial
    credit},
  author = {Cohen, Jacob}, journal = {Psychological Bulletin}, volume = {70}, number = {4},
  pages = {213--220}, year = {1968}}"""


class GaitScores(evaluate.Metric):
    """`agir_hf.evaluation.metrics.classification.classification_metrics`."""

    def _info(self):
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_INPUTS,
            # floats, so that fractions raise an error and are not rounded
            features=datasets.Features(
                {"predictions": datasets.Value("float64"), "references": datasets.Value("float64")}
            ),
        )

    def _compute(self, predictions, references, classes=SCORES):
        return classification_metrics(
            whole_numbers(references, "references"),
            whole_numbers(predictions, "predictions", missing=True),
            classes,
        )
