"""Errors that a user can fix are printed on one line, with exit status 2 and no traceback."""

import json
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow
import pytest
from datasets import Value, load_dataset
from pyarrow import parquet

from agir_hf.corpus.loading import load_corpus
from agir_hf.training.script_utils import find_checkpoint
from agir_hf.training.trainers import OutputFilesMixin

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
CONFIGURATIONS = {
    "train_vqvae.py": "motion",
    "sft_generative.py": "generative",
    "sft_reasoning.py": "reasoning",
    "dpo.py": "preference",
}
LANGUAGE_RECIPES = ("sft_generative.py", "sft_reasoning.py", "dpo.py")
pytestmark = pytest.mark.slow


@pytest.fixture
def run(run_recipe, tmp_path):
    """Function that runs a recipe for one step."""

    def run(recipe, **options):
        defaults = {"output_dir": tmp_path / "out", "report_to": "none", "use_cpu": True,
                 "disable_tqdm": True, "max_steps": 1, "save_strategy": "no"}  # fmt: skip
        if recipe in LANGUAGE_RECIPES:
            defaults |= {"bf16": False, "gradient_checkpointing": False}
        if recipe == "train_vqvae.py":
            defaults |= {
                "width": 8,
                "code_dim": 4,
                "codebook_size": 8,
                "remove_unused_columns": False,
            }
        run_recipe(recipe, **{**(defaults if recipe in CONFIGURATIONS else {}), **options})

    return run


@pytest.fixture
def error_of(run, capfd):
    """Function that runs a recipe and returns its error message without "error: "."""

    def error_of(recipe, **options):
        with pytest.raises(SystemExit) as excinfo:
            run(recipe, **options)
        assert excinfo.value.code == 2
        lines = capfd.readouterr().err.splitlines()
        assert [line for line in lines if line.startswith("error: ")] == lines[-1:]
        assert not any("Traceback" in line for line in lines)
        return lines[-1].removeprefix("error: ")

    return error_of


@pytest.fixture
def start(model_folder):
    """Function: recipe → options with its initial model."""
    return lambda recipe: {"model": model_folder} if recipe in LANGUAGE_RECIPES else {}


@pytest.fixture
def changed(corpus, tmp_path):
    """Function that copies the corpus with changed rows in one configuration."""

    def changed(config, change):
        copy = shutil.copytree(corpus, tmp_path / "changed")
        own = copy / "data" / config  # a folder of its own is read instead of the shared files
        own.mkdir()
        for split, rows in load_dataset(str(corpus), config, cache_dir=str(tmp_path)).items():
            change(rows).to_parquet(own / f"{split}.parquet")
        return copy

    return changed


@pytest.fixture
def copied(model_folder, tmp_path):
    """Copy of the folder of the model."""
    return shutil.copytree(model_folder, tmp_path / "copied")


@pytest.mark.parametrize("recipe", CONFIGURATIONS)
def test_corpus_without_the_configuration(error_of, start, corpus, tmp_path, recipe):
    copy = shutil.copytree(corpus, tmp_path / "changed")
    for file in (copy / "data").glob("*.parquet"):
        column = f"in_{CONFIGURATIONS[recipe]}"
        table = parquet.read_table(file)
        none = pyarrow.array([False] * len(table))
        index = table.column_names.index(column)
        parquet.write_table(table.set_column(index, column, none), file)
    message = error_of(recipe, corpus=copy, **start(recipe))
    expected = f"{copy}/data holds no Parquet files with rows of {CONFIGURATIONS[recipe]}"
    assert message.startswith(expected)
    assert "agir corpus build" in message


def test_negative_number_of_copies(error_of, corpus):
    message = error_of("train_vqvae.py", corpus=corpus, varied_copies=-1)
    assert message == "varied_copies is -1, expected 0 or more"


@pytest.mark.parametrize("recipe", CONFIGURATIONS)
def test_missing_corpus(error_of, start, recipe):
    message = error_of(recipe, corpus="nowhere/at/all", **start(recipe))
    assert message.startswith("nowhere/at/all does not exist, expected the folder of a corpus: ")
    assert "'agir corpus build COHORT nowhere/at/all'" in message


def test_the_documented_launcher_adds_no_traceback_to_an_error(tmp_path):
    recipe = RECIPES / "train_vqvae.py"
    assert "accelerate launch -q --cpu recipes/train_vqvae.py" in recipe.read_text()
    result = subprocess.run(
        [
            sys.executable, "-m", "accelerate.commands.accelerate_cli", "launch", "-q",
            "--cpu", recipe, "--corpus", "nowhere/at/all", "--output_dir", tmp_path / "out",
        ],
        capture_output=True, text=True,
    )  # fmt: skip
    assert result.returncode == 1 and "Traceback" not in result.stderr
    assert result.stderr.splitlines()[-1].startswith("error: nowhere/at/all does not exist")


@pytest.mark.parametrize("recipe", CONFIGURATIONS)
def test_incomplete_parquet_file(error_of, start, corpus, tmp_path, recipe):
    copy = shutil.copytree(corpus, tmp_path / "changed")
    for file in (copy / "data").glob("train*.parquet"):
        file.write_bytes(file.read_bytes()[:5000])
    message = error_of(recipe, corpus=copy, **start(recipe))
    assert "Parquet magic bytes not found in footer" in message


@pytest.mark.parametrize(
    "recipe, config, column",
    [
        ("train_vqvae.py", "motion", "motion"),
        ("sft_generative.py", "generative", "description"),
        ("sft_generative.py", "reasoning", "rationale"),
        ("sft_reasoning.py", "generative", "description"),
        ("sft_reasoning.py", "reasoning", "rationale"),
        ("sft_reasoning.py", "reasoning", "score"),
        ("dpo.py", "preference", "motion"),
        ("dpo.py", "preference", "rejected"),
        ("dpo.py", "preference", "rejected_score"),
    ],
)
def test_missing_column_is_named_with_the_existing_ones(
    error_of, start, changed, recipe, config, column
):
    folder = changed(config, lambda rows: rows.remove_columns(column))
    message = error_of(recipe, corpus=folder, **start(recipe))
    assert message.startswith(f"rows lack {column}, they have id, subject, session, ")


@pytest.mark.parametrize(
    "recipe, column",
    [
        ("sft_reasoning.py", "score"),
        ("dpo.py", "chosen_score"),
        ("dpo.py", "rejected_score"),
    ],
)
@pytest.mark.parametrize("score", [3, -1])
def test_invalid_score_is_reported_with_its_walk(
    error_of, start, changed, corpus, recipe, column, score
):
    config = CONFIGURATIONS[recipe]
    name = load_corpus(str(corpus), config)["train"]["id"][0]

    def change(rows):
        rows = rows.cast_column(column, Value("int64"))
        return rows.map(lambda row: {column: score if row["id"] == name else row[column]})

    message = error_of(recipe, corpus=changed(config, change), **start(recipe))
    assert f" rows have a {column} outside 0 … 2: {name} ({score})" in message


@pytest.mark.parametrize("recipe", LANGUAGE_RECIPES)
def test_model_with_statistics_of_another_model(error_of, corpus, copied, recipe):
    settings = json.loads((copied / "processor_config.json").read_text())
    settings["feature_extractor"]["mean"][7] += 1
    (copied / "processor_config.json").write_text(json.dumps(settings))
    message = error_of(recipe, corpus=corpus, model=copied)
    assert message.startswith("features are normalized with statistics ")
    assert "use the feature extractor that was saved with the model" in message


def test_vqvae_with_statistics_of_another_vqvae(error_of, corpus, vqvae_folder, tmp_path):
    copy = shutil.copytree(vqvae_folder, tmp_path / "copied")
    settings = json.loads((copy / "preprocessor_config.json").read_text())
    settings["std"][7] += 1
    (copy / "preprocessor_config.json").write_text(json.dumps(settings))
    message = error_of("sft_generative.py", corpus=corpus, vqvae=copy)
    assert message.startswith("features are normalized with statistics ")


@pytest.mark.parametrize("recipe", LANGUAGE_RECIPES)
def test_tokenizer_without_answer_tokens(error_of, corpus, copied, t5_tokenizer, recipe):
    t5_tokenizer.save_pretrained(copied)
    message = error_of(recipe, corpus=corpus, model=copied)
    assert message.startswith("the tokenizer has no <motion_id_0>, <reasoning_start>, ")


@pytest.mark.parametrize("recipe", LANGUAGE_RECIPES)
def test_vqvae_passed_as_model(error_of, corpus, vqvae_folder, recipe):
    message = error_of(recipe, corpus=corpus, model=vqvae_folder)
    expected = f"{vqvae_folder} has a model of type agir_motion_vqvae, expected agir: "
    assert message.startswith(expected)


def test_model_passed_as_vqvae_or_as_t5(error_of, corpus, vqvae_folder, model_folder):
    message = error_of("sft_generative.py", corpus=corpus, vqvae=model_folder)
    assert "has a model of type agir, expected agir_motion_vqvae" in message
    message = error_of("sft_reasoning.py", corpus=corpus, vqvae=vqvae_folder, t5=model_folder)
    assert "has a model of type agir, expected t5" in message


def test_vqvae_passed_to_evaluation(error_of, corpus, vqvae_folder):
    message = error_of("evaluate.py", corpus=corpus, model=vqvae_folder)
    assert "is a model of type 'agir_motion_vqvae', expected 'agir'" in message


@pytest.mark.parametrize("recipe", CONFIGURATIONS)
def test_missing_checkpoint_to_resume_from(error_of, start, corpus, tmp_path, recipe):
    missing = tmp_path / "out/checkpoint-7"
    message = error_of(recipe, corpus=corpus, resume_from_checkpoint=missing, **start(recipe))
    assert message.startswith(f"{missing} has no readable trainer_state.json")


def test_warnings_state_the_number_of_long_motions(run, corpus, copied, caplog):
    settings = json.loads((copied / "processor_config.json").read_text())
    settings["feature_extractor"]["max_frames"] = 120
    (copied / "processor_config.json").write_text(json.dumps(settings))
    splits = load_corpus(str(corpus))
    longer, longer_validation = (
        sum(len(motion) > 120 for motion in splits[split]["motion"])
        for split in ("train", "validation")
    )
    assert 0 < longer < len(splits["train"]) == 8 and longer_validation > 0
    run("sft_reasoning.py", corpus=corpus, model=copied)
    warnings = [line for line in caplog.messages if "longer" in line or "frames" in line]
    assert warnings == [
        f"{number} motions are longer than 120 frames (6 s): only their first 120 frames are used"
        for number in (f"{longer} of 8", f"{longer_validation} of 3")  # train, validation
    ]


@pytest.mark.parametrize("recipe", CONFIGURATIONS)
def test_full_disk(error_of, start, corpus, monkeypatch, recipe):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(OutputFilesMixin, "_save", full)
    message = error_of(recipe, corpus=corpus, **start(recipe))
    assert message == "[Errno 28] No space left on device"


@pytest.fixture
def limit_file_size():
    """Function that limits the bytes this process can write into one file."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda limit: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def fill_cache(corpus):
    """Fill the cache of `datasets` with what the second stage reads."""
    for config in ("reasoning", "generative"):
        load_corpus(str(corpus), config)


def test_weights_that_cannot_be_written(error_of, corpus, model_folder, limit_file_size):
    fill_cache(corpus)
    limit_file_size(100_000)
    message = error_of("sft_reasoning.py", corpus=corpus, model=model_folder)
    assert "Error while serializing: I/O error: File too large" in message


def test_cache_that_cannot_be_written(error_of, corpus, model_folder, tmp_path, limit_file_size):
    copy = shutil.copytree(corpus, tmp_path / "not yet in the cache")
    limit_file_size(100_000)
    message = error_of("sft_reasoning.py", corpus=copy, model=model_folder)
    assert message.endswith("generating the dataset ([Errno 27] File too large)")


def test_checkpoint_that_cannot_be_written(
    error_of, corpus, vqvae_folder, tmp_path, limit_file_size
):
    """The weights are written; the optimiser state, about twice as large, is not."""
    fill_cache(corpus)
    limit_file_size(3_000_000)
    message = error_of(
        "sft_reasoning.py", corpus=corpus, vqvae=vqvae_folder, num_layers=1, vocabulary_size=300,
        save_strategy="steps", save_steps=1,
    )  # fmt: skip
    assert message.startswith(
        "a file could not be written or read completely: check the free disk space ("
    )
    assert (tmp_path / "out/checkpoint-1/model.safetensors").stat().st_size < 3_000_000
    assert find_checkpoint(str(tmp_path / "out"), "auto") is None
