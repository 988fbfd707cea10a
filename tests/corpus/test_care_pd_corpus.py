"""A corpus of several CARE-PD cohorts: scores up to 3, cohorts without scores, protocols."""

import json
import pickle

import numpy as np
import pyarrow.parquet
import pytest

from agir_hf.corpus.build import build_corpus
from agir_hf.corpus.loading import fold_subjects, load_corpus
from agir_hf.corpus.splits import load_folds
from agir_hf.hub.upload_plan import PublishError


def smpl_walk(score, seed, frames=60):
    """A body that moves ahead and swings its legs."""
    rng = np.random.default_rng(seed)
    time = np.arange(frames) / 30
    pose = 0.02 * rng.normal(size=(1, 72)) + np.zeros((frames, 72))
    pose[:, 3], pose[:, 6] = 0.4 * np.sin(6 * time), -0.4 * np.sin(6 * time)
    trans = np.stack([np.zeros(frames), np.full(frames, 0.9), 1.0 * time], axis=1)
    return {"pose": pose, "trans": trans, "beta": np.zeros(10), "fps": 30, "UPDRS_GAIT": score,
            "medication": None, "other": ""}  # fmt: skip


def cohort(folder, name, scores):
    """One pickle in CARE-PD's layout: a walk, a shifted copy and a mirror image of each subject."""
    content = {
        number: {
            f"w{suffix}": smpl_walk(score, 10 * number + i)
            for i, suffix in enumerate(("", "_down1", "_M"))
        }
        for number, score in enumerate(scores)
    }
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.pkl").write_bytes(pickle.dumps(content))


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("care")
    cohort(folder / "in", "3DGait", [0, 1, 3, 2])
    cohort(folder / "in", "BMCLab", [0, 1, 2])
    cohort(folder / "in", "T-LTC", [None, None])
    with pytest.MonkeyPatch.context() as patch:  # the figures are tested elsewhere
        patch.setattr("agir_hf.corpus.card.draw_figures", lambda *_: False)
        return build_corpus(folder / "in", folder / "out", num_scores=4)


def rows_of(built, config):
    """Split → rows of a configuration, without motions."""
    return {
        split: rows.with_format(None).remove_columns("motion").to_list()
        for split, rows in load_corpus(str(built.folder), config).items()
    }


def test_cohorts_without_scores_train_the_stages_that_need_none(built):
    motions, texts = rows_of(built, "motion"), rows_of(built, "generative")
    for rows in (motions, texts):
        owners = {s: {row["source"] for row in members} for s, members in rows.items()}
        assert "T-LTC" in owners["train"]
        assert not any("T-LTC" in owners[split] for split in ("validation", "test"))
    unscored = [row for row in motions["train"] if row["source"] == "T-LTC"]
    assert len(unscored) == 6 and {row["score"] for row in unscored} == {None}
    assert all(row["subject"].startswith("T-LTC_") for row in unscored)
    for config in ("reasoning", "preference"):
        for members in rows_of(built, config).values():
            assert "T-LTC" not in {row["source"] for row in members}


def test_scores_up_to_3_are_in_the_corpus(built):
    about = json.loads((built.folder / "corpus.json").read_text("utf-8"))
    assert about["num_scores"] == 4
    scores = {r["score"] for rows in rows_of(built, "reasoning").values() for r in rows}
    assert scores == {0, 1, 2, 3}
    card = (built.folder / "README.md").read_text("utf-8")
    assert "| score 3 | no score |" in card and "| 3DGait | 4 | 12 | 3 | 3 | 3 | 3 | 0 |" in card
    assert "| T-LTC | 2 | 6 | 0 | 0 | 0 | 0 | 6 |" in card and "cross_cohort" in card
    assert "CC BY-NC 4.0" in card and "Do not publish" in card


def test_copies_and_mirror_images_are_on_the_side_of_their_walk(built):
    for path in (built.folder / "data").glob("*.parquet"):
        rows = pyarrow.parquet.read_table(path, columns=["subject", "variant", "in_motion"])
        variants = {}
        for row in rows.to_pylist():
            if row["in_motion"]:
                variants.setdefault(row["subject"], set()).add(row["variant"])
        assert all(own == {"", "down1", "M"} for own in variants.values())


def test_the_protocols_are_folds_that_recipes_load(built):
    folder = str(built.folder)
    names = [fold.name for fold in load_folds(folder, "cross_cohort")]
    assert names == ["3DGait_to_BMCLab", "BMCLab_to_3DGait"]
    parts = fold_subjects(folder, "cross_cohort/BMCLab_to_3DGait")
    assert {s.split("_")[0] for s in (*parts["train"], *parts["validation"])} == {"BMCLab", "T-LTC"}
    assert len(parts["validation"]) == 1
    assert sorted(parts["test"]) == [f"3DGait_{i}" for i in range(4)]
    with pytest.warns(UserWarning, match="BMCLab_to_3DGait has no walk of score .*3 in its train"):
        corpus = load_corpus(folder, "reasoning", fold="cross_cohort/BMCLab_to_3DGait")
    assert len(corpus["test"]) == 12 and len(corpus["train"]) == 6
    assert set(corpus["test"]["source"]) == {"3DGait"}
    motion = load_corpus(folder, "motion", fold="leave_one_cohort_out/without_3DGait")
    assert set(motion["train"]["source"]) == {"BMCLab", "T-LTC"}
    for scheme in ("within_cohort", "all_together", "leave_one_cohort_out"):
        assert load_folds(folder, scheme)


def test_folds_without_a_score_are_reported(built):
    absent = built.absent_scores
    assert absent["cross_cohort/3DGait_to_BMCLab"].endswith("no walk of score 3 in test")
    assert absent["cross_cohort/BMCLab_to_3DGait"].endswith("3 in train")
    report = json.loads((built.folder / "report.json").read_text("utf-8"))
    assert report["folds_without_a_score"] == absent


def test_what_is_made_of_care_pd_is_not_published(built):
    from agir_hf.hub.plans import dataset_plan

    with pytest.raises(PublishError, match="CARE-PD .3DGait, BMCLab, T-LTC., whose terms do not"):
        dataset_plan(built.folder, "me/x")
