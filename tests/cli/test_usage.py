"""Usage errors are one line with a proposal; the shell gets completions; values are checked."""

import argparse
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import agir_hf
import agir_hf.launcher
from agir_hf.assessment.session_walks import left_out
from agir_hf.cli import main
from agir_hf.cli.parser import completed_values
from agir_hf.cli.person_options import height
from agir_hf.utils.command_line import did_you_mean

SAMPLE = str(agir_hf.SAMPLE_RECORDING)
LAUNCHED = (
    "import sys, types; sys.modules['agir_launcher'] = types.ModuleType('agir_launcher')\n"
    "from agir_hf.cli import main\nmain()"
)


def refused(arguments, capsys) -> str:
    """The line that a command prints which ends with code 2 and no output."""
    try:
        code = main(arguments)
    except SystemExit as stop:
        code = stop.code
    printed = capsys.readouterr()
    assert code == 2 and printed.out == ""
    assert printed.err.startswith("agir: ") and printed.err.count("\n") == 1, printed.err
    return printed.err.strip()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["asses", "x"], "unknown command asses: did you mean assess? (agir --help)"),
        (["xyz"], "unknown command xyz, expected demo, assess"),
        (["corpus", "buildq"], "agir corpus has no command buildq: did you mean build?"),
        (["assess", "x", "--reportt", "y"], "unknown option --reportt: did you mean --report?"),
        (["assess", "x", "--qqqqq=1"], "unknown option --qqqqq (agir assess --help)"),
        (["assess"], "FILE|FOLDER is missing (agir assess --help)"),
        (["compare", "a", "b", "c"], "c is one argument too many (agir compare --help)"),
        (["measure", "x", "--age"], "--age needs a value after it (agir measure --help)"),
        (["measure", "x", "--age", "old"], "--age is 'old', expected a number"),
        (["measure", "x", "--sex", "femal"], "expected male or female: did you mean female?"),
        (["assess", "x", "-q", "-v"], "cannot be used together"),
    ],
)
def test_usage_errors_are_one_line_with_a_proposal(arguments, line, capsys):
    assert line in refused(arguments, capsys)


@pytest.mark.parametrize(
    "option",
    [
        ("--height", "5"), ("--height", "tall"), ("--height", "1.1"), ("--height", "nan"),
        ("--age", "-1"), ("--age", "121"), ("--age", "nan"),
        ("--sex", "x"), ("--sex", ""), ("--sex", "Male "),
        ("--id", "x" * 61), ("--norms", "none.json"), ("--norms", "."), ("--norms", SAMPLE),
    ],
)  # fmt: skip
@pytest.mark.parametrize("command", ["assess", "measure", "describe"])
def test_wrong_values_of_the_person_are_one_line(option, command, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    fail = lambda *args, **kwargs: pytest.fail("a file is read")  # noqa: E731
    monkeypatch.setattr("agir_hf.motion.read_recording", fail)
    monkeypatch.setattr("agir_hf.assessment.load_model", fail)
    line = refused([command, SAMPLE, f"{option[0]}={option[1]}"], capsys)
    assert option[0].strip("-") in line and len(line) < 220


@pytest.mark.parametrize(
    ("text", "metres"),
    [("1.65", 1.65), ("165", 1.65), ("165cm", 1.65), ("1,7 m", 1.7), ("2.3", 2.3)],
)
def test_a_height_is_in_metres_or_centimetres(text, metres):
    assert height(text) == pytest.approx(metres)


@pytest.mark.parametrize("text", ["", "1.19", "231", "65", "m", "-1.7", "inf"])
def test_another_height_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError, match="expected 1.2 to 2.3 metres"):
        height(text)


def test_a_name_is_proposed_only_if_it_is_similar():
    assert did_you_mean("Measura", ["measure", "compare"]) == "did you mean measure?"
    assert did_you_mean("x", ["measure", "compare"]) == ""


@pytest.mark.parametrize("command", ["assess", "measure", "markers", "describe", "convert"])
def test_a_file_that_does_not_exist_is_proposed(command, capsys, tmp_path):
    (tmp_path / "walk_01.c3d").write_bytes(b"")
    rest = [str(tmp_path / "out.npz")] if command == "convert" else []
    line = refused([command, str(tmp_path / "walk_1.c3d"), *rest], capsys)
    assert line.endswith(f"did you mean {tmp_path / 'walk_01.c3d'}?")
    line = refused([command, str(tmp_path / "other" / "walk.c3d"), *rest], capsys)
    assert line.endswith("its folder does not exist")


def test_an_axis_with_a_sign_and_a_table_without_a_name_are_values():
    words = ["measure", "--up", "-Z", "a.c3d", "--csv"]
    assert completed_values(words) == ["measure", "--up=-Z", "a.c3d", "--csv=-"]
    assert completed_values(["--csv", "a.csv"]) == ["--csv", "a.csv"]
    assert completed_values(["--csv", "a.c3d"]) == ["--csv=-", "a.c3d"]
    assert completed_values(["--csv", "a.txt"]) == ["--csv", "a.txt"]  # refused for its ending
    assert completed_values(["--up", "Z", "--", "--csv"]) == ["--up", "Z", "--", "--csv"]
    assert words == ["measure", "--up", "-Z", "a.c3d", "--csv"]  # not changed in place


def test_the_vertical_axis_can_have_a_sign(capsys):
    assert main(["measure", SAMPLE, "--up", "Y", "-q"]) == 0
    capsys.readouterr()
    assert "vertical" in refused(["measure", SAMPLE, "--up", "-Y"], capsys)


def completions(line: str) -> set[str]:
    """Words that the command offers to a shell for a line, by the protocol of argcomplete."""
    read, write = os.pipe()
    environment = os.environ | {
        "_ARGCOMPLETE": "1", "_ARGCOMPLETE_SHELL": "bash", "_ARGCOMPLETE_IFS": "\n",
        "COMP_LINE": line, "COMP_POINT": str(len(line)), "COMP_TYPE": "9",
        "_ARGCOMPLETE_STDOUT_FILENAME": f"/dev/fd/{write}",
    }  # fmt: skip
    command = [sys.executable, "-c", LAUNCHED]
    subprocess.run(command, env=environment, pass_fds=[write], timeout=60, capture_output=True)
    os.close(write)
    with os.fdopen(read) as answer:
        return {word.strip() for word in answer.read().split("\n") if word.strip()}


@pytest.mark.parametrize(
    ("line", "expected", "absent"),
    [
        ("agir me", {"measure"}, {"assess"}),
        ("agir assess --he", {"--height", "--help"}, {"--report"}),
        ("agir measure --sex ", {"male", "female"}, {"--age"}),
        ("agir corpus b", {"build"}, {"simulate"}),
    ],
)
def test_the_shell_gets_completions(line, expected, absent):
    words = completions(line)
    assert expected <= words and not absent & words


def test_global_completion_finds_its_marker():
    for file in (agir_hf.launcher.__file__, sys.modules["agir_hf.cli"].__file__):
        assert "PYTHON_ARGCOMPLETE_OK" in Path(file).read_text("utf-8")[:1024]


def test_help_states_what_the_scores_are_worth_and_groups_commands(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "trained on simulated walks" in text and "Do not rely on its scores of people" in text
    titles = ("assess and measure recordings:", "prepare recordings:", "build, train and publish:")
    places = [text.index(title) for title in titles]
    assert places == sorted(places)
    assert text.count(" measure ") >= 1 and "register-python-argcomplete" in text


@pytest.mark.parametrize("arguments", [["measure", SAMPLE], ["measure", SAMPLE, SAMPLE]])
def test_a_terminal_has_colours_unless_they_are_turned_off(arguments, on_terminal):
    code, text = on_terminal(*arguments)
    assert code == 0 and "\x1b[1m" in text
    for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        code, plain = on_terminal(*arguments, **environment)
        assert code == 0 and "\x1b[1m" not in plain and "\x1b[3" not in plain


def test_no_colour_is_piped(capsys):
    assert main(["measure", SAMPLE]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_files_may_be_before_and_after_options(capsys):
    assert main(["measure", SAMPLE, "--json", SAMPLE]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


@pytest.mark.parametrize(("options", "action"), [(["-v"], "default"), ([], "ignore")])
def test_warnings_of_libraries_are_shown_on_request(options, action, monkeypatch, capsys):
    seen = []

    def measured_walk(file, **_):
        seen.append(warnings.filters[0][0])
        return left_out(file, f"{file.shown} is not read here")

    monkeypatch.setattr("agir_hf.cli.measured_walk.measured_walk", measured_walk)
    assert main(["measure", SAMPLE, *options]) == 2
    assert seen == [action] and "is not read here" in capsys.readouterr().err
