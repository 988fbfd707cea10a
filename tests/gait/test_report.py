import json
import re

import pytest

import agir_hf
from agir_hf.cli import main
from agir_hf.gait import grounding_score, measure
from agir_hf.motion import to_joints

pytest.importorskip("plotly")
from agir_hf.gait.report import (  # noqa: E402
    absent_part,
    assessment_part,
    marked_text,
    write_motion_page,
    write_report,
)

SAMPLE = str(agir_hf.SAMPLE_RECORDING)


@pytest.fixture(scope="module")
def measured(walk):
    return measure(walk)


@pytest.fixture
def page(tmp_path, measured):
    path = tmp_path / "walk.html"
    write_report(path, "A <walk>", measured, provenance={"recording": "<b>x</b>"}, age=65)
    assert [p.name for p in tmp_path.iterdir()] == ["walk.html"]  # no temporary file is left
    return path.read_text("utf-8")


def without_plotly(page):
    return re.sub(r"<script>.*?</script>", "", page, count=1, flags=re.DOTALL)


def test_the_page_needs_no_other_file_and_has_every_part(page, measured):
    own = without_plotly(page)
    assert not re.search(r"(?:src|href)=['\"]?(?:https?:)?//", own)
    for title in ("Gait parameters", "Not measured", "Feet and events", "Joint angles", "The walk"):
        assert f"<h2>{title}" in own
    assert own.count("<tr title=") == len(measured.parameters)
    assert "65 years" in own and "Research use only" in own


def test_names_are_escaped(page):
    assert "A &lt;walk&gt;" in page and "<b>x</b>" not in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page


def test_title_lead_and_provenance_of_a_motion_are_escaped(tmp_path, walk):
    hostile = "<img src=x onerror=alert(1)>'\""
    path = write_motion_page(
        tmp_path / "m.html",
        hostile,
        measure(to_joints(walk)),
        lead=hostile,
        provenance={hostile: hostile},
    )
    own = without_plotly(path.read_text("utf-8"))
    assert "<img" not in own and own.count("&lt;img src=x onerror=alert(1)&gt;&#39;&#34;") == 5


def test_reasons_for_absent_parameters_are_escaped(measured):
    class Hostile:
        absent = {"turn_time_s": "no <marker>"}

    assert "no &lt;marker&gt;" in absent_part(Hostile())
    assert absent_part(type("Complete", (), {"absent": {}})()) == ""


def test_joints_without_markers_have_a_page(tmp_path, walk):
    path = write_report(tmp_path / "j.html", "j", measure(to_joints(walk)), provenance={})
    assert "Feet and events" in path.read_text("utf-8")


def test_each_claim_is_marked(measured):
    text = "Speed is 9.9 m/s. There is a tremor & <more>."
    checked = grounding_score(text, measured.parameters).checked
    part = assessment_part(1, (0.2, 0.5, 0.3), text, checked)
    assert 'class="contradicted"' in part and 'class="unknown"' in part
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
    ("arguments", "message"),
    [
        ([SAMPLE, SAMPLE, "--report", "x.html"], "one at a time"),
        ([SAMPLE, "--report", "x.pdf"], "ends in .html"),
        ([SAMPLE, "--report", "nowhere/at/all/x.html"], "does not exist: create it"),
        ([SAMPLE, "--age", "20"], "60 to 110"),
    ],
)
def test_invalid_arguments_are_reported_on_one_line(arguments, message, capsys):
    assert main(["measure", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error and len(error.strip().splitlines()) == 1


def marked_spans(text, measured):
    """(words, whether they are supported) of every mark in a text."""
    checked = grounding_score(text, measured).checked
    html = marked_text(text, checked, lambda row, part: f"[{row.verdict}|{part}]")
    assert re.sub(r"\[\w[\w ]*\||\]", "", html) == text  # every word occurs exactly once
    spans = re.findall(r"\[(\w+)\|([^]]*)\]", html)
    return [(words, verdict == "supported") for verdict, words in spans]


def test_a_wrong_number_is_visible_within_a_correct_state():
    text = "Step length, about 0.50 m, is markedly reduced. Gait is slow at about 0.8 m/s."
    spans = marked_spans(text, {"step_length_m": 0.28, "speed_m_per_s": 0.61})
    assert spans[:2] == [("Step length, about 0.50 m", False), ("is markedly reduced", True)]
    assert spans[2:] == [("Gait is slow", True), ("0.8 m/s", False)]


def test_quantities_that_share_a_state_have_their_own_verdicts():
    text = "Cadence, double support and lateral sway are normal."
    measured = {"cadence_steps_per_min": 131, "double_support_percent": 29, "pelvic_sway_m": 0.04}
    assert marked_spans(text, measured) == [
        ("Cadence", False),
        ("double support and", True),
        ("lateral sway are normal", True),
    ]
