"""Features and joints of the rows in the shards of a corpus, read one group of rows at a time."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np
from fsspec.core import url_to_fs
from pyarrow import parquet

from ..humanml3d import NUM_FEATURES, NUM_JOINTS
from .shards import shard_path

SHAPES = {"motion": (-1, NUM_FEATURES), "joints": (-1, NUM_JOINTS, 3)}  # columns of flat arrays


class ShardArrays:
    """Features and joints of a row, for `corpus.assembly.join_rows`.

    One group of rows is in memory at a time, so that reading rows in order reads each group once.

    Args:
        folder: Folder of the run.
        tasks: Number of tasks of the run.
    """

    def __init__(self, folder: str, tasks: int):
        self._firsts: list[int] = []  # index of the first row of each group
        self._groups: list[tuple[str, int]] = []  # shard and number of the group in it
        count = 0
        for rank in range(tasks):
            path = shard_path(folder, rank)
            with _opened(path) as file:
                metadata = parquet.read_metadata(file)
            for number in range(metadata.num_row_groups):
                self._firsts.append(count)
                self._groups.append((path, number))
                count += metadata.row_group(number).num_rows
        self._path, self._file = "", None
        self._number, self._columns = -1, {}

    def __call__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Return features (T-1, 263) and joints (T, 22, 3) of a row, float32.

        Args:
            index: Number of the row in the order of the list.
        """
        number = bisect_right(self._firsts, index) - 1
        if number != self._number:
            self._read(number)
        row = index - self._firsts[number]
        motion, joints = (
            self._columns[name][row].values.to_numpy().reshape(shape)
            for name, shape in SHAPES.items()
        )
        return motion, joints

    def _read(self, number: int) -> None:
        path, group = self._groups[number]
        if path != self._path:
            if self._file is not None:
                self._file.close(force=True)
            self._path, self._file = path, parquet.ParquetFile(_opened(path))
        table = self._file.read_row_group(group, columns=list(SHAPES))
        self._columns = {name: table[name].combine_chunks() for name in SHAPES}
        self._number = number


def _opened(path: str):
    system, name = url_to_fs(path)
    return system.open(name, "rb")
