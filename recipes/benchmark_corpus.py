"""Measure reading, building, checking and simulating of a corpus, next to plain readers and peers.

    python recipes/benchmark_corpus.py --quick                 # small cohort, about one minute
    python recipes/benchmark_corpus.py                         # 48 walks, about three minutes
    python recipes/benchmark_corpus.py --against OLD_CHECKOUT  # and older code, about five minutes
    python recipes/benchmark_corpus.py --parts reading memory  # some of the parts

A cohort is simulated and its corpus is built, once for all parts. Its rows are read one by one and
in batches by this package, and by `datasets` with its numpy format. The commands build, build
again, and simulate run in child processes: their processor time is that of all their processes, of
imports too. Only the comparison of one and two workers is by the clock, so run it on an idle
machine; it builds a cohort in which each recording is listed several times, because a small build
is mostly imports.
"""

import csv
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from benchmark_tools import Measure, Row, Timing, benchmark_parser, finish, rounds_of, take_turns
from checkout_processes import CodeProcess, agir_command

MEASURES = (
    Measure("Corpus", "read motions as arrays, row by row", "rows/s"),
    Measure("Corpus", "read motions as arrays, 32 at a time", "rows/s"),
    Measure("Corpus", "read reasoning as arrays, row by row", "rows/s", readme=False),
    Measure("Corpus", "read motions as lists, row by row", "rows/s", readme=False),
    Measure("Corpus", "build a walk, centres, with imports", "ms"),
    Measure("Corpus", "build with 2 workers, by the clock", "s"),
    Measure("Corpus", "run a finished build again", "s"),
    Measure("Corpus", "simulate a walk, with imports", "ms"),
    Measure("Corpus", "memory of a simulating process", "MB"),
)
ARRAYS, BATCHES, REASONING, LISTS, BUILD, WORKERS, CHECK, SIMULATE, MEMORY = MEASURES
PARTS = ("reading", "building", "workers", "simulating", "memory")
BATCH, PASSES = 32, 3
SIZES = {True: (3, 2), False: (8, 3)}  # with --quick or not: subjects, walks per session
_COPIES = {True: 3, False: 4}  # of each recording, for the comparison of workers
_ROUNDS, _WORKER_ROUNDS = {True: 1, False: 3}, {True: 1, False: 2}  # at most, of commands
_MEMORY_SUBJECTS = {True: 1, False: 5}

_SIMULATE_IN_PROCESS = """
import tempfile
from pathlib import Path
from agir_hf.simulation import cohort
number = 0
def action():
    global number
    with tempfile.TemporaryDirectory() as folder:
        for _ in range({subjects}):
            number += 1
            cohort._simulate(cohort._Job(0, number, (2, 1), 6, Path(folder)))
"""


def main(argv: list[str] | None = None) -> None:
    """Simulate a cohort, build its corpus, and time every step.

    Args:
        argv: Arguments of the command line; those of the process by default.
    """
    parser = benchmark_parser(__doc__)
    parser.add_argument(
        "--parts", nargs="+", choices=PARTS, default=PARTS, metavar="PART",
        help=f"measure only these: {', '.join(PARTS)}",
    )  # fmt: skip
    options = parser.parse_args(argv)
    subjects, walks = SIZES[options.quick]
    rounds = rounds_of(options)
    few = min(rounds, _ROUNDS[options.quick])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = ("--subjects", str(subjects), "--walks", str(walks))
        with agir_command("corpus", "simulate", folder / "cohort", *size) as simulate:
            simulate()
        parts = {
            "reading": lambda: reading(folder, rounds),
            "building": lambda: building(folder, options.against, few),
            "workers": lambda: workers(
                folder, _COPIES[options.quick], min(rounds, _WORKER_ROUNDS[options.quick])
            ),
            "simulating": lambda: simulating(
                folder, size, 2 * subjects * walks, options.against, few
            ),
            "memory": lambda: memory(_MEMORY_SUBJECTS[options.quick], options.against),
        }
        rows = [row for part in PARTS if part in options.parts for row in parts[part]()]
    finish(rows, options)


def commands_in_turns(actions: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, Timing]:
    """Time commands in turns, as `take_turns` does, without a call that is not timed.

    Each command is a new process, so that an earlier call saves nothing but reading from the disk.

    Args:
        actions: Name → function that runs a command and returns its seconds.
        rounds: Number of rounds.
    """
    values: dict[str, list[float]] = {name: [] for name in actions}
    for number in range(rounds):
        for name in list(actions) if number % 2 == 0 else list(reversed(actions)):
            values[name].append(actions[name]())
    return {name: Timing(tuple(seconds)) for name, seconds in values.items()}


def _build(folder: Path, out: str, workers: int = 1, source: str = "cohort") -> tuple[str, ...]:
    return (
        "corpus", "build", str(folder / source), str(folder / out), "--fit", "centres",
        "--workers", str(workers),
    )  # fmt: skip


def _timed_build(folder: Path, out: str, code: Path | None = None) -> float:
    """Processor seconds of a build; of a finished one if the folder has the corpus."""
    with agir_command(*_build(folder, out), folder=code, threads=1) as build:
        return build()


def _codes(against: Path | None) -> dict[str, Path | None]:
    return {"ours": None} | ({"before": against} if against else {})


def reading(folder: Path, rounds: int) -> Iterator[Row]:
    """Yield the rows of the table about reading.

    Args:
        folder: Folder with the cohort.
        rounds: Number of rounds.
    """
    import datasets

    from agir_hf.corpus.loading import load_corpus

    datasets.disable_progress_bars()
    _timed_build(folder, "corpus")
    corpus = str(folder / "corpus")
    with tempfile.TemporaryDirectory() as cache:
        datasets.config.HF_DATASETS_CACHE = Path(cache)
        for measure, config in ((ARRAYS, "motion"), (REASONING, "reasoning")):
            ours = load_corpus(corpus, config)["train"]
            plain = datasets.load_dataset(corpus, config, split="train").with_format("numpy")
            yield _rates(measure, ours, plain, one_by_one, rounds)
            if measure is ARRAYS:
                yield _rates(BATCHES, ours, plain, in_batches, rounds)
                yield _lists(ours, min(rounds, _ROUNDS[False]))


def one_by_one(rows) -> None:
    """Read all rows, each by itself.

    Args:
        rows: `datasets.Dataset`.
    """
    for _ in range(PASSES):
        for row in rows:
            assert len(row["motion"])


def in_batches(rows) -> None:
    """Read all rows in batches.

    Args:
        rows: `datasets.Dataset`.
    """
    for _ in range(PASSES):
        for batch in rows.iter(BATCH):
            assert len(batch["motion"])


def _rates(measure: Measure, ours, plain, read, rounds: int):
    timings = take_turns({"ours": partial(read, ours), "plain": partial(read, plain)}, rounds)
    rates = {name: timing.rate(PASSES * len(ours)) for name, timing in timings.items()}
    return measure.row(rates["ours"], rates["plain"], "datasets, numpy format", rounds=rounds)


def _lists(rows, rounds: int):
    """Rows as Python lists, next to `numpy.ndarray.tolist` of the same arrays in memory."""
    arrays = [(row["motion"], row["joints"]) for row in rows]
    plain = rows.with_format(None)

    def convert() -> None:
        for _ in range(PASSES):
            for motion, joints in arrays:
                assert motion.tolist() and joints.tolist()

    timings = take_turns({"ours": partial(one_by_one, plain), "peer": convert}, rounds)
    rates = {name: timing.rate(PASSES * len(rows)) for name, timing in timings.items()}
    numbers = np.mean([motion.size + joints.size for motion, joints in arrays])
    note = f"a row has {numbers:,.0f} numbers, each of which becomes a Python object"
    return LISTS.row(rates["ours"], rates["peer"], "tolist in memory", rounds=rounds, note=note)


def building(folder: Path, against: Path | None, rounds: int) -> Iterator[Row]:
    """Yield the rows of the table about building, and about a build that is finished.

    Args:
        folder: Folder with the cohort.
        against: Checkout of an older commit, or None.
        rounds: Number of rounds.
    """

    def build(name: str, code: Path | None) -> float:
        shutil.rmtree(folder / f"built_{name}", ignore_errors=True)
        return _timed_build(folder, f"built_{name}", code)

    codes = _codes(against)
    timings = commands_in_turns({n: partial(build, n, code) for n, code in codes.items()}, rounds)
    count = len(list((folder / "built_ours" / "work" / "recordings").glob("*.npz")))
    timings = {name: timing.scaled(1000 / count) for name, timing in timings.items()}
    note = f"processor time of all processes, of a build of {count} walks"
    yield BUILD.row(timings["ours"], timings.get("before"), "before", rounds=rounds, note=note)
    again = {n: partial(_timed_build, folder, f"built_{n}", code) for n, code in codes.items()}
    timings = commands_in_turns(again, rounds)
    yield CHECK.row(timings["ours"], timings.get("before"), "before", rounds=rounds)


def workers(folder: Path, copies: int, rounds: int) -> Iterator[Row]:
    """Yield the row of the table about two workers and one, by the clock.

    Args:
        folder: Folder with the cohort.
        copies: How often each recording of the cohort is built.
        rounds: Number of rounds.
    """
    count = _write_copies(folder, copies)

    def build(number: int) -> float:
        shutil.rmtree(folder / "built", ignore_errors=True)
        command = _build(folder, "built", number, "copies")
        with agir_command(*command, threads=1, clock="wall") as run:
            return run()

    timings = commands_in_turns({"two": partial(build, 2), "one": partial(build, 1)}, rounds)
    cores = len(os.sched_getaffinity(0))
    note = (
        f"{count} recordings, {cores} cores, load {os.getloadavg()[0]:.1f}: only an idle machine "
        "shows the gain"
    )
    yield WORKERS.row(timings["two"], timings["one"], "1 worker", rounds=rounds, note=note)


def _write_copies(folder: Path, copies: int) -> int:
    """Write a cohort that lists each recording several times, and return how many it lists.

    Its table names other subjects for each copy, so that nothing is computed once for several.
    """
    from agir_hf.corpus.cohorts import read_source

    items = [item for item in read_source(folder / "cohort").items if item.score is not None]
    (folder / "copies").mkdir()
    with (folder / "copies" / "clinical.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("subject", "session", "file", "score"))
        for copy in range(copies):
            writer.writerows(
                (f"{item.subject}-{copy}", item.session, item.path.resolve(), item.score)
                for item in items
            )
    return copies * len(items)


def simulating(
    folder: Path, size: tuple[str, ...], walks: int, against: Path | None, rounds: int
) -> Iterator[Row]:
    """Yield the row of the table about simulating.

    Args:
        folder: Folder to write to.
        size: Options of the size of the cohort.
        walks: Number of walks of the cohort.
        against: Checkout of an older commit, or None.
        rounds: Number of rounds.
    """

    def simulate(code: Path | None) -> float:
        command = ("corpus", "simulate", folder / "again", *size)
        with agir_command(*command, folder=code, threads=1) as run:
            return run()

    actions = {name: partial(simulate, code) for name, code in _codes(against).items()}
    timings = commands_in_turns(actions, rounds)
    timings = {name: timing.scaled(1000 / walks) for name, timing in timings.items()}
    yield SIMULATE.row(timings["ours"], timings.get("before"), "before", rounds=rounds)


def memory(subjects: int, against: Path | None) -> Iterator[Row]:
    """Yield the row of the table about the peak memory of a process that simulates subjects.

    The processes run at the same time: their memory does not depend on each other.

    Args:
        subjects: Number of subjects, with twelve walks each, of each half of the measurement.
        against: Checkout of an older commit, or None.
    """
    codes = _codes(against)
    with ThreadPoolExecutor(len(codes)) as pool:
        results = pool.map(partial(_peaks, subjects), codes.values())
        peaks = dict(zip(codes, results, strict=True))
    grown = ", ".join(f"{name} {peak - first:.0f} MB" for name, (first, peak) in peaks.items())
    note = f"after {2 * subjects} subjects of 12 walks; growth over the second half: {grown}"
    timings = {name: Timing((peak,)) for name, (_, peak) in peaks.items()}
    yield MEMORY.row(timings["ours"], timings.get("before"), "before", rounds=1, note=note)


def _peaks(subjects: int, code: Path | None) -> tuple[float, float]:
    """Peak memory in MB after the subjects, and after as many again."""
    with CodeProcess(_SIMULATE_IN_PROCESS.format(subjects=subjects), code) as process:
        process()
        first = process.peak_mb
        process()
        return first, process.peak_mb


if __name__ == "__main__":
    main()
