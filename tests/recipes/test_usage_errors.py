"""Every recipe answers a wrong option, value or missing argument on one line, with exit code 2."""

import argparse
import os
import runpy
import sys
from pathlib import Path

import pytest
import torch

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
SCRIPTS = [
    path.relative_to(RECIPES).as_posix()
    for path in sorted(RECIPES.rglob("*.py"))
    if '__name__ == "__main__"' in path.read_text("utf-8") and path.name != "benchmark_tools.py"
]
UNKNOWN = "--no-such-option"
WRONG = "wrong\x1b value"  # of a number or a choice, with a character that controls a terminal
ANY_TEXT = (None, str, Path)  # types that accept any word


@pytest.fixture(autouse=True)
def same_process(monkeypatch):
    """Undo what a script changes in this process before it reads its command line."""
    environment, threads = dict(os.environ), torch.get_num_threads()
    monkeypatch.setattr(sys, "path", [str(RECIPES), *sys.path])
    monkeypatch.setenv("COLUMNS", "200")
    yield
    os.environ.clear()
    os.environ.update(environment)
    torch.set_num_threads(threads)


@pytest.fixture
def started(monkeypatch):
    """Function that starts a script with words that it refuses, and returns its parser."""

    def start(script: str, *words: str) -> argparse.ArgumentParser | None:
        used = []
        parse = argparse.ArgumentParser.parse_known_args

        def parse_known_args(parser, *args, **kwargs):
            used.append(parser)
            return parse(parser, *args, **kwargs)

        with monkeypatch.context() as patch, pytest.raises(SystemExit) as stopped:
            patch.setattr(argparse.ArgumentParser, "parse_known_args", parse_known_args)
            patch.setattr(sys, "argv", [str(RECIPES / script), *words])
            runpy.run_path(str(RECIPES / script), run_name="__main__")
        assert stopped.value.code == 2
        return max(used, key=lambda parser: len(parser._actions), default=None)

    return start


def error_line(capsys) -> str:
    """The only line that was printed."""
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.count("\n") == 1, printed.err
    assert printed.err.startswith("error: ") and "--help" in printed.err, printed.err
    assert printed.err[:-1].isprintable()
    return printed.err


def test_the_scripts_are_found():
    assert {"evaluate.py", "benchmark.py", "tiny/train.py", "cluster/assess.py"} < {*SCRIPTS}
    assert len(SCRIPTS) >= 37


@pytest.mark.parametrize("script", SCRIPTS)
def test_usage_errors_are_one_line(script, started, capsys):
    parser = started(script, UNKNOWN)
    line = error_line(capsys)
    assert UNKNOWN in line or "missing" in line
    if parser is None:  # refused before the parser was used
        parser = started(script)
        line = error_line(capsys)
    for action in parser._actions:
        names = action.option_strings or [action.metavar or action.dest]
        assert not action.required or any(name in line for name in names), line
        if action.type not in ANY_TEXT or action.choices:
            with pytest.raises(SystemExit) as stopped:
                parser.parse_args([*action.option_strings[-1:], WRONG])
            wrong_value = error_line(capsys)
            assert stopped.value.code == 2 and "wrong" in wrong_value
            assert any(name in wrong_value for name in names)
