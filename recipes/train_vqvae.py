"""Train the motion VQ-VAE on the motions of a corpus.

    accelerate launch -q --cpu recipes/train_vqvae.py --config recipes/vqvae/config_tiny.yaml

Writes into ``output_dir`` the VQ-VAE, the feature extractor with the statistics of the corpus, and
the reconstruction errors of the validation motions (``reconstruction.json``).
``--resume_from_checkpoint auto`` resumes an interrupted training.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from transformers import TrainingArguments, set_seed

from agir_hf import AgirFeatureExtractor, MotionVQVAE, MotionVQVAEConfig
from agir_hf.corpus.fit_report import corpus_fit
from agir_hf.corpus.loading import load_corpus, require_columns
from agir_hf.corpus.normalization import feature_statistics
from agir_hf.training.gait_augmentation import augment_features
from agir_hf.training.parameter_targets import TargetScale
from agir_hf.training.script_arguments import parse_arguments
from agir_hf.training.script_utils import find_checkpoint, run, train
from agir_hf.training.vqvae import (
    VELOCITY_SLICES,
    MotionWindows,
    VQVAETrainer,
    reconstruction_metrics,
)
from agir_hf.utils.files import write_text_atomic

SPLITS = ("train", "validation")


@dataclass
class ScriptArguments:
    corpus: str = field(metadata={"help": "Folder or Hub name of a corpus."})
    fold: str | None = field(
        default=None,
        metadata={
            "help": "Fold to train on, such as stratified/fold0; None uses the fixed splits."
        },
    )
    window: int = field(default=64, metadata={"help": "Length of a training window, in frames."})
    codebook_size: int = field(default=512, metadata={"help": "Number of motion codes."})
    code_dim: int = field(default=512, metadata={"help": "Dimension of a code vector."})
    width: int = field(default=512, metadata={"help": "Channels of the convolutions."})
    num_residual_blocks: int = field(
        default=3, metadata={"help": "Residual blocks after each downsampling."}
    )
    dead_code_threshold: float = field(
        default=1.0,
        metadata={"help": "Moving count of uses below which a code is reinitialised."},
    )
    velocity_term: str = field(
        default="velocities",
        metadata={
            "help": "Features of the second smooth-L1 term: velocities (joint velocities) or "
            "motiongpt (entries 4 to 66, as in MotionGPT)."
        },
    )
    velocity_weight: float = field(
        default=0.5, metadata={"help": "Weight of the second smooth-L1 term."}
    )
    commitment_weight: float = field(
        default=0.02, metadata={"help": "Weight of the commitment loss."}
    )
    num_downsamplings: int = field(
        default=2,
        metadata={"help": "Times the frame rate is halved: 2 gives 5 codes per second, 1 10."},
    )
    mirror_images: bool = field(
        default=False,
        metadata={
            "help": "Whether to train on the mirror images too, with symmetric statistics; models "
            "with read_mirror_image need it."
        },
    )
    parameter_weight: float = field(
        default=0.0,
        metadata={
            "help": "Weight of an auxiliary loss on measured gait parameters, so that the codes "
            "keep them; 0: not used."
        },
    )
    varied_copies: int = field(
        default=0,
        metadata={"help": "Copies of each motion with random posture, amplitude and pace."},
    )


def vqvae_config(script: ScriptArguments, extractor: AgirFeatureExtractor) -> MotionVQVAEConfig:
    """Make the configuration of the VQ-VAE.

    Args:
        script: Options of the recipe.
        extractor: Feature extractor, whose statistics the VQ-VAE is trained with.

    Returns:
        The configuration.

    Raises:
        ValueError: The velocity term is unknown.
    """
    if script.velocity_term not in VELOCITY_SLICES:
        raise ValueError(
            f"velocity_term is {script.velocity_term!r}, expected {' or '.join(VELOCITY_SLICES)}"
        )
    return MotionVQVAEConfig(
        codebook_size=script.codebook_size,
        code_dim=script.code_dim,
        width=script.width,
        num_downsamplings=script.num_downsamplings,
        num_residual_blocks=script.num_residual_blocks,
        dead_code_threshold=script.dead_code_threshold,
        velocity_slice=VELOCITY_SLICES[script.velocity_term],
        velocity_weight=script.velocity_weight,
        commitment_weight=script.commitment_weight,
        statistics_fingerprint=extractor.statistics_fingerprint,
    )


def with_copies(motions, ids, num_copies: int, seed: int) -> tuple[list, list[str]]:
    """Append augmented copies to motions and their names.

    Args:
        motions: Features (L, 263), not normalised.
        ids: Names of the motions.
        num_copies: Copies of each motion.
        seed: Seed of the random generator.

    Returns:
        Motions and names; the names of copies end in their number.

    Raises:
        ValueError: The number of copies is negative.
    """
    if num_copies < 0:
        raise ValueError(f"varied_copies is {num_copies}, expected 0 or more")
    motions, ids = list(motions), list(ids)
    numbers = list(range(1, num_copies + 1))
    copies = [copy for i in numbers for copy in augment_features(motions, seed + i)]
    return motions + copies, ids + [f"{name} (varied {i})" for i in numbers for name in ids]


def targets_of(rows, number: int) -> dict[str, np.ndarray]:
    """Make the targets of the auxiliary loss.

    Args:
        rows: Training rows of the configuration "motion".
        number: Number of motions; those after the rows are augmented copies, without targets.

    Returns:
        `targets` (number, P) and `target_order` (P,), options of `MotionWindows`.
    """
    require_columns(rows, ("parameters",))
    parameters = rows.with_format(None)["parameters"]
    scale = TargetScale.fit(parameters)
    measured = scale.apply(list(parameters))
    targets = np.full((number, len(scale.names)), np.nan, np.float32)
    targets[: len(measured)] = measured
    return {"targets": targets, "target_order": scale.mirrored_order()}


def main() -> None:
    script, training = parse_arguments(ScriptArguments, TrainingArguments)
    set_seed(training.seed)
    checkpoint = find_checkpoint(training.output_dir, training.resume_from_checkpoint)
    corpus = load_corpus(script.corpus, "motion", SPLITS, script.fold)
    for split in SPLITS:
        require_columns(corpus[split], ("id", "motion"))
    motions = {split: (corpus[split]["motion"], corpus[split]["id"]) for split in SPLITS}
    motions["train"] = with_copies(*motions["train"], script.varied_copies, training.seed)
    mean, std = feature_statistics(motions["train"][0], script.mirror_images)
    extractor = AgirFeatureExtractor(
        mean=mean,
        std=std,
        downsampling_factor=2**script.num_downsamplings,
        align_conventions=True,  # as `agir corpus build` does
        joints_from=corpus_fit(script.corpus),
    )
    options = {split: {} for split in SPLITS}
    options["train"] = {"mirror_images": script.mirror_images}
    if script.parameter_weight:
        options["train"] |= targets_of(corpus["train"], len(motions["train"][0]))
    windows = {
        split: MotionWindows(
            features, extractor.normalize, script.window, training.seed, ids, **options[split]
        )
        for split, (features, ids) in motions.items()
    }
    trainer = VQVAETrainer(
        model=MotionVQVAE(vqvae_config(script, extractor)),
        args=training,
        train_dataset=windows["train"],
        eval_dataset=windows["validation"],
        parameter_weight=script.parameter_weight,
    )
    train(trainer, checkpoint)
    trainer.remove_head()
    trainer.save_model()
    if trainer.is_world_process_zero():
        extractor.save_pretrained(training.output_dir)
        metrics = reconstruction_metrics(trainer.model, extractor, corpus["validation"]["motion"])
        text = json.dumps(metrics, indent=2) + "\n"
        write_text_atomic(Path(training.output_dir) / "reconstruction.json", text)
        print(
            "validation motions (subjects not in training): MPJPE {mpjpe_mm:.1f} mm, mean error of "
            "the root path {root_path_mm:.0f} mm, {codes_used} of {codebook_size} codes used, "
            "perplexity {perplexity:.0f}".format(**metrics)
        )
        print(f"VQ-VAE: {training.output_dir}")


if __name__ == "__main__":
    run(main)
