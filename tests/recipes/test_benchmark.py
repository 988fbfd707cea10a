"""`recipes/benchmark.py`: which scripts run, failures in a line, the table of the README."""

import ast
import importlib
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = '''"""Measure {name}.

More.
"""
import sys
from benchmark_tools import Measure, Timing, benchmark_parser, finish
MEASURES = (
    Measure("Part {name}", "first", "s"), Measure("Part {name}", "second", "rows/s"),
    Measure("Part {name}", "fourth", "s", readme=False),
)
options = benchmark_parser(__doc__).parse_args()
rows = [
    m.row(Timing((1.0, 2.0, 4.0)), Timing((3.0, 6.0, 12.0)), peer)
    for m in MEASURES for peer in ("plain", "before")
]
finish([*rows, Measure("other", "third", "s").row(Timing((5.0,)))], options)
'''
FAILS = '''"""Measure nothing."""
import sys
print("a line", file=sys.stderr)
sys.exit("error: no peer")
'''
MARKS = "<!-- table of recipes/benchmark.py -->", "<!-- end of the table -->"
README = "first line\n{}\nold\n{}\nlast line\n".format(*MARKS)


@pytest.fixture(scope="module")
def benchmark():
    """Module of the recipe."""
    sys.path.insert(0, str(ROOT / "recipes"))
    yield importlib.import_module("benchmark")
    sys.path.remove(str(ROOT / "recipes"))


@pytest.fixture
def folder(benchmark, tmp_path, monkeypatch):
    """Folder with two benchmarks and a README, in place of the recipes."""
    for name in ("b", "a"):
        (tmp_path / f"benchmark_{name}.py").write_text(SCRIPT.format(name=name))
    (tmp_path / "benchmark_tools.py").symlink_to(ROOT / "recipes/benchmark_tools.py")
    monkeypatch.setattr(benchmark, "FOLDER", tmp_path)
    for name in ("README", "RECIPES_README"):
        (tmp_path / f"{name}.md").write_text(README)
        monkeypatch.setattr(benchmark, name, tmp_path / f"{name}.md")
    monkeypatch.setattr(benchmark, "HEADLINES", {"b": 2})
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "recipes"))
    return tmp_path


def test_benchmarks_are_listed_with_a_line_each(benchmark, folder, capsys):
    assert benchmark.main(["--list"]) == 0
    assert capsys.readouterr().out.split("\n") == [
        "a            Measure a.", "b            Measure b.", ""
    ]  # fmt: skip


def test_an_unknown_benchmark_is_an_error_of_one_line(benchmark, folder, capsys):
    with pytest.raises(SystemExit) as ended:
        benchmark.main(["--only", "nothing"])
    (line,) = capsys.readouterr().err.splitlines()
    assert ended.value.code == 2 and line.startswith("error: --only: invalid choice: 'nothing'")


def test_the_others_run_when_a_benchmark_fails(benchmark, folder, capsys):
    (folder / "benchmark_a.py").write_text(FAILS)
    arguments = ["-o", str(folder / "out")]
    assert benchmark.main([*arguments, "--readme"]) == 1
    printed = capsys.readouterr()
    assert "benchmark_a.py failed with exit code 1: error: no peer\n" in printed.err
    assert "| Part b | first | 2.00 | 6.00 (plain) | 3.00 × |" in printed.out
    # a.py declares no measures, so the table is complete
    assert "Part b" in (folder / "README.md").read_text()


def test_only_missing_results_are_measured_again(benchmark, folder, capsys):
    arguments = ["-o", str(folder / "out")]
    assert benchmark.main([*arguments, "--only", "b"]) == 0
    assert "Part a" not in capsys.readouterr().out
    written = (folder / "out/b.json").stat().st_mtime_ns
    assert benchmark.main([*arguments, "--missing"]) == 0
    printed = capsys.readouterr().out
    assert printed.index("Part a") < printed.index("Part b")
    assert (folder / "out/b.json").stat().st_mtime_ns == written


def test_the_tables_have_the_declared_rows(benchmark, folder):
    assert benchmark.main(["-o", str(folder / "out"), "--readme"]) == 0
    first, second = (folder / name for name in ("README.md", "RECIPES_README.md"))
    for path, names in (
        (first, ("a first", "b first", "b second")),
        (second, ("a first", "a second", "b first", "b second")),
    ):
        text = path.read_text()
        assert text.startswith("first line\n") and text.endswith(f"{MARKS[1]}\nlast line\n")
        cells = [line.split(" | ") for line in text.splitlines() if line.startswith("| Part")]
        peers = ["(plain)"] if path == first else ["(plain)", "(before)"]
        assert [(f"{part[-1]} {what}", peer.split()[1]) for part, what, _, peer, *_ in cells] == [
            (name, peer) for name in names for peer in peers
        ]
        assert "third" not in text and "fourth" not in text and "old" not in text
        assert "torch" in text
    written = first.read_text()
    assert benchmark.main(["-o", str(folder / "out"), "--missing", "--readme"]) == 0
    assert first.read_text() == written


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "a"], "b has no result; run it with --only b"),
        (["--quick"], "a was measured with --quick"),
    ],
)
def test_an_incomplete_table_is_not_written(benchmark, folder, capsys, arguments, message):
    assert benchmark.main(["-o", str(folder / "out"), "--readme", *arguments]) == 1
    assert f"the tables were not changed: {message}" in capsys.readouterr().err
    assert (folder / "README.md").read_text() == README


def test_what_has_no_result_is_not_measured_in_an_incomplete_table(benchmark, folder):
    arguments = ["-o", str(folder / "out")]
    assert benchmark.main([*arguments, "--only", "a"]) == 0
    assert benchmark.main([*arguments, "--incomplete"]) == 0
    text = (folder / "README.md").read_text()
    assert "| Part b | first | not measured |  |  |  | s |  |" in text
    assert "| Part a | first | 2.00 | 6.00 (plain) |" in text


def test_results_of_several_machines_are_not_mixed(benchmark, folder, capsys):
    arguments = ["-o", str(folder / "out"), "--missing"]
    assert benchmark.main(arguments) == 0
    rows = folder / "out/a.json"
    rows.write_text(re.sub(r'"machine": "', '"machine": "other ', rows.read_text()))
    assert benchmark.main([*arguments, "--readme"]) == 1
    assert re.search("results are of several machines: .*other ", capsys.readouterr().err)
    rows.write_text(rows.read_text().replace("second", "fifth"))
    assert benchmark.main([*arguments, "--readme"]) == 1
    assert "the result of a has no row Part a, second, rows/s" in capsys.readouterr().err


def test_measures_are_read_without_importing_the_script(benchmark, folder):
    path = folder / "benchmark_a.py"
    path.write_text(
        "import nothing\nSIZE = 3\nRATE = nothing.rate\n"
        'FIRST, SECOND = MEASURES = tuple(Measure("a", f"{SIZE} {n}", "s") for n in "bc")'
    )
    assert [measure.what for measure in benchmark.declared_measures(path)] == ["3 b", "3 c"]
    path.write_text('MEASURES = (Measure("a", nothing.name, "s"),)')
    with pytest.raises(ValueError, match="benchmark_a.py: MEASURES may only use constants"):
        benchmark.declared_measures(path)


def test_every_benchmark_has_the_common_form(benchmark):
    for script in benchmark.benchmark_scripts().values():
        tree = ast.parse(script.read_text(encoding="utf-8"))
        names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert "main" in names and benchmark.description(script).endswith("."), script.name
        assert benchmark.declared_measures(script) is not None


@pytest.mark.parametrize("name", ["README", "RECIPES_README"])
def test_the_tables_have_the_rows_of_the_declared_measures_and_the_machine(benchmark, name):
    text = getattr(benchmark, name).read_text(encoding="utf-8")
    content = text.partition(benchmark.START)[2].partition(benchmark.END)[0]
    lines = [line for line in content.splitlines() if line.startswith("| ")]
    rows = [line.removeprefix("| ").removesuffix(" |").split(" | ") for line in lines[2:]]
    measures = benchmark.readme_measures(benchmark.benchmark_scripts(), name == "README")
    declared = [(m.part, m.what, m.unit) for part in measures.values() for m in part]
    shown = [(row[0], row[1], row[6]) for row in rows]
    shown = shown if name == "README" else list(dict.fromkeys(shown))  # a row for each peer
    assert declared and shown == declared, "run: python recipes/benchmark.py --readme"
    machine = r".+, \d+ cores, OMP threads \w+, Python 3[.\d]+, numpy [.\d]+, torch [.+\w]+\."
    assert re.fullmatch(machine, content.strip().splitlines()[-1])
