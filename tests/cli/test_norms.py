"""``agir norms``: norms of a laboratory from a folder of recordings."""

import csv
import gzip
import json
import shutil

import numpy as np
import pytest

import agir_hf
from agir_hf.cli import main
from agir_hf.gait import load_norms, reference
from agir_hf.gait.grades import NORMAL_GRADE, grade_of
from agir_hf.motion import read_recording, to_joints

SUBJECTS = 6


@pytest.fixture(scope="module")
def walks(tmp_path_factory):
    """Six joint files of one simulated walk, in other sizes and at other speeds."""
    folder = tmp_path_factory.mktemp("walks")
    motion = to_joints(read_recording(agir_hf.SAMPLE_RECORDING))
    sizes, paces = np.linspace(0.92, 1.08, SUBJECTS), (1.0, 1.06, 0.95, 1.1, 0.97, 1.03)
    for i, (size, pace) in enumerate(zip(sizes, paces, strict=True)):
        np.savez(folder / f"H{i}.npz", joints=motion.joints * size, rate_hz=motion.rate_hz * pace)
    return folder


@pytest.fixture
def controls(walks, tmp_path):
    """A copy of the walks, in a folder named controls."""
    return shutil.copytree(walks, tmp_path / "controls")


def run(*arguments):
    return main(["norms", *map(str, arguments)])


def table(folder, rows, columns=("subject", "session", "file", "score", "age", "sex")):
    with (folder / "clinical.csv").open("w", newline="") as file:
        csv.writer(file).writerows([columns, *rows])


def healthy_rows():
    return [
        (f"H{i}", "base", f"H{i}.npz", 0, 55 + 4 * i, "m" if i % 2 else "f")
        for i in range(SUBJECTS)
    ]


def test_a_folder_of_recordings_becomes_norms(controls, tmp_path, capsys):
    out = tmp_path / "norms.json"
    assert run(controls, "-o", out) == 0
    printed = capsys.readouterr()
    for part in ("6 healthy walkers (ages unknown) of controls", "speed_m_per_s", "laboratory",
                 "published", "no norm", f"--norms {out}"):  # fmt: skip
        assert part in printed.out
    assert (
        "6 walks are of 6 subjects" in printed.err
        and "age of 6 of 6 subjects is not known" in printed.err
    )
    assert "SD of 6 subjects is imprecise (standard error 32%)" in printed.err
    norms = load_norms(out)
    assert (norms.provenance.subjects, norms.provenance.walks) == (6, 6)
    assert str(tmp_path) not in out.read_text()
    speed = norms.reference("speed_m_per_s")
    assert speed.status == "laboratory" and speed.source in norms.title
    for name in norms.parameters:
        norm = norms.reference(name)
        assert grade_of(name, norm.mean, norm) == NORMAL_GRADE


def test_json_has_the_table_and_only_it(controls, tmp_path, capsys):
    out = tmp_path / "norms.json"
    assert run(controls, "-o", out, "--json") == 0
    result = json.loads(capsys.readouterr().out)
    assert result["file"] == str(out) and result["title"] == load_norms(out).title
    row = result["parameters"]["step_length_m"]
    published = reference("step_length_m")
    assert row["n"] == SUBJECTS and row["unit"] == "m"
    assert row["published"]["mean"] == pytest.approx(published.mean, abs=1e-4)
    assert row["difference_sd"] == pytest.approx(published.z(row["mean"]), abs=0.01)
    assert result["parameters"]["step_height_m"]["published"] is None
    assert result["without_laboratory_norm"]


def test_a_table_gives_ages_and_excludes_other_scores_and_children(controls, tmp_path, capsys):
    rows = healthy_rows()
    for name in ("ill", "unscored", "child"):
        shutil.copy(controls / "H0.npz", controls / f"{name}.npz")
    rows += [
        ("ill", "base", "ill.npz", 2, 60, "m"),
        ("unscored", "base", "unscored.npz", "", 60, "m"),
        ("child", "base", "child.npz", 0, 12, "f"),
        ("gone", "base", "gone.npz", 0, 50, "f"),
    ]
    table(controls, rows)
    assert run(controls, "-o", tmp_path / "norms.json") == 0
    origin = load_norms(tmp_path / "norms.json").provenance
    assert origin.title.startswith("6 healthy walkers (55 to 75 years) of controls")
    assert origin.mean_age_years == 65 and origin.sexes == {"male": 3, "female": 3, "unknown": 0}
    reasons = " ".join(f"{name}: {reason};" for name, reason in origin.excluded.items())
    for part in ("ill_base/ill: its score is 2", "has no score", "subject child: 12 years",
                 "gone.npz: the file does not exist"):  # fmt: skip
        assert part in reasons
    assert "left out: ill_base/ill: its score is 2" in capsys.readouterr().err


def test_files_of_one_subfolder_are_of_one_subject(controls, tmp_path, capsys):
    for path in sorted(controls.iterdir()):
        subject = controls / path.stem / "visit"
        subject.mkdir(parents=True)
        shutil.copy(path, subject / "second.npz")
        path.rename(subject / "first.npz")
    assert run(controls, "-o", tmp_path / "norms.json") == 0
    origin = load_norms(tmp_path / "norms.json").provenance
    assert (origin.subjects, origin.walks) == (6, 12)
    assert "walks are of" not in capsys.readouterr().err


def test_packed_recordings_of_a_folder_are_measured(controls, tmp_path):
    packed = gzip.compress((controls / "H0.npz").read_bytes())
    (controls / "H0.npz.gz").write_bytes(packed)
    (controls / "H0.npz").unlink()
    (controls / "notes.txt.gz").write_bytes(packed)
    assert run(controls, "-o", tmp_path / "norms.json") == 0
    origin = load_norms(tmp_path / "norms.json").provenance
    assert (origin.walks, origin.excluded) == (6, {})


def test_recordings_that_cannot_be_measured_are_left_out_with_the_reason(
    controls, tmp_path, capsys
):
    (controls / "bad.c3d").write_bytes(b"nothing")
    (controls / "notes.txt").write_text("none")
    sub = controls / "sub"
    sub.mkdir()
    (sub / "walks.pkl").write_bytes(b"nothing")
    assert run(controls, "-o", tmp_path / "norms.json") == 0
    excluded = load_norms(tmp_path / "norms.json").provenance.excluded
    assert set(excluded) == {"bad.c3d", "sub/walks.pkl"}
    assert str(tmp_path) not in " ".join(excluded.values())
    assert "left out: bad.c3d: " in capsys.readouterr().err


@pytest.mark.slow
def test_workers_make_the_same_norms(controls, tmp_path):
    assert run(controls, "-o", tmp_path / "a.json") == 0
    assert run(controls, "-o", tmp_path / "b.json", "--workers", "2") == 0
    assert (tmp_path / "a.json").read_text() == (tmp_path / "b.json").read_text()


def fails(capsys, message, *arguments):
    assert run(*arguments) == 2
    lines = capsys.readouterr().err.strip().split("\n")
    assert message in lines[-1] and lines[-1].startswith("agir: ")


def test_errors_are_one_line(controls, tmp_path, capsys):
    out = tmp_path / "norms.json"
    fails(capsys, "is not a folder", tmp_path / "absent", "-o", out)
    (tmp_path / "empty").mkdir()
    fails(capsys, "holds no recording", tmp_path / "empty", "-o", out)
    fails(capsys, "--workers is 0", controls, "-o", out, "--workers", "0")
    fails(capsys, "--item is for one file", controls, "-o", out, "--item", "a/b")
    fails(capsys, "no such folder", controls, "-o", tmp_path / "absent/norms.json")
    (tmp_path / "notes.json").write_text("[1]")
    fails(capsys, "not a file of norms", controls, "-o", tmp_path / "notes.json")
    assert (tmp_path / "notes.json").read_text() == "[1]" and not out.exists()
    table(
        controls, [row[:4] for row in healthy_rows()][:3], ("subject", "session", "file", "score")
    )
    fails(capsys, "healthy adults: 3, expected at least 5", controls, "-o", out)
    table(controls, [("A", "base", "H0.npz", "")])
    fails(capsys, "no recording with a score", controls, "-o", out)
    table(controls, [], ("subject", "file"))
    fails(capsys, "has no column", controls, "-o", out)
    table(controls, [("H0", "base", f"H{i}.npz", 0, 60, "mf"[i % 2]) for i in range(SUBJECTS)])
    fails(capsys, "subject H0 is male and female", controls, "-o", out)
    assert not out.exists()


def test_patients_of_a_cohort_are_not_taken_for_healthy(controls, tmp_path, capsys):
    shutil.copy(agir_hf.SAMPLE_RECORDING, controls / "SUB01_off_walk_1.c3d")
    fails(capsys, "holds no clinical table", controls, "-o", tmp_path / "norms.json")


@pytest.mark.slow
def test_simulated_healthy_walkers_make_norms_marked_as_simulated(tmp_path):
    from agir_hf.simulation.c3d_writer import write_c3d
    from agir_hf.simulation.cohort import simulate_subject
    from agir_hf.simulation.mark import write_mark

    folder = tmp_path / "simulated"
    folder.mkdir()
    rows = []
    for number in range(1, 7):
        trial = next(simulate_subject(number, (0, 0), seed=0, walks=1))
        write_c3d(trial.recording, folder / f"{trial.name}.c3d")
        rows.append((f"S{number}", "base", f"{trial.name}.c3d", 0, 50 + number, ""))
    table(folder, rows)
    write_mark(folder, "a test", "0")
    assert run(folder, "-o", tmp_path / "norms.json") == 0
    norms = load_norms(tmp_path / "norms.json")
    assert norms.title.startswith("6 simulated healthy walkers (51 to 56 years) of simulated")
    assert len(norms.parameters) >= 25


def test_real_walkers_make_norms(shared, tmp_path, capsys):
    assert run(shared / "data/mcgill_biomechzoo", "-o", tmp_path / "norms.json") == 0
    norms = load_norms(tmp_path / "norms.json")
    assert (norms.provenance.subjects, norms.provenance.walks) == (5, 10)
    assert sum("static trial" in reason for reason in norms.provenance.excluded.values()) == 5
    assert 1.1 < norms.reference("speed_m_per_s").mean < 1.5
    assert 50 < norms.reference("knee_range_deg").mean < 70
