"""Compare tab: two recordings of one person, such as OFF and ON medication, before and after.

It shows both scores, both skeletons synchronised, and the gait parameters with the differences that
exceed measurement error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import gradio as gr
import norm_inputs
from assess_tab import assess_file
from assess_view import NOTICE, score_card
from errors import PROGRESS, show_errors
from markupsafe import Markup
from page_templates import render
from state import FULL_WIDTH_PX, MODEL_QUEUE
from viewer import scene, walk_of

from agir_hf.assessment import AssessedWalk, assess_recording
from agir_hf.assessment.comparison import CHANCE, NOT_CLINICAL, Difference, as_json, compare
from agir_hf.gait.parameters import in_words
from agir_hf.motion.readers import ENDINGS, PACKED_ENDINGS
from agir_hf.utils.formatting import format_number

_EXAMPLES = Path(__file__).parent / "examples"
PAIR = (_EXAMPLES / "simulated_off.c3d", _EXAMPLES / "simulated_on.c3d")
PAIR_NAMES = ("OFF (simulated)", "ON (simulated)")
_INTRO = (
    "Two recordings of <strong>one person</strong>, such as OFF and ON medication, or before and "
    "after a treatment. Both are scored, and their gait parameters are compared."
)
_ORDER = ("first", "second")
_NAMES = ("Before", "After")
_ERROR_TITLE = "These recordings cannot be compared"
_MAX_NAME_CHARACTERS = 24
_MARK = "◆"


def build(state) -> None:
    """Build the tab; call it inside a `gr.Tab`.

    Args:
        state: `AppState` of the app.
    """
    gr.HTML(f"<p class='agir-lead'>{_INTRO}</p>")
    with gr.Row():
        sides = [_side(order, name) for order, name in zip(_ORDER, _NAMES, strict=True)]
    names, files = zip(*sides, strict=True)
    person = norm_inputs.build()
    with gr.Row():
        start = gr.Button("Compare", variant="primary", min_width=FULL_WIDTH_PX)
        example = gr.Button("Compare the simulated example", min_width=FULL_WIDTH_PX)
    status = gr.HTML("", elem_id="agir-compare-status")
    sections = [gr.HTML(elem_id=f"agir-compare-{k}") for k in ("scores", "walks", "table")]
    outputs = [status, *sections]

    def run(first, second, name, other, age, sex, norms, progress=PROGRESS):
        names = [
            _shortened(text) or order for text, order in zip((name, other), _ORDER, strict=True)
        ]
        with show_errors(_ERROR_TITLE):
            subject = norm_inputs.person(state.root, age, sex, norms)
            walks = assess_both(state, (first, second), names, progress, person=subject)
            return page(walks, names)

    def run_example(age, sex, norms, progress=PROGRESS):
        with show_errors(_ERROR_TITLE):
            subject = norm_inputs.person(state.root, age, sex, norms)
            walks = assess_both(state, PAIR, PAIR_NAMES, progress, assess_example, subject)
            return page(walks, PAIR_NAMES)

    def answer(first, second, age=None, sex="", norms=None) -> dict:
        with show_errors(_ERROR_TITLE):
            subject = norm_inputs.person(state.root, age, sex, norms)
            return comparison(assess_both(state, (first, second), _ORDER, person=subject))

    private = {"api_visibility": "private", "show_progress_on": status, **MODEL_QUEUE}
    start.click(run, [*files, *names, *person], outputs, **private)
    example.click(run_example, person, outputs, **private)
    with gr.Column(visible=False):
        inputs = [gr.File(label=order) for order in _ORDER] + norm_inputs.endpoint_fields()
        gr.Button().click(answer, inputs, gr.JSON(), api_name="compare", **MODEL_QUEUE)


def _side(order: str, name: str) -> tuple[gr.Textbox, gr.File]:
    with gr.Column(min_width=280):
        return (
            gr.Textbox(name, label=f"Name of the {order}", max_length=_MAX_NAME_CHARACTERS),
            gr.File(
                label=f"The {order} recording", file_types=[*ENDINGS, *PACKED_ENDINGS], height=130
            ),
        )


def assess_example(
    state, path: Path, flags: dict, on_step, person: dict | None = None
) -> AssessedWalk:
    """Assess one of the two examples; the arguments are those of `assess_file`.

    Args:
        state: `AppState` of the app.
        path: File of the example.
        flags: Unused.
        on_step: Function that is called with the name of each step.
        person: Result of `norm_inputs.person`; None for the default norms.

    Returns:
        The assessed walk.
    """
    name = path.stem.replace("_", " ")
    return assess_recording(
        path, state.model, state.processor, name=name, on_step=on_step, **(person or {})
    )


def assess_both(
    state,
    paths: Sequence,
    names: Sequence[str],
    progress=None,
    assess: Callable = assess_file,
    person: dict | None = None,
) -> list[AssessedWalk]:
    """Assess both recordings.

    Args:
        state: `AppState` of the app.
        paths: Two files; None for a missing upload.
        names: Two names, for progress and errors.
        progress: Progress bar of the page.
        assess: `assess_file` or `assess_example`.
        person: Result of `norm_inputs.person`; None for the default norms.

    Returns:
        Both assessed walks.

    Raises:
        ValueError: A recording is missing or cannot be assessed or measured.
    """
    if not all(paths):
        raise ValueError("choose two recordings, or use the simulated example")
    walks = []
    for index, (path, name) in enumerate(zip(paths, names, strict=True)):
        on_step = partial(_report, progress, name, index / len(paths))
        try:
            walk = assess(state, path, {}, on_step, person)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
        if walk.measurement is None:
            raise ValueError(f"{name}: the gait was not measured: {walk.evidence.not_measured}")
        walks.append(walk)
    return walks


def _report(progress: gr.Progress | None, name: str, share: float, step: str) -> None:
    if progress is not None:
        progress(share, desc=f"{name}: {step}")


def comparison(walks: Sequence[AssessedWalk]) -> dict:
    """Return a comparison as the endpoint answers it.

    Args:
        walks: Two assessed walks.

    Returns:
        Both assessments and the compared parameters.
    """
    both = {order: walk.as_json() for order, walk in zip(_ORDER, walks, strict=True)}
    return both | as_json(_rows(walks), walks[0].evidence.applied)


def _rows(walks: Sequence[AssessedWalk]) -> tuple[Difference, ...]:
    applied = walks[0].evidence.applied  # both walks are of one person
    measured = (walk.measurement for walk in walks)
    return compare(*measured, applied.age, applied.sex, applied.norms)


def _shortened(text: str) -> str:
    return " ".join(text.split())[:_MAX_NAME_CHARACTERS]


def page(walks: Sequence[AssessedWalk], names: Sequence[str]) -> list[str]:
    """Render a comparison.

    Args:
        walks: Two assessed walks.
        names: Two names.

    Returns:
        HTML of the status, the scores, the synchronised walks, and the table.
    """
    pairs = list(zip(walks, names, strict=True))
    scores = render("compared_scores", cards=[(name, score_card(walk)) for walk, name in pairs])
    picture = scene(
        [walk_of(walk.prepared, name) for walk, name in pairs], title=f"{names[0]} and {names[1]}"
    )
    norms = walks[0].evidence.applied.text()
    return ["", scores, picture, table_html(_rows(walks), names, norms)]


def table_html(rows: Sequence[Difference], names: Sequence[str], norms: str) -> Markup:
    """Render the compared parameters; a symbol marks what exceeds measurement error.

    Args:
        rows: Rows of `compare`.
        names: Two names.
        norms: The norms of the z-scores, from `AppliedNorms.text`.

    Returns:
        HTML.
    """
    return render(
        "compared_parameters",
        rows=[_row(row) for row in rows],
        names=names,
        num_beyond=sum(bool(row.beyond) for row in rows),
        mark=_MARK,
        notes=f"{NOT_CLINICAL} {CHANCE} Norms of the z-scores: {norms}. {NOTICE}",
    )


def _row(row: Difference) -> dict:
    values = [None if measured is None else measured.value for measured in (row.a, row.b)]
    return {
        "name": in_words(row.name),
        "unit": row.unit,
        "measured": [
            (format_number(value, ".3g"), "" if z is None else format_number(z, "+.1f"))
            for value, z in zip(values, (row.z_a, row.z_b), strict=True)
        ],
        "difference": format_number(row.difference, "+.3g"),
        "limit": "" if row.limit is None else format_number(row.limit, ".3g"),
        "note": row.note,
        "is_beyond": bool(row.beyond),
    }
