"""The process that reads recordings: what it survives, and that it ends with its parent."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import agir_hf
from agir_hf.motion import BodyMotion, RecordingError, read_recording
from agir_hf.motion.readers import reading_messages, reading_process
from agir_hf.motion.readers.reading_process import Limits, read_in_process
from agir_hf.motion.recording import GaitEvent, NotAWalkError, ReadOptions

SAMPLE = Path(agir_hf.SAMPLE_RECORDING)
UNIX = pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="uses /proc")


@pytest.fixture
def reader(tmp_path, monkeypatch):
    """Let a Python expression, with `path`, take the place of the reader of .npy files."""

    def replace(expression: str) -> Path:
        reading_process.stop_reading_processes()
        folder = tmp_path / "site"
        folder.mkdir(exist_ok=True)
        (folder / "sitecustomize.py").write_text(
            "import ctypes, os, signal, sys, time\n"
            "class Replaced:\n"
            "    def find_spec(self, name, path=None, target=None):\n"
            "        if name == 'agir_hf.motion.readers.joints':\n"
            "            from importlib.machinery import ModuleSpec\n"
            "            return ModuleSpec(name, self)\n"
            "    def create_module(self, spec):\n"
            "        return None\n"
            "    def exec_module(self, module):\n"
            f"        module.read_npy = lambda path, options: {expression}\n"
            "sys.meta_path.insert(0, Replaced())\n"
        )
        monkeypatch.setenv("PYTHONPATH", str(folder))
        path = tmp_path / "walk.npy"
        np.save(path, np.zeros((40, 22, 3)))
        return path

    yield replace
    reading_process.stop_reading_processes()


def read(path, **limits):
    return read_in_process(path, ReadOptions(rate_hz=20.0), Limits(**limits))


def workers() -> list[int]:
    return [worker.process.pid for worker in reading_process._all]


def runs(pid: int) -> bool:
    """Whether a process exists and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_recording_is_that_of_direct_reading():
    isolated, direct = (read_recording(SAMPLE, isolated=flag) for flag in (True, False))
    np.testing.assert_array_equal(isolated.positions, direct.positions)
    assert isolated.positions.dtype == direct.positions.dtype
    for name in ("labels", "rate_hz", "events", "source", "conventions", "start_s", "remarks"):
        assert getattr(isolated, name) == getattr(direct, name)
    isolated.positions[0] = 0  # may be changed, like any array


@LINUX
def test_one_process_is_kept_for_all_files():
    read_recording(SAMPLE)
    before = workers()
    for _ in range(3):
        read_recording(SAMPLE)
    assert workers() == before and os.getpid() not in before


@UNIX
@pytest.mark.parametrize(
    ("expression", "part"),
    [
        ("ctypes.string_at(0)", r"walk.npy is damaged: its reader crashed \(SIGSEGV\): export it"),
        ("os._exit(3)", r"walk.npy is damaged: its reader crashed \(exit code 3\)"),
        ("[i for i in iter(int, 1)]", "walk.npy takes more than 0.3 s to read: cut it"),
        ("time.sleep(60)", "walk.npy takes more than 1.5 s to read: cut it"),
        ("bytearray(1 << 40)", "walk.npy needs more than 256 MiB of memory"),
        ("(_ for _ in ()).throw(ZeroDivisionError('a\\nb'))", "walk.npy .*a b"),
        ("(_ for _ in ()).throw(SystemExit(0))", "walk.npy is damaged: its reader crashed"),
        ("os.write(4, b'x' * 1000)", "walk.npy"),  # no message
    ],
)
def test_whatever_a_reader_does_is_one_line_and_the_next_file_is_read(reader, expression, part):
    path = reader(expression)
    with pytest.raises(RecordingError, match=part) as error:
        read(path, cpu_s=0.3, wall_s=1.5 if "sleep" in expression else 30, memory_mib=256)
    assert "\n" not in str(error.value)
    assert len(read_recording(SAMPLE).labels) == 44


def test_prints_of_a_reader_do_not_reach_the_replies(reader, capfd):
    path = reader("(print('to stdout'), os.write(1, b'x'), __import__('numpy').zeros(1))[2]")
    with pytest.raises(RecordingError):
        read(path)
    assert capfd.readouterr() == ("", "")
    assert len(read_recording(SAMPLE).labels) == 44


def test_errors_keep_their_class_and_name_of_the_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match="absent.c3d"):
        read(Path("absent.c3d"))
    Path("walk.c3d").write_bytes(b"\x02\x50" + bytes(600))
    with pytest.raises(RecordingError, match=r"^walk\.c3d "):
        read(Path("walk.c3d"))
    with pytest.raises(NotAWalkError, match="no walk"):
        reading_process._result({"error": "NotAWalkError", "message": "no walk"}, Path("a"))
    with pytest.raises(RecordingError, match="text"):  # a name that is no error of recordings
        reading_process._result({"error": "SystemExit", "message": "text"}, Path("a"))


def test_a_relative_path_is_read_from_the_present_folder(tmp_path, monkeypatch):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "walk.c3d").write_bytes(SAMPLE.read_bytes())
        monkeypatch.chdir(tmp_path / name)
        assert read_recording("walk.c3d").source == "walk.c3d"


@UNIX
def test_a_worker_that_was_killed_is_replaced():
    read_recording(SAMPLE)
    for pid in workers():
        os.kill(pid, signal.SIGKILL)
    assert len(read_recording(SAMPLE).labels) == 44


def test_threads_read_at_the_same_time():
    counts = []
    threads = [
        threading.Thread(target=lambda: counts.append(len(read_recording(SAMPLE).labels)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [44] * 4 and len(reading_process._idle) <= 2


@UNIX
def test_a_fork_has_a_worker_of_its_own():
    read_recording(SAMPLE)
    mine = workers()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            is_empty = not workers()
            read_recording(SAMPLE)
            code = 0 if is_empty and not set(workers()) & set(mine) else 2
            reading_process.stop_reading_processes()
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(read_recording(SAMPLE).labels) == 44 and workers() == mine


PARENT = """
import sys; sys.modules.setdefault("agir_launcher", None)
import threading, time
from agir_hf.motion import read_recording
from agir_hf.motion.readers import reading_process
thread = threading.Thread(target=read_recording, args=[sys.argv[1]])
thread.start()
thread.join()  # the thread that started the worker ends
print(*[worker.process.pid for worker in reading_process._all], flush=True)
{then}
"""
BUSY = """
options = {"isolated": True, "rate_hz": 20.0}
threading.Thread(target=read_recording, args=["walk.npy"], kwargs=options).start()
time.sleep(60)
"""


@LINUX
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("then", ["time.sleep(60)", BUSY])
def test_the_worker_ends_with_its_parent(reader, number, then):
    path = reader("time.sleep(60)")
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT.format(then=then), SAMPLE],
        stdout=subprocess.PIPE,
        text=True,
        cwd=path.parent,
    )
    with parent:
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        time.sleep(0.3 if then == BUSY else 0)
        assert pids and all(runs(pid) for pid in pids)
        parent.send_signal(number)
    end = time.monotonic() + 30
    while any(runs(pid) for pid in pids) and time.monotonic() < end:
        time.sleep(0.02)
    assert not any(runs(pid) for pid in pids)


def test_a_parent_that_ends_leaves_no_worker_and_no_output():
    run = subprocess.run(
        [sys.executable, "-c", PARENT.format(then=""), SAMPLE],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stderr == "" and run.stdout.strip().isdecimal()


def test_an_import_that_fails_is_stated_as_such(monkeypatch):
    reading_process.stop_reading_processes()
    monkeypatch.setattr(reading_process, "SKIP_REGISTRATION", "raise ImportError('no')")
    with pytest.raises(RecordingError, match="process that reads recordings does not start"):
        read_recording(SAMPLE)


def test_a_worker_that_does_not_start_in_time_is_stated_as_such(monkeypatch):
    reading_process.stop_reading_processes()
    monkeypatch.setattr(reading_process, "_START_S", 0.001)
    with pytest.raises(RecordingError, match="process that reads recordings does not start"):
        read_recording(SAMPLE)
    assert not workers()


def round_trip(message):
    stream = io.BytesIO()
    reading_messages.send(stream, message)
    stream.seek(0)
    return reading_messages.receive(stream)


def test_messages_keep_arrays_and_classes_of_recordings():
    body = BodyMotion(
        np.zeros(10, np.float32), np.ones((3, 24, 3), np.float32), np.zeros((3, 3)), 30.0,
        residual_m=None, marker_labels=("a", "ü\udcff"), remarks=("r",),
    )  # fmt: skip
    message = {"a": [1, None, 2.5, float("nan")], "b": (GaitEvent(1.0, "left", "toe_off"), body)}
    message["c"] = {"flags": np.array([True, False, True]), "empty": np.empty((0, 3), np.int16)}
    result = round_trip(message)
    assert result["a"][:3] == (1, None, 2.5) and np.isnan(result["a"][3])
    assert result["b"][0] == message["b"][0]
    read = result["b"][1]
    np.testing.assert_array_equal(read.poses, body.poses)
    assert read.poses.dtype == np.float32 and read.marker_labels == body.marker_labels
    np.testing.assert_array_equal(result["c"]["flags"], message["c"]["flags"])
    assert result["c"]["empty"].shape == (0, 3) and result["c"]["empty"].dtype == np.int16


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[",
        b'{"class": "RecordingError", "fields": {"dict": []}}',
        b'{"class": "GaitEvent", "fields": {"dict": [["x", 1]]}}',
        b'{"array": ["|O", 1]}',
        b'{"array": ["<f4", 1000000000000]}',
        b'{"array": ["<f4", -1]}',
        b'{"x": 1}',
        b"[" * 100_000,
    ],
)
def test_a_message_that_is_not_valid_builds_nothing(text):
    content = reading_messages._HEADER.pack(b"AGIR", len(text), 4) + text + bytes(4)
    with pytest.raises(reading_messages.MessageError):
        reading_messages.receive(io.BytesIO(content))


def test_a_message_with_a_wrong_header_is_not_read():
    for mark, size in ((b"XXXX", 2), (b"AGIR", 1 << 40)):
        content = reading_messages._HEADER.pack(mark, 2, size) + b"[]"
        with pytest.raises(reading_messages.MessageError):
            reading_messages.receive(io.BytesIO(content))
    with pytest.raises(EOFError):
        reading_messages.receive(io.BytesIO())
    with pytest.raises(reading_messages.MessageError, match="cut"):
        reading_messages.receive(io.BytesIO(content[:10]))


def test_a_large_file_has_more_time(tmp_path):
    path = tmp_path / "large.c3d"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    assert reading_process._limits_for(path).cpu_s == pytest.approx(Limits().cpu_s + 20)
    assert reading_process._limits_for(tmp_path / "absent").cpu_s == Limits().cpu_s


def test_the_worker_starts_without_slow_libraries():
    code = (
        "import sys; sys.modules.setdefault('agir_launcher', None)\n"
        "import agir_hf.motion.readers.reading_worker\n"
        "print({'torch', 'transformers', 'ezc3d', 'scipy.signal', 'scipy.spatial', 'scipy.stats'}"
        " & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
