"""Measures of a whole recording: backward walking, pauses, how feet move, and size of the body."""

from __future__ import annotations

import numpy as np

from .events import BACKWARD_M_PER_S
from .peaks import find_peaks
from .signals import SIDES, Signals

_LEGS = ((1, 4, 7), (2, 5, 8))  # hip, knee and ankle in the order of HumanML3D


def backward_share(signals: Signals) -> float:
    """Compute the share of a recording in which the pelvis moves backwards.

    Args:
        signals: Paths and events, from [`~agir_hf.gait.measure`]. A treadmill is accounted for if
            it was recognized.

    Returns:
        Share from 0 to 1 of the time with more than 0.2 m/s against the heading of the pelvis.
    """
    velocity = np.gradient(signals.pelvis, 1 / signals.rate_hz, axis=0)
    speed = (velocity * signals.ahead).sum(axis=1) + signals.belt
    return float((speed < -BACKWARD_M_PER_S).mean())


def pause_share(signals: Signals) -> float:
    """Compute the share of a recording in pauses of at least 1.5 s without a swing.

    Args:
        signals: Paths and events, from [`~agir_hf.gait.measure`].

    Returns:
        Share from 0 to 1.
    """
    duration_s = (len(signals.pelvis) - 1) / signals.rate_hz
    return sum(end - start for start, end in signals.phases.standing) / duration_s


def leg_length_m(joints: np.ndarray) -> float:
    """Compute the length of thigh and shank, the mean of both legs.

    Args:
        joints: Joints (T, 22, 3) in metres, in the order of HumanML3D.

    Returns:
        Median over frames in metres, without the foot. It is 0.49 times the height of an adult
        (Winter 2009, Biomechanics and Motor Control of Human Movement, figure 4.1).
    """
    lengths = [
        np.linalg.norm(np.diff(joints[:, list(leg)], axis=1), axis=2).sum(axis=1) for leg in _LEGS
    ]
    return float(np.median(np.mean(lengths, axis=0)))


def forward_speed(signals: Signals, path: np.ndarray) -> np.ndarray:
    """Compute the speed of a path along the heading of the pelvis.

    Args:
        signals: Signals of a recording.
        path: Path (T, 3) in metres.

    Returns:
        Speed (T,) in m/s.
    """
    return (np.gradient(path, 1 / signals.rate_hz, axis=0) * signals.ahead).sum(axis=1)


def feet_alternate(speeds: dict[str, np.ndarray]) -> bool:
    """Whether each foot is at times fast while the other rests, as in a walk.

    Args:
        speeds: Side → speed (T,) of the heel in walking direction, in m/s.
    """
    left, right = (speeds.get(side, np.zeros(1)) for side in SIDES)
    fast = [np.percentile(speed, 95) for speed in (left, right)]
    if min(fast) <= 0:
        return False
    left, right = left / fast[0], right / fast[1]
    alone = [((a > 0.5) & (b < 0.3)).mean() for a, b in ((left, right), (right, left))]
    return bool(min(alone) > 0.05)


def braking_ratio(speeds: dict[str, np.ndarray]) -> float:
    """Compare the braking of the feet before they land to their acceleration after they lift.

    Args:
        speeds: Side → speed (T,) of the heel in walking direction, in m/s.

    Returns:
        Median ratio of the strongest braking after a peak of speed to the acceleration before it;
        1 if there is no whole swing.
    """
    ratios = []
    for speed in speeds.values():
        highest = float(np.percentile(speed, 98))
        peaks = find_peaks(speed, height=0.6 * highest, distance=20)
        change = np.gradient(speed)
        low = np.r_[0, np.flatnonzero(speed < 0.15 * highest), len(speed) - 1]
        for peak in peaks:
            start = low[np.searchsorted(low, peak) - 1]
            stop = low[min(np.searchsorted(low, peak), len(low) - 1)]
            if start == 0 or stop == len(speed) - 1:
                continue  # a part of a swing
            braking = -change[peak : stop + 1].min()
            ratios.append(braking / max(change[start : peak + 1].max(), 1e-9))
    return float(np.median(ratios)) if ratios else 1.0
