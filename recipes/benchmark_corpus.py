"""Measure reading, building, checking and simulating of a corpus, next to plain readers and peers.

    python recipes/benchmark_corpus.py --quick                 # small cohort, one minute
    python recipes/benchmark_corpus.py                         # cohort of the Shida data set's size
    python recipes/benchmark_corpus.py --against OLD_CHECKOUT  # and the code of an older commit

A cohort is simulated and its corpus is built. Its rows are read one by one and in batches by this
package, and by `datasets` with its numpy format. The commands build, build again, and simulate run
in child processes: their processor time is that of all their processes, of imports too. Only the
comparison of one and two workers is by the clock, so run it on an idle machine.
"""

import os
import shutil
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
from benchmark_tools import Measure, Timing, benchmark_parser, finish, rounds_of, take_turns
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
BATCH, PASSES = 32, 3
SIZES = {True: (4, 2), False: (26, 6)}  # with --quick or not: subjects, walks per session
_MEMORY_SUBJECTS = {True: 2, False: 24}

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
    parser.add_argument("--no-workers", action="store_true", help="leave out the two workers")
    options = parser.parse_args(argv)
    subjects, walks = SIZES[options.quick]
    rounds = rounds_of(options)
    few = 1 if options.quick else min(rounds, 3)  # of commands, which take seconds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = ("--subjects", str(subjects), "--walks", str(walks))
        with agir_command("corpus", "simulate", folder / "cohort", *size) as simulate:
            simulate()
        with agir_command(*_build(folder, "corpus")) as build:
            build()
        rows = [*reading(folder / "corpus", rounds)]
        rows += building(folder, options.against, few)
        if not options.no_workers:
            rows.append(workers(folder, few))
        rows += simulating(folder, size, 2 * subjects * walks, options.against, few)
        rows.append(memory(_MEMORY_SUBJECTS[options.quick], options.against))
    finish(rows, options)


def _build(folder: Path, out: str, workers: int = 1) -> tuple[str, ...]:
    return (
        "corpus", "build", str(folder / "cohort"), str(folder / out), "--fit", "centres",
        "--workers", str(workers),
    )  # fmt: skip


def reading(corpus: Path, rounds: int):
    """Yield the rows of the table about reading.

    Args:
        corpus: Folder of a corpus.
        rounds: Number of rounds.
    """
    import datasets

    from agir_hf.corpus.loading import load_corpus

    datasets.disable_progress_bars()
    with tempfile.TemporaryDirectory() as cache:
        datasets.config.HF_DATASETS_CACHE = Path(cache)
        for measure, config in ((ARRAYS, "motion"), (REASONING, "reasoning")):
            ours = load_corpus(str(corpus), config)["train"]
            plain = datasets.load_dataset(str(corpus), config, split="train").with_format("numpy")
            yield _rates(measure, ours, plain, one_by_one, rounds)
            if measure is ARRAYS:
                yield _rates(BATCHES, ours, plain, in_batches, rounds)
                yield _lists(ours, rounds)


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


def building(folder: Path, against: Path | None, rounds: int):
    """Yield the rows of the table about building, and about a build that is finished.

    Args:
        folder: Folder with the cohort.
        against: Checkout of an older commit, or None.
        rounds: Number of rounds.
    """
    count = len(list((folder / "corpus" / "work" / "recordings").glob("*.npz")))
    for measure, out, factor in ((BUILD, "built", 1000 / count), (CHECK, "", 1.0)):
        checkouts = {"ours": None} | ({"before": against} if against else {})
        actions = {name: partial(_timed_build, folder, out, code, name) for name, code in
                   checkouts.items()}  # fmt: skip
        timings = {name: t.scaled(factor) for name, t in take_turns(actions, rounds).items()}
        note = "processor time of all processes" if measure is BUILD else ""
        yield measure.row(
            timings["ours"], timings.get("before"), "before", rounds=rounds, note=note
        )


def _timed_build(folder: Path, out: str, code: Path | None, name: str, count: int = 1):
    """Processor seconds of a build into a new folder, or of a finished one if `out` is empty."""
    target = out or f"finished_{name}"
    if out:
        shutil.rmtree(folder / out, ignore_errors=True)
    with agir_command(*_build(folder, target, count), folder=code, threads=1) as build:
        return build()


def workers(folder: Path, rounds: int):
    """Row of the table about two workers and one, by the clock.

    Args:
        folder: Folder with the cohort.
        rounds: Number of rounds.
    """

    def build(count: int):
        shutil.rmtree(folder / "built", ignore_errors=True)
        with agir_command(*_build(folder, "built", count), threads=1, clock="wall") as command:
            return command()

    timings = take_turns({"two": partial(build, 2), "one": partial(build, 1)}, rounds, "wall")
    cores = len(os.sched_getaffinity(0))
    note = f"{cores} cores, load {os.getloadavg()[0]:.1f}: only an idle machine shows the gain"
    return WORKERS.row(timings["two"], timings["one"], "1 worker", rounds=rounds, note=note)


def simulating(folder: Path, size, walks: int, against: Path | None, rounds: int):
    """Yield the row of the table about simulating.

    Args:
        folder: Folder to write to.
        size: Options of the size of the cohort.
        walks: Number of walks of the cohort.
        against: Checkout of an older commit, or None.
        rounds: Number of rounds.
    """

    def simulate(code: Path | None):
        command = ("corpus", "simulate", folder / "again", *size)
        with agir_command(*command, folder=code, threads=1) as run:
            return run()

    actions = {"ours": partial(simulate, None)}
    if against:
        actions["before"] = partial(simulate, against)
    timings = take_turns(actions, rounds)
    timings = {name: timing.scaled(1000 / walks) for name, timing in timings.items()}
    yield SIMULATE.row(timings["ours"], timings.get("before"), "before", rounds=rounds)


def memory(subjects: int, against: Path | None):
    """Row of the table about the peak memory of a process that simulates subjects.

    Args:
        subjects: Number of subjects, with twelve walks each.
        against: Checkout of an older commit, or None.
    """
    source, peaks = _SIMULATE_IN_PROCESS.format(subjects=subjects), {}
    for name, code in {"ours": None, **({"before": against} if against else {})}.items():
        with CodeProcess(source, code) as process:
            process()
            first = process.peak_mb
            process()
            peaks[name] = (process.peak_mb, process.peak_mb - first)
    grown = ", ".join(f"{name} {growth:.0f} MB" for name, (_, growth) in peaks.items())
    note = f"after {2 * subjects} subjects of 12 walks; growth over the second half: {grown}"
    timings = {name: Timing((peak,)) for name, (peak, _) in peaks.items()}
    return MEMORY.row(timings["ours"], timings.get("before"), "before", rounds=1, note=note)


if __name__ == "__main__":
    main()
