"""Which stages a fold has, in which order, and what is done again."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from agir_hf.corpus.loading import ALL_SUBJECTS
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


def test_every_configuration_has_a_recipe_and_its_settings():
    for wanted in CONFIGURATIONS.values():
        assert (recipes_folder() / f"{wanted.recipe}.py").is_file()
        assert (recipes_folder() / wanted.settings).is_file()
        assert wanted.start is None or wanted.start in CONFIGURATIONS
        assert wanted.title


def test_what_others_start_from_is_trained_before_them_and_only_what_is_asked_answers(cross):
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
    everybody = cross.stages(["generative_reasoning"], ALL_SUBJECTS, 0)
    assert not any("answers" in name(stage) for stage in everybody)


def test_commands_name_fold_seed_start_and_place(cross):
    stages = {name(stage): stage.command for stage in cross.stages(["dpo"], FOLD, 3)}
    command = stages["dpo/model.safetensors"]
    words = dict(zip(command[1::2], command[2::2], strict=False))
    assert words["--fold"] == FOLD and words["--seed"] == "3"
    assert words["--model"] == str(cross.place("reasoning_only", FOLD, 3))
    assert words["--max_steps"] == str(SMOKE.preference_steps)
    command = stages["reasoning_only/model.safetensors"]
    assert command[command.index("--vqvae") + 1] == str(cross.place("vqvae", FOLD, 3))
    assert command[command.index("--metric_for_best_model") + 1] == "cider"
    shuffled = cross.stages(["shuffled"], FOLD, 0)[1].command
    assert shuffled[shuffled.index("--shuffle_scores") + 1] == "true"


def script(result: Path, content="done", after: Path | None = None):
    code = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text(sys.argv[2])"
    return Stage(result, ["-c", code, str(result), content], after)


def test_what_is_done_is_not_done_again(cross):
    place = cross.place("reasoning_only", FOLD, 0)
    stages = [script(place / "a"), script(place / "b", "2", after=place / "a")]
    told = []
    cross.run(stages, 2, told.append)
    assert told == ["fold0/seed_0/reasoning_only"] * 2
    (place / "a").write_text("kept")
    (place / "b").unlink()
    (place / "checkpoint-3").mkdir()
    cross.run(stages, 2, told.append)
    assert (place / "a").read_text() == "kept" and (place / "b").read_text() == "2"
    assert not (place / "checkpoint-3").exists()  # what was kept on the way goes with the end


def test_stages_of_one_fold_run_side_by_side_each_behind_what_it_needs(cross):
    place = cross.place("ego", FOLD, 0)
    meet = (
        "import pathlib, sys, time\n"
        "own, other, needed = map(pathlib.Path, sys.argv[1:])\n"
        "assert needed.exists()\n"
        "own.with_suffix('.begun').touch()\n"
        "end = time.monotonic() + 60\n"
        "while not other.with_suffix('.begun').exists():\n"
        "    assert time.monotonic() < end, 'the other one was not begun'\n"
        "    time.sleep(0.01)\n"
        "own.touch()\n"
    )
    first, left, right = place / "first", place / "left", place / "right"
    both = [
        Stage(one, ["-c", meet, *map(str, (one, other, first))], first)
        for one, other in ((left, right), (right, left))
    ]
    cross.run([script(first), *both], 2, lambda name: None)
    assert left.exists() and right.exists()


def test_a_stage_that_fails_begins_no_further_one_and_names_its_log(cross):
    place = cross.place("ego", FOLD, 0)
    bad = Stage(place / "model", ["-c", "raise SystemExit('error: no such thing')"])
    further = [script(place / "after", after=bad.result), script(place / "other")]
    with pytest.raises(StageError, match=r"ended with 1: error: no such thing \(.*model.log\)"):
        cross.run([bad, *further], 1, lambda name: None)
    assert not (place / "after").exists() and not (place / "other").exists()
    nothing = Stage(place / "absent", ["-c", "print('all well')"])
    with pytest.raises(StageError, match="ended with 0: all well"):
        cross.run([nothing], 1, lambda name: None)


def test_stages_run_on_one_core(cross):
    place = cross.place("ego", FOLD, 0)
    code = "import json, os, sys; json.dump(dict(os.environ), open(sys.argv[1], 'w'))"
    result = place / "environment"
    before = dict(os.environ)
    cross.run([Stage(result, ["-c", code, str(result)])], 1, lambda name: None)
    assert json.loads(result.read_text())["OMP_NUM_THREADS"] == "1"
    assert dict(os.environ) == before


def test_recipes_that_are_not_there_are_told(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no recipes .*: clone the repository"):
        recipes_folder(tmp_path)


def test_trainings_of_another_corpus_or_with_other_settings_are_not_taken_for_these(cross):
    cross.corpus.mkdir()
    splits = cross.corpus / "splits.json"
    splits.write_text("{}")
    cross.lock_config()
    cross.lock_config()  # the same again
    full = replace(cross, budget=TrainingBudget())
    with pytest.raises(ValueError, match="trainings with tokenizer_steps 4, now it is 800: name"):
        full.lock_config()
    splits.write_text('{"subjects": []}')
    with pytest.raises(ValueError, match="trainings with splits"):
        cross.lock_config()
