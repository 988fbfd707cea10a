"""Threads for linear algebra: as many as make a model faster, and none that waits busily.

By default, OpenMP starts a thread for each core, and a thread that waits for the others keeps its
core busy. On a machine with other programs, or for small matrices, this is several times slower
than one thread.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, MutableMapping
from typing import TYPE_CHECKING

from .machine import usable_cores

if TYPE_CHECKING:
    import torch

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
MOST_THREADS = 1024
LEAST_GAIN = 1.2  # times as fast as with fewer threads, from which more threads are used
LEAST_FLOPS = 2e7  # of a matrix product, below which starting threads takes longer than it saves
_ROWS = 64  # of the product that is timed: eight recordings with eight texts each
_ROUNDS = 5
_SMALL_T5 = 512  # width of Flan-T5-small
_PASSIVE = {  # variables that the libraries read when they are loaded
    "OMP_WAIT_POLICY": "PASSIVE",  # libgomp and libomp: a waiting thread sleeps
    "KMP_BLOCKTIME": "0",  # libiomp
}


def wait_passively(environment: MutableMapping[str, str] = os.environ) -> None:
    """Let waiting threads sleep, and NumPy compute with one thread. What the user set is kept.

    It has an effect on libraries that are loaded later (numpy, torch) and on child processes. The
    matrices that this package multiplies with NumPy are small.

    Args:
        environment: Environment variables to change.
    """
    for name, value in _PASSIVE.items():
        environment.setdefault(name, value)
    if "OMP_NUM_THREADS" not in environment:  # OpenBLAS reads it too
        environment.setdefault("OPENBLAS_NUM_THREADS", "1")


def state_threads(number: int) -> None:
    """Set the number of threads of libraries that are loaded later and of child processes.

    Args:
        number: Number of threads, at least 1.
    """
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(number)))


def threads_of_worker(requested: int | None) -> int:
    """Return the number of threads of each worker process.

    Args:
        requested: Number that the user passed, or None.

    Returns:
        That number; else the user's ``OMP_NUM_THREADS``; else 1.
    """
    return requested or stated_threads() or 1


def stated_threads() -> int | None:
    """Return the number of threads in the variable ``OMP_NUM_THREADS``; None without a number."""
    first = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    return int(first) if first.isdecimal() and int(first) else None


def use_threads(model, requested: int | None = None) -> None:
    """Set the number of threads of torch for a model on the CPU.

    Args:
        model: Model whose `device` and `config.t5_config.d_model` are read. A model that is not
            computed by torch, or not on the CPU, changes nothing.
        requested: Number that the user passed. By default the user's ``OMP_NUM_THREADS`` is kept,
            and without it the number is chosen by `faster_threads`.
    """
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(getattr(model, "device", None), torch.device):
        return
    if requested is not None:
        torch.set_num_threads(requested)
    elif stated_threads() is None and model.device.type == "cpu":
        torch.set_num_threads(faster_threads(width_of(model)))


def use_threads_of_script() -> None:
    """Set the number of threads of torch for a training script, as `use_threads` does for a model.

    The width of the model is not known yet: that of a small T5 is taken. A GPU changes nothing.
    """
    import torch

    if stated_threads() is None and not torch.accelerator.is_available():
        torch.set_num_threads(faster_threads(_SMALL_T5))


def width_of(model) -> int:
    """Return the width of the matrices of a model, from its configuration.

    Args:
        model: A model of transformers.
    """
    configs = (model.config, *(vars(model.config).values()))
    return max((getattr(config, "d_model", 0) or 0 for config in configs), default=0)


def faster_threads(width: int, cores: int | None = None) -> int:
    """Choose a number of threads by timing a matrix product of a model's size with each number.

    More threads are chosen only if they are at least `LEAST_GAIN` times as fast now, while other
    programs of the machine run. The timing takes a few tens of milliseconds; for small matrices
    there is none.

    Args:
        width: Width of the model.
        cores: Number of cores. By default those that this process may use.

    Returns:
        1, half of the cores, or all of them.
    """
    cores = cores or usable_cores()
    if cores == 1 or 8 * _ROWS * width**2 < LEAST_FLOPS:
        return 1
    numbers = sorted({1, cores // 2, cores} - {0})
    seconds = _seconds(_product(width), numbers)
    best = 1
    for number in numbers[1:]:
        if seconds[best] / seconds[number] >= LEAST_GAIN:
            best = number
    return best


def _product(width: int) -> Callable[[], torch.Tensor]:
    """A product as in the feed-forward layer of a model."""
    import torch

    states, weights = torch.ones(_ROWS, width), torch.ones(width, 4 * width)
    return lambda: states @ weights


def _seconds(work: Callable[[], object], numbers: list[int]) -> dict[int, float]:
    """Median elapsed time of some work with each number of threads, in turns."""
    import torch

    before = torch.get_num_threads()
    times: dict[int, list[float]] = {number: [] for number in numbers}
    try:
        for _ in range(_ROUNDS):
            for number in numbers:
                torch.set_num_threads(number)
                work()  # starts the threads
                started = time.perf_counter()
                for _ in range(3):
                    work()
                times[number].append(time.perf_counter() - started)
    finally:
        torch.set_num_threads(before)
    return {number: sorted(values)[_ROUNDS // 2] for number, values in times.items()}
