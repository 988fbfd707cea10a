"""First block of a pipeline: the recordings of a task, from the list of the run."""

from __future__ import annotations

from collections.abc import Iterator

from datatrove.data import Document
from datatrove.pipeline.base import PipelineStep

from .plan import read_list
from .recordings import blocks_of


class ReadRecordings(PipelineStep):
    """Reader of the recordings of a task, in blocks of positions of the list.

    Args:
        folder: Folder of the run, with the list.
        count: Number of recordings in the list.
        block: Recordings in a block; see `recordings.blocks_of`.
    """

    name = "recordings"
    type = "READER"

    def __init__(self, folder: str, count: int, block: int):
        super().__init__()
        self.folder, self.count, self.block = folder, count, block

    def run(self, data=None, rank: int = 0, world_size: int = 1) -> Iterator[Document]:
        """Yield a document for each recording of the task, with its entry in the list.

        Args:
            data: Nothing; this is the first block.
            rank: Number of the task, from 0.
            world_size: Number of tasks.
        """
        blocks = list(blocks_of(self.count, rank, world_size, self.block))
        if not blocks:
            return
        entries = iter(read_list(self.folder, range(blocks[0].start, blocks[-1].stop)))
        for block in blocks:
            for position in block:
                self.stat_update("recordings")
                values = {"position": position, "block": block.start, "entry": next(entries)}
                yield Document("", str(position), metadata=values)
