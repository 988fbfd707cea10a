"""Time `agir assess`: one recording from the shell, one more, many, and on a busy machine.

    python recipes/benchmark_assess.py
    python recipes/benchmark_assess.py --against ../earlier    # also the code of an earlier commit
    python recipes/benchmark_assess.py --only out --recordings 1000    # a thousand, once

All recordings are simulated C3D files of 5 to 15 s, 7 s in the mean, at 150 Hz. Processor time
counts all processes of a command: reading, measuring, scoring with all texts, checking and output.
The model is the embedded one, which ours computes in numpy; the peer is the same command or
function with the model in torch. Many recordings are also assessed one by one (``--batch-size 1``)
and by worker processes. On the busy machine a program per core runs at the same time; there,
elapsed time is compared with that of one thread. The part ``out`` runs only where it is requested:
a single run of two workers that write a line for each recording, with its peak memory.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmark_tools import (
    Measure,
    Row,
    Timing,
    benchmark_parser,
    count,
    finish,
    rounds_of,
    take_turns,
)
from checkout_processes import CodeProcess, agir_command, checkout_environment, cpu_seconds

WALKS_OF_SUBJECT = 8  # four OFF and four ON medication
LEAST_SUBJECTS = 3  # of a simulated cohort
RECORDINGS, QUICK_RECORDINGS = 48, 4
PARTS = ("cold", "warm", "busy", "many", "elapsed", "out")
COLD, WARM, MANY, WORKERS, BUSY = MEASURES = (
    Measure("Assessment", "one recording from the shell", "s"),
    Measure("Assessment", "one more recording in Python", "s"),
    Measure("Assessment", "many recordings in batches, for each", "s"),
    Measure("Assessment", "many recordings by two workers, elapsed for each", "s"),
    Measure("Assessment", "one recording on a busy machine, elapsed", "s"),
)
LOAD = """
import inspect, itertools
from pathlib import Path
from agir_hf.assessment import assess_recording, load_model
parameters = inspect.signature(load_model).parameters
backend = {{"backend": {backend!r}}} if "backend" in parameters else {{}}
model, processor = load_model(**backend)
files = itertools.cycle(sorted(Path({folder!r}).rglob("*walk_*.c3d")))
def action():
    assess_recording(next(files), model, processor).as_json()
"""


def main(argv: Sequence[str] | None = None) -> None:
    """Simulate recordings, time the commands in turns, and print the table.

    Args:
        argv: Arguments of the command line; those of the process by default.
    """
    parser = benchmark_parser(__doc__)
    parser.add_argument(
        "--recordings", type=count, metavar="N",
        help=f"number of many recordings (default: {RECORDINGS}; {QUICK_RECORDINGS} with --quick)",
    )  # fmt: skip
    parser.add_argument(
        "--only", nargs="+", choices=PARTS, default=PARTS[:-1], metavar="PART",
        help=f"parts to measure: {', '.join(PARTS)} (default: all but the last)",
    )  # fmt: skip
    options = parser.parse_args(argv)
    options.recordings = options.recordings or (QUICK_RECORDINGS if options.quick else RECORDINGS)
    with tempfile.TemporaryDirectory() as folder:
        files = simulated(Path(folder), options.recordings)
        parts = (cold, warm, busy, many, elapsed, out)
        selected = [part for part in parts if part.__name__ in options.only]
        rows = [row for part in selected for row in part(files, options)]
    finish(rows, options)


def simulated(folder: Path, number: int) -> list[Path]:
    """Simulate walks, and return their files.

    Args:
        folder: Folder to write.
        number: Number of walks.
    """
    subjects = max(LEAST_SUBJECTS, -(-number // WALKS_OF_SUBJECT))
    words = ["corpus", "simulate", folder / "cohort", "--subjects", subjects, "--walks", 4]
    with agir_command(*words, "--workers", 2, threads=1) as simulate:
        simulate()
    return sorted(folder.rglob("*_walk_*.c3d"))[:number]


def commands(
    stack: contextlib.ExitStack, variants: dict[str, tuple], clock: str
) -> dict[str, Callable]:
    """Commands of several variants, for `take_turns`.

    Args:
        stack: Holds their folders.
        variants: Name → arguments of the command, folder of the code, number of threads.
        clock: "cpu" or "wall".
    """
    return {
        name: stack.enter_context(agir_command(*words, folder=folder, threads=threads, clock=clock))
        for name, (words, folder, threads) in variants.items()
    }


def rows_of(measure: Measure, variants: dict[str, tuple], options, clock="cpu", number=1, note=""):
    """Time commands in turns, and make a row with each of the others as the peer of the first.

    Args:
        measure: Row of the table.
        variants: As for `commands`; the first one is ours.
        options: Options of the command line.
        clock: "cpu" or "wall".
        number: Number of recordings, by which the times are divided.
        note: Remark under the table.

    Returns:
        The rows.
    """
    rounds = 1 if options.quick else rounds_of(options)
    with contextlib.ExitStack() as stack:
        timings = take_turns(commands(stack, variants, clock), rounds)
    ours, *peers = ((name, timing.scaled(1 / number)) for name, timing in timings.items())
    more = {"rounds": rounds, "note": note}
    if not peers:
        return [measure.row(ours[1], **more)]
    return [measure.row(ours[1], timing, name, **more) for name, timing in peers]


def cold(files: Sequence[Path], options) -> list[Row]:
    """Time a new process that assesses one recording.

    Args:
        files: Recordings.
        options: Options of the command line.
    """
    words = ("assess", files[0])
    variants = {"ours": (words, None, 1), "in torch": ((*words, "--backend", "torch"), None, 1)}
    if options.against:
        variants["before"] = (words, options.against, 1)
    return rows_of(COLD, variants, options)


def warm(files: Sequence[Path], options) -> list[Row]:
    """Time one more recording in a process that has loaded the model.

    Args:
        files: Recordings, all in one folder with its subfolders.
        options: Options of the command line.
    """
    folder = os.path.commonpath([path.parent for path in files])
    variants = {"ours": ("auto", None), "in torch": ("torch", None)}
    if options.against:
        variants["before"] = ("torch", options.against)
    with contextlib.ExitStack() as stack:
        processes = {
            name: stack.enter_context(
                CodeProcess(LOAD.format(backend=backend, folder=folder), checkout)
            )
            for name, (backend, checkout) in variants.items()
        }
        timings = take_turns(processes, rounds_of(options), calls=2)
    ours = timings.pop("ours")
    note = "without the process that reads C3D files"
    return [
        WARM.row(ours, timing, name, rounds=rounds_of(options), note=note)
        for name, timing in timings.items()
    ]


def many(files: Sequence[Path], options) -> list[Row]:
    """Time many recordings in batches, compared with one by one, in processor time.

    Args:
        files: Recordings.
        options: Options of the command line.
    """
    words = ("assess", "--json", *files)
    variants = {
        "ours": ((*words, "--workers", "1"), None, 1),
        "one by one": ((*words, "--workers", "1", "--batch-size", "1"), None, 1),
    }
    if not options.quick:
        variants["two workers"] = ((*words, "--workers", "2"), None, 1)
    if options.against:
        variants["before"] = (words, options.against, 1)
    return rows_of(MANY, variants, options, number=len(files), note=f"{len(files)} recordings")


def elapsed(files: Sequence[Path], options) -> list[Row]:
    """Time many recordings by two worker processes, compared with one process.

    Args:
        files: Recordings.
        options: Options of the command line.
    """
    words = ("assess", "--json", *files)
    variants = {
        "ours": ((*words, "--workers", "2"), None, None),
        "one process": ((*words, "--workers", "1"), None, None),
    }
    if options.against:
        variants["before, one thread"] = (words, options.against, 1)
    return rows_of(WORKERS, variants, options, "wall", len(files), f"{len(files)} recordings")


def busy(files: Sequence[Path], options) -> list[Row]:
    """Time one recording while a program per core is running, compared with one thread.

    Args:
        files: Recordings.
        options: Options of the command line.
    """
    words = ("assess", files[0])
    variants = {"ours": (words, None, None), "one thread": (words, None, 1)}
    if options.against:
        variants |= {
            "before": (words, options.against, None),
            "before, one thread": (words, options.against, 1),
        }
    with busy_cores():
        return rows_of(BUSY, variants, options, "wall")


def out(files: Sequence[Path], options) -> list[Row]:
    """Run two workers once over all recordings, with a line for each in a file.

    Args:
        files: Recordings.
        options: Options of the command line.

    Raises:
        ValueError: A recording has no score.
    """
    peaks_mb, seconds = [], {}
    with tempfile.TemporaryDirectory() as folder:
        recordings, lines = Path(folder) / "recordings", Path(folder) / "scores.jsonl"
        recordings.mkdir()
        for path in files:
            (recordings / path.name).symlink_to(path)
        words = ("assess", recordings, "--out", lines, "--workers", "2", "-q")
        with agir_command(*words, threads=None, clock="wall", peaks_mb=peaks_mb) as assess:
            before_s = cpu_seconds()
            seconds["elapsed"] = assess()
            seconds["processor time"] = cpu_seconds() - before_s
        check_lines(lines, len(files))
    what, more = f"{len(files)} recordings, two workers, --out", {"rounds": 1}
    rows = [
        Measure("Assessment", f"{what}: {name}", "s").row(Timing((value,)), **more)
        for name, value in seconds.items()
    ]
    memory = Measure("Assessment", f"{what}: peak memory of all processes", "MB")
    return [*rows, memory.row(Timing(tuple(peaks_mb)), **more)]


def check_lines(path: Path, number: int) -> None:
    """Check that a file of ``--out`` has a score for each recording.

    Args:
        path: The file.
        number: Number of recordings.

    Raises:
        ValueError: A line is missing, or has an error.
    """
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    errors = [row["error"] for row in rows if row["error"]]
    if len(rows) != number or errors:
        raise ValueError(f"{len(rows)} of {number} recordings have a line, {errors[:1]} an error")


@contextlib.contextmanager
def busy_cores() -> Iterator[None]:
    """Run a program that computes on each core, until this process ends or is killed."""
    environment = checkout_environment(Path.cwd())
    busy = f"import os\nwhile os.getppid() == {os.getpid()}: pass"
    programs = [
        subprocess.Popen([sys.executable, "-c", busy], env=environment)
        for _ in range(len(os.sched_getaffinity(0)))
    ]
    try:
        yield
    finally:
        for program in programs:
            program.kill()
            program.wait()


if __name__ == "__main__":
    sys.exit(main())
