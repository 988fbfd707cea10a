"""Export and import of the review table: a reviewer's changes are recorded, and nothing else."""

import csv
import shutil

import pytest
from datasets import load_dataset

from agir_hf.annotation.prompts import Written
from agir_hf.corpus.build import build_corpus
from agir_hf.corpus.clinical import ClinicalTableError
from agir_hf.corpus.review import COLUMNS, ReviewError, export_review, import_review
from agir_hf.corpus.store import BuildError, Store, load_metadata
from agir_hf.gait.claims import extract_claims
from agir_hf.gait.grounding import CONTRADICTED, check_claims
from agir_hf.simulation.cohort import simulate_cohort


@pytest.fixture(autouse=True)
def no_figures(monkeypatch):
    """The figures take most of the time, and are tested elsewhere."""
    monkeypatch.setattr("agir_hf.corpus.card.draw_figures", lambda *_: False)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("review")
    cohort = simulate_cohort(folder / "cohort", subjects=3, walks=1, seed=3)
    return build_corpus(cohort, folder / "corpus", fit="centres").folder


@pytest.fixture
def corpus(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "corpus")


@pytest.fixture
def table(corpus, tmp_path):
    path = tmp_path / "review.csv"
    export_review(corpus, path)
    return path


def read(table):
    with table.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def write(table, rows, columns=COLUMNS, delimiter=",", encoding="utf-8"):
    with table.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, columns, delimiter=delimiter, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


def contents(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def rows_of(corpus, config, tmp_path):
    parts = load_dataset(str(corpus), config, cache_dir=str(tmp_path / "cache"))
    return [row for part in parts.values() for row in part.remove_columns("motion")]


def contradicted_sentence(corpus, name):
    """A sentence whose only claim the measured gait of a recording contradicts."""
    by_id = {row.id: row for row in map(load_metadata, (corpus / "work/recordings").glob("*.npz"))}
    row = by_id[name]
    for grade in ("normal", "markedly reduced"):
        text = f"Walking speed is {grade}."
        checked = check_claims(
            extract_claims(text), row.parameters, row.item["age"], row.item["sex"]
        )
        if [claim.verdict for claim in checked] == [CONTRADICTED]:
            return text
    raise AssertionError(f"no claim about the speed of {name} is contradicted")


def test_the_table_has_a_row_for_each_text(corpus, tmp_path):
    count = export_review(corpus, tmp_path / "t.csv")
    rows, texts = read(tmp_path / "t.csv"), Store(corpus).annotations()
    assert len(rows) == count == len(texts)
    assert list(rows[0]) == [*COLUMNS, "file", "age", "sex"]
    for row in rows:
        text = texts[row["id"]]
        assert (row["foot"], row["arm"], row["overall"]) == (text.foot, text.arm, text.overall)
        assert row["file"] == row["id"].partition("/")[2] + ".c3d"
        assert row["sex"] in ("male", "female") and 20 <= float(row["age"]) <= 100
        assert row["writer"] == "rules" and row["score"] in "012" and not row["revised_before"]
        assert not any(row[f"revised_{part}"] for part in ("foot", "arm", "overall"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["corpus", "t.csv"]


def test_a_table_without_changes_changes_nothing(corpus, table):
    before = contents(corpus)
    result = import_review(corpus, table)
    assert (result.revised, result.flagged, result.unchanged) == (0, (), len(read(table)))
    assert contents(corpus) == before


def test_the_same_text_is_not_a_change(corpus, table):
    rows = read(table)
    rows[0] |= {"revised_foot": rows[0]["foot"], "revised_arm": f" {rows[0]['arm']} "}
    write(table, rows)
    before = contents(corpus)
    assert import_review(corpus, table).revised == 0
    assert contents(corpus) == before


def test_a_revision_is_recorded_in_every_configuration_with_text(corpus, table, tmp_path):
    rows = read(table)
    name = rows[0]["id"]
    rows[0]["revised_foot"] = "The feet are lifted well off the ground."
    write(table, rows)
    result = import_review(corpus, table)
    assert (result.revised, result.unchanged) == (1, len(rows) - 1)
    text = Written(rows[0]["revised_foot"], rows[0]["arm"], rows[0]["overall"]).rationale
    for row in rows_of(corpus, "reasoning", tmp_path):
        assert row["revised"] == (row["id"] == name)
        assert row["writer"] == "rules"
        if row["id"] == name:
            assert row["rationale"] == row["references"][0] == text
            assert len(row["references"]) == 5 and text not in row["references"][1:]
    descriptions = rows_of(corpus, "generative", tmp_path)
    assert {row["id"] for row in descriptions if row["revised"]} == {name}
    assert any(row["description"].startswith("The feet are lifted") for row in descriptions)
    chosen = {row["id"]: row["chosen"] for row in rows_of(corpus, "preference", tmp_path)}
    assert chosen[name] == text
    assert "1 were revised by a reviewer" in (corpus / "README.md").read_text("utf-8")


def test_a_second_review_starts_from_the_revised_texts(corpus, table):
    rows = read(table)
    rows[0]["revised_foot"] = "The feet are lifted well off the ground."
    write(table, rows)
    import_review(corpus, table)
    export_review(corpus, table)
    again = read(table)
    assert again[0]["foot"] == "The feet are lifted well off the ground."
    assert [bool(row["revised_before"]) for row in again] == [True] + [False] * (len(rows) - 1)
    again[0]["revised_arm"] = "The arms hang."
    write(table, again)
    assert import_review(corpus, table).revised == 1
    text = Store(corpus).annotations()[again[0]["id"]]
    assert (text.foot, text.arm) == ("The feet are lifted well off the ground.", "The arms hang.")


def test_a_contradicted_text_is_flagged_and_accepted(corpus, table, tmp_path):
    rows = read(table)
    name = rows[1]["id"]
    rows[1]["revised_overall"] = contradicted_sentence(corpus, name)
    rows[2]["revised_arm"] = "The arms were looked at."
    write(table, rows)
    result = import_review(corpus, table)
    assert (result.revised, result.flagged) == (2, (name,))
    flags = {row["id"]: row["flags"] for row in rows_of(corpus, "reasoning", tmp_path)}
    assert "speed" in flags[name].lower() and flags[name].startswith("contradicted: ")
    assert not any(flag for other, flag in flags.items() if other != name)
    export_review(corpus, table)
    assert [bool(row["flags"]) for row in read(table)] == [row["id"] == name for row in rows]


def test_texts_that_were_rejected_without_another_text_are_reported(corpus, table):
    rows = read(table)
    rows[0]["reviewed"], rows[1]["reviewed"], rows[2]["reviewed"] = "rejected", "rejected", "yes"
    rows[1]["revised_arm"] = "The arms were looked at."
    write(table, rows, [*COLUMNS, "reviewed"])
    result = import_review(corpus, table)
    assert (result.revised, result.rejected) == (1, (rows[0]["id"],))
    assert Store(corpus).annotations()[rows[0]["id"]].foot == rows[0]["foot"]


def test_a_flag_is_removed_with_its_claim(corpus, table):
    rows = read(table)
    rows[0]["revised_overall"] = contradicted_sentence(corpus, rows[0]["id"])
    write(table, rows)
    assert import_review(corpus, table).flagged == (rows[0]["id"],)
    export_review(corpus, table)
    rows = read(table)
    rows[0]["revised_overall"] = "The walk was looked at."
    write(table, rows)
    assert import_review(corpus, table).flagged == ()
    assert not Store(corpus).annotations()[rows[0]["id"]].flags


def test_rows_may_be_missing_and_in_another_order(corpus, table):
    rows = read(table)
    rows[2]["revised_foot"] = "The feet were looked at."
    write(table, [rows[2], rows[0]])
    result = import_review(corpus, table)
    assert (result.revised, result.unchanged) == (1, 1)


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters_and_column_orders_are_read(corpus, table, delimiter):
    rows = read(table)
    rows[0]["revised_foot"] = "The feet, both; were looked at."
    columns = [*COLUMNS[::-1], "remark"]
    write(table, rows, columns, delimiter, "utf-8-sig")
    assert import_review(corpus, table).revised == 1
    assert Store(corpus).annotations()[rows[0]["id"]].foot == "The feet, both; were looked at."


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_typographic_characters_are_kept(corpus, table, encoding):
    rows, text = read(table), "The feet … were “looked at” – twice."
    rows[0]["revised_foot"] = text
    write(table, rows, encoding=encoding)
    assert import_review(corpus, table).revised == 1
    assert Store(corpus).annotations()[rows[0]["id"]].foot == text


def test_a_revision_is_kept_when_its_recording_is_measured_again(finished, corpus, table):
    rows, text = read(table), "The feet were looked at."
    rows[0]["revised_foot"] = text
    write(table, rows)
    assert import_review(corpus, table).revised == 1
    for measured in (corpus / "work/recordings").glob("*.npz"):
        measured.unlink()
    build_corpus(finished.parent / "cohort", corpus, fit="centres")
    kept = Store(corpus).annotations()[rows[0]["id"]]
    assert (kept.foot, kept.revised) == (text, True)


def test_a_text_is_no_formula_in_a_spreadsheet_and_is_read_back(corpus, table):
    rows, text = read(table), "=HYPERLINK(1) is no description of the feet."
    rows[0]["revised_foot"] = text
    write(table, rows)
    assert import_review(corpus, table).revised == 1
    export_review(corpus, table)
    exported = next(row for row in read(table) if row["id"] == rows[0]["id"])
    assert exported["foot"] == "'" + text
    assert import_review(corpus, table).revised == 0
    assert Store(corpus).annotations()[rows[0]["id"]].foot == text


@pytest.mark.parametrize("end", ["\n", "\r\n", "\u2028", "\x0b"])
def test_a_line_break_in_a_cell_becomes_a_space(corpus, table, end):
    rows = read(table)
    rows[0]["revised_foot"] = f"The feet were seen.{end}They step."
    write(table, rows)
    assert import_review(corpus, table).revised == 1
    text = Store(corpus).annotations()[rows[0]["id"]].foot
    assert text.split() == ["The", "feet", "were", "seen.", "They", "step."]
    export_review(corpus, table)
    assert import_review(corpus, table).revised == 0


def name_unknown_recording(rows):
    rows[-1]["id"] = "SUB99_on/unknown"


def repeat_a_row(rows):
    rows.append(dict(rows[0]))


def change_current_text(rows):
    rows[-1]["arm"] += " Really."


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (name_unknown_recording, "no recording 'SUB99_on/unknown'"),
        (repeat_a_row, "second row of .*, expected one row per recording"),
        (change_current_text, "has changed since the table was exported"),
    ],
)
def test_with_one_wrong_row_nothing_is_imported(corpus, table, damage, message):
    rows = read(table)
    rows[0]["revised_foot"] = "The feet were looked at."
    damage(rows)
    write(table, rows)
    before = contents(corpus)
    with pytest.raises(ReviewError, match=message) as excinfo:
        import_review(corpus, table)
    assert f"row {len(rows) + 1}" in str(excinfo.value) and "\n" not in str(excinfo.value)
    assert contents(corpus) == before


def test_an_outdated_table_raises(corpus, table):
    rows = read(table)
    rows[0]["revised_foot"] = "The feet were looked at."
    write(table, rows)
    import_review(corpus, table)
    with pytest.raises(ReviewError, match="row 2: the text of .* has changed.*export it again"):
        import_review(corpus, table)


def test_missing_columns_are_named(corpus, table):
    rows = read(table)
    write(table, rows, [name for name in COLUMNS if name not in ("arm", "revised_arm")])
    with pytest.raises(ClinicalTableError, match="no column 'arm', 'revised_arm'"):
        import_review(corpus, table)


def test_a_folder_without_a_finished_corpus_raises(tmp_path, table):
    with pytest.raises(BuildError, match="no finished corpus: run 'agir corpus build' first"):
        export_review(tmp_path, tmp_path / "t.csv")
    with pytest.raises(BuildError, match="no finished corpus"):
        import_review(tmp_path, table)
    assert not (tmp_path / "t.csv").exists()


def test_missing_texts_raise(corpus, tmp_path):
    (corpus / "work" / "annotations.jsonl").write_text('{"id": "torn')
    with pytest.raises(BuildError):
        export_review(corpus, tmp_path / "t.csv")
    assert not (tmp_path / "t.csv").exists()
