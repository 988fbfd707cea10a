"""C3D files with gait events: other programs read them, and reading them gives the events again."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import ezc3d
import numpy as np
import pytest

from agir_hf.motion import GaitEvent, MarkerRecording, RecordingError, read_recording, to_joints
from agir_hf.motion.event_export import write_events
from agir_hf.motion.recording import Conventions

spec = importlib.util.spec_from_file_location(
    "c3d_writer", Path(__file__).with_name("c3d_writer.py")
)
c3d_writer = importlib.util.module_from_spec(spec)
spec.loader.exec_module(c3d_writer)
c3d_bytes = c3d_writer.c3d_bytes

EVENTS = (
    GaitEvent(0.3, "left", "toe_off"),
    GaitEvent(0.71, "left", "heel_strike"),
    GaitEvent(1.05, "right", "toe_off"),
    GaitEvent(1.5, "right", "heel_strike"),
)


def same_events(read, written, frame_s):
    assert [(e.side, e.kind) for e in read] == [(e.side, e.kind) for e in written]
    np.testing.assert_allclose(
        [e.time_s for e in read], [e.time_s for e in written], atol=frame_s / 2
    )


def test_a_c3d_file_keeps_everything_but_its_events(shared, tmp_path):
    for name in ("shida_pd/SUB01_off_walk_12b", "btk_pig/PiG_Motion-FlatFoot-Hole"):
        source, out = shared / f"data/{name}.c3d", tmp_path / "out.c3d"
        recording = read_recording(source)
        text = write_events(source, recording, EVENTS, out)
        assert text == f"2 heel strikes, 2 toe-offs, and all else of {source.name}"
        before, after = (ezc3d.c3d(str(path)) for path in (source, out))
        for part in ("points", "analogs"):
            np.testing.assert_array_equal(before["data"][part], after["data"][part])
        assert before["header"]["points"] == after["header"]["points"]
        for group in before["parameters"].keys() - {"EVENT", "EVENT_CONTEXT"}:
            for key, value in before["parameters"][group].items():
                if key not in ("__METADATA__", "DATA_START"):
                    np.testing.assert_array_equal(
                        value["value"], after["parameters"][group][key]["value"]
                    )
        again = read_recording(out)
        assert again.start_s == recording.start_s and again.labels == recording.labels
        same_events(again.events, EVENTS, 1 / recording.rate_hz)
        np.testing.assert_array_equal(again.positions, recording.positions)


def test_events_are_in_the_spelling_of_vicon_on_the_clock_of_the_file(shared, tmp_path):
    source, out = shared / "data/btk_pig/PiG_Motion-FlatFoot-Hole.c3d", tmp_path / "out.c3d"
    write_events(source, read_recording(source), EVENTS, out)
    event = {key: row["value"] for key, row in ezc3d.c3d(str(out))["parameters"]["EVENT"].items()
             if key != "__METADATA__"}  # fmt: skip
    assert event["USED"][0] == 4
    assert event["CONTEXTS"] == ["Left", "Left", "Right", "Right"]
    assert event["LABELS"] == ["Foot Off", "Foot Strike", "Foot Off", "Foot Strike"]
    assert list(event["ICON_IDS"]) == [2, 1, 2, 1]
    assert event["SUBJECTS"] == ["ANTO_M"] * 4
    times = [142 / 100 + e.time_s for e in EVENTS]  # its first frame has the number 143
    np.testing.assert_allclose(60 * event["TIMES"][0] + event["TIMES"][1], times, atol=1e-5)


@pytest.mark.parametrize("processor", ["Intel", "DEC", "MIPS"])
@pytest.mark.parametrize("first", [1, 500, 30_000])
def test_any_byte_order_and_first_frame(processor, first, walk, tmp_path):
    source, out = tmp_path / "walk.c3d", tmp_path / "out.c3d"
    stale = [("RHS", (first - 1) / 150 + 0.2)]
    content = c3d_bytes(
        1000 * walk.positions, walk.labels, processor=processor, first=first, events=stale
    )
    source.write_bytes(content)
    recording = read_recording(source)
    write_events(source, recording, EVENTS, out)
    again = read_recording(out)
    same_events(again.events, EVENTS, 1 / 150)
    assert again.start_s == recording.start_s == pytest.approx((first - 1) / 150)
    assert again.remarks == recording.remarks == ()
    np.testing.assert_array_equal(again.positions, recording.positions)


def test_written_events_can_be_replaced_again(walk, tmp_path):
    source, first, second = (tmp_path / f"{name}.c3d" for name in "abc")
    source.write_bytes(c3d_bytes(1000 * walk.positions, walk.labels))
    recording = read_recording(source)
    write_events(source, recording, EVENTS, first)
    write_events(first, recording, EVENTS[:2], second)
    same_events(read_recording(second).events, EVENTS[:2], 1 / 150)
    write_events(second, recording, EVENTS, tmp_path / "d.c3d")
    assert (tmp_path / "d.c3d").read_bytes() == first.read_bytes()


def test_events_keep_their_frames_if_the_user_sets_another_rate(walk, tmp_path):
    source, out = tmp_path / "walk.c3d", tmp_path / "out.c3d"
    source.write_bytes(c3d_bytes(1000 * walk.positions, walk.labels, rate_hz=75.0))
    recording = read_recording(source, rate_hz=150.0)
    write_events(source, recording, EVENTS, out)
    same_events(read_recording(out, rate_hz=150.0).events, EVENTS, 1 / 150)


def test_more_events_than_a_dimension_has_values(walk, tmp_path):
    events = [
        GaitEvent(0.011 * i, side, kind)
        for i in range(75)
        for side in ("left", "right")
        for kind in ("heel_strike", "toe_off")
    ]
    source, out = tmp_path / "walk.c3d", tmp_path / "out.c3d"
    source.write_bytes(c3d_bytes(1000 * np.repeat(walk.positions, 6, axis=0), walk.labels))
    recording = read_recording(source)
    events = [replace(e, time_s=40 * e.time_s) for e in events]
    write_events(source, recording, events, out)
    assert len(read_recording(out).events) == len(events) == 300


def test_markers_of_another_format_become_a_c3d_file(walk, tmp_path):
    positions = walk.positions.copy()
    positions[10:20, 3] = np.nan
    recording = replace(walk, positions=positions, start_s=500 / 150)
    out = tmp_path / "out.c3d"
    text = write_events(tmp_path / "walk.trc", recording, EVENTS, out)
    assert text.endswith("and 44 markers")
    again = read_recording(out)
    assert again.labels == recording.labels and again.rate_hz == 150
    assert again.start_s == pytest.approx(500 / 150) and again.remarks == ()
    same_events(again.events, EVENTS, 1 / 150)
    np.testing.assert_allclose(again.positions, positions, atol=1e-6)
    file = ezc3d.c3d(str(out))
    assert file["header"]["points"]["first_frame"] == 500
    assert file["parameters"]["POINT"]["UNITS"]["value"] == ["mm"]


def test_joints_become_points(walk, tmp_path):
    joints, out = to_joints(walk), tmp_path / "out.c3d"
    assert write_events(tmp_path / "walk.npz", joints, EVENTS, out).endswith("22 joints")
    points = ezc3d.c3d(str(out))["data"]["points"][:3].transpose(2, 1, 0)
    np.testing.assert_allclose(points / 1000, joints.joints, atol=1e-5)


def test_the_recording_itself_is_not_overwritten(walk, tmp_path):
    source = tmp_path / "walk.c3d"
    source.write_bytes(c3d_bytes(1000 * walk.positions, walk.labels))
    content = source.read_bytes()
    with pytest.raises(RecordingError, match="name another file"):
        write_events(source, read_recording(source), EVENTS, source)
    assert source.read_bytes() == content


def test_parameters_that_do_not_fit_are_an_error(walk, tmp_path):
    """The parameter section has at most 255 blocks of 512 bytes."""
    source, out = tmp_path / "walk.c3d", tmp_path / "out.c3d"
    texts = {f"NOTES:TEXT{i}": ["x" * 200] * 100 for i in range(6)}
    source.write_bytes(c3d_bytes(1000 * walk.positions, walk.labels, parameters=texts))
    events = [replace(EVENTS[i % 4], time_s=0.02 * i) for i in range(255)]
    with pytest.raises(RecordingError, match="bytes of parameters"):
        write_events(source, read_recording(source), events, out)
    assert not out.exists()


def test_every_parameter_of_a_new_file(tmp_path):
    """Three markers in centimetres, from frame 71 on; a missing point has the residual -1."""
    positions = np.arange(45, dtype=np.float32).reshape(5, 3, 3) / 100
    positions[2, 1] = np.nan
    conventions = Conventions("cm", "file", "+Y", "file", "")
    recording = MarkerRecording(
        positions, ("LHEE", "RHEE", "SACR"), 100.0, conventions=conventions, start_s=0.7
    )
    out = tmp_path / "new.c3d"
    text = write_events(tmp_path / "a.trc", recording, EVENTS[:2], out, "Ann")
    assert text == "1 heel strikes, 1 toe-offs, and 3 markers"
    data = out.read_bytes()
    assert len(data) % 512 == 0 and data[:2] == b"\x02\x50"
    content = ezc3d.c3d(str(out))
    header = content["header"]["points"]
    assert (header["size"], header["first_frame"], header["last_frame"]) == (3, 70, 74)
    assert header["frame_rate"] == 100 and data[512:516][1:2] == b"\x50" and data[515] == 84
    points = content["data"]["points"][:3].transpose(2, 1, 0)
    np.testing.assert_allclose(points, 100 * positions, rtol=1e-6)
    values = {
        group: {k: row["value"] for k, row in rows.items() if k != "__METADATA__"}
        for group, rows in content["parameters"].items()
    }
    point = values["POINT"]
    assert (point["USED"][0], point["SCALE"][0], point["RATE"][0]) == (3, -1, 100)
    assert point["FRAMES"][0] == 5 and point["LABELS"] == ["LHEE", "RHEE", "SACR"]
    assert (point["UNITS"], point["X_SCREEN"], point["Y_SCREEN"]) == (["cm"], ["+X"], ["+Y"])
    analog = values["ANALOG"]
    assert (analog["USED"][0], analog["RATE"][0], analog["GEN_SCALE"][0]) == (0, 100, 1)
    assert values["FORCE_PLATFORM"]["USED"][0] == 0
    trial = values["TRIAL"]
    assert list(trial["ACTUAL_START_FIELD"]) == [71, 0]
    assert list(trial["ACTUAL_END_FIELD"]) == [75, 0] and trial["CAMERA_RATE"][0] == 100
    assert values["SUBJECTS"]["USED"][0] == 1 and values["SUBJECTS"]["NAMES"] == ["Ann"]
    event, context = values["EVENT"], values["EVENT_CONTEXT"]
    assert event["USED"][0] == 2 and event["SUBJECTS"] == ["Ann"] * 2
    assert event["CONTEXTS"] == ["Left"] * 2 and event["LABELS"] == ["Foot Off", "Foot Strike"]
    assert event["DESCRIPTIONS"] == [
        "The instant the toe leaves the ground", "The instant the heel strikes the ground",
    ]  # fmt: skip
    np.testing.assert_allclose(event["TIMES"], [[0, 0], [1.0, 1.41]], atol=1e-6)
    assert list(event["ICON_IDS"]) == [2, 1] and list(event["GENERIC_FLAGS"]) == [0, 0]
    assert context["USED"][0] == 3 and list(context["ICON_IDS"]) == [0, 1, 2]
    assert context["LABELS"] == ["General", "Left", "Right"]
    np.testing.assert_array_equal(context["COLOURS"], [[255, 255, 0], [255, 0, 255], [0, 0, 0]])
    block = point["DATA_START"][0]
    frames = np.frombuffer(data[(block - 1) * 512 :][: 5 * 3 * 16], "<f4").reshape(5, 3, 4)
    expected = np.zeros((5, 3))
    expected[2, 1] = -1
    np.testing.assert_array_equal(frames[..., 3], expected)


def test_events_after_a_minute_have_minutes_and_seconds(tmp_path):
    recording = MarkerRecording(np.zeros((900, 1, 3)), ("LHEE",), 10.0, start_s=60.0)
    events = (GaitEvent(64.5, "left", "heel_strike"), GaitEvent(1.25, "right", "toe_off"))
    write_events(tmp_path / "a.trc", recording, events, tmp_path / "new.c3d")
    event = ezc3d.c3d(str(tmp_path / "new.c3d"))["parameters"]["EVENT"]
    np.testing.assert_allclose(event["TIMES"]["value"], [[1, 2], [1.25, 4.5]], atol=1e-5)
    assert event["CONTEXTS"]["value"] == ["Right", "Left"]


def test_more_than_255_events_and_labels_are_in_further_parameters(tmp_path):
    labels = tuple(f"M{i}" for i in range(300))
    recording = MarkerRecording(np.zeros((40, 300, 3)), labels, 10.0)
    events = tuple(GaitEvent(0.01 * i, "left", "heel_strike") for i in range(257))
    write_events(tmp_path / "a.trc", recording, events, tmp_path / "new.c3d")
    content = ezc3d.c3d(str(tmp_path / "new.c3d"))["parameters"]
    assert len(content["EVENT"]["LABELS"]["value"]) == 255
    assert (
        len(content["EVENT"]["LABELS2"]["value"]) == 2 and content["EVENT"]["USED"]["value"] == 257
    )
    both = [*content["POINT"]["LABELS"]["value"], *content["POINT"]["LABELS2"]["value"]]
    assert both == list(labels) and len(content["POINT"]["LABELS2"]["value"]) == 45


def test_a_recording_is_not_overwritten_by_its_events(tmp_path):
    recording = MarkerRecording(np.zeros((40, 1, 3)), ("LHEE",), 10.0)
    write_events(tmp_path / "a.trc", recording, (), tmp_path / "new.c3d")
    with pytest.raises(RecordingError, match="is the recording itself: name another file"):
        write_events(tmp_path / "new.c3d", recording, (), tmp_path / "new.c3d")
