"""``agir assess`` and ``agir demo``: recordings → scores with reasons."""

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .. import DEFAULT_MODEL, SAMPLE_RECORDING
from .console import (
    NOTICE,
    USER_ERROR,
    UsageError,
    add_model,
    add_reading,
    complain,
    load_model,
    model_provenance,
    model_text,
    one_line,
    paragraph,
    reading,
)

FRAMES_LOST_TO_CODES = 4  # features have one frame less than joints; codes take four at a time


def add_commands(commands) -> None:
    """Add ``demo`` and ``assess`` to the command line."""
    demo = commands.add_parser("demo", help="assess the embedded sample, a simulated walk")
    demo.set_defaults(run=_demo)

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


@dataclass(frozen=True)
class PreparedRecording:
    """A recording read and brought to 20 fps joints."""

    path: Path
    frames: int
    rate_hz: float
    motion: object  # JointMotion
    recording: object  # what was read: gait is measured on it

    def provenance(self) -> dict:
        """What was read, as JSON shows it."""
        return {
            "file": str(self.path),
            "marker_set": self.motion.marker_set,
            "conventions": str(self.motion.conventions or "") or None,
            "rate_hz": self.rate_hz,
            "frames": self.frames,
            "duration_s": round(self.frames / self.rate_hz, 3),
            "gaps_filled": self.motion.gaps_filled,
            "longest_gap_s": round(self.motion.longest_gap_s, 3),
            "trimmed_s": round(self.motion.trimmed_s, 3),
            "model_rate_hz": self.motion.rate_hz,
            "motion_frames": len(self.motion.joints),
        }


class Assessor:
    """A model and its processor, loaded once for many recordings."""

    def __init__(self, name_or_path: str):
        self.name = name_or_path
        self.model, self.processor = load_model(name_or_path)

    def __call__(self, recording: PreparedRecording) -> dict:
        """Score, probabilities, how sure they are, reasoning and where they come from."""
        from ..processing_agir import vote

        windows = self.processor.feature_extractor.windows(recording.motion)
        inputs = self.processor(motion=windows)
        outputs = self.model.generate_assessment(**inputs)
        lengths = inputs["motion_attention_mask"].sum(1).tolist()
        assessment = vote(self.processor.decode_assessments(outputs), lengths)
        read = {"model_frames": sum(lengths), "windows": len(windows)}
        return {
            "score": assessment.score,
            "probabilities": [round(p, 4) for p in assessment.probabilities],
            "uncertain": assessment.uncertain,
            "uncertain_below": assessment.uncertain_below,
            "alternatives": list(assessment.alternatives),
            "reasoning": assessment.reasoning,
            "evidence": evidence(assessment.reasoning, recording),
            "model": model_provenance(self.name, self.model),
            "recording": recording.provenance() | read,
        }


def _demo(options: argparse.Namespace) -> int:
    print("The embedded sample recording (a simulated walk), read by the embedded tiny model:\n")
    recording = prepare(Path(SAMPLE_RECORDING))
    print(_as_text(Assessor(DEFAULT_MODEL)(recording)))
    print("\nYour own recording:  agir assess FILE.c3d")
    return 0


def _assess(options: argparse.Namespace) -> int:
    if options.report and len(options.files) > 1:
        raise UsageError(f"--report is of one recording, {len(options.files)} came: one at a time")
    recordings, failed = _prepare_all(options)
    if recordings:
        assessor = Assessor(options.model)
        for index, recording in enumerate(_with_progress(recordings)):
            try:
                result = assessor(recording)
            except ValueError as error:
                failed = True
                complain(f"{recording.path}: {error}")
                continue
            if options.report:
                _report(options.report, recording, result)
            if options.json:
                print(json.dumps(result), flush=True)
            else:
                print(("\n" if index else "") + _as_text(result), flush=True)
    return USER_ERROR if failed else 0


def _prepare_all(options: argparse.Namespace) -> tuple[list[PreparedRecording], bool]:
    """The recordings that can be read, and whether there were others (told on stderr)."""
    recordings, failed = [], False
    flags = reading(options)
    for path in options.files:
        try:
            recordings.append(prepare(path, options.method, **flags))
        except (ValueError, OSError) as error:
            failed = True
            complain(error)
    return recordings, failed


def prepare(path: Path, method: str = "centres", **flags) -> PreparedRecording:
    """Read a recording and make joints of it; raises RecordingError or OSError."""
    from ..motion import read_recording, to_joints
    from ..motion.recording import frame_count

    recording = read_recording(path, **flags)
    frames = frame_count(recording)
    motion = to_joints(recording, method)
    return PreparedRecording(path, frames, recording.rate_hz, motion, recording)


def _measured(recording: PreparedRecording):
    """The measured gait of what was read; raises RecordingError where it cannot be had."""
    from ..gait import measure
    from ..motion.recording import BodyMotion

    read = recording.recording
    return measure(recording.motion if isinstance(read, BodyMotion) else read)


def _report(out: Path, recording: PreparedRecording, result: dict) -> None:
    from ..gait import grounding_score
    from ..gait.report import assessment_part
    from ..motion.recording import RecordingError
    from .measure import report

    try:
        measured = _measured(recording)
    except RecordingError as error:
        raise UsageError(f"no report: {one_line(error)}") from error
    checked = grounding_score(result["reasoning"], measured.parameters).checked
    part = assessment_part(
        result["score"], result["probabilities"], result["reasoning"], checked, doubt(result)
    )
    report(out, recording.path, recording.recording, measured, assessment=part)


def doubt(result: dict) -> str:
    """The scores to reckon with where an answer is uncertain, and why it is; else nothing."""
    if not result["uncertain"]:
        return ""
    *others, last = map(str, result["alternatives"])
    confidence = result["probabilities"][result["score"]]
    return (
        f"{', '.join(others)} or {last}: a confidence of {confidence:.1%} is below the level of "
        f"this model, {result['uncertain_below']:.1%}"
    )


def evidence(reasoning: str, recording: PreparedRecording) -> dict:
    """Each claim of a rationale against the measured gait; the score does not depend on it."""
    from ..gait import grounding_score
    from ..motion.recording import RecordingError

    try:
        parameters, reason = _measured(recording).parameters, None
    except RecordingError as error:
        parameters, reason = {}, one_line(error)
    result = grounding_score(reasoning, parameters)
    return {
        "grounding": None if result.score is None else round(result.score, 4),
        "coverage": None if result.coverage is None else round(result.coverage, 4),
        "not_measured": reason,
        "claims": [
            {
                "text": " ".join(reasoning[row.claim.start : row.claim.end].split()),
                "quantity": row.claim.quantity,
                "side": row.claim.side or None,
                "verdict": row.verdict,
                "parameter": row.parameter,
                "measured": None if row.value is None else round(row.value, 4),
                "norm": None if row.norm is None else round(row.norm.mean, 4),
                "z": None if row.z is None else round(row.z, 2),
            }
            for row in result.checked
        ],
    }


def _with_progress(recordings: list[PreparedRecording]) -> Iterable[PreparedRecording]:
    from tqdm import tqdm

    quiet = len(recordings) == 1 or not sys.stderr.isatty()
    return tqdm(recordings, unit="recording", leave=False, disable=quiet)


def _as_text(result: dict) -> str:
    chances = "   ".join(f"{k}: {p:4.0%}" for k, p in enumerate(result["probabilities"]))
    lines = [
        result["recording"]["file"],
        f"  Score      {result['score']}   of 0-2, higher is more impaired",
        f"  Probable   {chances}",
        *([paragraph("  Uncertain  ", doubt(result))] if result["uncertain"] else []),
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


def recording_text(recording: dict) -> str:
    """What was read of a recording, and what was mended or left out on the way."""
    parts = [
        f"{recording['frames']} frames at {recording['rate_hz']:g} Hz "
        f"({recording['duration_s']:.1f} s)",
        _what(recording["marker_set"]),
        "no gaps filled",
        f"the model read {recording['model_frames']} frames at {recording['model_rate_hz']:g} Hz",
    ]
    if recording["gaps_filled"]:
        longest = f"the longest {recording['longest_gap_s']:.2f} s"
        parts[2] = f"{recording['gaps_filled']} gaps filled, {longest}"
    if recording["trimmed_s"]:
        parts.insert(3, f"{recording['trimmed_s']:.2f} s at the ends left out (markers not seen)")
    if recording["conventions"]:
        parts.insert(2, recording["conventions"])
    if recording.get("windows", 1) > 1:
        parts[-1] += (
            f" in {recording['windows']} windows: probabilities are their mean, reasons are of the "
            "window surest of the score"
        )
    elif recording["motion_frames"] - recording["model_frames"] > FRAMES_LOST_TO_CODES:
        seconds = recording["model_frames"] / recording["model_rate_hz"]
        parts[-1] += f", the first {seconds:g} s only"
    return ", ".join(parts)


def _what(kind: str) -> str:
    """A marker set's name as "Shida-44 markers"; other descriptions as they are."""
    from ..motion.marker_sets import MARKER_SETS

    return f"{kind} markers" if kind in {known.name for known in MARKER_SETS} else kind
