"""``agir compare``: the gait of two recordings or sessions of one person."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..constants_agir import NOTICE
from ..utils.formatting import printable
from .assess_text import norm_lines, read_lines
from .console import (
    USER_ERROR,
    UsageError,
    add_verbosity,
    coloured,
    labelled,
    paragraph,
    print_error,
)
from .inputs import check_exists, input_paths, recordings_of
from .outputs import add_outputs, check_outputs, stem_of_page, write_page
from .person_options import add_person, norms_file, person_of
from .reading_options import add_events, add_reading, reading

if TYPE_CHECKING:
    from ..assessment import Subject
    from ..assessment.compared_walks import Comparison
    from ..assessment.comparison import Difference
    from ..assessment.session import Session
    from ..assessment.session_files import RecordingFile

MARK = "*"


def add_commands(commands) -> None:
    """Add ``compare`` to the command line.

    Args:
        commands: Subparsers of ``agir``.
    """
    compare = commands.add_parser(
        "compare",
        help="compare two recordings or sessions of one person",
        description="Print the gait parameters of two recordings or two folders of trials (OFF and "
        f"ON, before and after) in one table; {MARK} marks a difference that exceeds measurement "
        "error, better and worse say whether it comes nearer to the norm. A folder alone is "
        "compared OFF with ON, as its file names state them.",
        epilog=NOTICE,
    )
    compare.add_argument("first", metavar="A", type=Path, help="recording, or folder of trials")
    compare.add_argument(
        "second", metavar="B", type=Path, nargs="?", help="the same of the same person"
    )
    add_verbosity(compare, "why a difference or its limit is unknown")
    add_outputs(compare, several=False)
    add_events(compare)
    add_person(compare)
    add_reading(compare)
    compare.set_defaults(run=_compare)


class _Side(NamedTuple):
    """The recordings on a side of the comparison, with what was repaired in them."""

    file: str
    session: Session
    remarks: tuple[str, ...]
    cautions: tuple[str, ...]
    events_from: str


def _compare(options: argparse.Namespace) -> int:
    from ..assessment.compared_walks import compare_walks

    flags, subject, norms = reading(options), person_of(options), norms_file(options)
    paths = [path for path in (options.first, options.second) if path is not None]
    for path in paths:
        check_exists(path)
    listed = [recordings_of([path], options.item)[0] for path in paths]
    if not all(listed):
        return USER_ERROR
    check_outputs(options, input_paths(options, [file for files in listed for file in files]))
    sides = [
        _read(path, files, flags, options, subject)
        for path, files in zip(paths, listed, strict=True)
    ]
    names = ["A", "B"]
    if options.second is None:
        sides, names = _medication_pair(options.first, sides[0]), ["OFF", "ON"]
    try:
        comparison = compare_walks(*(side.session for side in sides), norms=norms, names=names)
    except ValueError as error:
        raise UsageError(str(error)) from error
    if options.json:
        print(json.dumps(_values(sides, comparison)))
    else:
        print(_text(sides, comparison, options))
    title = "-".join(Path(side.file).stem for side in sides)
    stem = stem_of_page("comparison", subject.id, title)
    write_page(options, stem, comparison.write_report, only_folder=False)
    return 0


def _read(
    path: Path,
    files: Sequence[RecordingFile],
    flags: dict,
    options: argparse.Namespace,
    subject: Subject,
) -> _Side:
    """Measure the recordings of a side; what is left out of a folder is reported on stderr."""
    from ..assessment.session import Session
    from .measured_walk import measured_walk

    rows, remarks, sources = [], [], []
    for file in files:
        row = measured_walk(file, subject=subject, events=options.events, reading=flags)
        if row.error and not path.is_dir():
            raise UsageError(row.error)
        if row.error:
            print_error(f"left out: {row.error}")
        else:
            remarks += row.prepared.recording.remarks
            sources.append(row.prepared.measured.signals.phases.events_from)
        rows.append(row.released())
    if not sources:
        raise UsageError(f"{path} has no recording that can be measured: pass another")
    cautions = [caution for row in rows for caution in row.cautions]
    session = Session(rows, subject=subject, title=path.stem or path.resolve().name)
    return _Side(str(path), session, _once(remarks), _once(cautions), sources[0])


def _once(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


def _medication_pair(path: Path, side: _Side) -> list[_Side]:
    """Both states of a folder that has recordings OFF and ON medication.

    Raises:
        UsageError: It is no such folder.
    """
    pair = side.session.medication_pair()
    if pair is None:
        raise UsageError(
            f"B is missing, and {path} is no folder of one subject with recordings OFF and ON in "
            "their names: pass two recordings or two folders"
        )
    states = zip(("OFF", "ON"), pair, strict=True)
    return [side._replace(file=f"{path} ({name})", session=session) for name, session in states]


def _values(sides: Sequence[_Side], comparison: Comparison) -> dict:
    about = {
        "files": [side.file for side in sides],
        "remarks": [list(side.remarks) for side in sides],
        "cautions": [list(side.cautions) for side in sides],
        "events_from": [side.events_from for side in sides],
    }
    return about | comparison.as_json()


def _text(sides: Sequence[_Side], comparison: Comparison, options: argparse.Namespace) -> str:
    from ..assessment.comparison import notes

    lines = [] if options.quiet else _side_lines(sides, comparison)
    lines += [labelled("Caution", printable(text), "uncertain") for text in comparison.cautions]
    lines.append(_heading(comparison.names))
    lines += [_row_line(row, options.verbose) for row in comparison.rows]
    if options.quiet:
        return "\n".join(lines)
    lines.append(paragraph("  ", f"{_summary(comparison.rows)} {notes(comparison.rows)}"))
    lines += _profile_lines(comparison)
    lines += norm_lines(comparison.applied.as_json())
    return "\n".join([*lines, f"  {NOTICE}"])


def _side_lines(sides: Sequence[_Side], comparison: Comparison) -> list[str]:
    """Files of both sides, with what was repaired in them."""
    lines = []
    for name, side in zip(comparison.names, sides, strict=True):
        trials = len(side.session.measured)
        count = f", {trials} recordings" if trials > 1 else ""
        lines.append(f"{coloured(name, 'heading')}  {printable(side.file)}{count}")
        lines += read_lines(map(printable, side.remarks), map(printable, side.cautions))
    return lines


def _heading(names: Sequence[str]) -> str:
    a, b = names
    text = (
        f"  {'parameter':29} {a:>9} {b:>9} {f'{b} - {a}':>10} {'%':>6} {'limit':>9}   {'unit':9} "
        f"{f'z of {a}':>8} {f'z of {b}':>8}  change"
    )
    return coloured(text, "heading")


def _row_line(row: Difference, with_note: bool) -> str:
    """One parameter: values, difference, percent, limit, unit, z-scores, better or worse."""
    from ..gait.applied_norms import z_text

    a, b = ("absent" if value is None else f"{value.value:.4g}" for value in (row.a, row.b))
    change = "" if row.difference is None else f"{row.difference:+.3g}"
    percent = "" if row.percent is None else f"{row.percent:+.0f}"
    limit = "" if row.limit is None else f"{row.limit:.3g}"
    mark = MARK if row.beyond else " "
    z_a, z_b = ("" if z is None else z_text(z) for z in (row.z_a, row.z_b))
    line = (
        f"  {row.name:29} {a:>9} {b:>9} {change:>10} {percent:>6} {limit:>9} {mark} {row.unit:9} "
    )
    line += f"{z_a:>8} {z_b:>8}  "
    if row.better in ("better", "worse"):
        line += coloured(row.better, row.better)
    elif row.beyond and row.better:
        line += row.better
    absent = row.a is None or row.b is None
    note = f"({row.note})" if row.note and (with_note or absent) else ""
    return f"{line}{note}".rstrip()


def _summary(rows: Sequence[Difference]) -> str:
    from ..assessment.comparison import summary

    counts = summary(rows)
    return (
        f"{counts['beyond']} of {counts['compared']} differences are beyond measurement error "
        f"({MARK}): {counts['better']} better (nearer to the norm), {counts['worse']} worse."
    )


def _profile_lines(comparison: Comparison) -> list[str]:
    """Gait Profile Scores of both, and whether their change is larger than a published limit."""
    from ..assessment.compared_walks import MCID_SOURCE
    from ..assessment.comparison_report import variables_text

    profile = comparison.profile
    if profile is None:
        return []
    a, b = (values["overall"] for values in (profile.a_deg, profile.b_deg))
    beyond = "more" if profile.beyond_mcid else "not more"
    hint = variables_text(len(profile.variables))
    text = (
        f"{comparison.names[0]} {a:.1f}°, {comparison.names[1]} {b:.1f}°, change "
        f"{profile.change_deg:+.1f}°, {beyond} than the {MCID_SOURCE}. {hint}"
    ).rstrip()
    return [labelled("GPS", text)]
