"""Usage errors in the words of this package, and types of options."""

import argparse

import pytest

from agir_hf.utils.command_line import Parser, existing_path, listed, positive_int


@pytest.fixture
def parser() -> Parser:
    parser = Parser(prog="recipe.py")
    parser.add_argument("--rows", type=positive_int)
    parser.add_argument("--files", nargs="+")
    parser.add_argument("--pair", nargs=2)
    parser.add_argument("-r", "--rate", "--frame-rate", type=float)
    parser.add_argument("--size", choices=("tiny", "small", "base"))
    return parser


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--rowz", "8"], "unknown option --rowz: did you mean --rows?"),
        (["--xyz=8"], "unknown option --xyz"),
        (["walk.c3d"], "walk.c3d is one argument too many"),
        (["--rows", "0"], "--rows: '0' is not a whole number of 1 or more"),
        (["--rows"], "--rows needs a value after it"),
        (["--files"], "--files needs at least one value after it"),
        (["--pair", "a"], "--pair needs 2 values after it"),
        (["-r", "1 Hz\nfast"], r"--rate is '1 Hz\nfast', expected a number"),
        (["-r", "9" * 50 + "x" * 50], f"--rate is '{'9' * 50}{'x' * 9}, expected a number"),
        (["--r", "1"], "--r is short for several options (--rows, --rate): write it in full"),
        (
            ["--size", "tinyy"],
            "--size is 'tinyy', expected tiny, small or base: did you mean tiny?",
        ),
        (["--size", "\x1b[31m"], r"--size is '\x1b[31m', expected tiny, small or base"),
    ],
)
def test_an_error_is_one_line_with_the_command_of_the_help(parser, arguments, line, capsys):
    with pytest.raises(SystemExit) as stopped:
        parser.parse_args(arguments)
    assert stopped.value.code == 2
    assert tuple(capsys.readouterr()) == ("", f"error: {line} (recipe.py --help)\n")


def test_missing_arguments_are_all_named(capsys):
    parser = Parser(prog="recipe.py")
    parser.add_argument("folder", metavar="FOLDER")
    parser.add_argument("--model", required=True)
    for arguments, line in ([], "FOLDER, --model are missing"), (["a"], "--model is missing"):
        with pytest.raises(SystemExit):
            parser.parse_args(arguments)
        assert capsys.readouterr().err == f"error: {line} (recipe.py --help)\n"


def test_options_that_exclude_each_other(capsys):
    parser = Parser(prog="recipe.py")
    group = parser.add_mutually_exclusive_group()
    group.add_argument("-a", "--all", action="store_true")
    group.add_argument("-n", "--none", action="store_true")
    with pytest.raises(SystemExit):
        parser.parse_args(["-a", "-n"])
    line = "error: --none and --all cannot be used together: pass one of them (recipe.py --help)\n"
    assert capsys.readouterr().err == line


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "", "²", " 3"])
def test_a_number_of_things_is_one_or_more(text):
    with pytest.raises(argparse.ArgumentTypeError, match="is not a whole number of 1 or more"):
        positive_int(text)
    assert positive_int("12") == 12


def test_a_path_exists(tmp_path):
    assert existing_path(str(tmp_path)) == tmp_path
    with pytest.raises(argparse.ArgumentTypeError, match="walks does not exist: pass an existing"):
        existing_path(str(tmp_path / "walks"))


def test_choices_are_listed():
    assert listed([1, 2, 3]) == "1, 2 or 3" and listed(["a"]) == "a"
