import json
import re
import shutil
from pathlib import Path

import pytest

import agir_hf
from agir_hf.cli import main
from agir_hf.simulation.c3d_writer import write_c3d
from agir_hf.simulation.cohort import simulate_subject

SAMPLE = str(agir_hf.SAMPLE_RECORDING)
EXAMPLES = Path(agir_hf.__file__).parents[1] / "spaces_app" / "examples"


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


@pytest.fixture(scope="module")
def visit(tmp_path_factory) -> Path:
    """Folder with two trials OFF and one ON of a subject, and a damaged file."""
    folder = tmp_path_factory.mktemp("data") / "SUB07"
    for state, number in (("off", 1), ("off", 2), ("on", 1)):
        (folder / state).mkdir(parents=True, exist_ok=True)
        source = EXAMPLES / f"simulated_{state}.c3d"
        shutil.copy(source, folder / state / f"SUB07_{state}_{number}.c3d")
    (folder / "off" / "damaged.c3d").write_bytes(b"no recording")
    return folder


def rows_of(text):
    """Name of a parameter → the rest of its line."""
    lines = [line for line in text.splitlines() if re.match(r"  [a-z]+_\w+ ", line)]
    return {line.split()[0]: line for line in lines}


def test_percent_and_direction_are_shown(capsys):
    files = [str(EXAMPLES / f"simulated_{state}.c3d") for state in ("off", "on")]
    assert main(["compare", *files]) == 0
    text = capsys.readouterr().out
    rows = rows_of(text)
    assert rows["speed_m_per_s"].split()[3:5] == ["+0.437", "+59"]
    assert rows["speed_m_per_s"].endswith(" better")
    assert rows["cadence_steps_per_min"].endswith(" -0.5")  # no change: no direction
    assert re.search(r"\d+ better \(nearer to the norm\), 0 worse", " ".join(text.split()))
    assert main(["compare", *reversed(files)]) == 0
    assert rows_of(capsys.readouterr().out)["speed_m_per_s"].endswith(" worse")
    assert main(["compare", *files, "--json"]) == 0
    values = {row["name"]: row for row in json.loads(capsys.readouterr().out)["parameters"]}
    assert values["speed_m_per_s"]["percent"] == pytest.approx(59, abs=1)
    assert values["speed_m_per_s"]["better"] == "better"


def test_directions_have_colours_on_a_terminal(on_terminal):
    files = [str(EXAMPLES / f"simulated_{state}.c3d") for state in ("on", "off")]
    code, text = on_terminal("compare", *files, "-q")
    assert code == 0 and "\x1b[31mworse\x1b[0m" in text and "\x1b[32mbetter" not in text
    assert "Norms" not in text and "Research" not in text


def test_a_folder_is_compared_off_with_on(visit, capsys):
    assert main(["compare", str(visit)]) == 0
    printed = capsys.readouterr()
    assert f"OFF  {visit} (OFF), 2 recordings" in printed.out
    assert " z of OFF " in printed.out and " better" in rows_of(printed.out)["speed_m_per_s"]
    assert printed.err.startswith("agir: left out: ") and "damaged.c3d" in printed.err
    assert main(["compare", str(visit / "off"), str(visit / "on"), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    speed = next(row for row in result["parameters"] if row["name"] == "speed_m_per_s")
    assert (speed["trials_a"], speed["trials_b"]) == (2, 1)


def test_a_second_walk_is_asked_for(visit, capsys):
    for path in (SAMPLE, str(visit / "off")):
        assert main(["compare", path]) == 2
        error = capsys.readouterr().err.splitlines()[-1]
        assert error.startswith("agir: B is missing") and "pass two recordings" in error


def test_a_page_with_both_walks_is_written(visit, capsys, tmp_path):
    page = tmp_path / "page.html"
    assert main(["compare", str(visit), "--id", "P 07", "--report", str(page)]) == 0
    assert capsys.readouterr().err.endswith(f"report: {page}\n")
    text = page.read_text("utf-8")
    assert "P 07" in text and "<svg" in text and "OFF" in text
    assert main(["compare", str(visit), "--id", "P 07", "--report", f"{tmp_path}/"]) == 0
    assert len(list(tmp_path.glob("P-07_comparison_*.html"))) == 1


def test_people_of_different_size_are_reported(capsys, tmp_path):
    import numpy as np

    from agir_hf.motion import read_recording, to_joints

    joints = to_joints(read_recording(SAMPLE)).joints
    for name, scale in (("a", 1.0), ("b", 0.85)):
        np.savez(tmp_path / f"{name}.npz", joints=joints * scale, rate_hz=20.0)
    assert main(["compare", str(tmp_path / "a.npz"), str(tmp_path / "b.npz")]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "Caution" in text and "leg" in text.partition("Caution")[2]
