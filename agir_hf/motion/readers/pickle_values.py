"""Values that a restricted pickle may create: arrays and types of numpy, and foreign objects.

They are plain Python objects that collect the state in the file. Numpy sees the state only after
its type, shape and size have been checked.
"""

from __future__ import annotations

import math
import pickle
import re

import numpy as np

_SIMPLE = (str, bytes, int, float, bool, complex, type(None))
_TYPE = re.compile(r"[<>|=]?([?bBhHiIlLqQefdgFD]|[biufcSUMm]\d{0,9})")
_OBJECT = re.compile(r"[|]?O\d?")
_ITEM = {"M": "i8", "m": "i8"}  # times are read as whole numbers
_MOST_AXES = 32


class NdarrayClass:
    """Stand-in of the class `numpy.ndarray`, which a pickle names and must not call."""


class DataType:
    """Type of the elements of an array, from the arguments of `numpy.dtype` in a pickle.

    Args:
        text: Code such as "f8".
        *_: Flags of numpy, which are not used.
    """

    def __init__(self, text="", *_):
        if not isinstance(text, str):
            raise pickle.UnpicklingError("a type of numpy that is not a code such as f8")
        self.is_object = bool(_OBJECT.fullmatch(text))
        self.known_code = self.is_object or bool(_TYPE.fullmatch(text))
        self.text, self.order, self.structured = text, "", False

    def set_state(self, state) -> None:
        """Take byte order and fields from the state in the pickle."""
        if not isinstance(state, tuple) or len(state) < 5 or not isinstance(state[1], str):
            raise pickle.UnpicklingError("a damaged type of numpy")
        self.order = state[1] if state[1] in ("<", ">") else ""
        self.structured = state[2] is not None or state[3] is not None

    def dtype(self) -> np.dtype | None:
        """The type of numpy; None for objects, structures and types that are not read."""
        if self.is_object or self.structured or not self.known_code:
            return None
        code = self.text.lstrip("<>|=")
        order = self.text[0] if self.text[0] in "<>" else self.order
        return np.dtype(order + _ITEM.get(code[0], code))


class StoredNdarray:
    """Array that numpy restores from a type, a shape and bytes."""

    def __init__(self):
        self.value = np.zeros(0)

    def set_state(self, state) -> None:
        """Create the array from the state in the pickle: shape, type, order and bytes."""
        if not isinstance(state, tuple) or len(state) not in (4, 5):
            raise pickle.UnpicklingError("a damaged array")
        shape, kind, fortran, content = state[-4:]
        self.value = array_of(content, kind, shape, "F" if fortran is True or fortran == 1 else "C")


class ForeignObject:
    """State of an object of another library, loaded without its code."""

    def __init__(self, *arguments):
        self.arguments, self.state = arguments, {}

    def set_state(self, state) -> None:
        """Keep the state in the pickle."""
        self.state = state if isinstance(state, dict) else {"state": state}


def array_of(content, kind, shape, order="C"):
    """Array from bytes, with checks of type, shape and size.

    Args:
        content: Bytes, or text of an old pickle; a list for an array of objects.
        kind: A `DataType`.
        shape: Lengths of the axes.
        order: "C" or "F".

    Returns:
        An array; the list of its elements for an array of objects; None for a type that is not
        read, such as a structure.

    Raises:
        pickle.UnpicklingError: Type, shape and size do not agree.
    """
    if not isinstance(kind, DataType):
        raise pickle.UnpicklingError("an array without a type")
    if isinstance(shape, int) and not isinstance(shape, bool):
        shape = (shape,)
    if not isinstance(shape, tuple | list) or len(shape) > _MOST_AXES:
        raise pickle.UnpicklingError("an array without a shape")
    if not all(isinstance(length, int) and length >= 0 for length in shape):
        raise pickle.UnpicklingError("an array with a damaged shape")
    if kind.is_object:
        if not isinstance(content, list) or len(content) != math.prod(shape):
            raise pickle.UnpicklingError("a damaged array of objects")
        return content if shape else content[0]
    dtype = kind.dtype()
    if dtype is None:
        return None
    content = as_bytes(content)
    if len(content) != math.prod(shape) * dtype.itemsize:
        raise pickle.UnpicklingError(
            f"an array of shape {tuple(shape)} and type {dtype} with {len(content)} bytes"
        )
    if not content:
        return np.zeros(shape, dtype)
    return np.frombuffer(content, dtype).reshape(shape, order=order)


def as_bytes(content) -> bytes | bytearray:
    """Bytes of a value in a pickle; texts of old pickles hold bytes as latin1."""
    if isinstance(content, str):
        return content.encode("latin1")
    if not isinstance(content, bytes | bytearray):
        raise pickle.UnpicklingError("a value without its bytes")
    return content


def reconstruct(kind=None, shape=(0,), *_):
    """Empty array for `StoredNdarray.set_state`, as `numpy.core.multiarray._reconstruct`."""
    if kind is not NdarrayClass:
        raise pickle.UnpicklingError("an array of another class than numpy.ndarray")
    return StoredNdarray()


def scalar(kind=None, content=b""):
    """One number, as `numpy.core.multiarray.scalar`."""
    if not isinstance(kind, DataType) or kind.is_object:
        raise pickle.UnpicklingError("a scalar of type object")
    value = array_of(content, kind, ())
    return None if value is None else value[()]


def from_buffer(content=b"", kind=None, shape=(), order="C", axis_order=None):
    """Array of a pickle of protocol 5, as `numpy.core.numeric._frombuffer`."""
    if order != "K" or axis_order is None:
        return array_of(content, kind, shape, order if order == "F" else "C")
    array = array_of(content, kind, shape)
    if array is None or sorted(axis_order) != list(range(array.ndim)):
        raise pickle.UnpicklingError("an array with a damaged order of axes")
    return array.transpose(axis_order)


def encode(text="", encoding="latin1"):
    """Bytes of a text, as `codecs.encode` is used in old pickles."""
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise pickle.UnpicklingError("codecs.encode of something other than latin1 text")
    return text.encode("latin1")


def content_bytes(content=b"", encoding="latin1"):
    """Bytes from their content; from a length alone, which could be any number, is an error."""
    if isinstance(content, str):
        return encode(content, encoding)
    return bytes(as_bytes(content))


def simple_set(content=()):
    """Set of numbers and texts."""
    if not isinstance(content, list | tuple | set):
        raise pickle.UnpicklingError("a set of something other than a list")
    return {checked_key(item) for item in content}


def plain_dict(*arguments):
    """Dictionary, also for the ordered and the default dictionaries of `collections`."""
    pairs = arguments[-1] if arguments and isinstance(arguments[-1], list | tuple) else ()
    if not all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in pairs):
        raise pickle.UnpicklingError("a dictionary of something other than pairs")
    return {checked_key(key): value for key, value in pairs}


def path_text(*parts):
    """File name, as text."""
    if not all(isinstance(part, str) for part in parts):
        raise pickle.UnpicklingError("a path of something other than texts")
    return "/".join(parts)


def complex_number(real=0.0, imaginary=0.0):
    """Complex number."""
    return complex(float(real), float(imaginary))


def checked_key(key):
    """Key of a dictionary or element of a set: a text, a number, or a tuple of these.

    Raises:
        pickle.UnpicklingError: It is something else, such as a nested tuple.
    """
    flat = key if isinstance(key, tuple) else (key,)
    if not all(isinstance(item, (*_SIMPLE, np.generic)) for item in flat):
        raise pickle.UnpicklingError(f"a key of type {type(key).__name__}")
    return key
