"""Demo page of the metric, for a Space."""

from pathlib import Path

from agir_hf.evaluation.metric_utils import page

if __name__ == "__main__":
    page(
        Path(__file__).with_name("gait_scores.py"),
        {"predictions": [0, 1, None, 2], "references": [0, 1, 1, 1]},
    ).launch()
