"""One measure of one step or stride each, from prepared signals; NaN where it cannot be had."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.signal import hilbert, welch

from .signals import Signals, Step, Stride

FREEZING_WINDOW_S = 4.0
_GRAVITY = 9.81
_LOADING = 0.4  # of a step, in which the foot comes to stand
_STILL = 1e-12  # metres a frame squared: nothing moves
_HARMONICS = 20
_UP = np.array([0.0, 1.0, 0.0])
# Segments for the centre of mass: from, to, share of the mass, centre's share of the way (Winter
# 2009, table 4.1). The trunk goes from between the hips to between the shoulders, head included.
_SEGMENTS = (
    ("hip", "knee", 0.100, 0.433),
    ("knee", "ankle", 0.0465, 0.433),
    ("ankle", "foot", 0.0145, 0.50),
    ("shoulder", "elbow", 0.028, 0.436),
    ("elbow", "wrist", 0.022, 0.682),
)
_TRUNK_MASS, _TRUNK_SHARE = 0.578, 0.66


def duration(_: Signals, part: Step | Stride) -> float:
    """Seconds."""
    return part.end_s - part.start_s


def stride_displacement(s: Signals, stride: Stride) -> float:
    """Metres that the pelvis goes over the floor, along the way."""
    moved = s.at(s.pelvis, stride.end_s) - s.at(s.pelvis, stride.start_s)
    ahead = s.at(s.ahead, (stride.start_s + stride.end_s) / 2)
    return float(moved @ ahead) + s.belt * duration(s, stride)


def stride_speed(s: Signals, stride: Stride) -> float:
    """Metres per second."""
    return stride_displacement(s, stride) / duration(s, stride)


def _heels_apart(s: Signals, step: Step) -> np.ndarray:
    """(3,) from where the back heel stands to where the front one stands, over the floor."""
    other = "right" if step.side == "left" else "left"
    apart = _standing(s, step.side, step.end_s, step) - _standing(s, other, step.start_s, step)
    return apart + s.belt * duration(s, step) * s.at(s.ahead, step.end_s)


def _standing(s: Signals, side: str, heel_strike_s: float, step: Step) -> np.ndarray:
    """The heel where it moves least, soon after its strike."""
    heel = s.heel[side]
    part = s.span(heel_strike_s, heel_strike_s + _LOADING * duration(s, step))
    moved = np.gradient(heel, axis=0)[part] + s.belt / s.rate_hz * s.ahead[part]
    stands = part.start + int(np.linalg.norm(moved, axis=1).argmin())
    # on a belt it has gone back since the strike
    return heel[stands] + s.belt * (stands / s.rate_hz - heel_strike_s) * s.ahead[stands]


def step_length(s: Signals, step: Step) -> float:
    """Metres from heel to heel along the way, as a walkway measures it: where the feet stand."""
    return float(_heels_apart(s, step) @ s.at(s.ahead, step.end_s))


def step_width(s: Signals, step: Step) -> float:
    """Metres from heel to heel across the way, where the feet stand."""
    return abs(float(_heels_apart(s, step) @ s.at(s.left, step.end_s)))


def stance(s: Signals, stride: Stride) -> float:
    """Percent of the stride."""
    return 100 * (stride.toe_off_s - stride.start_s) / duration(s, stride)


def double_support(s: Signals, stride: Stride) -> float:
    """Percent of the stride: both its times on two feet."""
    first = stride.other_toe_off_s - stride.start_s
    second = stride.toe_off_s - stride.other_heel_strike_s
    return 100 * (first + second) / duration(s, stride)


def _swing(s: Signals, stride: Stride) -> slice:
    return s.span(stride.toe_off_s, stride.end_s)


def step_height(s: Signals, stride: Stride) -> float:
    """Metres from the heel's height in stance to its highest in the swing after."""
    if np.isnan(stride.toe_off_s):
        return np.nan
    heel = s.heel[stride.side][:, 1]
    low = np.percentile(heel[s.span(stride.start_s, stride.toe_off_s)], 10)
    return float(heel[_swing(s, stride)].max() - low)


def toe_clearance(s: Signals, stride: Stride) -> float:
    """Metres of the ball over its height in stance when it passes the other foot's."""
    other = "right" if stride.side == "left" else "left"
    if np.isnan(stride.toe_off_s) or stride.side not in s.toe or other not in s.toe:
        return np.nan
    swing = _swing(s, stride)
    apart = ((s.toe[stride.side] - s.toe[other]) * s.ahead).sum(axis=1)[swing]
    passing = swing.start + int(np.abs(apart).argmin())
    toe = s.toe[stride.side][:, 1]
    low = np.percentile(toe[s.span(stride.start_s, stride.toe_off_s)], 10)
    return float(toe[passing] - low)


def foot_strike_angle(s: Signals, stride: Stride) -> float:
    """Degrees by which the toes point up at the stride's end, against the foot flat before.

    Flat is in the middle of single support, between the other foot's toe off and strike.
    """
    if stride.side not in s.toe or np.isnan(stride.other_toe_off_s):
        return np.nan
    sole = s.toe[stride.side] - s.heel[stride.side]
    if not np.abs(sole).any():
        return np.nan
    angle = np.degrees(np.arctan2(sole[:, 1], (sole * s.ahead).sum(axis=1)))
    flat = (stride.other_toe_off_s + stride.other_heel_strike_s) / 2
    return float(s.at(angle, stride.end_s) - s.at(angle, flat))


def _sagittal(s: Signals, line: np.ndarray) -> np.ndarray:
    """Degrees (T,) of a line that hangs, forwards of down."""
    return np.degrees(np.arctan2((line * s.ahead).sum(axis=1), -line[:, 1]))


def _range(values: np.ndarray, part: slice) -> float:
    return float(np.ptp(values[part]))


def arm_swing(s: Signals, stride: Stride, side: str) -> float:
    """Degrees that the line from shoulder to wrist sweeps."""
    line = s.joints[f"{side}_wrist"] - s.joints[f"{side}_shoulder"]
    return _range(_sagittal(s, line), s.span(stride.start_s, stride.end_s))


def trunk_flexion(s: Signals, stride: Stride) -> float:
    """Degrees, mean over the stride."""
    trunk = s.joints["neck"] - (s.joints["left_hip"] + s.joints["right_hip"]) / 2
    lean = np.degrees(np.arctan2((trunk * s.ahead).sum(axis=1), trunk[:, 1]))
    return float(lean[s.span(stride.start_s, stride.end_s)].mean())


def _bend(s: Signals, names: tuple[str, str, str], side: str) -> np.ndarray:
    """Degrees (T,) at the middle joint, 0 where the two lines go on straight."""
    a, b, c = (s.joints[f"{side}_{name}"] for name in names)
    before, after = b - a, c - b
    cosine = (before * after).sum(axis=1)
    cosine /= np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def joint_angle(s: Signals, joint: str, side: str) -> np.ndarray:
    """Degrees (T,) of the hip (thigh against trunk), knee or ankle, (dorsi)flexion positive."""
    if joint == "hip":
        hips = (s.joints["left_hip"] + s.joints["right_hip"]) / 2
        thigh = _sagittal(s, s.joints[f"{side}_knee"] - s.joints[f"{side}_hip"])
        return thigh - _sagittal(s, hips - s.joints["neck"])
    lines = {"knee": ("hip", "knee", "ankle"), "ankle": ("knee", "ankle", "foot")}
    bend = _bend(s, lines[joint], side)
    return bend - 90 if joint == "ankle" else bend


def hip_range(s: Signals, stride: Stride) -> float:
    """Degrees that the thigh sweeps against the trunk."""
    return _range(joint_angle(s, "hip", stride.side), s.span(stride.start_s, stride.end_s))


def knee_range(s: Signals, stride: Stride) -> float:
    """Degrees."""
    return _range(joint_angle(s, "knee", stride.side), s.span(stride.start_s, stride.end_s))


def ankle_range(s: Signals, stride: Stride) -> float:
    """Degrees."""
    return _range(joint_angle(s, "ankle", stride.side), s.span(stride.start_s, stride.end_s))


def shoulder_hip_phase(s: Signals, stride: Stride) -> float:
    """Degrees from 0 (turning together) to 180 (against each other), by Hilbert transforms."""
    phases = []
    for line in ("shoulder", "hip"):
        across = s.joints[f"left_{line}"] - s.joints[f"right_{line}"]
        turn = np.arctan2((across * s.ahead).sum(axis=1), (across * s.left).sum(axis=1))
        turn = np.unwrap(turn)
        phases.append(np.angle(hilbert(turn - turn.mean())))
    apart = (phases[0] - phases[1])[s.span(stride.start_s, stride.end_s)]
    return float(np.degrees(abs(np.angle(np.exp(1j * apart).mean()))))


def centre_of_mass(joints: Mapping[str, np.ndarray]) -> np.ndarray:
    """(T, 3) metres, of joints (T, 3) by name, from segments' masses (Winter 2009)."""
    j = joints
    hips = (j["left_hip"] + j["right_hip"]) / 2
    shoulders = (j["left_shoulder"] + j["right_shoulder"]) / 2
    centre = _TRUNK_MASS * (hips + _TRUNK_SHARE * (shoulders - hips))
    for start, end, mass, share in _SEGMENTS:
        for side in ("left", "right"):
            a, b = j[f"{side}_{start}"], j[f"{side}_{end}"]
            centre = centre + mass * (a + share * (b - a))
    return centre


def margins(s: Signals, step: Step) -> tuple[float, float]:
    """Margins of stability at the strike, metres, forwards and to the side of the front foot.

    XCoM = x + v / sqrt(g / l) (Hof, Gazendam and Sinke 2005, J Biomech 38:1), l the height of the
    centre of mass over the floor; the edges are the front foot's toe, and that foot.
    """
    if step.side not in s.toe:
        return np.nan, np.nan
    centre = centre_of_mass(s.joints)
    velocity = np.gradient(centre, 1 / s.rate_hz, axis=0) + s.belt * s.ahead
    floor = min(np.percentile(heel[:, 1], 2) for heel in s.heel.values())
    length = s.at(centre, step.end_s)[1] - floor
    reach = s.at(centre, step.end_s) + s.at(velocity, step.end_s) / np.sqrt(_GRAVITY / length)
    away = s.at(s.toe[step.side], step.end_s) - reach
    outwards = s.at(s.left, step.end_s) * (1 if step.side == "left" else -1)
    return float(away @ s.at(s.ahead, step.end_s)), float(away @ outwards)


def pelvic_sway(s: Signals, stride: Stride) -> float:
    """Metres that the pelvis goes from side to side, its drift taken away."""
    part = s.span(stride.start_s, stride.end_s)
    across = s.pelvis[part] @ s.at(s.left, (stride.start_s + stride.end_s) / 2)
    time = np.arange(len(across))
    drift = np.polynomial.polynomial.polyfit(time, across, 1)
    return float(np.ptp(across - drift[0] - drift[1] * time))


def harmonic_ratio(s: Signals, stride: Stride, direction: np.ndarray) -> float:
    """Even over odd harmonics of the pelvis' acceleration along a direction (T, 3).

    NaN without odd ones. Menz, Lord and Fitzpatrick 2003 (Gait Posture 18:35); twenty harmonics of
    the stride.
    """
    odd, even = _harmonics(s, stride, direction)
    return even / odd if odd > _STILL else np.nan


def harmonic_ratio_vertical(s: Signals, stride: Stride) -> float:
    """`harmonic_ratio` along the vertical."""
    return harmonic_ratio(s, stride, np.broadcast_to(_UP, s.pelvis.shape))


def harmonic_ratio_ml(s: Signals, stride: Stride) -> float:
    """Odd over even harmonics sideways, where a stride has one sway; NaN without even ones."""
    odd, even = _harmonics(s, stride, s.left)
    return odd / even if even > _STILL else np.nan


def _harmonics(s: Signals, stride: Stride, direction: np.ndarray) -> tuple[float, float]:
    """Sums of the odd and of the even harmonics of a stride."""
    part = s.span(stride.start_s, stride.end_s)
    acceleration = np.gradient(np.gradient(s.pelvis, axis=0), axis=0)[part]
    along = (acceleration * direction[part]).sum(axis=1)
    size = np.abs(np.fft.rfft(along - along.mean()))[1 : _HARMONICS + 1]
    return float(size[0::2].sum()), float(size[1::2].sum())


def freezing_ratio(s: Signals, side: str) -> float:
    """Power of the heel's vertical acceleration at 3-8 Hz over that at 0.5-3 Hz; NaN if short.

    Moore, MacDougall and Ondo 2008 (J Neurosci Methods 167:340), who measure at the shank.
    """
    heel = s.heel[side][:, 1]
    if len(heel) < FREEZING_WINDOW_S * s.rate_hz:
        return np.nan
    acceleration = np.gradient(np.gradient(heel)) * s.rate_hz**2
    frequency, power = welch(acceleration, s.rate_hz, nperseg=int(FREEZING_WINDOW_S * s.rate_hz))
    freeze = power[(frequency > 3) & (frequency <= 8)].sum()
    return float(freeze / max(power[(frequency >= 0.5) & (frequency <= 3)].sum(), 1e-12))
