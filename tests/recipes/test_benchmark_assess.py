"""`recipes/benchmark_assess.py`: which parts run, and what a complete file of ``--out`` is."""

import importlib
import json
import sys
from pathlib import Path

import pytest

RECIPES = Path(__file__).resolve().parents[2] / "recipes"


@pytest.fixture(scope="module")
def benchmark():
    """Module of the recipe."""
    sys.path.insert(0, str(RECIPES))
    yield importlib.import_module("benchmark_assess")
    sys.path.remove(str(RECIPES))


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ([], ["cold", "warm", "busy", "many", "elapsed"]),
        (["--only", "out", "cold"], ["cold", "out"]),
    ],
)
def test_the_requested_parts_run(benchmark, monkeypatch, words, parts):
    ran = []
    for name in benchmark.PARTS:

        def part(files, options, name=name):
            ran.append((name, files, options.recordings))
            return []

        part.__name__ = name
        monkeypatch.setattr(benchmark, name, part)
    monkeypatch.setattr(benchmark, "simulated", lambda folder, number: [number])
    monkeypatch.setattr(benchmark, "finish", lambda rows, options: None)
    benchmark.main([*words, "--recordings", "7"])
    assert ran == [(name, [7], 7) for name in parts]


def test_a_file_with_an_error_or_without_a_line_is_refused(benchmark, tmp_path):
    path = tmp_path / "scores.jsonl"
    path.write_text(json.dumps({"error": None}) + "\n")
    benchmark.check_lines(path, 1)
    with pytest.raises(ValueError, match="1 of 2 recordings have a line"):
        benchmark.check_lines(path, 2)
    path.write_text(json.dumps({"error": "it is empty"}) + "\n")
    with pytest.raises(ValueError, match="it is empty"):
        benchmark.check_lines(path, 1)
