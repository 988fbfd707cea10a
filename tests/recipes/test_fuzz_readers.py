"""`recipes/fuzz_readers.py`: mutated recordings do no harm, and harm is counted."""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from agir_hf.motion import RecordingError

RECIPES = Path(__file__).resolve().parents[2] / "recipes"


@pytest.fixture
def readers(monkeypatch):
    """Module of the recipe."""
    monkeypatch.syspath_prepend(str(RECIPES))
    return importlib.import_module("fuzz_readers")


@pytest.fixture
def inputs(monkeypatch):
    """Module of the mutations."""
    monkeypatch.syspath_prepend(str(RECIPES))
    return importlib.import_module("fuzz_inputs")


def run(out: Path, number: int) -> tuple[int, str]:
    """Run the recipe on its own recordings; return the exit code and what it printed."""
    environment = {k: v for k, v in os.environ.items() if k != "AGIR_TEST_DATA"}
    done = subprocess.run(
        [sys.executable, RECIPES / "fuzz_readers.py", "--inputs", str(number), "-o", out],
        env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
def test_three_hundred_damaged_recordings_do_no_harm(tmp_path):
    code, printed = run(tmp_path, 300)
    counts = json.loads((tmp_path / "counts.json").read_text())["all"]
    assert code == 0, printed
    assert counts["read"] + counts["refused"] + counts["contained"] == 300
    assert counts["read"] > 30 and counts["refused"] > 30
    assert not list((tmp_path / "failures").iterdir()) and not (tmp_path / "work").exists()


def test_an_input_depends_on_its_number_only(inputs, tmp_path):
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    (seeds / "a.trc").write_text("PathFileType 4\n1 2 3\n" * 50)
    (seeds / "b.npy").write_bytes(bytes(range(256)) * 4)
    job = inputs.Job(seeds, 1, tmp_path)
    first = [inputs.mutated(job, i) for i in range(30)]
    assert first == [inputs.mutated(job, i) for i in range(30)]
    assert len({content for _, content, _ in first}) > 25
    originals = {path.name: path.read_bytes() for path in seeds.iterdir()}
    assert sum(content != originals[name] for name, content, _ in first) > 25
    assert first != [inputs.mutated(inputs.Job(seeds, 2, tmp_path), i) for i in range(30)]


@pytest.fixture
def run_worker(readers, tmp_path, monkeypatch):
    """Run inputs with another worker process, and return results by number and kept inputs."""

    def run(code, indices, before="", **job):
        (tmp_path / "other_worker.py").write_text(code)
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.setattr(readers, "serve", importlib.import_module("other_worker").serve)
        monkeypatch.setattr(readers, "mutated", lambda job, index: ("a.trc", b"content", {}))
        results, failures = tmp_path / "results.jsonl", tmp_path / "failures"
        failures.mkdir()
        results.write_text(before)
        readers.run(SimpleNamespace(**job), indices, 1, results, failures)
        return readers.finished(results), {path.name for path in failures.iterdir()}

    yield run
    sys.modules.pop("other_worker", None)


BAD_WORKER = """
import os
import signal


def serve(job, pipe):
    pipe.send("ready")
    while True:
        index = pipe.recv()
        if index == 0:
            os._exit(3)
        signal.setitimer(signal.ITIMER_PROF, 0.05)
        while index == 1:
            pass
        signal.setitimer(signal.ITIMER_PROF, 0)
        pipe.send({"index": index, "file": "a.trc", "outcome": "memory", "message": ""})
"""


def test_crashes_and_hangs_are_counted_and_their_inputs_kept(readers, run_worker):
    killed = '{"index": 7, "file": "a.trc", "outcome": "read"}\n{"index": 8'
    rows, kept = run_worker(BAD_WORKER, [0, 1, 2], killed, seconds=10.0)
    assert list(rows) == [7, 0, 1, 2]  # the cut line is left out
    assert [rows[i]["outcome"] for i in range(3)] == ["crash", "hang", "memory"]
    assert "exit code 3" in rows[0]["message"] and "CPU time" in rows[1]["message"]
    assert kept == {f"{i}_a.trc" for i in range(3)}
    counts = readers.table(list(rows.values()))
    assert counts["all"] == counts[".trc"]
    assert counts["all"]["crash"] == counts["all"]["hang"] == counts["all"]["memory"] == 1


SLOW_WORKER = """
import time
from pathlib import Path


def serve(job, pipe):
    pipe.send("ready")
    while True:
        index = pipe.recv()
        starts = Path(job.starts) / str(index)
        again = starts.exists()
        starts.touch()
        if index == 0 or not again:
            if index == 2:
                pipe.send({"index": 2, "file": "a.c3d", "outcome": "hang", "message": "60 s"})
                continue
            time.sleep(600)
        pipe.send({"index": index, "file": "a.trc", "outcome": "read", "message": ""})
"""


def test_an_input_that_ran_out_of_elapsed_time_is_read_once_more(run_worker, tmp_path):
    starts = tmp_path / "starts"
    starts.mkdir()
    rows, kept = run_worker(SLOW_WORKER, [0, 1, 2], seconds=0.5, starts=str(starts))
    assert [rows[i]["outcome"] for i in range(3)] == ["hang", "read", "read"]
    assert all(rows[i]["twice"] for i in range(3))
    assert kept == {"0_a.trc"}


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, "read"),
        (RecordingError("a.trc is damaged: export it again"), "refused"),
        (RecordingError("it is damaged"), "traceback"),
        (RecordingError("a.trc is\ndamaged"), "traceback"),
        (RecordingError("a.trc is damaged: its reader crashed"), "contained"),
        (RecordingError("a.trc needs more memory than there is"), "memory"),
        (MemoryError(), "memory"),
        (ZeroDivisionError(), "traceback"),
        (ValueError("shapes differ"), "traceback"),
    ],
)
def test_outcomes_of_reading_are_distinguished(readers, tmp_path, monkeypatch, error, outcome):
    def read_recording(path, **options):
        if error is not None:
            raise error

    monkeypatch.setattr(readers, "read_recording", read_recording)
    assert readers.read(tmp_path / "a.trc", {}, False, None)[0] == outcome


def test_errors_of_measuring_count_as_well(readers, tmp_path, monkeypatch):
    def measure(recording):
        raise IndexError("out of bounds")

    monkeypatch.setattr(readers, "read_recording", lambda path: None)
    outcome, message = readers.read(tmp_path / "a.trc", {}, True, measure)
    assert outcome == "traceback" and "test_fuzz_readers.py" in message
