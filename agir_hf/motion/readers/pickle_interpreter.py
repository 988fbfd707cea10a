"""Interpreter of pickles that calls nothing outside `pickle_values`."""

from __future__ import annotations

import codecs
import io
import pickle
import pickletools
from pathlib import Path

from ...utils.formatting import printable
from ..recording import RecordingError
from . import pickle_values as values

_MOST_INSTRUCTIONS = 2_000_000


class PickleRefused(RecordingError):
    """Error for a pickle that contains more than arrays and plain containers."""


_ALLOWED = {
    ("numpy", "ndarray"): values.NdarrayClass,
    ("numpy", "dtype"): values.DataType,
    ("_codecs", "encode"): values.encode,
    ("collections", "OrderedDict"): values.plain_dict,
    ("collections", "defaultdict"): values.plain_dict,
}
for _builtins in ("builtins", "__builtin__"):
    for _kind in ("set", "frozenset"):
        _ALLOWED[_builtins, _kind] = values.simple_set
    for _kind in ("bytes", "bytearray"):
        _ALLOWED[_builtins, _kind] = values.content_bytes
    _ALLOWED[_builtins, "complex"] = values.complex_number
    for _kind in ("dict", "list"):  # what a default dictionary is filled with
        _ALLOWED[_builtins, _kind] = values.plain_dict
for _core in ("numpy.core", "numpy._core"):
    _ALLOWED[_core + ".multiarray", "_reconstruct"] = values.reconstruct
    _ALLOWED[_core + ".multiarray", "scalar"] = values.scalar
    _ALLOWED[_core + ".numeric", "_frombuffer"] = values.from_buffer
for _kind in ("PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath"):
    _ALLOWED["pathlib", _kind] = _ALLOWED["pathlib._local", _kind] = values.path_text
del _core, _builtins, _kind
_CALLABLE = set(_ALLOWED.values()) - {values.NdarrayClass}


def joblib_advice(path: Path) -> str:
    """How to convert a file of joblib, in one line.

    Args:
        path: The file.
    """
    name, plain = printable(Path(path).name), printable(Path(path).stem) + "_plain.pkl"
    return (
        "convert it with Python, if you trust its source: import joblib, pickle; "
        f"pickle.dump(joblib.load({name!r}), open({plain!r}, 'wb')) (or write the arrays of one "
        "person with numpy.savez)"
    )


def torch_advice(path: Path) -> str:
    """How to convert a file of PyTorch, in one line.

    Args:
        path: The file.
    """
    name, stem = printable(Path(path).name), printable(Path(path).stem)
    return (
        "it is a file of PyTorch; convert it with Python: import torch, numpy; "
        f"content = torch.load({name!r}, map_location='cpu', weights_only=True); "
        f"content = content.get('smpl_params_global', content); numpy.savez('{stem}.npz', "
        "**{k: v.numpy() for k, v in content.items() if hasattr(v, 'numpy')})"
    )


class Interpreter:
    """Interpreter of the instructions of a pickle; see `pickletools` for what they mean."""

    def __init__(self, content: bytes, source: str, foreign=None):
        self.file, self.source, self.foreign = io.BytesIO(content), source, foreign
        self.stack, self.marks, self.memo = [], [], {}

    def run(self):
        """Run all instructions and return the value."""
        read, push = self.file.read, self.stack.append
        for _ in range(_MOST_INSTRUCTIONS):
            code = read(1)
            if not code:
                raise EOFError("it ends too early")
            opcode, method = _TABLE.get(code[0], (None, None))
            if opcode is None:
                raise pickle.UnpicklingError(f"unknown instruction {code!r}")
            if method is not None:
                method(self) if opcode.arg is None else method(self, opcode.arg.reader(self.file))
            elif opcode.name in _CONSTANTS:
                push(_CONSTANTS[opcode.name])
            elif opcode.name in _VALUES:
                push(opcode.arg.reader(self.file))
            elif opcode.name == "STOP":
                return self.stack.pop()
            else:
                self._refuse(*_NOT_READ.get(opcode.name, ("the instruction", opcode.name)))
        raise pickle.UnpicklingError(f"more than {_MOST_INSTRUCTIONS:,} instructions")

    def _string(self) -> None:
        """Text in quotes; in old pickles it holds bytes, which need not be ASCII."""
        text = self.file.readline().strip()
        if len(text) < 2 or text[:1] != text[-1:] or text[:1] not in (b"'", b'"'):
            raise pickle.UnpicklingError("a text without quotes")
        self.stack.append(codecs.escape_decode(text[1:-1])[0].decode("latin1"))

    def _items(self) -> list:
        """Values above the last mark, which are removed."""
        start = self.marks.pop()
        items = self.stack[start:]
        del self.stack[start:]
        return items

    def _of(self, kind):
        """Container at the top of the stack, which the next instruction fills."""
        if not isinstance(self.stack[-1], kind):
            raise pickle.UnpicklingError(f"an instruction for {kind.__name__} on another value")
        return self.stack[-1]

    def _proto(self, _) -> None:
        pass

    _frame = _proto

    def _mark(self) -> None:
        self.marks.append(len(self.stack))

    def _pop(self) -> None:
        if self.marks and self.marks[-1] == len(self.stack):
            self.marks.pop()
        else:
            self.stack.pop()

    def _pop_mark(self) -> None:
        self._items()

    def _dup(self) -> None:
        self.stack.append(self.stack[-1])

    def _empty_list(self) -> None:
        self.stack.append([])

    def _empty_dict(self) -> None:
        self.stack.append({})

    def _empty_set(self) -> None:
        self.stack.append(set())

    def _list(self) -> None:
        self.stack.append(self._items())

    def _tuple(self) -> None:
        self.stack.append(tuple(self._items()))

    def _frozenset(self) -> None:
        self.stack.append(values.simple_set(self._items()))

    def _dict(self) -> None:
        items = self._items()
        self.stack.append({})
        self._set(items)

    def _tuple1(self) -> None:
        self._join(1)

    def _tuple2(self) -> None:
        self._join(2)

    def _tuple3(self) -> None:
        self._join(3)

    def _join(self, count: int) -> None:
        if len(self.stack) < count:
            raise pickle.UnpicklingError("a tuple without its values")
        joined = tuple(self.stack[-count:])
        self.stack[-count:] = [joined]

    def _append(self) -> None:
        value = self.stack.pop()
        self._of(list).append(value)

    def _appends(self) -> None:
        items = self._items()
        self._of(list).extend(items)

    def _setitem(self) -> None:
        items = [self.stack.pop(), self.stack.pop()][::-1]
        self._set(items)

    def _setitems(self) -> None:
        self._set(self._items())

    def _set(self, items: list) -> None:
        if len(items) % 2:
            raise pickle.UnpicklingError("a key without a value")
        target = self._of(dict)
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[values.checked_key(key)] = value

    def _additems(self) -> None:
        items = self._items()
        self._of(set).update(values.simple_set(items))

    def _put(self, index) -> None:
        self.memo[index] = self.stack[-1]

    _binput = _long_binput = _put

    def _memoize(self) -> None:
        self.memo[len(self.memo)] = self.stack[-1]

    def _get(self, index) -> None:
        self.stack.append(self.memo[index])

    _binget = _long_binget = _get

    def _global(self, text: str) -> None:
        self.stack.append(self._find(*text.split(" ", 1)))

    def _stack_global(self) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        self.stack.append(self._find(module, name))

    def _inst(self, text: str) -> None:
        arguments = tuple(self._items())
        self._call(self._find(*text.split(" ", 1)), arguments)

    def _obj(self) -> None:
        kind, *arguments = self._items()
        self._call(kind, tuple(arguments))

    def _reduce(self) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        self._call(function, arguments)

    _newobj = _reduce

    def _newobj_ex(self) -> None:
        keywords, arguments, kind = (self.stack.pop() for _ in range(3))
        if keywords:
            raise pickle.UnpicklingError("an object with named arguments")
        self._call(kind, arguments)

    def _call(self, function, arguments) -> None:
        is_foreign = self.foreign is not None and function is values.ForeignObject
        allowed = is_foreign or (callable(function) and function in _CALLABLE)
        if not allowed or not isinstance(arguments, tuple):
            raise pickle.UnpicklingError("a call of something that is not a function")
        self.stack.append(function(*arguments))

    def _build(self) -> None:
        state = self.stack.pop()
        target = self.stack[-1]
        kinds = values.DataType, values.StoredNdarray, values.ForeignObject
        if isinstance(target, kinds):
            target.set_state(state)
        elif not (isinstance(target, dict) and state is not None):
            raise pickle.UnpicklingError("a state for something that has none")

    def _find(self, module, name):
        if isinstance(module, str) and isinstance(name, str):
            if (module, name) in _ALLOWED:
                return _ALLOWED[module, name]
            if self.foreign is not None and module.split(".")[0] in self.foreign:
                return values.ForeignObject
        self._refuse(f"{module}.{name}", "")

    def _refuse(self, what: str, name: str) -> None:
        what = printable(f"{what} {name}".strip()[:100])
        package = what.split(".")[0]
        if package == "joblib":
            advice = joblib_advice(Path(self.source))
        elif package == "torch":
            advice = torch_advice(Path(self.source))
        else:
            advice = "write its arrays with numpy.savez (.npz) where you trust it"
        raise PickleRefused(
            f"{self.source} refers to {what}, expected numpy arrays and plain containers "
            f"only: refused, nothing in it was executed; {advice}"
        )


_VALUES = {
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT",
    "BINSTRING", "SHORT_BINSTRING", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8",
    "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8",
}  # fmt: skip
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_NOT_READ = {
    "PERSID": ("torch", "or another library that stores data outside the pickle"),
    "BINPERSID": ("torch", "or another library that stores data outside the pickle"),
    "NEXT_BUFFER": ("a buffer", "outside the pickle"),
}


def _table() -> dict[int, tuple]:
    """Byte of each instruction → its description and the method that runs it."""
    table = {}
    for code, opcode in pickletools.code2op.items():
        method = getattr(Interpreter, "_" + opcode.name.lower(), None)
        if method is Interpreter._string:  # it reads its argument itself
            opcode = pickletools.code2op["N"]
        table[ord(code)] = opcode, method
    return table


_TABLE = _table()
