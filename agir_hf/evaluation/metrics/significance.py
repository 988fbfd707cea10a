"""Confidence intervals over subjects, and tests of the difference between two rows.

Intervals and tests resample subjects, not walks: the walks of a subject are similar, and so are the
predictions of several trainings for one walk. The models of two folds share most of their training
walks, so the intervals describe the variation over subjects, not over training sets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...constants_agir import SCORES
from ..reporting.results import Prediction, Row
from .classification import SCORE_METRICS
from .resampling import Metric, draws, resampled_values, subjects_of

RESAMPLES, PERMUTATIONS, LEVEL = 2000, 10_000, 0.95
EXACT_SUBJECTS = 13  # up to this number, all 2^S sign flips are counted
_CHUNK = 1000  # sign flips at a time
_DECIMALS = 9  # sums of shares of right answers can differ in their last digit

__all__ = [
    "EXACT_SUBJECTS", "LEVEL", "PERMUTATIONS", "RESAMPLES", "SCORE_METRICS", "Comparison",
    "Interval", "mcnemar", "paired_comparison", "subject_bootstrap",
]  # fmt: skip


@dataclass(frozen=True)
class Interval:
    """A figure and the percentile interval of its bootstrap.

    Attributes:
        value: Figure of all predictions.
        low: Lower end of the interval.
        high: Upper end of the interval.
        level: Confidence level, such as 0.95.
        resamples: Number of bootstrap resamples.
        subjects: Number of subjects that were resampled.
    """

    value: float
    low: float
    high: float
    level: float
    resamples: int
    subjects: int


@dataclass(frozen=True)
class Comparison:
    """Row a against row b, over the same walks.

    Attributes:
        a: Name of row a.
        b: Name of row b.
        metric: Name of the metric.
        value_a: Metric of row a, pooled over folds and seeds.
        value_b: Metric of row b, pooled over folds and seeds.
        difference: Value of a minus value of b, with its interval.
        p_value: Two-sided p-value of the number of right answers, signs flipped by subject. It is
            of right answers whatever the metric, and not corrected for multiple comparisons.
        walks: Number of walks.
    """

    a: str
    b: str
    metric: str
    value_a: float
    value_b: float
    difference: Interval
    p_value: float
    walks: int


def subject_bootstrap(
    predictions: Sequence[Prediction],
    metric_fn: Metric,
    classes: Sequence[int] = SCORES,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    level: float = LEVEL,
) -> Interval:
    """Bootstrap a pooled metric by resampling subjects with replacement.

    All predictions of a subject, of all walks and seeds, are drawn together. Resamples in which the
    metric is not defined are left out. With few subjects the interval is too narrow; with one
    subject it is a point. Source: Efron and Tibshirani 1993 (An Introduction to the Bootstrap),
    chapter 13.

    Args:
        predictions (`Sequence[Prediction]`):
            Predictions of all folds and seeds of a row.
        metric_fn (`str` or `Callable`):
            Name of a metric in `SCORE_METRICS` or in `Prediction.figures` (fast, from counts of
            each subject), or a function of a list of predictions (called for every resample).
        classes (`Sequence[int]`, defaults to `(0, 1, 2)`):
            Scores in order.
        resamples (`int`, defaults to 2000):
            Number of resamples.
        seed (`int`, defaults to 0):
            Seed of the random generator.
        level (`float`, defaults to 0.95):
            Confidence level.

    Returns:
        [`Interval`]: The metric of all predictions and its percentile interval.

    Raises:
        ValueError: No prediction has the metric, or the level is not between 0 and 1.

    Example:
        ```python
        >>> from agir_hf.evaluation.metrics.significance import subject_bootstrap
        >>> from agir_hf.evaluation.reporting.results import Prediction
        >>> predictions = [
        ...     Prediction(f"walk{i}", f"subject{i // 2}", truth=i % 3, predicted=(i % 3) * (i % 2))
        ...     for i in range(12)
        ... ]
        >>> interval = subject_bootstrap(predictions, "accuracy", seed=0)
        >>> round(interval.value, 2), round(interval.low, 2), round(interval.high, 2)
        (0.67, 0.5, 0.83)

        ```
    """
    names = subjects_of(predictions)
    drawn = draws(len(names), resamples, seed)
    value, values = resampled_values(predictions, metric_fn, classes, names, drawn)
    return _interval(value, values, level, len(names))


def paired_comparison(
    row_a: Row,
    row_b: Row,
    metric: Metric = "accuracy",
    classes: Sequence[int] = SCORES,
    *,
    resamples: int = RESAMPLES,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
    level: float = LEVEL,
) -> Comparison:
    """Compare two rows over the same walks: difference, interval and p-value.

    The interval resamples subjects, the same ones for both rows. The p-value flips the sign of each
    subject's difference in right answers (a walk with several seeds counts by its share of right
    answers): all flips of up to `EXACT_SUBJECTS` subjects, else `permutations` random ones, with
    p = (1 + number at least as extreme) / (1 + permutations). Source: Phipson and Smyth 2010
    (Permutation P-values Should Never Be Zero).

    Args:
        row_a (`Row`):
            First row.
        row_b (`Row`):
            Second row, of the same walks.
        metric (`str` or `Callable`, defaults to `"accuracy"`):
            Metric, see [`subject_bootstrap`].
        classes (`Sequence[int]`, defaults to `(0, 1, 2)`):
            Scores in order.
        resamples (`int`, defaults to 2000):
            Number of bootstrap resamples.
        permutations (`int`, defaults to 10000):
            Number of random sign flips where there are more than `EXACT_SUBJECTS` subjects.
        seed (`int`, defaults to 0):
            Seed of the random generators.
        level (`float`, defaults to 0.95):
            Confidence level.

    Returns:
        [`Comparison`]: Both values, their difference with its interval, and the p-value.

    Raises:
        ValueError: The rows differ in walks, subjects or true scores; the message lists them.

    Example:
        ```python
        >>> from agir_hf.evaluation.metrics.significance import paired_comparison
        >>> from agir_hf.evaluation.reporting.results import FoldResult, Prediction, Row
        >>> def row(name, predicted):
        ...     walks = [
        ...         Prediction(f"walk{i}", f"subject{i}", truth=1, predicted=score)
        ...         for i, score in enumerate(predicted)
        ...     ]
        ...     return Row(name, [FoldResult("fold0", 0, walks)])
        >>> comparison = paired_comparison(row("a", [1, 1, 1, 1, 0]), row("b", [0, 0, 0, 1, 0]))
        >>> round(comparison.difference.value, 2), comparison.p_value
        (0.6, 0.25)

        ```
    """
    walks = _same_walks(row_a, row_b)
    names = subjects_of(row_a.predictions)
    drawn = draws(len(names), resamples, seed)
    (a, drawn_a), (b, drawn_b) = (
        resampled_values(row.predictions, metric, classes, names, drawn) for row in (row_a, row_b)
    )
    right_a, right_b = (_right_shares(row) for row in (row_a, row_b))
    number = {name: i for i, name in enumerate(names)}
    differences = np.zeros(len(names))
    for walk, (subject, _) in walks.items():
        differences[number[subject]] += right_a[walk] - right_b[walk]
    return Comparison(
        row_a.name,
        row_b.name,
        metric if isinstance(metric, str) else metric.__name__,
        a,
        b,
        _interval(a - b, drawn_a - drawn_b, level, len(names)),
        _sign_flip_p(differences, permutations, seed),
        len(walks),
    )


def mcnemar(row_a: Row, row_b: Row) -> float:
    """Run McNemar's exact test (1947) on the walks that only one of two rows predicts right.

    The test assumes independent walks, and the walks of a subject are not independent: where
    subjects have several walks, report [`paired_comparison`].

    Args:
        row_a (`Row`):
            First row, with one prediction of each walk.
        row_b (`Row`):
            Second row, of the same walks.

    Returns:
        `float`: Two-sided p-value; 1 where the rows are right on the same walks.

    Raises:
        ValueError: The rows differ in walks, subjects or true scores, or have several predictions
            of a walk.

    Example:
        ```python
        >>> from agir_hf.evaluation.metrics.significance import mcnemar
        >>> from agir_hf.evaluation.reporting.results import FoldResult, Prediction, Row
        >>> def row(name, predicted):
        ...     walks = [
        ...         Prediction(f"walk{i}", f"subject{i}", truth=1, predicted=score)
        ...         for i, score in enumerate(predicted)
        ...     ]
        ...     return Row(name, [FoldResult("fold0", 0, walks)])
        >>> round(mcnemar(row("a", [1, 1, 1, 1, 0]), row("b", [0, 0, 0, 1, 0])), 4)
        0.25

        ```
    """
    from scipy.stats import binomtest  # imported here: scipy.stats takes a second

    _same_walks(row_a, row_b)
    for row in (row_a, row_b):
        if len(row.walks()) != len(row.predictions):
            raise ValueError(
                f"row {row.name!r} has several predictions of a walk, expected one: choose a seed"
            )
    right_a, right_b = (_right_shares(row) for row in (row_a, row_b))
    only_a = sum(right_a[walk] > right_b[walk] for walk in right_a)
    only_b = sum(right_a[walk] < right_b[walk] for walk in right_a)
    return float(binomtest(only_a, only_a + only_b).pvalue) if only_a + only_b else 1.0


def _interval(value: float, values: np.ndarray, level: float, subjects: int) -> Interval:
    if not 0 < level < 1:
        raise ValueError(f"level is {level}, expected between 0 and 1, such as 0.95")
    low, high = np.nanquantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high), level, len(values), subjects)


def _sign_flip_p(differences: np.ndarray, permutations: int, seed: int) -> float:
    """Two-sided p-value of the sum of subjects' differences (S,) under flips of their signs."""
    if len(differences) < 2:
        return 1.0  # both signs are as extreme
    if len(differences) <= EXACT_SUBJECTS:
        return _exact_sign_flip_p(differences)
    # Own code and not scipy.stats.permutation_test: another stream of random numbers would change
    # the last digit of published p-values.
    least = abs(differences.sum()) - 10.0**-_DECIMALS
    rng = np.random.default_rng(seed)
    extreme = 0
    for start in range(0, permutations, _CHUNK):
        bits = rng.integers(0, 2, (min(_CHUNK, permutations - start), len(differences)))
        extreme += int((np.abs((2 * bits - 1) @ differences) >= least).sum())
    return (1 + extreme) / (1 + permutations)


def _exact_sign_flip_p(differences: np.ndarray) -> float:
    from scipy.stats import permutation_test  # imported here: scipy.stats takes a second

    def total(values: np.ndarray, axis: int) -> np.ndarray:
        return values.sum(axis=axis).round(_DECIMALS)

    test = permutation_test(
        (differences,),
        total,
        permutation_type="samples",
        vectorized=True,
        n_resamples=2**EXACT_SUBJECTS,
    )
    return float(test.pvalue)


def _same_walks(row_a: Row, row_b: Row) -> dict[str, tuple[str, int]]:
    """Walks of two rows, walk → subject and true score, if they are the same."""
    a, b = row_a.walks(), row_b.walks()
    problems = []
    for row, missing in ((row_a, b.keys() - a.keys()), (row_b, a.keys() - b.keys())):
        if missing:
            problems.append(f"{row.name!r} lacks {_listed(missing)}{_reason(row)}")
    different = {walk for walk in a.keys() & b.keys() if a[walk] != b[walk]}
    if different:
        problems.append(f"subject or true score differ for {_listed(different)}")
    if problems or not a:
        raise ValueError(
            f"rows {row_a.name!r} and {row_b.name!r} cannot be paired: "
            f"{'; '.join(problems) or 'they have no walks'}; expected the same walks in both"
        )
    return a


def _reason(row: Row) -> str:
    return f" ({row.note})" if row.note and not row.folds else ""


def _listed(values: set[str]) -> str:
    more = f" and {len(values) - 5} more" if len(values) > 5 else ""
    return ", ".join(sorted(values)[:5]) + more


def _right_shares(row: Row) -> dict[str, float]:
    """Walk → share of right answers among its predictions."""
    answers: dict[str, list[bool]] = {}
    for prediction in row.predictions:
        answers.setdefault(prediction.id, []).append(prediction.right)
    return {walk: sum(rights) / len(rights) for walk, rights in answers.items()}
