"""Rows of a corpus → batches for a sequence-to-sequence trainer."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from ..processing_agir import AgirProcessor
from .data import Draw, Example, embedded_example
from .losses import IGNORED

_PARTS = 1000  # shares are drawn in parts of a thousand


@dataclass
class MotionTextCollator:
    """Cuts, tokenises and pairs motions with texts as a batch is made.

    What it draws for a row follows from the seed, the epoch and the row's id alone: not from what
    stands beside it, nor from what came before, so that training goes on after a stop as it would
    have, and on several ranks as on one.

    Args:
        processor: of the model that is trained.
        make_example: row, text of motion tokens, draw → what to read and what to write, such as
            `agir_hf.training.data.reasoning_example`.
        shortest_s: shortest crop of a motion; None takes motions whole, for evaluation.
        embedded: share of the answers beside which a description or a motion of the same walk is
            to be written (AGIR's embedded generative objective); rows need ``foot`` and ``arm``.
        hidden_share: in half of the motions that are read, so many of the codes stand hidden behind
            the mask token, drawn anew for every row and epoch: against learning walks by heart.
        seed: of the draws.
        epoch: of the draws; `agir_hf.training.samplers.EpochCallback` moves it on.
    """

    processor: AgirProcessor
    make_example: Callable[[dict, str, Callable], Example]
    shortest_s: float | None = 3.0
    embedded: float = 0.0
    hidden_share: float = 0.0
    seed: int = 0
    epoch: int = 0

    def __call__(self, rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """``input_ids``, ``attention_mask``, ``labels``, ``decoder_input_ids``, ``shift_labels``
        and ``ids``.

        ``shift_labels`` are the labels again: TRL's fused head takes them as they stand. ``ids``
        are the rows', for messages. Embedded examples stand behind all others.
        """
        draws = [self._draw(row) for row in rows]
        crops = [self._crop(row["codes"], draw) for row, draw in zip(rows, draws, strict=True)]
        examples = [
            self._example(self.make_example, row, codes, draw)
            for row, codes, draw in zip(rows, crops, draws, strict=True)
        ]
        examples += [
            self._example(embedded_example, row, codes, draw)
            for row, codes, draw in zip(rows, crops, draws, strict=True)
            if self._drawn(self.embedded, draw)
        ]
        return {**self.encode(examples), "ids": [row["id"] for row in rows]}

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

    def _draw(self, row: dict[str, Any]) -> Draw:
        """Draws numbers in 0 … n - 1 for a row."""
        name = f"{self.seed}/{self.epoch}/{row['id']}/{row.get('part') or row.get('kind') or ''}"
        generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))
        return lambda number: int(torch.randint(number, (), generator=generator))

    def _example(self, make, row: dict[str, Any], codes: list[int], draw: Draw) -> Example:
        """What is read, some codes of it hidden, and what is to be written, which is whole."""
        hidden = ()
        if self.hidden_share and draw(2):
            hidden = {i for i in range(len(codes)) if self._drawn(self.hidden_share, draw)}
        shown, whole = (self.processor.motion_text(codes, places) for places in (hidden, ()))
        prompt, *targets = make(row, shown, draw)
        return prompt, *(target.replace(shown, whole) for target in targets)

    @staticmethod
    def _drawn(share: float, draw: Draw) -> bool:
        """True in this share of the draws; nothing is drawn where it is sure."""
        return share >= 1 or (share > 0 and draw(_PARTS) < round(_PARTS * share))

    def _crop(self, phases: list[list[int]], draw: Draw) -> list[int]:
        """Codes of a part of random place and length; half of the motions stay whole."""
        if self.shortest_s is None or draw(2):
            return phases[0]
        extractor = self.processor.feature_extractor
        shortest = round(self.shortest_s * extractor.sampling_rate / extractor.downsampling_factor)
        codes = phases[draw(len(phases))]
        if len(codes) <= shortest:
            return phases[0]
        length = shortest + draw(len(codes) - shortest + 1)
        start = draw(len(codes) - length + 1)
        return codes[start : start + length]


def collators(
    processor: AgirProcessor,
    make_example,
    shortest_s: float,
    seed: int = 0,
    embedded: float = 0.0,
    hidden_share: float = 0.0,
) -> dict[str, MotionTextCollator]:
    """``data_collator`` with random crops, partly hidden, and ``eval_collator`` with whole
    motions, as a trainer takes them.
    """
    both = {"embedded": embedded, "seed": seed}
    return {
        "data_collator": MotionTextCollator(
            processor, make_example, shortest_s, hidden_share=hidden_share, **both
        ),
        "eval_collator": MotionTextCollator(processor, make_example, None, **both),
    }
