"""Calibrate probabilities, and choose the confidence below which an answer is withheld.

Fit on walks that the model was not trained on (the validation split) and evaluate on others (the
test split): figures of the walks used for fitting are too good.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize, minimize_scalar

from .classification import _probabilities, risk_coverage

FEWEST_WALKS = 20  # to fit a temperature or a threshold on
FEWEST_KEPT = 10  # answers above a threshold; an error rate of fewer is too uncertain
LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE = 0.1, 10.0
HIGHEST_PROBE_WEIGHT = 10.0
PENALTY = 1e-3  # of squared distances from temperature 1, weight 0 and bias 0; a weak prior
FLOOR = float(np.finfo(np.float32).tiny)  # 1.2e-38, the smallest value of a softmax in float32
COVERAGES = (1.0, 0.9, 0.8, 0.7)


def fit_temperature(truth: Sequence[int], probabilities: np.ndarray) -> float:
    """Fit the temperature that calibrates probabilities best.

    Minimises the negative log-likelihood of softmax(log p / T), which has one minimum in T.
    T is limited to `LOWEST_TEMPERATURE` (reached where every answer is right) …
    `HIGHEST_TEMPERATURE` (reached where answers are no better than chance). Source: Guo et al.
    2017 (On Calibration of Modern Neural Networks), section 4.2.

    Args:
        truth (`Sequence[int]`):
            True scores of validation walks, 0 … K − 1; at least 20.
        probabilities (`np.ndarray`):
            Probabilities of the scores at temperature 1, shape `(N, K)`. A probability of 0 counts
            as `FLOOR`.

    Returns:
        `float`: Above 1 for an overconfident model, below 1 for an underconfident one.

    Raises:
        ValueError: There are fewer than `FEWEST_WALKS` walks, the shapes do not fit, rows are not
            probabilities, or a true score is not in 0 … K − 1.

    Example:
        ```python
        >>> import numpy as np
        >>> from agir_hf.evaluation.metrics.calibration import fit_temperature
        >>> truth = [0] * 15 + [1] * 15  # half of the answers are right
        >>> overconfident = np.tile([0.9, 0.05, 0.05], (30, 1))
        >>> round(fit_temperature(truth, overconfident), 2)
        4.17

        ```
    """
    table, true_scores = _enough(truth, probabilities)

    def loss(log_temperature: float) -> float:
        scaled = apply_temperature(table, np.exp(log_temperature))
        return negative_log_likelihood(true_scores, scaled)

    bounds = np.log([LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE])
    optimum = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-6})
    return float(np.exp(min(0.0, optimum.x, key=loss)))  # 1 unless another is better


@dataclass(frozen=True)
class Scaling:
    """Combination of score tokens and probe into calibrated probabilities.

    Attributes:
        temperature: Divisor T of the log-probabilities of the score tokens.
        probe_weight: Weight w of the log-probabilities of the probe.
        bias: Numbers b that are added, one for each score.
    """

    temperature: float
    probe_weight: float
    bias: tuple[float, ...]

    def __call__(self, tokens: np.ndarray, probe: np.ndarray | None = None) -> np.ndarray:
        """Compute softmax(log p_token / T + w log p_probe + b) of every row.

        Args:
            tokens: Probabilities of the score tokens, shape (N, K). 0 counts as `FLOOR`.
            probe: Probabilities of the probe, shape (N, K). None for a model without one.

        Returns:
            Probabilities of shape (N, K).
        """
        bias = np.asarray(self.bias)
        if probe is not None:
            bias = bias + self.probe_weight * _log(probe)
        return apply_temperature(tokens, self.temperature, bias)


def fit_scaling(
    truth: Sequence[int], tokens: np.ndarray, probe: np.ndarray | None = None
) -> Scaling:
    """Fit temperature T, weight w and bias b of softmax(log p_token / T + w log p_probe + b).

    Minimises the mean negative log-likelihood, which is convex in 1 / T, w and b, plus a small
    penalty (`PENALTY`) of (1 / T - 1)², w² and b², so that a score that does not occur has a finite
    bias. T is limited to 0.1 … 10 and w to 0 … 10. Source of the bias: Alexandari, Kundaje and
    Shrikumar 2020 (Maximum Likelihood with Bias-Corrected Calibration Is Hard-To-Beat at Label
    Shift Adaptation), who add it to the temperature of Guo et al.

    Args:
        truth: True scores of validation walks, 0 … K - 1; at least 20.
        tokens: Probabilities of the score tokens, not calibrated, shape (N, K).
        probe: Probabilities of the probe, not calibrated, shape (N, K). None for a model without
            one; w is then 0.

    Returns:
        The combination.

    Raises:
        ValueError: As for `fit_temperature`.
    """
    table, true_scores = _enough(truth, tokens)
    rows, walks = np.arange(len(table)), len(table)
    parts = [_log(table), _log(_enough(truth, probe)[0]) if probe is not None else 0 * table]
    target = np.array([1.0, *np.zeros(1 + table.shape[1])])

    def loss(values: np.ndarray) -> tuple[float, np.ndarray]:
        logits = values[0] * parts[0] + values[1] * parts[1] + values[2:]
        logits = logits - logits.max(axis=1, keepdims=True)
        log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        error = np.exp(log_p)
        error[rows, true_scores] -= 1
        gradient = np.array([*((error * part).sum() for part in parts), *error.sum(axis=0)]) / walks
        distance = values - target
        mean = -log_p[rows, true_scores].mean()
        return mean + PENALTY * distance @ distance, gradient + 2 * PENALTY * distance

    bounds = [
        (1 / HIGHEST_TEMPERATURE, 1 / LOWEST_TEMPERATURE),
        (0.0, HIGHEST_PROBE_WEIGHT),
        *[(None, None)] * table.shape[1],
    ]
    options = {"ftol": 1e-14, "gtol": 1e-9, "maxiter": 1000}
    inverse, weight, *bias = minimize(
        loss, target, jac=True, method="L-BFGS-B", bounds=bounds, options=options
    ).x.tolist()
    return Scaling(1 / inverse, weight, tuple(bias))


def apply_temperature(
    probabilities: np.ndarray, temperature: float, bias: np.ndarray | None = None
) -> np.ndarray:
    """Compute softmax(log p / T + b) of every row.

    Without bias the order of the scores in a row does not change; for T > 1 their probabilities
    move closer together.

    Args:
        probabilities (`np.ndarray`):
            Probabilities at temperature 1, shape `(N, K)`. A probability of 0 counts as `FLOOR`.
        temperature (`float`):
            Temperature T, above 0.
        bias (`np.ndarray`, *optional*):
            Bias b of shape `(K,)` or `(N, K)`; zero by default.

    Returns:
        `np.ndarray`: Probabilities of shape `(N, K)`.

    Raises:
        ValueError: The temperature is not above 0.

    Example:
        ```python
        >>> import numpy as np
        >>> from agir_hf.evaluation.metrics.calibration import apply_temperature
        >>> apply_temperature(np.array([[0.9, 0.05, 0.05]]), 2.0).round(3)
        array([[0.68, 0.16, 0.16]])

        ```
    """
    if not temperature > 0:
        raise ValueError(f"the temperature is {temperature}, expected a number above 0")
    logits = _log(probabilities) / temperature
    logits = logits if bias is None else logits + bias
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def negative_log_likelihood(truth: Sequence[int], probabilities: np.ndarray) -> float:
    """Mean of -ln of the probabilities of the true scores.

    Args:
        truth: True scores, 0 … K - 1.
        probabilities: Probabilities of the scores, shape (N, K). A probability of 0 counts as
            `FLOOR`.

    Returns:
        The mean over walks.

    Raises:
        ValueError: As for `agir_hf.evaluation.metrics.classification.calibration_error`.
    """
    table, true_scores = _probabilities(truth, probabilities)
    likelihoods = table[np.arange(len(true_scores)), true_scores]
    return float(-np.log(np.maximum(likelihoods, FLOOR)).mean())


def threshold_for(
    truth: Sequence[int], probabilities: np.ndarray, error: float = 0.1
) -> float | None:
    """Lowest confidence above which answers have at most a stated error rate.

    Confidence is the probability of the predicted score, the highest of the row. The threshold is
    the confidence of one of the answers, and answers of equal confidence are kept together; of all
    thresholds with a low enough error rate, the one that keeps the most answers is taken. It is
    chosen on these walks: expect a somewhat higher error rate on others.

    Args:
        truth: True scores of validation walks, 0 … K - 1.
        probabilities: Calibrated probabilities of the scores, shape (N, K).
        error: Highest share of wrong answers among those that are kept.

    Returns:
        The threshold, or None where no threshold with that error rate keeps `FEWEST_KEPT` answers.

    Raises:
        ValueError: As for `fit_temperature`, or the error is not in 0 … 1.
    """
    if not 0 <= error < 1:
        raise ValueError(f"the error is {error}, expected a share of wrong answers such as 0.1")
    table, true_scores = _enough(truth, probabilities)
    thresholds = -np.sort(-table.max(axis=1))
    risk = risk_coverage(true_scores, table)[:, 1]
    is_last = np.append(thresholds[1:] < thresholds[:-1], True)  # of answers of equal confidence
    allowed = np.flatnonzero(is_last & (risk <= error))
    allowed = allowed[allowed >= FEWEST_KEPT - 1]
    return float(thresholds[allowed[-1]]) if len(allowed) else None


def risk_at(
    truth: Sequence[int], probabilities: np.ndarray, coverages: Sequence[float] = COVERAGES
) -> dict[float, float]:
    """Error rates of the most confident answers.

    Args:
        truth: True scores, 0 … K - 1.
        probabilities: Probabilities of the scores, shape (N, K).
        coverages: Shares of the answers that are kept.

    Returns:
        Coverage → error rate.

    Raises:
        ValueError: As for `agir_hf.evaluation.metrics.classification.risk_coverage`.
    """
    risk = risk_coverage(truth, probabilities)[:, 1]
    return {share: float(risk[max(round(share * len(risk)), 1) - 1]) for share in coverages}


def _log(probabilities: np.ndarray) -> np.ndarray:
    """Natural logarithm of probabilities, of which 0 counts as `FLOOR`."""
    return np.log(np.maximum(np.asarray(probabilities, dtype=float), FLOOR))


def _enough(truth, probabilities) -> tuple[np.ndarray, np.ndarray]:
    """Check probabilities (N, K) and true scores (N,), and that there are enough to fit on."""
    table, true_scores = _probabilities(truth, probabilities)
    if len(true_scores) < FEWEST_WALKS:
        raise ValueError(
            f"{len(true_scores)} walks to calibrate on, expected at least {FEWEST_WALKS}: use a "
            "corpus with a larger validation split"
        )
    return table, true_scores
