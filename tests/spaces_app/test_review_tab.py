"""Review of rationales: accept or change each text, save the table, import it."""

import csv
import re

import pytest
from review_session import MAX_ROWS, Review, checked_claims, load_review, read_review
from review_tab import EXAMPLE, page
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


def test_the_example_has_marked_claims_and_one_contradicted_claim():
    review = read_review(EXAMPLE)
    assert review.progress() == f"Text 1 of {len(review.rows)}; 0 reviewed, 0 revised"
    pages = [page(Review(review.rows, i)) for i in range(len(review.rows))]
    assert all("title='a claim about the gait'" in html for html in pages)
    assert sum("title='contradicted by the measured gait'" in html for html in pages) == 1


def test_accepting_or_changing_a_text_is_counted_and_goes_to_the_next(table):
    review = read_review(table).accept()
    assert (review.index, review.reviewed, review.revised) == (1, 1, 0)
    review = review.decide(review.texts() | {"arm": " The arms\nhang. "})
    assert review.progress() == "Text 3 of 3; 2 reviewed, 1 revised"
    assert review.move(-1).texts()["arm"] == "The arms hang."
    assert review.move(-9).index == 0 and review.move(9).index == 2
    assert review.move(-1).accept().revised == 0  # accepting removes the change


def test_an_empty_text_or_the_original_is_no_change(table):
    review = read_review(table)
    for texts in (dict.fromkeys(PARTS, " "), review.texts()):
        assert review.decide(texts).revised == 0


def test_a_change_in_one_session_does_not_appear_in_another(table):
    first = second = read_review(table)
    first = first.decide(first.texts() | {"foot": "The feet drag."})
    assert (first.revised, second.revised) == (1, 0)
    assert second.texts()["foot"] == "Step length is markedly reduced."


def test_a_saved_review_continues_at_the_first_text_that_was_not_reviewed(table, tmp_path):
    review = read_review(table).accept()
    review = review.decide(review.texts() | {"foot": "The feet drag."})
    loaded = read_review(review.save(tmp_path / "saved.csv"))
    assert loaded.progress() == "Text 3 of 3; 2 reviewed, 1 revised"
    assert loaded.rows == review.rows
    rows = read(tmp_path / "saved.csv")
    assert list(rows[0]) == [*COLUMNS, "reviewed"]
    assert [row["revised_foot"] for row in rows] == ["", "The feet drag.", ""]


@pytest.mark.slow
def test_a_review_of_a_corpus_is_imported(tmp_path):
    pytest.importorskip("datasets")
    from agir_hf.corpus.build import build_corpus
    from agir_hf.corpus.review import export_review, import_review
    from agir_hf.corpus.store import Store
    from agir_hf.simulation.cohort import simulate_cohort

    cohort = simulate_cohort(tmp_path / "cohort", subjects=3, walks=1, seed=3)
    corpus = build_corpus(cohort, tmp_path / "corpus", fit="centres").folder
    count = export_review(corpus, tmp_path / "exported.csv")
    session = tmp_path / "session"
    session.mkdir()
    review = load_review(tmp_path / "exported.csv", session)
    assert list(session.iterdir()) == []  # the copy of the upload is removed
    name = review.row["id"]
    review = review.decide(review.texts() | {"foot": "The feet – both – were “looked at”."})
    while review.reviewed < count:
        review = review.accept()
    result = import_review(corpus, review.save(tmp_path / "reviewed.csv"))
    assert (result.revised, result.unchanged) == (1, count - 1)
    assert Store(corpus).annotations()[name].foot == "The feet – both – were “looked at”."


def test_a_flagged_claim_is_marked_by_symbol_and_title_and_the_text_is_unchanged(table):
    (claim, *_) = checked_claims("Step length is markedly reduced.", "")
    words = "Step length is markedly reduced."[claim.claim.start : claim.claim.end]
    assert claim.verdict == NOT_MEASURABLE
    write_table(table, [row("a", flags=f"contradicted: {words}")])
    html = page(read_review(table)).partition("<p class='muted'>")[0]  # without the legend
    assert html.count("class='claim contradicted' title='contradicted by the measured gait'") == 1
    plain = re.sub(r"<[^>]*>", "", html)
    assert f"{words}✗" in plain and "Arm swing is normal." in plain


def test_html_in_a_table_is_shown_as_text(table):
    bad = "<img src=x onerror=alert(1)>"
    write_table(table, [row(bad, flags=bad, writer=bad, foot=bad, arm=bad, score=bad)])
    html = page(read_review(table))
    assert "<img" not in html and html.count("&lt;img") == 6


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
        review.decide(review.texts() | {"foot": "a" * 5000})
