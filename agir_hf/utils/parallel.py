"""Work shared out over processes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context
from typing import TypeVar

Job, Result = TypeVar("Job"), TypeVar("Result")
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def in_processes(
    function: Callable[[Job], Result],
    jobs: Iterable[Job],
    workers: int = 1,
    *,
    in_order: bool = False,
    renew: int | None = None,
) -> Iterator[Result]:
    """Results of a function over jobs, made here or in worker processes.

    What was not begun is left when the caller stops taking results.

    Args:
        function: at the top of a module; its exceptions reach the caller.
        jobs: arguments.
        workers: processes; 1 works here.
        in_order: give results in the order of the jobs; otherwise as they end.
        renew: jobs after which a process ends and another takes its place, for libraries that do
            not give memory back. More jobs than that are not done in this process.
    """
    if renew is not None:
        jobs = list(jobs)
        if len(jobs) > renew:
            size = renew * workers
            for start in range(0, len(jobs), size):
                yield from _in_pool(function, jobs[start : start + size], workers, in_order)
            return
    if workers <= 1:
        yield from map(function, jobs)
    else:
        yield from _in_pool(function, jobs, workers, in_order)


def _in_pool(
    function: Callable[[Job], Result], jobs: Iterable[Job], workers: int, in_order: bool
) -> Iterator[Result]:
    with one_thread_each(), ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        waiting = [pool.submit(function, job) for job in jobs]
        try:
            for future in waiting if in_order else as_completed(waiting):
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Processes that start now use one thread: several that use all cores wait for each other.

    The libraries read these names when they are imported, so that a process that runs cannot be
    told any more.
    """
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
