import numpy as np
import pytest

from agir_hf.gait import measure
from agir_hf.motion import RecordingError, to_joints
from agir_hf.motion.fitting import surface_sites
from agir_hf.motion.marker_sets import (
    MARKER_SETS,
    PLUG_IN_GAIT,
    SHIDA_44,
    is_computed,
    is_unlabelled,
    nearest_set,
    possible_sites,
    recognise,
    renamed,
    site_columns,
    vertical_pair,
)
from agir_hf.motion.marker_sets.requirements import has_trunk, unplaced_joints
from agir_hf.motion.marker_sets.sites import AMBIGUOUS, MIDDLE_NAMES, PAIRED_NAMES, SITES

BODY_SETS = {  # sets without all markers that joint centres need
    "Plug-in Gait lower body", "Helen Hayes", "OpenSim gait2392", "OpenCap augmented",
    "Qualisys Sports", "Motive Baseline",
}  # fmt: skip
NAMES = pytest.mark.parametrize("marker_set", MARKER_SETS, ids=lambda markers: markers.name)


@NAMES
def test_a_set_is_recognised_by_its_labels_in_any_spelling(marker_set):
    labels = list(marker_set.labels)
    for change in (str.lower, str.upper, lambda text: text.replace(".", "_")):
        assert nearest_set(tuple(map(change, labels))) is marker_set
    assert nearest_set(tuple(labels[::-1])) is marker_set
    assert nearest_set((*labels, "LHJC", "M1", "Floor_1")) is marker_set


@NAMES
def test_the_gait_of_a_relabelled_walk_is_that_of_the_walk(walk, relabelled, marker_set):
    recording = relabelled(walk, marker_set)
    expected, measured = measure(walk).parameters, measure(recording).parameters
    for name in ("cadence_steps_per_min", "speed_m_per_s", "step_length_m", "stance_percent"):
        assert measured[name].value == pytest.approx(expected[name].value, rel=0.015), name
    whole = {"knee_range_deg", "ankle_range_deg", "pelvic_sway_m"}
    assert whole <= measured.keys()
    assert ("arm_swing_left_deg" in measured) == (marker_set.name != "Plug-in Gait lower body")
    assert ("trunk_flexion_deg" in measured) == (marker_set.name not in BODY_SETS)


@pytest.mark.parametrize(
    "marker_set",
    [markers for markers in MARKER_SETS if markers.name not in BODY_SETS],
    ids=lambda markers: markers.name,
)
def test_joint_centres_of_a_relabelled_walk_are_those_of_the_walk(walk, relabelled, marker_set):
    motion = to_joints(relabelled(walk, marker_set))
    error_m = np.linalg.norm(motion.joints - to_joints(walk).joints, axis=2).mean(axis=0)
    assert motion.marker_set == marker_set.name and not motion.unmeasured
    assert error_m.max() < 0.04  # with lateral markers only; medial ones of the walk are misplaced


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(BODY_SETS))
def test_a_set_without_markers_of_joint_centres_is_read_with_a_body(walk, relabelled, name):
    marker_set = next(markers for markers in MARKER_SETS if markers.name == name)
    motion = to_joints(relabelled(walk, marker_set))
    assert "body" in motion.marker_set
    assert any("joint centres need" in remark for remark in motion.remarks)
    error_m = np.linalg.norm(motion.joints - to_joints(walk).joints, axis=2).mean(axis=0)
    assert error_m[[4, 5, 7, 8]].max() < 0.05 and error_m.max() < 0.15


def test_the_body_has_all_sites_and_no_name_has_two_meanings_by_accident():
    assert set(surface_sites.SITES) == set(SITES)
    assert not (set(AMBIGUOUS) - {"WRIST"}) & (MIDDLE_NAMES.keys() | PAIRED_NAMES.keys())
    for site in SITES:
        assert possible_sites(site) == (site,) == possible_sites(site.replace("_", " ").title())


@pytest.mark.parametrize(
    ("label", "site"),
    [
        ("LKNE", "left_knee_lateral"), ("L.Knee", "left_knee_lateral"),
        ("r_knee", "right_knee_lateral"), ("KNEE_L", "left_knee_lateral"),
        ("kneeL", "left_knee_lateral"), ("LeftKnee", "left_knee_lateral"),
        ("Knee Right", "right_knee_lateral"), ("Knee_L_Med", "left_knee_medial"),
        ("R.Knee.Medial", "right_knee_medial"), ("LKNM", "left_knee_medial"),
        ("LKNEM", "left_knee_medial"), ("r_mknee_study", "right_knee_medial"),
        ("LKneeIn", "left_knee_medial"), ("L_FME", "left_knee_medial"),
        ("LASIS", "left_asis"), ("L.ASIS", "left_asis"), ("LIAS", "left_asis"),
        ("WaistLFront", "left_asis"), ("RFWT", "right_asis"), ("RPSIS", "right_psis"),
        ("V.Sacral", "sacrum"), ("SACR", "sacrum"), ("LHEEL", "left_heel"),
        ("R_FCC", "right_heel"), ("r_calc", "right_heel"), ("LMT2", "left_metatarsal_2"),
        ("r_5meta", "right_metatarsal_5"), ("LVM", "left_metatarsal_5"),
        ("LLM", "left_ankle_lateral"), ("LMM", "left_ankle_medial"),
        ("LMED", "left_ankle_medial"), ("R_TAM", "right_ankle_medial"),
        ("LLE", "left_knee_lateral"), ("LEL", "left_elbow_lateral"),
        ("RLEL", "right_elbow_lateral"), ("LHLE", "left_elbow_lateral"),
        ("LWristOut", "left_wrist_medial"), ("CV7", "c7"), ("SJN", "jugular_notch"),
        ("HeadL", "left_head_side"), ("R_Sternum", "right_sternoclavicular"),
        ("Sternum", "sternum"), ("L5", "l5"), ("Top.Head", "head_top"),
        ("Left Lateral Malleolus", "left_ankle_lateral"),
        ("Right_Medial_Femoral_Epicondyle", "right_knee_medial"), ("LELM", "left_elbow_medial"),
        ("Left 5th Metatarsal Head", "left_metatarsal_5"), ("RKNL", "right_knee_lateral"),
        ("Right Anterior Superior Iliac Spine", "right_asis"),
        ("LTHAP", "left_thigh_front"), ("RBAK", "right_scapula"),
    ],
)  # fmt: skip
def test_a_label_has_its_site(label, site):
    assert possible_sites(label) == (site,)


@pytest.mark.parametrize(
    "label",
    ["Left Lateral Epicondyle", "HEEL", "KNEE", "LHJC", "RKJC", "LHipAngles", "LowerBack",
     "Offset1", "M12", "LRib", "Root",
     "Pelvis", "Floor_L", "RLeg", "LFoot", "R", "L", "", "LAnkleMoment", "LFEO"],
)  # fmt: skip
def test_a_label_that_is_no_marker_of_a_site_has_none(label):
    assert possible_sites(label) == ()


def test_an_ambiguous_label_depends_on_the_others():
    assert site_columns(["LCA"]) == {"left_heel": 0}
    assert site_columns(["LCA", "LHEE"]) == {"left_heel": 1, "left_calcaneus_lateral": 0}
    assert site_columns(["LTOE"]) == {"left_metatarsal_2": 0}
    assert site_columns(["LTOE", "LMT2"]) == {"left_metatarsal_2": 1, "left_hallux": 0}
    assert site_columns(["STRN"]) == {"xiphoid": 0}
    assert site_columns(["STRN", "XYPH"]) == {"jugular_notch": 0, "xiphoid": 1}
    assert site_columns(["LMT", "LSM"]) == {"left_metatarsal_2": 1}
    assert site_columns(["RWRIST"]) == {"right_wrist": 0}


def test_of_two_labels_of_a_site_the_one_of_the_set_is_used():
    labels = ("LKnee", *PLUG_IN_GAIT.labels)
    columns = nearest_set(labels).skin_columns(labels)
    assert labels[columns["left_knee_lateral"]] == "LKNE"


def test_the_wrist_markers_of_gait2392_are_named_by_the_side_of_the_body():
    labels = next(markers for markers in MARKER_SETS if "gait2392" in markers.name).labels
    columns = nearest_set(labels).skin_columns(labels)
    assert labels[columns["left_wrist_lateral"]] == "L.Wrist.Med"
    assert possible_sites("L.Wrist.Med") == ("left_wrist_medial",)


def test_a_mix_of_the_labels_of_several_sets_is_recognised():
    labels = [
        "IJ", "C7", "LAC", "R_SAE", "LELB", "R_HLE", "LRSP", "RWRA", "LASI", "R.ASIS", "L_IPS",
        "RPSIS", "LKneeOut", "r_knee", "LLM", "RANK", "L.Heel", "RCA", "LMT2", "RSM",
    ]  # fmt: skip
    marker_set = recognise(labels)
    assert marker_set.name == "labels of several marker sets"
    assert len(marker_set.skin_columns(labels)) == len(labels)
    with pytest.raises(RecordingError, match="LHEE missing"):
        recognise([label for label in labels if label != "L.Heel"])


def test_computed_and_unlabelled_points_are_known():
    assert all(map(is_computed, ("LHipAngles", "RKneeMoment", "CentreOfMass", "HEDO", "V_L.TT")))
    assert not any(map(is_computed, (*SHIDA_44.labels, *PLUG_IN_GAIT.labels, "LHJC")))
    assert all(map(is_unlabelled, ("*12", "U_1", "unlabelled 3", "Unlabeled2", "C_41", "17")))
    assert not any(map(is_unlabelled, (*SHIDA_44.labels, *PLUG_IN_GAIT.labels)))


def test_the_vertical_axis_is_detected_from_trunk_or_pelvis_or_knees():
    def named(labels):
        return [[labels[i] for i in part] for part in vertical_pair(labels)]

    assert named(["LHEE", "RHEE", "C7", "LASI"]) == [["LHEE", "RHEE"], ["C7"]]
    assert named(["L.MT5", "R_IAS", "SACR"]) == [["L.MT5"], ["R_IAS", "SACR"]]
    assert named(["LANK", "LKNE"]) == [["LANK"], ["LKNE"]]
    assert vertical_pair(["LHEE", "M1"]) == ([], [])


def test_a_mapping_takes_sites_labels_of_any_set_and_leaves_markers_out():
    mapping = {"m1": "left_heel", "m2": "R_FCC", "m3": ""}
    labels = renamed(["m1", "m2", "m3", "C7"], mapping, "walk.trc")
    assert labels == ["left_heel", "R_FCC", "", "C7"]
    assert site_columns(labels) == {"c7": 3, "left_heel": 0, "right_heel": 1}


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"m1": "left_hell"}, r"walk.trc: .*'left_hell' for m1, .*such as left_heel"),
        ({"m1": "LHEEE"}, "such as .*LHEE"),
        ({"m9": "LHEE"}, "walk.trc has no m9"),
        ({"m1": "C7"}, "C7 twice"),
    ],
)
def test_a_mapping_that_does_not_fit_is_a_one_line_error(mapping, message):
    with pytest.raises(RecordingError, match=message) as raised:
        renamed(["m1", "C7"], mapping, "walk.trc")
    assert "\n" not in str(raised.value)


def test_the_joints_without_markers_are_named():
    legs = [site for site in SITES if "asis" in site or "knee" in site or "heel" in site]
    assert not has_trunk(legs) and has_trunk(["c7"]) and has_trunk(SHIDA_44.sites)
    assert {"neck", "left_wrist", "right_shoulder"} <= set(unplaced_joints(legs))
    assert "left_foot" in unplaced_joints(legs) and "left_knee" not in unplaced_joints(legs)
    assert unplaced_joints(SHIDA_44.sites) == ()
    one_arm = [site for site in SHIDA_44.sites if "left_wrist" not in site]
    assert unplaced_joints(one_arm) == ("left_wrist",)
