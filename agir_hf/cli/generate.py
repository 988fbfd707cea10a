"""``agir describe`` and ``agir generate``: describe a motion, generate a motion from a text."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ..assessment import PreparedRecording, model_provenance, prepare_recording
from ..assessment.generation import SIMULATED
from ..assessment.identity import RecordingIdentity, identity_of
from ..assessment.messages import model_text, recording_text
from ..constants_agir import NOTICE
from ..utils.devices import explain_memory_errors
from .assess_text import evidence_lines, identity_lines, model_line, read_lines
from .console import (
    UsageError,
    add_device,
    add_model,
    check_device,
    coloured,
    labelled,
    load_model,
    paragraph,
    print_note,
    print_text,
)
from .inputs import check_exists
from .measure import as_json, as_text
from .outputs import check_out_file
from .person_options import add_norms, add_person, norms_of, person_of
from .reading_options import add_reading, reading

if TYPE_CHECKING:
    from ..assessment.generation_check import Obeyed
    from ..assessment.generation_walks import GeneratedWalk
    from ..gait import GaitMeasurement

PARTS = ("foot", "arm")
TRAINING = "The embedded model was trained for this on simulated walks only."
SUFFIXES = (".npy", ".npz", ".html")


def add_commands(commands) -> None:
    """Add ``describe`` and ``generate`` to the command line.

    Args:
        commands: Subparsers of ``agir``.
    """
    _add_describe(commands)
    _add_generate(commands)


def _add_describe(commands) -> None:
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


def _add_generate(commands) -> None:
    generate = commands.add_parser(
        "generate",
        help="generate a walk from a description",
        description="Generate a walk from a description of feet and arms, such as "
        '"Short steps, left arm still.", and print what was understood, which of it is measured '
        "in the walk, and its gait. Several walks are drawn; the one that has most of what was "
        "asked is kept.",
        epilog=".npy and .npz hold joints (T, 22, 3) in metres at 20 fps; .html is a page with the "
        f"motion in 3D. {TRAINING} {NOTICE}",
    )
    generate.add_argument("text", metavar="TEXT", help="description of the walk, in English")
    generate.add_argument(
        "-o",
        "--out",
        metavar="OUT",
        type=Path,
        help=f"file to write ({', '.join(SUFFIXES)}); by default none",
    )
    generate.add_argument(
        "--seconds", type=float, metavar="S", help="length; by default the model ends the walk"
    )
    generate.add_argument(
        "--seed", type=int, help="seed of a walk that was generated before (default: random)"
    )
    generate.add_argument(
        "--walks",
        type=int,
        metavar="N",
        help="number of walks to choose from (default: 192 of 6 s)",
    )
    generate.add_argument("--json", action="store_true", help="print one JSON object")
    generate.add_argument(
        "-q", "--quiet", action="store_true", help="print what was asked and measured only"
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
    from ..assessment.generation_walks import generate_walk, understand
    from ..gait.applied_norms import AppliedNorms

    if options.out is not None:
        _check_out(options.out)
    check_device(options)
    applied = AppliedNorms(**norms_of(options))
    try:
        understand(options.text)  # before the model is loaded
        walk = generate_walk(
            *load_model(options),
            options.text,
            options.seconds,
            options.seed,
            options.walks,
            applied,
            _progress(options),
        )
        content = "" if options.out is None else _write(options.out, walk)
    except (ValueError, ImportError) as error:
        raise UsageError(str(error)) from error
    if content:
        print_note(f"{options.out}: {content}", options)
    print_text(json.dumps(_as_json(walk)) if options.json else _walk_text(walk, options))
    return 0


def _progress(options: argparse.Namespace) -> Callable[[int, int], None] | None:
    """Progress on stderr if it is a terminal."""
    if options.quiet or not sys.stderr.isatty():
        return None
    from tqdm import tqdm

    bar = tqdm(unit="step", desc="drawing and measuring", leave=False)

    def update(done: int, count: int) -> None:
        bar.total = count
        bar.update(done - bar.n)
        if done == count:
            bar.close()

    return update


def _as_json(walk: GeneratedWalk) -> dict:
    gait = as_json("the generated walk", walk.motion, walk.measured, walk.applied)
    return walk.as_json() | {
        "parameters": gait["parameters"],
        "absent": gait["absent"],
        "cautions": list(_cautions(walk.measured)),
    }


def _walk_text(walk: GeneratedWalk, options: argparse.Namespace) -> str:
    """What was understood, and what of it is measured; and the whole gait without ``-q``."""
    lines = [coloured(walk.summary, "heading"), *request_lines(walk.rows)]
    notes = {
        "Beyond": "; ".join(text.removeprefix("beyond the model: ") for text in walk.beyond),
        "Chosen": walk.choice.removeprefix("chosen "),
        "Given": f'to the model: "{walk.prompt}"',
        "Seed": f"{walk.seed}; --seed {walk.seed} gives this walk again",
        "Model": model_text(walk.model),
    }
    if walk.request.not_understood:
        words = "; ".join(f'"{words}"' for words in walk.request.not_understood)
        lines.append(paragraph("  Not understood: ", words, "heading"))
    lines += [labelled(name, text) for name, text in notes.items() if text]
    lines.append(paragraph("  ", SIMULATED))
    if options.quiet:
        return "\n".join([*lines, f"  {NOTICE}"])
    result = as_json("Gait measured on it:", walk.motion, walk.measured, walk.applied)
    return "\n".join([*lines, as_text(result | {"cautions": _cautions(walk.measured)})])


def request_lines(rows: Iterable[Obeyed]) -> list[str]:
    """Return a table of what was asked and what is measured, as lines.

    Args:
        rows: Rows of a `GeneratedWalk`.
    """
    cells = [("asked", "measured", "norm", "obeyed")]
    for row in rows:
        asked = f"{row.asked_text} (implied)" if row.asked.implied else row.asked_text
        norm = row.norm_text if row.measured_text else ""
        cells.append((asked, row.measured_text or row.reason, norm, row.obeyed))
    widths = [max(len(line[i]) for line in cells) for i in range(3)]
    return [
        "  " + "  ".join([*(c.ljust(w) for c, w in zip(line[:3], widths, strict=True)), line[3]])
        for line in cells
    ]


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


def _write(out: Path, walk: GeneratedWalk) -> str:
    """Write a generated walk in the format of the suffix; return what was written."""
    from ..assessment.generation_page import write_generated_page
    from ..motion.export import write

    if out.suffix != ".html":
        return write(walk.motion, out, "joints", notes=walk.notes())
    write_generated_page(out, walk)
    return f"a page of {len(walk.motion.joints) / walk.motion.rate_hz:.1f} s"
