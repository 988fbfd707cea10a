"""Parsers of command lines whose usage errors are one line, for `agir`, the recipes and the page.

argparse prints the usage of all options before an error, which hides the error. A parser of this
module prints what was passed, what was expected, and the command that lists the options.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NoReturn

from .formatting import printable

USER_ERROR = 2  # exit code
_SIMILAR = 0.6  # of 1: share of equal letters from which a name is proposed
_LONGEST_VALUE = 60  # characters of a wrong value that are shown


class OneLineErrors:
    """Base class of a parser, before `argparse.ArgumentParser`, with errors of one line.

    Attributes:
        error_prefix (`str`): First word of an error.
    """

    error_prefix = "error"

    def parse_args(self, args=None, namespace=None):
        """Parse arguments, and refuse those that the parser does not have.

        Args:
            args: Arguments, by default those of the process.
            namespace: Object that the values are stored in.

        Returns:
            The values.
        """
        namespace, rest = self.parse_known_args(args, namespace)
        if rest:
            self.refuse(rest)
        return namespace

    def refuse(self, words: Sequence[str]) -> NoReturn:
        """Report arguments that the parser does not have, with the most similar option.

        Args:
            words: These arguments, at least one.
        """
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
        proposal = did_you_mean(str(value), map(str, choices))
        names = "/".join(action.option_strings) or action.metavar or action.dest
        expected = f"{_long_name(names)} is {value!r}, expected {listed(choices)}"
        self.error(f"{expected}{': ' if proposal else ''}{proposal}")

    def error(self, message: str) -> NoReturn:
        """Print one line and leave with code 2.

        Args:
            message: What is wrong, in the words of this parser or of argparse.
        """
        line = f"{plain_usage_error(message)} ({self.prog} --help)"
        self.exit(USER_ERROR, f"{self.error_prefix}: {printable(' '.join(line.split()))}\n")


class Parser(OneLineErrors, argparse.ArgumentParser):
    """`argparse.ArgumentParser` whose errors are one line.

    Example:
        ```python
        >>> from agir_hf.utils.command_line import Parser
        >>> parser = Parser(prog="evaluate.py", description="Evaluate a model.")
        >>> _ = parser.add_argument("--rows", type=int)
        >>> parser.parse_args(["--rows", "8"]).rows
        8

        ```
        ``--row_s 8`` prints ``error: unknown option --row_s: did you mean --rows? (evaluate.py
        --help)`` and leaves with code 2.
    """


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


def listed(choices: Iterable[object]) -> str:
    """Return "a, b or c".

    Args:
        choices: What can be chosen.
    """
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
    if wrong := re.fullmatch(r"ambiguous option: (\S+) could match (.+)", message):
        return f"{wrong[1]} is short for several options ({wrong[2]}): write it in full"
    if not (parts := re.fullmatch(r"argument (\S+): (.+)", message, re.DOTALL)):
        return message
    name, reason = _long_name(parts[1]), parts[2]
    if wrong := re.fullmatch(r"invalid (\w+) value: (.+)", reason, re.DOTALL):
        kind = {"float": "a number", "int": "a whole number"}.get(wrong[1], "another value")
        return f"{name} is {wrong[2][:_LONGEST_VALUE]}, expected {kind}"
    if wrong := re.fullmatch(r"Truthy value expected: got (.+) but expected .+", reason, re.DOTALL):
        return f"{name} is {wrong[1][:_LONGEST_VALUE]!r}, expected true or false"
    if wrong := re.fullmatch(r"expected (.+)", reason):
        number = {"one argument": "a value"}.get(wrong[1], wrong[1].replace("argument", "value"))
        return f"{name} needs {number} after it"
    if wrong := re.fullmatch(r"not allowed with argument (\S+)", reason):
        return f"{name} and {_long_name(wrong[1])} cannot be used together: pass one of them"
    return f"{name}: {reason}"


def _long_name(names: str) -> str:
    """Return the first name of "-o/--output" that is not one letter."""
    return next((name for name in names.split("/") if name.startswith("--")), names)


def positive_int(text: str) -> int:
    """Read a number of things, as the type of an option.

    Args:
        text: What the user typed.

    Returns:
        The number, 1 or more.

    Raises:
        argparse.ArgumentTypeError: It is no whole number above 0.
    """
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return number


def existing_path(text: str) -> Path:
    """Read the path of a file or folder that exists, as the type of an option.

    Args:
        text: What the user typed.

    Returns:
        The path.

    Raises:
        argparse.ArgumentTypeError: There is no such file or folder.
    """
    path = Path(text)
    if not path.exists():
        raise argparse.ArgumentTypeError(f"{text} does not exist: pass an existing path")
    return path
