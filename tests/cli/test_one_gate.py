"""Every command says the same of the same file: in assess, measure, compare, norms and a corpus."""

import json

import numpy as np
import pytest

import agir_hf
from agir_hf.cli import main
from agir_hf.cli.norms import _Job, _Recording, measure_job
from agir_hf.corpus.measurement import FitSettings, measured
from agir_hf.corpus.source import Item
from agir_hf.motion import read_recording, to_joints

SAMPLE = str(agir_hf.SAMPLE_RECORDING)


def _standing(joints):
    return np.repeat(joints[:1], 80, axis=0)


def _reversed(joints):
    return joints[::-1]


def _crawling(joints):
    """The body turned forwards by 90°, and moved along its length: the file states no axis."""
    along = joints[:, :1] * [1, 0, 1]
    turned = (joints - along)[..., [1, 0, 2]] * [1, -1, 1]
    return turned + along


def _far(joints):
    return joints + [0, 0, 150]


def _with_jumping_bones(joints):
    joints = joints.copy()
    joints[::3, 4] += [0, 0.2, 0]
    return joints


def _sliding(joints):
    return joints - 0.6 * joints.mean(axis=1, keepdims=True) * [1, 0, 1]


BAD = {
    _standing: "neither foot lands ahead",
    _reversed: "moves backwards",
    _crawling: "vertical",
    _far: "100 m",
    _with_jumping_bones: "from left_hip to left_knee",
    _sliding: "the feet slide",
}


@pytest.fixture(scope="module")
def joints():
    return to_joints(read_recording(SAMPLE)).joints.astype(np.float64)


@pytest.fixture
def save(tmp_path, joints):
    def save_joints(change):
        path = tmp_path / "walk.npz"
        np.savez(path, joints=change(joints), rate_hz=20.0)
        return path

    return save_joints


@pytest.mark.parametrize(("change", "words"), BAD.items(), ids=lambda v: getattr(v, "__name__", ""))
def test_all_commands_refuse_a_file_with_the_same_line(change, words, save, capsys, tmp_path):
    path = save(change)
    lines = []
    for command in (
        ["measure", str(path)], ["measure", "--json", str(path)], ["assess", str(path)],
        ["compare", str(path), SAMPLE], ["compare", SAMPLE, str(path)],
    ):  # fmt: skip
        assert main(command) == 2, command
        out, err = capsys.readouterr()
        assert out == "", command
        lines.append(err)
    assert lines[0].count("\n") == 1 and str(path) in lines[0] and words in lines[0]
    assert set(lines) == {lines[0]}
    inside = lines[0].removeprefix("agir: ").strip().replace(str(path), path.name)
    _, reason = measure_job(_Job(_Recording("walk", path, None, "a", None, None), {}))
    assert reason == inside
    item = Item("a", "subject", "session", "off", 0, path)
    _, reason = measured(item, FitSettings("centres"))
    assert reason == inside


def test_a_file_without_a_walk_does_not_end_a_batch(save, capsys):
    path = save(_standing)
    assert main(["measure", "--json", SAMPLE, str(path), SAMPLE]) == 2
    out, err = capsys.readouterr()
    assert [json.loads(line)["file"] for line in out.splitlines()] == [SAMPLE, SAMPLE]
    assert err.count("\n") == 1 and "is not a walk" in err


def test_remarks_and_cautions_are_shown_by_all_commands(save, capsys, joints):
    def short_and_repaired(joints):
        part = joints[40:75].copy()
        part[10, 20] += 3
        return part

    path = save(short_and_repaired)
    assert main(["measure", "--json", str(path)]) == 0
    measured = json.loads(capsys.readouterr().out)
    remark, caution = measured["recording"]["remarks"][0], measured["cautions"][0]
    assert remark == "1 frame of left_wrist that jump interpolated"
    assert caution.startswith("too little was measured")
    assert main(["compare", "--json", str(path), SAMPLE]) == 0
    compared = json.loads(capsys.readouterr().out)
    assert compared["remarks"] == [[remark], []] and compared["cautions"][0] == [caution]
    assert main(["assess", "--json", str(path)]) == 0
    assessed = json.loads(capsys.readouterr().out)
    assert assessed["recording"]["remarks"] == [remark] and assessed["cautions"] == [caution]
    for command in (["measure", str(path)], ["compare", str(path), SAMPLE], ["assess", str(path)]):
        assert main(command) == 0
        text = capsys.readouterr().out
        assert f"  Read       {remark}" in text and "  Caution    too little was" in text
