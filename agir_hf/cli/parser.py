"""The parser of ``agir``: usage errors of one line with a proposal, and completion in a shell."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NoReturn

from ..utils.formatting import printable

STANDARD_OUTPUT = "-"  # value of --csv without a file
_AXIS = re.compile(r"-[XYZxyz]")
_RECORDINGS = (".c3d", ".trc", ".bvh", ".npz", ".npy", ".pkl", ".gz", ".zip")
_SIMILAR = 0.6  # of 1: share of equal letters from which a name is proposed
_LONGEST_VALUE = 60  # characters of a wrong value that are shown


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Return ``did you mean X?`` for the most similar name, or an empty text.

    Args:
        name: What the user typed.
        names: Names that there are.
    """
    from difflib import get_close_matches

    names = {candidate.lower(): candidate for candidate in names}
    similar = get_close_matches(name.lower(), names, n=1, cutoff=_SIMILAR)
    return f"did you mean {names[similar[0]]}?" if similar else ""


def is_csv_target(word: str) -> bool:
    """Whether the word after ``--csv`` names the table to write, not a recording to read.

    Args:
        word: The next argument of the command line.
    """
    if word.startswith("-"):
        return False
    path = Path(word)
    return path.suffix.lower() == ".csv" or not (
        path.suffix.lower() in _RECORDINGS or path.exists()
    )


def completed_values(arguments: Sequence[str]) -> list[str]:
    """Return arguments in which ``--up -Z`` and ``--csv`` without a file have their value.

    Args:
        arguments: Arguments of the command.
    """
    words, completed = list(arguments), []
    while words:
        word = words.pop(0)
        if word == "--":
            return [*completed, word, *words]
        if word == "--up" and words and _AXIS.fullmatch(words[0]):
            word = f"--up={words.pop(0)}"
        elif word == "--csv" and not (words and is_csv_target(words[0])):
            word = f"--csv={STANDARD_OUTPUT}"
        completed.append(word)
    return completed


class AgirParser(argparse.ArgumentParser):
    """A parser whose errors are one line with a proposal and the command that prints its help."""

    def parse_known_args(self, args=None, namespace=None):
        """Parse arguments; a command without subcommands refuses those that it does not have.

        Args:
            args: Arguments, by default those of the process.
            namespace: Object that the values are stored in.

        Returns:
            The values, and the arguments that are left.
        """
        args = completed_values(sys.argv[1:] if args is None else args)
        namespace, rest = super().parse_known_args(args, namespace)
        if rest and self._subparsers is None and "_ARGCOMPLETE" not in os.environ:
            files = getattr(namespace, "files", None)
            if not files or any(word.startswith("-") for word in rest):
                self._refuse(rest)
            files += map(Path, rest)  # files before and after options
            rest = []
        return namespace, rest

    def _refuse(self, words: Sequence[str]) -> NoReturn:
        name = next((word for word in words if word.startswith("-")), words[0])
        name = name.partition("=")[0]
        if not name.startswith("-"):
            self.error(f"{name} is one argument too many")
        proposal = did_you_mean(name, self._option_string_actions)
        self.error(f"unknown option {name}{': ' if proposal else ''}{proposal}")

    def _check_value(self, action, value) -> None:
        """Refuse a value that is not among the choices, with the most similar choice."""
        if action.choices is None or value in action.choices:
            return
        choices = list(action.choices)
        proposal = did_you_mean(str(value), choices)
        if isinstance(action, argparse._SubParsersAction):
            unknown = f"{self.prog} has no command {value}"
            unknown = f"unknown command {value}" if self.prog == "agir" else unknown
            expected = "" if proposal else f", expected {_listed(choices)}"
            self.error(f"{unknown}{expected}{': ' if proposal else ''}{proposal}")
        name = action.option_strings[-1] if action.option_strings else action.metavar or action.dest
        expected = f"{name} is {value!r}, expected {_listed(choices)}"
        self.error(f"{expected}{': ' if proposal else ''}{proposal}")

    def error(self, message: str) -> NoReturn:
        """Print one line and leave with code 2.

        Args:
            message: What is wrong, in the words of this parser or of argparse.
        """
        line = f"{plain_usage_error(message)} ({self.prog} --help)"
        self.exit(2, f"agir: {printable(' '.join(line.split()))}\n")


def _listed(choices: Iterable[object]) -> str:
    """Return "a, b or c"."""
    *others, last = map(str, choices)
    return f"{', '.join(others)} or {last}" if others else last


def plain_usage_error(message: str) -> str:
    """Return an error of argparse in the words of this package.

    Args:
        message: The message of argparse, or another one, which is not changed.
    """
    if missing := re.fullmatch(r"the following arguments are required: (.+)", message):
        names = missing[1].replace("COMMAND", "a command")
        return f"{names} is missing" if "," not in names else f"{names} are missing"
    if wrong := re.fullmatch(r"argument (\S+): invalid (\w+) value: (.+)", message, re.DOTALL):
        kind = {"float": "a number", "int": "a whole number"}.get(wrong[2], "another value")
        return f"{wrong[1].split('/')[-1]} is {wrong[3][:_LONGEST_VALUE]}, expected {kind}"
    if wrong := re.fullmatch(r"argument (\S+): expected (.+)", message):
        number = wrong[2].replace("one argument", "a value")
        return f"{wrong[1].split('/')[-1]} needs {number} after it"
    if wrong := re.fullmatch(r"argument (\S+): not allowed with argument (\S+)", message):
        return f"{wrong[1]} and {wrong[2]} cannot be used together: pass one of them"
    if wrong := re.fullmatch(r"ambiguous option: (\S+) could match (.+)", message):
        return f"{wrong[1]} is short for several options ({wrong[2]}): write it in full"
    return message.removeprefix("argument ")


def complete_in_shell(parser: argparse.ArgumentParser) -> None:
    """Answer a request of a shell for completions and end the process; else do nothing.

    ``eval "$(register-python-argcomplete agir)"`` in the start file of bash or zsh turns
    completion on. argcomplete is imported for such a request only.

    Args:
        parser: The complete parser.
    """
    if "_ARGCOMPLETE" not in os.environ:
        return
    import argcomplete

    argcomplete.autocomplete(parser)
