"""How long a table will take and how much disk it needs, measured and not assumed.

Stages like those that this folder has finished take as long as those did. For others one step of
the same network on the same device is timed, and the floating-point operations of each stage
(`agir_hf.training.model_flops`) say how many such steps it takes.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from .configurations import START, TOKENIZER
from .cross_validation import TEST_PREDICTIONS, WEIGHTS
from .stages import Stage
from .step_times import StepTimes, measure_steps

if TYPE_CHECKING:
    from .plan import TablePlan


@dataclass(frozen=True)
class Estimate:
    """What a run has to do.

    Attributes:
        stages: Stages that are not finished.
        seconds: Estimated duration of these stages; None if a model cannot be read.
        disk_bytes: Estimated space of their results and of the checkpoints of running stages.
        text: The same in words, without a full stop.
    """

    stages: int
    seconds: float | None
    disk_bytes: int
    text: str


def estimate_table(plan: "TablePlan", stages: Sequence[Stage]) -> Estimate:
    """Estimate time and disk space of the stages that are left.

    Args:
        plan: Plan of the table.
        stages: All stages of the table.

    Returns:
        The estimate; it counts only stages that are not finished.
    """
    left = [stage for stage in stages if not stage.finished]
    done = len(stages) - len(left)
    before = f", {done} of {len(stages)} are finished" if done else ""
    start = f"{len(left)} stages to run{before}"
    if not left:
        return Estimate(0, 0.0, 0, f"no stage to run{before}")
    durations = _finished_durations(stages)
    times = None
    if any(_kind(stage) not in durations for stage in left):
        try:
            times = measure_steps(plan)
        except OSError as error:
            print(f"the time cannot be estimated: {' '.join(str(error).split())}")
    seconds = _total(plan, left, durations, times)
    disk = _disk(plan, left, times)
    space = _existing_parent(plan.cross.folder)
    free = shutil.disk_usage(space).free
    at_once = f"{len(plan.devices)} at a time on {', '.join(dict.fromkeys(plan.devices))}"
    text = f"{start}, {at_once}: {_duration_text(seconds)} and {disk / 1e9:.1f} GB of disk"
    if disk > free:
        text += f" (only {free / 1e9:.1f} GB are free)"
    return Estimate(len(left), seconds, disk, f"{text}; trainings: {plan.cross.folder}")


def _kind(stage: Stage) -> tuple[str, str]:
    """Configuration and result of a stage, the same for all folds and seeds."""
    return stage.result.parent.name, stage.result.name


def _finished_durations(stages: Sequence[Stage]) -> dict[tuple[str, str], float]:
    """Median duration in seconds of the finished stages of each kind."""
    durations: dict[tuple[str, str], list[float]] = {}
    for stage in stages:
        if stage.finished:
            durations.setdefault(_kind(stage), []).append(stage.seconds)
    return {kind: median(values) for kind, values in durations.items()}


def _total(
    plan: "TablePlan",
    left: Sequence[Stage],
    durations: dict[tuple[str, str], float],
    times: StepTimes | None,
) -> float | None:
    """Duration of all stages on the plan's devices, at least that of the longest chain."""
    ends: dict[Path, float] = {}
    total = 0.0
    for stage in left:
        seconds = durations.get(_kind(stage))
        if seconds is None:
            if times is None:
                return None
            seconds = _predicted(plan, stage, times)
        total += seconds
        ends[stage.result] = seconds + ends.get(stage.after, 0.0)
    return max(total / len(plan.devices), *ends.values())


def _predicted(plan: "TablePlan", stage: Stage, times: StepTimes) -> float:
    """Duration of a stage that is like no finished one."""
    name, file = _kind(stage)
    words = stage.command
    fold = words[words.index("--fold") + 1]
    seconds = plan.loading_seconds
    if name == TOKENIZER:
        return seconds + plan.cross.updates(name, fold) * times.tokenizer_step
    if file != WEIGHTS:
        part = plan.folds_by_name[fold]
        is_test = file == TEST_PREDICTIONS
        walks = len(plan.walks.of_subjects(part.test if is_test else part.validation).ids)
        limit = plan.cross.budget.test_rows
        walks = walks if limit is None else min(walks, limit)
        answers = 2 if is_test else 1  # the second is not constrained to the form
        if name == START:  # configurations that are trained here write one rationale
            answers += times.config.num_rationales - 1
        return seconds + answers * walks * times.answer
    steps = plan.cross.updates(name, fold) * times.step_of(plan.cross.settings(name), name)
    if "--generate_rows" in words:
        budget = plan.cross.budget
        steps += budget.evaluations * budget.generate_rows * times.answer
    return seconds + steps


def _disk(plan: "TablePlan", left: Sequence[Stage], times: StepTimes | None) -> int:
    """Bytes of the weights, and of two checkpoints with optimiser state for each running stage."""
    if times is None:
        sizes = {path.parent.name: path.stat().st_size for path in plan.cross.folder.rglob(WEIGHTS)}
        tokenizer = sizes.pop(TOKENIZER, 0)
        language = max(sizes.values(), default=0)
    else:
        tokenizer, language = times.tokenizer_bytes, times.language_bytes
    trained = [stage for stage in left if stage.result.name == WEIGHTS]
    weights = sum(tokenizer if _kind(stage)[0] == TOKENIZER else language for stage in trained)
    checkpoints = 2 * 3 * max(tokenizer, language)  # weights and two moments, the last and the best
    return weights + checkpoints * min(len(plan.devices), len(trained))


def _existing_parent(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())


def _duration_text(seconds: float | None) -> str:
    if seconds is None:
        return "time not known"
    if seconds < 90:
        return f"about {seconds:.0f} s"
    minutes = seconds / 60
    return f"about {minutes:.0f} min" if minutes < 120 else f"about {minutes / 60:.1f} h"
