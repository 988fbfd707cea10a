"""Cells of CSV files that spreadsheet programs do not take for formulas."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

# A cell that begins with one of these is a formula, or becomes one (OWASP, CSV injection).
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_NO_VALUE = ("-", "–", "−")  # cells without a value in our tables


def safe_cell(value: object) -> object:
    """Return the content of a cell, with an apostrophe before text that would be a formula.

    Numbers, also as text, and single dashes are not changed.

    Args:
        value: Content of a cell.

    Returns:
        The value, or its text after an apostrophe.
    """
    if not isinstance(value, str) or value in _NO_VALUE or not _FORMULA.match(value):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value


def safe_row(row: Mapping[str, object] | Iterable[object]) -> dict | list:
    """Return a row of a table with `safe_cell` applied to each cell.

    Args:
        row: Cells, or column → cell.
    """
    if isinstance(row, Mapping):
        return {column: safe_cell(value) for column, value in row.items()}
    return [safe_cell(value) for value in row]


def original_cell(text: str) -> str:
    """Return the text that `safe_cell` changed.

    Args:
        text: Text of a cell that was read from a CSV file.
    """
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
