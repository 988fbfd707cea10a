"""Probabilities of gait scores against clinicians' scores, as a metric of `evaluate`.

    metric = evaluate.load("FOLDER/gait_calibration")
    metric.compute(predictions=[[0.8, 0.1, 0.1], [0.2, 0.2, 0.6]], references=[0, 1])

Needs the package agir-hf, which contains the definitions.
"""

import datasets
import evaluate

from agir_hf.evaluation.metric_utils import whole_numbers
from agir_hf.evaluation.metrics.classification import (
    CALIBRATION_BINS,
    calibration_error,
    risk_coverage,
)

_DESCRIPTION = """Calibration of the probabilities of gait scores: expected calibration error, and
the area under the risk-coverage curve, both 0 at best."""
_INPUTS = """
Args:
    predictions: Probabilities of the scores 0 … K - 1, one row for each walk.
    references: True scores.
    bins: Number of bins of the calibration error; 15 by default.
Returns:
    count: Number of walks.
    accuracy: Share of walks whose most probable score is the true one.
    calibration_error: Mean of |accuracy - confidence| over bins of confidence, 0 … 1.
    risk_coverage_area: Mean error rate of the 1 … N most confident predictions, 0 … 1.
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
        truth = whole_numbers(references, "references")
        risks = risk_coverage(truth, predictions)[:, 1]
        return {
            "count": len(truth),
            "accuracy": float(1 - risks[-1]),
            "calibration_error": calibration_error(truth, predictions, int(bins)),
            "risk_coverage_area": float(risks.mean()),  # Geifman et al. 2019
        }


def _check(rows) -> None:
    for position, row in enumerate(rows):
        if row is None or not all(p is not None and 0 <= p <= 1 for p in row):
            raise ValueError(
                f"predictions: {row} at position {position}, expected numbers in 0 … 1"
            )
        if len(row) != len(rows[0]):
            raise ValueError(
                f"predictions: {len(row)} probabilities at position {position}, expected "
                f"{len(rows[0])} as at position 0"
            )
