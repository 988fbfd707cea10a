"""Review tab: load a table of rationales, accept or change each text, download the table.

The table is written by `agir corpus review export`; the downloaded one is read by
`agir corpus review import`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import gradio as gr
from errors import show_errors
from markupsafe import Markup
from page_templates import render
from review_session import Review, checked_claims, load_review, read_review
from state import FULL_WIDTH_PX

from agir_hf.corpus.review import PARTS
from agir_hf.gait.claim_words import SIGNS, worst
from agir_hf.gait.grounding import CONTRADICTED, CheckedClaim
from agir_hf.gait.report import marked_text, verdict_class

EXAMPLE = Path(__file__).parent / "examples" / "review.csv"
_INTRO = (
    "Read the rationales one by one; accept each text or replace it. Load the table that "
    "<code>agir corpus review export</code> writes, and pass the downloaded table to "
    "<code>agir corpus review import</code>. The example is of <strong>simulated</strong> walkers. "
    "Changes are kept in this browser session only: download the table."
)
_SUFFIXES = [".csv", ".tsv", ".txt"]
_ERROR_TITLE = "This table cannot be loaded"
_TITLES = {"foot": "Feet", "arm": "Arms", "overall": "Overall"}


def build(state) -> None:
    """Build the tab; call it inside a `gr.Tab`.

    Args:
        state: `AppState` of the app.
    """
    gr.HTML(f"<p class='agir-lead'>{_INTRO}</p>")
    review = gr.State(None)
    with gr.Row():
        table = gr.File(
            label="Review table (.csv)", file_types=_SUFFIXES, height=130, min_width=FULL_WIDTH_PX
        )
        example = gr.Button("Load the simulated example", min_width=FULL_WIDTH_PX)
    page_html = gr.HTML("<p class='muted'>No table is loaded.</p>", elem_id="agir-review")
    with gr.Column(visible=False) as editor:
        edits = [gr.Textbox(label=_TITLES[part], lines=2, interactive=True) for part in PARTS]
        with gr.Row():
            accept = gr.Button("Accept the original", variant="primary")
            keep = gr.Button("Keep my text")
            previous, following = gr.Button("← Previous"), gr.Button("Next →")
        download = gr.DownloadButton("Download the reviewed table (.csv)")
    outputs = [review, page_html, editor, download, *edits]

    def on(event, step: Callable[..., Review], inputs) -> None:
        def run(request: gr.Request, *values):
            folder = state.session(request)
            with show_errors(_ERROR_TITLE):
                return _values(step(*values), folder)

        event(run, inputs, outputs, api_visibility="private")

    on(table.upload, lambda path: load_review(path, state.root), table)
    on(example.click, lambda: read_review(EXAMPLE), None)
    on(accept.click, Review.accept, review)
    on(keep.click, _decided, [review, *edits])
    on(previous.click, lambda current: current.move(-1), review)
    on(following.click, lambda current: current.move(1), review)


def _decided(review: Review, *texts: str) -> Review:
    return review.decide(dict(zip(PARTS, texts, strict=True)))


def _values(review: Review, folder: Path) -> list:
    """Return the values of the outputs: review, HTML, editor, download, three text fields."""
    table = review.save(folder / "review.csv")
    return [
        review,
        page(review),
        gr.update(visible=True),
        str(table),
        *review.texts().values(),
    ]


def page(review: Review) -> Markup:
    """Render the current text with its progress, its recording and its marked claims.

    Args:
        review: The review.

    Returns:
        HTML.
    """
    row = review.row
    facts = {
        "recording": row["id"],
        "score": row["score"],
        "written by": row["writer"],
        "state": "reviewed" if row["reviewed"] else "not reviewed yet",
        "flags": row["flags"] or "none",
    }
    parts = [(_TITLES[part], _marked(text, row["flags"])) for part, text in review.texts().items()]
    return render(
        "review",
        progress=review.progress(),
        share=review.reviewed / len(review.rows),
        facts=facts,
        parts=parts,
    )


def _marked(text: str, flags: str) -> Markup:
    return marked_text(text, checked_claims(text, flags), _mark)


def _mark(rows: list[CheckedClaim], words: Markup) -> Markup:
    verdict = worst(rows).verdict
    contradicted = verdict == CONTRADICTED
    return render(
        "reviewed_claim",
        css_class=verdict_class(verdict),
        note="contradicted by the measured gait" if contradicted else "a claim about the gait",
        text=words,
        symbol=SIGNS[CONTRADICTED] if contradicted else "",
    )
