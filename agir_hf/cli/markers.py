"""``agir markers``: what the marker labels of recordings are recognised as."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .console import USER_ERROR, UsageError, paragraph, print_error, print_text
from .inputs import check_exists
from .outputs import check_out_file
from .reading_options import add_reading, reading

if TYPE_CHECKING:
    from ..motion.marker_sets.report import LabelReport


def add_commands(commands) -> None:
    """Add ``markers`` to the command line.

    Args:
        commands: Subparsers of ``agir``.
    """
    markers = commands.add_parser(
        "markers",
        help="show which marker labels are recognised, and write a mapping",
        description="Print the anatomical site of each label, the nearest marker set, and what is "
        "missing for joint centres, gait events and the body fit. With -o, write a mapping to fill "
        "in for --mapping: an empty text leaves a marker out.",
        epilog="Names in a mapping are sites, such as left_heel, or labels of any known set, such "
        "as LHEE.",
    )
    markers.add_argument("files", nargs="+", metavar="FILE", type=Path, help="C3D or TRC file")
    markers.add_argument("--json", action="store_true", help="print one JSON object per file")
    markers.add_argument(
        "-o", "--out", type=Path, metavar="OUT.json", help="write a mapping (one file)"
    )
    add_reading(markers)
    markers.set_defaults(run=_markers)


def _markers(options: argparse.Namespace) -> int:
    if options.out and len(options.files) > 1:
        raise UsageError(f"-o {options.out} is for one recording, {len(options.files)} were passed")
    if options.out:
        check_out_file(options.out)
    flags, failed = reading(options), False
    for index, path in enumerate(options.files):
        try:
            check_exists(path)
            report, remarks = _report(path, flags)
        except (ValueError, OSError) as error:
            failed = True
            print_error(error)
            continue
        if options.json:
            content = {"file": str(path)} | report.as_json() | {"remarks": list(remarks)}
            print(json.dumps(content), flush=True)
        else:
            print_text(("\n" if index else "") + _text(path, report, remarks))
        if options.out:
            _write(options.out, report)
    return USER_ERROR if failed else 0


def _report(path: Path, flags: dict) -> tuple[LabelReport, tuple[str, ...]]:
    """Report of the labels of a file, and the remarks of its reader."""
    from ..motion import MarkerRecording, RecordingError, read_recording
    from ..motion.marker_sets.report import report_labels

    recording = read_recording(path, **flags)
    if not isinstance(recording, MarkerRecording):
        kind = getattr(recording, "marker_set", "") or "a body in motion"
        raise RecordingError(
            f"{path} has {kind}, expected markers: it is read without marker labels"
        )
    return report_labels(recording.labels), recording.remarks


def _text(path: Path, report: LabelReport, remarks: tuple[str, ...]) -> str:
    total = len(report.sites) + len(report.unknown)
    lines = [
        str(path),
        f"  Set           {report.marker_set}: {len(report.sites)} of {total} labels recognised",
    ]
    for purpose, missing in report.missing.items():
        text = f"missing {', '.join(missing)}" if missing else "complete"
        lines.append(paragraph(f"  {purpose.capitalize():13} ", text))
    lines += [f"  {site.replace('_', ' '):25} {label}" for site, label in report.sites.items()]
    if report.unknown:
        lines.append(paragraph("  Unknown       ", ", ".join(report.unknown)))
    return "\n".join([*lines, *(paragraph("  Read          ", remark) for remark in remarks)])


def _write(path: Path, report: LabelReport) -> None:
    """Write the mapping, and print its path on stderr."""
    from ..utils.files import write_text_atomic

    if path.suffix.lower() != ".json":
        raise UsageError(f"{path} ends in {path.suffix!r}, expected a name that ends in .json")
    write_text_atomic(path, json.dumps(report.template(), indent=2, ensure_ascii=False) + "\n")
    print(f"mapping: {path}", file=sys.stderr)
