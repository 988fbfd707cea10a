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
from dataclasses import replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from ..assessment.messages import one_line
from ..constants_agir import SCORES
from ..utils.devices import resolve_placement
from ..utils.files import write_text_atomic
from . import stage_processes
from .errors import ExperimentError
from .reproduce_estimate import Estimate, duration_text, estimate, plan_text
from .reproduce_pages import PAGES, SUMMARY, write_summary
from .reproduce_plan import ReproduceOptions, ReproducePlan, make_plan
from .reproduce_steps import T5, Step
from .shida_download import read_download
from .stages import StageError, exclusive_folder

SETTINGS, MARKERS, LOGS = "reproduce.json", "steps", "logs"
EXTRAS = {"datasets": "train", "trl": "train", "pycocoevalcap": "train", "sklearn": "evaluation"}
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
    options = _checked(options)
    download = read_download(options.download)
    print("\n".join(download.lines()), flush=True)
    download.require_enough()
    gpu = _uses_gpu(options, dry_run)
    if not dry_run:
        _check_extras()
        options = _with_start(options)
    plan = make_plan(options, download, PAGES, gpu)
    forecast = estimate(plan, gpu)
    finished = {step.name for step in plan.steps} - {step.name for step in unfinished(plan)}
    print(plan_text(plan, forecast, finished), flush=True)
    if dry_run:
        return None
    _check_output(plan.output)
    _check_settings(plan)
    _check_disk(plan, forecast.bytes_of_others(finished))
    if len(finished) < len(plan.steps) and not confirm(forecast):
        return None
    try:
        with exclusive_folder(plan.output), _termination_as_interrupt():
            _lock_settings(plan)
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
        write_summary(plan, durations(plan), step)
        print(f"[{number}/{total}] {step.title}", flush=True)
        started = time.monotonic()
        try:
            run_step(plan, step)
        except KeyboardInterrupt:
            stage_processes.stop_stages()
            print(f"\nstopped in step {step.name}: the same command continues there", flush=True)
            raise
        finally:
            write_summary(plan, durations(plan), step)
        seconds = time.monotonic() - started
        print(f"      {duration_text(seconds)}: {plan.output / step.result}", flush=True)
    write_summary(plan, durations(plan))


def unfinished(plan: ReproducePlan) -> list[Step]:
    """Return the steps to run: those without marker or result, and those that use their results.

    Args:
        plan: Steps and options.
    """
    again: list[Step] = []
    for step in plan.steps:
        complete = marker(plan, step).is_file() and (plan.output / step.result).exists()
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


def run_step(plan: ReproducePlan, step: Step) -> None:
    """Run a step and write its marker.

    Args:
        plan: Plan of the step.
        step: The step; its inputs are finished.

    Raises:
        ExperimentError: It failed; the message has the last line of its log.
    """
    started, log = time.monotonic(), plan.output / LOGS / f"{step.name}.log"
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
    result = plan.output / step.result
    if not result.exists():
        raise ExperimentError(f"step {step.name} ended without writing {result}: see {log}")
    for checkpoint in result.parent.glob("checkpoint-*"):
        shutil.rmtree(checkpoint, ignore_errors=True)
    content = {
        "seconds": round(time.monotonic() - started, 1),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": list(step.command),
    }
    marker(plan, step).parent.mkdir(exist_ok=True)
    write_text_atomic(marker(plan, step), json.dumps(content, indent=1) + "\n")


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


def _checked(options: ReproduceOptions) -> ReproduceOptions:
    """Check the options that need no reading, and make their paths absolute."""
    for name in ("motiongpt", "mean", "std", "body"):
        path = getattr(options, name)
        if path is not None and not path.is_file():
            raise ExperimentError(f"--{name} is {path}, expected a file: check the path")
    for name in ("mean", "std"):
        if getattr(options, name) is not None and options.motiongpt is None:
            raise ExperimentError(f"--{name} is of a MotionGPT checkpoint: pass --motiongpt too")
    if options.workers is not None and options.workers < 1:
        raise ExperimentError(f"--workers is {options.workers}, expected at least 1")
    if min(options.seeds) < 0 or len(set(options.seeds)) < len(options.seeds):
        raise ExperimentError(
            f"--seeds are {' '.join(map(str, options.seeds))}, expected different numbers from 0 on"
        )
    names = ("output", "motiongpt", "mean", "std", "body")
    paths = {name: getattr(options, name) for name in names}
    paths = {name: path and path.expanduser().resolve() for name, path in paths.items()}
    t5 = options.t5
    if t5 and Path(t5).is_dir():
        t5 = str(Path(t5).resolve())
    return replace(options, **paths, t5=t5)


def _uses_gpu(options: ReproduceOptions, dry_run: bool) -> bool:
    """Whether a GPU trains; in a dry run it may be absent."""
    try:
        return resolve_placement(options.device, options.precision)[0].type != "cpu"
    except ValueError as error:
        if dry_run and (options.device or "").partition(":")[0] in ("cuda", "mps"):
            return True
        raise ExperimentError(one_line(error)) from error


def _check_extras() -> None:
    """Check that the packages of all steps are installed, before the first of them."""
    for module, extra in EXTRAS.items():
        if find_spec(module) is None:
            raise ExperimentError(
                f'the trainings need {module}: pip install "agir-hf[train,evaluation]" (it is of '
                f"the extra {extra})"
            )


def _with_start(options: ReproduceOptions) -> ReproduceOptions:
    """Check the T5, and for MotionGPT fetch its tokenizer, before hours of other steps."""
    if not options.t5 and not options.motiongpt:
        return options
    from .starting_points import check_start

    name = options.t5 or T5
    try:
        if not options.motiongpt:
            check_start(None, name, None, len(SCORES))
            return options
        return replace(options, tokenizer=_tokenizer_folder(name))
    except ExperimentError:
        raise
    except (OSError, ValueError) as error:
        raise ExperimentError(
            f"--t5 is {name}, which cannot be read ({one_line(error)}): pass the folder of a T5 "
            "with its tokenizer"
        ) from error


def _tokenizer_folder(name: str) -> str:
    """Local folder of tokenizer and configuration of a T5; from the Hub they are downloaded."""
    from transformers import AutoTokenizer

    if not Path(name).is_dir():
        from huggingface_hub import snapshot_download

        name = snapshot_download(name, allow_patterns=["*.json", "spiece.model"])
    AutoTokenizer.from_pretrained(name)  # an error is raised before the first step
    return name


def _check_output(output: Path) -> None:
    """Check that the output folder is new, empty, or was written by this command."""
    if output.exists() and not output.is_dir():
        raise ExperimentError(f"{output} is a file, expected a folder to write: name another")
    if output.is_dir() and not (output / SETTINGS).is_file() and any(output.iterdir()):
        raise ExperimentError(
            f"{output} is not empty and was not written by 'agir reproduce' (it has no {SETTINGS}):"
            " name a new folder"
        )


def _check_settings(plan: ReproducePlan) -> None:
    """Compare the settings with those of the first call, if there was one."""
    path = plan.output / SETTINGS
    if not path.is_file():
        return
    earlier, now = json.loads(path.read_text(encoding="utf-8")), plan.settings()
    for name, value in now.items():
        if earlier.get(name) != json.loads(json.dumps(value)):
            raise ExperimentError(
                f"{plan.output} was made with {name} {_shown(earlier.get(name))}, now it is "
                f"{_shown(value)}: pass the earlier value, or name another folder"
            )


def _shown(value: object) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value))
    return "not set" if value in (None, False) else "set" if value is True else str(value)


def _lock_settings(plan: ReproducePlan) -> None:
    text = json.dumps(plan.settings(), indent=1, ensure_ascii=False)
    write_text_atomic(plan.output / SETTINGS, text + "\n")


def _check_disk(plan: ReproducePlan, needed: int) -> None:
    """Check that the disk has enough space for the steps that are left."""
    folder = next(path for path in (plan.output, *plan.output.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise ExperimentError(
            f"{folder} has {free / 1e9:.1f} GB of free disk space, expected at least "
            f"{needed / 1e9:.1f} GB: free space, or name a folder on another disk"
        )


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
