"""The parser of ``agir``: usage errors of one line with a proposal, and completion in a shell."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from ..utils.command_line import Parser, did_you_mean, listed

STANDARD_OUTPUT = "-"  # value of --csv without a file
_AXIS = re.compile(r"-[XYZxyz]")
_RECORDINGS = (".c3d", ".trc", ".bvh", ".npz", ".npy", ".pkl", ".gz", ".zip")


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


class AgirParser(Parser):
    """A parser whose errors are one line with a proposal and the command that prints its help."""

    error_prefix = "agir"

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
                self.refuse(rest)
            files += map(Path, rest)  # files before and after options
            rest = []
        return namespace, rest

    def _check_value(self, action, value) -> None:
        """Refuse an unknown command or a value that is not among the choices."""
        if isinstance(action, argparse._SubParsersAction) and value not in action.choices:
            proposal = did_you_mean(str(value), action.choices)
            unknown = f"{self.prog} has no command {value}"
            unknown = f"unknown command {value}" if self.prog == "agir" else unknown
            expected = "" if proposal else f", expected {listed(action.choices)}"
            self.error(f"{unknown}{expected}{': ' if proposal else ''}{proposal}")
        super()._check_value(action, value)


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
