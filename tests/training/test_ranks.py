"""Training with two processes gives the result of one process, see ranks_script.py."""

import copy
import os
import random
import runpy
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from agir_hf import AgirForGaitAssessment

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).with_name("ranks_script.py")
ENVIRONMENT = {
    **os.environ,
    "HF_HUB_OFFLINE": "1",
    "OMP_NUM_THREADS": "1",
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
}
RANKS = 2
pytestmark = pytest.mark.slow

script = runpy.run_path(str(SCRIPT))


def run(*command, cwd=ROOT, **environment):
    outcome = subprocess.run(
        [str(part) for part in command], cwd=cwd, env={**ENVIRONMENT, **environment},
        capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert outcome.returncode == 0, outcome.stderr[-3000:]
    return outcome.stdout


def as_pair(row, i):
    """The answer of a walk, and a rejected answer of another length."""
    return {
        "prompt": "Score the gait <motion> and give your reasons:",
        "chosen": row["rationale"],
        "chosen_score": row["score"],
        "rejected": "Arm swing is reduced." if i % 3 else "The walker takes short, uneven steps.",
        "rejected_score": (row["score"] + 1) % 3,
        "kind": "irrelevant",
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory, model, processor, rows_with_descriptions):
    """Model, reference, rows and pairs, as the script reads them."""
    folder = tmp_path_factory.mktemp("ranks")
    model.save_pretrained(folder / "model")
    processor.save_pretrained(folder / "model")
    reference, generator = copy.deepcopy(model), torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, weight in reference.named_parameters():
            if not name.startswith("vqvae"):
                weight.add_(0.03 * torch.randn(weight.shape, generator=generator))
    reference.save_pretrained(folder / "reference")
    rows_with_descriptions.save_to_disk(folder / "rows")
    rows_with_descriptions.map(as_pair, with_indices=True).save_to_disk(folder / "pairs")
    config = {"max_steps": 20, "optim": "adamw_torch", "learning_rate": 1e-2}
    trained = script["sft"](folder, 1, config=config)
    trained.train()  # it then writes some of the rationales
    trained.save_model(folder / "trained")
    return folder


@pytest.fixture(scope="module")
def on_two(folder):
    """Results and output of two processes started by `torchrun`."""
    torchrun = (sys.executable, "-m", "torch.distributed.run", "--standalone")
    printed = run(*torchrun, "--nproc-per-node", RANKS, SCRIPT, folder)
    made = {
        name: [torch.load(folder / f"{name} {rank}.pt") for rank in range(RANKS)]
        for name in (*script["TRAININGS"], "evaluated")
    }
    return made, printed


def logged(made):
    """Losses, their terms and gradient norms of each step."""
    return [
        {name: value for name, value in entry.items() if "loss" in name or name == "grad_norm"}
        for entry in made["log"]
        if "loss" in entry
    ]


def test_there_are_two_ranks(on_two):
    lines = [line for line in on_two[1].splitlines() if line.startswith("rank ")]
    assert sorted(lines) == ["rank 0 of 2", "rank 1 of 2"]


@pytest.mark.parametrize(
    "name",
    ["four terms", "stock loss", "grouped by length", "dpo", "dpo and its terms", "vqvae"],
)
def test_two_ranks_train_as_one_process(folder, on_two, name):
    alone, (first, second) = script["trained"](name, folder, 1), on_two[0][name]
    for weight, value in alone["state"].items():
        torch.testing.assert_close(first["state"][weight], value, atol=1e-6, rtol=1e-6, msg=weight)
        assert torch.equal(first["state"][weight], second["state"][weight]), weight
    assert all(entry["grad_norm"] > 1e-3 for entry in logged(alone))  # the weights changed
    for expected, entry in zip(logged(alone), logged(first), strict=True):
        assert entry == pytest.approx(expected, rel=1e-4)


def test_codes_initialised_in_training_are_the_same_on_both_ranks(on_two):
    """A codebook from the first batch, and dead codes that are reinitialised."""
    first, second = (made["state"] for made in on_two[0]["vqvae from data"])
    assert first["quantizer.initialised"]
    assert (first["quantizer.code_count"] == 20).any()  # reinitialised in the last step
    for name in ("codebook", "code_sum", "code_count"):
        assert torch.equal(first[f"quantizer.{name}"], second[f"quantizer.{name}"]), name


def test_evaluation_by_generation_on_two_ranks_equals_that_of_one_process(folder, on_two):
    alone, (first, second) = script["evaluated"](folder, 1), on_two[0]["evaluated"]
    for name in ("eval_cider", "eval_accuracy", "eval_macro_f1"):
        assert first[name] == second[name] == pytest.approx(alone[name], rel=1e-6), name
        assert 0 < alone[name] != 1


def free_port() -> str:
    """A port that no process uses, below those that the system gives to connections by itself."""
    for port in random.Random(os.getpid()).sample(range(15_000, 30_000), 100):
        with socket.socket() as free:
            try:
                free.bind(("localhost", port))
            except OSError:
                continue
            return str(port)
    pytest.fail("no free port of 100")


@pytest.mark.skipif(not shutil.which("mpirun"), reason="no mpirun on PATH (Debian: openmpi-bin)")
def test_two_ranks_started_by_mpi_write_one_model(tmp_path, folder, rows, described):
    for name, data in (("reasoning", rows), ("generative", described)):
        (tmp_path / "corpus/data" / name).mkdir(parents=True)
        for split in ("train", "validation"):
            data.to_parquet(tmp_path / "corpus/data" / name / f"{split}-0.parquet")
    (tmp_path / "hosts").write_text(f"localhost slots={RANKS}\n")
    printed = run(
        sys.executable, "-m", "accelerate.commands.accelerate_cli", "launch",
        "--config_file", ROOT / "recipes/accelerate/cpu_mpi.yaml",
        ROOT / "recipes/sft_reasoning.py", "--use_cpu", True, "--bf16", False,
        "--gradient_checkpointing", False, "--report_to", "none", "--save_strategy", "no",
        "--corpus", tmp_path / "corpus", "--model", folder / "model",
        "--output_dir", tmp_path / "out", "--num_train_epochs", 1,
        "--per_device_train_batch_size", 2, "--learning_rate", 1e-3,
        cwd=tmp_path, MASTER_PORT=free_port(),
    )  # fmt: skip
    assert printed.count("second stage:") == printed.count("walks of each score in train") == 1
    assert len(rows) == 16  # four steps of two rows on each of two ranks
    assert "; 4 steps." in (tmp_path / "out/README.md").read_text()
    trained = AgirForGaitAssessment.from_pretrained(tmp_path / "out").state_dict()
    start = AgirForGaitAssessment.from_pretrained(folder / "model").state_dict()
    assert trained.keys() == start.keys()
    assert not torch.equal(trained["lm_head.weight"], start["lm_head.weight"])
