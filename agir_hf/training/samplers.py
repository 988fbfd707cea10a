"""Order of the training rows, which depends only on seed and epoch."""

from collections.abc import Iterator, Sequence

import torch
from torch.utils.data import Sampler
from transformers import TrainerCallback

_GROUPED_BATCHES = 16  # rows of 16 batches are drawn, sorted by length and split into batches


class GroupedByLength(Sampler[int]):
    """Random order in which the rows of a batch have similar lengths, to reduce padding.

    The order of an epoch depends only on the seed and the epoch, on every rank and after a resume.

    Args:
        lengths: Length of each row.
        batch_size: Rows of a batch, over all ranks.
        seed: Seed of the random generator.
    """

    def __init__(self, lengths: Sequence[int], batch_size: int, seed: int = 0):
        self.lengths = torch.tensor(list(lengths))
        self.batch_size = batch_size
        self.seed = seed
        self.epoch = 0

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(1_000_003 * self.seed + self.epoch)
        order = torch.randperm(len(self.lengths), generator=generator)
        batches = []
        for group in order.split(self.batch_size * _GROUPED_BATCHES):
            by_length = group[self.lengths[group].argsort(descending=True, stable=True)]
            batches += by_length.split(self.batch_size)
        incomplete = [batch for batch in batches if len(batch) < self.batch_size]
        complete = [batch for batch in batches if len(batch) == self.batch_size]
        for i in torch.randperm(len(complete), generator=generator).tolist():
            yield from complete[i].tolist()
        for batch in incomplete:  # at most one, from the last group
            yield from batch.tolist()


class EpochCallback(TrainerCallback):
    """Set the epoch of collators, samplers and data sets before the first batch of each epoch.

    Args:
        *targets: Objects with an attribute ``epoch``.
    """

    def __init__(self, *targets):
        self.targets = targets

    def on_epoch_begin(self, args, state, control, **kwargs):
        """Set ``epoch`` of every target; the trainer calls this."""
        for target in self.targets:
            target.epoch = int(state.epoch or 0)
