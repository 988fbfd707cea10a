"""Estimated time and disk space of a table: measured, and only what is left."""

import json
from types import SimpleNamespace

import pytest
import torch

from agir_hf.experiments import estimate
from agir_hf.experiments.configurations import START, configs_folder, recipes_folder
from agir_hf.experiments.cross_validation import (
    SMOKE,
    CrossValidation,
    StartingPoint,
    TrainingBudget,
)
from agir_hf.experiments.estimate import estimate_table
from agir_hf.experiments.folds import FoldSubjects
from agir_hf.experiments.plan import TablePlan
from agir_hf.experiments.step_times import StepTimes, measure_steps, network_config
from agir_hf.training.model_flops import training_flops

NAMES = ["reasoning_only", "dpo"]


@pytest.fixture
def plan(tmp_path, walks):
    """A plan of one fold with two devices."""
    recipes = recipes_folder()
    cross = CrossValidation(
        "corpus", tmp_path / "trained", recipes, configs_folder("tiny", recipes), TrainingBudget()
    )
    folds = {"stratified/fold0": FoldSubjects(("A",), ("B",), ("C", "D"))}
    return TablePlan(cross, walks, folds, [0], False, ("cpu", "cpu"), loading_seconds=2.0)


@pytest.fixture
def walks():
    """Walks of four subjects, two of each."""
    import numpy as np

    from agir_hf.experiments.inference import EvaluationSet

    texts = ["Step length is mildly reduced on the left side, and speed is normal."] * 8
    return EvaluationSet(
        ids=[f"{i}" for i in range(8)],
        subjects=list("AABBCCDD"),
        motions=[np.zeros((120, 263), np.float32)] * 8,
        scores=[0, 1] * 4,
        rationales=texts,
        references=[[text] for text in texts],
        parameters=[{}] * 8,
        ages=[None] * 8,
        sexes=[None] * 8,
        medications=[None] * 8,
        simulated=True,
    )


@pytest.fixture
def times(plan):
    """Times that make sums easy: 0.1 s a tokenizer step, 1 s a reasoning step, 0.5 s an answer."""
    config, _ = network_config(plan)
    times = StepTimes(0.1, 1.0, 0.5, 1_000, 10_000, config, 30.0, 60.0)
    step = times.step_of(plan.cross.settings("reasoning_only"), "reasoning_only")
    return StepTimes(0.1, 1.0 / step, 0.5, 1_000, 10_000, config, 30.0, 60.0)


def finish(stage, seconds):
    stage.result.parent.mkdir(parents=True, exist_ok=True)
    stage.result.write_text("done")
    stage.record.write_text(json.dumps({"seconds": seconds}))


def test_every_stage_is_counted_with_its_steps_and_answers(plan, times, monkeypatch):
    monkeypatch.setattr(estimate, "measure_steps", lambda plan: times)
    stages = plan.stages(["reasoning_only"])
    result = estimate_table(plan, stages)
    tokenizer, training = 2 + 800 * 0.1, 2 + 300 * 1.0 + 3 * 48 * 0.5
    test = 2 + 4 * 2 * 0.5  # four walks, constrained and free
    assert result.stages == 4
    # the test walks take longer than the validation walks, which are predicted at the same time
    assert result.seconds == pytest.approx(tokenizer + training + test)
    assert result.disk_bytes == 11_000 + 2 * 3 * 10_000 * 2
    assert result.text.startswith("4 stages to run, 2 at a time on cpu: about 8 min and 0.0 GB")
    assert str(plan.cross.folder) in result.text


def test_a_preference_stage_has_two_answers_and_a_reference(plan, times):
    settings = plan.cross.settings("dpo")
    assert times.step_of(settings, "dpo") == pytest.approx(
        times.operation * training_flops(times.config, 8, 30.0, 60.0, preference=True)
    )
    ego, plain = plan.cross.settings("ego"), plan.cross.settings("reasoning_only")
    assert times.step_of(ego, "ego") > times.step_of(plain, "reasoning_only")


def test_a_model_that_is_judged_as_it_is_may_write_several_rationales(plan, times):
    from dataclasses import replace

    stage = replace(plan.cross, start=StartingPoint(model="me/model")).stages(
        [START], "stratified/fold0", 0
    )[0]
    times.config.num_rationales = 5
    assert estimate._predicted(plan, stage, times) == pytest.approx(2 + 2 * 5 * 0.5)


def test_on_resume_only_what_is_left_is_counted_with_the_times_of_finished_stages(
    plan, monkeypatch
):
    monkeypatch.setattr(estimate, "measure_steps", lambda plan: pytest.fail("nothing to measure"))
    two = plan.stages(NAMES)
    for stage in two:
        finish(stage, 100.0)
    assert estimate_table(plan, two).text == "no stage to run, 9 of 9 are finished".replace(
        "9", str(len(two))
    )
    two[-1].record.unlink()
    two[-1].result.unlink()
    other = SimpleNamespace(  # the same stages of a second fold
        **{name: getattr(plan, name) for name in ("cross", "devices")}
    )
    again = [
        type(stage)(
            plan.cross.folder / "fold1" / stage.result.parent.name / stage.result.name,
            stage.command,
        )
        for stage in two[:-1]
    ]
    result = estimate_table(other, [*two[:-1], *again])
    assert result.stages == len(again)
    assert result.seconds == pytest.approx(100.0 * len(again) / 2)
    assert f"{len(again)} stages to run, {len(again)} of {2 * len(again)} are finished" in (
        result.text
    )


def test_the_steps_of_the_networks_of_a_plan_are_measured(plan):
    from dataclasses import replace

    smoke = replace(plan, smoke=True, cross=replace(plan.cross, budget=SMOKE))
    before, threads = torch.random.get_rng_state(), torch.get_num_threads()
    times = measure_steps(smoke)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.get_num_threads() == threads
    assert min(times.tokenizer_step, times.operation, times.answer) > 0
    assert times.motion_tokens == 30 and times.config.text_config.d_model == 32
    assert times.config.vqvae_config.width == 24
    assert 0 < times.tokenizer_bytes < times.language_bytes


def test_networks_are_those_of_the_files_with_more_scores_where_the_corpus_has_them(plan):
    from dataclasses import replace

    config, _ = network_config(replace(plan, classes=(0, 1, 2, 3)))
    settings = plan.cross.settings("vqvae")
    assert config.vqvae_config.width == settings["width"] and config.num_scores == 4
    assert config.text_config.d_model == 128 and config.text_config.num_layers == 3


def test_a_disk_that_is_too_small_is_stated(plan, times, monkeypatch):
    monkeypatch.setattr(estimate, "measure_steps", lambda plan: times)
    monkeypatch.setattr(
        estimate.shutil, "disk_usage", lambda path: SimpleNamespace(free=5, total=9, used=4)
    )
    assert "(only 0.0 GB are free)" in estimate_table(plan, plan.stages(["ego"])).text


def test_a_model_that_cannot_be_read_leaves_the_time_open(plan, monkeypatch, capsys):
    def unreachable(plan):
        raise OSError("no\nconnection")

    monkeypatch.setattr(estimate, "measure_steps", unreachable)
    result = estimate_table(plan, plan.stages(["ego"]))
    assert result.seconds is None and "time not known" in result.text
    assert "the time cannot be estimated: no connection" in capsys.readouterr().out
