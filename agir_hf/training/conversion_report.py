"""Reports on conversions from MotionGPT and T5: each tensor is compared with the new model."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from transformers import T5Config

from ..modeling_agir import AgirForGaitAssessment
from ..modeling_motion_vqvae import _rename_motiongpt
from .load_report import LoadedTensor, LoadReport
from .motiongpt_checkpoint import LANGUAGE_PREFIX, MOTION_NAME

EMBEDDINGS = ("shared.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight")
VOCABULARY = (*EMBEDDINGS, "lm_head.weight")  # tensors with a row for each token


def t5_report(t5, model: AgirForGaitAssessment) -> LoadReport:
    """Report how `AgirForGaitAssessment.from_t5` used the tensors of a T5 or Flan-T5.

    Args:
        t5: [`~transformers.T5ForConditionalGeneration`], or a folder with one: then all tensors of
            its files are in the report, including those that transformers ignores.
        model: Result of ``from_t5``, not trained since.

    Returns:
        The report.

    Raises:
        FileNotFoundError: The folder has no weights.
        ValueError: A tensor of the model differs from that of the T5.
    """
    if isinstance(t5, str | os.PathLike):
        sources, config = _read_t5_files(Path(t5)), load_t5_config(t5)
    else:
        sources, config = t5.state_dict(), t5.config
    pairs = [(name, _model_name(name)) for name in sources]
    absent = [name for name in VOCABULARY if name not in sources]
    pairs += [("shared.weight", _model_name(name)) for name in absent if "shared.weight" in sources]
    report = _compare(sources, pairs, model, None, head_scale(config))
    report.unused |= {
        name: "not used in this model"
        for name in sources.keys() - {row.source for row in report.copied + report.resized}
    }
    report.new = {
        name: "part of the motion VQ-VAE"
        if name.startswith("vqvae.")
        else "not in the T5: newly initialised"
        for name in report.new
    }
    return report


def motiongpt_report(
    state: dict[str, Any],
    others: dict[str, Any],
    model: AgirForGaitAssessment,
    vocabulary_rows: torch.Tensor,
    scale: float,
) -> LoadReport:
    """Report the destination of every tensor of a MotionGPT checkpoint.

    Args:
        state: Weights of the checkpoint.
        others: Other entries of the checkpoint.
        model: Model that was converted from the checkpoint.
        vocabulary_rows: Row of MotionGPT's vocabulary for each of the first rows of the model's.
        scale: Factor by which the head was multiplied.

    Returns:
        The report.
    """
    pairs = []
    for name in state:
        if match := MOTION_NAME.match(name):
            target = _rename_motiongpt(match[1], model.config.vqvae_config)
            pairs.append((name, f"vqvae.{target}"))
        elif name.startswith(LANGUAGE_PREFIX):
            pairs.append((name, _model_name(name.removeprefix(LANGUAGE_PREFIX))))
    shared = f"{LANGUAGE_PREFIX}shared.weight"
    absent = [name for name in EMBEDDINGS if LANGUAGE_PREFIX + name not in state]
    pairs += [(shared, _model_name(name)) for name in absent]
    values = {k: v.float() if isinstance(v, torch.Tensor) else v for k, v in state.items()}
    report = _compare(values, pairs, model, vocabulary_rows, scale)
    for name in ("mean", "std"):
        if name in {**others, **state}:
            report.copied.append(LoadedTensor(name, f"feature_extractor.{name}"))
    used = {row.source for row in report.copied + report.resized}
    report.unused = {
        **{name: _unused_reason(name, state[name]) for name in state if name not in used},
        **{name: "not part of the weights" for name in others if name not in used},
    }
    reason = "the checkpoint has no running counts: set as if every code had occurred once"
    report.new = dict.fromkeys(report.new, reason)
    return report


def load_t5_config(config: T5Config | str | os.PathLike) -> T5Config:
    """Load the configuration of a T5.

    Args:
        config: Configuration, which is returned, or the folder or Hub name of a T5.

    Returns:
        The configuration.

    Raises:
        FileNotFoundError: The folder has no ``config.json``.
    """
    if not isinstance(config, str | os.PathLike):
        return config
    if Path(config).is_dir() and not (Path(config) / "config.json").is_file():
        # transformers would return the sizes of a T5-small
        raise FileNotFoundError(f"{config} has no config.json, expected the folder of a T5")
    return T5Config.from_pretrained(config)


def head_scale(config: T5Config) -> float:
    """Factor of the head that replaces the scaling of hidden states in a T5 with a tied head."""
    return config.d_model**-0.5 if config.scale_decoder_outputs else 1.0


def _unused_reason(name: str, value) -> str:
    if not isinstance(value, torch.Tensor):
        return "not a tensor"
    if MOTION_NAME.match(name):
        return "not used in the motion VQ-VAE"
    if name.startswith(LANGUAGE_PREFIX):
        return "not used in the T5"
    if name.startswith(("metrics.", "Metrics", "_losses.")):
        return "of MotionGPT's metrics and losses"
    return "neither part of the VQ-VAE nor of the language model"


def _compare(
    sources: dict[str, Any],
    pairs: Iterable[tuple[str, str]],
    model: AgirForGaitAssessment,
    vocabulary_rows: torch.Tensor | None,
    scale: float,
) -> LoadReport:
    """Compare tensors of a checkpoint with the model, and report those that are in it.

    Args:
        sources: Tensors of the checkpoint.
        pairs: Name in ``sources``, name in the model; names that the model does not have are
            ignored.
        model: Model that was converted from the checkpoint.
        vocabulary_rows: Source row of each of the first rows of the model's vocabulary; `None` if
            the order is the same.
        scale: Factor of the head.
    """
    state, report = model.state_dict(), LoadReport()
    vocabulary = {_model_name(name) for name in VOCABULARY}
    for name, target in pairs:
        if target not in state or not isinstance(sources[name], torch.Tensor):
            continue
        source, value, notes = sources[name], state[target], []
        if target == "lm_head.weight" and scale != 1:
            source = source * scale
            notes.append("times d_model^-0.5, instead of the scaling of a T5 with a tied head")
        resized = target in vocabulary and (
            vocabulary_rows is not None or len(source) != len(value)
        )
        if resized:
            source, value, note = _common_rows(source, value, vocabulary_rows)
            notes.insert(0, note)
        if source.shape != value.shape or not torch.equal(source.to(value.dtype), value):
            raise ValueError(
                f"{target} of the model is not {name} of the checkpoint: pass a model that was "
                "converted from this checkpoint and not trained since"
            )
        group = report.resized if resized else report.copied
        group.append(LoadedTensor(name, target, "; ".join(notes)))
    filled = {row.target for row in report.copied + report.resized}
    report.new = dict.fromkeys((name for name in state if name not in filled), "")
    return report


def _common_rows(source, value, vocabulary_rows):
    """Return the rows that both have, in the model's order, and a note on the numbers of rows."""
    kept = len(source) if vocabulary_rows is None else len(vocabulary_rows)
    note = f"{len(source):,} → {len(value):,} rows, {len(value) - kept} of them new"
    if len(source) > kept:
        note += f"; {len(source) - kept} rows of padding left out"
    return source if vocabulary_rows is None else source[vocabulary_rows], value[:kept], note


def _model_name(name: str) -> str:
    """Name in our model of a tensor of a T5."""
    return name if name.startswith("lm_head.") else f"model.{name}"


def _read_t5_files(folder: Path) -> dict[str, torch.Tensor]:
    """Read the tensors of a T5's files, without executing code from them."""
    from safetensors.torch import load_file

    safetensors, pickles = (
        sorted(folder.glob(pattern)) for pattern in ("*.safetensors", "pytorch_model*.bin")
    )
    tensors = {}
    for path in safetensors or pickles:
        if path.suffix == ".safetensors":
            tensors |= load_file(path)
        else:
            tensors |= torch.load(path, map_location="cpu", weights_only=True)
    if not tensors:
        raise FileNotFoundError(f"{folder} has no .safetensors and no pytorch_model*.bin")
    return tensors
