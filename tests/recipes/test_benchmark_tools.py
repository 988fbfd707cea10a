"""Tools of the benchmarks: turns, statistics of given values, the table, other checkouts."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

RECIPES = Path(__file__).resolve().parents[2] / "recipes"


@pytest.fixture(scope="module")
def tools():
    """Module of the tools."""
    sys.path.insert(0, str(RECIPES))
    yield importlib.import_module("benchmark_tools")
    sys.path.remove(str(RECIPES))


@pytest.fixture(scope="module")
def processes(tools):
    """Module of the child processes."""
    return importlib.import_module("checkout_processes")


def timing(tools, *values):
    return tools.Timing(tuple(map(float, values)))


def test_actions_take_turns_and_every_second_round_is_reversed(tools):
    calls = []
    actions = {name: lambda name=name: calls.append(name) for name in "abc"}
    timings = tools.take_turns(actions, rounds=3)
    assert "".join(calls) == "abc" + "abc" + "cba" + "abc"  # the first are not timed
    assert [len(timings[name].values) for name in "abc"] == [3, 3, 3]


def test_seconds_that_an_action_measured_itself_are_used(tools, processes):
    seconds = iter([9.0, 1.0, 3.0, 5.0, 7.0])
    timings = tools.take_turns({"a": lambda: processes.Seconds(next(seconds))}, rounds=2, calls=2)
    assert timings["a"].values == (2.0, 6.0)


def test_median_and_quartiles_of_known_values(tools):
    values = timing(tools, 5, 1, 2, 4, 3)
    assert values.median == 3 and values.spread == (2, 4)
    assert timing(tools, 2).spread == (2, 2)
    assert timing(tools, 0.5, 2).rate(100).values == (200, 50)
    assert timing(tools, 0.5, 2).scaled(1000).values == (500, 2000)


def test_a_ratio_above_one_means_that_ours_is_better(tools):
    def ratio(ours, peer, unit):
        return tools.Measure("part", "what", unit).row(ours, peer, "peer").ratio

    two, four = timing(tools, 2), timing(tools, 4)
    for unit in ("s", "ms", "MB", "ms/frame"):
        assert ratio(two, four, unit) == 2
    for unit in ("frames/s", "rows/s", "%"):
        assert ratio(two, four, unit) == 0.5
    # round by round, so that a slow round of both does not matter
    assert ratio(timing(tools, 1, 10, 1), timing(tools, 2, 20, 2), "s") == 2
    assert ratio(timing(tools, 1, 1, 1), four, "s") == 4  # unequal numbers of rounds
    assert tools.Measure("part", "what", "s").row(two).ratio is None


def test_the_table_has_medians_ratio_and_its_quartiles(tools):
    row = tools.Measure("Features", "64 clips", "frames/s").row(
        timing(tools, 300_000, 330_400, 360_000), timing(tools, 100_000, 110_000, 120_000), "plain",
        threads=2, rounds=3,
    )  # fmt: skip
    alone = tools.Measure("Space", "first page", "s").row(timing(tools, 1, 2, 3))
    assert tools.table([row, alone]).splitlines() == [
        "| part | what | ours | peer | ratio | spread | unit | threads |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        "| Features | 64 clips | 330,000 | 110,000 (plain) | 3.00 × | 3.00–3.00 | frames/s | 2 |",
        "| Space | first page | 2.00 |  |  | 1.50–2.50 | s | 1 |",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0123456, "0.0123"), (1.996, "2.00"), (9.996, "10.0"), (12.34, "12.3"), (334_210, "334,000"),
     (0.5, "0.500"), (0.0, "0.00")],
)  # fmt: skip
def test_figures_have_three_digits(tools, value, text):
    assert tools.figure(value) == text


def test_rows_are_written_with_the_machine_and_read(tools, tmp_path):
    rows = [
        tools.Measure("a", "b", "s").row(timing(tools, 1, 2), timing(tools, 3, 4), "c", note="d"),
        tools.Measure("a", "e", "%").row(timing(tools, 1)),
    ]
    tools.write_rows(tmp_path / "rows.json", rows)
    assert tools.read_rows(tmp_path / "rows.json") == rows
    content = json.loads((tmp_path / "rows.json").read_text())
    assert content["machine"] == tools.machine()
    assert "\n" not in content["machine"] and "Python 3." in content["machine"]


def test_the_options_of_a_benchmark(tools, capsys):
    parser = tools.benchmark_parser("First line.\n\nMore.")
    assert tools.rounds_of(parser.parse_args([])) == tools.ROUNDS
    assert tools.rounds_of(parser.parse_args(["--quick"])) == tools.QUICK_ROUNDS
    assert tools.rounds_of(parser.parse_args(["--quick", "--rounds", "5"])) == 5
    with pytest.raises(SystemExit) as ended:
        parser.parse_args(["--against", str(RECIPES)])
    assert ended.value.code == 2 and "has no agir_hf/__init__.py" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--rounds", "0"], ["--rounds", "-1"], ["--rounds", "x"]])
def test_a_wrong_option_is_an_error_of_one_line(tools, capsys, words):
    with pytest.raises(SystemExit) as ended:
        tools.benchmark_parser("First line.").parse_args(words)
    (line,) = capsys.readouterr().err.splitlines()
    expected = f"error: --rounds: '{words[1]}' is no whole number above 0 ("
    assert ended.value.code == 2 and line.startswith(expected)


def checkout_of(folder, text):
    (folder / "agir_hf").mkdir()
    (folder / "agir_hf" / "__init__.py").write_text(text)
    return folder


def test_code_runs_with_the_package_of_another_checkout(processes, tmp_path):
    folder = checkout_of(tmp_path, "count = 0\n")
    source = """
import agir_hf
def action():
    agir_hf.count += 1
    print("printed", agir_hf.count)
    assert agir_hf.count < 3
"""
    with processes.CodeProcess(source, folder) as old:
        assert old() >= 0 and isinstance(old(), processes.Seconds)
        with pytest.raises(RuntimeError, match="the code failed with"):
            old()


def test_a_time_that_code_measured_itself_is_used(processes):
    with processes.CodeProcess("def action(): return 12.5") as code:
        assert code() == 12.5 and 1 < code.peak_mb < 1000


def test_code_of_the_wrong_checkout_is_refused(processes, tmp_path):
    source = "import sys, types\nagir_hf = sys.modules['agir_hf'] = types.ModuleType('agir_hf')\n"
    source += "agir_hf.__file__ = '/elsewhere/agir_hf/__init__.py'\ndef action(): pass\n"
    with pytest.raises(RuntimeError, match="was imported from /elsewhere"):
        processes.CodeProcess(source, tmp_path)


def test_a_command_of_a_checkout_runs_and_its_failure_is_raised(processes, tmp_path):
    folder = checkout_of(tmp_path, "")
    (folder / "agir_hf" / "launcher").mkdir()
    launcher = folder / "agir_hf" / "launcher" / "__init__.py"
    launcher.write_text("import sys\ndef main(): return int(sys.argv[1] == 'fail')\n")
    with processes.agir_command("succeed", folder=folder) as run:
        assert isinstance(run(), processes.Seconds)
    with (
        processes.agir_command("fail", folder=folder) as run,
        pytest.raises(processes.subprocess.CalledProcessError),
    ):
        run()


def test_threads_of_a_child_process(processes, tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert processes.checkout_environment(tmp_path, 2)["OMP_NUM_THREADS"] == "2"
    assert "OMP_NUM_THREADS" not in processes.checkout_environment(tmp_path, None)


def test_the_memory_of_a_process_includes_its_descendants(processes):
    if not Path("/proc/self/smaps_rollup").is_file():
        pytest.skip("needs Linux")
    child = "import time; held = bytearray(60_000_000); time.sleep(0.5)"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], check=True)"
    process = subprocess.Popen([sys.executable, "-c", code])
    assert 55 < processes.wait_and_watch(process, interval_s=0.05) < 200
    assert process.returncode == 0
