"""Formatting of numbers in tables, reports and pages."""

from __future__ import annotations

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
