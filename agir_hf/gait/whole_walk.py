"""Checks of a whole recording: backward walking, pauses, and the size of the body."""

from __future__ import annotations

import numpy as np

from .events import BACKWARD_M_PER_S
from .signals import Signals

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
