"""Review tab: read the rationales of a table next to their recordings, and decide on each text.

The table is written by `agir corpus review export`; the downloaded one is read by
`agir corpus review import`. The review is kept on the server under a key that the browser stores,
so that reloading the page loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import errors
import gradio as gr
import review_view as view
from downloads import on_request
from gradio.context import Context
from page_templates import render
from review_recordings import Recordings
from review_session import (
    ALL,
    FILTERS,
    Review,
    first_of,
    load_review,
    read_review,
    with_typed,
)
from review_store import RETENTION_S, ReviewStore
from review_window import Measured, Session
from state import FULL_WIDTH_PX
from uploads import UploadError

from agir_hf.corpus.review import PARTS
from agir_hf.motion.readers import ENDINGS, PACKED_ENDINGS

EXAMPLES = Path(__file__).parent / "examples"
EXAMPLE = EXAMPLES / "review.csv"
# The browser keeps the key of its review in its local storage.
_KEEP_KEY = "(key) => { if (key) localStorage.setItem('agir-review', key); }"
_KEPT_KEY = "(session) => [session, localStorage.getItem('agir-review') || '']"
_INTRO = (
    "Read each rationale next to its recording; accept it, change it, or reject it. Load the table "
    "that <code>agir corpus review export</code> writes, and pass the downloaded table to "
    "<code>agir corpus review import</code>. The texts are kept on this server for "
    f"{RETENTION_S / 3600:.0f} hours after the last change, and can be downloaded at any time; "
    "recordings are removed when the page is closed."
)
_SUFFIXES = [".csv", ".tsv", ".txt"]
_ERROR_TITLE = "This is not done"
_LOAD_TITLE = "This table cannot be loaded"
_KEYS = Path(__file__).with_name("review_keys.js").read_text("utf-8")
_PRIVATE = {"api_visibility": "private"}
# The events of the shown text run one after the other, so that their answers reach the page in this
# order: a late answer about an earlier text would be shown, and the next decision stored, at it.
_STEP_QUEUE = {"concurrency_limit": 1, "concurrency_id": "review-steps"}
_STEPS = {**_PRIVATE, **_STEP_QUEUE}
_MEASURING = {**_PRIVATE, "concurrency_limit": 1, "concurrency_id": "review"}
_EMPTY = "<p class='muted'>No table is loaded.</p>"
Step = Callable[[Review, str], Review]


def build(state) -> None:
    """Build the tab; call it inside a `gr.Tab`.

    Args:
        state: `AppState` of the app.
    """
    gr.HTML(f"<p class='agir-lead'>{_INTRO}</p>")
    _Tab(state).connect()


class _Tab:
    """Components and events of the tab.

    Args:
        state: `AppState` of the app.
    """

    def __init__(self, state):
        self.state = state
        self.store = ReviewStore(state.root.with_name(f"{state.root.name}-reviews"))
        self.session = gr.State(Session(Recordings(EXAMPLES)))
        self.kept_key = gr.Textbox("", visible=False)  # kept by the browser, see `_KEEP_KEY`
        # index, number and texts as they were sent to the fields; sent back with each event
        self.shown = gr.JSON(visible=False)
        # pressed by the page where an earlier answer replaced a later one
        self.refresh = _button("Refresh", "refresh", visible="hidden")
        self._build_files()
        with gr.Row(elem_classes="agir-review-row"):
            with gr.Column(scale=5, min_width=320):
                self.page = gr.HTML(_EMPTY, elem_id="agir-review", js_on_load=_KEYS)
                self._build_editor()
            with gr.Column(scale=7, min_width=320):
                self.recording = gr.HTML(elem_id="agir-review-recording")
        self.outputs = [
            self.message, self.question, self.page, self.editor, self.shown, *self.fields,
            self.undo, self.redo, self.recording,
        ]  # fmt: skip

    def _build_files(self) -> None:
        with gr.Row():
            self.table = gr.File(
                label="Review table (.csv)", file_types=_SUFFIXES, height=170,
                min_width=FULL_WIDTH_PX, elem_id="agir-review-table",
            )  # fmt: skip
            self.files = gr.File(
                label="Recordings of the table", file_count="multiple",
                file_types=[*ENDINGS, *PACKED_ENDINGS], height=170, min_width=FULL_WIDTH_PX,
                elem_id="agir-review-files",
            )  # fmt: skip
        self.example = gr.Button("Load the simulated example", min_width=FULL_WIDTH_PX)
        self.message = gr.HTML(elem_id="agir-review-message")
        with gr.Column(visible=False, elem_classes="agir-question") as self.question:
            gr.HTML(
                "<p role='alert'><strong>Changes of the present review were not downloaded."
                "</strong> Loading another table removes them.</p>"
            )
            with gr.Row():
                self.keep = gr.Button("Keep the present review", variant="primary")
                self.discard = gr.Button("Remove the changes and load the new table")

    def _build_editor(self) -> None:
        with gr.Column(visible=False, elem_id="agir-review-editor") as self.editor:
            with gr.Row():
                self.accept = _button("Accept", "accept", variant="primary")
                self.reject = _button("Reject", "reject")
                self.previous = _button("← Previous", "previous")
                self.following = _button("Next →", "next")
            self.fields = [
                gr.Textbox(label=f"{view.TITLES[part]}, text to accept", lines=2, max_lines=10,
                           interactive=True)
                for part in PARTS
            ]  # fmt: skip
            gr.HTML("<p class='muted'>An empty field keeps the original text.</p>")
            with gr.Row():
                self.undo = _button("Undo", "undo")
                self.redo = _button("Redo", "redo")
                self.restore = _button("Restore the original", "restore")
            with gr.Row():
                self.wanted = gr.Dropdown(list(FILTERS), value=ALL, label="Go through",
                                          min_width=160)  # fmt: skip
                self.unreviewed = _button("Next unreviewed", "unreviewed")
            self.download = _button("Download the reviewed table (CSV)", "download")
            gr.Checkbox(
                True, label="Keys (n, p, a, r, …) work without Ctrl or Alt",
                elem_id="agir-review-keys",
                interactive=True,
            )  # fmt: skip
            gr.HTML(render("review_keys", keys=view.KEYS))

    def connect(self) -> None:
        """Connect the events of the components."""
        self._act(self.previous, lambda review, wanted: review.move(-1, wanted))
        self._act(self.following, lambda review, wanted: review.move(1, wanted))
        self._act(self.unreviewed, lambda review, wanted: review.next_unreviewed())
        self._act(self.accept, lambda review, wanted: review.accept().move(1, wanted))
        self._act(self.reject, lambda review, wanted: review.reject().move(1, wanted))
        self._act(self.restore, lambda review, wanted: review.restore())
        self._act(self.undo, lambda review, wanted: review.undo())
        self._act(self.redo, lambda review, wanted: review.redo())
        refreshed = self.refresh.click(self._refresh, self._inputs(), self.outputs, **_STEPS)
        self._then_measure(refreshed)
        self._then_measure(self.wanted.input(
            self._run(first_of), self._inputs(), self.outputs, **_STEPS
        ))  # fmt: skip
        # Events of the user only: a text that the server sends is no edit.
        typed = [event for box in self.fields for event in (box.input, box.blur)]
        gr.on(typed, self._typed, self._inputs(), [self.message, self.page],
              trigger_mode="always_last", show_progress="hidden", **_STEPS)  # fmt: skip
        on_request(self.download, self._file, self._inputs(), [self.message, self.page],
                   **_STEP_QUEUE)  # fmt: skip
        self._connect_files()

    def _connect_files(self) -> None:
        outputs = [*self.outputs, self.kept_key]
        load = [self.session, self.table]
        self._then_measure(self.table.upload(self._load, load, outputs, **_STEPS))
        example = self.example.click(self._load_example, [self.session], outputs, **_STEPS)
        example.then(lambda: None, None, self.table, queue=False, **_PRIVATE)  # an earlier file
        self._then_measure(example)
        self._then_measure(self.discard.click(self._discard, [self.session], outputs, **_STEPS))
        self.keep.click(self._keep, [self.session], [self.question], **_STEPS)
        self.kept_key.change(None, self.kept_key, js=_KEEP_KEY)
        restored = Context.root_block.load(
            self._restore, [self.session, self.kept_key], self.outputs, js=_KEPT_KEY, **_STEPS
        )
        self._then_measure(restored)
        added = self.files.change(
            self._add, [self.session, self.files], [self.message, self.recording], **_STEPS
        )
        self._then_measure(added)

    def _act(self, button: gr.Button, step: Step) -> None:
        event = button.click(self._run(step), self._inputs(), self.outputs, **_STEPS)
        self._then_measure(event)

    def _inputs(self) -> list:
        return [self.session, self.shown, self.wanted, *self.fields]

    def _then_measure(self, event) -> None:
        """Measure the recording after the text is shown, so that the text needs no waiting."""
        measured = event.then(self._measure, [self.session], None,
                              show_progress_on=self.recording, **_MEASURING)  # fmt: skip
        measured.then(self._show_measured, [self.session], [self.recording, self.page], **_STEPS)

    def _run(self, step: Step, has_fields: bool = True) -> Callable:
        def run(session: Session, shown, wanted: str, *texts: str):
            try:
                review = self._update(session, shown, texts, lambda r: step(r, wanted))
                return self._values(session, review, has_fields)
            except Exception as error:
                return self._failed(error, len(self.outputs) - 1)

        return run

    def _update(self, session: Session, shown, texts, step) -> Review:
        """Store what was typed into the fields, then make a step of the review."""
        parts = session.typed_parts(shown, texts)
        review = self.store.update(session.key, lambda r: step(with_typed(r, shown, texts, parts)))
        if review is None:
            raise UploadError(
                "the review is no longer on this server: load the table again, or the table that "
                "you downloaded last"
            )
        return review

    def _typed(self, session: Session, shown, wanted: str, *texts: str):
        """Store the text while it is typed, and mark its claims."""
        if not session.typed_parts(shown, texts):
            return gr.skip(), gr.skip()  # the server has sent these texts
        if shown["index"] != session.index:  # the step to another text has stored them
            return gr.skip(), gr.skip()
        try:
            review = self._update(session, shown, texts, lambda r: r)
        except Exception as error:
            return self._failed(error, 1)
        return "", self._page(session, review)

    def _refresh(self, session: Session, shown, wanted: str, *texts: str):
        """Send the present text and its recording again.

        Fields that have the texts that were sent last are left alone: the user may be typing.
        """
        session.shown_recording = None
        is_old = not shown or shown["number"] != session.sent
        run = self._run(lambda review, wanted: review.at(session.index), is_old)
        return run(session, shown, wanted, *texts)

    def _file(self, session: Session, shown, wanted: str, *texts: str):
        try:
            review = self._update(session, shown, texts, lambda r: replace(r, is_unsaved=False))
            folder = self.store.files_of(session.key)
            folder.mkdir(exist_ok=True)
            file = str(review.save(folder))
            return file, "", self._page(session, review)
        except Exception as error:
            return None, *self._failed(error, 1)

    def _failed(self, error: Exception, others: int, title: str = _ERROR_TITLE) -> list:
        return [errors.problem_of(title, error), *[gr.skip()] * others]

    def _load(self, session: Session, path: str, request: gr.Request):
        try:
            if path is None:
                raise UploadError("no table was chosen: choose a table")
            return self._replace(session, load_review(path, self.state.session(request)))
        except Exception as error:
            return self._failed(error, len(self.outputs), _LOAD_TITLE)

    def _load_example(self, session: Session):
        try:
            return self._replace(session, replace(read_review(EXAMPLE), is_example=True))
        except Exception as error:
            return self._failed(error, len(self.outputs), _LOAD_TITLE)

    def _replace(self, session: Session, review: Review) -> list:
        """Show a new review; ask first where changes would be lost."""
        present = self.store.load(session.key)
        if present is not None and present.is_unsaved:
            session.pending, session.is_asking = review, True
            skipped = [gr.skip()] * (len(self.outputs) - 1)
            return ["", gr.update(visible=True), *skipped]
        self.store.remove(session.key)
        session.key, session.pending = self.store.add(review), None
        return [*self._values(session, review), session.key]

    def _discard(self, session: Session):
        self.store.remove(session.key)
        pending, skipped = session.pending, [gr.skip()] * (len(self.outputs) + 1)
        return skipped if pending is None else self._replace(session, pending)

    def _keep(self, session: Session):
        session.pending, session.is_asking = None, False
        return gr.update(visible=False)

    def _restore(self, session: Session, key: str):
        review = self.store.load(key) if key else None
        if review is None:
            return [gr.skip()] * len(self.outputs)
        session.key = key
        return self._values(session, review)

    def _add(self, session: Session, paths: list[str] | None, request: gr.Request):
        try:
            refused = session.recordings.choose(paths or [], self.state.session(request))
            if refused:
                raise UploadError("; ".join(refused))
            message = ""
        except Exception as error:
            message = errors.problem_of("Some recordings were not added", error)
        if (review := self.store.load(session.key)) is None:
            return message, gr.skip()
        return message, self._recording(session, review.at(session.index))

    def _values(self, session: Session, review: Review, has_fields: bool = True) -> list:
        """Return the values of `outputs`; those of the fields are left out on request."""
        session.index = review.index
        texts = review.texts()
        undo, redo = review.undo_words(), review.redo_words()
        page = self._page(session, review)
        fields = [gr.skip()] * (1 + len(PARTS))
        if has_fields:
            session.sent = session.number
            fields = [{"index": review.index, "number": session.sent, **texts}, *texts.values()]
        # Setting the visibility again would bring back what the fields had a moment ago.
        hidden = gr.update(visible=False) if session.is_asking else gr.skip()
        opened = gr.skip() if session.is_open else gr.update(visible=True)
        session.is_open, session.is_asking = True, False
        return [
            "",
            hidden,
            page,
            opened,
            *fields,
            gr.update(value=f"Undo {undo}".strip(), interactive=bool(undo)),
            gr.update(value=f"Redo {redo}".strip(), interactive=bool(redo)),
            self._recording(session, review),
        ]

    def _page(self, session: Session, review: Review):
        return session.numbered(view.page(review, self._kept(session, review)))

    def _kept(self, session: Session, review: Review):
        try:
            path = session.recordings.path_of(review.row, review.is_example)
        except UploadError:
            return None
        return session.recordings.kept(review.row, path)

    def _recording(self, session: Session, review: Review):
        """Return the recording of the text if it is measured, or what is shown until then."""
        row = review.row
        try:
            path = session.recordings.path_of(row, review.is_example)
        except UploadError as error:
            session.shown_recording = None
            return session.numbered(errors.problem_of("The recording is not shown", error))
        if session.shown_recording == (row["id"], path):
            return gr.skip()
        session.shown_recording = None
        missing = render("recording_missing", id=row["id"], file=row.get("file", ""))
        waiting = render("recording_waits", id=row["id"])
        return session.numbered(missing if path is None else waiting)

    def _measure(self, session: Session, request: gr.Request) -> None:
        """Measure the recording of the shown text; `_show_measured` shows it."""
        text = session.text
        review = self.store.load(text.key)
        if review is None:
            return
        review = review.at(text.index)
        try:
            path = session.recordings.path_of(review.row, review.is_example)
            shown = (review.row["id"], path)
            if path is None or session.shown_recording == shown:
                return
            prepared = session.recordings.prepared(review.row, path, self.state.session(request))
            html = view.recording_html(review.row, prepared)
            session.measured = Measured(text, shown, html)
        except Exception as error:
            problem = errors.problem_of("The recording of this text is not shown", error)
            session.measured = Measured(text, None, problem)

    def _show_measured(self, session: Session):
        """Show what was measured if its text is still shown, and mark the claims of the text."""
        measured, session.measured = session.measured, None
        review = self.store.load(session.key)
        if review is None or measured is None or measured.text != session.text:
            return gr.skip(), gr.skip()
        session.shown_recording = measured.recording
        html = session.numbered(measured.html)
        if measured.recording is None:
            return html, gr.skip()
        return html, self._page(session, review.at(session.index))


def _button(label: str, name: str, **options) -> gr.Button:
    return gr.Button(label, elem_id=f"agir-review-{name}", min_width=90, **options)
