"""`recipes/benchmark_gait.py`: agreement with annotated events, and other detectors."""

import importlib
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

import agir_hf
from agir_hf.gait import detect_events
from agir_hf.motion import GaitEvent, read_recording

RECIPES = Path(__file__).resolve().parents[2] / "recipes"


@pytest.fixture
def benchmark(monkeypatch):
    """Module of the recipe."""
    monkeypatch.syspath_prepend(str(RECIPES))
    return importlib.import_module("benchmark_gait")


@pytest.fixture
def peers(monkeypatch):
    """Module of the other detectors."""
    monkeypatch.syspath_prepend(str(RECIPES))
    return importlib.import_module("gait_peers")


@pytest.fixture(scope="module")
def walk():
    return read_recording(agir_hf.SAMPLE_RECORDING)


def test_the_score_counts_missed_and_extra_events(benchmark):
    truth = [GaitEvent(t, "left", "heel_strike") for t in (1.0, 2.0, 3.0)]
    shifted = [replace(e, time_s=e.time_s + 0.03) for e in truth]
    assert benchmark.agreement(shifted, truth, "heel_strike") == (1.0, pytest.approx(0.03))
    assert benchmark.agreement(shifted, truth, "heel_strike", 0.025)[0] == 0
    one_missed = benchmark.agreement(truth[:2], truth, "heel_strike")[0]
    assert one_missed == pytest.approx(2 * 2 / (2 * 2 + 1))
    extra = [*truth, GaitEvent(2.5, "left", "heel_strike"), GaitEvent(9.0, "left", "heel_strike")]
    assert benchmark.agreement(extra, truth, "heel_strike")[0] == pytest.approx(6 / 7)
    other_foot = [replace(e, side="right") for e in truth]
    assert benchmark.agreement(other_foot, truth, "heel_strike")[0] == 0


def test_recordings_with_events_are_compared_and_others_left_out(benchmark, walk, capsys, tmp_path):
    Path(tmp_path / "sample.c3d").write_bytes(Path(agir_hf.SAMPLE_RECORDING).read_bytes())
    (tmp_path / "notes.json").write_text("{}")
    (tmp_path / "bad.c3d").write_bytes(b"nothing")
    benchmark.real(tmp_path)
    printed = capsys.readouterr().out
    assert "sample.c3d" in printed and "notes" not in printed
    assert "this package" in printed.splitlines()[-1] and printed.rstrip().endswith(" 1")


def test_other_detectors_get_landmarks_in_millimetres_and_their_events_come_back(
    peers, walk, monkeypatch
):
    frames = []

    def detect(data, method, fps, auto_install_deps):
        frames.extend(data)
        if method == "fails":
            raise ValueError("no")
        assert fps == 150 and auto_install_deps is False
        return SimpleNamespace(
            hs=lambda side: [{"frame": 150}] if side == "left" else [],
            to=lambda side: [{"frame": 300}] if side == "right" else [],
        )

    monkeypatch.setitem(importlib.sys.modules, "gaitkit", SimpleNamespace(detect=detect))
    events = peers.peer_events(Path("walk.c3d"), walk, ["zeni", "fails"])
    assert events["fails"] == []
    assert events["zeni"] == [
        GaitEvent(1.0, "left", "heel_strike"), GaitEvent(2.0, "right", "toe_off")
    ]  # fmt: skip
    heel, hip = (frames[0]["landmark_positions"][f"left_{name}"] for name in ("heel", "hip"))
    assert 500 < hip[1] - heel[1] < 1200
    path = frames[899]["landmark_positions"]["left_hip"][0] - hip[0]
    assert path > 2000  # forwards


def test_without_gaitkit_a_message_says_how_to_install_it(peers, monkeypatch, capsys):
    monkeypatch.setitem(importlib.sys.modules, "gaitkit", None)
    assert peers.peer_methods() == []
    assert "pip install gaitkit" in capsys.readouterr().out


def test_landmarks_of_gaitkit_are_read_as_markers(peers, shared):
    recording = peers.read_landmarks(shared / "data/gaitkit_landmarks/example_healthy.json")
    assert recording.positions.shape == (374, 12, 3) and recording.rate_hz == 150
    assert len(recording.events) == 13 and len(detect_events(recording).events) > 6


def test_errors_on_simulated_walkers_are_printed_and_have_a_row_each(benchmark, capsys, tmp_path):
    benchmark.main(["--walkers", "3", "--json", str(tmp_path / "gait.json")])
    assert "step_length_m" in capsys.readouterr().out
    rows = json.loads((tmp_path / "gait.json").read_text())["rows"]
    assert [row["unit"] for row in rows] == ["mm", "steps/min", "°"]
    assert all(0 < row["ours"]["values"][0] < 20 for row in rows)
