"""Settings with which a file is read where it does not state them, or states them wrongly."""

from __future__ import annotations

from collections.abc import Sequence

import gradio as gr
from norm_inputs import number

UNITS, AXES = ("mm", "cm", "m"), ("X", "Y", "Z", "-X", "-Y", "-Z")
FROM_FILE = "from the file"
EMPTY = ("", FROM_FILE, FROM_FILE, "")  # values of the fields when nothing is entered


def build(title: str, elem_id: str) -> list[gr.components.Component]:
    """Build the fields: frames per second, unit, vertical axis, and walk; see `reading`.

    Args:
        title: Title of the panel that has them.
        elem_id: Identifier of the panel on the page.
    """
    with gr.Accordion(title, open=False, elem_id=elem_id):
        with gr.Row():
            rate_hz = gr.Textbox(
                "", label="Frames per second", placeholder=FROM_FILE, max_lines=1, min_width=190
            )
            unit = gr.Dropdown([FROM_FILE, *UNITS], label="Unit of length", min_width=190)
            up = gr.Dropdown([FROM_FILE, *AXES], label="Vertical axis", min_width=190)
        item = gr.Textbox(
            "", label="Walk to assess, if the file has several (subject/walk)", max_lines=1
        )
    return [rate_hz, unit, up, item]


def readings(names: Sequence[str], values: Sequence[Sequence]) -> list[dict]:
    """Return keywords of `read_recording` for each of several recordings.

    Args:
        names: Names of the recordings, for errors.
        values: Values of the fields of each, in the order of `reading`.

    Raises:
        ValueError: The frames per second of one are not a number.
    """
    keywords = []
    for name, fields in zip(names, values, strict=True):
        try:
            keywords.append(reading(*fields))
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    return keywords


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
