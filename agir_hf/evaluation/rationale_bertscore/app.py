"""Demo page of the metric, for a Space."""

from pathlib import Path

from agir_hf.evaluation.metric_utils import page

if __name__ == "__main__":
    page(
        Path(__file__).with_name("rationale_bertscore.py"),
        {
            "predictions": ["The steps are short."],
            "references": ["The steps are small."],
            "encoder": "distilbert-base-uncased",
        },
    ).launch()
