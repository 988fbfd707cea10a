"""A killed training resumes with the same steps and results as an uninterrupted one."""

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
RECORDER = Path(__file__).with_name("record_steps.py")
ENVIRONMENT = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
WALKS = 8  # an epoch has four steps
STEPS, SAVED_EVERY = 18, 3
pytestmark = pytest.mark.slow

run_recorded = runpy.run_path(str(RECORDER))["run_recorded"]


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
        self.saved_every = options["save_steps"]
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        self.options = [str(word) for word in words]

    def words(self, folder, *more):
        return [
            str(folder) + ".jsonl", self.recipe, *self.options, "--output_dir", str(folder), *more,
        ]  # fmt: skip

    def run(self, folder, *more):
        """Run to the end, in this process."""
        run_recorded(*self.words(folder, *more))
        return folder

    def kill(self, folder, step):
        """Run in a process that waits after a step, and is killed then."""
        process = subprocess.Popen(
            [sys.executable, RECORDER, *self.words(folder)],
            env=ENVIRONMENT | {"PAUSE_AFTER": str(step)}, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        while process.poll() is None and len(steps(folder)) < step:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        _, errors = process.communicate()
        assert process.returncode == -signal.SIGKILL, errors[-3000:]
        assert not list(folder.glob("*.safetensors"))  # no trained model yet
        return folder


def steps(folder):
    """Number and rows of each step, in order, without an incomplete line."""
    record = Path(f"{folder}.jsonl")
    lines = record.read_text().splitlines(keepends=True) if record.exists() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]


def curve(folder):
    """Losses of all steps, from the checkpoint of the last step."""
    state = json.loads((folder / f"checkpoint-{STEPS}/trainer_state.json").read_text())
    return [row["loss"] for row in state["log_history"] if "loss" in row]


def newest_complete(folder):
    states = folder.glob("checkpoint-*/trainer_state.json")
    return max(int(path.parent.name.split("-")[1]) for path in states)


def assert_same_as_uninterrupted(whole, resumed, before, checkpoint):
    """Check that rows of every step, losses and weights are the same.

    Args:
        whole: Folder of the uninterrupted training.
        resumed: Folder of the resumed training.
        before: Steps before the interruption.
        checkpoint: Step from which training resumed.
    """
    after = steps(resumed)[len(before) :]
    assert after[0]["step"] == checkpoint + 1  # it resumed, and did not start over
    assert before[:checkpoint] + after == steps(whole)
    assert before == steps(whole)[: len(before)]
    names = [name for row in steps(whole) for name in row["ids"]]
    for start in range(0, len(names) - WALKS + 1, WALKS):
        assert len(set(names[start : start + WALKS])) == WALKS  # each once per epoch
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
    """Second stage of a small model from scratch, with dropout."""
    return Training(
        "sft_reasoning.py", corpus=corpus, vqvae=vqvae_folder, d_model=32, d_ff=64, num_layers=1,
        vocabulary_size=300, gradient_checkpointing=False, **options,
    )  # fmt: skip


@pytest.fixture(scope="module")
def preference(model_folder):
    """Function that makes a preference stage with evaluation by generation."""

    def preference_stage(corpus, vqvae_folder):
        return Training(
            "dpo.py", corpus=corpus, model=model_folder, kinds="irrelevant", class_weight=0.5,
            gradient_checkpointing=False, eval_strategy="steps", save_steps=2 * SAVED_EVERY,
            eval_steps=2 * SAVED_EVERY, generate_rows=2, load_best_model_at_end=True,
            metric_for_best_model="cider", prediction_loss_only=True,
        )  # fmt: skip

    return preference_stage


def test_a_killed_preference_stage_resumes_with_the_same_result(
    tmp_path, corpus, vqvae_folder, preference
):
    test_a_killed_training_resumes_with_the_same_result(tmp_path, corpus, vqvae_folder, preference)
    kept = [
        json.loads((tmp_path / name / f"checkpoint-{STEPS}/trainer_state.json").read_text())
        for name in ("whole", "stopped")
    ]
    assert kept[0]["best_global_step"] == kept[1]["best_global_step"]
    assert kept[0]["best_metric"] == pytest.approx(kept[1]["best_metric"])


@pytest.mark.parametrize("make", [tokenizer, second_stage])
def test_a_killed_training_resumes_with_the_same_result(tmp_path, corpus, vqvae_folder, make):
    training = make(corpus, vqvae_folder)
    step = random.Random(make.__name__).randint(training.saved_every + 1, STEPS - 6)
    stopped = training.kill(tmp_path / "stopped", step)
    before, checkpoint = steps(stopped), newest_complete(stopped)
    assert training.saved_every <= checkpoint <= len(before) < STEPS
    training.run(stopped, "--resume_from_checkpoint", "auto")
    whole = training.run(tmp_path / "whole")
    assert_same_as_uninterrupted(whole, stopped, before, checkpoint)


def test_an_incomplete_checkpoint_is_ignored(tmp_path, corpus, vqvae_folder):
    """With rows grouped by length."""
    training = second_stage(corpus, vqvae_folder, train_sampling_strategy="group_by_length")
    whole, stopped = training.run(tmp_path / "whole"), tmp_path / "stopped"
    for step in (3, 6):
        shutil.copytree(whole / f"checkpoint-{step}", stopped / f"checkpoint-{step}")
    (stopped / "checkpoint-6/trainer_state.json").unlink()
    before = steps(whole)[:6]
    Path(f"{stopped}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in before))
    training.run(stopped, "--resume_from_checkpoint", "auto")
    assert_same_as_uninterrupted(whole, stopped, before, 3)
