"""Device and number format of a computation, as a user names them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

PRECISIONS = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}  # name → dtype of torch
_MEMORY_ERRORS = ("out of memory", "can't allocate memory", "not enough memory")  # of torch


class DeviceMemoryError(ValueError):
    """A prediction ran out of memory; the message names the options to change, on one line."""


def resolve_device(name: str | None = None) -> torch.device:
    """Find the device of a name.

    Args:
        name (`str`, *optional*):
            "cpu", "cuda", "cuda:1", "mps" or another device of torch. By default the first GPU of
            this machine, and the CPU if there is none.

    Returns:
        `torch.device`: The device, which exists on this machine.

    Raises:
        ValueError: torch has no device of that name, or this machine has none.

    Example:
        ```python
        >>> from agir_hf.utils.devices import resolve_device
        >>> resolve_device("cpu")
        device(type='cpu')

        ```
    """
    import torch

    if name is None:
        accelerator = torch.accelerator.current_accelerator(check_available=True)
        return torch.device("cpu") if accelerator is None else accelerator
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ValueError(f"device is {name!r}, expected cpu, cuda, cuda:1 or mps") from error
    if device.type in ("cpu", "meta"):
        return device
    accelerator = torch.accelerator.current_accelerator(check_available=True)
    number = torch.accelerator.device_count() if accelerator is not None else 0
    if accelerator is None or accelerator.type != device.type or (device.index or 0) >= number:
        here = "only a CPU" if accelerator is None else f"{number} of {accelerator.type}"
        raise ValueError(
            f"device is {name!r}, but torch finds {here} on this machine: use --device cpu, or "
            "install a driver and a build of torch for the device"
        )
    return device


def resolve_dtype(precision: str | None = None) -> torch.dtype | None:
    """Find the number format of a name.

    Args:
        precision (`str`, *optional*):
            "fp32", "bf16" or "fp16". By default the format of the checkpoint.

    Returns:
        `torch.dtype` or `None`: The format; None without a name.

    Raises:
        ValueError: There is no format of that name.

    Example:
        ```python
        >>> from agir_hf.utils.devices import resolve_dtype
        >>> resolve_dtype("bf16")
        torch.bfloat16

        ```
    """
    import torch

    if precision is None:
        return None
    if precision not in PRECISIONS:
        raise ValueError(f"precision is {precision!r}, expected one of {', '.join(PRECISIONS)}")
    return getattr(torch, PRECISIONS[precision])


def resolve_placement(
    device: str | None = None, precision: str | None = None
) -> tuple[torch.device, torch.dtype | None]:
    """Find the device and the number format of a model, and check that they fit.

    float16 is refused on the CPU, which computes it slowly; bfloat16 has its size and the range of
    float32.

    Args:
        device (`str`, *optional*):
            Name of the device, see `resolve_device`. By default a GPU if there is one.
        precision (`str`, *optional*):
            Name of the format, see `resolve_dtype`. By default the format of the checkpoint.

    Returns:
        `tuple[torch.device, torch.dtype | None]`: Device and format.

    Raises:
        ValueError: The device is absent, a name is unknown, or the format is fp16 on the CPU.

    Example:
        ```python
        >>> from agir_hf.utils.devices import resolve_placement
        >>> resolve_placement("cpu", "bf16")
        (device(type='cpu'), torch.bfloat16)

        ```
    """
    dtype = resolve_dtype(precision)
    target = resolve_device(device)
    if precision == "fp16" and target.type == "cpu":
        raise ValueError(
            "precision is 'fp16' on the CPU, expected fp32 or bf16: fp16 needs a GPU (--device)"
        )
    return target, dtype


def is_out_of_memory(error: BaseException) -> bool:
    """Check whether an error says that the memory of a device or of the machine is used up.

    Args:
        error (`BaseException`):
            Error of torch, numpy or Python.

    Returns:
        `bool`: True for such an error.

    Example:
        ```python
        >>> from agir_hf.utils.devices import is_out_of_memory
        >>> is_out_of_memory(RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB."))
        True

        ```
    """
    if isinstance(error, MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(
        text in str(error).lower() for text in _MEMORY_ERRORS
    )


@contextmanager
def explain_memory_errors(device: torch.device | str, batch_size: int | None = None) -> Iterator:
    """Turn an error of memory in the block into one that names the options to change.

    Args:
        device (`torch.device` or `str`):
            Device of the model.
        batch_size (`int`, *optional*):
            Batch size that the user can lower with ``--batch-size``. None if there is no such
            option.

    Raises:
        DeviceMemoryError: In place of the error of torch, numpy or Python.

    Example:
        ```python
        >>> from agir_hf.utils.devices import explain_memory_errors
        >>> try:
        ...     with explain_memory_errors("cuda", batch_size=64):
        ...         raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB.")
        ... except ValueError as error:
        ...     print(error)
        out of memory on cuda: lower --batch-size (now 64) or pass --device cpu

        ```
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        advice = [] if (batch_size or 1) <= 1 else [f"lower --batch-size (now {batch_size})"]
        on_cpu = str(device).startswith("cpu")
        advice.append("end other programs" if on_cpu else "pass --device cpu")
        raise DeviceMemoryError(f"out of memory on {device}: {' or '.join(advice)}") from error
