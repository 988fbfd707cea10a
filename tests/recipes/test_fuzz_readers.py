"""`recipes/fuzz_readers.py`: mutated recordings do no harm, and a run goes on where it stopped."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

RECIPES = Path(__file__).resolve().parents[2] / "recipes"


@pytest.fixture
def inputs(monkeypatch):
    """Module of the mutations."""
    monkeypatch.syspath_prepend(str(RECIPES))
    spec = importlib.util.spec_from_file_location("fuzz_inputs", RECIPES / "fuzz_inputs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(out: Path, number: int) -> tuple[int, str]:
    """Run the recipe on its own recordings; return the exit code and what it printed."""
    environment = {k: v for k, v in os.environ.items() if k != "AGIR_TEST_DATA"}
    done = subprocess.run(
        [sys.executable, RECIPES / "fuzz_readers.py", "--inputs", str(number), "-o", out],
        env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
def test_three_hundred_damaged_recordings_do_no_harm(tmp_path):
    code, printed = run(tmp_path, 300)
    counts = json.loads((tmp_path / "counts.json").read_text())["all"]
    assert code == 0, printed
    assert counts["read"] + counts["refused"] + counts["contained"] == 300
    assert counts["read"] > 30 and counts["refused"] > 30
    assert not list((tmp_path / "failures").iterdir()) and not (tmp_path / "work").exists()

    results = tmp_path / "results_0.jsonl"
    lines = results.read_text().splitlines()
    results.write_text("\n".join(lines[:295]) + '\n{"index": 29')  # of a run that was killed
    code, printed = run(tmp_path, 302)
    assert code == 0 and "7/7" in printed
    assert sum(json.loads((tmp_path / "counts.json").read_text())["all"].values()) == 302


def test_an_input_depends_on_its_number_only(inputs, tmp_path):
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    (seeds / "a.trc").write_text("PathFileType 4\n1 2 3\n" * 50)
    (seeds / "b.npy").write_bytes(bytes(range(256)) * 4)
    job = inputs.Job(seeds, 1, tmp_path)
    first = [inputs.mutated(job, i) for i in range(30)]
    assert first == [inputs.mutated(job, i) for i in range(30)]
    assert len({content for _, content, _ in first}) > 25
    originals = {path.name: path.read_bytes() for path in seeds.iterdir()}
    assert sum(content != originals[name] for name, content, _ in first) > 25
    assert first != [inputs.mutated(inputs.Job(seeds, 2, tmp_path), i) for i in range(30)]
