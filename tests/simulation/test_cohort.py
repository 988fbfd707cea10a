import csv
import hashlib
import re
import shutil
from collections import Counter

import numpy as np
import pytest

from agir_hf.corpus.clinical import read_clinical, read_rows
from agir_hf.humanml3d import FEATURE_SLICES, joints_to_features
from agir_hf.motion import read_recording, to_joints
from agir_hf.motion.body import body_joints
from agir_hf.motion.recording import BodyMotion
from agir_hf.simulation import cohort as cohort_module
from agir_hf.simulation.cohort import score_pairs, simulate_cohort, simulate_subject
from agir_hf.simulation.ground_truth import SIMULATION_ONLY_NAMES, TRUE_NAMES
from agir_hf.simulation.shida_layout import COLUMNS, MISSING, SIMULATED_TAG
from agir_hf.simulation.subjects import SCORE_PAIRS
from agir_hf.simulation.virtual_mocap import gait_events
from agir_hf.simulation.walker_body import JOINTS, SIDES

SIZE = {"subjects": 3, "walks": 2, "seed": 5}
SMALL = {"subjects": 3, "walks": 1, "seed": 5}
SESSIONS = [f"SUB{number:02d}_{medication}" for number in (1, 2, 3) for medication in ("off", "on")]


def digests(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    return simulate_cohort(tmp_path_factory.mktemp("cohort") / "out", **SIZE)


@pytest.fixture(scope="module")
def truth(cohort):
    """Rows of truth.csv."""
    with (cohort / "truth.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def recording_of(cohort, row):
    return cohort / "C3Dfiles" / row["session"] / f"{row['trial']}.c3d"


def test_recordings_are_in_the_shida_layout(cohort, truth):
    assert sorted(p.name for p in cohort.iterdir()) == [
        "C3Dfiles", "PDGinfo.csv", "README.md", "agir_simulated.json", "truth", "truth.csv",
    ]  # fmt: skip
    folders = sorted(p for p in (cohort / "C3Dfiles").iterdir())
    assert [folder.name for folder in folders] == SESSIONS
    for folder in folders:
        names = sorted(p.name for p in folder.iterdir())
        assert len(names) == 3 and f"{folder.name}_static.c3d" in names
        for name in names:
            assert re.fullmatch(rf"(Trimmed_)?{folder.name}_(walk_\d+b?|static)\.c3d", name)
    assert f"{SESSIONS[0]}_walk_1.c3d" in {p.name for p in folders[0].iterdir()}
    assert {recording_of(cohort, row) for row in truth} == {
        path for path in cohort.rglob("*.c3d") if "static" not in path.name
    }


def test_recordings_have_the_markers_and_events_of_a_laboratory(cohort, truth):
    for row in truth:
        recording = read_recording(recording_of(cohort, row))
        assert len(recording.labels) == 44 and recording.rate_hz == 150
        assert {(e.side, e.kind) for e in recording.events} == {
            (side, kind) for side in ("left", "right") for kind in ("heel_strike", "toe_off")
        }
        steps = sum(event.kind == "heel_strike" for event in recording.events)
        assert steps >= 5  # at least four countable steps
        assert to_joints(recording).joints.shape[1:] == (22, 3)


def test_each_session_has_a_static_trial(cohort):
    for session in SESSIONS:
        recording = read_recording(cohort / "C3Dfiles" / session / f"{session}_static.c3d")
        assert recording.events == () and recording.duration_s == pytest.approx(1.0, abs=0.01)
        assert not np.isnan(recording.positions).any()
        assert np.ptp(recording.positions, axis=0).max() < 0.06
        heels = recording.positions[:, [recording.labels.index(f"{s}.Heel") for s in "LR"]]
        assert np.ptp(heels, axis=0).max() < 0.01
        assert np.abs(heels[:, 0, 1] - heels[:, 1, 1]).max() < 0.03


def test_the_clinical_table_has_the_columns_of_the_data_set(cohort, truth):
    with (cohort / "PDGinfo.csv").open(encoding="utf-8") as file:
        assert tuple(next(csv.reader(file))) == COLUMNS
    people = read_clinical(cohort / "PDGinfo.csv")
    assert list(people) == ["SUB01", "SUB02", "SUB03"]
    pairs = score_pairs(SIZE["subjects"], SIZE["seed"])
    assert [(p.scores["off"], p.scores["on"]) for p in people.values()] == pairs
    text = (cohort / "PDGinfo.csv").read_text(encoding="utf-8")
    scores = [value for pair in pairs for value in pair]
    rows = read_rows(cohort / "PDGinfo.csv", ("ON - UPDRS-III - walking",))
    missing = [row["OFF - UPDRS-III - walking"] for row in rows].count(MISSING)
    assert None in scores and missing == [pair[0] for pair in pairs].count(None)
    assert ",," not in text and "nan" not in text  # a missing value is "-"
    for row in truth:
        subject, medication = row["session"].split("_")
        score = people[subject].scores[medication]
        assert row["score"] == (MISSING if score is None else str(score))


def test_the_truth_table_has_every_parameter_of_every_walk(truth):
    assert list(truth[0]) == ["trial", "session", "score", *TRUE_NAMES, *SIMULATION_ONLY_NAMES]
    assert len(truth) == 12
    assert [row["session"] for row in truth] == [s for s in SESSIONS for _ in range(2)]
    for row in truth:
        assert row["trial"].removeprefix("Trimmed_").startswith(row["session"])
        assert 0.1 < float(row["speed_m_per_s"]) < 1.8
        assert -0.5 < float(row["margin_of_stability_ap_m"]) < 0.5


def test_truth_files_agree_with_the_recordings(cohort, truth):
    for row in truth:
        with np.load(cohort / "truth" / f"{row['trial']}.npz") as file:
            values = dict(file)
        recording = read_recording(recording_of(cohort, row))
        frames = len(recording.positions)
        assert values["betas"].shape == (10,)
        assert values["poses"].shape == (frames, 24, 3)
        assert values["trans"].shape == (frames, 3)
        assert values["mocap_framerate"] == recording.rate_hz
        events = zip(
            values["event_time_s"], values["event_side"], values["event_kind"], strict=True
        )
        for (time_s, side, kind), event in zip(events, recording.events, strict=True):
            assert (side, kind) == (event.side, event.kind)
            assert time_s == pytest.approx(event.time_s, abs=1e-4)
        parameters = dict(zip(values["parameter_names"], values["parameter_values"], strict=True))
        assert parameters == pytest.approx(
            {name: float(row[name]) for name in parameters}, rel=1e-5, abs=1e-9
        )
        assert values["freezes_s"].shape[1] == 2

        motion = BodyMotion(
            betas=values["betas"], poses=values["poses"], translation=values["trans"],
            rate_hz=recording.rate_hz, body="open",
        )  # fmt: skip
        ankles = body_joints(motion).joints[:, [JOINTS.index(f"{side}_ankle") for side in SIDES]]
        labels = [recording.labels.index(f"{side}.Ankle") for side in "LR"]
        true_distance, recorded = (
            np.linalg.norm(both[:, 0] - both[:, 1], axis=1)
            for both in (ankles, recording.positions[:, labels])
        )
        visible = ~np.isnan(recorded)
        # the markers are placed with errors of up to 30 mm
        assert np.corrcoef(true_distance[visible], recorded[visible])[0, 1] > 0.9


def test_truth_files_have_the_motion_of_the_walk(cohort):
    pairs = score_pairs(SIZE["subjects"], SIZE["seed"])
    for trial in simulate_subject(1, pairs[0], seed=SIZE["seed"], walks=SIZE["walks"]):
        motion = trial.walk.motion()
        with np.load(cohort / "truth" / f"{trial.name}.npz") as file:
            np.testing.assert_array_equal(file["betas"], motion.betas)
            np.testing.assert_allclose(file["poses"], motion.poses, atol=1e-6)
            np.testing.assert_allclose(file["trans"], motion.translation, atol=1e-6)


def test_the_card_says_that_everything_is_simulated(cohort):
    card = (cohort / "README.md").read_text(encoding="utf-8")
    assert card.startswith(f"# {SIMULATED_TAG}\n") and "**Everything here is SIMULATED.**" in card
    assert "agir corpus simulate OUT --subjects 3 --walks 2 --seed 5" in card
    assert "3 subjects, OFF and ON, 2 walks per session" in card
    assert card.isascii() and not re.search(r"[{}]", card)
    assert str(cohort) not in card


def test_controls_follow_the_patients_and_do_not_change_them(cohort, tmp_path):
    out = simulate_cohort(tmp_path / "out", **SIZE, controls=2)
    people = read_clinical(out / "PDGinfo.csv")
    assert list(people)[3:] == ["SUB04", "SUB05"]
    assert all(set(people[name].scores.values()) == {0} for name in ("SUB04", "SUB05"))
    before, after = digests(cohort), digests(out)
    of_patients = [name for name in before if name.startswith(("C3Dfiles", "truth/"))]
    assert {name: after[name] for name in of_patients} == {n: before[n] for n in of_patients}
    card = (out / "README.md").read_text(encoding="utf-8")
    assert "The last 2 are healthy adults" in card and "--controls 2" in card


def test_no_temporary_folder_remains(cohort):
    assert [p.name for p in cohort.parent.iterdir()] == ["out"]


@pytest.mark.slow
@pytest.mark.parametrize("files", [4000, 1])  # the second replaces processes after a subject
def test_equal_seeds_give_equal_files_for_any_number_of_workers(
    cohort, tmp_path, monkeypatch, files
):
    monkeypatch.setattr(cohort_module, "_FILES_PER_PROCESS", files)
    again = simulate_cohort(tmp_path / "again", **SIZE, workers=2)
    assert digests(again) == digests(cohort)


def test_equal_seeds_give_equal_files_in_another_folder(cohort, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert digests(simulate_cohort("again", **SIZE)) == digests(cohort)


def test_another_seed_gives_another_cohort():
    first, same, other = (
        next(simulate_subject(1, (2, 2), seed=seed, walks=1)).recording.positions
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, same)
    assert first.shape != other.shape or not np.allclose(first, other, equal_nan=True)


def test_trials_of_a_subject_are_in_the_order_of_sessions():
    trials = list(simulate_subject(7, (1, None), seed=3, walks=2))
    sessions = [(t.session.medication, t.session.score) for t in trials]
    assert sessions == [("off", 1)] * 2 + [("on", None)] * 2
    assert [re.sub("b$|^Trimmed_", "", t.name) for t in trials] == [
        "SUB07_off_walk_1", "SUB07_off_walk_2", "SUB07_on_walk_1", "SUB07_on_walk_2",
    ]  # fmt: skip
    for trial in trials:
        assert trial.recording.source == f"{trial.name} (simulated)"
        assert trial.recording.events == gait_events(trial.walk)
        assert set(trial.parameters) <= {*TRUE_NAMES, *SIMULATION_ONLY_NAMES}
    bodies = {tuple(trial.walk.body.betas) for trial in trials}
    assert len(bodies) == 1


def test_more_walks_do_not_change_the_first_ones():
    (single,) = (
        t for t in simulate_subject(2, (0, 0), seed=1, walks=1) if t.name.endswith("off_walk_1")
    )
    more = next(simulate_subject(2, (0, 0), seed=1, walks=3))
    np.testing.assert_array_equal(single.recording.positions, more.recording.positions)


def test_irregular_file_names_are_as_frequent_as_in_the_data_set():
    names = [
        name.format("SUB01_off")
        for seed in range(400)
        for name in cohort_module._walk_names(6, np.random.default_rng(seed))
    ]
    kinds = Counter(
        "both" if name.startswith("Trimmed_") and name.endswith("b")
        else "trimmed" if name.startswith("Trimmed_")
        else "repeated" if name.endswith("b") else "plain"
        for name in names
    )  # fmt: skip
    assert 0.02 < kinds["trimmed"] / len(names) < 0.08
    assert 0.02 < kinds["repeated"] / len(names) < 0.08
    assert kinds["both"] and kinds["plain"] > 0.85 * len(names)
    assert {"SUB01_off_walk_3b", "Trimmed_SUB01_off_walk_6", "SUB01_off_walk_1"} <= set(names)


def test_a_cohort_of_26_has_the_scores_of_the_real_cohort():
    assert Counter(score_pairs(26, seed=0)) == Counter(SCORE_PAIRS)
    assert Counter(score_pairs(52, seed=1)) == Counter(SCORE_PAIRS * 2)
    assert score_pairs(26, seed=0) == score_pairs(26, seed=0) != score_pairs(26, seed=1)


@pytest.mark.parametrize("subjects", [3, 4, 5, 9, 25, 27, 40])
def test_small_cohorts_have_every_score(subjects):
    pairs = score_pairs(subjects, seed=0)
    assert len(pairs) == subjects
    assert {0, 1, 2} <= {score for pair in pairs for score in pair}


def test_folders_with_other_content_are_not_overwritten(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match=f"is not empty and .*{SIMULATED_TAG}") as excinfo:
        simulate_cohort(tmp_path, **SIZE)
    assert "\n" not in str(excinfo.value)
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]
    with pytest.raises(FileExistsError, match="notes.txt is a file, expected a folder"):
        simulate_cohort(tmp_path / "notes.txt", **SIZE)


def test_a_folder_whose_readme_speaks_of_simulation_is_not_overwritten(tmp_path):
    (tmp_path / "README.md").write_text(f"# Our patients, next to a {SIMULATED_TAG}\n")
    with pytest.raises(FileExistsError, match="is not empty"):
        simulate_cohort(tmp_path, **SIZE)
    assert (tmp_path / "README.md").exists()


def test_an_old_cohort_is_replaced(tmp_path, cohort):
    out = tmp_path / "out"
    shutil.copytree(cohort, out)
    (out / "extra.txt").write_text("of the old one")
    simulate_cohort(out, **SMALL)
    assert "extra.txt" not in digests(out)
    assert len(list((out / "truth").iterdir())) == 6
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("error", [RuntimeError, OSError, KeyboardInterrupt])
def test_an_error_leaves_no_files(tmp_path, monkeypatch, error):
    written = []

    def fail(recording, path):
        written.append(path)
        path.write_bytes(b"half")
        if len(written) > 1:
            raise error

    monkeypatch.setattr(cohort_module, "write_c3d", fail)
    with pytest.raises(error):
        simulate_cohort(tmp_path / "in" / "out", **SMALL)
    assert len(written) == 2
    assert not list((tmp_path / "in").iterdir())


def test_an_error_leaves_the_old_cohort(tmp_path, monkeypatch, cohort):
    out = tmp_path / "out"
    shutil.copytree(cohort, out)
    before = digests(out)

    def fail(job):
        raise KeyboardInterrupt

    monkeypatch.setattr(cohort_module, "_simulate", fail)
    with pytest.raises(KeyboardInterrupt):
        simulate_cohort(out, **SIZE)
    assert digests(out) == before
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"subjects": 2}, "subjects is 2, expected at least 3"),
        ({"walks": 0}, "walks is 0, expected at least 1"),
        ({"workers": 0}, "workers is 0, expected at least 1"),
        ({"seed": -1}, "seed is -1, expected at least 0"),
    ],
)
def test_invalid_numbers_raise_an_error(tmp_path, change, message):
    with pytest.raises(ValueError) as excinfo:
        simulate_cohort(tmp_path / "out", **{**SIZE, **change})
    assert str(excinfo.value) == message
    assert not list(tmp_path.iterdir())


def test_a_subject_without_enough_steps_raises_an_error(monkeypatch):
    def too_few(walk, markers):
        raise ValueError("the recording has 3 steps")

    monkeypatch.setattr(cohort_module, "measure_walk", too_few)
    monkeypatch.setattr(cohort_module, "_MAX_ATTEMPTS", 2)
    with pytest.raises(
        RuntimeError, match=r"SUB01_off_walk_1.*: none of 2 walks has four straight steps"
    ):
        next(simulate_subject(1, (0, 0), seed=0, walks=1))


@pytest.mark.slow
def test_the_mean_posture_is_close_to_that_of_the_real_cohort(shared):
    """Mean features are closer to the Shida cohort than those of another Parkinson cohort."""
    folder = shared / "data/humanml3d_stats"
    real, other = (np.load(folder / f"carepd_{c}_Mean.npy") for c in ("BMCLab", "PD-GaM"))
    spread = np.load(folder / "carepd_BMCLab_Std_FEAT_BIAS_included.npy").copy()
    spread[: FEATURE_SLICES["joint_positions"].start] *= 5  # as its SOURCE.txt states
    trials = [next(simulate_subject(i, (i % 3, 0), seed=0, walks=1)) for i in range(1, 46)]
    motions = [joints_to_features(to_joints(trial.recording).joints) for trial in trials]
    straight = [motion for motion in motions if abs(2 * motion[:, 0].sum()) < 1.0]  # as the real
    assert len(straight) > 35
    ours = np.concatenate(straight).mean(0)
    for name in ("root_yaw_velocity", "root_linear_velocity", "joint_velocities"):
        ours[FEATURE_SLICES[name]] /= 1.5  # the real statistics are per frame at 30 fps
    kept = slice(0, FEATURE_SLICES["foot_contact"].start)  # contacts depend on the rate
    near, other_near = ((np.abs(mean - real) < 0.5 * spread)[kept].mean() for mean in (ours, other))
    assert near > other_near + 0.03
