"""Trainings that give the same result with one process and with several, see test_ranks.py.

    torchrun --nproc-per-node 2 ranks_script.py FOLDER

FOLDER has model, processor, rows and pairs; a file is written there for each training and rank.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from datasets import load_from_disk
from transformers import TrainingArguments
from trl import DPOConfig, SFTConfig

from agir_hf import AgirForGaitAssessment, AgirProcessor, MotionVQVAE, MotionVQVAEConfig
from agir_hf.training.collators import MotionTextCollator
from agir_hf.training.data import reasoning_example
from agir_hf.training.dpo import AgirDPOTrainer, PreferenceCollator
from agir_hf.training.generation_metrics import GenerationSettings
from agir_hf.training.trainers import AgirSFTTrainer
from agir_hf.training.vqvae import MotionWindows, VQVAETrainer

ROWS = 16
PLAIN = {
    "use_cpu": True, "bf16": False, "report_to": "none", "save_strategy": "no",
    "logging_steps": 1, "lr_scheduler_type": "constant", "max_grad_norm": 0.0, "optim": "sgd",
    "learning_rate": 0.1, "prediction_loss_only": True, "disable_tqdm": True,
}  # fmt: skip
TERMS = {"format_weight": 0.5, "class_weight": 2.0}


def batch_options(ranks: int, rows: int = ROWS) -> dict:
    """Options of a step of ``rows``: two parts on each of several ranks, one part on one rank."""
    parts = 2 if ranks > 1 else 1
    return {
        "per_device_train_batch_size": rows // (ranks * parts),
        "gradient_accumulation_steps": parts,
    }


def sft(
    folder: Path, ranks: int, start="model", embedded=False, config=None, **options
) -> AgirSFTTrainer:
    model = AgirForGaitAssessment.from_pretrained(folder / start)
    processor = AgirProcessor.from_pretrained(folder / "model")
    collator = MotionTextCollator(processor, reasoning_example, None, embedded)
    rows = load_from_disk(str(folder / "rows"))
    args = SFTConfig(
        output_dir=str(folder / "out"), gradient_checkpointing=False,
        dataset_kwargs={"skip_prepare_dataset": True},
        **{"max_steps": 1, **PLAIN, **batch_options(ranks), **(config or {})},
    )  # fmt: skip
    return AgirSFTTrainer(
        model=model, args=args, train_dataset=rows, eval_dataset=rows, data_collator=collator,
        processing_class=processor.tokenizer, **options,
    )  # fmt: skip


def dpo(folder: Path, ranks: int, **options) -> AgirDPOTrainer:
    model, reference = (
        AgirForGaitAssessment.from_pretrained(folder / name) for name in ("model", "reference")
    )
    processor = AgirProcessor.from_pretrained(folder / "model")
    args = DPOConfig(
        output_dir=str(folder / "out"), gradient_checkpointing=False, max_steps=1,
        **PLAIN, **batch_options(ranks),
    )  # fmt: skip
    return AgirDPOTrainer(
        model=model, ref_model=reference, args=args,
        train_dataset=load_from_disk(str(folder / "pairs")), processing_class=processor.tokenizer,
        data_collator=PreferenceCollator(processor, shortest_crop_s=None), **options,
    )  # fmt: skip


def vqvae(folder: Path, ranks: int, initialised: bool, threshold: float) -> VQVAETrainer:
    """Four steps; ``initialised``: the codebook is initialised before the first step.

    Some motions are short, so that parts and ranks have different numbers of frames.
    """
    torch.manual_seed(0)
    config = MotionVQVAEConfig(codebook_size=16, width=24, code_dim=8)
    config.dead_code_threshold, config.ema_decay = threshold, 0.5
    model = MotionVQVAE(config)
    generators = [np.random.default_rng(i) for i in range(ROWS)]
    lengths = [24 + 8 * i for i in range(ROWS)]
    motions = [rng.normal(size=(n, 263)) for rng, n in zip(generators, lengths, strict=True)]
    if initialised:
        values = torch.tensor(motions[0][None], dtype=torch.float32)
        with torch.no_grad():
            model.quantizer.initialise(model.encoder(values.transpose(1, 2), None)[0].T)
    batch = batch_options(ranks) if initialised else {"per_device_train_batch_size": ROWS // ranks}
    args = TrainingArguments(
        output_dir=str(folder / "out"), max_steps=4, remove_unused_columns=False, **batch, **PLAIN
    )
    return VQVAETrainer(
        model=model, args=args, train_dataset=MotionWindows(motions, np.float32, frames=64)
    )


TRAININGS = {
    "four terms": lambda folder, ranks: sft(
        folder, ranks, embedded=True, embedded_weight=0.7, score_weights=(0.5, 1.0, 2.0), **TERMS
    ),
    "stock loss": lambda folder, ranks: sft(folder, ranks),
    "grouped by length": lambda folder, ranks: sft(
        folder, ranks, **TERMS,
        config={
            **batch_options(ranks, ROWS // 2), "max_steps": 3,
            "train_sampling_strategy": "group_by_length",
        },
    ),
    "dpo": lambda folder, ranks: dpo(folder, ranks),
    "dpo and its terms": lambda folder, ranks: dpo(folder, ranks, language_weight=1.0, **TERMS),
    "vqvae": lambda folder, ranks: vqvae(folder, ranks, initialised=True, threshold=0.0),
    "vqvae from data": lambda folder, ranks: vqvae(
        folder, ranks, initialised=False, threshold=20.0
    ),
}  # fmt: skip


def trained(name: str, folder: Path, ranks: int) -> dict:
    """Weights, buffers and log of a training in this process."""
    trainer = TRAININGS[name](folder, ranks)
    if trainer.accelerator.num_processes != ranks:
        raise AssertionError(f"{trainer.accelerator.num_processes} processes, expected {ranks}")
    trainer.train()
    model = trainer.accelerator.unwrap_model(trainer.model)
    return {"state": model.state_dict(), "log": trainer.state.log_history}


def evaluated(folder: Path, ranks: int) -> dict[str, float]:
    """Metrics of an evaluation by generation, whose last batch is incomplete."""
    processor = AgirProcessor.from_pretrained(folder / "model")
    trainer = sft(
        folder, ranks, start="trained", generation=GenerationSettings(processor, max_new_tokens=60),
        config={"per_device_eval_batch_size": 3}, **TERMS,
    )  # fmt: skip
    return trainer.evaluate()


def main() -> None:
    folder = Path(sys.argv[1])
    torch.distributed.init_process_group("gloo")
    rank, ranks = torch.distributed.get_rank(), torch.distributed.get_world_size()
    print(f"rank {rank} of {ranks}\n", end="", flush=True)
    for name in TRAININGS:
        torch.save(trained(name, folder, ranks), folder / f"{name} {rank}.pt")
    torch.save(evaluated(folder, ranks), folder / f"evaluated {rank}.pt")
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main()
