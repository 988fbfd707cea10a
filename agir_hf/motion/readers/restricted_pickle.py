"""Pickles without their danger: numpy arrays and plain containers, nothing else is built.

A pickle names functions to call. Here a name is looked up in a short list; any other is refused
before anything is called.
"""

from __future__ import annotations

import io
import pickle
import struct
from collections import OrderedDict
from pathlib import Path

import numpy as np

from ..recording import RecordingError

_DAMAGE = (
    pickle.UnpicklingError, EOFError, AttributeError, ImportError, IndexError, KeyError, TypeError,
    ValueError, UnicodeError, OverflowError, MemoryError, RecursionError, struct.error,
)  # fmt: skip


class PickleRefused(RecordingError):
    """A pickle asks for more than arrays and plain containers."""


def _encode(text, encoding="latin1"):
    """The one use numpy's old pickles have for `codecs.encode`."""
    if not isinstance(text, str) or encoding != "latin1":
        raise pickle.UnpicklingError("codecs.encode of something else than text as latin1")
    return text.encode("latin1")


def _array(kind, shape=(0,), data=b"b"):
    """An empty array for numpy to fill, as `numpy.core.multiarray._reconstruct` makes."""
    if kind is not np.ndarray or tuple(shape) != (0,):
        raise pickle.UnpicklingError("an array that is not one of numpy's own")
    return np.ndarray.__new__(np.ndarray, (0,), "b")


def _scalar(dtype, data):
    if dtype.hasobject:
        raise pickle.UnpicklingError("a number that is an object")
    return np.frombuffer(data, dtype=dtype, count=1)[0]


def _from_buffer(buffer, dtype, shape, order, *_):
    if np.dtype(dtype).hasobject:
        raise pickle.UnpicklingError("an array of objects")
    return np.frombuffer(buffer, dtype=dtype).reshape(shape, order=order)


def _bytes(content=b"", encoding="latin1"):
    """Bytes from what is there, never from a length."""
    if isinstance(content, str):
        return _encode(content, encoding)
    if not isinstance(content, bytes | bytearray):
        raise pickle.UnpicklingError("bytes that are not given but sized")
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
    def __init__(self, file, source: str, stand_ins=None):
        super().__init__(file, encoding="latin1")
        self.source, self.stand_ins = source, stand_ins

    def find_class(self, module: str, name: str):
        if (module, name) in _ALLOWED:
            return _ALLOWED[module, name]
        if self.stand_ins is not None and module.split(".")[0] in self.stand_ins:
            return _StandIn
        raise PickleRefused(
            f"{self.source} asks for {module}.{name}, expected numpy arrays and plain containers "
            "only: refused, nothing of it was executed"
        )


class _StandIn:
    """What a class of another library becomes: its state, and no behaviour."""

    def __init__(self, *arguments):
        self.arguments, self.state = arguments, {}

    def __setstate__(self, state):
        self.state = state if isinstance(state, dict) else {"state": state}


def load_restricted(path: Path):
    """What a pickle holds, if it is numpy arrays, numbers, text and plain containers.

    Raises:
        PickleRefused: naming the first thing it asks for beyond these; nothing was executed.
        RecordingError: if it is damaged.
    """
    return _load(path, None)


def load_smpl_pickle(path: Path) -> dict[str, np.ndarray]:
    """Arrays of an SMPL model file (.pkl), without the libraries its authors pickled it with.

    Sparse matrices (scipy) and differentiable arrays (chumpy) are read for the numbers in them.

    Raises:
        PickleRefused, RecordingError: see `load_restricted`; also if it holds no arrays by name.
    """
    content = _load(path, ("scipy", "chumpy"))
    if not isinstance(content, dict):
        raise RecordingError(f"{path} holds {type(content).__name__}, expected arrays by name")
    arrays = {}
    for name, value in content.items():
        array = _plain(value)
        if isinstance(array, np.ndarray) and array.dtype != object:
            arrays[str(name)] = array
    return arrays


def _load(path: Path, stand_ins):
    try:
        return _Unpickler(io.BytesIO(Path(path).read_bytes()), str(path), stand_ins).load()
    except PickleRefused:
        raise
    except _DAMAGE as error:
        told = " ".join(str(error).split()) or type(error).__name__
        raise RecordingError(
            f"{path} is damaged or no pickle of arrays ({told}): copy it again"
        ) from error


def _plain(value):
    """Numbers of a stand-in: a sparse matrix, a chumpy array, or a selection from one."""
    if not isinstance(value, _StandIn):
        return value
    state = value.state
    if {"data", "indices", "indptr"} <= state.keys():
        return _dense(state)
    if "a" in state and "idxs" in state:
        chosen = np.asarray(_plain(state["a"])).ravel()[np.asarray(state["idxs"])]
        shape = state.get("preferred_shape")
        return chosen.reshape(shape) if shape is not None else chosen
    for name in ("x", "r", "_cached"):
        if name in state:
            return _plain(state[name])
    return None


def _dense(state: dict) -> np.ndarray:
    """A compressed matrix by columns (scipy's csc), written out."""
    shape = state.get("_shape") or state.get("shape")
    dense = np.zeros(shape)
    columns = np.repeat(np.arange(shape[1]), np.diff(state["indptr"]))
    np.add.at(dense, (np.asarray(state["indices"]), columns), np.asarray(state["data"]))
    return dense
