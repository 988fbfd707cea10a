"""Demo page of the metric, for a Space."""

from pathlib import Path

from agir_hf.evaluation.metric_utils import page

if __name__ == "__main__":
    page(
        Path(__file__).with_name("grounding.py"),
        {"predictions": ["Speed is reduced."], "references": ['{"speed_m_per_s": 0.6}']},
    ).launch()
