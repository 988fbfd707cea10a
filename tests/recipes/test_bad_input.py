"""What a user can mend is told on one line, with exit status 2 and no traceback."""

import json
import resource
import shutil

import pytest
from datasets import Dataset, Value

from agir_hf.corpus.loading import load_corpus
from agir_hf.training.script_utils import find_checkpoint
from agir_hf.training.trainers import OutputFilesMixin

READS = {
    "train_vqvae.py": "motion",
    "sft_generative.py": "generative",
    "sft_reasoning.py": "reasoning",
    "dpo.py": "preference",
}
OF_LANGUAGE = ("sft_generative.py", "sft_reasoning.py", "dpo.py")
pytestmark = pytest.mark.slow


@pytest.fixture
def run(run_recipe, tmp_path):
    """Runs a recipe for one step."""

    def run(recipe, **options):
        given = {"output_dir": tmp_path / "out", "report_to": "none", "use_cpu": True,
                 "disable_tqdm": True, "max_steps": 1, "save_strategy": "no"}  # fmt: skip
        if recipe in OF_LANGUAGE:
            given |= {"bf16": False, "gradient_checkpointing": False}
        if recipe == "train_vqvae.py":
            given |= {"width": 8, "code_dim": 4, "codebook_size": 8, "remove_unused_columns": False}
        run_recipe(recipe, **{**(given if recipe in READS else {}), **options})

    return run


@pytest.fixture
def told(run, capfd):
    """What a recipe says before it gives up, without its "error: "."""

    def told(recipe, **options):
        with pytest.raises(SystemExit) as stopped:
            run(recipe, **options)
        assert stopped.value.code == 2
        lines = capfd.readouterr().err.splitlines()
        assert [line for line in lines if line.startswith("error: ")] == lines[-1:]
        assert not any("Traceback" in line for line in lines)
        return lines[-1].removeprefix("error: ")

    return told


@pytest.fixture
def start(model_folder):
    """Recipe → options that name what it starts from."""
    return lambda recipe: {"model": model_folder} if recipe in OF_LANGUAGE else {}


@pytest.fixture
def changed(corpus, tmp_path):
    """A copy of the corpus with other rows in one configuration."""

    def changed(config, change):
        copy = shutil.copytree(corpus, tmp_path / "changed")
        for file in (copy / "data" / config).glob("*.parquet"):
            rows = Dataset.from_parquet(str(file), cache_dir=str(tmp_path / "cache"))
            change(rows).to_parquet(file)
        return copy

    return changed


@pytest.fixture
def copied(model_folder, tmp_path):
    """A copy of the model's folder."""
    return shutil.copytree(model_folder, tmp_path / "copied")


@pytest.mark.parametrize("recipe", READS)
def test_a_corpus_without_the_configuration(told, start, corpus, tmp_path, recipe):
    copy = shutil.copytree(corpus, tmp_path / "changed")
    shutil.rmtree(copy / "data" / READS[recipe])
    message = told(recipe, corpus=copy, **start(recipe))
    assert message.startswith(f"{copy}/data/{READS[recipe]} holds no Parquet files")
    assert "agir corpus build" in message


def test_fewer_copies_than_none(told, corpus):
    message = told("train_vqvae.py", corpus=corpus, varied_copies=-1)
    assert message == "varied_copies is -1, expected 0 or more"


@pytest.mark.parametrize("recipe", READS)
def test_a_corpus_that_is_not_there(told, start, recipe):
    assert "nowhere/at/all" in told(recipe, corpus="nowhere/at/all", **start(recipe))


@pytest.mark.parametrize("recipe", READS)
def test_a_half_copied_corpus(told, start, corpus, tmp_path, recipe):
    copy = shutil.copytree(corpus, tmp_path / "changed")
    for file in (copy / "data" / READS[recipe]).glob("train*.parquet"):
        file.write_bytes(file.read_bytes()[:5000])
    message = told(recipe, corpus=copy, **start(recipe))
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
def test_rows_without_a_column_name_it_and_those_there_are(
    told, start, changed, recipe, config, column
):
    folder = changed(config, lambda rows: rows.remove_columns(column))
    message = told(recipe, corpus=folder, **start(recipe))
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
def test_a_score_outside_0_to_2_names_the_walk(told, start, changed, corpus, recipe, column, score):
    config = READS[recipe]
    name = load_corpus(str(corpus), config)["train"]["id"][0]

    def change(rows):
        rows = rows.cast_column(column, Value("int64"))
        return rows.map(lambda row: {column: score if row["id"] == name else row[column]})

    message = told(recipe, corpus=changed(config, change), **start(recipe))
    assert f" rows have a {column} outside 0 … 2: {name} ({score})" in message


@pytest.mark.parametrize("recipe", OF_LANGUAGE)
def test_a_model_with_the_statistics_of_another(told, corpus, copied, recipe):
    settings = json.loads((copied / "processor_config.json").read_text())
    settings["feature_extractor"]["mean"][7] += 1
    (copied / "processor_config.json").write_text(json.dumps(settings))
    message = told(recipe, corpus=corpus, model=copied)
    assert message.startswith("features are normalized with statistics ")
    assert "use the feature extractor that was saved with the model" in message


def test_a_vqvae_with_the_statistics_of_another(told, corpus, vqvae_folder, tmp_path):
    copy = shutil.copytree(vqvae_folder, tmp_path / "copied")
    settings = json.loads((copy / "preprocessor_config.json").read_text())
    settings["std"][7] += 1
    (copy / "preprocessor_config.json").write_text(json.dumps(settings))
    message = told("sft_generative.py", corpus=corpus, vqvae=copy)
    assert message.startswith("features are normalized with statistics ")


@pytest.mark.parametrize("recipe", OF_LANGUAGE)
def test_a_tokenizer_without_the_tokens_of_answers(told, corpus, copied, t5_tokenizer, recipe):
    t5_tokenizer.save_pretrained(copied)
    message = told(recipe, corpus=corpus, model=copied)
    assert message.startswith("the tokenizer has no <motion_id_0>, <reasoning_start>, ")


@pytest.mark.parametrize("recipe", OF_LANGUAGE)
def test_a_vqvae_given_as_the_model(told, corpus, vqvae_folder, recipe):
    message = told(recipe, corpus=corpus, model=vqvae_folder)
    expected = f"{vqvae_folder} holds a model of type agir_motion_vqvae, expected agir: "
    assert message.startswith(expected)


def test_a_model_given_as_the_vqvae_or_as_the_t5(told, corpus, vqvae_folder, model_folder):
    message = told("sft_generative.py", corpus=corpus, vqvae=model_folder)
    assert "holds a model of type agir, expected agir_motion_vqvae" in message
    message = told("sft_reasoning.py", corpus=corpus, vqvae=vqvae_folder, t5=model_folder)
    assert "holds a model of type agir, expected t5" in message


def test_evaluation_of_a_vqvae(told, corpus, vqvae_folder):
    assert "MotionVQVAEConfig" in told("evaluate.py", corpus=corpus, model=vqvae_folder)


@pytest.mark.parametrize("recipe", READS)
def test_a_checkpoint_to_go_on_from_that_is_not_there(told, start, corpus, tmp_path, recipe):
    gone = tmp_path / "out/checkpoint-7"
    message = told(recipe, corpus=corpus, resume_from_checkpoint=gone, **start(recipe))
    assert message.startswith(f"{gone} holds no trainer_state.json")


def test_long_motions_are_told_with_numbers(run, corpus, copied, caplog):
    settings = json.loads((copied / "processor_config.json").read_text())
    settings["feature_extractor"]["max_frames"] = 120
    (copied / "processor_config.json").write_text(json.dumps(settings))
    lengths = [len(motion) for motion in load_corpus(str(corpus))["train"]["motion"]]
    longer = sum(length > 120 for length in lengths)
    assert 0 < longer < len(lengths) == 8
    run("sft_reasoning.py", corpus=corpus, model=copied)
    told = [line for line in caplog.messages if "longer" in line or "frames" in line]
    assert told == [
        f"{number} motions are longer than 120 frames (6 s): their first part is taken"
        for number in (f"{longer} of 8", "3 of 3")  # of train, and of validation
    ]


@pytest.mark.parametrize("recipe", READS)
def test_a_full_disk(told, start, corpus, monkeypatch, recipe):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(OutputFilesMixin, "_save", full)
    message = told(recipe, corpus=corpus, **start(recipe))
    assert message == "[Errno 28] No space left on device"


@pytest.fixture
def largest_file():
    """Sets how many bytes this process may write into one file."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda limit: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def cache(corpus):
    """Have the cache of `datasets` hold what the second stage reads."""
    for config in ("reasoning", "generative"):
        load_corpus(str(corpus), config)


def test_weights_that_cannot_be_written_whole(told, corpus, model_folder, largest_file):
    cache(corpus)
    largest_file(100_000)
    message = told("sft_reasoning.py", corpus=corpus, model=model_folder)
    assert "Error while serializing: I/O error: File too large" in message


def test_a_cache_that_cannot_be_written_whole(told, corpus, model_folder, tmp_path, largest_file):
    copy = shutil.copytree(corpus, tmp_path / "not yet in the cache")
    largest_file(100_000)
    message = told("sft_reasoning.py", corpus=copy, model=model_folder)
    assert message.endswith("generating the dataset ([Errno 27] File too large)")


def test_a_checkpoint_that_cannot_be_written_whole(
    told, corpus, vqvae_folder, tmp_path, largest_file
):
    """Its weights are written, the state of the optimiser, about twice as large, is not."""
    cache(corpus)
    largest_file(3_000_000)
    message = told(
        "sft_reasoning.py", corpus=corpus, vqvae=vqvae_folder, num_layers=1, vocabulary_size=300,
        save_strategy="steps", save_steps=1,
    )  # fmt: skip
    assert message.startswith("a file could not be written or read whole, is the disk full? (")
    assert (tmp_path / "out/checkpoint-1/model.safetensors").stat().st_size < 3_000_000
    assert find_checkpoint(str(tmp_path / "out"), "auto") is None
