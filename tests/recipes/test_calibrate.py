"""Calibration writes three fields, fitted on validation walks; an error changes nothing."""

import json
import shutil

import numpy as np
import pytest
from datasets import Dataset, concatenate_datasets
from transformers import AutoModelForSeq2SeqLM, AutoProcessor

from agir_hf.evaluation.metrics.calibration import apply_temperature, fit_scaling, threshold_for
from agir_hf.experiments import inference

FIELDS = ("score_temperature", "uncertain_below", "score_bias")
pytestmark = pytest.mark.slow


@pytest.fixture
def enlarged_corpus(corpus, tmp_path):
    """The corpus with eight copies of its three validation walks."""
    copy = shutil.copytree(corpus, tmp_path / "enlarged_corpus")
    for file in (copy / "data/reasoning").glob("validation*.parquet"):
        rows = Dataset.from_parquet(str(file), cache_dir=str(tmp_path / "cache"))
        concatenate_datasets([rows] * 8).to_parquet(file)
    return copy


@pytest.fixture
def folder(model_folder, tmp_path, monkeypatch):
    """Copy of the folder of the model, with short answers."""
    monkeypatch.setattr(inference, "MAX_ANSWER_TOKENS", 12)
    return shutil.copytree(model_folder, tmp_path / "copied")


def settings(folder):
    return json.loads((folder / "config.json").read_text(encoding="utf-8"))


def other_fields(folder):
    """Fields of config.json other than the three that calibration writes."""
    return {name: value for name, value in settings(folder).items() if name not in FIELDS}


def probabilities(folder, corpus):
    """True scores, probabilities and assessments of the validation walks."""
    model = AutoModelForSeq2SeqLM.from_pretrained(folder)
    walks = inference.judged_walks(str(corpus), "validation")
    assessments, _ = inference.assess(model, AutoProcessor.from_pretrained(folder), walks.motions)
    rows = [assessment.probabilities for assessment in assessments]
    return walks.scores, np.array(rows), assessments


def test_three_fields_are_written_and_the_model_uses_them(
    run_recipe, folder, enlarged_corpus, capsys
):
    before, names = other_fields(folder), {path.name for path in folder.iterdir()}
    truth, table, _ = probabilities(folder, enlarged_corpus)
    run_recipe("calibrate.py", model=folder, corpus=enlarged_corpus, error=0.9, test=[])
    printed = capsys.readouterr().out
    temperature, threshold, bias = (settings(folder)[name] for name in FIELDS)
    assert other_fields(folder) == before
    assert {path.name for path in folder.iterdir()} == names | {"calibration.json"}
    fitted = json.loads((folder / "calibration.json").read_text(encoding="utf-8"))
    assert fitted["walks"] == 24 and fitted["error"] == 0.9 and fitted["walkers"] <= 24

    fitted = fit_scaling(truth, table)
    assert temperature == fitted[0] and bias == fitted[1].tolist()
    calibrated = apply_temperature(table, *fitted)
    expected = threshold_for(truth, calibrated, 0.9)
    assert threshold == (1.0 if expected is None else expected)  # None: always uncertain
    _, after, assessments = probabilities(folder, enlarged_corpus)
    np.testing.assert_allclose(after, calibrated, atol=1e-5)
    assert {assessment.uncertain_below for assessment in assessments} == {threshold}

    validation, test = printed.split("\ntest, ")
    assert "24 simulated walks of" in validation and "fitted on these walks" in validation
    assert "4 simulated walks of" in test and "not used for fitting" in test
    for part in (validation, test):
        assert part.count("ECE") == part.count("NLL") == 2 and "risk at coverage 1.0: " in part
    assert f"temperature {temperature:.3f}, threshold {threshold:.3f}" in printed

    run_recipe(
        "calibrate.py", model=folder, corpus=enlarged_corpus, error=0.9
    )  # starts from temperature 1
    assert [settings(folder)[name] for name in FIELDS] == [temperature, threshold, bias]
    assert "test, " not in capsys.readouterr().out


def test_without_a_threshold_every_answer_is_uncertain(
    run_recipe, folder, enlarged_corpus, monkeypatch, capsys
):
    monkeypatch.setattr("agir_hf.evaluation.metrics.calibration.threshold_for", lambda *args: None)
    run_recipe("calibrate.py", model=folder, corpus=enlarged_corpus)
    assert "no threshold achieves an error rate of 0.1" in capsys.readouterr().out
    assert settings(folder)["uncertain_below"] == 1
    _, _, assessments = probabilities(folder, enlarged_corpus)
    assert all(assessment.uncertain for assessment in assessments)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "3 walks to calibrate on, expected at least 20: use a corpus with a larger"),
        ({"model": "nowhere/at/all"}, "nowhere/at/all has no config.json, expected the folder"),
        ({"corpus": "nowhere/at/all"}, "nowhere/at/all"),
    ],
)
def test_an_error_is_printed_on_one_line_and_changes_nothing(
    run_recipe, folder, corpus, capfd, changes, message
):
    before = (folder / "config.json").read_bytes()
    with pytest.raises(SystemExit) as excinfo:
        run_recipe("calibrate.py", **{"model": folder, "corpus": corpus, **changes})
    assert excinfo.value.code == 2
    error = capfd.readouterr().err.splitlines()[-1]
    assert error.startswith("error: ") and message in error
    assert (folder / "config.json").read_bytes() == before


def test_an_invalid_error_rate(run_recipe, folder, enlarged_corpus, capfd):
    with pytest.raises(SystemExit):
        run_recipe("calibrate.py", model=folder, corpus=enlarged_corpus, error=10)
    error = capfd.readouterr().err.splitlines()[-1]
    assert error == "error: the error is 10.0, expected a share of wrong answers such as 0.1"
