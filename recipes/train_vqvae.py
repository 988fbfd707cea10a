"""Train the motion VQ-VAE on the motions of a corpus.

    accelerate launch --cpu recipes/train_vqvae.py --config recipes/vqvae/config_tiny.yaml

Writes the VQ-VAE and the feature extractor with the corpus' statistics into ``output_dir``.
"""

from dataclasses import dataclass, field

from transformers import Trainer, TrainingArguments, set_seed
from trl import TrlParser

from agir_hf import AgirFeatureExtractor, MotionVQVAE, MotionVQVAEConfig
from agir_hf.corpus.statistics import feature_statistics
from agir_hf.training.data import MotionWindows, load_corpus


@dataclass
class ScriptArguments:
    corpus: str = field(metadata={"help": "folder or Hub name of a corpus"})
    window: int = field(default=64, metadata={"help": "frames of a training window"})
    codebook_size: int = field(default=512, metadata={"help": "motion codes"})
    code_dim: int = field(default=512, metadata={"help": "width of a code"})
    width: int = field(default=512, metadata={"help": "channels of the convolutions"})
    num_residual_blocks: int = field(default=3, metadata={"help": "blocks behind each halving"})
    dead_code_threshold: float = field(default=1.0, metadata={"help": "count of a code in use"})


class VQVAETrainer(Trainer):
    """Logs the codes in use beside the loss."""

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        outputs = model(**inputs)
        self.last = {
            "perplexity": outputs.perplexity.item(),
            "reconstruction_loss": outputs.reconstruction_loss.item(),
            "velocity_loss": outputs.velocity_loss.item(),
        }
        return (outputs.loss, outputs) if return_outputs else outputs.loss

    def log(self, logs, *args, **kwargs):
        terms = getattr(self, "last", {}) if "loss" in logs else {}
        super().log({**logs, **terms}, *args, **kwargs)


def main() -> None:
    script, training = TrlParser((ScriptArguments, TrainingArguments)).parse_args_and_config()
    set_seed(training.seed)
    corpus = load_corpus(script.corpus, "motion")
    mean, std = feature_statistics(corpus["train"]["motion"])
    extractor = AgirFeatureExtractor(mean=mean, std=std)
    windows = {
        split: MotionWindows(corpus[split]["motion"], extractor.normalize, script.window)
        for split in ("train", "validation")
    }
    config = MotionVQVAEConfig(
        codebook_size=script.codebook_size,
        code_dim=script.code_dim,
        width=script.width,
        num_residual_blocks=script.num_residual_blocks,
        dead_code_threshold=script.dead_code_threshold,
        statistics_fingerprint=extractor.statistics_fingerprint,
    )
    trainer = VQVAETrainer(
        model=MotionVQVAE(config),
        args=training,
        train_dataset=windows["train"],
        eval_dataset=windows["validation"],
    )
    trainer.train()
    trainer.save_model()
    extractor.save_pretrained(training.output_dir)
    if trainer.is_world_process_zero():
        used = codes_in_use(trainer.model, windows["validation"])
        print(f"VQ-VAE: {training.output_dir}; codes in use on validation motions: {used}")


def codes_in_use(model: MotionVQVAE, windows: MotionWindows) -> str:
    """How many codes the whole motions take."""
    taken = set()
    for motion in windows.motions:
        taken |= set(model.encode(motion[None].to(model.device)).unique().tolist())
    return f"{len(taken)} of {model.config.codebook_size}"


if __name__ == "__main__":
    main()
