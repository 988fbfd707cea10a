"""Generate tab: a description becomes a walking skeleton, whose gait is measured."""

from __future__ import annotations

import gradio as gr
import norm_inputs
import numpy as np
from assess_view import measured_tables
from errors import PROGRESS, show_errors
from markupsafe import Markup
from state import MODEL_QUEUE
from viewer import scene, walk_of

from agir_hf.assessment import PreparedRecording
from agir_hf.assessment.generation import EXAMPLES, SIMULATED, generate, generation_notes
from agir_hf.gait import GaitMeasurement
from agir_hf.motion.export import write

_INTRO = (
    "Describe how a person moves the feet or the arms while walking. The model generates such a "
    "walk, and its gait is measured like that of a recording. The model was trained on "
    "<strong>simulated</strong> walks only."
)
_ERROR_TITLE = "No walk was generated"
_MAX_CHARACTERS = 600
_DEFAULT_S, _MAX_S = 6, 20


def build(state) -> None:
    """Build the tab; call it inside a `gr.Tab`.

    Args:
        state: `AppState` of the app.
    """
    gr.HTML(f"<p class='agir-lead'>{_INTRO}</p>")
    text = gr.Textbox(
        EXAMPLES[0], label="Description of the walk", lines=2, max_length=_MAX_CHARACTERS
    )
    gr.Examples([[example] for example in EXAMPLES], text, label="Descriptions to try")
    with gr.Row():
        seconds = gr.Slider(2, _MAX_S, _DEFAULT_S, step=1, label="Seconds")
        seed = gr.Number(0, precision=0, minimum=0, label="Seed: change it for a different walk")
    person = norm_inputs.build()
    start = gr.Button("Generate the walk", variant="primary")
    picture, table = gr.HTML(), gr.HTML()
    file = gr.DownloadButton("Download the joints (.npz)", visible=False)

    def run(text, seconds, seed, age, sex, norms, request: gr.Request, progress=PROGRESS):
        with show_errors(_ERROR_TITLE):
            subject = norm_inputs.person(state.root, age, sex, norms)
            progress(0, desc="generating the walk")
            walk = generate_walk(state, text, seconds, seed)
            progress(0.8, desc="measuring its gait")
            picture_html = scene([walk_of(walk, "SIMULATED")], title="Generated walk, simulated")
            path = state.session(request) / "generated_walk.npz"
            write(walk.motion, path, "joints", notes=generation_notes(state.model, text, seed))
            download = gr.update(value=str(path), visible=True)
            return picture_html, measured_html(walk.measured, subject), download

    def answer(text: str, seconds: float, seed: int) -> dict:
        with show_errors(_ERROR_TITLE):
            return as_json(generate_walk(state, text, seconds, seed))

    inputs, outputs = [text, seconds, seed], [picture, table, file]
    start.click(run, [*inputs, *person], outputs, api_visibility="private", **MODEL_QUEUE)
    with gr.Column(visible=False):
        api_inputs = [
            gr.Textbox(label="text"),
            gr.Number(_DEFAULT_S, label="seconds"),
            gr.Number(0, label="seed", precision=0),
        ]
        gr.Button().click(answer, api_inputs, gr.JSON(), api_name="generate", **MODEL_QUEUE)


def generate_walk(state, text: str, seconds: float | None, seed: int | None) -> PreparedRecording:
    """Generate a walk from a description.

    Args:
        state: `AppState` of the app.
        text: Description.
        seconds: Duration of the walk.
        seed: Seed of the random generator.

    Returns:
        The walk in the form of a recording.

    Raises:
        ValueError: The text is too long, or a number is missing or out of range.
    """
    if len(text) > _MAX_CHARACTERS:
        raise ValueError(
            f"the description has {len(text)} characters, expected at most {_MAX_CHARACTERS}"
        )
    if seconds is None or seed is None:
        raise ValueError("seconds or seed is empty, expected a number in each field")
    if not seconds <= _MAX_S:
        raise ValueError(f"seconds is {seconds:g}, expected at most {_MAX_S}")
    motion = generate(state.model, state.processor, text, seconds, seed)
    return PreparedRecording("generated walk", motion, motion)


def as_json(walk: PreparedRecording) -> dict:
    """Return a generated walk as the endpoint answers it.

    Args:
        walk: Result of `generate_walk`.

    Returns:
        Joints in metres, frame rate, measured gait parameters and the note that it is simulated.
    """
    measured = walk.measured
    gait = {"parameters": {}, "absent": str(measured)}
    if isinstance(measured, GaitMeasurement):
        gait["parameters"] = {
            name: {"value": round(row.value, 5), "unit": row.unit, "n": row.n}
            for name, row in measured.parameters.items()
        }
        gait["absent"] = measured.absent
    return {
        "note": SIMULATED,
        "rate_hz": walk.motion.rate_hz,
        "joints": np.round(walk.motion.joints.astype(float), 4).tolist(),
        **gait,
    }


def measured_html(measured: GaitMeasurement | ValueError, person: dict | None = None) -> Markup:
    """Render the measured gait of a generated walk.

    Args:
        measured: Measurement, or the error that says why the gait was not measured.
        person: Result of `norm_inputs.person`; None for the default norms.
    """
    label = "Gait of the generated walk"
    return measured_tables(measured, label=label, simulated=SIMULATED, person=person)
