"""Several recordings as a compact table in the terminal, a row for each as soon as it is read."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ..utils.formatting import printable
from .console import coloured, short_reason

if TYPE_CHECKING:
    from ..assessment.session_files import RecordingFile
    from ..assessment.session_walks import SessionWalk

# Characters of a file name, of which a longer one is cut at its begin.
_WIDEST_NAME, _NARROWEST_NAME = 48, 16
STATIC = "static trial"


class Column(NamedTuple):
    """A column of numbers: heading, width, gait parameter and format of its values."""

    heading: str
    width: int
    parameter: str
    format: str


MEASURED_COLUMNS = (
    Column("m/s", 6, "speed_m_per_s", ".2f"),
    Column("steps/min", 10, "cadence_steps_per_min", ".0f"),
    Column("step m", 7, "step_length_m", ".2f"),
    Column("double %", 9, "double_support_percent", ".0f"),
)


class Table:
    """A compact table of recordings.

    Args:
        files: All recordings, for the width of the first column and for their reasons.
        scored: Whether there are columns for score, certainty and claims.
    """

    def __init__(self, files: Sequence[RecordingFile], scored: bool):
        self.scored = scored
        self.paths = {file.shown: file.path for file in files}
        longest = max(len(printable(name)) for name in self.paths)
        self.width = min(max(longest, len("recording")), self._widest_name())
        self.counts = {"walks": 0, "withheld": 0, "uncertain": 0, STATIC: 0, "refused": 0}

    def _widest_name(self) -> int:
        """Characters of a name with which a row fits on a line of the terminal."""
        if not sys.stdout.isatty():
            return _WIDEST_NAME
        numbers = 8 + sum(column.width + 1 for column in MEASURED_COLUMNS)
        columns = shutil.get_terminal_size().columns - numbers - (24 if self.scored else 0)
        return min(max(columns, _NARROWEST_NAME), _WIDEST_NAME)

    def header(self) -> str:
        """Return the line of the headings."""
        cells = [f"{'recording':{self.width}}"]
        if self.scored:
            cells += [f"{'score':>8}", f"{'certain':>7}", f"{'claims':>6}"]
        cells += [f"{column.heading:>{column.width}}" for column in MEASURED_COLUMNS]
        cells += [f"{'strides':>7}"]
        return coloured(" ".join(cells), "heading")

    def row(self, walk: SessionWalk) -> str:
        """Return the line of a recording, and count it.

        Args:
            walk: A recording of a session.
        """
        name = printable(walk.shown)
        name = name if len(name) <= self.width else f"…{name[-self.width + 1 :]}"
        if walk.error and walk.assessment is None:
            return f"{name:{self.width}} {self._refused(walk)}"
        self.counts["walks"] += 1
        cells = [f"{name:{self.width}}", *(self._score_cells(walk) if self.scored else [])]
        for column in MEASURED_COLUMNS:
            measured = (walk.parameters or {}).get(column.parameter)
            text = "–" if measured is None else f"{measured.value:{column.format}}"
            cells.append(f"{text:>{column.width}}")
        cells.append(f"{walk.strides:7d}")
        return " ".join(cells).rstrip()

    def _refused(self, walk: SessionWalk) -> str:
        is_static = walk.kind == STATIC
        self.counts[STATIC if is_static else "refused"] += 1
        if is_static:
            return coloured("static trial, not a walk", "not measurable")
        reason = printable(self._without_name(short_reason(walk.error), walk.shown))
        return coloured(f"refused: {reason}", "error")

    def _without_name(self, reason: str, shown: str) -> str:
        """The reason without the file at its begin, which is in the first column."""
        path = self.paths[shown]
        for name in (shown, str(path)):
            reason = reason.removeprefix(name).removeprefix(":").lstrip()
        return reason

    def _score_cells(self, walk: SessionWalk) -> list[str]:
        if walk.assessment is None:  # the model gave no answer
            return [coloured(f"{'none':>8}", "error"), f"{'':>7}", f"{'':>6}"]
        trust = walk.assessment["trust"]
        claims = f"{trust['claims_supported']}/{trust['claims_made']}"
        if trust["score"] is None:
            self.counts["withheld"] += 1
            return [coloured(f"{'withheld':>8}", "uncertain"), f"{'':>7}", f"{claims:>6}"]
        certain = trust["certain"]
        self.counts["uncertain"] += not certain
        style = "certain" if certain else "uncertain"
        return [
            coloured(f"{trust['score']:>8}", "score"),
            coloured(f"{'yes' if certain else 'no':>7}", style),
            f"{claims:>6}",
        ]

    def summary(self) -> str:
        """Return how many recordings there were of each kind."""
        counts = self.counts
        parts = [f"{counts['walks']} walk{'s' if counts['walks'] != 1 else ''}"]
        if self.scored:
            parts[0] += f" ({counts['withheld']} withheld, {counts['uncertain']} uncertain)"
        for kind in (STATIC, "refused"):
            if counts[kind]:
                name = "static trials" if kind == STATIC and counts[kind] > 1 else kind
                parts.append(f"{counts[kind]} {name}")
        return ", ".join(parts)
