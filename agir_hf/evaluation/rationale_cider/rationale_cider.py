"""CIDEr-D of gait rationales, as a metric of `evaluate`.

    metric = evaluate.load("FOLDER/rationale_cider")
    metric.compute(predictions=["short steps", "stooped"], references=["small steps", "stooped"])

Needs the package agir-hf, which contains the definition, and pycocoevalcap.
"""

import datasets
import evaluate

from agir_hf.evaluation.metric_utils import texts
from agir_hf.evaluation.metrics.text import cider

_DESCRIPTION = """CIDEr-D of rationales, each against one reference: similarity of their n-grams,
weighted by how rare each is among the references, 0 to 10."""
_INPUTS = """
Args:
    predictions: Rationales; '' for a missing one.
    references: One reference for each rationale. Document frequencies are those of all references.
Returns:
    cider: Mean over texts, 0 … 10.
    scores: CIDEr-D of each text.
"""
_CITATION = """@inproceedings{vedantam2015cider,
  title = {CIDEr: Consensus-based Image Description Evaluation},
  author = {Vedantam, Ramakrishna and Zitnick, C. Lawrence and Parikh, Devi},
  booktitle = {CVPR}, year = {2015}}"""


class RationaleCider(evaluate.Metric):
    """`agir_hf.evaluation.metrics.text.cider`."""

    def _info(self):
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_INPUTS,
            features=datasets.Features(
                {"predictions": datasets.Value("string"), "references": datasets.Value("string")}
            ),
        )

    def _compute(self, predictions, references):
        scores = cider(texts(predictions, "predictions"), texts(references, "references"))
        return {"cider": float(scores.mean()), "scores": scores.tolist()}
