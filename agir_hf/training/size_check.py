"""Two training steps of a configuration with random weights: memory, time and operations."""

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import TrainingArguments

from ..configuration_agir import AgirConfig, MotionVQVAEConfig
from ..feature_extraction_agir import AgirFeatureExtractor
from ..humanml3d import NUM_FEATURES
from ..modeling_motion_vqvae import MotionVQVAE
from .codebook_rows import add_codebook_rows
from .collators import MotionTextCollator
from .data import generative_example, reasoning_example
from .dpo import AgirDPOTrainer, PreferenceCollator
from .initialization import add_probe
from .model_flops import count_parameters, forward_flops, measure_flop_rate, tokenizer_flops
from .parameter_targets import TARGETS
from .peft_utils import add_adapters
from .preference_rows import kind_names
from .random_models import WalkSize, model_config, random_model, random_processor, random_rows
from .step_measurement import Steps, peak_memory, restart_peak_memory
from .trainers import AgirSFTTrainer
from .vqvae import MotionWindows, VQVAETrainer

STEPS = 2


@dataclass
class RecipeOptions:
    """Options of a recipe, as it reads them from its YAML file.

    Attributes:
        recipe: Name of the script, without suffix.
        file: The YAML file.
        settings: Content of the file.
        script: Its own options.
        training: Training arguments, for `STEPS` steps.
        adapters: Options of adapters; `None` for the motion VQ-VAE.
        names: Names that the script defines.
    """

    recipe: str
    file: Path
    settings: Mapping[str, Any]
    script: Any
    training: TrainingArguments
    adapters: Any
    names: Mapping[str, Any]

    @property
    def micro_batch(self) -> int:
        """Rows of a micro-batch, over the devices of this process."""
        return self.training.train_batch_size

    @property
    def rows(self) -> int:
        """Rows of a step that is run."""
        return self.micro_batch * self.training.gradient_accumulation_steps

    @property
    def batch(self) -> int:
        """Rows of a step of the file."""
        rows = int(self.settings.get("per_device_train_batch_size", 8))
        return rows * int(self.settings.get("gradient_accumulation_steps", 1))

    @property
    def adapted(self) -> bool:
        """Whether only adapters are trained."""
        return bool(self.adapters and self.adapters.use_peft)


@dataclass(frozen=True)
class SizeCheck:
    """Figures of a configuration on a device.

    Attributes:
        parameters: Parameters of the model.
        trainable: Parameters that are trained.
        batch: Rows of a step of the configuration.
        rows: Rows of each step that was run.
        micro_batch: Rows of each micro-batch that was run.
        tokens: Padded tokens of prompts and answers, on average; `None` for the motion VQ-VAE.
        memory_bytes: Peak memory of the steps: of the GPU, or of the whole process on a CPU.
        memory_before_bytes: The same before the model was made.
        seconds: Duration of each step.
        optimizer_seconds: Part of it in which the optimizer changed the weights.
        cpu_seconds: Time that this process computed in each step, added over cores; on a CPU that
            other programs use, it is less than the duration.
        optimizer_cpu_seconds: Part of it in which the optimizer changed the weights.
        losses: Loss of each step.
        gradient_norms: Norm of the gradient of each step.
        flops_run: Operations of a step that was run, without those of gradient checkpointing.
        rate: Operations per second of matrix products on this device.
        updates: Steps of the whole training.
        epochs: Times that the training reads each row.
    """

    parameters: int
    trainable: int
    batch: int
    rows: int
    micro_batch: int
    tokens: tuple[float, float] | None
    memory_bytes: int
    memory_before_bytes: int
    seconds: list[float]
    optimizer_seconds: list[float]
    cpu_seconds: list[float]
    optimizer_cpu_seconds: list[float]
    losses: list[float]
    gradient_norms: list[float]
    flops_run: float
    rate: float
    updates: int
    epochs: float

    @property
    def flops(self) -> float:
        """Operations of a step of the configuration, without those of gradient checkpointing."""
        return self.flops_run * self.batch / self.rows

    @property
    def seconds_per_step(self) -> float:
        """Seconds of a step of the configuration; the first step, which warms up, is left out."""
        return self._for_batch(self.seconds, self.optimizer_seconds)

    @property
    def core_seconds_per_step(self) -> float:
        """Seconds of one core in a step of the configuration."""
        return self._for_batch(self.cpu_seconds, self.optimizer_cpu_seconds)

    def _for_batch(self, seconds: list[float], optimizer: list[float]) -> float:
        """Duration of a step of the configuration; that of the optimizer is the same."""
        last = min(range(1, len(seconds)), key=lambda step: seconds[step])
        passes = seconds[last] - optimizer[last]
        return passes * self.batch / self.rows + optimizer[last]

    @property
    def utilisation(self) -> float:
        """Model FLOPs utilisation: operations per second of a step over those of the device."""
        return self.flops_run / min(self.seconds[1:]) / self.rate


def check_size(options: RecipeOptions, walks: int, size: WalkSize, peak: float | None) -> SizeCheck:
    """Run `STEPS` steps with random weights on random walks, and measure them.

    Args:
        options: Options of the recipe.
        walks: Training walks of the whole training.
        size: Length of a walk and of its texts.
        peak: Operations per second of the device; `None` measures those of matrix products.

    Returns:
        The figures.

    Raises:
        ValueError: A T5 is unknown, or a stage that the configuration starts from is.
        TrainingMemoryError: The memory is too small for the settings.
    """
    from .script_utils import train

    device, dtype = options.training.device, torch.float32
    if options.training.bf16:
        dtype = torch.bfloat16
    before, steps = restart_peak_memory(device), Steps(device)
    config: AgirConfig | MotionVQVAEConfig
    if options.recipe == "train_vqvae":
        trainer = _vqvae_trainer(options, size, steps)
        config = trainer.model.config
    else:
        config = model_config(options.file)
        trainer = _language_trainer(options, config, size, steps)
    count = count_parameters(trainer.model)
    train(trainer)
    memory = peak_memory(device)
    logs = [entry for entry in trainer.state.log_history if "grad_norm" in entry]
    flops, tokens = _flops_run(options, config, steps)
    updates, epochs = training_length(options, walks)
    return SizeCheck(
        parameters=count.total,
        trainable=count.trainable,
        batch=options.batch,
        rows=options.rows,
        micro_batch=options.micro_batch,
        tokens=tokens,
        memory_bytes=memory,
        memory_before_bytes=before,
        seconds=steps.durations(0, 0, 3),
        optimizer_seconds=steps.durations(0, 1, 2),
        cpu_seconds=steps.durations(1, 0, 3),
        optimizer_cpu_seconds=steps.durations(1, 1, 2),
        losses=[entry["loss"] for entry in logs],
        gradient_norms=[entry["grad_norm"] for entry in logs],
        flops_run=flops,
        rate=peak or measure_flop_rate(device, dtype),
        updates=updates,
        epochs=epochs,
    )


def _flops_run(options: RecipeOptions, config, steps: Steps):
    """Operations of a step that was run, and the padded tokens of prompts and answers."""
    passes = 2 if options.adapted else 3
    if options.recipe == "train_vqvae":
        codes = options.script.window / config.downsampling_factor
        return passes * tokenizer_flops(config, options.rows, codes), None
    passes += options.recipe == "dpo"  # the reference model
    shapes = steps.shapes[: STEPS * options.training.gradient_accumulation_steps]
    total = sum(forward_flops(config, *shape) for shape in shapes)
    tokens = np.average([shape[1:] for shape in shapes], axis=0, weights=[s[0] for s in shapes])
    return passes * total / STEPS, (float(tokens[0]), float(tokens[1]))


def training_length(options: RecipeOptions, walks: int) -> tuple[int, float]:
    """Return the steps of a training and the times that it reads each row.

    Args:
        options: Options of the recipe.
        walks: Training walks.

    Returns:
        Number of steps, and of epochs.
    """
    script = options.script
    rows = {
        "train_vqvae": lambda: walks * (1 + script.varied_copies),
        "sft_generative": lambda: 2 * walks,  # feet and arms
        "sft_reasoning": lambda: walks,
        "dpo": lambda: len(kind_names(script.kinds)) * min(walks, script.pairs_per_kind or walks),
    }[options.recipe]()
    updates, steps = int(options.settings.get("max_steps", -1)), math.ceil(rows / options.batch)
    if updates <= 0:
        updates = max(1, math.ceil(float(options.settings.get("num_train_epochs", 3)) * steps))
    return updates, updates / steps


def _vqvae_trainer(options: RecipeOptions, size: WalkSize, steps: Steps) -> VQVAETrainer:
    """Trainer of the motion VQ-VAE on random motions."""
    script, number = options.script, STEPS * options.rows
    extractor = AgirFeatureExtractor(
        mean=np.zeros(NUM_FEATURES),
        std=np.ones(NUM_FEATURES),
        downsampling_factor=2**script.num_downsamplings,
    )
    generator = np.random.default_rng(0)
    shape = (number, max(size.frames, script.window), NUM_FEATURES)
    motions = generator.standard_normal(shape, dtype=np.float32)
    targets = None
    if script.parameter_weight:
        targets = generator.standard_normal((number, len(TARGETS)), dtype=np.float32)
    return VQVAETrainer(
        model=MotionVQVAE(options.names["vqvae_config"](script, extractor)),
        args=options.training,
        train_dataset=MotionWindows(motions, extractor.normalize, script.window, targets=targets),
        parameter_weight=script.parameter_weight,
        callbacks=[steps],
    )


def _language_trainer(options: RecipeOptions, config: AgirConfig, size: WalkSize, steps: Steps):
    """Trainer of a language stage on random rows."""
    script, adapters = options.script, options.adapters
    model, processor = random_model(config, options.training.seed), random_processor(config)
    number = STEPS * options.rows
    rows = partial(random_rows, number=number, config=config, processor=processor, size=size)
    shared = {
        "args": options.training,
        "processing_class": processor.tokenizer,
        "callbacks": [steps],
    }
    if options.recipe == "dpo":
        reference = None if options.adapted else copy.deepcopy(model)
        names = ("kinds", "language_weight", "format_weight", "class_weight", "dpop_lambda")
        names += ("freeze_encoder",)
        return AgirDPOTrainer(
            model=add_adapters(model, adapters),
            ref_model=reference,
            train_dataset=rows("preference", kinds=script.kinds),
            data_collator=steps.recorded(PreferenceCollator(processor, shortest_crop_s=None)),
            score_weights=(1.0,) * config.num_scores if script.balance_scores else None,
            **{name: getattr(script, name) for name in names},
            **shared,
        )
    options.training.dataset_kwargs = {"skip_prepare_dataset": True}
    if script.codebook_rows:
        add_codebook_rows(model)
    if options.recipe == "sft_generative":
        collator = MotionTextCollator(processor, generative_example, shortest_crop_s=None)
        terms, dataset = {}, rows("generative")
    else:
        if script.probe_loss_weight:
            add_probe(model)
        share = script.embedded_share if script.embedded_weight else 0.0
        collator = MotionTextCollator(
            processor, reasoning_example, shortest_crop_s=None, embedded_share=share
        )
        terms = _reasoning_terms(options, config, processor)
        dataset = rows("reasoning", targets=bool(script.parameter_weight))
    return AgirSFTTrainer(
        model=add_adapters(model, adapters),
        train_dataset=dataset,
        data_collator=steps.recorded(collator),
        **terms,
        **shared,
    )


def _reasoning_terms(options: RecipeOptions, config: AgirConfig, processor) -> dict[str, Any]:
    """Weights of the terms of the second stage, as its recipe passes them to the trainer."""
    script = options.script
    names = ("format_weight", "class_weight", "embedded_weight", "probe_loss_weight")
    names += ("parameter_weight", "format_form")
    return {name: getattr(script, name) for name in names} | {
        "num_targets": len(TARGETS),
        "token_weights": options.names["grade_weights"](processor.tokenizer, script.grade_weight),
        "score_weights": (1.0,) * config.num_scores if script.balance_scores else None,
    }
