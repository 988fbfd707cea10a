import csv
import io
import json
import os
import shutil
import subprocess
import sys

import pytest

import agir_hf
from agir_hf.assessment import prepare_recording
from agir_hf.cli import main
from agir_hf.gait import build_norms, save_norms

SAMPLE = str(agir_hf.SAMPLE_RECORDING)


def test_the_table_shows_values_and_absent_parameters(capsys):
    assert main(["measure", SAMPLE]) == 0
    printed = capsys.readouterr().out
    for part in ("overground", "heel strikes", "cadence_steps_per_min", "absent: no turn"):
        assert part in printed


def test_a_file_name_is_no_formula_in_a_spreadsheet(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(SAMPLE, "=1+1.c3d")
    assert main(["measure", "--csv", "=1+1.c3d"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["file"] for row in rows} == {"'=1+1.c3d"}
    assert any(float(row["z"] or 0) < 0 for row in rows)  # numbers are unchanged


def test_json_and_csv_have_the_same_values(capsys, tmp_path):
    assert main(["measure", "--json", SAMPLE]) == 0
    result = json.loads(capsys.readouterr().out)
    assert {"events", "parameters", "absent", "norms", "recording"} <= set(result)
    assert set(result["events"][0]) == {"side", "kind", "time_s"}
    assert set(result["parameters"]["speed_m_per_s"]) == {
        *("value", "unit", "sd", "n", "norm", "z", "grade")
    }
    assert set(result["parameters"]["speed_m_per_s"]["norm"]) == {"mean", "sd", "source", "status"}
    assert main(["measure", "--csv", SAMPLE]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["parameter"]: float(row["value"]) for row in rows} == pytest.approx(
        {name: row["value"] for name, row in result["parameters"].items()}
    )


def test_age_sex_and_the_norms_of_a_laboratory_change_the_z_scores(capsys, tmp_path):
    value = prepare_recording(SAMPLE).measured.parameters["speed_m_per_s"].value
    slow = [(f"S{i}", 60, None, {"speed_m_per_s": value + i / 50}) for i in range(-4, 5)]
    save_norms(build_norms(slow, "slow walkers"), tmp_path / "norms.json")

    def measured(*options):
        assert main(["measure", SAMPLE, *options]) == 0
        text = capsys.readouterr().out
        assert main(["measure", "--json", SAMPLE, *options]) == 0
        result = json.loads(capsys.readouterr().out)
        return " ".join(text.split()), result["norms"], result["parameters"]["speed_m_per_s"]

    text, norms, speed = measured()
    assert "men and women of 70 years, because no age was given" in text
    assert norms["age"] == 70 and speed["grade"] == "moderately reduced"
    text, _, young = measured("--age", "30", "--sex", "male")
    assert "men of 30 years Person 30 years, male Identity" in text and young["z"] < speed["z"]
    text, norms, own = measured("--norms", str(tmp_path / "norms.json"))
    assert norms["title"] in text and "9 healthy walkers" in norms["title"]
    assert own["norm"]["status"] == "laboratory" and own["grade"] == "normal"


def test_a_child_has_values_and_no_z_score(capsys):
    assert main(["measure", "--json", SAMPLE, "--age", "9"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert "no norm applies to a person of 9 years" in result["norms"]["remark"]
    rows = result["parameters"].values()
    assert all(row["norm"] is row["z"] is row["grade"] is None for row in rows)
    assert main(["measure", SAMPLE, "--age", "9"]) == 0
    assert "no norm applies to a person of 9 years" in capsys.readouterr().out
    assert main(["measure", "--csv", SAMPLE, "--age", "9"]) == 0
    printed = capsys.readouterr()
    assert "no norm applies" in printed.err and "no norm" not in printed.out


def test_converted_joints_are_measured(capsys, tmp_path):
    assert main(["convert", SAMPLE, str(tmp_path / "j.npz")]) == 0
    capsys.readouterr()
    assert main(["measure", "--json", str(tmp_path / "j.npz")]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["recording"]["timing_resolution_s"] == 0.025


def test_a_bad_file_is_an_error_of_one_line_and_is_skipped(capsys, tmp_path):
    (tmp_path / "bad.c3d").write_bytes(b"nothing")
    assert main(["measure", "--json", str(tmp_path / "bad.c3d"), SAMPLE]) == 2
    printed = capsys.readouterr()
    assert len(printed.out.splitlines()) == 1 and printed.err.count("\n") == 1
    assert "bad.c3d" in printed.err


def test_a_closed_pipe_is_no_error():
    command = f"{sys.executable} -m agir_hf.cli measure {SAMPLE} {SAMPLE} | head -1"
    run = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=120)
    assert run.stdout.startswith("recording ") and not run.stderr


def test_names_that_an_encoding_lacks_are_written_as_escapes(tmp_path):
    name = os.fsdecode(b"walk_\xff\xc3\xa9.c3d")  # one byte that is not UTF-8, and an e with accent
    try:
        shutil.copy(SAMPLE, tmp_path / name)
    except (OSError, UnicodeError):
        pytest.skip("this file system has names in UTF-8 only")
    words = [sys.executable, "-m", "agir_hf.cli", "measure", name]
    for more in ([], ["--csv", "out.csv"], ["--report", "out.html"]):
        run = subprocess.run(
            [*words, *more], cwd=tmp_path, capture_output=True, timeout=120,
            env=os.environ | {"PYTHONIOENCODING": "ascii"},
        )  # fmt: skip
        assert run.returncode == 0, run.stderr
    assert b"walk_\\udcff\\xe9.c3d" in run.stdout
    for output in ("out.csv", "out.html"):
        assert "walk_\\udcffé.c3d" in (tmp_path / output).read_text(encoding="utf-8")


def test_the_events_of_the_file_are_used_and_compared_on_request(capsys):
    assert main(["measure", str(SAMPLE), "--json", "--events", "file"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["events_from"] == "file" and result["events"] == result["file_events"]
    assert len(result["detected_events"]) == 23
    assert result["event_agreement"]["heel_strike"]["tolerance_s"] == 0.05
    assert main(["measure", str(SAMPLE), "--events", "file"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "heel strikes within 50 ms, median difference" in text
    assert "the events of the file are used" in text


def test_a_file_without_events_is_one_line(capsys, tmp_path):
    path = tmp_path / "walk.npz"
    assert main(["convert", str(SAMPLE), str(path)]) == 0
    capsys.readouterr()
    assert main(["measure", str(path), "--events", "file"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "walk.npz has no gait events" in error
