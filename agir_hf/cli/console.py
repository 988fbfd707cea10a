"""Shared parts of the commands: error lines, colours, options of reading, norms and model."""

import argparse
import json
import os
import sys
import textwrap
from pathlib import Path

from .. import DEFAULT_MODEL
from ..assessment.messages import one_line
from ..utils.devices import PRECISIONS, resolve_placement
from ..utils.formatting import printable

USER_ERROR = 2  # exit code
WIDTH = 88  # columns of a paragraph
SEXES = ("male", "female")  # those of `gait.norms`, whose import takes a second
# Verdict → code of its colour in a terminal. Near claims are yellow, never green.
_COLOURS = {"supported": 32, "near": 33, "contradicted": 31, "not measurable": 2}


class UsageError(ValueError):
    """An error that the user can fix; it is printed on one line."""


def print_error(message: object) -> None:
    """Print an error on stderr, on one line, without characters that control the terminal.

    Args:
        message: Text, or an exception whose text is used.
    """
    print(f"agir: {printable(one_line(message))}", file=sys.stderr)


def print_text(text: str) -> None:
    """Print lines on stdout, without characters that control the terminal.

    Args:
        text: Lines in which texts of a file occur, without colours.
    """
    print(printable(text, keep="\n"), flush=True)


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add the option ``--model``, by default the embedded model.

    Args:
        parser: Parser of a command.
    """
    parser.add_argument(
        "--model",
        default=DEFAULT_MODEL,
        metavar="NAME_OR_PATH",
        help="folder or Hub name; by default the embedded tiny model (simulated training data)",
    )


def add_device(parser: argparse.ArgumentParser) -> None:
    """Add the options ``--device`` and ``--precision`` of the model.

    Args:
        parser: Parser of a command.
    """
    parser.add_argument(
        "--device",
        metavar="NAME",
        help="device of the model: cpu, cuda, cuda:1, mps (default: a GPU if there is one)",
    )
    parser.add_argument(
        "--precision",
        choices=tuple(PRECISIONS),
        help="number format of the model (default: that of its files)",
    )


def add_batch_size(parser: argparse.ArgumentParser, default: int, of: str) -> None:
    """Add the option ``--batch-size``.

    Args:
        parser: Parser of a command.
        default: Default value.
        of: What a batch consists of, for the help.
    """
    parser.add_argument(
        "--batch-size",
        type=int,
        default=default,
        metavar="N",
        help=f"{of} that the model reads at the same time (default: {default})",
    )


def check_device(options: argparse.Namespace) -> None:
    """Check the options of `add_device` and `add_batch_size`, before anything is loaded.

    Args:
        options: Parsed options of a command.

    Raises:
        UsageError: The device is absent, the number format does not fit it, or the batch size is
            below 1.
    """
    if getattr(options, "batch_size", 1) < 1:
        raise UsageError(f"--batch-size is {options.batch_size}, expected at least 1")
    if options.device is None and options.precision is None:
        return  # torch, whose import takes a second, is imported with the model
    try:
        resolve_placement(options.device, options.precision)
    except ValueError as error:
        raise UsageError(f"--{error}") from error


def load_model(options: argparse.Namespace) -> tuple:
    """Load model and processor with `agir_hf.assessment.load_model`.

    Args:
        options: Parsed options of a command, with those of `add_model` and `add_device`.

    Raises:
        UsageError: The model cannot be loaded, or it is of another type.
    """
    from .. import assessment

    try:
        return assessment.load_model(options.model, options.device, options.precision)
    except assessment.ModelError as error:
        raise UsageError(str(error)) from error


def paragraph(start: str, text: str) -> str:
    """Return a text wrapped into lines that are indented by its start.

    Args:
        start: Begin of the first line.
        text: Text after it.
    """
    indent = " " * len(start)
    return textwrap.fill(
        text, WIDTH, initial_indent=start, subsequent_indent=indent, break_long_words=False
    )


def coloured(text: str, verdict: str) -> str:
    """Return a text in the colour of a verdict if stdout is a terminal, else unchanged.

    The environment variable NO_COLOR turns colours off.

    Args:
        text: Text of one line.
        verdict: A verdict of `agir_hf.gait.grounding`.
    """
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return f"\x1b[{_COLOURS[verdict]}m{text}\x1b[0m"


def add_norms(parser: argparse.ArgumentParser) -> None:
    """Add the options ``--age``, ``--sex`` and ``--norms``.

    Args:
        parser: Parser of a command that checks claims or shows z-scores.
    """
    group = parser.add_argument_group("norms")
    group.add_argument(
        "--age",
        type=float,
        metavar="YEARS",
        help="age of the subject, for the norms (default: 70); no norm applies below 20",
    )
    group.add_argument(
        "--sex", choices=SEXES, help="sex of the subject, for the norms (default: mean of both)"
    )
    add_norms_file(group)


def add_norms_file(parser) -> None:
    """Add the option ``--norms``.

    Args:
        parser: Parser or group of a command.
    """
    parser.add_argument(
        "--norms",
        type=Path,
        metavar="FILE",
        help="norms of your laboratory, made by agir norms (default: published norms)",
    )


def norms_of(options: argparse.Namespace) -> dict:
    """Return the keyword arguments age, sex and norms from the options of `add_norms`.

    Args:
        options: Parsed options of a command.

    Raises:
        UsageError: The age is out of range, or the file of norms cannot be read.
    """
    from ..gait.norms import check_person

    try:
        check_person(options.age, options.sex)
    except ValueError as error:
        raise UsageError(f"--{error}") from error
    return {"age": options.age, "sex": options.sex, "norms": norms_file(options)}


def norms_file(options: argparse.Namespace):
    """Return the norms of a laboratory from the option of `add_norms_file`, or None.

    Args:
        options: Parsed options of a command.

    Raises:
        UsageError: The file cannot be read.
    """
    if options.norms is None:
        return None
    from ..gait.laboratory_norms import load_norms

    try:
        return load_norms(options.norms)
    except (ValueError, OSError) as error:
        raise UsageError(f"--norms: {error}") from error


def check_out_file(out: Path) -> None:
    """Check the name of a file to write, before the work.

    Args:
        out: File that will be written.

    Raises:
        UsageError: Its folder does not exist or cannot be written to, or the name is a folder.
    """
    folder = out.absolute().parent
    if not folder.is_dir():
        raise UsageError(f"the folder {out.parent} of {out.name} does not exist: create it")
    if out.is_dir():
        raise UsageError(f"{out} is a folder, expected the name of a file")
    if not os.access(folder, os.W_OK):
        raise UsageError(f"the folder {folder} of {out.name} cannot be written to: name another")


def add_events(parser: argparse.ArgumentParser) -> None:
    """Add the option ``--events``: detected gait events, or those annotated in the file.

    Args:
        parser: Parser of a command that measures gait.
    """
    parser.add_argument(
        "--events",
        choices=("detected", "file"),
        default="detected",
        help="gait events that parameters are computed from: detected (default), or annotated in "
        "the file",
    )


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Add the options of reading a file: unit, axes, rate, names, one of several walks, format.

    Args:
        parser: Parser of a command.
    """
    group = parser.add_argument_group("what the file does not state, or states wrongly")
    group.add_argument(
        "--unit",
        metavar="UNIT",
        help="unit of the positions: mm, cm, m, inch, ft, or the metres of one unit (0.0254)",
    )
    group.add_argument("--up", metavar="AXIS", help="vertical axis: X, Y or Z, or --up=-Z")
    group.add_argument("--rate", type=float, metavar="HZ", help="frames per second")
    group.add_argument(
        "--mapping",
        type=Path,
        metavar="JSON",
        help='file with {"name in the file": "name here", …}',
    )
    group.add_argument(
        "--item",
        metavar="NAME",
        help="one walk (SUBJECT/WALK) or subject of a file of several, or one file of a .zip",
    )
    group.add_argument(
        "--format",
        metavar="NAME",
        help="format of a file with another ending, or of standard input (the file -): c3d, trc, "
        "bvh, npz, npy or pkl",
    )


def reading(options: argparse.Namespace) -> dict:
    """Return the keyword arguments of `read_recording` from the options of `add_reading`.

    Args:
        options: Parsed options of a command.

    Raises:
        UsageError: A unit, an axis or the mapping is not valid.
    """
    return {
        "unit": _unit(options.unit),
        "up": _axis(options.up),
        "rate_hz": options.rate,
        "mapping": _mapping(options.mapping),
        "item": options.item,
        "format": options.format,
    }


def _unit(name: str | None) -> str | None:
    if name is None:
        return None
    from ..motion.units_axes import UNIT_HELP, parse_unit

    if parse_unit(name) is None:
        raise UsageError(f"--unit is {name!r}, expected {UNIT_HELP}")
    return name


def _axis(name: str | None) -> str | None:
    if name is None:
        return None
    from ..motion.units_axes import parse_axis

    try:
        parse_axis(name)
    except ValueError as error:
        raise UsageError(f"--up: {error}") from error
    return name


def _mapping(path: Path | None) -> dict[str, str] | None:
    if path is None:
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UsageError(
            f"--mapping: {path} is not JSON ({error}): make a template with agir markers FILE -o "
            f"{path.name}"
        ) from error
    except OSError as error:
        raise UsageError(f"--mapping: {path} cannot be read: {error.strerror}") from error
    if not isinstance(content, dict) or not all(isinstance(v, str) for v in content.values()):
        raise UsageError(f'{path} has no mapping, expected {{"name in the file": "name here"}}')
    return content
