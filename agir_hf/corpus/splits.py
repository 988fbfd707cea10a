"""Splits of a corpus by subject: a fixed split, stratified folds, and leave-one-subject-out."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .files import corpus_file
from .schema import SPLITS

TEST_SHARE, VALIDATION_SHARE = 0.2, 0.1
FOLDS = 5
SPLITS_FILE = "splits.json"  # in the folder of a corpus


class LeakError(ValueError):
    """Error for a subject that is in two parts of a split."""


class AllBut(Sequence):
    """Subjects without some of them, equal to a tuple of the others.

    The folds of a scheme share one tuple of all subjects, so that leave-one-subject-out of many
    subjects needs no tuple of the others for each of them.

    Args:
        subjects: All subjects in order, each once.
        left_out: Subjects that are left out; names that are not in `subjects` have no effect.

    Example:
        ```python
        >>> from agir_hf.corpus.splits import AllBut
        >>> AllBut(("A", "B", "C"), ["B"])
        ('A', 'C')

        ```
    """

    def __init__(self, subjects: tuple[str, ...], left_out: Iterable[str]):
        self.subjects, self.left_out = subjects, frozenset(left_out)

    def __iter__(self) -> Iterator[str]:
        return (subject for subject in self.subjects if subject not in self.left_out)

    def __contains__(self, subject: object) -> bool:
        return subject not in self.left_out and subject in self.subjects

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __getitem__(self, index):
        return tuple(self)[index]

    def __radd__(self, other: tuple[str, ...]) -> tuple[str, ...]:
        return (*other, *self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (tuple, AllBut)) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))


@dataclass(frozen=True)
class Fold:
    """Subjects of each part of a split.

    Attributes:
        name: Name of the fold, such as "fold0".
        train: Subjects of the training part, a tuple or `AllBut`.
        validation: Subjects of the validation part; may be empty.
        test: Subjects of the test part.
    """

    name: str
    train: tuple[str, ...] | AllBut
    validation: tuple[str, ...]
    test: tuple[str, ...]

    def __post_init__(self):
        train = self.train
        if isinstance(train, AllBut):  # only subjects of the other parts may be in it too
            train = [subject for subject in (*self.validation, *self.test) if subject in train]
        check_disjoint({"train": train, "validation": self.validation, "test": self.test})

    def rows(self, subjects: Sequence[str], split: str) -> np.ndarray:
        """Indices of the rows that belong to a part of the fold.

        Args:
            subjects: Subject of each row.
            split: "train", "validation" or "test".
        """
        return np.flatnonzero(np.isin(np.asarray(subjects), tuple(getattr(self, split))))


def check_disjoint(parts: Mapping[str, Iterable[str]]) -> None:
    """Check that no subject is in two parts.

    Args:
        parts: Name of a part → subjects of its rows.

    Raises:
        LeakError: A subject is in two parts. The message names the subject and the parts.
    """
    part_of: dict[str, str] = {}
    for part, subjects in parts.items():
        for subject in dict.fromkeys(subjects):
            if part_of.setdefault(subject, part) != part:
                raise LeakError(
                    f"subject {subject} is in {part_of[subject]} and in {part}, expected one of "
                    "them: a model would be tested on subjects it was trained on"
                )


def fixed_split(scores: Mapping[str, Hashable], seed: int = 0) -> Fold:
    """Split subjects into about 70 % training, 10 % validation and 20 % test, within every score.

    Args:
        scores: Subject → score to stratify by, or a pair of cohort and score.
        seed: Seed of the random generator.

    Raises:
        ValueError: There are fewer than three subjects.
    """
    if len(scores) < len(SPLITS):
        raise ValueError(
            f"{len(scores)} subjects with a score, expected at least {len(SPLITS)}: one in each of "
            f"{', '.join(SPLITS)}"
        )
    rng, parts = np.random.default_rng([seed, 1]), {split: [] for split in SPLITS}
    shares = {"test": TEST_SHARE, "validation": VALIDATION_SHARE}
    for score in sorted(set(scores.values())):
        own = list(rng.permutation(sorted(s for s, value in scores.items() if value == score)))
        total = len(own)
        for split, share in shares.items():
            count = round(share * total) or int(total >= len(SPLITS))
            parts[split] += own[:count]
            own = own[count:]
        parts["train"] += own
    for split in shares:  # too few subjects per score: move one from the training part
        if not parts[split]:
            parts[split].append(parts["train"].pop())
    return Fold("fixed", *(tuple(sorted(map(str, parts[split]))) for split in SPLITS))


def stratified_folds(scores: Mapping[str, int], folds: int = FOLDS, seed: int = 0) -> list[Fold]:
    """Divide subjects into folds for cross-validation, stratified by score.

    Every subject is in the test part of exactly one fold. The subjects of each score are
    distributed over the test parts as evenly as possible. The folds have no validation part.

    Args:
        scores (`Mapping[str, int]`):
            Subject → score to stratify by. For subjects with several sessions, a corpus uses the
            highest score.
        folds (`int`, defaults to 5):
            Number of folds.
        seed (`int`, defaults to 0):
            Seed of the random generator.

    Returns:
        `list` of [`Fold`]: Folds named "fold0", "fold1" and so on.

    Raises:
        ValueError: There are fewer than two folds, or fewer subjects than folds.

    Example:
        ```python
        >>> from agir_hf.corpus.splits import stratified_folds
        >>> scores = {"A": 0, "B": 0, "C": 1, "D": 1, "E": 2, "F": 2}
        >>> folds = stratified_folds(scores, folds=2)
        >>> [sorted(scores[subject] for subject in fold.test) for fold in folds]
        [[0, 1, 2], [0, 1, 2]]
        >>> sorted(folds[0].train) == sorted(folds[1].test)
        True

        ```
    """
    if not 2 <= folds <= len(scores):
        raise ValueError(f"{folds} folds of {len(scores)} subjects, expected 2 to {len(scores)}")
    rng, tests, count = np.random.default_rng([seed, 2]), [[] for _ in range(folds)], 0
    for score in sorted(set(scores.values())):
        for subject in rng.permutation(sorted(s for s, v in scores.items() if v == score)):
            tests[count % folds].append(str(subject))
            count += 1
    subjects = tuple(sorted(scores))
    return [_fold(f"fold{i}", subjects, test) for i, test in enumerate(tests)]


def leave_one_subject_out(scores: Mapping[str, int]) -> list[Fold]:
    """Make one fold per subject; the test part of a fold is this subject.

    The folds have no validation part.

    Args:
        scores (`Mapping[str, int]`):
            Subject → score. Only the subjects are used.

    Returns:
        `list` of [`Fold`]: Folds named "without_" and the subject, sorted by subject.

    Example:
        ```python
        >>> from agir_hf.corpus.splits import leave_one_subject_out
        >>> folds = leave_one_subject_out({"A": 0, "B": 1, "C": 2})
        >>> folds[0]
        Fold(name='without_A', train=('B', 'C'), validation=(), test=('A',))

        ```
    """
    subjects = tuple(sorted(scores))
    return [_fold(f"without_{subject}", subjects, [subject]) for subject in subjects]


def _fold(name: str, subjects: tuple[str, ...], test: list[str]) -> Fold:
    return Fold(name, AllBut(subjects, test), (), tuple(sorted(test)))


def all_folds(
    scores: Mapping[str, Hashable], seed: int = 0, unscored: Collection[str] = ()
) -> dict[str, list[Fold]]:
    """Make the folds of every scheme.

    Args:
        scores: Subject → score to stratify by, or a pair of cohort and score.
        seed: Seed of the random generator.
        unscored: Subjects without scores, who are in the training part of every fold.

    Returns:
        `dict`: "fixed", "stratified" and "leave_one_subject_out" → folds. "fixed" alone if there
        are fewer than three subjects with scores; all subjects are then in the training part.
    """
    if len(scores) < len(SPLITS):
        return {"fixed": [Fold("fixed", tuple(sorted({*scores, *unscored})), (), ())]}
    schemes = {
        "fixed": [fixed_split(scores, seed)],
        "stratified": stratified_folds(scores, min(FOLDS, len(scores)), seed),
        "leave_one_subject_out": leave_one_subject_out(scores),
    }
    if unscored:
        pool = tuple(sorted({*scores, *unscored}))
        for scheme, folds in schemes.items():
            schemes[scheme] = [
                replace(fold, train=AllBut(pool, (*fold.validation, *fold.test))) for fold in folds
            ]
    return schemes


def load_folds(folder: str | os.PathLike, scheme: str = "stratified") -> list[Fold]:
    r"""Load the folds of a corpus from its `splits.json`.

    Args:
        folder (`str` or `os.PathLike`):
            Folder of the corpus, or its name on the Hub.
        scheme (`str`, defaults to `"stratified"`):
            "fixed" (the published split), "stratified" or "leave_one_subject_out"; for a corpus of
            several cohorts also "within_cohort", "cross_cohort", "leave_one_cohort_out" and
            "all_together", see [`~corpus.protocols.cohort_folds`]. A corpus of fewer than three
            subjects has only "fixed".

    Returns:
        `list` of [`Fold`]: The folds of the scheme.

    Raises:
        FileNotFoundError: The corpus has no `splits.json`.
        ValueError: The corpus has no such scheme.

    Example:
        ```python
        >>> from pathlib import Path
        >>> import agir_hf
        >>> from agir_hf.corpus.build import build_corpus
        >>> from agir_hf.corpus.splits import load_folds
        >>> rows = [f"{subject},on,{agir_hf.SAMPLE_RECORDING},1" for subject in "ABC"]
        >>> _ = Path("clinical.csv").write_text("\n".join(["subject,session,file,score", *rows]))
        >>> corpus = build_corpus(".", "corpus", fit="centres").folder
        >>> [fold.test for fold in load_folds(corpus, "leave_one_subject_out")]
        [('A',), ('B',), ('C',)]

        ```
    """
    content = json.loads(corpus_file(folder, SPLITS_FILE).read_text(encoding="utf-8"))
    subjects = tuple(content["subjects"])
    if scheme not in content["schemes"]:
        raise ValueError(f"scheme is {scheme!r}, expected one of {', '.join(content['schemes'])}")
    folds = []
    for fold in content["schemes"][scheme]:
        held_out = {*fold["validation"], *fold["test"], *fold.get("unused", ())}
        train = AllBut(subjects, held_out)
        folds.append(Fold(fold["name"], train, tuple(fold["validation"]), tuple(fold["test"])))
    return folds


def folds_as_json(folds: Mapping[str, Sequence[Fold]]) -> dict:
    """Content of `splits.json`, for `load_folds`.

    The training part of a fold is stated by the subjects that are not in it.

    Args:
        folds: Scheme → folds.
    """
    subjects = sorted(
        {s for fold in folds["fixed"] for part in SPLITS for s in getattr(fold, part)}
    )
    whole, schemes = set(subjects), {}
    for scheme, members in folds.items():
        schemes[scheme] = []
        for fold in members:
            row = {"name": fold.name, "validation": fold.validation, "test": fold.test}
            unused = _outside(whole, fold).difference(fold.validation, fold.test)
            schemes[scheme].append(row | ({"unused": sorted(unused)} if unused else {}))
    return {"subjects": subjects, "schemes": schemes}


def _outside(subjects: set[str], fold: Fold) -> set[str]:
    """Subjects that are not in the training part of a fold."""
    if isinstance(fold.train, AllBut) and len(fold.train.subjects) == len(subjects):
        return set(fold.train.left_out)
    return subjects.difference(fold.train)
