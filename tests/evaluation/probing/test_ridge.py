"""Ridge regression reads from an embedding what is in it, and nothing else."""

import numpy as np
import pytest

from agir_hf.evaluation.probing.ridge import r_squared


@pytest.fixture
def embeddings():
    """Embeddings of 200 training and 100 test walks with 30 columns of different scale."""
    values = np.random.default_rng(0).normal(size=(300, 30)) * np.logspace(-3, 3, 30) + 5
    return values[:200], values[200:]


def read(embeddings, of):
    train, test = embeddings
    return r_squared(train, {"x": of(train)}, test, {"x": of(test)})["x"]


def test_linear_function_is_read_whatever_the_scale_of_its_columns(embeddings):
    assert read(embeddings, lambda rows: 1e3 * rows[:, 0] + 1e-3 * rows[:, 29] - 7) > 0.99


def test_value_that_is_not_in_the_embedding_is_not_read(embeddings):
    rng = np.random.default_rng(1)
    assert read(embeddings, lambda rows: rng.normal(size=len(rows))) < 0.05


def test_noise_lowers_r_squared_to_the_share_that_is_explained(embeddings):
    rng = np.random.default_rng(1)
    value = read(embeddings, lambda rows: 1e3 * rows[:, 0] + rng.normal(size=len(rows)))
    assert value == pytest.approx(0.5, abs=0.15)


def test_more_columns_than_walks_do_not_overfit(embeddings):
    rng = np.random.default_rng(1)
    wide = [np.hstack([rows, rng.normal(size=(len(rows), 500))]) for rows in embeddings]
    assert read(wide, lambda rows: 1e3 * rows[:, 0]) > 0.3
    assert read(wide, lambda rows: rng.normal(size=len(rows))) > -0.2


def test_walks_without_the_parameter_are_left_out(embeddings):
    train, test = embeddings
    targets = [1e3 * rows[:, 0] for rows in (train, test)]
    for values in targets:
        values[::2] = np.nan
    half = r_squared(train, {"x": targets[0]}, test, {"x": targets[1]})["x"]
    selected = r_squared(train[1::2], {"x": targets[0][1::2]}, test[1::2], {"x": targets[1][1::2]})[
        "x"
    ]
    assert half == pytest.approx(selected) and half > 0.9


def test_parameter_of_too_few_walks_or_without_variation_has_no_figure(embeddings):
    train, test = embeddings
    rare, constant = np.full(200, np.nan), np.ones(200)
    rare[:4] = 1.0, 2.0, 3.0, 4.0
    of_test = {"rare": test[:, 0], "constant": np.ones(100)}
    values = r_squared(train, {"rare": rare, "constant": constant}, test, of_test)
    assert values == {"rare": None, "constant": None}


def test_parameters_are_independent_of_each_other(embeddings):
    train, test = embeddings
    first, second = ({"a": rows[:, 0], "b": rows[:, 1] ** 2} for rows in embeddings)
    together = r_squared(train, first, test, second)
    for name in "ab":
        alone = r_squared(train, {name: first[name]}, test, {name: second[name]})
        assert alone[name] == pytest.approx(together[name])
