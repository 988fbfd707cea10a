"""Movement Analysis Profile and Gait Profile Score of constructed curves."""

import numpy as np
import pytest

from agir_hf.gait.kinematics import Curve, Kinematics, gait_profile, norm_band

SIDES = ("left", "right")
PELVIS = ("pelvis_tilt", "pelvis_obliquity", "pelvis_rotation")
LEG = ("hip_flexion", "knee_flexion", "ankle_dorsiflexion")


def curve(name, side, offset=0.0, mean=None):
    mean = norm_band(name).mean if mean is None else mean
    strides = np.stack([mean + offset - 1, mean + offset + 1])
    return Curve(name, side, strides, np.array([60.0, 62.0]), np.zeros(2), np.ones(2))


def kinematics(offsets=None, names=(*PELVIS, *LEG), sides=SIDES, **options):
    offsets = offsets or {}
    curves = {
        (name, side): curve(name, side, offsets.get((name, side), 0.0))
        for name in names
        for side in sides
    }
    return Kinematics(curves, {}, **options)


def test_the_profile_of_the_band_itself_is_zero():
    profile = gait_profile(kinematics())
    assert profile.overall_deg == pytest.approx(0.0, abs=1e-9)
    assert max(profile.scores.values()) == pytest.approx(0.0, abs=1e-9)
    assert profile.gps_deg == pytest.approx({"left": 0.0, "right": 0.0})


def test_a_score_is_the_root_mean_square_difference_of_the_mean_curve():
    wave = norm_band("knee_flexion").mean + 6 * np.sin(np.linspace(0, 2 * np.pi, 101))
    walk = kinematics()
    walk.curves["knee_flexion", "left"] = curve("knee_flexion", "left", mean=wave)
    score = gait_profile(walk).scores["knee_flexion", "left"]
    assert score == pytest.approx(6 / np.sqrt(2), rel=0.01)


def test_the_score_of_a_side_is_the_root_mean_square_of_its_variables():
    profile = gait_profile(kinematics({("knee_flexion", "left"): 12.0}))
    assert profile.gps_deg["left"] == pytest.approx(12 / np.sqrt(6))
    assert profile.gps_deg["right"] == pytest.approx(0.0)


def test_the_overall_score_counts_the_pelvis_once_from_the_left():
    legs = {(name, side): 3.0 for name in LEG for side in SIDES}
    left = gait_profile(kinematics(legs | {("pelvis_tilt", "left"): 9.0}))
    assert left.overall_deg == pytest.approx(np.sqrt((6 * 3**2 + 9**2) / 9))
    right = gait_profile(kinematics(legs | {("pelvis_tilt", "right"): 9.0}))
    assert right.overall_deg == pytest.approx(np.sqrt(6 * 3**2 / 9))
    assert right.gps_deg["right"] == pytest.approx(np.sqrt((3 * 3**2 + 9**2) / 6))


def test_without_left_strides_the_pelvis_of_the_right_counts():
    profile = gait_profile(kinematics({("pelvis_tilt", "right"): 6.0}, sides=("right",)))
    assert profile.overall_deg == pytest.approx(np.sqrt(6**2 / 6))
    assert profile.gps_deg.keys() == {"right"}


def test_the_note_names_what_is_missing_and_says_that_scores_are_not_comparable():
    walk = kinematics()
    walk.curves["foot_progression", "left"] = curve("knee_flexion", "left")
    profile = gait_profile(walk)
    assert profile.variables == (*PELVIS, *LEG)
    assert profile.note.startswith("Of 6 of the nine variables")
    assert "not measured: hip adduction, hip rotation" in profile.note
    assert "no norm included: foot progression" in profile.note
    assert "not comparable" in profile.note
    assert "Baker" in profile.source and "Fukuchi" in profile.source


def test_no_profile_without_a_variable_that_has_a_band():
    walk = Kinematics({("hip_rotation", "left"): curve("knee_flexion", "left")}, {})
    assert gait_profile(walk) is None
    assert gait_profile(Kinematics({}, {})) is None


def test_a_hip_against_the_vertical_is_compared_with_the_band_of_the_thigh():
    thigh = norm_band("hip_flexion", against="vertical").mean
    curves = {("hip_flexion", side): curve("hip_flexion", side, mean=thigh) for side in SIDES}
    vertical = gait_profile(Kinematics(curves, {}, thigh_against_vertical=True))
    assert vertical.overall_deg == pytest.approx(0.0, abs=1e-9)
    assert gait_profile(Kinematics(curves, {})).overall_deg > 8
