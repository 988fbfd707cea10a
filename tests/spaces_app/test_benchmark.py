"""The benchmark with several users: it counts missing and mixed-up answers, and there are none."""

import importlib
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
    sys.path.insert(0, str(RECIPE.parent))
    yield importlib.import_module("benchmark_space")
    sys.path.remove(str(RECIPE.parent))


def test_missing_and_wrong_answers_are_counted(benchmark, tmp_path):
    files = benchmark.write_walks(tmp_path, 3)
    model, processor = load_model()
    contents = [assess_recording(file, model, processor).as_json() for file in files]
    first, second, third = [benchmark.Answer(content, 1.0) for content in contents]
    assert benchmark.check(files, [first, second, third]) == (0, 0)
    assert benchmark.check(files, [second, first, third]) == (0, 2)
    assert benchmark.check(files, [replace(first, content=None), second, third]) == (1, 0)


@pytest.mark.parametrize(
    ("arguments", "number"),
    [([], 12), (["--answers"], 50), (["--quick"], 8), (["--assessments", "3"], 3)],
)
def test_a_benchmark_with_times_asks_for_fewer_answers(benchmark, arguments, number):
    assert benchmark.parse(arguments).assessments == number


def test_a_page_without_an_answer_is_not_timed(benchmark, monkeypatch, tmp_path):
    monkeypatch.setattr(benchmark, "Client", lambda url, verbose: None)
    monkeypatch.setattr(benchmark, "_request", lambda client, file: benchmark.Answer(None, 0.1))
    with pytest.raises(SystemExit, match="gave no answer"):
        benchmark.requested("http://127.0.0.1:1", [tmp_path])()


def test_simultaneous_users_get_the_answers_to_their_own_recordings():
    command = [sys.executable, str(RECIPE), "--answers", "--users", "3", "--assessments", "6"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=1800)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "6 assessments, 3 simultaneous users: 0 missing, 0 wrong; median" in run.stdout
