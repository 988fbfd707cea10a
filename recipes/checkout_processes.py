"""Child processes that run this package or another checkout of it, for the benchmarks.

A benchmark with ``--against FOLDER`` compares our code with that of an older commit. Both run in
child processes of the same form, in turns, and only the folder of the package differs.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).resolve().parents[1]
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Seconds(float):
    """Time that an action measured itself; `take_turns` uses it in place of its own clock."""


def cpu_seconds() -> float:
    """Processor seconds of this process and of its child processes that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def checkout(folder: str) -> Path:
    """Path of a checkout, as the type of a command-line option.

    Args:
        folder: Folder that contains the folder ``agir_hf``.
    """
    path = Path(folder).resolve()
    if not (path / "agir_hf" / "__init__.py").is_file():
        raise argparse.ArgumentTypeError(
            f"{folder} has no agir_hf/__init__.py; pass the top folder of a clone of agir-hf"
        )
    return path


class CodeProcess:
    """A child process that calls a function of its own whenever it is requested.

    It times the code of another checkout in turns with ours: both run in processes of the same
    form, and only the folder differs. The source is executed once and has to define ``action()``,
    without arguments; if that returns a number, it is used as the seconds. Use it as a context
    manager.

    Attributes:
        peak_mb (`float`): Peak memory of the process so far, in megabytes.

    Args:
        source: Python source; the folder of the checkout is not the working directory.
        folder: Checkout whose `agir_hf` is imported; ours by default.
        threads: Number of threads of the numerical libraries.
        clock: "cpu" or "wall", as in `take_turns`.

    Raises:
        RuntimeError: If the source fails, or imported `agir_hf` from another folder.

    Example:
        ```python
        source = "import agir_hf.humanml3d as features; action = lambda: features.…"
        with CodeProcess(source) as ours, CodeProcess(source, options.against) as before:
            timings = take_turns({"ours": ours, "before": before})
        ```
    """

    _LOOP = """
import os, resource, sys, time
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
scope = {}
exec(compile(sys.argv[1], "source", "exec"), scope)
def seconds():
    if sys.argv[2] == "wall":
        return time.perf_counter()
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime
def peak_mb():  # ru_maxrss begins with the memory of the process that started this one
    try:
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) / 1024
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(getattr(sys.modules.get("agir_hf"), "__file__", ""), file=answers, flush=True)
for _ in sys.stdin:
    start = seconds()
    returned = scope["action"]()
    taken = returned if isinstance(returned, float) else seconds() - start
    print(taken, peak_mb(), file=answers, flush=True)
"""

    def __init__(self, source, folder=None, threads=1, clock="cpu"):
        self.folder, self.peak_mb = Path(folder or ROOT).resolve(), 0.0
        command = [sys.executable, "-P", "-c", self._LOOP, source, clock]
        self._process = subprocess.Popen(
            command, env=checkout_environment(self.folder, threads), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        imported = self._answer()
        if imported and not Path(imported).is_relative_to(self.folder):
            self.close()
            raise RuntimeError(f"agir_hf was imported from {imported}, expected {self.folder}")

    def __call__(self) -> Seconds:
        """Call the function once, and return its seconds."""
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        seconds, self.peak_mb = map(float, self._answer().split())
        return Seconds(seconds)

    def _answer(self) -> str:
        line = self._process.stdout.readline()
        if not line:
            self.close()
            raise RuntimeError(f"the code failed with {self.folder}: see above")
        return line.strip()

    def close(self) -> None:
        """End the process."""
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()

    def __enter__(self) -> "CodeProcess":
        return self

    def __exit__(self, *_) -> None:
        self.close()


def checkout_environment(folder: Path, threads: int | None = 1) -> dict[str, str]:
    """Environment variables under which a child process imports the package of a checkout.

    Args:
        folder: Top folder of the checkout.
        threads: Number of threads of the numerical libraries; None leaves it to the code.
    """
    variables = {name: value for name, value in os.environ.items() if name not in THREAD_VARIABLES}
    if threads is not None:
        variables |= dict.fromkeys(THREAD_VARIABLES, str(threads))
    return {**variables, "PYTHONPATH": str(folder), "HF_HUB_OFFLINE": "1"}


@contextmanager
def agir_command(
    *arguments: str,
    folder: Path | None = None,
    threads: int | None = None,
    clock: Literal["cpu", "wall"] = "cpu",
    peaks_mb: list[float] | None = None,
) -> Iterator[Callable[[], Seconds]]:
    """Yield a function that runs an ``agir`` command in a new process, and returns its seconds.

    Args:
        *arguments: Arguments of the command, such as "assess" and a file.
        folder: Checkout whose code runs; ours by default.
        threads: Number of threads of the numerical libraries; None leaves it to the command.
        clock: "cpu" or "wall", as in `take_turns`.
        peaks_mb: List to which each run adds its peak memory, see `wait_and_watch`.

    Yields:
        Function without arguments; it raises `subprocess.CalledProcessError` if the command fails,
        whose messages are printed. The working directory is an empty folder.
    """
    folder = Path(folder or ROOT).resolve()
    with tempfile.TemporaryDirectory() as links:
        # the installed command imports the launcher under this name, before agir_hf
        (Path(links) / "agir_launcher").symlink_to(folder / "agir_hf" / "launcher")
        environment = checkout_environment(folder, threads)
        environment["PYTHONPATH"] += os.pathsep + links
        code = "import sys; from agir_launcher import main; sys.exit(main())"
        command = [sys.executable, "-P", "-c", code, *map(str, arguments)]

        def run() -> Seconds:
            read_clock = {"cpu": cpu_seconds, "wall": time.perf_counter}[clock]
            start_s = read_clock()
            process = subprocess.Popen(
                command, env=environment, stdout=subprocess.DEVNULL, cwd=links
            )
            try:
                if peaks_mb is not None:
                    peaks_mb.append(wait_and_watch(process))
                if process.wait():
                    raise subprocess.CalledProcessError(process.returncode, command)
            finally:
                process.kill()
                process.wait()
            return Seconds(read_clock() - start_s)

        yield run


def wait_and_watch(process: subprocess.Popen, interval_s: float = 0.2) -> float:
    """Wait until a process ends, and return the peak memory of it and all its descendants.

    Memory that processes share counts once: it is the sum of their proportional set sizes, which
    only Linux has.

    Args:
        process: The process.
        interval_s: Time between two readings in seconds.

    Returns:
        Megabytes; NaN where they are not known.
    """
    peak_mb = 0.0
    while process.poll() is None:
        sizes_mb = map(_proportional_mb, _with_descendants(process.pid))
        peak_mb = max(sum(sizes_mb), peak_mb)
        with suppress(subprocess.TimeoutExpired):
            process.wait(interval_s)
    return peak_mb or float("nan")


def _with_descendants(pid: int) -> list[int]:
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # the process has ended
            fields = path.read_text().rpartition(")")[2].split()
            parents[int(path.parent.name)] = int(fields[1])
    pids = [pid]
    for ancestor in pids:  # the list grows
        pids += [child for child, parent in parents.items() if parent == ancestor]
    return pids


def _proportional_mb(pid: int) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0
