"""Endpoint `/assess` for programs: a file in, a typed answer out."""

# Gradio reads the types at run time: no postponed evaluation of annotations here.
from pathlib import Path
from typing import Any, TypedDict

import assess_view as view
import errors
import gradio as gr
import norm_inputs
from assessing import AssessmentRefused, assess_file
from gradio.data_classes import FileData
from reading_options import reading
from state import READING_QUEUE, AppState

_DESCRIPTION = (
    "Assess a 3D recording of one walk. Pass the file with gradio_client.handle_file. The answer "
    "is what `agir assess --json` prints: score and probabilities (null where the score is "
    "withheld), trust, identity, reasoning, its claims with their verdicts, and how the file was "
    "read. rate_hz, unit and up override the file; item names one walk of several; age (years), "
    "sex (male or female), height_m, subject_id and norms (a file of agir norms) are about the "
    "person. Research use only."
)


class Answer(TypedDict):
    """Answer of `/assess`, the same as `AssessedWalk.as_json`."""

    score: int | None
    probabilities: list[float] | None
    withheld: str | None
    scores: list[int]
    uncertain: bool
    uncertain_reasons: list[dict]
    uncertain_below: float | None
    alternatives: list[int]
    trust: dict[str, Any]
    identity: dict[str, Any]
    person: dict[str, Any]
    reasoning: str
    reasoning_unaided: str
    reasoning_selected_by_evidence: bool
    not_selected_because: str | None
    replaced: list[dict]
    left_out: list[str]
    evidence: dict[str, Any]
    evidence_unaided: dict[str, Any]
    model: dict[str, Any]
    recording: dict[str, Any]
    cautions: list[str]


def build(state: AppState) -> None:
    """Add the endpoint to the app that is being built.

    Args:
        state: `AppState` of the app.
    """

    def assess(
        recording: FileData,
        rate_hz: float | None = None,
        unit: str = "",
        up: str = "",
        item: str = "",
        age: float | None = None,
        sex: str = "",
        norms: FileData | None = None,
        height_m: float | None = None,
        subject_id: str = "",
    ) -> Answer:
        with errors.show_errors(view.ERROR_TITLE):
            fields = (subject_id, age, sex, height_m, uploaded(norms, "norms"))
            person = norm_inputs.subject(state.root, *fields)
            flags = reading(rate_hz, unit, up, item)
            return assess_file(state, uploaded(recording), flags, person=person).as_json()

    gr.api(assess, api_name="assess", api_description=_DESCRIPTION, **READING_QUEUE)


def uploaded(file: Any, name: str = "recording") -> str | None:
    """Return the path of a file that a program passed to an endpoint.

    Gradio checks a value that is marked as a file: it is in the folder of the uploads. Any other
    value is refused, so that a program cannot name a file of the server.

    Args:
        file: Value of the parameter; None if it was left out.
        name: Name of the parameter, for the message.

    Raises:
        AssessmentRefused: The value is not an upload.
    """
    if file is None:
        return None
    meta = file.get("meta") if isinstance(file, dict) else None
    path = file.get("path") if isinstance(file, dict) else None
    is_upload = isinstance(meta, dict) and meta.get("_type") == "gradio.FileData"
    folder = Path(gr.utils.get_upload_folder()).resolve()
    if not (is_upload and path and folder in Path(path).resolve().parents):
        raise AssessmentRefused(
            f"{name} is not an uploaded file: pass it with handle_file of gradio_client"
        )
    return path
