"""A description → a walking skeleton and the gait that is measured on it."""

from __future__ import annotations

import html

import gradio as gr
import numpy as np
from assess_view import NOTICE
from errors import PROGRESS, show_errors
from state import MODEL_QUEUE
from viewer import scene, walk_of

from agir_hf.assessment import PreparedRecording
from agir_hf.assessment.generation import EXAMPLES, SIMULATED, generate, generation_notes
from agir_hf.gait import GaitMeasurement
from agir_hf.gait.report import absent_part, parameters_part
from agir_hf.motion.export import write

_INTRO = (
    "Describe how somebody walks, the feet or the arms; the model makes a walk of that "
    "kind, and its gait is measured as that of any recording. It has learnt this from "
    "<strong>simulated</strong> walks alone."
)
_REFUSED = "No walk could be made"
_LONGEST_TEXT = 600
_SECONDS, _LONGEST_S = 6, 20


def build(state) -> None:
    """The tab; call it inside a `gr.Tab`."""
    gr.HTML(f"<p class='agir-lead'>{_INTRO}</p>")
    text = gr.Textbox(
        EXAMPLES[0], label="Description of the walk", lines=2, max_length=_LONGEST_TEXT
    )
    gr.Examples([[one] for one in EXAMPLES], text, label="Descriptions to try")
    with gr.Row():
        seconds = gr.Slider(2, _LONGEST_S, _SECONDS, step=1, label="Seconds")
        seed = gr.Number(0, precision=0, minimum=0, label="Seed: another one, another walk")
    start = gr.Button("Make the walk", variant="primary")
    picture, table = gr.HTML(), gr.HTML()
    file = gr.DownloadButton("Download the joints (.npz)", visible=False)

    def run(text, seconds, seed, request: gr.Request, progress=PROGRESS):
        with show_errors(_REFUSED):
            progress(0, desc="the model makes a walk")
            walk = made_walk(state, text, seconds, seed)
            progress(0.8, desc="measuring its gait")
            shown = scene([walk_of(walk, "SIMULATED")], title="The generated walk, simulated")
            out = state.session(request) / "generated_walk.npz"
            write(walk.motion, out, "joints", notes=generation_notes(state.model, text, seed))
            return shown, measured_html(walk.measured), gr.update(value=str(out), visible=True)

    def answer(text: str, seconds: float, seed: int) -> dict:
        with show_errors(_REFUSED):
            return answered(made_walk(state, text, seconds, seed))

    asked = [text, seconds, seed]
    shown = [picture, table, file]
    start.click(run, asked, shown, api_visibility="private", **MODEL_QUEUE)
    with gr.Column(visible=False):
        api_inputs = [
            gr.Textbox(label="text"),
            gr.Number(_SECONDS, label="seconds"),
            gr.Number(0, label="seed", precision=0),
        ]
        gr.Button().click(answer, api_inputs, gr.JSON(), api_name="generate", **MODEL_QUEUE)


def made_walk(state, text: str, seconds: float | None, seed: int | None) -> PreparedRecording:
    """A generated walk, as if it had been read; raises ValueError for what cannot be made."""
    if len(text) > _LONGEST_TEXT:
        raise ValueError(
            f"the description has {len(text)} letters, expected at most {_LONGEST_TEXT}"
        )
    if seconds is None or seed is None:
        raise ValueError("seconds or seed is empty, expected a number in each")
    if not seconds <= _LONGEST_S:
        raise ValueError(f"seconds is {seconds:g}, expected at most {_LONGEST_S}")
    motion = generate(state.model, state.processor, text, seconds, seed)
    return PreparedRecording("generated walk", motion, motion)


def answered(walk: PreparedRecording) -> dict:
    """A generated walk as the endpoint answers it: joints in metres, and its measured gait."""
    measured = walk.measured
    told = {"parameters": {}, "absent": str(measured)}
    if isinstance(measured, GaitMeasurement):
        rows = measured.parameters.items()
        told["parameters"] = {
            name: {"value": round(row.value, 5), "unit": row.unit, "n": row.n} for name, row in rows
        }
        told["absent"] = measured.absent
    return {
        "note": SIMULATED,
        "rate_hz": walk.motion.rate_hz,
        "joints": np.round(walk.motion.joints.astype(float), 4).tolist(),
        **told,
    }


def measured_html(measured: GaitMeasurement | ValueError) -> str:
    """The measured gait of a generated walk beside the norms, and what it is."""
    if isinstance(measured, ValueError):
        parts = f"<h2>Gait parameters</h2><p>Not measured: {html.escape(str(measured))}.</p>"
    else:
        parts = parameters_part(measured) + absent_part(measured)
    note = f"<p class='agir-simulated'><strong>{SIMULATED}</strong> {NOTICE}</p>"
    return f"<section class='agir-card agir-gait' aria-label='Its gait'>{note}{parts}</section>"
