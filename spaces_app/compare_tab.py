"""Compare two recordings of one person: OFF and ON medication, before and after.

Scores of both, both skeletons in step, and the gait parameters side by side, with the differences
that are more than measurement error marked.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import gradio as gr
from assess_tab import assess_file
from assess_view import NOTICE, score_card
from errors import PROGRESS, show_errors
from state import MODEL_QUEUE, WHOLE_LINE
from viewer import scene, walk_of

from agir_hf.assessment import AssessedWalk, assess_recording
from agir_hf.assessment.comparison import CHANCE, NOT_CLINICAL, Difference, as_json, compare
from agir_hf.gait.parameters import in_words
from agir_hf.motion.readers import ENDINGS

_EXAMPLES = Path(__file__).parent / "examples"
PAIR = (_EXAMPLES / "simulated_off.c3d", _EXAMPLES / "simulated_on.c3d")
PAIR_NAMES = ("OFF (simulated)", "ON (simulated)")
_INTRO = (
    "Two recordings of <strong>one person</strong>, such as OFF and ON medication, or "
    "before and after a treatment. Both are scored; the gait is set side by side."
)
_ORDER = ("first", "second")
_NAMES = ("Before", "After")
_REFUSED = "These cannot be compared"
_LONGEST_NAME = 24
_MARK = "◆"


def build(state) -> None:
    """The tab; call it inside a `gr.Tab`."""
    gr.HTML(f"<p class='agir-lead'>{_INTRO}</p>")
    with gr.Row():
        sides = [_side(order, name) for order, name in zip(_ORDER, _NAMES, strict=True)]
    names, files = zip(*sides, strict=True)
    with gr.Row():
        start = gr.Button("Compare", variant="primary", min_width=WHOLE_LINE)
        example = gr.Button("Compare the simulated example", min_width=WHOLE_LINE)
    status = gr.HTML("", elem_id="agir-compare-status")
    shown = [status, *(gr.HTML(elem_id=f"agir-compare-{k}") for k in ("scores", "walks", "table"))]

    def run(first, second, name, other, progress=PROGRESS):
        names = [_short(text) or order for text, order in zip((name, other), _ORDER, strict=True)]
        with show_errors(_REFUSED):
            return shown_html(assess_both(state, (first, second), names, progress), names)

    def run_example(progress=PROGRESS):
        with show_errors(_REFUSED):
            return shown_html(
                assess_both(state, PAIR, PAIR_NAMES, progress, assess_example), PAIR_NAMES
            )

    def answer(first, second) -> dict:
        with show_errors(_REFUSED):
            return comparison(assess_both(state, (first, second), _ORDER))

    private = {"api_visibility": "private", "show_progress_on": status, **MODEL_QUEUE}
    start.click(run, [*files, *names], shown, **private)
    example.click(run_example, None, shown, **private)
    with gr.Column(visible=False):
        asked = [gr.File(label=order) for order in _ORDER]
        gr.Button().click(answer, asked, gr.JSON(), api_name="compare", **MODEL_QUEUE)


def _side(order: str, name: str) -> tuple[gr.Textbox, gr.File]:
    with gr.Column(min_width=280):
        return (
            gr.Textbox(name, label=f"Name of the {order}", max_length=_LONGEST_NAME),
            gr.File(label=f"The {order} recording", file_types=list(ENDINGS), height=130),
        )


def assess_example(state, path: Path, flags: dict, on_step) -> AssessedWalk:
    """One of the example pair, assessed; the arguments are those of `assess_file`."""
    name = path.stem.replace("_", " ")
    return assess_recording(path, state.model, state.processor, name=name, on_step=on_step)


def assess_both(
    state, paths: Sequence, names: Sequence[str], progress=None, assess: Callable = assess_file
) -> list[AssessedWalk]:
    """Both recordings, assessed; raises ValueError that says which cannot be, and why."""
    if not all(paths):
        raise ValueError("choose two recordings, or take the simulated example")
    walks = []
    for index, (path, name) in enumerate(zip(paths, names, strict=True)):
        on_step = partial(_tell, progress, name, index / len(paths))
        try:
            walk = assess(state, path, {}, on_step)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
        if walk.measurement is None:
            raise ValueError(f"{name}: gait was not measured: {walk.evidence.not_measured}")
        walks.append(walk)
    return walks


def _tell(progress: gr.Progress | None, name: str, share: float, step: str) -> None:
    if progress is not None:
        progress(share, desc=f"{name}: {step}")


def comparison(walks: Sequence[AssessedWalk]) -> dict:
    """A comparison as the endpoint answers it: both assessments, and the parameters."""
    both = {order: walk.as_json() for order, walk in zip(_ORDER, walks, strict=True)}
    return both | as_json(_rows(walks))


def _rows(walks: Sequence[AssessedWalk]) -> tuple[Difference, ...]:
    return compare(*(walk.measurement for walk in walks))


def _short(text: str) -> str:
    return " ".join(text.split())[:_LONGEST_NAME]


def shown_html(walks: Sequence[AssessedWalk], names: Sequence[str]) -> list[str]:
    """HTML of the status, the scores, the walks in step, and the table."""
    pairs = list(zip(walks, names, strict=True))
    scores = "".join(
        f"<div><h3>{html.escape(name)}</h3>{score_card(walk)}</div>" for walk, name in pairs
    )
    picture = scene(
        [walk_of(walk.prepared, name) for walk, name in pairs],
        title=f"{names[0]} beside {names[1]}",
    )
    return ["", f"<div class='agir-pair'>{scores}</div>", picture, table_html(_rows(walks), names)]


def table_html(rows: Sequence[Difference], names: Sequence[str]) -> str:
    """The parameters side by side; a sign and a colour mark what is beyond measurement error."""
    beyond = sum(bool(row.beyond) for row in rows)
    heads = "".join(f"<th scope='col'>{html.escape(name)}</th>" for name in names)
    return (
        "<section class='agir-card agir-gait agir-compare' aria-label='Gait parameters compared'>"
        f"<h2>{beyond} of {len(rows)} differences are beyond measurement error "
        f"<span class='mark'>{_MARK}</span></h2><div class='scroll' tabindex='0'><table>"
        f"<thead><tr><th scope='col'>parameter</th>{heads}<th scope='col'>difference</th>"
        "<th scope='col'>error, 95 %</th></tr></thead>"
        f"<tbody>{''.join(map(_row_html, rows))}</tbody></table></div>"
        f"<p class='muted'>{NOT_CLINICAL} {CHANCE} {NOTICE}</p></section>"
    )


def _row_html(row: Difference) -> str:
    mark = f"<span class='mark' title='beyond measurement error'>{_MARK}</span> "
    unit = f" <span class='muted'>{row.unit}</span>" if row.unit else ""
    values = "".join(
        f"<td>{'–' if one is None else _number(one.value)}</td>" for one in (row.a, row.b)
    )
    change = "–" if row.difference is None else _number(row.difference, "+")
    known = row.limit is not None
    error = f"± {_number(row.limit)}" if known else html.escape(row.note)
    return (
        f"<tr{' class=beyond' if row.beyond else ''}>"
        f"<td>{mark if row.beyond else ''}{in_words(row.name)}{unit}</td>{values}"
        f"<td>{change}</td><td{'' if known else ' class=note'}>{error}</td></tr>"
    )


def _number(value: float, sign: str = "") -> str:
    return f"{value:{sign}.3g}".replace("-", "−")
