"""In every scheme, each subject is in one part of a split."""

import numpy as np
import pytest

from agir_hf.corpus.normalization import Moments, moments_of_folds
from agir_hf.corpus.schema import SPLITS
from agir_hf.corpus.splits import (
    AllBut,
    Fold,
    LeakError,
    all_folds,
    check_disjoint,
    fixed_split,
    leave_one_subject_out,
    stratified_folds,
)


def cohort(*counts):
    """Subject → score, for counts of subjects with score 0, 1, 2."""
    scores = [score for score, count in enumerate(counts) for _ in range(count)]
    return {f"S{number:03d}": score for number, score in enumerate(scores)}


COHORTS = [cohort(1, 1, 1), cohort(3), cohort(4), cohort(2, 0, 3), cohort(6, 9, 8), cohort(40, 3)]


def shuffled(scores):
    names = np.random.default_rng(0).permutation(list(scores))
    return {str(name): scores[str(name)] for name in names}


@pytest.mark.parametrize("scores", COHORTS, ids=lambda c: f"{len(c)}")
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_fold_has_every_subject_once(scores, seed):
    for scheme, folds in all_folds(scores, seed).items():
        for fold in folds:
            parts = [getattr(fold, split) for split in SPLITS]
            assert sorted(sum(parts, ())) == sorted(scores), (scheme, fold.name)
            assert fold.train and fold.test
            assert all(isinstance(subject, str) for part in parts for subject in part)


@pytest.mark.parametrize("scores", COHORTS, ids=lambda c: f"{len(c)}")
def test_stratified_and_single_folds_test_every_subject_once(scores):
    folds = all_folds(scores)
    for scheme in ("stratified", "leave_one_subject_out"):
        tested = [subject for fold in folds[scheme] for subject in fold.test]
        assert sorted(tested) == sorted(scores)
        assert not any(fold.validation for fold in folds[scheme])
        assert len({fold.name for fold in folds[scheme]}) == len(folds[scheme])


def test_a_leak_names_the_subject_and_both_parts():
    with pytest.raises(LeakError, match="subject S2 is in train and in test"):
        check_disjoint({"train": ["S1", "S2", "S2"], "validation": [], "test": ["S3", "S2"]})
    check_disjoint({"train": ["S1", "S1"], "test": ["S2"]})


def test_a_fold_with_a_leak_raises():
    with pytest.raises(LeakError, match="subject b is in validation and in test"):
        Fold("f", ("a",), ("b",), ("b", "c"))


@pytest.mark.parametrize(("part", "rows"), [("train", [0, 2]), ("validation", []), ("test", [1])])
def test_rows_of_a_part(part, rows):
    fold = Fold("f", ("a",), (), ("b",))
    indices = fold.rows(["a", "b", "a", "c"], part)
    assert indices.tolist() == rows
    assert np.arange(4)[indices].tolist() == rows  # also for an empty part


@pytest.mark.parametrize("seed", range(4))
def test_stratified_folds_have_similar_numbers_of_each_score(seed):
    scores = cohort(6, 9, 8)
    folds = stratified_folds(scores, 5, seed)
    sizes = [len(fold.test) for fold in folds]
    assert max(sizes) - min(sizes) <= 1
    for score in (0, 1, 2):
        counts = [sum(scores[subject] == score for subject in fold.test) for fold in folds]
        assert max(counts) - min(counts) <= 1


def test_leave_one_out_has_one_fold_per_subject():
    scores = cohort(2, 2, 1)
    folds = leave_one_subject_out(scores)
    assert [fold.test for fold in folds] == [(subject,) for subject in sorted(scores)]
    assert [fold.name for fold in folds] == [f"without_{subject}" for subject in sorted(scores)]


@pytest.mark.parametrize("count", [10, 20, 50, 100, 300])
def test_the_fixed_split_is_about_70_10_20(count):
    fold = fixed_split(cohort(count))
    shares = [len(getattr(fold, split)) / count for split in SPLITS]
    assert shares == pytest.approx([0.7, 0.1, 0.2], abs=0.5 / count + 1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_every_score_is_in_every_part_of_the_fixed_split(seed):
    scores = cohort(6, 9, 8)
    fold = fixed_split(scores, seed)
    for split in SPLITS:
        assert {scores[subject] for subject in getattr(fold, split)} == {0, 1, 2}


@pytest.mark.parametrize("seed", [0, 3])
def test_splits_depend_only_on_seed_and_subjects(seed):
    scores = cohort(6, 9, 8)
    assert all_folds(scores, seed) == all_folds(shuffled(scores), seed)


def test_another_seed_gives_another_split():
    scores = cohort(6, 9, 8)
    first, other = all_folds(scores, 0), all_folds(scores, 1)
    assert first["fixed"] != other["fixed"] and first["stratified"] != other["stratified"]
    assert first["leave_one_subject_out"] == other["leave_one_subject_out"]


@pytest.mark.parametrize("scores", [cohort(3), cohort(1, 1, 1), cohort(0, 2, 1)])
def test_three_subjects_are_one_in_each_part(scores):
    fold = fixed_split(scores)
    assert [len(getattr(fold, split)) for split in SPLITS] == [1, 1, 1]
    assert [len(fold.test) for fold in all_folds(scores)["stratified"]] == [1, 1, 1]


@pytest.mark.parametrize("scores", [{}, cohort(1), cohort(1, 1)])
def test_a_fixed_split_of_fewer_than_three_subjects_raises(scores):
    with pytest.raises(ValueError, match=f"{len(scores)} subjects with a score, expected at least"):
        fixed_split(scores)


@pytest.mark.parametrize("folds", [0, 1, 4])
def test_more_folds_than_subjects_raise(folds):
    with pytest.raises(ValueError, match=f"{folds} folds of 3 subjects, expected 2 to 3"):
        stratified_folds(cohort(3), folds)


def test_subjects_without_some_of_them_equal_a_tuple():
    rest = AllBut(("A", "B", "C", "D"), ["B", "not there"])
    whole = ("A", "C", "D")
    assert Fold("f", rest, (), ("B",)) == Fold("f", whole, (), ("B",))
    assert whole == rest and rest != ("A", "B", "C", "D")  # noqa: SIM300 - the tuple is on the left
    assert (rest[1], len(rest), repr(rest), hash(rest)) == ("C", 3, repr(whole), hash(whole))
    assert "C" in rest and "B" not in rest and "not there" not in rest
    with pytest.raises(LeakError, match="subject A is in train and in test"):
        Fold("f", rest, (), ("B", "A"))


def test_leave_one_out_holds_the_subjects_once():
    folds = all_folds(cohort(40, 30, 30), unscored=["U1", "U2"])["leave_one_subject_out"]
    assert len({id(fold.train.subjects) for fold in folds}) == 1
    assert {"U1", "U2"} < set(folds[7].train) and len(folds[7].train) == 101


def test_the_moments_of_a_fold_are_those_of_its_training_subjects():
    rng, scores = np.random.default_rng(0), cohort(4, 3, 2)
    moments = {name: Moments.of([rng.normal(size=(9, 263))]) for name in scores}
    for folds in all_folds(scores).values():
        for fold, sums in zip(folds, moments_of_folds(moments, folds), strict=True):
            plain = sum((moments[name] for name in fold.train), Moments.of(()))
            assert sums.count == plain.count
            np.testing.assert_allclose(sums.statistics(), plain.statistics(), rtol=1e-6)
