"""Options of the person who walks, and of the norms: ``--id --age --sex --height --norms``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..assessment.identity import HEIGHTS_M
from .console import UsageError

if TYPE_CHECKING:
    from ..assessment import Subject

SEXES = ("male", "female")  # those of `gait.norms`, whose import takes a second
_FROM_CM = 3.0  # a larger number is in centimetres


def add_person(parser: argparse.ArgumentParser) -> None:
    """Add ``--id``, ``--age``, ``--sex``, ``--height`` and ``--norms``.

    Args:
        parser: Parser of a command that reads recordings of a person.
    """
    group = parser.add_argument_group("person and norms")
    group.add_argument(
        "--id", metavar="NAME", help="identifier of the person, for the outputs and their names"
    )
    _add_age_sex(group)
    group.add_argument(
        "--height",
        type=height,
        metavar="METRES",
        help="height of the person, 1.2 to 2.3 m; 120 to 230 is read as centimetres",
    )
    add_norms_file(group)


def add_norms(parser: argparse.ArgumentParser) -> None:
    """Add the options ``--age``, ``--sex`` and ``--norms``.

    Args:
        parser: Parser of a command that shows z-scores of a walk of no person.
    """
    group = parser.add_argument_group("norms")
    _add_age_sex(group)
    add_norms_file(group)


def _add_age_sex(group) -> None:
    group.add_argument(
        "--age",
        type=float,
        metavar="YEARS",
        help="age of the person, for the norms (default: 70); no norm applies below 20",
    )
    group.add_argument(
        "--sex", choices=SEXES, help="sex of the person, for the norms (default: mean of both)"
    )


def height(text: str) -> float:
    """Return a height in metres from a text in metres or centimetres.

    Args:
        text: A number, with or without "m" or "cm"; a number above 3 is in centimetres.

    Raises:
        argparse.ArgumentTypeError: It is no height of an adult.
    """
    number = text.strip().lower().replace(",", ".").removesuffix("m").removesuffix("c").strip()
    try:
        metres = float(number)
    except ValueError:
        metres = 0.0
    metres = metres / 100 if metres > _FROM_CM else metres
    if not HEIGHTS_M[0] <= metres <= HEIGHTS_M[1]:
        raise argparse.ArgumentTypeError(
            f"the height is {text[:40]!r}, expected {HEIGHTS_M[0]} to {HEIGHTS_M[1]} metres, or "
            "the same in centimetres"
        )
    return round(metres, 4)


def person_of(options: argparse.Namespace) -> Subject:
    """Return the person from the options of `add_person`.

    Args:
        options: Parsed options of a command.

    Raises:
        UsageError: A value is out of range.
    """
    from ..assessment import Subject

    try:
        return Subject(options.id, options.age, options.sex, options.height)
    except ValueError as error:
        raise UsageError(f"--{error}") from error


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
