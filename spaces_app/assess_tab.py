"""Assess one recording: upload it or take a simulated example; score, reasons, gait, report."""

from __future__ import annotations

import json
import logging
import tempfile
from pathlib import Path

import assess_view as view
import errors
import gradio as gr
from state import MODEL_QUEUE, AppState
from uploads import MAX_BYTES, accept
from viewer import scene, walk_of

from agir_hf.assessment import AssessedWalk, assess_recording
from agir_hf.assessment.assessment import STEPS
from agir_hf.motion import RecordingError
from agir_hf.motion.readers import ENDINGS

EXAMPLES = Path(__file__).parent / "examples"
SIMULATED = {
    f"Simulated walk, score {score}": EXAMPLES / f"simulated_score_{score}.c3d"
    for score in range(3)
}
UPLOADED = "uploaded recording"
CHECKING = "checking the file"
_COMPONENTS = 7  # of an answer, see `_results`
_UNITS, _AXES = ("mm", "cm", "m"), ("X", "Y", "Z", "-X", "-Y", "-Z")
_AS_IT_SAYS = "as the file says"
_TO_THE_ANSWER = "() => { document.querySelector('#agir-results')?.scrollIntoView(); }"
# a link of a claim leads to its row of the table; left to the browser it would load the page anew,
# for gradio's pages have a base address
_TO_THE_VALUE = """
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


class Refused(ValueError):
    """A recording that is not assessed; the message is for the user, on one line."""


def build(state: AppState) -> None:
    """The tab; call it inside a `gr.Tab`."""
    gr.HTML(
        "<p class='agir-lead'>A 3D recording of one walk in: a gait score from 0 to 2 out, with "
        "its reasons, each held against the measured gait. Markers (.c3d, .trc), a body in motion "
        "(.npz of AMASS, .pkl of CARE-PD) or joints (.bvh, .npy, .npz).</p>"
    )
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=280):
            file, told, start = _upload()
        with gr.Column(scale=2, min_width=280, elem_classes="agir-examples"):
            gr.HTML("<h3>Or take a simulated example</h3><p class='muted'>Nobody walked these.</p>")
            examples = [gr.Button(name) for name in SIMULATED]
    status = gr.HTML("", elem_id="agir-status")
    with gr.Column(visible=False, elem_id="agir-results") as results:
        shown = _results()
    outputs = [status, results, *shown]

    def assess_upload(path, rate_hz, unit, up, item, request: gr.Request, bar=errors.PROGRESS):
        flags = reading(rate_hz, unit, up, item)
        return _answered(state, request, lambda: assess_file(state, path, flags, _steps(bar)))

    def assess_example(name: str, request: gr.Request, bar=errors.PROGRESS):
        return _answered(state, request, lambda: _assess_example(state, name, _steps(bar)))

    options = {"show_progress_on": status, "api_visibility": "private", **MODEL_QUEUE}
    asked = [start.click(assess_upload, [file, *told], outputs, **options)]
    asked += [button.click(assess_example, button, outputs, **options) for button in examples]
    for event in asked:
        event.then(None, js=_TO_THE_ANSWER)
    _endpoint(state)


def _upload():
    """File, what it may not say, and the button."""
    file = gr.File(
        label=f"Recording, at most {MAX_BYTES / 1e6:.0f} MB",
        file_types=list(ENDINGS),
        height=170,
        elem_id="agir-file",
    )
    with gr.Accordion("What the file does not say, or says wrongly", open=False):
        with gr.Row():
            rate_hz = gr.Number(None, label="Frames per second", minimum=1, min_width=120)
            unit = gr.Dropdown([_AS_IT_SAYS, *_UNITS], label="Unit of length", min_width=120)
            up = gr.Dropdown([_AS_IT_SAYS, *_AXES], label="Axis that points up", min_width=120)
        item = gr.Textbox("", label="One walk of several (subject/walk)", max_lines=1)
    start = gr.Button("Assess the recording", variant="primary", elem_id="agir-assess")
    return file, (rate_hz, unit, up, item), start


def _results() -> list:
    """Components of an answer, in the order of `_filled`."""
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=320):
            walker = gr.HTML(elem_id="agir-walker")
        with gr.Column(scale=2, min_width=320):
            score = gr.HTML(elem_id="agir-score")
            source = gr.HTML(elem_id="agir-source")
            report = gr.DownloadButton("Download the report (HTML)", elem_id="agir-report")
            data = gr.DownloadButton("Download the data (JSON)", elem_id="agir-json")
    reasons = gr.HTML(elem_id="agir-reasons", js_on_load=_TO_THE_VALUE)
    gait = gr.HTML(elem_id="agir-gait")
    return [walker, score, reasons, gait, source, report, data]


def _endpoint(state: AppState) -> None:
    """`/assess` for programs: a file in, JSON out."""

    def assess(recording, rate_hz, unit, up, item) -> dict:
        with errors.show_errors(view.REFUSED):
            return assess_file(state, recording, reading(rate_hz, unit, up, item)).as_json()

    with gr.Column(visible=False):
        inputs = [
            gr.File(label="recording"),
            gr.Number(0, label="rate_hz"),
            gr.Textbox("", label="unit"),
            gr.Textbox("", label="up"),
            gr.Textbox("", label="item"),
        ]
        output = gr.JSON()
        gr.Button().click(assess, inputs, output, api_name="assess", **MODEL_QUEUE)


def reading(rate_hz: float | None, unit: str, up: str, item: str) -> dict:
    """Keywords of `read_recording` from what the user says; empty leaves it to the file."""
    return {
        "rate_hz": rate_hz or None,
        "unit": None if unit in ("", _AS_IT_SAYS) else unit,
        "up": None if up in ("", _AS_IT_SAYS) else up,
        "item": (item or "").strip() or None,
    }


def assess_file(
    state: AppState, path: str | None, flags: dict, on_step=lambda step: None
) -> AssessedWalk:
    """Assess an uploaded file; our copy of it is removed before this returns.

    Raises:
        Refused: it cannot be assessed, and why.
    """
    if path is None:
        raise Refused("no recording was chosen: upload one, or take a simulated example")
    state.root.mkdir(exist_ok=True)
    on_step(CHECKING)
    with tempfile.TemporaryDirectory(dir=state.root) as folder:
        kept = Path(folder)
        try:
            kept = accept(path, kept, **flags)
            return _assess(state, kept, UPLOADED, on_step, flags)
        except (ValueError, OSError) as error:
            known = isinstance(error, ValueError | FileNotFoundError)
            raise Refused(_told(error, kept) if known else "the file could not be read") from None


def _assess_example(state: AppState, name: str, on_step) -> AssessedWalk:
    return _assess(state, SIMULATED[name], name, on_step, {})


def _assess(state: AppState, path: Path, name: str, on_step, flags: dict) -> AssessedWalk:
    return assess_recording(path, state.model, state.processor, name=name, on_step=on_step, **flags)


def _told(error: Exception, path: Path) -> str:
    """An error without the place of our copy."""
    return str(error).replace(str(path), "the recording")


def _steps(bar: gr.Progress):
    """Tells a progress bar what is done next."""
    order = (CHECKING, *STEPS)

    def on_step(step: str) -> None:
        bar(order.index(step) / len(order), desc=step[0].upper() + step[1:])

    return on_step


def _answered(state: AppState, request: gr.Request, assess) -> list:
    """The components' values: an answer, or the reason why there is none."""
    try:
        return _filled(assess(), state.session(request))
    except Refused as error:
        told = str(error)
    except Exception as error:  # the app goes on, and its log tells nothing of a recording
        _log.error("an assessment failed: %s", type(error).__name__)
        told = errors.OURS
    return [view.problem(told), gr.update(visible=False), *[gr.skip()] * _COMPONENTS]


def _filled(walk: AssessedWalk, folder: Path) -> list:
    """Values of status, results and the components of `_results`."""
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
    """Report, where gait was measured, and data, as files in the session's folder."""
    data = folder / "agir-assessment.json"
    data.write_text(json.dumps(walk.as_json(), indent=2, ensure_ascii=False), encoding="utf-8")
    try:
        report = str(walk.write_report(folder / "agir-report.html"))
    except RecordingError:
        report = None
    return report, str(data)
