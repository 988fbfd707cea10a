"""The drawn cohort against published values, and the overlap of its scores."""

from dataclasses import fields

import numpy as np
import pytest
from scipy.optimize import minimize

from agir_hf.gait.norms import reference
from agir_hf.simulation.footsteps import GaitStyle
from agir_hf.simulation.ground_truth import SIMULATION_ONLY_NAMES, TRUE_NAMES, measure_walk
from agir_hf.simulation.severity import DOMAINS
from agir_hf.simulation.subjects import SCORE_PAIRS, draw_control, draw_subject, draw_walk
from agir_hf.simulation.walk import simulate_walk

SUBJECTS, WALKS = 120, 2
NAMES = [
    name for name in (*TRUE_NAMES, *SIMULATION_ONLY_NAMES) if "margin" not in name
]  # those need markers


@pytest.fixture(scope="module")
def cohort():
    """(parameters (N, P), scores (N,), subjects (N,)) of a drawn cohort."""
    rng = np.random.default_rng(11)
    rows, scores, subjects = [], [], []
    for number in range(SUBJECTS):
        subject = draw_subject(f"SUB{number}", (number % 3, None), rng)
        walks = 0
        while walks < WALKS:
            plan = draw_walk(subject.sessions[0], rng)
            walk = simulate_walk(subject.body, plan.style, plan.setup, rng)
            try:
                measured = measure_walk(walk)
            except ValueError:  # a freeze or a turn left too few steps
                continue
            rows.append([measured.get(name, np.nan) for name in NAMES])
            scores.append(subject.sessions[0].score)
            subjects.append(number)
            walks += 1
    rows = np.array(rows)
    assert np.isnan(rows).mean() < 0.01
    return (
        np.where(np.isnan(rows), np.nanmedian(rows, 0), rows),
        np.array(scores),
        np.array(subjects),
    )


@pytest.fixture(scope="module")
def sessions():
    """Subjects with the scores of `SCORE_PAIRS`, eight of each pair."""
    rng = np.random.default_rng(5)
    return [draw_subject("SUB01", pair, rng) for pair in SCORE_PAIRS * 8]


def column(cohort, name, score):
    rows, scores, _ = cohort
    return rows[scores == score, NAMES.index(name)]


def fit(inputs, scores, penalty=1e-2):
    """Weights of a multinomial logistic regression."""
    targets = np.eye(3)[scores]

    def loss(flat):
        weights = flat.reshape(-1, 3)
        logits = inputs @ weights
        logits -= logits.max(1, keepdims=True)
        chances = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        likely = -np.log((chances * targets).sum(1)).mean() + penalty * (weights[:-1] ** 2).sum()
        slope = inputs.T @ (chances - targets) / len(inputs)
        slope[:-1] += 2 * penalty * weights[:-1]
        return likely, slope.ravel()

    start = np.zeros(inputs.shape[1] * 3)
    return minimize(loss, start, jac=True, method="L-BFGS-B").x.reshape(-1, 3)


def accuracy(cohort, names=NAMES):
    """Accuracy of five-fold cross-validation over subjects."""
    rows, scores, subjects = cohort
    inputs = rows[:, [NAMES.index(name) for name in names]]
    inputs = (inputs - inputs.mean(0)) / inputs.std(0)
    inputs = np.c_[inputs, np.ones(len(inputs))]
    hits = 0
    for fold in range(5):
        held = (subjects // 3) % 5 == fold
        weights = fit(inputs[~held], scores[~held])
        hits += ((inputs[held] @ weights).argmax(1) == scores[held]).sum()
    return hits / len(scores)


def test_true_parameters_predict_the_score_but_not_always(cohort):
    assert 0.68 < accuracy(cohort) < 0.86


@pytest.mark.parametrize("name", NAMES)
def test_no_parameter_separates_the_scores(cohort, name):
    assert accuracy(cohort, [name]) < 0.82


@pytest.mark.parametrize("name", NAMES)
def test_neighbouring_scores_overlap(cohort, name):
    """More than a quarter of the walks of two scores has values that occur in both."""
    for low, high in ((0, 1), (1, 2)):
        lower, upper = column(cohort, name, low), column(cohort, name, high)
        both = np.r_[lower, upper]
        least, most = max(lower.min(), upper.min()), min(lower.max(), upper.max())
        assert ((both >= least) & (both <= most)).mean() > 0.25


def test_score_0_has_the_gait_of_healthy_adults(cohort):
    """Bohannon and Williams Andrews 2011: 0.94-1.43 m/s by age and sex; Hollman 2011: cadence."""
    speed = column(cohort, "speed_m_per_s", 0)
    assert 1.1 < speed.mean() < 1.35
    assert (speed > 1.3).mean() > 0.15
    assert 100 < column(cohort, "cadence_steps_per_min", 0).mean() < 116
    assert 59 < column(cohort, "stance_percent", 0).mean() < 63
    assert column(cohort, "stride_time_cv_percent", 0).mean() < 2.5
    assert 0.07 < column(cohort, "step_width_m", 0).mean() < 0.11


def test_score_2_covers_the_gait_of_real_patients(cohort):
    """Two real walks of score 2: 92-126 steps/min, 0.34-0.42 m/s, steps 0.19-0.23 m, stance
    0.67-0.72. The range of the simulated ones covers their neighbourhood."""
    assert column(cohort, "speed_m_per_s", 2).min() < 0.42
    assert column(cohort, "step_length_m", 2).min() < 0.24
    assert column(cohort, "stance_percent", 2).max() > 69
    cadence = column(cohort, "cadence_steps_per_min", 2)
    assert cadence.min() < 95 and cadence.max() > 120


@pytest.mark.parametrize(
    ("name", "rises"),
    [
        ("speed_m_per_s", False),
        ("step_length_m", False),
        ("foot_strike_angle_deg", False),
        ("toe_clearance_m", False),
        ("arm_swing_left_deg", False),
        ("trunk_flexion_deg", True),
        ("stance_percent", True),
        ("stride_time_cv_percent", True),
        ("step_length_asymmetry_percent", True),
    ],
)
def test_parameters_follow_the_score_on_average(cohort, name, rises):
    means = [column(cohort, name, score).mean() for score in (0, 1, 2)]
    assert means == sorted(means, reverse=not rises)


def test_arms_are_less_equal_in_disease(cohort):
    """In score 2 both arms may be affected, so that it need not be above score 1."""
    means = [column(cohort, "arm_swing_asymmetry_percent", score).mean() for score in (0, 1, 2)]
    assert min(means[1:]) > 1.15 * means[0]


def test_walks_of_a_subject_are_similar(cohort):
    rows, scores, _ = cohort
    speed = rows[:, NAMES.index("speed_m_per_s")].reshape(SUBJECTS, WALKS)
    within = speed.std(axis=1).mean()
    between = speed.mean(axis=1)[scores[::WALKS] == 1].std()
    assert within < 0.5 * between


def test_score_pairs_have_the_counts_of_the_real_cohort():
    for index, counts in ((0, {0: 6, 1: 9, 2: 8, None: 3}), (1, {0: 14, 1: 6, 2: 5, None: 1})):
        column = [pair[index] for pair in SCORE_PAIRS]
        assert {score: column.count(score) for score in counts} == counts
    both = [pair for pair in SCORE_PAIRS if None not in pair]
    assert all(on <= off for off, on in both)  # no subject is worse ON medication


def test_a_subject_has_an_off_and_an_on_session(sessions):
    for subject, pair in zip(sessions, SCORE_PAIRS * 8, strict=True):
        assert [session.medication for session in subject.sessions] == ["off", "on"]
        assert tuple(session.score for session in subject.sessions) == pair
        off, on = subject.sessions
        assert not np.array_equal(off.placement, on.placement)


def impaired(session, subject):
    """Settings that rise with impairment."""
    style = session.style
    return np.array([
        -style.step_length_m / subject.body.height_m,
        -style.arm_swing_left_deg - style.arm_swing_right_deg,
        -style.foot_strike_deg,
        -style.foot_lift_m,
        style.trunk_flexion_deg,
        style.knee_flexion_deg,
        style.step_time_cv_percent,
    ])  # fmt: skip


def test_on_is_on_average_less_impaired_than_off(sessions):
    scored = [s for s in sessions if None not in [x.score for x in s.sessions]]
    better = [s for s in scored if s.sessions[1].score < s.sessions[0].score]
    same = [s for s in scored if s.sessions[1].score == s.sessions[0].score]
    gains = {}
    for name, group in (("scored", scored), ("better", better), ("same", same)):
        relief = np.array([np.subtract(*(impaired(x, s) for x in s.sessions)) for s in group])
        gains[name] = relief.mean(axis=0) / relief.std(axis=0)
    assert gains["scored"].min() > 0.2
    assert gains["better"].min() > 0.4
    # no gain with equal scores
    assert np.abs(gains["same"]).max() < 3.5 / np.sqrt(len(same))


def test_a_subject_keeps_personal_traits_in_both_sessions(sessions):
    """Settings that the disease does not change are equal, the others are correlated."""
    same = [s for s in sessions if s.sessions[0].score == s.sessions[1].score == 0]
    share = np.array([[x.style.step_length_m / s.body.height_m for x in s.sessions] for s in same])
    lift = np.array([[x.style.foot_lift_m for x in s.sessions] for s in same])
    assert np.corrcoef(share.T)[0, 1] > 0.8 and np.corrcoef(lift.T)[0, 1] > 0.8
    for subject in same:
        off, on = (session.style for session in subject.sessions)
        for name in ("toe_out_deg", "pelvis_tilt_deg", "arm_extension_deg"):
            assert getattr(off, name) == getattr(on, name)
        assert (off.left_shorter_percent > 0) == (on.left_shorter_percent > 0)


def test_sessions_without_a_score_have_any_impairment(sessions):
    unknown = [
        session.style.step_length_m / s.body.height_m
        for s in sessions
        for session in s.sessions
        if session.score is None
    ]
    assert min(unknown) < 0.26 and max(unknown) > 0.36


def test_freezing_and_festination_increase_with_the_score(sessions):
    def share(score, value):
        return np.mean([value(x) for s in sessions for x in s.sessions if x.score == score])

    assert share(0, lambda x: x.freezing) == share(0, lambda x: x.festinates) == 0
    assert 0 < share(1, lambda x: x.freezing) < share(2, lambda x: x.freezing) < 0.3
    assert 0 < share(2, lambda x: x.festinates) < 0.4


@pytest.fixture(scope="module")
def plans(sessions):
    """Four walks of each session, with the session."""
    rng = np.random.default_rng(6)
    return [(x, draw_walk(x, rng)) for s in sessions for x in s.sessions for _ in range(4)]


def test_walks_have_the_durations_of_laboratory_trials(plans):
    for _, plan in plans:
        setup = plan.setup
        if not setup.route.turn_rad and not setup.freeze_s:
            assert 5 <= setup.duration_s <= 12
        elif not setup.route.turn_rad:
            assert setup.duration_s <= 15
        assert setup.duration_s < 60


def test_few_walks_have_a_turn_and_it_is_a_half_turn(plans):
    routes = [plan.setup.route for _, plan in plans]
    turned = np.array([route.turn_rad for route in routes if route.turn_rad])
    assert 0.05 < len(turned) / len(routes) < 0.11
    np.testing.assert_allclose(np.abs(turned), np.pi)
    assert {-1, 1} == set(np.sign(turned))


def test_walks_have_the_freezing_and_festination_of_their_session(plans):
    for session, plan in plans:
        setup = plan.setup
        if setup.freeze_s:
            assert session.freezing > 0
            assert 0 < setup.freeze_at_s < 0.7 * setup.duration_s and 1 <= setup.freeze_s <= 3
        assert np.isfinite(setup.festinates_at_s) == session.festinates
        assert (plan.style.festination_percent > 0) == session.festinates
    frozen = sum(plan.setup.freeze_s > 0 for _, plan in plans)
    expected = sum(session.freezing for session, _ in plans)
    assert expected > 15 and frozen == pytest.approx(expected, rel=0.5)


def test_half_of_the_walks_start_and_end_standing(plans):
    for name in ("starts_standing", "ends_standing"):
        assert 0.4 < np.mean([getattr(plan.setup, name) for _, plan in plans]) < 0.6


def test_gait_settings_are_plausible(sessions):
    for subject in sessions:
        for session in subject.sessions:
            values = [getattr(session.style, field.name) for field in fields(GaitStyle)]
            assert np.isfinite(values).all()
            assert session.style.arm_swing_left_deg > 0 and session.style.arm_swing_right_deg > 0
            assert 56 <= session.style.stance_percent <= 76


def test_equal_seeds_give_equal_subjects():
    first, same, other = (
        draw_subject("SUB01", (2, 1), np.random.default_rng(seed)).sessions for seed in (0, 0, 1)
    )
    assert first[0].style == same[0].style != other[0].style
    np.testing.assert_array_equal(first[1].placement, same[1].placement)


@pytest.mark.parametrize("scores", [(4, 0), (0, 4), (-1, None), ("1", 0)])
def test_an_unknown_score_is_refused(scores):
    invalid = next(score for score in scores if score not in (0, None))
    with pytest.raises(ValueError, match=f"score is {invalid!r}, expected one of"):
        draw_subject("SUB01", scores, np.random.default_rng(0))


@pytest.fixture(scope="module")
def controls():
    rng = np.random.default_rng(8)
    return [draw_control(f"C{i}", rng) for i in range(300)]


def test_controls_are_healthy_adults_of_all_ages(controls):
    ages = np.array([person.age for person in controls])
    assert ages.min() >= 20 and ages.max() <= 85 and (ages < 40).mean() > 0.2
    assert {person.sex for person in controls} == {"male", "female"}
    for person in controls:
        assert {session.score for session in person.sessions} == {0}
        assert set(person.sessions[0].impairment.values()) == {0.0}
        assert person.sessions[0].freezing == 0 and not person.sessions[0].festinates


@pytest.mark.parametrize("name", ["cadence_steps_per_min", "step_length_m", "step_width_m"])
def test_settings_of_controls_follow_the_norm_of_age_and_sex(controls, name):
    scores = [
        reference(name, person.age, person.sex).z(getattr(person.sessions[0].style, name))
        for person in controls
    ]
    assert abs(np.mean(scores)) < 0.35 and 0.5 < np.std(scores) < 1.2


def test_domains_scatter_widely_around_the_score_and_are_nearly_independent():
    rng = np.random.default_rng(9)
    for score in (1, 2):
        subjects = [draw_subject("S", (score, score), rng) for _ in range(400)]
        values = np.array([[s.sessions[0].impairment[d] for d in DOMAINS] for s in subjects])
        assert values.std(axis=0).min() >= 0.5
        between = np.corrcoef(values.T)[np.triu_indices(len(DOMAINS), 1)]
        assert np.abs(between).max() < 0.45 and between.mean() < 0.3


def test_score_2_has_the_signs_of_severe_disease():
    rng = np.random.default_rng(10)
    styles = [draw_subject("S", (2, 2), rng).sessions[0].style for _ in range(400)]
    steps = np.array([style.step_length_m for style in styles])
    speeds = steps * [style.cadence_steps_per_min / 60 for style in styles]
    assert steps.min() < 0.10 and speeds.min() < 0.18
    arms = np.array([[s.arm_swing_left_deg, s.arm_swing_right_deg] for s in styles])
    assert 0.01 < (arms.max(axis=1) < 4).mean() < 0.2  # no arm swing on either side
    assert (arms.min(axis=1) < 4).mean() > (arms.max(axis=1) < 4).mean()  # on one side
    assert 0.02 < np.mean([s.foot_strike_deg < 1 for s in styles]) < 0.4
    assert max(s.trunk_flexion_deg for s in styles) > 20
    cadences = [s.cadence_steps_per_min for s in styles]
    assert min(cadences) < 95 and max(cadences) > 135
    assert max(s.step_width_m for s in styles) > 0.15 > 0.04 > min(s.step_width_m for s in styles)
    assert max(s.turn_steps for s in styles) > 11
