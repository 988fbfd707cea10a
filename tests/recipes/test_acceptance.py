"""The table of which recordings are read, measured and accepted for a score."""

import importlib.util
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import agir_hf
from agir_hf.motion import read_recording, to_joints

RECIPE = Path(__file__).parents[2] / "recipes" / "acceptance.py"


@pytest.fixture(scope="module")
def recipe():
    spec = importlib.util.spec_from_file_location("acceptance", RECIPE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A walk, the same as joints without a rate, a person who is standing, and a damaged file."""
    folder = tmp_path_factory.mktemp("recordings")
    (folder / "inside").mkdir()
    shutil.copy(agir_hf.SAMPLE_RECORDING, folder / "inside" / "walk.c3d")
    joints = to_joints(read_recording(agir_hf.SAMPLE_RECORDING)).joints
    np.save(folder / "joints.npy", joints)
    np.savez(folder / "standing.npz", joints=np.repeat(joints[:1], 80, axis=0), rate_hz=20.0)
    (folder / "damaged.trc").write_text("PathFileType\n1\n")
    (folder / "notes.txt").write_text("no recording")
    return folder


@pytest.mark.parametrize(("rate", "assessed"), [([], 1), (["--rate", "20"], 2)])
def test_every_recording_is_counted_once_with_its_kind(
    recipe, folder, tmp_path, monkeypatch, capsys, rate, assessed
):
    out = tmp_path / "out.json"
    monkeypatch.setattr("sys.argv", ["acceptance.py", str(folder), "--json", str(out), *rate])
    recipe.main()
    text, results = capsys.readouterr().out, json.loads(out.read_text("utf-8"))
    assert len(results) == 4
    by_name = {Path(row["file"]).name: row for row in results}
    assert by_name["walk.c3d"]["kind"] == ".c3d Shida-44" and by_name["walk.c3d"]["assessed"]
    assert by_name["walk.c3d"]["speed_m_per_s"] == pytest.approx(0.57, abs=0.02)
    assert by_name["standing.npz"]["outcome"] == "no walk"
    assert by_name["damaged.trc"]["outcome"] == "refused" and by_name["damaged.trc"]["reason"]
    assert by_name["joints.npy"]["assessed"] == bool(rate)
    total = next(line for line in text.splitlines() if line.startswith("all "))
    assert [int(cell) for cell in total.split()[1:]] == [
        4, 1 + assessed, assessed, assessed, 1, 3 - assessed
    ]  # fmt: skip
    assert "    1  is not a walk: neither foot lands" in text


def test_equal_reasons_are_counted_together(recipe):
    rows = [
        {"file": name, "reason": f"{name} has 3.{i} s in frame {i}", "cautions": [], "kind": "x",
         "read": True, "measured": False, "assessed": False, "outcome": "refused"}
        for i, name in enumerate(("a/1.c3d", "b/2.c3d"))
    ]  # fmt: skip
    assert "    2  has N s in frame N" in recipe.as_text(rows)
