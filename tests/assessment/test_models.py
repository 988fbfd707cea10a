"""Damaged and hostile model folders are one line, and run no code."""

import json
import shutil
from pathlib import Path

import pytest

from agir_hf import DEFAULT_MODEL, AgirConfig, MotionVQVAEConfig
from agir_hf.assessment import ModelError, load_model


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(DEFAULT_MODEL, tmp_path / "model"))


def refused(folder, message):
    with pytest.raises(ModelError, match=message) as excinfo:
        load_model(str(folder), device="cpu")
    text = str(excinfo.value)
    assert str(folder) in text and "\n" not in text and len(text) < 1000
    return text


def with_config(folder, *keys, value, name="config.json"):
    path = folder / name
    content = part = json.loads(path.read_text())
    for key in keys[:-1]:
        part = part[key]
    part[keys[-1]] = value
    path.write_text(json.dumps(content))


@pytest.mark.parametrize("size", [0, 5, 100, 100_000])
def test_cut_weights(folder, size):
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:size])
    refused(folder, "weights of .* are damaged")


@pytest.mark.parametrize("content", ["", "{not json", "[]", "null", '{"a": ' + "[" * 100_000])
def test_a_config_that_is_no_json_object(folder, content):
    (folder / "config.json").write_text(content)
    refused(folder, "cannot load the model")


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("vqvae_config", "codebook_size"), 10**12),
        (("vqvae_config", "codebook_size"), 0),
        (("vqvae_config", "codebook_size"), None),
        (("vqvae_config", "width"), 10**9),
        (("vqvae_config", "num_downsamplings"), 1000),
        (("vqvae_config", "num_residual_blocks"), -1),
        (("vqvae_config", "dilation_growth_rate"), 100),
        (("text_config", "vocab_size"), 10**12),
        (("text_config", "num_layers"), -1),
        (("text_config", "num_decoder_layers"), 10**9),
        (("text_config", "d_model"), 0),
    ],
)
def test_absurd_sizes_are_refused_before_memory_is_allocated(folder, keys, value):
    with_config(folder, *keys, value=value)
    refused(folder, f"{keys[-1]} is {value} .*expected a whole number from")


@pytest.mark.parametrize("value", ["x", [], 3])
def test_a_part_of_the_configuration_that_is_no_dictionary(folder, value):
    with_config(folder, "vqvae_config", value=value)
    refused(folder, "expected a dictionary")


def test_sizes_that_are_not_those_of_the_weights(folder):
    with_config(folder, "vqvae_config", "width", value=128)
    refused(folder, "sizes in its config.json are not those of its weights")


@pytest.mark.parametrize("name", ["tokenizer.json", "processor_config.json"])
@pytest.mark.parametrize("content", [None, "[1]", '{"x": 1'])
def test_missing_and_damaged_tokenizer_and_processor(folder, name, content):
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_text(content)
    refused(folder, "cannot load the model")


def test_a_damaged_parameter_forest_is_an_error_when_the_model_is_loaded(folder):
    forest = folder / "parameter_forest.safetensors"
    forest.write_bytes(forest.read_bytes()[:300])
    refused(folder, "parameter_forest.safetensors is no parameter forest")


def test_foreign_code_is_not_run_and_not_asked_for(folder, monkeypatch, capfd):
    """Without its flag transformers waits for an answer on the terminal."""
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("a question was asked"))
    (folder / "evil.py").write_text("raise SystemExit('foreign code ran')")
    with_config(folder, "auto_map", value={"AutoConfig": "evil.C", "AutoModel": "evil.M"})
    load_model(str(folder), device="cpu")  # our own classes are used
    with_config(folder, "processor_class", value="Evil", name="processor_config.json")
    with_config(folder, "auto_map", value={"AutoProcessor": "evil.P"}, name="processor_config.json")
    refused(folder, "code of their own, which is not run")
    assert "Do you wish" not in capfd.readouterr().out


def test_configurations_in_python_have_the_same_limits():
    with pytest.raises(ValueError, match="codebook_size is 0 .*1 to 65536"):
        MotionVQVAEConfig(codebook_size=0)
    with pytest.raises(ValueError, match="num_layers is 0 .*t5"):
        AgirConfig(text_config={"num_layers": 0, "vocab_size": 40_000})
