"""Safe reading of pickles: only numpy arrays and plain containers are created.

A pickle is a program that names functions and calls them. `pickle_interpreter` runs its
instructions without importing or calling anything outside `pickle_values`. Any other name is an
error before anything is called. The number of instructions, the nesting and the number of elements
are bounded, and sizes are compared with the bytes in the file before memory is allocated.
"""

from __future__ import annotations

import math
import pickle
from pathlib import Path

import numpy as np

from ...utils.formatting import printable
from ..recording import RecordingError
from . import pickle_values as values
from .limits import check_size
from .pickle_interpreter import Interpreter, PickleRefused, joblib_advice, torch_advice

__all__ = ["PickleRefused", "load_restricted", "load_smpl_pickle"]

_MOST_ELEMENTS = 2_000_000  # of all containers, each counted as often as it is used
_DEEPEST = 40
_COMPRESSED = (b"\x78", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x5d\x00", b"\x04\x22\x4d\x18")


def load_restricted(path: Path):
    """Load a pickle of numpy arrays, numbers, text and plain containers.

    Args:
        path: The file.

    Returns:
        The content. Arrays may be read-only; default dictionaries are plain ones, and sets are
        sets.

    Raises:
        PickleRefused: It contains something else, which the message names. No code was executed.
        RecordingError: The file is damaged.
    """
    return _load(path, None)


def load_smpl_pickle(path: Path) -> dict[str, np.ndarray]:
    """Load the arrays of an SMPL model file (.pkl), without the libraries that wrote it.

    Sparse matrices (scipy) and differentiable arrays (chumpy) become plain arrays.

    Args:
        path: The file.

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
        try:
            array = _plain(value)
        except RecordingError:
            raise
        except Exception as error:  # of any kind, because the file decides what is computed
            raise RecordingError(
                f"{path} has a damaged array {printable(name)}: copy the SMPL file again"
            ) from error
        if isinstance(array, np.ndarray) and array.dtype != object:
            arrays[str(name)] = array
    return arrays


def _load(path: Path, foreign):
    source = str(path)
    check_size(Path(path).stat().st_size, source)
    content = Path(path).read_bytes()
    if content.startswith(b"PK\x03\x04"):
        raise PickleRefused(f"{path} is not a pickle of arrays: {torch_advice(path)}")
    try:
        return _finished(Interpreter(content, source, foreign).run())
    except PickleRefused:
        raise
    except Exception as error:  # of any kind, because the file decides what is computed
        reason = " ".join(str(error).split()) or type(error).__name__
        raise RecordingError(
            f"{path} is damaged or not a pickle of arrays ({printable(reason[:200])}): "
            f"{_advice(content, path)}"
        ) from error


def _advice(content: bytes, path: Path) -> str:
    if content.startswith(_COMPRESSED):
        return f"if joblib wrote it compressed, {joblib_advice(path)}"
    return "copy or export it again"


def _finished(content):
    """Content with arrays in the positions of their stand-ins, after a check of its size."""
    sizes: dict[int, int | None] = {}
    _count(content, sizes, 0)
    return _converted(content, {})


def _children(value):
    if isinstance(value, dict):
        return value.values()
    if isinstance(value, values.ForeignObject):
        return value.state, *value.arguments
    if isinstance(value, values.StoredNdarray):
        return value.value if isinstance(value.value, list) else ()
    return value if isinstance(value, list | tuple) else ()


def _count(value, sizes: dict[int, int | None], depth: int) -> int:
    """Number of elements of a value, each container counted as often as it is used.

    Raises:
        pickle.UnpicklingError: There are too many, a container contains itself, or the nesting is
            too deep.
    """
    children = _children(value)
    if not children:
        return 1
    if id(value) in sizes:
        size = sizes[id(value)]
        if size is None:
            raise pickle.UnpicklingError("a container that contains itself")
        return size
    if depth > _DEEPEST:
        raise pickle.UnpicklingError(f"containers more than {_DEEPEST} deep")
    sizes[id(value)] = None
    size = 1 + sum(_count(child, sizes, depth + 1) for child in children)
    if size > _MOST_ELEMENTS:
        raise pickle.UnpicklingError(f"containers with more than {_MOST_ELEMENTS:,} elements")
    sizes[id(value)] = size
    return size


def _converted(value, done: dict):
    """Copy of a value with arrays in the positions of their stand-ins."""
    if id(value) in done:
        return done[id(value)]
    if isinstance(value, values.StoredNdarray):
        result = _converted(value.value, done)
    elif isinstance(value, dict):
        result = {key: _converted(child, done) for key, child in value.items()}
    elif isinstance(value, list | tuple):
        result = type(value)(_converted(child, done) for child in value)
    elif isinstance(value, values.ForeignObject):
        value.state = _converted(value.state, done)
        result = value
    else:
        return value
    done[id(value)] = result
    return result


def _plain(value):
    """Array of a foreign object: a sparse matrix, a chumpy array, or a selection from one."""
    if not isinstance(value, values.ForeignObject):
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
    shape = tuple(state.get("_shape") or state.get("shape"))
    if math.prod(shape) > 10_000_000:  # an SMPL regressor has 24 x 6,890
        raise RecordingError(f"a sparse matrix has shape {shape}: pass an SMPL file")
    dense = np.zeros(shape)
    columns = np.repeat(np.arange(shape[1]), np.diff(state["indptr"]))
    np.add.at(dense, (np.asarray(state["indices"]), columns), np.asarray(state["data"]))
    return dense
