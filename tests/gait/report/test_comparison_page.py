"""Page of a comparison, from plain values."""

import re
from dataclasses import replace
from types import SimpleNamespace

import pytest

from agir_hf.gait import measure, reference
from agir_hf.gait.applied_norms import AppliedNorms
from agir_hf.gait.kinematics import kinematics_of
from agir_hf.gait.parameters import Measured
from agir_hf.gait.report.comparison_page import (
    ComparisonPage,
    comparison_sections,
    summary_text,
    verdict_of,
    write_comparison_page,
)

SUMMARY = {"compared": 3, "beyond": 2, "better": 1, "worse": 1}


def row(name="speed_m_per_s", a=0.7, b=1.1, unit="m/s", **values):
    norm = reference(name)
    fields = {
        "name": name, "unit": unit,
        "a": Measured(a, unit, 0.05, 9), "b": Measured(b, unit, 0.05, 9),
        "difference": b - a, "percent": 100 * (b - a) / a, "limit": 0.1, "beyond": True,
        "better": "better", "z_a": norm.z(a), "z_b": norm.z(b), "norm_a": norm, "norm_b": norm,
        "note": "", "trials_a": 1, "trials_b": 1,
    }  # fmt: skip
    return SimpleNamespace(**(fields | values))


def curve(variable, side):
    return SimpleNamespace(
        variable=variable, side=side, rms_deg=4.26, range_a_deg=30.0, range_b_deg=41.0,
        map_a_deg=9.0, map_b_deg=5.0,
    )  # fmt: skip


@pytest.fixture(scope="module")
def page(walk):
    curves = kinematics_of(measure(walk), walk)
    return ComparisonPage(
        "P<7>: OFF and ON",
        ("OFF", "ON"),
        [("Identifier", "P<7>", "P<7>"), ("SHA-256", "aaaaaaaaaaaa", "bbbbbbbbbbbb")],
        [row(), row("stance_percent", 66.0, 70.0, "%", better="worse")],
        SUMMARY,
        "Measurement error is estimated.",
        (curves, curves),
        [curve("knee_flexion", "left"), curve("knee_flexion", "right")],
        [("overall", 7.0, 4.6, -2.4)],
        "The Gait Profile Score changes by −2.4°.",
        cautions=["these may be two <people>"],
        applied=AppliedNorms(65),
    )


def test_both_identities_are_at_the_top_and_names_are_escaped(page, tmp_path):
    path = write_comparison_page(tmp_path / "pair.html", page)
    text = path.read_text("utf-8")
    body = text[text.index("<body") :]
    first = body.index("Spatiotemporal parameters")
    assert body.index("aaaaaaaaaaaa") < body.index("bbbbbbbbbbbb") < first
    assert "P<7>" not in body and "&lt;people&gt;" in body[:first]
    assert not re.search(r"(?:src|href)=['\"]?(?:https?:)?//", text) and "<script" not in text
    assert [file.name for file in tmp_path.iterdir()] == ["pair.html"]


def test_a_row_has_values_change_percent_norm_and_meaning(page):
    table = comparison_sections(page)["spatiotemporal"]
    speed = table[table.index("walking speed") :].split("</tr>")[0]
    words = ("0.70", "1.10", "+0.40 ◆", "+57 %", "0.10", "1.2", ">better<")
    positions = [speed.index(word) for word in words]
    assert positions == sorted(positions)
    assert 'class="note worse"' in table


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"better": "better"}, "better"),
        ({"better": "worse"}, "worse"),
        ({"better": "unclear"}, "changed, unclear"),
        ({"better": None}, "changed, no norm"),
        ({"beyond": False, "better": "unclear"}, "within error"),
        ({"limit": None, "beyond": None}, "error unknown"),
        ({"difference": None}, ""),
    ],
)
def test_the_meaning_in_words(values, words):
    assert verdict_of(row(**values)) == words


def test_small_changes_have_no_sign_without_a_value(page):
    rows = [row(b=0.7001, difference=0.0001, beyond=False)]
    table = comparison_sections(replace(page, rows=rows))["spatiotemporal"]
    assert "&lt;0.01" in table and "+&lt;" not in table


def test_curves_of_both_are_overlaid_with_their_rms(page):
    curves = comparison_sections(page)["curves"]
    assert curves.count("<figure") == 2 and "Knee flexion L: RMS 4.3" in curves
    panel = curves[curves.index("Knee flexion L") :].split("</figure>")[0]
    assert 'class="line left"' in panel and 'class="line left b"' in panel
    assert 'class="band norm"' in panel
    numbers = comparison_sections(page)["numbers"]
    assert "−4.0" in numbers and "−2.4" in numbers


def test_the_summary_in_words():
    assert summary_text(SUMMARY) == (
        "2 of 3 parameters differ by more than measurement error: 1 nearer to the norm (better), "
        "1 farther from it (worse)."
    )
    assert "3 without a norm or unclear" in summary_text(SUMMARY | {"beyond": 5})


def test_sections_without_content_are_left_out(page):
    plain = replace(page, cautions=(), curves=(), kinematics=(None, None))
    assert list(comparison_sections(plain)) == ["identity", "summary", "spatiotemporal"]
