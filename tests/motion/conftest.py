"""Fixtures of the motion tests: marker recordings."""

import importlib.util
from pathlib import Path

import ezc3d
import numpy as np
import pytest

import agir_hf
from agir_hf.motion import MarkerRecording, read_recording


@pytest.fixture(scope="session")
def walk() -> MarkerRecording:
    """The embedded simulated walk: Shida-44, 150 Hz."""
    return read_recording(agir_hf.SAMPLE_RECORDING)


@pytest.fixture
def write(tmp_path):
    """Write markers (T, M, 3) to a C3D file and return its path."""

    def write_c3d(positions, labels, rate_hz=150.0, units="mm", name="walk.c3d", **parameters):
        target = ezc3d.c3d()
        target["parameters"]["POINT"]["RATE"]["value"] = [rate_hz]
        target["parameters"]["POINT"]["UNITS"]["value"] = [units]
        target["parameters"]["POINT"]["LABELS"]["value"] = list(labels)
        for key, values in parameters.items():
            group, parameter = key.split("__")
            target.add_parameter(group, parameter, values)
        points = np.ones((4, *np.shape(positions)[1::-1]))
        points[:3] = np.nan_to_num(np.asarray(positions, dtype=float)).transpose(2, 1, 0)
        target["data"]["points"] = points
        target.write(str(tmp_path / name))
        return tmp_path / name

    return write_c3d


@pytest.fixture(scope="session")
def simulate():
    """``simulate(seed)`` of the benchmark: markers, ground truth joints at 20 fps and height."""
    path = Path(__file__).parents[2] / "recipes" / "benchmark_fit.py"
    spec = importlib.util.spec_from_file_location("benchmark_fit", path)
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(path.parent))  # the recipe imports others of its folder
        spec.loader.exec_module(module)
    return module.simulate


@pytest.fixture(scope="session")
def relabelled():
    """``relabelled(walk, marker_set)``: the embedded walk with the markers of another set."""
    path = Path(__file__).with_name("relabelling.py")
    spec = importlib.util.spec_from_file_location("relabelling", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.relabelled


@pytest.fixture
def save(write):
    """Write a `MarkerRecording` to a C3D file and return its path."""

    def save_recording(recording, name):
        return write(recording.positions * 1000, recording.labels, recording.rate_hz, name=name)

    return save_recording
