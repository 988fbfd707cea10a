"""Building a corpus from a cohort."""

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from datasets import load_dataset

import agir_hf
from agir_hf.annotation.rule_writer import RULES
from agir_hf.corpus import build
from agir_hf.corpus.assembly import load_statistics
from agir_hf.corpus.build import build_corpus
from agir_hf.corpus.clinical import read_clinical
from agir_hf.corpus.loading import load_corpus
from agir_hf.corpus.normalization import feature_statistics
from agir_hf.corpus.schema import CONFIGS, KINDS, NUM_REFERENCES, config_features
from agir_hf.corpus.splits import check_disjoint, load_folds
from agir_hf.gait import grounding_score
from agir_hf.simulation.cohort import simulate_cohort
from agir_hf.training import dpo, trainers
from agir_hf.training.data import reasoning_example
from agir_hf.training.dpo import preference_pair


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """Eight subjects, OFF and ON medication, one walk per session."""
    return simulate_cohort(tmp_path_factory.mktemp("simulated") / "cohort", 8, 1, seed=1)


@pytest.fixture(scope="module")
def corpus(cohort, tmp_path_factory):
    out = tmp_path_factory.mktemp("built") / "corpus"
    return build_corpus(
        cohort, out, command="agir corpus build COHORT CORPUS", fit="centres"
    ).folder


@pytest.fixture(scope="module")
def loaded(corpus, tmp_path_factory):
    """Every configuration as the card describes it."""
    cache = str(tmp_path_factory.mktemp("cache"))
    return {name: load_dataset(str(corpus), name, cache_dir=cache) for name in CONFIGS}


def test_every_configuration_loads_with_its_columns(loaded):
    for name, data in loaded.items():
        assert set(data) == {"train", "validation", "test"}
        for split in data.values():
            assert split.features == config_features(name) and len(split)


def test_rows_can_be_streamed(corpus, tmp_path):
    rows = load_dataset(str(corpus), "motion", split="train", streaming=True,
                        cache_dir=str(tmp_path))  # fmt: skip
    row = next(iter(rows))
    assert np.shape(row["motion"])[1] == 263 and np.shape(row["joints"])[1:] == (22, 3)
    assert len(row["joints"]) == len(row["motion"]) + 1


def test_a_streamed_row_has_the_references_age_and_sex_of_its_file(corpus, loaded, tmp_path):
    rows = load_dataset(str(corpus), "reasoning", split="train", streaming=True,
                        cache_dir=str(tmp_path))  # fmt: skip
    row, kept = next(iter(rows)), loaded["reasoning"]["train"][0]
    for name in ("id", "references", "age", "sex"):
        assert row[name] == kept[name]


def test_loaded_references_are_texts(corpus):
    rows = load_corpus(str(corpus), "reasoning")["train"]
    assert isinstance(rows[0]["references"], list) and isinstance(rows[0]["references"][0], str)
    assert isinstance(rows[0]["motion"], np.ndarray)


def test_no_subject_is_in_two_splits(loaded):
    for data in loaded.values():
        parts = {split: set(rows["subject"]) for split, rows in data.items()}
        check_disjoint(parts)
        assert sum(map(len, parts.values())) == len(set.union(*parts.values()))


def test_rows_card_and_report_state_that_the_recordings_are_simulated(corpus, loaded):
    for data in loaded.values():
        for split in data.values():
            assert all(split["simulated"])
    card = (corpus / "README.md").read_text("utf-8")
    assert "Everything here is SIMULATED" in card and "\n- simulated\n" in card
    assert json.loads((corpus / "report.json").read_text())["simulated"] is True


def test_scores_are_those_of_the_table(cohort, loaded):
    records = read_clinical(cohort / "PDGinfo.csv")
    for split in loaded["motion"].values():
        for row in split.remove_columns(["motion", "joints"]):
            assert row["score"] == records[row["subject"]].scores[row["medication"]]


def measured_parameters(loaded, split):
    return {
        row["id"]: {k: v for k, v in row["parameters"].items() if v is not None}
        for row in loaded["motion"][split].remove_columns(["motion", "joints"])
    }


def test_every_reference_is_grounded_in_the_parameters_age_and_sex_of_its_row(loaded):
    for split in ("train", "test"):
        measured = measured_parameters(loaded, split)
        for row in loaded["reasoning"][split].remove_columns("motion"):
            assert row["writer"] == RULES and row["flags"] == "" and not row["revised"]
            assert row["instruction"].count("<motion>") == 1
            for text in row["references"]:
                walk = measured[row["id"]], row["age"], row["sex"]
                assert grounding_score(text, *walk).score == 1.0


def test_each_walk_has_five_different_references_and_the_first_is_the_rationale(loaded):
    for split in loaded["reasoning"].values():
        for row in split.remove_columns("motion"):
            assert row["references"][0] == row["rationale"]
            assert len(row["references"]) == len(set(row["references"])) == NUM_REFERENCES == 5


def test_descriptions_are_the_parts_of_the_references(loaded):
    texts = {
        row["id"]: row["references"]
        for split in loaded["reasoning"].values()
        for row in split.remove_columns("motion")
    }
    for split in loaded["generative"].values():
        for row in split.remove_columns("motion"):
            assert row["references"][0] == row["description"]
            pairs = zip(row["references"], texts[row["id"]], strict=True)
            assert all(description in text for description, text in pairs)


def test_age_and_sex_are_those_of_the_table(cohort, loaded):
    records = read_clinical(cohort / "PDGinfo.csv")
    for data in loaded.values():
        for split in data.values():
            for row in split.select_columns(["subject", "age", "sex"]):
                record = records[row["subject"]]
                assert (row["age"], row["sex"]) == (record.age, record.sex)
                assert row["age"] >= 20 and row["sex"] in ("male", "female")


def test_the_input_of_the_model_depends_on_the_motion_alone(loaded):
    def first(n):
        return 0

    examples = {
        "reasoning": reasoning_example,
        "preference": preference_pair,
    }
    for config, make in examples.items():
        row = dict(next(iter(loaded[config]["train"])))
        prompt, *_ = make(row, "<motion_id_1>", first)
        changed = {"age": 9.0, "sex": "female", "references": ["Other."], "targets": [1.0]}
        other, *_ = make(row | changed, "<motion_id_1>", first)
        assert prompt == other and "<motion_id_1>" in prompt
    for columns in (trainers._COLUMNS, dpo.COLUMNS):
        assert not {"age", "sex", "parameters"} & set(columns)


def test_descriptions_are_about_feet_and_arms(loaded):
    train = loaded["generative"]["train"]
    assert train["part"].count("foot") == train["part"].count("arm") == len(train) / 2
    for row in train.remove_columns("motion"):
        assert ("arm" in row["description"].lower()) == (row["part"] == "arm")


def test_preference_pairs_reject_other_scores_or_texts_that_the_walk_contradicts(loaded):
    reasons = {
        row["id"]: row["rationale"]
        for split in loaded["reasoning"].values()
        for row in split.remove_columns("motion")
    }
    kinds = set()
    for name, split in loaded["preference"].items():
        measured = measured_parameters(loaded, name)
        for row in split.remove_columns("motion"):
            kinds.add(row["kind"])
            equal = row["chosen_score"] == row["rejected_score"]
            assert equal == (row["kind"] == "same_score")
            assert row["chosen"] == reasons[row["id"]] != row["rejected"]
            if row["kind"] != "irrelevant":
                walk = measured[row["id"]], row["age"], row["sex"]
                assert grounding_score(row["rejected"], *walk).score < 1
            if row["kind"] != "counterfactual":
                assert row["rejected"] in reasons.values()
            if equal:
                sources = [i for i, text in reasons.items() if text == row["rejected"]]
                assert all(not i.startswith(f"{row['subject']}_") for i in sources)
    assert kinds == set(KINDS)


def test_motions_are_those_of_the_recordings(cohort, loaded):
    from agir_hf.alignment_agir import aligned_features
    from agir_hf.motion import read_recording, to_joints

    row = loaded["motion"]["train"].with_format("numpy")[0]
    path = next(cohort.rglob(str(row["file"])))
    joints = to_joints(read_recording(path)).joints
    np.testing.assert_allclose(row["joints"], joints, atol=1e-6)
    np.testing.assert_allclose(row["motion"], aligned_features(joints), atol=1e-5)


def test_statistics_are_of_the_training_part_of_each_fold(corpus, loaded):
    motions = {}
    for split in loaded["motion"].values():
        for row in split.with_format("numpy"):
            motions.setdefault(str(row["subject"]), []).append(row["motion"])
    for scheme in ("fixed", "stratified", "leave_one_subject_out"):
        folds = load_folds(corpus, scheme)
        fold = folds[-1]
        mean, std = load_statistics(corpus, fold, scheme)
        own = [motion for subject in fold.train for motion in motions[subject]]
        for loaded_values, expected in zip((mean, std), feature_statistics(own), strict=True):
            np.testing.assert_allclose(loaded_values, expected, rtol=1e-4, atol=1e-6)
    assert len(folds) == len(motions)
    with pytest.raises(ValueError, match="expected one of fixed"):
        load_folds(corpus, "random")


def test_the_same_cohort_gives_the_same_rows(cohort, corpus, tmp_path):
    again = build_corpus(cohort, tmp_path / "again", fit="centres").folder
    for path in sorted((corpus / "data").rglob("*.parquet")):
        other = again / path.relative_to(corpus)
        assert path.read_bytes() == other.read_bytes()


def test_the_card_has_its_figure_and_its_command(corpus):
    card = (corpus / "README.md").read_text("utf-8")
    assert "agir corpus build COHORT CORPUS" in card
    assert "figures/parameters.png" in card and (corpus / "figures/parameters.png").stat().st_size
    for config in CONFIGS:
        assert f"config_name: {config}" in card


def test_a_finished_build_measures_nothing_again(cohort, corpus, monkeypatch):
    def fail(*_, **__):
        raise AssertionError("measured again")

    monkeypatch.setattr(build, "measure_item", fail)
    before = (corpus / "data/train.parquet").read_bytes()
    build_corpus(cohort, corpus, fit="centres")
    assert (corpus / "data/train.parquet").read_bytes() == before


def test_a_recording_that_cannot_be_measured_is_reported_and_the_others_are_kept(cohort, tmp_path):
    import shutil

    source = tmp_path / "cohort"
    shutil.copytree(cohort, source)
    broken = sorted(source.rglob("*_on_walk_1*.c3d"))[0]
    broken.write_bytes(b"this is no C3D file")
    built = build_corpus(source, tmp_path / "corpus", fit="centres")
    assert [name for name in built.excluded if broken.stem in name]
    report = json.loads((built.folder / "report.json").read_text("utf-8"))
    assert report["excluded"] == built.excluded and report["taken"] == built.recordings
    again = build_corpus(source, tmp_path / "corpus", fit="centres")
    assert again.excluded == built.excluded


def test_the_real_trials_make_a_corpus(shared, tmp_path):
    built = build_corpus(shared / "data/shida_pd", tmp_path / "corpus", fit="centres")
    assert built.recordings == 2 and not built.excluded
    rows = load_dataset(str(built.folder), "motion", cache_dir=str(tmp_path / "cache"))["train"]
    by_file = {row["file"]: row for row in rows.remove_columns(["motion", "joints"])}
    slow = by_file["SUB05_off_walk_8.c3d"]
    assert (slow["score"], slow["medication"], slow["simulated"]) == (2, "off", False)
    assert slow["parameters"]["cadence_steps_per_min"] == pytest.approx(92.2, rel=0.03)
    assert "CC BY 4.0" in (built.folder / "README.md").read_text("utf-8")


def test_children_keep_their_age_and_their_texts_say_that_no_norm_applies(tmp_path):
    row = f"A,on,{agir_hf.SAMPLE_RECORDING},1,9,m\nB,on,{agir_hf.SAMPLE_RECORDING},1,999,"
    (tmp_path / "in").mkdir()
    table = tmp_path / "in" / "clinical.csv"
    table.write_text(f"subject,session,file,score,age,sex\n{row}\n")
    built = build_corpus(tmp_path / "in", tmp_path / "out", fit="centres")
    data = load_dataset(str(built.folder), "reasoning", cache_dir=str(tmp_path / "cache"))
    child, other = data["train"].remove_columns("motion")
    assert (child["age"], child["sex"], other["age"], other["sex"]) == (9.0, "male", None, None)
    assert "not graded" in child["rationale"] and "not graded" not in other["rationale"]
    assert len(child["references"]) == len(other["references"]) == NUM_REFERENCES


@pytest.mark.slow
def test_a_killed_build_is_resumed(cohort, tmp_path):
    """Killed while it measures: finished recordings are not measured again."""
    out = tmp_path / "corpus"
    command = [sys.executable, "-m", "agir_hf.cli", "corpus", "build", str(cohort), str(out)]
    command += ["--fit", "centres"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    finished = out / "work" / "recordings"
    deadline = time.monotonic() + 300
    while len(list(finished.glob("[!.]*.npz"))) < 3 and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.kill()
    process.wait()
    kept = {path: path.stat().st_mtime_ns for path in finished.glob("[!.]*.npz")}
    assert len(kept) >= 3 and not (out / "data").exists()
    build_corpus(cohort, out, fit="centres")
    assert all(path.stat().st_mtime_ns == at for path, at in kept.items())
    assert (out / "data/train.parquet").is_file()
    assert not [path for path in Path(out).rglob("*.part*") if path.suffix != ".parquet"]


@pytest.mark.slow
def test_workers_give_the_same_corpus(cohort, corpus, tmp_path):
    again = build_corpus(cohort, tmp_path / "again", workers=2, fit="centres").folder
    for name in ("data/train.parquet", "data/test.parquet"):
        assert (again / name).read_bytes() == (corpus / name).read_bytes()
