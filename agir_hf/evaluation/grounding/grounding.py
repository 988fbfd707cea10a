"""Grounding of gait rationales, as a metric of `evaluate`.

    metric = evaluate.load("FOLDER/grounding")
    metric.compute(predictions=["Speed is reduced."], references=['{"speed_m_per_s": 0.6}'])

Needs the package agir-hf, which contains the lexicon and the norms.
"""

import json

import datasets
import evaluate

from agir_hf.evaluation.metric_utils import texts
from agir_hf.gait import grounding_score

_DESCRIPTION = """Share of a rationale's claims that measured gait supports: supported over
supported and contradicted, pooled over texts, with coverage (claims that could be checked over all
claims)."""
_INPUTS = """
Args:
    predictions: Rationales.
    references: Measured gait parameters of each walk as JSON, name to value, units in the names.
Returns:
    grounding: Supported over checked claims; None without checked claims.
    coverage: Checked over all claims; None without claims.
    claims: Number of claims.
"""
_CITATION = """@misc{wang2025agir,
  title = {AGIR: Assessing 3D Gait Impairment with Reasoning based on LLMs},
  author = {Wang, Diwei and Bobenrieth, C\\'{e}dric and Seo, Hyewon},
  year = {2025}, note = {arXiv 2503.18141}}"""


class Grounding(evaluate.Metric):
    """Pooled `agir_hf.gait.grounding_score`."""

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
        measured = [_measured(text, i) for i, text in enumerate(texts(references, "references"))]
        rows = [
            row.verdict
            for text, parameters in zip(texts(predictions, "predictions"), measured, strict=True)
            for row in grounding_score(text, parameters).checked
        ]
        supported, contradicted = rows.count("supported"), rows.count("contradicted")
        checked = supported + contradicted
        return {
            "grounding": supported / checked if checked else None,
            "coverage": checked / len(rows) if rows else None,
            "claims": len(rows),
        }


def _measured(text: str, position: int) -> dict:
    try:
        parameters = json.loads(text)
    except json.JSONDecodeError:
        parameters = None
    if not isinstance(parameters, dict) or None in parameters.values():
        raise ValueError(
            f"references: {text[:80]!r} at position {position}, expected JSON of names and numbers "
            'such as {"speed_m_per_s": 0.6}: leave out parameters that were not measured'
        )
    return parameters
