"""A training that was killed goes on as if nothing had been."""

import json
import os
import random
import runpy
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
NOTED = Path(__file__).with_name("noted.py")
ENVIRONMENT = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
WALKS = 8  # four steps make an epoch
STEPS, SAVED_EVERY = 18, 3
pytestmark = pytest.mark.slow

noted = runpy.run_path(str(NOTED))["noted"]


class Training:
    """A recipe with its options, run in a folder."""

    def __init__(self, recipe, **options):
        self.recipe = str(RECIPES / recipe)
        options = {
            "max_steps": STEPS, "save_strategy": "steps", "save_steps": SAVED_EVERY,
            "per_device_train_batch_size": 2, "learning_rate": 1e-3, "warmup_steps": 2,
            "logging_steps": 1, "report_to": "none", "use_cpu": True, "bf16": False,
            "disable_tqdm": True, **options,
        }  # fmt: skip
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        self.options = [str(word) for word in words]

    def words(self, folder, *more):
        return [
            str(folder) + ".jsonl", self.recipe, *self.options, "--output_dir", str(folder), *more,
        ]  # fmt: skip

    def run(self, folder, *more):
        """To the end, in this process."""
        noted(*self.words(folder, *more))
        return folder

    def kill(self, folder, step):
        """In a process that is killed as soon as a step was taken."""
        process = subprocess.Popen(
            [sys.executable, NOTED, *self.words(folder)], env=ENVIRONMENT, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        while process.poll() is None and len(steps(folder)) < step:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        _, told = process.communicate()
        assert process.returncode == -signal.SIGKILL, told[-3000:]
        assert not list(folder.glob("*.safetensors"))  # of the trained model
        return folder


def steps(folder):
    """Step and rows of each step that was taken, in order; a half-written line is left out."""
    notes = Path(f"{folder}.jsonl")
    lines = notes.read_text().splitlines(keepends=True) if notes.exists() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]


def curve(folder):
    """The losses of all steps, as the checkpoint of the last step has them."""
    state = json.loads((folder / f"checkpoint-{STEPS}/trainer_state.json").read_text())
    return [row["loss"] for row in state["log_history"] if "loss" in row]


def newest_whole(folder):
    states = folder.glob("checkpoint-*/trainer_state.json")
    return max(int(path.parent.name.split("-")[1]) for path in states)


def assert_as_if_never_stopped(whole, resumed, before, checkpoint):
    """Same rows in every step, same losses, same weights.

    Args:
        before: the steps that were taken before the stop.
        checkpoint: the step that training went on from.
    """
    after = steps(resumed)[len(before) :]
    assert after[0]["step"] == checkpoint + 1  # it did go on, and did not start anew
    assert before[:checkpoint] + after == steps(whole)
    assert before == steps(whole)[: len(before)]
    taken = [name for row in steps(whole) for name in row["ids"]]
    for start in range(0, len(taken) - WALKS + 1, WALKS):
        assert len(set(taken[start : start + WALKS])) == WALKS  # each once an epoch
    assert len(curve(whole)) == STEPS
    assert curve(resumed) == pytest.approx(curve(whole), abs=1e-4)
    expected = load_file(whole / "model.safetensors")
    for name, value in load_file(resumed / "model.safetensors").items():
        torch.testing.assert_close(value, expected[name], atol=1e-4, rtol=0, msg=name)


def tokenizer(corpus, vqvae_folder):
    return Training(
        "train_vqvae.py", corpus=corpus, width=24, code_dim=8, codebook_size=16,
        remove_unused_columns=False,
    )  # fmt: skip


def second_stage(corpus, vqvae_folder, **options):
    """Of a small model from scratch, with dropout."""
    return Training(
        "sft_reasoning.py", corpus=corpus, vqvae=vqvae_folder, d_model=32, d_ff=64, num_layers=1,
        vocabulary_size=300, gradient_checkpointing=False, **options,
    )  # fmt: skip


@pytest.mark.parametrize("make", [tokenizer, second_stage])
def test_a_killed_training_goes_on_as_if_it_had_not_been(tmp_path, corpus, vqvae_folder, make):
    training = make(corpus, vqvae_folder)
    step = random.Random(make.__name__).randint(SAVED_EVERY + 1, STEPS - 6)
    stopped = training.kill(tmp_path / "stopped", step)
    before, checkpoint = steps(stopped), newest_whole(stopped)
    assert SAVED_EVERY <= checkpoint <= len(before) < STEPS
    training.run(stopped, "--resume_from_checkpoint", "auto")
    whole = training.run(tmp_path / "whole")
    assert_as_if_never_stopped(whole, stopped, before, checkpoint)


def test_a_half_written_checkpoint_is_passed_over(tmp_path, corpus, vqvae_folder):
    """Also where rows of like length are grouped."""
    training = second_stage(corpus, vqvae_folder, train_sampling_strategy="group_by_length")
    whole, stopped = training.run(tmp_path / "whole"), tmp_path / "stopped"
    for step in (3, 6):
        shutil.copytree(whole / f"checkpoint-{step}", stopped / f"checkpoint-{step}")
    (stopped / "checkpoint-6/trainer_state.json").unlink()
    before = steps(whole)[:6]
    Path(f"{stopped}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in before))
    training.run(stopped, "--resume_from_checkpoint", "auto")
    assert_as_if_never_stopped(whole, stopped, before, 3)
