"""Where and when the simulated walker's feet come down, and how each foot moves in between.

Local frame of a walk: x to the left, y up, z forward along the straight path, floor at y = 0,
metres and seconds. A foot is rigid from heel to ball. In stance it rolls about the heel's contact
point, lies flat, and rolls about the ball (the heel and forefoot rockers of Perry and Burnfield,
"Gait Analysis", 2010), so that what touches the floor does not slide; in swing it follows a smooth
path over the floor.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from .body import SIDES, Body

FIRST_STEP_SHARE = 0.75  # the first step from standing is shorter than the next (rough)
_FLAT_AFTER_STRIKE = 0.13  # of the stance: end of the heel rocker
_HEEL_OFF = 0.58  # of the stance: start of the forefoot rocker (31 % of the cycle: Perry)
# The heel rises slowly, then fast: its angle grows with this power of the time from heel off to
# toe off. Feet turn at about 100 degrees/s at toe off when shuffling and at 300-400 in brisk gait.
_LATE_RISE, _RISE_AT = 2.5, (0.15, 0.3, 0.45, 0.6, 0.75, 0.9)
_TOES_BEND = np.radians(30.0)  # toes against the foot before their tip becomes the pivot (rough)
_STEPS_BEFORE = 4  # steps before the recording begins when it begins within the walk


@dataclass(frozen=True)
class GaitStyle:
    """How somebody means to walk; what the walk measures is in `measure.py`.

    Angles in degrees. Ranges (arm swing, rotations) are from one extreme to the other.
    """

    cadence_steps_per_min: float
    step_length_m: float
    step_width_m: float
    stance_percent: float
    foot_strike_deg: float  # toes up against the floor at heel strike
    toe_off_deg: float  # heel up against the floor at toe off
    foot_lift_m: float  # of the forefoot in swing
    toe_out_deg: float
    knee_flexion_deg: float  # least flexion in stance
    pelvis_tilt_deg: float
    pelvis_rotation_deg: float
    pelvis_drop_deg: float
    trunk_flexion_deg: float
    trunk_rotation_deg: float
    sway_share: float  # how far the pelvis moves over the standing foot, of half the step width
    arm_swing_left_deg: float
    arm_swing_right_deg: float
    arm_extension_deg: float  # mean of the upper arm behind the vertical
    elbow_flexion_deg: float
    step_time_cv_percent: float
    step_length_cv_percent: float
    left_shorter_percent: float  # left steps shorter than right ones, of their mean; may be < 0


@dataclass(frozen=True, eq=False)
class Footfalls:
    """The feet's places in order of time; the first two are where the walker stands before.

    Attributes:
        left: (N,) bool, which foot.
        strike_s: (N,) heel strike, seconds from the first frame of the recording; -inf for the
            first two.
        lift_s: (N,) toe off of the swing that ends there; -inf for the first two.
        heel_m: (N, 2) contact point of the heel, x and z, metres.
        size: (N,) length of the step against the style's step length.
    """

    left: np.ndarray
    strike_s: np.ndarray
    lift_s: np.ndarray
    heel_m: np.ndarray
    size: np.ndarray


def plan_footfalls(
    style: GaitStyle,
    duration_s: float,
    rng: np.random.Generator,
    *,
    starts: bool,
    stops: bool,
) -> Footfalls:
    """Plan a straight walk.

    Args:
        duration_s: length of the recording, seconds.
        starts: it begins with the walker standing; otherwise within the walk.
        stops: it ends with the walker standing; otherwise within the walk.
    """
    step_s = 60.0 / style.cadence_steps_per_min
    stance = style.stance_percent / 100
    swing_s = 2 * (1 - stance) * step_s
    first_s = rng.uniform(0.25, 0.8) + swing_s if starts else -_STEPS_BEFORE * step_s
    last_s = duration_s - rng.uniform(0.4, 1.0) if stops else duration_s + 3 * step_s
    count = max(4, int((last_s - first_s) / step_s) + 1)

    left = (np.arange(count + 2) % 2 == 0) ^ (rng.random() < 0.5)
    times = step_s * _varied(count, style.step_time_cv_percent, rng)
    shorter = np.where(left[2:], -0.5, 0.5) * style.left_shorter_percent / 100
    size = (1 + shorter) * _varied(count, style.step_length_cv_percent, rng)
    times *= 1 + 0.4 * shorter  # who steps shorter on one side also steps sooner there (rough)
    size[0] *= FIRST_STEP_SHARE
    size[-2] *= 0.8
    size[-1] = 0.0  # the last step closes up to the other foot
    strike = first_s + np.concatenate([[0.0], np.cumsum(times[1:])])
    lift = strike - swing_s
    lift[1:] = strike[:-1] + (2 * stance - 1) * times[1:]

    ahead = np.concatenate([[0.0, 0.0], np.cumsum(size * style.step_length_m)])
    aside = np.where(left, 0.5, -0.5) * style.step_width_m
    aside[2:] += 0.12 * style.step_width_m * rng.normal(size=count)
    before = np.full(2, -np.inf)
    return Footfalls(
        left,
        np.concatenate([before, strike]),
        np.concatenate([before, lift]),
        np.stack([aside, ahead], axis=1),
        np.concatenate([[0.0, 0.0], size]),
    )


def _varied(count: int, cv_percent: float, rng: np.random.Generator) -> np.ndarray:
    """Factors around 1 whose neighbours are alike (AR(1), 0.3), bounded at 2.5 SD."""
    noise = rng.normal(size=count)
    for i in range(1, count):
        noise[i] = 0.3 * noise[i - 1] + 0.954 * noise[i]
    return 1 + cv_percent / 100 * np.clip(noise, -2.5, 2.5)


@dataclass(frozen=True, eq=False)
class FootPath:
    """One foot over time.

    Attributes:
        ankle: (T, 3) ankle centre, metres.
        pitch: (T,) radians, toes up is positive.
        yaw: (T,) radians, toes to the left is positive.
        stance: (T,) bool.
        flat: (T,) bool, the sole lies flat on the floor: nothing of the foot moves.
    """

    ankle: np.ndarray
    pitch: np.ndarray
    yaw: np.ndarray
    stance: np.ndarray
    flat: np.ndarray


def move_foot(
    body: Body, style: GaitStyle, plan: Footfalls, side: str, times: np.ndarray
) -> FootPath:
    """Move one foot ("left" or "right") along its footfalls at the given times (T,) in seconds."""
    own = plan.left if side == SIDES[0] else ~plan.left
    heel = plan.heel_m[own]
    strike, lift = plan.strike_s[own], plan.lift_s[own]
    pitch_at, flat_spans = _pitch_curve(style, strike, lift, plan.size[own])
    pitch, pitch_rate = pitch_at(times), pitch_at.derivative()
    yaw = np.full(len(times), np.radians(style.toe_out_deg) * (1 if side == SIDES[0] else -1))
    turned = np.array([np.sin(yaw[0]), np.cos(yaw[0])])  # the foot's direction in x and z

    ankle = np.empty((len(times), 3))
    stance = np.ones(len(times), bool)
    for i in range(len(heel)):
        start = strike[i]
        end = lift[i + 1] if i + 1 < len(heel) else np.inf
        standing = (times >= start) & (times < end)
        ankle[standing] = _stance_ankle(body, heel[i], turned, pitch[standing])
        if i + 1 == len(heel):
            break
        swinging = (times >= end) & (times < strike[i + 1])
        if swinging.any():
            ends = np.array([end, strike[i + 1]])
            points = _stance_ends(body, heel[i : i + 2], turned, pitch_at(ends), pitch_rate(ends))
            ankle[swinging] = _swing_ankle(
                body, style, points, ends, times[swinging], pitch[swinging]
            )
            stance[swinging] = False
    flat = np.zeros(len(times), bool)
    for start, end in flat_spans:
        flat |= (times >= start) & (times <= end)
    return FootPath(ankle, pitch, yaw, stance, flat)


def _pitch_curve(
    style: GaitStyle, strike: np.ndarray, lift: np.ndarray, size: np.ndarray
) -> tuple[PchipInterpolator, list[tuple[float, float]]]:
    """One foot's pitch in radians as a function of time, and the spans in which it is flat."""
    share = np.clip(size, 0.0, 1.3)
    stands_from, flat_from = lift[1] - 0.7, lift[1] - 10.0
    knots, spans = [(flat_from - 1.0, 0.0)], []
    for i in range(1, len(strike)):
        heel_off = stands_from + _HEEL_OFF * (lift[i] - stands_from)
        swing = strike[i] - lift[i]
        down = -np.radians(style.toe_off_deg) * (0.45 + 0.55 * share[i])  # short steps push less
        up = np.radians(style.foot_strike_deg) * share[i]
        spans.append((flat_from, heel_off))
        knots += [
            (flat_from, 0.0),
            (heel_off, 0.0),
            *((heel_off + x * (lift[i] - heel_off), x**_LATE_RISE * down) for x in _RISE_AT),
            (lift[i], down),
            (lift[i] + 0.12 * swing, 1.15 * down),
            (lift[i] + 0.52 * swing, 0.22 * down),
            (lift[i] + 0.90 * swing, 1.05 * up),
            (strike[i], up),
        ]
        stands_from = strike[i]
        stance = lift[i + 1] - strike[i] if i + 1 < len(strike) else 1.4 * swing
        flat_from = strike[i] + _FLAT_AFTER_STRIKE * stance
    spans.append((flat_from, np.inf))
    knots += [(flat_from, 0.0), (flat_from + 60.0, 0.0)]
    return PchipInterpolator(*np.array(knots).T), spans


def _stance_ankle(body: Body, heel, turned, pitch) -> np.ndarray:
    """Ankle (..., 3) of a foot that rolls over its heel (toes up), or its ball and then its toes.

    The toes bend up to `_TOES_BEND`; a foot that rises more turns about their tip.
    """
    pitch = np.asarray(pitch)
    sine, cosine = np.sin(pitch), np.cos(pitch)
    over_heel = pitch > 0
    arm = np.where(over_heel, body.heel_m, -body.ball_m)  # pivot to ankle along the sole
    toes = np.maximum(-pitch - _TOES_BEND, 0.0)
    ball = body.heel_m + body.ball_m + body.toes_m * (1 - np.cos(toes))
    along = np.where(over_heel, 0.0, ball) + arm * cosine - body.ankle_height_m * sine
    up = body.toes_m * np.sin(toes) + arm * sine + body.ankle_height_m * cosine
    x, z = (heel[k] + along * turned[k] for k in (0, 1))
    return np.stack([x, up, z], axis=-1)


def _stance_ends(body, heel, turned, pitch, rate) -> tuple[np.ndarray, np.ndarray]:
    """Ankle positions (2, 3) and velocities (2, 3) where a swing starts and ends."""
    step = 1e-5
    at = [_stance_ankle(body, heel[k], turned, pitch[k]) for k in (0, 1)]
    moved = [_stance_ankle(body, heel[k], turned, pitch[k] + step * rate[k]) for k in (0, 1)]
    return np.array(at), (np.array(moved) - np.array(at)) / step


def _swing_ankle(body, style, points, ends, times, pitch) -> np.ndarray:
    """Ankle (T, 3) in swing: a cubic forwards, and over the floor by the lowest point's lift."""
    at, velocity = points
    span = ends[1] - ends[0]
    s = (times - ends[0])[:, None] / span
    rise = s**2 * (3 - 2 * s)  # cubic Hermite: position and velocity meet the stance's
    out, back = s * (1 - s) ** 2, -(s**2) * (1 - s)
    ankle = at[0] + (at[1] - at[0]) * rise + span * (velocity[0] * out + velocity[1] * back)

    s = s[:, 0]
    # Over its lowest point (toes, then ball, then heel) the foot is lifted most before mid-swing.
    lift = style.foot_lift_m * (16 * s**2 * (1 - s) ** 2) * (1.25 - 0.6 * s)
    soft = 0.12 * 4 * s * (1 - s)  # none where swing meets stance
    sine = np.sin(pitch)
    heel_lower = _soft_positive(sine, soft) * (body.heel_m + body.ball_m)
    toes_lower = _soft_positive(np.sin(-pitch - _TOES_BEND), soft) * body.toes_m
    ball = lift + heel_lower + toes_lower
    ankle[:, 1] = ball + body.ankle_height_m * np.cos(pitch) - body.ball_m * sine
    return ankle


def _soft_positive(values: np.ndarray, soft: np.ndarray) -> np.ndarray:
    """max(values, 0) with its corner rounded by `soft`."""
    return 0.5 * (values + np.sqrt(values**2 + soft**2))
