"""``agir assess``: score recordings, with reasons."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..assessment import AssessedWalk, PreparedRecording, prepare_recording
from ..assessment.messages import model_text, recording_text, selection_text, uncertainty_text
from ..assessment.prediction import BATCH_SIZE
from ..constants_agir import NOTICE
from ..utils.formatting import printable, printable_values
from .console import (
    USER_ERROR,
    UsageError,
    add_batch_size,
    add_device,
    add_events,
    add_model,
    add_norms,
    add_reading,
    check_device,
    coloured,
    load_model,
    norms_of,
    paragraph,
    print_error,
    reading,
)
from .fit_convert import use_body


def add_commands(commands) -> None:
    """Add ``assess`` to the command line.

    Args:
        commands: Subparsers of ``agir``.
    """
    assess = commands.add_parser(
        "assess",
        help="assess your own recordings",
        description="Print score, probabilities, rationale and provenance of each recording.",
        epilog="A recording is a walk of at least one second: markers (C3D, TRC), a body in motion "
        f"(AMASS .npz, CARE-PD .pkl) or joints (BVH, .npy, .npz). {NOTICE}",
    )
    assess.add_argument("files", nargs="+", metavar="FILE", type=Path, help="recording")
    assess.add_argument("--json", action="store_true", help="print one JSON object per file")
    add_model(assess)
    add_device(assess)
    add_batch_size(assess, BATCH_SIZE, "windows of at most one minute")
    assess.add_argument(
        "--method",
        choices=("centres", "body"),
        default="centres",
        help="how markers become joints: joint centres by regression (default), or a fitted body, "
        "which can fill long gaps",
    )
    assess.add_argument(
        "--body", type=Path, metavar="FILE", help="your SMPL file, for --method body"
    )
    assess.add_argument(
        "--unaided",
        action="store_true",
        help="show the model's own text; by default its sentences that the measured gait "
        "contradicts are replaced or left out",
    )
    assess.add_argument(
        "--report", type=Path, metavar="OUT.html", help="also write an HTML page (one recording)"
    )
    add_events(assess)
    add_norms(assess)
    add_reading(assess)
    assess.set_defaults(run=_assess)


def _assess(options: argparse.Namespace) -> int:
    check_report(options)
    check_device(options)
    person = norms_of(options)
    recordings, failed = _prepare_all(options)
    if not recordings:
        return USER_ERROR
    for index, (recording, walk) in enumerate(_with_progress(recordings, options, person)):
        if isinstance(walk, ValueError):
            failed = True
            print_error(f"{recording.name}: {walk}")
            continue
        if options.report:
            _report(options.report, walk)
        result = walk.as_json()
        if options.json:
            print(json.dumps(result), flush=True)
        else:
            print(("\n" if index else "") + as_text(result), flush=True)
    return USER_ERROR if failed else 0


def check_report(options: argparse.Namespace) -> None:
    """Check that ``--report`` was passed for one recording only.

    Args:
        options: Options with ``report`` and ``files``.

    Raises:
        UsageError: There are several recordings.
    """
    if options.report and len(options.files) > 1:
        raise UsageError(
            f"--report is for one recording, but {len(options.files)} were passed: pass one at a "
            "time"
        )


def _prepare_all(options: argparse.Namespace) -> tuple[list[PreparedRecording], bool]:
    """Return the recordings that can be read, and whether others failed (printed on stderr)."""
    recordings, failed = [], False
    flags = reading(options)
    if options.body is not None:
        if options.method != "body":
            raise UsageError("--body needs --method body: add it")
        use_body(options.body)
    for path in options.files:
        try:
            recordings.append(
                prepare_recording(path, options.method, events=options.events, **flags)
            )
        except (ValueError, OSError) as error:
            failed = True
            print_error(error)
    return recordings, failed


def _report(out: Path, walk: AssessedWalk) -> None:
    if walk.measurement is None:
        raise UsageError(f"no report: {walk.evidence.not_measured}")
    try:
        walk.write_report(out)
    except (ImportError, ValueError, OSError) as error:
        raise UsageError(str(error)) from error
    print(f"report: {printable(out)}", file=sys.stderr)


def _assessed(
    recordings: list[PreparedRecording], options: argparse.Namespace, person: dict
) -> Iterator[tuple[PreparedRecording, AssessedWalk | ValueError]]:
    """Each recording with its assessment, or with the error that says why there is none."""
    from ..assessment.assessment import check_prediction
    from ..assessment.prediction import predict

    model, processor = load_model(options)
    _warn_of_another_method(recordings, processor, options.method)
    motions = (recording.motion for recording in recordings)
    predictions = predict(motions, model, processor, options.batch_size)
    for recording, prediction in zip(recordings, predictions, strict=True):
        walk = prediction
        if not isinstance(prediction, ValueError):
            walk = check_prediction(
                recording, prediction, model, processor, unaided=options.unaided, **person
            )
        yield recording, walk


def _warn_of_another_method(recordings: list[PreparedRecording], processor, method: str) -> None:
    """Print a line if the model was trained on joints that were computed by another method."""
    from ..motion import MarkerRecording
    from ..motion.joints import BODY_FITTED

    trained = getattr(processor.feature_extractor, "joints_from", None)
    markers = any(
        isinstance(recording.recording, MarkerRecording)
        and not any(remark.startswith(BODY_FITTED) for remark in recording.motion.remarks)
        for recording in recordings
    )
    if markers and trained not in (None, method):
        print_error(
            f"the model was trained on joints by the method {trained}, these are by {method}: pass "
            f"--method {trained}"
        )


def _with_progress(
    recordings: list[PreparedRecording], options: argparse.Namespace, person: dict
) -> Iterable[tuple[PreparedRecording, AssessedWalk | ValueError]]:
    from tqdm import tqdm

    number = len(recordings)
    quiet = number == 1 or not sys.stderr.isatty()
    walks = _assessed(recordings, options, person)
    return tqdm(walks, total=number, unit="recording", leave=False, disable=quiet)


def as_text(result: dict) -> str:
    """Return an assessment as lines of text.

    Args:
        result: Result of `AssessedWalk.as_json`.
    """
    result = printable_values(result)
    probabilities = "   ".join(f"{k}: {p:4.0%}" for k, p in enumerate(result["probabilities"]))
    uncertain, last = uncertainty_text(result), len(result["probabilities"]) - 1
    lines = [
        result["recording"]["file"],
        f"  Score      {result['score']}   of 0-{last}, higher is more impaired",
        f"  Confidence {probabilities}",
        *([paragraph("  Uncertain  ", uncertain)] if uncertain else []),
        paragraph("  Reasons    ", result["reasoning"]),
        paragraph("  Selection  ", selection_text(result)),
        *evidence_lines(result["evidence"]),
        *_unaided_lines(result),
        paragraph("  Recording  ", recording_text(result["recording"])),
        *read_lines(result["recording"]["remarks"], result["cautions"]),
        *event_lines(result["recording"]),
        paragraph("  Model      ", model_text(result["model"])),
        f"  {NOTICE}",
    ]
    return "\n".join(lines)


def _unaided_lines(result: dict) -> list[str]:
    """Return the model's own text with its numbers of verdicts, if another text is shown."""
    from ..gait.claim_words import counts_text

    text = result["reasoning_unaided"]
    if text == result["reasoning"]:
        return []
    verdicts = [row["verdict"] for row in result["evidence_unaided"]["claims"]]
    return [paragraph("  Unaided    ", text), paragraph("             ", counts_text(verdicts))]


def read_lines(remarks: Iterable[str], cautions: Iterable[str]) -> list[str]:
    """Return what was repaired when a file was read, and the cautions of a walk, a line each.

    Args:
        remarks: Remarks of the recording.
        cautions: Cautions of `agir_hf.gait.walk_check`.
    """
    return [
        *(paragraph("  Read       ", remark) for remark in remarks),
        *(paragraph("  Caution    ", caution) for caution in cautions),
    ]


def evidence_lines(evidence: dict) -> list[str]:
    """Return the claims of a rationale with verdicts, measured values and norms, as lines of text.

    Args:
        evidence: Result of `CheckedText.as_json`.
    """
    from ..gait.claim_words import counts_text

    if evidence["not_measured"]:
        return [paragraph("  Evidence   ", f"not measured: {evidence['not_measured']}")]
    claims = evidence["claims"]
    lines = [paragraph("  Evidence   ", counts_text([row["verdict"] for row in claims]))]
    for row in claims:
        lines += _claim_lines(row)
    return [*lines, *norm_lines(evidence["norms"])]


def _claim_lines(claim: dict) -> list[str]:
    """Return a claim as two lines: verdict and words; value, grade, norm and z-score."""
    from ..gait.claim_words import SIGNS, evidence_text, verdict_text

    verdict = claim["verdict"]
    sign = coloured(f"{SIGNS[verdict]} {verdict_text(claim)}", verdict)
    lines = [f"    {sign}: “{claim['text']}”"]
    if claim["parameter"]:
        lines.append(paragraph("        ", evidence_text(claim)))
    return lines


def event_lines(values: dict) -> list[str]:
    """Return the agreement with annotated events, and which are used, as lines of text.

    Args:
        values: Values with "events_from" and "event_agreement", if there are any.
    """
    from ..gait.annotated_events import agreement_text

    if not values.get("event_agreement"):
        return []
    text = agreement_text(values["event_agreement"])
    used = "; the events of the file are used" if values["events_from"] == "file" else ""
    return [paragraph("  File events  ", text + used)]


def norm_lines(norms: dict) -> list[str]:
    """Return which norms were applied to whom as lines of text.

    Args:
        norms: Result of `AppliedNorms.as_json`.
    """
    text = norms["remark"] or f"{norms['title']}; {norms['group']}"
    return [paragraph("  Norms      ", text)]
