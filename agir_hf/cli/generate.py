"""``agir describe`` and ``agir generate``: describe a motion, generate a motion from a text."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from .. import __version__
from ..assessment import PreparedRecording, model_provenance, prepare_recording
from ..assessment.generation import SIMULATED
from ..assessment.identity import RecordingIdentity, identity_of
from ..assessment.messages import recording_text
from ..constants_agir import NOTICE
from ..utils.devices import explain_memory_errors
from .assess_text import evidence_lines, identity_lines, model_line, read_lines
from .console import (
    UsageError,
    add_device,
    add_model,
    check_device,
    labelled,
    load_model,
    paragraph,
)
from .inputs import check_exists
from .measure import as_json, as_text
from .outputs import check_out_file
from .person_options import add_norms, add_person, norms_of, person_of
from .reading_options import add_reading, reading

if TYPE_CHECKING:
    from ..gait import GaitMeasurement
    from ..gait.applied_norms import AppliedNorms
    from ..motion import JointMotion

PARTS = ("foot", "arm")
TRAINING = "The embedded model was trained for this on simulated walks only."
SUFFIXES = (".npy", ".npz", ".html")


def add_commands(commands) -> None:
    """Add ``describe`` and ``generate`` to the command line.

    Args:
        commands: Subparsers of ``agir``.
    """
    describe = commands.add_parser(
        "describe",
        help="describe the feet and arms of a recording",
        description="Print a description of the feet and the arms of a recording by the model, "
        "with each claim checked against the measured gait.",
        epilog=f"{TRAINING} {NOTICE}",
    )
    describe.add_argument("file", metavar="FILE", type=Path, help="recording of any format")
    describe.add_argument("--part", choices=(*PARTS, "both"), default="both")
    describe.add_argument("--json", action="store_true", help="print one JSON object")
    add_model(describe)
    add_device(describe)
    add_person(describe)
    add_reading(describe)
    describe.set_defaults(run=_describe)

    generate = commands.add_parser(
        "generate",
        help="generate a walk from a description",
        description="Generate a motion from a description of feet or arms, such as "
        '"Step length is markedly reduced at about 0.30 m.", write it, and print its measured '
        "gait.",
        epilog=".npy and .npz hold joints (T, 22, 3) in metres at 20 fps; .html is a page with the "
        f"motion in 3D. {TRAINING} {NOTICE}",
    )
    generate.add_argument("text", metavar="TEXT", help="description of the walk")
    generate.add_argument("-o", "--out", metavar="OUT", type=Path, required=True)
    generate.add_argument(
        "--seconds", type=float, metavar="S", help="length; by default the model ends the walk"
    )
    generate.add_argument(
        "--seed", type=int, default=0, help="seed of the random generator (default: 0)"
    )
    add_model(generate)
    add_device(generate)
    add_norms(generate)
    generate.set_defaults(run=_generate)


def _describe(options: argparse.Namespace) -> int:
    check_device(options)
    parts = PARTS if options.part == "both" else (options.part,)
    person, subject = norms_of(options), person_of(options)
    check_exists(options.file)
    try:
        recording = prepare_recording(options.file, subject=subject, **reading(options))
        result = describe(*load_model(options), recording, parts, person)
    except ValueError as error:
        raise UsageError(str(error)) from error
    print(json.dumps(result) if options.json else _description_text(result))
    return 0


def describe(
    model, processor, recording: PreparedRecording, parts: tuple[str, ...], person: dict
) -> dict:
    """Describe parts of a recording and check the claims, as values for JSON.

    Args:
        model: Model in evaluation mode.
        processor: Processor of the model.
        recording: Recording, from `prepare_recording`.
        parts: Parts to describe, of `PARTS`.
        person: Age, sex and norms, from `norms_of`.
    """
    texts = [processor.description_prompt(part) for part in parts]
    inputs = processor(motion=[recording.motion] * len(parts), text=texts).to(model.device)
    with explain_memory_errors(model.device):
        ids = model.describe(**inputs)
    descriptions = dict(zip(parts, processor.decode_descriptions(ids), strict=True))
    ended = (ids == model.config.eos_token_id).any(dim=1).tolist()
    read = {"model_frames": int(inputs["motion_attention_mask"][0].sum())}
    file = recording.file or RecordingIdentity(recording.name)
    return {
        "descriptions": descriptions,
        "cut": [part for part, complete in zip(parts, ended, strict=True) if not complete],
        "evidence": recording.check(" ".join(descriptions.values()), **person).as_json(),
        "model": model_provenance(model),
        "recording": recording.provenance() | read,
        "identity": identity_of(file, recording.subject, model).as_json(),
        "person": recording.subject.person(),
        "cautions": list(recording.cautions),
    }


def _description_text(result: dict) -> str:
    starts = {"foot": "  Feet       ", "arm": "  Arms       "}
    lines = [result["recording"]["file"]]
    for part, text in result["descriptions"].items():
        lines.append(paragraph(starts[part], text))
        if part in result["cut"]:
            lines.append("             (incomplete: the model did not end its text)")
    lines += [
        *evidence_lines(result["evidence"]),
        labelled("Recording", recording_text(result["recording"])),
        *read_lines(result["recording"]["remarks"], result["cautions"]),
        *identity_lines(result["identity"], result["person"]),
        labelled("Model", model_line(result)),
        f"  {NOTICE}",
    ]
    return "\n".join(lines)


def _generate(options: argparse.Namespace) -> int:
    from ..assessment.generation import generate, generation_notes
    from ..gait import measure
    from ..gait.applied_norms import AppliedNorms

    _check_out(options.out)
    check_device(options)
    applied = AppliedNorms(**norms_of(options))
    model, processor = load_model(options)
    notes = generation_notes(model, options.text, options.seed)
    try:
        motion = generate(model, processor, options.text, options.seconds, options.seed)
        measured = measure(motion)
        content = _write(options.out, motion, notes, measured, applied)
    except (ValueError, ImportError) as error:
        raise UsageError(str(error)) from error
    print(f"{options.out}: {content}, generated by {notes['model']}, seed {options.seed}")
    print(f"  {SIMULATED}")
    result = as_json("Gait measured on it:", motion, measured, applied)
    print(as_text(result | {"cautions": _cautions(measured)}))
    return 0


def _cautions(measured: GaitMeasurement) -> list[str]:
    """Doubts about the motion as a walk; `agir measure` refuses a file that is no walk."""
    from ..gait.walk_check import check_walk
    from ..motion import NotAWalkError

    try:
        return list(check_walk(measured, "the generated motion"))
    except NotAWalkError as error:
        return [str(error)]


def _check_out(out: Path) -> None:
    """Check the output path before a model is loaded."""
    if out.suffix not in SUFFIXES:
        raise UsageError(
            f"{out} has the suffix {out.suffix!r}, expected one of {', '.join(SUFFIXES)}"
        )
    check_out_file(out)


def _write(
    out: Path, motion: JointMotion, notes: dict, measured: GaitMeasurement, applied: AppliedNorms
) -> str:
    """Write a generated motion in the format of the suffix; return what was written."""
    from ..gait.report import write_motion_page
    from ..motion.export import write

    if out.suffix != ".html":
        return write(motion, out, "joints", notes=notes)
    provenance = {key: str(value) for key, value in notes.items() if key != "note"}
    write_motion_page(
        out,
        out.stem,
        measured,
        lead=SIMULATED,
        provenance=provenance | {"made by": "agir_hf " + __version__},
        age=applied.age,
        sex=applied.sex,
        norms=applied.norms,
    )
    return f"a page of {len(motion.joints) / motion.rate_hz:.1f} s"
