import os
from dataclasses import dataclass, field

import pytest
import torch
from trl import SFTConfig

from agir_hf.training.script_arguments import parse_arguments, select_device

no_gpu = pytest.mark.skipif(torch.accelerator.is_available(), reason="needs a machine without GPU")


@dataclass
class ScriptArguments:
    corpus: str = field(metadata={"help": "Folder of a corpus."})
    codebook_size: int = 512


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name in ("CUDA_VISIBLE_DEVICES", "WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def parse(tmp_path):
    """Function that parses a YAML text and words of a command line."""

    def parse(text, *words):
        file = tmp_path / "config.yaml"
        file.write_text(text)
        words = ["--config", str(file), "--output_dir", str(tmp_path), *words]
        return parse_arguments(ScriptArguments, SFTConfig, args=words)

    return parse


def test_the_command_line_overrides_the_file(parse):
    script, training = parse("corpus: a\nlearning_rate: 2.0e-4\nseed: 3", "--seed", "5")
    assert (script.corpus, training.learning_rate, training.seed) == ("a", 2e-4, 5)


def test_the_file_can_be_joined_to_the_option_by_an_equals_sign(tmp_path):
    (tmp_path / "a.yaml").write_text("corpus: a")
    words = [f"--config={tmp_path}/a.yaml", "--output_dir", str(tmp_path)]
    assert parse_arguments(ScriptArguments, SFTConfig, args=words)[0].corpus == "a"


@pytest.mark.parametrize(
    "key, option",
    [("learn_rate", "learning_rate"), ("codebooksize", "codebook_size"), ("use-cpu", "use_cpu")],
)
def test_an_unknown_key_is_named_with_the_most_similar_option(parse, key, option):
    expected = f"the configuration has the unknown key '{key}': did you mean {option}?"
    with pytest.raises(ValueError, match=expected.replace("?", r"\?")):
        parse(f"corpus: a\n{key}: 1")


def test_a_key_unlike_any_option_should_be_removed(parse):
    with pytest.raises(ValueError, match="unknown key 'zzzzzzzz': remove it"):
        parse("corpus: a\nzzzzzzzz: 1")


def test_an_unknown_option_of_the_command_line_is_named(parse):
    with pytest.raises(ValueError, match=r"option --learn_rate is unknown: did you mean --learn"):
        parse("corpus: a", "--learn_rate", "1")


def test_the_file_sets_environment_variables(parse):
    parse("corpus: a\nenv:\n  AGIR_SCRIPT_TEST: 7")
    assert os.environ.pop("AGIR_SCRIPT_TEST") == "7"


@pytest.mark.parametrize("text", ["- a list", "corpus: [", ""])
def test_a_file_without_options_is_an_error_of_its_user(parse, text):
    with pytest.raises(ValueError, match="config.yaml (is not a YAML file|has no options)"):
        parse(text)


@no_gpu
def test_the_device_is_that_of_the_machine(parse):
    _, training = parse("corpus: a\nbf16: true")
    assert training.device.type == "cpu" and training.bf16


def test_a_file_or_an_option_pins_the_cpu(parse):
    assert parse("corpus: a\nuse_cpu: true")[1].use_cpu
    assert parse("corpus: a", "--use_cpu")[1].use_cpu
    assert parse("corpus: a\ndevice: cpu")[1].use_cpu
    assert parse("corpus: a", "--device", "cpu")[1].use_cpu


@no_gpu
@pytest.mark.parametrize("device", ["cuda", "cuda:1"])
def test_a_gpu_that_is_absent_is_an_error_even_if_the_file_pins_the_cpu(parse, device):
    with pytest.raises(ValueError, match=f"device is '{device}', but torch .*--device cpu"):
        parse("corpus: a\nuse_cpu: true", "--device", device)
    assert "CUDA_VISIBLE_DEVICES" not in os.environ


def test_a_numbered_gpu_is_the_only_visible_one(parse, monkeypatch):
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,6")
    assert select_device("cuda:1").type == "cuda"
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "6"
    with pytest.raises(ValueError, match="does not find this GPU among CUDA_VISIBLE_DEVICES=6"):
        select_device("cuda:1")


@no_gpu
@pytest.mark.parametrize("name, value", [("CUDA_VISIBLE_DEVICES", "0"), ("WORLD_SIZE", "2")])
def test_a_launcher_that_asked_for_gpus_is_an_error_without_them(parse, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match="torch finds only a CPU on this machine: pass --device"):
        parse("corpus: a")


@no_gpu
def test_a_pinned_cpu_needs_none_of_the_visible_gpus(parse, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    assert parse("corpus: a\nuse_cpu: true")[1].use_cpu


def test_bfloat16_that_the_gpu_lacks_is_an_error_of_one_line(parse, monkeypatch):
    monkeypatch.setattr(
        "agir_hf.training.script_arguments.select_device", lambda name: torch.device("cuda")
    )
    monkeypatch.setattr("transformers.training_args.is_torch_bf16_gpu_available", lambda: False)
    with pytest.raises(ValueError, match="the GPU of this machine has no bfloat16: pass --bf16 fa"):
        parse("corpus: a\nbf16: true")
