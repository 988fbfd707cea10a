"""The command line: ``agir demo``, ``agir assess FILE…``, ``agir corpus simulate OUT``."""

import argparse
import json
import sys
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import DEFAULT_MODEL, SAMPLE_RECORDING
from .version import __version__

NOTICE = "Research use only. Not a medical device."
USER_ERROR = 2
WIDTH = 88
FRAMES_LOST_TO_CODES = 4  # features have one frame less than joints; codes take four at a time


class UsageError(ValueError):
    """Something the caller can mend; printed on one line."""


@dataclass(frozen=True)
class PreparedRecording:
    """A recording read and brought to 20 fps joints."""

    path: Path
    frames: int
    rate_hz: float
    motion: object  # JointMotion

    def provenance(self) -> dict:
        """What was read, as JSON shows it."""
        return {
            "file": str(self.path),
            "marker_set": self.motion.marker_set,
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
        self.model, self.processor = _load(name_or_path)

    def provenance(self) -> dict:
        embedded = self.name == DEFAULT_MODEL
        return {
            "name": Path(self.name).name if embedded else self.name,
            "embedded": embedded,
            "trained_on": self.model.config.training_data,
        }

    def __call__(self, recording: PreparedRecording) -> dict:
        """Score, probabilities, reasoning and where they come from."""
        inputs = self.processor(motion=recording.motion)
        outputs = self.model.generate_assessment(**inputs)
        assessment = self.processor.decode_assessments(outputs)[0]
        read = {"model_frames": int(inputs["motion_attention_mask"].sum())}
        return {
            "score": assessment.score,
            "probabilities": [round(p, 4) for p in assessment.probabilities],
            "reasoning": assessment.reasoning,
            "model": self.provenance(),
            "recording": recording.provenance() | read,
        }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code (0, or 2 for an error of the caller)."""
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except (UsageError, OSError) as error:
        _complain(error)
        return USER_ERROR
    except KeyboardInterrupt:
        print("\nagir: stopped", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="agir",
        description="Score a 3D gait recording from 0 to 2 (MDS-UPDRS gait item), with reasons.",
        epilog=f"{NOTICE} 'agir COMMAND --help' tells more of each command.",
    )
    parser.add_argument("--version", action="version", version=f"agir {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    demo = commands.add_parser("demo", help="assess the embedded sample, a simulated walk")
    demo.set_defaults(run=_demo)

    assess = commands.add_parser(
        "assess",
        help="assess your own C3D recordings",
        description="Print score, probabilities, rationale and provenance of each recording.",
        epilog="A recording is a walk of at least one second with the Shida-44 or the Plug-in "
        f"Gait full-body markers. {NOTICE}",
    )
    assess.add_argument("files", nargs="+", metavar="FILE", type=Path, help="C3D recording")
    assess.add_argument("--json", action="store_true", help="one JSON object a line for each file")
    assess.add_argument(
        "--model",
        default=DEFAULT_MODEL,
        metavar="NAME_OR_PATH",
        help="a folder or Hub name; by default the embedded tiny model (simulated training data)",
    )
    assess.set_defaults(run=_assess)

    corpus = commands.add_parser("corpus", help="make a motion-rationale corpus")
    kinds = corpus.add_subparsers(title="corpora", metavar="KIND", required=True)
    simulate = kinds.add_parser(
        "simulate",
        help="simulate walkers of three severities",
        description="Simulate a cohort of walkers and write their motions, measured parameters "
        "and rationales as Parquet with a card; load_dataset(OUT) reads it.",
    )
    simulate.add_argument("out", metavar="OUT", type=Path, help="folder to write")
    simulate.add_argument("--subjects", type=int, default=60, help="walkers (default: 60)")
    simulate.add_argument("--walks", type=int, default=4, help="walks of each (default: 4)")
    simulate.add_argument("--seed", type=int, default=0, help="the same seed, the same cohort")
    simulate.add_argument("--workers", type=int, default=1, help="processes (default: 1)")
    simulate.add_argument("--c3d", action="store_true", help="also write the marker recordings")
    simulate.set_defaults(run=_simulate)
    return parser


def _demo(options: argparse.Namespace) -> int:
    print("The embedded sample recording (a simulated walk), read by the embedded tiny model:\n")
    recording = _prepare(Path(SAMPLE_RECORDING))
    print(_as_text(Assessor(DEFAULT_MODEL)(recording)))
    print("\nYour own recording:  agir assess FILE.c3d")
    return 0


def _assess(options: argparse.Namespace) -> int:
    recordings, failed = _prepare_all(options.files)
    if recordings:
        assessor = Assessor(options.model)
        for index, recording in enumerate(_with_progress(recordings)):
            try:
                result = assessor(recording)
            except ValueError as error:
                failed = True
                _complain(f"{recording.path}: {error}")
                continue
            if options.json:
                print(json.dumps(result), flush=True)
            else:
                print(("\n" if index else "") + _as_text(result), flush=True)
    return USER_ERROR if failed else 0


def _simulate(options: argparse.Namespace) -> int:
    from .corpus.cohort import simulate_cohort

    try:
        simulate_cohort(
            options.out,
            subjects=options.subjects,
            walks_per_subject=options.walks,
            seed=options.seed,
            workers=options.workers,
            c3d=options.c3d,
        )
    except (ValueError, ImportError) as error:
        raise UsageError(str(error)) from error
    return 0


def _prepare_all(paths: Iterable[Path]) -> tuple[list[PreparedRecording], bool]:
    """The recordings that can be read, and whether there were others (told on stderr)."""
    recordings, failed = [], False
    for path in paths:
        try:
            recordings.append(_prepare(path))
        except (ValueError, OSError) as error:
            failed = True
            _complain(error)
    return recordings, failed


def _prepare(path: Path) -> PreparedRecording:
    from .motion import read_recording, to_joints

    recording = read_recording(path)
    frames = len(recording.positions)
    return PreparedRecording(path, frames, recording.rate_hz, to_joints(recording))


def _load(name_or_path: str):
    """Model and processor; their progress bars and warnings are kept out of the answer."""
    from transformers import AutoConfig, AutoModelForSeq2SeqLM, AutoProcessor
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        kind = AutoConfig.from_pretrained(name_or_path).model_type
        if kind != "agir":
            raise UsageError(f"{name_or_path} is a model of type {kind!r}, expected 'agir'")
        model = AutoModelForSeq2SeqLM.from_pretrained(name_or_path).eval()
        return model, AutoProcessor.from_pretrained(name_or_path)
    except UsageError:
        raise
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot load the model {name_or_path!r}: {_one_line(error)}") from error


def _with_progress(recordings: list[PreparedRecording]) -> Iterable[PreparedRecording]:
    from tqdm import tqdm

    quiet = len(recordings) == 1 or not sys.stderr.isatty()
    return tqdm(recordings, unit="recording", leave=False, disable=quiet)


def _as_text(result: dict) -> str:
    model = result["model"]
    chances = "   ".join(f"{k}: {p:4.0%}" for k, p in enumerate(result["probabilities"]))
    kind = " (embedded)" if model["embedded"] else ""
    trained = model["trained_on"] or "data not stated"
    lines = [
        result["recording"]["file"],
        f"  Score      {result['score']}   of 0-2, higher is more impaired",
        f"  Probable   {chances}",
        _paragraph("  Reasons    ", result["reasoning"]),
        _paragraph("  Recording  ", _recording_text(result["recording"])),
        _paragraph("  Model      ", f"{model['name']}{kind}, trained on {trained}"),
        f"  {NOTICE}",
    ]
    return "\n".join(lines)


def _recording_text(recording: dict) -> str:
    """What was read of a recording, and what was mended or left out on the way."""
    seconds = recording["model_frames"] / recording["model_rate_hz"]
    parts = [
        f"{recording['frames']} frames at {recording['rate_hz']:g} Hz "
        f"({recording['duration_s']:.1f} s)",
        f"{recording['marker_set']} markers",
        "no gaps filled",
        f"the model read {recording['model_frames']} frames at {recording['model_rate_hz']:g} Hz",
    ]
    if recording["gaps_filled"]:
        longest = f"the longest {recording['longest_gap_s']:.2f} s"
        parts[2] = f"{recording['gaps_filled']} gaps filled, {longest}"
    if recording["trimmed_s"]:
        parts.insert(3, f"{recording['trimmed_s']:.2f} s at the ends left out (markers not seen)")
    if recording["motion_frames"] - recording["model_frames"] > FRAMES_LOST_TO_CODES:
        parts[-1] += f", the first {seconds:g} s only"
    return ", ".join(parts)


def _paragraph(head: str, text: str) -> str:
    return textwrap.fill(
        text, WIDTH, initial_indent=head, subsequent_indent=" " * len(head), break_long_words=False
    )


def _one_line(message: object) -> str:
    return " ".join(str(message).split())


def _complain(message: object) -> None:
    print(f"agir: {_one_line(message)}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
