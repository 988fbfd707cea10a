"""Fields for age, sex and norms, which the tabs share: claims and z-scores depend on them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import gradio as gr
from uploads import UploadError, copy_upload

from agir_hf.gait import load_norms
from agir_hf.gait.norms import SEXES, check_person

MAX_BYTES = 2_000_000
_UNKNOWN = "not known"
_TITLE = "Age, sex and norms (default: 70 years, both sexes, published norms)"


def build() -> list[gr.components.Component]:
    """Build the fields: age, sex, and the file of a laboratory's norms."""
    with gr.Accordion(_TITLE, open=False):
        with gr.Row():
            age = gr.Number(None, label="Age in years, 20 or more", minimum=0, min_width=120)
            sex = gr.Dropdown([_UNKNOWN, *SEXES], label="Sex", min_width=120)
        norms = gr.File(
            label="Norms of your laboratory, made by agir norms", file_types=[".json"], height=150
        )
    return [age, sex, norms]


def endpoint_fields() -> list[gr.components.Component]:
    """Build the same fields for an endpoint; a program can leave each of them out."""
    return [gr.Number(None, label="age"), gr.Textbox("", label="sex"), gr.File(label="norms")]


def person(root: Path, age: float | None, sex: str | None, path: str | None) -> dict:
    """Return the keyword arguments age, sex and norms from the fields.

    Args:
        root: Folder in which the file of norms is copied; the copy is removed.
        age: Age in years, or None if it is not known.
        sex: Sex; empty or "not known" if it is not known.
        path: The uploaded file of norms, or None for the published norms.

    Returns:
        Keywords of `agir_hf.assessment.assess_recording`.

    Raises:
        UploadError: The age, the sex or the file is not valid.
    """
    sex = None if sex in (None, "", _UNKNOWN) else sex
    try:
        check_person(age, sex)
    except ValueError as error:
        raise UploadError(str(error)) from None
    return {"age": age, "sex": sex, "norms": None if path is None else _norms(root, path)}


def _norms(root: Path, path: str):
    root.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root) as folder:
        copy = copy_upload(path, Path(folder), MAX_BYTES)
        try:
            return load_norms(copy)
        except (ValueError, OSError) as error:
            raise UploadError(str(error).replace(str(copy), "the file of norms")) from None
