"""Settings with which a file is read where it does not state them, or states them wrongly."""

from __future__ import annotations

from norm_inputs import number

UNITS, AXES = ("mm", "cm", "m"), ("X", "Y", "Z", "-X", "-Y", "-Z")
FROM_FILE = "as stated in the file"


def reading(rate_hz: float | str | None, unit: str, up: str, item: str) -> dict:
    """Return keywords of `read_recording` from the input fields.

    Args:
        rate_hz: Frames per second; None, empty or 0 uses the file's.
        unit: Unit of length; empty uses the file's.
        up: Vertical axis; empty uses the file's.
        item: Walk of a file with several; may be empty.

    Returns:
        The keywords; None for a value that is taken from the file.

    Raises:
        UploadError: The frames per second are not a number.
    """
    return {
        "rate_hz": number(
            rate_hz,
            "frames per second",
            "hz|fps|",
        )
        or None,
        "unit": None if unit in (None, "", FROM_FILE) else unit,
        "up": None if up in (None, "", FROM_FILE) else up,
        "item": (item or "").strip() or None,
    }
