"""The benchmark of several users: it counts what is lost or mixed up, and finds neither."""

import importlib.util
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from agir_hf.assessment import assess_recording, load_model

pytest.importorskip("gradio_client")
RECIPE = Path(__file__).parents[2] / "recipes" / "benchmark_space.py"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def benchmark():
    spec = importlib.util.spec_from_file_location("benchmark_space", RECIPE)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclass looks itself up there
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def test_what_is_lost_or_mixed_up_is_counted(benchmark, tmp_path):
    files = benchmark.write_walks(tmp_path, 3)
    asked = load_model()
    right = [benchmark.Answer(assess_recording(f, *asked).as_json(), 1.0) for f in files]
    assert benchmark.check(files, right) == (0, 0)
    assert benchmark.check(files, [right[1], right[0], right[2]]) == (0, 2)
    assert benchmark.check(files, [replace(right[0], content=None), *right[1:]]) == (1, 0)


def test_users_at_once_each_get_their_own_answer():
    command = [sys.executable, str(RECIPE), "--users", "3", "--assessments", "6"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=1800)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "6 assessments, 3 users at once: 0 lost, 0 mixed up; median" in run.stdout
