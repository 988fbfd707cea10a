"""Stages of a cross-validation: order, commands, resumption, errors."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

import agir_hf
from agir_hf.corpus.loading import ALL_SUBJECTS
from agir_hf.experiments import cross_validation
from agir_hf.experiments.cross_validation import (
    CONFIGURATIONS,
    SMOKE,
    CrossValidation,
    Stage,
    StageError,
    TrainingBudget,
    recipes_folder,
)

FOLD = "stratified/fold0"


@pytest.fixture
def cross(tmp_path):
    return CrossValidation(tmp_path / "corpus", tmp_path / "trained", recipes_folder(), SMOKE)


def name(stage):
    return f"{stage.result.parent.name}/{stage.result.name}"


def test_every_configuration_has_a_recipe_and_settings():
    for configuration in CONFIGURATIONS.values():
        assert (recipes_folder() / f"{configuration.recipe}.py").is_file()
        assert (recipes_folder() / configuration.settings).is_file()
        assert configuration.start is None or configuration.start in CONFIGURATIONS
        assert configuration.title


def test_starting_models_are_trained_first_and_only_requested_models_predict(cross):
    stages = cross.stages(["ego_dpo", "generative_reasoning"], FOLD, 0)
    names = {stage.result: name(stage) for stage in stages}
    assert [(name(stage), names.get(stage.after)) for stage in stages] == [
        ("vqvae/model.safetensors", None),
        ("generative/model.safetensors", "vqvae/model.safetensors"),
        ("ego/model.safetensors", "vqvae/model.safetensors"),
        ("ego_dpo/model.safetensors", "ego/model.safetensors"),
        ("ego_dpo/validation.json", "ego_dpo/model.safetensors"),
        ("ego_dpo/answers.json", "ego_dpo/model.safetensors"),
        ("generative_reasoning/model.safetensors", "generative/model.safetensors"),
        ("generative_reasoning/validation.json", "generative_reasoning/model.safetensors"),
        ("generative_reasoning/answers.json", "generative_reasoning/model.safetensors"),
    ]
    all_subjects = cross.stages(["generative_reasoning"], ALL_SUBJECTS, 0)
    assert not any("answers" in name(stage) for stage in all_subjects)


def test_commands_have_fold_seed_starting_model_and_folder(cross):
    stages = {name(stage): stage.command for stage in cross.stages(["dpo"], FOLD, 3)}
    command = stages["dpo/model.safetensors"]
    words = dict(zip(command[1::2], command[2::2], strict=False))
    assert words["--fold"] == FOLD and words["--seed"] == "3"
    assert words["--model"] == str(cross.output_folder("reasoning_only", FOLD, 3))
    assert words["--max_steps"] == str(SMOKE.preference_steps)
    command = stages["reasoning_only/model.safetensors"]
    assert command[command.index("--vqvae") + 1] == str(cross.output_folder("vqvae", FOLD, 3))
    assert command[command.index("--metric_for_best_model") + 1] == "cider"
    shuffled = cross.stages(["shuffled"], FOLD, 0)[1].command
    assert shuffled[shuffled.index("--shuffle_scores") + 1] == "true"


def script(result: Path, content="done", after: Path | None = None):
    code = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text(sys.argv[2])"
    return Stage(result, ["-c", code, str(result), content], after)


def test_finished_stages_are_not_run_again(cross):
    folder = cross.output_folder("reasoning_only", FOLD, 0)
    stages = [script(folder / "a"), script(folder / "b", "2", after=folder / "a")]
    finished = []
    cross.run(stages, 2, finished.append)
    assert finished == ["fold0/seed_0/reasoning_only"] * 2
    (folder / "a").write_text("kept")
    (folder / "b").unlink()
    (folder / "checkpoint-3").mkdir()
    cross.run(stages, 2, finished.append)
    assert (folder / "a").read_text() == "kept" and (folder / "b").read_text() == "2"
    assert not (folder / "checkpoint-3").exists()


def test_stages_of_a_fold_run_in_parallel_after_those_they_need(cross):
    folder = cross.output_folder("ego", FOLD, 0)
    wait_for_each_other = (
        "import pathlib, sys, time\n"
        "own, other, needed = map(pathlib.Path, sys.argv[1:])\n"
        "assert needed.exists()\n"
        "own.with_suffix('.started').touch()\n"
        "end = time.monotonic() + 60\n"
        "while not other.with_suffix('.started').exists():\n"
        "    assert time.monotonic() < end, 'the other stage was not started'\n"
        "    time.sleep(0.01)\n"
        "own.touch()\n"
    )
    first, left, right = folder / "first", folder / "left", folder / "right"
    both = [
        Stage(own, ["-c", wait_for_each_other, *map(str, (own, other, first))], first)
        for own, other in ((left, right), (right, left))
    ]
    cross.run([script(first), *both], 2, lambda name: None)
    assert left.exists() and right.exists()


def test_no_stage_starts_after_a_failure_and_the_error_names_the_log(cross):
    folder = cross.output_folder("ego", FOLD, 0)
    bad = Stage(folder / "model", ["-c", "raise SystemExit('error: no such thing')"])
    further = [script(folder / "after", after=bad.result), script(folder / "other")]
    with pytest.raises(StageError, match=r"ended with 1: error: no such thing \(.*model.log\)"):
        cross.run([bad, *further], 1, lambda name: None)
    assert not (folder / "after").exists() and not (folder / "other").exists()
    nothing = Stage(folder / "absent", ["-c", "print('finished')"])
    with pytest.raises(StageError, match="ended with 0: finished"):
        cross.run([nothing], 1, lambda name: None)


def test_stages_run_on_one_core(cross):
    folder = cross.output_folder("ego", FOLD, 0)
    code = "import json, os, sys; json.dump(dict(os.environ), open(sys.argv[1], 'w'))"
    result = folder / "environment"
    before = dict(os.environ)
    cross.run([Stage(result, ["-c", code, str(result)])], 1, lambda name: None)
    assert json.loads(result.read_text())["OMP_NUM_THREADS"] == "1"
    assert dict(os.environ) == before


def test_stages_run_in_the_folder_of_the_trainings(cross, tmp_path, monkeypatch):
    cross.folder.mkdir()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    result = cross.output_folder("ego", FOLD, 0) / "cwd"
    code = "import os, pathlib, sys; pathlib.Path(sys.argv[1]).write_text(os.getcwd())"
    cross.run([Stage(result, ["-c", code, str(result)])], 1, lambda name: None)
    assert Path(result.read_text()) == cross.folder.resolve()


def test_recipes_of_an_installed_wheel_are_found(tmp_path, monkeypatch):
    (tmp_path / "sft_reasoning.py").touch()
    packages = {"agir_hf.recipes": tmp_path}
    monkeypatch.setattr(cross_validation, "files", packages.__getitem__)
    assert recipes_folder() == tmp_path.resolve()


def test_recipes_of_a_clone_that_is_not_installed_are_found(monkeypatch):
    def files(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(cross_validation, "files", files)
    assert recipes_folder() == Path(agir_hf.__file__).resolve().parents[1] / "recipes"


def test_missing_recipes_are_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no recipes .*: clone the repository"):
        recipes_folder(tmp_path)


def test_trainings_of_another_corpus_or_with_other_settings_are_rejected(cross):
    cross.corpus.mkdir()
    splits = cross.corpus / "splits.json"
    splits.write_text("{}")
    cross.lock_config()
    cross.lock_config()  # the same settings
    full = replace(cross, budget=TrainingBudget())
    with pytest.raises(ValueError, match="trainings with tokenizer_steps 4, now it is 800: name"):
        full.lock_config()
    splits.write_text('{"subjects": []}')
    with pytest.raises(ValueError, match="trainings with splits"):
        cross.lock_config()
