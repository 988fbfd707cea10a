"""Reading of clinical tables."""

import csv

import numpy as np
import pytest

from agir_hf.corpus.clinical import ClinicalTableError, parse_score, read_clinical, read_rows
from agir_hf.simulation.cohort import write_clinical
from agir_hf.simulation.shida_layout import COLUMNS, MISSING, SCORE_COLUMN
from agir_hf.simulation.subjects import draw_subject

HEADER = ("ID", "Gender", "Age", SCORE_COLUMN["on"], SCORE_COLUMN["off"])
ROWS = [("SUB01", "M", "68", "1", "2"), ("sub02 ", "F", "-", "0", "-")]


def write(path, rows=ROWS, header=HEADER, delimiter=",", encoding="utf-8"):
    with path.open("w", newline="", encoding=encoding) as file:
        csv.writer(file, delimiter=delimiter).writerows([header, *rows])
    return path


@pytest.mark.parametrize(
    ("text", "score"),
    [("0", 0), ("1", 1), (" 2 ", 2), ("2.0", 2), ("1.", 1)]
    + [(text, None) for text in ("", " ", "-", "na", "NA", "N/A", "nan", "None")],
)
def test_scores_and_missing_scores_are_read(text, score):
    assert parse_score(text) == score


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("3", "score is 3, expected 0 to 2 (--num-scores 4 takes it)"),
        ("12.0", "score is 12, expected 0 to 2"),
        ("1.5", "score is '1.5', expected a number from 0 to 2"),
        ("-1", "score is '-1', expected a number from 0 to 2"),
        ("mild", "score is 'mild', expected a number from 0 to 2"),
        ("1/2", "score is '1/2', expected a number from 0 to 2"),
    ],
)
def test_other_scores_raise(text, message):
    with pytest.raises(ValueError) as excinfo:
        parse_score(text)
    assert str(excinfo.value) == message


def test_scores_up_to_3_are_read_if_there_are_four():
    assert parse_score("3", num_scores=4) == 3
    with pytest.raises(ValueError, match="score is 4, expected 0 to 3$"):
        parse_score("4", num_scores=4)


def test_records_are_read_by_subject(tmp_path):
    records = read_clinical(write(tmp_path / "PDGinfo.csv"))
    assert list(records) == ["SUB01", "SUB02"]
    first, second = records.values()
    assert (first.sex, first.age) == ("male", 68.0)
    assert first.scores == {"on": 1, "off": 2} and first.problems == {}
    assert (second.sex, second.age) == ("female", None)
    assert second.scores == {"on": 0, "off": None} and second.problems == {}


def test_an_unusable_score_is_a_problem_of_its_session(tmp_path):
    records = read_clinical(write(tmp_path / "t.csv", [("SUB01", "x", "old", "3", "bad")]))
    record = records["SUB01"]
    assert (record.sex, record.age) == (None, None)
    assert record.scores == {"on": None, "off": None}
    assert record.problems == {
        "on": "score is 3, expected 0 to 2 (--num-scores 4 takes it)",
        "off": "score is 'bad', expected a number from 0 to 2",
    }


def test_a_subject_with_two_rows_raises(tmp_path):
    path = write(tmp_path / "t.csv", [*ROWS, ("Sub01", "M", "68", "1", "1")])
    message = "two rows of SUB01, expected one row per subject"
    with pytest.raises(ClinicalTableError, match=message) as excinfo:
        read_clinical(path)
    assert "\n" not in str(excinfo.value)


def test_a_missing_column_is_named(tmp_path):
    path = write(tmp_path / "t.csv", [("SUB01", "M", "68", "1")], HEADER[:-1])
    with pytest.raises(ClinicalTableError) as excinfo:
        read_clinical(path)
    message = str(excinfo.value)
    assert "no column 'OFF - UPDRS-III - walking', expected a table with 'ID'" in message
    assert "it has ID, Gender, Age" in message and "\n" not in message


@pytest.mark.parametrize("content", [b"", b"\n", b"\x89PNG\r\n\x1a\n\x00\x00", b"just text"])
def test_a_file_that_is_not_a_table_raises(tmp_path, content):
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(ClinicalTableError, match="has no column 'ID'") as excinfo:
        read_clinical(path)
    assert "\n" not in str(excinfo.value)


@pytest.mark.parametrize("rows", [[], [("", "M", "68", "1", "1")]])
def test_a_table_without_subjects_raises(tmp_path, rows):
    with pytest.raises(ClinicalTableError, match="names no subject"):
        read_clinical(write(tmp_path / "t.csv", rows))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_common_delimiters_and_encodings_are_read(tmp_path, delimiter, encoding):
    header = (*HEADER, "L-Dopa equivalent units (mg•day-1)".replace("•", "·"), "a, b; c")
    rows = [("SUB01", "M", "68", "1", "2", "José", "x, y; z"), ("", *[""] * 6)]
    path = write(tmp_path / "t.csv", rows, header, delimiter, encoding)
    assert read_clinical(path)["SUB01"].scores == {"on": 1, "off": 2}
    (row, _) = read_rows(path, ("ID", "a, b; c"))
    assert row["L-Dopa equivalent units (mg·day-1)"] == "José"
    assert row["a, b; c"] == "x, y; z"


def test_headings_may_have_spaces_around_and_rows_may_be_short(tmp_path):
    header = tuple(f" {name} " for name in HEADER)
    path = write(tmp_path / "t.csv", [("SUB01", "M", "68", "1")], header)
    assert read_clinical(path)["SUB01"].scores == {"on": 1, "off": None}


def test_characters_of_other_encodings_do_not_break_a_row(tmp_path):
    """In cp1252 an ellipsis is a byte that splitlines treats as the end of a line."""
    rows = [("SUB01", "M", "68", "1", "2", "tremor… left"), ("SUB02", "F", "50", "0", "1", "")]
    path = write(tmp_path / "t.csv", rows, (*HEADER, "notes"), encoding="cp1252")
    records = read_clinical(path)
    assert list(records) == ["SUB01", "SUB02"]
    assert records["SUB02"].scores == {"on": 0, "off": 1}


def test_cells_may_hold_line_breaks(tmp_path):
    rows = [("SUB01", "M", "68", "1", "2", "tremor\nleft"), ("SUB02", "F", "50", "0", "1", "")]
    path = write(tmp_path / "t.csv", rows, (*HEADER, "notes"))
    assert list(read_clinical(path)) == ["SUB01", "SUB02"]
    assert read_rows(path, ("notes",))[0]["notes"] == "tremor\nleft"


def test_a_written_table_is_read_back(tmp_path):
    pairs = [(2, 1), (0, 0), (None, 2), (None, None)]
    subjects = [
        draw_subject(f"SUB{i:02d}", pair, np.random.default_rng(i))
        for i, pair in enumerate(pairs, 1)
    ]
    path = tmp_path / "PDGinfo.csv"
    write_clinical(path, subjects, seed=3)
    records = read_clinical(path)
    assert [(record.scores["off"], record.scores["on"]) for record in records.values()] == pairs
    assert not any(record.problems for record in records.values())
    rows = read_rows(path, tuple(name.strip() for name in COLUMNS))
    for subject, record, row in zip(subjects, records.values(), rows, strict=True):
        assert record.subject == subject.name and record.sex == subject.body.sex
        assert 44 <= record.age <= 85
        assert float(row["Height (cm)"]) == pytest.approx(100 * subject.body.height_m, abs=0.5)
        height = float(row["Height (cm)"]) / 100
        bmi = float(row["Weight (kg)"]) / height**2
        assert bmi == pytest.approx(float(row["BMI (kg/m2)"]), rel=0.02)
        assert row["ON - MoCA"] == MISSING
        assert row["FoG group"] in ("freezers", "nonfreezers")
    again = tmp_path / "again.csv"
    write_clinical(again, subjects, seed=3)
    assert again.read_bytes() == path.read_bytes()


def test_columns_equal_those_of_the_real_table(shared):
    with (shared / "data/shida_pd/PDGinfo.csv").open(encoding="utf-8-sig") as file:
        assert tuple(next(csv.reader(file))) == COLUMNS


def test_the_real_table_is_read(shared):
    records = read_clinical(shared / "data/shida_pd/PDGinfo.csv")
    assert len(records) == 26 and list(records)[0] == "SUB01"
    assert records["SUB01"].scores["off"] == records["SUB05"].scores["off"] == 2
    assert records["SUB07"].scores == {"on": None, "off": None}
    assert not any(record.problems for record in records.values())
    assert all(record.sex and record.age for record in records.values())
