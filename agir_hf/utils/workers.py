"""Lists of jobs in worker processes that may die: their jobs are taken over, and order is kept."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

from .parallel import END_WITH_PARENT, SKIP_REGISTRATION, threads_of_children

Job, Result = TypeVar("Job"), TypeVar("Result")

AHEAD = 2  # lists of jobs for each worker that are handed out before their results are needed
_READY, _RESULT, _ERROR = "ready", "result", "error"
# Ctrl-C reaches the whole group of processes; the first process then ends its workers itself.
_SERVE = f"""
import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
{SKIP_REGISTRATION}
{END_WITH_PARENT}
from agir_hf.utils.workers import serve
serve(connection)
"""


class WorkersError(RuntimeError):
    """Worker processes cannot be started."""


def in_workers(
    function: Callable[[Sequence[Job]], Result],
    jobs: Iterable[Sequence[Job]],
    workers: int,
    lost: Callable[[Job, str], Result],
    threads: int = 1,
) -> Iterator[Result]:
    """Yield the results of a function for lists of jobs, in order, from worker processes.

    Each worker process receives the function once and keeps it, with what it has loaded, for
    further lists. Lists are taken from `jobs` as they are needed: at most `AHEAD * workers` of them
    are computed or wait to be yielded, however many there are.

    If a worker process dies, because it was killed or crashed, a new one is started, and each job
    of its list is computed alone. A job with which a process dies again is lost. Worker processes
    end when this process ends, also when it is killed.

    Args:
        function (`Callable`):
            Function of a list of jobs. It is pickled for the workers, which belong to this process.
            Its exceptions are raised in the caller.
        jobs (`Iterable`):
            Lists of jobs, with at least one job each.
        workers (`int`):
            Number of worker processes, at least 1.
        lost (`Callable`):
            Function that returns the result of a job that was lost. Its second argument says how
            the process ended, such as "SIGKILL".
        threads (`int`, defaults to 1):
            Number of threads of each worker process for linear algebra.

    Yields:
        The result of each list; of a list that is computed job by job, a result for each job.

    Raises:
        WorkersError: A worker process ends before it is ready.
    """
    pool = _Pool(function, workers, threads)
    try:
        yield from _results(pool, iter(jobs), lost)
    finally:
        pool.end()


@dataclass(eq=False)
class _Task:
    """A list of jobs with its result, or with the tasks of its jobs after its process died.

    Attributes:
        jobs: The jobs.
        alone: Whether the only job was in a list before, whose process died.
        results: The result, in a list; None before it is there.
        parts: Tasks of the single jobs.
    """

    jobs: list
    alone: bool = False
    results: list | None = None
    parts: list[_Task] = field(default_factory=list)

    def outcome(self) -> list | None:
        """All results, or None while some are missing."""
        if not self.parts:
            return self.results
        results = [part.outcome() for part in self.parts]
        return None if None in results else [row for rows in results for row in rows]


def _results(pool: _Pool, jobs: Iterator[Sequence], lost: Callable) -> Iterator:
    """Hand out lists while there are some, and yield the results in order."""
    order: list[_Task] = []
    waiting: list[_Task] = []
    while True:
        while len(order) < AHEAD * pool.size and (chunk := next(jobs, None)) is not None:
            order.append(_Task(list(chunk)))
            waiting.append(order[-1])
        if not order:
            return
        while waiting and (worker := pool.idle()) is not None:
            worker.begin(waiting.pop(0))
        for worker in pool.answering():
            waiting[:0] = _receive(pool, worker, lost)
        while order and (results := order[0].outcome()) is not None:
            order.pop(0)
            yield from results


def _receive(pool: _Pool, worker: _Worker, lost: Callable) -> list[_Task]:
    """Store the answer of a worker; after its death, return the tasks of its jobs."""
    try:
        kind, value = worker.connection.recv()
    except (EOFError, OSError):
        return _taken_over(worker.task, pool.remove(worker), worker.is_ready, lost)
    if kind == _READY:
        worker.is_ready = True
        return []
    task, worker.task = worker.task, None
    if kind == _ERROR:
        raise value
    task.results = [value]
    return []


def _taken_over(task: _Task, ending: str, was_ready: bool, lost: Callable) -> list[_Task]:
    """Tasks for the jobs of a process that died; none for a job that is lost."""
    if not was_ready:
        raise WorkersError(f"a worker process ended while it started ({ending}): use --workers 1")
    if task.alone:
        task.results = [lost(task.jobs[0], ending)]
        return []
    task.parts = [_Task([job], alone=True) for job in task.jobs]
    return list(task.parts)


class _Worker:
    """A worker process, its connection, and the task that it computes."""

    def __init__(self, function: Callable, threads: int):
        context = get_context("spawn")
        self.connection, other = context.Pipe()
        code = {"target": exec, "args": (_SERVE, {"connection": other})}
        self.process = context.Process(**code, daemon=True)  # ended with this process
        with threads_of_children(threads):
            self.process.start()
        other.close()  # so that the connection ends with the process
        self.task: _Task | None = None
        self.is_ready = False
        self._send(function)

    def begin(self, task: _Task) -> None:
        """Send a list of jobs."""
        self.task = task
        self._send(task.jobs)

    def _send(self, value: Any) -> None:
        with suppress(OSError):  # the process has died, which the next answer shows
            self.connection.send(value)


class _Pool:
    """Worker processes, started when they are needed."""

    def __init__(self, function: Callable, size: int, threads: int):
        self.function, self.size, self.threads = function, size, threads
        self.workers: list[_Worker] = []

    def idle(self) -> _Worker | None:
        """A worker without a task, a new one, or None if all have one."""
        for worker in self.workers:
            if worker.task is None:
                return worker
        if len(self.workers) == self.size:
            return None
        self.workers.append(_Worker(self.function, self.threads))
        return self.workers[-1]

    def answering(self) -> list[_Worker]:
        """Wait until a worker answers or dies, and return those that did."""
        busy = {worker.connection: worker for worker in self.workers if worker.task is not None}
        return [busy[connection] for connection in wait(list(busy))]

    def remove(self, worker: _Worker) -> str:
        """Remove a worker that died, and return the name of its signal or its exit code."""
        self.workers.remove(worker)
        worker.connection.close()
        worker.process.join()
        code = worker.process.exitcode
        with suppress(ValueError):
            return signal.Signals(-code).name
        return f"exit code {code}"

    def end(self) -> None:
        """End all workers: those that compute at once, the others as their connection ends."""
        for worker in self.workers:
            if worker.task is not None:
                worker.process.terminate()
            worker.connection.close()
        for worker in self.workers:
            worker.process.join()


def serve(connection: Connection) -> None:
    """Compute lists of jobs that the first process sends, in a worker process, until it ends.

    Args:
        connection: Connection to the first process, which sends the function and then lists of
            jobs.
    """
    with suppress(EOFError, OSError):  # of the connection, when the first process has ended
        connection.send((_READY, None))
        function = None
        while True:
            try:
                if function is None:
                    function = connection.recv()
                answer = _RESULT, function(connection.recv())
            except EOFError:
                raise
            except Exception as error:  # raised in the first process
                answer = _ERROR, error
            connection.send(answer)
