"""Time of a training step and of an answer, measured on networks with random weights."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from transformers import AutoTokenizer, PreTrainedConfig, T5Config
from transformers.utils import logging

from ..configuration_agir import AgirConfig, MotionVQVAEConfig, added_tokens
from ..modeling_agir import AgirForGaitAssessment
from ..modeling_motion_vqvae import MotionVQVAE
from ..training.initialization import StartArguments
from ..training.model_flops import count_parameters, training_flops
from ..training.tokenizer import train_t5_tokenizer
from .configurations import CONFIGURATIONS, TOKENIZER
from .training_length import batch_size

if TYPE_CHECKING:
    from .plan import TablePlan

MEASURED = "reasoning_only"  # configuration whose network is timed
_WALKS = 200  # walks of which mean lengths are taken
_ANSWER_TOKENS = 8  # tokens of the timed answers
_ANSWERS = 16  # answers at a time, fewer than in a prediction so that a large model fits
_SHORT_S = 0.5  # a row that takes less is timed again in a whole batch
_WINDOW_FRAMES = 64  # of the motion tokenizer


@dataclass(frozen=True)
class StepTimes:
    """Measured times of the networks of a plan.

    Attributes:
        tokenizer_step: Seconds of an update of the motion tokenizer.
        operation: Seconds of one floating-point operation in a training step of the language model.
        answer: Seconds to generate an answer, in a batch.
        tokenizer_bytes: Size of the weights of the tokenizer.
        language_bytes: Size of the weights of a complete model.
        config: Configuration of the complete model.
        motion_tokens: Mean number of motion tokens of a walk.
        text_tokens: Mean number of tokens of a rationale.
    """

    tokenizer_step: float
    operation: float
    answer: float
    tokenizer_bytes: int
    language_bytes: int
    config: AgirConfig
    motion_tokens: float
    text_tokens: float

    def step_of(self, settings: Mapping[str, Any], name: str) -> float:
        """Return the seconds of an update.

        Args:
            settings: Options of the stage.
            name: Name of the configuration.
        """
        rows = batch_size(settings)
        if float(settings.get("embedded_weight", 0.0)):  # further examples with the answers
            rows *= 1 + float(settings.get("embedded_share", 1.0))
        flops = training_flops(
            self.config,
            rows,
            self.motion_tokens,
            self.text_tokens,
            preference=CONFIGURATIONS[name].preference,
            frozen_weights=bool(settings.get("use_peft")),
            gradient_checkpointing=bool(settings.get("gradient_checkpointing")),
        )
        return flops * self.operation


def measure_steps(plan: "TablePlan") -> StepTimes:
    """Time one step of the tokenizer, one of the language model and a part of an answer.

    Args:
        plan: Plan of the table.

    Returns:
        The times on the first of the plan's devices, on one core if it is the CPU.

    Raises:
        OSError: The configuration of a model on the Hub cannot be read.
    """
    device, threads = torch.device(plan.devices[0]), torch.get_num_threads()
    level = logging.get_verbosity()
    logging.set_verbosity_error()
    with torch.random.fork_rng():
        try:
            if device.type == "cpu":
                torch.set_num_threads(1)
            return _measured(plan, device)
        finally:
            torch.set_num_threads(threads)
            if device.type == "cuda":
                torch.cuda.empty_cache()  # for the stages, which are other processes
            logging.set_verbosity(level)


def _measured(plan: "TablePlan", device: torch.device) -> StepTimes:
    config, tokenizer = network_config(plan)
    codes, settings = config.vqvae_config, plan.cross.settings(MEASURED)
    texts = plan.walks.rationales[:_WALKS]
    motion_tokens = float(np.mean([len(motion) for motion in plan.walks.motions[:_WALKS]]))
    motion_tokens /= codes.downsampling_factor
    text_tokens = float(np.mean([len(ids) for ids in tokenizer(texts)["input_ids"]]))
    tokenizer_step = 0.0
    if plan.cross.trains_tokenizer:
        vqvae = MotionVQVAE(codes).to(device).train()
        rows = batch_size(plan.cross.settings(TOKENIZER))
        tokenizer_step = _seconds_of_batch(partial(_tokenizer_step, vqvae), rows, device)
    model = AgirForGaitAssessment(config).to(device).train()
    model.vqvae.requires_grad_(False)
    lengths = round(motion_tokens), round(text_tokens)
    micro_batch = int(settings.get("per_device_train_batch_size", 8))
    precision = plan.cross.precision
    bf16 = precision == "bf16" if precision else bool(settings.get("bf16"))
    step = partial(_language_step, model, lengths, bf16)
    seconds = _seconds_of_batch(step, micro_batch, device)
    operation = seconds / training_flops(config, micro_batch, motion_tokens, text_tokens)
    sizes = [4 * count_parameters(part).total for part in (codes, config)]
    answer = _seconds_of_answer(model.eval(), lengths, device)
    return StepTimes(tokenizer_step, operation, answer, *sizes, config, motion_tokens, text_tokens)


def network_config(plan: "TablePlan") -> tuple[AgirConfig, Any]:
    """Make the configuration of the networks that a plan trains.

    Args:
        plan: Plan of the table.

    Returns:
        Configuration of the complete model, and a tokenizer of texts like its own.
    """
    start, settings = plan.cross.start, plan.cross.settings(MEASURED)
    if start.model:
        return AgirConfig.from_pretrained(start.model), AutoTokenizer.from_pretrained(start.model)
    if start.vqvae_model:
        codes = AgirConfig.from_pretrained(start.vqvae_model).vqvae_config
    elif start.vqvae:
        codes = MotionVQVAEConfig.from_pretrained(start.vqvae)
    else:
        codes = _tokenizer_config(plan)
    t5 = start.t5 or (None if plan.smoke else settings.get("t5"))
    if t5:
        text = T5Config.from_dict(PreTrainedConfig.get_config_dict(t5)[0])
        tokenizer = AutoTokenizer.from_pretrained(t5)
    else:
        text, tokenizer = _text_config(plan, settings)
    extra = len(added_tokens(codes.codebook_size, len(plan.classes)))
    text.vocab_size = max(text.vocab_size, len(tokenizer) + extra)
    config = AgirConfig(
        text_config=text.to_dict(),
        vqvae_config=codes.to_dict(),
        motion_token_offset=len(tokenizer),
        num_scores=len(plan.classes),
    )
    return config, tokenizer


def _with_words(settings: Mapping[str, Any], words: tuple[str, ...]) -> dict[str, Any]:
    """Settings with the options of a command line, whose values here are whole numbers."""
    pairs = zip(words[::2], words[1::2], strict=True)
    return {**settings, **{name.removeprefix("--"): int(value) for name, value in pairs}}


def _tokenizer_config(plan: "TablePlan") -> MotionVQVAEConfig:
    words = plan.cross.budget.options.get("train_vqvae", ())
    settings = _with_words(plan.cross.settings(TOKENIZER), words)
    names = ("codebook_size", "code_dim", "width", "num_downsamplings", "num_residual_blocks")
    return MotionVQVAEConfig(**{name: settings[name] for name in names if name in settings})


def _text_config(plan: "TablePlan", settings: Mapping[str, Any]) -> tuple[T5Config, Any]:
    """Configuration of a T5 from scratch, and a tokenizer that some texts are enough for."""
    defaults = {name: field.default for name, field in StartArguments.__dataclass_fields__.items()}
    words = plan.cross.budget.options.get(CONFIGURATIONS[MEASURED].recipe, ())
    values = _with_words({**defaults, **settings}, words)
    tokenizer = train_t5_tokenizer(plan.walks.rationales[:_WALKS], values["vocabulary_size"])
    text = T5Config(
        vocab_size=values["vocabulary_size"],
        d_model=values["d_model"],
        d_kv=values["d_model"] // values["num_heads"],
        d_ff=values["d_ff"],
        num_layers=values["num_layers"],
        num_heads=values["num_heads"],
        feed_forward_proj="gated-gelu",
        decoder_start_token_id=tokenizer.pad_token_id,
    )
    return text, tokenizer


def _seconds_of_batch(
    step: Callable[[int, torch.device], None], rows: int, device: torch.device
) -> float:
    """Seconds of a step of a batch; if one row takes long, its time is multiplied."""
    step(1, device)  # the first step also allocates memory
    seconds = _seconds(partial(step, 1, device), device)
    if seconds > _SHORT_S:
        return rows * seconds
    return _seconds(partial(step, rows, device), device)


def _seconds(function: Callable[[], Any], device: torch.device) -> float:
    started = time.perf_counter()
    function()
    if device.type not in ("cpu", "meta"):
        torch.accelerator.synchronize(device)
    return time.perf_counter() - started


def _tokenizer_step(vqvae: MotionVQVAE, rows: int, device: torch.device) -> None:
    windows = torch.randn(rows, _WINDOW_FRAMES, vqvae.config.num_features, device=device)
    vqvae(windows).loss.backward()


def _prompts(model, tokens: int, rows: int, device: torch.device) -> dict[str, torch.Tensor]:
    entries = model.config.motion_token_offset  # of text
    ids = torch.randint(2, entries, (rows, tokens), device=device)
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}


def _language_step(
    model, lengths: tuple[int, int], bf16: bool, rows: int, device: torch.device
) -> None:
    inputs = _prompts(model, lengths[0], rows, device)
    labels = _prompts(model, lengths[1], rows, device)["input_ids"]
    with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
        model(**inputs, labels=labels).loss.backward()


@torch.no_grad()
def _seconds_of_answer(model, lengths: tuple[int, int], device: torch.device) -> float:
    """Seconds of a whole answer, from those of its first tokens in a batch."""
    inputs = _prompts(model, lengths[0], _ANSWERS, device)
    limits = {"max_new_tokens": _ANSWER_TOKENS, "min_new_tokens": _ANSWER_TOKENS}
    generate = partial(model.generate, **inputs, **limits, do_sample=False)
    generate()
    return _seconds(generate, device) / _ANSWERS * lengths[1] / _ANSWER_TOKENS
