import json
from pathlib import Path

import numpy as np
import pytest

import agir_hf.gait
from agir_hf.gait.reference_curves import CYCLE_SOURCE, cycle_reference

PERCENT = np.linspace(0, 100, 101)


@pytest.mark.parametrize(
    ("joint", "range_deg", "peak_deg", "peak_percent", "sd_limits"),
    [
        ("hip", 40.7, 21.8, 85, (6.4, 7.3)),
        ("knee", 62.8, 62.2, 73, (3.3, 5.6)),
        ("ankle", 25.2, 13.5, 47, (1.7, 6.4)),
    ],
)
def test_curves_have_the_published_shape(joint, range_deg, peak_deg, peak_percent, sd_limits):
    mean, sd = cycle_reference(joint, PERCENT)
    assert mean.shape == sd.shape == (101,)
    assert np.ptp(mean) == pytest.approx(range_deg, abs=0.3)
    assert mean.max() == pytest.approx(peak_deg, abs=0.5)
    assert PERCENT[mean.argmax()] == pytest.approx(peak_percent, abs=3)
    assert (sd.min(), sd.max()) == pytest.approx(sd_limits, abs=0.1)
    assert abs(mean[0] - mean[-1]) < 1.5  # a stride begins as it ends


def test_positions_between_the_stored_ones_are_interpolated():
    mean, sd = cycle_reference("knee", np.array([10.0, 11.0, 12.0]))
    assert mean[1] == pytest.approx((mean[0] + mean[2]) / 2)
    assert sd[1] == pytest.approx((sd[0] + sd[2]) / 2)


def test_the_stored_curves_match_the_public_files(shared):
    """The hip is stored without the tilt of the pelvis, the others as published."""
    folder = shared / "data/normative"
    options = {"delimiter": ",", "names": True}
    adults = np.genfromtxt(folder / "fukuchi2018_all42_overground_mean.csv", **options)
    young = np.genfromtxt(folder / "fukuchi2018_young_treadmill_n24.csv", **options)
    for joint in ("hip", "knee", "ankle"):
        mean, sd = cycle_reference(joint, PERCENT[::2])
        published = adults[f"{joint}_mean"] - (young["pelvisTilt_mean"] if joint == "hip" else 0)
        np.testing.assert_allclose(mean, published[::2], atol=0.051)
        np.testing.assert_allclose(sd, young[f"{joint}_sd"][::2], atol=0.051)


def test_the_file_states_source_and_licence():
    path = Path(agir_hf.gait.__file__).with_name("reference_curves.json")
    data = json.loads(path.read_text("utf-8"))
    assert "Fukuchi" in data["source"] and "CC BY 4.0" in data["licence"] and data["changes"]
    assert "Fukuchi" in CYCLE_SOURCE and "CC BY 4.0" in CYCLE_SOURCE
    assert len(data["percent"]) == 51
    for curve in data["curves"].values():
        assert len(curve["mean"]) == len(curve["sd"]) == 51


def test_another_joint_is_refused():
    with pytest.raises(ValueError, match="expected one of hip, knee, ankle"):
        cycle_reference("elbow", PERCENT)
