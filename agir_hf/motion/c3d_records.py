"""Parameter records of a C3D file, as bytes in the number format of its processor."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np

from .readers.c3d_parameters import Numbers, Record
from .recording import RecordingError

BLOCK = 512
PROCESSOR_CODES = {"Intel": 84, "DEC": 85, "MIPS": 86}
MOST_VALUES = 255  # of a dimension
_MOST_BLOCKS = 255  # of the parameter section
_HEAD_BYTES = 4  # of the parameter section


def float_bytes(values, numbers: Numbers) -> bytes:
    """Numbers as 32-bit floats.

    Args:
        values: Numbers.
        numbers: Number formats; a VAX float (DEC) is an IEEE float of four times the value with
            its halves exchanged.
    """
    if numbers.processor != "DEC":
        return np.asarray(values, f"{numbers.order}f4").tobytes()
    bits = (np.asarray(values, np.float32) * np.float32(4)).astype("<f4").view("<u4")
    return np.stack([bits >> 16, bits & 0xFFFF], axis=-1).astype("<u2").tobytes()


def integer_bytes(values, numbers: Numbers) -> bytes:
    """Numbers as 16-bit integers, those above 32,767 without a sign.

    Args:
        values: Whole numbers.
        numbers: Number formats.
    """
    return (np.asarray(values, np.int64) % 65_536).astype(f"{numbers.order}u2").tobytes()


def group_record(number: int, name: str, numbers: Numbers) -> bytes:
    """Record of a parameter group.

    Args:
        number: Number of the group, from 1.
        name: Name of the group.
        numbers: Number formats.
    """
    head = struct.pack("bb", len(name), -number) + name.encode("ascii")
    return head + integer_bytes([3], numbers) + b"\0"


def parameter_record(number: int, name: str, value, numbers: Numbers) -> bytes:
    """Record of a parameter, whose type is that of its value.

    Args:
        number: Number of the group.
        name: Name of the parameter.
        value: List of texts, or an array of integers or floats; a number has no dimensions.
        numbers: Number formats.
    """
    if isinstance(value, list):
        texts = [text.encode("utf-8")[:MOST_VALUES] for text in value]
        length = max(map(len, texts), default=0)
        kind, shape, data = -1, (length, len(texts)), b"".join(t.ljust(length) for t in texts)
    else:
        array = np.asarray(value)
        kind, shape = (4 if array.dtype.kind == "f" else 2), array.shape
        convert = float_bytes if kind == 4 else integer_bytes
        data = convert(array.ravel(order="F"), numbers)
    body = struct.pack("bB", kind, len(shape)) + bytes(shape) + data + b"\0"
    head = struct.pack("bb", len(name), number) + name.encode("ascii")
    return head + integer_bytes([2 + len(body)], numbers) + body


def group_bytes(number: int, name: str, values: dict, numbers: Numbers) -> list[bytes]:
    """Records of a group and its parameters.

    Args:
        number: Number of the group, from 1.
        name: Name of the group.
        values: Name of a parameter → value, see `parameter_record`.
        numbers: Number formats.
    """
    return [
        group_record(number, name, numbers),
        *(parameter_record(number, key, value, numbers) for key, value in values.items()),
    ]


def split_records(section: bytes, numbers: Numbers, path) -> Iterator[tuple[Record, bytes]]:
    """Records of a parameter section, each with its bytes.

    Args:
        section: Bytes of the parameter section.
        numbers: Number formats.
        path: The file, for messages.
    """
    position = _HEAD_BYTES
    while position + 2 <= len(section) and section[position]:
        record = Record.at(section, position, numbers, path)
        end = position + record.size if record.size else record.end
        yield record, section[position:end]
        if not record.size:
            return
        position = end


def joined_records(records: list[bytes], numbers: Numbers, path) -> bytes:
    """Parameter section of records, filled to whole blocks.

    Args:
        records: Bytes of each record; the offset of the last one becomes 0, which ends the section.
        numbers: Number formats.
        path: The file, for messages.

    Raises:
        RecordingError: The parameters do not fit into a C3D file.
    """
    content = b"".join(
        _with_offset(record, 0 if i == len(records) - 1 else None, numbers)
        for i, record in enumerate(records)
    )
    blocks = -(-(_HEAD_BYTES + len(content) + 2) // BLOCK)
    if blocks > _MOST_BLOCKS:
        raise RecordingError(
            f"{path} has {len(content)} bytes of parameters with the events, expected at most "
            f"{_MOST_BLOCKS * BLOCK}: remove parameters that are not needed"
        )
    head = bytes([1, 0x50, blocks, PROCESSOR_CODES[numbers.processor]])
    return (head + content).ljust(blocks * BLOCK, b"\0")


def _with_offset(record: bytes, offset: int | None, numbers: Numbers) -> bytes:
    """A record that states the offset of the next one; by default its own length."""
    start = 2 + abs(struct.unpack_from("b", record)[0])
    offset = len(record) - start if offset is None else offset
    return record[:start] + integer_bytes([offset], numbers) + record[start + 2 :]
