"""Initial model of a training: a model, a T5 and a VQ-VAE, or a VQ-VAE only."""

import copy
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from transformers import T5Config, T5ForConditionalGeneration

from agir_hf import AgirFeatureExtractor, MotionVQVAE, MotionVQVAEConfig
from agir_hf.training.initialization import StartArguments, starting_model

TEXTS = ["The walker takes short steps.", "Speed is normal."]
SMALL = {"vocabulary_size": 900, "d_model": 32, "d_ff": 48, "num_layers": 1, "num_heads": 2}


@pytest.fixture
def vqvae_folder(tmp_path, vqvae):
    """Folder as train_vqvae.py writes it."""
    vqvae.save_pretrained(tmp_path / "vqvae")
    extractor = AgirFeatureExtractor(mean=np.zeros(263), std=np.ones(263))
    extractor.save_pretrained(tmp_path / "vqvae")
    return str(tmp_path / "vqvae")


def test_from_scratch_the_vocabulary_comes_from_the_corpus(vqvae_folder, vqvae):
    model, processor = starting_model(StartArguments(vqvae=vqvae_folder, **SMALL), TEXTS)
    assert model.config.text_config.d_model == 32 and model.config.text_config.num_layers == 1
    assert processor.tokenizer.tokenize("short steps")[0].endswith("short")
    assert processor.codebook_size == vqvae.config.codebook_size
    assert torch.equal(model.vqvae.quantizer.codebook, vqvae.quantizer.codebook)


def test_starting_from_a_t5_prints_a_report(tmp_path, vqvae_folder, t5, t5_tokenizer, capsys):
    t5.save_pretrained(tmp_path / "t5")
    t5_tokenizer.save_pretrained(tmp_path / "t5")
    capsys.readouterr()
    model, _ = starting_model(StartArguments(vqvae=vqvae_folder, t5=str(tmp_path / "t5")), TEXTS)
    old = model.model.shared.weight[: t5.config.vocab_size]
    assert torch.equal(old, t5.shared.weight)
    assert "resized: 4 tensors" in capsys.readouterr().out


@pytest.mark.parametrize("rows", [32_128, 32_100])  # with and without 28 rows of padding
@pytest.mark.parametrize("tied", [True, False])
def test_a_model_starts_from_the_vocabulary_of_the_released_t5(
    tmp_path, vqvae_folder, shared, capsys, rows, tied
):
    MotionVQVAE(MotionVQVAEConfig(width=8, code_dim=8)).save_pretrained(vqvae_folder)
    sizes = {"d_model": 16, "d_kv": 8, "d_ff": 16, "num_layers": 2, "num_heads": 2}
    torch.manual_seed(0)
    t5 = T5ForConditionalGeneration(T5Config(vocab_size=rows, decoder_start_token_id=0, **sizes))
    if not tied:  # as in a Flan-T5
        t5.config.tie_word_embeddings = t5.config.scale_decoder_outputs = False
        t5.lm_head.weight = torch.nn.Parameter(torch.randn(rows, 16))
    t5.save_pretrained(tmp_path / "t5")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(shared / "data" / "t5_tokenizer" / name, tmp_path / "t5")
    options = StartArguments(vqvae=vqvae_folder, t5=str(tmp_path / "t5"))
    model, processor = starting_model(options, [])
    config = model.config
    assert config.motion_token_offset == len(processor.tokenizer) - config.num_added_tokens
    assert (config.motion_token_offset, config.text_config.vocab_size) == (32_100, 32_622)
    report = capsys.readouterr().out
    assert "resized: 4 tensors" in report and f"{rows:,} → 32,622 rows" in report
    scale = 16**-0.5 if tied else 1  # of a T5 that scales hidden states before the head
    expected = (t5.lm_head.weight * scale)[:32_100]
    assert torch.equal(model.lm_head.weight[:32_100], expected)
    assert torch.equal(model.model.shared.weight[:32_100], t5.shared.weight[:32_100])
    first_code = processor.tokenizer.convert_tokens_to_ids("<motion_id_0>")
    assert first_code == 32_100 and "<score_2>" in processor.tokenizer.get_vocab()


def test_a_whole_model_is_loaded_without_its_calibration(tmp_path, model, processor):
    model = copy.deepcopy(model)
    model.config.score_temperature, model.config.uncertain_below = 2.0, 0.5
    model.config.score_bias = [0.5, 0.0, -0.5]
    model.save_pretrained(tmp_path)
    processor.save_pretrained(tmp_path)
    loaded_model, loaded_processor = starting_model(StartArguments(model=str(tmp_path)), TEXTS)
    assert torch.equal(loaded_model.lm_head.weight, model.lm_head.weight)
    assert loaded_processor.codebook_size == processor.codebook_size
    assert (loaded_model.config.score_temperature, loaded_model.config.uncertain_below) == (
        1.0,
        None,
    )
    assert loaded_model.config.score_bias is None


def test_missing_model_and_vqvae_raise():
    with pytest.raises(ValueError, match="neither --model nor --vqvae"):
        starting_model(StartArguments(), TEXTS)


def test_from_scratch_heads_attend_to_different_ranges(vqvae_folder):
    """The bias of the first head falls with the distance, that of the last head does not."""
    options = StartArguments(vqvae=vqvae_folder, **{**SMALL, "d_model": 64, "num_heads": 4})
    model, _ = starting_model(options, TEXTS)
    for stack, bucket in ((model.get_encoder(), 10), (model.get_decoder(), 20)):
        bias = stack.block[0].layer[0].SelfAttention.relative_attention_bias.weight
        assert bias[1, 0] < bias[0, 0] - 1 and bias[bucket, 0] < bias[1, 0] - 5
        assert bias[bucket, 0] < bias[bucket, 1] - 1 < bias[bucket, 2] - 1
        assert (bias[:, -1].abs() < 1).all()


def test_similar_codes_get_similar_initial_embeddings(vqvae_folder):
    torch.manual_seed(1)
    options = StartArguments(vqvae=vqvae_folder, **{**SMALL, "d_model": 64, "num_heads": 4})
    model, _ = starting_model(options, TEXTS)
    codes = model.vqvae.quantizer.codebook
    codes = (codes - codes.mean(0)) / codes.std(0)
    distances = torch.pdist(codes)
    first = model.config.motion_token_offset
    for matrix in (model.model.shared.weight, model.lm_head.weight):
        rows = matrix[first : first + len(codes)]
        assert torch.corrcoef(torch.stack([distances, torch.pdist(rows)]))[0, 1] > 0.8
        assert 0.7 < rows.std() / matrix[:first].std() < 1.4
    other, _ = starting_model(replace(options, code_start=False), TEXTS)
    rows = other.model.shared.weight[first : first + len(codes)]
    assert abs(torch.corrcoef(torch.stack([distances, torch.pdist(rows)]))[0, 1]) < 0.4
