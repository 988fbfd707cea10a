"""Page of a session, from plain values."""

import re
from dataclasses import replace

import pytest

from agir_hf.gait import measure
from agir_hf.gait.applied_norms import AppliedNorms
from agir_hf.gait.kinematics import kinematics_of, pooled
from agir_hf.gait.parameters import Measured
from agir_hf.gait.report.session_page import (
    MOST_LINES,
    SessionPage,
    Trial,
    score_text,
    session_sections,
    write_session_page,
)
from agir_hf.gait.report.sides import side_values

IDENTITY = {
    "id": "P<07>", "file": "a&b.c3d", "sha256": "ab" * 32, "recorded": "2026-01-02",
    "assessed": "2026-11-28", "model": "", "software": "agir_hf 9",
}  # fmt: skip
SCORED = {
    "score": 1, "withheld": None, "probabilities": [0.2, 0.6, 0.2], "reasoning": "Short steps.",
    "trust": {"certain": False, "text": "score 1, uncertain"},
}  # fmt: skip


@pytest.fixture(scope="module")
def measured(walk):
    return measure(walk)


@pytest.fixture(scope="module")
def page(walk, measured):
    curves = kinematics_of(measured, walk)
    trial = Trial("<one>.c3d", IDENTITY, measured.parameters, curves, 9, 6.0, 0.8)
    faster = {name: replace(row, value=row.value * 1.1) for name, row in trial.parameters.items()}
    other = replace(trial, name="two.c3d", parameters=faster, assessment=SCORED, cautions=("odd",))
    return SessionPage(
        "A <session>",
        [trial, other],
        {"speed_m_per_s": Measured(0.75, "m/s", 0.031, 2)},
        side_values(measured),
        pooled([curves, curves]),
        AppliedNorms(65),
        who=[("Identifier", "P<07>"), ("Measured", "2026-11-28")],
        left_out=[("bad.c3d", "left out", "bad.c3d is <damaged>"), ("s.c3d", "static trial", "x")],
        cautions=["these may be two people"],
    )


def test_the_page_needs_no_other_file_and_escapes_names(page, tmp_path):
    path = write_session_page(tmp_path / "session.html", page)
    text = path.read_text("utf-8")
    assert [file.name for file in tmp_path.iterdir()] == ["session.html"]
    assert path.stat().st_size < 1_000_000
    assert "<one>" not in text and "&lt;one&gt;.c3d" in text and "&lt;damaged&gt;" in text
    assert not re.search(r"(?:src|href)=['\"]?(?:https?:)?//", text) and "<script" not in text
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', text)) <= set(ids)


def test_mean_sd_and_number_of_trials_are_shown(page):
    table = session_sections(page)["spatiotemporal"]
    row = table[table.index("walking speed") :]
    assert "0.75" in row[:400] and "± 0.03" in row[:400] and '<td class="n">2</td>' in row[:500]
    assert "n of 2 trials" in table


def test_each_trial_has_thin_lines_and_all_strides_a_band(page):
    curves = session_sections(page)["curves"]
    knee = curves[curves.index("Knee flexion") :].split("</figure>")[0]
    assert knee.count("thin") == 2 * 2  # trials and sides
    assert 'class="band norm"' in knee and 'class="band left"' in knee
    assert "mean of 18 strides of 2 trials" in curves
    many = replace(page, trials=[page.trials[0]] * (MOST_LINES + 1))
    assert "thin" not in session_sections(many)["curves"]


def test_profile_of_each_trial_and_of_all_strides(page):
    profile = session_sections(page)["profile"]
    assert "All strides" in profile and "two.c3d" in profile and "mean of the trials" in profile


def test_children_have_no_band_and_no_profile(page):
    sections = session_sections(replace(page, applied=AppliedNorms(9)))
    assert "profile" not in sections and 'class="band norm"' not in sections["curves"]


def test_left_out_recordings_and_cautions_are_on_the_page(page):
    trials = session_sections(page)["trials"]
    assert "Static trial. x" in trials and "these may be two people" in trials
    assert "1 (uncertain)" in trials
    assert "Short steps." in session_sections(page)["recordings"]


def test_scores_in_a_few_words():
    assert score_text(None) == "" and score_text(SCORED) == "1 (uncertain)"
    assert score_text(SCORED | {"trust": {"certain": True}}) == "1"
    assert score_text(SCORED | {"score": None, "withheld": "too little"}) == "withheld"


def test_a_session_without_a_measured_walk_has_a_page_with_the_reasons(tmp_path):
    page = SessionPage("Empty", [], {}, {}, left_out=[("bad.c3d", "left out", "damaged")])
    text = write_session_page(tmp_path / "empty.html", page).read_text("utf-8")
    assert "damaged" in text and "Joint angles" not in text
