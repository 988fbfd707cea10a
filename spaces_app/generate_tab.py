"""Generate tab: a description becomes a walk, and the page says what of it is measured there.

An earlier result is removed before a new walk is drawn, and each result names its text and seed.
"""

from __future__ import annotations

from pathlib import Path

import generate_endpoint
import gradio as gr
import norm_inputs
from errors import PROGRESS, problem_of
from generate_endpoint import DEFAULT_S, ERROR_TITLE, MAX_S, draw_walk
from markupsafe import Markup
from page_templates import render
from state import FULL_WIDTH_PX, MODEL_QUEUE

from agir_hf.assessment.generation import EXAMPLES, SIMULATED
from agir_hf.assessment.generation_page import (
    generated_sections,
    identity_rows,
    write_generated_page,
)
from agir_hf.assessment.generation_walks import MAX_CHARACTERS, GeneratedWalk
from agir_hf.constants_agir import NOTICE
from agir_hf.motion.export import write

_INTRO = (
    "Describe the steps, feet and arms of a walk in English, such as “Short steps, left arm "
    "still”, with a side, a grade (mildly, moderately, markedly) or a number. The model draws "
    "several walks; the one that has most of what you asked is shown, with what is measured in it. "
    "The model was trained on <strong>simulated</strong> walks only, straight ahead."
)
_SHOW_RESULT = """() => {
  document.documentElement.removeAttribute("data-agir-generating");
  const heading = document.querySelector("#agir-generated .of");
  if (!heading) return;
  heading.scrollIntoView({ block: "start" });
  heading.focus({ preventScroll: true });
}"""
_HIDE_RESULT = '() => { document.documentElement.setAttribute("data-agir-generating", ""); }'
_STYLE = (
    "<style>[data-agir-generating] #agir-generated-result { display: none !important; }"
    " #agir-generate-status:has(.progress-text) { min-height: 96px; }"
    " #agir-generated .of { scroll-margin-top: 96px; }</style>"
)


def build(state) -> None:
    """Build the tab; call it inside a `gr.Tab`.

    Args:
        state: `AppState` of the app.
    """
    gr.HTML(f"{_STYLE}<p class='agir-lead'>{_INTRO}</p>")
    text = gr.Textbox(
        EXAMPLES[0], label="Description of the walk", lines=2, max_length=MAX_CHARACTERS
    )
    gr.Examples([[example] for example in EXAMPLES], text, label="Descriptions to try")
    with gr.Row():
        seconds = gr.Slider(2, MAX_S, DEFAULT_S, step=1, label="Seconds", min_width=200)
        seed = gr.Textbox(
            "", label="Seed", placeholder="random", max_lines=1, min_width=200,
            info="Empty for a new walk; the seed of a result gives the same walk again.",
            elem_id="agir-seed",
        )  # fmt: skip
    person = norm_inputs.build()
    with gr.Row():
        start = gr.Button("Generate the walk", variant="primary", min_width=FULL_WIDTH_PX)
        again = gr.Button("Again with another seed", min_width=FULL_WIDTH_PX)
    status = gr.HTML("", elem_id="agir-generate-status")
    with gr.Column(visible=False, elem_id="agir-generated-result") as result:
        with gr.Row():
            joints = gr.DownloadButton("Joints (NPZ)", min_width=150)
            page = gr.DownloadButton("Page (HTML)", min_width=150)
        shown = gr.HTML(elem_id="agir-generated")

    def begin(seed):
        return [seed, *_busy(True), "", gr.update(visible=False), "", None, None]

    def run(text, seconds, seed, age, sex, norms, request: gr.Request, progress=PROGRESS):
        try:
            subject = norm_inputs.person(state.root, age, sex, norms)
            walk = draw_walk(state, text, seconds, _seed(seed), None, subject, _steps(progress))
            return _result(walk, state.session(request))
        except Exception as error:
            return [problem_of(ERROR_TITLE, error), gr.update(visible=False), "", None, None, seed]

    at_once = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
    begun = [seed, start, again, status, result, shown, joints, page]
    running = {"show_progress_on": status, "api_visibility": "private", **MODEL_QUEUE}
    for button, used in ((start, seed), (again, gr.State(""))):
        button.click(None, js=_HIDE_RESULT)
        began = button.click(begin, used, begun, **at_once)
        done = began.then(
            run,
            [text, seconds, seed, *person],
            [status, result, shown, joints, page, seed],
            **running,
        )
        done.then(lambda: _busy(False), None, [start, again], **at_once).then(None, js=_SHOW_RESULT)
    generate_endpoint.build(state)


def _busy(is_busy: bool) -> list:
    return [gr.update(interactive=not is_busy)] * 2


def _steps(progress):
    def report(done: int, count: int) -> None:
        progress((done, count), desc="drawing and measuring walks", unit="walks")

    return report


def _seed(text: str) -> int | None:
    """Seed of the field; None if it is empty."""
    number = norm_inputs.number(text, "seed")
    if number is not None and number != int(number):
        raise ValueError(f"seed is {text}, expected a whole number: correct it, or leave it empty")
    return None if number is None else int(number)


def _result(walk: GeneratedWalk, folder: Path) -> list:
    """Values of the components of a result, whose files are written to a folder."""
    sections = generated_sections(walk)
    joints, page = (folder / f"{walk.stem}{ending}" for ending in (".npz", ".html"))
    write(walk.motion, joints, "joints", notes=walk.notes())
    write_generated_page(page, walk, sections)
    html = walk_html(walk, sections)
    return ["", gr.update(visible=True), html, str(joints), str(page), str(walk.seed)]


def walk_html(walk: GeneratedWalk, sections: dict[str, Markup]) -> Markup:
    """Render a generated walk: what was asked, what is measured, the walk, its gait.

    Args:
        walk: Result of `draw_walk`.
        sections: Result of `generated_sections`.
    """
    return render(
        "generated",
        identity=identity_rows(walk),
        simulated=SIMULATED,
        notice=NOTICE,
        sections=sections,
    )
