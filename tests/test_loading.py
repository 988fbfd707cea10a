"""Loading what is of another kind, of another format or incomplete says what to do."""

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
from agir_hf.configuration_agir import FORMAT_VERSION


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
    """A copy of the model's folder, to be spoilt."""
    return shutil.copytree(saved_model, tmp_path / "copy")


def edit(path, change):
    content = json.loads(path.read_text("utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def refused(kind, folder, message, error=ValueError, **options):
    with pytest.raises(error, match=message) as excinfo:
        kind.from_pretrained(folder, **options)
    return str(excinfo.value)


def test_the_tokenizer_of_a_model_loads_by_itself(saved_model, model, motions):
    vqvae = MotionVQVAE.from_pretrained(saved_model)
    values = torch.tensor(motions[0][None])
    assert vqvae.encode(values).equal(model.vqvae.encode(values))


def test_a_t5_is_no_model_of_ours(t5_folder):
    advice = "a model of type 't5', not {}: use AgirForGaitAssessment.from_t5"
    for kind, own in ((AgirForGaitAssessment, "agir"), (MotionVQVAE, "agir_motion_vqvae")):
        assert "\n" not in refused(kind, t5_folder, advice.format(repr(own)))
    refused(AgirProcessor, t5_folder, "has no processor_config.json: download the whole", OSError)


def test_a_motion_tokenizer_is_no_whole_model(vqvae_folder):
    advice = "type 'agir_motion_vqvae', not 'agir': load it with MotionVQVAE or AutoModel"
    refused(AgirForGaitAssessment, vqvae_folder, advice)
    refused(AutoModelForSeq2SeqLM, vqvae_folder, "MotionVQVAEConfig.* for this kind of AutoModel")


def test_another_kind_of_model_is_told(folder):
    edit(folder / "config.json", lambda config: config.update(model_type="bert"))
    refused(AgirForGaitAssessment, folder, "of type 'bert', not 'agir': pass the name or folder of")


def test_a_model_of_ours_is_no_language_model(saved_model):
    told = refused(AutoModelForCausalLM, saved_model, "AgirConfig.* for this kind of AutoModel")
    assert "AutoModelForCausalLM" in told


def test_a_t5_class_says_that_no_weight_fits(saved_model):
    """The class is of transformers, which loads nothing and warns of it."""
    _, told = T5ForConditionalGeneration.from_pretrained(saved_model, output_loading_info=True)
    assert "encoder.final_layer_norm.weight" in told["missing_keys"]
    assert "model.shared.weight" in told["unexpected_keys"]


def test_a_file_without_a_format_is_of_the_first(folder, model, motions):
    """As before formats had numbers, calibration and several rationales."""
    news = ("format_version", "num_rationales", "rationale_temperature", "score_temperature",
            "uncertain_below", "custom_pipelines")  # fmt: skip
    edit(folder / "config.json", lambda config: [config.pop(name) for name in news])
    old = AutoModel.from_pretrained(folder)
    assert old.config.format_version == 1 and old.config.score_temperature == 1
    values = torch.tensor(motions[0][None])
    assert old.vqvae.encode(values).equal(model.vqvae.encode(values))


@pytest.mark.parametrize("version", [FORMAT_VERSION + 1, 0, "new"])
def test_a_format_that_is_not_known_asks_for_an_update(folder, version):
    edit(folder / "config.json", lambda config: config.update(format_version=version))
    told = refused(
        AutoModel, folder, f"has format {version!r}, this version of agir-hf reads 1 … 1: update"
    )
    assert "pip install -U agir-hf" in told and "\n" not in told


def test_what_is_saved_tells_its_format(saved_model):
    config = json.loads((saved_model / "config.json").read_text("utf-8"))
    assert config["format_version"] == FORMAT_VERSION == AgirConfig().format_version


@pytest.mark.parametrize("kind", [AutoProcessor, AgirProcessor])
@pytest.mark.parametrize(
    "lost",
    [
        ["processor_config.json"],
        ["tokenizer.json"],
        ["tokenizer.json", "tokenizer_config.json"],
        ["tokenizer.json", "processor_config.json"],
    ],
)
def test_a_processor_that_lacks_a_file_names_it(folder, kind, lost):
    for name in lost:
        (folder / name).unlink()
    needed = " and no ".join(name for name in lost if name != "tokenizer_config.json")
    told = refused(kind, folder, f"has no {needed}: download the whole repository", OSError)
    assert "\n" not in told


def test_a_processor_without_statistics_says_so(folder):
    def lose(content):
        for name in ("mean", "std"):
            content["feature_extractor"].pop(name)

    edit(folder / "processor_config.json", lose)
    refused(AutoProcessor, folder, "has no mean and std: make it with those of the training")


def test_a_model_without_weights_names_the_file(folder):
    (folder / "model.safetensors").unlink()
    refused(AutoModel, folder, "no file named model.safetensors", OSError)


def test_a_model_without_configuration_says_so(folder):
    (folder / "config.json").unlink()
    refused(AutoModel, folder, "config.json")


def test_weights_that_are_cut_off_are_damaged(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:300_000])
    told = refused(AutoModel, folder, "are damaged .*download them again", OSError)
    assert "\n" not in told


def test_weights_that_are_missing_are_not_drawn_at_random(folder):
    path = folder / "model.safetensors"
    weights = load_file(path)
    kept = {k: v for k, v in weights.items() if not k.startswith("vqvae.decoder")}
    lost = len(weights) - len(kept)
    save_file(kept, path, metadata={"format": "pt"})
    told = refused(AutoModel, folder, f"lacks {lost} of the weights of AgirForGaitAssessment")
    assert "vqvae.decoder.hidden_conv.bias" in told and "\n" not in told
    refused(MotionVQVAE, folder, f"lacks {lost} of the weights of MotionVQVAE")
    _, told = AutoModel.from_pretrained(folder, output_loading_info=True)
    assert len(told["missing_keys"]) == lost


def test_a_repository_without_its_code_names_the_file(folder, bare_python, tmp_path):
    (folder / "generation_agir.py").unlink()
    script = (
        "import sys\nfrom transformers import AutoModel\n"
        "AutoModel.from_pretrained(sys.argv[1], trust_remote_code=True)"
    )
    run = bare_python(script, folder, cache=tmp_path)
    assert run.returncode == 1
    assert "generation_agir.py" in run.stderr.splitlines()[-1]
