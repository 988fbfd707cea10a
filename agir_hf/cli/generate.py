"""``agir describe`` and ``agir generate``: motion → words on feet and arms, words → motion."""

import argparse
import json
from pathlib import Path

from .. import __version__
from .assess import PreparedRecording, evidence, evidence_lines, prepare, recording_text
from .console import (
    NOTICE,
    UsageError,
    add_model,
    add_reading,
    load_model,
    model_provenance,
    model_text,
    one_line,
    paragraph,
    reading,
)
from .measure import as_json, as_text

PARTS = ("foot", "arm")
LEARNT = "The embedded model has learnt this from simulated walks alone."
ENDINGS = (".npy", ".npz", ".html")
SHORTEST_S = 1  # below that a walk is not read again
SIMULATED = "SIMULATED: a model made this motion from words, nobody walked it."


def add_commands(commands) -> None:
    """Add ``describe`` and ``generate`` to the command line."""
    describe = commands.add_parser(
        "describe",
        help="describe feet and arms of a recording in words",
        description="Print what a model writes about the feet and the arms of a recording, each "
        "claim checked against the measured gait.",
        epilog=f"{LEARNT} {NOTICE}",
    )
    describe.add_argument("file", metavar="FILE", type=Path, help="recording of any format")
    describe.add_argument("--part", choices=(*PARTS, "both"), default="both")
    describe.add_argument("--json", action="store_true", help="one JSON object")
    add_model(describe)
    add_reading(describe)
    describe.set_defaults(run=_describe)

    generate = commands.add_parser(
        "generate",
        help="make a walk from words",
        description="Write a motion that a model makes from a description of feet or arms, such as "
        '"Step length is markedly reduced at about 0.30 m.", and print the gait measured on it.',
        epilog=f".npy and .npz hold joints (T, 22, 3) in metres at 20 fps; .html is a page to look "
        f"at. {LEARNT} {NOTICE}",
    )
    generate.add_argument("text", metavar="TEXT", help="description of the walk")
    generate.add_argument("-o", "--out", metavar="OUT", type=Path, required=True)
    generate.add_argument(
        "--seconds", type=float, metavar="S", help="length; by default where the model ends it"
    )
    generate.add_argument("--seed", type=int, default=0, help="another seed, another walk")
    add_model(generate)
    generate.set_defaults(run=_generate)


def _describe(options: argparse.Namespace) -> int:
    parts = PARTS if options.part == "both" else (options.part,)
    try:
        recording = prepare(options.file, **reading(options))
        result = describe(options.model, recording, parts)
    except ValueError as error:
        raise UsageError(str(error)) from error
    print(json.dumps(result) if options.json else _description_text(result))
    return 0


def describe(name_or_path: str, recording: PreparedRecording, parts: tuple[str, ...]) -> dict:
    """Descriptions of parts of a recording, their claims checked, as JSON has them."""
    model, processor = load_model(name_or_path)
    texts = [processor.description_prompt(part) for part in parts]
    inputs = processor(motion=[recording.motion] * len(parts), text=texts)
    ids = model.describe(**inputs)
    written = dict(zip(parts, processor.decode_descriptions(ids), strict=True))
    ended = (ids == model.config.eos_token_id).any(dim=1).tolist()
    read = {"model_frames": int(inputs["motion_attention_mask"][0].sum())}
    return {
        "descriptions": written,
        "cut": [part for part, whole in zip(parts, ended, strict=True) if not whole],
        "evidence": evidence(" ".join(written.values()), recording),
        "model": model_provenance(name_or_path, model),
        "recording": recording.provenance() | read,
    }


def _description_text(result: dict) -> str:
    heads = {"foot": "  Feet       ", "arm": "  Arms       "}
    lines = [result["recording"]["file"]]
    for part, text in result["descriptions"].items():
        lines.append(paragraph(heads[part], text))
        if part in result["cut"]:
            lines.append("             (cut: the model did not end its text)")
    lines += [
        *evidence_lines(result["evidence"]),
        paragraph("  Recording  ", recording_text(result["recording"])),
        paragraph("  Model      ", model_text(result["model"])),
        f"  {NOTICE}",
    ]
    return "\n".join(lines)


def _generate(options: argparse.Namespace) -> int:
    from ..gait import measure

    _check_out(options)
    model, processor = load_model(options.model)
    notes = {
        "text": one_line(options.text),
        "model": model_text(model_provenance(options.model, model)),
        "seed": options.seed,
        "note": f"{SIMULATED} {NOTICE}",
    }
    try:
        motion = generate(model, processor, options.text, options.seconds, options.seed)
        measured = measure(motion)
        told = _write(options.out, motion, notes, measured)
    except (ValueError, ImportError) as error:
        raise UsageError(str(error)) from error
    print(f"{options.out}: {told}, generated by {notes['model']}, seed {options.seed}")
    print(f"  {SIMULATED}")
    print(as_text(as_json("Measured on it:", motion, measured)))
    return 0


def generate(model, processor, text: str, seconds: float | None, seed: int):
    """A walk of the kind a text tells, as a `JointMotion`.

    Args:
        model, processor: from `load_model`.
        text: description of a walk.
        seconds: its length, to whole codes; None leaves it to the model.
        seed: of the draws.

    Raises:
        ValueError: for a text or a length that the model cannot take.
    """
    import torch

    from ..motion import JointMotion

    prompt = processor.motion_prompt(text)
    num_codes = None if seconds is None else _num_codes(seconds, processor.feature_extractor)
    torch.manual_seed(seed)
    outputs = model.generate_motion(**processor(text=prompt), num_codes=num_codes, do_sample=True)
    rate_hz = float(processor.feature_extractor.sampling_rate)
    (joints,) = processor.decode_motion(outputs)
    if len(joints) < SHORTEST_S * rate_hz:
        raise ValueError(
            f"the model ended the walk after {len(joints) / rate_hz:g} s, expected at least "
            f"{SHORTEST_S} s: give --seconds, or another --seed"
        )
    return JointMotion(
        joints, rate_hz, marker_set="generated from words", source="the generated motion"
    )


def _num_codes(seconds: float, extractor) -> int:
    longest_s = extractor.max_frames / extractor.sampling_rate
    if not SHORTEST_S <= seconds <= longest_s:
        raise ValueError(f"--seconds is {seconds:g}, expected {SHORTEST_S} to {longest_s:g}")
    return round(seconds * extractor.sampling_rate / extractor.downsampling_factor)


def _check_out(options: argparse.Namespace) -> None:
    """What can be told to be wrong before a model is loaded."""
    out = options.out
    if out.suffix not in ENDINGS:
        raise UsageError(
            f"{out} ends in {out.suffix!r}, expected {', '.join(ENDINGS)}: name the file so"
        )
    if not out.absolute().parent.is_dir():
        raise UsageError(f"the folder {out.parent} of {out.name} is not there: make it")
    if out.is_dir():
        raise UsageError(f"{out} is a folder, expected the name of a file")
    if not 0 <= options.seed < 2**32:
        raise UsageError(f"--seed is {options.seed}, expected 0 to {2**32 - 1}")


def _write(out: Path, motion, notes: dict, measured) -> str:
    """Write a generated motion in the form that its ending names; says what was written."""
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
    )
    return f"a page of {len(motion.joints) / motion.rate_hz:.1f} s"
