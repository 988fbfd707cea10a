"""Small models with the weight names of MotionGPT's checkpoints."""

import itertools

import torch
from transformers import T5Config, T5ForConditionalGeneration

from agir_hf.modeling_motion_vqvae import _rename_motiongpt


def small_t5(rows, tied=False, gated=True):
    """Untrained Flan-T5, or T5 with ``tied`` embeddings, which scales its hidden states."""
    torch.manual_seed(0)
    config = T5Config(
        vocab_size=rows,
        d_model=24,
        d_kv=8,
        d_ff=40,
        num_layers=3,
        num_decoder_layers=2,
        num_heads=4,
        feed_forward_proj="gated-gelu" if gated else "relu",
        tie_word_embeddings=tied,
        decoder_start_token_id=0,
        dropout_rate=0.0,
    )
    t5 = T5ForConditionalGeneration(config).eval()
    if not tied:
        t5.lm_head.weight = torch.nn.Parameter(torch.randn(rows, 24))
    return t5


def motion_state(vqvae, prefix="vae."):
    """Weights of a VQ-VAE with MotionGPT's names, without the moving counts."""
    stages = range(vqvae.config.num_downsamplings + 5)
    owners = [f"{side}.model.{i}" for side in ("encoder", "decoder") for i in stages]
    blocks = range(vqvae.config.num_residual_blocks)
    parts = [".0", ".2"] + [
        f".{index}.model.{block}.conv{conv}"
        for index, block, conv in itertools.product((0, 1), blocks, (1, 2))
    ]
    kinds = (".weight", ".bias")
    names = [*map("".join, itertools.product(owners, ["", *parts], kinds)), "quantizer.codebook"]
    ours, state = vqvae.state_dict(), {}
    for name in names:
        our_name = _rename_motiongpt(name, vqvae.config)
        if our_name in ours:
            state[prefix + name] = ours[our_name].clone()
    assert len(state) == len(ours) - 3
    return state


def motiongpt_state(t5, vqvae, prefix="vae."):
    """Weights of a whole checkpoint."""
    language = {f"lm.language_model.{k}": v.clone() for k, v in t5.state_dict().items()}
    return {**motion_state(vqvae, prefix), **language}
