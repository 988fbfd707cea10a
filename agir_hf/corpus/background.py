"""A function in a process of its own, next to the other work of this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from typing import TypeVar

from ..utils.parallel import END_WITH_PARENT, SKIP_REGISTRATION, single_threaded_children

Result = TypeVar("Result")


@contextmanager
def in_background(
    function: Callable[..., Result], *arguments: object, process: bool
) -> Iterator[Callable[[], Result]]:
    """Start a function in a process, and yield a function that waits for its result.

    Args:
        function: Function at the top level of a module, so that it can be pickled.
        *arguments: Its arguments; with `process` they must be picklable.
        process: Whether to start a process. Otherwise the function runs in this process when its
            result is requested.

    Yields:
        Function without arguments that returns the result, or raises the exception of the function.
    """
    if not process:
        yield partial(function, *arguments)
        return
    code = f"{SKIP_REGISTRATION}\n{END_WITH_PARENT}"
    pool = ProcessPoolExecutor(1, get_context("spawn"), initializer=exec, initargs=(code, {}))
    with single_threaded_children(), pool:
        yield pool.submit(function, *arguments).result
