"""Confidence intervals over subjects and tests of the difference of two rows."""

from math import comb

import numpy as np
import pytest

from agir_hf.evaluation.metrics.classification import SCORE_METRICS
from agir_hf.evaluation.metrics.significance import (
    EXACT_SUBJECTS,
    _sign_flip_p,
    mcnemar,
    paired_comparison,
    subject_bootstrap,
)
from agir_hf.evaluation.reporting.results import FoldResult, Prediction, Row
from agir_hf.evaluation.reporting.summary import row_metrics


def prediction(subject, walk, truth, predicted, **further):
    return Prediction(f"{subject}-{walk}", subject, truth, predicted, **further)


def row(name, *folds):
    """A row of (fold, seed, predictions)."""
    return Row(
        name, [FoldResult(fold, seed, list(predictions), 1.0) for fold, seed, predictions in folds]
    )


def random_row(name, skill, subjects=20, walks=4, seeds=(0,), rng=0):
    """One fold per subject; the truth depends on the walk, right answers have probability skill."""
    generator = np.random.default_rng(rng)
    folds = []
    for seed in seeds:
        for s in range(subjects):
            predictions = []
            for walk in range(walks):
                truth = (s + walk) % 3
                right = generator.random() < skill
                predicted = truth if right else (truth + 1 + int(generator.integers(2))) % 3
                predictions.append(prediction(f"s{s}", walk, truth, predicted))
            folds.append((f"s{s}", seed, predictions))
    return row(name, *folds)


def test_the_interval_of_one_subject_is_a_point():
    walks = [prediction("a", i, i % 3, 0, figures={"cider": float(i)}) for i in range(7)]
    for metric in (*SCORE_METRICS, "cider", lambda sample: len(sample) / 10):
        interval = subject_bootstrap(walks, metric, resamples=20)
        assert interval.value == interval.low == interval.high
        assert interval.subjects == 1
    assert interval.value == 0.7


def test_the_interval_of_two_subjects_by_hand():
    # a right, b wrong: a resample has two, one or no right subjects, with probabilities ¼, ½, ¼
    walks = [prediction("a", 0, 0, 0), prediction("b", 0, 0, 1)]
    wide = subject_bootstrap(walks, "accuracy", resamples=500)
    assert (wide.low, wide.value, wide.high) == (0, 0.5, 1)
    narrow = subject_bootstrap(walks, "accuracy", resamples=500, level=0.3)
    assert (narrow.low, narrow.high) == (0.5, 0.5)


def test_walks_and_seeds_of_a_subject_are_drawn_together():
    single = [prediction(s, 0, 0, int(s > "c")) for s in "abcdefgh"]
    many = [Prediction(f"{p.id}-{k}", p.subject, 0, p.predicted) for p in single for k in range(5)]
    assert subject_bootstrap(many, "accuracy") == subject_bootstrap(single, "accuracy")


def test_counts_and_functions_give_the_same_interval():
    predictions = random_row("r", 0.6, seeds=(0, 1)).predictions

    def macro_f1(sample):
        return row_metrics(sample)["macro_f1"]

    fast = subject_bootstrap(predictions, "macro_f1", resamples=60)
    slow = subject_bootstrap(predictions, macro_f1, resamples=60)
    assert (fast.value, fast.low, fast.high) == pytest.approx((slow.value, slow.low, slow.high))
    assert fast.value == pytest.approx(row_metrics(predictions)["macro_f1"])
    assert fast.low < fast.value < fast.high


def test_figures_are_resampled_like_accuracy():
    walks = [
        Prediction(p.id, p.subject, p.truth, p.predicted, figures={"right": float(p.right)})
        for p in random_row("r", 0.6).predictions
    ]
    accuracy, figure = (subject_bootstrap(walks, name) for name in ("accuracy", "right"))
    assert (accuracy.low, accuracy.high) == pytest.approx((figure.low, figure.high))


def test_a_figure_is_the_mean_of_the_predictions_that_have_it():
    walks = [prediction("a", 0, 0, 0, figures={"supported": 0.25}), prediction("b", 0, 0, 0)]
    interval = subject_bootstrap(walks, "supported", resamples=50)
    assert (interval.low, interval.value, interval.high) == (0.25, 0.25, 0.25)
    with pytest.raises(ValueError, match="no prediction has the figure 'cider'.*'supported'"):
        subject_bootstrap(walks, "cider")
    with pytest.raises(ValueError, match="level is 95, expected between 0 and 1"):
        subject_bootstrap(walks, "accuracy", level=95)


def test_the_interval_of_many_subjects_is_that_of_the_normal_distribution():
    values = np.random.default_rng(3).normal(2, 1, 400)
    walks = [prediction(f"s{i}", 0, 0, 0, figures={"cider": v}) for i, v in enumerate(values)]
    error = values.std() / np.sqrt(400)
    for level, times in ((0.95, 1.96), (0.9, 1.645)):
        interval = subject_bootstrap(walks, "cider", level=level)
        assert interval.low == pytest.approx(values.mean() - times * error, abs=0.1 * error)
        assert interval.high == pytest.approx(values.mean() + times * error, abs=0.1 * error)


def test_the_interval_covers_the_true_mean_about_as_often_as_its_level():
    # each subject has a level, so that the walks of a subject are correlated; mean level 0.5
    rng = np.random.default_rng(5)
    covered = 0
    for repeat in range(200):
        levels = rng.uniform(0.2, 0.8, 40)
        walks = [
            prediction(f"s{s}", walk, 0, int(rng.random() > level))
            for s, level in enumerate(levels)
            for walk in range(3)
        ]
        interval = subject_bootstrap(walks, "accuracy", resamples=400, seed=repeat)
        covered += interval.low <= 0.5 <= interval.high
    assert 0.90 <= covered / 200 <= 0.985  # ± 3 standard errors of 0.945


def test_a_row_does_not_differ_from_itself():
    single = random_row("single", 0.6)
    comparison = paired_comparison(single, Row("other", single.folds), "macro_f1")
    difference = comparison.difference
    assert comparison.p_value == 1
    assert (difference.low, difference.value, difference.high) == (0, 0, 0)
    assert mcnemar(single, single) == 1


@pytest.mark.parametrize("subjects", [12, 30])  # all sign flips, and random ones
def test_a_better_row_has_a_small_p_and_an_interval_above_zero(subjects):
    good, poor = (random_row(n, skill, subjects) for n, skill in (("good", 0.95), ("poor", 0.4)))
    comparison = paired_comparison(good, poor)
    assert comparison.p_value < 0.01
    assert comparison.difference.low > 0.2
    assert comparison.difference.value == pytest.approx(comparison.value_a - comparison.value_b)
    reverse = paired_comparison(poor, good)
    assert reverse.p_value == pytest.approx(comparison.p_value)
    assert reverse.difference.high == pytest.approx(-comparison.difference.low)
    assert mcnemar(good, poor) < 0.01


def test_the_p_value_of_three_subjects_by_hand():
    # differences of 2, 1 and 0 walks: of the sums ± 2 ± 1 ± 0, half are as far from 0 as 3
    rights = {"a": (2, 0), "b": (1, 0), "c": (1, 1)}
    first, second = (
        row(
            str(side),
            *(
                (s, 0, [prediction(s, w, 0, int(w >= n[side])) for w in range(2)])
                for s, n in rights.items()
            ),
        )
        for side in (0, 1)
    )
    assert paired_comparison(first, second).p_value == 0.5
    # 3 walks that only the first row has right, none only the second: 2 · (½)³
    assert mcnemar(first, second) == 0.25


@pytest.mark.parametrize(
    ("only_first", "only_second", "p"),
    [(6, 1, 16 / 128), (1, 6, 16 / 128), (5, 0, 2 / 32), (2, 2, 1.0), (0, 0, 1.0)],
)
def test_the_exact_test_of_mcnemar_by_hand(only_first, only_second, p):
    """Two tails of the binomial distribution of the walks that only one row has right."""
    first = [1] * only_first + [0] * only_second + [1, 1, 0, 0]
    second = [0] * only_first + [1] * only_second + [1, 1, 0, 0]
    rows = [
        row(
            name,
            *((f"s{i}", 0, [prediction(f"s{i}", 0, 1, score)]) for i, score in enumerate(scores)),
        )
        for name, scores in (("a", first), ("b", second))
    ]
    assert mcnemar(*rows) == pytest.approx(p)


def test_p_values_of_equal_rows_are_not_small_too_often():
    small = sum(
        paired_comparison(
            random_row("a", 0.6, 15, rng=2 * i), random_row("b", 0.6, 15, rng=2 * i + 1),
            permutations=300, resamples=10,
        ).p_value <= 0.1
        for i in range(100)
    )  # fmt: skip
    assert 2 <= small <= 20  # binomial of 100 and 0.1: ± 3 standard errors


def test_a_walk_of_several_seeds_counts_once():
    single, three = (random_row(str(seeds), 0.9, seeds=seeds) for seeds in ((0,), (0, 1, 2)))
    poor = random_row("poor", 0.3, rng=7)
    assert paired_comparison(three, poor).walks == paired_comparison(single, poor).walks == 80
    # right in one of one seed, and in two of three: a difference of a third
    mixed = row("m", *((f"f{i}", i, [prediction("a", 0, 0, int(i == 2))]) for i in range(3)))
    sure = row("s", ("f", 0, [prediction("a", 0, 0, 0)]))
    assert paired_comparison(sure, mixed).difference.value == pytest.approx(1 / 3)
    with pytest.raises(ValueError, match="several predictions of a walk"):
        mcnemar(sure, mixed)


def test_rows_of_different_walks_cannot_be_compared():
    whole = row("whole", ("f", 0, [prediction("a", i, 0, 0) for i in range(9)]))
    part = row("part", ("f", 0, [prediction("a", 0, 0, 0), prediction("b", 0, 0, 0)]))
    with pytest.raises(ValueError) as excinfo:
        paired_comparison(whole, part)
    message = str(excinfo.value)
    assert "'whole' lacks b-0" in message
    assert "'part' lacks a-1, a-2, a-3, a-4, a-5 and 3 more" in message
    other = row("other", ("f", 0, [prediction("a", i, int(i == 4), 0) for i in range(9)]))
    with pytest.raises(ValueError, match="subject or true score differ for a-4"):
        paired_comparison(whole, other)
    with pytest.raises(ValueError, match=r"lacks .* \(weights not found\)"):
        paired_comparison(Row("absent", [], "weights not found"), whole)


def exact_sign_flip_p(differences):
    """Count all flips of signs whose sum is as far from 0."""
    least = abs(differences.sum()) - 1e-9
    bits = np.arange(2 ** len(differences))[:, None] >> np.arange(len(differences)) & 1
    return np.mean(np.abs((2 * bits - 1) @ differences) >= least)


def test_the_exact_sign_flip_test_counts_all_flips():
    rng = np.random.default_rng(0)
    for _ in range(200):
        subjects, seeds = rng.integers(1, 11), rng.choice([1, 2, 3, 7])  # shares of 1 / seeds
        differences = rng.integers(-3 * seeds, 3 * seeds + 1, subjects) / seeds
        assert _sign_flip_p(differences, 100, 0) == exact_sign_flip_p(differences)
    thirds = np.array([1 / 3, 1 / 3, -2 / 3, 0.1, 0.2, -0.3])  # a sum of 0 up to rounding
    assert _sign_flip_p(thirds, 100, 0) == exact_sign_flip_p(thirds) == 1
    largest = rng.integers(-4, 5, EXACT_SUBJECTS).astype(float)
    assert _sign_flip_p(largest, 100, 0) == exact_sign_flip_p(largest)


def test_mcnemar_is_the_exact_binomial_test():
    for only_a, only_b in np.random.default_rng(1).integers(0, 30, (200, 2)).tolist():
        total = only_a + only_b
        first = [prediction("a", i, 0, int(i >= only_a)) for i in range(total + 1)]
        second = [prediction("a", i, 0, int(not only_a <= i < total)) for i in range(total + 1)]
        tail = sum(comb(total, i) for i in range(min(only_a, only_b) + 1))
        expected = min(1.0, 2 * tail / 2**total)
        p_value = mcnemar(row("first", ("f", 0, first)), row("second", ("f", 0, second)))
        assert p_value == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("walks", "listed"), [(6, "a-1, a-2, a-3, a-4, a-5"), (7, "and 1 more")])
def test_up_to_five_missing_walks_are_listed(walks, listed):
    whole = row("whole", ("f", 0, [prediction("a", i, 0, 0) for i in range(walks)]))
    part = row("part", ("f", 0, [prediction("a", 0, 0, 0)]))
    with pytest.raises(ValueError, match="'part' lacks a-1, a-2, a-3, a-4, a-5") as excinfo:
        paired_comparison(whole, part)
    assert listed in str(excinfo.value) and ("more" in str(excinfo.value)) == (walks == 7)
    assert "a-6" not in str(excinfo.value)


def test_the_random_sign_flips_count_the_observed_ones():
    """p = (1 + extreme) / (1 + permutations): never 0, and near the exact value."""
    differences = np.r_[np.ones(EXACT_SUBJECTS + 4), -np.ones(4)]
    p_value = _sign_flip_p(differences, 4000, 0)
    number, total = len(differences), differences.sum()
    exact = sum(comb(number, k) for k in range(number + 1) if abs(2 * k - number) >= total)
    assert p_value == pytest.approx(exact / 2**number, abs=0.02)
    assert (p_value * 4001) == pytest.approx(round(p_value * 4001), abs=1e-6)
    certain = np.ones(EXACT_SUBJECTS + 30)
    assert _sign_flip_p(certain, 99, 0) == pytest.approx(0.01)
