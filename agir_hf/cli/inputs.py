"""Recordings that a command reads: files and folders, checked before the work."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..utils.command_line import did_you_mean
from .console import UsageError, print_error

if TYPE_CHECKING:
    from ..assessment.session_files import RecordingFile

STANDARD_INPUT = "-"


def add_files(parser: argparse.ArgumentParser) -> None:
    """Add the recordings of a command that reads files and folders.

    Args:
        parser: Parser of a command.
    """
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE|FOLDER",
        type=Path,
        help="recordings, and folders that are searched with their subfolders",
    )


def missing_text(path: Path) -> str:
    """Return the error of a path that does not exist, with the most similar name in its folder.

    Args:
        path: Path that the user typed.
    """
    folder = path.parent
    if path.is_symlink():
        return f"{path} is a link to {os.readlink(path)}, which does not exist"
    if not folder.is_dir():
        return f"no such file: {path}: its folder does not exist"
    names = [name for name in os.listdir(folder) if not name.startswith(".")]
    proposal = did_you_mean(path.name, names)
    if not proposal:
        return f"no such file: {path}"
    name = proposal.removeprefix("did you mean ").removesuffix("?")
    return f"no such file: {path}: did you mean {folder / name}?"


def check_exists(path: Path) -> None:
    """Check that a file or folder to read exists.

    Args:
        path: Path that the user typed, or "-" for standard input.

    Raises:
        UsageError: It does not exist.
    """
    if str(path) != STANDARD_INPUT and not path.exists():
        raise UsageError(missing_text(path))


def recordings_of(
    paths: Sequence[Path], item: str | None = None
) -> tuple[list[RecordingFile], bool]:
    """List the recordings in files and folders; what cannot be listed is reported on stderr.

    Args:
        paths: Paths that the user typed.
        item: Walk to read from each file of several; by default all of them.

    Returns:
        The recordings, named as the user typed them (in a single folder, without this folder), and
        whether a path was reported.
    """
    from ..assessment.session_files import find_recordings

    files, failed = [], False
    whole_names = len(paths) > 1 or not paths[0].is_dir()
    for path in paths:
        try:
            check_exists(path)
            entries = find_recordings([path], item)
        except (ValueError, OSError) as error:
            print_error(error)
            failed = True
            continue
        files += [_named(entry) for entry in entries] if whole_names else entries
    return files, failed


def _named(entry: RecordingFile) -> RecordingFile:
    """The entry with the path that the user typed as its name."""
    walk = f": {entry.item}" if entry.item else ""
    return replace(entry, shown=f"{entry.path}{walk}")


def input_paths(options: argparse.Namespace, files: Iterable[RecordingFile]) -> set[Path]:
    """Return the files that a command reads, which no output may replace.

    Args:
        options: Parsed options of a command.
        files: Its recordings.
    """
    named = (getattr(options, name, None) for name in ("mapping", "norms", "body"))
    paths = [*(file.path for file in files), *(path for path in named if path is not None)]
    # unlike `Path.resolve`, `realpath` raises no error for a link to itself
    return {Path(os.path.realpath(path)) for path in paths if str(path) != STANDARD_INPUT}
