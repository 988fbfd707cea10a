"""Formatting of numbers and foreign texts in tables, reports, pages and terminals."""

from __future__ import annotations

import unicodedata
from typing import Any

# categories of Unicode: control, format (direction, invisible), surrogate, line separators
_NOT_PRINTABLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_JOINERS = "\u200c\u200d"  # parts of words in some scripts, and of emoji

MISSING = "–"  # text for a value that is None


def format_number(value: float | None, spec: str = ".3f", missing: str = MISSING) -> str:
    """Format a number with a typographic minus sign.

    Args:
        value (`float`, *optional*):
            Number to format.
        spec (`str`, defaults to `".3f"`):
            Format specification of Python, such as `"+.3f"` or `".3g"`.
        missing (`str`, defaults to an en dash):
            Text for `None`.

    Returns:
        `str`: The formatted number.

    Example:
        ```python
        >>> from agir_hf.utils.formatting import format_number
        >>> format_number(-0.1234)
        '−0.123'
        >>> format_number(None)
        '–'

        ```
    """
    return missing if value is None else f"{value:{spec}}".replace("-", "−")


def printable(text: object, keep: str = "") -> str:
    r"""Escape characters that control a terminal, such as escape sequences in a file name.

    Args:
        text (`object`):
            Text from a file, or an object whose text is used.
        keep (`str`, *optional*):
            Control characters that are not escaped, such as line breaks.

    Returns:
        `str`: The text with control, invisible and direction characters as escapes of Python.

    Example:
        ```python
        >>> from agir_hf.utils.formatting import printable
        >>> print(printable("walk\x1b[31m.c3d"))
        walk\x1b[31m.c3d

        ```
    """
    text = str(text)
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(c) if c not in keep else c for c in text)


def _escaped(character: str) -> str:
    if unicodedata.category(character) not in _NOT_PRINTABLE or character in _JOINERS:
        return character
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def printable_values(value: Any) -> Any:
    """Return a value of JSON with `printable` applied to all texts in it.

    Args:
        value: Text, number, None, or lists and dictionaries of them.
    """
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {printable_values(name): printable_values(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [printable_values(item) for item in value]
    return value
