"""Run the benchmarks one after another, and make the table of the README.

    python recipes/benchmark.py --list                  # what each benchmark measures
    python recipes/benchmark.py                         # all, with their results in runs/benchmark
    python recipes/benchmark.py --only vqvae gait --quick
    python recipes/benchmark.py --against ../earlier    # also the code of an earlier checkout
    python recipes/benchmark.py --missing --readme      # go on, then write the table of the README

Each benchmark is a script ``benchmark_NAME.py`` of this folder and runs in a process of its own. A
benchmark that fails is reported in one line, and the others run; the exit code is then 1. Results
are kept in the output folder as ``NAME.json``, so that an interrupted run goes on with
``--missing``. ``--readme`` writes the rows that the scripts declare as ``MEASURES`` into the table
of ``recipes/README.md``, and the first ones of each script into that of ``README.md``; not from
results of ``--quick``, of several machines, or if a row is missing.
"""

import argparse
import ast
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmark_tools import BenchmarkParser, Measure, Row, Timing, read_rows, table, write_text
from checkout_processes import ROOT, checkout
from tqdm import tqdm

FOLDER = Path(__file__).resolve().parent
README, RECIPES_README = ROOT / "README.md", FOLDER / "README.md"
HEADLINES = {"assess": 2, "generation": 2}  # rows in README.md; 1 of each other benchmark
START, END = "<!-- table of recipes/benchmark.py -->", "<!-- end of the table -->"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the requested benchmarks, print the table, and write it to the README if requested.

    Args:
        argv: Arguments of the command line; those of the process by default.

    Returns:
        0, or 1 if a benchmark failed or the README could not be written.
    """
    scripts = benchmark_scripts()
    options = parse(argv, scripts)
    if options.list:
        print("\n".join(f"{name:12} {description(path)}" for name, path in scripts.items()))
        return 0
    options.output.mkdir(parents=True, exist_ok=True)
    selected = {name: scripts[name] for name in options.only or scripts}
    if options.incomplete:
        selected = {}
    elif options.missing:
        selected = {n: path for n, path in selected.items() if not result(options, n).is_file()}
    failures = run_all(selected, options)
    finished = {name: result(options, name) for name in scripts if result(options, name).is_file()}
    print(table([row for path in finished.values() for row in read_rows(path)]))
    print("\n".join(failures), file=sys.stderr, end="\n" * bool(failures))
    if options.readme or options.incomplete:
        try:
            write_readme(finished, scripts, options.incomplete)
        except ValueError as error:
            print(f"the tables were not changed: {error}", file=sys.stderr)
            return 1
    return int(bool(failures))


def parse(argv: Sequence[str] | None, scripts: dict[str, Path]) -> argparse.Namespace:
    """Parse the command line.

    Args:
        argv: Arguments.
        scripts: Benchmarks by name.
    """
    parser = BenchmarkParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true", help="list the benchmarks and end")
    parser.add_argument("--only", nargs="+", choices=scripts, metavar="NAME", help="run only these")
    parser.add_argument("--missing", action="store_true", help="run only those without a result")
    parser.add_argument("--quick", action="store_true", help="at most a minute for each")
    parser.add_argument(
        "--against", type=checkout, metavar="FOLDER", help="checkout of an earlier commit as a peer"
    )
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("runs/benchmark"), metavar="FOLDER",
        help="folder of the results (default: runs/benchmark)",
    )  # fmt: skip
    parser.add_argument("--readme", action="store_true", help="write the table of README.md")
    parser.add_argument(
        "--incomplete", action="store_true",
        help="run nothing, and write the tables of the results that there are: the other rows are "
        "“not measured”",
    )  # fmt: skip
    return parser.parse_args(argv)


def benchmark_scripts() -> dict[str, Path]:
    """Find the benchmarks of this folder.

    Returns:
        Name → script, in alphabetical order.
    """
    paths = sorted(FOLDER.glob("benchmark_*.py"))
    names = {path: path.stem.removeprefix("benchmark_") for path in paths}
    return {name: path for path, name in names.items() if name != "tools"}


def description(script: Path) -> str:
    """First line of the docstring of a script.

    Args:
        script: Python file.
    """
    return ast.get_docstring(ast.parse(script.read_text(encoding="utf-8"))).splitlines()[0]


def declared_measures(script: Path) -> list[Measure]:
    """Read the measures that a script declares, without importing it.

    Args:
        script: Python file with ``MEASURES = (Measure("part", "what", "unit"), …)``, which may use
            constants of the file.

    Raises:
        ValueError: If the measures use something else.
    """
    scope = {"Measure": Measure}
    for node in ast.parse(script.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign):
            try:
                exec(compile(ast.Module([node], []), str(script), "exec"), scope)
            except (NameError, AttributeError, TypeError) as error:
                if "MEASURES" in ast.unparse(node.targets):
                    raise ValueError(
                        f"{script.name}: MEASURES may only use constants of the file ({error})"
                    ) from None
    return list(scope.get("MEASURES", ()))


def result(options: argparse.Namespace, name: str) -> Path:
    """File with the rows of a benchmark.

    Args:
        options: Options of the command line.
        name: Name of the benchmark.
    """
    return options.output / f"{name}.json"


def run_all(scripts: dict[str, Path], options: argparse.Namespace) -> list[str]:
    """Run benchmarks one after another, with a progress bar.

    Args:
        scripts: Benchmarks by name.
        options: Options of the command line.

    Returns:
        A line for each benchmark that failed.
    """
    failures = []
    with tqdm(scripts.items(), unit="benchmark", disable=not scripts) as progress:
        for name, path in progress:
            progress.set_description(name)
            failures += run(path, result(options, name), options)
    return failures


def run(script: Path, out: Path, options: argparse.Namespace) -> list[str]:
    """Run a benchmark in a process of its own.

    Args:
        script: Python file of the benchmark.
        out: JSON file that it writes.
        options: Options of the command line.

    Returns:
        Nothing, or one line that says why it failed.
    """
    out.unlink(missing_ok=True)
    command = [sys.executable, str(script), "--json", str(out.resolve())]
    command += ["--quick"] * options.quick
    command += ["--against", str(options.against)] if options.against else []
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 0 and out.is_file():
        return []
    lines = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()
    return [f"{script.name} failed with exit code {done.returncode}: {lines[-1]}"]


def readme_measures(scripts: dict[str, Path], headlines: bool) -> dict[str, list[Measure]]:
    """Select the measures of a table.

    Args:
        scripts: All benchmarks by name.
        headlines: Whether it is the table of README.md, with the first measures of each benchmark.

    Returns:
        Name → measures, in the order of the scripts and of their declarations.
    """
    measures = {
        name: [measure for measure in declared_measures(script) if measure.readme]
        for name, script in scripts.items()
    }
    if headlines:
        measures = {name: part[: HEADLINES.get(name, 1)] for name, part in measures.items()}
    return {name: part for name, part in measures.items() if part}


def readme_rows(
    finished: dict[str, Path],
    measures: dict[str, list[Measure]],
    all_peers: bool,
    incomplete: bool = False,
) -> list[Row]:
    """Select the rows of a table.

    Args:
        finished: Name → JSON file of the benchmarks with results.
        measures: Name → measures of the table.
        all_peers: Whether a measure has a row for each peer, or for its first peer only.
        incomplete: Whether a benchmark without a result gives rows without values.

    Returns:
        The rows of each measure.

    Raises:
        ValueError: If a measure has no row, or was measured with ``--quick``.
    """
    selected = []
    for name, declared in measures.items():
        if incomplete and name not in finished:
            selected += [measure.row(Timing(())) for measure in declared]
            continue
        if name not in finished:
            raise ValueError(f"{name} has no result; run it with --only {name}")
        if json.loads(finished[name].read_text(encoding="utf-8"))["quick"]:
            raise ValueError(f"{name} was measured with --quick; run it without")
        rows = read_rows(finished[name])
        for measure in declared:
            key = (measure.part, measure.what, measure.unit)
            matching = [row for row in rows if (row.part, row.what, row.unit) == key]
            if not matching:
                raise ValueError(f"the result of {name} has no row {', '.join(key)}")
            selected += matching if all_peers else matching[:1]
    return selected


def write_readme(
    finished: dict[str, Path], scripts: dict[str, Path], incomplete: bool = False
) -> None:
    """Write table and machine between the two marks of both files.

    Args:
        finished: Name → JSON file of the benchmarks with results.
        scripts: All benchmarks by name.
        incomplete: Whether benchmarks without a result are allowed.

    Raises:
        ValueError: If the results are incomplete or of several machines, or a mark is missing.
    """
    rows = {
        path: readme_rows(
            finished, readme_measures(scripts, headlines=path == README), path != README, incomplete
        )
        for path in (README, RECIPES_README)
    }
    machines = {
        json.loads(path.read_text(encoding="utf-8"))["machine"] for path in finished.values()
    }
    if len(machines) > 1:
        raise ValueError(f"results are of several machines: {'; '.join(sorted(machines))}")
    texts = {}
    for path in rows:
        before, start, rest = path.read_text(encoding="utf-8").partition(START)
        _, end, after = rest.partition(END)
        if not (start and end):
            raise ValueError(f"{path.name} lacks the lines {START} and {END}")
        content = f"{table(rows[path])}\n{next(iter(machines))}.\n"
        texts[path] = f"{before}{START}\n{content}{END}{after}"
    for path, text in texts.items():
        write_text(path, text)


if __name__ == "__main__":
    sys.exit(main())
