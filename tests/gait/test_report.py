import json
import re

import pytest

import agir_hf
from agir_hf.cli import main
from agir_hf.gait import grounding_score, measure
from agir_hf.motion import to_joints

pytest.importorskip("plotly")
from agir_hf.gait.report import assessment_part, marked_text, write_report  # noqa: E402

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


def marks(text, measured):
    """(words, whether they are borne out) of every mark in a text."""
    checked = grounding_score(text, measured).checked
    html = marked_text(text, checked, lambda row, part: f"[{row.verdict}|{part}]")
    assert re.sub(r"\[\w[\w ]*\||\]", "", html) == text  # no word is lost or told twice
    return [(b, a == "supported") for a, b in re.findall(r"\[(\w+)\|([^]]*)\]", html)]


def test_a_wrong_number_shows_within_a_state_that_is_right():
    told = "Step length, about 0.50 m, is markedly reduced. Gait is slow at about 0.8 m/s."
    found = marks(told, {"step_length_m": 0.28, "speed_m_per_s": 0.61})
    assert found[:2] == [("Step length, about 0.50 m", False), ("is markedly reduced", True)]
    assert found[2:] == [("Gait is slow", True), ("0.8 m/s", False)]


def test_of_signs_that_share_a_state_each_shows_its_own():
    told = "Cadence, double support and lateral sway are normal."
    measured = {"cadence_steps_per_min": 131, "double_support_percent": 29, "pelvic_sway_m": 0.04}
    assert marks(told, measured) == [
        ("Cadence", False),
        ("double support and", True),
        ("lateral sway are normal", True),
    ]
