"""Executor of `datatrove` for this machine, which goes on when a worker process is killed.

`datatrove.executor.LocalPipelineExecutor` runs its tasks in a pool of processes. When one of them
is killed, for example for lack of memory, the pool waits for its result forever (datatrove 0.10.1).
Here each task has a process of its own, as in Slurm: the others go on, and the task is reported.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import redirect_stderr
from copy import deepcopy
from multiprocessing import connection, get_context, parent_process

from datatrove.executor import LocalPipelineExecutor
from datatrove.utils.logging import logger

from ..utils.formatting import printable
from ..utils.parallel import single_threaded_children

# Imported first: the package then does not register its classes, which would import torch.
_BEFORE_PACKAGE = "agir_launcher"
_NOT_FIRST = 1  # local rank whose log `datatrove` does not print on the terminal
_SHOWN = 3  # failed tasks that an error names
_REASON_CHARACTERS = 2000  # fewer than a pipe holds, so that no task waits until it is read


class TaskError(RuntimeError):
    """Tasks failed. The message is one line."""


class LocalExecutor(LocalPipelineExecutor):
    """Run the tasks of a pipeline on this machine.

    Args:
        pipeline: Blocks of the pipeline.
        tasks: Number of tasks.
        workers: Number of tasks at the same time. With 1 they run in this process, and otherwise
            each in a process of its own with one thread.
        logging_dir: Folder of logs, statistics and completions.
        preload: Modules that are imported once for all processes, which saves seconds a task.
    """

    def __init__(
        self, pipeline, tasks: int, workers: int, logging_dir: str, preload: Sequence[str]
    ):
        super().__init__(pipeline, tasks, workers, logging_dir)
        self.preload = tuple(preload)

    def run(self) -> None:
        """Run the tasks that are not finished, with a progress bar on a terminal.

        Raises:
            TaskError: Tasks failed or were killed; the others are finished.
        """
        from tqdm import tqdm

        ranks = self.get_incomplete_ranks()
        self.save_executor_as_json()
        failed = {}
        with tqdm(total=self.tasks, initial=self.tasks - len(ranks), unit="task",
                  disable=None if self.tasks > 1 else True) as bar:  # fmt: skip
            run = self._in_this_process if self.workers == 1 else self._in_processes
            for rank, reason in run(ranks):
                bar.update()
                if reason:
                    failed[rank] = reason
        if failed:
            raise TaskError(self._failure(failed))

    def _failure(self, failed: dict[int, str]) -> str:
        listed = "; ".join(f"task {rank}: {reason}" for rank, reason in [*failed.items()][:_SHOWN])
        more = f" and {len(failed) - _SHOWN} more" if len(failed) > _SHOWN else ""
        logs = self.logging_dir.resolve_paths("logs")
        return (
            f"{len(failed)} of {self.tasks} tasks failed ({listed}{more}): see {logs}, and run the "
            "same command again, which skips finished tasks"
        )

    def _in_this_process(self, ranks: Sequence[int]):
        pipeline = self.pipeline
        for rank in ranks:
            self.pipeline = deepcopy(pipeline)  # each task has statistics of its own
            yield rank, _run_task(self, rank)

    def _in_processes(self, ranks: Sequence[int]):
        context = get_context("forkserver")
        context.set_forkserver_preload([_BEFORE_PACKAGE, *self.preload])
        waiting, running = list(ranks), {}
        try:
            with single_threaded_children():
                while waiting or running:
                    while waiting and len(running) < self.workers:
                        rank = waiting.pop(0)
                        running |= _started(context, self, rank)
                    for sentinel in connection.wait(list(running)):
                        yield _ended(*running.pop(sentinel))
        finally:
            for _, process, _ in running.values():
                process.kill()


def _started(context, executor: LocalExecutor, rank: int) -> dict:
    """Start the process of a task: its sentinel → task, process, and where its error arrives."""
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_task_process, args=(executor, rank, sender))
    process.start()
    sender.close()
    return {process.sentinel: (rank, process, receiver)}


def _ended(rank: int, process, receiver) -> tuple[int, str]:
    """A task, and why it failed, or an empty text."""
    process.join()
    try:
        return rank, receiver.recv()
    except EOFError:
        pass
    if process.exitcode == -signal.SIGKILL:
        return rank, "it was killed, as a system does when the memory is used up"
    return rank, f"its process ended with code {process.exitcode}"


def _task_process(executor: LocalExecutor, rank: int, sender) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - until the process ends
    sender.send(_run_task(executor, rank))


def _end_with_parent() -> None:
    parent_process().join()
    os._exit(1)


def _run_task(executor: LocalExecutor, rank: int) -> str:
    """Run a task; its log is in a file, not on the terminal. Returns why it failed."""
    try:
        with redirect_stderr(io.StringIO()):
            executor._run_for_rank(rank, _NOT_FIRST)
        return ""
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        return printable(reason[:_REASON_CHARACTERS])
    finally:
        logger.remove()
