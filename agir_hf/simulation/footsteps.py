"""Where and when the simulated walker's feet come down, and how each foot moves in between.

A foot is rigid from heel to ball. In stance it rolls about the heel's contact point, lies flat, and
rolls about the ball (the heel and forefoot rockers of Perry and Burnfield, "Gait Analysis", 2010),
so that what touches the floor does not slide; in swing it follows a smooth path over the floor.
Frame: see `path.py`; metres and seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.interpolate import PchipInterpolator

from .route import Way
from .walker_body import SIDES, Body

FIRST_STEP_SHARE = 0.75  # the first step from standing is shorter than the next (rough)
TURN_STEP_SHARE = 0.55  # steps of a turn against those straight on (rough)
_TURN_BEFORE_M = 0.15  # so far before the arc steps begin to shorten
_FLAT_AFTER_STRIKE = 0.13  # of the stance: end of the heel rocker
_HEEL_OFF = 0.58  # of the stance: start of the forefoot rocker (31 % of the cycle: Perry)
# The heel rises slowly, then fast: its angle grows with this power of the time from heel off to
# toe off. Feet turn at about 100 degrees/s at toe off when shuffling and at 300-400 in brisk gait.
_LATE_RISE, _RISE_AT = 2.5, (0.15, 0.3, 0.45, 0.6, 0.75, 0.9)
_TOES_BEND = np.radians(30.0)  # toes against the foot before their tip becomes the pivot (rough)
_STEPS_BEFORE = 4  # steps before the recording begins when it begins within the walk
# Freezing: knees and heels tremble at 3-8 Hz (Moore et al. 2008) while the feet stay.
_TREMBLE_HZ, _TREMBLE_DEG, _STILL_S = 5.0, 5.0, 0.25
# Festination: steps shorten and hasten more and more, to these shares at the least (rough).
_LEAST_SIZE, _LEAST_TIME = 0.40, 0.75


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
    pelvis_tilt_deg: float  # forwards of the body at rest
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
    festination_percent: float = 0.0  # shortening of each step by the one before, once it begins


@dataclass(frozen=True)
class Course:
    """What a recording shows of a walk.

    Attributes:
        duration_s: length of the recording.
        starts, stops: it begins, ends with the walker standing; else within the walk.
        way: where the walk leads.
        freeze_at_s: when the walker freezes, and
        freeze_s: for how long; 0 for not at all.
        festinates_at_s: when steps begin to hasten; infinite for never.
    """

    duration_s: float
    starts: bool = False
    stops: bool = False
    way: Way = field(default_factory=Way)
    freeze_at_s: float = np.inf
    freeze_s: float = 0.0
    festinates_at_s: float = np.inf


@dataclass(frozen=True, eq=False)
class Footfalls:
    """The feet's places in order of time; the first two are where the walker stands before.

    Attributes:
        left: (N,) bool, which foot.
        heel_strike_s: (N,) heel strike, seconds from the first frame of the recording; -inf for the
            first two.
        toe_off_s: (N,) toe off of the swing that ends there; -inf for the first two.
        along_m, aside_m: (N,) contact point of the heel on the way and to the left of it.
        heading: (N,) radians, of the way there.
        heel_m: (N, 2) contact point of the heel, x and z, metres.
        size: (N,) length of the step against the style's step length.
        freezes: (start, end) in s.
        way: where the walk leads.
    """

    left: np.ndarray
    heel_strike_s: np.ndarray
    toe_off_s: np.ndarray
    along_m: np.ndarray
    aside_m: np.ndarray
    heading: np.ndarray
    heel_m: np.ndarray
    size: np.ndarray
    freezes: tuple[tuple[float, float], ...]
    way: Way


def plan_footfalls(style: GaitStyle, course: Course, rng: np.random.Generator) -> Footfalls:
    """Plan a walk."""
    step_s, stance = 60.0 / style.cadence_steps_per_min, style.stance_percent / 100
    swing_s = 2 * (1 - stance) * step_s
    first_s = rng.uniform(0.25, 0.8) + swing_s if course.starts else -_STEPS_BEFORE * step_s
    last_s = course.duration_s - rng.uniform(0.4, 1.0)
    last_s = last_s if course.stops else course.duration_s + 3 * step_s
    size, times, pauses = _steps(style, course, first_s, last_s, rng)
    left = np.arange(len(size) + 2) % 2 == int(rng.integers(2))
    shorter = np.where(left[2:], -0.5, 0.5) * style.left_shorter_percent / 100
    # who steps shorter on one side also steps sooner there (rough)
    size, times = size * (1 + shorter), times * (1 + 0.4 * shorter)
    size[0] *= FIRST_STEP_SHARE
    size[-2] *= 0.8
    size[-1] = 0.0  # the last step closes up to the other foot
    strike = first_s + np.concatenate([[0.0], np.cumsum((times + pauses)[1:])])
    lift = strike - swing_s
    lift[1:] = strike[:-1] + (2 * stance - 1) * times[1:] + pauses[1:]

    along = np.concatenate([[0.0, 0.0], np.cumsum(size * style.step_length_m)])
    aside = np.where(left, 0.5, -0.5) * style.step_width_m
    aside[2:] += 0.12 * style.step_width_m * rng.normal(size=len(size))
    before = np.full(2, -np.inf)
    frozen = np.flatnonzero(pauses[1:] > 0)
    return Footfalls(
        left=left,
        heel_strike_s=np.concatenate([before, strike]),
        toe_off_s=np.concatenate([before, lift]),
        along_m=along,
        aside_m=aside,
        heading=course.way.heading(along),
        heel_m=course.way.point(along, aside),
        size=np.concatenate([[0.0, 0.0], size]),
        freezes=tuple((float(strike[i]), float(lift[i + 1])) for i in frozen),
        way=course.way,
    )


def _steps(style: GaitStyle, course: Course, first_s: float, last_s: float, rng):
    """Size, time and pause before each step (N,), until the walk is over."""
    step_s = 60.0 / style.cadence_steps_per_min
    most = int((last_s - first_s) / step_s * 1.6) + 8
    varied_time = _varied(most, style.step_time_cv_percent, rng)
    varied_size = _varied(most, style.step_length_cv_percent, rng)
    begin, end = course.way.arc_m
    sizes, times, pauses = [], [], []
    at_s, along, hasten, froze = first_s, 0.0, 1.0, False
    while len(sizes) < most and (at_s <= last_s or len(sizes) < 4):
        turning = begin - _TURN_BEFORE_M < along < end
        if at_s > course.festinates_at_s and not turning:
            hasten *= 1 - style.festination_percent / 100
        size = varied_size[len(sizes)] * (TURN_STEP_SHARE if turning else 1.0)
        sizes.append(size * max(hasten, _LEAST_SIZE))
        times.append(step_s * varied_time[len(times)] * max(hasten**0.4, _LEAST_TIME))
        freezes = course.freeze_s > 0 and not froze and at_s > max(course.freeze_at_s, 0.0)
        froze = froze or freezes
        pauses.append(course.freeze_s if freezes else 0.0)
        at_s += times[-1] + pauses[-1]
        along += sizes[-1] * style.step_length_m
    return np.array(sizes), np.array(times), np.array(pauses)


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
    heel, strike, lift = plan.heel_m[own], plan.heel_strike_s[own], plan.toe_off_s[own]
    out = np.radians(style.toe_out_deg) * (1 if side == SIDES[0] else -1)
    points = plan.heading[own] + out
    turned = np.stack([np.sin(points), np.cos(points)], axis=1)  # directions in x and z
    pitch_at, flat_spans = _pitch_curve(style, strike, lift, plan.size[own])
    tremble = _tremble(plan, side, times)
    pitch, pitch_rate = pitch_at(times) + tremble, pitch_at.derivative()

    ankle, yaw = np.empty((len(times), 3)), np.empty(len(times))
    stance = np.ones(len(times), bool)
    for i in range(len(heel)):
        end = lift[i + 1] if i + 1 < len(heel) else np.inf
        standing = (times >= strike[i]) & (times < end)
        ankle[standing] = _stance_ankle(body, heel[i], turned[i], pitch[standing])
        yaw[standing] = points[i]
        if i + 1 == len(heel):
            break
        swinging = (times >= end) & (times < strike[i + 1])
        if swinging.any():
            ends = np.array([end, strike[i + 1]])
            both = slice(i, i + 2)
            meets = _stance_ends(body, heel[both], turned[both], pitch_at(ends), pitch_rate(ends))
            share = (times[swinging] - end) / (ends[1] - end)
            yaw[swinging] = points[i] + (points[i + 1] - points[i]) * share**2 * (3 - 2 * share)
            ankle[swinging] = _swing_ankle(body, style, meets, ends, share, pitch[swinging])
            stance[swinging] = False
    flat = np.zeros(len(times), bool)
    for start, end in flat_spans:
        flat |= (times >= start) & (times <= end)
    return FootPath(ankle, pitch, yaw, stance, flat & (np.abs(tremble) < 1e-9))


def _tremble(plan: Footfalls, side: str, times: np.ndarray) -> np.ndarray:
    """(T,) radians by which a standing foot's heel trembles off the floor in freezes."""
    result = np.zeros(len(times))
    for start, end in plan.freezes:
        start, end = start + _STILL_S, end - _STILL_S
        inside = (times > start) & (times < end)
        since = times[inside] - start
        phase = 2 * np.pi * _TREMBLE_HZ * since + (np.pi if side == SIDES[0] else 0.0)
        window = np.sin(np.pi * since / (end - start))
        result[inside] = -np.radians(_TREMBLE_DEG) * window * (0.5 - 0.5 * np.cos(phase)) ** 2
    return result


def _pitch_curve(
    style: GaitStyle, strike: np.ndarray, lift: np.ndarray, size: np.ndarray
) -> tuple[PchipInterpolator, list[tuple[float, float]]]:
    """One foot's pitch in radians as a function of time, and the spans in which it is flat."""
    share = np.clip(size, 0.0, 1.3)
    stance_s = 1.2 * style.stance_percent / style.cadence_steps_per_min  # without pauses
    stands_from, flat_from = lift[1] - 0.7, lift[1] - 10.0
    knots, spans = [(flat_from - 1.0, 0.0)], []
    for i in range(1, len(strike)):
        rise_s = min((1 - _HEEL_OFF) * (lift[i] - stands_from), 0.5 * stance_s)
        heel_off = lift[i] - rise_s
        swing = strike[i] - lift[i]
        down = -np.radians(style.toe_off_deg) * (0.45 + 0.55 * share[i])  # short steps push less
        up = np.radians(style.foot_strike_deg) * share[i]
        spans.append((flat_from, heel_off))
        knots += [
            (flat_from, 0.0),
            (heel_off, 0.0),
            *((heel_off + x * rise_s, x**_LATE_RISE * down) for x in _RISE_AT),
            (lift[i], down),
            (lift[i] + 0.12 * swing, 1.15 * down),
            (lift[i] + 0.52 * swing, 0.22 * down),
            (lift[i] + 0.90 * swing, 1.05 * up),
            (strike[i], up),
        ]
        stands_from = strike[i]
        stance = lift[i + 1] - strike[i] if i + 1 < len(strike) else 1.4 * swing
        flat_from = strike[i] + _FLAT_AFTER_STRIKE * min(stance, stance_s)
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
    at = [_stance_ankle(body, heel[k], turned[k], pitch[k]) for k in (0, 1)]
    moved = [_stance_ankle(body, heel[k], turned[k], pitch[k] + step * rate[k]) for k in (0, 1)]
    return np.array(at), (np.array(moved) - np.array(at)) / step


def _swing_ankle(body, style, meets, ends, share, pitch) -> np.ndarray:
    """Ankle (T, 3) in swing: a cubic forwards, and over the floor by the lowest point's lift."""
    at, velocity = meets
    span = ends[1] - ends[0]
    s = share[:, None]
    rise = s**2 * (3 - 2 * s)  # cubic Hermite: position and velocity meet the stance's
    out, back = s * (1 - s) ** 2, -(s**2) * (1 - s)
    ankle = at[0] + (at[1] - at[0]) * rise + span * (velocity[0] * out + velocity[1] * back)

    s = share
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
