"""Review of rationales: accept or change each text, save the table, import it."""

import csv
import os
import re
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from markupsafe import Markup
from review_recordings import Recordings, person_of
from review_session import MAX_ROWS, Review, first_of, load_review, read_review, with_typed
from review_store import RETENTION_S, ReviewStore
from review_tab import EXAMPLE, EXAMPLES
from review_view import flagged_claims, page
from review_window import Session
from uploads import UploadError

from agir_hf.corpus.review import COLUMNS, PARTS, write_table
from agir_hf.gait.grounding import NOT_MEASURABLE


def row(name: str, **changes) -> dict[str, str]:
    texts = {"foot": "Step length is markedly reduced.", "arm": "Arm swing is normal.",
             "overall": "Walking speed is markedly reduced."}  # fmt: skip
    return {"id": name, "score": "1", "writer": "rules", **texts, **changes}


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "table.csv"
    write_table(path, [row("a"), row("b"), row("c")])
    return path


def read(path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def typed(review: Review, **texts: str) -> Review:
    return review.edit(review.texts() | texts)


def test_the_example_has_marked_claims_and_one_contradicted_claim():
    review = read_review(EXAMPLE)
    assert review.progress() == f"0 of {len(review.rows)} reviewed, 0 changed, 0 rejected"
    pages = [page(review.at(i)).partition("<details>")[0] for i in range(len(review.rows))]
    assert all("a claim about the gait" in html for html in pages)
    assert sum("contradicted by the measured gait" in html for html in pages) == 1
    assert len(review.matching("with a contradicted claim")) == 1


def test_each_recording_of_the_example_is_at_hand_with_the_person():
    recordings = Recordings(EXAMPLES)
    for row in read_review(EXAMPLE).rows:
        assert recordings.path_of(row, is_example=True).is_file()
        assert recordings.path_of(row, is_example=False) is None
        assert person_of(row).age >= 20 and person_of(row).sex in ("male", "female")


def test_a_recording_is_found_by_the_name_in_the_table_or_in_the_id(tmp_path):
    files = {name: tmp_path / name / "Walk 1.c3d" for name in ("a", "b")}
    for name, file in files.items():
        file.parent.mkdir()
        file.write_text(name)
    session = tmp_path / "session"
    session.mkdir()
    recordings = Recordings(EXAMPLES)
    (tmp_path / "notes.txt").write_text("x")
    refused = recordings.choose([str(files["a"]), str(tmp_path / "notes.txt")], session)
    assert refused == ["notes.txt: this is no recording: choose files of the recordings only"]
    for row in ({"id": "x", "file": "Walk 1.c3d"}, {"id": "SUB/Walk 1"}):
        assert recordings.path_of(row, False).read_text() == "a"
    assert recordings.path_of({"id": "x", "file": "Walk 2.c3d"}, False) is None
    recordings.choose([str(file) for file in files.values()], session)
    with pytest.raises(UploadError, match="2 recordings have the name of this text"):
        recordings.path_of({"id": "SUB/Walk 1"}, False)
    recordings.choose([str(files["b"])], session)
    assert recordings.path_of({"id": "SUB/Walk 1"}, False).read_text() == "b"
    assert len(list(session.iterdir())) == 1  # copies of files that are not chosen are removed
    (copy,) = session.iterdir()
    copy.unlink()
    assert recordings.path_of({"id": "SUB/Walk 1"}, False) is None


def test_accepting_keeps_what_was_typed_and_marks_the_text_as_reviewed(table):
    review = typed(read_review(table), arm=" The arms\nhang. ")
    assert (review.reviewed, review.revised) == (0, 1)
    review = review.accept()
    assert review.progress() == "1 of 3 reviewed, 1 changed, 0 rejected"
    assert review.texts()["arm"] == "The arms hang."
    assert review.accept() == review  # nothing is lost by a second acceptance
    review = review.reject()
    assert review.progress() == "1 of 3 reviewed, 1 changed, 1 rejected"
    assert review.texts()["arm"] == "The arms hang."


def test_an_empty_text_or_the_original_is_no_change(table):
    review = read_review(table)
    for texts in (dict.fromkeys(PARTS, " "), review.texts()):
        assert review.edit(texts) == review
    assert typed(typed(review, foot="The feet drag."), foot="").revised == 0


def test_each_step_is_undone_and_made_again_at_its_text(table):
    start = read_review(table)
    review = typed(start, foot="T")
    review = typed(review, foot="The feet drag.")  # typing in one text is one step
    review = review.accept().move(1).reject().move(1)
    assert review.index == 2 and review.undo_words() == "rejection of text 2"
    review = review.undo()
    assert (review.index, review.rejected, review.reviewed) == (1, 0, 1)
    review = review.undo()
    assert (review.index, review.reviewed, review.revised) == (0, 0, 1)
    review = review.undo()
    assert review.rows == start.rows and review.undo_words() == "" and review.undo() == review
    assert review.redo_words() == "edit of text 1"
    review = review.redo().redo().redo()
    assert review.progress() == "2 of 3 reviewed, 1 changed, 1 rejected"
    assert review.redo() == review
    assert review.undo().accept().redo_words() == ""  # a new step forgets what was undone


def test_the_original_is_restored_and_the_change_brought_back(table):
    review = typed(read_review(table), foot="The feet drag.").accept()
    restored = review.restore()
    assert restored.texts()["foot"] == "Step length is markedly reduced." and restored.reviewed == 1
    assert restored.undo().texts()["foot"] == "The feet drag."


def test_moving_stays_within_the_filter_and_the_table(table):
    review = read_review(table)
    assert [review.move(step).index for step in (-1, 1)] == [0, 1]
    review = review.move(1).accept()
    assert review.at(0).move(1, "not reviewed").index == 2
    assert review.move(1).move(1).index == 2
    assert review.at(2).move(-1, "not reviewed").index == 0
    assert review.at(2).accept().next_unreviewed().index == 0
    done = review.at(0).accept().at(2).accept()
    assert done.next_unreviewed().index == 2 and done.matching("not reviewed") == []


def test_a_filter_without_texts_says_so(table):
    with pytest.raises(UploadError, match="no text is rejected"):
        first_of(read_review(table), "rejected")
    review = read_review(table).at(1).reject().at(0)
    assert first_of(review, "rejected").index == 1
    assert first_of(review.at(2), "not reviewed").index == 2


def test_a_change_in_one_session_does_not_appear_in_another(table):
    first = second = read_review(table)
    first = typed(first, foot="The feet drag.")
    assert (first.revised, second.revised) == (1, 0)
    assert second.texts()["foot"] == "Step length is markedly reduced."


def test_a_saved_review_continues_at_the_first_text_that_was_not_reviewed(table, tmp_path):
    review = read_review(table).accept().move(1)
    review = typed(review, foot="The feet drag.").reject()
    saved = review.save(tmp_path)
    assert saved.name == "review_reviewed.csv"
    loaded = read_review(saved)
    assert loaded.index == 2 and loaded.progress() == "2 of 3 reviewed, 1 changed, 1 rejected"
    assert loaded.rows == review.rows
    rows = read(saved)
    assert list(rows[0]) == [*COLUMNS, "reviewed"]
    assert [row["revised_foot"] for row in rows] == ["", "The feet drag.", ""]
    assert [row["reviewed"] for row in rows] == ["yes", "rejected", ""]


def test_columns_of_others_are_kept_and_no_cell_is_a_formula(tmp_path):
    columns = (*COLUMNS, "file", "age", "sex", "remark")
    write_table(tmp_path / "t.csv", [row("a", file="a.c3d", remark="=1+1")], columns)
    review = typed(read_review(tmp_path / "t.csv"), foot="=HYPERLINK(1)").accept()
    (saved,) = read(review.save(tmp_path))
    assert list(saved) == [*columns[:-1], "reviewed", "remark"]
    assert (saved["revised_foot"], saved["remark"]) == ("'=HYPERLINK(1)", "'=1+1")
    assert read_review(tmp_path / "review_reviewed.csv").texts()["foot"] == "=HYPERLINK(1)"


def test_the_downloaded_table_is_named_after_the_uploaded_one(table, tmp_path):
    for name in ("Cohort A/../x.csv", "x_reviewed.csv"):
        copy = tmp_path / Path(name).name
        copy.write_bytes(table.read_bytes())
        assert load_review(copy, tmp_path).save(tmp_path).name == "x_reviewed.csv"


def test_a_review_is_kept_by_its_key_with_its_history(table, tmp_path):
    store = ReviewStore(tmp_path / "reviews")
    review = typed(read_review(table), foot="The feet drag.").accept().undo()
    key = store.add(review)
    assert store.load(key) == review and store.load("another") is None and store.load("") is None
    store.update(key, Review.redo)
    assert store.load(key).reviewed == 1
    assert key not in "".join(path.name for path in store.folder.iterdir())
    store.remove(key)
    assert store.update(key, Review.redo) is None and list(store.folder.iterdir()) == []


def test_reviews_are_removed_a_day_after_the_last_change(table, tmp_path):
    store = ReviewStore(tmp_path / "reviews")
    old = store.add(read_review(table))
    (file,) = store.folder.iterdir()
    os.utime(file, (time.time() - RETENTION_S - 60,) * 2)
    new = store.add(read_review(table))
    assert store.load(old) is None and store.load(new) is not None


def test_only_texts_that_were_typed_replace_those_on_the_server(table):
    review = read_review(table)
    shown = {"index": 0, "number": 1, **review.texts()}
    changed = typed(review, foot="Of another window.").move(1)
    fields = (shown["foot"], "Typed here.", shown["overall"])
    window = Session(None)
    parts = window.typed_parts(shown, fields)
    merged = with_typed(changed, shown, fields, parts)
    assert merged.index == 0
    assert merged.texts()["foot"] == "Of another window."
    assert merged.texts()["arm"] == "Typed here."
    texts = tuple(shown[part] for part in PARTS)
    assert with_typed(review.at(2), shown, texts, ()).index == 0
    # the text that was sent is typed again
    parts = window.typed_parts(shown, texts)
    assert parts == {"arm"}
    assert with_typed(merged, shown, texts, parts).texts()["arm"] == shown["arm"]
    assert window.typed_parts(shown | {"number": 2}, texts) == set()
    assert window.typed_parts(None, texts) == set()


@pytest.mark.slow
def test_a_review_of_a_corpus_is_imported(tmp_path, simulated):
    pytest.importorskip("datasets")
    from agir_hf.corpus.review import export_review, import_review
    from agir_hf.corpus.store import Store

    corpus = simulated.corpus(tmp_path / "corpus", subjects=3, seed=3)
    count = export_review(corpus, tmp_path / "exported.csv")
    session = tmp_path / "session"
    session.mkdir()
    review = load_review(tmp_path / "exported.csv", session)
    assert list(session.iterdir()) == []  # the copy of the upload is removed
    name = review.row["id"]
    review = typed(review, foot="The feet – both – were “looked at”.").accept()
    while review.reviewed < count:
        review = review.next_unreviewed().reject()
    result = import_review(corpus, review.save(tmp_path))
    assert (result.revised, result.unchanged) == (1, count - 1)
    assert len(result.rejected) == count - 1 and name not in result.rejected
    assert Store(corpus).annotations()[name].foot == "The feet – both – were “looked at”."


def test_a_flagged_claim_is_marked_by_symbol_and_note_and_the_text_is_unchanged(table):
    (claim, *_) = flagged_claims("Step length is markedly reduced.", "")
    words = "Step length is markedly reduced."[claim.claim.start : claim.claim.end]
    assert claim.verdict == NOT_MEASURABLE
    write_table(table, [row("a", flags=f"contradicted: {words}")])
    html = page(read_review(table)).partition("<details>")[0]
    assert html.count("class='claim contradicted'") == 1
    assert html.count("contradicted by the measured gait, as the table says") == 1
    shown = re.sub(r"<span class='tip'.*?</span>", "", html)
    plain = re.sub(r"<[^>]*>", "", shown)
    assert f"{words}✗" in plain and "Arm swing is normal." in plain


def test_html_in_a_table_is_shown_as_text(table):
    bad = "<img src=x onerror=alert(1)>"
    write_table(table, [row(bad, flags=bad, writer=bad, foot=bad, arm=bad, score=bad)])
    html = page(read_review(table))
    assert "<img" not in html and html.count("&lt;img") == 8  # two also as stored texts


def invalid_tables():
    head = ",".join(COLUMNS)
    yield "empty", b"", "empty"
    yield "no rows", head.encode(), "no texts"
    yield "other columns", b"a,b\n1,2\n", "no column 'id'"
    yield "long column", b"a" * 100_000, "no column 'id'"
    yield "program", bytes(range(256)) * 2000, "the file"
    yield "long cell", f"{head}\nx,1,{'a' * 5000}\n".encode(), "more than 4000 characters"
    yield "many rows", (head + "\nx" * (MAX_ROWS + 1)).encode(), "expected at most 5000"
    yield "too large", b"a" * 5_000_001, "5 MB"


@pytest.mark.parametrize(("content", "part"), [
    pytest.param(content, part, id=name) for name, content, part in invalid_tables()
])  # fmt: skip
def test_the_error_of_an_invalid_table_is_one_line_and_no_file_remains(content, part, tmp_path):
    (tmp_path / "Patient Müller.csv").write_bytes(content)
    session = tmp_path / "session"
    session.mkdir()
    with pytest.raises(UploadError) as excinfo:
        load_review(tmp_path / "Patient Müller.csv", session)
    message = str(excinfo.value)
    assert part in message and "\n" not in message and len(message) < 400
    assert "Müller" not in message and str(tmp_path) not in message
    assert list(session.iterdir()) == []


def test_a_text_that_is_too_long_is_refused(table):
    review = read_review(table)
    with pytest.raises(UploadError, match="5000 characters, expected at most 4000"):
        typed(review, foot="a" * 5000)


@pytest.fixture
def measuring(monkeypatch, tmp_path):
    """A tab whose recording is measured at once; `meanwhile` runs while it is measured."""
    review_tab = pytest.importorskip("review_tab")

    def measured(row, path, folder):
        tab.meanwhile()
        return "prepared"

    recordings = SimpleNamespace(
        path_of=lambda row, example: tmp_path, prepared=measured, kept=lambda row, path: "prepared"
    )
    tab = SimpleNamespace(
        session=Session(recordings, key="k"),
        stored={"k": read_review(EXAMPLE)},
        meanwhile=lambda: None,
        store=SimpleNamespace(load=lambda key: tab.stored[key]),
        state=SimpleNamespace(session=lambda request: tmp_path),
        _kept=lambda session, review: review_tab._Tab._kept(tab, session, review),
        measure=lambda: review_tab._Tab._measure(tab, tab.session, None),
        show=lambda: review_tab._Tab._show_measured(tab, tab.session),
        _page=lambda session, review: review_tab._Tab._page(tab, session, review),
    )
    monkeypatch.setattr(review_tab.view, "recording_html", lambda row, prepared: "recording")
    monkeypatch.setattr(review_tab.view, "page", lambda review, _: f"{review.revised} changed")
    return tab


def is_skipped(answer) -> bool:
    return all(isinstance(value, dict) and "value" not in value for value in answer)


def test_a_text_that_is_changed_while_its_recording_is_measured_is_shown_changed(measuring):
    before = measuring.stored["k"]
    changed = typed(before, overall="Nothing limits walking.")
    measuring.meanwhile = lambda: measuring.stored.update(k=changed)
    measuring.measure()
    recording, shown = measuring.show()
    assert ">recording<" in recording and ">1 changed<" in shown and before.revised == 0
    assert is_skipped(measuring.show())  # it is shown once


def test_answers_have_rising_numbers(monkeypatch):
    window = Session(None)
    texts = [window.numbered(Markup("<b>x</b>")) for _ in range(50)]
    numbers = [int(re.fullmatch("<div data-number='(.*)'><b>x</b></div>", x)[1]) for x in texts]
    assert numbers == sorted(set(numbers)) and numbers[-1] == window.number
    assert "<b>" not in window.numbered("<b>x</b>")  # a plain string is escaped
    last = window.number
    monkeypatch.setattr("time.time_ns", lambda: (last + 5_000) * 1_000_000)
    another = Session(None)
    another.numbered("")
    assert another.number == last + 5_000  # of a server that started later


@pytest.mark.parametrize("change", [{"index": 1}, {"key": "other"}])
def test_a_recording_is_not_shown_next_to_another_text(measuring, change):
    measuring.stored["other"] = measuring.stored["k"]
    measuring.measure()
    for name, value in change.items():
        setattr(measuring.session, name, value)
    assert is_skipped(measuring.show()) and measuring.session.shown_recording is None


def test_a_recording_that_cannot_be_shown_says_why_next_to_its_text_only(measuring):
    def fail():
        raise ValueError("no walk")

    measuring.meanwhile = fail
    measuring.measure()
    message, shown = measuring.show()
    assert "no walk" in message and is_skipped([shown])
    measuring.measure()
    measuring.session.index = 1
    assert is_skipped(measuring.show())


def test_every_event_that_changes_the_shown_text_waits_for_the_earlier_ones(space_state):
    import app

    page = app.build(space_state)
    shown = {
        block._id
        for block in page.blocks.values()
        if getattr(block, "elem_id", None) in ("agir-review", "agir-review-recording")
    }
    events = [
        event
        for event in page.fns.values()
        if event.fn and shown & {output._id for output in event.outputs}
    ]
    assert len(shown) == 2 and len(events) > 10
    assert {(event.concurrency_id, event.concurrency_limit) for event in events} == {
        ("review-steps", 1)
    }
