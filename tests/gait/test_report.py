import json
import re
from dataclasses import replace

import pytest

import agir_hf
from agir_hf.cli import main
from agir_hf.gait import build_norms, grounding_score, measure, reference
from agir_hf.gait.claim_words import SIGNS
from agir_hf.gait.grades import cut_offs
from agir_hf.motion import to_joints

pytest.importorskip("plotly")
from agir_hf.gait.report import (  # noqa: E402
    absent_part,
    assessment_part,
    marked_text,
    write_motion_page,
    write_report,
)
from agir_hf.gait.report.rendering import TEMPLATES  # noqa: E402

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


def test_the_page_of_legs_has_the_angles_of_knee_and_ankle(tmp_path, walk):
    upper = ("SHO", "UPA", "EL", "EM", "FRA", "WL", "WM", "CLAV", "STRN", "C7", "T10")
    kept = [i for i, label in enumerate(walk.labels) if not label.endswith(upper)]
    labels = tuple(walk.labels[i] for i in kept)
    legs = measure(replace(walk, positions=walk.positions[:, kept], labels=labels))
    pages = {
        name: write_report(tmp_path / f"{name}.html", name, measured, provenance={}).read_text(
            "utf-8"
        )
        for name, measured in (("legs", legs), ("walk", measure(walk)))
    }
    assert '"text":"knee"' in pages["legs"] and '"text":"ankle"' in pages["legs"]
    assert '"text":"hip"' not in pages["legs"] and '"text":"hip"' in pages["walk"]


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
        ([SAMPLE, "--age", "130"], "--age is 130, expected 0 to 120 years"),
        ([SAMPLE, "--norms", "nothing.json"], "--norms: no such file: nothing.json"),
    ],
)
def test_invalid_arguments_are_reported_on_one_line(arguments, message, capsys):
    assert main(["measure", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error and len(error.strip().splitlines()) == 1


def marked_spans(text, measured):
    """(words, verdicts of the claims) of every mark in a text."""
    checked = grounding_score(text, measured).checked
    html = marked_text(
        text, checked, lambda rows, part: f"[{'+'.join(row.verdict for row in rows)}|{part}]"
    )
    assert re.sub(r"\[[\w +]*\||\]", "", html) == text  # every word occurs exactly once
    return [(words, verdicts) for verdicts, words in re.findall(r"\[([\w +]+)\|([^]]*)\]", html)]


def test_a_clause_with_a_wrong_number_is_contradicted_as_a_whole():
    text = "Step length, about 0.50 m, is markedly reduced. Gait is slow at about 0.6 m/s."
    assert marked_spans(text, {"step_length_m": 0.28, "speed_m_per_s": 0.61}) == [
        ("Step length, about 0.50 m, is markedly reduced", "contradicted"),
        ("Gait is slow at about 0.6 m/s", "supported"),
    ]


def test_a_clause_with_several_claims_is_marked_with_the_worst_and_lists_all():
    text = "Cadence, double support and lateral sway are normal."
    measured = {"cadence_steps_per_min": 131, "double_support_percent": 20, "pelvic_sway_m": 0.04}
    ((words, verdicts),) = marked_spans(text, measured)
    assert words == text[:-1] and sorted(verdicts.split("+")) == [
        "contradicted", "supported", "supported",
    ]  # fmt: skip
    part = assessment_part(1, (0.2, 0.5, 0.3), text, grounding_score(text, measured).checked)
    (mark,) = re.findall(r'<mark class="(\w+)" title="([^"]*)">Cadence', part)
    assert mark[0] == "contradicted"
    for value in ("cadence 131 steps/min", "double support 20 %", "pelvic sway 0.04 m"):
        assert value in mark[1]


def near_claim():
    """A text with a near claim, and its walk."""
    limit = cut_offs("speed_m_per_s", reference("speed_m_per_s"))[-1]
    return "Speed is mildly reduced.", {"speed_m_per_s": limit + 0.01}


def test_near_is_amber_with_a_sign_of_its_own_and_never_green():
    text, walk = near_claim()
    part = assessment_part(1, (0.2, 0.5, 0.3), text, grounding_score(text, walk).checked)
    legend, rows = part.split('<ul class="legend">')[1].split("<table")
    assert rows.count('class="near"') == 1 and "supported" not in rows and "≈" in rows
    assert 'class="near"' in legend and "not counted as supported" in legend
    style = (TEMPLATES / "style.css").read_text("utf-8")
    colours = dict(re.findall(r"\.(\w+)\{background:#(\w{6})\}", style))
    assert len({colours[name] for name in ("supported", "near", "contradicted", "unknown")}) == 4
    red, green, _ = (int(colours["near"][i : i + 2], 16) for i in (0, 2, 4))
    assert red > green
    assert len(set(SIGNS.values())) == 4


def test_each_claim_has_its_value_grade_norm_source_and_z():
    text = "Speed is moderately reduced. There is a tremor. Arm swing is absent on the left."
    walk = {"speed_m_per_s": 0.71, "arm_swing_left_deg": 2.0}
    checked = grounding_score(text, walk, 74.5, "female").checked
    part = assessment_part(1, (0.2, 0.5, 0.3), text, checked, norms="norms of <women>")
    table = part.split("<table")[1]
    speed = ("speed 0.71 m/s, moderately reduced", "1.14 ± 0.17 m/s", "-2.5", "Bohannon")
    arm = ("arm swing left 2°, absent", "~40 ± 11 °")
    for words in (*speed, *arm, "not measurable (not measured)"):
        assert words in table, words
    assert "norms of &lt;women&gt;" in part


def test_the_models_own_text_is_collapsed_next_to_the_text_chosen_by_evidence():
    text, own = "Speed is moderately reduced.", "Speed is <normal>."
    walk = {"speed_m_per_s": 0.71}
    checked, checked_own = (grounding_score(words, walk).checked for words in (text, own))
    more = {"selection": "chosen by evidence", "unaided": own, "checked_unaided": checked_own}
    part = assessment_part(1, (0.2, 0.5, 0.3), text, checked, **more)
    shown, _, hidden = part.partition("<details")
    assert "This text: chosen by evidence." in shown and "normal&gt;" not in shown
    assert 'class="contradicted"' in hidden.split("</details>")[0] and "&lt;" in hidden
    same = assessment_part(1, (0.2, 0.5, 0.3), text, checked, **(more | {"unaided": text}))
    assert "<details" not in same


def test_the_page_of_a_child_has_no_norm_z_score_or_band(tmp_path, measured):
    path = write_report(tmp_path / "child.html", "child", measured, provenance={}, age=9)
    own = without_plotly(path.read_text("utf-8"))
    assert "No norm applies to a person of 9 years" in own and 'class="bar"' not in own
    assert "Without the band of healthy adults" in own and '"name":"norm ± SD"' not in own
    adult = write_report(tmp_path / "adult.html", "adult", measured, provenance={})
    assert '"name":"norm ± SD"' in without_plotly(adult.read_text("utf-8"))


def test_the_page_names_the_norms_and_whom_they_are_of(tmp_path, measured):
    def own(**person):
        path = write_report(tmp_path / "page.html", "page", measured, provenance={}, **person)
        return without_plotly(path.read_text("utf-8"))

    assert "published norms" in own() and "because no age was given" in own()
    assert "women of 72 years" in own(age=72, sex="female")
    norms = build_norms(
        [(f"S{i}", 60, None, {"speed_m_per_s": 1 + i / 50}) for i in range(8)], "A<b"
    )
    assert "8 healthy walkers (60 years) of A&lt;b" in own(norms=norms)
    norm = norms.reference("speed_m_per_s")
    assert f"{norm.mean:.3g} ± {norm.sd:.2g}" in own(norms=norms)
