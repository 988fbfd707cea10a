"""Configuration of the model in numpy, read from `config.json`."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ..settings_agir import (
    T5_SIZES,
    VQVAE_SIZES,
    AgirSettings,
    VQVAESettings,
    check_format,
    check_num_scores,
    check_sizes,
)
from .weights import UnsupportedModelError


@dataclass(kw_only=True)
class T5Settings:
    """Settings of the T5; names and defaults are those of `transformers.T5Config`.

    Args:
        vocab_size: Number of entries of the vocabulary, with the added tokens.
        d_model: Width of the hidden states.
        d_kv: Width of an attention head.
        d_ff: Width between the layers of the feed-forward part.
        num_layers: Blocks of the encoder.
        num_decoder_layers: Blocks of the decoder; by default as many as of the encoder.
        num_heads: Attention heads.
        relative_attention_num_buckets: Buckets of relative positions.
        relative_attention_max_distance: Distance from which all positions share a bucket.
        layer_norm_epsilon: Added to the mean square.
        feed_forward_proj: Activation, with "gated-" for a gated feed-forward part.
        pad_token_id: Id of padding.
        eos_token_id: Id of the end of the sequence.
        decoder_start_token_id: Id of the first input of the decoder; by default that of padding.
    """

    model_type = "t5"
    vocab_size: int = 32128
    d_model: int = 512
    d_kv: int = 64
    d_ff: int = 2048
    num_layers: int = 6
    num_decoder_layers: int | None = None
    num_heads: int = 8
    relative_attention_num_buckets: int = 32
    relative_attention_max_distance: int = 128
    layer_norm_epsilon: float = 1e-6
    feed_forward_proj: str = "relu"
    pad_token_id: int = 0
    eos_token_id: int = 1
    decoder_start_token_id: int | None = None

    def __post_init__(self):
        if self.num_decoder_layers is None:
            self.num_decoder_layers = self.num_layers
        if self.decoder_start_token_id is None:
            self.decoder_start_token_id = self.pad_token_id
        check_sizes(self, T5_SIZES)


@dataclass(kw_only=True)
class NumpyVQVAESettings(VQVAESettings):
    """Settings of the motion VQ-VAE; `MotionVQVAEConfig` describes them."""

    model_type = "agir_motion_vqvae"

    def __post_init__(self):
        check_sizes(self, VQVAE_SIZES)


@dataclass(kw_only=True)
class NumpySettings(AgirSettings):
    """Settings of the AGIR model; `AgirConfig` describes them.

    Args:
        text_config: Settings of the T5.
        vqvae_config: Settings of the motion VQ-VAE.
        motion_token_offset: Id of the first motion token.
        pad_token_id: Id of padding.
        eos_token_id: Id of the end of the sequence.
        decoder_start_token_id: Id of the first input of the decoder.
    """

    model_type = "agir"
    text_config: T5Settings
    vqvae_config: NumpyVQVAESettings
    motion_token_offset: int
    pad_token_id: int
    eos_token_id: int
    decoder_start_token_id: int

    def __post_init__(self):
        check_num_scores(self.num_scores)
        self.check_offset(self.text_config.vocab_size)
        self.check_settings()


def read_settings(folder: Path) -> NumpySettings:
    """Read the configuration of a model.

    Args:
        folder: Folder of the model.

    Returns:
        The settings, checked as by `AgirConfig`.

    Raises:
        UnsupportedModelError: The file is missing or damaged, or belongs to another kind of model.
    """
    try:
        content = json.loads(Path(folder, "config.json").read_text(encoding="utf-8"))
        check_format(content, NumpySettings.model_type)
        text = _read(T5Settings, content["text_config"])
        ids = ("pad_token_id", "eos_token_id", "decoder_start_token_id")
        content = {name: getattr(text, name) for name in ids} | content
        return _read(
            NumpySettings,
            content
            | {
                "text_config": text,
                "vqvae_config": _read(NumpyVQVAESettings, content["vqvae_config"]),
            },
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise UnsupportedModelError(f"config.json: {error}") from error


def _read(settings_class: type, content: dict[str, Any]):
    """Settings from a dictionary, whose other entries are ignored."""
    names = {field.name for field in fields(settings_class)}
    return settings_class(**{name: value for name, value in content.items() if name in names})
