"""Possible freezing of gait: the freeze index of Moore, together with little progress.

The freeze index is the power of the vertical acceleration of a foot at 3-8 Hz over that at
0.5-3 Hz (Moore, MacDougall and Ondo 2008, J Neurosci Methods 167:340, at the shank, in windows of
6 s). Their threshold for all patients is 2 (from memory of the paper, not read again). Limits:

- The index depends on sensor, window and filter, and is not comparable between implementations
  (Front Neurol 2025, 10.3389/fneur.2025.1528963). Here it is computed from the path of the heel
  that is filtered at 10 Hz, in windows of 2 s, because a recording in a laboratory has few seconds.
- With one accelerometer at the shank the specificity was 66.7 % (Moore et al. 2013, J Neuroeng
  Rehabil 10:19). Therefore the pelvis must also progress slowly, and the foot must tremble more
  than the pelvis, which noise of all markers does not do.
- Freezing without trembling looks like standing. It is not found, nor are episodes below about one
  second.
"""

from __future__ import annotations

import numpy as np

from ...motion.filters import band_pass, filter_both_ways
from ..peaks import moving_mean
from ..signals import Signals

THRESHOLD = 2.0
_WINDOW_S = 2.0
_MOMENT_S = 0.5  # window in which the heel must tremble all the time
_LOCOMOTION_HZ, _FREEZE_HZ = (0.5, 3.0), (3.0, 8.0)
_LEAST_M_PER_S2 = 0.5  # root mean square of a trembling heel, at 3-8 Hz (set by hand)
_OVER_PELVIS = 4.0  # power of the heel over that of the pelvis; noise of markers gives about 2
_SLOW = 0.4  # share of the walking speed below which there is little progress (set by hand)
_SPEED_WINDOW_S = 0.5
_SHORTEST_S = 0.5


def freezing_spans(signals: Signals) -> list[tuple[float, float, float]]:
    """Find the times of possible freezing.

    Args:
        signals: Signals of a walk.

    Returns:
        Start and end in seconds, and the highest freeze index, of each time of 0.5 s or more in
        which the index of a foot is above 2 and the pelvis moves at less than 40 % of the walking
        speed.
    """
    rate_hz = signals.rate_hz
    if len(signals.pelvis) < _WINDOW_S * rate_hz or not signals.heel:
        return []
    pelvis_power = _power(signals.pelvis[:, 1], rate_hz, _FREEZE_HZ)
    indices = [
        _index_of_trembling(heel[:, 1], pelvis_power, rate_hz) for heel in signals.heel.values()
    ]
    index = np.max(indices, axis=0)
    frozen = (index > THRESHOLD) & _little_progress(signals)
    edges = np.flatnonzero(np.diff(np.r_[False, frozen, False].astype(int))).reshape(-1, 2)
    return [
        (float(start / rate_hz), float((stop - 1) / rate_hz), float(index[start:stop].max()))
        for start, stop in edges
        if (stop - start) / rate_hz >= _SHORTEST_S
    ]


def freeze_index(height: np.ndarray, rate_hz: float) -> np.ndarray:
    """Compute the freeze index in a moving window of 2 s.

    Args:
        height: Height (T,) of a point of the foot or shank in metres.
        rate_hz: Frames per second.

    Returns:
        Index (T,): power of the acceleration at 3-8 Hz over that at 0.5-3 Hz.
    """
    freeze = _power(height, rate_hz, _FREEZE_HZ)
    return freeze / np.maximum(_power(height, rate_hz, _LOCOMOTION_HZ), 1e-9)


def _index_of_trembling(height: np.ndarray, pelvis_power: np.ndarray, rate_hz: float) -> np.ndarray:
    """Freeze index (T,), 0 where the foot does not tremble, or not more than the pelvis."""
    squares = _squares(height, rate_hz, _FREEZE_HZ)
    power, now = (moving_mean(squares, int(s * rate_hz)) for s in (_WINDOW_S, _MOMENT_S))
    trembles = (power > _OVER_PELVIS * pelvis_power) & (now > _LEAST_M_PER_S2**2)
    if not trembles.any():
        return np.zeros(len(height))
    return np.where(trembles, freeze_index(height, rate_hz), 0.0)


def _power(height: np.ndarray, rate_hz: float, band_hz: tuple[float, float]) -> np.ndarray:
    """Mean square (T,) of the acceleration in a band of frequencies in a moving window of 2 s."""
    return moving_mean(_squares(height, rate_hz, band_hz), int(_WINDOW_S * rate_hz))


def _squares(height: np.ndarray, rate_hz: float, band_hz: tuple[float, float]) -> np.ndarray:
    """Squares (T,) of the acceleration in a band of frequencies."""
    acceleration = np.gradient(np.gradient(height)) * rate_hz**2
    padding = min(len(acceleration) - 1, int(2 * rate_hz))
    return filter_both_ways(band_pass(*band_hz, rate_hz), acceleration, padding) ** 2


def _little_progress(signals: Signals) -> np.ndarray:
    """Whether the pelvis moves much slower than in the steps of the walk, (T,)."""
    velocity = np.gradient(signals.pelvis, 1 / signals.rate_hz, axis=0) * [1.0, 0.0, 1.0]
    speed = (velocity * signals.ahead).sum(axis=1) + signals.belt
    window = max(int(_SPEED_WINDOW_S * signals.rate_hz), 1)
    speed = moving_mean(speed, window)
    return speed < _SLOW * np.percentile(speed, 75)
