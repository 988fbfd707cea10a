"""Parts of the marker sets, of constructed sites: static trials, sides, mappings, reports."""

import numpy as np
import pytest

from agir_hf.motion import RecordingError
from agir_hf.motion.marker_sets import SHIDA_44
from agir_hf.motion.marker_sets.checks import check_sides, reason_static
from agir_hf.motion.marker_sets.mapping import renamed
from agir_hf.motion.marker_sets.report import report_labels
from agir_hf.motion.marker_sets.requirements import JOINT_SITES
from agir_hf.motion.readers.amass import read_npz


def still(*point, frames=20):
    return np.tile(np.array(point, dtype=float), (frames, 1))


def body(pelvis_m=0.0, heel_m=0.0):
    """Pelvis and feet; the pelvis moves along Z, one heel moves relative to it."""
    travel = np.linspace(0, pelvis_m, 20)[:, None] * [0, 0, 1.0]
    sites = {}
    for side, x in (("left", 0.1), ("right", -0.1)):
        sites[f"{side}_asis"] = still(x, 1, 0) + travel
        sites[f"{side}_heel"] = still(x, 0.05, -0.1) + travel
        sites[f"{side}_metatarsal_2"] = still(x, 0.05, 0.1) + travel
    sites["right_heel"] = sites["right_heel"] + np.linspace(0, heel_m, 20)[:, None] * [1.0, 0, 0]
    return sites


@pytest.mark.parametrize(
    ("pelvis_m", "heel_m", "is_static"),
    [(0.29, 0.0, True), (0.31, 0.0, False), (0.0, 0.09, True), (0.0, 0.11, False)],
)
def test_a_static_trial_moves_30_cm_at_the_pelvis_and_10_cm_at_the_heels(
    pelvis_m, heel_m, is_static
):
    sites = body(pelvis_m, heel_m)
    text = f"the pelvis moves {pelvis_m:.2f} m and the heels {heel_m:.2f} m relative to it"
    assert reason_static(sites) == (text if is_static else None)
    without = {name: path for name, path in sites.items() if name != "left_asis"}
    assert reason_static(without) is None
    no_heels = {name: path for name, path in sites.items() if "heel" not in name}
    assert reason_static(no_heels) is None


def test_left_markers_are_on_the_left_of_the_direction_of_the_toes():
    sites = body(1.0)
    check_sides(sites, "walk.c3d")
    swapped = {name.replace("left", "?").replace("right", "left").replace("?", "right"): path
               for name, path in sites.items()}  # fmt: skip
    for wrong in (swapped, {name: path * [1, 1, -1] for name, path in sites.items()}):
        with pytest.raises(RecordingError, match="walk.c3d has left and right swapped"):
            check_sides(wrong, "walk.c3d")
    turned = {name: path[:, [2, 1, 0]] * [1, 1, -1] for name, path in sites.items()}
    check_sides(turned, "walk.c3d")  # towards X
    few = {
        name: np.where(np.arange(20)[:, None] < 9, path, sites[name])
        for name, path in swapped.items()
    }
    check_sides(few, "walk.c3d")  # 9 of 20 frames
    check_sides({name: path for name, path in swapped.items() if "asis" not in name}, "walk.c3d")
    check_sides({name: path for name, path in swapped.items() if "heel" not in name}, "walk.c3d")


def test_a_mapping_leaves_at_least_five_markers():
    labels = ["a", "b", "c", "d", "e", "f"]
    names = ["left_heel", "right_heel", "left_asis", "right_asis", "c7"]
    mapping = dict(zip(labels, [*names, ""], strict=True))
    assert renamed(labels, mapping, "walk.trc") == [*names, ""]
    with pytest.raises(RecordingError, match="names 4 of 6 markers .*expected at least 5"):
        renamed(labels, mapping | {"e": ""}, "walk.trc")
    assert renamed(labels[:4], {"a": ""}, "walk.trc") == ["", "b", "c", "d"]  # few from the start
    assert renamed(labels, None, "walk.trc") == labels
    with pytest.raises(RecordingError, match="walk.trc has left_heel twice after the mapping"):
        renamed(labels, {"a": "left_heel", "b": "left_heel"}, "walk.trc")


def test_the_report_of_labels_has_each_label_once():
    labels = [*SHIDA_44.labels, "unknown_1", "prop"]
    report = report_labels(labels)
    assert report.marker_set == SHIDA_44.name and report.unknown == ("unknown_1", "prop")
    assert sorted([*report.sites.values(), *report.unknown]) == sorted(labels)
    assert set(report.missing) == {"joint centres", "gait events", "body fit"}
    assert not any(report.missing.values())
    template = report.template()
    assert template["unknown_1"] == template["prop"] == "" and template["L.Heel"] == "left_heel"
    nothing = report_labels(["m1", "m2"])
    assert nothing.marker_set == "none" and nothing.unknown == ("m1", "m2")
    assert all(nothing.missing.values()) and nothing.as_json()["unknown"] == ["m1", "m2"]


def test_sites_of_joint_centres_and_further_sites_are_all_sites_of_a_set():
    columns = SHIDA_44.columns(SHIDA_44.labels)
    assert set(columns) == set(SHIDA_44.sites) <= JOINT_SITES
    assert not set(SHIDA_44.further) & JOINT_SITES
    assert SHIDA_44.sites | SHIDA_44.further == SHIDA_44.skin_sites
    assert {site: SHIDA_44.labels[i] for site, i in columns.items()} == SHIDA_44.sites
    assert SHIDA_44.missing(list(columns)) == []
    assert "L.Heel" in " ".join(SHIDA_44.missing([s for s in columns if s != "left_heel"]))


def test_names_with_folders_in_an_npz_file_are_parts_of_dictionaries(tmp_path):
    poses, trans = np.zeros((30, 72)), np.zeros((30, 3))
    trans[:, 2] = np.arange(30) / 30
    for number, names in enumerate((("poses", "trans"), ("smpl/poses", "smpl/trans"),
                                    ("a.b.poses", "a.b.trans"))):  # fmt: skip
        path = tmp_path / f"{number}.npz"
        np.savez(path, **dict(zip(names, (poses, trans), strict=True)), mocap_framerate=30.0)
        motion = read_npz(path)
        assert motion.rate_hz == 30.0
        np.testing.assert_allclose(motion.translation, trans, atol=1e-6)
    path = tmp_path / "both.npz"  # an array and a folder of one name: the first is kept
    np.savez(path, poses=poses, trans=trans, mocap_framerate=30.0, **{"trans/x": trans + 1})
    np.testing.assert_allclose(read_npz(path).translation, trans, atol=1e-6)
