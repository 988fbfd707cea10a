import json
from collections import Counter

import numpy as np
import pytest
import torch

from agir_hf.corpus.loading import (
    ALL_SUBJECTS,
    check_scores,
    fold_subjects,
    load_corpus,
    with_shuffled_scores,
)
from agir_hf.corpus.schema import config_features, instructions
from agir_hf.training.data import embedded_generative_example, with_descriptions


def write(folder, rows):
    for config in ("reasoning", "motion"):
        (folder / "data" / config).mkdir(parents=True, exist_ok=True)
        rows.to_parquet(str(folder / "data" / config / "train.parquet"))


def test_a_rebuilt_corpus_is_read_again(tmp_path, monkeypatch, rows):
    """The cache of the loader is not used for earlier content of a folder."""
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    for count in (4, 9):
        write(tmp_path / "corpus", rows.select(range(count)))
        corpus = load_corpus(str(tmp_path / "corpus"))
        assert corpus["train"].num_rows == count
    motion = corpus["train"][0]["motion"]
    assert motion.ndim == 2 and motion.shape[1] == 263


def test_shards_of_a_split_are_one_split(tmp_path, rows):
    write(tmp_path, rows.select(range(4)))
    folder = tmp_path / "data/reasoning"
    (folder / "train.parquet").rename(folder / "train-00000-of-00002.parquet")
    rows.select(range(4, 9)).to_parquet(str(folder / "train-00001-of-00002.parquet"))
    assert load_corpus(str(tmp_path))["train"].num_rows == 9


def test_a_folder_without_the_configuration_raises(tmp_path, rows):
    write(tmp_path, rows)
    with pytest.raises(FileNotFoundError, match="no Parquet files with rows of preference"):
        load_corpus(str(tmp_path), "preference")


def test_rows_with_an_invalid_score_are_listed(rows):
    plain = rows.select_columns(["id", "subject"])
    scored = plain.add_column("score", [3, 0, 1, 2, -1] + [0] * 9 + [4, 3])
    with pytest.raises(ValueError, match=r"4 of 16 rows .* 0 … 2: walk_0 \(3\), walk_4 \(-1\)"):
        check_scores(scored)
    check_scores(scored.select([1, 2, 3]))  # 0, 1 and 2 pass
    with pytest.raises(ValueError, match=r"1 of 1 rows .*: walk_15 \(3\); the model"):
        check_scores(scored.select([15]))
    check_scores(scored.select([0, 15]), num_scores=4)
    labelled = scored.select([0]).cast_column("score", config_features("motion", 4)["score"])
    check_scores(labelled)  # the type of the column says that there are four scores
    with pytest.raises(ValueError, match=r"1 of 1 rows .* 0 … 2"):
        check_scores(labelled, num_scores=3)


def test_rows_get_the_descriptions_of_their_own_walk(coded, described):
    shuffled = described.shuffle(seed=1)
    expected = {(row["id"], row["part"]): row["description"] for row in described}
    for row in with_descriptions(coded.select([5, 2, 8]), shuffled):
        assert row["foot"] == expected[row["id"], "foot"]
        assert row["arm"] == expected[row["id"], "arm"]
        assert row["codes"] == coded[int(row["id"].removeprefix("walk_"))]["codes"]


def test_walks_without_a_description_raise(coded, described):
    kept = [i for i, row in enumerate(described) if (row["id"], row["part"]) != ("walk_3", "arm")]
    with pytest.raises(ValueError, match="1 walks have no description of the arm, such as walk_3"):
        with_descriptions(coded, described.select(kept))


def test_an_embedded_example_has_both_directions_for_feet_and_arms():
    row, generator = {"foot": "FEET", "arm": "ARMS"}, torch.Generator().manual_seed(0)
    seen = Counter()
    for _ in range(400):
        prompt, target = embedded_generative_example(
            row, "MOTION", lambda n: int(torch.randint(n, (), generator=generator))
        )
        if target == "MOTION":
            assert "MOTION" not in prompt
            seen["to motion", "FEET" if "FEET" in prompt else "ARMS"] += 1
        else:
            part = {"FEET": "foot", "ARMS": "arm"}[target]
            assert prompt.replace("MOTION", "<motion>") in instructions()[f"motion_to_{part}_text"]
            seen["to text", target] += 1
    assert len(seen) == 4 and all(70 < count < 130 for count in seen.values())


def test_a_missing_split_raises_with_the_available_ones(tmp_path, rows):
    write(tmp_path, rows)
    with pytest.raises(ValueError, match="no split validation of reasoning, it has train"):
        load_corpus(str(tmp_path), "reasoning", ("train", "validation"))


def with_folds(folder, rows):
    """A corpus of sixteen walks of eight subjects, in four folds."""
    subjects = [f"S{i}" for i in range(8)]
    owned = rows.remove_columns("subject").add_column("subject", [f"S{i // 2}" for i in range(16)])
    write(folder, owned)
    folds = [
        {"name": f"fold{i}", "validation": [], "test": subjects[2 * i : 2 * i + 2]}
        for i in range(4)
    ]
    fixed = [{"name": "fixed", "validation": ["S6"], "test": ["S7"]}]
    schemes = {"fixed": fixed, "stratified": folds}
    content = {"subjects": subjects, "schemes": schemes}
    (folder / "splits.json").write_text(json.dumps(content))
    return folder


def test_a_fold_regroups_a_corpus_by_subject(tmp_path, rows):
    folder = with_folds(tmp_path, rows)
    corpus = load_corpus(
        str(folder), "reasoning", ("train", "validation", "test"), "stratified/fold3"
    )
    subjects = {split: sorted(set(rows["subject"])) for split, rows in corpus.items()}
    assert subjects == {
        "train": ["S2", "S3", "S4", "S5"],
        "validation": ["S0", "S1"],  # the test subjects of the next fold, which is the first
        "test": ["S6", "S7"],
    }
    assert sum(rows.num_rows for rows in corpus.values()) == 16
    assert corpus["test"][0]["motion"].shape[1] == 263
    published = load_corpus(
        str(folder), "reasoning", ("train", "validation", "test"), "fixed/fixed"
    )
    assert set(published["validation"]["subject"]) == {"S6"}
    all_subjects = load_corpus(str(folder), "motion", ("train", "validation"), ALL_SUBJECTS)
    assert all_subjects["train"].num_rows == 16 and set(all_subjects["validation"]["subject"]) == {
        "S6"
    }


def test_an_unknown_fold_raises(tmp_path, rows):
    with pytest.raises(FileNotFoundError, match="has no splits.json, expected a corpus: run 'agir"):
        fold_subjects(str(tmp_path), "stratified/fold0")
    folder = str(with_folds(tmp_path, rows))
    with pytest.raises(ValueError, match="fold is 'stratified/fold9', stratified has fold0, fold1"):
        fold_subjects(folder, "stratified/fold9")
    with pytest.raises(ValueError, match="scheme is 'k', expected one of fixed, stratified"):
        fold_subjects(folder, "k/fold9")


def test_shuffled_scores_of_a_fold_keep_motions_as_arrays(tmp_path, rows):
    folder = with_folds(tmp_path, rows)
    train = load_corpus(str(folder), "reasoning", (), "stratified/fold3")["train"]
    shuffled = with_shuffled_scores(train, 3)
    assert shuffled["id"] == train["id"] and shuffled[0]["motion"].shape == train[0]["motion"].shape
    assert np.array_equal(shuffled[5]["motion"], train[5]["motion"])


def test_scores_are_shuffled_between_subjects(rows):
    plain = rows.select_columns(["id", "subject"]).remove_columns("subject")
    owned = plain.add_column("subject", [f"S{i // 4}" for i in range(16)])
    scored = owned.add_column("score", [0] * 4 + [1] * 4 + [2] * 8)
    shuffled = with_shuffled_scores(scored, 1)
    assert shuffled["id"] == scored["id"] and shuffled["score"] != scored["score"]
    by_subject = {
        s: {shuffled["score"][i] for i in range(16) if shuffled["subject"][i] == s}
        for s in ["S0", "S1"]
    }
    assert all(len(scores) == 1 for scores in by_subject.values())
    assert sorted(shuffled["score"]) == sorted(scored["score"])
    assert with_shuffled_scores(scored, 1)["score"] == shuffled["score"]
    draws = [with_shuffled_scores(scored, seed)["score"] for seed in range(40)]
    assert 0.3 < np.mean(np.array(draws) == np.array(scored["score"])) < 0.45  # chance is 0.375
