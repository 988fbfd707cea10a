"""Which stages a fold has, in which order, and what is done again."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from agir_hf.training.cross_validation import (
    CONFIGURATIONS,
    SMOKE,
    Budget,
    CrossValidation,
    StageError,
    recipes_folder,
)
from agir_hf.training.data import EVERYBODY

FOLD = "stratified/fold0"


@pytest.fixture
def cross(tmp_path):
    return CrossValidation(tmp_path / "corpus", tmp_path / "trained", recipes_folder(), SMOKE)


def names(chain):
    return [f"{result.parent.name}/{result.name}" for result, _ in chain]


def test_every_configuration_has_a_recipe_and_its_settings():
    for wanted in CONFIGURATIONS.values():
        assert (recipes_folder() / f"{wanted.recipe}.py").is_file()
        assert (recipes_folder() / wanted.settings).is_file()
        assert wanted.start is None or wanted.start in CONFIGURATIONS
        assert wanted.title


def test_a_chain_trains_what_others_start_from_before_them_and_answers_only_what_is_asked(cross):
    assert names(cross.chain(["ego_dpo", "generative_reasoning"], FOLD, 0)) == [
        "vqvae/model.safetensors",
        "generative/model.safetensors",
        "ego/model.safetensors",
        "ego_dpo/model.safetensors",
        "ego_dpo/answers.json",
        "generative_reasoning/model.safetensors",
        "generative_reasoning/answers.json",
    ]
    everybody = names(cross.chain(["generative_reasoning"], EVERYBODY, 0))
    assert not any("answers" in name for name in everybody)


def test_commands_name_fold_seed_start_and_place(cross):
    chain = dict(zip(names(found := cross.chain(["dpo"], FOLD, 3)), found, strict=True))
    _, command = chain["dpo/model.safetensors"]
    words = dict(zip(command[1::2], command[2::2], strict=False))
    assert words["--fold"] == FOLD and words["--seed"] == "3"
    assert words["--model"] == str(cross.place("reasoning_only", FOLD, 3))
    assert words["--max_steps"] == str(SMOKE.preference_steps)
    _, command = chain["reasoning_only/model.safetensors"]
    assert command[command.index("--vqvae") + 1] == str(cross.place("vqvae", FOLD, 3))
    assert command[command.index("--metric_for_best_model") + 1] == "cider"
    _, shuffled = cross.chain(["shuffled"], FOLD, 0)[1]
    assert shuffled[shuffled.index("--shuffle_scores") + 1] == "true"


def script(result: Path, content="done"):
    code = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text(sys.argv[2])"
    return result, ["-c", code, str(result), content]


def test_what_is_done_is_not_done_again(cross):
    place = cross.place("reasoning_only", FOLD, 0)
    chain = [script(place / "a"), script(place / "b", "2")]
    told = []
    cross.run([chain], 2, told.append)
    assert told == ["fold0/seed_0/reasoning_only"] * 2
    (place / "a").write_text("kept")
    (place / "b").unlink()
    (place / "checkpoint-3").mkdir()
    cross.run([chain], 2, told.append)
    assert (place / "a").read_text() == "kept" and (place / "b").read_text() == "2"
    assert not (place / "checkpoint-3").exists()  # what was kept on the way goes with the end


def test_a_stage_that_fails_stops_its_chain_and_names_its_log(cross):
    place = cross.place("ego", FOLD, 0)
    bad = place / "model", ["-c", "raise SystemExit('error: no such thing')"]
    with pytest.raises(StageError, match=r"ended with 1: error: no such thing \(.*model.log\)"):
        cross.run([[bad, script(place / "after")]], 1, lambda name: None)
    assert not (place / "after").exists()
    nothing = place / "absent", ["-c", "print('all well')"]
    with pytest.raises(StageError, match="ended with 0: all well"):
        cross.run([[nothing]], 1, lambda name: None)


def test_stages_run_on_one_core(cross):
    place = cross.place("ego", FOLD, 0)
    code = "import json, os, sys; json.dump(dict(os.environ), open(sys.argv[1], 'w'))"
    result = place / "environment"
    before = dict(os.environ)
    cross.run([[(result, ["-c", code, str(result)])]], 1, lambda name: None)
    assert json.loads(result.read_text())["OMP_NUM_THREADS"] == "1"
    assert dict(os.environ) == before


def test_recipes_that_are_not_there_are_told(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no recipes .*: clone the repository"):
        recipes_folder(tmp_path)


def test_trainings_of_another_corpus_or_with_other_settings_are_not_taken_for_these(cross):
    cross.corpus.mkdir()
    splits = cross.corpus / "splits.json"
    splits.write_text("{}")
    cross.claim()
    cross.claim()  # the same again
    full = replace(cross, budget=Budget())
    with pytest.raises(ValueError, match="trainings with tokenizer_steps 4, now it is 800: name"):
        full.claim()
    splits.write_text('{"subjects": []}')
    with pytest.raises(ValueError, match="trainings with splits"):
        cross.claim()
