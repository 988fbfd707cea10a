"""Speed of a treadmill belt, from the feet of a subject who stays in one place.

On a belt both feet move backwards at the speed of the belt whenever they are in stance. A
treadmill is inferred only from several such stances of each foot; a person who is standing and
sways, waves or steps in place has none. In a recording of one stride a stance of each foot is
enough, if the other foot swings forwards meanwhile.
"""

from __future__ import annotations

import numpy as np

SLOWEST_BELT = 0.10  # m/s
PELVIS_SHARE = 0.3  # pelvis speed / belt speed; below it, the subject stays in one place
STEADY_SHARE = 0.25  # largest deviation from the belt speed in stance, as a share of it
STEADY_M_PER_S = 0.06  # the same for slow belts: noise of the markers
SHORTEST_STANCE_S = 0.15  # a part of stance in which the foot moves with the belt
FEWEST_STANCES = 2  # of each foot
STANCE_SHARE = 0.2  # share of the recording that each foot moves with the belt
# A recording of one stride: shorter than this, on a belt at least this fast, which both feet keep
# to this share, each for this time, while the other foot swings for this share of its swing.
ONE_STRIDE_S, ONE_STRIDE_BELT, ONE_STRIDE_STEADY = 2.5, 0.3, 0.12
ONE_STANCE_S, OTHER_STEADY = 0.3, 0.7


def belt_speed(
    heel_speeds: dict[str, np.ndarray], pelvis_speed: np.ndarray, rate: float
) -> float | None:
    """Estimate the speed of the belt under a subject who stays in one place.

    A foot in stance moves with the floor, and stance is half of the time or more: a low percentile
    of the foot's speed is the speed of the floor, if both feet keep it over several stances.

    Args:
        heel_speeds: Side → speed (T,) of the heel along the heading, in m/s.
        pelvis_speed: Speed (T,) of the pelvis along the heading, in m/s.
        rate: Frames per second.

    Returns:
        Speed of the belt in m/s; None overground, and if the feet do not move like feet on a belt.
    """
    belt = float(np.mean([-np.percentile(speed, 35) for speed in heel_speeds.values()]))
    if belt <= SLOWEST_BELT or abs(float(pelvis_speed.mean())) >= PELVIS_SHARE * belt:
        return None
    if all(_on_belt(speed, belt, rate) for speed in heel_speeds.values()):
        return belt
    return belt if _one_stride(list(heel_speeds.values()), belt, rate) else None


def _on_belt(speed: np.ndarray, belt: float, rate: float) -> bool:
    """Whether a foot moves steadily backwards at the belt speed in several stances."""
    steady = np.abs(speed + belt) < max(STEADY_SHARE * belt, STEADY_M_PER_S)
    edges = np.flatnonzero(np.diff(np.r_[False, steady, False].astype(int)))
    frames = np.diff(edges.reshape(-1, 2), axis=1)[:, 0]
    stances = frames[frames >= SHORTEST_STANCE_S * rate]
    return len(stances) >= FEWEST_STANCES and stances.sum() >= STANCE_SHARE * len(speed)


def _one_stride(speeds: list[np.ndarray], belt: float, rate: float) -> bool:
    """Whether a short recording has one stance of each foot on the belt, and swings between."""
    if len(speeds) != 2 or len(speeds[0]) > ONE_STRIDE_S * rate or belt < ONE_STRIDE_BELT:
        return False
    steady = [np.abs(speed + belt) < ONE_STRIDE_STEADY * belt for speed in speeds]
    swings = [speed > 0.5 * belt for speed in speeds]
    return all(
        own.sum() >= ONE_STANCE_S * rate and swing.any() and other[swing].mean() >= OTHER_STEADY
        for own, other, swing in zip(steady, steady[::-1], swings, strict=True)
    )
