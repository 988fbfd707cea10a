"""Grounding of gait rationales, as a metric of `evaluate`.

    metric = evaluate.load("FOLDER/grounding")
    metric.compute(predictions=["Speed is reduced."], references=['{"speed_m_per_s": 0.6}'])

Needs the package agir-hf, which contains the lexicon and the norms.
"""

import json

import datasets
import evaluate

from agir_hf.evaluation.metric_utils import texts
from agir_hf.evaluation.metrics.evidence import shares
from agir_hf.gait import grounding_score, load_norms

_DESCRIPTION = """Share of a rationale's claims that measured gait supports: supported over
supported, near and contradicted, pooled over texts, with the share of near claims and the coverage
(claims that could be checked over all claims)."""
_INPUTS = """
Args:
    predictions: Rationales.
    references: Measured gait parameters of each walk as JSON, name to value, units in the names.
    ages: Age of each subject in years, or None, for the norms. Default: 70 years for all.
    sexes: "male", "female" or None for each subject, for the norms. Default: the mean of both.
    norms: File of a laboratory's norms, made by agir norms. Default: published norms.
Returns:
    grounding: Supported over checked claims; None without checked claims.
    near: Near over checked claims; None without checked claims.
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

    def _compute(self, predictions, references, ages=None, sexes=None, norms=None):
        predictions, references = texts(predictions, "predictions"), texts(references, "references")
        ages = _per_walk("ages", ages, len(predictions))
        sexes = _per_walk("sexes", sexes, len(predictions))
        measured = [_measured(text, i) for i, text in enumerate(references)]
        norms = None if norms is None else load_norms(norms)
        verdicts = [
            row.verdict
            for text, *walk in zip(predictions, measured, ages, sexes, strict=True)
            for row in grounding_score(text, *walk, norms).checked
        ]
        figures = shares(verdicts)
        return {"grounding": figures.pop("supported"), **figures, "claims": len(verdicts)}


def _per_walk(name: str, values: list | None, number: int) -> list:
    if values is None:
        return [None] * number
    if len(values) != number:
        raise ValueError(
            f"{len(values)} {name} and {number} predictions, expected the same number: pass None "
            "for a subject whose age or sex is not known"
        )
    return list(values)


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
