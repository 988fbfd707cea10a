import builtins
import hashlib
import re

import numpy as np
import pytest

from agir_hf.corpus.cohort import assign_splits, simulate_cohort, simulate_subject
from agir_hf.corpus.schema import COLUMNS, PARAMETER_NAMES, SPLITS, corpus_features
from agir_hf.humanml3d import FEATURE_SLICES
from agir_hf.motion import read_recording, to_joints

SIZE = {"subjects": 9, "walks_per_subject": 2, "seed": 5}


def digests(folder):
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in (folder / "data").iterdir()}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return simulate_cohort(tmp_path_factory.mktemp("corpus") / "out", **SIZE, c3d=True)


@pytest.fixture(scope="module")
def rows(corpus, tmp_path_factory):
    """Split -> the rows as load_dataset gives them from the folder."""
    from datasets import load_dataset

    cache = tmp_path_factory.mktemp("cache")
    return load_dataset(str(corpus), cache_dir=str(cache)).with_format("numpy")


def test_load_dataset_reads_the_folder(rows):
    assert set(rows) == set(SPLITS)
    for split in rows.values():
        assert split.column_names == list(COLUMNS)
        assert split.features == corpus_features()
    row = rows["test"][0]
    assert row["motion"].dtype == np.float32 and row["motion"].shape[1] == 263
    assert 5 * 20 - 2 <= len(row["motion"]) <= 12 * 20
    assert set(row["parameters"]) == set(PARAMETER_NAMES)
    assert row["simulated"]
    assert "score" not in row["rationale"]  # which the model gives beside it


def test_every_score_is_in_every_split_and_no_walker_in_two(rows):
    subjects = {name: set(split["subject"]) for name, split in rows.items()}
    for name, split in rows.items():
        assert set(map(int, split["score"])) == {0, 1, 2}
        others = set().union(*(s for other, s in subjects.items() if other != name))
        assert not subjects[name] & others
    assert sum(map(len, subjects.values())) == SIZE["subjects"]


def test_splits_are_about_70_10_20():
    scores = [0, 1, 2] * 20
    splits = assign_splits(scores, seed=0)
    assert [splits.count(split) for split in SPLITS] == [42, 6, 12]
    assert splits == assign_splits(scores, seed=0) != assign_splits(scores, seed=1)


def test_same_seed_same_bytes_whatever_the_workers(corpus, tmp_path):
    again = simulate_cohort(tmp_path / "again", **SIZE, workers=2)
    assert digests(again) == digests(corpus)


def test_another_seed_another_cohort():
    one, other = (next(simulate_subject(1, 2, seed=s, walks=1))[0]["motion"] for s in (0, 1))
    assert one.shape != other.shape or not np.allclose(one, other)


def test_card_says_what_it_is(corpus):
    card = (corpus / "README.md").read_text()
    assert "SIMULATED" in card
    assert "--subjects 9 --walks 2 --seed 5" in card
    for name in (*COLUMNS, *PARAMETER_NAMES):
        assert f"`{name}`" in card
    assert card.isascii()
    assert not re.search(r"[{}]", card)


def test_recordings_lie_in_the_shida_layout(corpus, rows):
    files = sorted((corpus / "C3Dfiles").rglob("*.c3d"))
    assert len(files) == 18
    assert files[0].relative_to(corpus / "C3Dfiles").as_posix() == "SUB01_off/SUB01_off_walk_1.c3d"
    recording = read_recording(files[0])
    assert len(recording.labels) == 44 and recording.rate_hz == 150
    assert {(e.side, e.kind) for e in recording.events} == {
        (side, kind) for side in ("left", "right") for kind in ("heel_strike", "toe_off")
    }
    lengths = {r["walk"]: len(r["motion"]) for split in rows.values() for r in split}
    assert len(to_joints(recording).joints) - 1 == lengths["SUB01_off_walk_1"]


def test_nothing_is_left_beside_the_corpus(corpus):
    assert [p.name for p in corpus.parent.iterdir()] == ["out"]


def test_foreign_folders_are_not_overwritten(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="not empty and not a corpus of ours"):
        simulate_cohort(tmp_path, **SIZE)
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]
    with pytest.raises(FileExistsError, match="is a file"):
        simulate_cohort(tmp_path / "notes.txt", **SIZE)


def test_an_interrupted_run_leaves_the_old_corpus(tmp_path, monkeypatch):
    folder = simulate_cohort(tmp_path / "out", **{**SIZE, "walks_per_subject": 1})
    before = digests(folder)

    def fail(job):
        raise KeyboardInterrupt

    monkeypatch.setattr("agir_hf.corpus.cohort._simulate", fail)
    with pytest.raises(KeyboardInterrupt):
        simulate_cohort(folder, **SIZE)
    assert digests(folder) == before
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    monkeypatch.undo()
    simulate_cohort(folder, **{**SIZE, "walks_per_subject": 1, "seed": 6})
    assert digests(folder) != before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"subjects": 8}, "8 subjects, expected at least 9"),
        ({"walks_per_subject": 0}, "walks is 0"),
        ({"workers": 0}, "workers is 0"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_bad_numbers_are_told(tmp_path, change, message):
    with pytest.raises(ValueError, match=message):
        simulate_cohort(tmp_path / "out", **{**SIZE, **change})
    assert not list(tmp_path.iterdir())


def test_missing_datasets_names_the_extra(monkeypatch):
    real = builtins.__import__

    def without_datasets(name, *args, **kwargs):
        if name == "datasets":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_datasets)
    with pytest.raises(ImportError, match=r'pip install "agir-hf\[train\]"'):
        corpus_features()


def test_mean_posture_is_that_of_the_real_cohort(shared):
    """Closer to the mean features of the Shida cohort than another Parkinson cohort is."""
    folder = shared / "data/humanml3d_stats"
    real, other = (np.load(folder / f"carepd_{c}_Mean.npy") for c in ("BMCLab", "PD-GaM"))
    spread = np.load(folder / "carepd_BMCLab_Std_FEAT_BIAS_included.npy").copy()
    spread[: FEATURE_SLICES["joint_positions"].start] *= 5  # as its SOURCE.txt tells
    motions = [next(simulate_subject(i, i % 3, seed=0, walks=1))[0]["motion"] for i in range(1, 46)]
    ours = np.concatenate(motions).mean(0)
    for name in ("root_yaw_velocity", "root_linear_velocity", "joint_velocities"):
        ours[FEATURE_SLICES[name]] /= 1.5  # the real statistics are per frame at 30 fps
    kept = slice(0, FEATURE_SLICES["foot_contact"].start)  # contacts depend on the rate
    near, other_near = ((np.abs(mean - real) < 0.5 * spread)[kept].mean() for mean in (ours, other))
    assert near > other_near + 0.03
