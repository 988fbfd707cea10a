"""Loading a model of another kind or format, or an incomplete one, says what to do."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    AutoProcessor,
    T5ForConditionalGeneration,
)

from agir_hf import AgirConfig, AgirForGaitAssessment, AgirProcessor, MotionVQVAE
from agir_hf.configuration_agir import FORMAT_VERSION, MORE_SCORES_FORMAT_VERSION


@pytest.fixture(scope="module")
def t5_folder(tmp_path_factory, t5, t5_tokenizer):
    folder = tmp_path_factory.mktemp("t5")
    t5.save_pretrained(folder)
    t5_tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def vqvae_folder(tmp_path_factory, vqvae):
    folder = tmp_path_factory.mktemp("vqvae")
    vqvae.save_pretrained(folder)
    return folder


@pytest.fixture
def folder(saved_model, tmp_path):
    """Copy of the model's folder that a test changes."""
    return shutil.copytree(saved_model, tmp_path / "copy")


def edit(path, change):
    content = json.loads(path.read_text("utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def refused(loader, folder, message, error=ValueError, **options):
    with pytest.raises(error, match=message) as excinfo:
        loader.from_pretrained(folder, **options)
    return str(excinfo.value)


def test_the_motion_tokenizer_of_a_model_loads_alone(saved_model, model, motions):
    vqvae = MotionVQVAE.from_pretrained(saved_model)
    values = torch.tensor(motions[0][None])
    assert vqvae.encode(values).equal(model.vqvae.encode(values))


def test_a_t5_is_refused_as_our_model(t5_folder):
    advice = "a model of type 't5', not {}: use AgirForGaitAssessment.from_t5"
    for loader, model_type in (
        (AgirForGaitAssessment, "agir"),
        (MotionVQVAE, "agir_motion_vqvae"),
    ):
        assert "\n" not in refused(loader, t5_folder, advice.format(repr(model_type)))
    refused(AgirProcessor, t5_folder, "has no processor_config.json: download the whole", OSError)


def test_a_motion_tokenizer_is_refused_as_a_whole_model(vqvae_folder):
    advice = "type 'agir_motion_vqvae', not 'agir': load it with MotionVQVAE or AutoModel"
    refused(AgirForGaitAssessment, vqvae_folder, advice)
    refused(AutoModelForSeq2SeqLM, vqvae_folder, "MotionVQVAEConfig.* for this kind of AutoModel")


def test_another_model_type_is_refused(folder):
    edit(folder / "config.json", lambda config: config.update(model_type="bert"))
    refused(AgirForGaitAssessment, folder, "of type 'bert', not 'agir': pass the name or folder of")


def test_our_model_is_refused_as_a_causal_language_model(saved_model):
    message = refused(AutoModelForCausalLM, saved_model, "AgirConfig.* for this kind of AutoModel")
    assert "AutoModelForCausalLM" in message


def test_a_t5_class_reports_that_no_weight_matches(saved_model):
    """The class belongs to transformers, which loads no weight and warns."""
    _, info = T5ForConditionalGeneration.from_pretrained(saved_model, output_loading_info=True)
    assert "encoder.final_layer_norm.weight" in info["missing_keys"]
    assert "model.shared.weight" in info["unexpected_keys"]


def test_a_configuration_without_a_format_has_format_1(folder, model, motions):
    """Such files are older than format numbers, calibration and several rationales."""
    newer = ("format_version", "num_rationales", "rationale_temperature", "score_temperature",
             "uncertain_below", "custom_pipelines")  # fmt: skip
    edit(folder / "config.json", lambda config: [config.pop(name) for name in newer])
    old = AutoModel.from_pretrained(folder)
    assert old.config.format_version == 1 and old.config.score_temperature == 1
    values = torch.tensor(motions[0][None])
    assert old.vqvae.encode(values).equal(model.vqvae.encode(values))


@pytest.mark.parametrize("version", [MORE_SCORES_FORMAT_VERSION + 1, 0, "new"])
def test_an_unknown_format_asks_for_an_update(folder, version):
    edit(folder / "config.json", lambda config: config.update(format_version=version))
    expected = f"has format {version!r}, this version of agir-hf reads 1 … 2: update"
    message = refused(AutoModel, folder, expected)
    assert "pip install -U agir-hf" in message and "\n" not in message


def test_a_saved_model_has_its_format(saved_model):
    config = json.loads((saved_model / "config.json").read_text("utf-8"))
    assert config["format_version"] == FORMAT_VERSION == AgirConfig().format_version


@pytest.mark.parametrize("loader", [AutoProcessor, AgirProcessor])
@pytest.mark.parametrize(
    "missing",
    [
        ["processor_config.json"],
        ["tokenizer.json"],
        ["tokenizer.json", "tokenizer_config.json"],
        ["tokenizer.json", "processor_config.json"],
    ],
)
def test_a_processor_with_missing_files_names_them(folder, loader, missing):
    for name in missing:
        (folder / name).unlink()
    required = " and no ".join(name for name in missing if name != "tokenizer_config.json")
    message = f"has no {required}: download the whole repository"
    assert "\n" not in refused(loader, folder, message, OSError)


def test_a_processor_without_statistics_is_refused(folder):
    def remove(content):
        for name in ("mean", "std"):
            content["feature_extractor"].pop(name)

    edit(folder / "processor_config.json", remove)
    refused(AutoProcessor, folder, "has no mean and std: create it with those of the training")


def test_a_model_without_weights_names_the_file(folder):
    (folder / "model.safetensors").unlink()
    refused(AutoModel, folder, "no file named model.safetensors", OSError)


def test_a_model_without_configuration_is_refused(folder):
    (folder / "config.json").unlink()
    refused(AutoModel, folder, "config.json")


def test_truncated_weights_are_reported_as_damaged(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:300_000])
    message = refused(AutoModel, folder, "are damaged .*download them again", OSError)
    assert "\n" not in message


def test_missing_weights_are_not_initialized_at_random(folder):
    path = folder / "model.safetensors"
    weights = load_file(path)
    kept = {k: v for k, v in weights.items() if not k.startswith("vqvae.decoder")}
    missing = len(weights) - len(kept)
    save_file(kept, path, metadata={"format": "pt"})
    message = refused(AutoModel, folder, f"lacks {missing} of the weights of AgirForGaitAssessment")
    assert "vqvae.decoder.hidden_conv.bias" in message and "\n" not in message
    refused(MotionVQVAE, folder, f"lacks {missing} of the weights of MotionVQVAE")
    _, info = AutoModel.from_pretrained(folder, output_loading_info=True)
    assert len(info["missing_keys"]) == missing


def test_a_repository_without_a_code_file_names_the_file(folder, bare_python, tmp_path):
    (folder / "generation_agir.py").unlink()
    script = (
        "import sys\nfrom transformers import AutoModel\n"
        "AutoModel.from_pretrained(sys.argv[1], trust_remote_code=True)"
    )
    result = bare_python(script, folder, cache=tmp_path)
    assert result.returncode == 1
    assert "generation_agir.py" in result.stderr.splitlines()[-1]
