"""Safe reading of pickles: only numpy arrays and plain containers are created.

A pickle contains names of functions that are called when it is loaded. Only the names in a short
list are allowed; any other name raises an error before its function is called.
"""

from __future__ import annotations

import io
import pickle
import struct
from collections import OrderedDict
from pathlib import Path

import numpy as np

from ..recording import RecordingError

_DAMAGE = (  # errors of `pickle` for a damaged file
    pickle.UnpicklingError, EOFError, AttributeError, ImportError, IndexError, KeyError, TypeError,
    ValueError, UnicodeError, OverflowError, MemoryError, RecursionError, struct.error,
)  # fmt: skip


class PickleRefused(RecordingError):
    """Error for a pickle that contains more than arrays and plain containers."""


def _encode(text, encoding="latin1"):
    """Replacement of `codecs.encode`, restricted to its use in old pickles of numpy."""
    if not isinstance(text, str) or encoding != "latin1":
        raise pickle.UnpicklingError("codecs.encode of something other than latin1 text")
    return text.encode("latin1")


def _array(kind, shape=(0,), data=b"b"):
    """Empty array for numpy to fill, as from `numpy.core.multiarray._reconstruct`."""
    if kind is not np.ndarray or tuple(shape) != (0,):
        raise pickle.UnpicklingError("an array of another class than numpy.ndarray")
    return np.ndarray.__new__(np.ndarray, (0,), "b")


def _scalar(dtype, data):
    if dtype.hasobject:
        raise pickle.UnpicklingError("a scalar of type object")
    return np.frombuffer(data, dtype=dtype, count=1)[0]


def _from_buffer(buffer, dtype, shape, order, *_):
    if np.dtype(dtype).hasobject:
        raise pickle.UnpicklingError("an array of objects")
    return np.frombuffer(buffer, dtype=dtype).reshape(shape, order=order)


def _bytes(content=b"", encoding="latin1"):
    """Bytes with a content; a length alone, which could allocate any memory, raises an error."""
    if isinstance(content, str):
        return _encode(content, encoding)
    if not isinstance(content, bytes | bytearray):
        raise pickle.UnpicklingError("bytes from a length instead of their content")
    return bytes(content)


_ALLOWED = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("_codecs", "encode"): _encode,
    ("collections", "OrderedDict"): OrderedDict,
}
for _builtins in ("builtins", "__builtin__"):
    for _kind in (set, frozenset, complex):
        _ALLOWED[_builtins, _kind.__name__] = _kind
    _ALLOWED[_builtins, "bytes"] = _ALLOWED[_builtins, "bytearray"] = _bytes
for _core in ("numpy.core", "numpy._core"):
    _ALLOWED[_core + ".multiarray", "_reconstruct"] = _array
    _ALLOWED[_core + ".multiarray", "scalar"] = _scalar
    _ALLOWED[_core + ".numeric", "_frombuffer"] = _from_buffer
del _core, _builtins, _kind


class _Unpickler(pickle.Unpickler):
    def __init__(self, file, source: str, foreign=None):
        super().__init__(file, encoding="latin1")
        self.source, self.foreign = source, foreign

    def find_class(self, module: str, name: str):
        if (module, name) in _ALLOWED:
            return _ALLOWED[module, name]
        if self.foreign is not None and module.split(".")[0] in self.foreign:
            return _ForeignObject
        raise PickleRefused(
            f"{self.source} refers to {module}.{name}, expected numpy arrays and plain containers "
            "only: refused, nothing in it was executed"
        )


class _ForeignObject:
    """State of an object of another library, loaded without its code."""

    def __init__(self, *arguments):
        self.arguments, self.state = arguments, {}

    def __setstate__(self, state):
        self.state = state if isinstance(state, dict) else {"state": state}


def load_restricted(path: Path):
    """Load a pickle of numpy arrays, numbers, text and plain containers.

    Raises:
        PickleRefused: It contains something else, which the message names. No code was executed.
        RecordingError: The file is damaged.
    """
    return _load(path, None)


def load_smpl_pickle(path: Path) -> dict[str, np.ndarray]:
    """Load the arrays of an SMPL model file (.pkl), without the libraries that wrote it.

    Sparse matrices (scipy) and differentiable arrays (chumpy) become plain arrays.

    Raises:
        PickleRefused: See `load_restricted`.
        RecordingError: The file is damaged or not a dictionary of arrays.
    """
    content = _load(path, ("scipy", "chumpy"))
    if not isinstance(content, dict):
        raise RecordingError(
            f"{path} holds {type(content).__name__}, expected arrays by name: pass an SMPL file"
        )
    arrays = {}
    for name, value in content.items():
        array = _plain(value)
        if isinstance(array, np.ndarray) and array.dtype != object:
            arrays[str(name)] = array
    return arrays


def _load(path: Path, foreign):
    try:
        return _Unpickler(io.BytesIO(Path(path).read_bytes()), str(path), foreign).load()
    except PickleRefused:
        raise
    except _DAMAGE as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise RecordingError(
            f"{path} is damaged or not a pickle of arrays ({reason}): copy it again"
        ) from error


def _plain(value):
    """Array of a foreign object: a sparse matrix, a chumpy array, or a selection from one."""
    if not isinstance(value, _ForeignObject):
        return value
    state = value.state
    if {"data", "indices", "indptr"} <= state.keys():
        return _dense(state)
    if "a" in state and "idxs" in state:
        selected = np.asarray(_plain(state["a"])).ravel()[np.asarray(state["idxs"])]
        shape = state.get("preferred_shape")
        return selected.reshape(shape) if shape is not None else selected
    for name in ("x", "r", "_cached"):
        if name in state:
            return _plain(state[name])
    return None


def _dense(state: dict) -> np.ndarray:
    """Dense array of a compressed sparse column matrix (csc) of scipy."""
    shape = state.get("_shape") or state.get("shape")
    dense = np.zeros(shape)
    columns = np.repeat(np.arange(shape[1]), np.diff(state["indptr"]))
    np.add.at(dense, (np.asarray(state["indices"]), columns), np.asarray(state["data"]))
    return dense
