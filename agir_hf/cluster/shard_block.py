"""Block that writes the rows of a task as one Parquet file: the shard of the task."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator

import pyarrow as pa
from datatrove.data import Document
from datatrove.pipeline.base import PipelineStep

from .shards import shard_path, write_shard


class ShardWriter(PipelineStep):
    """Writer of the rows of a task as one Parquet file, which is moved into place at the end.

    A subclass states the columns and how a document becomes a row.

    Attributes:
        schema (`pyarrow.Schema`): Columns of the file.
        group (`int`): Rows that are in memory at the same time.

    Args:
        folder: Folder of the run.
    """

    name = "shard"
    type = "WRITER"
    schema: pa.Schema
    group = 256

    def __init__(self, folder: str):
        super().__init__()
        self.folder = folder

    @staticmethod
    @abstractmethod
    def row(document: Document) -> dict:
        """Row of a document, column → value.

        Args:
            document: Document of the block before.
        """

    def run(self, data, rank: int = 0, world_size: int = 1) -> Iterator[Document]:
        """Write the rows of a task; nothing is passed on.

        Args:
            data: Documents of the block before.
            rank: Number of the task, from 0.
            world_size: Number of tasks.
        """
        rows = map(self.row, data)
        count = write_shard(shard_path(self.folder, rank), rows, self.schema, self.group)
        self.stat_update("rows", value=count)
        yield from ()
