"""Options of reading a recording: what its file does not state, or states wrongly."""

import argparse
import json
from pathlib import Path

from .console import UsageError


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
    group.add_argument("--up", metavar="AXIS", help="vertical axis: X, Y, Z, -X, -Y or -Z")
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
