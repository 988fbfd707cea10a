"""Demo page of the metric, for a Space."""

from pathlib import Path

from agir_hf.evaluation.metric_utils import page

if __name__ == "__main__":
    page(
        Path(__file__).with_name("rationale_cider.py"),
        {
            "predictions": ["The steps are short.", "Posture is stooped."],
            "references": ["The steps are small.", "Posture is stooped."],
        },
    ).launch()
