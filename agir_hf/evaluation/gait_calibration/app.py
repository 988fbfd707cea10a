"""Demo page of the metric, for a Space."""

from pathlib import Path

from agir_hf.evaluation.metric_utils import page

if __name__ == "__main__":
    page(
        Path(__file__).with_name("gait_calibration.py"),
        {"predictions": [[0.8, 0.1, 0.1], [0.2, 0.2, 0.6]], "references": [0, 1]},
    ).launch()
