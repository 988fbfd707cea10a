"""Folds between cohorts: who is trained on and who is tested, and which scores are absent."""

import json
from itertools import permutations

import pytest

from agir_hf.corpus.protocols import absent_scores, cohort_folds, corpus_folds
from agir_hf.corpus.schema import SPLITS
from agir_hf.corpus.splits import SPLITS_FILE, Fold, folds_as_json, load_folds
from agir_hf.corpus.store import Recorded

SIZES = {"A": 7, "B": 12, "C": 3}
SCORES = {f"{cohort}_{i:02d}": i % 3 for cohort, size in SIZES.items() for i in range(size)}
COHORTS = {subject: subject[0] for subject in SCORES}
UNSCORED = ("U_00", "U_01")


def walk(subject, score):
    item = {"subject": subject, "score": score, "cohort": subject[0]}
    return Recorded(item, None, None, {}, {}, 30.0)


@pytest.fixture(scope="module")
def folds():
    return cohort_folds(SCORES, COHORTS, seed=1, unscored=UNSCORED)


def cohorts_of(subjects):
    return {subject[0] for subject in subjects if subject not in UNSCORED}


def test_every_protocol_has_its_folds(folds):
    names = {scheme: [fold.name for fold in members] for scheme, members in folds.items()}
    assert names["cross_cohort"] == [f"{a}_to_{b}" for a, b in permutations("ABC", 2)]
    assert names["leave_one_cohort_out"] == ["without_A", "without_B", "without_C"]
    within = [f"{c}_fold{i}" for c, n in (("A", 5), ("B", 5), ("C", 3)) for i in range(n)]
    assert names["within_cohort"] == names["all_together"] == within


@pytest.mark.parametrize("scheme", ["within_cohort", "cross_cohort", "leave_one_cohort_out",
                                    "all_together"])  # fmt: skip
def test_every_fold_has_a_validation_part_from_the_cohorts_it_is_trained_on(folds, scheme):
    for fold in folds[scheme]:
        assert fold.train and fold.validation and fold.test
        assert set(UNSCORED) <= set(fold.train)  # for the stages without scores, never tested
        assert not set(UNSCORED) & {*fold.validation, *fold.test}
        assert cohorts_of(fold.validation) <= cohorts_of(fold.train)


def test_cohorts_are_not_mixed_where_the_protocol_separates_them(folds):
    for fold in folds["within_cohort"]:
        assert cohorts_of({*fold.train, *fold.validation, *fold.test}) == {fold.name[0]}
    for fold in folds["cross_cohort"]:
        trained, tested = fold.name.split("_to_")
        assert cohorts_of({*fold.train, *fold.validation}) == {trained}
        assert sorted(fold.test) == sorted(s for s in SCORES if COHORTS[s] == tested)
    for fold in folds["leave_one_cohort_out"]:
        left_out = fold.name.removeprefix("without_")
        assert cohorts_of(fold.test) == {left_out}
        assert cohorts_of({*fold.train, *fold.validation}) == set(SIZES) - {left_out}


def test_validation_keeps_every_score_in_the_training_part():
    scores = {f"{cohort}_{i}": min(i, 2) for cohort in "AB" for i in range(5)}  # 0, 1, 2, 2, 2
    for fold in cohort_folds(scores, {s: s[0] for s in scores})["cross_cohort"]:
        assert {scores[subject] for subject in fold.train} == {0, 1, 2}
        assert [scores[subject] for subject in fold.validation] == [2]


def test_all_together_tests_the_same_subjects_as_within_and_trains_on_all_others(folds):
    pairs = zip(folds["within_cohort"], folds["all_together"], strict=True)
    for within, together in pairs:
        assert (within.name, within.test, within.validation) == (
            together.name, together.test, together.validation,
        )  # fmt: skip
        everyone = {*together.train, *together.validation, *together.test}
        assert everyone == {*SCORES, *UNSCORED}
    tested = [subject for fold in folds["within_cohort"] for subject in fold.test]
    assert sorted(tested) == sorted(SCORES)


def test_a_cohort_of_two_subjects_helps_to_train_and_has_no_folds_of_its_own():
    scores = {s: score for s, score in SCORES.items() if s not in ("C_02",)}
    folds = cohort_folds(scores, COHORTS)
    assert [fold.name for fold in folds["cross_cohort"]] == ["A_to_B", "B_to_A"]
    without = {fold.name: fold for fold in folds["leave_one_cohort_out"]}
    assert list(without) == ["without_A", "without_B"]
    assert "C" in cohorts_of({*without["without_A"].train, *without["without_A"].validation})


def test_the_folds_depend_on_the_seed_and_not_on_the_order():
    reordered = dict(reversed(SCORES.items()))
    assert cohort_folds(reordered, COHORTS, 3) == cohort_folds(SCORES, COHORTS, 3)
    first, other = (cohort_folds(SCORES, COHORTS, seed) for seed in (0, 1))
    assert first["within_cohort"] != other["within_cohort"]


def test_a_corpus_of_one_cohort_has_no_protocols_between_cohorts():
    rows = [walk(s, score) for s, score in SCORES.items() if s[0] == "A"]
    unscored = [walk(subject, None) for subject in UNSCORED]
    folds = corpus_folds([*rows, *unscored])
    assert list(folds) == ["fixed", "stratified", "leave_one_subject_out"]
    for members in folds.values():
        for fold in members:
            assert set(UNSCORED) <= set(fold.train)
            assert not set(UNSCORED) & {*fold.validation, *fold.test}


def test_the_fixed_split_of_several_cohorts_has_each_cohort_in_each_part():
    rows = [walk(f"{c}_{i}", i % 3) for c in "AB" for i in range(12)]
    (fixed,) = corpus_folds(rows)["fixed"]
    for split in SPLITS:
        assert cohorts_of(getattr(fixed, split)) == {"A", "B"}


def test_folds_are_read_back_as_they_were_written(folds, tmp_path):
    rows = [walk(s, score) for s, score in SCORES.items()]
    rows += [walk(subject, None) for subject in UNSCORED]
    written = corpus_folds(rows, 1)
    assert written["cross_cohort"] == folds["cross_cohort"]
    (tmp_path / SPLITS_FILE).write_text(json.dumps(folds_as_json(written)))
    for scheme, members in written.items():
        assert load_folds(tmp_path, scheme) == members


def test_a_fold_without_a_class_is_named_with_the_score():
    rows = [walk(s, score) for s, score in SCORES.items() if (s[0], score) != ("A", 2)]
    folds = {"cross_cohort": corpus_folds(rows)["cross_cohort"][:1]}
    assert folds["cross_cohort"][0].name == "A_to_B"
    assert absent_scores(folds, rows) == {"cross_cohort/A_to_B": "no walk of score 2 in train"}
    fold = Fold("f", ("A_00", "A_01"), (), ("A_02",))
    rows = [walk("A_00", 0), walk("A_01", 1), walk("A_02", 1), walk("A_02", None)]
    assert absent_scores({"x": [fold]}, rows) == {"x/f": "no walk of score 0 in test"}
    assert absent_scores({"leave_one_subject_out": [fold]}, rows) == {}
