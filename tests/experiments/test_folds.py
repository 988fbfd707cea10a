"""Folds of a table: schemes, folds without a score, folds that cannot be used."""

from pathlib import Path

import numpy as np
import pytest

from agir_hf.corpus import splits
from agir_hf.corpus.protocols import cohort_folds
from agir_hf.corpus.splits import all_folds
from agir_hf.experiments.errors import ExperimentError
from agir_hf.experiments.folds import FoldSubjects, check_folds, read_folds
from agir_hf.experiments.inference import EvaluationSet

SCORES = {"A": 0, "B": 0, "C": 1, "D": 1, "E": 2, "F": 2}


def walks(scores):
    """Two walks of each subject."""
    number = 2 * len(scores)
    return EvaluationSet(
        ids=[f"{subject}_walk{i}" for i in range(2) for subject in scores],
        subjects=list(scores) * 2,
        motions=[np.zeros((4, 263))] * number,
        scores=list(scores.values()) * 2,
        rationales=["Slow."] * number,
        references=[["Slow."]] * number,
        parameters=[{}] * number,
        ages=[None] * number,
        sexes=[None] * number,
        medications=[None] * number,
        simulated=True,
    )


@pytest.fixture
def corpus(tmp_path):
    """Folder with the folds of six subjects, two of each score."""
    import json
    from dataclasses import asdict

    schemes = {
        scheme: [{k: v for k, v in asdict(fold).items() if k != "train"} for fold in folds]
        for scheme, folds in all_folds(SCORES).items()
    }
    content = {"subjects": sorted(SCORES), "schemes": schemes}
    (tmp_path / splits.SPLITS_FILE).write_text(json.dumps(content))
    return str(tmp_path)


def test_leaving_one_subject_out_tests_every_subject_alone(corpus):
    folds = read_folds(corpus, "leave_one_subject_out")
    assert [fold.test for fold in folds.values()] == [(name,) for name in "ABCDEF"]
    assert list(folds)[0] == "leave_one_subject_out/without_A"
    for fold in folds.values():
        parts = [*fold.train, *fold.validation, *fold.test]
        assert sorted(parts) == sorted(SCORES) and fold.validation


def test_a_subject_without_a_score_has_no_fold_of_its_own(corpus):
    others = [FoldSubjects(("A", "B", "D"), ("E", "F"), (name,)) for name in ("A", "B", "D")]
    folds = dict(zip(("one", "two", "four"), others, strict=True)) | {
        "three": FoldSubjects(("A",), ("B",), ("C",))
    }
    scored = {name: score for name, score in SCORES.items() if name != "C"}
    kept, _ = check_folds(corpus, folds, walks(scored))
    assert list(kept) == ["one", "two", "four"]


def test_scores_that_a_fold_lacks_are_stated_for_training_and_validation(corpus):
    fold = FoldSubjects(train=("A", "B", "C"), validation=("E",), test=("D", "F"))
    full = FoldSubjects(train=("A", "C", "E"), validation=("B", "D", "F"), test=())
    other = FoldSubjects(train=("D", "E", "F"), validation=("A", "C"), test=("B",))
    folds = {"one": fold, "two": full, "three": other}
    kept, remarks = check_folds(corpus, folds, walks(SCORES))
    assert remarks == (
        "one: no training subject has score 2, so it cannot be predicted",
        "one: no validation subject has score 0 or 1, so checkpoint and temperature are chosen "
        "without it",
        "three: no training subject has score 0, so it cannot be predicted",
        "three: no validation subject has score 2, so checkpoint and temperature are chosen "
        "without it",
    )
    assert list(kept) == ["one", "three"]  # the other has no test part


def test_a_fold_without_training_or_validation_walks_is_an_error(corpus):
    folds = {
        name: FoldSubjects(train=("X",), validation=("A",), test=(subject,))
        for name, subject in (("one", "B"), ("two", "C"), ("three", "D"))
    }
    with pytest.raises(ExperimentError, match="one has 0 training walks with a score, expected"):
        check_folds(corpus, folds, walks(SCORES))
    one_walk = walks(SCORES).select(range(len(SCORES)))  # of each subject
    with pytest.raises(ExperimentError, match="without_A has 1 validation walks with a score, exp"):
        check_folds(corpus, read_folds(corpus, "leave_one_subject_out"), one_walk)


def test_too_few_subjects_or_a_subject_in_two_tests_are_errors(corpus):
    folds = read_folds(corpus, "stratified")
    with pytest.raises(ExperimentError, match="2 subjects with a score in 5 folds, expected at"):
        check_folds(corpus, folds, walks({"A": 0, "B": 1}))
    first, second, *_ = folds
    folds[second] = folds[first]
    with pytest.raises(ExperimentError, match="is tested in two folds"):
        check_folds(corpus, folds, walks(SCORES))


@pytest.fixture
def cohorts(tmp_path):
    """Folder with the folds of two cohorts, A and B, of six subjects each."""
    import json

    scores = {f"{cohort}_{i}": i % 3 for cohort in "AB" for i in range(6)}
    between = cohort_folds(scores, {subject: subject[0] for subject in scores})
    content = splits.folds_as_json(all_folds(scores) | between)
    (tmp_path / splits.SPLITS_FILE).write_text(json.dumps(content))
    return str(tmp_path), scores


@pytest.mark.parametrize(
    ("scheme", "count", "tested"),
    [("within_cohort", 10, "AB"), ("leave_one_cohort_out", 2, "AB"), ("all_together", 10, "AB"),
     ("cross_cohort/A", 1, "B")],
)  # fmt: skip
def test_protocols_between_cohorts_test_every_subject_once(cohorts, scheme, count, tested):
    corpus, scores = cohorts
    folds = read_folds(corpus, scheme)
    assert len(folds) == count
    subjects = [subject for fold in folds.values() for subject in fold.test]
    assert sorted(subjects) == sorted(s for s in scores if s[0] in tested)
    kept, remarks = check_folds(corpus, folds, walks(scores))
    assert kept == folds
    for fold in folds.values():
        assert fold.validation and not {*fold.train, *fold.validation} & set(fold.test)


def test_a_cohort_that_trains_no_fold_is_an_error(cohorts):
    with pytest.raises(ExperimentError, match="trained on cohort 'C', expected one of A, B"):
        read_folds(cohorts[0], "cross_cohort/C")
    for scheme in ("cross_cohort", "stratified/A"):
        with pytest.raises(ExperimentError, match="expected one of stratified"):
            read_folds(cohorts[0], scheme)


def test_unknown_schemes_and_damaged_files_are_errors(corpus):
    with pytest.raises(ExperimentError, match="--scheme is 'random', expected one of stratified"):
        read_folds(corpus, "random")
    (Path(corpus) / splits.SPLITS_FILE).write_text('{"subjects": []}')
    with pytest.raises(ExperimentError, match="splits.json of .* has no 'schemes': build"):
        read_folds(corpus, "stratified")
