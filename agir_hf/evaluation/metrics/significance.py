"""How far figures vary over subjects, and whether two rows differ.

Intervals and tests resample subjects, never walks: walks of one walker are alike, and so are the
answers of several trainings to one walk. What they leave out: the models of two folds share most of
their training walks, so that intervals say how a figure would vary over walkers, not over training
sets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np

from ...constants_agir import SCORES
from ..reporting.results import Prediction, Row
from .classification import SCORE_METRICS, table_metrics

RESAMPLES, PERMUTATIONS, LEVEL = 2000, 10_000, 0.95
EXACT_SUBJECTS = 13  # up to so many, all 2^S sign flips are counted
_CHUNK = 1000  # sign flips at a time
Metric = str | Callable[[list[Prediction]], float]


@dataclass(frozen=True)
class Interval:
    """A figure and the percentile interval of its bootstrap."""

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
        difference: metric of a minus metric of b, each pooled, with its interval.
        p_value: that correctness differs by subject as it does or more if the rows were
            exchangeable (two-sided, signs flipped by subject); always of correctness, whatever the
            metric. Not corrected for the number of comparisons.
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
    """Percentile interval of a pooled metric, by resampling subjects with replacement.

    All predictions of a subject, walks and seeds, are drawn together. Resamples in which the metric
    is not defined are left out. Source: Efron and Tibshirani 1993 (An Introduction to the
    Bootstrap), chapter 13. With few subjects it is too narrow; of one subject it is the figure.

    Args:
        metric_fn: a name of `SCORE_METRICS` or of `Prediction.figures` (from counts of each
            subject, fast), or a function of predictions (called for every resample).

    Raises:
        ValueError: for a metric that no prediction has, or a level outside 0 … 1.
    """
    names = subjects_of(predictions)
    drawn = _draws(len(names), resamples, seed)
    value, values = _values(predictions, metric_fn, classes, names, drawn)
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
    """Difference of two rows over the same walks, its interval, and a p-value of correctness.

    The interval resamples subjects, the same for both rows. The p-value flips the sign of each
    subject's difference in correct walks (a walk of several seeds counts by its share of right
    answers): all flips of up to `EXACT_SUBJECTS`, else ``permutations`` random ones, of which p is
    (1 + as extreme) / (1 + all). Source: Phipson and Smyth 2010 (Permutation P-values Should Never
    Be Zero).

    Args:
        metric: see `subject_bootstrap`.

    Raises:
        ValueError: if the rows do not hold the same walks, subjects and true scores; it names the
            difference.
    """
    walks = _same_walks(row_a, row_b)
    names = subjects_of(row_a.predictions)
    drawn = _draws(len(names), resamples, seed)
    (a, drawn_a), (b, drawn_b) = (
        _values(row.predictions, metric, classes, names, drawn) for row in (row_a, row_b)
    )
    right_a, right_b = (_right_shares(row) for row in (row_a, row_b))
    number = {name: i for i, name in enumerate(names)}
    ahead = np.zeros(len(names))
    for walk, (subject, _) in walks.items():
        ahead[number[subject]] += right_a[walk] - right_b[walk]
    return Comparison(
        row_a.name,
        row_b.name,
        metric if isinstance(metric, str) else metric.__name__,
        a,
        b,
        _interval(a - b, drawn_a - drawn_b, level, len(names)),
        _sign_flip_p(ahead, permutations, seed),
        len(walks),
    )


def mcnemar(row_a: Row, row_b: Row) -> float:
    """Exact two-sided p-value of McNemar's test (1947): walks that one row alone has right.

    It takes walks as independent, which walks of one walker are not: where subjects have several
    walks, `paired_comparison` is the one to report.

    Raises:
        ValueError: for rows of different walks, or of several predictions of a walk.
    """
    _same_walks(row_a, row_b)
    for row in (row_a, row_b):
        if len(row.walks()) != len(row.predictions):
            raise ValueError(
                f"row {row.name!r} has several predictions of a walk, expected one: choose a seed"
            )
    right_a, right_b = (_right_shares(row) for row in (row_a, row_b))
    only_a = sum(right_a[walk] > right_b[walk] for walk in right_a)
    only_b = sum(right_a[walk] < right_b[walk] for walk in right_a)
    number = only_a + only_b
    tail = sum(comb(number, i) for i in range(min(only_a, only_b) + 1))
    return min(1.0, 2 * tail / 2**number)


def figure_values(predictions: Sequence[Prediction]) -> dict[str, list[float]]:
    """Figure → its values, of the predictions that have it."""
    found: dict[str, list[float]] = {}
    for one in predictions:
        for name, value in one.figures.items():
            if value is not None:
                found.setdefault(name, []).append(value)
    return found


def subjects_of(predictions: Sequence[Prediction]) -> list[str]:
    """Different subjects, in order."""
    return sorted({one.subject for one in predictions})


def _draws(subjects: int, resamples: int, seed: int) -> np.ndarray:
    """(R, S): how often each subject is drawn in each resample."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(subjects, np.full(subjects, 1 / subjects), size=resamples)


def _values(predictions, metric: Metric, classes, names, drawn) -> tuple[float, np.ndarray]:
    """The metric of all predictions, and (R,) of the resamples; NaN where it is not defined."""
    weights = np.vstack([np.ones_like(drawn[:1]), drawn])
    subject = np.searchsorted(names, [one.subject for one in predictions])
    if not isinstance(metric, str):
        values = _values_of_function(predictions, metric, subject, weights)
    elif metric in SCORE_METRICS:
        counts = _confusions(predictions, classes, subject, len(names))
        values = table_metrics(np.tensordot(weights, counts, axes=1))[metric]
    else:
        values = _values_of_figure(predictions, metric, subject, weights)
    return float(values[0]), values[1:]


def _confusions(predictions, classes, subject: np.ndarray, subjects: int) -> np.ndarray:
    """(S, K, K + 1) confusion counts of each subject, as `metrics.confusion_matrix` has them."""
    place = {score: i for i, score in enumerate(classes)}
    true = [place[one.truth] for one in predictions]
    given = [place.get(one.given, len(place)) for one in predictions]
    counts = np.zeros((subjects, len(place), len(place) + 1), dtype=int)
    np.add.at(counts, (subject, true, given), 1)
    return counts


def _values_of_figure(predictions, name: str, subject, weights) -> np.ndarray:
    """Means of a figure over the predictions that have it."""
    values = np.array([_number(one.figures.get(name)) for one in predictions])
    known = np.isfinite(values)
    if not known.any():
        raise ValueError(
            f"no prediction has the figure {name!r}, expected one of {SCORE_METRICS} or of "
            f"{tuple(figure_values(predictions))}"
        )
    sums, numbers = (
        weights @ np.bincount(subject[known], part[known], minlength=weights.shape[1])
        for part in (values, known.astype(float))
    )
    return np.where(numbers > 0, sums / np.maximum(numbers, 1), np.nan)


def _values_of_function(predictions, function, subject, weights) -> np.ndarray:
    groups: list[list[Prediction]] = [[] for _ in range(weights.shape[1])]
    for one, place in zip(predictions, subject, strict=True):
        groups[place].append(one)
    samples = (
        [one for group, times in zip(groups, row, strict=True) for one in group * int(times)]
        for row in weights
    )
    return np.array([function(sample) for sample in samples], dtype=float)


def _interval(value: float, values: np.ndarray, level: float, subjects: int) -> Interval:
    if not 0 < level < 1:
        raise ValueError(f"level is {level}, expected between 0 and 1, such as 0.95")
    low, high = np.nanquantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high), level, len(values), subjects)


def _sign_flip_p(ahead: np.ndarray, permutations: int, seed: int) -> float:
    """Two-sided p-value of the sum of subjects' differences (S,), signs flipped at random."""
    least = abs(ahead.sum()) - 1e-9  # sums of shares may differ in their last digit
    if len(ahead) <= EXACT_SUBJECTS:
        bits = np.arange(2 ** len(ahead))[:, None] >> np.arange(len(ahead)) & 1
        return float(np.mean(np.abs((2 * bits - 1) @ ahead) >= least))
    rng = np.random.default_rng(seed)
    extreme = 0
    for start in range(0, permutations, _CHUNK):
        bits = rng.integers(0, 2, (min(_CHUNK, permutations - start), len(ahead)))
        extreme += int((np.abs((2 * bits - 1) @ ahead) >= least).sum())
    return (1 + extreme) / (1 + permutations)


def _same_walks(row_a: Row, row_b: Row) -> dict[str, tuple[str, int]]:
    """Walks of two rows: walk → subject and true score."""
    a, b = row_a.walks(), row_b.walks()
    told = []
    for row, lacking in ((row_a, b.keys() - a.keys()), (row_b, a.keys() - b.keys())):
        if lacking:
            told.append(f"{row.name!r} lacks {_some(lacking)}{_why(row)}")
    other = {walk for walk in a.keys() & b.keys() if a[walk] != b[walk]}
    if other:
        told.append(f"subject or true score differ of {_some(other)}")
    if told or not a:
        raise ValueError(
            f"rows {row_a.name!r} and {row_b.name!r} cannot be paired: "
            f"{'; '.join(told) or 'they have no walks'}; expected the same walks in both"
        )
    return a


def _why(row: Row) -> str:
    return f" ({row.note})" if row.note and not row.folds else ""


def _some(values: set[str]) -> str:
    more = f" and {len(values) - 5} more" if len(values) > 5 else ""
    return ", ".join(sorted(values)[:5]) + more


def _right_shares(row: Row) -> dict[str, float]:
    """Walk → share of right answers among its predictions."""
    found: dict[str, list[bool]] = {}
    for one in row.predictions:
        found.setdefault(one.id, []).append(one.right)
    return {walk: sum(rights) / len(rights) for walk, rights in found.items()}


def _number(value: float | None) -> float:
    return np.nan if value is None else value
