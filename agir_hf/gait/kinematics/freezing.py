"""Possible freezing of gait: the freeze index of Moore, together with little progress."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import uniform_filter1d
from scipy.signal import butter, sosfiltfilt

from ..signals import Signals

WINDOW_S = 2.0
THRESHOLD = 2.0
_LOCOMOTION_HZ, _FREEZE_HZ = (0.5, 3.0), (3.0, 8.0)
_SLOW = 0.4  # share of the walking speed below which there is little progress
_MOVING_M_PER_S2 = 0.5  # root mean square acceleration of a heel that trembles rather than rests
_SHORTEST_S = 0.5


def freezing_spans(signals: Signals) -> list[tuple[float, float, float]]:
    """Find the times of possible freezing: start and end in seconds, highest freeze index."""
    duration_s = len(signals.pelvis) / signals.rate_hz
    if duration_s < WINDOW_S or not signals.heel:
        return []
    index = np.max([freeze_index(path[:, 1], signals.rate_hz) for path in signals.heel.values()], 0)
    frozen = (index > THRESHOLD) & _little_progress(signals)
    edges = np.flatnonzero(np.diff(np.r_[False, frozen, False].astype(int))).reshape(-1, 2)
    return [
        (start / signals.rate_hz, (stop - 1) / signals.rate_hz, float(index[start:stop].max()))
        for start, stop in edges
        if (stop - start) / signals.rate_hz >= _SHORTEST_S
    ]


def freeze_index(height: np.ndarray, rate_hz: float) -> np.ndarray:
    """Freeze index (T,) of a height (T,) in metres: power at 3-8 Hz over power at 0.5-3 Hz."""
    acceleration = np.gradient(np.gradient(height)) * rate_hz**2
    freeze, locomotion = (
        _power(acceleration, band, rate_hz) for band in (_FREEZE_HZ, _LOCOMOTION_HZ)
    )
    index = freeze / np.maximum(locomotion, 1e-9)
    return np.where(freeze + locomotion > _MOVING_M_PER_S2**2, index, 0.0)


def _power(acceleration: np.ndarray, band_hz: tuple[float, float], rate_hz: float) -> np.ndarray:
    sos = butter(2, band_hz, "bandpass", fs=rate_hz, output="sos")
    padding = min(len(acceleration) - 1, int(2 * rate_hz))
    filtered = sosfiltfilt(sos, acceleration, padlen=padding)
    return uniform_filter1d(filtered**2, int(WINDOW_S * rate_hz), mode="nearest")


def _little_progress(signals: Signals) -> np.ndarray:
    """Whether the pelvis moves much slower than in the steps of the walk, (T,)."""
    velocity = np.gradient(signals.pelvis, 1 / signals.rate_hz, axis=0) * [1.0, 0.0, 1.0]
    speed = (velocity * signals.ahead).sum(axis=1) + signals.belt
    speed = uniform_filter1d(speed, max(int(0.5 * signals.rate_hz), 1), mode="nearest")
    return speed < _SLOW * np.percentile(speed, 75)
