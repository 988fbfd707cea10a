import importlib.util
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForSeq2SeqLM, AutoProcessor

from agir_hf.cli import main


def load_helper():
    path = Path(__file__).parents[1] / "motiongpt_checkpoint.py"
    spec = importlib.util.spec_from_file_location("motiongpt_checkpoint", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


helper = load_helper()


class Payload:
    """A pickle of it writes a file when it is loaded."""

    def __reduce__(self):
        return open, ("owned", "w")


@pytest.fixture
def state(t5_tokenizer, vqvae):
    return helper.motiongpt_state(helper.small_t5(len(t5_tokenizer) + 19), vqvae)


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch, t5_tokenizer, state):
    """A working folder with a checkpoint, a tokenizer and statistics."""
    monkeypatch.chdir(tmp_path)
    torch.save({"state_dict": state | {"metrics.a": torch.ones(1)}}, "motiongpt.ckpt")
    t5_tokenizer.save_pretrained("t5")
    generator = np.random.default_rng(0)
    np.save("mean.npy", generator.normal(size=263).astype(np.float32))
    np.save("std.npy", generator.uniform(0.5, 2, size=263).astype(np.float32))


def command(checkpoint="motiongpt.ckpt", out="OUT", **flags):
    flags = {"tokenizer": "t5", "mean": "mean.npy", "std": "std.npy"} | flags
    words = ["convert-motiongpt", checkpoint, out]
    for name, value in flags.items():
        words += [f"--{name}", value] if value else []
    return main(words)


def one_line_error(capsys, *arguments, **flags) -> str:
    assert command(*arguments, **flags) == 2
    captured = capsys.readouterr()
    lines = captured.err.splitlines()
    assert len(lines) == 1 and lines[0].startswith("agir: ") and not captured.out
    return lines[0]


def partial_folders():
    return sorted(path.name for path in Path().iterdir() if "partial" in path.name)


def test_a_model_is_written_with_its_report(capsys):
    assert command() == 0
    printed = capsys.readouterr()
    report = Path("OUT/conversion.txt").read_text(encoding="utf-8")
    assert report in printed.out
    assert "resized: 4 tensors" in report and "losses: metrics.a" in report
    assert "OUT: AGIR model of 0.1 million parameters" in printed.out
    assert not printed.err and not partial_folders()


def test_the_written_model_loads_with_the_statistics_of_the_files(motions):
    assert command() == 0
    model = AutoModelForSeq2SeqLM.from_pretrained("OUT")
    processor = AutoProcessor.from_pretrained("OUT")
    assert processor.feature_extractor.mean == np.load("mean.npy").astype(float).tolist()
    assert processor.feature_extractor.std == np.load("std.npy").astype(float).tolist()
    processor.feature_extractor.check_model(model)
    outputs = model.generate_assessment(**processor(motion=motions), max_new_tokens=8)
    assert len(processor.decode_assessments(outputs)) == 2


def test_the_same_checkpoint_gives_the_same_model():
    torch.manual_seed(1)
    assert command(out="a") == 0
    torch.manual_seed(2)
    assert command(out="b/c") == 0
    assert Path("a/model.safetensors").read_bytes() == Path("b/c/model.safetensors").read_bytes()


def test_statistics_may_be_in_the_checkpoint(state):
    mean, std = torch.zeros(263), torch.full((263,), 2.0)
    torch.save({"state_dict": state, "mean": mean, "std": std}, "with_statistics.ckpt")
    assert command("with_statistics.ckpt", mean=None, std=None) == 0
    assert set(AutoProcessor.from_pretrained("OUT").feature_extractor.std) == {2.0}


def test_only_folders_of_this_command_are_replaced(capsys):
    assert command() == 0
    Path("OUT/model.safetensors").write_bytes(b"old")
    assert command() == 0
    assert Path("OUT/model.safetensors").stat().st_size > 1000
    shutil.copytree("OUT", "trained")
    Path("trained/conversion.txt").unlink()
    Path("file").write_text("mine")
    capsys.readouterr()
    assert "was not written by convert-motiongpt" in one_line_error(capsys, out="trained")
    assert "is a file, expected a folder" in one_line_error(capsys, out="file")
    assert Path("file").read_text() == "mine"
    Path("empty").mkdir()
    assert command(out="empty") == 0


def test_a_failure_keeps_the_old_folder(capsys, monkeypatch):
    assert command() == 0
    before = Path("OUT/model.safetensors").read_bytes()

    def full(*arguments, **keywords):
        raise OSError("No space left on device")

    capsys.readouterr()
    monkeypatch.setattr("agir_hf.AgirProcessor.save_pretrained", full)
    assert "No space left" in one_line_error(capsys)
    assert Path("OUT/model.safetensors").read_bytes() == before
    assert not partial_folders()


def test_errors_of_the_user_are_one_line(capsys, state):
    torch.save({"state_dict": Payload()}, "evil.ckpt")
    Path("cut.ckpt").write_bytes(Path("motiongpt.ckpt").read_bytes()[:2000])
    np.save("kit.npy", np.ones(251))
    Path("empty").mkdir()
    name = "lm.language_model.encoder.final_layer_norm.weight"
    torch.save({"state_dict": {k: v for k, v in state.items() if k != name}}, "lacks.ckpt")
    torch.save({"state_dict": state | {name: torch.ones(3)}}, "shape.ckpt")
    for arguments, flags, message in (
        (["absent.ckpt"], {}, "no such checkpoint: absent.ckpt"),
        (["evil.ckpt"], {}, "evil.ckpt cannot be read as plain weights"),
        (["cut.ckpt"], {}, "cut.ckpt cannot be read as plain weights"),
        (["lacks.ckpt"], {}, "lacks tensors of its language model: encoder.final_layer_norm"),
        (["shape.ckpt"], {}, "has shape (3,), expected (24,)"),
        ([], {"mean": None}, "has no mean to normalise features and none was given"),
        ([], {"std": None}, "the model gives wrong results without an error"),
        ([], {"mean": "kit.npy"}, "mean kit.npy has shape (251,), expected (263,)"),
        ([], {"std": "gone.npy"}, "no such file: gone.npy"),
        ([], {"std": "cut.ckpt"}, "std cut.ckpt cannot be read as an .npy file"),
        ([], {"tokenizer": "gone"}, "no such folder: gone"),
        ([], {"tokenizer": "empty"}, "empty has no readable tokenizer"),
        ([], {"t5-config": "empty"}, "empty has no config.json"),
    ):
        assert message in one_line_error(capsys, *arguments, **flags)
    assert not Path("owned").exists() and not Path("OUT").exists() and not partial_folders()
