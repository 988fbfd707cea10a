"""Rows of a corpus → batches for a sequence-to-sequence trainer."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ..modeling_motion_vqvae import MotionVQVAE
from ..processing_agir import AgirProcessor
from .data import Example
from .losses import IGNORED


@dataclass
class MotionTextCollator:
    """Cuts, tokenises and pairs motions with texts as a batch is made.

    Args:
        processor: of the model that is trained.
        vqvae: the frozen motion tokenizer.
        make_example: row, text of motion tokens, draw → what to read and what to write, such as
            `agir_hf.training.data.reasoning_example`.
        shortest_s: shortest crop of a motion; None takes motions whole, for evaluation.
        seeded: draw the same for a walk whenever and beside whichever it comes, for evaluation.

    Raises:
        ValueError: if the VQ-VAE was made with other statistics than the processor's.
    """

    processor: AgirProcessor
    vqvae: MotionVQVAE
    make_example: Callable[[dict, str, Callable], Example]
    shortest_s: float | None = 3.0
    seeded: bool = False

    def __post_init__(self):
        self.processor.feature_extractor.check_model(self.vqvae)

    def __call__(self, rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """``input_ids``, ``attention_mask``, ``labels``, ``decoder_input_ids``, ``shift_labels``.

        ``shift_labels`` are the labels again: TRL's fused head takes them as they stand.
        """
        draws = [self._draw(row) for row in rows]
        motions = [
            self._crop(np.asarray(row["motion"], np.float32), draw)
            for row, draw in zip(rows, draws, strict=True)
        ]
        inputs = self.processor.feature_extractor(motions, return_tensors="pt")
        device = self.vqvae.device
        codes = self.vqvae.encode(
            inputs["motion_values"].to(device), inputs["motion_attention_mask"].to(device)
        )
        texts = [self.processor.motion_text(row[row >= 0].tolist()) for row in codes.cpu()]
        examples = [
            self.make_example(row, text, draw)
            for row, text, draw in zip(rows, texts, draws, strict=True)
        ]
        return self.encode(examples)

    def encode(self, examples: list[Example]) -> dict[str, torch.Tensor]:
        """A batch from texts."""
        tokenizer = self.processor.tokenizer
        prompts, targets = zip(*examples, strict=True)
        batch = dict(tokenizer(list(prompts), padding=True, return_tensors="pt"))
        encoded = tokenizer(list(targets), padding=True, return_tensors="pt")
        labels = encoded["input_ids"].masked_fill(encoded["attention_mask"] == 0, IGNORED)
        decoder = labels.new_full(labels.shape, tokenizer.pad_token_id)
        decoder[:, 1:] = labels[:, :-1].masked_fill(labels[:, :-1] == IGNORED, decoder[0, 0])
        return {
            "input_ids": batch["input_ids"],
            "attention_mask": batch["attention_mask"],
            "labels": labels,
            "decoder_input_ids": decoder,
            "shift_labels": labels.clone(),
        }

    def _draw(self, row: dict[str, Any]) -> Callable[[int], int]:
        """Draws numbers in 0 … n - 1 for a row."""
        generator = None
        if self.seeded:
            seed = zlib.crc32(f"{row['id']}/{row.get('part', '')}".encode())
            generator = torch.Generator().manual_seed(seed)
        return lambda number: int(torch.randint(number, (), generator=generator))

    def _crop(self, motion: np.ndarray, draw: Callable[[int], int]) -> np.ndarray:
        """A part of random place and length; half of the motions stay whole."""
        if self.shortest_s is None or draw(2):
            return motion
        shortest = round(self.shortest_s * self.processor.feature_extractor.sampling_rate)
        if len(motion) <= shortest:
            return motion
        frames = shortest + draw(len(motion) - shortest + 1)
        start = draw(len(motion) - frames + 1)
        return motion[start : start + frames]


def collators(
    processor: AgirProcessor, vqvae: MotionVQVAE, make_example, shortest_s: float
) -> dict[str, MotionTextCollator]:
    """``data_collator`` with random crops and ``eval_collator`` with whole motions, as a trainer
    takes them; the VQ-VAE is frozen."""
    vqvae.requires_grad_(False)
    return {
        "data_collator": MotionTextCollator(processor, vqvae, make_example, shortest_s),
        "eval_collator": MotionTextCollator(
            processor, vqvae, make_example, shortest_s=None, seeded=True
        ),
    }
