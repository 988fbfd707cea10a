"""Assess tab: upload a recording or choose a simulated example; score, rationale, gait, report."""

from __future__ import annotations

import json
import logging
import tempfile
from pathlib import Path

import assess_view as view
import errors
import gradio as gr
import norm_inputs
from state import MODEL_QUEUE, AppState
from uploads import MAX_BYTES, UploadError, read_upload
from viewer import scene, walk_of

from agir_hf.assessment import AssessedWalk, assess_recording
from agir_hf.assessment.assessment import STEPS
from agir_hf.motion import RecordingError
from agir_hf.motion.readers import ENDINGS, PACKED_ENDINGS

EXAMPLES = Path(__file__).parent / "examples"
SIMULATED = {
    f"Simulated walk, score {score}": EXAMPLES / f"simulated_score_{score}.c3d"
    for score in range(3)
}
UPLOADED = "uploaded recording"
CHECKING = "checking the file"
_NUM_COMPONENTS = 7  # of a result, see `_results`
_UNITS, _AXES = ("mm", "cm", "m"), ("X", "Y", "Z", "-X", "-Y", "-Z")
_FROM_FILE = "as stated in the file"
_SCROLL_TO_RESULT = "() => { document.querySelector('#agir-results')?.scrollIntoView(); }"
# A link of a claim scrolls to its row of the table. The browser's own behaviour would reload the
# page, because Gradio's pages have a base address.
_SCROLL_TO_PARAMETER = """
element.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']");
  const row = link && document.getElementById(link.getAttribute("href").slice(1));
  if (!row) return;
  event.preventDefault();
  row.tabIndex = -1;
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "center" });
});
"""
_log = logging.getLogger(__name__)


class AssessmentRefused(ValueError):
    """A recording that cannot be assessed; the message for the user is one line."""


def build(state: AppState) -> None:
    """Build the tab; call it inside a `gr.Tab`.

    Args:
        state: `AppState` of the app.
    """
    gr.HTML(
        "<p class='agir-lead'>Upload a 3D recording of one walk: markers (.c3d, .trc), a body "
        "motion (.npz of AMASS, .pkl of CARE-PD) or joints (.bvh, .npy, .npz). The result is a "
        "gait score from 0 to 2 with its reasons, each checked against the measured gait.</p>"
    )
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=280):
            file, options, person, start = _upload()
        with gr.Column(scale=2, min_width=280, elem_classes="agir-examples"):
            gr.HTML("<h3>Or choose an example</h3><p class='muted'>The examples are simulated.</p>")
            examples = [gr.Button(name) for name in SIMULATED]
    status = gr.HTML("", elem_id="agir-status")
    with gr.Column(visible=False, elem_id="agir-results") as results:
        components = _results()
    outputs = [status, results, *components]

    def assess_upload(
        path, rate_hz, unit, up, item, age, sex, norms, request: gr.Request, bar=errors.PROGRESS
    ):
        def assess() -> AssessedWalk:
            subject = norm_inputs.person(state.root, age, sex, norms)
            flags = reading(rate_hz, unit, up, item)
            return assess_file(state, path, flags, _steps(bar), subject)

        return _result(state, request, assess)

    def assess_example(name: str, age, sex, norms, request: gr.Request, bar=errors.PROGRESS):
        def assess() -> AssessedWalk:
            subject = norm_inputs.person(state.root, age, sex, norms)
            return _assess_example(state, name, _steps(bar), subject)

        return _result(state, request, assess)

    event_options = {"show_progress_on": status, "api_visibility": "private", **MODEL_QUEUE}
    events = [start.click(assess_upload, [file, *options, *person], outputs, **event_options)]
    events += [
        button.click(assess_example, [button, *person], outputs, **event_options)
        for button in examples
    ]
    for event in events:
        event.then(None, js=_SCROLL_TO_RESULT)
    _endpoint(state)


def _upload():
    """Build the file field, those that override the file, those of the norms, and the button."""
    file = gr.File(
        label=f"Recording, at most {MAX_BYTES / 1e6:.0f} MB",
        file_types=[*ENDINGS, *PACKED_ENDINGS],
        height=170,
        elem_id="agir-file",
    )
    with gr.Accordion(
        "Options, if the file does not state them or states them wrongly", open=False
    ):
        with gr.Row():
            rate_hz = gr.Number(None, label="Frames per second", minimum=1, min_width=120)
            unit = gr.Dropdown([_FROM_FILE, *_UNITS], label="Unit of length", min_width=120)
            up = gr.Dropdown([_FROM_FILE, *_AXES], label="Vertical axis", min_width=120)
        item = gr.Textbox(
            "", label="Walk to assess, if the file has several (subject/walk)", max_lines=1
        )
    person = norm_inputs.build()
    start = gr.Button("Assess the recording", variant="primary", elem_id="agir-assess")
    return file, (rate_hz, unit, up, item), person, start


def _results() -> list:
    """Build the components of a result, in the order of `_values`."""
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=320):
            walker = gr.HTML(elem_id="agir-walker")
        with gr.Column(scale=2, min_width=320):
            score = gr.HTML(elem_id="agir-score")
            source = gr.HTML(elem_id="agir-source")
            report = gr.DownloadButton("Download the report (HTML)", elem_id="agir-report")
            data = gr.DownloadButton("Download the data (JSON)", elem_id="agir-json")
    reasons = gr.HTML(elem_id="agir-reasons", js_on_load=_SCROLL_TO_PARAMETER)
    gait = gr.HTML(elem_id="agir-gait")
    return [walker, score, reasons, gait, source, report, data]


def _endpoint(state: AppState) -> None:
    """Build the endpoint `/assess` for programs: a file in, JSON out."""

    def assess(recording, rate_hz, unit, up, item, age=None, sex="", norms=None) -> dict:
        with errors.show_errors(view.ERROR_TITLE):
            person = norm_inputs.person(state.root, age, sex, norms)
            flags = reading(rate_hz, unit, up, item)
            return assess_file(state, recording, flags, person=person).as_json()

    with gr.Column(visible=False):
        inputs = [
            gr.File(label="recording"),
            gr.Number(0, label="rate_hz"),
            gr.Textbox("", label="unit"),
            gr.Textbox("", label="up"),
            gr.Textbox("", label="item"),
            *norm_inputs.endpoint_fields(),
        ]
        output = gr.JSON()
        gr.Button().click(assess, inputs, output, api_name="assess", **MODEL_QUEUE)


def reading(rate_hz: float | None, unit: str, up: str, item: str) -> dict:
    """Return keywords of `read_recording` from the input fields.

    Args:
        rate_hz: Frames per second; None or 0 uses the file's.
        unit: Unit of length; empty uses the file's.
        up: Vertical axis; empty uses the file's.
        item: Walk of a file with several; may be empty.

    Returns:
        The keywords; None for a value that is taken from the file.
    """
    return {
        "rate_hz": rate_hz or None,
        "unit": None if unit in ("", _FROM_FILE) else unit,
        "up": None if up in ("", _FROM_FILE) else up,
        "item": (item or "").strip() or None,
    }


def assess_file(
    state: AppState,
    path: str | None,
    flags: dict,
    on_step=lambda step: None,
    person: dict | None = None,
) -> AssessedWalk:
    """Assess an uploaded file. The copy of the file is removed before this function returns.

    Args:
        state: `AppState` of the app.
        path: The upload; None if there is none.
        flags: Result of `reading`.
        on_step: Function that is called with the name of each step.
        person: Result of `norm_inputs.person`; None for the default norms.

    Returns:
        The assessed walk.

    Raises:
        AssessmentRefused: It cannot be assessed.
    """
    if path is None:
        raise AssessmentRefused("no recording was chosen: upload a recording, or choose an example")
    state.root.mkdir(exist_ok=True)
    on_step(CHECKING)
    with tempfile.TemporaryDirectory(dir=state.root) as folder:
        try:
            recording = read_upload(path, Path(folder), **flags)
            return _assess(state, recording, UPLOADED, on_step, person or {})
        except (ValueError, OSError) as error:
            is_known = isinstance(error, ValueError | FileNotFoundError)
            raise AssessmentRefused(
                str(error) if is_known else "the file could not be read"
            ) from None


def _assess_example(
    state: AppState, name: str, on_step, person: dict | None = None
) -> AssessedWalk:
    return _assess(state, SIMULATED[name], name, on_step, person or {})


def _assess(state: AppState, recording, name: str, on_step, options: dict) -> AssessedWalk:
    return assess_recording(
        recording, state.model, state.processor, name=name, on_step=on_step, **options
    )


def _steps(bar: gr.Progress):
    """Return a function that shows the name of each step in a progress bar."""
    order = (CHECKING, *STEPS)

    def on_step(step: str) -> None:
        bar(order.index(step) / len(order), desc=step[0].upper() + step[1:])

    return on_step


def _result(state: AppState, request: gr.Request, assess) -> list:
    """Return the values of the outputs: a result, or an error message."""
    try:
        return _values(assess(), state.session(request))
    except (AssessmentRefused, UploadError) as error:
        message = str(error)
    except Exception as error:  # only the type is logged: the text may contain recording data
        _log.error("an assessment failed: %s", type(error).__name__)
        message = errors.INTERNAL_ERROR
    return [view.problem(message), gr.update(visible=False), *[gr.skip()] * _NUM_COMPONENTS]


def _values(walk: AssessedWalk, folder: Path) -> list:
    """Return the values of status, results and the components of `_results`."""
    report, data = _downloads(walk, folder)
    return [
        "",
        gr.update(visible=True),
        scene([walk_of(walk.prepared)], title=walk.prepared.name),
        view.score_card(walk),
        view.rationale(walk),
        view.gait_tables(walk),
        view.provenance(walk),
        gr.update(value=report, visible=report is not None),
        data,
    ]


def _downloads(walk: AssessedWalk, folder: Path) -> tuple[str | None, str]:
    """Write report and JSON into the folder of the session; no report if no gait was measured."""
    data = folder / "agir-assessment.json"
    data.write_text(json.dumps(walk.as_json(), indent=2, ensure_ascii=False), encoding="utf-8")
    try:
        report = str(walk.write_report(folder / "agir-report.html"))
    except RecordingError:
        report = None
    return report, str(data)
