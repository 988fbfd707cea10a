"""Run all steps from a download of the Shida data set to both tables of the paper.

In the output folder, ``reproduce.json`` has the settings, ``steps/NAME.json`` is the marker of a
finished step, written at its end, and ``logs/NAME.log`` has its output. A second call with the same
options continues with the first step that is not finished; a step that trains resumes from its last
checkpoint. Options that change the results are compared with those of the first call.
"""

from __future__ import annotations

import json
import re
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from ..assessment.messages import one_line
from ..utils.files import write_text_atomic
from . import stage_processes
from .errors import ExperimentError
from .reproduce_checks import (
    check_disk,
    check_extras,
    check_output,
    check_settings,
    check_start_of_configs,
    checked_options,
    lock_settings,
    uses_gpu,
    with_start,
)
from .reproduce_estimate import Estimate, duration_text, estimate, plan_text
from .reproduce_pages import PAGES, SUMMARY, write_summary
from .reproduce_plan import ReproduceOptions, ReproducePlan, make_plan
from .reproduce_steps import Step
from .shida_download import read_download
from .stages import StageError, exclusive_folder

MARKERS, LOGS = "steps", "logs"
POLL_SECONDS = 0.5
QUIET_SECONDS = 600  # between lines of progress where the output is no terminal
LINE_WIDTH = 100  # characters of the line of progress
_TAIL = 4096  # bytes at the end of a log
_CONTROL = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def reproduce(
    options: ReproduceOptions,
    dry_run: bool = False,
    confirm: Callable[[Estimate], bool] = lambda estimate: True,
) -> Path | None:
    """Check the download, print the plan, and run the steps that are not finished.

    Source: AGIR (Wang, Bobenrieth and Seo 2025), whose Tables 1 and 2 are made.

    Args:
        options: Options of the command.
        dry_run: Print the plan only; nothing is written.
        confirm: Called with the estimate before the first step; False stops there.

    Returns:
        The summary page of the output folder, or None if nothing was run.

    Raises:
        ExperimentError: The download is not enough, an option is wrong or differs from that of an
            earlier call, the disk is too small, or a step failed.
        KeyboardInterrupt: The user stopped; finished steps and checkpoints are kept.
    """
    options = checked_options(options)
    download = read_download(options.download)
    print("\n".join(download.lines()), flush=True)
    download.require_enough()
    gpu = uses_gpu(options, dry_run)
    if not dry_run:
        check_extras()
        options = with_start(options)
    plan = make_plan(options, download, PAGES, gpu)
    if not dry_run:
        check_start_of_configs(plan)
    forecast = estimate(plan, gpu)
    finished = {step.name for step in plan.steps} - {step.name for step in unfinished(plan)}
    print(plan_text(plan, forecast, finished), flush=True)
    if dry_run:
        return None
    check_output(plan.output)
    check_settings(plan)
    check_disk(plan, forecast.bytes_of_others(finished))
    if len(finished) < len(plan.steps) and not confirm(forecast):
        return None
    try:
        with exclusive_folder(plan.output), _termination_as_interrupt():
            lock_settings(plan)
            run_steps(plan)
    except StageError as error:
        raise ExperimentError(one_line(error)) from error
    return plan.output / SUMMARY


def run_steps(plan: ReproducePlan) -> None:
    """Run the steps that are not finished, and keep the summary page up to date.

    Args:
        plan: Steps and options.

    Raises:
        ExperimentError: A step failed. The steps before it stay finished.
        KeyboardInterrupt: The user stopped.
    """
    total, waiting = len(plan.steps), [step.name for step in unfinished(plan)]
    for name in waiting:
        marker(plan, plan.step(name)).unlink(missing_ok=True)
    for number, step in enumerate(plan.steps, 1):
        if step.name not in waiting:
            continue
        write_summary(plan, durations(plan), _notes(plan), step)
        print(f"[{number}/{total}] {step.title}", flush=True)
        started = time.monotonic()
        try:
            run_step(plan, step)
        except KeyboardInterrupt:
            stage_processes.stop_stages()
            print(f"\nstopped in step {step.name}: the same command continues there", flush=True)
            raise
        finally:
            write_summary(plan, durations(plan), _notes(plan), step)
        seconds = time.monotonic() - started
        outcome = left_out(plan, step) or f"{duration_text(seconds)}: {plan.output / step.result}"
        print(f"      {outcome}", flush=True)
    write_summary(plan, durations(plan), _notes(plan))


def unfinished(plan: ReproducePlan) -> list[Step]:
    """Return the steps to run: those without marker or result, and those that use their results.

    Args:
        plan: Steps and options.
    """
    again: list[Step] = []
    for step in plan.steps:
        result = (plan.output / step.result).exists() or left_out(plan, step)
        complete = marker(plan, step).is_file() and result
        if not complete or {other.name for other in again} & set(step.inputs):
            again.append(step)
    return again


def marker(plan: ReproducePlan, step: Step) -> Path:
    """Return the file that is written when a step has ended without an error.

    Args:
        plan: Plan of the step.
        step: The step.
    """
    return plan.output / MARKERS / f"{step.name}.json"


def left_out(plan: ReproducePlan, step: Step) -> str:
    """Return why a finished step was left out; empty if it was run, or is not finished.

    Args:
        plan: Plan of the step.
        step: The step.
    """
    path = marker(plan, step)
    return (
        json.loads(path.read_text(encoding="utf-8")).get("left_out", "") if path.is_file() else ""
    )


def durations(plan: ReproducePlan) -> dict[str, float]:
    """Return the seconds that each finished step took.

    Args:
        plan: Steps and options.
    """
    files = {step.name: marker(plan, step) for step in plan.steps}
    return {
        name: json.loads(path.read_text(encoding="utf-8"))["seconds"]
        for name, path in files.items()
        if path.is_file()
    }


def _notes(plan: ReproducePlan) -> list[str]:
    return list(filter(None, (left_out(plan, step) for step in plan.steps)))


def run_step(plan: ReproducePlan, step: Step) -> None:
    """Run a step and write its marker.

    Args:
        plan: Plan of the step.
        step: The step; its inputs are finished.

    Raises:
        ExperimentError: It failed; the message has the last line of its log.
    """
    started, reason = time.monotonic(), step.obstacle(plan) if step.obstacle else ""
    if not reason:
        _execute(plan, step)
    content = {
        "seconds": round(time.monotonic() - started, 1),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": list(step.command),
        "left_out": reason,
    }
    marker(plan, step).parent.mkdir(parents=True, exist_ok=True)
    write_text_atomic(marker(plan, step), json.dumps(content, indent=1) + "\n")


def _execute(plan: ReproducePlan, step: Step) -> None:
    """Run the command or function of a step, check its result, and remove its checkpoints."""
    log, result = plan.output / LOGS / f"{step.name}.log", plan.output / step.result
    log.parent.mkdir(parents=True, exist_ok=True)
    if step.function is not None:
        try:
            step.function(plan)
        except (ValueError, OSError, RuntimeError) as error:
            raise ExperimentError(f"step {step.name} failed ({one_line(error)})") from error
    else:
        code = _run_command(step.command, log, plan.output)
        if code:
            raise ExperimentError(f"step {step.name} {_failure(code, log)}: {log}")
    if not result.exists():
        raise ExperimentError(f"step {step.name} ended without writing {result}: see {log}")
    for checkpoint in result.parent.glob("checkpoint-*"):
        shutil.rmtree(checkpoint, ignore_errors=True)


def _run_command(command: tuple[str, ...], log: Path, folder: Path) -> int:
    """Run a command in a process, and show the last line of its log; return its exit code."""
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(stage_processes.run_stage, list(command), log, None, folder)
        try:
            return _wait(future, log)
        except BaseException:  # also an interruption: the process must not go on without us
            stage_processes.stop_stages()
            raise


def _wait(future: Future, log: Path) -> int:
    terminal, shown = sys.stderr.isatty(), time.monotonic()
    try:
        while True:
            try:
                return future.result(timeout=POLL_SECONDS)
            except FutureTimeout:
                text = last_line(log)[:LINE_WIDTH]
                if terminal:
                    print(f"\r\x1b[K      {text}", end="", file=sys.stderr, flush=True)
                elif time.monotonic() - shown > QUIET_SECONDS:
                    print(f"      {text}", file=sys.stderr, flush=True)
                    shown = time.monotonic()
    finally:
        if terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def last_line(log: Path) -> str:
    """Return the last line of a log that is not empty; a progress bar is one line.

    Args:
        log: File that a process writes; it need not exist yet.
    """
    if not log.is_file():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL))
        text = _CONTROL.sub("", file.read().decode("utf-8", errors="replace"))
    lines = [line.strip() for line in re.split(r"[\r\n]+", text) if line.strip()]
    return lines[-1] if lines else ""


def _failure(code: int, log: Path) -> str:
    """Describe how a process failed, with the last line of its log."""
    if code < 0:
        name = signal.Signals(-code).name
        reason = ", probably because the memory is used up" if -code == signal.SIGKILL else ""
        return f"was ended by {name}{reason}; the same command continues there"
    return f"failed ({last_line(log) or 'no output'})"


@contextmanager
def _termination_as_interrupt() -> Iterator[None]:
    """Treat the signal that batch systems send before they end a program as Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*_) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
