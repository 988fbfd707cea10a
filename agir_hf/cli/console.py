"""What every command says and how: one line for a mistake, a bar for long work."""

import argparse
import json
import sys
from pathlib import Path

NOTICE = "Research use only. Not a medical device."
USER_ERROR = 2


class UsageError(ValueError):
    """Something the caller can mend; printed on one line."""


def one_line(message: object) -> str:
    """A message without line breaks."""
    return " ".join(str(message).split())


def complain(message: object) -> None:
    """Print an error on stderr, on one line."""
    print(f"agir: {one_line(message)}", file=sys.stderr)


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
    from ..motion.conventions import parse_axis

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
