"""Time and disk space of a reproduction, estimated before there is a corpus.

The floating-point operations of every training come from the sizes in its YAML file and the number
of walks (`agir_hf.training.model_flops`), the rate of this machine from a product of matrices. The
estimate is rough, within a factor of about two. The tables measure their own steps when they begin,
and print a better one.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..constants_agir import SCORES
from ..corpus.splits import FOLDS, TEST_SHARE, VALIDATION_SHARE
from .configurations import CONFIGURATIONS, TOKENIZER_SETTINGS, read_settings
from .cross_validation import SMOKE, TrainingBudget
from .reproduce_steps import (
    CORPUS,
    GENERATIVE,
    MOTIONGPT,
    PREFERENCE,
    PROBE_TABLE,
    REASONING,
    REASONING_TABLE,
    T5,
    TOKENIZER,
)
from .training_length import batch_size

if TYPE_CHECKING:
    from ..configuration_agir import AgirConfig
    from .reproduce_plan import ReproducePlan

# Measured on two cores: 61 s for 69 walks with a fitted body, 12 s to convert MotionGPT.
BODY_SECONDS, CENTRES_SECONDS, CONVERSION_SECONDS = 0.9, 0.2, 15
STAGE_SECONDS = 15  # to start a process and load the corpus
FRAME_RATE_HZ, WALK_SECONDS, WINDOW_FRAMES = 20, 10, 64  # WALK_SECONDS: where no header states it
TEXT_TOKENS = 120  # of a rationale with T5's tokenizer
WALK_BYTES = 600_000  # of the corpus and its intermediate results, for a walk of ten seconds
UTILISATION = 0.35  # share of the rate of a matrix product that a training step achieves
ASSUMED_RATE = 1e14  # operations per second of an absent GPU: a third of an A100's peak in bfloat16
STEP_SECONDS = {"cpu": 0.02, "gpu": 0.25}  # least time of a step of the language model
GENERATION = {"cpu": 0.4, "gpu": 0.02}  # rate of generation relative to training
ROWS = {"sft_generative": 2, "dpo": 2}  # rows of a walk; 1 for other recipes
SMOKE_FOLDS = 2
# Width, feed-forward width, layers and heads of Flan-T5, from the names of its sizes.
T5_SIZES = {
    "small": (512, 1024, 8, 6), "base": (768, 2048, 12, 12), "large": (1024, 2816, 24, 16),
}  # fmt: skip


@dataclass(frozen=True)
class Estimate:
    """Time and disk space of each step.

    Attributes:
        seconds: Name of the step → seconds.
        disk_bytes: Name of the step → bytes that it adds to the output folder.
        basis: What the estimate assumes, in words.
    """

    seconds: dict[str, float]
    disk_bytes: dict[str, int]
    basis: str

    def seconds_of_others(self, finished: Collection[str] = ()) -> float:
        """Total seconds of the steps that are not finished."""
        return sum(value for name, value in self.seconds.items() if name not in finished)

    def bytes_of_others(self, finished: Collection[str] = ()) -> int:
        """Total bytes of the steps that are not finished."""
        return sum(value for name, value in self.disk_bytes.items() if name not in finished)


@dataclass(frozen=True)
class _Machine:
    """What the times are computed from.

    Attributes:
        rate: Floating-point operations per second of a training step.
        kind: "cpu" or "gpu".
        config: Configuration of the model.
        parameters: Numbers of parameters of the motion tokenizer and of the complete model.
        walks: Number of walks.
        motion_tokens: Motion tokens of a walk.
    """

    rate: float
    kind: str
    config: AgirConfig
    parameters: tuple[int, int]
    walks: int
    motion_tokens: float

    def training(self, recipe: str, settings: Mapping[str, Any], steps: int | None = None) -> float:
        """Seconds of a training.

        Args:
            recipe: Name of the recipe.
            settings: Options of its YAML file.
            steps: Updates; None takes them from the settings.
        """
        from ..training.model_flops import training_flops

        rows, codes, least = batch_size(settings), self.motion_tokens, STEP_SECONDS[self.kind]
        steps = self.updates(recipe, settings) if steps is None else steps
        if recipe == "train_vqvae":
            config = self.config.vqvae_config
            flops = training_flops(config, rows, WINDOW_FRAMES / config.downsampling_factor)
            least /= 5  # six times fewer layers
        else:
            rows *= 1 + float(settings.get("embedded_share", 1)) * bool(
                settings.get("embedded_weight")
            )
            flops = training_flops(
                self.config, rows, codes, TEXT_TOKENS, preference=recipe == "dpo",
                frozen_weights=bool(settings.get("use_peft")),
                gradient_checkpointing=bool(settings.get("gradient_checkpointing")),
            )  # fmt: skip
        return STAGE_SECONDS + steps * max(flops / self.rate, least)

    def updates(self, recipe: str, settings: Mapping[str, Any]) -> int:
        """Updates that the settings give on the training walks of the published split."""
        if int(settings.get("max_steps", -1)) > 0:
            return int(settings["max_steps"])
        rows = ROWS.get(recipe, 1) * self.walks * (1 - TEST_SHARE - VALIDATION_SHARE)
        rows *= 1 + int(settings.get("varied_copies", 0))
        epochs = float(settings.get("num_train_epochs", 3))
        return max(1, math.ceil(epochs * math.ceil(rows / batch_size(settings))))

    def answers(self, number: float) -> float:
        """Seconds to write answers to a number of walks."""
        language = self.parameters[1] - self.parameters[0]
        rate = self.rate * GENERATION[self.kind]
        return STAGE_SECONDS + number * TEXT_TOKENS * 2 * language / rate


def estimate(plan: ReproducePlan, gpu: bool) -> Estimate:
    """Estimate time and disk space of all steps.

    Args:
        plan: Steps and options.
        gpu: Whether a GPU trains; it may be absent in a dry run.

    Returns:
        The estimate.
    """
    machine, basis = _machine(plan, gpu)
    seconds = dict.fromkeys((step.name for step in plan.steps), 2.0)
    disk = dict.fromkeys(seconds, 100_000)
    per_walk = CENTRES_SECONDS if plan.options.fit == "centres" else BODY_SECONDS
    seconds[CORPUS], disk[CORPUS] = STAGE_SECONDS + machine.walks * per_walk, _corpus_bytes(plan)
    stages = {
        TOKENIZER: ("train_vqvae", "vqvae.yaml"),
        GENERATIVE: ("sft_generative", "generative.yaml"),
        REASONING: ("sft_reasoning", "generative_reasoning.yaml"),
        PREFERENCE: ("dpo", "dpo.yaml"),
    }
    sizes = [4 * number for number in machine.parameters]
    for name, (recipe, file) in stages.items():
        if name in seconds:
            settings = read_settings(plan.configs / file)
            steps = _smoke_steps(recipe) if plan.options.smoke else None
            seconds[name] = machine.training(recipe, settings, steps)
            disk[name] = sizes[name != TOKENIZER]
    if MOTIONGPT in seconds:
        seconds[MOTIONGPT], disk[MOTIONGPT] = CONVERSION_SECONDS, sizes[1]
    for name in (REASONING, PREFERENCE):
        seconds[f"calibrate_{name}"] = machine.answers(VALIDATION_SHARE * machine.walks)
        seconds[f"evaluate_{name}"] = machine.answers(2 * TEST_SHARE * machine.walks)
    _add_tables(plan, machine, seconds, disk)
    disk["model"] = sizes[1]
    checkpoints = 2 * 3 * sizes[1]  # the last and the best: weights and two moments
    disk[PREFERENCE] += checkpoints
    return Estimate(seconds, disk, basis)


def _add_tables(plan: ReproducePlan, machine: _Machine, seconds: dict, disk: dict) -> None:
    """Add time and space of both tables; the second uses trainings of the first."""
    options = plan.options
    by_subject = options.scheme == "leave_one_subject_out"
    folds = len(plan.download.subjects) if by_subject else FOLDS
    folds = min(folds, SMOKE_FOLDS) if options.smoke else folds
    budget = SMOKE if options.smoke else TrainingBudget()
    if not options.smoke and plan.configs.name != "tiny":
        budget = TrainingBudget(None, None, None)
    rows = list(CONFIGURATIONS.values())
    one_fold = machine.training("train_vqvae", _settings(plan, TOKENIZER_SETTINGS.settings),
                                budget.tokenizer_steps)  # fmt: skip
    for row in rows:
        steps = budget.preference_steps if row.preference else budget.language_steps
        one_fold += machine.training(row.recipe, _settings(plan, row.settings), steps)
    share = VALIDATION_SHARE + 2 / folds
    tested = SMOKE.test_rows / machine.walks if options.smoke else share
    one_fold += (len(rows) - 1) * machine.answers(min(share, 3 * tested) * machine.walks)
    at_once = 1 if machine.kind == "gpu" else options.workers or 2
    number = folds * len(options.seeds)
    seconds[REASONING_TABLE] = number * one_fold / at_once
    disk[REASONING_TABLE] = number * 4 * (machine.parameters[0] + len(rows) * machine.parameters[1])
    seconds[PROBE_TABLE] = 3 * STAGE_SECONDS + one_fold / 3
    disk[PROBE_TABLE] = 3 * 4 * machine.parameters[1]


def _settings(plan: ReproducePlan, file: str) -> dict[str, Any]:
    return read_settings(plan.configs / file)


def _smoke_steps(recipe: str) -> int:
    steps = {"train_vqvae": SMOKE.tokenizer_steps, "dpo": SMOKE.preference_steps}
    return steps.get(recipe, SMOKE.language_steps)


def _corpus_bytes(plan: ReproducePlan) -> int:
    mean = (plan.download.seconds or 0) / max(1, len(plan.download.items)) or WALK_SECONDS
    return int(len(plan.download.items) * WALK_BYTES * mean / WALK_SECONDS)


def _machine(plan: ReproducePlan, gpu: bool) -> tuple[_Machine, str]:
    """Rate of the device and size of the model, and what is assumed, in words."""
    import torch

    from ..training.model_flops import count_parameters, measure_flop_rate

    config, walks = _network(plan), len(plan.download.items)
    if not gpu:
        rate = measure_flop_rate("cpu", torch.float32, 1024, 0.3) * UTILISATION
        basis = f"{rate / 1e9:.0f} GFLOP/s on this CPU, measured"
    elif torch.accelerator.is_available():
        rate = measure_flop_rate(plan.options.device or "cuda", torch.bfloat16) * UTILISATION
        basis = f"{rate / 1e12:.0f} TFLOP/s on this GPU, measured"
    else:
        rate = ASSUMED_RATE
        basis = f"{rate / 1e12:.0f} TFLOP/s assumed, because this machine has no GPU"
    parameters = tuple(count_parameters(part).total for part in (config.vqvae_config, config))
    seconds = (plan.download.seconds or walks * WALK_SECONDS) / walks
    tokens = seconds * FRAME_RATE_HZ / config.vqvae_config.downsampling_factor
    machine = _Machine(rate, "gpu" if gpu else "cpu", config, parameters, walks, tokens)
    return machine, f"{parameters[1] / 1e6:.1f} million parameters, {basis}"


def _network(plan: ReproducePlan) -> AgirConfig:
    """Configuration of the models of the plan, from YAML files and the name of the T5."""
    from ..configuration_agir import AgirConfig, MotionVQVAEConfig, added_tokens

    smoke, converted = plan.options.smoke, bool(plan.options.motiongpt)
    settings = {} if converted else _settings(plan, TOKENIZER_SETTINGS.settings)
    settings |= _numbers("train_vqvae") if smoke else {}
    names = ("codebook_size", "code_dim", "width", "num_downsamplings", "num_residual_blocks")
    codes = MotionVQVAEConfig(**{name: settings[name] for name in names if name in settings})
    written = _settings(plan, "generative.yaml")
    t5 = plan.options.t5 or (T5 if converted else None if smoke else written.get("t5"))
    text = (
        _t5_config(t5)
        if t5
        else _scratch_config(written | (_numbers("sft_generative") if smoke else {}))
    )
    entries = text["vocab_size"]
    text["vocab_size"] += len(added_tokens(codes.codebook_size, len(SCORES)))
    return AgirConfig(text_config=text, vqvae_config=codes.to_dict(), motion_token_offset=entries)


def _numbers(recipe: str) -> dict[str, int]:
    """Options of a smoke run as names and numbers."""
    words = SMOKE.options[recipe]
    pairs = zip(words[::2], words[1::2], strict=True)
    return {name.removeprefix("--"): int(value) for name, value in pairs}


def _t5_config(t5: str) -> dict[str, Any]:
    """Sizes of a T5: those of its folder, or of the size in its name; base where there is none."""
    from transformers import T5Config

    if (Path(t5) / "config.json").is_file():
        return T5Config.from_pretrained(t5).to_dict()
    size = next((sizes for name, sizes in T5_SIZES.items() if name in t5), T5_SIZES["base"])
    width, feed_forward, layers, heads = size
    return {
        "vocab_size": 32_128, "d_model": width, "d_kv": 64, "d_ff": feed_forward,
        "num_layers": layers, "num_heads": heads, "feed_forward_proj": "gated-gelu",
    }  # fmt: skip


def _scratch_config(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Sizes of a T5 from scratch."""
    from ..training.initialization import StartArguments

    fields = StartArguments.__dataclass_fields__
    names = ("vocabulary_size", "d_model", "d_ff", "num_layers", "num_heads")
    sizes = {name: settings.get(name, fields[name].default) for name in names}
    sizes["vocab_size"] = sizes.pop("vocabulary_size")
    return sizes | {
        "d_kv": sizes["d_model"] // sizes["num_heads"], "feed_forward_proj": "gated-gelu",
    }  # fmt: skip


def plan_text(plan: ReproducePlan, forecast: Estimate, finished: Collection[str] = ()) -> str:
    """Write the plan as text: what is left to do, its time and disk space, and every step.

    Args:
        plan: Steps and options.
        forecast: Estimate of the steps.
        finished: Names of finished steps.
    """
    left = len(plan.steps) - len(finished)
    width = max(len(step.name) for step in plan.steps)
    lines = [
        f"{left} of {len(plan.steps)} steps to run: about "
        f"{duration_text(forecast.seconds_of_others(finished))} and "
        f"{size_text(forecast.bytes_of_others(finished))} in {plan.output} "
        f"(configurations {plan.configs.name}, {forecast.basis})"
    ]
    for number, step in enumerate(plan.steps, 1):
        time = duration_text(forecast.seconds[step.name])
        size = size_text(forecast.disk_bytes[step.name])
        time, size = ("finished", "") if step.name in finished else (time, size)
        lines.append(f"{number:>4}  {step.name:<{width}}  {time:>9}  {size:>8}  {step.title}")
    return "\n".join(lines)


def size_text(number: float) -> str:
    """Write a size in the unit that suits it.

    Args:
        number: Bytes.
    """
    return f"{number / 1e9:.1f} GB" if number >= 1e8 else f"{number / 1e6:.1f} MB"


def duration_text(seconds: float) -> str:
    """Write a duration in the unit that suits it.

    Args:
        seconds: Duration in seconds.
    """
    for limit, unit, size in ((120, "s", 1), (7200, "min", 60), (172_800, "hours", 3600)):
        if seconds < limit:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 86_400:.1f} days"
