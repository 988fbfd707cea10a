"""Whether scores follow medication: the walks of a subject OFF and ON are compared.

The predicted score should change between the sessions of a subject as the true score does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from scipy.stats import binomtest

from .robustness import check_lengths

UNKNOWN = (None, "unknown")  # medications
_EQUAL = 1e-9  # means of scores that differ by less are equal
_PREDICTED_KEY = "given"  # `SubjectDifference.predicted` in JSON


@dataclass(frozen=True)
class SubjectDifference:
    """Mean scores of a subject's walks OFF medication, minus those ON medication.

    Attributes:
        subject: Name of the subject.
        walks_off: Number of walks OFF medication.
        walks_on: Number of walks ON medication.
        true: Difference of the true scores.
        predicted: Difference of the predicted scores.
        expected: Difference of the expected scores, or None.
        direction: "right", "wrong" or "no difference" where the true scores differ, else None.
    """

    subject: str
    walks_off: int
    walks_on: int
    true: float
    predicted: float
    expected: float | None
    direction: str | None


@dataclass(frozen=True)
class Medication:
    """Whether scores follow medication.

    Attributes:
        walks: Number of all walks.
        subjects: Number of all subjects.
        walks_unknown: Number of walks with unknown medication, which are left out.
        subjects_without_both: Number of subjects without walks OFF or without walks ON, who are
            left out.
        by_expected: Whether directions are of expected scores, not of predicted scores.
        differing: Number of subjects whose true scores differ; the sum of `right`, `wrong` and
            `no_difference`.
        right: Subjects whose score changes in the direction of the true score.
        wrong: Subjects whose score changes in the other direction.
        no_difference: Subjects whose score does not change although the true score does.
        p_value: Exact two-sided sign test of right against wrong. None where both are 0.
        same: Number of subjects whose true scores do not differ.
        claimed: Those of them whose predicted scores differ.
        differences: Differences of every subject with both sessions.
    """

    walks: int
    subjects: int
    walks_unknown: int
    subjects_without_both: int
    by_expected: bool
    differing: int
    right: int
    wrong: int
    no_difference: int
    p_value: float | None
    same: int
    claimed: int
    differences: list[SubjectDifference]

    def to_dict(self) -> dict:
        """Return JSON values."""
        content = asdict(self)
        content["differences"] = [
            {_PREDICTED_KEY if key == "predicted" else key: value for key, value in row.items()}
            for row in content["differences"]
        ]
        return content


def medication(
    subjects: Sequence[str],
    medications: Sequence[str | None],
    true_scores: Sequence[int],
    predicted_scores: Sequence[int],
    expected_scores: Sequence[float] | None = None,
) -> Medication:
    """Compare the walks of each subject OFF and ON medication.

    Args:
        subjects: Subject of each walk.
        medications: "off", "on", or None or "unknown" for walks that are left out.
        true_scores: True score of each walk.
        predicted_scores: Predicted score of each walk.
        expected_scores: Sum of k p_k of each walk, where there are probabilities. The direction is
            then that of the expected score, which also shows changes within a score. Whether a
            difference is claimed where the truth has none is always decided by the predicted
            scores, because expected scores always differ a little.

    Returns:
        Counts, sign test, and the differences of every subject.

    Raises:
        ValueError: The lists differ in length, a medication has another value, or a score is not a
            number.
    """
    columns = {"true": true_scores, "predicted": predicted_scores}
    if expected_scores is not None:
        columns["expected"] = expected_scores
    check_lengths(subjects=subjects, medications=medications, **columns)
    columns = {name: _numbers(name, values) for name, values in columns.items()}
    sessions = _sessions(subjects, medications)
    both = {name: walks for name, walks in sessions.items() if len(walks) == 2}
    differences = [_difference(name, **walks, columns=columns) for name, walks in both.items()]
    directions = [difference.direction for difference in differences]
    right, wrong = directions.count("right"), directions.count("wrong")
    return Medication(
        walks=len(subjects),
        subjects=len(sessions),
        walks_unknown=sum(session in UNKNOWN for session in medications),
        subjects_without_both=len(sessions) - len(differences),
        by_expected=expected_scores is not None,
        differing=len(directions) - directions.count(None),
        right=right,
        wrong=wrong,
        no_difference=directions.count("no difference"),
        p_value=float(binomtest(right, right + wrong).pvalue) if right + wrong else None,
        same=directions.count(None),
        claimed=sum(row.predicted != 0 for row in differences if row.direction is None),
        differences=differences,
    )


def _sessions(
    subjects: Sequence[str], medications: Sequence[str | None]
) -> dict[str, dict[str, list[int]]]:
    """Subject → "off" or "on" → indices of the walks."""
    sessions: dict[str, dict[str, list[int]]] = {name: {} for name in sorted(map(str, subjects))}
    for index, (subject, session) in enumerate(zip(subjects, medications, strict=True)):
        if session in UNKNOWN:
            continue
        if session not in ("off", "on"):
            raise ValueError(f"medication is {session!r}, expected 'off', 'on' or None")
        sessions[str(subject)].setdefault(session, []).append(index)
    return sessions


def _difference(
    subject: str, off: list[int], on: list[int], columns: dict[str, np.ndarray]
) -> SubjectDifference:
    means = {name: values[off].mean() - values[on].mean() for name, values in columns.items()}
    means = {name: 0.0 if abs(mean) < _EQUAL else float(mean) for name, mean in means.items()}
    expected = means.get("expected")
    direction = None
    if means["true"]:
        change = means["predicted"] if expected is None else expected
        sign = int(np.sign(change * means["true"]))
        direction = {1: "right", -1: "wrong", 0: "no difference"}[sign]
    return SubjectDifference(
        subject, len(off), len(on), means["true"], means["predicted"], expected, direction
    )


def _numbers(name: str, values: Sequence[float]) -> np.ndarray:
    numbers = np.array([np.nan if value is None else value for value in values], dtype=float)
    if not np.isfinite(numbers).all():
        raise ValueError(
            f"{name} scores have {np.count_nonzero(~np.isfinite(numbers))} that are not numbers, "
            "expected a number for each walk: leave walks without an answer out, and report how "
            "many"
        )
    return numbers
