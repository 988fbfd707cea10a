"""Two walks compared: the difference of each parameter, and whether it exceeds its limit."""

import json

import numpy as np
import pytest
from scipy.stats import ttest_ind

import agir_hf
from agir_hf.assessment.comparison import as_json, change_limit, compare, difference_limit
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


def session(*values, name="stride_length_m", sd=0.02, n=8):
    """Trials with a value each."""
    return [walk(**{name: (value, sd, n)}) for value in values]


class Trials:
    """Stand-in of a session: its measured trials."""

    left_out = ()

    def __init__(self, trials):
        self.measured = trials


def compared(first, second, **person):
    """Row of the only parameter of two walks or lists of trials."""
    both = (row if isinstance(row, GaitMeasurement) else Trials(row) for row in (first, second))
    (row,) = compare(*both, **person)
    return row


def test_percent_is_of_the_first_value_and_absent_across_zero():
    row = compared(walk(speed_m_per_s=(0.8, 0.02, 9)), walk(speed_m_per_s=(1.0, 0.02, 9)))
    assert row.percent == pytest.approx(25)
    row = compared(walk(speed_m_per_s=(1.0, 0.02, 9)), walk(speed_m_per_s=(0.8, 0.02, 9)))
    assert row.percent == pytest.approx(-20)
    angle = [walk(foot_strike_angle_deg=(value, 1.0, 9)) for value in (-4.0, -2.0, 2.0)]
    assert compared(angle[0], angle[1]).percent == pytest.approx(50)  # towards zero, upwards
    assert compared(angle[0], angle[2]).percent is None


@pytest.mark.parametrize(
    ("name", "before", "after", "meaning"),
    [
        ("speed_m_per_s", 0.70, 1.10, "better"),
        ("speed_m_per_s", 1.10, 0.70, "worse"),
        ("speed_m_per_s", 1.10, 1.12, "unclear"),  # within measurement error
        ("speed_m_per_s", 1.35, 1.70, "unclear"),  # faster than the norm is no impairment
        ("trunk_flexion_deg", 20.0, 8.0, "better"),  # high values are a sign of impairment
        ("trunk_flexion_deg", 8.0, 20.0, "worse"),
        ("cadence_steps_per_min", 70.0, 105.0, "better"),  # both are: from below
        ("cadence_steps_per_min", 150.0, 110.0, "better"),  # and from above
        ("cadence_steps_per_min", 87.0, 126.0, "unclear"),  # from below the norm to above it
        ("step_height_m", 0.10, 0.20, None),  # there is no norm
    ],
)
def test_better_is_nearer_to_the_norm(name, before, after, meaning):
    row = compared(*(walk(**{name: (value, 0.01, 9)}) for value in (before, after)), sex="male")
    assert row.better == meaning
    opposite = {"better": "worse", "worse": "better"}.get(meaning, meaning)
    back = compared(*(walk(**{name: (value, 0.01, 9)}) for value in (after, before)), sex="male")
    assert back.better == opposite


def test_no_norm_means_neither_better_nor_worse():
    walks = [walk(speed_m_per_s=(value, 0.01, 9)) for value in (0.7, 1.1)]
    row = compared(*walks, age=9)
    assert row.beyond and row.better is None and row.norm_a is None


def test_trials_of_equal_walks_have_the_smaller_limit_of_their_number():
    error = WalkError(0.04, 10**9, False)
    row = Measured(1.0, "m", None, 8)
    limit, source = change_limit([row] * 4, [row] * 4, error)
    assert limit == pytest.approx(1.96 * 0.04 * np.sqrt(2 / 4), rel=1e-3)
    assert source == "strides and simulated walks"
    assert change_limit([row], [row], error)[0] == difference_limit(row, row, error)


def test_a_walker_who_varies_between_trials_has_the_limit_of_a_t_test():
    rng = np.random.default_rng(3)
    for _ in range(50):
        a, b = rng.normal(1.0, 0.2, 4), rng.normal(1.2, 0.2, 3)
        row = compared(session(*a), session(*b))
        significant = ttest_ind(a, b).pvalue < 0.05
        if row.limit_from == "SD between trials":
            assert row.beyond == significant
        else:
            assert not row.beyond or significant  # the larger limit is used
        assert (row.a.value, row.a.n, row.trials_b) == (pytest.approx(a.mean()), 4, 3)
        assert row.a.sd == pytest.approx(a.std(ddof=1))


def test_trials_give_a_limit_where_no_repeated_walks_are_known():
    turns = [session(*values, name="turn_steps", sd=None, n=1) for values in ((6, 7, 6), (3, 3, 4))]
    row = compared(*turns)
    assert row.limit_from == "SD between trials" and row.beyond and row.better == "better"
    assert compared(turns[0][0], turns[1][0]).limit is None


def test_a_session_without_measured_gait_is_refused_with_the_reason():
    from agir_hf.assessment import Session
    from agir_hf.assessment.session_files import RecordingFile
    from agir_hf.assessment.session_walks import left_out

    row = left_out(RecordingFile("absent.c3d", "absent.c3d"), "absent.c3d is damaged")
    with pytest.raises(ValueError, match="second of the two walks .* absent.c3d is damaged"):
        compare(walk(speed_m_per_s=(1.0, 0.1, 5)), Session([row]))


def test_the_summary_counts_better_and_worse():
    a = walk(speed_m_per_s=(0.7, 0.01, 9), trunk_flexion_deg=(5.0, 0.5, 9))
    b = walk(speed_m_per_s=(1.1, 0.01, 9), trunk_flexion_deg=(20.0, 0.5, 9))
    result = as_json(compare(a, b), AppliedNorms())
    assert result["summary"] == {"compared": 2, "beyond": 2, "better": 1, "worse": 1}
    speed = result["parameters"][0]
    assert speed["percent"] == pytest.approx(57.1429) and speed["better"] == "better"
    assert speed["norm_a"]["mean"] > 1 and "simulated walks" in speed["limit_from"]
    json.dumps(result, allow_nan=False)


def simulated_repeats(walkers, strides, between: float, within: float, seed: int, number=3):
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
            for _ in range(number)
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


def test_at_most_one_in_twenty_differences_of_sessions_is_marked():
    error = walk_errors(simulated_repeats(800, 6, 0.05, 0.08, seed=2))["stride_length_m"]
    marked = []
    for walks in simulated_repeats(700, 6, 0.05, 0.08, seed=3, number=6):
        rows = [row["stride_length_m"] for row in walks]
        means = [np.mean([row.value for row in part]) for part in (rows[:3], rows[3:])]
        marked.append(abs(means[0] - means[1]) > change_limit(rows[:3], rows[3:], error)[0])
    assert 0.005 < np.mean(marked) < 0.055


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
