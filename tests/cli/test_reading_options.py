"""Options of reading that all commands share, and names with control characters."""

import io
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

import agir_hf
from agir_hf.cli import main

SAMPLE = str(agir_hf.SAMPLE_RECORDING)


def test_standard_input_is_measured_with_its_format(capsys, monkeypatch):
    content = io.TextIOWrapper(io.BytesIO(Path(SAMPLE).read_bytes()))
    monkeypatch.setattr(sys, "stdin", content)
    assert main(["measure", "-", "--format", "c3d", "--csv"]) == 0
    piped = capsys.readouterr().out
    assert main(["measure", SAMPLE, "--csv"]) == 0
    assert piped.replace("\n-,", "\n") == capsys.readouterr().out.replace(f"\n{SAMPLE},", "\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-",), "pass --format"),
        ((SAMPLE, "--format", "fbx"), "expected one of c3d, trc, bvh, npz, npy, pkl"),
        ((SAMPLE, "--format", "trc"), "is a C3D file, expected a TRC file"),
        ((SAMPLE, "--rate", "-5"), "--rate"),
        ((SAMPLE, "--item", "Anna"), "names no subjects, expected one called 'Anna'"),
        ((SAMPLE, "--mapping", "none.json"), "--mapping: none.json cannot be read"),
    ],
)
def test_options_that_do_not_fit_are_one_line(capsys, arguments, message):
    assert main(["measure", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


@pytest.mark.parametrize("command", ["measure", "assess", "compare", "fit", "convert"])
def test_control_characters_of_names_do_not_reach_the_terminal(
    capsys, tmp_path, monkeypatch, command
):
    monkeypatch.chdir(tmp_path)
    good, bad, same = (f"{name}\x1b[31m\x07.c3d" for name in ("good", "bad", "same"))
    shutil.copy(SAMPLE, good)
    shutil.copy(SAMPLE, same)
    (tmp_path / bad).write_bytes(b"hello")
    arguments = {"compare": [good, same], "convert": [good, "a\x1b.npz"]}
    if command != "fit":  # which takes seconds
        assert main([command, *arguments.get(command, [good])]) == 0
    arguments = {"compare": [good, bad], "convert": [bad, "a.npz"]}
    assert main([command, *arguments.get(command, [bad])]) == 2
    captured = capsys.readouterr()
    for text in (captured.out, captured.err):
        assert "\x1b" not in text and "\x07" not in text
    assert r"bad\x1b[31m\x07.c3d" in captured.err


def test_labels_with_control_characters_do_not_reach_the_terminal(capsys, tmp_path, sample_joints):
    path = tmp_path / "walk.npz"
    np.savez(path, **{"joints": sample_joints[:, :5], "rate_hz": 20.0, "a\x1b[2J": 1})
    assert main(["measure", str(path)]) == 2
    assert "\x1b" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("unit", "message"), [("furlong", "--unit is 'furlong'"), ("-1", "--unit")]
)
def test_an_unknown_unit_is_refused_before_a_file_is_read(capsys, unit, message):
    assert main(["measure", "absent.bvh", f"--unit={unit}"]) == 2
    error = capsys.readouterr().err
    assert message in error and "0.0254" in error and error.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("convert", SAMPLE, "none/x.npz"),
        ("convert", SAMPLE, "--events", "none/x.c3d"),
        ("markers", SAMPLE, "-o", "none/x.json"),
    ],
)
def test_a_folder_that_does_not_exist_is_named(capsys, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    assert main(list(arguments)) == 2
    assert "the folder none of x." in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_mapping_that_leaves_nearly_all_markers_out_says_so(capsys, tmp_path):
    mapping = tmp_path / "mapping.json"
    assert main(["markers", SAMPLE, "-o", str(mapping)]) == 0
    labels = json.loads(mapping.read_text())
    mapping.write_text(json.dumps(dict.fromkeys(labels, "") | {"C7": "c7"}))
    capsys.readouterr()
    assert main(["measure", SAMPLE, "--mapping", str(mapping)]) == 2
    assert "the mapping names 1 of 44 markers" in capsys.readouterr().err


def test_measure_prints_unit_and_axes(capsys):
    assert main(["measure", SAMPLE]) == 0
    assert "Units      mm (file), +Y up (detected)" in capsys.readouterr().out
