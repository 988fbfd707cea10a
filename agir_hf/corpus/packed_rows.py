"""Rows of very many recordings in memory: each as compressed text, and read when it is needed.

A row without features and joints takes about 24 KiB as Python objects, most of it dictionaries and
references. Packed it takes about 1 KiB: the parts are JSON, compressed with the first rows as a
dictionary, because texts and names of parameters are similar in all rows.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from itertools import chain, islice
from sys import intern
from typing import NamedTuple

import numpy as np

from ..gait.parameters import PARAMETER_NAMES
from .recording_rows import RecordingRow
from .store import Annotation, Recorded, TextChecks

_SAMPLE = 16  # rows whose texts are the dictionary of the compression
_WINDOW = 1 << 15  # bytes that zlib looks back
_KEPT = 64  # values that are read again without unpacking
_NOTHING = np.empty(0, np.float32)


class RowHead(NamedTuple):
    """What splits, counts and the choice of other walks need of a row, in few bytes."""

    id: str
    subject: str
    score: int | None
    cohort: str

    @classmethod
    def of(cls, recorded: Recorded) -> RowHead:
        """Head of a measured recording.

        Args:
            recorded: Measured recording; its motion is not used.
        """
        item = recorded.item
        cohort = intern(item.get("cohort") or "")
        return cls(recorded.id, intern(item["subject"]), item["score"], cohort)

    @property
    def item(self) -> dict:
        """Fields as those of `Recorded.item`."""
        return {"id": self.id, "subject": self.subject, "score": self.score, "cohort": self.cohort}


class PackedRows(Sequence):
    """Rows without arrays, packed; a row is unpacked where its parts are read.

    The names of parameters that could not be measured, with their reasons, are left out: a corpus
    does not contain them.

    Args:
        rows: Rows, see [`~corpus.recording_rows.RecordingRow`]. They are read one by one.
    """

    def __init__(self, rows: Iterable[RecordingRow]):
        rows = iter(rows)
        sample = list(islice(rows, _SAMPLE))
        texts = b"".join(part for row in sample for part in _parts(row)[:3])
        self._dictionary = texts[-_WINDOW:]
        self._rows = [self._pack(row) for row in chain(sample, rows)]

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> PackedRow:
        return PackedRow(self._rows[index], self._unpack)

    def _pack(self, row: RecordingRow) -> tuple:
        *texts, values = _parts(row)
        return (row.id, row.reason, *map(self._compress, texts), values)

    def _compress(self, content: bytes) -> bytes:
        if not content:
            return b""
        packer = zlib.compressobj(wbits=-zlib.MAX_WBITS, zdict=self._dictionary)
        return packer.compress(content) + packer.flush()

    def _unpack(self, packed: bytes) -> dict | None:
        if not packed:
            return None
        unpacker = zlib.decompressobj(wbits=-zlib.MAX_WBITS, zdict=self._dictionary)
        return json.loads(unpacker.decompress(packed))


class PackedRow:
    """A row of `PackedRows`, with the attributes of `RecordingRow`, each unpacked when it is read.

    Args:
        row: Packed row.
        unpack: Function from a packed part to its values, or None if there is none.
    """

    def __init__(self, row: tuple, unpack: Callable[[bytes], dict | None]):
        self.id, self.reason, *self._parts = row
        self._unpack = unpack

    @property
    def recorded(self) -> Recorded | None:
        """Measured recording with empty arrays; None if it was not measured."""
        content = self._unpack(self._parts[0])
        if content is None:
            return None
        values = np.frombuffer(self._parts[3]).tolist()
        pairs = zip(PARAMETER_NAMES, values, strict=True)
        parameters = {name: value for name, value in pairs if value == value}
        content["parameters"] = parameters | content["parameters"]
        return Recorded(motion=_NOTHING, joints=_NOTHING, absent={}, **content)

    @property
    def annotation(self) -> Annotation | None:
        """Text of the recording; None without one."""
        content = self._unpack(self._parts[1])
        return None if content is None else Annotation.from_json(content)

    @property
    def checks(self) -> TextChecks | None:
        """Checks of the text; None without a text."""
        content = self._unpack(self._parts[2])
        return None if content is None else TextChecks.from_json(content)


def _parts(row: RecordingRow) -> tuple[bytes, bytes, bytes, bytes]:
    """Recording, text and checks as JSON, and parameters as float64, NaN where not measured."""
    recording, values = b"", b""
    if row.recorded is not None:
        recorded = row.recorded
        parameters = np.array([recorded.parameters.get(n, np.nan) for n in PARAMETER_NAMES])
        others = {
            name: value
            for name, value in recorded.parameters.items()
            if name not in PARAMETER_NAMES or not isinstance(value, float) or value != value
        }
        content = {name: getattr(recorded, name) for name in ("item", "rate_hz", "fit")}
        recording, values = _json(content | {"parameters": others}), parameters.tobytes()
    texts = (b"" if part is None else _json(asdict(part)) for part in (row.annotation, row.checks))
    return (recording, *texts, values)


def _json(values: dict) -> bytes:
    return json.dumps(values, ensure_ascii=False).encode()


class Column(Sequence):
    """A part of each of some rows, read where it is needed.

    Args:
        rows: Rows, of which some are selected.
        indices: Indices of the selected rows.
        part: Function of a row.
    """

    def __init__(self, rows: Sequence, indices: Sequence[int], part: Callable):
        self._rows, self._indices, self._part = rows, indices, part

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, index: int):
        return self._part(self._rows[self._indices[index]])


class ById(Mapping):
    """Values of a column by the id of their row; the last ones are kept, for repeated reading.

    Args:
        index: Id → index in the column.
        column: Values.
    """

    def __init__(self, index: Mapping[str, int], column: Sequence):
        self._index = index
        self._read = lru_cache(maxsize=_KEPT)(column.__getitem__)

    def __getitem__(self, name: str):
        return self._read(self._index[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._index)

    def __len__(self) -> int:
        return len(self._index)
