"""Subject-disjoint splits: fixed, k-fold by score, and one subject at a time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .schema import SPLITS

TEST_SHARE, VALIDATION_SHARE = 0.2, 0.1
FOLDS = 5
SPLITS_FILE = "splits.json"  # of a corpus


class LeakError(ValueError):
    """A subject stands on both sides of a split."""


@dataclass(frozen=True)
class Fold:
    """Which subjects are where; ``validation`` may be empty."""

    name: str
    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]

    def __post_init__(self):
        check_disjoint({split: getattr(self, split) for split in SPLITS})

    def rows(self, subjects: Sequence[str], split: str) -> np.ndarray:
        """Indices of the rows whose subject is in a part of the fold."""
        return np.flatnonzero(np.isin(np.asarray(subjects), getattr(self, split)))


def check_disjoint(parts: Mapping[str, Iterable[str]]) -> None:
    """Hold that no subject is in two parts.

    Args:
        parts: name of a part → subjects of its rows.

    Raises:
        LeakError: names the subjects and the parts.
    """
    owner: dict[str, str] = {}
    for part, subjects in parts.items():
        for subject in dict.fromkeys(subjects):
            if owner.setdefault(subject, part) != part:
                raise LeakError(
                    f"subject {subject} is in {owner[subject]} and in {part}, expected one of "
                    "them: a model would be tested on walkers it was trained on"
                )


def fixed_split(scores: Mapping[str, int], seed: int = 0) -> Fold:
    """About 70/10/20 % of the subjects, within every score.

    Args:
        scores: subject → the score to stratify by.
        seed: the same seed gives the same split.

    Raises:
        ValueError: fewer than three subjects.
    """
    if len(scores) < len(SPLITS):
        raise ValueError(
            f"{len(scores)} subjects with a score, expected at least {len(SPLITS)}: one in each of "
            f"{', '.join(SPLITS)}"
        )
    rng, parts = np.random.default_rng([seed, 1]), {split: [] for split in SPLITS}
    wanted = {"test": TEST_SHARE, "validation": VALIDATION_SHARE}
    for score in sorted(set(scores.values())):
        own = list(rng.permutation(sorted(s for s, value in scores.items() if value == score)))
        total = len(own)
        for split, share in wanted.items():
            count = round(share * total) or int(total >= len(SPLITS))
            parts[split] += own[:count]
            own = own[count:]
        parts["train"] += own
    for split in wanted:  # few subjects of every score: take from the training part
        if not parts[split]:
            parts[split].append(parts["train"].pop())
    return Fold("fixed", *(tuple(sorted(map(str, parts[split]))) for split in SPLITS))


def stratified_folds(scores: Mapping[str, int], folds: int = FOLDS, seed: int = 0) -> list[Fold]:
    """Folds whose test parts share out the subjects of every score; no validation part.

    Raises:
        ValueError: fewer subjects than folds.
    """
    if not 2 <= folds <= len(scores):
        raise ValueError(f"{folds} folds of {len(scores)} subjects, expected 2 to {len(scores)}")
    rng, tests, turn = np.random.default_rng([seed, 2]), [[] for _ in range(folds)], 0
    for score in sorted(set(scores.values())):
        for subject in rng.permutation(sorted(s for s, v in scores.items() if v == score)):
            tests[turn % folds].append(str(subject))
            turn += 1
    return [_fold(f"fold{i}", scores, test) for i, test in enumerate(tests)]


def leave_one_subject_out(scores: Mapping[str, int]) -> list[Fold]:
    """One fold a subject, who is tested on."""
    return [_fold(f"without_{subject}", scores, [subject]) for subject in sorted(scores)]


def _fold(name: str, scores: Mapping[str, int], test: list[str]) -> Fold:
    rest = tuple(sorted(set(scores) - set(test)))
    return Fold(name, rest, (), tuple(sorted(test)))


def all_folds(scores: Mapping[str, int], seed: int = 0) -> dict[str, list[Fold]]:
    """Every scheme: "fixed", "stratified" and "leave_one_subject_out"."""
    return {
        "fixed": [fixed_split(scores, seed)],
        "stratified": stratified_folds(scores, min(FOLDS, len(scores)), seed),
        "leave_one_subject_out": leave_one_subject_out(scores),
    }


def load_folds(folder: Path, scheme: str = "stratified") -> list[Fold]:
    """The folds of a corpus.

    Args:
        folder: of the corpus.
        scheme: "fixed", "stratified" or "leave_one_subject_out".

    Raises:
        ValueError: the corpus has no such scheme.
    """
    content = json.loads((Path(folder) / SPLITS_FILE).read_text(encoding="utf-8"))
    if scheme not in content["schemes"]:
        raise ValueError(f"scheme is {scheme!r}, expected one of {', '.join(content['schemes'])}")
    folds = []
    for fold in content["schemes"][scheme]:
        apart = {*fold["validation"], *fold["test"]}
        train = tuple(subject for subject in content["subjects"] if subject not in apart)
        folds.append(Fold(fold["name"], train, tuple(fold["validation"]), tuple(fold["test"])))
    return folds
