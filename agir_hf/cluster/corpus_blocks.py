"""Blocks of the pipeline that builds a corpus: rows of recordings, shards, the corpus of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from datatrove.data import Document
from datatrove.pipeline.base import PipelineStep
from datatrove.utils.logging import logger

from ..corpus.assembly import join_rows
from ..corpus.packed_rows import PackedRows
from ..corpus.recording_rows import RecordingRow, RowSettings, recording_row
from ..corpus.source import Item, Source
from ..utils.files import exclusive_folder
from .recordings import ListedFile, local_files
from .shard_arrays import SHAPES, ShardArrays
from .shard_block import ShardWriter
from .shards import check_shards, read_shards, remove_drafts

# Errors of a machine, not of a recording: the task fails, and is run again once they are removed.
BROKEN = (OSError, ImportError, NameError)
_HEAD = ("id", "reason", "recording", "text", "checks")
_SHARD = pa.schema(
    {name: pa.string() for name in _HEAD} | {name: pa.list_(pa.float32()) for name in SHAPES}
)
_GROUP = 16  # rows that are read together: their motions have about 3 MB


class ComputeRows(PipelineStep):
    """Rows of recordings: joints, features, gait parameters, text and its checks.

    A recording that cannot be measured gives a row with the reason.

    Args:
        settings: Settings of the rows.
    """

    name = "rows"
    type = "MEASURE"

    def __init__(self, settings: RowSettings):
        super().__init__()
        self.settings = settings

    def run(self, data, rank: int = 0, world_size: int = 1) -> Iterator[Document]:
        """Yield a document for each recording, with its row.

        Args:
            data: Documents of `ReadRecordings`.
            rank: Number of the task, from 0.
            world_size: Number of tasks.
        """
        for document in data:
            entry = document.metadata["entry"]
            with self.track_time():
                row = self._row(entry)
            self.stat_update("left out" if row.reason else "measured")
            yield Document("", row.id, metadata={"row": row.as_columns()})

    def _row(self, entry: dict) -> RecordingRow:
        files = [ListedFile(entry[name], "") for name in ("path", "static") if entry[name]]
        with local_files(files) as paths:
            for path in paths:
                if isinstance(path, OSError):
                    raise path
            static = paths[1] if entry["static"] else None
            item = Item(**entry | {"path": paths[0], "static": static})
            try:
                return recording_row(item, self.settings)
            except BROKEN:
                raise
            except Exception as error:
                logger.exception(error)
                text = " ".join(str(error).split())
                return RecordingRow(
                    item.id, f"{item.path.name} cannot be measured ({type(error).__name__}: {text})"
                )


class WriteRows(ShardWriter):
    """Writer of the rows of recordings; see `ShardWriter`."""

    schema, group = _SHARD, _GROUP

    @staticmethod
    def row(document: Document) -> dict:
        """Row of a recording with flat arrays.

        Args:
            document: Document of `ComputeRows`.
        """
        columns = document.metadata["row"]
        arrays = {name: columns[name] for name in SHAPES if columns[name] is not None}
        return columns | {name: np.ravel(array) for name, array in arrays.items()}


class JoinCorpus(PipelineStep):
    """Join of all rows to a corpus, as `agir corpus build` writes it.

    Texts and measured values of all recordings are in memory, packed (`PackedRows`); motions are
    read from the shards one group of rows after another.

    Args:
        folder: Folder of the run.
        tasks: Number of tasks of the run.
        corpus: Folder of the corpus.
        source: The cohort, without its recordings.
        settings: Settings of the rows.
        command: Command to show in the card.
    """

    name = "corpus"
    type = "WRITER"

    def __init__(
        self,
        folder: str,
        tasks: int,
        corpus: str,
        source: Source,
        settings: RowSettings,
        command: str,
    ):
        super().__init__()
        self.folder, self.tasks, self.corpus = folder, tasks, corpus
        self.source, self.settings = source, settings
        self.command = command

    def run(self, data=None, rank: int = 0, world_size: int = 1) -> Iterator[Document]:
        """Write the corpus.

        Args:
            data: Nothing; the shards are read.
            rank: Number of the task, which is 0.
            world_size: Number of tasks, which is 1.
        """
        check_shards(self.folder, self.tasks)
        with exclusive_folder(self.corpus):
            columns = read_shards(self.folder, self.tasks, columns=list(_HEAD))
            rows = PackedRows(map(RecordingRow.from_columns, columns))
            arrays = ShardArrays(self.folder, self.tasks)
            result = join_rows(self.corpus, self.source, rows, arrays, self.settings, self.command)
        remove_drafts(self.folder)
        self.stat_update("recordings", value=result.recordings)
        self.stat_update("left out", value=len(result.excluded))
        yield from ()
