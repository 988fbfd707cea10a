"""`recipes/profile_pictures.py`: groups of functions, imports, and the drawn picture."""

import importlib
import sys
from pathlib import Path

import pytest

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
GAIT, MODEL = ("/x/agir_hf/gait/events.py", 1, "f"), ("/x/agir_hf/modeling_agir.py", 1, "g")
TORCH, PRODUCT = ("/s/torch/nn.py", 1, "forward"), ("~", 0, "<built-in matmul>")
MODULE = ("/x/agir_hf/gait/norms.py", 1, "<module>")
LOADED = ("<frozen importlib._bootstrap>", 1, "_find_and_load")


@pytest.fixture(scope="module")
def pictures():
    """Module of the recipe."""
    pytest.importorskip("matplotlib")
    sys.path.insert(0, str(RECIPES))
    yield importlib.import_module("profile_pictures")
    sys.path.remove(str(RECIPES))


def row(own, callers=None):
    """Entry of a profile: calls, own time and the time for each caller."""
    times = {caller: (1, 1, 0.0, seconds) for caller, seconds in (callers or {}).items()}
    return (1, 1, own, own, times)


def test_time_of_a_library_is_that_of_the_groups_that_called_it(pictures):
    stats = {
        GAIT: row(1.0),
        MODEL: row(1.0, {GAIT: 3.0}),  # a group keeps its own time
        TORCH: row(2.0, {MODEL: 6.0}),
        PRODUCT: row(4.0, {TORCH: 3.0, GAIT: 1.0}),
    }
    shares = pictures.shares(stats, pictures.ASSESS_GROUPS)
    assert shares == pytest.approx(
        {"measure the gait": (1 + 1) / 8, "encode and generate": (1 + 2 + 3) / 8}
    )


def test_what_an_import_runs_is_an_import(pictures):
    stats = {
        GAIT: row(1.0),
        LOADED: row(0.5, {GAIT: 3.5}),
        MODULE: row(2.0, {LOADED: 3.0}),
        PRODUCT: row(1.0, {MODULE: 1.0}),
        TORCH: row(0.5),  # without a caller
    }
    shares = pictures.shares(stats, pictures.ASSESS_GROUPS)
    assert shares == pytest.approx(
        {"measure the gait": 1 / 5, "imports": 3.5 / 5, "other": 0.5 / 5}
    )


def test_functions_are_grouped_by_their_files(pictures):
    groups = pictures.ASSESS_GROUPS
    for file, group in (
        ("motion/readers/c3d.py", "read the file"),
        ("motion/resampling.py", "joints and features"),
        ("gait/claims.py", "check the claims"),
        ("gait/swings.py", "measure the gait"),
        ("assessment/models.py", "load the model"),
        ("assessment/trust.py", "choose and explain"),
        ("inference/decoder.py", "encode and generate"),
    ):
        assert pictures._group((f"/x/agir_hf/{file}", 1, "f"), groups) == group, file
    trainer = ("/s/transformers/trainer.py", 1, "training_step")
    assert pictures._group(trainer, pictures.TRAINING_GROUPS) == "trainer"
    backward = ("/s/torch/_tensor.py", 1, "backward")
    assert pictures._group(backward, pictures.TRAINING_GROUPS) == "backward pass"


def test_imports_are_divided_by_package(pictures):
    printed = """import time: self [us] | cumulative | imported package
import time:       100 |        100 |   torch._C
import time:       200 |        300 | torch
import time:        50 |         50 |   agir_hf.gait
import time:       150 |        150 | re
a line of the command
"""
    assert pictures.import_shares(printed) == pytest.approx(
        {"import torch": 0.6, "import this package": 0.1, "other imports": 0.3}
    )


def test_small_groups_are_drawn_together_and_nothing_is_lost(pictures, tmp_path):
    measured = {
        "before": {"a": 1.0, "b": 3.0, "c": 0.01, "other": 0.2},
        "after": {"a": 1.5, "d": 0.02, "other": 0.1},
    }
    bars = pictures.drawn_groups(measured)
    assert list(bars) == ["b", "a", "other"]
    for side, groups in measured.items():
        assert sum(sides[side] for sides in bars.values()) == pytest.approx(sum(groups.values()))
    pictures.draw("A title", measured, tmp_path / "picture.svg")
    text = (tmp_path / "picture.svg").read_text()
    for words in ("A title", "before: 4.21 s", "after: 1.62 s", "processor time in seconds"):
        assert words in text
    assert len(text) < 50_000


@pytest.mark.parametrize(("name", "value", "smallest"), [("subjects", 2, 3), ("steps", 0, 1)])
def test_too_small_numbers_are_refused_on_one_line(pictures, capsys, name, value, smallest):
    with pytest.raises(SystemExit) as excinfo:
        pictures.parse([f"--{name}", str(value)])
    assert excinfo.value.code == 2
    (message,) = capsys.readouterr().err.splitlines()
    assert message.startswith(f"error: --{name} is {value}, expected at least {smallest} (")
