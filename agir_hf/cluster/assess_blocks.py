"""Blocks of the pipeline that assesses recordings: assess, write a shard, merge the shards."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterable, Iterator
from itertools import groupby

import pyarrow as pa
from datatrove.data import Document
from datatrove.pipeline.base import PipelineStep
from datatrove.utils.logging import logger

from .recordings import ListedFile, local_files
from .rows import assessed_rows
from .shard_block import ShardWriter
from .shards import check_shards, moved_into_place, read_shards, remove_drafts, write_shard

TABLE, LINES = "assessments.parquet", "assessments.jsonl"
_SHARD = pa.schema({"position": pa.int64(), "row": pa.string()})
# Columns of the table. `row` is the line of `agir assess --out`, which has everything.
_COLUMNS = pa.schema(
    {
        "path": pa.string(),
        "item": pa.string(),
        "sha256": pa.string(),
        "score": pa.int64(),
        "probabilities": pa.list_(pa.float64()),
        "uncertain": pa.bool_(),
        "withheld": pa.string(),
        "reasoning": pa.string(),
        "error": pa.string(),
        "row": pa.string(),
    }
)


class AssessRecordings(PipelineStep):
    """Assessment of recordings in batches; the model is loaded once a task.

    A recording that cannot be read or assessed gives a row with its error.

    Args:
        model: Folder of the model, or its name on the Hub.
        settings: Options as for `rows.assessed_rows`, with `device`, `precision` and
            `backend` of the model.
    """

    name = "assessments"
    type = "MODEL"

    def __init__(self, model: str, settings: dict):
        super().__init__()
        self.model, self.settings = model, settings

    def run(self, data, rank: int = 0, world_size: int = 1) -> Iterator[Document]:
        """Yield a document for each walk, with its row."""
        loaded = None
        for start, documents in groupby(data, key=lambda document: document.metadata["block"]):
            documents = list(documents)
            logger.debug(f"recordings {start} to {start + len(documents) - 1} of the list")
            loaded = loaded or self._load()
            files = [ListedFile(**document.metadata["entry"]) for document in documents]
            with self.track_time("block"), local_files(files) as paths:
                rows = list(assessed_rows(files, paths, *loaded, self.settings))
            for index, row in rows:
                self.stat_update("errors" if row["error"] else "assessed")
                position = start + index
                yield Document("", str(position), metadata={"position": position, "row": row})

    def _load(self) -> tuple:
        from ..assessment import load_model

        names = ("device", "precision", "backend")
        return load_model(self.model, *map(self.settings.get, names))


class WriteShard(ShardWriter):
    """Writer of the rows of assessments; see `ShardWriter`."""

    schema = _SHARD

    @staticmethod
    def row(document: Document) -> dict:
        """Row of a walk, as a line of JSON.

        Args:
            document: Document of `AssessRecordings`.
        """
        line = json.dumps(document.metadata["row"], ensure_ascii=False)
        return {"position": document.metadata["position"], "row": line}


class MergeAssessments(PipelineStep):
    """Merge of all shards into one table and one file of lines, in the order of the list.

    A group of rows is in memory at a time.

    Args:
        folder: Folder of the run.
        tasks: Number of tasks of the run.
    """

    name = "merged"
    type = "WRITER"

    def __init__(self, folder: str, tasks: int):
        super().__init__()
        self.folder, self.tasks = folder, tasks

    def run(self, data=None, rank: int = 0, world_size: int = 1) -> Iterator[Document]:
        """Write `assessments.parquet` and `assessments.jsonl`."""
        check_shards(self.folder, self.tasks)
        lines = (row["row"] for row in read_shards(self.folder, self.tasks, columns=["row"]))
        with moved_into_place(posixpath.join(self.folder, LINES), "w") as file:
            path = posixpath.join(self.folder, TABLE)
            count = write_shard(path, map(_table_row, _written(lines, file)), _COLUMNS, 1024)
        remove_drafts(self.folder)
        self.stat_update("rows", value=count)
        yield from ()


def _written(lines: Iterable[str], file) -> Iterator[str]:
    """The lines, each of which is also written to a file."""
    for line in lines:
        file.write(line + "\n")
        yield line


def _table_row(line: str) -> dict:
    row = json.loads(line)
    return {name: row.get(name) for name in _COLUMNS.names} | {"row": line}
