"""Two walks or sessions of one person: arrows, curves, profile, people, JSON and page."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import agir_hf
from agir_hf.assessment import (
    Session,
    Subject,
    compare_walks,
    prepare_recording,
    write_comparison_report,
)

EXAMPLES = Path(agir_hf.__file__).parents[1] / "spaces_app" / "examples"


@pytest.fixture(scope="module")
def pair():
    """The example walks OFF and ON."""
    subject = Subject("P07", age=70, sex="male")
    return [
        prepare_recording(EXAMPLES / f"simulated_{state}.c3d", name=f"{state}.c3d", subject=subject)
        for state in ("off", "on")
    ]


@pytest.fixture(scope="module")
def comparison(pair):
    return compare_walks(*pair, names=("OFF", "ON"))


def test_on_medication_the_example_walks_better(comparison):
    rows = {row.name: row for row in comparison.rows}
    for name in ("speed_m_per_s", "step_length_m", "step_length_cv_percent", "trunk_flexion_deg"):
        assert rows[name].better == "better", name
    assert not any(row.better == "worse" for row in comparison.rows)
    assert rows["speed_m_per_s"].percent > 40 and rows["trunk_flexion_deg"].percent < 0
    assert comparison.profile.change_deg < -1.6 and comparison.profile.beyond_mcid


def test_exchanged_walks_are_worse(pair, comparison):
    back = compare_walks(*reversed(pair))
    opposite = {"better": "worse", "worse": "better"}
    for row, other in zip(comparison.rows, back.rows, strict=True):
        assert other.better == opposite.get(row.better, row.better), row.name
    assert back.profile.change_deg == pytest.approx(-comparison.profile.change_deg)
    assert [c.rms_deg for c in back.curves] == pytest.approx([c.rms_deg for c in comparison.curves])


def test_rms_of_a_shifted_curve_is_the_shift(pair):
    walk = Session.from_walks(pair[:1]).walks[0]
    curve = walk.kinematics.curves["knee_flexion", "left"]
    curves = walk.kinematics.curves | {
        ("knee_flexion", "left"): replace(curve, strides=curve.strides + 3.0)
    }
    shifted = replace(walk, kinematics=replace(walk.kinematics, curves=curves))
    rows = compare_walks(walk, shifted).curves
    rms = {(row.variable, row.side): row.rms_deg for row in rows}
    assert rms.pop(("knee_flexion", "left")) == pytest.approx(3.0)
    assert np.allclose(list(rms.values()), 0)


def test_hips_of_two_definitions_are_not_compared(pair):
    walk = Session.from_walks(pair[:1]).walks[0]
    other = replace(walk, kinematics=replace(walk.kinematics, thigh_against_vertical=True))
    result = compare_walks(walk, other)
    assert "hip_flexion" not in {row.variable for row in result.curves}
    assert "hip_flexion" not in result.profile.variables


def test_no_band_applies_to_children(pair):
    result = compare_walks(*pair, age=9)
    assert result.profile is None and result.curves[0].map_a_deg is None
    assert all(row.better is None for row in result.rows)


def test_age_and_sex_are_those_of_the_subject(comparison, pair):
    assert (comparison.applied.age, comparison.applied.sex) == (70, "male")
    assert compare_walks(*pair, age=40).applied.age == 40


def test_a_pair_of_one_person_has_no_caution(comparison):
    assert comparison.cautions == ()


def test_two_people_are_reported(pair):
    first, second = pair
    other = second.with_subject(id="P08", sex="female", height_m=1.6)
    cautions = compare_walks(first.with_subject(height_m=1.8), other).cautions
    assert "the stated identifiers differ: P07 in A, P08 in B" in cautions
    assert "the stated sexes differ: male in A, female in B" in cautions
    assert "the stated heights differ: 1.80 m in A, 1.60 m in B" in cautions
    same = compare_walks(first, first).cautions
    assert same == ("A and B are the same file: choose two recordings",)
    child = Session.from_walks([second]).walks[0]
    size = replace(child, leg_length_m=child.leg_length_m - 0.05)
    (caution,) = compare_walks(first, size).cautions
    assert "these may be two people" in caution and "0.90" in caution


def test_real_people_of_different_size_are_reported(shared):
    folder = shared / "data" / "mcgill_biomechzoo"
    walks = [
        prepare_recording(folder / name / f"{name}{trial}.c3d")
        for name, trial in (("HC039A", "17"), ("HC032A", "18"))
    ]
    cautions = compare_walks(*walks).cautions
    assert any("these may be two people" in text for text in cautions)
    assert any("different subjects: HC039A in A, HC032A in B" in text for text in cautions)


def test_sessions_off_and_on_are_compared_by_their_trials(both_states):
    off, on = both_states.medication_pair()
    result = compare_walks(off, on)
    speed = next(row for row in result.rows if row.name == "speed_m_per_s")
    assert (speed.trials_a, speed.trials_b, speed.better) == (3, 3, "better")
    assert speed.a.value == pytest.approx(off.statistics()["speed_m_per_s"].value)
    curve = result.curves[0]
    assert curve.strides_a == sum(
        len(walk.kinematics.curves[curve.variable, curve.side].strides) for walk in off.measured
    )
    assert result.cautions == ()


def test_a_session_of_both_states_is_no_side_of_a_comparison(both_states):
    _, on = both_states.medication_pair()
    cautions = compare_walks(both_states, on).cautions
    assert any(text.startswith("in A, the file names state OFF and ON") for text in cautions)
    assert "a file is in A and in B: leave it out of one of them" in cautions


def test_json_keeps_its_keys_and_has_both_identities(comparison, pair):
    result = json.loads(json.dumps(comparison.as_json(), allow_nan=False))
    assert {"parameters", "level", "norms", "note"} <= set(result)
    old = {"name", "unit", "a", "b", "difference", "limit", "beyond", "note", "z_a", "z_b"}
    assert old <= set(result["parameters"][0])
    assert result["names"] == ["OFF", "ON"]
    hashes = [walk["identities"][0]["sha256"] for walk in result["walks"]]
    assert hashes == [walk.identity.sha256 for walk in pair]
    assert "children with cerebral palsy" in result["profile"]["mcid_source"]
    assert result["summary"]["better"] == sum(row.better == "better" for row in comparison.rows)


def test_the_page_has_both_identities_first_and_is_small(comparison, pair, tmp_path):
    path = write_comparison_report(tmp_path / "pair.html", *pair, names=("OFF", "ON"))
    assert [file.name for file in tmp_path.iterdir()] == ["pair.html"]
    page = path.read_text("utf-8")
    assert path.stat().st_size < 1_000_000 and "P07: OFF and ON" in page
    body = page[page.index("<body") :]
    for walk in pair:
        assert walk.identity.sha256[:12] in body
        assert body.index(walk.identity.sha256[:12]) < body.index("Spatiotemporal parameters")
    assert "children with cerebral palsy" in body and "<script" not in page
    rms = next(c.rms_deg for c in comparison.curves if c.variable == "knee_flexion")
    assert f"Knee flexion L: RMS {rms:.1f}" in body


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("chromium"), reason="needs chromium")
def test_pages_of_three_trials_are_printed_on_three_pages(both_states, tmp_path):
    from agir_hf.gait.report import write_pdf

    off, on = both_states.medication_pair()
    pages = [off.write_report(tmp_path / "session.html"),
             write_comparison_report(tmp_path / "pair.html", off, on)]  # fmt: skip
    for page in pages:
        content = write_pdf(page, page.with_suffix(".pdf")).read_bytes()
        assert 2 <= content.count(b"/Type /Page\n") <= 3, page.name
