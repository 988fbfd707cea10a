"""The common part of ``agir assess`` and ``agir measure``: print each recording, write outputs."""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..utils.spreadsheets import safe_row
from .console import USER_ERROR, UsageError, print_error, print_note, short_reason
from .finished import Command, Finished
from .outputs import prints_csv, stem_of_page, write_page
from .table import STATIC, Table

if TYPE_CHECKING:
    from ..assessment.session import Session
    from ..assessment.session_files import RecordingFile
    from ..assessment.session_walks import SessionWalk
    from .out_file import OutFile


class Times:
    """Run times of the steps of a command, in seconds."""

    def __init__(self):
        self.started = time.perf_counter()
        self.steps: dict[str, float] = {}
        self.workers = 1  # processes; with several, the steps run at the same time

    def add(self, seconds: Mapping[str, float]) -> None:
        """Add the run times of steps.

        Args:
            seconds: Step → run time in seconds.
        """
        for step, value in seconds.items():
            self.steps[step] = self.steps.get(step, 0.0) + value

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
                self.add({step: time.perf_counter() - started})

        return timed

    def text(self, recordings: int) -> str:
        """Return all times on one line.

        Args:
            recordings: Number of recordings.
        """
        total = time.perf_counter() - self.started
        steps, processes = dict(self.steps), f" in {self.workers} worker processes"
        if self.workers == 1:
            steps["the rest"], processes = total - sum(self.steps.values()), ""
        listed = ", ".join(f"{step} {seconds:.1f} s" for step, seconds in steps.items())
        number = f"{recordings} recording{'s' * (recordings != 1)}"
        return f"time: {total:.1f} s for {number}{processes}: {listed}"


def run(
    options: argparse.Namespace,
    files: Sequence[RecordingFile],
    finished: Iterable[Finished],
    command: Command,
    session_of: Callable[[Sequence[SessionWalk]], Session],
    times: Times,
    out: OutFile | None = None,
    asked: Sequence[RecordingFile] = (),
) -> int:
    """Print each recording as soon as it is finished, and write what the options ask for.

    Args:
        options: Parsed options of the command.
        files: The recordings.
        finished: Each of them, in order, from `Finish`.
        command: What to print and to write of each.
        session_of: Function that makes a session of the recordings.
        times: Run times, which ``-v`` prints.
        out: File that gets a line for each recording, or None.
        asked: All recordings that the user asked for, if some of them are skipped.

    Returns:
        Exit code: 0, or 2 if a recording or an output failed.
    """
    batch = _Batch(options, asked or files, command)
    rows = zip(files, finished, strict=True)
    with closing(_with_progress(rows, len(files), options)) as shown:
        for file, recording in shown:
            batch.show(recording)
            if out is not None:
                out.append(file, recording)
    batch.end(session_of)
    if options.verbose:
        print_note(times.text(len(files)), options)
    return USER_ERROR if batch.failed else 0


def is_only_file(files: Sequence[RecordingFile], options: argparse.Namespace) -> bool:
    """Whether the user passed a single recording; only then a static trial is a failure.

    Args:
        files: All recordings that the user asked for.
        options: Parsed options of the command.
    """
    return len(files) == 1 and options.files == [files[0].path]


class _Batch:
    """The recordings of a command, while they are printed.

    Rows are kept only for a table or a page of the session, so that the memory for any number of
    recordings is bounded without them.
    """

    def __init__(
        self, options: argparse.Namespace, files: Sequence[RecordingFile], command: Command
    ):
        self.options, self.command, self.failed = options, command, False
        self.several = len(files) > 1
        self.csv = prints_csv(options)
        self.kept: list[SessionWalk] = []
        self.warnings: set[str] = set()
        plain = not (options.json or self.csv or options.quiet or options.verbose)
        self.is_only_file = is_only_file(files, options)
        self.table = None
        self.shown = 0
        if self.several and plain:
            self.table = Table(files, command.scored)
            _print(self.table.header())
        if self.csv and command.csv_rows:
            csv.writer(sys.stdout).writerow(("file", *command.csv_columns))

    @property
    def session_table(self) -> bool:
        """Whether a table of the session is written or printed."""
        printed = self.csv and not self.command.csv_rows
        return self.options.csv is not None and (printed or not self.csv)

    @property
    def session_page(self) -> bool:
        """Whether a page of the session is written; a folder has the page of an only recording."""
        pages = [page for page in (self.options.report, self.options.pdf) if page is not None]
        return self.several and bool(pages) and getattr(self.options, "out", None) is None

    def show(self, finished: Finished) -> None:
        """Print a recording, with the errors and the files of its page."""
        walk = finished.walk
        if self.session_table or self.session_page:
            self.kept.append(walk)
        if finished.warning and finished.warning not in self.warnings:
            self.warnings.add(finished.warning)
            _clear_bar(partial(print_error, finished.warning))
        if finished.is_left_out:
            self.failed |= walk.kind != STATIC or self.is_only_file
            if self.table:
                _print(self.table.row(walk))
            elif not (self.csv and not self.command.csv_rows):
                _clear_bar(partial(print_error, _named_reason(walk)))
            return
        if finished.values is None:
            self._problems(finished)
        self._print(finished)
        for note in finished.notes:
            _clear_bar(partial(print_note, note, self.options))
        if finished.values is not None:
            self._problems(finished)

    def _problems(self, finished: Finished) -> None:
        self.failed |= bool(finished.problems)
        for problem in finished.problems:
            _clear_bar(partial(print_error, problem))

    def _print(self, finished: Finished) -> None:
        walk, values = finished.walk, finished.values
        if self.table:
            _print(self.table.row(walk))
            return
        if values is None or self.csv and not self.command.csv_rows:
            return
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

    def end(self, session_of: Callable[[Sequence[SessionWalk]], Session]) -> None:
        """Print the summary, and write table and page of the session."""
        if self.table:
            _print(self.table.summary())
        options = self.options
        if self.session_table:
            session = session_of(self.kept)
            if self.csv:
                print_rows(session.rows())
            else:
                session.write_csv(options.csv.path)
                print_note(f"table: {options.csv.path}", options)
        if not self.session_page:
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


def _with_progress(
    rows: Iterable[tuple], number: int, options: argparse.Namespace
) -> Iterator[tuple]:
    """The recordings with a progress bar and an estimate on stderr, on a terminal only."""
    from tqdm import tqdm

    quiet = number < 2 or options.quiet or not sys.stderr.isatty()
    yield from tqdm(
        rows, total=number, unit="recording", leave=False, disable=quiet, file=sys.stderr
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
