"""Assess tab: upload a recording or choose a simulated example; score, reasons, gait, report.

What is shown belongs to the file that is chosen: a newer file, or a newer assessment, removes what
is shown before anything is read, and a result that arrives later than that is not shown.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import assess_endpoint
import assess_view as view
import errors
import gradio as gr
import norm_inputs
import reading_options
import tickets
from assessing import (
    CHECKING,
    SIMULATED,
    UPLOADED,
    AssessmentRefused,
    Shown,
    assess_example,
    assess_file,
    upload_name,
    user_settings,
)
from compared_files import can_print
from downloads import on_request
from reading_options import reading
from state import READING_QUEUE, AppState
from uploads import MAX_BYTES

from agir_hf.assessment.assessment import STEPS
from agir_hf.motion.readers import ENDINGS, PACKED_ENDINGS

__all__ = ["UPLOADED", "AssessmentRefused", "assess_file", "build", "reading"]

EXAMPLES = Path(__file__).parent / "examples"
EXAMPLE_FILES = {
    f"Simulated walk, score {score}": EXAMPLES / f"simulated_score_{score}.c3d"
    for score in range(3)
}
_NO_RESULT = "there is no assessment to write: assess a recording first"
_OPTIONS_TITLE = "About the file, optional: if it states these wrongly or not at all"
_NOT_SAVED = "The report was not written"
# The result is announced and scrolled to, or the reason why there is none is scrolled to; "busy" is
# the mark of page.js that hides an old result.
_SHOW_RESULT = """() => {
  document.documentElement.removeAttribute("data-agir-busy");
  const heading = document.querySelector("#agir-top .of");
  document.querySelector("#agir-status [role=alert]")?.scrollIntoView({ block: "nearest" });
  if (!heading) return;
  heading.scrollIntoView({ block: "start" });
  heading.focus({ preventScroll: true });
}"""
_NOT_BUSY = '() => { document.documentElement.removeAttribute("data-agir-busy"); }'
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


def build(state: AppState) -> None:
    """Build the tab; call it inside a `gr.Tab`.

    Args:
        state: `AppState` of the app.
    """
    gr.HTML(_lead(state.num_scores))
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=280):
            file, options, person, start = _upload()
        with gr.Column(scale=2, min_width=280, elem_classes="agir-examples"):
            gr.HTML(_EXAMPLES_TEXT)
            examples = [gr.Button(name, elem_classes="agir-example") for name in EXAMPLE_FILES]
    status = gr.HTML("", elem_id="agir-status")
    results, parts = _results(state)
    ticket, was_used, newest = gr.State(0), gr.State(False), tickets.newest("agir")
    outputs = [status, results, *parts]
    fields = [*options, *person]

    def begin(request: gr.Request):
        number = state.new_ticket(request)
        return [number, tickets.mark(number), True, *_nothing(state, request)]

    def begin_file(used: bool, request: gr.Request):
        cleared = _no_fields() if used else [gr.skip()] * len(fields)
        return [*begin(request), *cleared]

    def begin_example(request: gr.Request):
        return [*begin(request), *_no_fields(), None]

    def clear(request: gr.Request):
        return [*begin(request), *_no_fields()]

    def assess_upload(
        request: gr.Request, bar=errors.PROGRESS, number: int = 0, path: str | None = None, *values
    ):
        return _result(state, request, number, lambda: _upload_shown(state, path, values, bar))

    def assess_one(name: str, number: int, request: gr.Request, bar=errors.PROGRESS):
        def run() -> Shown:
            path = EXAMPLE_FILES[name]
            return Shown(assess_example(state, path, _steps(bar)), name, SIMULATED)

        return _result(state, request, number, run)

    at_once = {"queue": False, "show_progress": "hidden", "trigger_mode": "multiple"}
    begun = [ticket, newest, was_used, *outputs]
    # "multiple", because Gradio drops an event while an outdated one of its kind still runs
    running = {"show_progress_on": status, "trigger_mode": "multiple", **READING_QUEUE}
    running["api_visibility"] = at_once["api_visibility"] = "private"
    file.upload(begin_file, was_used, [*begun, *fields], **at_once).then(None, js=_NOT_BUSY)
    file.clear(clear, None, [*begun, *fields], **at_once).then(None, js=_NOT_BUSY)
    begin_upload = start.click(begin, None, begun, **at_once)
    events = [begin_upload.then(assess_upload, [ticket, file, *fields], outputs, **running)]
    for button in examples:
        chosen = button.click(begin_example, None, [*begun, *fields, file], **at_once)
        events.append(chosen.then(assess_one, [button, ticket], outputs, **running))
    for event in events:
        event.then(None, js=_SHOW_RESULT)
    assess_endpoint.build(state)


_EXAMPLES_TEXT = (
    "<h2>Or choose an example</h2><p class='muted'>These walks are simulated, not recordings of "
    "people. Public recordings of people to try: the trials of Shida et al. and of CARE-PD, under "
    "the licences of their authors; download one, and upload its .c3d or .pkl file here.</p>"
)


def _lead(num_scores: int) -> str:
    return (
        "<p class='agir-lead'>Upload a 3D recording of one walk of several steps: markers (.c3d, "
        ".trc), a body motion (.npz of AMASS, .pkl of CARE-PD) or joints (.bvh, .npy, .npz). The "
        f"loaded model gives a gait score from 0 to {num_scores - 1} with its reasons, each "
        "checked against the measured gait.</p>"
    )


def _upload():
    """Build the file field, those that override the file, those of the person, and the button."""
    file = gr.File(
        label=f"Recording, at most {MAX_BYTES / 1e6:.0f} MB",
        file_types=[*ENDINGS, *PACKED_ENDINGS],
        height=170,
        elem_id="agir-file",
    )
    options = reading_options.build(_OPTIONS_TITLE, "agir-options")
    person = norm_inputs.build_person()
    start = gr.Button("Assess the recording", variant="primary", elem_id="agir-assess")
    return file, options, person, start


def _no_fields() -> list:
    """Values of the optional fields when nothing is entered."""
    return [*reading_options.EMPTY, *norm_inputs.empty_person()]


def _results(state: AppState) -> tuple[gr.Column, list]:
    """Build the components of a result, and the buttons that write its files."""
    with gr.Column(visible=False, elem_id="agir-results") as results:
        top = gr.HTML(elem_id="agir-top")
        with gr.Row(elem_id="agir-downloads"):
            html = gr.Button("Report (HTML)", elem_id="agir-report", min_width=150)
            pdf = gr.Button("Report (PDF)", elem_id="agir-pdf", min_width=150, visible=can_print())
            data = gr.Button("Data (JSON)", elem_id="agir-json", min_width=150)
        message = gr.HTML("", elem_id="agir-download-status")
        rest = gr.HTML(elem_id="agir-rest", js_on_load=_SCROLL_TO_PARAMETER)
    for button, write in ((html, _write_html), (pdf, _write_pdf), (data, _write_json)):
        make = _maker(state, write)
        on_request(button, make, [], [message], show_progress_on=message, **READING_QUEUE)
    return results, [top, message, rest]


def _maker(state: AppState, write: Callable[[Shown, Path], Path]) -> Callable:
    """Return the function that writes a file of the assessment of a session."""

    def make(request: gr.Request):
        folder = state.session(request)
        try:
            shown = Shown.load(folder)
            if shown is None:
                raise ValueError(_NO_RESULT)
            return str(write(shown, folder)), ""
        except Exception as error:
            return None, errors.problem_of(_NOT_SAVED, error)

    return make


def _write_html(shown: Shown, folder: Path) -> Path:
    from agir_hf.gait.report import write_report

    return write_report(folder / f"{shown.stem}.html", shown.report())


def _write_pdf(shown: Shown, folder: Path) -> Path:
    from agir_hf.gait.report import write_pdf

    return write_pdf(_write_html(shown, folder), folder / f"{shown.stem}.pdf")


def _write_json(shown: Shown, folder: Path) -> Path:
    file = folder / f"{shown.stem}.json"
    text = json.dumps(shown.walk.as_json(), indent=2, ensure_ascii=False)
    file.write_text(text, encoding="utf-8")
    return file


def _steps(bar: gr.Progress):
    """Return a function that shows the name of each step in a progress bar."""
    order = (CHECKING, *STEPS)

    def on_step(step: str) -> None:
        bar(order.index(step) / len(order), desc=step[0].upper() + step[1:])

    return on_step


def _upload_shown(state: AppState, path: str | None, values: list, bar: gr.Progress) -> Shown:
    """Assess an upload with the values of the fields."""
    flags = reading(*values[:4])
    person = norm_inputs.subject(state.root, *values[4:])
    walk = assess_file(state, path, flags, _steps(bar), person)
    return Shown(walk, upload_name(path), settings=user_settings(flags))


def _nothing(state: AppState, request: gr.Request) -> list:
    """Values of status, results and their parts when nothing is shown; nothing can be saved."""
    Shown.forget(state.session(request))
    return ["", gr.update(visible=False), "", "", ""]


def _result(state: AppState, request: gr.Request, ticket: int, assess: Callable[[], Shown]) -> list:
    """Return the values of the outputs: a result, or an error message; no change if outdated."""
    unchanged = [gr.skip()] * 5
    if not state.is_current(request, ticket):
        return unchanged
    try:
        shown = assess()
        top, rest = view.result_parts(shown)
        values = ["", gr.update(visible=True), tickets.marked(top, ticket), "", rest]
    except Exception as error:
        shown = None
        message = errors.problem_of(view.ERROR_TITLE, error)
        values = [tickets.marked(message, ticket), gr.update(visible=False), "", "", ""]
    if not state.is_current(request, ticket):
        return unchanged
    if shown is not None:
        shown.save(state.session(request))
        if not state.is_current(request, ticket):  # another file was chosen while it was saved
            Shown.forget(state.session(request))
            return unchanged
    return values
