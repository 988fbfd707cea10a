"""Shards: the rows of one task in one Parquet file, on any file system of fsspec."""

from __future__ import annotations

import os
import posixpath
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice

import pyarrow as pa
from fsspec.core import url_to_fs
from pyarrow import parquet

_FOLDER, _PARTIAL = "shards", ".partial"
_SHOWN = 5  # tasks that an error names


class ShardError(ValueError):
    """Shards are missing or damaged. The message is one line."""


def shard_path(folder: str, rank: int) -> str:
    """Path of the shard of a task.

    Args:
        folder: Folder of the run.
        rank: Number of the task, from 0.
    """
    return posixpath.join(folder, _FOLDER, f"{rank:05d}.parquet")


@contextmanager
def moved_into_place(path: str, mode: str = "wb") -> Iterator:
    """Open a file under a temporary name, and move it into place at the end of the block.

    If the block raises an error, or the process is killed, an existing file is unchanged.

    Args:
        path: Path or address of the file. Missing folders are created.
        mode: Mode of `open`.

    Yields:
        The open file.
    """
    system, name = url_to_fs(path)
    parent, base = posixpath.split(name)
    system.makedirs(parent, exist_ok=True)
    draft = posixpath.join(parent, f".{base}.{os.getpid()}-{secrets.token_hex(4)}{_PARTIAL}")
    options = {} if "b" in mode else {"encoding": "utf-8", "newline": "\n"}
    with system.open(draft, mode, **options) as file:
        yield file
    system.mv(draft, name)


def write_shard(
    path: str, rows: Iterable[dict], schema: pa.Schema, rows_per_group: int = 256
) -> int:
    """Write rows as a Parquet file, a group of rows at a time.

    Args:
        path: Path or address of the file.
        rows: Rows, column → value. They are read as they are needed.
        schema: Columns of the file.
        rows_per_group: Rows that are in memory at the same time.

    Returns:
        Number of rows.
    """
    rows, count = iter(rows), 0
    with (
        moved_into_place(path) as file,
        parquet.ParquetWriter(file, schema, compression="zstd") as writer,
    ):
        while group := list(islice(rows, rows_per_group)):
            writer.write_table(pa.Table.from_pylist(group, schema))
            count += len(group)
    return count


def read_shards(folder: str, tasks: int, batch: int = 256, columns=None) -> Iterator[dict]:
    """Read the rows of all tasks, in the order of the list of recordings.

    Args:
        folder: Folder of the run.
        tasks: Number of tasks.
        batch: Rows that are in memory at the same time.
        columns: Names of the columns to read. Default: all.

    Yields:
        Rows, column → value.

    Raises:
        ShardError: A shard cannot be read.
    """
    for rank in range(tasks):
        path = shard_path(folder, rank)
        system, name = url_to_fs(path)
        try:
            with system.open(name, "rb") as file:
                for rows in parquet.ParquetFile(file).iter_batches(batch, columns=columns):
                    yield from rows.to_pylist()
        except (pa.ArrowException, OSError) as error:
            raise ShardError(
                f"shard of task {rank} cannot be read ({' '.join(str(error).split())}): remove "
                f"{path} and the file {rank:05d} in the folder completions, and run the same "
                "command again"
            ) from error


def remove_drafts(folder: str) -> None:
    """Remove what killed tasks left half-written.

    Args:
        folder: Folder of the run, in which no task runs.
    """
    system, name = url_to_fs(posixpath.join(folder, _FOLDER))
    for draft in system.ls(name, detail=False) if system.isdir(name) else ():
        if draft.endswith(_PARTIAL):
            system.rm_file(draft)


def check_shards(folder: str, tasks: int) -> None:
    """Check that every task has written its shard.

    Slurm starts a job that depends on an array of more tasks than the cluster allows as soon as
    the last part of it has ended, whatever became of the parts before.

    Args:
        folder: Folder of the run.
        tasks: Number of tasks.

    Raises:
        ShardError: Shards are missing.
    """
    system, name = url_to_fs(posixpath.join(folder, _FOLDER))
    present = set(
        map(posixpath.basename, system.ls(name, detail=False) if system.isdir(name) else ())
    )
    missing = [rank for rank in range(tasks) if f"{rank:05d}.parquet" not in present]
    if missing:
        listed = ", ".join(map(str, missing[:_SHOWN])) + (", …" if len(missing) > _SHOWN else "")
        raise ShardError(
            f"{len(missing)} of {tasks} tasks have no shard ({listed}): run the same command again"
        )
