"""Library and device of the model, decided once for all worker processes."""

from __future__ import annotations

import argparse
from pathlib import Path

from .console import UsageError

_WEIGHTS = "*.safetensors", "*.bin"


def placed(options: argparse.Namespace) -> argparse.Namespace:
    """Decide which library computes the model and on which device, as `load_model` does.

    Worker processes then load the model with the same decision. A model that numpy cannot compute
    is tried here, so that no worker process moves it to a GPU by itself.

    Args:
        options: Parsed options with ``--model``, ``--device``, ``--precision`` and ``--backend``.

    Returns:
        A copy of the options in which `backend` is "numpy" or "torch" and `device` has a name.

    Raises:
        UsageError: The options do not fit each other or the model.
    """
    from ..assessment.models import ModelError, backend_for

    try:
        backend = backend_for(options.model, options.device, options.precision, options.backend)
    except ModelError as error:
        raise UsageError(str(error)) from error
    device = options.device or ("cpu" if backend == "numpy" else _default_device())
    return argparse.Namespace(**{**vars(options), "backend": backend, "device": device})


def _default_device() -> str:
    from ..utils.devices import resolve_device

    return str(resolve_device(None))


def on_cpu(options: argparse.Namespace) -> bool:
    """Whether the model runs on the CPU.

    Args:
        options: Options from `placed`.
    """
    return options.device.partition(":")[0] == "cpu"


def placement_text(options: argparse.Namespace, workers: int) -> str:
    """Return on one line where several worker processes compute the model.

    Args:
        options: Options from `placed`.
        workers: Number of worker processes.
    """
    where = f"{options.backend} on {options.device}"
    if on_cpu(options):
        return f"model: {where}, in each of {workers} worker processes"
    return f"model: {where}, in the first process; {workers} worker processes read and measure"


def model_bytes(name_or_path: str) -> int:
    """Return the size of the weights of a model; 0 if they are not in a folder.

    Args:
        name_or_path: Folder, or name of a repository on the Hub.
    """
    folder = Path(name_or_path)
    try:
        sizes = [sum(p.stat().st_size for p in folder.glob(pattern)) for pattern in _WEIGHTS]
    except OSError:
        return 0
    return max(sizes)
