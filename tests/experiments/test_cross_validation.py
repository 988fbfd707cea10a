"""Stages of a cross-validation: order, commands, starting points, settings."""

from dataclasses import replace

import pytest

from agir_hf.corpus.loading import ALL_SUBJECTS
from agir_hf.experiments.configurations import START, configs_folder, recipes_folder
from agir_hf.experiments.cross_validation import (
    SMOKE,
    CrossValidation,
    StartingPoint,
    TrainingBudget,
)

FOLD = "stratified/fold0"


@pytest.fixture
def cross(tmp_path):
    recipes = recipes_folder()
    configs = configs_folder("tiny", recipes)
    return CrossValidation(str(tmp_path / "corpus"), tmp_path / "trained", recipes, configs, SMOKE)


def name(stage):
    return f"{stage.result.parent.name}/{stage.result.name}"


def options(stage):
    """Option → value of a command; the last value counts."""
    words = stage.command
    pairs = [(a, b) for a, b in zip(words, words[1:], strict=False) if a.startswith("--")]
    return dict(pairs)


def commands(cross, names, fold=FOLD, seed=0):
    return {name(stage): options(stage) for stage in cross.stages(names, fold, seed)}


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
    words = commands(cross, ["dpo", "shuffled"], seed=3)
    dpo, reasoning = words["dpo/model.safetensors"], words["reasoning_only/model.safetensors"]
    assert dpo["--fold"] == FOLD and dpo["--seed"] == "3"
    assert dpo["--model"] == str(cross.output_folder("reasoning_only", FOLD, 3))
    assert dpo["--max_steps"] == str(SMOKE.preference_steps)
    assert reasoning["--vqvae"] == str(cross.output_folder("vqvae", FOLD, 3))
    assert "--model" not in reasoning
    assert words["shuffled/model.safetensors"]["--shuffle_scores"] == "true"


def test_the_checkpoint_with_the_best_cider_is_kept_also_of_preference_stages(cross):
    names = ["reasoning_only", "ego", "dpo", "ego_dpo", "generative_reasoning", "shuffled"]
    words = commands(replace(cross, budget=TrainingBudget()), names)
    for stage in names:
        own = words[f"{stage}/model.safetensors"]
        assert own["--metric_for_best_model"] == "cider" and own["--greater_is_better"] == "true"
        assert own["--load_best_model_at_end"] == own["--generate"] == "true"
        assert own["--eval_steps"] == own["--save_steps"]
        assert int(own["--max_steps"]) == 3 * int(own["--eval_steps"])


def test_every_training_resumes_from_its_checkpoints(cross):
    for stage, words in commands(cross, ["ego_dpo", "generative_reasoning"]).items():
        if "model" in stage:
            assert words["--save_strategy"] == "steps"
            assert words["--resume_from_checkpoint"] == "auto"


def test_two_stages_share_the_updates_of_one(cross):
    cross = replace(cross, budget=TrainingBudget(language_steps=301, preference_steps=36))
    updates = {stage: cross.updates(stage, FOLD) for stage in (
        "reasoning_only", "ego", "shuffled", "generative", "generative_reasoning", "dpo", "vqvae"
    )}  # fmt: skip
    assert updates["reasoning_only"] == updates["ego"] == updates["shuffled"] == 301
    assert updates["generative"] + updates["generative_reasoning"] == 301
    assert updates["dpo"] == 36 and updates["vqvae"] == 800
    words = commands(cross, ["generative_reasoning"])
    assert words["generative/model.safetensors"]["--max_steps"] == "150"


def test_without_a_budget_the_updates_are_those_of_the_files(cross):
    configs = configs_folder("flan_t5_base", recipes_folder())
    cross = replace(cross, configs=configs, budget=TrainingBudget(None, None, None))
    for stage in ("vqvae", "generative", "reasoning_only", "dpo"):
        assert cross.updates(stage, FOLD) == cross.settings(stage)["max_steps"]


def test_a_model_to_start_from_replaces_tokenizer_and_is_judged_as_it_is(cross):
    cross = replace(cross, start=StartingPoint(model="me/motiongpt"))
    words = commands(cross, ["reasoning_only", "generative_reasoning", START])
    assert not any(stage.startswith("vqvae/") for stage in words)
    for stage in ("generative", "reasoning_only"):
        assert words[f"{stage}/model.safetensors"]["--model"] == "me/motiongpt"
    own = words["generative_reasoning/model.safetensors"]["--model"]
    assert own == str(cross.output_folder("generative", FOLD, 0))
    for file in ("validation.json", "answers.json"):
        assert words[f"{START}/{file}"]["--model"] == "me/motiongpt"
    assert cross.stages([START], FOLD, 0)[0].after is None


def test_a_tokenizer_and_a_t5_are_passed_to_stages_without_another_start(cross):
    cross = replace(cross, start=StartingPoint(t5="me/t5", vqvae="me/codes"))
    words = commands(cross, ["ego", "generative_reasoning"])
    assert not any(stage.startswith("vqvae/") for stage in words)
    for stage in ("ego", "generative"):
        own = words[f"{stage}/model.safetensors"]
        assert own["--t5"] == "me/t5" and own["--vqvae"] == "me/codes"
    assert "--t5" not in words["generative_reasoning/model.safetensors"]


def test_a_smoke_run_of_large_configurations_is_from_scratch(cross):
    cross = replace(cross, configs=configs_folder("flan_t5_base", recipes_folder()))
    own = commands(cross, ["reasoning_only"])["reasoning_only/model.safetensors"]
    assert own["--t5"] == "" and own["--d_model"] == "32"


def test_the_precision_is_that_of_language_stages_and_predictions(cross):
    words = commands(replace(cross, precision="fp32"), ["dpo"])
    for stage in ("reasoning_only", "dpo"):
        own = words[f"{stage}/model.safetensors"]
        assert own["--bf16"] == own["--fp16"] == "false"
    assert "--bf16" not in words["vqvae/model.safetensors"]
    assert words["dpo/answers.json"]["--precision"] == "fp32"


def test_folders_of_subjects_with_unusual_names_differ(cross):
    folders = {
        cross.output_folder("ego", f"leave_one_subject_out/without_{subject}", 0)
        for subject in ("A/1", "A_1", "A 1", "../A")
    }
    assert len(folders) == 4
    assert all(folder.parents[2] == cross.folder for folder in folders)


def test_folds_of_the_same_name_in_two_schemes_have_different_folders(cross):
    names = ("stratified/fold0", "all_together/fold0", "within_cohort/fold0")
    folders = {cross.output_folder("ego", name, 0) for name in names}
    assert len(folders) == 3
    assert cross.output_folder("ego", FOLD, 0) == cross.folder / "fold0/seed_0/ego"


def test_trainings_of_another_corpus_or_with_other_settings_are_rejected(cross):
    cross.lock_config(b"{}")
    cross.lock_config(b"{}")  # the same settings
    full = replace(cross, budget=TrainingBudget())
    with pytest.raises(ValueError, match="trainings with tokenizer_steps 4, now it is 800: name"):
        full.lock_config(b"{}")
    with pytest.raises(ValueError, match="trainings with splits.json"):
        cross.lock_config(b'{"subjects": []}')
    with pytest.raises(ValueError, match="trainings with model None, now it is me/model"):
        replace(cross, start=StartingPoint(model="me/model")).lock_config(b"{}")
    configs = configs_folder("flan_t5_base", recipes_folder())
    with pytest.raises(ValueError, match="trainings with configs"):
        replace(cross, configs=configs).lock_config(b"{}")
