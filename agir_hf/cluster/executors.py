"""Run a pipeline in two stages, many tasks and one that merges: on this machine, Slurm or Ray."""

from __future__ import annotations

import argparse
import posixpath
import shutil
from collections.abc import Sequence
from dataclasses import dataclass

from datatrove.executor import RayPipelineExecutor, SlurmPipelineExecutor
from datatrove.utils.logging import logger

from ..utils.command_line import positive_int
from ..utils.machine import usable_cores
from .local_executor import LocalExecutor, TaskError

_MERGE = "merge"  # folder of the logs of the second stage
_LAUNCH = "launch_pickled_pipeline"  # command of `datatrove`
_START = (
    'python -c "import agir_launcher; from datatrove.tools.launch_pickled_pipeline import main; '
    'main()"'
)
# Otherwise a job that depends on a failed one waits in the queue forever.
_SBATCH = {"kill-on-invalid-dep": "yes"}


@dataclass(frozen=True)
class _Stage:
    """Tasks of a run that are equal but for their recordings."""

    blocks: Sequence
    tasks: int
    log: str
    job: str
    memory_gb: int
    time: str


def add_executor(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where the tasks run.

    Args:
        parser: Parser of a recipe.
    """
    parser.add_argument(
        "--executor", choices=("local", "slurm", "ray"), default="local",
        help="this machine (default), a Slurm cluster, or a Ray cluster",
    )  # fmt: skip
    parser.add_argument("--tasks", type=positive_int, default=1, metavar="T",
                        help="parts that the recordings are divided into (default: 1)")  # fmt: skip
    parser.add_argument(
        "--workers", type=positive_int, metavar="W",
        help="tasks at the same time (default: as many as there are processors, or all tasks on a "
        "cluster)",
    )  # fmt: skip
    parser.add_argument(
        "--stagger", type=int, default=0, metavar="SECONDS",
        help="on a cluster, start each task after a random delay of at most this time (default: 0)",
    )  # fmt: skip
    parser.add_argument("--memory", type=positive_int, default=2, metavar="GB",
                        help="on a cluster, memory of a task (default: 2)")  # fmt: skip
    parser.add_argument(
        "--merge-memory", type=positive_int, default=8, metavar="GB",
        help="on a cluster, memory of the task that merges (default: 8)",
    )  # fmt: skip
    slurm = parser.add_argument_group("Slurm")
    slurm.add_argument("--partition", help="partition of the jobs")
    slurm.add_argument(
        "--time", default="04:00:00", help="time limit of a task (default: 04:00:00)"
    )
    slurm.add_argument(
        "--merge-time", metavar="TIME",
        help="time limit of the task that merges (default: that of --time)",
    )  # fmt: skip
    slurm.add_argument("--env-command", default="", metavar="COMMAND",
                       help="shell command that activates the Python environment")  # fmt: skip
    slurm.add_argument(
        "--max-array", type=positive_int, default=1001, metavar="N",
        help="largest number of jobs in an array, MaxArraySize of the cluster (default: 1001)",
    )  # fmt: skip
    slurm.add_argument(
        "--sbatch", action="append", default=[], metavar="NAME=VALUE",
        help="further option of sbatch, such as account=gait; repeatable",
    )  # fmt: skip
    ray = parser.add_argument_group("Ray")
    ray.add_argument(
        "--ray-address", metavar="ADDRESS",
        help="address of the cluster (default: RAY_ADDRESS, or Ray on this machine)",
    )  # fmt: skip


def check_executor(options: argparse.Namespace) -> None:
    """Check the options of `add_executor`, before any work.

    Args:
        options: Parsed options.

    Raises:
        ValueError: An option is missing or does not fit.
        ImportError: Ray is not installed.
    """
    if options.executor == "slurm":
        if not options.partition:
            raise ValueError("--executor slurm needs --partition: name a partition of the cluster")
        if shutil.which("sbatch") is None:
            raise ValueError(
                "--executor slurm needs the command sbatch, which is not on the PATH: run this on "
                "a login node of the cluster"
            )
        wrong = [text for text in options.sbatch if "=" not in text]
        if wrong:
            raise ValueError(f"--sbatch is {wrong[0]!r}, expected NAME=VALUE, such as account=gait")
    if options.executor == "ray":
        try:
            import ray  # noqa: F401
        except ImportError as error:
            raise ImportError('--executor ray needs Ray: pip install "ray[default]"') from error


def run_stages(
    options: argparse.Namespace,
    folder: str,
    name: str,
    tasks: Sequence,
    merge: Sequence,
    preload: Sequence[str] = (),
) -> bool:
    """Run the tasks, and then the task that merges their shards.

    Args:
        options: Options of `add_executor`.
        folder: Folder of the run; logs and completions are in its folder `logs`.
        name: Name of the run, for Slurm and the folder of the logs.
        tasks: Blocks of the pipeline of a task.
        merge: Blocks of the pipeline that merges.
        preload: Modules that worker processes of this machine need.

    Returns:
        Whether the run is finished; with Slurm it has only been submitted.

    Raises:
        TaskError: Tasks failed. The others are finished, and a rerun skips them.
    """
    logger.remove()  # each task has its log file
    logs = [posixpath.join(folder, "logs", part) for part in (name, _MERGE)]
    stages = (
        _Stage(tasks, options.tasks, logs[0], f"agir-{name}", options.memory, options.time),
        _Stage(merge, 1, logs[1], f"agir-{name}-{_MERGE}", options.merge_memory,
               options.merge_time),
    )  # fmt: skip
    if options.executor == "slurm":
        return _submit(options, stages)
    if options.executor == "ray":
        _start_ray(options)
    for stage in stages:
        if options.executor == "ray":
            executor = _ray(options, stage)
        else:
            workers = min(options.workers or usable_cores(), stage.tasks)
            executor = LocalExecutor(stage.blocks, stage.tasks, workers, stage.log, preload)
        executor.run()
        logger.remove()
        left = executor.get_incomplete_ranks(skip_completed=True)
        if left:
            raise TaskError(
                f"{len(left)} of {stage.tasks} tasks failed ({', '.join(map(str, left[:5]))}): see "
                f"{posixpath.join(stage.log, 'logs')}, and run the same command again, which skips "
                "finished tasks"
            )
    return True


class SlurmExecutor(SlurmPipelineExecutor):
    """Executor of `datatrove` for Slurm, whose jobs do not import torch unless the model needs it.

    The package registers its classes when it is imported, which takes 5 s, unless `agir_launcher`
    is imported before.
    """

    def get_launch_file_contents(self, sbatch_args: dict, run_script: str) -> str:
        """Return the script of a job.

        Args:
            sbatch_args: Options of sbatch.
            run_script: Command of `datatrove` that runs a task.
        """
        return super().get_launch_file_contents(sbatch_args, run_script.replace(_LAUNCH, _START))


def _submit(options: argparse.Namespace, stages: Sequence[_Stage]) -> bool:
    """Submit both stages to Slurm; the second depends on the first."""
    first, second = (_slurm(options, stage) for stage in stages)
    second.depends = first
    second.run()
    if second.job_id == -1:  # all tasks were finished before
        return True
    waits = "" if first.job_id == -1 else f" after job {first.job_id}"
    print(
        f"submitted to Slurm: job {second.job_id} merges{waits}; logs and statistics are in "
        f"{posixpath.dirname(stages[0].log)}; the same command submits what failed"
    )
    return False


def _slurm(options: argparse.Namespace, stage: _Stage) -> SlurmExecutor:
    return SlurmExecutor(
        stage.blocks,
        tasks=stage.tasks,
        workers=options.workers or -1,
        time=stage.time,
        partition=options.partition,
        mem_per_cpu_gb=stage.memory_gb,
        job_name=stage.job,
        qos=None,
        env_command=f"{options.env_command}\nexport OMP_NUM_THREADS=1",
        sbatch_args=_SBATCH | dict(text.split("=", 1) for text in options.sbatch),
        max_array_size=options.max_array,
        randomize_start_duration=options.stagger,
        logging_dir=stage.log,
    )


def _start_ray(options: argparse.Namespace) -> None:
    import ray

    if not ray.is_initialized():
        ray.init(options.ray_address, log_to_driver=False, logging_level="ERROR")


def _ray(options: argparse.Namespace, stage: _Stage) -> RayPipelineExecutor:
    return RayPipelineExecutor(
        stage.blocks,
        tasks=stage.tasks,
        workers=options.workers or -1,
        mem_per_cpu_gb=stage.memory_gb,
        randomize_start_duration=options.stagger,
        logging_dir=stage.log,
    )
