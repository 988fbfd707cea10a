"""The drawn cohort against published figures: ranges, and that scores overlap."""

import numpy as np
import pytest
from scipy.optimize import minimize

from agir_hf.corpus.measure import measure_walk
from agir_hf.corpus.schema import PARAMETER_NAMES
from agir_hf.corpus.subjects import draw_subject, draw_walk
from agir_hf.corpus.walker import simulate_walk

SUBJECTS, WALKS = 120, 2


@pytest.fixture(scope="module")
def cohort():
    """(parameters (N, P), scores (N,), subjects (N,)) of a drawn cohort."""
    rng = np.random.default_rng(11)
    rows, scores, subjects = [], [], []
    for number in range(SUBJECTS):
        subject = draw_subject(f"SUB{number}", number % 3, rng)
        for _ in range(WALKS):
            plan = draw_walk(subject, rng)
            walk = simulate_walk(
                subject.body, plan.style, plan.duration_s, rng, starts=plan.starts, stops=plan.stops
            )
            assert 5 <= plan.duration_s <= 12
            rows.append([measure_walk(walk)[name] for name in PARAMETER_NAMES])
            scores.append(subject.score)
            subjects.append(number)
    return np.array(rows), np.array(scores), np.array(subjects)


def column(cohort, name, score):
    rows, scores, _ = cohort
    return rows[scores == score, PARAMETER_NAMES.index(name)]


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


def accuracy(cohort, names=PARAMETER_NAMES):
    """Five-fold accuracy, no walker on both sides."""
    rows, scores, subjects = cohort
    inputs = rows[:, [PARAMETER_NAMES.index(name) for name in names]]
    inputs = (inputs - inputs.mean(0)) / inputs.std(0)
    inputs = np.c_[inputs, np.ones(len(inputs))]
    hits = 0
    for fold in range(5):
        held = (subjects // 3) % 5 == fold
        weights = fit(inputs[~held], scores[~held])
        hits += ((inputs[held] @ weights).argmax(1) == scores[held]).sum()
    return hits / len(scores)


def test_true_parameters_tell_the_score_but_not_always(cohort):
    assert 0.68 < accuracy(cohort) < 0.86


@pytest.mark.parametrize("name", PARAMETER_NAMES)
def test_no_parameter_separates_the_scores(cohort, name):
    assert accuracy(cohort, [name]) < 0.82


def test_score_0_walks_as_healthy_adults_do(cohort):
    """Bohannon and Williams Andrews 2011: 0.94-1.43 m/s by age and sex; Hollman 2011: cadence."""
    speed = column(cohort, "speed_m_per_s", 0)
    assert 1.1 < speed.mean() < 1.35
    assert (speed > 1.3).mean() > 0.15
    assert 100 < column(cohort, "cadence_steps_per_min", 0).mean() < 116
    assert 59 < column(cohort, "stance_percent", 0).mean() < 63
    assert column(cohort, "stride_time_cv_percent", 0).mean() < 2.5


def test_score_2_reaches_the_real_patients(cohort):
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
        ("arm_swing_asymmetry_percent", True),
        ("trunk_flexion_deg", True),
        ("stance_percent", True),
        ("stride_time_cv_percent", True),
        ("step_asymmetry_percent", True),
    ],
)
def test_parameters_follow_the_score_on_average(cohort, name, rises):
    means = [column(cohort, name, score).mean() for score in (0, 1, 2)]
    assert means == sorted(means, reverse=not rises)


def test_walks_of_a_walker_are_alike(cohort):
    rows, scores, subjects = cohort
    speed = rows[:, PARAMETER_NAMES.index("speed_m_per_s")].reshape(SUBJECTS, WALKS)
    within = speed.std(axis=1).mean()
    between = speed.mean(axis=1)[scores[::WALKS] == 1].std()
    assert within < 0.5 * between


def test_an_unknown_score_is_refused():
    with pytest.raises(ValueError, match="score is 4"):
        draw_subject("SUB01", 4, np.random.default_rng(0))
