"""Run a pipeline in two stages, many tasks and one that merges: on this machine, Slurm or Ray."""

from __future__ import annotations

import argparse
import os
import posixpath
import shutil
from collections.abc import Sequence

from datatrove.executor import RayPipelineExecutor, SlurmPipelineExecutor
from datatrove.utils.logging import logger

from .local_executor import LocalExecutor, TaskError

_MERGE = "merge"  # folder of the logs of the second stage
_LAUNCH = "launch_pickled_pipeline"  # command of `datatrove`
_START = (
    'python -c "import agir_launcher; from datatrove.tools.launch_pickled_pipeline import main; '
    'main()"'
)
# Otherwise a job that depends on a failed one waits in the queue forever.
_SBATCH = {"kill-on-invalid-dep": "yes"}


def add_executor(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where the tasks run.

    Args:
        parser: Parser of a recipe.
    """
    parser.add_argument(
        "--executor", choices=("local", "slurm", "ray"), default="local",
        help="this machine (default), a Slurm cluster, or a Ray cluster",
    )  # fmt: skip
    parser.add_argument("--tasks", type=_count, default=1, metavar="T",
                        help="parts that the recordings are divided into (default: 1)")  # fmt: skip
    parser.add_argument(
        "--workers", type=_count, metavar="W",
        help="tasks at the same time (default: as many as there are processors, or all tasks on a "
        "cluster)",
    )  # fmt: skip
    parser.add_argument(
        "--stagger", type=int, default=0, metavar="SECONDS",
        help="on a cluster, start each task after a random delay of at most this time (default: 0)",
    )  # fmt: skip
    parser.add_argument("--memory", type=_count, default=4, metavar="GB",
                        help="on a cluster, memory of a task (default: 4)")  # fmt: skip
    slurm = parser.add_argument_group("Slurm")
    slurm.add_argument("--partition", help="partition of the jobs")
    slurm.add_argument("--time", default="04:00:00", help="time limit of a job (default: 04:00:00)")
    slurm.add_argument("--env-command", default="", metavar="COMMAND",
                       help="shell command that activates the Python environment")  # fmt: skip
    slurm.add_argument(
        "--max-array", type=_count, default=1001, metavar="N",
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


def _count(text: str) -> int:
    number = int(text) if text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of 1 or more")
    return number


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
    if options.executor == "slurm":
        return _submit(options, name, (tasks, merge), logs)
    if options.executor == "ray":
        _start_ray(options)
    for blocks, count, log in zip((tasks, merge), (options.tasks, 1), logs, strict=True):
        if options.executor == "ray":
            executor = _ray(options, blocks, count, log)
        else:
            workers = min(options.workers or os.cpu_count() or 1, count)
            executor = LocalExecutor(blocks, count, workers, log, preload)
        executor.run()
        logger.remove()
        left = executor.get_incomplete_ranks(skip_completed=True)
        if left:
            raise TaskError(
                f"{len(left)} of {count} tasks failed ({', '.join(map(str, left[:5]))}): see "
                f"{posixpath.join(log, 'logs')}, and run the same command again, which skips "
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


def _submit(options: argparse.Namespace, name: str, stages: Sequence, logs: Sequence[str]) -> bool:
    """Submit both stages to Slurm; the second depends on the first."""
    first, second = (
        SlurmExecutor(
            blocks,
            tasks=count,
            workers=options.workers or -1,
            time=options.time,
            partition=options.partition,
            mem_per_cpu_gb=options.memory,
            job_name=job,
            qos=None,
            env_command=f"{options.env_command}\nexport OMP_NUM_THREADS=1",
            sbatch_args=_SBATCH | dict(text.split("=", 1) for text in options.sbatch),
            max_array_size=options.max_array,
            randomize_start_duration=options.stagger,
            logging_dir=log,
        )
        for blocks, count, job, log in zip(
            stages, (options.tasks, 1), (f"agir-{name}", f"agir-{name}-merge"), logs, strict=True
        )
    )
    second.depends = first
    second.run()
    if second.job_id == -1:  # all tasks were finished before
        return True
    waits = "" if first.job_id == -1 else f" after job {first.job_id}"
    print(
        f"submitted to Slurm: job {second.job_id} merges{waits}; logs and statistics are in "
        f"{posixpath.dirname(logs[0])}; the same command submits what failed"
    )
    return False


def _start_ray(options: argparse.Namespace) -> None:
    import ray

    if not ray.is_initialized():
        ray.init(options.ray_address, log_to_driver=False, logging_level="ERROR")


def _ray(options: argparse.Namespace, blocks: Sequence, count: int, log: str):
    return RayPipelineExecutor(
        blocks,
        tasks=count,
        workers=options.workers or -1,
        mem_per_cpu_gb=options.memory,
        randomize_start_duration=options.stagger,
        logging_dir=log,
    )
