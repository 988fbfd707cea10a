"""Collators: rows of a corpus → batches for a sequence-to-sequence trainer."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from ..processing_agir import AgirProcessor
from .data import RandomIndex, TrainingExample, embedded_generative_example
from .losses import IGNORED

_SHARE_STEPS = 1000  # resolution of probabilities: 1/1000


@dataclass
class MotionTextCollator:
    """Crop the motions of a batch, pair them with texts and tokenise both.

    All random choices of a row depend only on the seed, the epoch and the id of the row. The other
    rows of the batch and earlier batches have no effect, so a resumed training and a training on
    several ranks use the same data.

    Args:
        processor: Processor of the model that is trained.
        make_example: Function that makes prompt and target of a row, from the row, its motion
            tokens as text and a function for random integers, such as
            `agir_hf.training.data.reasoning_example`.
        shortest_crop_s: Minimum length of a random crop, in seconds; `None` uses whole motions,
            for evaluation.
        embedded_share: Share of the answers to which a description or motion of the same walk is
            added as a second example (AGIR's embedded generative objective); it needs rows with
            ``foot`` and ``arm``.
        hidden_share: Share of the motion codes that is replaced by the mask token in a random half
            of the prompts with a motion, drawn again for every row and epoch. It reduces
            overfitting to individual walks.
        seed: Seed of the random choices.
        epoch: Epoch of the random choices; `agir_hf.training.samplers.EpochCallback` sets it.
    """

    processor: AgirProcessor
    make_example: Callable[[dict, str, RandomIndex], TrainingExample]
    shortest_crop_s: float | None = 3.0
    embedded_share: float = 0.0
    hidden_share: float = 0.0
    seed: int = 0
    epoch: int = 0

    def __call__(self, rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """Make a batch of rows.

        Args:
            rows: Rows with ``id``, ``codes`` and the texts that ``make_example`` reads.

        Returns:
            ``input_ids``, ``attention_mask``, ``labels``, ``decoder_input_ids``, ``shift_labels``
            (equal to ``labels``, read by TRL's fused head) and ``ids``, the ids of the rows for
            error messages; ``targets`` (rows, P), if the rows have standardised gait parameters.
            Embedded examples come after all answers.
        """
        sources = [self._random_source(row) for row in rows]
        crops = [
            self._crop(row["codes"], random_index)
            for row, random_index in zip(rows, sources, strict=True)
        ]
        examples = [
            self._example(self.make_example, row, codes, random_index)
            for row, codes, random_index in zip(rows, crops, sources, strict=True)
        ]
        examples += [
            self._example(embedded_generative_example, row, codes, random_index)
            for row, codes, random_index in zip(rows, crops, sources, strict=True)
            if self._happens(self.embedded_share, random_index)
        ]
        batch = {**self.encode(examples), "ids": [row["id"] for row in rows]}
        if "targets" in rows[0]:
            batch["targets"] = torch.tensor([row["targets"] for row in rows], dtype=torch.float)
        return batch

    def encode(self, examples: list[TrainingExample]) -> dict[str, torch.Tensor]:
        """Tokenise prompts and targets and pad them to the longest of the batch.

        Args:
            examples: Pairs of prompt and target.

        Returns:
            ``input_ids`` and ``attention_mask`` (B, S); ``labels``, ``decoder_input_ids`` and
            ``shift_labels`` (B, T) int64, labels -100 at padding.
        """
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

    def _random_source(self, row: dict[str, Any]) -> RandomIndex:
        """Make a function n → random integer in 0 … n - 1, seeded for a row."""
        name = f"{self.seed}/{self.epoch}/{row['id']}/{row.get('part') or row.get('kind') or ''}"
        generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))
        return lambda number: int(torch.randint(number, (), generator=generator))

    def _example(
        self, make_example, row: dict[str, Any], codes: list[int], random_index: RandomIndex
    ) -> TrainingExample:
        """Prompt, in which some codes may be masked, and target, which has all codes."""
        masked = ()
        if self.hidden_share and random_index(2):
            masked = {
                i for i in range(len(codes)) if self._happens(self.hidden_share, random_index)
            }
        masked_text, whole_text = (
            self.processor.motion_text(codes, positions) for positions in (masked, ())
        )
        prompt, *targets = make_example(row, masked_text, random_index)
        return prompt, *(target.replace(masked_text, whole_text) for target in targets)

    @staticmethod
    def _happens(share: float, random_index: RandomIndex) -> bool:
        """Whether an event of this probability happens; 0 and 1 take no random number."""
        return share >= 1 or (
            share > 0 and random_index(_SHARE_STEPS) < round(_SHARE_STEPS * share)
        )

    def _crop(self, phases: list[list[int]], random_index: RandomIndex) -> list[int]:
        """Codes of a random part of a motion, or, with probability ½, of the whole motion.

        Args:
            phases: Codes of each phase, see `agir_hf.training.motion_encoding`.
            random_index: Function n → random integer in 0 … n - 1.
        """
        if self.shortest_crop_s is None or random_index(2):
            return phases[0]
        extractor = self.processor.feature_extractor
        shortest = round(
            self.shortest_crop_s * extractor.sampling_rate / extractor.downsampling_factor
        )
        codes = phases[random_index(len(phases))]
        if len(codes) <= shortest:
            return phases[0]
        length = shortest + random_index(len(codes) - shortest + 1)
        start = random_index(len(codes) - length + 1)
        return codes[start : start + length]


def build_collators(
    processor: AgirProcessor,
    make_example: Callable[[dict, str, RandomIndex], TrainingExample],
    shortest_crop_s: float,
    seed: int = 0,
    embedded_share: float = 0.0,
    hidden_share: float = 0.0,
) -> dict[str, MotionTextCollator]:
    """Build the collators of training and evaluation.

    Args:
        processor: Processor of the model that is trained.
        make_example: Function that makes prompt and target of a row, see `MotionTextCollator`.
        shortest_crop_s: Minimum length of a random crop in training, in seconds.
        seed: Seed of the random choices.
        embedded_share: Share (0 to 1) of answers with an embedded generative example.
        hidden_share: Share of masked motion codes in half of the training prompts.

    Returns:
        ``data_collator`` with random crops and masked codes and ``eval_collator`` with whole
        motions, as keyword arguments of a trainer.
    """
    shared = {"embedded_share": embedded_share, "seed": seed}
    return {
        "data_collator": MotionTextCollator(
            processor, make_example, shortest_crop_s, hidden_share=hidden_share, **shared
        ),
        "eval_collator": MotionTextCollator(processor, make_example, None, **shared),
    }
