"""The evaluation of one split in a model card."""

import json
from pathlib import Path

import pytest

import agir_hf
from agir_hf.evaluation.reporting.split_results import (
    SplitResults,
    comparison,
    split_eval_results,
    split_section,
)

FILE = Path(agir_hf.DEFAULT_MODEL) / "results.json"
FIGURES = {
    "split": "test",
    "walks": 4,
    "walkers": 2,
    "simulated": False,
    "accuracy": 0.5,
    "majority_accuracy": 0.25,
    "cider": 1.5,
    "confusion_matrix": [[1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]],
    "baselines": {"forest_on_parameters": {"accuracy": 0.75}, "references": {"cider": 10.0}},
}


def test_a_table_has_a_column_for_each_baseline():
    lines = comparison(FIGURES).splitlines()
    assert lines[0] == (
        "|  | this model | majority class | random forest on measured parameters | "
        "the rule's own text |"
    )
    assert lines[2:] == ["| accuracy | 0.500 | 0.250 | 0.750 |  |", "| CIDEr | 1.500 |  |  |  |"]


def test_score_tokens_and_probe_have_their_own_columns():
    parts = {"tokens": {"accuracy": 0.25, "log_loss": 1.0}, "probe": {"accuracy": 0.75}}
    lines = comparison(FIGURES | {"scores": parts, "log_loss": 0.5}).splitlines()
    assert lines[0].startswith("|  | this model | score tokens alone | probe alone | majority")
    assert lines[2].startswith("| accuracy | 0.500 | 0.250 | 0.750 | 0.250 |")
    assert lines[3].startswith("| log loss of the probabilities | 0.500 | 1.000 |  |  |")


def test_specificity_has_an_interval_and_the_checked_text_its_own_lines():
    interval = {"value": -0.02, "low": -0.1, "high": 0.05, "level": 0.95, "resamples": 2000,
                "subjects": 2}  # fmt: skip
    figures = FIGURES | {
        "supported": 0.7, "specificity": -0.02, "specificity_interval": interval,
        "supported_checked": 1.0, "kept_checked": 0.9,
    }  # fmt: skip
    lines = comparison(figures).splitlines()
    assert lines[4].startswith("| supported claims, unaided text, of those")
    assert "| −0.020 [−0.100, 0.050] |" in lines[5]
    assert [line.split(" | ")[1] for line in lines[6:]] == ["1.000", "0.900"]
    metrics = {m.metric_type: m for m in split_eval_results(SplitResults(figures), "me/gait")}
    assert metrics["grounding"].metric_value == 0.7
    assert metrics["specificity"].metric_args == {"interval_95%_by_subject": [-0.1, 0.05]}


def test_the_section_states_numbers_and_whether_walks_are_simulated():
    real = split_section(SplitResults(FIGURES))
    assert real.startswith("4 walks of 2 subjects") and "no folds" in real
    assert "| **2** | 0 | 0 | 0 | 1 |" in real and "imulated" not in real
    assert "4 simulated walks" in split_section(SplitResults(FIGURES | {"simulated": True}))


def test_metrics_for_the_hub_have_split_and_subjects():
    metrics = split_eval_results(SplitResults(FIGURES), "me/gait")
    assert [(metric.metric_type, metric.metric_value) for metric in metrics] == [
        ("accuracy", 0.5), ("cider", 1.5)
    ]  # fmt: skip
    assert metrics[0].dataset_name == "test split" and metrics[0].dataset_split == "test"
    assert metrics[0].dataset_args["subjects"] == 2


def test_the_results_of_the_embedded_model_are_read():
    assert SplitResults.load(FILE).figures == json.loads(FILE.read_text("utf-8"))


@pytest.mark.parametrize("content", ["{}", "[1]", "{", '{"split": "test"}'])
def test_another_file_raises(tmp_path, content):
    path = tmp_path / "results.json"
    path.write_text(content)
    with pytest.raises(ValueError, match="results.json: "):
        SplitResults.load(path)
