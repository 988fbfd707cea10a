"""Measures of a single step or stride; NaN if a measure cannot be computed.

Every measure takes the [`Signals`] of a walk and one of its steps or strides.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .computed_once import once_per_part, once_per_walk
from .signals import Signals, Step, Stride
from .spectra import phases

_GRAVITY = 9.81
_LOADING = 0.4  # share of a step after the heel strike in which the foot becomes stationary
# Segments for the centre of mass: proximal joint, distal joint, share of the body mass, position
# of the segment's centre as a share of its length from the proximal joint (Winter 2009, table 4.1).
_SEGMENTS = (
    ("hip", "knee", 0.100, 0.433),
    ("knee", "ankle", 0.0465, 0.433),
    ("ankle", "foot", 0.0145, 0.50),
    ("shoulder", "elbow", 0.028, 0.436),
    ("elbow", "wrist", 0.022, 0.682),
)
# The trunk with the head: from the mid-point of the hips to the mid-point of the shoulders.
_TRUNK_MASS, _TRUNK_SHARE = 0.578, 0.66
# Joints that the centre of mass needs.
MASS_JOINTS = tuple(
    f"{side}_{joint}"
    for side in ("left", "right")
    for joint in dict.fromkeys(joint for segment in _SEGMENTS for joint in segment[:2])
)


def duration(_: Signals, part: Step | Stride) -> float:
    """Duration in seconds."""
    return part.end_s - part.start_s


@once_per_part
def stride_displacement(signals: Signals, stride: Stride) -> float:
    """Distance in metres that the pelvis moves over the floor, in walking direction."""
    moved = signals.at(signals.pelvis, stride.end_s) - signals.at(signals.pelvis, stride.start_s)
    ahead = signals.at(signals.ahead, (stride.start_s + stride.end_s) / 2)
    return float(moved @ ahead) + signals.belt * duration(signals, stride)


def stride_speed(signals: Signals, stride: Stride) -> float:
    """Speed in metres per second."""
    return stride_displacement(signals, stride) / duration(signals, stride)


@once_per_part
def _between_heels(signals: Signals, step: Step) -> np.ndarray:
    """Vector (3,) in metres from the stationary back heel to the stationary front heel."""
    other = "right" if step.side == "left" else "left"
    front = _stationary_heel(signals, step.side, step.end_s, step)
    back = _stationary_heel(signals, other, step.start_s, step)
    belt_m = signals.belt * duration(signals, step)
    return front - back + belt_m * signals.at(signals.ahead, step.end_s)


def _stationary_heel(signals: Signals, side: str, heel_strike_s: float, step: Step) -> np.ndarray:
    """Position (3,) in metres of the heel when it moves least, shortly after heel strike."""
    heel = signals.heel[side]
    ahead, rate_hz, belt = signals.ahead, signals.rate_hz, signals.belt
    part = signals.span(heel_strike_s, heel_strike_s + _LOADING * duration(signals, step))
    frame = part.start + int(_heel_speed(signals, side)[part].argmin())
    # on a treadmill the foot has moved backwards since heel strike
    return heel[frame] + belt * (frame / rate_hz - heel_strike_s) * ahead[frame]


@once_per_walk
def _heel_speed(signals: Signals, side: str) -> np.ndarray:
    """Speed (T,) of a heel over the floor or belt, in metres per frame."""
    moved = np.gradient(signals.heel[side], axis=0) + signals.belt / signals.rate_hz * signals.ahead
    return np.linalg.norm(moved, axis=1)


def step_length(signals: Signals, step: Step) -> float:
    """Distance in metres between the stationary heels in walking direction, as on a walkway."""
    return float(_between_heels(signals, step) @ signals.at(signals.ahead, step.end_s))


def step_width(signals: Signals, step: Step) -> float:
    """Distance in metres between the stationary heels across the walking direction."""
    return abs(float(_between_heels(signals, step) @ signals.at(signals.left, step.end_s)))


def stance(signals: Signals, stride: Stride) -> float:
    """Stance phase in percent of the stride."""
    return 100 * (stride.toe_off_s - stride.start_s) / duration(signals, stride)


def double_support(signals: Signals, stride: Stride) -> float:
    """Both phases of double support in percent of the stride.

    On markers of healthy walkers it is too high by 3 to 4 percentage points: on 56 simulated
    walkers of score 0 or healthy, 3.8, with heel strikes 7 ms early and toe-offs 12 ms late, and on
    6 recordings of people 3.1 more than with the annotated events. On 21 contacts with force plates
    (12 recordings, 20 N), strikes are 15 ms early and toe-offs 6 ms late. In shuffling it is 1 to 2
    points too high on simulated walkers of score 2, and 0.6 to 2.8 too low on three recordings of
    patients with annotated events.

    The causes are in `swings.py`. A fraction of the peak velocity is a higher speed in a faster
    swing, which the foot reaches before contact, and the ball of the foot of healthy walkers is
    farthest behind the pelvis after toe-off.
    """
    first = stride.other_toe_off_s - stride.start_s
    second = stride.toe_off_s - stride.other_heel_strike_s
    return 100 * (first + second) / duration(signals, stride)


def _swing(signals: Signals, stride: Stride) -> slice:
    return signals.span(stride.toe_off_s, stride.end_s)


def step_height(signals: Signals, stride: Stride) -> float:
    """Highest position of the heel in swing above its position in stance, in metres."""
    if np.isnan(stride.toe_off_s):
        return np.nan
    heel = signals.heel[stride.side][:, 1]
    low = _low(heel[signals.span(stride.start_s, stride.toe_off_s)])
    return float(heel[_swing(signals, stride)].max() - low)


def toe_clearance(signals: Signals, stride: Stride) -> float:
    """Height of the ball of the foot above its height in stance, in metres, at the other foot.

    It is taken at the frame of the swing in which the ball of the foot passes that of the other
    foot.
    """
    other = "right" if stride.side == "left" else "left"
    if np.isnan(stride.toe_off_s) or not {stride.side, other} <= signals.toe.keys():
        return np.nan
    swing = _swing(signals, stride)
    passing = swing.start + int(_distance_of_toes(signals)[swing].argmin())
    toe = signals.toe[stride.side][:, 1]
    low = _low(toe[signals.span(stride.start_s, stride.toe_off_s)])
    return float(toe[passing] - low)


@once_per_walk
def _distance_of_toes(signals: Signals) -> np.ndarray:
    """Distance (T,) in metres of the balls of both feet in walking direction."""
    between = signals.toe["left"] - signals.toe["right"]
    return np.abs((between * signals.ahead).sum(axis=1))


def _low(heights: np.ndarray) -> float:
    """10th percentile, as `np.percentile` interpolates it, which takes ten times as long."""
    ordered = np.sort(heights)
    position = (len(ordered) - 1) * 0.1
    before = int(position)
    share = position - before
    low, high = ordered[before], ordered[min(before + 1, len(ordered) - 1)]
    if share < 0.5:
        return float(low + (high - low) * share)
    return float(high - (high - low) * (1 - share))


def foot_strike_angle(signals: Signals, stride: Stride) -> float:
    """Angle in degrees of the sole at the end of the stride relative to the flat foot, toes up.

    The foot is flat in the middle of single support, between toe-off and heel strike of the other
    foot.
    """
    if stride.side not in signals.toe or np.isnan(stride.other_toe_off_s):
        return np.nan
    angle = _sole_angle(signals, stride.side)
    flat_s = (stride.other_toe_off_s + stride.other_heel_strike_s) / 2
    return float(signals.at(angle, stride.end_s) - signals.at(angle, flat_s))


@once_per_walk
def _sole_angle(signals: Signals, side: str) -> np.ndarray:
    """Angle (T,) in degrees of the sole, toes up; NaN if heel and toe are the same point."""
    sole = signals.toe[side] - signals.heel[side]
    angle = np.degrees(np.arctan2(sole[:, 1], (sole * signals.ahead).sum(axis=1)))
    return angle if np.abs(sole).any() else np.full_like(angle, np.nan)


def _sagittal_angle(signals: Signals, line: np.ndarray) -> np.ndarray:
    """Angle (T,) in degrees of a line (T, 3) from the downward vertical, forward positive."""
    return np.degrees(np.arctan2((line * signals.ahead).sum(axis=1), -line[:, 1]))


def _range(values: np.ndarray, part: slice) -> float:
    values = values[part]
    return float(values.max() - values.min())


def arm_swing(signals: Signals, stride: Stride, side: str) -> float:
    """Sagittal range in degrees of the line from shoulder to wrist."""
    return _range(_arm_angle(signals, side), signals.span(stride.start_s, stride.end_s))


@once_per_walk
def _arm_angle(signals: Signals, side: str) -> np.ndarray:
    line = signals.joints[f"{side}_wrist"] - signals.joints[f"{side}_shoulder"]
    return _sagittal_angle(signals, line)


def trunk_flexion(signals: Signals, stride: Stride) -> float:
    """Mean angle in degrees of the line from hips to neck, forward of vertical."""
    return float(_lean(signals)[signals.span(stride.start_s, stride.end_s)].mean())


@once_per_walk
def _lean(signals: Signals) -> np.ndarray:
    joints = signals.joints
    trunk = joints["neck"] - (joints["left_hip"] + joints["right_hip"]) / 2
    return np.degrees(np.arctan2((trunk * signals.ahead).sum(axis=1), trunk[:, 1]))


def _flexion(signals: Signals, names: tuple[str, str, str], side: str) -> np.ndarray:
    """Angle (T,) in degrees at the middle of three joints, 0 for a straight line."""
    first, middle, last = (signals.joints[f"{side}_{name}"] for name in names)
    before, after = middle - first, last - middle
    cosine = (before * after).sum(axis=1)
    cosine /= np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


@once_per_walk
def joint_angle(signals: Signals, joint: str, side: str) -> np.ndarray:
    """Compute a joint angle over the whole walk.

    Args:
        signals: Signals of a walk with joints.
        joint: "hip" (thigh relative to trunk), "knee" or "ankle".
        side: "left" or "right".

    Returns:
        Angle (T,) in degrees, flexion (dorsiflexion) positive.
    """
    if joint == "hip":
        hips = (signals.joints["left_hip"] + signals.joints["right_hip"]) / 2
        thigh = signals.joints[f"{side}_knee"] - signals.joints[f"{side}_hip"]
        trunk = hips - signals.joints["neck"]
        return _sagittal_angle(signals, thigh) - _sagittal_angle(signals, trunk)
    lines = {"knee": ("hip", "knee", "ankle"), "ankle": ("knee", "ankle", "foot")}
    flexion = _flexion(signals, lines[joint], side)
    return flexion - 90 if joint == "ankle" else flexion


def _joint_range(signals: Signals, stride: Stride, joint: str) -> float:
    angle = joint_angle(signals, joint, stride.side)
    return _range(angle, signals.span(stride.start_s, stride.end_s))


def hip_range(signals: Signals, stride: Stride) -> float:
    """Sagittal range of the thigh relative to the trunk in degrees."""
    return _joint_range(signals, stride, "hip")


def knee_range(signals: Signals, stride: Stride) -> float:
    """Range of the knee angle in degrees."""
    return _joint_range(signals, stride, "knee")


def ankle_range(signals: Signals, stride: Stride) -> float:
    """Range of the ankle angle in degrees."""
    return _joint_range(signals, stride, "ankle")


def shoulder_hip_phase(signals: Signals, stride: Stride) -> float:
    """Phase difference between the rotations of shoulder line and hip line (Hilbert transform).

    Degrees from 0 (in phase) to 180 (antiphase).
    """
    mean = _phase_difference(signals)[signals.span(stride.start_s, stride.end_s)].mean()
    return float(np.degrees(abs(np.angle(mean))))


@once_per_walk
def _phase_difference(signals: Signals) -> np.ndarray:
    """Complex unit numbers (T,) with the difference of the phases of shoulder and hip rotation."""
    rotations = []
    for line in ("shoulder", "hip"):
        across = signals.joints[f"left_{line}"] - signals.joints[f"right_{line}"]
        rotation = np.arctan2(
            (across * signals.ahead).sum(axis=1), (across * signals.left).sum(axis=1)
        )
        rotation = np.unwrap(rotation)
        rotations.append(phases(rotation - rotation.mean()))
    return np.exp(1j * (rotations[0] - rotations[1]))


def centre_of_mass(joints: Mapping[str, np.ndarray]) -> np.ndarray:
    """Compute the centre of mass from the segments' masses (Winter 2009).

    Args:
        joints: Joint → path (T, 3) in metres.

    Returns:
        Path (T, 3) in metres.
    """
    hips = (joints["left_hip"] + joints["right_hip"]) / 2
    shoulders = (joints["left_shoulder"] + joints["right_shoulder"]) / 2
    centre = _TRUNK_MASS * (hips + _TRUNK_SHARE * (shoulders - hips))
    for proximal, distal, mass, share in _SEGMENTS:
        for side in ("left", "right"):
            start, end = joints[f"{side}_{proximal}"], joints[f"{side}_{distal}"]
            centre = centre + mass * (start + share * (end - start))
    return centre


@once_per_part
def margins(signals: Signals, step: Step) -> tuple[float, float]:
    """Margins of stability at heel strike in metres: forward, and lateral to the front foot.

    XCoM = x + v / sqrt(g / l) (Hof, Gazendam and Sinke 2005, J Biomech 38:1), where l is the height
    of the centre of mass above the floor. Both margins are measured to the ball of the front foot
    (`Signals.toe`).
    """
    if step.side not in signals.toe:
        return np.nan, np.nan
    at, end_s = signals.at, step.end_s
    centre, velocity, floor = _balance(signals)
    length = at(centre, end_s)[1] - floor
    extrapolated = at(centre, end_s) + at(velocity, end_s) / np.sqrt(_GRAVITY / length)
    margin = at(signals.toe[step.side], end_s) - extrapolated
    lateral = at(signals.left, end_s) * (1 if step.side == "left" else -1)
    return float(margin @ at(signals.ahead, end_s)), float(margin @ lateral)


@once_per_walk
def _balance(signals: Signals) -> tuple[np.ndarray, np.ndarray, float]:
    """Position (T, 3) and velocity (T, 3) of the centre of mass, and height of the floor."""
    centre = centre_of_mass(signals.joints)
    velocity = np.gradient(centre, 1 / signals.rate_hz, axis=0) + signals.belt * signals.ahead
    floor = min(np.percentile(heel[:, 1], 2) for heel in signals.heel.values())
    return centre, velocity, float(floor)
