"""Files of arrays, .npz and .npy: shapes first, values when they are needed, and never a pickle.

The header of an array states its shape. It is compared with the bytes in the file before memory is
allocated.
"""

from __future__ import annotations

import io
import math
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...utils.formatting import printable
from ..recording import RecordingError
from .limits import check_size

_MOST_ENTRIES = 2000
_MOST_BYTES = 256 << 20  # of one array
_LARGEST_RATIO = 1100  # of the size of an entry over its compressed size, in the deflate format
_HEADER_BYTES = 16384
_SHOWN = 24  # entries that a message lists


@dataclass(frozen=True, eq=False)
class StoredArray:
    """An array in a file. `numpy.asarray` loads it.

    Attributes:
        shape: Lengths of the axes, as the header states them.
        dtype: Type of the elements.
        load: Returns the array.
    """

    shape: tuple[int, ...]
    dtype: np.dtype
    load: Callable[[], np.ndarray]

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        """Load the array; numpy calls this."""
        array = self.load()
        return array if dtype is None else array.astype(dtype)


@dataclass(frozen=True)
class UnreadEntry:
    """An entry of a file that is not an array of numbers or texts.

    Attributes:
        reason: What it is instead, for messages.
        error: Message of the error that using it raises.
    """

    reason: str
    error: str


def load_npy(path: Path) -> np.ndarray:
    """Load the array of an .npy file.

    Args:
        path: The file.

    Raises:
        RecordingError: The file is damaged, or holds a pickled object.
    """
    size = path.stat().st_size
    check_size(size, str(path))
    try:
        with path.open("rb") as file:
            shape, order, dtype, start = _header(file)
            _check_size(shape, dtype, size - start, str(path))
            file.seek(start)
            return _array(file.read(math.prod(shape) * dtype.itemsize), shape, order, dtype)
    except RecordingError:
        raise
    except _ObjectsError as error:
        raise RecordingError(f"{path} {_pickled_advice(path)}") from error
    except Exception as error:  # of any kind, because the file decides what is computed
        raise RecordingError(
            f"{path} cannot be read as .npy ({_reason(error)}): save it again with np.save"
        ) from error


def open_npz(path: Path) -> dict[str, StoredArray | UnreadEntry]:
    """Read the names, shapes and types of the arrays of an .npz file.

    Args:
        path: The file.

    Raises:
        RecordingError: The file is damaged or not an .npz file.
    """
    check_size(path.stat().st_size, str(path))
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > _MOST_ENTRIES:
                raise RecordingError(
                    f"{path} has {len(entries)} entries, expected at most {_MOST_ENTRIES}: save "
                    "the arrays of one walk"
                )
            if any(entry.filename.endswith("/data.pkl") for entry in entries):
                raise RecordingError(f"{path} is a file of PyTorch: rename it to end in .pt")
            return {
                entry.filename.removesuffix(".npy"): _entry(archive, entry, path)
                for entry in entries
                if not entry.is_dir()
            }
    except RecordingError:
        raise
    except Exception as error:  # of any kind, because the file decides what is computed
        raise _damaged(path, error) from error


def array_of_entry(value: StoredArray | UnreadEntry | object) -> np.ndarray:
    """Array of an entry of a file, a number, or a list of numbers.

    Args:
        value: Result of `open_npz` for a name, or a value from a pickle.

    Raises:
        RecordingError: The entry cannot be read.
        ValueError: A list is ragged.
    """
    if isinstance(value, UnreadEntry):
        raise RecordingError(value.error)
    return np.asarray(value)


def describe(content: object) -> str:
    """List the names and shapes of what a file contains.

    Args:
        content: Dictionary of arrays, numbers, texts and dictionaries, or one of these.

    Returns:
        Text such as "poses (80, 156), trans (80, 3), fps 30".
    """
    if not isinstance(content, dict):
        return _shown(content)
    rows = _rows(content, "")
    if not rows:
        return "nothing"
    more = f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
    return ", ".join(rows[:_SHOWN]) + more


def _rows(content: dict, prefix: str) -> list[str]:
    rows = []
    for name, value in content.items():
        name = f"{prefix}{printable(str(name)[:60])}"
        if isinstance(value, dict) and value:
            rows += _rows(value, f"{name}/")
        else:
            rows.append(f"{name} {_shown(value)}")
    return rows


def _shown(value) -> str:
    if isinstance(value, UnreadEntry):
        return f"({value.reason})"
    if isinstance(value, str | bytes):
        return "text"
    if isinstance(value, int | float | complex | np.generic):
        return printable(str(value)[:20])
    shape = getattr(value, "shape", None)
    if shape is not None:
        return str(tuple(shape)) if shape else f"number ({value.dtype})"
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, list | tuple):
        return f"list of {len(value)}"
    return "not read" if value is None else type(value).__name__


class _ObjectsError(Exception):
    """Error for an array of pickled objects."""


def _header(file) -> tuple[tuple[int, ...], str, np.dtype, int]:
    """Shape, order, type and position of the values of an array in numpy's format."""
    version = np.lib.format.read_magic(file)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }.get(version)
    if read is None:
        raise ValueError(f"version {version} of the format")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about headers of Python 2
        shape, fortran, dtype = read(file, max_header_size=_HEADER_BYTES)
    if not all(type(length) is int and length >= 0 for length in shape) or len(shape) > 16:
        raise ValueError(f"its shape is {str(shape)[:60]}")
    if dtype.hasobject:
        raise _ObjectsError
    if dtype.names or dtype.subdtype:
        raise ValueError("it is a table with named columns, expected an array of numbers")
    return shape, "F" if fortran else "C", dtype, file.tell()


def _check_size(shape, dtype: np.dtype, available: int, source: str) -> None:
    size = math.prod(shape) * dtype.itemsize
    if size > available:
        raise RecordingError(
            f"{source} states an array of shape {_short(shape)} ({size} bytes) and has {available} "
            "bytes for it: copy or export it again"
        )
    if size > _MOST_BYTES:
        raise RecordingError(
            f"{source} has an array of shape {_short(shape)}, {size >> 20} MiB, expected at most "
            f"{_MOST_BYTES >> 20} MiB: cut the recording"
        )


def _short(shape) -> str:
    text = str(tuple(shape))
    return text if len(text) <= 60 else text[:57] + "..."


def _array(content: bytes, shape, order: str, dtype: np.dtype) -> np.ndarray:
    if not math.prod(shape) or not dtype.itemsize:
        return np.zeros(shape, dtype)
    return np.frombuffer(content, dtype, math.prod(shape)).reshape(shape, order=order)


def _entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path):
    """An entry of an archive: its shape and type, or why it is not an array."""
    name = printable(entry.filename.removesuffix(".npy")[:60])
    if entry.flag_bits & 1:
        return UnreadEntry(
            "encrypted", f"{path} has {name} encrypted with a password: save it without a password"
        )
    try:
        with archive.open(entry) as file:
            head = io.BytesIO(file.read(_HEADER_BYTES + 64))
        shape, order, dtype, start = _header(head)
    except _ObjectsError:
        return UnreadEntry("a pickled object", f"{path} has {name}, which {_pickled_advice(path)}")
    except Exception as error:  # of any kind, because the file decides what is computed
        return UnreadEntry(
            "damaged or not an array",
            f"{path} is damaged or not an .npz file ({name}: {_reason(error)}): copy or export it "
            "again",
        )

    def load() -> np.ndarray:
        return _load_entry(path, entry, shape, order, dtype, start)

    return StoredArray(shape, dtype, load)


def _load_entry(path: Path, entry: zipfile.ZipInfo, shape, order, dtype, start) -> np.ndarray:
    name = printable(entry.filename[:60])
    if entry.file_size > _LARGEST_RATIO * entry.compress_size + 1024:
        raise RecordingError(
            f"{path} states {entry.file_size} bytes for {name}, compressed to "
            f"{entry.compress_size}: copy or export it again"
        )
    _check_size(shape, dtype, entry.file_size - start, f"{path} ({name})")
    try:
        with zipfile.ZipFile(path) as archive, archive.open(entry) as file:
            file.read(start)
            content = file.read(math.prod(shape) * dtype.itemsize)
            while file.read(1 << 16):  # up to the end, where the check sum is compared
                pass
            return _array(content, shape, order, dtype)
    except Exception as error:  # of any kind, because the file decides what is computed
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> RecordingError:
    return RecordingError(
        f"{path} is damaged or not an .npz file ({_reason(error)}): copy or export it again"
    )


def _reason(error: Exception) -> str:
    return printable(" ".join(str(error).split())[:160]) or type(error).__name__


def _pickled_advice(path: Path) -> str:
    name = printable(path.name)
    return (
        "is a pickled Python object, which is not read, expected arrays of numbers: if you trust "
        f"its source, load it with numpy.load({name!r}, allow_pickle=True) and save its arrays "
        "with numpy.savez"
    )
