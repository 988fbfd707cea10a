import copy

import pytest
import torch
from trl import SFTConfig

from agir_hf.training.collators import MotionTextCollator
from agir_hf.training.data import MotionWindows, reasoning_example
from agir_hf.training.losses import class_loss, format_loss, language_loss
from agir_hf.training.trainers import AgirSFTTrainer


def trainer(tmp_path, model, processor, vqvae, rows, weights=(0.5, 1.0), **options):
    options = {"max_steps": 1, "per_device_train_batch_size": 8, **options}
    args = SFTConfig(
        output_dir=str(tmp_path), use_cpu=True, bf16=False, gradient_checkpointing=False,
        report_to="none", save_strategy="no", logging_steps=1, learning_rate=1e-3,
        lr_scheduler_type="constant", max_grad_norm=0.0, optim="sgd",
        dataset_kwargs={"skip_prepare_dataset": True}, prediction_loss_only=True, **options,
    )  # fmt: skip
    collator = MotionTextCollator(processor, vqvae, reasoning_example, shortest_s=None, seeded=True)
    return AgirSFTTrainer(
        model=copy.deepcopy(model), args=args, train_dataset=rows, eval_dataset=rows,
        processing_class=processor.tokenizer, data_collator=collator, eval_collator=collator,
        format_weight=weights[0], class_weight=weights[1],
    )  # fmt: skip


def test_loss_is_the_weighted_sum_of_its_terms(tmp_path, model, processor, vqvae, rows):
    made = trainer(tmp_path, model, processor, vqvae, rows, weights=(0.3, 2.0))
    batch = made.data_collator([rows[i] for i in range(6)])
    made.model.eval()
    with torch.no_grad():
        loss = made.compute_loss(made.model, dict(batch))
        logits = made.model(
            input_ids=batch["input_ids"],
            attention_mask=batch["attention_mask"],
            decoder_input_ids=batch["decoder_input_ids"],
        ).logits
    labels = batch["labels"]
    expected = (
        language_loss(logits, labels)
        + 0.3 * format_loss(logits, labels)
        + 2.0 * class_loss(logits, labels, model.config.score_token_ids)
    )
    torch.testing.assert_close(loss, expected)


def test_without_weights_it_is_the_stock_loss_and_equals_cross_entropy(
    tmp_path, model, processor, vqvae, rows
):
    made = trainer(tmp_path, model, processor, vqvae, rows, weights=(0.0, 0.0))
    batch = made.data_collator([rows[i] for i in range(6)])
    made.model.eval()
    with torch.no_grad():
        loss = made.compute_loss(made.model, dict(batch))
        logits = model(
            input_ids=batch["input_ids"],
            attention_mask=batch["attention_mask"],
            decoder_input_ids=batch["decoder_input_ids"],
        ).logits
    torch.testing.assert_close(loss, language_loss(logits, batch["labels"]), atol=1e-5, rtol=0)


@pytest.mark.parametrize("weights", [(0.5, 1.0), (0.0, 0.0)], ids=["three terms", "stock"])
def test_accumulated_gradients_are_those_of_one_big_batch(
    tmp_path, model, processor, vqvae, rows, weights
):
    torch.manual_seed(0)
    results = []
    for size, steps in ((16, 1), (4, 4)):
        made = trainer(
            tmp_path, model, processor, vqvae, rows, weights,
            per_device_train_batch_size=size, gradient_accumulation_steps=steps,
        )  # fmt: skip
        made.train()
        results.append(made.model.state_dict())
    before = model.state_dict()
    moved = max((results[0][k] - before[k]).abs().max().item() for k in ("lm_head.weight",))
    assert moved > 1e-5
    for name, value in results[0].items():
        torch.testing.assert_close(value, results[1][name], atol=1e-6, rtol=0, msg=name)


def test_every_term_is_logged_by_name(tmp_path, model, processor, vqvae, rows):
    made = trainer(tmp_path, model, processor, vqvae, rows)
    made.train()
    logged = {key for entry in made.state.log_history for key in entry}
    assert {"loss", "loss_lm", "loss_fmt", "loss_cls"} <= logged
    figures = made.evaluate()
    assert {"eval_loss", "eval_loss_lm", "eval_loss_fmt", "eval_loss_cls"} <= set(figures)
    terms = [figures[f"eval_loss_{name}"] for name in ("lm", "fmt", "cls")]
    assert figures["eval_loss"] == pytest.approx(terms[0] + 0.5 * terms[1] + terms[2], rel=1e-3)


def test_training_learns_the_scores_of_a_few_walks(tmp_path, model, processor, vqvae, rows):
    made = trainer(tmp_path, model, processor, vqvae, rows, max_steps=1)
    made.args.max_steps, made.args.optim, made.args.learning_rate = 30, "adamw_torch", 5e-3
    made.train()
    first, last = (
        next(e["loss"] for e in order if "loss" in e)
        for order in (made.state.log_history, made.state.log_history[::-1])
    )
    assert last < 0.7 * first


def test_windows_are_whole_and_masked():
    generator = torch.Generator().manual_seed(0)
    motions = [torch.randn(n, 263, generator=generator).numpy() for n in (30, 200)]
    windows = MotionWindows(motions, lambda motion: 2 * motion, frames=64)
    short, long = windows[0], windows[1]
    assert short["motion_attention_mask"].sum() == 30
    assert (short["motion_values"][30:] == 0).all()
    assert torch.equal(short["motion_values"][:30], 2 * torch.tensor(motions[0]))
    assert long["motion_attention_mask"].sum() == 64
    torch.manual_seed(0)
    assert len({windows[1]["motion_values"].sum().item() for _ in range(8)}) > 1
