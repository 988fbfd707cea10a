"""Two walks side by side: what is told of each parameter, and what is more than error."""

import json

import numpy as np
import pytest
from scipy.stats import ttest_ind

import agir_hf
from agir_hf.assessment.comparison import as_json, compare, difference_limit
from agir_hf.assessment.repeatability import WalkError, load_walk_errors, walk_errors
from agir_hf.gait.parameters import UNITS, GaitMeasurement, Measured

EXACT = WalkError(0.0, 50, True)  # repeats differ by what their strides explain


def walk(**values) -> GaitMeasurement:
    """A walk of some parameters, (value, SD, n) each; the others are absent."""
    found = {name: Measured(value, UNITS[name], sd, n) for name, (value, sd, n) in values.items()}
    absent = {name: "not seen" for name in UNITS if name not in found}
    return GaitMeasurement(found, absent, None)


def measured(values) -> Measured:
    return Measured(float(np.mean(values)), "m", float(np.std(values, ddof=1)), len(values))


def test_without_an_error_of_the_method_it_is_welch_s_test():
    rng = np.random.default_rng(0)
    for _ in range(200):
        a, b = rng.normal(0, 1, rng.integers(3, 12)), rng.normal(1, 2, rng.integers(3, 12))
        limit = difference_limit(measured(a), measured(b), EXACT)
        significant = ttest_ind(a, b, equal_var=False).pvalue < 0.05
        assert (abs(a.mean() - b.mean()) > limit) == significant


def test_without_strides_it_is_the_minimal_detectable_change():
    row = Measured(5.0, "%", None, 8)
    limit = difference_limit(row, row, WalkError(0.7, 10**9, False))
    assert limit == pytest.approx(1.96 * np.sqrt(2) * 0.7, rel=1e-3)  # Weir 2005


def test_the_order_of_walks_turns_the_difference_and_nothing_else():
    a = walk(stride_length_m=(1.2, 0.05, 8), turn_steps=(6.0, None, 1))
    b = walk(stride_length_m=(0.9, 0.10, 4), turn_steps=(3.0, None, 1))
    for there, back in zip(compare(a, b), compare(b, a), strict=True):
        assert there.difference == -back.difference
        assert (there.limit, there.beyond) == (back.limit, back.beyond)


def test_large_differences_are_marked_and_small_ones_are_not():
    a = walk(stride_length_m=(1.20, 0.04, 8), speed_m_per_s=(1.10, 0.05, 8))
    b = walk(stride_length_m=(0.80, 0.04, 8), speed_m_per_s=(1.11, 0.05, 8))
    marked = {row.name: row.beyond for row in compare(a, b)}
    assert marked == {"stride_length_m": True, "speed_m_per_s": False}


def test_a_walk_beside_itself_differs_in_nothing():
    from agir_hf.assessment import prepare_recording

    sample = prepare_recording(agir_hf.SAMPLE_RECORDING).measured
    rows = compare(sample, sample)
    assert [row.name for row in rows] == [name for name in UNITS if name in sample.parameters]
    assert all(row.difference == 0 and not row.beyond for row in rows)
    json.dumps(as_json(rows), allow_nan=False)


def test_what_cannot_be_compared_says_why():
    a = walk(stride_length_m=(1.2, None, 1), step_width_m=(0.1, 0.02, 6))
    b = walk(stride_length_m=(1.0, 0.04, 8))
    first, second = compare(a, b)
    assert first.difference == pytest.approx(-0.2)
    assert (first.limit, first.beyond) == (None, None) and "one step or stride" in first.note
    assert second.b is None and second.difference is None and second.note == "second walk: not seen"


def simulated_repeats(walkers: int, strides: int, between: float, within: float, seed: int):
    """Walks of walkers whose walks differ by ``between``, and strides by ``within``."""
    rng = np.random.default_rng(seed)
    for _ in range(walkers):
        own = rng.normal(1.0, 0.3)
        yield [
            {
                "stride_length_m": measured(
                    own + rng.normal(0, between) + rng.normal(0, within, strides)
                )
            }
            for _ in range(3)
        ]


def test_repeats_give_the_spread_that_strides_do_not_explain():
    found = walk_errors(simulated_repeats(400, 6, between=0.05, within=0.08, seed=1))
    (row,) = found.values()
    assert row.sd == pytest.approx(0.05, rel=0.1) and row.of_strides and row.degrees == 800
    found = walk_errors(simulated_repeats(400, 6, between=0.0, within=0.08, seed=1))
    assert found["stride_length_m"].sd < 0.015
    assert walk_errors(simulated_repeats(4, 6, 0.05, 0.08, seed=1)) == {}  # too few


def test_of_walks_of_one_walker_one_in_twenty_is_marked():
    error = walk_errors(simulated_repeats(800, 6, 0.05, 0.08, seed=2))["stride_length_m"]
    marked = [
        abs(a.value - b.value) > difference_limit(a, b, error)
        for walks in simulated_repeats(2000, 6, 0.05, 0.08, seed=3)
        for a, b in [[row["stride_length_m"] for row in walks[:2]]]
    ]
    assert np.mean(marked) == pytest.approx(0.05, abs=0.015)


def test_the_table_of_the_package_knows_the_parameters():
    errors = load_walk_errors()
    assert set(errors) <= set(UNITS)
    assert {"cadence_steps_per_min", "speed_m_per_s", "step_length_cv_percent"} <= set(errors)
    assert all(row.sd >= 0 and row.degrees >= 10 for row in errors.values())
    assert errors["speed_m_per_s"].of_strides and not errors["step_length_cv_percent"].of_strides


@pytest.mark.slow
def test_the_table_holds_for_other_simulated_walkers(tmp_path):
    """Repeats by walkers whom the table does not know: few are marked, and not none."""
    from itertools import islice

    from agir_hf.gait import measure
    from agir_hf.simulation.cohort import simulate_subject

    marked = []
    for number in range(1, 13):
        score = number % 3
        trials = simulate_subject(number, (score, score), seed=77, walks=2)
        a, b = (measure(trial.recording) for trial in islice(trials, 2))
        marked += [row.beyond for row in compare(a, b) if row.beyond is not None]
    assert len(marked) > 300
    assert 0 < np.mean(marked) < 0.10
