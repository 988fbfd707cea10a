"""Probabilities that mean what they say, and the confidence below which a model should pass.

Fit on walks that the model was not trained on (the validation split), judge on others (the test
split): on the walks of the fit all figures flatter.
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize, minimize_scalar

from .classification import _probabilities, risk_coverage

FEWEST_WALKS = 20  # that a temperature or a level is fitted on
FEWEST_KEPT = 10  # answers above a level: of fewer an error rate says nothing
LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE = 0.1, 10.0
FLOOR = float(np.finfo(np.float32).tiny)  # 1.2e-38, where a softmax in float32 ends
COVERAGES = (1.0, 0.9, 0.8, 0.7)


def fit_temperature(truth: Sequence[int], probabilities: np.ndarray) -> float:
    """The temperature that makes probabilities fit the truth best.

    It minimises the negative log-likelihood of softmax(log p / T), which has one minimum in T, from
    `LOWEST_TEMPERATURE` (where every answer is right) to `HIGHEST_TEMPERATURE` (where answers are
    no better than chance). Source: Guo et al. 2017 (On Calibration of Modern Neural Networks),
    section 4.2.

    Args:
        truth: true scores of validation walks, 0 … K - 1.
        probabilities: (N, K), of the scores, at temperature 1. One of 0 counts as `FLOOR`.

    Returns:
        Above 1 for a model that is too sure of itself, below 1 for one that is not sure enough.

    Raises:
        ValueError: for fewer than `FEWEST_WALKS`, another shape, rows that are no probabilities or
            true scores that they are not of.
    """
    table, true = _enough(truth, probabilities)

    def loss(log_temperature: float) -> float:
        return negative_log_likelihood(true, apply_temperature(table, np.exp(log_temperature)))

    bounds = np.log([LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE])
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-6})
    return float(np.exp(min(0.0, found.x, key=loss)))  # 1 unless another one is better


def fit_scaling(truth: Sequence[int], probabilities: np.ndarray) -> tuple[float, np.ndarray]:
    """Temperature T and bias b by which softmax(log p / T + b) fits the truth best.

    For a model that prefers one score to another; its most probable score can change. The negative
    log-likelihood is convex in 1 / T and b. Source: Alexandari, Kundaje and Shrikumar 2020 (Maximum
    Likelihood with Bias-Corrected Calibration Is Hard-To-Beat at Label Shift Adaptation), who add b
    to the temperature of Guo et al.

    Args, Raises: see `fit_temperature`.

    Returns:
        T, and b (K,), whose mean is 0.
    """
    table, true = _enough(truth, probabilities)
    start = np.zeros(table.shape[1])
    start[0] = np.log(fit_temperature(truth, probabilities))

    def parts(given: np.ndarray) -> tuple[float, np.ndarray]:
        bias = np.append(given[1:], -given[1:].sum())
        least, most = np.log([LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE])
        return float(np.exp(np.clip(given[0], least, most))), bias

    def loss(given: np.ndarray) -> float:
        spread = 1e-6 * (given[1:] ** 2).sum()  # a score that nobody has would go to -infinity
        return negative_log_likelihood(true, apply_temperature(table, *parts(given))) + spread

    found = minimize(loss, start, method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-10})
    return parts(min(start, found.x, key=loss))


def apply_temperature(
    probabilities: np.ndarray, temperature: float, bias: np.ndarray | None = None
) -> np.ndarray:
    """(N, K) softmax(log p / T + b); without b the same order in every row, closer for T > 1.

    Args:
        probabilities: (N, K) at temperature 1; one of 0 counts as `FLOOR`.
        temperature: T.
        bias: b, (K,); nothing by default.

    Raises:
        ValueError: the temperature is not above 0.
    """
    if not temperature > 0:
        raise ValueError(f"the temperature is {temperature}, expected one above 0")
    logits = np.log(np.maximum(np.asarray(probabilities, dtype=float), FLOOR)) / temperature
    logits = logits if bias is None else logits + bias
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def negative_log_likelihood(truth: Sequence[int], probabilities: np.ndarray) -> float:
    """Mean of -ln of the true scores' probabilities; one of 0 counts as `FLOOR`.

    Args, Raises: see `agir_hf.evaluation.metrics.classification.calibration_error`.
    """
    table, true = _probabilities(truth, probabilities)
    return float(-np.log(np.maximum(table[np.arange(len(true)), true], FLOOR)).mean())


def threshold_for(
    truth: Sequence[int], probabilities: np.ndarray, error: float = 0.1
) -> float | None:
    """The least confidence from which on answers are wrong at most as often as stated.

    Confidence is the probability of the score that is answered, the highest of the three. The level
    is that of an answer, which is kept with all that are as sure; of all levels whose answers do
    well enough it is the one that keeps the most. It is chosen by looking at these walks: expect
    a somewhat higher error rate on others.

    Args:
        truth: true scores of validation walks, 0 … K - 1.
        probabilities: (N, K), of the scores, calibrated.
        error: highest share of wrong answers among those that are kept.

    Returns:
        The level, or None where no level keeps `FEWEST_KEPT` answers or more and the error rate.

    Raises:
        ValueError: as `fit_temperature`; the error is not in 0 … 1.
    """
    if not 0 <= error < 1:
        raise ValueError(f"the error is {error}, expected a share of wrong answers such as 0.1")
    table, true = _enough(truth, probabilities)
    levels = -np.sort(-table.max(axis=1))
    risk = risk_coverage(true, table)[:, 1]
    last = np.append(levels[1:] < levels[:-1], True)  # of the answers that are as sure
    good = np.flatnonzero(last & (risk <= error))
    good = good[good >= FEWEST_KEPT - 1]
    return float(levels[good[-1]]) if len(good) else None


def risk_at(
    truth: Sequence[int], probabilities: np.ndarray, coverages: Sequence[float] = COVERAGES
) -> dict[float, float]:
    """Coverage → error rate of that share of the answers, the surest.

    Args, Raises: see `agir_hf.evaluation.metrics.classification.risk_coverage`.
    """
    risk = risk_coverage(truth, probabilities)[:, 1]
    return {share: float(risk[max(round(share * len(risk)), 1) - 1]) for share in coverages}


def _enough(truth, probabilities) -> tuple[np.ndarray, np.ndarray]:
    table, true = _probabilities(truth, probabilities)
    if len(true) < FEWEST_WALKS:
        raise ValueError(
            f"{len(true)} walks to calibrate on, expected at least {FEWEST_WALKS}: take a corpus "
            "with a larger validation split"
        )
    return table, true
