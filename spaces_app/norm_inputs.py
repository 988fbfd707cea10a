"""Fields about the person, which the tabs share: identifier, age, sex, height and norms.

Numbers are entered as text: a number field of Gradio that is empty sends 0, which is then refused.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import gradio as gr
from uploads import UploadError, copy_upload

from agir_hf.gait import load_norms
from agir_hf.gait.norms import SEXES, check_person

MAX_BYTES = 2_000_000
NOT_KNOWN = "not known"
_TITLE = "Age, sex and norms (default: 70 years, both sexes, published norms)"
_PERSON_TITLE = "About the person and the norms, optional"
_DEFAULT_NORMS = (
    "Without these: published norms for 70 years and both sexes. They apply to the next assessment "
    "only, and are emptied when another file is chosen."
)
_NUMBER = re.compile(r"([+-]?\d+(?:[.,]\d+)?)\s*(.*)")
_MAX_CHARACTERS = 60


def build() -> list[gr.components.Component]:
    """Build the fields: age, sex, and the file of a laboratory's norms; see `person`."""
    with gr.Accordion(_TITLE, open=False):
        with gr.Row():
            age, sex = _age(), _sex()
        norms = _norms_file()
    return [age, sex, norms]


def build_person() -> list[gr.components.Component]:
    """Build the fields: identifier, age, sex, height, and a laboratory's norms; see `subject`."""
    with gr.Accordion(_PERSON_TITLE, open=False, elem_classes="agir-person"):
        with gr.Row():
            identifier = gr.Textbox(
                "", label="Identifier", placeholder="such as P07", max_lines=1,
                max_length=_MAX_CHARACTERS, min_width=190,
            )  # fmt: skip
            age, sex = _age(), _sex()
            height = gr.Textbox(
                "", label="Body height, m or cm", placeholder="not known", max_lines=1,
                min_width=190,
            )  # fmt: skip
        norms = _norms_file()
        gr.HTML(f"<p class='muted'>{_DEFAULT_NORMS}</p>")
    return [identifier, age, sex, height, norms]


def empty_person() -> list:
    """Return the values of the fields of `build_person` when nothing is entered."""
    return ["", "", NOT_KNOWN, "", None]


def _age() -> gr.Textbox:
    return gr.Textbox(
        "", label="Age in years, 20 or more", placeholder="not known", max_lines=1, min_width=190
    )


def _sex() -> gr.Dropdown:
    return gr.Dropdown([NOT_KNOWN, *SEXES], value=NOT_KNOWN, label="Sex", min_width=190)


def _norms_file() -> gr.File:
    return gr.File(
        label="Norms of your laboratory (.json)",
        file_types=[".json"],
        height=170,
    )


def number(text: str | float | None, name: str, unit: str = "") -> float | None:
    """Return the number of an optional field; None if it is empty.

    Args:
        text: What was entered, such as "72", "1,75 m" or a number.
        name: Name of the field, for the message.
        unit: Pattern of the units that may follow the number.

    Raises:
        UploadError: It is not a number.

    Example:
        ```python
        >>> number("1,75 m", "body height", "m|cm"), number(" ", "age")
        (1.75, None)

        ```
    """
    if text is None or isinstance(text, int | float):
        return text
    text = text.strip()
    if not text:
        return None
    match = _NUMBER.fullmatch(text)
    if match is None or not re.fullmatch(unit, match[2].strip().lower()):
        raise UploadError(
            f"{name} is {text[:20]!r}, expected a number: correct it, or leave it empty"
        )
    return float(match[1].replace(",", "."))


def person(root: Path, age: float | str | None, sex: str | None, path: str | None) -> dict:
    """Return the keyword arguments age, sex and norms from the fields.

    Args:
        root: Folder in which the file of norms is copied; the copy is removed.
        age: Age in years; None or empty if it is not known.
        sex: Sex; empty or "not known" if it is not known.
        path: The uploaded file of norms, or None for the published norms.

    Returns:
        Keywords of `agir_hf.assessment.assess_recording`.

    Raises:
        UploadError: The age, the sex or the file is not valid.
    """
    age = number(age, "age", "y|years|")
    sex = None if sex in (None, "", NOT_KNOWN) else sex
    try:
        check_person(age, sex)
    except ValueError as error:
        raise UploadError(str(error)) from None
    return {"age": age, "sex": sex, "norms": None if path is None else _norms(root, path)}


def subject(
    root: Path,
    identifier: str | None,
    age: float | str | None,
    sex: str | None,
    height: float | str | None,
    path: str | None,
) -> dict:
    """Return the keyword arguments of all fields of `build_person`.

    Args:
        root: Folder in which the file of norms is copied; the copy is removed.
        identifier: Identifier of the person; may be empty.
        age: Age in years; None or empty if it is not known.
        sex: Sex; empty or "not known" if it is not known.
        height: Body height in metres or, above 3, in centimetres; None or empty if it is not known.
        path: The uploaded file of norms, or None for the published norms.

    Returns:
        Keywords of `agir_hf.assessment.assess_recording`: subject_id, age, sex, height_m, norms.

    Raises:
        UploadError: A value is not valid.
    """
    from agir_hf.assessment import Subject

    keywords = person(root, age, sex, path)
    height_m = number(height, "body height", "m|cm|")
    try:
        stated = Subject((identifier or "").strip(), keywords["age"], keywords["sex"], height_m)
    except ValueError as error:
        raise UploadError(str(error)) from None
    return keywords | {"subject_id": stated.id, "height_m": stated.height_m}


def _norms(root: Path, path: str):
    root.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root) as folder:
        copy = copy_upload(path, Path(folder), MAX_BYTES)
        try:
            return load_norms(copy)
        except (ValueError, OSError) as error:
            raise UploadError(str(error).replace(str(copy), "the file of norms")) from None
