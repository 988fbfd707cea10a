"""What a command prints and writes of one recording, computed where it was assessed or measured."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .console import UsageError
from .outputs import stem_of, write_page

if TYPE_CHECKING:
    from ..assessment.session_walks import SessionWalk


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


class Finished(NamedTuple):
    """A recording whose values are computed and whose page is written.

    It is small: the recording itself and the whole assessment are released.

    Attributes:
        walk: Its row, as a session keeps it.
        values: Its values for JSON; None for a recording that is left out or has no score.
        notes: Lines about the files that were written.
        problems: Errors of its page, and a score that the model did not give, one line each.
        warning: A line about the model, printed once for all recordings.
    """

    walk: SessionWalk
    values: dict | None = None
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    warning: str = ""

    @property
    def is_left_out(self) -> bool:
        """Whether nothing is shown of it but the reason."""
        return bool(self.walk.error) and self.walk.assessment is None


@dataclass(frozen=True)
class Finish:
    """Function that finishes a recording; worker processes call it too.

    Attributes:
        options: Parsed options of the command.
        command: What to print and to write of each recording.
        several: Whether the command reads several recordings.
    """

    options: argparse.Namespace
    command: Command
    several: bool

    def __call__(self, walk: SessionWalk, warning: str = "") -> Finished:
        """Compute the values of a recording and write its page.

        Args:
            walk: The recording with what was measured and assessed.
            warning: A line about the model.

        Returns:
            What is printed of it.
        """
        finished = Finished(walk.released(), warning=warning)
        if finished.is_left_out:
            return finished
        if self.command.scored and walk.walk is None:
            return finished._replace(problems=(f"{walk.shown}: {walk.cautions[-1]}",))
        notes, problems = self._page(walk)
        return finished._replace(values=self.command.values(walk), notes=notes, problems=problems)

    def _page(self, walk: SessionWalk) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Write the page of a recording: the files, and the error where there is none."""
        notes = []
        try:
            write_page(
                self.options,
                stem_of(walk.identity),
                lambda path: self.command.write_report(walk, path),
                only_folder=self.several,
                note=notes.append,
            )
        except UsageError as error:
            return tuple(notes), (str(error),)
        return tuple(notes), ()
