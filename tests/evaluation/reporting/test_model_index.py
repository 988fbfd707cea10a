import json
from dataclasses import replace

import pytest
from huggingface_hub import ModelCardData
from huggingface_hub.repocard_data import model_index_to_eval_results

from agir_hf.evaluation.reporting.model_index import (
    card_section,
    dataset_name,
    eval_results,
    model_index,
)
from agir_hf.evaluation.reporting.summary import row_metrics, subject_bootstrap
from agir_hf.evaluation.reporting.tables import tables_of

ROW = "AGIR_ego 100%"


def test_metrics_of_a_row_have_the_names_of_the_hub(evaluation):
    index = model_index(evaluation, ROW, "agir-tiny", "someone/agir-gait")
    (entry,) = index
    assert entry["name"] == "agir-tiny"
    (result,) = entry["results"]
    assert result["dataset"]["name"] == "walks of the cohort (simulated)"
    assert result["dataset"]["type"] == "someone/agir-gait"
    assert result["dataset"]["args"]["scheme"] == "leave one subject out, 6 subjects"
    assert (result["dataset"]["args"]["walks"], result["dataset"]["args"]["subjects"]) == (24, 6)
    predictions = evaluation.rows[0].predictions
    metrics = row_metrics(predictions)
    by_name = {metric["name"]: metric for metric in result["metrics"]}
    assert by_name["accuracy"]["value"] == round(metrics["accuracy"], 4)
    macro, interval = by_name["macro-F1"], subject_bootstrap(predictions, "macro_f1")
    assert (macro["type"], macro["args"]["average"]) == ("f1", "macro")
    ends = [round(interval.low, 4), round(interval.high, 4)]
    assert macro["args"]["interval_95%_by_subject"] == ends
    assert by_name["CIDEr"]["value"] == 1.25
    assert by_name["quadratic κ"]["args"] == {"weights": "quadratic"}
    assert all(metric["verified"] is False for metric in result["metrics"])
    json.dumps(index)


def test_the_hub_reads_the_written_index(evaluation):
    wanted = eval_results(evaluation, ROW, "agir-gait")
    index = model_index(evaluation, ROW, "agir", "agir-gait")
    name, read = model_index_to_eval_results(index)
    assert name == "agir"
    assert read == wanted
    head = ModelCardData(model_name="agir", eval_results=wanted).to_yaml()
    assert "verified: false" in head and "(simulated)" in head


def test_simulated_is_stated_once_and_only_where_true(evaluation):
    assert dataset_name(replace(evaluation, data="walks (simulated)")) == "walks (simulated)"
    assert dataset_name(replace(evaluation, simulated=False)) == "walks of the cohort"


def test_a_row_without_figures_raises(evaluation):
    with pytest.raises(ValueError, match="was not run .weights not found: motion_clip.pt"):
        model_index(evaluation, "MotionCLIP", "agir", "agir-gait")
    with pytest.raises(ValueError, match="no row 'unknown'"):
        model_index(evaluation, "unknown", "agir", "agir-gait")


def test_the_section_of_a_card(evaluation):
    section = card_section(evaluation, tables_of(evaluation, against="linear probe"))
    assert section.startswith("## Evaluation\n\n**Simulated walks: no person was recorded")
    for head in ("### Scores", "### Rationales", "### Over folds and seeds", "### Against linear"):
        assert head in section
    assert section.count("#### Confusion matrix") == 2
    assert "Self-reported, not verified by others." in section
    assert "agir evaluate reasoning" in section
    assert "imulated" not in card_section(replace(evaluation, simulated=False))
