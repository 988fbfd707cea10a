"""Calibration writes three fields, from figures of the validation walks; a mistake changes none."""

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
def enough(corpus, tmp_path):
    """The corpus with its three validation walks eight times over."""
    copy = shutil.copytree(corpus, tmp_path / "enough")
    for file in (copy / "data/reasoning").glob("validation*.parquet"):
        rows = Dataset.from_parquet(str(file), cache_dir=str(tmp_path / "cache"))
        concatenate_datasets([rows] * 8).to_parquet(file)
    return copy


@pytest.fixture
def folder(model_folder, tmp_path, monkeypatch):
    """A copy of the model's folder, whose answers are short here."""
    monkeypatch.setattr(inference, "MAX_ANSWER_TOKENS", 12)
    return shutil.copytree(model_folder, tmp_path / "copied")


def settings(folder):
    return json.loads((folder / "config.json").read_text(encoding="utf-8"))


def other_fields(folder):
    """Of the configuration's file, beside those of the three fields."""
    return {name: value for name, value in settings(folder).items() if name not in FIELDS}


def probabilities(folder, corpus):
    """True scores, and what the model in a folder gives the validation walks."""
    model = AutoModelForSeq2SeqLM.from_pretrained(folder)
    walks = inference.judged_walks(str(corpus), "validation")
    found, _ = inference.assess(model, AutoProcessor.from_pretrained(folder), walks.motions)
    return walks.scores, np.array([one.probabilities for one in found]), found


def test_three_fields_are_written_and_the_model_uses_them(run_recipe, folder, enough, capsys):
    before, names = other_fields(folder), {path.name for path in folder.iterdir()}
    truth, table, _ = probabilities(folder, enough)
    run_recipe("calibrate.py", model=folder, corpus=enough, error=0.9, test=[])
    printed = capsys.readouterr().out
    temperature, level, bias = (settings(folder)[name] for name in FIELDS)
    assert other_fields(folder) == before
    assert {path.name for path in folder.iterdir()} == names | {"calibration.json"}
    fitted = json.loads((folder / "calibration.json").read_text(encoding="utf-8"))
    assert fitted["walks"] == 24 and fitted["error"] == 0.9 and fitted["walkers"] <= 24

    fitted = fit_scaling(truth, table)
    assert temperature == fitted[0] and bias == fitted[1].tolist()
    calibrated = apply_temperature(table, *fitted)
    assert level == threshold_for(truth, calibrated, 0.9)
    _, after, found = probabilities(folder, enough)
    np.testing.assert_allclose(after, calibrated, atol=1e-5)
    assert {one.uncertain_below for one in found} == {level}

    validation, test = printed.split("\ntest, ")
    assert "24 simulated walks of" in validation and "fitted here, so these" in validation
    assert "4 simulated walks of" in test and "nothing fitted here" in test
    for part in (validation, test):
        assert part.count("ECE") == part.count("NLL") == 2 and "risk at coverage 1.0: " in part
    assert f"temperature {temperature:.3f}, level {level:.3f}" in printed

    run_recipe("calibrate.py", model=folder, corpus=enough, error=0.9)  # starts from temperature 1
    assert [settings(folder)[name] for name in FIELDS] == [temperature, level, bias]
    assert "test, " not in capsys.readouterr().out


def test_without_a_level_every_answer_is_uncertain(run_recipe, folder, enough, monkeypatch, capsys):
    monkeypatch.setattr("agir_hf.evaluation.metrics.calibration.threshold_for", lambda *given: None)
    run_recipe("calibrate.py", model=folder, corpus=enough)
    assert "no level keeps the error rate at 0.1" in capsys.readouterr().out
    assert settings(folder)["uncertain_below"] == 1
    _, _, found = probabilities(folder, enough)
    assert all(one.uncertain for one in found)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "3 walks to calibrate on, expected at least 20: take a corpus with a larger"),
        ({"model": "nowhere/at/all"}, "nowhere/at/all has no config.json, expected a model's"),
        ({"corpus": "nowhere/at/all"}, "nowhere/at/all"),
    ],
)
def test_a_mistake_is_told_on_one_line_and_changes_nothing(
    run_recipe, folder, corpus, capfd, changes, told
):
    before = (folder / "config.json").read_bytes()
    with pytest.raises(SystemExit) as stopped:
        run_recipe("calibrate.py", **{"model": folder, "corpus": corpus, **changes})
    assert stopped.value.code == 2
    error = capfd.readouterr().err.splitlines()[-1]
    assert error.startswith("error: ") and told in error
    assert (folder / "config.json").read_bytes() == before


def test_an_error_rate_that_is_none(run_recipe, folder, enough, capfd):
    with pytest.raises(SystemExit):
        run_recipe("calibrate.py", model=folder, corpus=enough, error=10)
    error = capfd.readouterr().err.splitlines()[-1]
    assert error == "error: the error is 10.0, expected a share of wrong answers such as 0.1"
