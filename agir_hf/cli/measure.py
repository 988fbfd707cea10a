"""``agir measure``: measure gait events and parameters of recordings."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..constants_agir import NOTICE
from ..utils.formatting import printable_values
from .assess import session_of
from .assess_text import event_lines, identity_lines, norm_lines, read_lines
from .batch import Times, run
from .console import USER_ERROR, add_verbosity, coloured, print_note
from .finished import Command, Finish
from .inputs import add_files, input_paths, recordings_of
from .many import add_workers, check_workers, measured_walks
from .outputs import add_outputs, check_outputs, prints_csv
from .person_options import add_person, norms_file, person_of
from .reading_options import add_events, add_reading, reading

if TYPE_CHECKING:
    from ..assessment.session_walks import SessionWalk
    from ..gait import GaitMeasurement, Measured
    from ..gait.applied_norms import AppliedNorms
    from ..gait.norms import Reference
    from ..motion.recording import Recording

MEASURED = ("value", "unit", "sd", "n")
CSV_COLUMNS = ("parameter", *MEASURED, "norm_mean", "norm_sd", "z", "norm_status", "grade")
_CSV_HELP = (
    "write a table with one row a recording; without a file, print one row a file and parameter"
)


def add_commands(commands) -> None:
    """Add ``measure`` to the command line.

    Args:
        commands: Subparsers of ``agir``.
    """
    measure = commands.add_parser(
        "measure",
        help="measure gait events and parameters",
        description="Print heel strikes, toe-offs and gait parameters of each recording, with the "
        "number of steps or strides behind each; of several recordings or a folder a table with a "
        "row for each. Parameters that cannot be measured are listed with the reason.",
        epilog=NOTICE,
    )
    add_files(measure)
    add_verbosity(measure, "the whole table of each of several recordings")
    add_outputs(measure, csv=_CSV_HELP)
    add_workers(measure, scored=False)
    add_events(measure)
    add_person(measure)
    add_reading(measure)
    measure.set_defaults(run=_measure)


def _measure(options: argparse.Namespace) -> int:
    from ..gait.applied_norms import AppliedNorms
    from .measured_walk import measured_walk

    check_workers(options)
    times = Times()
    flags, subject, norms = reading(options), person_of(options), norms_file(options)
    applied = AppliedNorms(subject.age, subject.sex, norms)
    files, failed = recordings_of(options.files, options.item)
    if not files:
        return USER_ERROR
    check_outputs(options, input_paths(options, files))
    if prints_csv(options) and applied.remark:  # the table has no column for it
        print_note(applied.remark, options)
    command = Command(
        scored=False,
        values=partial(_values, applied=applied),
        text=as_text,
        short=short_text,
        write_report=partial(_write_report, applied=applied),
        csv_rows=_csv_rows,
        csv_columns=CSV_COLUMNS,
    )
    read = partial(measured_walk, subject=subject, events=options.events, reading=flags)
    finish = Finish(options, command, len(files) > 1)
    walks = measured_walks(files, read, finish, options, times)
    session = partial(session_of, options=options, subject=subject, norms=norms)
    return run(options, files, walks, command, session, times) or (USER_ERROR if failed else 0)


def _values(walk: SessionWalk, applied: AppliedNorms) -> dict:
    """Values of a recording for JSON."""
    prepared = walk.prepared
    values = as_json(walk.shown, prepared.recording, prepared.measured, applied)
    return values | {
        "cautions": list(walk.cautions),
        "identity": walk.identity.as_json(),
        "person": prepared.subject.person(),
    }


def _csv_rows(result: dict) -> list[tuple]:
    """Return a row of `CSV_COLUMNS` for each parameter."""
    rows = []
    for name, row in result["parameters"].items():
        norm = row["norm"] or {}
        values = (row[key] for key in MEASURED)
        of_norm = (norm.get("mean"), norm.get("sd"), row["z"], norm.get("status"), row["grade"])
        rows.append((name, *values, *of_norm))
    return rows


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


def _write_report(walk: SessionWalk, path: Path, applied: AppliedNorms) -> None:
    """Write the page of a recording."""
    from ..gait.report import ReportInput, recording_provenance, write_report

    prepared = walk.prepared
    name = walk.identity.file
    page = ReportInput(
        walk.identity.id or Path(name).stem,
        prepared.measured,
        prepared.recording,
        motion=prepared.motion,
        applied=applied,
        identity=walk.identity.as_json(),
        provenance=recording_provenance(name, prepared.recording, prepared.measured),
    )
    write_report(path, page)


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
        coloured(result["file"], "heading"),
        f"  {ground}, {counts['heel_strike']} heel strikes, {counts['toe_off']} toe-offs, "
        f"timing resolution {recording['timing_resolution_s'] * 1000:.0f} ms; "
        f"{recording['rate_hz']:g} Hz{_clock_text(recording['start_s'])}",
        *([f"  Units      {text}"] if (text := recording["conventions"]) else []),
        *event_lines(result),
        *read_lines(recording["remarks"], result.get("cautions", ())),
        coloured(
            f"  {'parameter':29} {'value':>9} {'unit':9} {'SD':>8}   n  {'norm':>8} {'z':>6}  "
            "grade",
            "heading",
        ),
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
    lines += norm_lines(result["norms"])
    if "identity" in result:
        lines += identity_lines(result["identity"], result["person"])
    return "\n".join([*lines, f"  {NOTICE}"])


def short_text(result: dict) -> str:
    """Return measured gait in short form, for ``-q``: the parameters alone.

    Args:
        result: Result of `as_json`.
    """
    result = printable_values(result)
    rows = (
        f"  {name:29} {row['value']:>9.4g} {row['unit']}".rstrip()
        for name, row in result["parameters"].items()
    )
    return "\n".join([result["file"], *rows])
