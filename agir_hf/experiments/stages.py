"""Stages of a long experiment: one process each, run in parallel, and not again when finished."""

import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..utils.files import write_text_atomic
from . import stage_processes

_LOCK = "running.lock"


class StageError(RuntimeError):
    """A stage failed; the message has the last line of its log and the path of the log."""


@dataclass(frozen=True)
class Stage:
    """A process of an experiment.

    Attributes:
        result: File that the process writes.
        command: Arguments of Python.
        after: Result of another stage that must exist first.
    """

    result: Path
    command: list[str]
    after: Path | None = None

    @property
    def record(self) -> Path:
        """File that is written when the process has ended without an error.

        The result alone is no proof: a process that is killed may leave weights without the files
        that belong to them.
        """
        return self.result.parent / f"{self.result.stem}.finished.json"

    @property
    def log(self) -> Path:
        """File with the output of the process."""
        return self.result.parent / f"{self.result.stem}.log"

    @property
    def finished(self) -> bool:
        """Whether the process has ended without an error, now or in an earlier run."""
        return self.record.is_file() and self.result.exists()

    @property
    def seconds(self) -> float | None:
        """Duration of the finished process; None if it is not finished."""
        return json.loads(self.record.read_text())["seconds"] if self.finished else None


@contextmanager
def exclusive_folder(folder: Path) -> Iterator[None]:
    """Keep two runs from training the same stages at the same time.

    Args:
        folder: Folder of the trainings. It is created.

    Raises:
        StageError: Another run uses the folder.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StageError(
                f"another run uses {folder}: wait until it ends, or name another folder"
            ) from error
        yield


def run_stages(
    stages: Sequence[Stage],
    devices: Sequence[str | None],
    on_finished: Callable[[Stage], None],
    folder: Path | None = None,
) -> None:
    """Run stages in parallel, in the order of the list where possible.

    Args:
        stages: Stages, each after those it needs. Finished ones are not run again.
        devices: Device of each stage that runs at the same time, such as "cuda:1"; None leaves the
            device to the script.
        on_finished: Called with every finished stage.
        folder: Working folder of the processes. None takes that of this process.

    Raises:
        StageError: A stage failed. Running stages are finished first, no new one is started.
        KeyboardInterrupt: The user stopped; running stages are stopped too.
    """
    with ThreadPoolExecutor(len(devices)) as pool:
        try:
            failure = _schedule(pool, stages, devices, on_finished, folder)
        except BaseException:
            stage_processes.stop_stages()
            raise
    if failure:
        raise failure


def _schedule(
    pool: ThreadPoolExecutor,
    stages: Sequence[Stage],
    devices: Sequence[str | None],
    on_finished: Callable[[Stage], None],
    folder: Path | None,
) -> StageError | None:
    """Run stages in a pool; return the error of the first one that failed."""
    waiting, free = list(stages), list(devices)
    running: dict = {}
    missing = {stage.result for stage in stages}
    failure: StageError | None = None
    while running or (waiting and not failure):
        ready = [stage for stage in waiting if stage.after not in missing]
        for stage in ready[: 0 if failure else len(free)]:
            waiting.remove(stage)
            device = free.pop(0)
            running[pool.submit(_run_unfinished, stage, folder, device)] = stage, device
        ended, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in ended:
            stage, device = running.pop(future)
            free.append(device)
            missing.discard(stage.result)
            try:
                future.result()
            except StageError as error:
                failure = failure or error
            else:
                on_finished(stage)
    return failure


def _run_unfinished(stage: Stage, folder: Path | None, device: str | None) -> None:
    if not stage.finished:
        run_stage(stage.command, stage.result, folder, device)


def run_stage(
    command: list[str], result: Path, folder: Path | None = None, device: str | None = None
) -> None:
    """Run a script, and remove its checkpoints when it is finished.

    A script on the CPU, or without a device, uses one core.

    Args:
        command: Arguments of Python.
        result: File that the script writes. The log has the same name with the suffix `.log`.
        folder: Working folder of the process. None takes that of this process.
        device: Value of its option ``--device``. None does not pass the option.

    Raises:
        StageError: The script failed, or did not write the result.
    """
    stage = Stage(result, command)
    result.parent.mkdir(parents=True, exist_ok=True)
    stage.record.unlink(missing_ok=True)
    words = [*command, *(("--device", device) if device else ())]
    one_core = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"}
    started = time.monotonic()
    environment = one_core if device in (None, "cpu") else None
    code = stage_processes.run_stage(words, stage.log, environment, folder)
    if code or not result.exists():
        lines = stage.log.read_text(errors="replace").strip().splitlines() or ["no output"]
        raise StageError(f"{Path(command[0]).name} ended with {code}: {lines[-1]} ({stage.log})")
    for checkpoint in result.parent.glob("checkpoint-*"):
        shutil.rmtree(checkpoint, ignore_errors=True)
    seconds = round(time.monotonic() - started, 3)
    write_text_atomic(stage.record, json.dumps({"seconds": seconds, "device": device}) + "\n")
