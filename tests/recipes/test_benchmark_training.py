"""`recipes/benchmark_training.py`: the plain Trainer is a fair peer."""

import importlib
import sys
from pathlib import Path

import pytest
import torch

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
SETTINGS = {"corpus": None, "size": "tiny", "walks": 8, "batch_size": 4, "steps": 1}


@pytest.fixture(scope="module")
def benchmark():
    """Module of the recipe, with a very small model."""
    sys.path.insert(0, str(RECIPES))
    module = importlib.import_module("benchmark_training")
    sizes = importlib.import_module("training_walks").SIZES
    tiny, sizes["tiny"] = sizes["tiny"], (16, 32, 1, 2)
    yield module
    sizes["tiny"] = tiny
    sys.path.remove(str(RECIPES))


def test_both_trainers_have_the_same_loss_and_another_loss_is_noticed(benchmark, monkeypatch):
    benchmark.check_losses(SETTINGS)
    ours = benchmark.make_trainer

    def changed(variant, settings, folder):
        monkeypatch.setitem(benchmark.WEIGHTS, "class_weight", 1.0 + (variant == "plain Trainer"))
        return ours(variant, settings, folder)

    monkeypatch.setattr(benchmark, "make_trainer", changed)
    with pytest.raises(SystemExit, match="the losses differ"):
        benchmark.check_losses(SETTINGS)


def test_padding_adds_no_labels(benchmark):
    batch = {"input_ids": torch.ones(2, 5), "labels": torch.ones(2, 9), "ids": ["a", "b"]}
    wide = benchmark.padded(batch, 7)
    assert wide["input_ids"].tolist() == [[1] * 5 + [0] * 2] * 2
    assert wide["labels"].shape == (2, 7) and set(wide) == {"input_ids", "labels"}
    assert benchmark.padded(batch, 12)["labels"][0, 9:].tolist() == [-100] * 3


def test_a_round_is_timed_without_its_first_steps(benchmark):
    training = benchmark.Training("plain Trainer", SETTINGS)
    assert training.seconds() > 0 and len(training.ends_s) == 1 + benchmark.WARM_UP
    training.folder.cleanup()


@pytest.mark.parametrize("fast_bf16", [False, True])
def test_utilisation_is_of_the_rate_of_its_own_number_format(benchmark, monkeypatch, fast_bf16):
    timing = importlib.import_module("benchmark_tools").Timing
    walks_per_s = zip(benchmark.VARIANTS, (8.0, 4.0, 2.0, 1.0), strict=True)
    rates = {name: timing((value,)) for name, value in walks_per_s}
    peaks = {"float32": 1000.0, "bfloat16": 4000.0}
    monkeypatch.setattr(benchmark, "peak_rate", lambda threads, dtype: peaks[dtype])
    monkeypatch.setattr(benchmark, "fast_bf16", lambda: fast_bf16)
    rows = benchmark.utilisation_rows(rates, 100.0, {"threads": 1, "rounds": 1})
    shares = [(row.ours.values, row.peer and row.peer.values) for row in rows]
    assert shares[0] == ((40.0,), (20.0,))  # % of the rate in 32 bits
    assert shares[1:] == [((20.0,), None)] * fast_bf16
