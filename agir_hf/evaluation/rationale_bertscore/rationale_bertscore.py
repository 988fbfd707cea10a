"""BERTScore of gait rationales, as a metric of `evaluate`.

    metric = evaluate.load("FOLDER/rationale_bertscore")
    metric.compute(predictions=["short steps"], references=["small steps"], encoder="roberta-large")

Needs the package agir-hf, which contains the definition, and bert-score.
"""

import datasets
import evaluate

from agir_hf.evaluation.metric_utils import texts
from agir_hf.evaluation.metrics.text import bert_f1, rescaled, shipped_baseline

_DESCRIPTION = """BERTScore F1 of rationales, each against one reference: similarity of the hidden
states of their tokens in an encoder, raw and, where there is a baseline, rescaled so that unrelated
texts score 0."""
_INPUTS = """
Args:
    predictions: Rationales; '' for a missing one.
    references: One reference for each rationale.
    encoder: Name or folder of the encoder.
    num_layers: Layer whose hidden states are compared; the last by default.
    baseline: F1 to rescale with; by default the one that bert-score contains, if it does.
Returns:
    bert_f1: Mean over texts.
    bert_f1_rescaled: The same, rescaled; None without a baseline.
    baseline: F1 that was used for rescaling, or None.
    scores: F1 of each text, not rescaled.
"""
_CITATION = """@inproceedings{zhang2020bertscore,
  title = {BERTScore: Evaluating Text Generation with BERT},
  author = {Zhang, Tianyi and Kishore, Varsha and Wu, Felix and Weinberger, Kilian Q. and
    Artzi, Yoav},
  booktitle = {ICLR}, year = {2020}}"""


class RationaleBertscore(evaluate.Metric):
    """`agir_hf.evaluation.metrics.text.bert_f1`, raw and rescaled."""

    def _info(self):
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_INPUTS,
            features=datasets.Features(
                {"predictions": datasets.Value("string"), "references": datasets.Value("string")}
            ),
        )

    def _compute(self, predictions, references, encoder, num_layers=None, baseline=None):
        if not len(predictions):
            raise ValueError("0 predictions, expected one text or more")
        pairs = texts(predictions, "predictions"), texts(references, "references")
        scores = bert_f1(*pairs, encoder, num_layers)
        mean = float(scores.mean())
        if baseline is None:
            baseline = shipped_baseline(encoder, num_layers)
        return {
            "bert_f1": mean,
            "bert_f1_rescaled": None if baseline is None else rescaled(mean, baseline),
            "baseline": baseline,
            "scores": scores.tolist(),
        }
