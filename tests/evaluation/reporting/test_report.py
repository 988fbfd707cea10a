from dataclasses import replace

import pytest

from agir_hf.evaluation.reporting import report
from agir_hf.evaluation.reporting.report import check_folder, write_report
from agir_hf.evaluation.reporting.results import Results

PARTS = ["card_section.md", "figures", "results.json", "tables.md", "tables.tex"]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_all_parts_are_written_and_their_paths_returned(evaluation, tmp_path):
    pytest.importorskip("matplotlib")
    folder = tmp_path / "new" / "report"
    paths = write_report(evaluation, folder, against="linear probe")
    assert names(folder) == PARTS == sorted(paths)
    plots = paths.pop("figures")
    assert [p.parent for p in plots] == [folder / "figures"] * 4
    assert sorted(p.name for p in plots) == names(folder / "figures")
    assert all(path.is_file() and path.parent == folder for path in paths.values())
    assert Results.load(folder) == evaluation
    assert "## Against linear probe" in (folder / "tables.md").read_text(encoding="utf-8")
    assert "### Against linear probe" in (folder / "card_section.md").read_text(encoding="utf-8")
    assert "simulated" in (folder / "tables.tex").read_text(encoding="utf-8")


@pytest.fixture
def few(evaluation):
    """Results without plots, which take longest."""
    return replace(evaluation, rows=evaluation.rows[2:])


def test_a_report_replaces_the_earlier_report_only(evaluation, few, tmp_path):
    write_report(few, tmp_path)
    (tmp_path / "figures" / "old.png").write_bytes(b"old")
    (tmp_path / "notes.txt").write_text("mine")
    write_report(replace(few, title="Later"), tmp_path)
    assert names(tmp_path) == sorted([*PARTS, "notes.txt"])
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert names(tmp_path / "figures") == []
    assert (tmp_path / "tables.md").read_text(encoding="utf-8").startswith("# Later")
    assert Results.load(tmp_path).title == "Later"


def test_files_of_the_user_are_not_replaced(few, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    check_folder(tmp_path)
    (tmp_path / "tables.md").write_text("mine")
    for call in (check_folder, lambda folder: write_report(few, folder)):
        with pytest.raises(FileExistsError, match="holds tables.md that 'agir evaluate' did not"):
            call(tmp_path)
    assert names(tmp_path) == ["notes.txt", "tables.md"]
    with pytest.raises(FileExistsError, match="is a file, expected a folder"):
        check_folder(tmp_path / "notes.txt")


def test_an_error_leaves_the_earlier_report(few, tmp_path, monkeypatch):
    write_report(few, tmp_path)
    before = {name: (tmp_path / name).read_bytes() for name in PARTS if name != "figures"}
    monkeypatch.setattr(report, "latex", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_report(replace(few, title="Later"), tmp_path)
    with pytest.raises(ValueError, match="no row 'unknown'"):
        write_report(few, tmp_path, against="unknown")
    assert names(tmp_path) == PARTS
    assert {name: (tmp_path / name).read_bytes() for name in before} == before


def test_without_matplotlib_there_is_a_report_and_a_warning(evaluation, tmp_path, monkeypatch):
    monkeypatch.setattr(report, "find_spec", lambda _: None)
    with pytest.warns(UserWarning, match=r'no plots.*pip install "agir-hf\[plot\]"'):
        paths = write_report(evaluation, tmp_path)
    assert paths["figures"] == [] and names(tmp_path) == PARTS
