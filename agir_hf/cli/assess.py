"""``agir assess``: recordings → scores with reasons."""

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from ..assessment import AssessedWalk, PreparedRecording, assess_prepared, prepare_recording
from ..assessment.messages import model_text, recording_text, uncertainty_text
from ..constants_agir import NOTICE
from .console import (
    USER_ERROR,
    UsageError,
    add_model,
    add_reading,
    complain,
    load_model,
    paragraph,
    reading,
)


def add_commands(commands) -> None:
    """Add ``assess`` to the command line."""
    assess = commands.add_parser(
        "assess",
        help="assess your own recordings",
        description="Print score, probabilities, rationale and provenance of each recording.",
        epilog="A recording is a walk of at least one second: markers (C3D, TRC), a body in motion "
        f"(AMASS .npz, CARE-PD .pkl) or joints (BVH, .npy, .npz). {NOTICE}",
    )
    assess.add_argument("files", nargs="+", metavar="FILE", type=Path, help="recording")
    assess.add_argument("--json", action="store_true", help="one JSON object a line for each file")
    add_model(assess)
    assess.add_argument(
        "--method",
        choices=("centres", "body"),
        default="centres",
        help="markers to joints: by joint centres (default), or by fitting a body, which bears "
        "long gaps",
    )
    assess.add_argument(
        "--report", type=Path, metavar="OUT.html", help="also a page to look at (one recording)"
    )
    add_reading(assess)
    assess.set_defaults(run=_assess)


def _assess(options: argparse.Namespace) -> int:
    if options.report and len(options.files) > 1:
        raise UsageError(f"--report is of one recording, {len(options.files)} came: one at a time")
    recordings, failed = _prepare_all(options)
    if recordings:
        model, processor = load_model(options.model)
        for index, recording in enumerate(_with_progress(recordings)):
            try:
                walk = assess_prepared(recording, model, processor)
            except ValueError as error:
                failed = True
                complain(f"{recording.name}: {error}")
                continue
            if options.report:
                _report(options.report, walk)
            result = walk.as_json()
            if options.json:
                print(json.dumps(result), flush=True)
            else:
                print(("\n" if index else "") + as_text(result), flush=True)
    return USER_ERROR if failed else 0


def _prepare_all(options: argparse.Namespace) -> tuple[list[PreparedRecording], bool]:
    """The recordings that can be read, and whether there were others (told on stderr)."""
    recordings, failed = [], False
    flags = reading(options)
    for path in options.files:
        try:
            recordings.append(prepare_recording(path, options.method, **flags))
        except (ValueError, OSError) as error:
            failed = True
            complain(error)
    return recordings, failed


def _report(out: Path, walk: AssessedWalk) -> None:
    if walk.measurement is None:
        raise UsageError(f"no report: {walk.evidence.not_measured}")
    try:
        walk.write_report(out)
    except (ImportError, ValueError, OSError) as error:
        raise UsageError(str(error)) from error
    print(f"report: {out}", file=sys.stderr)


def _with_progress(recordings: list[PreparedRecording]) -> Iterable[PreparedRecording]:
    from tqdm import tqdm

    quiet = len(recordings) == 1 or not sys.stderr.isatty()
    return tqdm(recordings, unit="recording", leave=False, disable=quiet)


def as_text(result: dict) -> str:
    """What `AssessedWalk.as_json` gives, in lines."""
    chances = "   ".join(f"{k}: {p:4.0%}" for k, p in enumerate(result["probabilities"]))
    lines = [
        result["recording"]["file"],
        f"  Score      {result['score']}   of 0-2, higher is more impaired",
        f"  Probable   {chances}",
        *([paragraph("  Uncertain  ", uncertainty_text(result))] if result["uncertain"] else []),
        paragraph("  Reasons    ", result["reasoning"]),
        *evidence_lines(result["evidence"]),
        paragraph("  Recording  ", recording_text(result["recording"])),
        paragraph("  Model      ", model_text(result["model"])),
        f"  {NOTICE}",
    ]
    return "\n".join(lines)


def evidence_lines(found: dict) -> list[str]:
    """The claims of the rationale, each with its verdict and what was measured."""
    claims = found["claims"]
    if found["not_measured"]:
        return [paragraph("  Evidence   ", f"not measured: {found['not_measured']}")]
    verdicts = [row["verdict"] for row in claims]
    told = f"{verdicts.count('supported')} of {len(claims)} claims supported by the measured gait"
    told += f", {verdicts.count('contradicted')} contradicted"
    lines = [paragraph("  Evidence   ", told)]
    for row in claims:
        line = f"    {row['verdict']:14} {row['text']}"
        if row["parameter"]:
            line += f" [{row['parameter']} {row['measured']:.3g}"
            line += f", z {row['z']:+.1f}]" if row["z"] is not None else "]"
        lines.append(line)
    return lines
