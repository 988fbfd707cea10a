"""A MotionGPT checkpoint → an AGIR model and its processor, with a report of every tensor.

Source: Jiang et al. 2023, "MotionGPT: Human Motion as a Foreign Language". Its checkpoints hold a
motion VQ-VAE (``vae.`` or ``motion_vae.``) and a T5 (``lm.language_model.``) whose vocabulary ends
in the motion tokens: K codes, start, end, mask.
"""

import copy
import os
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import torch
from transformers import AutoTokenizer, T5Config, T5ForConditionalGeneration

from ..configuration_agir import NUM_MOTION_SPECIAL_TOKENS, AgirConfig, added_tokens
from ..feature_extraction_agir import statistics_fingerprint
from ..humanml3d import NUM_FEATURES
from ..modeling_agir import AgirForGaitAssessment
from ..modeling_motion_vqvae import MotionVQVAE, _rename_motiongpt
from ..processing_agir import AgirProcessor
from .load_report import Loaded, LoadReport, listed

TRAINING_DATA = "the motions and texts of MotionGPT, no gait scores"
_LANGUAGE = "lm.language_model."
_MOTION = re.compile(r"^(?:motion_vae|vae)\.(.+)$")
_MOST_PADDING = 128  # rows that vocabularies are padded with: fewer than this
_EMBEDDINGS = ("shared.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight")
_VOCABULARY = (*_EMBEDDINGS, "lm_head.weight")  # tensors with a row for each token
_QUERY = "encoder.block.0.layer.0.SelfAttention.q.weight"
_BIAS = "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight"
_FEED_FORWARD = "encoder.block.0.layer.1.DenseReluDense."


def convert_motiongpt(
    checkpoint: str | os.PathLike,
    tokenizer,
    mean=None,
    std=None,
    t5_config: T5Config | str | os.PathLike | None = None,
) -> tuple[AgirForGaitAssessment, AgirProcessor, LoadReport]:
    """A whole AGIR model out of a MotionGPT checkpoint, ready to be trained on gait.

    Sizes are read from shapes. Text and motion tokens keep their rows of the embeddings and of
    the head; the seven tokens of an answer get new ones, drawn from the global random state.

    Args:
        checkpoint: file of ``torch.save``, read as plain tensors.
        tokenizer: the T5 tokenizer before its motion tokens, or a folder or Hub name of one.
        mean, std: (263,) statistics MotionGPT was trained with, or ``.npy`` files of them. None
            where the checkpoint has them as ``mean`` and ``std``.
        t5_config: of the T5 that MotionGPT started from, for what shapes do not tell: the
            activation, dropout, and whether hidden states are scaled before the head (without
            it: where the head is tied to the embeddings).

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file cannot be read safely, lacks tensors or has some of other shapes
            (named), if the tokenizer is not the checkpoint's, or statistics are absent or wrong.
    """
    path = Path(checkpoint)
    state, beside = _read(path)
    vqvae = _motion_part(path, state)
    carried = {**beside, **state}
    mean = _statistics("mean", mean, carried.get("mean"))
    std = _statistics("std", std, carried.get("std"))
    tokenizer = _tokenizer(tokenizer)
    t5, rows = _language_part(path, state, tokenizer, vqvae, t5_config)
    vqvae.config.statistics_fingerprint = statistics_fingerprint(mean, std)
    processor = AgirProcessor.from_t5(
        tokenizer,
        mean,
        std,
        codebook_size=vqvae.config.codebook_size,
        downsampling_factor=vqvae.config.downsampling_factor,
    )
    model = AgirForGaitAssessment.from_t5(t5, vqvae, tokenizer)
    model.config.training_data = TRAINING_DATA
    scale = t5.config.d_model**-0.5 if t5.config.scale_decoder_outputs else 1.0
    return model, processor, _motiongpt_report(state, beside, model, rows, scale)


def t5_report(t5, model: AgirForGaitAssessment) -> LoadReport:
    """What `AgirForGaitAssessment.from_t5` made of a T5 or Flan-T5.

    Args:
        t5: [`~transformers.T5ForConditionalGeneration`], or a folder of one: then the tensors of
            its files are reported, those that transformers leaves aside included.
        model: what ``from_t5`` made of it, not trained since.

    Raises:
        FileNotFoundError: if the folder has no weights.
        ValueError: if a tensor of the model is not what the T5 has in its place.
    """
    if isinstance(t5, str | os.PathLike):
        sources, config = _t5_files(Path(t5)), _configuration(t5)
    else:
        sources, config = t5.state_dict(), t5.config
    pairs = [(name, _t5_target(name)) for name in sources]
    absent = [name for name in _VOCABULARY if name not in sources]
    pairs += [("shared.weight", _t5_target(name)) for name in absent if "shared.weight" in sources]
    scale = config.d_model**-0.5 if config.scale_decoder_outputs else 1.0
    report = _compare(sources, pairs, model, None, scale)
    report.unused |= {
        name: "no place in this model"
        for name in sources.keys() - {row.source for row in report.taken + report.resized}
    }
    report.new = {
        name: "of the motion VQ-VAE" if name.startswith("vqvae.") else "not in the T5: drawn anew"
        for name in report.new
    }
    return report


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Weights of a checkpoint by their names, and what else the file holds."""
    if not path.is_file():
        raise FileNotFoundError(f"no such checkpoint: {path}")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise ValueError(
            f"{path} cannot be read as plain weights ({reason}): give a whole checkpoint of "
            "tensors, or save its state_dict alone with torch.save"
        ) from error
    if not isinstance(content, dict) or not isinstance(content.get("state_dict", {}), dict):
        raise ValueError(f"{path} holds no state_dict, expected a MotionGPT checkpoint")
    state = content.get("state_dict", content)
    beside = {str(k): v for k, v in content.items() if k != "state_dict" and state is not content}
    state = {str(key): value for key, value in state.items()}
    if not any(key.startswith(_LANGUAGE) for key in state):
        raise ValueError(
            f"{path} holds no key that starts with '{_LANGUAGE}', expected a MotionGPT checkpoint "
            "with its language model: MotionVQVAE.from_motiongpt reads a VQ-VAE alone"
        )
    broken = [
        name
        for name, value in state.items()
        if isinstance(value, torch.Tensor)
        and (name.startswith(_LANGUAGE) or _MOTION.match(name))
        and not value.isfinite().all()
    ]
    if broken:
        raise ValueError(f"{path} has NaN or infinity in {listed(broken)}: give a whole one")
    return state, beside


def _motion_part(path: Path, state: dict[str, Any]) -> MotionVQVAE:
    """The VQ-VAE of a checkpoint."""
    names = Counter(match[1] for key in state if (match := _MOTION.match(key)))
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise ValueError(
            f"{path} has {listed(twice)} as 'vae.' and as 'motion_vae.': leave one of them"
        )
    try:
        vqvae = MotionVQVAE.from_motiongpt(path)
    except RuntimeError as error:  # of load_state_dict: shapes
        reason = " ".join(str(error).split())
        raise ValueError(f"{path}: the VQ-VAE has tensors of wrong shapes: {reason}") from error
    if vqvae.config.num_features != NUM_FEATURES:
        raise ValueError(
            f"{path}: the VQ-VAE reads {vqvae.config.num_features} features a frame, expected the "
            f"{NUM_FEATURES} of HumanML3D: give a MotionGPT trained on HumanML3D"
        )
    return vqvae


def _statistics(name: str, given, carried) -> np.ndarray:
    """(263,) numbers from what was given (an array or a file) or what the checkpoint carries."""
    if given is None and carried is None:
        raise ValueError(
            f"the checkpoint carries no {name} to normalise features with and none was given: give "
            "mean and std, the .npy files MotionGPT was trained with (--mean, --std); with others "
            "the model is silently wrong"
        )
    told = f"{name} {given}" if isinstance(given, str | os.PathLike) else name
    values = _numbers(told, carried if given is None else given)
    if values.shape != (NUM_FEATURES,) or not np.isfinite(values).all():
        raise ValueError(
            f"{told} has shape {values.shape}, expected ({NUM_FEATURES},) finite numbers: the "
            "statistics of HumanML3D features that MotionGPT was trained with"
        )
    if given is not None and carried is not None:
        other = _numbers(name, carried)
        if other.shape != values.shape or not np.allclose(values, other, atol=1e-6):
            raise ValueError(f"{told} is not the {name} in the checkpoint: leave it out")
    return values


def _numbers(name: str, values) -> np.ndarray:
    """An array of floats out of an array, a tensor or an ``.npy`` file."""
    if isinstance(values, str | os.PathLike):
        try:
            values = np.load(values, allow_pickle=False)
        except FileNotFoundError as error:
            raise FileNotFoundError(f"no such file: {values}") from error
        except (ValueError, OSError, EOFError, BadZipFile) as error:
            raise ValueError(f"{name} cannot be read as an .npy file of numbers") from error
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} is {type(values).__name__}, expected an array") from error


def _tokenizer(tokenizer):
    if not isinstance(tokenizer, str | os.PathLike):
        return tokenizer
    try:
        return AutoTokenizer.from_pretrained(tokenizer)
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise ValueError(
            f"{tokenizer} holds no tokenizer that can be read ({reason}): give the folder of the "
            "T5 that MotionGPT started from"
        ) from error


def _vocabulary_rows(found: int, tokenizer, vqvae: MotionVQVAE, path: Path) -> torch.Tensor:
    """Of the ``found`` rows of MotionGPT's vocabulary, the one of each row of ours.

    Text stays in place; motion tokens go by what they mean.
    """
    entries, codes = len(tokenizer), vqvae.config.codebook_size
    wanted = entries + codes + NUM_MOTION_SPECIAL_TOKENS
    if not wanted <= found < wanted + _MOST_PADDING:
        raise ValueError(
            f"{path} has {found} rows of embeddings, expected {wanted}, or a little more for "
            f"padding: {entries} entries of the tokenizer and {wanted - entries} motion tokens. "
            "Give the tokenizer of the T5 that MotionGPT started from"
        )
    size = entries + len(added_tokens(codes))
    config = AgirConfig(
        text_config={"vocab_size": size},
        vqvae_config=vqvae.config.to_dict(),
        motion_token_offset=entries,
    )
    first = config.motion_token_offset
    rows = torch.arange(wanted)
    rows[first : first + codes] = torch.arange(entries, entries + codes)
    markers = (
        config.motion_start_token_id,
        config.motion_end_token_id,
        config.motion_mask_token_id,
    )
    for source, target in enumerate(markers, entries + codes):
        rows[target] = source
    return rows


def _language_part(path: Path, state, tokenizer, vqvae, t5_config):
    """The T5 of a checkpoint, its vocabulary in our order and without padding, and that order."""
    names = [name for name in state if name.startswith(_LANGUAGE)]
    language = {name.removeprefix(_LANGUAGE): state[name] for name in names}
    language = {k: v.float() for k, v in language.items() if isinstance(v, torch.Tensor)}
    config = _t5_sizes(language, t5_config, path)
    rows = _vocabulary_rows(len(language["shared.weight"]), tokenizer, vqvae, path)
    config.pad_token_id, config.eos_token_id = tokenizer.pad_token_id, tokenizer.eos_token_id
    config.decoder_start_token_id = tokenizer.pad_token_id
    config.vocab_size = len(rows)
    with torch.device("meta"):
        t5 = T5ForConditionalGeneration(config).eval()
    shapes = {name: tuple(value.shape) for name, value in t5.state_dict().items()}
    weights = _checked(language, shapes, path)
    weights |= {name: weights[name][rows] for name in _VOCABULARY}
    t5.load_state_dict(weights, assign=True)
    return t5, rows


def _checked(language, shapes: dict[str, tuple], path: Path) -> dict[str, torch.Tensor]:
    """The tensors a T5 has, all there and of its shapes but for the rows of the vocabulary."""
    shared = language["shared.weight"]
    shapes = shapes | dict.fromkeys(_VOCABULARY, tuple(shared.shape))
    language = {**dict.fromkeys(_EMBEDDINGS, shared), **language}
    missing = sorted(shapes.keys() - language.keys())
    if missing:
        raise ValueError(f"{path} lacks tensors of its language model: {listed(missing)}")
    for name, shape in shapes.items():
        value = language[name]
        if tuple(value.shape) != shape:
            raise ValueError(
                f"{path}: {_LANGUAGE}{name} has shape {tuple(value.shape)}, expected {shape}"
            )
        if name in _EMBEDDINGS and not torch.equal(value, shared):
            raise ValueError(
                f"{path}: {_LANGUAGE}{name} is not {_LANGUAGE}shared.weight, and AGIR has one "
                "table of embeddings for both: such a checkpoint cannot be converted"
            )
    return {name: language[name] for name in shapes}


def _t5_sizes(language, given: T5Config | str | os.PathLike | None, path: Path) -> T5Config:
    """The configuration that the shapes tell; what they do not, from ``given`` or T5's defaults."""
    needed = ("shared.weight", "lm_head.weight", _QUERY, _BIAS, f"{_FEED_FORWARD}wo.weight")
    missing = [name for name in needed if name not in language]
    if missing:
        raise ValueError(f"{path} lacks tensors of its language model: {listed(missing)}")
    for name in needed:
        if language[name].ndim != 2:
            shape = tuple(language[name].shape)
            raise ValueError(f"{path}: {_LANGUAGE}{name} has shape {shape}, expected a matrix")
    buckets, heads = language[_BIAS].shape
    sizes = {
        "d_model": language["shared.weight"].shape[1],
        "d_kv": language[_QUERY].shape[0] // heads,
        "d_ff": language[f"{_FEED_FORWARD}wo.weight"].shape[1],
        "num_layers": _blocks(language, "encoder"),
        "num_decoder_layers": _blocks(language, "decoder"),
        "num_heads": heads,
        "relative_attention_num_buckets": buckets,
    }
    gated = f"{_FEED_FORWARD}wi_0.weight" in language
    if given is None:
        tied = torch.equal(language["lm_head.weight"], language["shared.weight"])
        activation = "gated-gelu" if gated else "relu"
        return T5Config(**sizes, feed_forward_proj=activation, tie_word_embeddings=tied)
    given = _configuration(given)
    told = {**{name: getattr(given, name) for name in sizes}, "is_gated_act": given.is_gated_act}
    for name, size in {**sizes, "is_gated_act": gated}.items():
        if told[name] != size:
            raise ValueError(
                f"t5_config has {name} {told[name]}, {path} has {size}: give the configuration "
                "of the T5 that MotionGPT started from"
            )
    return copy.deepcopy(given)


def _configuration(given: T5Config | str | os.PathLike) -> T5Config:
    if not isinstance(given, str | os.PathLike):
        return given
    if Path(given).is_dir() and not (Path(given) / "config.json").is_file():
        # transformers would answer with the sizes of a T5-small
        raise FileNotFoundError(f"{given} holds no config.json, expected the folder of a T5")
    return T5Config.from_pretrained(given)


def _blocks(language, stack: str) -> int:
    numbers = [int(m[1]) for k in language if (m := re.match(rf"{stack}\.block\.(\d+)\.", k))]
    return max(numbers, default=0) + 1


def _motiongpt_report(state, beside, model, rows, scale) -> LoadReport:
    """Where the tensors of a checkpoint went; every name of it is in the report."""
    pairs = []
    for name in state:
        if match := _MOTION.match(name):
            place = _rename_motiongpt(match[1], model.config.vqvae_config)
            pairs.append((name, f"vqvae.{place}"))
        elif name.startswith(_LANGUAGE):
            pairs.append((name, _t5_target(name.removeprefix(_LANGUAGE))))
    shared = f"{_LANGUAGE}shared.weight"
    absent = [name for name in _EMBEDDINGS if _LANGUAGE + name not in state]
    pairs += [(shared, _t5_target(name)) for name in absent]
    numbers = {k: v.float() if isinstance(v, torch.Tensor) else v for k, v in state.items()}
    report = _compare(numbers, pairs, model, rows, scale)
    for name in ("mean", "std"):
        if name in {**beside, **state}:
            report.taken.append(Loaded(name, f"feature_extractor.{name}"))
    arrived = {row.source for row in report.taken + report.resized}
    report.unused = {
        **{name: _why_unused(name, state[name]) for name in state if name not in arrived},
        **{name: "beside the weights" for name in beside if name not in arrived},
    }
    counts = "the checkpoint has no running counts: as if every code had been met once"
    report.new = dict.fromkeys(report.new, counts)
    return report


def _why_unused(name: str, value) -> str:
    if not isinstance(value, torch.Tensor):
        return "not a tensor"
    if _MOTION.match(name):
        return "no place in the motion VQ-VAE"
    if name.startswith(_LANGUAGE):
        return "no place in the T5"
    if name.startswith(("metrics.", "Metrics", "_losses.")):
        return "of MotionGPT's metrics and losses"
    return "neither of the VQ-VAE nor of the language model"


def _compare(
    sources: dict[str, Any],
    pairs: Iterable[tuple[str, str]],
    model: AgirForGaitAssessment,
    rows: torch.Tensor | None,
    scale: float,
) -> LoadReport:
    """A report of tensors that were to arrive; each is compared with what the model has.

    Args:
        pairs: name in ``sources``, name in the model; those the model has not are passed over.
        rows: source row of each of the first rows of the model's vocabulary; None: the same.
        scale: of the head.
    """
    state, report = model.state_dict(), LoadReport()
    vocabulary = {_t5_target(name) for name in _VOCABULARY}
    for name, target in pairs:
        if target not in state or not isinstance(sources[name], torch.Tensor):
            continue
        source, found, notes = sources[name], state[target], []
        if target == "lm_head.weight" and scale != 1:
            source = source * scale
            notes.append("times d_model^-0.5, with which a T5 of a tied head scales instead")
        resized = target in vocabulary and (rows is not None or len(source) != len(found))
        if resized:
            source, found, note = _with_same_rows(source, found, rows)
            notes.insert(0, note)
        if source.shape != found.shape or not torch.equal(source.to(found.dtype), found):
            raise ValueError(
                f"{target} of the model is not {name} of the checkpoint: report on a model that "
                "was made of it and not trained since"
            )
        kind = report.resized if resized else report.taken
        kind.append(Loaded(name, target, "; ".join(notes)))
    filled = {row.target for row in report.taken + report.resized}
    report.new = dict.fromkeys((name for name in state if name not in filled), "")
    return report


def _with_same_rows(source, found, rows):
    """Rows that source and model have in common, in the model's order, and what became of all."""
    kept = len(source) if rows is None else len(rows)
    note = f"{len(source):,} → {len(found):,} rows, {len(found) - kept} of them drawn"
    if len(source) > kept:
        note += f"; {len(source) - kept} rows of padding left out"
    return source if rows is None else source[rows], found[:kept], note


def _t5_target(name: str) -> str:
    """Name in our model of a tensor of a T5."""
    return name if name.startswith("lm_head.") else f"model.{name}"


def _t5_files(folder: Path) -> dict[str, torch.Tensor]:
    """Tensors of a T5's files, read as plain tensors."""
    from safetensors.torch import load_file

    safe, plain = sorted(folder.glob("*.safetensors")), sorted(folder.glob("pytorch_model*.bin"))
    tensors = {}
    for path in safe or plain:
        if path.suffix == ".safetensors":
            tensors |= load_file(path)
        else:
            tensors |= torch.load(path, map_location="cpu", weights_only=True)
    if not tensors:
        raise FileNotFoundError(f"{folder} holds no .safetensors and no pytorch_model*.bin")
    return tensors
