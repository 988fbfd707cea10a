"""Parts of the reader of C3D files and of its process, called in this process."""

import math
import queue
import signal
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from agir_hf.motion import BodyMotion, JointMotion, MarkerRecording, RecordingError
from agir_hf.motion.readers import c3d, reading_process, reading_worker
from agir_hf.motion.readers.reading_messages import Limits
from agir_hf.motion.recording import ReadOptions

PATH = Path("walk.c3d")


def parameter(*values):
    return {"value": list(values)}


@pytest.mark.parametrize(("first_frame", "start_s"), [(1, 0.0), (0, 0.0), (2, 0.01), (501, 5.0)])
def test_the_first_frame_is_frame_1_of_the_clock(first_frame, start_s):
    assert c3d._start_s(SimpleNamespace(first_frame=first_frame, rate_hz=100.0)) == start_s


def test_texts_of_parameters_are_without_spaces_or_none():
    group = {"UNITS": parameter(" mm  "), "EMPTY": parameter("  ")}
    assert c3d._text(group, "UNITS") == "mm"
    assert c3d._text(group, "EMPTY") is None and c3d._text(group, "OTHER") is None


@pytest.mark.parametrize(
    ("names", "prefixes", "subjects"),
    [
        (["Anna", "Bert"], ["A:", "B:"], ("A", "B")),
        (["Anna", "Bert"], ["", "B:"], ("Anna", "B")),
        (["Anna", "Bert"], ["", ""], ("Anna", "Bert")),
        (["Anna", "Bert"], ["A:"], ("Anna", "Bert")),
        (["Anna", "Anna", ""], [], ("Anna",)),
        ([], [], ()),
    ],
)
def test_subjects_are_named_as_their_labels_begin(names, prefixes, subjects):
    group = {"NAMES": parameter(*names), "LABEL_PREFIXES": parameter(*prefixes)}
    assert c3d._subjects(SimpleNamespace(groups={"SUBJECTS": group}, path=PATH)) == subjects


def test_labels_beyond_the_first_255_and_points_without_one():
    groups = {"POINT": {"LABELS": parameter("A", ""), "LABELS2": parameter("B", "C")}}
    file = SimpleNamespace(groups=groups, points=6, path=PATH)
    assert c3d._labels(file) == ["A", "unlabelled_2", "B", "C", "unlabelled_5", "unlabelled_6"]
    file.points = 3
    assert c3d._labels(file) == ["A", "unlabelled_2", "B"]
    groups["POINT"]["LABELS"] = parameter("A\x07")
    with pytest.raises(RecordingError, match="walk.c3d is damaged: its label .* control"):
        c3d._labels(file)


def test_repeated_labels_get_a_number():
    assert c3d._numbered(["A", "B", "A", "A"]) == ["A", "B", "A_copy1", "A_copy2"]
    assert c3d._numbered(["A_copy1", "A", "A"]) == ["A_copy1", "A", "A_copy2"]


def test_computed_points_are_those_of_the_groups_and_of_plug_in_gait():
    labels = ["Anna:LASI", "Anna:LKneeAngles", "PELO", "PELA", "RCLA", "LFEA", "lfeo", "V_LASI",
              "CentreOfMassFloor", "power", "XPELO"]  # fmt: skip
    point = {
        "ANGLES": parameter("Anna:LKneeAngles"),
        "TYPE_GROUPS": parameter("POWER_OF_JOINTS", "power", "third", "OTHER"),
        "POWER_OF_JOINTS": parameter("power"),
        "OTHER": parameter("LASI"),  # a title, not the name of a group
    }
    computed = c3d._computed(labels, point)
    assert computed == {
        "LKneeAngles", "PELO", "PELA", "LFEA", "lfeo", "V_LASI", "CentreOfMassFloor", "power",
    }  # fmt: skip


def test_markers_are_the_points_that_are_seen_and_not_computed():
    labels = ["A", "B", "A", "V_A"]
    positions = np.arange(5.0 * 4 * 3).reshape(5, 4, 3).astype(np.float32)
    positions[:, 1] = np.nan
    positions[:4, 2] = np.nan  # seen once
    names, kept = c3d._markers(labels, positions, {}, PATH)
    assert names == ("A", "A_copy1") and kept.dtype == np.float64
    np.testing.assert_array_equal(kept, positions[:, [0, 2]])
    with pytest.raises(RecordingError, match="walk.c3d has computed points only"):
        c3d._markers(labels[3:], positions[:, 3:], {}, PATH)
    with pytest.raises(RecordingError, match="has 1 points and all are missing in every frame"):
        c3d._markers(labels[1:2], positions[:, 1:2], {}, PATH)


def recordings(frames=100, rate_hz=50.0):
    """Markers, joints and a body that reach 3 m from the origin."""
    positions = np.full((frames, 4, 3), -3.0)
    positions[0, 0] = np.nan
    labels = ("a", "b", "c", "d")
    yield MarkerRecording(positions, labels, rate_hz)
    yield JointMotion(np.full((frames, 22, 3), 3.0), rate_hz)
    yield BodyMotion(np.zeros(10), np.zeros((frames, 24, 3)), np.full((frames, 3), 3.0), rate_hz)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"frames": 100, "markers": 4, "duration_s": 2.0, "distance_m": 3.0}, None),
        ({"frames": 99}, "has 100 frames, expected at most 99: cut it"),
        ({"duration_s": 1.9}, "has 2 seconds, expected at most 1.9"),
        ({"distance_m": 2.9}, "reaches 3 m from its origin, expected at most 2.9 m"),
    ],
)
def test_limits_of_the_recording_itself(limits, message):
    for recording in recordings():
        if message is None:
            assert reading_worker._within(recording, Limits(**limits), "walk") is recording
            continue
        with pytest.raises(RecordingError, match=f"walk {message}"):
            reading_worker._within(recording, Limits(**limits), "walk")
    markers, joints, _ = recordings()
    with pytest.raises(RecordingError, match="has 4 markers, expected at most 3"):
        reading_worker._within(markers, Limits(markers=3), "walk")
    reading_worker._within(joints, Limits(markers=0), "walk")


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (MemoryError(), {"error": "memory", "message": "7 MiB"}),
        (RecursionError(), {"error": "memory", "message": "7 MiB"}),
        (RecordingError("x is damaged"), {"error": "RecordingError", "message": "x is damaged"}),
        (FileNotFoundError("x"), {"error": "FileNotFoundError", "message": "x"}),
        (IsADirectoryError("x"), {"error": "IsADirectoryError", "message": "x"}),
        (PermissionError("x"), {"error": "PermissionError", "message": "x"}),
        (TimeoutError("x"), {"error": "OSError", "message": "x"}),
        (ValueError("two\nlines"), {"error": "other", "message": "ValueError: two lines"}),
        (ValueError("x" * 500), {"error": "other", "message": "ValueError: " + "x" * 188}),
    ],
    ids=repr,
)
def test_errors_of_a_reader_are_one_reply(error, answer, monkeypatch):
    limited = []
    monkeypatch.setattr(reading_worker, "_limit_time", limited.append)
    monkeypatch.setattr(reading_worker, "_limit_memory", limited.append)
    monkeypatch.setattr(reading_worker, "_memory_use", lambda: 5 << 20)
    monkeypatch.setattr(reading_worker, "reader_of", lambda *_: None)

    def read(*_):
        raise error

    monkeypatch.setattr(reading_worker, "read_file", read)
    limits = vars(Limits(memory_mib=7, cpu_s=3.0))
    options = SimpleNamespace(format=None)
    request = {"limits": limits, "path": "x", "folder": "", "options": options}
    assert reading_worker._reply(request) == answer
    assert limited == [3.0, 12 << 20]
    markers = next(iter(recordings()))
    monkeypatch.setattr(reading_worker, "read_file", lambda *_: markers)
    assert reading_worker._reply(request) == {"recording": markers}


@pytest.mark.parametrize(
    ("most", "hard", "soft"),
    [(100.0, -1, 100), (100.5, 80, 80), (60.0, 80, 60), (math.inf, 80, 80)],
)
def test_memory_and_time_are_limited_and_limits_are_taken_back(most, hard, soft, monkeypatch):
    if not reading_worker.resource or not Path("/proc/self/statm").is_file():
        pytest.skip("limits of memory are set on Linux only")
    hard = reading_worker.resource.RLIM_INFINITY if hard < 0 else hard
    was_set, timers = [], []
    fake = SimpleNamespace(
        RLIMIT_AS="as", RLIM_INFINITY=reading_worker.resource.RLIM_INFINITY,
        getrlimit=lambda _: (1, hard), setrlimit=lambda *values: was_set.append(values),
        getpagesize=lambda: 4096,
    )  # fmt: skip
    monkeypatch.setattr(reading_worker, "resource", fake)
    monkeypatch.setattr(signal, "setitimer", lambda *values: timers.append(values))
    reading_worker._limit_memory(most)
    reading_worker._limit_time(2.5)
    assert was_set == [("as", (soft, hard))] and timers == [(signal.ITIMER_PROF, 2.5)]
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    assert reading_worker._memory_use() == pytest.approx(pages * 4096, rel=0.05)
    monkeypatch.setattr(reading_worker, "resource", None)
    assert reading_worker._memory_use() == 0
    reading_worker._limit_memory(most)
    assert len(was_set) == 1


class FakeWorker:
    """A process for reading that gives one answer, or raises it."""

    def __init__(self, answer, ended_by=None):
        self.answer, self.ended_by, self.is_stopped = answer, ended_by, False

    def ask(self, message, wall_s):
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer

    def stop(self):
        self.is_stopped = True

    def signal_name(self):
        return self.ended_by


@pytest.mark.parametrize(
    ("worker", "error", "message"),
    [
        (FakeWorker({"ready": True}), reading_process._WorkerFailed, "gave no valid answer"),
        (FakeWorker(["recording"]), reading_process._WorkerFailed, "gave no valid answer"),
        (
            FakeWorker(None, "SIGSEGV"),
            reading_process._WorkerFailed,
            r"its reader crashed \(SIGSEGV\)",
        ),
        (FakeWorker(None, "SIGPROF"), RecordingError, "takes more than 6 s to read"),
        (FakeWorker(queue.Empty()), RecordingError, "takes more than 30 s to read"),
        (FakeWorker(KeyboardInterrupt()), KeyboardInterrupt, None),
        (
            FakeWorker({"error": "memory", "message": "7 MiB"}),
            reading_process._WorkerFailed,
            "more than 7 MiB",
        ),
    ],
    ids=lambda value: str(getattr(value, "answer", ""))[:30],
)
def test_a_process_that_fails_is_stopped_and_not_used_again(worker, error, message, monkeypatch):
    kept = []
    monkeypatch.setattr(reading_process, "_give_back", kept.append)
    with pytest.raises(error, match=message):
        reading_process._ask(worker, Path("/walk.c3d"), ReadOptions(), Limits())
    assert worker.is_stopped and not kept


@pytest.mark.parametrize(("last", "is_kept"), [(False, True), (True, False)])
def test_a_process_that_has_grown_is_replaced(last, is_kept, monkeypatch):
    kept, markers = [], next(iter(recordings()))
    monkeypatch.setattr(reading_process, "_give_back", kept.append)
    worker = FakeWorker({"recording": markers, "last": last})
    assert reading_process._ask(worker, Path("/walk.c3d"), ReadOptions(), Limits()) is markers
    assert (kept == [worker]) == is_kept and worker.is_stopped != is_kept


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("RecordingError", RecordingError, "^x$"),
        ("FileNotFoundError", FileNotFoundError, "^x$"),
        ("PermissionError", PermissionError, "^x$"),
        ("other", RecordingError, r"^walk.c3d cannot be read \(x\): export it again$"),
        ("SystemExit", RecordingError, "^x$"),  # only errors of files and recordings are raised
        ("MarkerRecording", RecordingError, "^x$"),
    ],
)
def test_errors_of_an_answer_are_those_of_files_and_recordings(name, error, message):
    with pytest.raises(error, match=message):
        reading_process._result({"error": name, "message": "x"}, PATH)
