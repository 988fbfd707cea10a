"""Timing in turns and the table of measured rows, for the benchmarks.

A benchmark compares this package with a peer in the same run. Its script has the form

    MEASURES = (Measure("Features", "joints to features, 64 clips of 200 frames", "frames/s"),)

    def main(argv=None):
        options = benchmark_parser(__doc__).parse_args(argv)
        rounds = rounds_of(options)
        timings = take_turns({"ours": ours, "plain": plain}, rounds)
        rates = {name: timing.rate(frames) for name, timing in timings.items()}
        rows = [MEASURES[0].row(rates["ours"], rates["plain"], "plain numpy", rounds=rounds)]
        finish(rows, options)

`MEASURES` has the rows that ``recipes/benchmark.py`` puts into the table of the README; their part
and text are therefore short. `checkout_processes` runs the code of another checkout as a peer
(``--against FOLDER``).
"""

import argparse
import json
import os
import platform
import re
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal, NoReturn

from checkout_processes import Seconds, checkout, cpu_seconds

ROUNDS, QUICK_ROUNDS = 7, 3
COLUMNS = ("part", "what", "ours", "peer", "ratio", "spread", "unit", "threads")


@dataclass(frozen=True)
class Timing:
    """Values of one quantity over the rounds of a benchmark.

    Attributes:
        values (`tuple[float, ...]`): One value for each round, in the order of the rounds.
    """

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """Median over the rounds."""
        return statistics.median(self.values)

    @property
    def spread(self) -> tuple[float, float]:
        """Lower and upper quartile over the rounds."""
        return quartiles(self.values)

    def rate(self, count: float) -> "Timing":
        """Convert seconds into a number of items per second.

        Args:
            count: Number of items that were processed in each round.
        """
        return Timing(tuple(count / seconds for seconds in self.values))

    def scaled(self, factor: float) -> "Timing":
        """Multiply each value, such as by 1000 / frames for milliseconds per frame.

        Args:
            factor: Factor.
        """
        return Timing(tuple(factor * value for value in self.values))


def quartiles(values: Sequence[float]) -> tuple[float, float]:
    """Lower and upper quartile with linear interpolation; of one value, that value twice.

    Args:
        values: At least one value.
    """
    if len(values) == 1:
        return values[0], values[0]
    lower, _, upper = statistics.quantiles(values, n=4, method="inclusive")
    return lower, upper


def take_turns(
    actions: Mapping[str, Callable[[], object]],
    rounds: int = ROUNDS,
    clock: Literal["cpu", "wall"] = "cpu",
    calls: int = 1,
) -> dict[str, Timing]:
    """Time several actions in turns, so that a change of the machine's load meets all of them.

    Each action is called once without being timed. Then each round calls all actions, every second
    round in reversed order.

    Args:
        actions: Name → function without arguments. If it returns `Seconds`, they are its time.
        rounds: Number of timed rounds.
        clock: "cpu": processor seconds of this process and of the child processes that end during
            the call, which do not depend on other programs. "wall": elapsed seconds.
        calls: Number of calls in each round, for actions of less than a few milliseconds; the
            times are those of one call.

    Returns:
        Name → seconds of one call, for each round.
    """
    read_clock = {"cpu": cpu_seconds, "wall": time.perf_counter}[clock]
    values: dict[str, list[float]] = {name: [] for name in actions}
    for action in actions.values():
        action()
    for number in range(rounds):
        names = list(actions) if number % 2 == 0 else list(reversed(actions))
        for name in names:
            start_s, results = read_clock(), [actions[name]() for _ in range(calls)]
            elapsed_s = read_clock() - start_s
            if isinstance(results[0], Seconds):
                elapsed_s = sum(results)
            values[name].append(elapsed_s / calls)
    return {name: Timing(tuple(seconds)) for name, seconds in values.items()}


@dataclass(frozen=True)
class Row:
    """Measured comparison: a row of the table.

    Attributes:
        part (`str`): Part of the package, such as "Features".
        what (`str`): What was measured, with its size.
        ours (`Timing`): Values of this package.
        peer (`Timing`, *optional*): Values of the peer; None if there is none.
        peer_name (`str`): Name of the peer, such as "plain numpy" or "before".
        unit (`str`): Unit of both. More is better for rates ("/s") and shares ("%"), less for all
            others ("s", "ms", "MB").
        threads (`int`): Number of threads of both.
        rounds (`int`): Number of rounds.
        note (`str`): Remark that is printed under the table.
    """

    part: str
    what: str
    ours: Timing
    peer: Timing | None
    peer_name: str
    unit: str
    threads: int = 1
    rounds: int = ROUNDS
    note: str = ""

    @property
    def ratios(self) -> tuple[float, ...]:
        """How many times better ours is, round by round; without rounds in common, of medians."""
        if self.peer is None:
            return ()
        pairs = list(zip(self.ours.values, self.peer.values, strict=False))
        if len(self.ours.values) != len(self.peer.values):
            pairs = [(self.ours.median, self.peer.median)]
        more = self.unit.endswith(("/s", "%"))
        return tuple(ours / peer if more else peer / ours for ours, peer in pairs)

    @property
    def ratio(self) -> float | None:
        """Median of `ratios`: above 1 if ours is better than the peer; None without a peer."""
        return statistics.median(self.ratios) if self.ratios else None


@dataclass(frozen=True)
class Measure:
    """A row of the README's table that a benchmark script declares before it measures.

    Attributes:
        part (`str`): See `Row`.
        what (`str`): See `Row`.
        unit (`str`): See `Row`.
        readme (`bool`): Whether the row is in the table of the README; if not, it is only printed.
    """

    part: str
    what: str
    unit: str
    readme: bool = True

    def row(self, ours: Timing, peer: Timing | None = None, peer_name: str = "", **more) -> Row:
        """Make the row of this measure.

        Args:
            ours: Values of this package.
            peer: Values of the peer.
            peer_name: Name of the peer.
            **more: Further fields of `Row`: `threads`, `rounds`, `note`.
        """
        return Row(self.part, self.what, ours, peer, peer_name, self.unit, **more)


def table(rows: Sequence[Row]) -> str:
    """Markdown table of rows: medians, median ratio, and the quartiles of the ratio.

    Args:
        rows: Rows; without a peer the spread is the quartiles of ours. A row without values of ours
            is not measured, as it says.
    """
    lines = [" | ".join(COLUMNS), " | ".join("---" for _ in COLUMNS)]
    lines += [" | ".join(_cells(row)) for row in rows]
    return "\n".join(f"| {line} |" for line in lines) + "\n"


def _cells(row: Row) -> list[str]:
    peer, ratio = "", ""
    if not row.ours.values:
        return [row.part, row.what, "not measured", peer, ratio, "", row.unit, ""]
    if row.peer is not None:
        peer, ratio = f"{figure(row.peer.median)} ({row.peer_name})", f"{figure(row.ratio)} ×"
    spread = "–".join(figure(value) for value in quartiles(row.ratios or row.ours.values))
    ours = figure(row.ours.median)
    return [row.part, row.what, ours, peer, ratio, spread, row.unit, str(row.threads)]


def figure(value: float) -> str:
    """Write a number with three significant digits and without an exponent.

    Args:
        value: Number.
    """
    digits = max(0, 2 - _exponent(value))
    return f"{float(f'{value:.3g}'):,.{digits}f}"


def _exponent(value: float) -> int:
    return int(f"{value:.2e}".partition("e")[2])


def machine() -> str:
    """Describe the machine and the versions in one line.

    Returns:
        Processor, cores, threads that libraries may use, Python, numpy and torch.
    """
    threads = os.environ.get("OMP_NUM_THREADS", "all")
    versions = [f"{name} {metadata.version(name)}" for name in ("numpy", "torch")]
    python = f"Python {platform.python_version()}"
    cores = f"{len(os.sched_getaffinity(0))} cores"
    return ", ".join([_processor(), cores, f"OMP threads {threads}", python, *versions])


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.is_file():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return " ".join(line.partition(":")[2].split())
    return platform.processor() or platform.machine()


def write_rows(path: str | Path, rows: Sequence[Row], quick: bool = False) -> None:
    """Write rows, with the values of all rounds, and the machine as JSON.

    Args:
        path: File to write.
        rows: Rows.
        quick: Whether they were measured with small sizes.
    """
    content = {"machine": machine(), "quick": quick, "rows": [asdict(row) for row in rows]}
    write_text(Path(path), json.dumps(content, indent=1) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a file under a temporary name and move it into place, without importing the package.

    Args:
        path: File to write.
        text: Its content.
    """
    draft = path.with_name(f".{path.name}.partial")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def read_rows(path: str | Path) -> list[Row]:
    """Read rows that `write_rows` wrote.

    Args:
        path: JSON file.
    """
    content = json.loads(Path(path).read_text(encoding="utf-8"))
    return [Row(**{**row, **_timings(row)}) for row in content["rows"]]


def _timings(row: Mapping) -> dict[str, Timing | None]:
    return {
        name: Timing(tuple(row[name]["values"])) if row[name] else None for name in ("ours", "peer")
    }


class BenchmarkParser(argparse.ArgumentParser):
    """A parser whose errors are one line, with the option that prints the help.

    It is not `agir_hf.utils.command_line.Parser`, because importing `agir_hf` takes seconds and
    hundreds of megabytes, which the process that times others should not have.
    """

    def error(self, message: str) -> NoReturn:
        """Print one line and leave with code 2.

        Args:
            message: What is wrong.
        """
        line = re.sub(r": invalid (int|float) value: (.*)", r" is \2, expected a number", message)
        line = " ".join(line.removeprefix("argument ").split())
        line = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in line)
        self.exit(2, f"error: {line} ({self.prog} --help lists the options)\n")


def count(text: str) -> int:
    """Read a number of things from the command line, as the type of an option.

    Args:
        text: What the user typed.

    Raises:
        argparse.ArgumentTypeError: It is no whole number above 0.
    """
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)


def benchmark_parser(description: str) -> argparse.ArgumentParser:
    """Make a parser with the options that every benchmark has.

    Args:
        description: Docstring of the script; its first line is shown by ``--help``.
    """
    parser = BenchmarkParser(description=description.splitlines()[0])
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows to this file")
    parser.add_argument("--quick", action="store_true", help="small sizes: at most a minute")
    parser.add_argument(
        "--against", type=checkout, metavar="FOLDER",
        help="checkout of another commit, whose code is timed in turns with ours",
    )  # fmt: skip
    parser.add_argument(
        "--rounds", type=count, metavar="N",
        help=f"timed rounds (default: {ROUNDS}; {QUICK_ROUNDS} with --quick)",
    )  # fmt: skip
    return parser


def rounds_of(options: argparse.Namespace) -> int:
    """Number of rounds of parsed options.

    Args:
        options: Options of `benchmark_parser`.
    """
    return options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)


def finish(rows: Sequence[Row], options: argparse.Namespace) -> None:
    """Print the table, the notes and the machine, and write the JSON file if requested.

    Args:
        rows: Rows.
        options: Options of `benchmark_parser`.
    """
    print(f"\n{table(rows)}")
    for row in rows:
        if row.note:
            print(f"{row.part}, {row.what}: {row.note}")
    rounds = ", ".join(str(number) for number in sorted({row.rounds for row in rows}))
    print(f"Medians of {rounds} rounds in turns; spread: quartiles of the ratio. {machine()}")
    if options.json:
        write_rows(options.json, rows, options.quick)
