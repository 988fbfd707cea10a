"""Endpoint `/compare` for programs: two recordings or sessions in, a typed answer out."""

# Gradio reads the types at run time: no postponed evaluation of annotations here.
from typing import Any, TypedDict

import errors
import gradio as gr
import norm_inputs
from assess_endpoint import uploaded
from comparing import compare_uploads, short_names
from gradio.data_classes import FileData
from message_words import PROGRAM_FIELDS
from reading_options import readings
from state import READING_QUEUE, AppState

ERROR_TITLE = "These recordings cannot be compared"
_DEFAULT_NAMES = ("A", "B")
_DESCRIPTION = (
    "Compare two recordings, or two sessions of several recordings, of one person. Pass one file "
    "or a list of files for each, with gradio_client.handle_file. The answer has the assessments "
    "of the first and of the second (as /assess returns them), and what `agir compare --json` "
    "prints: gait parameters with difference, percent, measurement error, z-scores and whether "
    "the change comes nearer to the norm, curves, Gait Profile Scores and cautions. age (years), "
    "sex (male or female), height_m, subject_id and norms (a file of agir norms) are about the "
    "person. first_rate_hz, first_unit and first_up override the files of the first, first_item "
    "names one walk of several; the same with second_. Research use only."
)
# A message names the file, and the parameters of both.
_FIELDS = PROGRAM_FIELDS | {
    key: f"first_{name} or second_{name}"
    for key, name in PROGRAM_FIELDS.items()
    if key in ("rate", "unit", "up", "item")
}


class Answer(TypedDict):
    """Answer of `/compare`: assessments of both, and what `Comparison.as_json` returns."""

    first: list[dict[str, Any]]
    second: list[dict[str, Any]]
    names: list[str]
    parameters: list[dict[str, Any]]
    summary: dict[str, int]
    curves: list[dict[str, Any]]
    profile: dict[str, Any] | None
    walks: list[dict[str, Any]]
    cautions_of_comparison: list[str]
    level: float
    norms: dict[str, Any]
    note: str


def build(state: AppState) -> None:
    """Add the endpoint to the app that is being built.

    Args:
        state: `AppState` of the app.
    """

    def compare(
        first: FileData | list[FileData],
        second: FileData | list[FileData],
        age: float | None = None,
        sex: str = "",
        norms: FileData | None = None,
        height_m: float | None = None,
        subject_id: str = "",
        first_name: str = "A",
        second_name: str = "B",
        first_rate_hz: float | None = None,
        first_unit: str = "",
        first_up: str = "",
        first_item: str = "",
        second_rate_hz: float | None = None,
        second_unit: str = "",
        second_up: str = "",
        second_item: str = "",
    ) -> Answer:
        with errors.show_errors(ERROR_TITLE, _FIELDS):
            fields = (subject_id, age, sex, height_m, uploaded(norms, "norms"))
            person = norm_inputs.subject(state.root, *fields)
            names = short_names((first_name, second_name), _DEFAULT_NAMES)
            files = [
                paths_of(files, order) for files, order in ((first, "first"), (second, "second"))
            ]
            stated = [
                (first_rate_hz, first_unit, first_up, first_item),
                (second_rate_hz, second_unit, second_up, second_item),
            ]
            settings = readings(names, stated)
            compared = compare_uploads(state, files, names, person=person, settings=settings)
            return compared.as_json()

    gr.api(compare, api_name="compare", api_description=_DESCRIPTION, **READING_QUEUE)


def paths_of(files: Any, name: str) -> list[str]:
    """Return the paths of the files that a program passed for one of the two.

    Args:
        files: A file, or a list of files.
        name: Name of the parameter, for the message.

    Raises:
        AssessmentRefused: A value is not an upload.
    """
    files = files if isinstance(files, list) else [files]
    return [uploaded(file, name) for file in files if file is not None]
