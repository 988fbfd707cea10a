import json
import re

import pytest

import agir_hf
from agir_hf.cli import main
from agir_hf.gait import grounding_score, measure
from agir_hf.motion import to_joints

pytest.importorskip("plotly")
from agir_hf.gait.report import assessment_part, write_report  # noqa: E402

SAMPLE = str(agir_hf.SAMPLE_RECORDING)


@pytest.fixture(scope="module")
def measured(walk):
    return measure(walk)


@pytest.fixture
def page(tmp_path, measured):
    path = tmp_path / "walk.html"
    write_report(path, "A <walk>", measured, provenance={"recording": "<b>x</b>"}, age=65)
    assert [p.name for p in tmp_path.iterdir()] == ["walk.html"]  # nothing half-written beside it
    return path.read_text("utf-8")


def test_the_page_stands_alone_and_shows_every_part(page, measured):
    own = re.sub(r"<script>.*?</script>", "", page, count=1, flags=re.DOTALL)
    assert not re.search(r"(?:src|href)=['\"]?(?:https?:)?//", own)
    for title in ("Gait parameters", "Not measured", "Feet and events", "Joint angles", "The walk"):
        assert f"<h2>{title}" in own
    assert own.count("<tr title=") == len(measured.parameters)
    assert "65 years" in own and "Research use only" in own


def test_names_are_escaped(page):
    assert "A &lt;walk&gt;" in page and "<b>x</b>" not in page


def test_joints_without_markers_have_a_page(tmp_path, walk):
    path = write_report(tmp_path / "j.html", "j", measure(to_joints(walk)), provenance={})
    assert "Feet and events" in path.read_text("utf-8")


def test_each_claim_is_marked(measured):
    text = "Speed is 9.9 m/s. There is a tremor & <more>."
    checked = grounding_score(text, measured.parameters).checked
    part = assessment_part(1, (0.2, 0.5, 0.3), text, checked)
    assert "class='contradicted'" in part and "class='unknown'" in part
    assert "&lt;more&gt;" in part and "1: 50%" in part and "Uncertain" not in part
    part = assessment_part(1, (0.2, 0.5, 0.3), text, checked, "1 or 2: 50% < 80%")
    assert "Uncertain</mark> 1 or 2: 50% &lt; 80%</p>" in part


@pytest.mark.parametrize("command", ["measure", "assess"])
def test_reports_from_the_command_line(command, tmp_path, capsys):
    out = tmp_path / "out.html"
    assert main([command, "--json", SAMPLE, "--report", str(out)]) == 0
    printed = capsys.readouterr()
    json.loads(printed.out)
    assert str(out) in printed.err
    assert ("<h2>Score</h2>" in out.read_text("utf-8")) == (command == "assess")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([SAMPLE, SAMPLE, "--report", "x.html"], "one at a time"),
        ([SAMPLE, "--report", "x.pdf"], "ends in .html"),
        ([SAMPLE, "--report", "nowhere/at/all/x.html"], "is not there: make it"),
        ([SAMPLE, "--age", "20"], "60 to 110"),
    ],
)
def test_what_cannot_be_reported_is_told_on_one_line(arguments, told, capsys):
    assert main(["measure", *arguments]) == 2
    error = capsys.readouterr().err
    assert told in error and len(error.strip().splitlines()) == 1
