"""One kinematic walker: a body and a gait style become joint centres and markers over time.

The feet come first (`footfalls.py`). The pelvis then travels smoothly between them, as high as the
legs reach; the knees follow by two-bone inverse kinematics; spine, head and arms turn with the
phase of the gait. Segment lengths never change and no leg is ever longer than its bones.

Local frame: x to the walker's left, y up, z forward, floor at y = 0; metres, seconds, radians.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline, PchipInterpolator
from scipy.ndimage import gaussian_filter1d, minimum_filter1d

from ..humanml3d import JOINT_NAMES
from .body import (
    ROOT_BEHIND_HIPS_M,
    SEGMENTS,
    SIDES,
    Body,
    collar_in_thorax,
    head_in_skull,
    shoulder_in_thorax,
    spine_bones,
)
from .footfalls import Footfalls, FootPath, GaitStyle, move_foot, plan_footfalls

RATE_HZ = 150.0  # of the Shida recordings
_HIPS_AHEAD_M = 0.025  # of the middle between the ankles at heel strike (1.70 m; set by hand
# with the marker sites of `body.py`)
_SURGE_M = 0.006  # the pelvis around its even way, half the range (rough)
_DROOP_S = 0.06  # the pelvis keeps below what the legs reach within this time
# Middle of the metatarsal heads for 1.70 m: over the sole, and behind the ball's contact (rough).
_BALL_JOINT_M = (0.027, 0.014)


@dataclass(frozen=True, eq=False)
class Walk:
    """A simulated walk in its local frame, before any camera saw it.

    Attributes:
        joints: (T, 22, 3) metres, HumanML3D order.
        origins: segment -> (T, 3) metres, and
        frames: segment -> (T, 3, 3) whose columns are left, up and forward of the segment.
        plan: the footfalls.
        feet: side -> FootPath.
        phase: (T,) radians, 0 at a left heel strike and pi at a right one, growing.
        vigour: (T,) 0 when standing, about 1 in steady walking.
        rate_hz: frames per second.
    """

    joints: np.ndarray
    origins: dict[str, np.ndarray]
    frames: dict[str, np.ndarray]
    plan: Footfalls
    feet: dict[str, FootPath]
    phase: np.ndarray
    vigour: np.ndarray
    rate_hz: float = RATE_HZ

    def marker(self, segment: str, offset: np.ndarray) -> np.ndarray:
        """(T, 3) path of a point fixed to a segment, metres."""
        return self.origins[segment] + self.frames[segment] @ offset


def simulate_walk(
    body: Body,
    style: GaitStyle,
    duration_s: float,
    rng: np.random.Generator,
    *,
    starts: bool = False,
    stops: bool = False,
) -> Walk:
    """Walk straight ahead for `duration_s` seconds.

    Args:
        body: lengths of the walker.
        style: how the walker means to walk.
        rng: draws the variability of steps and posture.
        starts: the recording begins with the walker standing.
        stops: the recording ends with the walker standing.
    """
    times = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    plan = plan_footfalls(style, duration_s, rng, starts=starts, stops=stops)
    feet = {side: move_foot(body, style, plan, side, times) for side in SIDES}
    joints = np.empty((len(times), len(JOINT_NAMES), 3))
    walk = Walk(joints, {}, {}, plan, feet, *_rhythm(plan, times))
    _place_pelvis(walk, body, style, times)
    _place_legs(walk, body, style)
    _place_trunk(walk, body, style, rng)
    _place_arms(walk, body, style, rng)
    return walk


def _rhythm(plan: Footfalls, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Phase and vigour (T,) of the gait, see `Walk`."""
    strikes, begin, end = plan.strike_s[2:], plan.lift_s[2] - 0.25, plan.strike_s[-1] + 0.4
    phases = np.pi * (np.arange(len(strikes)) + (0 if plan.left[2] else 1))
    at = np.concatenate([[begin - 60, begin], strikes, [end, end + 60]])
    start, stop = phases[0] - 0.75 * np.pi, phases[-1] + 0.4 * np.pi
    phase = PchipInterpolator(at, [start, start, *phases, stop, stop])(times)
    size = np.clip(plan.size[2:], 0, 1.15)
    vigour = PchipInterpolator(at, [0, 0, *size[:-1], 0.25 * size[-2], 0, 0])(times)
    return phase, vigour


def rotation(yaw=0.0, roll=0.0, lean=0.0) -> np.ndarray:
    """Rotation matrices (..., 3, 3): first lean forward about x, then roll about z, then yaw.

    Positive: lean tips the top forward, roll lifts the left side, yaw turns to the left.
    """
    yaw, roll, lean = np.broadcast_arrays(yaw, roll, lean)
    (cy, sy), (cr, sr), (cl, sl) = ((np.cos(a), np.sin(a)) for a in (yaw, roll, lean))
    rows = [
        [cy * cr, sy * sl - cy * sr * cl, sy * cl + cy * sr * sl],
        [sr, cr * cl, -cr * sl],
        [-sy * cr, cy * sl + sy * sr * cl, cy * cl - sy * sr * sl],
    ]
    return np.moveaxis(np.array(rows), (0, 1), (-2, -1))


def _set(walk: Walk, joint: str, path: np.ndarray) -> np.ndarray:
    walk.joints[:, JOINT_NAMES.index(joint)] = path
    return path


def _get(walk: Walk, joint: str) -> np.ndarray:
    return walk.joints[:, JOINT_NAMES.index(joint)]


def _pelvis_turns(walk: Walk, style: GaitStyle) -> tuple[np.ndarray, np.ndarray]:
    """Yaw and roll (T,): the leading leg's side goes forward, the swing leg's side drops."""
    yaw = -np.radians(style.pelvis_rotation_deg / 2) * walk.vigour * np.cos(walk.phase - 0.15)
    roll = np.radians(style.pelvis_drop_deg / 2) * walk.vigour * np.sin(walk.phase + 0.2)
    return yaw, roll


def _place_pelvis(walk: Walk, body: Body, style: GaitStyle, times: np.ndarray) -> None:
    """Hips between the feet: forwards with the steps, sideways over the standing foot, and up."""
    yaw, roll = _pelvis_turns(walk, style)
    frame = rotation(yaw, roll, np.radians(style.pelvis_tilt_deg))
    ahead, aside = _pelvis_path(walk.plan, body, style, times)
    # fastest soon after heel strike, slowest over the standing foot
    ahead = ahead + _SURGE_M * walk.vigour * np.sin(2 * walk.phase - 0.5)
    left_hip = body.hip_in_pelvis
    right_hip = left_hip * [-1, 1, 1]
    between = (left_hip + right_hip) / 2
    hips = {"left": frame @ (left_hip - between), "right": frame @ (right_hip - between)}

    least = np.radians(style.knee_flexion_deg)
    reach = np.sqrt(
        body.thigh_m**2 + body.shank_m**2 + 2 * body.thigh_m * body.shank_m * np.cos(least)
    )
    ceilings = []
    for side in SIDES:
        ankle = walk.feet[side].ankle
        across = aside + hips[side][:, 0] - ankle[:, 0]
        along = ahead + hips[side][:, 2] - ankle[:, 2]
        rise = np.sqrt(np.maximum(reach**2 - across**2 - along**2, 0.05))
        ceilings.append(ankle[:, 1] + rise - hips[side][:, 1])
    half = round(_DROOP_S * walk.rate_hz)
    lowest = minimum_filter1d(np.minimum(*ceilings), 2 * half + 1)
    height = gaussian_filter1d(lowest, half / 2, radius=half)

    middle = np.stack([aside, height, ahead], axis=1)
    for side in SIDES:
        _set(walk, f"{side}_hip", middle + hips[side])
    _set(walk, "pelvis", middle - frame @ np.array([0.0, between[1], ROOT_BEHIND_HIPS_M]))
    walk.frames["pelvis"] = frame
    walk.origins["pelvis"] = middle - frame @ between


def _pelvis_path(plan: Footfalls, body: Body, style: GaitStyle, times: np.ndarray):
    """Forward and sideways path (T,) of the middle between the hips."""
    strikes, toe_offs = plan.strike_s[2:], plan.lift_s[2:]
    heel_z = plan.heel_m[:, 1] + body.heel_m
    offset = _HIPS_AHEAD_M * body.height_m / 1.70
    still = 0.35 * offset  # standing, the hips are over the middle of the feet
    middle = (heel_z[2:] + heel_z[1:-1]) / 2 + offset
    begin, end = toe_offs[0] - 0.25, strikes[-1] + 0.35
    at = np.concatenate([[begin - 60, begin], strikes[:-1], [end, end + 60]])
    first, last = heel_z[0] + still, heel_z[-1] + still
    # beyond the recording, so that smoothing knows what comes before and after it
    beyond = round(RATE_HZ)
    around = times[0] + np.arange(-beyond, len(times) + beyond) / RATE_HZ
    smooth = 0.25 * np.median(np.diff(strikes)) * RATE_HZ
    ahead = PchipInterpolator(at, [first, first, *middle[:-1], last, last])(around)
    ahead = gaussian_filter1d(ahead, smooth)[beyond:-beyond]

    # single support of the foot that stands while the next swings
    at = np.concatenate([[begin - 60, begin], (toe_offs + strikes) / 2, [end, end + 60]])
    over = style.sway_share * plan.heel_m[1:-1, 0]
    aside = PchipInterpolator(at, [0, 0, *over, 0, 0])(around)
    return ahead, gaussian_filter1d(aside, 0.5 * smooth)[beyond:-beyond]


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def _place_legs(walk: Walk, body: Body, style: GaitStyle) -> None:
    """Knees by the law of cosines, bending towards where pelvis and foot look."""
    for side in SIDES:
        foot = walk.feet[side]
        hip, ankle = _get(walk, f"{side}_hip"), foot.ankle
        line = ankle - hip
        distance = np.linalg.norm(line, axis=1)
        assert (distance <= body.leg_m).all(), "a leg is overstretched"
        line /= distance[:, None]
        along = (distance**2 + body.thigh_m**2 - body.shank_m**2) / (2 * distance)
        off = np.sqrt(np.maximum(body.thigh_m**2 - along**2, 0.0))
        looks = rotation(yaw=0.6 * foot.yaw)[..., :, 2]
        bend = _unit(looks - (looks * line).sum(1, keepdims=True) * line)
        knee = hip + along[:, None] * line + off[:, None] * bend

        _set(walk, f"{side}_knee", knee)
        _set(walk, f"{side}_ankle", ankle)
        axis = np.cross(bend, line)  # to the left: forward x down = left
        for part, upper, lower in (("thigh", hip, knee), ("shank", knee, ankle)):
            up = _unit(upper - lower)
            walk.frames[f"{side}_{part}"] = np.stack([axis, up, np.cross(axis, up)], axis=-1)
            walk.origins[f"{side}_{part}"] = upper
        frame = rotation(yaw=foot.yaw, lean=-foot.pitch)
        walk.frames[f"{side}_foot"], walk.origins[f"{side}_foot"] = frame, ankle
        over, behind = np.array(_BALL_JOINT_M) * body.height_m / 1.70
        ball = np.array([0.0, over - body.ankle_height_m, body.ball_m - behind])
        _set(walk, f"{side}_foot", ankle + frame @ ball)


def _wander(count: int, degrees: float, rng: np.random.Generator) -> np.ndarray:
    """A slow drift (T,) in radians of the given SD: nobody holds a posture exactly."""
    steps = gaussian_filter1d(rng.normal(size=count // 15 + 12), 3.0, mode="nearest")
    at = np.linspace(0, len(steps) - 1, count)
    return np.radians(degrees) * CubicSpline(np.arange(len(steps)), steps / 0.307)(at)


# Share of the way from the pelvis to the thorax in turning, and share of the stoop, at each level.
_SPINE_TURN = {"spine1": 0.15, "spine2": 0.5, "spine3": 0.9, "neck": 1.0}
_SPINE_STOOP = {"spine1": 0.75, "spine2": 1.0, "spine3": 1.1, "neck": 1.15}


def _place_trunk(walk: Walk, body: Body, style: GaitStyle, rng: np.random.Generator) -> None:
    """Spine, neck, head and collars; the shoulders turn against the pelvis."""
    count = len(walk.phase)
    pelvis_yaw, pelvis_roll = _pelvis_turns(walk, style)
    swing = np.radians(style.trunk_rotation_deg / 2) * walk.vigour
    thorax_yaw = swing * np.cos(walk.phase - 0.3) + _wander(count, 1.0, rng)
    thorax_roll = -0.3 * pelvis_roll + _wander(count, 0.7, rng)
    stoop = np.radians(style.trunk_flexion_deg) + _wander(count, 0.8, rng)
    stoop += np.radians(0.8) * walk.vigour * np.cos(2 * walk.phase)

    point = _get(walk, "pelvis")
    for level, bone in spine_bones(body).items():
        turn = _SPINE_TURN[level]
        frame = rotation(
            (1 - turn) * pelvis_yaw + turn * thorax_yaw,
            (1 - turn) * pelvis_roll + turn * thorax_roll,
            _SPINE_STOOP[level] * stoop,
        )
        point = _set(walk, level, point + frame @ bone)
    walk.frames["thorax"], walk.origins["thorax"] = frame, point
    look_up = 0.55 * np.radians(style.trunk_flexion_deg)  # the eyes stay on the way, in part
    skull = rotation(0.4 * thorax_yaw, 0.3 * thorax_roll, 1.15 * stoop - look_up)
    _set(walk, "head", point + skull @ head_in_skull(body))
    for side, mirror in zip(SIDES, ([1, 1, 1], [-1, 1, 1]), strict=True):
        _set(walk, f"{side}_collar", point + frame @ (collar_in_thorax(body) * mirror))
        _set(walk, f"{side}_shoulder", point + frame @ (shoulder_in_thorax(body) * mirror))


def _place_arms(walk: Walk, body: Body, style: GaitStyle, rng: np.random.Generator) -> None:
    """Arms swing against the legs; the elbow bends more as the arm comes forward."""
    count = len(walk.phase)
    down = np.array([0.0, -1.0, 0.0])
    for side, sign in zip(SIDES, (1.0, -1.0), strict=True):
        degrees = style.arm_swing_left_deg if sign > 0 else style.arm_swing_right_deg
        # the left arm is forward at the right heel strike (phase pi)
        wave = -sign * walk.vigour * np.cos(walk.phase - 0.25)
        half = np.radians(degrees / 2) * (1 + _wander(count, 6.0, rng))
        flexion = np.radians(-style.arm_extension_deg) + _wander(count, 1.2, rng)
        elbow = np.radians(style.elbow_flexion_deg) + _wander(count, 1.5, rng)
        # two thirds of the swing in the shoulder, the rest in the elbow (rough)
        flexion = flexion + 0.75 * half * wave
        elbow = np.maximum(elbow + 0.7 * half * wave, np.radians(4.0))
        yaw = 0.5 * np.arctan2(walk.frames["thorax"][:, 0, 2], walk.frames["thorax"][:, 2, 2])
        upper = rotation(yaw, sign * np.radians(8.0), -flexion)
        fore = rotation(yaw + sign * np.radians(2.0), sign * np.radians(6.0), -(flexion + elbow))

        shoulder = _get(walk, f"{side}_shoulder").copy()
        joint = _set(walk, f"{side}_elbow", shoulder + upper @ (body.upper_arm_m * down))
        _set(walk, f"{side}_wrist", joint + fore @ (body.forearm_m * down))
        walk.frames[f"{side}_upper_arm"], walk.origins[f"{side}_upper_arm"] = upper, shoulder
        walk.frames[f"{side}_forearm"], walk.origins[f"{side}_forearm"] = fore, joint


def marker_paths(walk: Walk, sites: dict[str, tuple[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Paths (T, 3) of the markers at `sites` (label -> (segment, offset)), rigid, in metres."""
    assert set(walk.frames) == set(SEGMENTS)
    return {label: walk.marker(segment, at) for label, (segment, at) in sites.items()}
