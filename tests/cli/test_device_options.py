"""Options of devices, number formats and batches: errors of one line, before anything is loaded."""

import importlib
import json

import pytest
import torch

import agir_hf
from agir_hf import AgirForGaitAssessment
from agir_hf.cli import main

SAMPLE = str(agir_hf.SAMPLE_RECORDING)
COMMANDS = {
    "assess": ["assess", SAMPLE],
    "describe": ["describe", SAMPLE],
    "generate": ["generate", "short steps", "-o", "walk.npy"],
    "demo": ["demo"],
    "external": ["evaluate", "external", "no_folder", "-o", "out"],
    "embeddings": ["evaluate", "embeddings", "no_folder", "-o", "out"],
}
WRONG = {
    ("--device", "cuda:99"): "--device is 'cuda:99', but torch finds",
    ("--device", "quantum"): "--device is 'quantum', expected cpu, cuda, cuda:1 or mps",
    (
        "--device",
        "cpu",
        "--precision",
        "fp16",
    ): "--precision is 'fp16' on the CPU, expected",
}


@pytest.fixture
def nothing_is_loaded(monkeypatch, tmp_path):
    # modules that import the patched functions by name are imported before, or they keep the patch
    for name in ("corpus.benchmarks", "experiments.embeddings_table", "experiments.external"):
        importlib.import_module(f"agir_hf.{name}")
    monkeypatch.chdir(tmp_path)
    fail = lambda *args, **kwargs: pytest.fail("a file is loaded")  # noqa: E731
    monkeypatch.setattr("agir_hf.assessment.load_model", fail)
    monkeypatch.setattr("agir_hf.motion.read_recording", fail)
    monkeypatch.setattr("agir_hf.assessment.prepare_recording", fail)
    yield
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize(("options", "message"), WRONG.items(), ids=["absent", "unknown", "fp16"])
def test_a_device_that_cannot_be_used_is_an_error_of_one_line(
    nothing_is_loaded, capsys, command, options, message
):
    assert main([*command, *options]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("agir: ") and message in line


@pytest.mark.parametrize("name", ["assess", "external", "embeddings"])
def test_a_batch_size_below_1_is_an_error(nothing_is_loaded, capsys, name):
    assert main([*COMMANDS[name], "--batch-size", "0"]) == 2
    assert capsys.readouterr().err == "agir: --batch-size is 0, expected at least 1\n"


def test_a_model_in_bfloat16_assesses_a_recording(capsys):
    assert main(["assess", SAMPLE, "--json", "--device", "cpu", "--precision", "bf16"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["score"] == 2 and sum(result["probabilities"]) == pytest.approx(1, abs=1e-3)


def test_an_error_of_memory_is_one_line(capsys, monkeypatch):
    def generate_assessment(self, **inputs):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    monkeypatch.setattr(AgirForGaitAssessment, "generate_assessment", generate_assessment)
    assert main(["assess", SAMPLE, SAMPLE, "--device", "cpu", "--backend", "torch"]) == 2
    expected = "agir: out of memory on cpu: lower --batch-size (now 2) or end other programs\n"
    assert capsys.readouterr().err == expected
