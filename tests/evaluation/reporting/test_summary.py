import numpy as np
import pytest

from agir_hf.evaluation.metrics.classification import (
    calibration_error,
    classification_metrics,
    confusion_matrix,
    table_metrics,
)
from agir_hf.evaluation.reporting.results import FoldResult, Prediction, Results, Row
from agir_hf.evaluation.reporting.summary import (
    SCORE_METRICS,
    by_fold_and_seed,
    mcnemar,
    paired_comparison,
    row_metrics,
    subject_bootstrap,
    summarise,
)


def prediction(subject, walk, truth, given, **further):
    return Prediction(f"{subject}-{walk}", subject, truth, given, **further)


def row(name, *folds):
    """A row of (fold, seed, predictions)."""
    return Row(name, [FoldResult(fold, seed, list(made), 1.0) for fold, seed, made in folds])


def random_row(name, skill, subjects=20, walks=4, seeds=(0,), rng=0):
    """One fold a subject; truth is of the walk, right answers come with chance ``skill``."""
    generator = np.random.default_rng(rng)
    folds = []
    for seed in seeds:
        for s in range(subjects):
            made = []
            for walk in range(walks):
                truth = (s + walk) % 3
                right = generator.random() < skill
                given = truth if right else (truth + 1 + int(generator.integers(2))) % 3
                made.append(prediction(f"s{s}", walk, truth, given))
            folds.append((f"s{s}", seed, made))
    return row(name, *folds)


def test_pooled_figures_by_hand():
    made = [
        prediction("a", 0, 0, 0, probabilities=(0.8, 0.2, 0), figures={"cider": 1.0}, text="a b c"),
        prediction("a", 1, 1, 1, probabilities=(0.1, 0.9, 0), figures={"cider": 2.0}, text="a b"),
        prediction("b", 0, 2, None, figures={"cider": None, "grounding": 0.5}),
    ]
    found = row_metrics(made)
    assert found["accuracy"] == pytest.approx(2 / 3)
    assert found["majority_accuracy"] == pytest.approx(1 / 3)
    assert found["confusion_matrix"] == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]]
    assert found["calibration_error"] == pytest.approx((0.2 + 0.1) / 2)
    assert found["calibration_count"] == 2
    assert (found["cider"], found["grounding"]) == (1.5, 0.5)
    assert found["figure_counts"] == {"cider": 2, "grounding": 1}
    assert found["distinct_2"] == pytest.approx(2 / 3)  # a b, b c, a b
    assert "calibration_error" not in row_metrics(made[2:])


def test_calibration_is_of_the_classes_as_they_are_numbered():
    chances = [(0.7, 0.3), (0.6, 0.4)]
    made = [prediction("a", i, 2 + i, 2, probabilities=c) for i, c in enumerate(chances)]
    expected = calibration_error([0, 1], np.array(chances))
    assert row_metrics(made, [2, 3])["calibration_error"] == pytest.approx(expected)


def test_a_figure_named_as_a_metric_is_told():
    with pytest.raises(ValueError, match=r"figures named \['accuracy'\]"):
        row_metrics([prediction("a", 0, 0, 0, figures={"accuracy": 1.0})])


def test_means_and_deviations_over_folds_and_seeds_by_hand():
    wrong, right = (lambda s: prediction(s, 0, 0, 1)), (lambda s: prediction(s, 0, 0, 0))
    found = by_fold_and_seed(
        row(
            "r",
            ("f", 0, [right("a"), right("b")]),
            ("g", 0, [right("c"), wrong("d")]),
            ("f", 1, [right("a"), wrong("b")]),
            ("g", 1, [wrong("c"), wrong("d")]),
        )
    )["accuracy"]
    # folds: f (1 + ½)/2, g (½ + 0)/2; seeds, pooled: 3/4 and 1/4
    assert (found.folds, found.seeds) == (2, 2)
    assert found.fold_mean == pytest.approx(0.5)
    assert found.fold_sd == pytest.approx(np.std([0.75, 0.25], ddof=1))
    assert found.seed_mean == pytest.approx(0.5)
    assert found.seed_sd == pytest.approx(np.std([0.75, 0.25], ddof=1))


def test_one_fold_and_one_seed_have_no_deviation():
    found = by_fold_and_seed(row("r", ("f", 0, [prediction("a", 0, 0, 0)])))
    assert found["accuracy"].fold_sd is found["accuracy"].seed_sd is None
    assert "cider" not in found and "calibration_error" not in found


def test_seeds_of_different_folds_are_refused():
    one = [prediction("a", 0, 0, 0)]
    with pytest.raises(ValueError, match=r"\{1: \['g'\]\}, expected every fold of every seed"):
        by_fold_and_seed(row("r", ("f", 0, one), ("g", 0, one), ("f", 1, one)))


@pytest.mark.parametrize("classes", [(0, 1), (0, 1, 2), (0, 1, 2, 3)])
def test_metrics_of_many_tables_are_those_of_one(classes):
    rng = np.random.default_rng(1)
    lists = []
    for size in (1, 2, 5, 40, 40):
        truth = rng.choice(classes, size).tolist()
        given = [None if rng.random() < 0.2 else int(g) for g in rng.choice(classes, size)]
        lists.append((truth, given))
    lists += [([0, 0], [0, 0]), ([1, 1], [None, None])]
    tables = np.stack([confusion_matrix(*pair, classes) for pair in lists])
    found = table_metrics(tables)
    assert set(found) == set(SCORE_METRICS)
    for i, pair in enumerate(lists):
        expected = classification_metrics(*pair, classes)
        for name in SCORE_METRICS:
            assert found[name][i] == pytest.approx(expected[name]), (name, pair)


def test_of_one_subject_the_interval_is_the_figure():
    made = [prediction("a", i, i % 3, 0, figures={"cider": float(i)}) for i in range(7)]
    for metric in (*SCORE_METRICS, "cider", lambda sample: len(sample) / 10):
        found = subject_bootstrap(made, metric, resamples=20)
        assert found.value == found.low == found.high
        assert found.subjects == 1
    assert found.value == 0.7


def test_the_interval_of_two_subjects_by_hand():
    # a right, b wrong: a resample has two, one or no right subjects, with chances ¼, ½, ¼
    made = [prediction("a", 0, 0, 0), prediction("b", 0, 0, 1)]
    wide = subject_bootstrap(made, "accuracy", resamples=500)
    assert (wide.low, wide.value, wide.high) == (0, 0.5, 1)
    narrow = subject_bootstrap(made, "accuracy", resamples=500, level=0.3)
    assert (narrow.low, narrow.high) == (0.5, 0.5)


def test_walks_and_seeds_of_a_subject_are_drawn_together():
    one = [prediction(s, 0, 0, int(s > "c")) for s in "abcdefgh"]
    many = [Prediction(f"{p.id}-{k}", p.subject, 0, p.given) for p in one for k in range(5)]
    assert subject_bootstrap(many, "accuracy") == subject_bootstrap(one, "accuracy")


def test_counts_and_functions_give_the_same_interval():
    made = random_row("r", 0.6, seeds=(0, 1)).predictions

    def macro_f1(sample):
        return row_metrics(sample)["macro_f1"]

    fast = subject_bootstrap(made, "macro_f1", resamples=60)
    slow = subject_bootstrap(made, macro_f1, resamples=60)
    assert (fast.value, fast.low, fast.high) == pytest.approx((slow.value, slow.low, slow.high))
    assert fast.value == pytest.approx(row_metrics(made)["macro_f1"])
    assert fast.low < fast.value < fast.high


def test_a_mean_of_figures_is_drawn_as_correctness_is():
    made = [
        Prediction(p.id, p.subject, p.truth, p.given, figures={"right": float(p.right)})
        for p in random_row("r", 0.6).predictions
    ]
    one, other = (subject_bootstrap(made, name) for name in ("accuracy", "right"))
    assert (one.low, one.high) == pytest.approx((other.low, other.high))


def test_a_figure_that_only_some_have_is_the_mean_of_those():
    made = [prediction("a", 0, 0, 0, figures={"grounding": 0.25}), prediction("b", 0, 0, 0)]
    found = subject_bootstrap(made, "grounding", resamples=50)
    assert (found.low, found.value, found.high) == (0.25, 0.25, 0.25)
    with pytest.raises(ValueError, match="no prediction has the figure 'cider'.*'grounding'"):
        subject_bootstrap(made, "cider")
    with pytest.raises(ValueError, match="level is 95, expected between 0 and 1"):
        subject_bootstrap(made, "accuracy", level=95)


def test_of_many_subjects_the_interval_is_that_of_the_normal_distribution():
    values = np.random.default_rng(3).normal(2, 1, 400)
    made = [prediction(f"s{i}", 0, 0, 0, figures={"cider": v}) for i, v in enumerate(values)]
    error = values.std() / np.sqrt(400)
    for level, times in ((0.95, 1.96), (0.9, 1.645)):
        found = subject_bootstrap(made, "cider", level=level)
        assert found.low == pytest.approx(values.mean() - times * error, abs=0.1 * error)
        assert found.high == pytest.approx(values.mean() + times * error, abs=0.1 * error)


def test_the_interval_covers_the_true_mean_about_as_often_as_it_says():
    # subjects have a level of their own, so that walks are alike: mean 0.5 over subjects
    rng = np.random.default_rng(5)
    covered = 0
    for repeat in range(200):
        levels = rng.uniform(0.2, 0.8, 40)
        made = [
            prediction(f"s{s}", walk, 0, int(rng.random() > level))
            for s, level in enumerate(levels)
            for walk in range(3)
        ]
        found = subject_bootstrap(made, "accuracy", resamples=400, seed=repeat)
        covered += found.low <= 0.5 <= found.high
    assert 0.90 <= covered / 200 <= 0.985  # ± 3 standard errors of 0.945


def test_a_row_against_itself():
    one = random_row("one", 0.6)
    found = paired_comparison(one, Row("other", one.folds), "macro_f1")
    assert found.p_value == 1
    assert (found.difference.low, found.difference.value, found.difference.high) == (0, 0, 0)
    assert mcnemar(one, one) == 1


@pytest.mark.parametrize("subjects", [12, 30])  # all sign flips, and random ones
def test_a_better_row_has_a_small_p_and_an_interval_above_zero(subjects):
    good, poor = (random_row(n, skill, subjects) for n, skill in (("good", 0.95), ("poor", 0.4)))
    found = paired_comparison(good, poor)
    assert found.p_value < 0.01
    assert found.difference.low > 0.2
    assert found.difference.value == pytest.approx(found.value_a - found.value_b)
    back = paired_comparison(poor, good)
    assert back.p_value == pytest.approx(found.p_value)
    assert back.difference.high == pytest.approx(-found.difference.low)
    assert mcnemar(good, poor) < 0.01


def test_the_p_value_of_three_subjects_by_hand():
    # a ahead by 2 walks, b by 1, c by 0: of the sums ± 2 ± 1 ± 0, half are as far from 0 as 3
    rights = {"a": (2, 0), "b": (1, 0), "c": (1, 1)}
    one, other = (
        row(
            str(side),
            *(
                (s, 0, [prediction(s, w, 0, int(w >= n[side])) for w in range(2)])
                for s, n in rights.items()
            ),
        )
        for side in (0, 1)
    )
    assert paired_comparison(one, other).p_value == 0.5
    # 3 walks that one row alone has right, none the other: 2 · (½)³
    assert mcnemar(one, other) == 0.25


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
    one, three = (random_row(str(seeds), 0.9, seeds=seeds) for seeds in ((0,), (0, 1, 2)))
    poor = random_row("poor", 0.3, rng=7)
    assert paired_comparison(three, poor).walks == paired_comparison(one, poor).walks == 80
    # right in two of three seeds, and in one of one: ahead by a third
    mixed = row("m", *((f"f{i}", i, [prediction("a", 0, 0, int(i == 2))]) for i in range(3)))
    sure = row("s", ("f", 0, [prediction("a", 0, 0, 0)]))
    assert paired_comparison(sure, mixed).difference.value == pytest.approx(1 / 3)
    with pytest.raises(ValueError, match="several predictions of a walk"):
        mcnemar(sure, mixed)


def test_rows_of_different_walks_are_refused_by_name():
    whole = row("whole", ("f", 0, [prediction("a", i, 0, 0) for i in range(9)]))
    part = row("part", ("f", 0, [prediction("a", 0, 0, 0), prediction("b", 0, 0, 0)]))
    with pytest.raises(ValueError) as caught:
        paired_comparison(whole, part)
    told = str(caught.value)
    assert "'whole' lacks b-0" in told
    assert "'part' lacks a-1, a-2, a-3, a-4, a-5 and 3 more" in told
    other = row("other", ("f", 0, [prediction("a", i, int(i == 4), 0) for i in range(9)]))
    with pytest.raises(ValueError, match="subject or true score differ of a-4"):
        paired_comparison(whole, other)
    with pytest.raises(ValueError, match=r"lacks .* \(weights not there\)"):
        paired_comparison(Row("absent", [], "weights not there"), whole)


def test_summaries_have_what_tables_show():
    texts = ["one two", "three four", "one two"]
    made = [
        ("f", seed, [prediction("a", i, 0, 0, text=text) for i, text in enumerate(texts)])
        for seed in (0, 1)
    ]
    rows = [row("r", *made), Row("absent", [], "why")]
    results = Results("k", "t", "d", True, [0, 1, 2], list("abc"), "s", "c", {}, {}, rows)
    found, absent = summarise(results, resamples=10)
    assert (found.walks, found.subjects, found.folds, found.seeds) == (3, 1, 1, (0, 1))
    assert set(found.intervals) == {"accuracy", "macro_f1"}
    # of a seed's texts 2/3; pooled over two seeds it would be 1/3
    assert found.metrics["distinct_2"] == pytest.approx(2 / 3)
    assert (absent.note, absent.folds, absent.metrics) == ("why", 0, {})
