"""Sites that joint centres, events and the body fit need: each alternative is enough."""

import re

import pytest

from agir_hf.motion.marker_sets.recognition import recognise, shortened
from agir_hf.motion.marker_sets.requirements import (
    back_of_foot,
    has_trunk,
    missing_for_centres,
    missing_for_events,
    missing_for_fit,
    unplaced_joints,
)
from agir_hf.motion.recording import RecordingError

PAIRED = ("acromion", "elbow_lateral", "wrist_lateral", "asis", "psis", "knee_lateral",
          "ankle_lateral", "heel", "metatarsal_2")  # fmt: skip
WHOLE = {
    "jugular_notch",
    "c7",
    *(f"{side}_{site}" for side in ("left", "right") for site in PAIRED),
}
ALTERNATIVES = {
    "wrist_lateral": [("wrist_medial",), ("wrist",)],
    "metatarsal_2": [("metatarsal_1", "metatarsal_5")],
}


def test_a_whole_set_lacks_nothing():
    for missing in (missing_for_centres, missing_for_events, missing_for_fit):
        assert missing(WHOLE) == []
    assert unplaced_joints(WHOLE) == ()


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("site", PAIRED)
def test_each_site_of_each_side_is_needed_for_centres(side, site):
    name = f"{side}_{site}"
    groups = missing_for_centres(WHOLE - {name})
    assert groups and all(name in group for group in groups)
    for others in ALTERNATIVES.get(site, []):
        further = {f"{side}_{other}" for other in others}
        assert missing_for_centres(WHOLE - {name} | further) == []
    for others in (("metatarsal_1",), ("metatarsal_5",)):
        if site == "metatarsal_2":
            further = {f"{side}_{other}" for other in others}
            assert len(missing_for_centres(WHOLE - {name} | further)) == 1
    if site == "psis":
        assert missing_for_centres(WHOLE - {name} | {"sacrum"}) == []
    is_event = site in ("asis", "heel", "metatarsal_2")
    assert bool(missing_for_events(WHOLE - {name})) == is_event


def test_the_trunk_is_needed_for_centres():
    assert missing_for_centres(WHOLE - {"c7"}) == [("c7",)]
    without = WHOLE - {"jugular_notch"}
    assert len(missing_for_centres(without)) == 2
    ends = {"left_sternoclavicular", "right_sternoclavicular"}
    assert missing_for_centres(without | ends) == []
    assert len(missing_for_centres(without | {"left_sternoclavicular"})) == 1


def test_ankles_replace_heels_only_if_neither_foot_has_one():
    heels = {"left_heel", "right_heel"}
    assert back_of_foot(WHOLE) == "heel" and back_of_foot(WHOLE - {"left_heel"}) == "heel"
    assert back_of_foot(WHOLE - heels) == "ankle_lateral"
    assert back_of_foot(WHOLE - heels - {"left_ankle_lateral"}) == "heel"
    assert missing_for_events(WHOLE - heels) == missing_for_fit(WHOLE - heels) == []
    assert missing_for_events(WHOLE - {"left_heel"}) == [("left_heel",)]
    assert len(missing_for_centres(WHOLE - heels)) == 2


def test_a_fit_needs_the_back_of_the_pelvis_knees_and_ankles():
    back = {"left_psis", "right_psis"}
    assert len(missing_for_fit(WHOLE - back)) == 1
    for site in ("sacrum", "left_psis", "right_psis"):
        assert missing_for_fit(WHOLE - back | {site}) == []
    for side in ("left", "right"):
        for joint, others in (
            ("knee", ("knee_medial", "thigh", "thigh_front", "thigh_upper")),
            ("ankle", ("ankle_medial", "shank", "shank_front", "shank_upper")),
        ):
            without = WHOLE - {f"{side}_{joint}_lateral"}
            assert len(missing_for_fit(without)) == 1
            assert all(missing_for_fit(without | {f"{side}_{site}"}) == [] for site in others)
    toes = {"left_metatarsal_2", "right_metatarsal_2"}
    for toe in ("metatarsal_1", "metatarsal_5", "hallux"):
        assert missing_for_events(WHOLE - toes | {f"left_{toe}", f"right_{toe}"}) == []


def test_the_trunk_is_known_from_a_site_on_it_or_both_shoulders():
    assert has_trunk({"t10"}) and has_trunk({"left_acromion", "right_acromion"})
    assert not has_trunk({"left_acromion", "sacrum", "left_asis"})
    assert set(unplaced_joints({"c7"})) == {
        f"{side}_{joint}"
        for side in ("left", "right")
        for joint in ("shoulder", "elbow", "wrist", "knee", "ankle", "foot")
    }
    nothing = unplaced_joints(())
    assert len(nothing) == 19 and "left_collar" in nothing and "head" in nothing
    assert "right_wrist" not in unplaced_joints({"right_hand"})
    assert "right_wrist" in unplaced_joints({"left_hand"})


def test_twelve_sites_are_enough_to_recognise_a_set_without_those_of_events():
    labels = ["C7", "CLAV", "T10", "STRN", "LSHO", "RSHO", "LELB", "RELB", "LWRA", "RWRA", "LASI"]
    with pytest.raises(RecordingError, match="expected one of the marker sets"):
        recognise(labels, "x", needs_all=False)
    assert recognise([*labels, "RASI"], "x", needs_all=False).name == "Plug-in Gait"
    with pytest.raises(RecordingError, match="expected one of the marker sets"):
        recognise([*labels, "RASI"], "x")


def test_lists_of_labels_are_shortened():
    labels = [f"M{i}" for i in range(14)]
    assert shortened(labels[:2]) == "M0, M1"
    assert shortened(labels[:12]).endswith(", M11")
    assert re.fullmatch(r"M0, .*, M11 and 1 more", shortened(labels[:13]))
    assert shortened(labels, 3) == "M0, M1, M2 and 11 more"
