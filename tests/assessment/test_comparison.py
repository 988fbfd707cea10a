"""Two walks compared: the difference of each parameter, and whether it exceeds its limit."""

import json

import numpy as np
import pytest
from scipy.stats import ttest_ind

import agir_hf
from agir_hf.assessment.comparison import as_json, compare, difference_limit
from agir_hf.assessment.repeatability import WalkError, load_walk_errors, walk_errors
from agir_hf.gait import reference
from agir_hf.gait.applied_norms import AppliedNorms
from agir_hf.gait.parameters import UNITS, GaitMeasurement, Measured

EXACT = WalkError(0.0, 50, True)  # strides explain all differences between repeats


def walk(**values) -> GaitMeasurement:
    """A walk with some parameters, (value, SD, n) each; the others are absent."""
    measured = {
        name: Measured(value, UNITS[name], sd, n) for name, (value, sd, n) in values.items()
    }
    absent = {name: "not seen" for name in UNITS if name not in measured}
    return GaitMeasurement(measured, absent, None)


def measured(values) -> Measured:
    return Measured(float(np.mean(values)), "m", float(np.std(values, ddof=1)), len(values))


def test_without_error_between_walks_the_limit_is_welchs_test():
    rng = np.random.default_rng(0)
    for _ in range(200):
        a, b = rng.normal(0, 1, rng.integers(3, 12)), rng.normal(1, 2, rng.integers(3, 12))
        limit = difference_limit(measured(a), measured(b), EXACT)
        significant = ttest_ind(a, b, equal_var=False).pvalue < 0.05
        assert (abs(a.mean() - b.mean()) > limit) == significant


def test_without_strides_the_limit_is_the_minimal_detectable_change():
    row = Measured(5.0, "%", None, 8)
    limit = difference_limit(row, row, WalkError(0.7, 10**9, False))
    assert limit == pytest.approx(1.96 * np.sqrt(2) * 0.7, rel=1e-3)  # Weir 2005


def test_swapping_the_walks_changes_only_the_sign_of_the_difference():
    a = walk(stride_length_m=(1.2, 0.05, 8), turn_steps=(6.0, None, 1))
    b = walk(stride_length_m=(0.9, 0.10, 4), turn_steps=(3.0, None, 1))
    for row, swapped in zip(compare(a, b), compare(b, a), strict=True):
        assert row.difference == -swapped.difference
        assert (row.limit, row.beyond) == (swapped.limit, swapped.beyond)


def test_large_differences_are_marked_and_small_ones_are_not():
    a = walk(stride_length_m=(1.20, 0.04, 8), speed_m_per_s=(1.10, 0.05, 8))
    b = walk(stride_length_m=(0.80, 0.04, 8), speed_m_per_s=(1.11, 0.05, 8))
    marked = {row.name: row.beyond for row in compare(a, b)}
    assert marked == {"stride_length_m": True, "speed_m_per_s": False}


def test_a_walk_does_not_differ_from_itself():
    from agir_hf.assessment import prepare_recording

    sample = prepare_recording(agir_hf.SAMPLE_RECORDING).measured
    rows = compare(sample, sample)
    assert [row.name for row in rows] == [name for name in UNITS if name in sample.parameters]
    assert all(row.difference == 0 and not row.beyond for row in rows)
    result = json.loads(json.dumps(as_json(rows, AppliedNorms()), allow_nan=False))
    assert "because no age was given" in result["norms"]["group"]


def test_a_parameter_that_cannot_be_compared_has_a_reason():
    a = walk(stride_length_m=(1.2, None, 1), step_width_m=(0.1, 0.02, 6))
    b = walk(stride_length_m=(1.0, 0.04, 8))
    first, second = compare(a, b)
    assert first.difference == pytest.approx(-0.2)
    assert (first.limit, first.beyond) == (None, None) and "only one step or stride" in first.note
    assert second.b is None and second.difference is None and second.note == "second walk: not seen"


def test_both_walks_have_z_scores_of_the_age_and_none_for_children():
    a = walk(speed_m_per_s=(1.10, 0.05, 8), freezing_index=(0.3, None, 2))
    b = walk(speed_m_per_s=(0.70, 0.05, 8))
    speed, index = compare(a, b, age=30, sex="male")
    norm = reference("speed_m_per_s", 30, "male")
    assert (speed.z_a, speed.z_b) == (norm.z(1.10), norm.z(0.70))
    assert (index.z_a, index.z_b) == (None, None)  # there is no norm
    assert all(row.z_a is row.z_b is None for row in compare(a, b, age=9))
    with pytest.raises(ValueError, match="0 to 120"):
        compare(a, b, age=130)


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


def test_walk_errors_are_what_strides_do_not_explain():
    errors = walk_errors(simulated_repeats(400, 6, between=0.05, within=0.08, seed=1))
    (row,) = errors.values()
    assert row.sd == pytest.approx(0.05, rel=0.1) and row.of_strides and row.degrees == 800
    errors = walk_errors(simulated_repeats(400, 6, between=0.0, within=0.08, seed=1))
    assert errors["stride_length_m"].sd < 0.015
    assert walk_errors(simulated_repeats(4, 6, 0.05, 0.08, seed=1)) == {}  # too few


def test_one_in_twenty_differences_between_repeats_is_marked():
    error = walk_errors(simulated_repeats(800, 6, 0.05, 0.08, seed=2))["stride_length_m"]
    marked = [
        abs(a.value - b.value) > difference_limit(a, b, error)
        for walks in simulated_repeats(2000, 6, 0.05, 0.08, seed=3)
        for a, b in [[row["stride_length_m"] for row in walks[:2]]]
    ]
    assert np.mean(marked) == pytest.approx(0.05, abs=0.015)


def test_the_table_has_the_errors_of_parameters():
    errors = load_walk_errors()
    assert set(errors) <= set(UNITS)
    assert {"cadence_steps_per_min", "speed_m_per_s", "step_length_cv_percent"} <= set(errors)
    assert all(row.sd >= 0 and row.degrees >= 10 for row in errors.values())
    assert errors["speed_m_per_s"].of_strides and not errors["step_length_cv_percent"].of_strides


@pytest.mark.slow
def test_the_table_holds_for_other_simulated_walkers(tmp_path):
    """Few differences between repeats are marked, but some are, for walkers not in the table."""
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
