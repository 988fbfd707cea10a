"""Text of a TRC file: encodings, separators, decimal commas, and words for missing values."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import numpy as np

from ..recording import RecordingError
from .limits import MOST_FRAMES

_HEAD_BYTES = 1 << 16
_LONGEST_LINE = 1 << 20  # characters
_SAMPLE = 50  # rows from which separators are detected
_MARKERS = 2000
_SEPARATORS = " \t;,\r\n\x0b\x0c"
_MISSING = re.compile(
    r"[+-]?(nan(\(.*\))?|\d*[.,]?#(qnan|snan|ind|inf|n/?a)\w*|inf(inity)?)|null|nil|none|n\.?/?a\.?|"
    r"<na>|missing|undef(ined)?|[-–—*?]+",
    re.IGNORECASE,
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip


@dataclass(frozen=True)
class TextTable:
    """Rows of numbers in a text.

    Attributes:
        rows: Values of each row as float64 arrays, without the markers at their ends whose fields
            are all empty; NaN for missing values.
        lines: Number of the line of each row, from 1.
        separator: Tab, semicolon or comma; None for white space.
        remarks: What was left out.
    """

    rows: list[np.ndarray]
    lines: list[int]
    separator: str | None
    remarks: tuple[str, ...]


def text_encoding(head: bytes) -> str:
    """Encoding of a text, from its first bytes: UTF-8, UTF-16, UTF-32 or Windows-1252.

    Args:
        head: First bytes of a file.
    """
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    for first, name in ((0, "utf-16-be"), (1, "utf-16-le")):
        zeros = head[first : len(head) & ~1 : 2]
        if len(zeros) > 1 and zeros.count(0) > 0.9 * len(zeros):
            return name
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def text_lines(path: Path) -> Iterator[str]:
    """Lines of a text file of any common encoding, without line breaks.

    Args:
        path: The file.

    Raises:
        RecordingError: A line is too long for a text.
    """
    with path.open("rb") as file:
        encoding = text_encoding(file.read(_HEAD_BYTES))
    with path.open(encoding=encoding, errors="replace") as file:
        while line := file.readline(_LONGEST_LINE):
            if len(line) == _LONGEST_LINE:
                raise RecordingError(
                    f"{path} has a line of more than {_LONGEST_LINE:,} characters, expected a "
                    "table of numbers: export it again"
                )
            yield line.rstrip("\n").strip("\x1a\x00\ufeff")


def split_fields(line: str, separator: str | None = None) -> list[str]:
    """Fields of a line of words, separated by tabs, semicolons, commas or white space.

    Args:
        line: Line of a header.
        separator: Separator of the rows of the table, used if it occurs in the line.
    """
    if separator is None or separator not in line:
        separator = next((mark for mark in "\t;" if mark in line), None)
    if separator is None and "," in line:
        words = line.split()
        if len(words) < 3 or any(word.endswith(",") for word in words):
            separator = ","
    return [_unquoted(field) for field in line.split(separator)]


def _unquoted(field: str) -> str:
    field = field.strip()
    quoted = len(field) > 1 and field[0] == field[-1] and field[0] in "\"'"
    return field[1:-1].strip() if quoted else field


def read_rows(lines: Iterator[tuple[int, str]], source: str) -> TextTable:
    """Read the rows of numbers of a table.

    Args:
        lines: Numbers and texts of lines, the first row first; lines without a value are skipped.
        source: The file, for messages.

    Raises:
        RecordingError: A value is not a number, or there are too many rows.
    """
    filled = ((number, line) for number, line in lines if line.strip(_SEPARATORS))
    sample = list(islice(filled, _SAMPLE))
    separator, comma = _separators([line for _, line in sample])
    rows, numbers, remarks = [], [], []
    remaining = chain(sample, filled)
    for number, line in remaining:
        if len(rows) >= MOST_FRAMES:
            raise RecordingError(
                f"{source} has more than {MOST_FRAMES:,} rows, expected fewer: cut it"
            )
        try:
            rows.append(_row(line, separator, comma))
        except ValueError as error:
            if rows and next(remaining, None) is None:
                remarks.append("the last row is damaged: left out")
                break
            raise RecordingError(
                f"{source} has a value that is not a number in line {number} ({error}): export it "
                "again"
            ) from error
        numbers.append(number)
    return TextTable(rows, numbers, separator, tuple(remarks))


def _separators(sample: list[str]) -> tuple[str | None, bool]:
    """Separator of fields, and whether numbers have a decimal comma."""
    text = "\n".join(sample)
    commas, points = "," in text, re.search(r"\d\.\d", text) is not None
    for separator in ("\t", ";"):
        if sum(separator in line for line in sample) > len(sample) / 2:
            return separator, commas and not points
    if not commas:
        return None, False
    words = Counter(len(line.split()) for line in sample).most_common(1)[0][0]
    spaced = re.search(r",(\s|$)", text) is not None
    if points or spaced or words < 5:
        return ",", False
    return None, True


def _row(line: str, separator: str | None, comma: bool) -> np.ndarray:
    """Values of a line; markers whose fields are all empty are left out at its end."""
    if comma:
        line = line.replace(",", ".")
    fields = line.split(separator)
    filled = len(fields)
    while filled > 2 and not fields[filled - 1].strip():
        filled -= 1
    fields = fields[: max(2 + 3 * -(-(filled - 2) // 3), 2)]
    if len(fields) > 2 + 3 * _MARKERS:
        raise ValueError(f"{len(fields)} fields, expected at most {_MARKERS} markers")
    if "_" not in line:  # Python reads 1_0 as 10
        try:
            return np.array(list(map(float, fields)))
        except ValueError:
            pass
    return np.array([_value(field) for field in fields])


def _value(field: str) -> float:
    text = _unquoted(field)
    if not text or _MISSING.fullmatch(text):
        return np.nan
    if "_" in text or len(text) > 60:
        raise ValueError(f"could not convert {text[:20]!r} to a number")
    return float(text)
