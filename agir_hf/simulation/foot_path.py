"""Path of each foot of a simulated walk between its footfalls.

A foot is rigid from heel to ball. In stance it rolls about the heel's contact point, then is flat,
then rolls about the ball (heel rocker and forefoot rocker; Perry and Burnfield, "Gait Analysis",
2010), so that the part in contact does not slide. In swing it follows a smooth path above the
floor. The constants of heel rise and swing were fitted so that hip, knee and ankle have the
curves of healthy adults (Winter 2009) at a step length of 0.385 of the height. Coordinates: see
`route.py`; metres and seconds. "Rough" marks our own estimate of a plausible value, without a
published source.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from .footsteps import Footfalls, GaitStyle
from .walker_body import SIDES, WalkerBody

_FLAT_AFTER_STRIKE = 0.13  # end of the heel rocker, as a fraction of stance
_HEEL_OFF = 0.45  # start of the forefoot rocker, as a fraction of stance (27 % of cycle)
# The heel rises slowly, then fast: its angle grows with this power of the time from heel off to
# toe off, a smaller one in longer steps, which need a high heel at the next heel strike.
FITTED_STEP_SHARE, _LIMITS_OF_POWER = 0.385, (1.7, 4.0)
_HEEL_RISE_POWER, _HEEL_RISE_KNOTS = 2.45, (0.15, 0.3, 0.45, 0.6, 0.75, 0.9)
# After toe off: time as a fraction of the swing, and pitch as a fraction of that at toe off.
_HEEL_FALL = ((0.08, 1.085), (0.30, 0.89), (0.55, 0.09))
# The same pitch in short steps, where the power of the heel rise is larger by this much (rough).
_SHORT_FALL, _SHORT_STEPS = (1.03, 0.62, 0.22), 1.5
# Additional height of the foot early in swing, and its forward lead, as fractions of the length of
# its path.
_EARLY_LIFT, _FOOT_AHEAD = 0.008, 0.06
_TOES_BEND = np.radians(30.0)  # toe extension at which the tip of the toes is the pivot (rough)
# Freezing: knees and heels tremble at 3-8 Hz (Moore et al. 2008) while the feet stay in place.
_TREMBLE_HZ, _TREMBLE_DEG, _STILL_S = 5.0, 5.0, 0.25


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
    longer = style.step_length_m / body.height_m - FITTED_STEP_SHARE
    rise_power = float(np.clip(_HEEL_RISE_POWER - 10.0 * longer, *_LIMITS_OF_POWER))
    # the heel rises by the longer of the step before, which the leg trails behind, and its own step
    reach = np.maximum(footfalls.size, np.r_[0.0, footfalls.size[:-1]])[own]
    sizes = footfalls.size[own], reach
    pitch_at, flat_spans = _pitch_curve(style, strike, toe_off, sizes, rise_power)
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
    style: GaitStyle,
    strike: np.ndarray,
    toe_off: np.ndarray,
    sizes: tuple[np.ndarray, np.ndarray],
    rise_power: float,
) -> tuple[PchipInterpolator, list[tuple[float, float]]]:
    """Pitch of one foot in radians as a function of time, and the spans in which it is flat."""
    # the heel falls more evenly in short steps, whose swing needs no clearance at the knee
    short = float(np.clip((_HEEL_RISE_POWER - rise_power) / -_SHORT_STEPS, 0.0, 1.0))
    fall = [(x, y + short * (z - y)) for (x, y), z in zip(_HEEL_FALL, _SHORT_FALL, strict=True)]
    share, reach = (np.clip(size, 0.0, 1.3) for size in sizes)
    stance_s = 1.2 * style.stance_percent / style.cadence_steps_per_min  # without pauses
    stance_from, flat_from = toe_off[1] - 0.7, toe_off[1] - 10.0
    knots, spans = [(flat_from - 1.0, 0.0)], []
    for i in range(1, len(strike)):
        rise_s = min((1 - _HEEL_OFF) * (toe_off[i] - stance_from), 0.5 * stance_s)
        heel_off = toe_off[i] - rise_s
        swing = strike[i] - toe_off[i]
        down = -np.radians(style.toe_off_deg) * (0.45 + 0.55 * reach[i])  # less in short steps
        up = np.radians(style.foot_strike_deg) * share[i]
        spans.append((flat_from, heel_off))
        knots += [
            (flat_from, 0.0),
            (heel_off, 0.0),
            *((heel_off + x * rise_s, x**rise_power * down) for x in _HEEL_RISE_KNOTS),
            (toe_off[i], down),
            *((toe_off[i] + x * swing, y * down) for x, y in fall),
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
    rise = rise + _FOOT_AHEAD * 45.6 * s**2 * (1 - s) ** 4  # largest at a third of the swing
    ankle = at[0] + (at[1] - at[0]) * rise + span * (velocity[0] * out + velocity[1] * back)

    s = share
    path_m = np.linalg.norm((at[1] - at[0])[[0, 2]])
    early = _EARLY_LIFT * path_m * 118.0 * s**2 * (1 - s) ** 7  # largest at 22 % of the swing
    # The lowest point (toes, then ball, then heel) is lifted most before mid-swing.
    lift = style.foot_lift_m * (16 * s**2 * (1 - s) ** 2) * (1.25 - 0.6 * s)
    soft = 0.12 * 4 * s * (1 - s)  # zero at both ends of the swing
    sine = np.sin(pitch)
    heel_lower = _soft_positive(sine, soft) * (body.heel_m + body.ball_m)
    toes_lower = _soft_positive(np.sin(-pitch - _TOES_BEND), soft) * body.toes_m
    ball = lift + early + heel_lower + toes_lower
    ankle[:, 1] = ball + body.ankle_height_m * np.cos(pitch) - body.ball_m * sine
    return ankle


def _soft_positive(values: np.ndarray, soft: np.ndarray) -> np.ndarray:
    """Smooth approximation of max(values, 0), exact for `soft` = 0."""
    return 0.5 * (values + np.sqrt(values**2 + soft**2))
