"""Norm bands: attribution, shape, and equality with the public files."""

import json
from pathlib import Path

import numpy as np
import pytest

import agir_hf.gait.kinematics
from agir_hf.gait.kinematics import VARIABLES, norm_band

FILE = Path(agir_hf.gait.kinematics.__file__).with_name("norm_bands.json")
WITH_BAND = (
    "pelvis_tilt", "pelvis_obliquity", "pelvis_rotation", "hip_flexion", "knee_flexion",
    "ankle_dorsiflexion",
)  # fmt: skip


def test_the_file_states_source_licence_subjects_and_changes():
    data = json.loads(FILE.read_text("utf-8"))
    assert "Fukuchi" in data["source"] and "10.7717/peerj.4640" in data["source"]
    assert "CC BY 4.0" in data["licence"] and data["changes"] and "24" in data["note"]


@pytest.mark.parametrize("name", WITH_BAND)
def test_a_band_has_its_source_and_is_periodic(name):
    band = norm_band(name)
    assert band.mean.shape == band.sd.shape == (101,)
    assert "Fukuchi" in band.source and "CC BY 4.0" in band.source
    assert "24 healthy young adults" in band.note
    assert abs(band.mean[0] - band.mean[-1]) < 0.6 and band.sd.min() > 0.5


def test_variables_without_a_source_have_no_band():
    names = {variable.name for variable in VARIABLES}
    assert {name for name in names if norm_band(name) is not None} == set(WITH_BAND)
    assert norm_band("elbow_flexion") is None


@pytest.mark.parametrize(
    ("name", "peak_deg", "percent"),
    [("hip_flexion", 32.3, 90), ("knee_flexion", 62.2, 74), ("ankle_dorsiflexion", 11.8, 46),
     ("pelvis_obliquity", 5.5, 17), ("pelvis_rotation", 4.3, 4)],
)  # fmt: skip
def test_bands_peak_where_healthy_gait_does(name, peak_deg, percent):
    mean = norm_band(name).mean
    assert mean.max() == pytest.approx(peak_deg, abs=0.5)
    assert int(mean.argmax()) == pytest.approx(percent, abs=3)


def test_the_hip_against_the_vertical_is_the_hip_minus_the_pelvic_tilt():
    hip, tilt = norm_band("hip_flexion"), norm_band("pelvis_tilt")
    vertical = norm_band("hip_flexion", against="vertical")
    np.testing.assert_allclose(vertical.mean, hip.mean - tilt.mean)
    np.testing.assert_allclose(vertical.sd, hip.sd)
    assert "vertical" in vertical.note and "vertical" not in hip.note
    knee = norm_band("knee_flexion", against="vertical")
    np.testing.assert_allclose(knee.mean, norm_band("knee_flexion").mean)


def test_stored_bands_equal_the_public_file(shared):
    path = shared / "data/normative/fukuchi2018_young_treadmill_n24.csv"
    public = np.genfromtxt(path, delimiter=",", names=True)
    columns = {"hip_flexion": "hip", "knee_flexion": "knee", "ankle_dorsiflexion": "ankle",
               "pelvis_tilt": "pelvisTilt"}  # fmt: skip
    for name, column in columns.items():
        band = norm_band(name)
        np.testing.assert_allclose(band.mean, public[f"{column}_mean"], atol=0.0051)
        np.testing.assert_allclose(band.sd, public[f"{column}_sd"], atol=0.0051)


def test_the_zero_of_the_published_ankle_is_the_flat_foot(shared):
    """In mid stance the published sole is level, and shank and ankle agree with that zero."""
    path = shared / "data/normative/fukuchi2018_young_treadmill_n24.csv"
    foot = np.genfromtxt(path, delimiter=",", names=True)["foot_mean"]
    flat = slice(15, 31)
    assert np.abs(foot[flat]).max() < 1.2
    thigh = norm_band("hip_flexion", against="vertical").mean
    lean = norm_band("knee_flexion").mean - thigh  # of the shank, forward
    difference = norm_band("ankle_dorsiflexion").mean - (lean + foot)
    assert abs(difference[flat].mean()) < 1.5


def test_means_overground_differ_by_less_than_two_degrees():
    stored = json.loads(FILE.read_text("utf-8"))["overground"]["curves"]
    for name, mean in stored.items():
        assert np.sqrt(np.mean((norm_band(name).mean - mean) ** 2)) < 1.5, name
