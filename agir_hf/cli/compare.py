"""``agir compare``: the gait parameters of two recordings of one person."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..constants_agir import NOTICE
from .assess import norm_lines, read_lines
from .console import (
    UsageError,
    add_events,
    add_norms,
    add_reading,
    norms_of,
    paragraph,
    print_text,
    reading,
)
from .measure import measure_file

if TYPE_CHECKING:
    from ..assessment.comparison import Difference
    from ..gait import GaitMeasurement
    from ..gait.applied_norms import AppliedNorms

MARK = "*"


def add_commands(commands) -> None:
    """Add ``compare`` to the command line.

    Args:
        commands: Subparsers of ``agir``.
    """
    compare = commands.add_parser(
        "compare",
        help="compare the gait of two recordings of one person",
        description="Print the gait parameters of two recordings (OFF and ON, before and after) in "
        f"one table; {MARK} marks a difference that exceeds measurement error.",
        epilog=NOTICE,
    )
    compare.add_argument("first", metavar="A", type=Path, help="recording")
    compare.add_argument("second", metavar="B", type=Path, help="recording of the same person")
    compare.add_argument("--json", action="store_true", help="print one JSON object")
    add_events(compare)
    add_norms(compare)
    add_reading(compare)
    compare.set_defaults(run=_compare)


def _compare(options: argparse.Namespace) -> int:
    from ..assessment.comparison import as_json, compare
    from ..gait.applied_norms import AppliedNorms

    flags, person = reading(options), norms_of(options)
    walks = [_read(path, flags, options.events) for path in (options.first, options.second)]
    rows = compare(*(walk.measured for walk in walks), **person)
    applied = AppliedNorms(**person)
    if options.json:
        about = {
            "files": [walk.file for walk in walks],
            "remarks": [list(walk.remarks) for walk in walks],
            "cautions": [list(walk.cautions) for walk in walks],
            "events_from": [walk.measured.signals.phases.events_from for walk in walks],
        }
        print(json.dumps(about | as_json(rows, applied)))
    else:
        print_text(_text(walks, rows, applied))
    return 0


class _Walk(NamedTuple):
    """A recording to compare, with what was repaired in it and what is doubtful."""

    file: str
    measured: GaitMeasurement
    remarks: tuple[str, ...]
    cautions: tuple[str, ...]


def _read(path: Path, flags: dict, events: str) -> _Walk:
    from ..motion import read_recording

    try:
        recording = read_recording(path, **flags)
        measured, cautions = measure_file(path, recording, events)
    except ValueError as error:
        raise UsageError(str(error)) from error
    return _Walk(str(path), measured, recording.remarks, cautions)


def _text(walks: Sequence[_Walk], rows: Sequence[Difference], applied: AppliedNorms) -> str:
    from ..assessment.comparison import CHANCE, NOT_CLINICAL
    from ..gait.applied_norms import z_text

    lines = [
        *(
            line
            for letter, walk in zip("AB", walks, strict=True)
            for line in (f"{letter}  {walk.file}", *read_lines(walk.remarks, walk.cautions))
        ),
        f"  {'parameter':29} {'A':>9} {'B':>9} {'B - A':>10} {'limit':>9}   {'unit':9} "
        f"{'z of A':>6} {'z of B':>6}",
    ]
    for row in rows:
        a, b = ("absent" if value is None else f"{value.value:.4g}" for value in (row.a, row.b))
        change = "" if row.difference is None else f"{row.difference:+.3g}"
        limit = "" if row.limit is None else f"{row.limit:.3g}"
        mark = MARK if row.beyond else " "
        z_a, z_b = ("" if z is None else z_text(z) for z in (row.z_a, row.z_b))
        line = f"  {row.name:29} {a:>9} {b:>9} {change:>10} {limit:>9} {mark} {row.unit:9} "
        line += f"{z_a:>6} {z_b:>6}"
        lines.append(line + (f"  ({row.note})" if row.note else ""))
    count = sum(bool(row.beyond) for row in rows)
    summary = f"{count} of {len(rows)} differences are beyond measurement error ({MARK}). "
    lines.append(paragraph("  ", f"{summary}{NOT_CLINICAL} {CHANCE}"))
    lines += norm_lines(applied.as_json())
    return "\n".join([*(line.rstrip() for line in lines), f"  {NOTICE}"])
