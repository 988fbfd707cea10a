"""A second device without its hardware, for tests of where tensors are created.

Its tensors are on the CPU but state that they are on the device `OTHER`. An operation with tensors
of both devices raises, as on a GPU, and so does `numpy` without `cpu`. Only tensors of no
dimensions and indices, which torch moves by itself, may be on the CPU.
"""

from contextlib import ExitStack

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map

OTHER = torch.device("meta")  # its own tensors have no values; it exists in every build of torch
_ITEMS = (torch.Tensor.__getitem__, torch.Tensor.__setitem__)
_INDEXING = {"aten::index", "aten::index_put", "aten::index_put_"}  # torch moves indices itself
_TRANSFERS = {"aten::_to_copy", "aten::copy_", "aten::to"}


class MixedDevicesError(AssertionError):
    """An operation has tensors of two devices."""


class _OnOtherDevice(torch.Tensor):
    """A tensor of the other device; its values are in `value`, on the CPU."""

    @staticmethod
    def __new__(cls, value: torch.Tensor):
        return torch.Tensor._make_wrapper_subclass(
            cls, value.shape, dtype=value.dtype, device=OTHER, strides=value.stride(),
            storage_offset=value.storage_offset(),
        )  # fmt: skip

    def __init__(self, value: torch.Tensor):
        self.value = value

    def tolist(self):
        return self.value.tolist()

    def __repr__(self):
        return f"{self.value!r} on {OTHER}"

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        return _run(func, args, kwargs or {})


def _run(func, args, kwargs):
    """Run an operation on the CPU; its result is on the device of its arguments."""
    tensors = [x for x in tree_flatten((args, kwargs))[0] if isinstance(x, torch.Tensor)]
    others = [x for x in tensors if isinstance(x, _OnOtherDevice)]
    name = func._schema.name
    if others and name not in _TRANSFERS:
        if name in _INDEXING:
            tensors = [x for x in (args[0], *args[2:]) if isinstance(x, torch.Tensor)]
        on_cpu = [x for x in tensors if not isinstance(x, _OnOtherDevice) and x.ndim]
        if on_cpu:
            shapes = [tuple(x.shape) for x in on_cpu]
            raise MixedDevicesError(
                f"{name} with tensors {shapes} of the CPU and others of {OTHER}"
            )
    original = args[0] if args else None
    args, kwargs = tree_map(
        lambda x: x.value if isinstance(x, _OnOtherDevice) else x, (args, kwargs)
    )
    is_other = bool(others)
    if kwargs.get("device") is not None:
        is_other = torch.device(kwargs["device"]).type == OTHER.type
        kwargs = {**kwargs, "device": torch.device("cpu")}
    result = func(*args, **kwargs)
    if func._schema.is_mutable and others:  # in place: the tensor itself
        return original
    return tree_map(
        lambda x: _OnOtherDevice(x) if is_other and isinstance(x, torch.Tensor) else x, result
    )


class _Operations(TorchDispatchMode):
    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        return _run(func, args, kwargs or {})


class _Functions(TorchFunctionMode):
    """Functions that make tensors of Python values, which do not reach a dispatch mode."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        if func in (torch.tensor, torch.as_tensor) and kwargs.get("device") is not None:
            device = torch.device(kwargs.pop("device"))
            return func(*args, **kwargs).to(device)
        if func is torch.Tensor.new_tensor:
            owner, data = args
            return torch.tensor(data, dtype=kwargs.get("dtype", owner.dtype)).to(owner.device)
        if func in _ITEMS and isinstance(args[0], _OnOtherDevice):
            owner, index, *value = args
            parts = index if isinstance(index, tuple) else (index,)
            parts = [torch.tensor(p).to(OTHER) if isinstance(p, list) else p for p in parts]
            return func(owner, tuple(parts), *value)
        return func(*args, **kwargs)


def other_device() -> ExitStack:
    """Context in which `OTHER` has tensors with values."""
    stack = ExitStack()
    stack.enter_context(torch.no_grad())
    stack.enter_context(_Functions())
    stack.enter_context(_Operations())
    return stack
