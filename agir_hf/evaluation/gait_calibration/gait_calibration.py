"""Probabilities of gait scores against clinicians' scores, as a metric of `evaluate`.

    metric = evaluate.load("FOLDER/gait_calibration")
    metric.compute(predictions=[[0.8, 0.1, 0.1], [0.2, 0.2, 0.6]], references=[0, 1])

Needs the package agir-hf, whose definitions it uses.
"""

import datasets
import evaluate

from agir_hf.evaluation.metric_utils import whole_numbers
from agir_hf.evaluation.metrics.classification import (
    CALIBRATION_BINS,
    calibration_error,
    risk_coverage,
)

_DESCRIPTION = """Whether the probabilities of gait scores are as sure as they are right: expected
calibration error, and the area under the risk-coverage curve, both 0 at best."""
_INPUTS = """
Args:
    predictions: probabilities of the scores 0 … K - 1, a row for each walk.
    references: true scores.
    bins: of confidence, for the calibration error; 15 by default.
Returns:
    count: number of walks.
    accuracy: share of walks whose most probable score is the true one.
    calibration_error: mean of |accuracy - confidence| over bins of confidence, 0 … 1.
    risk_coverage_area: mean error rate of the surest 1 … N walks, 0 … 1.
"""
_CITATION = """@inproceedings{guo2017calibration,
  title = {On Calibration of Modern Neural Networks},
  author = {Guo, Chuan and Pleiss, Geoff and Sun, Yu and Weinberger, Kilian Q.},
  booktitle = {ICML}, year = {2017}}
@inproceedings{geifman2019bias,
  title = {Bias-Reduced Uncertainty Estimation for Deep Neural Classifiers},
  author = {Geifman, Yonatan and Uziel, Guy and El-Yaniv, Ran},
  booktitle = {ICLR}, year = {2019}}"""


class GaitCalibration(evaluate.Metric):
    """Expected calibration error and area under the risk-coverage curve."""

    def _info(self):
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_INPUTS,
            features=datasets.Features(
                {
                    "predictions": datasets.List(datasets.Value("float64")),
                    "references": datasets.Value("float64"),
                }
            ),
        )

    def _compute(self, predictions, references, bins=CALIBRATION_BINS):
        if bins != int(bins) or bins < 1:
            raise ValueError(f"bins is {bins}, expected a whole number of at least 1")
        _check(predictions)
        true = whole_numbers(references, "references")
        risks = risk_coverage(true, predictions)[:, 1]
        return {
            "count": len(true),
            "accuracy": float(1 - risks[-1]),
            "calibration_error": calibration_error(true, predictions, int(bins)),
            "risk_coverage_area": float(risks.mean()),  # Geifman et al. 2019
        }


def _check(rows) -> None:
    for place, row in enumerate(rows):
        if row is None or not all(p is not None and 0 <= p <= 1 for p in row):
            raise ValueError(f"predictions: {row} at place {place}, expected numbers in 0 … 1")
        if len(row) != len(rows[0]):
            raise ValueError(
                f"predictions: {len(row)} probabilities at place {place}, expected {len(rows[0])} "
                "as at place 0"
            )
