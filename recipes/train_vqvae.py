"""Train the motion VQ-VAE on the motions of a corpus.

    accelerate launch --cpu recipes/train_vqvae.py --config recipes/vqvae/config_tiny.yaml

Writes the VQ-VAE, the feature extractor with the corpus' statistics and, of validation motions,
``reconstruction.json`` into ``output_dir``. With ``--resume_from_checkpoint auto`` it goes on where
it was stopped.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

from transformers import TrainingArguments, set_seed
from trl import TrlParser

from agir_hf import AgirFeatureExtractor, MotionVQVAE, MotionVQVAEConfig
from agir_hf.corpus.loading import load_corpus, require_columns
from agir_hf.corpus.normalization import feature_statistics
from agir_hf.training.gait_augmentation import varied_features
from agir_hf.training.script_utils import resume_point, run
from agir_hf.training.vqvae import (
    VELOCITY_SLICES,
    MotionWindows,
    VQVAETrainer,
    reconstruction_figures,
)

SPLITS = ("train", "validation")


@dataclass
class ScriptArguments:
    corpus: str = field(metadata={"help": "folder or Hub name of a corpus"})
    fold: str | None = field(default=None, metadata={"help": "such as stratified/fold0"})
    window: int = field(default=64, metadata={"help": "frames of a training window"})
    codebook_size: int = field(default=512, metadata={"help": "motion codes"})
    code_dim: int = field(default=512, metadata={"help": "width of a code"})
    width: int = field(default=512, metadata={"help": "channels of the convolutions"})
    num_residual_blocks: int = field(default=3, metadata={"help": "blocks behind each halving"})
    dead_code_threshold: float = field(default=1.0, metadata={"help": "count of a code in use"})
    velocity_term: str = field(
        default="velocities",
        metadata={"help": "second smooth-L1 term: on joint velocities, or on what motiongpt takes"},
    )
    velocity_weight: float = field(default=0.5, metadata={"help": "weight of that term"})
    commitment_weight: float = field(default=0.02, metadata={"help": "weight of commitment"})
    varied_copies: int = field(
        default=0, metadata={"help": "of each motion, of other postures, amplitudes and paces"}
    )


def configuration(script: ScriptArguments, extractor: AgirFeatureExtractor) -> MotionVQVAEConfig:
    """Of the VQ-VAE.

    Raises:
        ValueError: for another velocity term.
    """
    if script.velocity_term not in VELOCITY_SLICES:
        raise ValueError(
            f"velocity_term is {script.velocity_term!r}, expected {' or '.join(VELOCITY_SLICES)}"
        )
    return MotionVQVAEConfig(
        codebook_size=script.codebook_size,
        code_dim=script.code_dim,
        width=script.width,
        num_residual_blocks=script.num_residual_blocks,
        dead_code_threshold=script.dead_code_threshold,
        velocity_slice=VELOCITY_SLICES[script.velocity_term],
        velocity_weight=script.velocity_weight,
        commitment_weight=script.commitment_weight,
        statistics_fingerprint=extractor.statistics_fingerprint,
    )


def with_copies(motions, ids, copies: int, seed: int) -> tuple[list, list[str]]:
    """Motions and their names, and after them their varied copies with names of their own.

    Raises:
        ValueError: for fewer copies than none.
    """
    if copies < 0:
        raise ValueError(f"varied_copies is {copies}, expected 0 or more")
    motions, ids = list(motions), list(ids)
    some = list(range(1, copies + 1))
    more = [one for i in some for one in varied_features(motions, seed + i)]
    return motions + more, ids + [f"{name} (varied {i})" for i in some for name in ids]


def main() -> None:
    script, training = TrlParser((ScriptArguments, TrainingArguments)).parse_args_and_config()
    set_seed(training.seed)
    point = resume_point(training.output_dir, training.resume_from_checkpoint)
    corpus = load_corpus(script.corpus, "motion", SPLITS, script.fold)
    for split in SPLITS:
        require_columns(corpus[split], ("id", "motion"))
    shown = {split: (corpus[split]["motion"], corpus[split]["id"]) for split in SPLITS}
    shown["train"] = with_copies(*shown["train"], script.varied_copies, training.seed)
    mean, std = feature_statistics(shown["train"][0])
    extractor = AgirFeatureExtractor(mean=mean, std=std)
    windows = {
        split: MotionWindows(motions, extractor.normalize, script.window, training.seed, ids)
        for split, (motions, ids) in shown.items()
    }
    trainer = VQVAETrainer(
        model=MotionVQVAE(configuration(script, extractor)),
        args=training,
        train_dataset=windows["train"],
        eval_dataset=windows["validation"],
    )
    trainer.train(resume_from_checkpoint=point)
    trainer.save_model()
    if trainer.is_world_process_zero():
        extractor.save_pretrained(training.output_dir)
        motions = corpus["validation"]["motion"]
        figures = reconstruction_figures(trainer.model, extractor, motions)
        text = json.dumps(figures, indent=2) + "\n"
        (Path(training.output_dir) / "reconstruction.json").write_text(text, encoding="utf-8")
        print(
            "motions of validation, walkers not in training: MPJPE {mpjpe_mm:.1f} mm, root "
            "{root_path_mm:.0f} mm from its path, {codes_used} of {codebook_size} codes used, "
            "perplexity {perplexity:.0f}".format(**figures)
        )
        print(f"VQ-VAE: {training.output_dir}")


if __name__ == "__main__":
    run(main)
