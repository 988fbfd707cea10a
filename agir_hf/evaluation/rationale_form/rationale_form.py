"""Form and variety of AGIR's answers, as a metric of `evaluate`.

    metric = evaluate.load("FOLDER/rationale_form")
    answer = "<reasoning_start> Short steps. <reasoning_end><score_start><score_1><score_end>"
    metric.compute(predictions=[answer, "The score is 1."])

Needs the package agir-hf, whose definitions it uses.
"""

import datasets
import evaluate

from agir_hf.evaluation.metric_utils import texts
from agir_hf.evaluation.metrics.text import distinct, rationale_of

_DESCRIPTION = """Share of answers that have AGIR's form: a rationale between its two tokens, then
one score between its two, and nothing else. With it, the variety of the rationales: the share of
different n-grams among all of theirs."""
_INPUTS = """
Args:
    predictions: answers, decoded with their special tokens; '' is none.
    orders: lengths n of the n-grams; 1 and 2 by default.
Returns:
    count: number of answers.
    well_formed: share of answers that have the form.
    distinct_1, distinct_2: share of different n-grams among those of the rationales of
        well-formed answers, None without such answers.
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
        found = [rationale_of(answer) for answer in texts(predictions, "predictions")]
        rationales = [one for one in found if one is not None]
        return {
            "count": len(found),
            "well_formed": len(rationales) / len(found),
            **{f"distinct_{n}": distinct(rationales, n) if rationales else None for n in orders},
        }
