"""What commands share: one line for a mistake, flags of reading, a model and its flag."""

import argparse
import json
import sys
import textwrap
from pathlib import Path

from .. import DEFAULT_MODEL
from ..assessment.messages import one_line

USER_ERROR = 2
WIDTH = 88


class UsageError(ValueError):
    """Something the caller can mend; printed on one line."""


def complain(message: object) -> None:
    """Print an error on stderr, on one line."""
    print(f"agir: {one_line(message)}", file=sys.stderr)


def add_model(parser: argparse.ArgumentParser) -> None:
    """The flag ``--model``; the embedded one by default."""
    parser.add_argument(
        "--model",
        default=DEFAULT_MODEL,
        metavar="NAME_OR_PATH",
        help="a folder or Hub name; by default the embedded tiny model (simulated training data)",
    )


def load_model(name_or_path: str):
    """Model and processor, of `agir_hf.assessment.load_model`.

    Raises:
        UsageError: if there is none, or it is of another kind.
    """
    from .. import assessment

    return _user_errors(assessment.load_model, name_or_path)


def load_tokenizer(name_or_path: str):
    """Motion tokenizer and feature extractor, of `agir_hf.assessment.load_tokenizer`.

    Raises:
        UsageError: as `load_model`.
    """
    from .. import assessment

    return _user_errors(assessment.load_tokenizer, name_or_path)


def _user_errors(load, name_or_path: str):
    from .. import assessment

    try:
        return load(name_or_path)
    except assessment.ModelError as error:
        raise UsageError(str(error)) from error


def paragraph(head: str, text: str) -> str:
    """A text behind its head, broken into lines."""
    return textwrap.fill(
        text, WIDTH, initial_indent=head, subsequent_indent=" " * len(head), break_long_words=False
    )


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Flags that say what a file does not: units, axes, rate, names, which walk."""
    group = parser.add_argument_group("what the file does not say, or says wrongly")
    group.add_argument("--unit", choices=("mm", "cm", "m"), help="unit of the positions")
    group.add_argument("--up", metavar="AXIS", help="vertical axis: X, Y or Z, or -X, -Y, -Z")
    group.add_argument("--rate", type=float, metavar="HZ", help="frames per second")
    group.add_argument(
        "--mapping", type=Path, metavar="JSON", help='{"name in the file": "name here", …}'
    )
    group.add_argument("--item", metavar="SUBJECT/WALK", help="one walk of a file of several")


def reading(options: argparse.Namespace) -> dict:
    """Keywords of `read_recording` from these flags."""
    return {
        "unit": options.unit,
        "up": _axis(options.up),
        "rate_hz": options.rate,
        "mapping": _mapping(options.mapping),
        "item": options.item,
    }


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
    except (ValueError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not JSON: {error}") from error
    if not isinstance(content, dict) or not all(isinstance(v, str) for v in content.values()):
        raise UsageError(f'{path} holds no mapping, expected {{"name in the file": "name here"}}')
    return content
