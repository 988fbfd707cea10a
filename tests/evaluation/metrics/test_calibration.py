import numpy as np
import pytest

from agir_hf.evaluation.metrics.calibration import (
    FEWEST_KEPT,
    FLOOR,
    HIGHEST_TEMPERATURE,
    LOWEST_TEMPERATURE,
    PENALTY,
    Scaling,
    apply_temperature,
    fit_scaling,
    fit_temperature,
    negative_log_likelihood,
    risk_at,
    threshold_for,
)
from agir_hf.evaluation.metrics.classification import calibration_error


@pytest.fixture
def calibrated():
    """True scores drawn from their probabilities, which are therefore calibrated."""
    generator = np.random.default_rng(0)
    table = generator.dirichlet(np.ones(3), size=4000)
    truth = [int(generator.choice(3, p=row)) for row in table]
    return truth, table


@pytest.mark.parametrize("temperature", [0.4, 1.0, 2.5])
def test_a_known_temperature_is_recovered(calibrated, temperature):
    truth, table = calibrated
    sharpened = apply_temperature(table, 1 / temperature)  # sharper for a temperature above 1
    fitted = fit_temperature(truth, sharpened)
    assert fitted == pytest.approx(temperature, rel=0.06)
    calibrated_table = apply_temperature(sharpened, fitted)
    assert negative_log_likelihood(truth, calibrated_table) <= negative_log_likelihood(
        truth, sharpened
    )
    assert calibration_error(truth, calibrated_table) < 0.03
    if temperature != 1:
        assert calibration_error(truth, calibrated_table) < 0.5 * calibration_error(
            truth, sharpened
        )


@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_a_known_bias_is_recovered(calibrated, temperature):
    truth, table = calibrated
    bias = np.array([0.8, -0.3, -0.5])
    distorted = apply_temperature(table, 1 / temperature, -bias * temperature)
    fitted = fit_scaling(truth, distorted)
    assert fitted.temperature == pytest.approx(temperature, rel=0.06)
    assert fitted.probe_weight == 0
    np.testing.assert_allclose(fitted.bias, bias, atol=0.1)
    np.testing.assert_allclose(Scaling(temperature, 0, bias)(distorted), table, atol=1e-9)
    after = fitted(distorted)
    assert (after.argmax(1) == truth).mean() > (distorted.argmax(1) == truth).mean() + 0.01


def test_the_weight_of_the_probe_is_recovered(calibrated):
    """Probabilities that are a product of two independent observations of the score."""
    truth, tokens = calibrated
    generator = np.random.default_rng(3)
    observed = np.eye(3)[truth] + generator.normal(0, 1, (len(truth), 3))
    probe = apply_temperature(np.exp(observed - observed.max()), 1.0)  # log p is observed + c
    fitted = fit_scaling(truth, tokens, probe)
    assert fitted.temperature == pytest.approx(1, rel=0.1)
    assert fitted.probe_weight == pytest.approx(1, rel=0.15)
    both, alone = fitted(tokens, probe), fit_scaling(truth, tokens)(tokens)
    assert negative_log_likelihood(truth, both) < negative_log_likelihood(truth, alone) - 0.05
    logits = np.log(tokens) / fitted.temperature + fitted.probe_weight * np.log(probe) + fitted.bias
    expected = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    np.testing.assert_allclose(both, expected, atol=1e-9)


def test_a_probe_that_is_wrong_has_weight_0(calibrated):
    truth, tokens = calibrated
    misleading = 0.98 * np.eye(3)[(np.asarray(truth) + 1) % 3] + 0.01
    misleading /= misleading.sum(1, keepdims=True)
    assert fit_scaling(truth, tokens, misleading).probe_weight == 0


def test_the_fit_is_the_minimum_of_likelihood_and_penalty(calibrated):
    truth, tokens = calibrated
    truth, tokens = truth[:40], tokens[:40]
    probe = np.random.default_rng(4).dirichlet(np.ones(3), size=40)

    def loss(inverse, weight, bias):
        penalty = (inverse - 1) ** 2 + weight**2 + np.square(bias).sum()
        after = Scaling(1 / inverse, weight, tuple(bias))(tokens, probe)
        return negative_log_likelihood(truth, after) + PENALTY * penalty

    fitted = fit_scaling(truth, tokens, probe)
    optimum = np.array([1 / fitted.temperature, fitted.probe_weight, *fitted.bias])
    best = loss(optimum[0], optimum[1], optimum[2:])
    for direction in np.eye(5):
        for step in (-0.02, 0.02):
            other = optimum + step * direction
            if other[1] >= 0:
                assert loss(other[0], other[1], other[2:]) > best


def test_the_bias_of_a_score_that_does_not_occur_is_finite():
    generator = np.random.default_rng(2)
    table = generator.dirichlet(np.ones(3), size=40)
    fitted = fit_scaling(generator.integers(2, size=40), table)
    assert np.isfinite([fitted.temperature, *fitted.bias]).all()
    assert fitted.bias[2] < min(fitted.bias[:2])
    before = negative_log_likelihood([0] * 40, table)
    assert negative_log_likelihood([0] * 40, fit_scaling([0] * 40, table)(table)) < before


def test_a_temperature_changes_confidence_and_not_the_order(calibrated):
    _, table = calibrated
    np.testing.assert_allclose(apply_temperature(table, 1), table, rtol=1e-12)
    for temperature in (0.3, 4.0):
        other = apply_temperature(table, temperature)
        np.testing.assert_array_equal(np.argsort(other), np.argsort(table))
        np.testing.assert_allclose(other.sum(1), 1)
        assert ((other.max(1) < table.max(1)) == (temperature > 1)).all()
        np.testing.assert_allclose(apply_temperature(other, 1 / temperature), table, atol=1e-9)
    logits = np.array([[2.0, 1.0, -3.0]])  # softmax(log p / T) is softmax(z / T)
    np.testing.assert_allclose(
        apply_temperature(np.exp(logits) / np.exp(logits).sum(), 2.0),
        np.exp(logits / 2) / np.exp(logits / 2).sum(),
    )


def test_the_fit_does_no_worse_than_temperature_1():
    """For few walks, for probabilities of 0 and 1, and for equal probabilities."""
    generator = np.random.default_rng(1)
    for _ in range(20):
        truth = generator.integers(3, size=20)
        table = generator.dirichlet(np.full(3, generator.choice([0.05, 1, 20])), size=20)
        after = apply_temperature(table, fit_temperature(truth, table))
        before = negative_log_likelihood(truth, table)
        assert negative_log_likelihood(truth, after) <= before + 1e-12
    assert fit_temperature(truth, np.full((20, 3), 1 / 3)) == 1


def test_probabilities_of_0_give_finite_losses_and_temperatures_within_the_limits():
    certain = np.eye(3)[np.arange(30) % 3]
    right = np.arange(30) % 3
    assert negative_log_likelihood(right, certain) == 0
    assert negative_log_likelihood((right + 1) % 3, certain) == pytest.approx(-np.log(FLOOR))
    assert LOWEST_TEMPERATURE <= fit_temperature(right, certain) <= 1
    wrong = fit_temperature((right + 1) % 3, certain)
    assert wrong == pytest.approx(HIGHEST_TEMPERATURE, rel=1e-3)
    assert np.isfinite(apply_temperature(certain, LOWEST_TEMPERATURE)).all()


def answers(confidences, wrong):
    """Probabilities of answers 0, and true scores that are 1 where they are wrong."""
    table = np.array([[c, (1 - c) * 0.9, (1 - c) * 0.1] for c in confidences])
    return [int(i in wrong) for i in range(len(confidences))], table


def test_the_threshold_by_hand():
    confidences = np.linspace(0.96, 0.58, 20)  # in steps of .02
    truth, table = answers(confidences, wrong={1, 13, 15, 19})
    # of the 1 … 13 most confident one is wrong, of 14 and 15 two, of 16 … 19 three, of 20 four
    assert threshold_for(truth, table, error=1 / 13) == pytest.approx(confidences[12])
    assert threshold_for(truth, table, error=0.14) == pytest.approx(confidences[14])
    assert threshold_for(truth, table, error=0.158) == pytest.approx(confidences[18])
    assert threshold_for(truth, table, error=0.2) == pytest.approx(confidences[19])
    assert threshold_for(truth, table, error=0.07) is None  # only the first answer would be kept


def test_answers_of_equal_confidence_are_kept_together():
    confidences = [0.9] * 12 + [0.7] * 8
    truth, table = answers(
        confidences, wrong={13, 14, 15, 16}
    )  # the first of the equal ones is right
    assert threshold_for(truth, table, error=0.1) == pytest.approx(0.9)
    truth, table = answers(confidences, wrong={10, 11})
    assert threshold_for(truth, table, error=0.0) is None
    assert threshold_for(truth, table, error=0.1) == pytest.approx(0.7)


def test_a_threshold_keeps_enough_answers_for_an_error_rate():
    confidences = [0.9] * (FEWEST_KEPT - 1) + [0.5] * 20
    truth, table = answers(confidences, wrong=set(range(FEWEST_KEPT - 1, 29)))
    assert threshold_for(truth, table, error=0.5) is None
    truth, table = answers([0.9, *confidences], wrong=set(range(FEWEST_KEPT, 30)))
    assert threshold_for(truth, table, error=0.5) == pytest.approx(0.9)


def test_error_rate_of_the_most_confident_answers():
    truth, table = answers(np.linspace(0.9, 0.5, 10), wrong={2, 7, 9})
    assert risk_at(truth, table) == {
        1.0: pytest.approx(3 / 10),
        0.9: pytest.approx(2 / 9),
        0.8: pytest.approx(2 / 8),
        0.7: pytest.approx(1 / 7),
    }
    assert risk_at(truth[:1], table[:1], [0.1]) == {0.1: 0}


@pytest.mark.parametrize("fit", [fit_temperature, fit_scaling, threshold_for])
def test_invalid_walks_for_calibration_raise(fit):
    with pytest.raises(ValueError, match="19 walks to calibrate on, expected at least 20: use"):
        fit([0] * 19, np.full((19, 3), 1 / 3))
    with pytest.raises(ValueError, match=r"expected true scores in 0 … 2"):
        fit([3] * 30, np.full((30, 3), 1 / 3))
    with pytest.raises(ValueError, match=r"30 true scores and probabilities of shape \(20, 3\)"):
        fit([0] * 30, np.full((20, 3), 1 / 3))
    with pytest.raises(ValueError, match="add up to 1"):
        fit([0] * 30, np.full((30, 3), 0.5))


def test_wrong_numbers_raise():
    with pytest.raises(ValueError, match="temperature is 0, expected a number above 0"):
        apply_temperature(np.full((1, 3), 1 / 3), 0)
    for error in (-0.1, 1, 10):
        with pytest.raises(ValueError, match=f"the error is {error}, expected a share"):
            threshold_for([0] * 30, np.full((30, 3), 1 / 3), error)


def test_limits_of_temperature_and_weight():
    assert (LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE) == (0.1, 10.0)
    truth = [i % 3 for i in range(30)]
    hesitant = 0.02 * np.eye(3)[truth] + 0.98 / 3  # always right, with a low confidence
    assert fit_temperature(truth, hesitant) == pytest.approx(0.1, rel=1e-3)


def test_tiny_and_large_logits_give_finite_probabilities():
    """exp of the logits is 0 or infinite, unless the largest of a row is subtracted."""
    table = np.array([[1e-30, 2e-30, 1e-30], [0.2, 0.3, 0.5]])
    sharp = apply_temperature(table, 0.05)
    np.testing.assert_allclose(sharp.sum(axis=1), 1)
    assert sharp[0, 1] > 0.999
    biased = apply_temperature(table[1:], 1.0, np.array([900.0, 900.0, 0.0]))
    np.testing.assert_allclose(biased, [[0.4, 0.6, 0.0]], atol=1e-12)
    low = apply_temperature(table[1:], 1.0, np.array([-900.0, -900.0, -900.0]))
    np.testing.assert_allclose(low, table[1:], atol=1e-12)


def test_a_scaling_is_fitted_to_probabilities_near_0():
    truth = [i % 3 for i in range(60)]
    certain = np.eye(3)[truth]
    certain[::4] = np.roll(certain[::4], 1, axis=1)  # a quarter of the answers is wrong
    fitted = fit_scaling(truth, certain, certain)
    after = fitted(certain, certain)
    assert np.isfinite(after).all() and np.isfinite(fitted.temperature)
    right = after[np.arange(60), truth]
    assert np.median(right) == pytest.approx(0.9997, abs=1e-4)  # T is limited to 10
