"""Grounding of gait rationales, as a metric of `evaluate`.

    import evaluate
    metric = evaluate.load("FOLDER/grounding")
    metric.compute(predictions=["Speed is reduced."], references=['{"speed_m_per_s": 0.6}'])

Needs the package agir-hf, whose lexicon and norms it uses.
"""

import json

import datasets
import evaluate

_DESCRIPTION = """Share of a rationale's claims that measured gait supports: supported over
supported and contradicted, pooled over texts, with coverage (claims that could be checked over all
claims)."""
_INPUTS = """
Args:
    predictions: rationales.
    references: measured gait parameters of each walk as JSON, name to value, units in the names.
Returns:
    grounding: supported over checked claims, None without checked claims.
    coverage: checked over all claims, None without claims.
    claims: how many claims were found.
"""


class Grounding(evaluate.Metric):
    """Pooled `agir_hf.gait.grounding_score`."""

    def _info(self):
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation="",
            inputs_description=_INPUTS,
            features=datasets.Features(
                {"predictions": datasets.Value("string"), "references": datasets.Value("string")}
            ),
        )

    def _compute(self, predictions, references):
        from agir_hf.gait import grounding_score

        rows = [
            row.verdict
            for text, measured in zip(predictions, references, strict=True)
            for row in grounding_score(text, json.loads(measured)).checked
        ]
        supported, contradicted = rows.count("supported"), rows.count("contradicted")
        checked = supported + contradicted
        return {
            "grounding": supported / checked if checked else None,
            "coverage": checked / len(rows) if rows else None,
            "claims": len(rows),
        }
