import copy

import pytest
import torch
from trl import ModelConfig

from agir_hf import AgirForGaitAssessment, AgirProcessor
from agir_hf.training.peft_utils import add_adapters, merge_adapters, save_merged

LORA = ModelConfig(use_peft=True, lora_r=4, lora_alpha=8, lora_dropout=0.0)
TERMS = {"format_weight": 0.5, "class_weight": 1.0}
STEPS = {"max_steps": 5, "optim": "adamw_torch", "learning_rate": 1e-2}


@pytest.fixture
def adapted(model):
    return add_adapters(copy.deepcopy(model), LORA)


@pytest.fixture
def trained(make_trainer, adapted):
    """A trainer after five steps with adapters."""
    made = make_trainer(start=adapted, config=STEPS, **TERMS)
    made.train()
    return made


def batch_of(trainer, rows):
    batch = trainer.data_collator([rows[i] for i in range(4)])
    return {k: batch[k] for k in ("input_ids", "attention_mask", "decoder_input_ids")}


def test_without_adapters_the_model_is_unchanged(model):
    assert add_adapters(model, ModelConfig(use_peft=False)) is model
    assert merge_adapters(model) is model


def test_adapters_change_nothing_before_training(model, adapted, make_trainer, coded):
    batch = batch_of(make_trainer(), coded)
    with torch.no_grad():
        torch.testing.assert_close(adapted.eval()(**batch).logits, model(**batch).logits)


def test_every_linear_layer_of_both_stacks_is_adapted_and_the_motion_tokenizer_is_not(adapted):
    names = [name for name, weight in adapted.named_parameters() if weight.requires_grad]
    layers = [name for name in names if name.endswith("lora_A.default.weight")]
    attention, feed_forward = 4, 3  # q, k, v, o; gated: wi_0, wi_1, wo
    blocks = 2
    assert len(layers) == blocks * (
        3 * attention + 2 * feed_forward
    )  # the decoder has two attentions
    assert not any("vqvae" in name for name in names)
    assert all("lora_" in name or "trainable_tokens" in name for name in names)


def test_only_rows_of_added_tokens_are_trained(model, trained):
    whole = merge_adapters(trained.accelerator.unwrap_model(trained.model))
    first = model.config.motion_token_offset
    for name in ("lm_head.weight", "model.shared.weight"):
        moved = (whole.state_dict()[name] - model.state_dict()[name]).abs().amax(1)
        assert (moved[:first] == 0).all(), name
        assert (moved[first:] > 0).any(), name
    answer = [model.config.reasoning_start_token_id, *model.config.score_token_ids]
    head = (whole.lm_head.weight - model.lm_head.weight).abs().amax(1)
    shared = (whole.model.shared.weight - model.model.shared.weight).abs().amax(1)
    assert (head[answer] > 1e-3).all() and (shared[answer] > 1e-3).all()
    codes = shared[first : first + 16]
    assert (codes > 1e-3).any()
    query = "model.encoder.block.0.layer.0.SelfAttention.q.weight"
    assert not torch.equal(whole.state_dict()[query], model.state_dict()[query])
    for name, value in model.vqvae.state_dict().items():
        assert torch.equal(whole.vqvae.state_dict()[name], value), name


def test_a_merged_model_gives_the_logits_of_the_adapted_model(model, trained, coded):
    batch = batch_of(trained, coded)
    adapted = trained.accelerator.unwrap_model(trained.model).eval()
    with torch.no_grad():
        expected = adapted(**batch).logits
        merged_logits = merge_adapters(copy.deepcopy(adapted))(**batch).logits
        before = model(**batch).logits
    torch.testing.assert_close(merged_logits, expected, atol=1e-5, rtol=0)
    assert (expected - before).abs().max() > 0.1


def test_a_saved_model_loads_as_a_whole_model(tmp_path, trained, processor, coded):
    batch = batch_of(trained, coded)
    adapted = trained.accelerator.unwrap_model(trained.model).eval()
    with torch.no_grad():
        expected = adapted(**batch).logits
    save_merged(trained, processor)
    loaded, report = AgirForGaitAssessment.from_pretrained(tmp_path, output_loading_info=True)
    assert not any(report[kind] for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    with torch.no_grad():
        logits = loaded(**batch).logits
    torch.testing.assert_close(logits, expected, atol=1e-5, rtol=0)
    assert loaded.config.tie_word_embeddings is False
    shared = loaded.model.shared.weight
    assert loaded.model.encoder.embed_tokens.weight is shared
    assert loaded.model.decoder.embed_tokens.weight is shared
    assert loaded.lm_head.weight is not shared
    assert AgirProcessor.from_pretrained(tmp_path).codebook_size == 16


def test_encoder_and_decoder_share_the_trained_rows(model, trained):
    whole = merge_adapters(trained.accelerator.unwrap_model(trained.model))
    encoder, decoder = whole.model.encoder.embed_tokens, whole.model.decoder.embed_tokens
    assert torch.equal(encoder.weight, decoder.weight)
    assert torch.equal(encoder.weight, whole.model.shared.weight)
    assert not torch.equal(encoder.weight, model.model.shared.weight)


def test_a_model_without_adapters_is_saved_unchanged(tmp_path, make_trainer, processor):
    made = make_trainer(config=STEPS, **TERMS)
    made.train()
    save_merged(made, processor)
    loaded = AgirForGaitAssessment.from_pretrained(tmp_path)
    for name, value in made.model.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], value), name
    AgirProcessor.from_pretrained(tmp_path)


@pytest.mark.parametrize("terms", [TERMS, {}], ids=["three terms", "stock"])
def test_adapters_learn_and_can_be_resumed(tmp_path, make_trainer, adapted, terms):
    config = {**STEPS, "max_steps": 8, "save_strategy": "steps", "save_steps": 3}
    whole = make_trainer(start=adapted, config=config, **terms)
    whole.train()
    resumed = make_trainer(start=adapted, config=config, **terms)
    resumed.train(resume_from_checkpoint=str(tmp_path / "checkpoint-3"))
    expected = dict(whole.model.named_parameters())
    for name, weight in resumed.model.named_parameters():
        torch.testing.assert_close(weight, expected[name], atol=1e-6, rtol=0, msg=name)
    losses = [entry["loss"] for entry in whole.state.log_history if "loss" in entry]
    assert losses[-1] < losses[0] - 0.5
