"""The recipes run from a simulated cohort to an assessment, started by accelerate."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from transformers import AutoModelForSeq2SeqLM, AutoProcessor

from agir_hf.corpus.loading import load_corpus
from agir_hf.corpus.normalization import feature_statistics
from agir_hf.simulation.cohort import simulate_cohort

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}


def run(*command, cwd=ROOT):
    outcome = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert outcome.returncode == 0, outcome.stderr[-3000:]
    return outcome.stdout


def launch(recipe, config, **options):
    flags = [word for name, value in options.items() for word in (f"--{name}", value)]
    accelerate = [sys.executable, "-m", "accelerate.commands.accelerate_cli", "launch", "--cpu"]
    return run(
        *accelerate, ROOT / "recipes" / recipe, "--config", ROOT / "recipes" / config, *flags
    )


@pytest.mark.slow
def test_three_stages_give_a_model_that_assesses(tmp_path, corpus, run_recipe):
    short = {"corpus": corpus, "eval_strategy": "no"}
    launch(
        "train_vqvae.py", "vqvae/config_varied.yaml", output_dir=tmp_path / "vqvae",
        max_steps=3, **short,
    )  # fmt: skip
    launch(
        "sft_generative.py", "generative/config_tiny.yaml", vqvae=tmp_path / "vqvae",
        output_dir=tmp_path / "generative", max_steps=2, vocabulary_size=300, **short,
    )  # fmt: skip
    printed = launch(
        "sft_reasoning.py", "reasoning/config_tiny.yaml", model=tmp_path / "generative",
        output_dir=tmp_path / "reasoning", max_steps=2, logging_steps=1, corpus=corpus,
    )  # fmt: skip
    assert "walks of each score in train" in printed
    assert all(name in printed for name in ("loss_lm", "loss_fmt", "loss_cls", "eval_loss"))

    results = tmp_path / "results.json"
    run_recipe("evaluate.py", model=tmp_path / "reasoning", corpus=corpus, output=results)
    metrics = json.loads(results.read_text())
    assert metrics["walks"] >= metrics["walkers"] >= 1 and metrics["simulated"]
    assert 0 < metrics["majority_accuracy"] <= 1

    model = AutoModelForSeq2SeqLM.from_pretrained(tmp_path / "reasoning")
    processor = AutoProcessor.from_pretrained(tmp_path / "reasoning")
    assert model.config.training_data == "simulated walks only"
    vqvae = AutoProcessor.from_pretrained(tmp_path / "generative").feature_extractor
    assert processor.feature_extractor.mean == vqvae.mean
    motions = load_corpus(str(corpus), "motion", ["train"])["train"]["motion"]
    assert not np.allclose(vqvae.mean, feature_statistics(motions)[0])  # includes the copies


@pytest.mark.slow
def test_benchmark_agrees_with_the_plain_implementation_and_prints_ratios(tmp_path):
    printed = run(
        sys.executable, "recipes/benchmark_humanml3d.py", "--clips", 5, "--frames", 60,
        "--rounds", 1,
    )  # fmt: skip
    assert "5 clips of 60 frames" in printed and "(published arithmetic)" in printed


@pytest.mark.slow
def test_a_simulated_cohort_is_realistic_in_difficulty_and_features(tmp_path, shared):
    """A random forest on true parameters; mean features compared with those of a real cohort."""
    recipe = runpy.run_path(str(ROOT / "recipes/cohort_realism.py"))
    cohort = simulate_cohort(tmp_path / "cohort", subjects=26, walks=2, seed=0, workers=2)
    forest, majority, walks = recipe["difficulty"](cohort / "truth.csv")
    assert walks > 90 and majority < 0.25
    assert 0.60 <= sum(forest) / len(forest) <= 0.80
    moments = recipe["features_of"](cohort)
    near, other, ratios = recipe["similarity"](moments, shared / "data/humanml3d_stats")
    assert near > 0.48 > other
    assert all(0.5 <= ratio <= 2 for ratio in ratios.values()), ratios
