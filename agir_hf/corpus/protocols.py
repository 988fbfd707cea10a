"""Folds of a corpus, with the protocols of CARE-PD for a corpus of several cohorts.

The protocols are those of Adeli et al. 2025, CARE-PD, arXiv:2510.04312.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import permutations

import numpy as np

from .schema import SPLITS
from .splits import FOLDS, VALIDATION_SHARE, AllBut, Fold, all_folds, stratified_folds
from .store import Recorded

FEWEST_SUBJECTS = len(SPLITS)  # with scores, for a cohort that takes part in a protocol


def corpus_folds(recordings: Sequence[Recorded], seed: int = 0) -> dict[str, list[Fold]]:
    """Make the folds of every scheme for the recordings of a corpus.

    Args:
        recordings: Measured recordings; their motions are not used.
        seed: Seed of the random generator.

    Returns:
        `dict`: Scheme → folds, see `all_folds` and `cohort_folds`.
    """
    scores = subject_scores(recordings)
    cohorts = {row.item["subject"]: row.item.get("cohort", "") for row in recordings}
    unscored = sorted(set(cohorts) - set(scores))
    if len({cohorts[subject] for subject in scores}) < 2:
        return all_folds(scores, seed, unscored)
    strata = {subject: (cohorts[subject], score) for subject, score in scores.items()}
    return all_folds(strata, seed, unscored) | cohort_folds(scores, cohorts, seed, unscored)


def subject_scores(recordings: Sequence[Recorded]) -> dict[str, int]:
    """Return subject → highest score of the recordings, without subjects that have no score.

    Args:
        recordings: Measured recordings.
    """
    scores: dict[str, int] = {}
    for recorded in recordings:
        subject, score = recorded.item["subject"], recorded.item["score"]
        if score is not None:
            scores[subject] = max(score, scores.get(subject, 0))
    return scores


def cohort_folds(
    scores: Mapping[str, int],
    cohorts: Mapping[str, str],
    seed: int = 0,
    unscored: Collection[str] = (),
) -> dict[str, list[Fold]]:
    """Make the folds of the protocols between cohorts.

    - "within_cohort": stratified folds of each cohort, "A_fold0", trained on the rest of A.
    - "cross_cohort": "A_to_B", trained on A and tested on B.
    - "leave_one_cohort_out": "without_A", trained on all others and tested on A.
    - "all_together": "A_fold0" has the test part of the same fold of "within_cohort", and is
      trained on all other subjects of all cohorts.

    Every fold has a validation part of its own, from the cohorts that it is trained on.

    Args:
        scores (`Mapping[str, int]`):
            Subject → score. Cohorts of fewer than three of these subjects take part only together
            with others: in the training of "leave_one_cohort_out" and "all_together".
        cohorts (`Mapping[str, str]`):
            Subject → name of the cohort.
        seed (`int`, defaults to 0):
            Seed of the random generator.
        unscored (`Collection[str]`, *optional*):
            Subjects without scores. They are in the training part of every fold, for the stages
            that need no score.

    Returns:
        `dict`: Scheme → folds. A scheme without folds is left out.

    Example:
        ```python
        >>> from agir_hf.corpus.protocols import cohort_folds
        >>> scores = {f"{cohort}_{i}": i % 3 for cohort in "AB" for i in range(6)}
        >>> cohorts = {subject: subject[0] for subject in scores}
        >>> folds = cohort_folds(scores, cohorts)
        >>> [fold.name for fold in folds["cross_cohort"]]
        ['A_to_B', 'B_to_A']
        >>> {subject[0] for subject in folds["cross_cohort"][0].test}
        {'B'}

        ```
    """
    members: dict[str, dict[str, int]] = {}
    for subject in sorted(scores):
        members.setdefault(cohorts[subject], {})[subject] = scores[subject]
    large = [cohort for cohort in sorted(members) if len(members[cohort]) >= FEWEST_SUBJECTS]
    schemes: dict[str, list[Fold]] = {
        "within_cohort": [],
        "cross_cohort": [
            _between(f"{a}_to_{b}", members[a], members[b], seed, unscored)
            for a, b in permutations(large, 2)
        ],
        "leave_one_cohort_out": [],
        "all_together": [],
    }
    for cohort in large:
        others = {s: score for s, score in scores.items() if cohorts[s] != cohort}
        if len(others) >= FEWEST_SUBJECTS:
            fold = _between(f"without_{cohort}", others, members[cohort], seed, unscored)
            schemes["leave_one_cohort_out"].append(fold)
        for name, validation, test in _parts(cohort, members[cohort], seed):
            for scheme, pool in (("within_cohort", members[cohort]), ("all_together", scores)):
                train = {*pool, *unscored}.difference(validation, test)
                schemes[scheme].append(Fold(name, tuple(sorted(train)), validation, test))
    return {scheme: folds for scheme, folds in schemes.items() if folds}


def _parts(
    cohort: str, scores: Mapping[str, int], seed: int
) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Name, validation part and test part of the folds within a cohort."""
    folds = stratified_folds(scores, min(FOLDS, len(scores)), seed)
    for fold, following in zip(folds, [*folds[1:], folds[0]], strict=True):
        yield f"{cohort}_{fold.name}", following.test, fold.test


def _between(
    name: str,
    pool: Mapping[str, int],
    tested: Mapping[str, int],
    seed: int,
    unscored: Collection[str],
) -> Fold:
    """Fold that is trained and validated on some subjects and tested on others."""
    validation = _validation(pool, seed)
    train = {*pool, *unscored}.difference(validation)
    return Fold(name, tuple(sorted(train)), validation, tuple(sorted(tested)))


def _validation(pool: Mapping[str, int], seed: int) -> tuple[str, ...]:
    """About a tenth of the subjects of each score; one of the most frequent score at least."""
    rng, chosen = np.random.default_rng([seed, 3]), []
    groups = {score: sorted(s for s in pool if pool[s] == score) for score in set(pool.values())}
    for score in sorted(groups):
        own = rng.permutation(groups[score])
        chosen += list(map(str, own[: round(VALIDATION_SHARE * len(own))]))
    largest = max(sorted(groups), key=lambda score: len(groups[score]))
    return tuple(sorted(chosen or groups[largest][:1]))


def absent_scores(
    folds: Mapping[str, Sequence[Fold]], recordings: Sequence[Recorded]
) -> dict[str, str]:
    """Find the folds in whose training or test part a score does not occur.

    Folds of "leave_one_subject_out" are tested on one subject; their test parts are not checked.

    Args:
        folds: Scheme → folds.
        recordings: Measured recordings of the corpus.

    Returns:
        `dict`: "scheme/name" → what is absent, such as "no walk of score 2 in train".
    """
    own: dict[str, set[int]] = {}
    for row in recordings:
        if row.item["score"] is not None:
            own.setdefault(row.item["subject"], set()).add(row.item["score"])
    every, count = set().union(*own.values()), _ScoreCounts(own)
    absent = {}
    for scheme, members in folds.items():
        parts = ("train",) if scheme == "leave_one_subject_out" else ("train", "test")
        for fold in members:
            problems = []
            for part in parts:
                subjects = getattr(fold, part)
                missing = ", ".join(map(str, sorted(every - count.present(subjects))))
                if missing and any(True for _ in subjects):
                    problems.append(f"no walk of score {missing} in {part}")
            if problems:
                absent[f"{scheme}/{fold.name}"] = "; ".join(problems)
    return absent


class _ScoreCounts:
    """Scores of the walks of subjects; those of `AllBut` from the counts of all subjects.

    Args:
        own: Subject → scores of the walks of the subject.
    """

    def __init__(self, own: Mapping[str, set[int]]):
        self.own = own
        self._subjects: tuple[str, ...] = ()  # those that are counted
        self._counted, self._counts = frozenset(), Counter()

    def present(self, subjects: Sequence[str]) -> set[int]:
        """Scores of the walks of some subjects."""
        if not isinstance(subjects, AllBut):
            return set().union(*(self.own.get(subject, ()) for subject in subjects))
        if subjects.subjects is not self._subjects:
            self._subjects, self._counted = subjects.subjects, frozenset(subjects.subjects)
            self._counts = self._count(self._subjects)
        left_out = self._count(self._counted & subjects.left_out)
        return {score for score, count in self._counts.items() if count > left_out[score]}

    def _count(self, subjects: Iterable[str]) -> Counter[int]:
        return Counter(score for subject in subjects for score in self.own.get(subject, ()))
