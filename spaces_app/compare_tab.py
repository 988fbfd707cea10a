"""Compare tab: two recordings or sessions of one person, such as OFF and ON medication.

It shows who and what is compared, both scores, both walkers in one viewer, the gait parameters with
the differences that exceed measurement error, and the curves of both on the band of the norm. What
is shown belongs to the recordings that are chosen: choosing others, or comparing again, removes it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import compare_endpoint
import compare_view as view
import compared_files
import errors
import gradio as gr
import norm_inputs
import reading_options
import tickets
from comparing import MAX_FILES, Compared, compare_examples, compare_uploads, short_names
from downloads import on_request
from state import FULL_WIDTH_PX, READING_QUEUE, AppState

from agir_hf.motion.readers import ENDINGS, PACKED_ENDINGS

_EXAMPLES = Path(__file__).parent / "examples"
PAIR = (_EXAMPLES / "simulated_off.c3d", _EXAMPLES / "simulated_on.c3d")
PAIR_NAMES = ("OFF", "ON")
_INTRO = (
    "Two recordings, or two sessions of several recordings, of <strong>one person</strong>: OFF "
    "and ON medication, before and after a treatment. All are scored; gait parameters and joint "
    "angles are compared with each other and with the norm."
)
_ORDER = ("first", "second")
_NAMES = ("Before", "After")
_NO_RESULT = "there is no comparison to write: compare two recordings first"
_NOT_SAVED = "The file was not written"
_OPTIONS_TITLE = "About the files of the {}, optional"
_PERSON = "person"  # name of a group of fields in `Shown.used`
_EMPTY_OPTIONS = list(reading_options.EMPTY)
_OPTIONS, _PERSON_FIELDS = len(_EMPTY_OPTIONS), len(norm_inputs.empty_person())
# "busy" is the mark of page.js that hides an old result.
_SHOW_RESULT = """() => {
  document.documentElement.removeAttribute("data-agir-compare-busy");
  const heading = document.querySelector("#agir-compare-top .of");
  const problem = document.querySelector("#agir-compare-status [role=alert]");
  problem?.scrollIntoView({ block: "nearest" });
  if (!heading) return;
  heading.scrollIntoView({ block: "start" });
  heading.focus({ preventScroll: true });
}"""
_NOT_BUSY = '() => { document.documentElement.removeAttribute("data-agir-compare-busy"); }'
_AT_ONCE = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}


@dataclass
class Shown:
    """What the server keeps of the tab in one browser window; functions of events change it.

    Attributes:
        number: Number of the newest comparison; the result of an earlier one is not shown.
        compared: The comparison that is shown; None if there is none.
        used: Groups of optional fields whose entries a comparison has used: the first, the second,
            the person. They are emptied when another file is chosen.
    """

    number: int = 0
    compared: Compared | None = None
    used: set[str] = field(default_factory=set)


def build(state: AppState) -> None:
    """Build the tab; call it inside a `gr.Tab`.

    Args:
        state: `AppState` of the app.
    """
    gr.HTML(f"<p class='agir-lead'>{_INTRO}</p>")
    with gr.Row():
        sides = [_side(order, name) for order, name in zip(_ORDER, _NAMES, strict=True)]
    names, files, options = zip(*sides, strict=True)
    person = norm_inputs.build_person()
    fields = [*options[0], *options[1], *person]
    with gr.Row():
        start = gr.Button(
            "Compare", variant="primary", min_width=FULL_WIDTH_PX, elem_id="agir-compare-start"
        )
        example = gr.Button(
            "Compare the simulated example", min_width=FULL_WIDTH_PX, elem_id="agir-compare-example"
        )
    status = gr.HTML("", elem_id="agir-compare-status")
    shown, ticket, newest = gr.State(Shown()), gr.State(0), tickets.newest("agir-compare")
    results, parts = _results(state, shown)
    outputs = [status, results, *parts]

    def run(bar=errors.PROGRESS, current=None, number=0, first=None, second=None, *values):
        entered, subject = values[2:-_PERSON_FIELDS], values[-_PERSON_FIELDS:]

        def compare() -> Compared:
            both = short_names(values[:2], _NAMES)
            settings = reading_options.readings(both, (entered[:_OPTIONS], entered[_OPTIONS:]))
            person = norm_inputs.subject(state.root, *subject)
            return compare_uploads(state, (first, second), both, _steps(bar), person, settings)

        return _result(current, number, compare)

    def run_example(current: Shown, number: int, bar=errors.PROGRESS):
        return _result(
            current, number, lambda: compare_examples(state, PAIR, PAIR_NAMES, _steps(bar))
        )

    def begin_upload(current: Shown):
        current.used = {*_ORDER, _PERSON}
        return begin(current)

    def begin_example(current: Shown):
        current.used = set()
        return [*begin(current), *_EMPTY_OPTIONS * 2, *norm_inputs.empty_person(), None, None]

    begun = [ticket, newest, *outputs]
    running = {"show_progress_on": status, "api_visibility": "private", **READING_QUEUE}
    for order, file, own in zip(_ORDER, files, options, strict=True):
        # Not `change`: it is also an event of the page itself, when it is made or emptied, which
        # could make the comparison that a user starts at this moment outdated.
        for event, is_removed in ((file.upload, False), (file.clear, True), (file.delete, False)):
            event(begin, shown, begun, **_AT_ONCE).then(None, js=_NOT_BUSY)
            event(partial(empty_fields, order, is_removed), shown, [*own, *person], **_AT_ONCE)
    started = start.click(begin_upload, shown, begun, **_AT_ONCE).then(
        run, [shown, ticket, *files, *names, *fields], outputs, **running
    )
    example_started = example.click(
        begin_example, shown, [*begun, *fields, *files], **_AT_ONCE
    ).then(run_example, [shown, ticket], outputs, **running)
    for event in (started, example_started):
        event.then(None, js=_SHOW_RESULT)
    compare_endpoint.build(state)


def _side(order: str, name: str) -> tuple[gr.Textbox, gr.File, list]:
    with gr.Column(min_width=280):
        return (
            gr.Textbox(name, label=f"Name of the {order}", max_lines=1, max_length=24),
            gr.File(
                label=f"The {order}: 1 to {MAX_FILES} recordings",
                file_types=[*ENDINGS, *PACKED_ENDINGS],
                file_count="multiple",
                height=170,
                elem_id=f"agir-compare-{order}",
            ),
            reading_options.build(_OPTIONS_TITLE.format(order), f"agir-compare-{order}-options"),
        )


def _results(state: AppState, shown: gr.State) -> tuple[gr.Column, list]:
    """Build the components of a result, and the buttons that write its files."""
    with gr.Column(visible=False, elem_id="agir-compare-results") as results:
        top = gr.HTML(elem_id="agir-compare-top")
        with gr.Row(elem_id="agir-compare-downloads"):
            buttons = {
                gr.Button(label, min_width=140, visible=visible): write
                for label, write, visible in (
                    ("Report (HTML)", compared_files.write_html, True),
                    ("Report (PDF)", compared_files.write_pdf, compared_files.can_print()),
                    ("Table (CSV)", compared_files.write_csv, True),
                    ("Data (JSON)", compared_files.write_json, True),
                )
            }
        message = gr.HTML("", elem_id="agir-compare-download-status")
        walks = gr.HTML(elem_id="agir-compare-walks")
        rest = gr.HTML(elem_id="agir-compare-rest")
    for button, write in buttons.items():
        make = _maker(state, write)
        on_request(button, make, [shown], [message], show_progress_on=message, **READING_QUEUE)
    return results, [top, message, walks, rest]


def _maker(state: AppState, write: Callable[[Compared, Path], Path]) -> Callable:
    """Return the function that writes a file of the comparison that is shown."""

    def make(current: Shown, request: gr.Request):
        try:
            if current.compared is None:
                raise ValueError(_NO_RESULT)
            return str(write(current.compared, state.session(request))), ""
        except Exception as error:
            return None, errors.problem_of(_NOT_SAVED, error)

    return make


def _steps(bar: gr.Progress) -> Callable[[str, float], None]:
    def on_step(step: str, share: float) -> None:
        bar(share, desc=step)

    return on_step


def begin(current: Shown) -> list:
    """Start a new comparison: nothing of an earlier one is shown or can be saved any more.

    Args:
        current: What is shown; it is changed.

    Returns:
        Number of the comparison, its mark, and the values of an empty result.
    """
    current.number += 1
    current.compared = None
    return [
        current.number,
        tickets.mark(current.number),
        "",
        gr.update(visible=False),
        "",
        "",
        "",
        "",
    ]


def empty_fields(order: str, is_removed: bool, current: Shown) -> list:
    """Empty the optional fields that belong to earlier files, when another file is chosen.

    Args:
        order: "first" or "second": whose file is chosen.
        is_removed: Whether its files were removed, so that its fields belong to no file.
        current: What is shown; it is changed.

    Returns:
        Values of the fields about the file, and of those about the person.
    """
    own, person = _EMPTY_OPTIONS, norm_inputs.empty_person()
    if not is_removed and order not in current.used:
        own = [gr.skip()] * len(own)
    if _PERSON not in current.used:
        person = [gr.skip()] * len(person)
    current.used -= {order, _PERSON}
    return [*own, *person]


def _result(current: Shown, number: int, compare: Callable[[], Compared]) -> list:
    """Return the values of the outputs: a result or an error; no change if it is outdated."""
    unchanged = [gr.skip()] * 6
    if current.number != number:
        return unchanged
    try:
        compared = compare()
        top, rest = view.parts(compared)
        top = tickets.marked(top, number)
        values = ["", gr.update(visible=True), top, "", compared.walker, rest]
    except Exception as error:
        compared = None
        message = errors.problem_of(view.ERROR_TITLE, error)
        message = tickets.marked(message, number)
        values = [message, gr.update(visible=False), "", "", "", ""]
    if current.number == number:
        current.compared = compared
    if current.number != number:  # perhaps only since the line before
        if current.compared is compared:
            current.compared = None
        return unchanged
    return values
