import csv
import hashlib
import re

import numpy as np
import pytest

from agir_hf.corpus.cohorts import read_source
from agir_hf.gait import measure
from agir_hf.motion import JointMotion, MarkerRecording, read_recording, to_joints
from agir_hf.simulation import varied_layout
from agir_hf.simulation.cohort import score_pairs, simulate_subject
from agir_hf.simulation.conventions import Convention, apply_convention
from agir_hf.simulation.ground_truth import SIMULATION_ONLY_NAMES, TRUE_NAMES
from agir_hf.simulation.shida_layout import SIMULATED_TAG
from agir_hf.simulation.varied_layout import (
    COLUMNS,
    RecordingSystem,
    draw_system,
    record_walk,
    simulate_varied_cohort,
    true_parameters,
)

SIZE = {"subjects": 4, "walks": 2, "seed": 3, "controls": 3}
SMALL = {"subjects": 3, "walks": 1, "seed": 3, "controls": 1}


def digests(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def table(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    return simulate_varied_cohort(tmp_path_factory.mktemp("varied") / "out", **SIZE)


@pytest.fixture(scope="module")
def trial():
    return next(simulate_subject(1, (1, 1), seed=2, walks=1))


def test_the_folder_has_both_tables_and_the_recordings(cohort):
    assert sorted(path.name for path in cohort.iterdir()) == [
        "README.md", "agir_simulated.json", "clinical.csv", "recordings", "truth.csv",
    ]  # fmt: skip
    rows = table(cohort / "clinical.csv")
    assert tuple(rows[0]) == COLUMNS and len(rows) == 2 * (2 * 4 + 3)
    assert {row["file"] for row in rows} == {
        path.relative_to(cohort).as_posix()
        for path in cohort.rglob("*")
        if path.suffix in (".c3d", ".npz")
    }
    for row in rows:
        session = f"{row['subject']}_{row['session']}"
        assert re.fullmatch(rf"recordings/{session}/{session}_walk_[12]\.(c3d|npz)", row["file"])


def test_scores_and_controls_are_those_of_the_subjects(cohort):
    rows = table(cohort / "clinical.csv")
    for number, pair in enumerate(score_pairs(SIZE["subjects"], SIZE["seed"]), 1):
        for session, score in zip(("off", "on"), pair, strict=True):
            scores = {
                row["score"]
                for row in rows
                if (row["subject"], row["session"]) == (f"SUB{number:02d}", session)
            }
            assert scores == {"-" if score is None else str(score)}
    controls = [row for row in rows if row["subject"].startswith("CON")]
    assert {row["subject"] for row in controls} == {"CON01", "CON02", "CON03"}
    assert {(row["session"], row["score"]) for row in controls} == {("control", "0")}
    assert all(20 <= int(row["age"]) <= 85 for row in controls)


def test_controls_are_young_and_old():
    ages = [
        varied_layout._subject(job).age
        for job in varied_layout._jobs(None, subjects=3, walks=1, seed=0, controls=200)
        if job.is_control
    ]
    assert min(ages) < 25 and max(ages) > 80 and 45 < np.mean(ages) < 60


def test_each_session_is_recorded_by_one_system(cohort):
    systems = {}
    for row in table(cohort / "clinical.csv"):
        recording = read_recording(cohort / row["file"])
        assert isinstance(recording, MarkerRecording) == (row["system"] == "markers")
        assert recording.rate_hz == float(row["rate_hz"])
        systems.setdefault((row["subject"], row["session"]), set()).add(
            (row["system"], row["rate_hz"])
        )
        assert to_joints(recording).joints.shape[1:] == (22, 3)
    assert all(len(each) == 1 for each in systems.values())
    assert len({system for each in systems.values() for system in each}) > 2


def test_measured_gait_agrees_with_the_truth_in_every_system(cohort):
    truth = {row["trial"]: row for row in table(cohort / "truth.csv")}
    assert list(next(iter(truth.values()))) == [
        "trial", "session", "score", *TRUE_NAMES, *SIMULATION_ONLY_NAMES,
    ]  # fmt: skip
    rows = table(cohort / "clinical.csv")
    assert len(truth) == len(rows)
    for row in rows:
        true = truth[row["file"].rpartition("/")[2].partition(".")[0]]
        assert true["session"] == f"{row['subject']}_{row['session']}"
        assert true["score"] == row["score"]
        measured = measure(read_recording(cohort / row["file"])).parameters
        for name, tolerance in (
            ("speed_m_per_s", 0.04), ("step_length_m", 0.03), ("trunk_flexion_deg", 2.0),
        ):  # fmt: skip
            assert measured[name].value == pytest.approx(float(true[name]), abs=tolerance), name


def test_the_corpus_reader_reads_the_cohort(cohort):
    source = read_source(cohort)
    rows = table(cohort / "clinical.csv")
    assert source.simulated and source.kind == "folder"
    assert len(source.items) == sum(row["score"] != "-" for row in rows)
    medications = {item.session.partition("_")[2]: item.medication for item in source.items}
    assert medications == {"off": "off", "on": "on", "control": "unknown"}
    assert all(item.age and item.sex in ("male", "female") for item in source.items)


def test_the_card_says_that_everything_is_simulated(cohort):
    card = (cohort / "README.md").read_text(encoding="utf-8")
    assert card.startswith(f"# {SIMULATED_TAG}\n") and "**Everything here is SIMULATED.**" in card
    assert "--layout varied --subjects 4 --walks 2 --controls 3 --seed 3" in card
    assert card.isascii() and not re.search(r"[{}]", card) and str(cohort) not in card


@pytest.mark.slow
def test_equal_seeds_give_equal_files_for_any_number_of_workers(cohort, tmp_path):
    again = simulate_varied_cohort(tmp_path / "again", **SIZE, workers=2)
    assert digests(again) == digests(cohort)


def test_systems_have_the_rates_of_real_ones():
    systems = [draw_system(np.random.default_rng(seed)) for seed in range(300)]
    rates = {}
    for system in systems:
        rates.setdefault(system.name, set()).add(system.rate_hz)
        assert (system.convention is None) == (system.name == "markers")
    assert rates == {
        "markers": {100.0, 120.0, 150.0, 200.0}, "skeleton": {60.0, 100.0, 120.0}, "camera": {30.0},
    }  # fmt: skip
    shares = [sum(s.name == name for s in systems) / 300 for name in ("markers", "camera")]
    assert shares == pytest.approx([0.5, 0.2], abs=0.1)


@pytest.mark.parametrize("rate_hz", [100.0, 200.0])
def test_markers_of_another_rate_are_those_of_the_walk(trial, rate_hz):
    rng = np.random.default_rng(0)
    recording = record_walk(
        trial.walk, trial.session.placement, RecordingSystem("markers", rate_hz), rng, source="walk"
    )
    duration_s = len(trial.walk.joints) / trial.walk.rate_hz
    assert recording.duration_s == pytest.approx(duration_s, abs=0.02)
    events = [(event.side, event.kind) for event in recording.events]
    assert events == [(event.side, event.kind) for event in trial.recording.events]
    for ours, before in zip(recording.events, trial.recording.events, strict=True):
        assert ours.time_s == before.time_s
    distances = []
    for each in (recording, trial.recording):
        at = [each.labels.index(label) for label in ("L.Heel", "R.Heel")]
        heels = each.positions[:, at]
        times = np.arange(len(heels)) / each.rate_hz
        seen = np.isfinite(heels).all(axis=(1, 2))
        distance = np.linalg.norm(heels[:, 0] - heels[:, 1], axis=1)
        distances.append(np.interp(np.arange(0.5, 3.0, 0.1), times[seen], distance[seen]))
    np.testing.assert_allclose(*distances, atol=0.02)


def test_joints_are_those_of_the_convention_with_noise(trial):
    convention = draw_system(np.random.default_rng(4)).convention or Convention.identity()
    system = RecordingSystem("skeleton", 75.0, convention, noise_m=0.002)
    recording = record_walk(
        trial.walk, trial.session.placement, system, np.random.default_rng(0), source="walk"
    )
    assert isinstance(recording, JointMotion) and recording.rate_hz == 75.0
    expected = apply_convention(trial.walk.joints, convention)[::2]
    for first, second in ((16, 17), (4, 15), (7, 8)):
        ours, true = (
            np.linalg.norm(joints[:, first] - joints[:, second], axis=1)
            for joints in (recording.joints, expected)
        )
        frames = min(len(ours), len(true))
        difference = ours[:frames] - true[:frames]
        assert 0.001 < difference.std() < 0.004 and abs(difference.mean()) < 0.001


def test_true_parameters_are_those_of_the_skeleton(trial):
    rotations = np.zeros((22, 3))
    leaning = Convention(rotations, np.ones(22), 5.0)
    markers, skeleton = RecordingSystem("markers", 100.0), RecordingSystem("camera", 30.0, leaning)
    walk, parameters = trial.walk, trial.parameters
    assert true_parameters(walk, parameters, markers) == parameters
    values = true_parameters(walk, parameters, skeleton)
    assert set(values) == set(trial.parameters)
    lean = values["trunk_flexion_deg"] - trial.parameters["trunk_flexion_deg"]
    assert 4.0 < lean < 5.1  # from the hips to the neck; the trunk leans above the pelvis
    for name in ("speed_m_per_s", "step_length_m", "margin_of_stability_ap_m"):
        assert values[name] == pytest.approx(trial.parameters[name], abs=1e-9)


def test_folders_with_other_content_are_not_overwritten(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="is not empty"):
        simulate_varied_cohort(tmp_path, **SMALL)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_an_error_leaves_no_files(tmp_path, monkeypatch):
    def fail(job):
        (job.folder / "half.npz").write_bytes(b"half")
        raise RuntimeError("no steps")

    monkeypatch.setattr(varied_layout, "_simulate", fail)
    with pytest.raises(RuntimeError):
        simulate_varied_cohort(tmp_path / "out", **SMALL)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"subjects": 2}, "subjects is 2, expected at least 3"),
        ({"walks": 0}, "walks is 0, expected at least 1"),
        ({"workers": 0}, "workers is 0, expected at least 1"),
        ({"seed": -1}, "seed is -1, expected at least 0"),
        ({"controls": -1}, "controls is -1, expected at least 0"),
    ],
)
def test_invalid_numbers_raise_an_error(tmp_path, change, message):
    with pytest.raises(ValueError) as excinfo:
        simulate_varied_cohort(tmp_path / "out", **{**SMALL, **change})
    assert str(excinfo.value) == message
    assert not list(tmp_path.iterdir())
