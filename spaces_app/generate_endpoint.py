"""Endpoint `/generate` for programs: a description in, the walk and what is measured in it out."""

# Gradio reads the types at run time: no postponed evaluation of annotations here.
from typing import Any, TypedDict

import gradio as gr
import norm_inputs
import numpy as np
from errors import show_errors
from state import MODEL_QUEUE, AppState

from agir_hf.assessment.generation_walks import GeneratedWalk, generate_walk
from agir_hf.gait.applied_norms import AppliedNorms

ERROR_TITLE = "No walk was generated"
DEFAULT_S, MAX_S = 6, 20
MAX_WALKS = 192
_DESCRIPTION = (
    "Generate a walk from an English description of feet and arms, such as 'Short steps, left arm "
    "still'. Of several walks that the model draws, the one that has most of what was asked is "
    f"returned. seconds: length, 1 to {MAX_S}. seed: the same seed gives the same walk; without "
    f"it, a random one that the answer states. walks: number to choose from, 1 to {MAX_WALKS}; by "
    "default it depends on the length. age (years) and sex (male or female) are of the norms. "
    "joints has the shape (frames, 22, 3), in metres, Y up. Simulated; research use only."
)


class Answer(TypedDict):
    """Answer of `/generate`: `GeneratedWalk.as_json`, the measured gait and the joints."""

    text: str
    understood: str
    summary: str
    properties: list[dict]
    not_understood: list[str]
    beyond_the_model: list[str]
    seed: int
    walks: int
    walks_measured: int
    mirrored: bool
    given_to_the_model: str
    seconds: float
    model: dict[str, Any]
    norms: dict[str, Any]
    note: str
    parameters: dict[str, dict]
    absent: dict[str, str]
    rate_hz: float
    joints: list[list[list[float]]]


def build(state: AppState) -> None:
    """Add the endpoint to the app that is being built.

    Args:
        state: `AppState` of the app.
    """

    def generate(
        text: str,
        seconds: float = DEFAULT_S,
        seed: int | None = None,
        walks: int | None = None,
        age: float | None = None,
        sex: str = "",
    ) -> Answer:
        with show_errors(ERROR_TITLE):
            person = norm_inputs.person(state.root, age, sex, None)
            return answer(draw_walk(state, text, seconds, seed, walks, person))

    gr.api(generate, api_name="generate", api_description=_DESCRIPTION, **MODEL_QUEUE)


def draw_walk(
    state: AppState,
    text: str,
    seconds: float | None,
    seed: int | None = None,
    walks: int | None = None,
    person: dict | None = None,
    progress=None,
) -> GeneratedWalk:
    """Generate a walk within the limits of the app.

    Args:
        state: `AppState` of the app.
        text: Description.
        seconds: Length of the walk.
        seed: Seed of the random generator; None for a random one.
        walks: Number of walks to choose from; None for the default.
        person: Result of `norm_inputs.person`; None for the default norms.
        progress: Called with the number of walks that are done and the number of all.

    Returns:
        The walk.

    Raises:
        ValueError: The text asks for nothing that a walk can have, or a number is missing or out of
            range.
    """
    if seconds is None or not seconds <= MAX_S:
        length = "empty" if seconds is None else f"{seconds:g}"
        raise ValueError(f"seconds is {length}, expected 1 to {MAX_S}")
    if walks is not None and walks > MAX_WALKS:
        raise ValueError(f"the number of walks is {walks}, expected 1 to {MAX_WALKS}")
    return generate_walk(
        state.model,
        state.processor,
        text,
        seconds,
        None if seed is None else int(seed),
        walks,
        AppliedNorms(**(person or {})),
        progress,
        lock=state.model_lock,
    )


def answer(walk: GeneratedWalk) -> Answer:
    """Return a generated walk as the endpoint answers it.

    Args:
        walk: Result of `draw_walk`.
    """
    measured = walk.measured
    parameters = {
        name: {"value": round(row.value, 5), "unit": row.unit, "n": row.n}
        for name, row in measured.parameters.items()
    }
    return walk.as_json() | {
        "parameters": parameters,
        "absent": dict(measured.absent),
        "rate_hz": walk.motion.rate_hz,
        "joints": np.round(walk.motion.joints.astype(float), 4).tolist(),
    }
