"""Apply a function to many jobs in worker processes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context
from typing import TypeVar

from .threads import THREAD_VARIABLES

Job, Result = TypeVar("Job"), TypeVar("Result")
# Python code that runs in worker processes before agir_hf is imported. The package then does not
# register its classes, which would import torch and transformers (about 3 s).
SKIP_REGISTRATION = "import sys; sys.modules.setdefault('agir_launcher', None)"
# Python code that ends a worker process when its parent has ended, also when it was killed.
END_WITH_PARENT = """
import multiprocessing, os, threading
def _end_with(parent):
    parent.join()
    os._exit(1)
threading.Thread(target=_end_with, args=(multiprocessing.parent_process(),), daemon=True).start()
"""


def in_processes(
    function: Callable[[Job], Result],
    jobs: Iterable[Job],
    workers: int = 1,
    *,
    in_order: bool = False,
    max_tasks_per_child: int | None = None,
) -> Iterator[Result]:
    """Yield the result of a function for each job, computed here or in worker processes.

    If the caller stops iterating, jobs that have not started are cancelled. Worker processes end
    when this process ends, also when it is killed.

    `max_tasks_per_child` is not passed on to `ProcessPoolExecutor`: with values above 1 the
    executor hangs when a worker reaches its limit while jobs are queued (python/cpython issues
    115634 and 111498, Python 3.11 to 3.14; seen with 5 jobs, 1 worker and a limit of 2 on 3.11.7).
    Instead, each batch of `max_tasks_per_child * workers` jobs gets a pool of its own.

    Args:
        function (`Callable`):
            Function of one job. It must be defined at the top level of a module, so that it can be
            pickled. Its exceptions are raised in the caller.
        jobs (`Iterable`):
            Arguments of the function, one for each call. They must be picklable.
        workers (`int`, defaults to 1):
            Number of worker processes. With 1 the function runs in this process.
        in_order (`bool`, defaults to `False`):
            Whether results are yielded in the order of the jobs. Otherwise as they are completed.
        max_tasks_per_child (`int`, *optional*):
            Number of jobs per worker after which the worker processes are replaced, for libraries
            that do not release memory. If there are more jobs than this, they run in worker
            processes, also with `workers=1`.

    Yields:
        The results.
    """
    if max_tasks_per_child is not None:
        jobs = list(jobs)
        if len(jobs) > max_tasks_per_child:
            size = max_tasks_per_child * workers
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
    code = f"{SKIP_REGISTRATION}\n{END_WITH_PARENT}"
    pool = ProcessPoolExecutor(workers, get_context("spawn"), initializer=exec, initargs=(code, {}))
    with single_threaded_children(), pool:
        futures = [pool.submit(function, job) for job in jobs]
        try:
            for future in futures if in_order else as_completed(futures):
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)


@contextmanager
def single_threaded_children() -> Iterator[None]:
    """Limit processes that start in this context to one thread for linear algebra.

    Several processes that each use all cores slow each other down.
    """
    with threads_of_children(1):
        yield


@contextmanager
def threads_of_children(threads: int) -> Iterator[None]:
    """Set the number of threads for linear algebra of processes that start in this context.

    The libraries read the variables when they are imported, so running processes are not affected.

    Args:
        threads: Number of threads, at least 1.
    """
    before = {name: os.environ.get(name) for name in THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(threads)))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
