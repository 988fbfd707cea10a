from dataclasses import replace

import numpy as np
import pytest

from agir_hf.gait import measure
from agir_hf.motion import MarkerRecording, RecordingError
from agir_hf.motion.marker_sets import MARKER_SETS, PLUG_IN_GAIT
from agir_hf.motion.readers.missing_values import mark_missing
from agir_hf.motion.readers.points import Points, points_to_recording
from agir_hf.motion.readers.subjects import select_subject
from agir_hf.motion.recording import ReadOptions

LEGS = next(markers for markers in MARKER_SETS if markers.name == "Plug-in Gait lower body")


def named(walk, prefix="", **further):
    """Points in millimetres, Z up; further points are label → position (3,) or (T, 3) in metres."""
    positions = [walk.positions]
    for position in further.values():
        path = np.broadcast_to(np.asarray(position, float), (len(walk.positions), 3))
        positions.append(path[:, None])
    turned = np.concatenate(positions, axis=1).astype(float)[..., [0, 2, 1]] * [1000, -1000, 1000]
    labels = tuple(prefix + label for label in walk.labels) + tuple(further)
    return Points(labels, turned, walk.rate_hz, "walk.c3d", unit="mm")


def read(points, **options):
    return points_to_recording(points, ReadOptions(**options))


@pytest.mark.parametrize(
    "prefix",
    ["Subj01:", "Skeleton 001:", "Skeleton_001_", "actor_", "Name_", "A:B:", "M.Muster.", "P 1 "],
)
def test_the_name_of_the_subject_is_removed(walk, prefix):
    recording = read(named(walk, prefix))
    assert recording.labels == walk.labels and recording.remarks == ()
    np.testing.assert_allclose(recording.positions, walk.positions, atol=1e-4)


@pytest.mark.parametrize("subjects", [("Anna",), ("Anna:",), ("Anna_",)])
def test_prefixes_without_a_colon_are_those_that_the_file_states(walk, subjects):
    points = replace(named(walk, "Anna"), subjects=subjects)
    assert read(points).labels == walk.labels


def test_unlabelled_points_are_left_out_and_counted(walk):
    further = {"*0": [3, 0, 0], "*12": [3, 0, 1], "U_1": [0, 0, 0], "unlabelled 4": [1, 1, 1]}
    for prefix in ("", "Subj01:"):
        recording = read(named(walk, prefix, **further))
        assert recording.labels == walk.labels
        assert recording.remarks == ("4 unlabelled trajectories left out",)


def test_a_series_of_numbers_is_no_series_of_vertebrae(walk):
    further = {f"C_{i}": [0.1 * i, 0, 0] for i in range(1, 41)}
    assert read(named(walk, **further)).labels == walk.labels
    spine = {f"T{i}": walk.positions[:, 3] for i in (2, 6, 12)}
    assert read(named(walk, **spine)).labels == (*walk.labels, "T2", "T6", "T12")


def test_a_prop_is_left_out_and_said(walk):
    recording = read(named(walk, "Subj01:", **{"Walker:T1": [1, 0, 0], "Walker:T2": [1, 0, 1]}))
    assert recording.labels == walk.labels
    assert recording.remarks == ("2 points of Walker left out",)
    rigid = {"RigidBody 001:Marker 001": [1, 0, 0]}
    assert read(named(walk, "Skeleton:", **rigid)).remarks == ("1 point of RigidBody 001 left out",)


def test_two_subjects_are_named_and_one_is_chosen(walk):
    shifted = {f"Bert:{x}": walk.positions[:, i] + 1 for i, x in enumerate(walk.labels)}
    points = named(walk, "Anna:", **shifted)
    with pytest.raises(RecordingError, match=r"2 subjects \(Anna, Bert\).*--item 'Anna'") as raised:
        read(points)
    assert "\n" not in str(raised.value)
    for item, shift in (("Anna", 0), ("bert", 1), ("Bert:", 1)):
        recording = read(points, item=item)
        assert recording.labels == walk.labels
        np.testing.assert_allclose(recording.positions, walk.positions + shift, atol=1e-3)
    with pytest.raises(RecordingError, match=r"no subject 'Carl', expected one of Anna, Bert"):
        read(points, item="Carl")


def test_the_name_of_another_subject_is_an_error(walk):
    with pytest.raises(RecordingError, match="no subject 'Bert', expected one of Anna"):
        read(named(walk, "Anna:"), item="Bert")
    assert read(named(walk, "Anna:"), item="Anna").labels == walk.labels
    with pytest.raises(RecordingError, match="names no subjects, expected one called 'walk_1'"):
        read(named(walk), item="walk_1")


def test_keypoints_next_to_markers_are_left_out(walk, relabelled):
    study = next(markers for markers in MARKER_SETS if "augmented" in markers.name)
    recording = relabelled(walk, study)
    keypoints = {name: recording.positions[:, 0] for name in ("RKnee", "LKnee", "RAnkle", "Neck")}
    read_again = read(named(recording, **keypoints))
    assert read_again.labels == recording.labels and "4 keypoints left out" in read_again.remarks[0]


def test_computed_and_other_points_do_not_change_unit_and_axes(walk):
    further = {"LHipAngles": [40, 3, 2], "LHJC": [0, 0.9, 0], "Floor": [400, 0, 0]}
    recording = read(replace(named(walk, **further), unit=None))
    assert isinstance(recording, MarkerRecording) and "LHipAngles" not in recording.labels
    assert recording.conventions.unit == "mm" and recording.conventions.up == "+Z"
    np.testing.assert_allclose(recording.positions[:, :44], walk.positions, atol=1e-4)


def test_the_pelvis_is_above_the_feet_whatever_the_file_states(walk, relabelled):
    legs = relabelled(walk, LEGS)
    for stated in ("-Z", "+X", None):
        recording = read(replace(named(legs), up=stated))
        assert recording.conventions.up == "+Z"
        np.testing.assert_allclose(recording.positions, legs.positions, atol=1e-4)


@pytest.mark.parametrize(
    ("code", "shown", "axes"),
    [
        (9999999.0, "9999999", (0, 1, 2)), (9999999.0, "9999999", (0,)),
        (1e7, "10000000", (0, 1, 2)), (1e7, "10000000", (2,)), (3e38, "3e+38", (1,)),
        (-9999.0, "-9999", (0, 1, 2)), (32767.0, "32767", (0, 1, 2)),
        (99999.0, "99999", (0, 1, 2)),
    ],
)  # fmt: skip
def test_numbers_for_missing_points_are_gaps_and_said(walk, code, shown, axes):
    points = named(walk)
    heel = walk.labels.index("R.Heel")
    for axis in axes:
        points.positions[100:115, heel, axis] = code
    recording = read(replace(points, unit=None))
    missing = np.isnan(recording.positions).any(axis=2)
    assert missing[100:115, heel].all() and missing.sum() == 15
    assert recording.remarks == (f"15 frames of R.Heel with {shown} read as missing",)
    np.testing.assert_allclose(recording.positions[0], walk.positions[0], atol=1e-4)


def test_a_frozen_point_far_outside_the_room_is_missing(walk):
    positions = walk.positions.astype(float)
    positions[200:260, 5] = [0.0, 0.0, 45.0]
    cleaned, remarks = mark_missing(positions, walk.labels)
    assert np.isnan(cleaned[200:260, 5]).all() and np.isfinite(cleaned).sum() == 3 * (
        positions.shape[0] * positions.shape[1] - 60
    )
    assert remarks == ["60 frames of LSHO with 45 read as missing"]


def test_real_positions_are_not_taken_for_missing(walk):
    far = walk.positions.astype(float) + np.linspace(0, 60, len(walk.positions))[:, None, None]
    for scale in (1, 100, 1000):
        cleaned, remarks = mark_missing(far * scale, walk.labels)
        assert remarks == [] and cleaned is not None and np.isfinite(cleaned).all()


def test_a_mapping_is_with_or_without_the_name_of_the_subject(walk):
    labels = tuple("m1" if label == "R.Heel" else label for label in walk.labels)
    points = named(replace(walk, labels=labels), "Anna:")
    for mapping in ({"Anna:m1": "right_heel"}, {"m1": "RHEE"}):
        recording = read(points, mapping=mapping)
        assert recording.labels[walk.labels.index("R.Heel")] == next(iter(mapping.values()))
        assert measure(recording).parameters.keys() == measure(walk).parameters.keys()
    left_out = read(points, mapping={"m1": ""})
    assert len(left_out.labels) == 43
    assert left_out.remarks == ("1 point left out by the mapping",)
    with pytest.raises(RecordingError, match="has no m7"):
        read(points, mapping={"m7": "RHEE"})


def test_unknown_labels_stay_as_they_are():
    labels = ("A:x", "A:y", "B:z")
    assert select_subject(labels, "walk.c3d").labels == list(labels)
    assert select_subject(("A:x", "A:y"), "walk.c3d").labels == ["x", "y"]
    assert select_subject(PLUG_IN_GAIT.labels, "walk.c3d").labels == list(PLUG_IN_GAIT.labels)


def test_without_heels_the_ankles_are_measured_and_this_is_said(walk):
    kept = [i for i, label in enumerate(walk.labels) if "Heel" not in label]
    labels = tuple(walk.labels[i] for i in kept)
    points = named(replace(walk, labels=labels, positions=walk.positions[:, kept]))
    recording = read(points)
    assert recording.remarks == ("neither heel has a marker: steps are measured at the ankles",)
    expected, measured = measure(walk).parameters, measure(recording).parameters
    for name, tolerance in (("cadence_steps_per_min", 0.02), ("speed_m_per_s", 0.02)):
        assert measured[name].value == pytest.approx(expected[name].value, rel=tolerance)
    one_heel = named(replace(walk, labels=tuple(x.replace("L.Heel", "M1") for x in walk.labels)))
    assert "left heel is not seen" in measure(read(one_heel)).absent["speed_m_per_s"]


def test_subjects_of_qualisys_differ_by_the_text_before_the_side(walk, relabelled):
    names = next(markers for markers in MARKER_SETS if "Sint Jan" in markers.name)
    recording = relabelled(walk, names)
    shifted = {f"B_{x}": recording.positions[:, i] + 1 for i, x in enumerate(recording.labels)}
    points = named(recording, "A_", **shifted)
    with pytest.raises(RecordingError, match=r"2 subjects \(A, B\)"):
        read(points)
    assert read(points, item="B").labels == recording.labels
    assert read(named(recording)).labels == recording.labels
