import re

import pytest

from agir_hf.gait import grounding_score, measure, reference
from agir_hf.gait.claim_words import SIGNS
from agir_hf.gait.grades import cut_offs
from agir_hf.gait.report import absent_part, marked_text, reasons_part, report_name
from agir_hf.gait.report.rendering import TEMPLATES


@pytest.fixture(scope="module")
def measured(walk):
    return measure(walk)


def test_reasons_for_absent_parameters_are_escaped_and_each_is_shown_once():
    reason = "no <marker>"
    absent = {"turn_time_s": reason, "turn_steps": reason, "toe_clearance_m": "no toe"}
    part = absent_part(type("Hostile", (), {"absent": absent})())
    assert part.count("no &lt;marker&gt;") == 1 and part.count("<tr>") == 3
    assert f"{report_name('turn_time_s')}; {report_name('turn_steps')}" in part
    assert absent_part(type("Complete", (), {"absent": {}})()) == ""


def test_each_claim_is_marked(measured):
    text = "Speed is 9.9 m/s. There is a tremor & <more>."
    part = reasons_part(text, grounding_score(text, measured.parameters).checked)
    assert 'class="contradicted"' in part and 'class="unknown"' in part
    assert "&lt;more&gt;" in part


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
    part = reasons_part(text, grounding_score(text, measured).checked)
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
    part = reasons_part(text, grounding_score(text, walk).checked)
    verdicts, rows = part.split('<ul class="verdicts">')[1].split("<table")
    assert rows.count('class="near"') == 1 and "supported" not in rows and "≈" in rows
    assert 'class="near"' in verdicts and "not counted as supported" in verdicts
    style = (TEMPLATES / "report.css").read_text("utf-8")
    for scheme in (r"\.agir-report\{(--ar-ink[^}]*)", r"\.dark \.agir-report\{([^}]*)"):
        colours = dict(re.findall(r"--ar-(\w+)-bg:#(\w{6})", re.search(scheme, style)[1]))
        assert len(set(colours.values())) == 4
        red, green, _ = (int(colours["near"][i : i + 2], 16) for i in (0, 2, 4))
        assert red > green
    assert len(set(SIGNS.values())) == 4


def test_each_claim_has_its_value_grade_norm_source_and_z():
    text = "Speed is moderately reduced. There is a tremor. Arm swing is absent on the left."
    walk = {"speed_m_per_s": 0.71, "arm_swing_left_deg": 2.0}
    checked = grounding_score(text, walk, 74.5, "female").checked
    part = reasons_part(text, checked, norms="norms of <women>")
    table = part.split("<table")[1]
    speed = ("walking speed 0.71 m/s", "moderately reduced", "1.14 ± 0.17 m/s", "\u22122.5")
    arm = ("arm swing, left 2°", "absent", "~40 ± 11 °")
    for words in (*speed, *arm, "not measured", "Bohannon"):
        assert words in table, words
    assert table.count("<sup>1</sup>") == 1 and '">1</sup>' in table  # number of the source
    assert "norms of &lt;women&gt;" in part


def test_the_models_own_text_is_collapsed_next_to_the_text_chosen_by_evidence():
    text, own = "Speed is moderately reduced.", "Speed is <normal>."
    walk = {"speed_m_per_s": 0.71}
    checked, checked_own = (grounding_score(words, walk).checked for words in (text, own))
    more = {"selection": "chosen by evidence", "unaided": own, "checked_unaided": checked_own}
    part = reasons_part(text, checked, **more)
    shown, _, hidden = part.partition("<details")
    assert "This text: chosen by evidence." in shown and "normal&gt;" not in shown
    assert 'class="contradicted"' in hidden.split("</details>")[0] and "&lt;" in hidden
    assert "<details" not in reasons_part(text, checked, **(more | {"unaided": text}))
