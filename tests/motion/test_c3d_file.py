"""C3D files of every byte order, with statements that contradict each other, and damaged ones."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from agir_hf.motion import RecordingError, read_recording
from agir_hf.motion.readers.c3d_file import first_value, open_c3d
from agir_hf.motion.readers.c3d_parameters import Numbers, read_groups

spec = importlib.util.spec_from_file_location(
    "c3d_writer", Path(__file__).with_name("c3d_writer.py")
)
c3d_writer = importlib.util.module_from_spec(spec)
spec.loader.exec_module(c3d_writer)

LABELS = ("LHEE", "RHEE", "C7", "CLAV")


def cloud(frames=40):
    """Points (T, 4, 3) in millimetres with Z up: two near the floor, two at the upper trunk."""
    positions = np.random.default_rng(0).normal(scale=50, size=(frames, 4, 3)) + 200
    positions[:, 2:, 2] += 1200
    return positions


@pytest.fixture
def file(tmp_path):
    """Write a file with `c3d_bytes` and open it."""

    def open_file(*arguments, **settings):
        path = tmp_path / "walk.c3d"
        path.write_bytes(c3d_writer.c3d_bytes(*arguments, **settings))
        return open_c3d(path)

    return open_file


@pytest.fixture
def path(tmp_path):
    """Write a file with `c3d_bytes` and return its path."""

    def write(*arguments, **settings):
        path = tmp_path / "walk.c3d"
        path.write_bytes(c3d_writer.c3d_bytes(*arguments, **settings))
        return path

    return write


@pytest.mark.parametrize("processor", ["Intel", "DEC", "MIPS"])
@pytest.mark.parametrize("scale", [-1.0, 0.1])
def test_every_byte_order_has_the_same_content(file, processor, scale):
    positions = cloud()
    positions[3:6, 1] = np.nan
    times = np.array([[0.0, 0.0], [0.1, 0.2]])
    opened = file(
        positions,
        LABELS,
        processor=processor,
        scale=scale,
        first=101,
        analog=6,
        parameters={"EVENT:TIMES": times, "TRIAL:ACTUAL_START_FIELD": [101, 0]},
        events=[("RHS", 0.7), ("LTO", 0.8)],
    )
    assert opened.numbers.processor == processor
    assert (opened.frames, opened.points, opened.first_frame, opened.rate_hz) == (40, 4, 101, 150)
    read = opened.positions()
    np.testing.assert_allclose(read, positions, atol=1e-3 if scale < 0 else scale / 2 + 1e-3)
    assert np.isnan(read[3:6, 1]).all()
    np.testing.assert_allclose(opened.groups["EVENT"]["TIMES"]["value"], times, atol=1e-7)
    assert opened.groups["POINT"]["LABELS"]["value"] == list(LABELS)
    np.testing.assert_allclose(opened.events["events_time"], [0.7, 0.8], atol=1e-7)
    assert opened.events["events_label"] == ["RHS", "LTO"] and not opened.remarks


@pytest.mark.parametrize("processor", ["DEC", "MIPS"])
def test_a_walk_in_another_byte_order_is_read_as_the_walk(path, walk, processor):
    file = path(walk.positions * 1000, walk.labels, processor=processor)
    read = read_recording(file)
    assert read.labels == walk.labels
    np.testing.assert_allclose(read.positions, walk.positions, atol=1e-4)


def test_positions_of_all_sample_files_are_those_of_ezc3d(shared):
    import ezc3d

    for path in (shared / "data").glob("c3d_variants/*.[cC]3[dD]"):
        file = open_c3d(path)
        if not file.points:
            continue
        content = ezc3d.c3d(str(path))["data"]
        expected = content["points"][:3].transpose(2, 1, 0).copy()
        unseen = (content["meta_points"]["residuals"][0].T < 0) | (expected == 0).all(-1)
        expected[unseen] = np.nan
        np.testing.assert_allclose(file.positions(), expected, rtol=1e-5, err_msg=path.name)


def test_matrices_of_segments_are_those_of_ezc3d(shared):
    import ezc3d

    path = shared / "data/c3d_variants/C3DRotationExample.c3d"
    labels, matrices, rate_hz = open_c3d(path).rotations()
    expected = ezc3d.c3d(str(path))["data"]["rotations"].transpose(2, 0, 1, 3)
    assert (len(labels), rate_hz, matrices.shape) == (21, 85, (21, 4, 4, 340))
    np.testing.assert_array_equal(matrices[:, :3], expected[:, :3])


@pytest.mark.parametrize(
    ("header", "parameters"),
    [
        ({}, {"POINT:FRAMES": 65_535}),  # ezc3d
        ({}, {"TRIAL:ACTUAL_START_FIELD": [1, 0], "TRIAL:ACTUAL_END_FIELD": [4464, 1]}),  # Vicon
        ({}, {"POINT:LONG_FRAMES": np.float32(70_000)}),
        ({4: 70_000 % 65_536}, {"POINT:FRAMES": 70_000}),  # only the lower 16 bits, in both
    ],
)
def test_more_frames_than_the_header_can_state_are_all_read(file, header, parameters):
    positions = np.broadcast_to(cloud(1), (70_000, 4, 3)).copy()
    positions[-1] += 1
    opened = file(positions, LABELS, header=header, parameters=parameters)
    assert opened.frames == 70_000
    assert opened.remarks and "size of the file" in opened.remarks[0]
    np.testing.assert_allclose(opened.positions()[-1], positions[-1], rtol=1e-5)


def test_the_number_of_frames_that_fits_the_file_is_taken(file):
    opened = file(cloud(), LABELS, analog=3, parameters={"POINT:FRAMES": 90})
    assert opened.frames == 40 and not opened.remarks
    opened = file(cloud(), LABELS, analog=3, header={4: 90})
    assert opened.frames == 40 and "its header states 90" in opened.remarks[0]
    opened = file(cloud(200), LABELS, header={4: 100}, parameters={"POINT:FRAMES": 100})
    assert opened.frames == 100 and "has data for 2" in opened.remarks[0]


def test_a_first_frame_above_16_bits_is_in_the_trial(file):
    fields = {"TRIAL:ACTUAL_START_FIELD": [34_465, 1], "TRIAL:ACTUAL_END_FIELD": [34_504, 1]}
    opened = file(cloud(), LABELS, first=34_465, parameters=fields)
    assert (opened.first_frame, opened.frames) == (100_001, 40)


def test_the_clock_of_the_file_starts_with_frame_1(path):
    assert read_recording(path(cloud(), LABELS, first=301)).start_s == 2.0
    assert read_recording(path(cloud(), LABELS)).start_s == 0.0


def test_a_rate_that_is_missing_is_taken_from_elsewhere(path):
    recording = read_recording(path(cloud(), LABELS, parameters={"POINT:RATE": None}))
    assert recording.rate_hz == 150 and any("the header" in text for text in recording.remarks)
    none = path(cloud(), LABELS, rate_hz=0.0)
    with pytest.raises(
        RecordingError, match=r"walk\.c3d states no frame rate: pass it with --rate"
    ):
        read_recording(none)
    assert read_recording(none, rate_hz=100).rate_hz == 100
    with pytest.raises(RecordingError, match="expected 5 to 5000 Hz"):
        read_recording(path(cloud(), LABELS, rate_hz=1e9))


def test_a_rate_of_the_user_replaces_that_of_the_file_and_scales_its_event_times(path):
    times = {"EVENT:TIMES": np.array([[0.0], [0.1]]), "EVENT:CONTEXTS": ["Left"],
             "EVENT:LABELS": ["Foot Strike"]}  # fmt: skip
    file = path(cloud(), LABELS, parameters=times)
    assert [event.time_s for event in read_recording(file).events] == [pytest.approx(0.1)]
    recording = read_recording(file, rate_hz=75)
    assert recording.rate_hz == 75
    assert [event.time_s for event in recording.events] == [pytest.approx(0.2)]
    assert "POINT:RATE is 150 Hz: 75 Hz of --rate used" in recording.remarks


def test_a_fourth_value_below_0_means_missing(file):
    residuals = np.zeros((40, 4))
    residuals[2, 1] = -1
    residuals[3, 1] = 512  # seen by the second camera
    read = file(cloud(), LABELS, residuals=residuals).positions()
    assert np.isnan(read[2, 1]).all() and np.isfinite(read[3, 1]).all()


def test_analog_parameters_do_not_matter_for_the_points(file):
    wrong = {"ANALOG:USED": 999, "ANALOG:RATE": np.float32("nan")}
    np.testing.assert_allclose(
        file(cloud(), LABELS, analog=5, parameters=wrong).positions(), cloud(), rtol=1e-5
    )


def test_a_header_without_counts_is_completed_from_parameters_that_fit_the_file(file):
    counts = {"ANALOG:USED": 3, "ANALOG:RATE": np.float32(300)}
    opened = file(cloud(), LABELS, header={1: 0, 2: 0}, analog=6, parameters=counts)
    assert (opened.points, opened.frames) == (4, 40)
    assert any("6 analog values" in text for text in opened.remarks)
    np.testing.assert_allclose(opened.positions(), cloud(), rtol=1e-5)


def test_points_of_groups_of_computed_points_are_left_out(path):
    lists = {"POINT:TYPE_GROUPS": ["MINE", "X"], "POINT:MINE": ["C7"]}
    assert read_recording(path(cloud(), LABELS, parameters=lists)).labels == (
        "LHEE",
        "RHEE",
        "CLAV",
    )


def test_a_clavicle_marker_is_no_computed_axis(path):
    assert read_recording(path(cloud(), ("LHEE", "RHEE", "RCLA", "CLAV"))).labels[2] == "RCLA"
    labels = ("LHEE", "C7", "RCLA", "RCLO")
    assert read_recording(path(cloud()[:, [0, 2, 1, 3]], labels)).labels == ("LHEE", "C7")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"header": {1: 9}}, "states 9 points in its header and 4 in POINT:USED"),
        ({"parameters": {"POINT:USED": 32_767}}, "32767 in POINT:USED"),
        ({"parameters": {"POINT:SCALE": np.float32(1)}}, "scale of -1 in its header and 1 in"),
        ({"parameters": {"POINT:SCALE": np.float32("nan")}}, "states a scale"),
        ({"header": {4: 60_000}, "parameters": {"POINT:FRAMES": 60_000}}, "is truncated"),
        ({"header": {8: 60_000}}, "is truncated"),
    ],
)
def test_contradictions_are_errors_with_the_name_of_the_file(path, settings, message):
    with pytest.raises(RecordingError, match=rf"walk\.c3d .*{message}"):
        read_recording(path(cloud(), LABELS, **settings))


def test_a_parameter_with_more_texts_than_the_section_has_bytes_is_damaged():
    """Texts without letters take no bytes: their number alone would fill the memory."""

    def section(kind, shape, data=b""):
        return bytes(4) + c3d_writer.record(1, "LABELS", kind, shape, data, "Intel") + bytes(8)

    for kind, shape in ((-1, [0, 255, 255, 255]), (2, [1] * 8), (-1, [1, *[0] * 7])):
        with pytest.raises(RecordingError, match="walk.c3d is damaged near its parameter 'LABELS'"):
            read_groups(section(kind, shape), Numbers("Intel"), "walk.c3d")
    for kind, shape, value in ((-1, [0, 5], [""] * 5), (-1, [5, 0], []), (2, [0], [])):
        groups = read_groups(section(kind, shape), Numbers("Intel"), "walk.c3d")
        assert list(groups["GROUP_1"]["LABELS"]["value"]) == value


@pytest.mark.parametrize("value", [[], np.empty(0), np.empty((3, 0)), np.empty((0, 3))])
def test_a_parameter_without_values_is_as_one_that_is_absent(value):
    assert first_value({"RATE": {"value": value}}, "RATE", 5) == first_value({}, "RATE", 5) == 5
    assert first_value({"RATE": {"value": np.array([[7, 8]])}}, "RATE", 5) == 7


def test_damaged_files_of_the_collection_are_errors_and_crash_nothing(shared):
    for path in sorted((shared / "data/hostile_cases").glob("c3d_*.c3d")):
        with pytest.raises(RecordingError, match="export it again") as error:
            read_recording(path)
        message = str(error.value)
        assert path.name in message and message.isprintable(), message


def test_a_file_with_segments_and_no_points_is_read_as_joints(shared):
    motion = read_recording(shared / "data/c3d_variants/C3DRotationExample.c3d")
    assert motion.joints.shape[1:] == (22, 3) and motion.rate_hz == 85


def test_files_of_other_programs_are_read(shared):
    units = {"ADemo1_float.c3d": "mm", "FP1.C3D": "m", "sub_labels.c3d": "mm"}
    for name, unit in units.items():
        recording = read_recording(shared / "data/c3d_variants" / name)
        assert recording.conventions.unit == unit, name


def test_control_characters_in_a_label_are_refused(path):
    with pytest.raises(RecordingError, match="control characters: export it again") as error:
        read_recording(path(cloud(), ("LHEE", "RHEE", "\x1b[2J", "CLAV")))
    assert "\x1b" not in str(error.value)


def test_any_changed_length_in_the_parameters_is_an_error_or_harmless(tmp_path):
    """Every byte of the parameter section is set to 0, 127 and 255, one at a time."""
    content = c3d_writer.c3d_bytes(cloud(3), LABELS, parameters={"EVENT:TIMES": np.ones((2, 3))})
    path, refused = tmp_path / "changed.c3d", 0
    for position in range(512, 512 + 180):
        for value in (0, 127, 255):
            path.write_bytes(content[:position] + bytes([value]) + content[position + 1 :])
            try:
                open_c3d(path).positions()
            except RecordingError as error:
                refused += 1
                assert "changed.c3d" in str(error) and "\n" not in str(error)
    assert refused > 100
