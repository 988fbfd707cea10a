"""`recipes/benchmark_measure.py`: its plain peer, and that its sources run; without timing."""

import importlib
from pathlib import Path

import numpy as np
import pytest

from agir_hf.motion.resampling import clean_paths

RECIPES = Path(__file__).resolve().parents[2] / "recipes"


@pytest.fixture
def benchmark(monkeypatch):
    """Module of the recipe."""
    monkeypatch.syspath_prepend(str(RECIPES))
    return importlib.import_module("benchmark_measure")


@pytest.mark.parametrize(("frames", "joints"), [(1000, False), (150, True)])
def test_the_measured_recording_has_the_frames_and_is_a_walk(benchmark, frames, joints):
    scope = {}
    exec(benchmark.SOURCE.format(frames=frames, joints=joints), scope)
    walk = scope["walk"]
    assert len(walk.joints if joints else walk.positions) == frames
    scope["action"]()


def test_paths_equal_those_of_the_plain_peer(benchmark):
    positions = np.random.default_rng(0).normal(size=(400, 5, 3)).cumsum(axis=0)
    own, plain = clean_paths(positions, 120.0), benchmark.plain_paths(positions, 120.0)
    np.testing.assert_allclose(np.stack(own), np.stack(plain), atol=1e-10)


def test_every_size_has_a_measure(benchmark):
    names = {measure.what for measure in benchmark.MEASURES}
    assert names == {*benchmark.SIZES, benchmark.PATHS}
