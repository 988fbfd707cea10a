"""Formulas for parameters and operations, against the counts of torch."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from agir_hf import AgirConfig, AgirForGaitAssessment, MotionVQVAE, MotionVQVAEConfig
from agir_hf.training.model_flops import (
    count_parameters,
    forward_flops,
    measure_flop_rate,
    tokenizer_flops,
    training_flops,
)

VQVAE = {"codebook_size": 24, "code_dim": 12, "width": 20, "num_residual_blocks": 2}


def config_of(feed_forward):
    text = {"vocab_size": 100, "d_model": 32, "d_kv": 12, "d_ff": 48, "num_layers": 3,
            "num_decoder_layers": 2, "num_heads": 3, "feed_forward_proj": feed_forward,
            "dropout_rate": 0.0}  # fmt: skip
    return AgirConfig(text_config=text, vqvae_config=VQVAE)


def counted(function) -> int:
    """Operations of a function according to torch."""
    with FlopCounterMode(display=False) as counter:
        function()
    return counter.get_total_flops()


def language_model(config):
    torch.manual_seed(0)
    model = AgirForGaitAssessment(config)
    model.set_attn_implementation("eager")  # matrix products that torch counts
    prompts, answers = torch.randint(90, (4, 17)), torch.randint(90, (4, 11))
    return lambda: model(input_ids=prompts, labels=answers, use_cache=False).loss


@pytest.mark.parametrize("feed_forward", ["gated-gelu", "relu"])
def test_operations_of_a_forward_pass_are_those_that_torch_counts(feed_forward):
    config = config_of(feed_forward)
    assert forward_flops(config, 4, 17, 11) == counted(language_model(config))


def test_operations_of_a_step_are_three_times_those_of_a_forward_pass():
    config = config_of("gated-gelu")
    forward = language_model(config)
    step = training_flops(config, 4, motion_tokens=10, text_tokens=11, instruction_tokens=5)
    assert step == counted(lambda: forward().backward())


@pytest.mark.parametrize("num_downsamplings", [1, 2])
def test_operations_of_the_motion_vqvae_are_those_that_torch_counts(num_downsamplings):
    config = MotionVQVAEConfig(**VQVAE, num_downsamplings=num_downsamplings)
    torch.manual_seed(0)
    vqvae, motions = MotionVQVAE(config).train(), torch.randn(3, 32, 263)
    codes = 32 // config.downsampling_factor
    vqvae(motions)  # initialises the codebook
    assert tokenizer_flops(config, 3, codes) == counted(lambda: vqvae(motions))
    step = counted(lambda: vqvae(motions).loss.backward())
    # the first layer has no gradient of its input, and the codebook none at all
    assert step == pytest.approx(training_flops(config, 3, codes), rel=0.15)
    assert step < training_flops(config, 3, codes)


def test_preferences_adapters_and_checkpointing_change_the_number_of_passes():
    config = config_of("gated-gelu")
    step = training_flops(config, 4, 50, 100)
    assert training_flops(config, 8, 50, 100) == 2 * step
    assert training_flops(config, 4, 50, 100, gradient_checkpointing=True) == step * 4 / 3
    assert training_flops(config, 4, 50, 100, frozen_weights=True) == step * 2 / 3
    assert training_flops(config, 4, 50, 100, preference=True) == 2 * step * 4 / 3


def test_parameters_of_a_configuration_are_those_of_its_model():
    config = config_of("gated-gelu")
    model = AgirForGaitAssessment(config)
    count = count_parameters(config)
    assert count.total == sum(value.numel() for value in model.parameters())
    assert count.total == count_parameters(model).total == count_parameters(model).trainable
    assert count.total - count.trainable == count_parameters(config.vqvae_config).total


def test_parameters_of_a_flan_t5_base_with_the_tokenizer_of_motiongpt():
    text = {"vocab_size": 32_622, "d_model": 768, "d_kv": 64, "d_ff": 2048, "num_layers": 12,
            "num_heads": 12, "feed_forward_proj": "gated-gelu"}  # fmt: skip
    count = count_parameters(AgirConfig(text_config=text))
    assert count.trainable == pytest.approx(248.3e6, rel=1e-3)
    assert count.total - count.trainable == pytest.approx(19.4e6, rel=2e-2)


def test_a_rate_is_measured():
    assert 1e6 < measure_flop_rate("cpu", torch.float32, size=128, seconds=0.02) < 1e15
