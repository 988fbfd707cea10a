"""Form and diversity of AGIR's answers, as a metric of `evaluate`.

    metric = evaluate.load("FOLDER/rationale_form")
    answer = "<reasoning_start> Short steps. <reasoning_end><score_start><score_1><score_end>"
    metric.compute(predictions=[answer, "The score is 1."])

Needs the package agir-hf, which contains the definitions.
"""

import datasets
import evaluate

from agir_hf.evaluation.metric_utils import texts
from agir_hf.evaluation.metrics.text import distinct, rationale_of

_DESCRIPTION = """Share of answers that have AGIR's form: a rationale between its two tokens, then
one score between its two, and nothing else; and the diversity of the rationales: the share of
different n-grams among all of their n-grams."""
_INPUTS = """
Args:
    predictions: Answers, decoded with their special tokens; '' for a missing one.
    orders: Lengths n of the n-grams; 1 and 2 by default.
Returns:
    count: Number of answers.
    well_formed: Share of answers that have the form.
    distinct_1, distinct_2: Share of different n-grams among those of the rationales of
        well-formed answers; None without such answers.
"""
_CITATION = """@inproceedings{li2016diversity,
  title = {A Diversity-Promoting Objective Function for Neural Conversation Models},
  author = {Li, Jiwei and Galley, Michel and Brockett, Chris and Gao, Jianfeng and Dolan, Bill},
  booktitle = {NAACL-HLT}, year = {2016}}"""


class RationaleForm(evaluate.Metric):
    """`agir_hf.evaluation.metrics.text.rationale_of` and `distinct`."""

    def _info(self):
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_INPUTS,
            features=datasets.Features({"predictions": datasets.Value("string")}),
        )

    def _compute(self, predictions, orders=(1, 2)):
        wrong = [n for n in orders if n != int(n) or n < 1]
        if wrong or not len(predictions):
            raise ValueError(
                f"{len(predictions)} predictions and orders {list(orders)}, expected one answer "
                "or more, and whole numbers of at least 1"
            )
        parsed = [rationale_of(answer) for answer in texts(predictions, "predictions")]
        rationales = [rationale for rationale in parsed if rationale is not None]
        return {
            "count": len(parsed),
            "well_formed": len(rationales) / len(parsed),
            **{f"distinct_{n}": distinct(rationales, n) if rationales else None for n in orders},
        }
