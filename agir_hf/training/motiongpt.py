"""Conversion of a MotionGPT checkpoint into an AGIR model and its processor.

Source: Jiang et al. 2023, "MotionGPT: Human Motion as a Foreign Language". Its checkpoints have a
motion VQ-VAE (``vae.`` or ``motion_vae.``) and a T5 (``lm.language_model.``) whose vocabulary ends
with the motion tokens: K codes, start, end, mask.
"""

import copy
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer, T5Config, T5ForConditionalGeneration

from ..configuration_agir import NUM_MOTION_SPECIAL_TOKENS, AgirConfig, added_tokens
from ..constants_agir import NUM_SCORES
from ..feature_extraction_agir import statistics_fingerprint
from ..humanml3d import NUM_FEATURES
from ..modeling_agir import AgirForGaitAssessment
from ..modeling_motion_vqvae import MotionVQVAE
from ..processing_agir import AgirProcessor
from .conversion_report import (
    EMBEDDINGS,
    VOCABULARY,
    head_scale,
    load_t5_config,
    motiongpt_report,
)
from .load_report import LoadReport, join_names
from .motiongpt_checkpoint import LANGUAGE_PREFIX, MOTION_NAME, read_checkpoint, read_statistics

TRAINING_DATA = "the motions and texts of MotionGPT, no gait scores"
_MAX_PADDING = 128  # a vocabulary has fewer rows of padding than this
_QUERY = "encoder.block.0.layer.0.SelfAttention.q.weight"
_BIAS = "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight"
_FEED_FORWARD = "encoder.block.0.layer.1.DenseReluDense."


def convert_motiongpt(
    checkpoint: str | os.PathLike,
    tokenizer,
    mean=None,
    std=None,
    t5_config: T5Config | str | os.PathLike | None = None,
    num_scores: int = NUM_SCORES,
) -> tuple[AgirForGaitAssessment, AgirProcessor, LoadReport]:
    """Convert a MotionGPT checkpoint into a complete AGIR model, to be trained on gait scores.

    Sizes are read from the shapes of the tensors. Text and motion tokens keep their rows of the
    embeddings and of the head. The tokens of an answer get new rows, drawn from the global
    random generator of torch: its scores are meaningless until the model is trained. The report
    lists every tensor of the checkpoint and of the model. On the command line:
    ``agir convert-motiongpt CHECKPOINT OUT --tokenizer FOLDER``.

    Args:
        checkpoint (`str` or `os.PathLike`):
            File of ``torch.save``, read as plain tensors, without executing code from it.
        tokenizer (`PreTrainedTokenizerBase`, `str` or `os.PathLike`):
            Tokenizer of the T5 that MotionGPT started from, without motion tokens, or a folder or
            Hub name with one.
        mean (`array_like`, `str` or `os.PathLike`, *optional*):
            (263,) mean of the features that MotionGPT was trained with, or an ``.npy`` file of it.
            By default the checkpoint's entry ``mean``.
        std (`array_like`, `str` or `os.PathLike`, *optional*):
            (263,) standard deviation of the same features, or an ``.npy`` file of it. By default
            the checkpoint's entry ``std``.
        t5_config (`T5Config`, `str` or `os.PathLike`, *optional*):
            Configuration of the T5 that MotionGPT started from, or a folder or Hub name with one.
            It states what shapes do not show: the activation, the dropout, and whether hidden
            states are scaled before the head. By default they are scaled if the head is tied to
            the embeddings.
        num_scores (`int`, *optional*, defaults to 3):
            Number of scores of the corpus that the model will be trained on.

    Returns:
        `tuple[AgirForGaitAssessment, AgirProcessor, LoadReport]`: The model, its processor, and the
        report, whose ``str`` is a readable list.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file cannot be read safely, tensors are missing or have other shapes, the
            tokenizer belongs to another model, or statistics are missing or wrong.

    Example:
        ```python
        >>> from agir_hf.training.motiongpt import convert_motiongpt
        >>> model, processor, report = convert_motiongpt(
        ...     "motiongpt_s3_h3d.tar", "flan-t5-base", "mean.npy", "std.npy"
        ... )  # doctest: +SKIP
        >>> print(report)  # doctest: +SKIP
        >>> convert_motiongpt("missing.tar", "flan-t5-base")
        Traceback (most recent call last):
        ...
        FileNotFoundError: no such checkpoint: missing.tar

        ```
    """
    path = Path(checkpoint)
    state, others = read_checkpoint(path)
    vqvae = _load_vqvae(path, state)
    entries = {**others, **state}
    mean = read_statistics("mean", mean, entries.get("mean"))
    std = read_statistics("std", std, entries.get("std"))
    tokenizer = _load_tokenizer(tokenizer)
    t5, vocabulary_rows = _load_t5(path, state, tokenizer, vqvae, t5_config)
    vqvae.config.statistics_fingerprint = statistics_fingerprint(mean, std)
    processor = AgirProcessor.from_t5(
        tokenizer,
        mean,
        std,
        codebook_size=vqvae.config.codebook_size,
        num_scores=num_scores,
        downsampling_factor=vqvae.config.downsampling_factor,
    )
    model = AgirForGaitAssessment.from_t5(t5, vqvae, tokenizer, num_scores)
    model.config.training_data = TRAINING_DATA
    report = motiongpt_report(state, others, model, vocabulary_rows, head_scale(t5.config))
    return model, processor, report


def _load_vqvae(path: Path, state: dict[str, Any]) -> MotionVQVAE:
    """Load the VQ-VAE of a checkpoint."""
    names = Counter(match[1] for key in state if (match := MOTION_NAME.match(key)))
    duplicates = [name for name, count in names.items() if count > 1]
    if duplicates:
        raise ValueError(
            f"{path} has {join_names(duplicates)} as 'vae.' and as 'motion_vae.': remove one of "
            "them"
        )
    try:
        vqvae = MotionVQVAE.from_motiongpt(path)
    except RuntimeError as error:  # of load_state_dict, about shapes
        reason = " ".join(str(error).split())
        raise ValueError(f"{path}: the VQ-VAE has tensors of wrong shapes: {reason}") from error
    if vqvae.config.num_features != NUM_FEATURES:
        raise ValueError(
            f"{path}: the VQ-VAE reads {vqvae.config.num_features} features per frame, expected "
            f"the {NUM_FEATURES} of HumanML3D: pass a MotionGPT trained on HumanML3D"
        )
    return vqvae


def _load_tokenizer(tokenizer):
    if not isinstance(tokenizer, str | os.PathLike):
        return tokenizer
    try:
        return AutoTokenizer.from_pretrained(tokenizer)
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise ValueError(
            f"{tokenizer} has no readable tokenizer ({reason}): pass the folder of the T5 that "
            "MotionGPT started from"
        ) from error


def _load_t5(path: Path, state, tokenizer, vqvae: MotionVQVAE, t5_config):
    """Load the T5 of a checkpoint, with the vocabulary in our order and without padding.

    Returns:
        The T5, and the row of MotionGPT's vocabulary of each of its rows.
    """
    names = [name for name in state if name.startswith(LANGUAGE_PREFIX)]
    language = {name.removeprefix(LANGUAGE_PREFIX): state[name] for name in names}
    language = {k: v.float() for k, v in language.items() if isinstance(v, torch.Tensor)}
    config = _t5_config(language, t5_config, path)
    rows = _vocabulary_rows(len(language["shared.weight"]), tokenizer, vqvae, path)
    config.pad_token_id, config.eos_token_id = tokenizer.pad_token_id, tokenizer.eos_token_id
    config.decoder_start_token_id = tokenizer.pad_token_id
    config.vocab_size = len(rows)
    with torch.device("meta"):
        t5 = T5ForConditionalGeneration(config).eval()
    shapes = {name: tuple(value.shape) for name, value in t5.state_dict().items()}
    weights = _check_tensors(language, shapes, path)
    weights |= {name: weights[name][rows] for name in VOCABULARY}
    t5.load_state_dict(weights, assign=True)
    return t5, rows


def _vocabulary_rows(num_rows: int, tokenizer, vqvae: MotionVQVAE, path: Path) -> torch.Tensor:
    """Row of MotionGPT's vocabulary, which has ``num_rows``, for each row of ours.

    Text tokens have the same rows; motion tokens are matched by their meaning.
    """
    entries, codes = len(tokenizer), vqvae.config.codebook_size
    expected = entries + codes + NUM_MOTION_SPECIAL_TOKENS
    if not expected <= num_rows < expected + _MAX_PADDING:
        raise ValueError(
            f"{path} has {num_rows} rows of embeddings, expected {expected}, or a few more for "
            f"padding: {entries} entries of the tokenizer and {expected - entries} motion tokens. "
            "Pass the tokenizer of the T5 that MotionGPT started from"
        )
    size = entries + len(added_tokens(codes))
    config = AgirConfig(
        text_config={"vocab_size": size},
        vqvae_config=vqvae.config.to_dict(),
        motion_token_offset=entries,
    )
    first = config.motion_token_offset
    rows = torch.arange(expected)
    rows[first : first + codes] = torch.arange(entries, entries + codes)
    special_ids = (
        config.motion_start_token_id,
        config.motion_end_token_id,
        config.motion_mask_token_id,
    )
    for source, target in enumerate(special_ids, entries + codes):
        rows[target] = source
    return rows


def _check_tensors(language, shapes: dict[str, tuple], path: Path) -> dict[str, torch.Tensor]:
    """Select the tensors of a T5, after a check of all shapes except the vocabulary rows."""
    shared = language["shared.weight"]
    shapes = shapes | dict.fromkeys(VOCABULARY, tuple(shared.shape))
    language = {**dict.fromkeys(EMBEDDINGS, shared), **language}
    missing = sorted(shapes.keys() - language.keys())
    if missing:
        raise ValueError(f"{path} lacks tensors of its language model: {join_names(missing)}")
    for name, shape in shapes.items():
        value = language[name]
        if tuple(value.shape) != shape:
            raise ValueError(
                f"{path}: {LANGUAGE_PREFIX}{name} has shape {tuple(value.shape)}, expected {shape}"
            )
        if name in EMBEDDINGS and not torch.equal(value, shared):
            raise ValueError(
                f"{path}: {LANGUAGE_PREFIX}{name} is not {LANGUAGE_PREFIX}shared.weight, and AGIR "
                "has one table of embeddings for both: such a checkpoint cannot be converted"
            )
    return {name: language[name] for name in shapes}


def _t5_config(language, config: T5Config | str | os.PathLike | None, path: Path) -> T5Config:
    """Configuration of the T5: sizes from shapes, the rest from ``config`` or T5's defaults."""
    needed = ("shared.weight", "lm_head.weight", _QUERY, _BIAS, f"{_FEED_FORWARD}wo.weight")
    missing = [name for name in needed if name not in language]
    if missing:
        raise ValueError(f"{path} lacks tensors of its language model: {join_names(missing)}")
    for name in needed:
        if language[name].ndim != 2:
            shape = tuple(language[name].shape)
            raise ValueError(
                f"{path}: {LANGUAGE_PREFIX}{name} has shape {shape}, expected a matrix"
            )
    buckets, heads = language[_BIAS].shape
    sizes = {
        "d_model": language["shared.weight"].shape[1],
        "d_kv": language[_QUERY].shape[0] // heads,
        "d_ff": language[f"{_FEED_FORWARD}wo.weight"].shape[1],
        "num_layers": _count_blocks(language, "encoder"),
        "num_decoder_layers": _count_blocks(language, "decoder"),
        "num_heads": heads,
        "relative_attention_num_buckets": buckets,
    }
    gated = f"{_FEED_FORWARD}wi_0.weight" in language
    if config is None:
        tied = torch.equal(language["lm_head.weight"], language["shared.weight"])
        activation = "gated-gelu" if gated else "relu"
        return T5Config(**sizes, feed_forward_proj=activation, tie_word_embeddings=tied)
    config = load_t5_config(config)
    for name, size in {**sizes, "is_gated_act": gated}.items():
        if getattr(config, name) != size:
            raise ValueError(
                f"t5_config has {name} {getattr(config, name)}, {path} has {size}: pass the "
                "configuration of the T5 that MotionGPT started from"
            )
    return copy.deepcopy(config)


def _count_blocks(language, stack: str) -> int:
    numbers = [int(m[1]) for k in language if (m := re.match(rf"{stack}\.block\.(\d+)\.", k))]
    return max(numbers, default=0) + 1
