"""The order of the rows: by seed and epoch alone, rows of like length together."""

from collections.abc import Iterator, Sequence

import torch
from torch.utils.data import Sampler
from transformers import TrainerCallback

_GROUPED_BATCHES = 16  # rows of so many batches are drawn, sorted by length, and cut into batches


class GroupedByLength(Sampler[int]):
    """Random order in which the rows of a batch are of like length, so that little is padded.

    The order of an epoch follows from the seed and the epoch, on every rank and after a stop.

    Args:
        lengths: of the rows.
        batch_size: rows of a batch, over all ranks.
        seed: of the draws.
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
        short = [batch for batch in batches if len(batch) < self.batch_size]
        whole = [batch for batch in batches if len(batch) == self.batch_size]
        for i in torch.randperm(len(whole), generator=generator).tolist():
            yield from whole[i].tolist()
        for batch in short:  # at most one, of the last group
            yield from batch.tolist()


class EpochCallback(TrainerCallback):
    """Tells the epoch to all that draws by it, before the first batch of the epoch is made."""

    def __init__(self, *drawing):
        self.drawing = drawing

    def on_epoch_begin(self, args, state, control, **kwargs):
        for one in self.drawing:
            one.epoch = int(state.epoch or 0)
