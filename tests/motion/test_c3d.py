from itertools import pairwise

import numpy as np
import pytest

import agir_hf
from agir_hf.motion import GaitEvent, RecordingError, read_recording

RNG = np.random.default_rng(0)


def cloud(frames=20, labels=("LHEE", "RHEE", "C7", "CLAV"), height=1.4):
    """Random points near the floor and at the upper trunk (T, M, 3) in metres, Y up."""
    positions = 0.05 * RNG.normal(size=(1, len(labels), 3)) + 0.3
    positions = positions + 0.005 * RNG.normal(size=(frames, len(labels), 3))
    positions[:, 2:, 1] += height
    return positions


def test_real_parkinson_walks_are_read(shared):
    for name, frames, events in (("SUB01_off_walk_12b", 945, 24), ("SUB05_off_walk_8", 1809, 37)):
        recording = read_recording(shared / f"data/shida_pd/{name}.c3d")
        assert recording.positions.shape == (frames, 44, 3)
        assert recording.rate_hz == 150
        assert np.isfinite(recording.positions).all()
        assert not [label for label in recording.labels if label.startswith("V_")]
        assert len(recording.events) <= events and len(recording.events) > 20
        height = recording.positions[:, recording.labels.index("C7"), 1]
        assert 1.2 < np.median(height) < 1.6


def test_the_heel_is_slow_at_annotated_heel_strikes(shared):
    recording = read_recording(shared / "data/shida_pd/SUB01_off_walk_12b.c3d")
    for side, label in (("left", "L.Heel"), ("right", "R.Heel")):
        heel = recording.positions[:, recording.labels.index(label)]
        speed = np.linalg.norm(np.gradient(heel, axis=0), axis=1) * recording.rate_hz
        times = [e.time_s for e in recording.events if (e.side, e.kind) == (side, "heel_strike")]
        at_strike = speed[[round(t * recording.rate_hz) for t in times]]
        assert np.median(at_strike) < 0.6 * np.percentile(speed, 95)


def test_events_are_counted_from_the_first_frame_kept(shared):
    """This trial begins at frame 143; its first annotated heel strike is at 1.47 s."""
    recording = read_recording(shared / "data/btk_pig/PiG_Motion-FlatFoot-Hole.c3d")
    assert recording.events[0] == GaitEvent(pytest.approx(1.47 - 1.42, abs=1e-6), "right",
                                            "heel_strike")  # fmt: skip
    assert all(a.time_s <= b.time_s for a, b in pairwise(recording.events))
    assert recording.events[-1].time_s < recording.duration_s
    assert set(recording.labels) >= {"LASI", "RTOE", "C7"}
    assert not {"PELO", "LFEO", "CentreOfMass", "LHipAngles"} & set(recording.labels)


def test_labels_beyond_255_are_read(shared):
    recording = read_recording(shared / "data/mcgill_biomechzoo/HC033A/HC033A10.c3d")
    assert len(recording.labels) == recording.positions.shape[1]
    assert not [label for label in recording.labels if label.startswith("unlabelled")]


@pytest.mark.parametrize(("units", "factor"), [("mm", 1000), ("cm", 100), ("m", 1)])
def test_units_become_metres(write, units, factor):
    positions = cloud()
    path = write(positions * factor, ("LHEE", "RHEE", "C7", "CLAV"), units=units)
    np.testing.assert_allclose(read_recording(path).positions, positions, atol=1e-5)


@pytest.mark.parametrize(
    "axes",  # axes of the file for left, up and forward, and their signs
    [
        ((0, 1), (1, 1), (2, 1)),
        ((0, 1), (2, 1), (1, -1)),
        ((1, 1), (2, 1), (0, 1)),
        ((0, 1), (2, -1), (1, 1)),
        ((1, 1), (0, 1), (2, -1)),
        ((2, 1), (0, -1), (1, -1)),
    ],
)
def test_y_is_up_and_nothing_is_mirrored(write, axes):
    positions = cloud()
    rotated = np.zeros_like(positions)
    rotation = np.zeros((3, 3))
    for axis, (file_axis, sign) in enumerate(axes):
        rotated[..., file_axis] = sign * positions[..., axis]
        rotation[axis, file_axis] = sign
    assert np.linalg.det(rotation) == pytest.approx(1)
    read = read_recording(write(rotated * 1000, ("LHEE", "RHEE", "C7", "CLAV"))).positions
    np.testing.assert_allclose(read[..., 1], positions[..., 1], atol=1e-5)
    a, b, c = (positions[0, i] - positions[0, 0] for i in (1, 2, 3))
    volume = np.dot(np.cross(a, b), c)
    a, b, c = (read[0, i] - read[0, 0] for i in (1, 2, 3))
    assert np.dot(np.cross(a, b), c) == pytest.approx(volume, abs=1e-5)


def test_the_screen_axis_is_used_without_known_markers(write):
    positions = cloud()
    path = write(positions[..., [2, 0, 1]] * 1000, ("a", "b", "c", "d"), POINT__Y_SCREEN=["+Z"])
    np.testing.assert_allclose(read_recording(path).positions[..., 1], positions[..., 1], atol=1e-5)


def test_zero_points_are_missing(write):
    positions = cloud()
    positions[5:8, 1] = 0
    read = read_recording(write(positions * 1000, ("LHEE", "RHEE", "C7", "CLAV"))).positions
    assert np.isnan(read[5:8, 1]).all() and np.isfinite(read[8:]).all()


def test_duplicate_labels_are_numbered_and_empty_markers_left_out(write):
    positions = np.concatenate([cloud(), cloud()[:, :2]], axis=1)
    positions[:, 5] = 0
    path = write(positions * 1000, ("LHEE", "RHEE", "C7", "CLAV", "C7", "LHEE"))
    recording = read_recording(path)
    assert recording.labels == ("LHEE", "RHEE", "C7", "CLAV", "C7_copy1")


def test_a_label_like_that_of_a_duplicate_stays_unique(write):
    positions = np.concatenate([cloud(), cloud()[:, :2]], axis=1)
    labels = ("LHEE", "RHEE", "C7", "C7_copy1", "C7", "C7")
    recording = read_recording(write(positions[:, [0, 1, 2, 3, 2, 3]] * 1000, labels))
    assert len(set(recording.labels)) == len(recording.labels)


def test_a_subject_prefix_is_removed(write):
    path = write(cloud() * 1000, [f"Anna:{label}" for label in ("LHEE", "RHEE", "C7", "CLAV")])
    assert read_recording(path).labels == ("LHEE", "RHEE", "C7", "CLAV")


def test_virtual_points_are_left_out(write):
    path = write(cloud() * 1000, ("LHEE", "V_Mid_Hip", "C7", "PELO"))
    assert read_recording(path).labels == ("LHEE", "C7")


def test_every_truncation_is_an_error_on_one_line(tmp_path):
    with open(agir_hf.SAMPLE_RECORDING, "rb") as file:
        content = file.read()
    path = tmp_path / "cut.c3d"
    for length in [0, 1, 2, 100, 511, 512, 700, 2000, len(content) // 3, len(content) - 600]:
        path.write_bytes(content[:length])
        with pytest.raises(RecordingError) as excinfo:
            read_recording(path)
        assert "\n" not in str(excinfo.value) and "cut.c3d" in str(excinfo.value)


def test_other_files_are_errors(tmp_path):
    (tmp_path / "notes.c3d").write_text("no recording\n" * 200)
    with pytest.raises(RecordingError, match="expected a C3D file"):
        read_recording(tmp_path / "notes.c3d")
    with pytest.raises(FileNotFoundError, match="no such file"):
        read_recording(tmp_path / "absent.c3d")
    with pytest.raises(IsADirectoryError, match="is a directory"):
        read_recording(tmp_path)


def test_files_without_visible_markers_are_errors(write):
    with pytest.raises(RecordingError, match="all are missing in every frame"):
        read_recording(write(0 * cloud(), ("LHEE", "RHEE", "C7", "CLAV")))
    with pytest.raises(RecordingError, match="computed points only"):
        read_recording(write(cloud() * 1000, ("V_1", "V_2", "V_3", "V_4")))
