"""Weights that a trainer loads: the best at the end, those of an interrupted training, merged."""

import copy

import pytest
import torch
from transformers.utils import logging
from trl import ModelConfig

from agir_hf import AgirForGaitAssessment
from agir_hf.training.codebook_rows import add_codebook_rows
from agir_hf.training.peft_utils import add_adapters, save_merged

EVERY_STEP = {
    "max_steps": 2, "save_strategy": "steps", "save_steps": 1, "eval_strategy": "steps",
    "eval_steps": 1, "load_best_model_at_end": True, "metric_for_best_model": "loss",
}  # fmt: skip
TERMS = {"format_weight": 0.5, "class_weight": 1.0}


@pytest.fixture
def warnings_of(caplog):
    """Function that returns the warnings of transformers since the start of the test."""
    logging.enable_propagation()
    yield lambda: [record.getMessage() for record in caplog.records if record.levelno >= 30]
    logging.disable_propagation()


@pytest.mark.parametrize("kind", ["plain", "codebook rows", "adapters"])
def test_the_best_model_is_loaded_without_missing_keys(
    make_trainer, model, coded, processor, warnings_of, kind, tmp_path
):
    start = copy.deepcopy(model)
    if kind == "codebook rows":
        add_codebook_rows(start)
    options = ModelConfig(use_peft=kind == "adapters", lora_r=2, lora_dropout=0.0)
    made = make_trainer(
        start=add_adapters(start, options), rows=coded.select(range(8)), config=EVERY_STEP, **TERMS
    )
    made.train()
    assert made.state.best_model_checkpoint is not None
    save_merged(made, processor)
    loaded = AgirForGaitAssessment.from_pretrained(tmp_path)
    unwanted = [text for text in warnings_of() if "keys" in text or "embed_tokens" in text]
    assert unwanted == []
    shared = loaded.model.shared.weight
    assert loaded.model.encoder.embed_tokens.weight is shared
    assert torch.equal(made.model.model.shared.weight, shared)


def test_a_resumed_training_loads_its_weights_without_missing_keys(
    make_trainer, coded, warnings_of
):
    rows = coded.select(range(8))
    first = make_trainer(rows=rows, config=EVERY_STEP | {"max_steps": 1}, **TERMS)
    first.train()
    resumed = make_trainer(rows=rows, config=EVERY_STEP, **TERMS)
    resumed.train(resume_from_checkpoint=True)
    assert resumed.state.global_step == 2
    assert [text for text in warnings_of() if "keys" in text or "embed_tokens" in text] == []
    assert resumed.model.model.decoder.embed_tokens.weight is resumed.model.model.shared.weight
