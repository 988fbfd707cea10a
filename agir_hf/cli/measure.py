"""``agir measure``: measure gait events and parameters of recordings."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..constants_agir import NOTICE
from ..utils.formatting import printable, printable_values
from ..utils.spreadsheets import safe_row
from .assess import check_report, event_lines, norm_lines, read_lines
from .console import (
    USER_ERROR,
    UsageError,
    add_events,
    add_norms,
    add_reading,
    norms_of,
    print_error,
    reading,
)

if TYPE_CHECKING:
    from ..gait import GaitMeasurement, Measured
    from ..gait.applied_norms import AppliedNorms
    from ..gait.norms import Reference
    from ..motion.recording import Recording

MEASURED = ("value", "unit", "sd", "n")
CSV_COLUMNS = ("parameter", *MEASURED, "norm_mean", "norm_sd", "z", "norm_status", "grade")


def add_commands(commands) -> None:
    """Add ``measure`` to the command line.

    Args:
        commands: Subparsers of ``agir``.
    """
    measure = commands.add_parser(
        "measure",
        help="measure gait events and parameters",
        description="Print heel strikes, toe-offs and gait parameters of each recording, with the "
        "number of steps or strides behind each. Parameters that cannot be measured are listed "
        "with the reason.",
        epilog=NOTICE,
    )
    measure.add_argument("files", nargs="+", metavar="FILE", type=Path, help="recording")
    kind = measure.add_mutually_exclusive_group()
    kind.add_argument("--json", action="store_true", help="print one JSON object per file")
    kind.add_argument("--csv", action="store_true", help="print one row per file and parameter")
    measure.add_argument(
        "--report", type=Path, metavar="OUT.html", help="also write an HTML page (one recording)"
    )
    add_events(measure)
    add_norms(measure)
    add_reading(measure)
    measure.set_defaults(run=_measure)


def _measure(options: argparse.Namespace) -> int:
    from ..gait.applied_norms import AppliedNorms

    flags = reading(options)
    applied = AppliedNorms(**norms_of(options))
    check_report(options)
    failed, rows = False, csv.writer(sys.stdout)
    if options.csv:
        rows.writerow(("file", *CSV_COLUMNS))
        if applied.remark:  # the table has no column for it
            print(applied.remark, file=sys.stderr)
    for index, path in enumerate(options.files):
        try:
            result = _result(path, flags, options.report, applied, options.events)
        except (ValueError, OSError) as error:
            if isinstance(error, UsageError):
                raise
            failed = True
            print_error(error)
            continue
        if options.json:
            print(json.dumps(result), flush=True)
        elif options.csv:
            rows.writerows(safe_row((printable(path), *row)) for row in _csv_rows(result))
        else:
            print(("\n" if index else "") + as_text(result), flush=True)
    return USER_ERROR if failed else 0


def _csv_rows(result: dict) -> list[tuple]:
    """Return a row of `CSV_COLUMNS` for each parameter."""
    rows = []
    for name, row in result["parameters"].items():
        norm = row["norm"] or {}
        values = (row[key] for key in MEASURED)
        of_norm = (norm.get("mean"), norm.get("sd"), row["z"], norm.get("status"), row["grade"])
        rows.append((name, *values, *of_norm))
    return rows


def _result(path: Path, flags: dict, page: Path | None, applied: AppliedNorms, events: str) -> dict:
    """Measure a file, and write its HTML page if ``--report`` was passed."""
    from ..motion import read_recording

    recording = read_recording(path, **flags)
    measured, cautions = measure_file(path, recording, events)
    if page:
        report(page, path, recording, measured, applied)
    return as_json(path, recording, measured, applied) | {"cautions": list(cautions)}


def measure_file(
    path: Path, recording: Recording, events: str = "detected"
) -> tuple[GaitMeasurement, tuple[str, ...]]:
    """Measure the gait of a file and check that it is a walk of which something was measured.

    Args:
        path: The file, for the error message.
        recording: The recording in it.
        events: Gait events to use: "detected", or "file" for those annotated in it.

    Returns:
        Measured gait, and the cautions of `agir_hf.gait.walk_check`.

    Raises:
        RecordingError: It is not a walk, or no parameter could be measured.
    """
    from ..gait.walk_check import measure_walk, nothing_measured
    from ..motion import RecordingError

    measured, cautions = measure_walk(recording, events)
    reason = nothing_measured(measured)
    if reason:
        raise RecordingError(f"{path}: {reason}")
    return measured, cautions


def as_json(
    name: str | Path,
    recording: Recording,
    measured: GaitMeasurement,
    applied: AppliedNorms,
) -> dict:
    """Return events, parameters and absent parameters as values for JSON.

    Args:
        name: Name of the recording.
        recording: The recording as read.
        measured: Measured gait of the recording.
        applied: Norms, and the person that they are applied to.
    """
    from ..gait.annotated_events import events_json

    phases = measured.signals.phases
    references = applied.of_walk(measured.parameters)
    return {
        "file": str(name),
        **events_json(recording, phases),
        "parameters": {
            parameter: _row(parameter, row, references.get(parameter))
            for parameter, row in measured.parameters.items()
        },
        "absent": measured.absent,
        "norms": applied.as_json(),
        "recording": {
            "rate_hz": recording.rate_hz,
            "start_s": round(recording.start_s, 4),
            "timing_resolution_s": round(phases.resolution_s, 5),
            "treadmill_m_per_s": phases.belt_speed_m_per_s,
            "turns_s": phases.turns,
            "standing_s": phases.standing,
            "conventions": str(recording.conventions or "") or None,
            "remarks": list(recording.remarks),
        },
    }


def report(
    out: Path,
    path: Path,
    recording: Recording,
    measured: GaitMeasurement,
    applied: AppliedNorms,
) -> None:
    """Write the HTML page of a recording, and print its path on stderr.

    Args:
        out: Page to write.
        path: File of the recording.
        recording: The recording as read.
        measured: Measured gait of the recording.
        applied: Norms, and the person that they are applied to.
    """
    from ..gait.report import recording_provenance, write_report

    provenance = recording_provenance(path.name, recording, measured)
    try:
        write_report(
            out,
            path.stem,
            measured,
            provenance=provenance,
            age=applied.age,
            sex=applied.sex,
            norms=applied.norms,
        )
    except (ImportError, ValueError, OSError) as error:
        raise UsageError(str(error)) from error
    print(f"report: {printable(out)}", file=sys.stderr)


def _row(name: str, row: Measured, norm: Reference | None) -> dict:
    """Return a measured parameter with its norm and grade as values for JSON."""
    from ..gait.applied_norms import norm_json, z_json
    from ..gait.grades import grade_of, grade_words

    return {
        "value": round(row.value, 5),
        "unit": row.unit,
        "sd": None if row.sd is None else round(row.sd, 5),
        "n": row.n,
        "norm": norm_json(norm),
        "z": None if norm is None else z_json(norm.z(row.value)),
        "grade": None if norm is None else grade_words(grade_of(name, row.value, norm)),
    }


def _clock_text(start_s: float) -> str:
    return f"; the first frame is at {start_s:.2f} s on the clock of the file" if start_s else ""


def as_text(result: dict) -> str:
    """Return measured gait as a table of text.

    Args:
        result: Result of `as_json`.
    """
    from ..gait.applied_norms import z_text

    result = printable_values(result)
    recording = result["recording"]
    ground = "overground"
    if recording["treadmill_m_per_s"] is not None:
        ground = f"on a treadmill at {recording['treadmill_m_per_s']:.2f} m/s"
    counts = {kind: 0 for kind in ("heel_strike", "toe_off")}
    for event in result["events"]:
        counts[event["kind"]] += 1
    lines = [
        result["file"],
        f"  {ground}, {counts['heel_strike']} heel strikes, {counts['toe_off']} toe-offs, "
        f"timing resolution {recording['timing_resolution_s'] * 1000:.0f} ms; "
        f"{recording['rate_hz']:g} Hz{_clock_text(recording['start_s'])}",
        *([f"  Units      {text}"] if (text := recording["conventions"]) else []),
        *event_lines(result),
        *read_lines(recording["remarks"], result.get("cautions", ())),
        f"  {'parameter':29} {'value':>9} {'unit':9} {'SD':>8}   n  {'norm':>8} {'z':>6}  grade",
    ]
    for name, row in result["parameters"].items():
        sd = "" if row["sd"] is None else f"{row['sd']:.3g}"
        value = f"{row['value']:.4g}"
        norm, z = "", ""
        if row["norm"]:
            sign = "~" if row["norm"]["status"] == "rough" else ""
            norm, z = f"{sign}{row['norm']['mean']:.3g}", z_text(row["z"])
        line = f"  {name:29} {value:>9} {row['unit']:9} {sd:>8} {row['n']:3d}  {norm:>8} {z:>6}"
        lines.append(f"{line}  {row['grade'] or ''}".rstrip())
    for name, reason in result["absent"].items():
        lines.append(f"  {name:29} {'absent':>9}: {reason}")
    return "\n".join([*lines, *norm_lines(result["norms"]), f"  {NOTICE}"])
