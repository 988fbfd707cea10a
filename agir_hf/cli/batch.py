"""The common part of ``agir assess`` and ``agir measure``: print each recording, write outputs."""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..utils.spreadsheets import safe_row
from .console import USER_ERROR, UsageError, print_error, print_note, short_reason
from .outputs import prints_csv, stem_of, stem_of_page, write_page
from .table import STATIC, Table

if TYPE_CHECKING:
    from ..assessment.session import Session
    from ..assessment.session_files import RecordingFile
    from ..assessment.session_walks import SessionWalk


class Times:
    """Run times of the steps of a command, in seconds."""

    def __init__(self):
        self.started = time.perf_counter()
        self.steps: dict[str, float] = {}

    def measured(self, step: str, function: Callable) -> Callable:
        """Return a function whose run time is added to a step.

        Args:
            step: Name of the step.
            function: Function to call.
        """

        def timed(*arguments):
            started = time.perf_counter()
            try:
                return function(*arguments)
            finally:
                seconds = time.perf_counter() - started
                self.steps[step] = self.steps.get(step, 0.0) + seconds

        return timed

    def text(self, recordings: int) -> str:
        """Return all times on one line.

        Args:
            recordings: Number of recordings.
        """
        total = time.perf_counter() - self.started
        steps = self.steps | {"the rest": total - sum(self.steps.values())}
        listed = ", ".join(f"{step} {seconds:.1f} s" for step, seconds in steps.items())
        return f"time: {total:.1f} s for {recordings} recording{'s' * (recordings != 1)}: {listed}"


class Command(NamedTuple):
    """What a command prints and writes of a recording.

    Attributes:
        scored: Whether recordings are scored.
        values: Function that returns the values of a recording for JSON.
        text: Function that returns these values as lines of text.
        short: Function that returns these values in short form, for ``-q``.
        write_report: Function that writes the page of a recording to a path.
        csv_rows: Function that returns the printed CSV rows of a recording, or None where the table
            of the session is printed.
        csv_columns: Columns of these rows.
    """

    scored: bool
    values: Callable[[Any], dict]
    text: Callable[[dict], str]
    short: Callable[[dict], str]
    write_report: Callable[[Any, Path], object]
    csv_rows: Callable[[dict], Iterable[Sequence]] | None = None
    csv_columns: Sequence[str] = ()


def run(
    options: argparse.Namespace,
    files: Sequence[RecordingFile],
    walks: Iterable[SessionWalk],
    command: Command,
    session_of: Callable[[Sequence[SessionWalk]], Session],
    times: Times,
) -> int:
    """Print each recording as soon as it is read, and write what the options ask for.

    Args:
        options: Parsed options of the command.
        files: The recordings.
        walks: A row for each of them, in order.
        command: What to print and to write of each.
        session_of: Function that makes a session of the recordings.
        times: Run times, which ``-v`` prints.

    Returns:
        Exit code: 0, or 2 if a recording or an output failed.
    """
    batch = _Batch(options, files, command)
    for walk in _with_progress(walks, files, options):
        batch.show(walk)
    batch.end(session_of)
    if options.verbose:
        print_note(times.text(len(files)), options)
    return USER_ERROR if batch.failed else 0


class _Batch:
    """The recordings of a command, while they are printed."""

    def __init__(
        self, options: argparse.Namespace, files: Sequence[RecordingFile], command: Command
    ):
        self.options, self.command, self.failed = options, command, False
        self.several = len(files) > 1
        self.csv = prints_csv(options)
        self.kept: list[SessionWalk] = []
        plain = not (options.json or self.csv or options.quiet or options.verbose)
        self.named = {file.shown for file in files if not file.folder and _is_named(file, options)}
        self.table = None
        self.shown = 0
        if self.several and plain:
            self.table = Table(files, command.scored)
            _print(self.table.header())
        if self.csv and command.csv_rows:
            csv.writer(sys.stdout).writerow(("file", *command.csv_columns))

    def show(self, walk: SessionWalk) -> None:
        """Print a recording, and write its page."""
        self.kept.append(walk.released())
        if walk.error and walk.assessment is None:
            self.failed |= walk.kind != STATIC or walk.shown in self.named
            if self.table:
                _print(self.table.row(walk))
            elif not (self.csv and not self.command.csv_rows):
                _clear_bar(partial(print_error, _named_reason(walk)))
            return
        if self.command.scored and walk.walk is None:
            self.failed = True
            _clear_bar(lambda: print_error(f"{walk.shown}: {walk.cautions[-1]}"))
        self._print(walk)
        self._write(walk)

    def _print(self, walk: SessionWalk) -> None:
        if self.table:
            _print(self.table.row(walk))
            return
        if self.command.scored and walk.walk is None or self.csv and not self.command.csv_rows:
            return
        values = self.command.values(walk)
        if self.options.json:
            _print(json.dumps(values))
        elif self.csv:
            rows = csv.writer(sys.stdout)
            rows.writerows(safe_row((walk.shown, *row)) for row in self.command.csv_rows(values))
        elif self.options.quiet:
            _print(self.command.short(values))
        else:
            _print(("\n" if self.shown else "") + self.command.text(values))
        self.shown += 1

    def _write(self, walk: SessionWalk) -> None:
        """Write the page of a recording; where there is none, the rest goes on."""
        if self.command.scored and walk.walk is None:
            return
        try:
            write_page(
                self.options,
                stem_of(walk.identity),
                lambda path: self.command.write_report(walk, path),
                only_folder=self.several,
            )
        except UsageError as error:
            self.failed = True
            _clear_bar(partial(print_error, error))

    def end(self, session_of: Callable[[Sequence[SessionWalk]], Session]) -> None:
        """Print the summary, and write table and page of the session."""
        if self.table:
            _print(self.table.summary())
        options = self.options
        session_csv = self.csv and not self.command.csv_rows
        if options.csv is not None and (session_csv or not self.csv):
            session = session_of(self.kept)
            if session_csv:
                print_rows(session.rows())
            else:
                session.write_csv(options.csv.path)
                print_note(f"table: {options.csv.path}", options)
        pages = [out for out in (options.report, options.pdf) if out is not None]
        if not pages or not (self.several or any(out.is_folder for out in pages)):
            return
        if not self.several:  # a folder has the report of the only recording
            return
        try:
            session = session_of(self.kept)
            stem = stem_of_page("session", session.subject.id, session.title)
            write_page(options, stem, session.write_report, only_folder=False)
        except UsageError as error:
            self.failed = True
            print_error(error)


def _named_reason(walk: SessionWalk) -> str:
    """Why a recording is left out, with its name."""
    reason = short_reason(walk.error)
    return reason if Path(walk.shown).name in reason else f"{walk.shown}: {reason}"


def print_rows(rows: Sequence[dict]) -> None:
    """Print rows as CSV on standard output.

    Args:
        rows: Column → value; None gives an empty cell.
    """
    if not rows:
        return
    table = csv.DictWriter(sys.stdout, list(rows[0]))
    table.writeheader()
    for row in rows:
        table.writerow(safe_row({name: "" if v is None else v for name, v in row.items()}))


def _is_named(file: RecordingFile, options: argparse.Namespace) -> bool:
    """Whether the user passed the file itself, not a folder that it is in."""
    return file.path in options.files


def _with_progress(
    walks: Iterable[SessionWalk], files: Sequence[RecordingFile], options: argparse.Namespace
) -> Iterator[SessionWalk]:
    """The recordings with a progress bar on stderr, on a terminal only."""
    from tqdm import tqdm

    quiet = len(files) < 2 or options.quiet or not sys.stderr.isatty()
    yield from tqdm(
        walks, total=len(files), unit="recording", leave=False, disable=quiet, file=sys.stderr
    )


def _print(text: str) -> None:
    """Print a line on stdout, above the progress bar."""
    _clear_bar(lambda: print(text, flush=True))


def _clear_bar(action: Callable[[], None]) -> None:
    """Do something that prints, while no progress bar is on the terminal."""
    if not sys.stderr.isatty():
        action()
        return
    from tqdm import tqdm

    with tqdm.external_write_mode(file=sys.stderr):
        action()
