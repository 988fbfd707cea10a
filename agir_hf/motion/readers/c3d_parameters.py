"""Numbers and parameter groups of a C3D file, in the byte order of its processor.

Format: https://www.c3d.org/docs/C3D_User_Guide.pdf. Each record of the parameter section states its
own length. A record whose content does not fit into that length shows that the file is damaged:
what follows cannot be located then, so the file is refused.
"""

from __future__ import annotations

import math
import re
import struct
from dataclasses import dataclass

import numpy as np

from ..recording import RecordingError

Groups = dict[str, dict[str, dict]]

_TYPE_BYTES = {-1: 1, 1: 1, 2: 2, 4: 4}  # type of a parameter → bytes of one value
_MOST_DIMENSIONS = 7  # of a parameter, by the format
_NAME = re.compile(rb"[^\x00-\x1f\x7f]+")


@dataclass(frozen=True)
class Numbers:
    """Number formats of a processor.

    Attributes:
        processor: "Intel", "DEC" or "MIPS".
    """

    processor: str

    @property
    def order(self) -> str:
        """Byte order of integers, as for `struct` and numpy."""
        return ">" if self.processor == "MIPS" else "<"

    def integers(self, data, signed: bool = True) -> np.ndarray:
        """Convert bytes to 16-bit integers.

        Args:
            data: Bytes, two for each integer.
            signed: Whether they can be negative.
        """
        return np.frombuffer(data, f"{self.order}{'i' if signed else 'u'}2")

    def floats(self, data) -> np.ndarray:
        """Convert bytes to float32.

        A VAX float has the halves of an IEEE float in reverse order, and four times its value.

        Args:
            data: Bytes, four for each number.
        """
        if self.processor != "DEC":
            return np.frombuffer(data, f"{self.order}f4")
        halves = np.frombuffer(data, "<u2").reshape(-1, 2).astype(np.uint32)
        bits = halves[:, 0] << 16 | halves[:, 1]
        zero = bits & 0x7F800000 == 0  # any fraction with the exponent 0 is zero
        return np.where(zero, np.float32(0), bits.view(np.float32) / np.float32(4))

    def integer(self, data: bytes, position: int) -> int:
        """Unsigned 16-bit integer at a position in bytes."""
        return struct.unpack_from(f"{self.order}H", data, position)[0]

    def float(self, data: bytes, position: int) -> float:
        """32-bit number at a position in bytes."""
        return float(self.floats(data[position : position + 4])[0])


def read_groups(section: bytes, numbers: Numbers, path) -> Groups:
    """Read the parameter groups of a C3D file.

    Args:
        section: Bytes of the parameter section, up to the data.
        numbers: Number formats of the file.
        path: The file, for messages.

    Returns:
        Name of a group → name of a parameter → `{"value": value}`: a list of texts, or an array
        with the dimensions of the file (values of one number have the shape (1,)), as ezc3d
        returns them. Names are in capitals.

    Raises:
        RecordingError: A record is damaged.
    """
    names, parameters, position = {}, [], 4
    while position + 2 <= len(section) and section[position]:
        record = Record.at(section, position, numbers, path)
        if record.group < 0:
            names[-record.group] = record.name
        else:
            parameters.append(record)
        if not record.size:
            _check_end(section, record, numbers, path)
            break
        position += record.size
    groups: Groups = {name: {} for name in names.values()}
    for record in parameters:
        group = groups.setdefault(names.get(record.group, f"GROUP_{record.group}"), {})
        group[record.name] = {"value": record.value(numbers)}
    return groups


@dataclass(frozen=True)
class Record:
    """Record of the parameter section: a group (number below 0) or a parameter."""

    name: str
    group: int
    size: int  # bytes to the next record; 0: the last one
    end: int  # position of the end of the content
    kind: int = 0
    shape: tuple[int, ...] = ()
    data: bytes = b""

    @classmethod
    def at(cls, section: bytes, position: int, numbers: Numbers, path) -> Record:
        """Record at a position in bytes, checked against its own length."""
        length, group = struct.unpack_from("bb", section, position)
        start = position + 2 + abs(length)  # of the length of the rest
        name = section[position + 2 : start]
        if not _NAME.fullmatch(name) or start + 4 > len(section) or group == 0:
            raise _damaged(path, name)
        rest = numbers.integer(section, start)
        kind, shape, data, end = 0, (), b"", start + 2
        if group > 0:
            kind, count = struct.unpack_from("bB", section, start + 2)
            shape = tuple(section[start + 4 : start + 4 + count])
            first = start + 4 + count
            end = first + _TYPE_BYTES.get(kind, 0) * math.prod(shape)
            data = section[first:end]
            # texts without letters take no bytes, and their number is limited by the section only
            texts = math.prod(shape[1:]) if kind == -1 else 0
            if max(end, texts) > len(section) or kind not in _TYPE_BYTES:
                raise _damaged(path, name)
            if len(shape) < count or count > _MOST_DIMENSIONS:
                raise _damaged(path, name)
        described = end + 1 + section[end] if end < len(section) else end
        stated = start + rest if rest else described
        if stated > len(section) or not (described <= stated or end == stated):
            raise _damaged(path, name)
        size = stated - position if rest else 0
        return cls(_text(name).upper(), group, size, described, kind, shape, data)

    def value(self, numbers: Numbers):
        """Value of a parameter: a list of texts, or an array."""
        if self.kind == -1:
            return [_text(text.split(b"\0")[0]).strip() for text in self._texts()]
        data = self.data
        if self.kind == 1:
            values = np.frombuffer(data, np.uint8)
        else:
            values = numbers.floats(data) if self.kind == 4 else numbers.integers(data)
            values = values.astype(np.float64 if self.kind == 4 else np.int64)
        return values.reshape(self.shape or (1,), order="F")

    def _texts(self) -> list[bytes]:
        if len(self.shape) < 2:
            return [self.data]
        length, *counts = self.shape
        return [self.data[i * length : (i + 1) * length] for i in range(math.prod(counts))]


def _check_end(section: bytes, last: Record, numbers: Numbers, path) -> None:
    """Check that no record follows the one that says that it is the last."""
    if not any(section[last.end : last.end + 2]):
        return
    try:
        Record.at(section, last.end, numbers, path)
    except (RecordingError, struct.error, IndexError):
        return  # what a program left in memory there
    raise _damaged(path, last.name.encode())


def _text(data: bytes) -> str:
    """Text of a parameter; the format prescribes ASCII, programs write UTF-8 or Latin-1."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _damaged(path, name: bytes) -> RecordingError:
    text = "".join(c for c in _text(name)[:32] if c.isprintable())
    return RecordingError(f"{path} is damaged near its parameter {text!r}: export it again")
