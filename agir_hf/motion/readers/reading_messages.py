"""Messages between this process and a process that reads recordings.

A message is a header (`_HEADER`: mark, bytes of text, bytes of arrays), JSON, and the arrays as raw
bytes. Of a reply only numbers, texts, arrays and the classes of `agir_hf.motion.recording` are
built: nothing in it can run code.
"""

from __future__ import annotations

import dataclasses
import json
import math
import struct
from typing import Any, BinaryIO

import numpy as np

from .. import recording
from ..recording import ReadOptions
from .limits import LONGEST_S, MOST_BYTES, MOST_FRAMES

_HEADER = struct.Struct(">4sQQ")
_MARK = b"AGIR"
_MOST_TEXT = 64 << 20  # bytes of JSON in a message
_CLASSES = {
    name: value
    for name, value in vars(recording).items()
    if dataclasses.is_dataclass(value) and value.__module__ == recording.__name__
}


class MessageError(ValueError):
    """A message that is not complete or not valid."""


@dataclasses.dataclass(frozen=True)
class Limits:
    """Limits for reading a recording in a process of its own.

    Attributes:
        cpu_s: CPU time in seconds; on Unix.
        wall_s: Elapsed time in seconds; much more than ``cpu_s``, for a busy machine.
        memory_mib: Memory in MiB on top of what the process needs before it reads a file; on Linux.
        frames: Number of frames of the recording.
        markers: Number of markers of the recording.
        duration_s: Duration of the recording in seconds.
        distance_m: Distance from the origin in metres that no position exceeds; by default any.
    """

    cpu_s: float = 6.0
    wall_s: float = 30.0
    memory_mib: int = 1024
    frames: int = MOST_FRAMES
    markers: int = 10_000
    duration_s: float = LONGEST_S
    distance_m: float | None = None


def send(stream: BinaryIO, message: Any) -> None:
    """Write a message.

    Args:
        stream: Unbuffered binary stream.
        message: Dictionaries with text keys, lists, texts, numbers, arrays of numbers, and
            objects of the classes of `agir_hf.motion.recording`, nested in any way.
    """
    arrays: list[np.ndarray] = []
    text = json.dumps(_encoded(message, arrays)).encode("ascii")
    _write(stream, _HEADER.pack(_MARK, len(text), sum(array.nbytes for array in arrays)) + text)
    for array in arrays:
        _write(stream, memoryview(array.reshape(-1).view(np.uint8)))


def receive(stream: BinaryIO) -> Any:
    """Read a message.

    Args:
        stream: Unbuffered binary stream.

    Returns:
        The message, with tuples in place of lists.

    Raises:
        EOFError: The stream ends before a message.
        MessageError: The message is not valid, or its arrays are too large.
    """
    header = _read(stream, _HEADER.size, at_start=True)
    mark, text_bytes, array_bytes = _HEADER.unpack(header)
    if mark != _MARK or text_bytes > _MOST_TEXT or array_bytes > MOST_BYTES:
        raise MessageError("the header of the message is not valid")
    text, arrays = _read(stream, text_bytes), _read(stream, array_bytes)
    try:
        return _decoded(json.loads(bytes(text)), arrays)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise MessageError(f"the message is not valid: {error}") from error


def request(path: str, folder: str, options: ReadOptions, limits: Limits) -> dict:
    """Return the message that asks for a recording.

    Args:
        path: The file, as in messages to the user.
        folder: Folder that a relative path starts from.
        options: Settings of the user.
        limits: Limits of the process and of the recording.
    """
    settings = {"path": path, "folder": folder, "options": options}
    return {**settings, "limits": dataclasses.asdict(limits)}


def _write(stream: BinaryIO, data) -> None:
    data = memoryview(data)
    while len(data):
        data = data[stream.write(data) :]


def _read(stream: BinaryIO, size: int, at_start: bool = False) -> bytearray:
    data = bytearray(size)
    view, count = memoryview(data), 0
    while count < size:
        number = stream.readinto(view[count:])
        if not number:
            raise EOFError if at_start and not count else MessageError("the message is cut")
        count += number
    return data


def _encoded(value: Any, arrays: list[np.ndarray]):
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        arrays.append(np.ascontiguousarray(value, dtype=value.dtype.newbyteorder("<")))
        return {"array": [value.dtype.newbyteorder("<").str, *value.shape]}
    if dataclasses.is_dataclass(value):
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        return {"class": type(value).__name__, "fields": _encoded(fields, arrays)}
    if isinstance(value, dict):
        return {"dict": [[key, _encoded(item, arrays)] for key, item in value.items()]}
    if isinstance(value, list | tuple):
        return [_encoded(item, arrays) for item in value]
    return value.item() if isinstance(value, np.generic) else value


class _Arrays:
    """Arrays of a message in order, as views of its bytes."""

    def __init__(self, data: bytearray):
        self.data, self.position = data, 0

    def next(self, dtype: str, *shape: int) -> np.ndarray:
        dtype = np.dtype(dtype)
        count = math.prod(shape)
        if dtype.kind not in "biuf" or any(not isinstance(n, int) or n < 0 for n in shape):
            raise ValueError("not an array of numbers")
        array = np.frombuffer(self.data, dtype, count, self.position) if count else np.empty(0)
        self.position += count * dtype.itemsize
        return np.require(array, dtype, ["ALIGNED", "WRITEABLE"]).reshape(shape)


def _decoded(value: Any, data: bytearray | _Arrays):
    arrays = data if isinstance(data, _Arrays) else _Arrays(data)
    if isinstance(value, list):
        return tuple(_decoded(item, arrays) for item in value)
    if not isinstance(value, dict):
        return value
    if "array" in value:
        return arrays.next(*value["array"])
    if "class" in value:
        return _CLASSES[value["class"]](**_decoded(value["fields"], arrays))
    return {key: _decoded(item, arrays) for key, item in value["dict"]}
