"""Calibration writes fields and a forest, fitted on a corpus; an error changes nothing."""

import json
import shutil

import numpy as np
import pytest
from datasets import concatenate_datasets, load_dataset
from transformers import AutoModelForSeq2SeqLM, AutoProcessor

from agir_hf import GaitAssessment
from agir_hf.assessment import load_parameter_forest
from agir_hf.assessment.parameter_forest import FILE
from agir_hf.assessment.uncertainty import motion_distances
from agir_hf.evaluation.metrics.calibration import fit_scaling, threshold_for
from agir_hf.experiments import inference
from agir_hf.experiments.uncertainty_limits import FACTORS, fit_parameter_forest

FIELDS = ("score_temperature", "uncertain_below", "score_bias", "probe_weight", "uncertainty")
pytestmark = pytest.mark.slow


@pytest.fixture
def enlarged_corpus(corpus, tmp_path):
    """The corpus with eight copies of its three validation walks, and sixteen of the first."""
    copy = shutil.copytree(corpus, tmp_path / "enlarged_corpus")
    own = copy / "data/reasoning"  # a folder of its own is read instead of the shared files
    own.mkdir()
    splits = load_dataset(str(corpus), "reasoning", cache_dir=str(tmp_path))
    validation = splits["validation"]
    enlarged = concatenate_datasets([validation] * 8 + [validation.select([0])] * 8)
    for split, rows in {**splits, "validation": enlarged}.items():
        rows.to_parquet(own / f"{split}.parquet")
    return copy


@pytest.fixture
def folder(model_folder, tmp_path, monkeypatch):
    """Copy of the folder of the model, with short answers."""
    monkeypatch.setattr(inference, "MAX_ANSWER_TOKENS", 12)
    return shutil.copytree(model_folder, tmp_path / "copied")


def settings(folder):
    return json.loads((folder / "config.json").read_text(encoding="utf-8"))


def other_fields(folder):
    """Fields of config.json other than those that calibration writes."""
    return {name: value for name, value in settings(folder).items() if name not in FIELDS}


def assessed(folder, corpus):
    """True scores and assessments of the validation walks."""
    model = AutoModelForSeq2SeqLM.from_pretrained(folder)
    walks = inference.judged_walks(str(corpus), "validation")
    processor = AutoProcessor.from_pretrained(folder)
    return walks.scores, inference.assess(model, processor, walks.motions)[0]


def table(assessments, field):
    return np.array([getattr(assessment, field) for assessment in assessments])


def test_the_fields_are_written_and_the_model_uses_them(
    run_recipe, folder, enlarged_corpus, capsys
):
    before, names = other_fields(folder), {path.name for path in folder.iterdir()}
    truth, assessments = assessed(folder, enlarged_corpus)
    run_recipe("calibrate.py", model=folder, corpus=enlarged_corpus, error=0.9, test=[])
    printed = capsys.readouterr().out
    temperature, threshold, bias, weight, limits = (settings(folder)[name] for name in FIELDS)
    assert other_fields(folder) == {k: v for k, v in before.items() if k not in FIELDS}
    assert {path.name for path in folder.iterdir()} == names | {"calibration.json", FILE}
    notes = json.loads((folder / "calibration.json").read_text(encoding="utf-8"))
    assert notes["walks"] == 32 and notes["error"] == 0.9 and notes["walkers"] <= 3

    fitted = fit_scaling(truth, table(assessments, "token_probabilities"))
    assert temperature == pytest.approx(fitted.temperature, rel=1e-4)
    assert bias == pytest.approx(fitted.bias, abs=1e-4) and weight == 0
    calibrated = fitted(table(assessments, "token_probabilities"))
    assert threshold == pytest.approx(threshold_for(truth, calibrated, 0.9), abs=1e-5)
    _, after = assessed(folder, enlarged_corpus)
    np.testing.assert_allclose(table(after, "probabilities"), calibrated, atol=1e-4)
    assert {assessment.uncertain_below for assessment in after} == {threshold}
    assert set(limits) == {"disagreement", "velocity_error_m_per_s", "feature_distance"}

    validation, test = printed.split("\ntest, ")
    assert "32 simulated walks of" in validation and "fitted on these walks" in validation
    assert "4 simulated walks of" in test and "not used for fitting" in test
    for part in (validation, test):
        assert part.count("ECE") == part.count("NLL") == 2 and "risk at coverage 1.0: " in part
        assert "parameter forest: accuracy" in part
    assert f"temperature {temperature:.3f}, probe weight 0.000, threshold {threshold:.3f}" in (
        printed
    )

    run_recipe("calibrate.py", model=folder, corpus=enlarged_corpus, error=0.9)  # not from these
    assert [settings(folder)[name] for name in FIELDS] == [
        temperature, threshold, bias, weight, limits
    ]  # fmt: skip
    assert "test, " not in capsys.readouterr().out


def test_the_probe_is_combined_with_the_score_tokens(
    run_recipe, folder, enlarged_corpus, monkeypatch
):
    """A probe that always sees the score outweighs score tokens that do not."""
    walks = inference.judged_walks(str(enlarged_corpus), "validation")
    probe = 0.9 * np.eye(3)[walks.scores] + 0.1 / 3

    def assess(model, processor, motions, *_, **__):
        assert model.config.probe_weight == 0 and model.config.score_temperature == 1
        rows = probe if len(motions) == len(probe) else probe[: len(motions)]
        return [GaitAssessment(0, None, "", None, (0.4, 0.3, 0.3), tuple(row)) for row in rows], []

    monkeypatch.setattr(inference, "assess", assess)
    run_recipe("calibrate.py", model=folder, corpus=enlarged_corpus)
    written = settings(folder)
    tokens = np.tile([0.4, 0.3, 0.3], (len(probe), 1))
    fitted = fit_scaling(walks.scores, tokens, probe)
    assert written["probe_weight"] == fitted.probe_weight > 0.5
    assert written["score_temperature"] == fitted.temperature


def test_the_forest_and_the_distance_are_of_the_training_walks(run_recipe, folder, enlarged_corpus):
    run_recipe("calibrate.py", model=folder, corpus=enlarged_corpus)
    forest = load_parameter_forest(str(folder))
    training = inference.judged_walks(str(enlarged_corpus), "train")
    expected, _ = fit_parameter_forest(training.parameters, training.scores)
    np.testing.assert_array_equal(forest(training.parameters), expected(training.parameters))
    extractor = AutoProcessor.from_pretrained(folder).feature_extractor
    distances = [forest.distance(extractor.normalize(motion)) for motion in training.motions]
    assert np.mean(np.square(distances)) == pytest.approx(1, abs=0.05)
    assert (folder / FILE).stat().st_size <= 300_000


def test_the_limits_are_quantiles_of_validation_walks(run_recipe, folder, enlarged_corpus):
    run_recipe("calibrate.py", model=folder, corpus=enlarged_corpus)
    limits, forest = settings(folder)["uncertainty"], load_parameter_forest(str(folder))
    model = AutoModelForSeq2SeqLM.from_pretrained(folder)
    processor = AutoProcessor.from_pretrained(folder)
    walks = inference.judged_walks(str(enlarged_corpus), "validation")
    distances = [motion_distances(motion, model, processor, forest) for motion in walks.motions]
    for name, values in zip(FACTORS, zip(*distances, strict=True), strict=True):
        assert limits[name] == pytest.approx(FACTORS[name] * np.quantile(values, 0.95), rel=1e-3)


def test_without_a_threshold_every_answer_is_uncertain(
    run_recipe, folder, enlarged_corpus, monkeypatch, capsys
):
    monkeypatch.setattr("agir_hf.evaluation.metrics.calibration.threshold_for", lambda *args: None)
    run_recipe("calibrate.py", model=folder, corpus=enlarged_corpus)
    assert "no threshold achieves an error rate of 0.1" in capsys.readouterr().out
    assert settings(folder)["uncertain_below"] == 1.0
    _, assessments = assessed(folder, enlarged_corpus)
    assert all(assessment.uncertain for assessment in assessments)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "3 walks to calibrate on, expected at least 20: use a corpus with a larger"),
        ({"model": "nowhere/at/all"}, "nowhere/at/all has no config.json, expected the folder"),
        ({"corpus": "nowhere/at/all"}, "nowhere/at/all"),
        ({"device": "cuda:99"}, "device is 'cuda:99', but torch finds"),
        ({"device": "cpu", "precision": "fp16"}, "expected fp32 or bf16: fp16 needs a GPU"),
    ],
)
def test_an_error_is_printed_on_one_line_and_changes_nothing(
    run_recipe, folder, corpus, capfd, monkeypatch, changes, message
):
    """The rows are checked before the model generates."""
    monkeypatch.setattr(inference, "assess", lambda *args, **kwargs: pytest.fail("it generates"))
    before = (folder / "config.json").read_bytes()
    with pytest.raises(SystemExit) as excinfo:
        run_recipe("calibrate.py", **{"model": folder, "corpus": corpus, **changes})
    assert excinfo.value.code == 2
    error = capfd.readouterr().err.splitlines()[-1]
    assert error.startswith("error: ") and message in error
    assert (folder / "config.json").read_bytes() == before


def test_an_invalid_error_rate(run_recipe, folder, enlarged_corpus, capfd, monkeypatch):
    monkeypatch.setattr(inference, "assess", lambda *args, **kwargs: pytest.fail("it generates"))
    with pytest.raises(SystemExit):
        run_recipe("calibrate.py", model=folder, corpus=enlarged_corpus, error=10)
    error = capfd.readouterr().err.splitlines()[-1]
    assert error == "error: --error is 10, expected a rate from 0 to 1 (calibrate.py --help)"
