"""`recipes/benchmark_generation.py`: the peer has our weights; the declared rows are measured."""

import argparse
import importlib
import sys
from pathlib import Path

import pytest
import torch

RECIPES = Path(__file__).resolve().parents[2] / "recipes"


@pytest.fixture(scope="module")
def benchmark():
    """Module of the recipe."""
    sys.path.insert(0, str(RECIPES))
    yield importlib.import_module("benchmark_generation")
    sys.path.remove(str(RECIPES))


def test_the_peer_has_our_weights_and_writes_as_many_tokens(benchmark):
    plain = benchmark.Generation(benchmark.TINY, "plain", 1, 20)
    model, options = plain._model, plain._options
    answer = model.generate_assessment(**plain._inputs, num_rationales=1).sequences
    assert options["max_new_tokens"] == options["min_new_tokens"] == answer.shape[1] - 1
    ids = {"input_ids": options["input_ids"], "decoder_input_ids": answer}
    with torch.no_grad():
        torch.testing.assert_close(plain._plain(**ids).logits, model(**ids).logits)
    assert benchmark.Generation(benchmark.TINY, "plain", 15, 20)._options["do_sample"]


def test_the_declared_rows_are_measured(benchmark, monkeypatch):
    timing = importlib.import_module("benchmark_tools").Timing

    def times(model, number, options):
        single = {"one": timing((1.0, 1.0))} if number > 1 and model == benchmark.LARGE else {}
        return {"ours": timing((2.0, 3.0)), "plain": timing((4.0, 6.0)), **single}

    monkeypatch.setattr(benchmark, "times", times)
    options = argparse.Namespace(threads=1, rounds=2, quick=False, against=None)
    rows = [
        row
        for model in (benchmark.LARGE, benchmark.TINY)
        for row in benchmark.rows_of(model, options)
    ]
    measured = {(row.part, row.what, row.unit): row for row in rows}
    for measure in benchmark.MEASURES:
        assert (measure.part, measure.what, measure.unit) in measured
    several = measured["Generation", "16 answers, compared with 16 times one", "s"]
    assert several.ratios == (8.0, 16 / 3) and several.note.startswith("0.16 × 16")
