"""Recipes that train low-rank adapters write complete models."""

import json
import math
import shutil

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForSeq2SeqLM, AutoProcessor

from agir_hf.corpus.loading import load_corpus

QUERY = "model.encoder.block.0.layer.0.SelfAttention.q.weight"
FEED_FORWARD = "model.encoder.block.0.layer.1.DenseReluDense.wi_0.weight"
pytestmark = pytest.mark.slow


@pytest.fixture
def train(run_recipe, corpus, tmp_path):
    """Function that trains adapters for two steps, with a checkpoint after each."""

    def train(recipe, start, name, **options):
        defaults = {
            "use_peft": True, "lora_r": 4, "max_steps": 2, "save_strategy": "steps",
            "save_steps": 1, "learning_rate": 1e-2, "lr_scheduler_type": "constant",
            "warmup_steps": 0, "logging_steps": 1, "report_to": "none", "use_cpu": True,
            "bf16": False, "gradient_checkpointing": False, "disable_tqdm": True,
        }  # fmt: skip
        folder = tmp_path / name
        run_recipe(recipe, corpus=corpus, model=start, output_dir=folder, **{**defaults, **options})
        return folder

    return train


def logged(checkpoint):
    """Log entries of each step."""
    state = json.loads((checkpoint / "trainer_state.json").read_text())
    return [row for row in state["log_history"] if "loss" in row]


def assert_whole_and_trained(folder, start, corpus, changed, unchanged):
    """Check a model without adapters: it assesses a walk; some weights changed, others did not."""
    assert not list(folder.glob("adapter_*"))
    after, before = (load_file(path / "model.safetensors") for path in (folder, start))
    assert after.keys() == before.keys()
    assert all((after[name] - before[name]).abs().max() > 1e-4 for name in changed)
    model = AutoModelForSeq2SeqLM.from_pretrained(folder).eval()
    processor = AutoProcessor.from_pretrained(folder)
    tied = model.model.encoder.embed_tokens.weight, model.model.shared.weight
    assert tied[0] is tied[1] and not model.config.tie_word_embeddings
    first = model.config.motion_token_offset
    for name in ("model.shared.weight", "lm_head.weight"):
        assert torch.equal(after[name][:first], before[name][:first]), name
        assert not torch.equal(after[name][first:], before[name][first:]), name
    fixed = (*unchanged, *(name for name in after if name.startswith("vqvae.")))
    assert all(torch.equal(after[name], before[name]) for name in fixed)
    walk = load_corpus(str(corpus))["test"][0]["motion"]
    outputs = model.generate_assessment(**processor(motion=walk), max_new_tokens=24)
    (assessment,) = processor.decode_assessments(outputs)
    assert assessment.score in (0, 1, 2) and sum(assessment.probabilities) == pytest.approx(1)


def test_stages_with_adapters_read_and_write_whole_models(train, model_folder, corpus):
    """All layers in the second stage, attention only in DPO.

    The reference of DPO is the model without adapters, so the first loss is ln 2.
    """
    second = train("sft_reasoning.py", model_folder, "second", embedded_weight=0.5)
    assert_whole_and_trained(second, model_folder, corpus, (QUERY, FEED_FORWARD), ())
    tuned = train("dpo.py", second, "tuned", lora_target_modules=[*"qkvo"], learning_rate=5e-4)
    assert_whole_and_trained(tuned, second, corpus, (QUERY,), (FEED_FORWARD,))
    first, later = (row["loss_dpo"] for row in logged(tuned / "checkpoint-2"))
    assert first == pytest.approx(math.log(2), abs=1e-4) and later < first


def test_training_of_adapters_can_be_resumed(train, model_folder, tmp_path):
    whole, stopped = train("sft_reasoning.py", model_folder, "whole"), tmp_path / "stopped"
    shutil.copytree(whole / "checkpoint-1", stopped / "checkpoint-1")
    state = stopped / "checkpoint-1/trainer_state.json"
    state.write_text(state.read_text().replace('"loss":', '"mark": 1, "loss":', 1))
    train("sft_reasoning.py", model_folder, "stopped", resume_from_checkpoint="auto")
    assert [row.get("mark") for row in logged(stopped / "checkpoint-2")] == [1, None]
    expected = load_file(whole / "model.safetensors")
    for name, value in load_file(stopped / "model.safetensors").items():
        torch.testing.assert_close(value, expected[name], atol=1e-5, rtol=0, msg=name)


def test_preference_training_of_attention_adapters_keeps_the_better_step(
    train, model_folder, capsys
):
    """Of the model before DPO and that after a step, the lower and the higher loss is kept."""
    options = {
        "lora_target_modules": [*"qkvo"], "max_steps": 1, "eval_strategy": "steps",
        "eval_steps": 1, "generate_rows": 2, "load_best_model_at_end": True,
        "metric_for_best_model": "loss", "prediction_loss_only": True, "pairs_per_kind": 4,
    }  # fmt: skip
    before, kept = load_file(model_folder / "model.safetensors"), []
    for highest in (False, True):
        folder = train(
            "dpo.py", model_folder, f"highest_{highest}", greater_is_better=highest, **options
        )
        state = json.loads((folder / "checkpoint-1/trainer_state.json").read_text())
        evaluations = [row for row in state["log_history"] if "eval_cider" in row]
        assert [row["step"] for row in evaluations] == [0, 1]
        assert all({"eval_supported", "eval_accuracy"} <= set(row) for row in evaluations)
        losses = [row["eval_loss"] for row in evaluations]
        best = losses.index((max if highest else min)(losses))
        output = capsys.readouterr().out
        assert f"kept the model of step {best} of 1: loss {losses[best]:.4f}" in output
        after = load_file(folder / "model.safetensors")
        assert torch.equal(after[QUERY], before[QUERY]) == (best == 0)
        kept.append(best)
    assert sorted(kept) == [0, 1]


def test_the_checkpoint_with_the_best_cider_is_kept_with_adapters(train, model_folder):
    best = {
        "eval_strategy": "steps", "eval_steps": 1, "load_best_model_at_end": True,
        "metric_for_best_model": "cider", "greater_is_better": True, "generate_rows": 2,
        "gradient_checkpointing": True, "per_device_eval_batch_size": 2,
    }  # fmt: skip
    second = train("sft_reasoning.py", model_folder, "second", **best)
    tuned = train("dpo.py", second, "tuned", lora_target_modules=[*"qkvo"], **best)
    for folder in (second, tuned):
        assert not list(folder.glob("adapter_*"))
        AutoModelForSeq2SeqLM.from_pretrained(folder)
        state = json.loads((folder / "checkpoint-2/trainer_state.json").read_text())
        assert state["best_metric"] is not None
