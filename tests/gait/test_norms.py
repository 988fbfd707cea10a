import numpy as np
import pytest

from agir_hf.gait import PARAMETERS
from agir_hf.gait.norms import cycle_reference, reference

NAMES = [parameter.name for parameter in PARAMETERS]


def test_speed_follows_the_published_means():
    assert reference("speed_m_per_s", 65, "male").mean == 1.34
    assert reference("speed_m_per_s", 75, "female").mean == 1.13
    assert reference("speed_m_per_s", 85, "female").mean == 0.94
    assert reference("speed_m_per_s", 85).mean == pytest.approx((0.97 + 0.94) / 2)


@pytest.mark.parametrize("sex", [None, "male", "female"])
def test_references_agree_with_each_other(sex):
    speed, cadence, step, stride = (
        reference(name, 72, sex).mean
        for name in ("speed_m_per_s", "cadence_steps_per_min", "step_length_m", "stride_length_m")
    )
    assert step * cadence / 60 == pytest.approx(speed)
    assert stride == pytest.approx(2 * step)
    stance, swing = (reference(f"{part}_percent").mean for part in ("stance", "swing"))
    assert stance + swing == 100
    assert reference("double_support_percent").mean == pytest.approx(2 * stance - 100)


def test_every_reference_has_a_standard_deviation_and_a_source():
    norms = [reference(name) for name in NAMES if reference(name)]
    assert len(norms) >= 25
    assert all(norm.sd > 0 and norm.source for norm in norms)
    assert {norm.standing for norm in norms} == {"published", "rough"}


def test_parameters_without_a_comparable_norm_have_no_reference():
    assert reference("freezing_index") is None
    assert reference("margin_of_stability_ap_m") is None


@pytest.mark.parametrize(("age", "sex", "message"), [(30, None, "60 to 110"), (70, "x", "male")])
def test_invalid_age_or_sex_raises(age, sex, message):
    with pytest.raises(ValueError, match=message):
        reference("speed_m_per_s", age, sex)


@pytest.mark.parametrize("joint", ["hip", "knee", "ankle"])
def test_joint_angle_curves_are_periodic_and_have_the_range_of_the_norms(joint):
    mean, sd = cycle_reference(joint, np.linspace(0, 100, 101))
    assert mean[0] == mean[-1] and sd > 0
    norm = reference(f"{joint}_range_deg")
    assert abs(norm.z(np.ptp(mean))) < 1.5
