import runpy
import sys
from pathlib import Path

import numpy as np

import agir_hf
from agir_hf.motion import read_recording, to_joints

RECIPE = Path(__file__).resolve().parents[2] / "recipes/make_sample_recording.py"


def test_the_embedded_recording_is_a_short_simulated_walk():
    path = Path(agir_hf.SAMPLE_RECORDING)
    assert path.stat().st_size < 800_000
    assert b"simulated" in path.read_bytes()[:20_000]
    recording = read_recording(path)
    assert recording.duration_s == 6.0 and len(recording.labels) == 44
    assert len(recording.events) >= 12
    assert to_joints(recording).joints.shape == (120, 22, 3)


def test_the_recipe_makes_the_embedded_recording(tmp_path, monkeypatch, capsys):
    out = tmp_path / "walk.c3d"
    monkeypatch.setattr(sys, "argv", ["make_sample_recording.py", "--out", str(out)])
    runpy.run_path(str(RECIPE), run_name="__main__")
    made, embedded = read_recording(out), read_recording(agir_hf.SAMPLE_RECORDING)
    np.testing.assert_allclose(made.positions, embedded.positions, atol=1e-5)
    assert str(out) in capsys.readouterr().out
