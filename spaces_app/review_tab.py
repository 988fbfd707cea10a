"""Review rationales: load a table of texts, accept or change one after the other, download it.

The table is that of `agir corpus review export`, and what is downloaded goes to
`agir corpus review import`.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from pathlib import Path

import gradio as gr
from assess_view import SYMBOLS
from errors import show_errors
from review_session import Review, checked_claims, load_review, read_review
from state import WHOLE_LINE

from agir_hf.corpus.review import PARTS
from agir_hf.gait.grounding import CONTRADICTED, CheckedClaim
from agir_hf.gait.report import marked_text, verdict_class

EXAMPLE = Path(__file__).parent / "examples" / "review.csv"
_INTRO = (
    "Read one rationale after the other, keep it or write what shall stand instead. Load "
    "the table that <code>agir corpus review export</code> writes; give what you download "
    "to <code>agir corpus review import</code>. The example is of "
    "<strong>simulated</strong> walkers. Your changes stay in this browser session: "
    "download them."
)
_ENDINGS = [".csv", ".tsv", ".txt"]
_REFUSED = "This cannot be taken"
_HEADS = {"foot": "Feet", "arm": "Arms", "overall": "Overall"}
_LEGEND = (
    "<p class='muted'><span class='claim unknown'>a claim about the gait</span> "
    "<span class='claim contradicted'>contradicted by the measured gait"
    "<span class='symbol'>✗</span></span></p>"
)


def build(state) -> None:
    """The tab; call it inside a `gr.Tab`."""
    gr.HTML(f"<p class='agir-lead'>{_INTRO}</p>")
    review = gr.State(None)
    with gr.Row():
        table = gr.File(
            label="Review table (.csv)", file_types=_ENDINGS, height=130, min_width=WHOLE_LINE
        )
        example = gr.Button("Load the simulated example", min_width=WHOLE_LINE)
    shown = gr.HTML("<p class='muted'>No table is loaded.</p>", elem_id="agir-review")
    with gr.Column(visible=False) as desk:
        edits = [gr.Textbox(label=_HEADS[part], lines=2, interactive=True) for part in PARTS]
        with gr.Row():
            accept = gr.Button("Accept the original", variant="primary")
            keep = gr.Button("Keep my text")
            before, after = gr.Button("← Previous"), gr.Button("Next →")
        download = gr.DownloadButton("Download the reviewed table (.csv)")
    view = [review, shown, desk, download, *edits]

    def on(event, step: Callable[..., Review], inputs) -> None:
        def run(request: gr.Request, *values):
            folder = state.session(request)
            with show_errors(_REFUSED):
                return _view(step(*values), folder)

        event(run, inputs, view, api_visibility="private")

    on(table.upload, lambda path: load_review(path, state.root), table)
    on(example.click, lambda: read_review(EXAMPLE), None)
    on(accept.click, Review.accept, review)
    on(keep.click, _decided, [review, *edits])
    on(before.click, lambda now: now.move(-1), review)
    on(after.click, lambda now: now.move(1), review)


def _decided(review: Review, *texts: str) -> Review:
    return review.decide(dict(zip(PARTS, texts, strict=True)))


def _view(review: Review, folder: Path) -> list:
    """Values of the tab's parts: review, HTML, desk, download, and the three text fields."""
    table = review.save(folder / "review.csv")
    return [
        review,
        page(review),
        gr.update(visible=True),
        str(table),
        *review.texts().values(),
    ]


def page(review: Review) -> str:
    """HTML of the text that is shown: where it is, what it is of, and its claims."""
    row, share = review.row, review.reviewed / len(review.rows)
    about = {
        "recording": row["id"],
        "score": row["score"],
        "written by": row["writer"],
        "state": "reviewed" if row["reviewed"] else "not reviewed yet",
        "flags": row["flags"] or "none",
    }
    facts = "".join(f"<span>{k}: <b>{html.escape(v)}</b></span>" for k, v in about.items())
    parts = "".join(
        f"<h3>{_HEADS[part]}</h3><p>{_marked(text, row['flags'])}</p>"
        for part, text in review.texts().items()
    )
    return (
        "<section class='agir-card agir-review' aria-label='Rationale'>"
        f"<p aria-live='polite'><b>{review.progress()}</b></p>"
        f"<div class='progress'><i style='width:{share:.1%}'></i></div>"
        f"<div class='facts'>{facts}</div>{parts}{_LEGEND}</section>"
    )


def _marked(text: str, flags: str) -> str:
    return marked_text(text, checked_claims(text, flags), _mark)


def _mark(row: CheckedClaim, words: str) -> str:
    wrong = row.verdict == CONTRADICTED
    note = "contradicted by the measured gait" if wrong else "a claim about the gait"
    symbol = f"<span class='symbol'>{SYMBOLS[CONTRADICTED]}</span>" if wrong else ""
    return f"<span class='claim {verdict_class(row.verdict)}' title='{note}'>{words}{symbol}</span>"
