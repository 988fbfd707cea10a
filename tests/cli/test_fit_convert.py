import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest

import agir_hf
from agir_hf.cli import main
from agir_hf.motion import read_recording, to_joints
from agir_hf.motion.body import SMPL_VARIABLE

SAMPLE = Path(agir_hf.SAMPLE_RECORDING)


@pytest.fixture(autouse=True)
def environment(tmp_path, monkeypatch):
    """An empty working folder; the body that a command sets is unset afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(SMPL_VARIABLE, "")


def one_line_error(arguments, capsys) -> str:
    assert main([str(argument) for argument in arguments]) == 2
    error = capsys.readouterr().err
    lines = [line for line in error.splitlines() if line.startswith("agir: ")]
    assert len(lines) == 1 and "Traceback" not in error
    return lines[0]


def test_a_trial_is_fitted_summarised_and_drawn(capsys, tmp_path):
    pytest.importorskip("matplotlib")
    assert main(["fit", str(SAMPLE), "-o", "walk.npz", "--picture"]) == 0
    printed = capsys.readouterr().out
    for part in ("mm (file), +Y up", "open body", "44 markers", "median of each marker", "R.Heel"):
        assert part in printed
    assert (tmp_path / "walk.png").stat().st_size > 10_000
    with np.load("walk.npz") as fit:
        assert fit["poses"].shape[1:] == (24, 3) and fit["rate_hz"] == 20
        assert fit["residual_m"].shape == (len(fit["poses"]), 44)


def test_a_folder_is_fitted_and_a_second_run_continues(capsys, tmp_path):
    (tmp_path / "cohort" / "s1").mkdir(parents=True)
    shutil.copy(SAMPLE, tmp_path / "cohort/s1/walk.c3d")
    (tmp_path / "cohort/s1/damaged.c3d").write_bytes(b"nothing")
    assert main(["fit", "cohort", "-o", "fits"]) == 2
    printed = capsys.readouterr()
    assert "1 fitted, 1 excluded" in printed.out
    assert "agir: excluded: " in printed.err and "damaged.c3d" in printed.err
    assert (tmp_path / "fits/s1/walk.npz").exists()
    assert main(["fit", "cohort", "-o", "fits"]) == 2
    assert "1 excluded, 1 done before" in capsys.readouterr().out
    lines = (tmp_path / "fits/report.jsonl").read_text().splitlines()
    assert {json.loads(line)["status"] for line in lines} == {"fitted", "excluded"}


def test_convert_writes_joints_features_and_amass(capsys, tmp_path):
    assert main(["convert", str(SAMPLE), "j.npy"]) == 0
    assert "j.npy: joints (120, 22, 3) float32" in capsys.readouterr().out
    joints = to_joints(read_recording(SAMPLE)).joints
    assert np.array_equal(np.load("j.npy"), joints)
    assert main(["convert", "j.npy", "f.npz", "--to", "features", "--rate", "20"]) == 0
    assert np.load("f.npz")["features"].shape == (119, 263)
    assert main(["convert", str(SAMPLE), "a.npz", "--to", "amass"]) == 0
    assert main(["convert", "a.npz", "k.npy"]) == 0
    by_body = np.load("k.npy")
    assert np.linalg.norm(by_body - joints[: len(by_body)], axis=2).mean() < 0.05


def test_convert_writes_the_detected_events_to_a_c3d_file(capsys):
    from agir_hf.gait import detect_events

    assert main(["convert", str(SAMPLE), "j.npy", "--events", "e.c3d"]) == 0
    printed = capsys.readouterr().out
    assert "j.npy: joints" in printed and "e.c3d: 11 heel strikes, 12 toe-offs" in printed
    detected, written = detect_events(read_recording(SAMPLE)).events, read_recording("e.c3d")
    differences = [a.time_s - b.time_s for a, b in zip(detected, written.events, strict=True)]
    assert max(map(abs, differences)) < 0.5 / written.rate_hz
    assert main(["convert", "j.npy", "--events", "k.c3d", "--rate", "20"]) == 0
    assert "and 22 joints" in capsys.readouterr().out and not Path("j.npz").exists()
    assert main(["measure", "e.c3d", "--events", "file", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["events_from"] == "file" and len(result["events"]) == len(detected)


def test_converted_joints_and_fitted_bodies_are_assessed(capsys):
    assert main(["convert", str(SAMPLE), "j.npz"]) == 0
    capsys.readouterr()
    assert main(["assess", "--json", str(SAMPLE), "j.npz"]) == 0
    markers, joints = map(json.loads, capsys.readouterr().out.splitlines())
    assert joints["score"] == markers["score"]
    assert joints["recording"]["marker_set"] == "joints"
    assert markers["recording"]["conventions"].startswith("mm (file), +Y up")
    assert main(["assess", "--json", "--method", "body", str(SAMPLE)]) == 0
    assert "open body" in json.loads(capsys.readouterr().out)["recording"]["marker_set"]


def test_long_gaps_are_an_error_unless_a_body_is_fitted(capsys, tmp_path, walk_with_a_long_gap):
    message = one_line_error(["assess", walk_with_a_long_gap], capsys)
    assert "is missing in frames" in message
    assert main(["assess", "--json", "--method", "body", str(walk_with_a_long_gap)]) == 0
    recording = json.loads(capsys.readouterr().out)["recording"]
    assert recording["gaps_filled"] == 1 and 1.8 < recording["longest_gap_s"] < 2.2


@pytest.fixture
def walk_with_a_long_gap(tmp_path):
    import ezc3d

    source = ezc3d.c3d(str(SAMPLE))
    target = ezc3d.c3d()
    labels = source["parameters"]["POINT"]["LABELS"]["value"]
    target["parameters"]["POINT"]["RATE"]["value"] = [150.0]
    target["parameters"]["POINT"]["UNITS"]["value"] = ["mm"]
    target["parameters"]["POINT"]["LABELS"]["value"] = labels
    points = source["data"]["points"].copy()
    points[:3, labels.index("R.Heel"), 300:600] = 0
    target["data"]["points"] = points
    target["data"]["meta_points"] = {}
    target.write(str(tmp_path / "gap.c3d"))
    return tmp_path / "gap.c3d"


class Attack:
    def __reduce__(self):
        return eval, ("1+1",)


def test_errors_of_the_user_are_one_line(capsys, tmp_path):
    Path("attack.pkl").write_bytes(pickle.dumps({"s": {"w": Attack()}}))
    Path("broken.bvh").write_text("HIERARCHY\nROOT Hips\nOFFSET 0 0 0\n")
    Path("cut.npz").write_bytes(b"PK\x03\x04abc")
    Path("list.json").write_text("[1]")
    np.save("j.npy", to_joints(read_recording(SAMPLE)).joints)
    cases = [
        (["fit", "none.c3d"], "no such file"),
        (["fit", SAMPLE, "-o", "x.txt"], "does not end in .npz"),
        (["fit", SAMPLE, "--body", "none.pkl"], "no body at"),
        (["fit", SAMPLE, "--static", "none.c3d"], "no such file"),
        (["fit", SAMPLE, SAMPLE, "-o", "x"], "several trials would be written to"),
        (["fit", SAMPLE, SAMPLE, "-o", "x.npz"], "one file for several trials"),
        (["fit", tmp_path, "--workers", "0"], "--workers is 0"),
        (["fit", SAMPLE, "--unit", "m"], "--unit mm"),
        (["fit", SAMPLE, "--up", "W"], "--up: vertical axis is 'W'"),
        (["fit", SAMPLE, "--mapping", "list.json"], "has no mapping"),
        (["fit", "j.npy", "--rate", "20"], "holds no markers"),
        (["convert", SAMPLE, "x.txt"], "expected .npy or .npz"),
        (["convert", SAMPLE, "x.npy", "--to", "amass"], "name an .npz"),
        (["convert", "j.npy", "x.npz", "--to", "amass", "--rate", "20"], "has joints only"),
        (["convert", "j.npy", "x.npz"], "--rate"),
        (["convert", SAMPLE], "nothing to write"),
        (["convert", SAMPLE, "--events", "x.trc"], "expected .c3d"),
        (["convert", SAMPLE, "--events", SAMPLE], "name another file"),
        (["convert", "attack.pkl", "x.npz"], "builtins.eval"),
        (["convert", "broken.bvh", "x.npz"], "broken hierarchy in line 3"),
        (["convert", "cut.npz", "x.npz"], "damaged"),
    ]
    for arguments, message in cases:
        assert message in one_line_error(arguments, capsys), arguments
    assert not list(tmp_path.glob("x*")) and not list(tmp_path.glob(".x*"))
