"""Baselines without a language model."""

import numpy as np
import pytest

from agir_hf.evaluation.probing.baselines import forest_scores, nearest_walks, parameter_table

pytest.importorskip("sklearn", reason="the forest needs scikit-learn")


def test_a_table_has_a_column_for_each_parameter_and_nan_where_not_measured():
    table = parameter_table([{"b": 2.0, "a": 1.0}, {"a": 3.0, "c": None}])
    np.testing.assert_array_equal(table, [[1, 2, np.nan], [3, np.nan, np.nan]])


def test_a_forest_learns_from_parameters_with_missing_values():
    rng = np.random.default_rng(0)
    scores = np.arange(90) % 3
    table = np.stack([scores + 0.1 * rng.normal(size=90), rng.normal(size=90)], axis=1)
    table = np.column_stack([table, np.full(90, np.nan)])  # the third is measured in no walk
    table[::7, 1] = np.nan
    predicted = forest_scores(table[:60], scores[:60], table[60:], seed=1)
    assert (predicted == scores[60:]).mean() > 0.95
    shuffled = rng.permutation(scores[:60])
    assert (forest_scores(table[:60], shuffled, table[60:]) == scores[60:]).mean() < 0.7


def test_the_nearest_walk_has_similar_features():
    rng = np.random.default_rng(0)

    def walk(kind, frames):
        return 3.0 * kind + (1 + kind) * rng.normal(size=(frames, 5))

    train = [walk(i, 400 + i) for i in range(4)]
    test = [walk(i, 300) for i in (2, 0, 3)]
    assert nearest_walks(train, test).tolist() == [2, 0, 3]
