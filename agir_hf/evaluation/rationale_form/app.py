"""Demo page of the metric, for a Space."""

from pathlib import Path

from agir_hf.evaluation.metric_utils import page

if __name__ == "__main__":
    page(
        Path(__file__).with_name("rationale_form.py"),
        {
            "predictions": [
                "<reasoning_start> The steps are short. <reasoning_end>"
                "<score_start><score_1><score_end>",
                "The score is 1.",
            ]
        },
    ).launch()
