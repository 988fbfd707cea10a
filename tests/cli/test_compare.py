import json

import pytest

import agir_hf
from agir_hf.cli import main
from agir_hf.simulation.cohort import simulate_subject
from agir_hf.simulation.virtual_mocap import write_c3d

SAMPLE = str(agir_hf.SAMPLE_RECORDING)


@pytest.fixture(scope="module")
def brisk_walk(tmp_path_factory) -> str:
    """A simulated walk with a score of 0; the score of the sample is higher."""
    path = tmp_path_factory.mktemp("compare") / "brisk.c3d"
    trial = next(simulate_subject(3, (0, 0), seed=1, walks=1))
    write_c3d(trial.recording, path)
    return str(path)


def test_the_table_shows_both_walks_and_marks_differences(brisk_walk, capsys):
    assert main(["compare", SAMPLE, brisk_walk]) == 0
    printed = capsys.readouterr().out
    assert SAMPLE in printed and brisk_walk in printed
    (speed,) = [line for line in printed.splitlines() if line.startswith("  speed_m_per_s")]
    assert "*" in speed and "m/s" in speed and " +" in speed
    for part in ("beyond measurement error", "not a clinical minimal detectable change", "chance",
                 "Research use only"):  # fmt: skip
        assert part in " ".join(printed.split())
    assert max(map(len, printed.splitlines())) < 160


def test_a_recording_compared_with_itself_has_no_mark(capsys):
    assert main(["compare", SAMPLE, SAMPLE]) == 0
    assert "*" not in capsys.readouterr().out.replace("error (*)", "")


def test_json_has_the_same_values(brisk_walk, capsys):
    assert main(["compare", "--json", SAMPLE, brisk_walk]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["files"] == [SAMPLE, brisk_walk] and result["level"] == 0.95
    rows = {row["name"]: row for row in result["parameters"]}
    speed = rows["speed_m_per_s"]
    assert speed["beyond"] and speed["difference"] > 0
    assert speed["b"]["value"] - speed["a"]["value"] == pytest.approx(speed["difference"], abs=1e-4)
    assert abs(speed["difference"]) > speed["limit"] > 0


def test_z_scores_are_of_the_age_and_no_norm_applies_to_a_child(capsys):
    def speed(*options):
        assert main(["compare", "--json", SAMPLE, SAMPLE, *options]) == 0
        result = json.loads(capsys.readouterr().out)
        rows = {row["name"]: row for row in result["parameters"]}
        return rows["speed_m_per_s"], result["norms"]

    old, norms = speed()
    assert old["z_a"] == old["z_b"] < -1.64 and norms["age"] == 70
    assert speed("--age", "30")[0]["z_a"] < old["z_a"]
    child, norms = speed("--age", "9")
    assert child["z_a"] is child["z_b"] is None and "person of 9 years" in norms["remark"]
    assert main(["compare", SAMPLE, SAMPLE, "--sex", "female"]) == 0
    assert "women of 70 years, because no age was given" in " ".join(
        capsys.readouterr().out.split()
    )


def test_an_unreadable_recording_is_an_error_of_one_line(tmp_path, capsys):
    (tmp_path / "bad.c3d").write_bytes(b"nothing")
    (tmp_path / "empty").mkdir()
    for name, part in (
        ("bad.c3d", "C3D"), ("none.c3d", "no such file"), ("empty", "has no recording"),
    ):  # fmt: skip
        assert main(["compare", SAMPLE, str(tmp_path / name)]) == 2
        printed = capsys.readouterr()
        assert printed.out == "" and printed.err.count("\n") == 1 and part in printed.err
