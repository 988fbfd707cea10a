import csv
from pathlib import Path

import numpy as np
import pytest

from agir_hf.gait import PARAMETERS
from agir_hf.gait.grades import cut_offs
from agir_hf.gait.norms import DEPENDS_ON_SPEED, norm_remark, reference

NAMES = [parameter.name for parameter in PARAMETERS]


def test_speed_follows_the_published_means():
    assert reference("speed_m_per_s", 65, "male").mean == pytest.approx(1.34)
    assert reference("speed_m_per_s", 25, "female").mean == pytest.approx(1.34)
    assert reference("speed_m_per_s", 84.5, "female").mean == pytest.approx(0.995)
    assert reference("speed_m_per_s", 84.5).mean == pytest.approx((1.065 + 0.995) / 2)


@pytest.mark.parametrize("sex", [None, "male", "female"])
@pytest.mark.parametrize("name", NAMES)
def test_norms_run_smoothly_in_age_from_twenty_years(name, sex):
    if reference(name) is None:
        return
    norms = [reference(name, age, sex) for age in np.arange(20, 100, 0.25)]
    steps = np.abs(np.diff([norm.mean for norm in norms])) / norms[0].sd
    assert steps.max() < 0.06  # of an SD in a quarter of a year
    assert np.abs(np.diff([norm.sd for norm in norms])).max() < 0.02 * norms[0].sd


def test_there_is_no_norm_for_children_and_the_remark_says_so():
    assert all(reference(name, 19.9) is None for name in NAMES)
    assert "no norm applies to a person of 9 years" in norm_remark(9)
    assert norm_remark(20) == norm_remark(None) == ""
    assert reference("speed_m_per_s", 20) is not None


@pytest.mark.parametrize("name", DEPENDS_ON_SPEED)
def test_norms_of_phases_and_sway_depend_on_the_speed_and_not_on_the_age(name):
    assert reference(name, 30, None, 0.6) == reference(name, 80, None, 0.6)
    assert reference(name, 70, None, 0.6).mean != reference(name, 70, None, 1.2).mean


def test_slow_walking_has_more_double_support_and_sway_and_longer_stance():
    for name in ("double_support_percent", "pelvic_sway_m", "stance_percent"):
        assert reference(name, speed_m_per_s=0.5).mean > reference(name, speed_m_per_s=1.3).mean
    assert reference("stance_percent", speed_m_per_s=1.24).mean == pytest.approx(60.3)
    assert reference("double_support_percent", speed_m_per_s=0.94).mean == pytest.approx(23.7)


@pytest.mark.parametrize("sex", [None, "male", "female"])
def test_references_agree_with_each_other(sex):
    speed, cadence, step, stride = (
        reference(name, 72, sex).mean
        for name in ("speed_m_per_s", "cadence_steps_per_min", "step_length_m", "stride_length_m")
    )
    assert step * cadence / 60 == pytest.approx(speed)
    assert stride == pytest.approx(2 * step)
    for speed in (0.4, 0.94, 1.24, 1.6):
        stance, swing = (
            reference(f"{part}_percent", speed_m_per_s=speed).mean for part in ("stance", "swing")
        )
        assert stance + swing == pytest.approx(100)
        double = reference("double_support_percent", speed_m_per_s=speed).mean
        assert double == pytest.approx(2 * stance - 100, abs=1.0)


@pytest.mark.parametrize(("sex", "length"), [("male", 0.685), ("female", 0.60)])
def test_step_length_agrees_with_the_walkway_norms_of_the_elderly(sex, length):
    assert reference("step_length_m", 74.5, sex).mean == pytest.approx(length, abs=0.01)


def test_every_reference_has_a_standard_deviation_and_a_source():
    norms = [reference(name) for name in NAMES if reference(name)]
    assert len(norms) >= 25
    assert all(norm.sd > 0 and norm.source for norm in norms)
    assert {norm.status for norm in norms} == {"published", "rough"}


def test_parameters_without_a_comparable_norm_have_no_reference():
    assert reference("freezing_index") is None
    assert reference("margin_of_stability_ap_m") is None


@pytest.mark.parametrize(
    ("age", "sex", "message"), [(130, None, "0 to 120"), (-1, None, "0 to 120"), (70, "x", "male")]
)
def test_invalid_age_or_sex_raises(age, sex, message):
    with pytest.raises(ValueError, match=message):
        reference("speed_m_per_s", age, sex)


def test_norms_and_cut_offs_have_their_recorded_values():
    """`norms.tsv` is a record: a change of a norm has to change it, too."""
    with (Path(__file__).with_name("data") / "norms.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert {row["name"] for row in rows} == {name for name in NAMES if reference(name)}
    for row in rows:
        age, speed = (float(row[key]) if row[key] else None for key in ("age", "speed_m_per_s"))
        norm = reference(row["name"], age, row["sex"] or None, speed)
        assert [norm.mean, norm.sd] == pytest.approx([float(row["mean"]), float(row["sd"])], 1e-5)
        recorded = [float(value) for value in row["cut_offs"].split()]
        assert list(cut_offs(row["name"], norm)) == pytest.approx(recorded, rel=1e-4), row
