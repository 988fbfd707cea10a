import csv
import io
import json
import subprocess
import sys

import pytest

import agir_hf
from agir_hf.cli import main

SAMPLE = str(agir_hf.SAMPLE_RECORDING)


def test_the_table_shows_values_and_absent_parameters(capsys):
    assert main(["measure", SAMPLE]) == 0
    printed = capsys.readouterr().out
    for part in ("overground", "heel strikes", "cadence_steps_per_min", "absent: no turn"):
        assert part in printed


def test_json_and_csv_have_the_same_values(capsys, tmp_path):
    assert main(["measure", "--json", SAMPLE]) == 0
    result = json.loads(capsys.readouterr().out)
    assert {"events", "parameters", "absent", "recording"} <= set(result)
    assert set(result["events"][0]) == {"side", "kind", "time_s"}
    assert set(result["parameters"]["speed_m_per_s"]) == {
        *("value", "unit", "sd", "n", "norm", "z")
    }
    assert main(["measure", "--csv", SAMPLE]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["parameter"]: float(row["value"]) for row in rows} == pytest.approx(
        {name: row["value"] for name, row in result["parameters"].items()}
    )


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
    assert run.stdout.strip() == SAMPLE and not run.stderr
