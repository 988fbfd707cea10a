"""Parquet files of a corpus, which all configurations share, so that a motion is stored once.

The rows of a walk repeat its motion. They are next to each other in one page of the file, where the
compression replaces every repetition by a reference to the first: the file has the size of one copy
of each motion. The bytes of the numbers are stored by significance (byte stream split), because
signs and exponents compress better than digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from .schema import ARRAY_SHAPES, CONFIGS, DATA, membership, parquet_options, shared_schema

# The rows of a group are compressed together, and readers hold one group in memory.
_GROUP_WALKS, _GROUP_BYTES = 24, 32 * 2**20  # bytes of motion, each walk counted once
_PAGE_BYTES = 256 * 2**20  # larger than the motions of a group: they are in one page
_FILE_BYTES = 512 * 2**20  # motion in a file, each walk counted once


def write_split(
    folder: Path, split: str, walks: Iterable[list[dict]], num_scores: int
) -> dict[str, int]:
    """Write the rows of a split as `SPLIT.parquet`, or `SPLIT-00000-of-00002.parquet` and so on.

    Args:
        folder: Existing folder.
        split: Name of the split.
        walks: Rows of each walk, see `builder.CorpusRows`.
        num_scores: Number of scores, which are 0 to `num_scores` - 1.

    Returns:
        `dict`: Configuration → number of its rows. No file is written if there are no walks.
    """
    schema = shared_schema(num_scores)
    counts, drafts, size = dict.fromkeys(CONFIGS, 0), [], _FILE_BYTES
    with _Writer(schema) as writer:
        for rows, group_bytes in _groups(walks):
            if size >= _FILE_BYTES:
                drafts.append(folder / f"{split}-{len(drafts):05d}.parquet")
                writer.open(drafts[-1])
                size = 0
            writer.write(rows)
            size += group_bytes
            for config in CONFIGS:
                counts[config] += sum(row[membership(config)] for row in rows)
    for number, draft in enumerate(drafts):
        suffix = f"-{number:05d}-of-{len(drafts):05d}" if len(drafts) > 1 else ""
        draft.rename(folder / f"{split}{suffix}.parquet")
    return counts


def _groups(walks: Iterable[list[dict]]) -> Iterator[tuple[list[dict], int]]:
    """Rows of consecutive walks for each row group, and the bytes of their motions."""
    rows: list[dict] = []
    number = size = 0
    for own in walks:
        rows += own
        number, size = number + 1, size + own[0]["motion"].nbytes
        if number >= _GROUP_WALKS or size >= _GROUP_BYTES:
            yield rows, size
            rows, number, size = [], 0, 0
    if rows:
        yield rows, size


class _Writer:
    """Writer of row groups to one file after another; the last file is closed at the end."""

    def __init__(self, schema: pa.Schema):
        self.schema, self.file = schema, None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self) -> None:
        if self.file is not None:
            self.file.close()
        self.file = None

    def open(self, path: Path) -> None:
        self.close()
        texts = [field.name for field in self.schema if field.type == pa.string()]
        arrays = [name + ".list.element" * len(shape) for name, shape in ARRAY_SHAPES.items()]
        self.file = parquet.ParquetWriter(
            path, self.schema, compression="zstd", compression_level=3, use_dictionary=texts,
            use_byte_stream_split=arrays, data_page_size=_PAGE_BYTES,
        )  # fmt: skip

    def write(self, rows: list[dict]) -> None:
        columns = [_array([row.get(field.name) for row in rows], field) for field in self.schema]
        table = pa.Table.from_arrays(columns, schema=self.schema)
        self.file.write_table(table, row_group_size=len(rows))


def _array(values: list, field: pa.Field) -> pa.Array:
    """Values of a column, of which some may be None, as an Arrow array."""
    if field.name in ARRAY_SHAPES:
        return _nested(values, ARRAY_SHAPES[field.name])
    return pa.array(values, field.type)


def _nested(values: list[np.ndarray | None], shape: tuple[int | None, ...]) -> pa.ListArray:
    """Arrays of different length as nested lists, without a Python object for every number."""
    empty = np.zeros((0, *shape[1:]), np.float32)
    arrays = [empty if value is None else np.asarray(value, np.float32) for value in values]
    joined = np.concatenate(arrays)
    nested = pa.array(joined.ravel())
    for axis in range(joined.ndim - 1, 0, -1):  # inner lists of equal length
        offsets = np.arange(0, len(nested) + 1, joined.shape[axis], dtype=np.int32)
        nested = pa.ListArray.from_arrays(offsets, nested)
    offsets = np.cumsum([0, *map(len, arrays)], dtype=np.int32)
    mask = pa.array([value is None for value in values])
    return pa.ListArray.from_arrays(offsets, nested, mask=mask)


def find_split_files(folder: Path, config: str) -> tuple[dict[str, list[str]], dict[str, list]]:
    """Find the Parquet files of a configuration in the folder of a corpus.

    Corpora of earlier versions have a folder of Parquet files for each configuration, without
    columns of other configurations.

    Args:
        folder: Folder of a corpus.
        config: Name of a configuration, a key of `CONFIGS`.

    Returns:
        `tuple`: Split → files, of the splits that have rows of the configuration; and the options
        of the Parquet reader of `datasets` that select the rows and columns.

    Raises:
        FileNotFoundError: The folder has no rows of the configuration.
        ValueError: A file cannot be read.
    """
    own_folder = folder / DATA / config
    files, options = _by_split(own_folder), {}
    if not files:
        shared = _by_split(folder / DATA)
        files = {split: own for split, own in shared.items() if _has_rows(own, config)}
        options = parquet_options(config)
    if not files:
        raise FileNotFoundError(
            f"{folder / DATA} holds no Parquet files with rows of {config}, expected a corpus: run "
            "'agir corpus build' first"
        )
    return files, options


def _by_split(folder: Path) -> dict[str, list[str]]:
    """Split → Parquet files, from names such as train-00000-of-00002.parquet."""
    files: dict[str, list[str]] = {}
    for file in sorted(folder.glob("*.parquet")):
        files.setdefault(file.stem.partition("-")[0], []).append(str(file))
    return files


def _has_rows(files: list[str], config: str) -> bool:
    column = membership(config)
    for file in files:
        try:
            if any(parquet.read_table(file, columns=[column])[column].to_pylist()):
                return True
        except (pa.ArrowException, KeyError) as error:
            raise ValueError(
                f"{file} is no complete file of a corpus ({' '.join(str(error).split())}): run "
                "'agir corpus build' again"
            ) from error
    return False
