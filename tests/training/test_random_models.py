"""Models and rows of the size of a configuration."""

from pathlib import Path

import numpy as np
import pytest

from agir_hf.corpus.schema import instructions
from agir_hf.training.data import format_answer
from agir_hf.training.random_models import (
    WalkSize,
    model_config,
    random_model,
    random_processor,
    random_rows,
)

RECIPES = Path(__file__).resolve().parents[2] / "recipes"


def test_a_stage_has_the_model_of_the_stage_that_it_starts_from():
    config = model_config(RECIPES / "dpo/flan_t5_base.yaml")  # → reasoning → generative → vqvae
    text = config.text_config
    assert (text.d_model, text.d_ff, text.num_layers, text.num_decoder_layers) == (
        768,
        2048,
        12,
        12,
    )
    assert text.is_gated_act and text.vocab_size == 32_622 and config.motion_token_offset == 32_100
    assert (config.vqvae_config.width, config.vqvae_config.codebook_size) == (512, 512)


def test_a_stage_from_scratch_has_the_sizes_of_its_file():
    config = model_config(RECIPES / "reasoning/config_tiny.yaml")
    assert (config.text_config.d_model, config.motion_token_offset) == (128, 1200)
    assert config.vqvae_config.width == 112


def test_a_stage_has_the_model_of_a_folder_that_exists(tmp_path, model):
    model.config.save_pretrained(tmp_path)
    (tmp_path / "stage.yaml").write_text(f"model: {tmp_path}")
    config = model_config(tmp_path / "stage.yaml")
    assert config.text_config.to_dict() == model.config.text_config.to_dict()


@pytest.mark.parametrize(
    "text, message",
    [
        ("model: runs/nothing", "starts from runs/nothing, which is no folder of a model and the"),
        ("t5: google/flan-t5-base", "starts from None"),
        ("t5: google/t5-unknown\nvqvae: runs/v", "t5 is 'google/t5-unknown', which is no folder"),
    ],
)
def test_an_unknown_start_is_an_error(tmp_path, text, message):
    (tmp_path / "vqvae.yaml").write_text("output_dir: runs/v\nwidth: 8")
    (tmp_path / "stage.yaml").write_text(text)
    with pytest.raises(ValueError, match=message):
        model_config(tmp_path / "stage.yaml")


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Configuration and processor of a small model with 600 words."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "vqvae.yaml").write_text("output_dir: v\nwidth: 8\ncode_dim: 4\ncodebook_size: 16")
    (folder / "stage.yaml").write_text("vqvae: v\nvocabulary_size: 900\nd_model: 16\nnum_layers: 1")
    config = model_config(folder / "stage.yaml")
    return config, random_processor(config)


def test_a_random_model_and_its_processor_have_the_same_vocabulary(small):
    config, processor = small
    model = random_model(config)
    assert len(processor.tokenizer) == config.text_config.vocab_size == model.lm_head.out_features
    processor.feature_extractor.check_model(model)
    assert model.vqvae.quantizer.codebook.std() > 0.5


def test_random_texts_have_the_stated_lengths(small):
    config, processor = small
    rows = random_rows("reasoning", 4, config, processor, size=WalkSize(200, 60, 20), targets=True)
    for row in rows:
        answer = format_answer(row["rationale"], row["score"])
        assert len(processor.tokenizer(answer).input_ids) == 60
        assert len(processor.tokenizer(row["foot"]).input_ids) == 20
        assert [len(codes) for codes in row["codes"]] == [50, 49, 49, 49]
        assert np.isfinite(row["targets"]).all()


def test_instructions_have_about_their_usual_length(small):
    _, processor = small
    lengths = [len(processor.tokenizer(text).input_ids) for text in instructions()["assess"]]
    assert 15 < np.mean(lengths) < 30


def test_random_pairs_have_all_kinds(small):
    config, processor = small
    rows = random_rows("preference", 4, config, processor, kinds="all")
    assert set(rows["kind"]) == {"irrelevant", "counterfactual", "same_score"}
    assert all(row["chosen"] != row["rejected"] for row in rows)
