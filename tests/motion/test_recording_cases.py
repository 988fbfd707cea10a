"""Recordings of many programs, and damaged ones: each as its list CASES.md says.

The lists have one row for each file or group of files. Every row must be understood by this test:
a new row with another expectation fails until it is checked.
"""

import fnmatch
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from agir_hf.assessment import prepare_recording
from agir_hf.cli import main
from agir_hf.motion import RecordingError, read_recording
from agir_hf.motion.recording import frame_count

DATA = Path(os.environ.get("AGIR_TEST_DATA", Path(__file__).parents[3] / "shared")) / "data"
# What the walk of all cases has: speed m/s, cadence steps/min, stride m, with tolerances.
TRUTH = {"speed": 0.693, "cadence": 101.0, "stride": 0.821}
TOLERANCE = {"speed": 0.02, "cadence": 3.0, "stride": 0.02}
NAMES = {
    "speed": "speed_m_per_s",
    "cadence": "cadence_steps_per_min",
    "stride": "stride_length_m",
}
FLAGS = {  # what the format does not state
    ".npy": ["--rate", "20"],
    "24a_wham.pkl": ["--rate", "20", "--item", "0"],
}
STANDARD_SKELETON = ("20_new_joint_vecs.npy", "21_own_features.npz")  # lengths are not the walk's
SECONDS = 10.0
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def rows_of(folder: str) -> list[tuple[str, str]]:
    """Names of files and what is right, for each row of the list in a folder."""
    path = DATA / folder / "CASES.md"
    if not path.is_file():
        return []
    cells = [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in path.read_text().splitlines()
        if line.startswith("|")
    ]
    return [(row[0], row[-1]) for row in cells[2:]]


CASES = rows_of("recording_cases")
HOSTILE = sorted(
    path.name
    for path in (DATA / "hostile_cases").glob("*")
    if path.name != "CASES.md"
)  # fmt: skip


def names_of(cell: str) -> list[str]:
    return [name.strip() for name in cell.split(",")]


@dataclass
class Answer:
    """What a command said of a file."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def result(self) -> dict:
        return json.loads(self.out)


@pytest.fixture
def run_measure(capsys):
    """``run_measure(path)``: answer of ``agir measure --json`` with the flags that it needs."""

    def run(path: Path, *more: str) -> Answer:
        flags = FLAGS.get(path.name, FLAGS.get(path.suffix, []))
        start = time.perf_counter()
        code = main(["measure", "--json", str(path), *flags, *more])
        seconds = time.perf_counter() - start
        return Answer(code, *capsys.readouterr(), seconds)

    return run


def settings(path: Path) -> dict:
    flags = FLAGS.get(path.name, FLAGS.get(path.suffix, []))
    values = dict(zip(flags[::2], flags[1::2], strict=True))
    rate = values.get("--rate")
    return {"rate_hz": float(rate) if rate else None, "item": values.get("--item")}


def assert_refused(answer: Answer, path: Path, *words: str) -> None:
    """One line that names the file and has the words, exit code 2, nothing measured."""
    assert answer.code == 2, answer.out[:300]
    assert answer.out.strip() == ""
    assert answer.err.count("\n") == 1 and path.name in answer.err
    assert not CONTROL.search(answer.err.rstrip("\n"))
    for word in words:
        assert word in answer.err
    with pytest.raises(RecordingError):  # a score is refused for the same reason
        prepare_recording(path, **settings(path))


def assert_measured(answer: Answer, path: Path, right: str) -> None:
    """The walk of all cases, with the values that a row states."""
    assert answer.code == 0, answer.err
    parameters = answer.result["parameters"]
    expected = dict(TRUTH)
    for name in expected:
        if match := re.search(rf"{name} (\d*\.?\d+)", right):
            expected[name] = float(match[1])
    if match := re.search(r"truth (\d*\.\d+)/(\d+)", right):
        expected |= {"speed": float(match[1]), "cadence": float(match[2])}
    if path.name in STANDARD_SKELETON:
        expected = {"cadence": expected["cadence"]}
    for name, value in expected.items():
        measured = parameters[NAMES[name]]["value"]
        assert measured == pytest.approx(value, abs=TOLERANCE[name]), name
    assert answer.result["recording"]["treadmill_m_per_s"] is None


def remarks(answer: Answer) -> str:
    return "; ".join(answer.result["recording"]["remarks"] + answer.result["cautions"])


def check(path: Path, right: str, run_measure) -> None:
    """Check what is right for a file, from the words of its row."""
    answer = run_measure(path)
    if answer.code and re.search(r"else one line|or refused|refused or|or a (message|way)", right):
        return assert_refused(answer, path)
    if right.startswith("refuse with the subjects named"):
        assert_refused(answer, path, "Anna", "Bert", "--item")
        return assert_measured(run_measure(path, "--item", "Anna"), path, "")
    if right.startswith("refused or no gait"):
        pytest.fail(f"measured although there is no walk: {answer.out[:200]}")
    if right.startswith("refused:") or "refused as for markers" in right:
        return assert_refused(answer, path)
    if "how to convert" in right:
        return assert_refused(answer, path, "convert")
    if right.startswith("gap as gap") and answer.code:
        return assert_refused(answer, path, "gap")
    assert_measured(answer, path, right)
    if "feet are missing" in right or right.startswith("measure what"):
        assert "foot" in remarks(answer) and "toe_clearance_m" in answer.result["absent"]
        return None
    if "events" in right:
        count = len(read_recording(path).events)
        assert count == int(re.search(r"(\d+) events", right)[1]) or (
            count == 0 and "none" in right
        )
    elif "not used" in right:
        assert "not used" in remarks(answer)
    elif right.startswith("tol") or "say so" in right or "left out" in right:
        assert remarks(answer)
    elif "unit to" in right:
        assert "inch" in answer.result["recording"]["conventions"]
    elif not re.search(r"speed|cadence|the same|read|gap|metres|detected|assess|detect", right):
        pytest.fail(f"no check for {right!r}: add one")
    if not right.startswith("assess by --method body"):
        assert prepare_recording(path, **settings(path)).motion.joints.shape[1:] == (22, 3)
    return None


@pytest.mark.parametrize(
    ("names", "right"), CASES, ids=[names.partition("_")[0] for names, _ in CASES]
)
def test_recordings_of_many_programs(names, right, shared, run_measure):
    for name in names_of(names):
        if not name.endswith(".py"):
            check(shared / "data" / "recording_cases" / name, right, run_measure)


def test_every_recording_is_in_the_list(shared):
    listed = {name for names, _ in CASES for name in names_of(names)}
    files = {path.name for path in (shared / "data" / "recording_cases").iterdir()}
    assert files - {"CASES.md"} == listed


@pytest.mark.parametrize("name", HOSTILE)
def test_damaged_recordings_do_no_harm(name, shared, run_measure, capsys):
    path = shared / "data" / "hostile_cases" / name
    answer = run_measure(path)
    assert answer.seconds < SECONDS
    if path.stem == "npz_ok":
        assert answer.code == 0 and answer.result["parameters"][NAMES["speed"]]["value"] > 0.1
        return
    if answer.code == 0:  # a repair is stated
        assert "read as missing" in remarks(answer)
        return
    assert answer.code == 2 and answer.out.strip() == ""
    assert answer.err.count("\n") == 1 and name in answer.err
    assert not CONTROL.search(answer.err.rstrip("\n"))
    assert "Traceback" not in answer.err
    assert re.search(r"[:;] [a-z]", answer.err.partition(name)[2]), "no advice"


def test_other_files_of_the_same_call_are_answered(shared, capsys):
    folder = shared / "data" / "hostile_cases"
    bad = [str(path) for path in sorted(folder.glob("c3d_*"))]
    good = str(shared / "data" / "recording_cases" / "00_truth_pig.c3d")
    assert main(["measure", "--json", *bad[:6], good, *bad[6:]]) == 2
    out, err = capsys.readouterr()
    assert [json.loads(line)["file"] for line in out.splitlines()] == [good]
    assert err.count("\n") == len(bad)


# A process started directly by pytest would count pytest's own memory as its peak (Linux keeps the
# peak over fork and exec), so a small process starts the command and writes the command's peak.
MEASURE_AND_WRITE_PEAK = """
import pathlib, resource, subprocess, sys
command = [sys.executable, "-m", "agir_hf.cli", "measure", "--json", *sys.argv[2:]]
code = subprocess.run(command).returncode
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
pathlib.Path(sys.argv[1]).write_text(str(peak))
sys.exit(code)
"""


def _measured(arguments, seconds):
    """`agir measure --json`, as a finished process, and its peak of memory (KiB)."""
    with tempfile.TemporaryDirectory() as folder:
        peak = Path(folder) / "peak"
        done = subprocess.run(
            [sys.executable, "-c", MEASURE_AND_WRITE_PEAK, str(peak), *arguments],
            capture_output=True, text=True, timeout=seconds, check=False,
        )  # fmt: skip
        return done, int(peak.read_text())


@pytest.mark.slow
def test_a_batch_of_all_cases_ends_with_an_answer_or_a_line_for_each_file(shared):
    """The command line, in a process of its own, with the good files among the damaged ones."""
    damaged = [shared / "data" / "hostile_cases" / name for name in HOSTILE]
    names = [name for row, _ in CASES for name in names_of(row) if not name.endswith(".py")]
    paths = sorted(
        [*damaged, *(shared / "data" / "recording_cases" / name for name in names)],
        key=lambda path: path.name,
    )
    start = time.perf_counter()
    arrays = [path for path in paths if path.suffix in (".npy", ".npz", ".pkl")]
    others = [path for path in paths if path not in arrays]
    done, first_kib = _measured(["--rate", "20", *map(str, arrays)], SECONDS * len(paths))
    marked, second_kib = _measured([*map(str, others)], SECONDS * len(others))
    assert time.perf_counter() - start < SECONDS * len(paths) / 4
    assert max(first_kib, second_kib) < 2**20  # 1 GiB
    assert done.returncode == marked.returncode == 2
    out, err = done.stdout + marked.stdout, done.stderr + marked.stderr
    assert "Traceback" not in err and not CONTROL.search((out + err).replace("\n", ""))
    answered = {Path(json.loads(line)["file"]).name for line in out.splitlines()}
    refused = err.splitlines()
    assert {"00_truth_pig.c3d", "36_bom.bvh", "26a_bom.trc", "npz_ok.npz"} <= answered
    for path in paths:
        lines = [line for line in refused if path.name in line]
        assert len(lines) == (0 if path.name in answered else 1), path.name
    assert len(answered) + len(refused) == len(paths)


def test_every_damaged_recording_is_in_the_list():
    patterns = [name for names, _ in rows_of("hostile_cases") for name in names_of(names)]
    for name in HOSTILE:
        stem = name.rpartition(".")[0]
        assert any(fnmatch.fnmatch(name, p) or fnmatch.fnmatch(stem, p) for p in patterns), name


@pytest.mark.slow
def test_more_frames_than_the_header_of_a_c3d_file_can_state(walk, write):
    frames = 70_000
    there_and_back = np.concatenate([walk.positions, walk.positions[::-1]])
    positions = np.concatenate([there_and_back] * (frames // len(there_and_back) + 1))[:frames]
    recording = read_recording(write(positions * 1000, walk.labels, walk.rate_hz))
    is_whole = frame_count(recording) == frames
    assert is_whole or any("frames" in remark for remark in recording.remarks)
    last = frame_count(recording) - 1
    assert np.allclose(recording.positions[last], positions[last], atol=1e-4, equal_nan=True)
