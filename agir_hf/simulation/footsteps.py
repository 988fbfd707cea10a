"""Footfalls of a simulated walk, and the path of each foot between them.

A foot is rigid from heel to ball. In stance it rolls about the heel's contact point, then is flat,
then rolls about the ball (heel rocker and forefoot rocker; Perry and Burnfield, "Gait Analysis",
2010), so that the part in contact does not slide. In swing it follows a smooth path above the
floor. Coordinates: see `route.py`; metres and seconds. "Rough" marks our own estimate of a
plausible value, without a published source.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.interpolate import PchipInterpolator

from .route import Route
from .walker_body import SIDES, WalkerBody

FIRST_STEP_SHARE = 0.75  # length of the first step, as a fraction of later steps (rough)
TURN_STEP_SHARE = 0.55  # length of steps in a turn, as a fraction of straight steps (rough)
_TURN_BEFORE_M = 0.15  # distance before the arc at which steps become shorter
_FLAT_AFTER_STRIKE = 0.13  # end of the heel rocker, as a fraction of stance
_HEEL_OFF = 0.58  # start of the forefoot rocker, as a fraction of stance (31 % of cycle: Perry)
# The heel rises slowly, then fast: its angle grows with this power of the time from heel off to
# toe off. The foot rotates at about 100 degrees/s at toe off in shuffling gait, 300-400 in fast
# gait.
_HEEL_RISE_POWER, _HEEL_RISE_KNOTS = 2.5, (0.15, 0.3, 0.45, 0.6, 0.75, 0.9)
_TOES_BEND = np.radians(30.0)  # toe extension at which the tip of the toes is the pivot (rough)
_STEPS_BEFORE = 4  # steps before the first frame, where the recording begins within the walk
# Freezing: knees and heels tremble at 3-8 Hz (Moore et al. 2008) while the feet stay in place.
_TREMBLE_HZ, _TREMBLE_DEG, _STILL_S = 5.0, 5.0, 0.25
# Festination: lower limits of step length and step time, as fractions of the usual values (rough).
_LEAST_SIZE, _LEAST_TIME = 0.40, 0.75


@dataclass(frozen=True)
class GaitStyle:
    """Settings of a gait; `ground_truth.py` computes the true parameters of a walk.

    Ranges (arm swing, rotations) are peak to peak.

    Attributes:
        cadence_steps_per_min: Steps per minute.
        step_length_m: Mean step length, metres.
        step_width_m: Mean step width, metres.
        stance_percent: Duration of stance, percent of the gait cycle.
        foot_strike_deg: Pitch of the sole at heel strike in degrees, positive with the toes up.
        toe_off_deg: Pitch of the sole at toe off in degrees, positive with the heel up.
        foot_lift_m: Largest height of the lowest point of the foot in swing, metres.
        toe_out_deg: Foot progression angle in degrees, positive outwards.
        knee_flexion_deg: Smallest knee flexion in stance, degrees.
        pelvis_tilt_deg: Forward tilt of the pelvis relative to the body at rest, degrees.
        pelvis_rotation_deg: Range of the pelvis about the vertical axis, degrees.
        pelvis_drop_deg: Range of the pelvis in the frontal plane, degrees.
        trunk_flexion_deg: Mean forward lean of the trunk, degrees.
        trunk_rotation_deg: Range of the thorax about the vertical axis, degrees.
        sway_share: Lateral shift of the pelvis towards the stance foot, as a fraction of half the
            step width.
        arm_swing_left_deg: Range of the left arm, degrees.
        arm_swing_right_deg: Range of the right arm, degrees.
        arm_extension_deg: Mean backward angle of the upper arm from the vertical, degrees.
        elbow_flexion_deg: Mean elbow flexion, degrees.
        step_time_cv_percent: Coefficient of variation of the step time.
        step_length_cv_percent: Coefficient of variation of the step length.
        left_shorter_percent: Right minus left step length, percent of their mean; negative if right
            steps are shorter.
        festination_percent: Decrease of the length of each step relative to the step before, after
            festination begins.
    """

    cadence_steps_per_min: float
    step_length_m: float
    step_width_m: float
    stance_percent: float
    foot_strike_deg: float
    toe_off_deg: float
    foot_lift_m: float
    toe_out_deg: float
    knee_flexion_deg: float
    pelvis_tilt_deg: float
    pelvis_rotation_deg: float
    pelvis_drop_deg: float
    trunk_flexion_deg: float
    trunk_rotation_deg: float
    sway_share: float
    arm_swing_left_deg: float
    arm_swing_right_deg: float
    arm_extension_deg: float
    elbow_flexion_deg: float
    step_time_cv_percent: float
    step_length_cv_percent: float
    left_shorter_percent: float
    festination_percent: float = 0.0


@dataclass(frozen=True)
class TrialSetup:
    """Duration, route and gait disturbances of one recording.

    Attributes:
        duration_s: Duration of the recording, seconds.
        starts_standing: Whether the recording begins with the subject standing; otherwise it
            begins within the walk.
        ends_standing: Whether the recording ends with the subject standing.
        route: Route over the floor.
        freeze_at_s: Earliest time of the freezing of gait, seconds.
        freeze_s: Duration of the freezing, seconds; 0 for none.
        festinates_at_s: Time at which festination begins, seconds; infinite for none.
    """

    duration_s: float
    starts_standing: bool = False
    ends_standing: bool = False
    route: Route = field(default_factory=Route)
    freeze_at_s: float = np.inf
    freeze_s: float = 0.0
    festinates_at_s: float = np.inf


@dataclass(frozen=True, eq=False)
class Footfalls:
    """Footfalls in order of time; the first two are the feet before the first step.

    Attributes:
        left: (N,) bool, whether it is the left foot.
        heel_strike_s: (N,) heel strike, seconds from the first frame of the recording; -inf for the
            first two.
        toe_off_s: (N,) toe off of the swing before that heel strike; -inf for the first two.
        distance_m: (N,) distance of the heel's contact point along the route, metres.
        lateral_m: (N,) offset of the heel's contact point to the left of the route, metres.
        heading: (N,) heading of the route at the footfall, radians.
        heel_xz_m: (N, 2) contact point of the heel, x and z, metres.
        size: (N,) length of the step, relative to the step length of the style.
        freezes: Start and end of each freezing of gait, seconds.
        route: Route over the floor.
    """

    left: np.ndarray
    heel_strike_s: np.ndarray
    toe_off_s: np.ndarray
    distance_m: np.ndarray
    lateral_m: np.ndarray
    heading: np.ndarray
    heel_xz_m: np.ndarray
    size: np.ndarray
    freezes: tuple[tuple[float, float], ...]
    route: Route


def plan_footfalls(style: GaitStyle, setup: TrialSetup, rng: np.random.Generator) -> Footfalls:
    """Draw the footfalls of a walk.

    Args:
        style: Settings of the gait.
        setup: Duration, route and gait disturbances.
        rng: Random generator.
    """
    step_s, stance = 60.0 / style.cadence_steps_per_min, style.stance_percent / 100
    swing_s = 2 * (1 - stance) * step_s
    first_s = rng.uniform(0.25, 0.8) + swing_s if setup.starts_standing else -_STEPS_BEFORE * step_s
    last_s = setup.duration_s - rng.uniform(0.4, 1.0)
    last_s = last_s if setup.ends_standing else setup.duration_s + 3 * step_s
    size, times, pauses = _steps(style, setup, first_s, last_s, rng)
    left = np.arange(len(size) + 2) % 2 == int(rng.integers(2))
    shorter = np.where(left[2:], -0.5, 0.5) * style.left_shorter_percent / 100
    # the side with shorter steps also has shorter step times (rough)
    size, times = size * (1 + shorter), times * (1 + 0.4 * shorter)
    size[0] *= FIRST_STEP_SHARE
    size[-2] *= 0.8
    size[-1] = 0.0  # the last step puts the foot next to the other foot
    strike = first_s + np.concatenate([[0.0], np.cumsum((times + pauses)[1:])])
    toe_off = strike - swing_s
    toe_off[1:] = strike[:-1] + (2 * stance - 1) * times[1:] + pauses[1:]

    distance = np.concatenate([[0.0, 0.0], np.cumsum(size * style.step_length_m)])
    lateral = np.where(left, 0.5, -0.5) * style.step_width_m
    lateral[2:] += 0.12 * style.step_width_m * rng.normal(size=len(size))
    before = np.full(2, -np.inf)
    frozen = np.flatnonzero(pauses[1:] > 0)
    return Footfalls(
        left=left,
        heel_strike_s=np.concatenate([before, strike]),
        toe_off_s=np.concatenate([before, toe_off]),
        distance_m=distance,
        lateral_m=lateral,
        heading=setup.route.heading(distance),
        heel_xz_m=setup.route.point(distance, lateral),
        size=np.concatenate([[0.0, 0.0], size]),
        freezes=tuple((float(strike[i]), float(toe_off[i + 1])) for i in frozen),
        route=setup.route,
    )


def _steps(style: GaitStyle, setup: TrialSetup, first_s: float, last_s: float, rng):
    """Relative size, time and preceding pause of each step, three arrays (N,)."""
    step_s = 60.0 / style.cadence_steps_per_min
    max_steps = int((last_s - first_s) / step_s * 1.6) + 8
    time_factors = _random_factors(max_steps, style.step_time_cv_percent, rng)
    size_factors = _random_factors(max_steps, style.step_length_cv_percent, rng)
    begin, end = setup.route.arc_m
    sizes, times, pauses = [], [], []
    at_s, distance, festination, has_frozen = first_s, 0.0, 1.0, False
    while len(sizes) < max_steps and (at_s <= last_s or len(sizes) < 4):
        turning = begin - _TURN_BEFORE_M < distance < end
        if at_s > setup.festinates_at_s and not turning:
            festination *= 1 - style.festination_percent / 100
        size = size_factors[len(sizes)] * (TURN_STEP_SHARE if turning else 1.0)
        sizes.append(size * max(festination, _LEAST_SIZE))
        times.append(step_s * time_factors[len(times)] * max(festination**0.4, _LEAST_TIME))
        freezes = setup.freeze_s > 0 and not has_frozen and at_s > max(setup.freeze_at_s, 0.0)
        has_frozen = has_frozen or freezes
        pauses.append(setup.freeze_s if freezes else 0.0)
        at_s += times[-1] + pauses[-1]
        distance += sizes[-1] * style.step_length_m
    return np.array(sizes), np.array(times), np.array(pauses)


def _random_factors(count: int, cv_percent: float, rng: np.random.Generator) -> np.ndarray:
    """Draw factors around 1 as an AR(1) process with coefficient 0.3, clipped at 2.5 SD."""
    noise = rng.normal(size=count)
    for i in range(1, count):
        noise[i] = 0.3 * noise[i - 1] + 0.954 * noise[i]
    return 1 + cv_percent / 100 * np.clip(noise, -2.5, 2.5)


@dataclass(frozen=True, eq=False)
class FootPath:
    """One foot over time.

    Attributes:
        ankle: (T, 3) ankle centre, metres.
        pitch: (T,) radians, positive with the toes up.
        yaw: (T,) radians, positive with the toes to the left.
        stance: (T,) bool, whether the foot is on the floor.
        flat: (T,) bool, whether the whole sole is on the floor and the foot does not move.
    """

    ankle: np.ndarray
    pitch: np.ndarray
    yaw: np.ndarray
    stance: np.ndarray
    flat: np.ndarray


def foot_path(
    body: WalkerBody, style: GaitStyle, footfalls: Footfalls, side: str, times: np.ndarray
) -> FootPath:
    """Compute the path of one foot along its footfalls.

    Args:
        body: Body of the subject.
        style: Settings of the gait.
        footfalls: Footfalls of both feet.
        side: "left" or "right".
        times: (T,) seconds from the first frame.
    """
    own = footfalls.left if side == SIDES[0] else ~footfalls.left
    heel, strike, toe_off = (
        footfalls.heel_xz_m[own], footfalls.heel_strike_s[own], footfalls.toe_off_s[own]
    )  # fmt: skip
    toe_out = np.radians(style.toe_out_deg) * (1 if side == SIDES[0] else -1)
    yaws = footfalls.heading[own] + toe_out
    forward = np.stack([np.sin(yaws), np.cos(yaws)], axis=1)  # of the foot, x and z
    pitch_at, flat_spans = _pitch_curve(style, strike, toe_off, footfalls.size[own])
    tremble = _tremble(footfalls, side, times)
    pitch, pitch_rate = pitch_at(times) + tremble, pitch_at.derivative()

    ankle, yaw = np.empty((len(times), 3)), np.empty(len(times))
    stance = np.ones(len(times), bool)
    for i in range(len(heel)):
        end = toe_off[i + 1] if i + 1 < len(heel) else np.inf
        standing = (times >= strike[i]) & (times < end)
        ankle[standing] = _stance_ankle(body, heel[i], forward[i], pitch[standing])
        yaw[standing] = yaws[i]
        if i + 1 == len(heel):
            break
        swinging = (times >= end) & (times < strike[i + 1])
        if swinging.any():
            ends = np.array([end, strike[i + 1]])
            both = slice(i, i + 2)
            limits = _swing_limits(
                body, heel[both], forward[both], pitch_at(ends), pitch_rate(ends)
            )
            share = (times[swinging] - end) / (ends[1] - end)
            yaw[swinging] = yaws[i] + (yaws[i + 1] - yaws[i]) * share**2 * (3 - 2 * share)
            ankle[swinging] = _swing_ankle(body, style, limits, ends, share, pitch[swinging])
            stance[swinging] = False
    flat = np.zeros(len(times), bool)
    for start, end in flat_spans:
        flat |= (times >= start) & (times <= end)
    return FootPath(ankle, pitch, yaw, stance, flat & (np.abs(tremble) < 1e-9))


def _tremble(footfalls: Footfalls, side: str, times: np.ndarray) -> np.ndarray:
    """(T,) pitch in radians by which the heel trembles during freezing, with the toes in place."""
    result = np.zeros(len(times))
    for start, end in footfalls.freezes:
        start, end = start + _STILL_S, end - _STILL_S
        inside = (times > start) & (times < end)
        since = times[inside] - start
        phase = 2 * np.pi * _TREMBLE_HZ * since + (np.pi if side == SIDES[0] else 0.0)
        window = np.sin(np.pi * since / (end - start))
        result[inside] = -np.radians(_TREMBLE_DEG) * window * (0.5 - 0.5 * np.cos(phase)) ** 2
    return result


def _pitch_curve(
    style: GaitStyle, strike: np.ndarray, toe_off: np.ndarray, size: np.ndarray
) -> tuple[PchipInterpolator, list[tuple[float, float]]]:
    """Pitch of one foot in radians as a function of time, and the spans in which it is flat."""
    share = np.clip(size, 0.0, 1.3)
    stance_s = 1.2 * style.stance_percent / style.cadence_steps_per_min  # without pauses
    stance_from, flat_from = toe_off[1] - 0.7, toe_off[1] - 10.0
    knots, spans = [(flat_from - 1.0, 0.0)], []
    for i in range(1, len(strike)):
        rise_s = min((1 - _HEEL_OFF) * (toe_off[i] - stance_from), 0.5 * stance_s)
        heel_off = toe_off[i] - rise_s
        swing = strike[i] - toe_off[i]
        down = -np.radians(style.toe_off_deg) * (0.45 + 0.55 * share[i])  # less in short steps
        up = np.radians(style.foot_strike_deg) * share[i]
        spans.append((flat_from, heel_off))
        knots += [
            (flat_from, 0.0),
            (heel_off, 0.0),
            *((heel_off + x * rise_s, x**_HEEL_RISE_POWER * down) for x in _HEEL_RISE_KNOTS),
            (toe_off[i], down),
            (toe_off[i] + 0.12 * swing, 1.15 * down),
            (toe_off[i] + 0.52 * swing, 0.22 * down),
            (toe_off[i] + 0.90 * swing, 1.05 * up),
            (strike[i], up),
        ]
        stance_from = strike[i]
        stance = toe_off[i + 1] - strike[i] if i + 1 < len(strike) else 1.4 * swing
        flat_from = strike[i] + _FLAT_AFTER_STRIKE * min(stance, stance_s)
    spans.append((flat_from, np.inf))
    knots += [(flat_from, 0.0), (flat_from + 60.0, 0.0)]
    return PchipInterpolator(*np.array(knots).T), spans


def _stance_ankle(body: WalkerBody, heel, forward, pitch) -> np.ndarray:
    """Ankle (..., 3) of a foot that rolls over its heel (toes up), or over its ball and toes.

    The toes extend up to `_TOES_BEND`; beyond that the foot rotates about the tip of the toes.
    """
    pitch = np.asarray(pitch)
    sine, cosine = np.sin(pitch), np.cos(pitch)
    over_heel = pitch > 0
    arm = np.where(over_heel, body.heel_m, -body.ball_m)  # pivot to ankle along the sole
    toes = np.maximum(-pitch - _TOES_BEND, 0.0)
    ball = body.heel_m + body.ball_m + body.toes_m * (1 - np.cos(toes))
    along = np.where(over_heel, 0.0, ball) + arm * cosine - body.ankle_height_m * sine
    up = body.toes_m * np.sin(toes) + arm * sine + body.ankle_height_m * cosine
    x, z = (heel[k] + along * forward[k] for k in (0, 1))
    return np.stack([x, up, z], axis=-1)


def _swing_limits(body, heel, forward, pitch, rate) -> tuple[np.ndarray, np.ndarray]:
    """Ankle positions (2, 3) and velocities (2, 3) at the start and the end of a swing."""
    step = 1e-5
    at = [_stance_ankle(body, heel[k], forward[k], pitch[k]) for k in (0, 1)]
    moved = [_stance_ankle(body, heel[k], forward[k], pitch[k] + step * rate[k]) for k in (0, 1)]
    return np.array(at), (np.array(moved) - np.array(at)) / step


def _swing_ankle(body, style, limits, ends, share, pitch) -> np.ndarray:
    """Ankle (T, 3) in swing.

    The horizontal path is a cubic; the height follows from the clearance of the lowest point.
    """
    at, velocity = limits
    span = ends[1] - ends[0]
    s = share[:, None]
    rise = s**2 * (3 - 2 * s)  # cubic Hermite: position and velocity equal those of stance
    out, back = s * (1 - s) ** 2, -(s**2) * (1 - s)
    ankle = at[0] + (at[1] - at[0]) * rise + span * (velocity[0] * out + velocity[1] * back)

    s = share
    # The lowest point (toes, then ball, then heel) is lifted most before mid-swing.
    lift = style.foot_lift_m * (16 * s**2 * (1 - s) ** 2) * (1.25 - 0.6 * s)
    soft = 0.12 * 4 * s * (1 - s)  # zero at both ends of the swing
    sine = np.sin(pitch)
    heel_lower = _soft_positive(sine, soft) * (body.heel_m + body.ball_m)
    toes_lower = _soft_positive(np.sin(-pitch - _TOES_BEND), soft) * body.toes_m
    ball = lift + heel_lower + toes_lower
    ankle[:, 1] = ball + body.ankle_height_m * np.cos(pitch) - body.ball_m * sine
    return ankle


def _soft_positive(values: np.ndarray, soft: np.ndarray) -> np.ndarray:
    """Smooth approximation of max(values, 0), exact for `soft` = 0."""
    return 0.5 * (values + np.sqrt(values**2 + soft**2))
