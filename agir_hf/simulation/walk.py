"""One walker: the embedded body and a gait style become poses, joints and markers over time.

The feet come first (`footfalls.py`). The pelvis then travels smoothly between them, as high as the
legs reach; the knees follow by two-bone inverse kinematics; spine, head and arms turn with the
phase of the gait. What results are joint angles of the body: bones never change their length.

Frame of a walk: see `path.py`; metres, seconds, radians.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.interpolate import CubicSpline, PchipInterpolator
from scipy.ndimage import gaussian_filter1d, minimum_filter1d
from scipy.spatial.transform import Rotation

from ..humanml3d import JOINT_NAMES
from ..motion.fitting.marker_model import State
from ..motion.recording import BodyMotion
from .footsteps import Course, Footfalls, FootPath, GaitStyle, move_foot, plan_footfalls
from .walker_body import JOINTS, SIDES, Body, marker_model

RATE_HZ = 150.0  # of the Shida recordings
_HIPS_AHEAD_M = 0.025  # of the middle between the ankles at heel strike (1.70 m; set by hand
# so that the pelvis travels over the feet as in two real walks of the Shida set)
_SURGE_M = 0.006  # the pelvis around its even way, half the range (rough)
_DROOP_S = 0.06  # the pelvis keeps below what the legs reach within this time
# Hips of a body in SMPL's layout lie closer together than people's: its knees look outwards, set
# by hand after the mean posture of real walkers fitted with such a body.
_KNEES_OUT = np.radians(20.0)
# How far and how fast a walker's facing drifts from his way (rough: with it the turning of the root
# in straight walks is spread about as in real ones).
_DRIFT_DEG, _DRIFT_S = 3.0, 0.7
_LOOK_S = 0.25  # a walker turns his body so long before his feet (rough)
_PARENTS = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21)


@dataclass(frozen=True, eq=False)
class Walk:
    """A simulated walk, before any camera saw it.

    Attributes:
        body: of the walker.
        turns: joint → (T, 3, 3), its orientation in the room; the body at rest has none.
        joints: (T, 22, 3) metres, HumanML3D order.
        plan: the footfalls.
        feet: side → FootPath.
        phase: (T,) radians, 0 at a left heel strike and pi at a right one, growing.
        amplitude: (T,) 0 when standing, about 1 in steady walking.
        heading: (T,) radians, of the way.
        facing: (T,) radians, where the pelvis looks on average: the way, and a slow drift.
        rate_hz: frames per second.
    """

    body: Body
    turns: dict[str, np.ndarray]
    joints: np.ndarray
    plan: Footfalls
    feet: dict[str, FootPath]
    phase: np.ndarray
    amplitude: np.ndarray
    heading: np.ndarray
    facing: np.ndarray
    rate_hz: float = RATE_HZ

    def joint(self, name: str) -> np.ndarray:
        """(T, 3) path of one of the 22 joints, metres."""
        return self.joints[:, JOINT_NAMES.index(name)]

    @property
    def ahead(self) -> np.ndarray:
        """(T, 3) unit vectors where the walker heads."""
        return rotation(yaw=self.heading)[..., 2]

    def motion(self) -> BodyMotion:
        """The true body: shape, poses and translation."""
        return BodyMotion(
            betas=self.body.betas.astype(np.float32),
            poses=_poses(self.turns).astype(np.float32),
            translation=(self.joint("pelvis") - self.body.rest[0]).astype(np.float32),
            rate_hz=self.rate_hz,
            body="open",
        )

    def markers(self, offsets: np.ndarray) -> np.ndarray:
        """(T, 44, 3) metres: markers at offsets (44, 3) from the skin, without noise."""
        poses = torch.from_numpy(_poses(self.turns))
        shift = torch.from_numpy(self.joint("pelvis") - self.body.rest[0])
        root = torch.from_numpy(self.turns["pelvis"])
        posed = marker_model().pose(
            torch.from_numpy(self.body.betas),
            torch.from_numpy(offsets),
            State(shift, poses, root),
        )
        return posed.markers.numpy()


def simulate_walk(body: Body, style: GaitStyle, course: Course, rng: np.random.Generator) -> Walk:
    """Walk.

    Args:
        body: of the walker.
        style: how the walker means to walk.
        course: where, for how long, and what befalls him.
        rng: draws the variability of steps and posture.
    """
    times = np.arange(round(course.duration_s * RATE_HZ)) / RATE_HZ
    plan = plan_footfalls(style, course, rng)
    feet = {side: move_foot(body, style, plan, side, times) for side in SIDES}
    phase, amplitude = _rhythm(plan, times)
    along, aside = _pelvis_path(plan, body, style, times)
    return _assemble(body, style, plan, feet, phase, amplitude, along, aside, rng)


def stand(body: Body, style: GaitStyle, duration_s: float, rng: np.random.Generator) -> Walk:
    """Stand still, feet side by side, as in a static trial."""
    course = Course(duration_s=duration_s + 60.0, starts=True)
    plan = plan_footfalls(style, course, rng)
    later = duration_s + 2.0  # the first step lies well after the trial
    plan = replace(plan, heel_strike_s=plan.heel_strike_s + later, toe_off_s=plan.toe_off_s + later)
    times = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    feet = {side: move_foot(body, style, plan, side, times) for side in SIDES}
    still = np.zeros(len(times))
    along, aside = _pelvis_path(plan, body, style, times)
    return _assemble(body, style, plan, feet, still, still, along, aside, rng)


def _assemble(body, style, plan, feet, phase, amplitude, along, aside, rng) -> Walk:
    look = plan.way.heading(along)
    smooth = 0.35 * RATE_HZ
    ahead = round(_LOOK_S * RATE_HZ)
    heading = gaussian_filter1d(np.r_[look[ahead:], np.full(ahead, look[-1])], smooth)
    joints = np.empty((len(phase), len(JOINT_NAMES), 3))
    facing = heading + np.where(amplitude.any(), _drift(len(phase), rng), 0.0)
    walk = Walk(body, {}, joints, plan, feet, phase, amplitude, heading, facing)
    sway = _wander(len(phase), 1.2, rng), _wander(len(phase), 0.4, rng)
    pelvis = tuple(np.add(_pelvis_turns(walk, style), sway))
    _place_pelvis(walk, style, plan.way.point(along, aside), pelvis)
    _place_legs(walk)
    _turn_trunk(walk, style, pelvis, rng)
    _turn_arms(walk, style, rng)
    _place_joints(walk)
    return walk


def _rhythm(plan: Footfalls, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Phase and amplitude (T,) of the gait, see `Walk`."""
    strikes, begin, end = (
        plan.heel_strike_s[2:],
        plan.toe_off_s[2] - 0.25,
        plan.heel_strike_s[-1] + 0.4,
    )
    phases = np.pi * (np.arange(len(strikes)) + (0 if plan.left[2] else 1))
    size = np.clip(plan.size[2:], 0, 1.15)
    start, stop = phases[0] - 0.75 * np.pi, phases[-1] + 0.4 * np.pi
    at = np.concatenate([[begin - 60, begin], strikes, [end, end + 60]])
    phase_at, vigour_at = [start, start, *phases, stop, stop], [0, 0, *size[:-1], 0.25 * size[-2]]
    at, phase_at, vigour_at = list(at), list(phase_at), [*vigour_at, 0, 0]
    for frozen, freed in plan.freezes:  # nothing swings while the feet are stuck
        reached = float(np.interp(frozen, at, phase_at))
        soon = min(0.4, 0.4 * (freed - frozen))
        for time, share in ((frozen + soon, 0.25), (freed - 0.25 * soon, 0.3)):
            place = int(np.searchsorted(at, time))
            at.insert(place, time)
            phase_at.insert(place, reached + share * np.pi)
            vigour_at.insert(place, 0.1)
    return PchipInterpolator(at, phase_at)(times), PchipInterpolator(at, vigour_at)(times)


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


def _place_joints(walk: Walk) -> None:
    """Joints from the turns: each bone goes with its parent's."""
    rest = walk.body.rest
    for index, name in enumerate(JOINTS[: len(JOINT_NAMES)]):
        if index:
            parent = _PARENTS[index]
            bone = walk.turns[JOINTS[parent]] @ (rest[index] - rest[parent])
            walk.joints[:, index] = walk.joints[:, parent] + bone
        assert JOINT_NAMES[index] == name


def _poses(turns: dict[str, np.ndarray]) -> np.ndarray:
    """(T, 24, 3) axis-angle of each joint against its parent, from orientations in the room."""
    poses = []
    for index, name in enumerate(JOINTS):
        own = turns[name]
        if index:
            own = turns[JOINTS[_PARENTS[index]]].swapaxes(-1, -2) @ own
        poses.append(Rotation.from_matrix(own).as_rotvec())
    return np.stack(poses, axis=1)


def _pelvis_turns(walk: Walk, style: GaitStyle) -> tuple[np.ndarray, np.ndarray]:
    """Yaw and roll (T,): the leading leg's side goes forward, the swing leg's side drops."""
    yaw = -np.radians(style.pelvis_rotation_deg / 2) * walk.amplitude * np.cos(walk.phase - 0.15)
    roll = np.radians(style.pelvis_drop_deg / 2) * walk.amplitude * np.sin(walk.phase + 0.2)
    return yaw, roll


def _place_pelvis(walk: Walk, style: GaitStyle, path: np.ndarray, turned) -> None:
    """Hips between the feet: forwards with the steps, sideways over the standing foot, and up.

    ``path`` (T, 2): x and z of the middle between the hips; ``turned``: yaw and roll (T,).
    """
    body, (yaw, roll) = walk.body, turned
    frame = rotation(walk.facing) @ rotation(yaw, roll, np.radians(style.pelvis_tilt_deg))
    # fastest soon after heel strike, slowest over the standing foot
    surge = _SURGE_M * walk.amplitude * np.sin(2 * walk.phase - 0.5)
    level = path + surge[:, None] * walk.ahead[:, [0, 2]]
    bones = {side: body.bone(f"{side}_hip") for side in SIDES}
    between = (bones["left"] + bones["right"]) / 2
    hips = {side: frame @ (bones[side] - between) for side in SIDES}

    least = np.radians(style.knee_flexion_deg)
    reach = np.sqrt(
        body.thigh_m**2 + body.shank_m**2 + 2 * body.thigh_m * body.shank_m * np.cos(least)
    )
    ceilings = []
    for side in SIDES:
        ankle = walk.feet[side].ankle
        away = level + hips[side][:, [0, 2]] - ankle[:, [0, 2]]
        rise = np.sqrt(np.maximum(reach**2 - (away**2).sum(axis=1), 0.05))
        ceilings.append(ankle[:, 1] + rise - hips[side][:, 1])
    half = round(_DROOP_S * walk.rate_hz)
    lowest = minimum_filter1d(np.minimum(*ceilings), 2 * half + 1)
    height = gaussian_filter1d(lowest, half / 2, radius=half)
    middle = np.stack([level[:, 0], height, level[:, 1]], axis=1)
    walk.joints[:, 0] = middle - frame @ between
    walk.turns["pelvis"] = frame
    for side in SIDES:
        walk.joints[:, JOINT_NAMES.index(f"{side}_hip")] = middle + hips[side]


def _pelvis_path(plan: Footfalls, body: Body, style: GaitStyle, times: np.ndarray):
    """Path (T,) of the middle between the hips along the way and to the left of it."""
    strikes, toe_offs = plan.heel_strike_s[2:], plan.toe_off_s[2:]
    ankles = plan.along_m + body.heel_m
    offset = _HIPS_AHEAD_M * body.height_m / 1.70
    still = 0.35 * offset  # standing, the hips are over the middle of the feet
    middle = (ankles[2:] + ankles[1:-1]) / 2 + offset
    begin, end = toe_offs[0] - 0.25, strikes[-1] + 0.35
    first, last = ankles[0] + still, ankles[-1] + still
    at = [begin - 60, begin, *strikes[:-1], end, end + 60]
    places = [first, first, *middle[:-1], last, last]
    for frozen, freed in plan.freezes:  # the body hangs over the feet
        index = at.index(frozen)
        after = min(freed - 0.15, at[index + 1] - 0.1)
        at.insert(index + 1, after)
        places.insert(index + 1, places[index] + 0.15 * (places[index + 1] - places[index]))
    # beyond the recording, so that smoothing knows what comes before and after it
    beyond = round(RATE_HZ)
    around = times[0] + np.arange(-beyond, len(times) + beyond) / RATE_HZ
    smooth = 0.25 * np.median(np.diff(strikes)) * RATE_HZ
    along = PchipInterpolator(at, places)(around)
    along = gaussian_filter1d(along, smooth)[beyond:-beyond]

    # single support of the foot that stands while the next swings
    at = np.concatenate([[begin - 60, begin], (toe_offs + strikes) / 2, [end, end + 60]])
    over = style.sway_share * plan.aside_m[1:-1]
    aside = PchipInterpolator(at, [0, 0, *over, 0, 0])(around)
    return along, gaussian_filter1d(aside, 0.5 * smooth)[beyond:-beyond]


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def _frame(up: np.ndarray, forward: np.ndarray) -> np.ndarray:
    """(..., 3, 3) whose columns are left, up along ``up``, and forward near ``forward``."""
    forward = _unit(forward - (forward * up).sum(-1, keepdims=True) * up)
    return np.stack([np.cross(up, forward), up, forward], axis=-1)


def _place_legs(walk: Walk) -> None:
    """Knees by the law of cosines, bending towards where pelvis and foot look."""
    body = walk.body
    for side in SIDES:
        foot, hip = walk.feet[side], walk.joint(f"{side}_hip")
        line = foot.ankle - hip
        distance = np.linalg.norm(line, axis=1)
        assert (distance <= body.leg_m).all(), "a leg is overstretched"
        line /= distance[:, None]
        along = (distance**2 + body.thigh_m**2 - body.shank_m**2) / (2 * distance)
        off = np.sqrt(np.maximum(body.thigh_m**2 - along**2, 0.0))
        out = _KNEES_OUT if side == SIDES[0] else -_KNEES_OUT
        looks = rotation(yaw=0.6 * foot.yaw + 0.4 * walk.facing + out)[..., 2]
        bend = _unit(looks - (looks * line).sum(1, keepdims=True) * line)
        knee = hip + along[:, None] * line + off[:, None] * bend
        ahead = np.array([0.0, 0.0, 1.0])
        toes = rotation(yaw=foot.yaw)[..., 2]  # the shin looks where the foot does
        for joint, lower, looks, bone in (
            ("hip", knee - hip, bend, body.bone(f"{side}_knee")),
            ("knee", foot.ankle - knee, toes, body.bone(f"{side}_ankle")),
        ):
            rest = _frame(-_unit(bone), ahead)
            walk.turns[f"{side}_{joint}"] = _frame(-_unit(lower), looks) @ rest.T
        sole = rotation(yaw=foot.yaw, lean=-foot.pitch)
        walk.turns[f"{side}_ankle"] = walk.turns[f"{side}_foot"] = sole


def _wander(count: int, degrees: float, rng: np.random.Generator) -> np.ndarray:
    """A slow drift (T,) in radians of the given SD: nobody holds a posture exactly."""
    steps = gaussian_filter1d(rng.normal(size=count // 15 + 14), 3.0, mode="nearest")
    at = 6 + np.arange(count) / 15  # a draw each tenth of a second, smoothed over three
    return np.radians(degrees) * CubicSpline(np.arange(len(steps)), steps / 0.307)(at)


def _drift(count: int, rng: np.random.Generator) -> np.ndarray:
    """A drift (T,) in radians of where a walker faces, slower than his steps."""
    sigma, reach = _DRIFT_S * RATE_HZ, round(4 * _DRIFT_S * RATE_HZ)
    smooth = gaussian_filter1d(rng.normal(size=count + 2 * reach), sigma)[reach:-reach]
    return np.radians(_DRIFT_DEG) * smooth * np.sqrt(2 * np.sqrt(np.pi) * sigma)


# How far a joint of the spine goes with the thorax in turning, and its share of the stoop.
_SPINE_TURN = {"spine1": 0.33, "spine2": 0.67, "spine3": 1.0, "neck": 0.7}
_SPINE_STOOP = {"spine1": 0.9, "spine2": 1.1, "spine3": 1.2, "neck": 0.9}
_LOOK_UP = 0.45  # the eyes stay on the way, in part


def _turn_trunk(walk: Walk, style: GaitStyle, pelvis, rng: np.random.Generator) -> None:
    """Spine, neck, head and collars; the shoulders turn against the pelvis."""
    count = len(walk.phase)
    pelvis_yaw, pelvis_roll = pelvis
    swing = np.radians(style.trunk_rotation_deg / 2) * walk.amplitude
    thorax_yaw = swing * np.cos(walk.phase - 0.3) + _wander(count, 1.0, rng)
    thorax_roll = -0.3 * pelvis_roll + _wander(count, 0.7, rng)
    stoop = np.radians(style.trunk_flexion_deg - _upright_deg(walk.body)) + _wander(count, 0.8, rng)
    stoop += np.radians(0.8) * walk.amplitude * np.cos(2 * walk.phase)
    level = rotation(walk.facing)
    for name, turn in _SPINE_TURN.items():
        walk.turns[name] = level @ rotation(
            (1 - turn) * pelvis_yaw + turn * thorax_yaw,
            (1 - turn) * pelvis_roll + turn * thorax_roll,
            _SPINE_STOOP[name] * stoop,
        )
    up = _LOOK_UP * np.radians(style.trunk_flexion_deg)
    walk.turns["head"] = level @ rotation(0.4 * thorax_yaw, 0.3 * thorax_roll, stoop - up)
    for side in SIDES:
        walk.turns[f"{side}_collar"] = walk.turns["spine3"]


def _upright_deg(body: Body) -> float:
    """How far forwards of the vertical the neck is over the hips at rest."""
    hips = (body.rest[JOINTS.index("left_hip")] + body.rest[JOINTS.index("right_hip")]) / 2
    trunk = body.rest[JOINTS.index("neck")] - hips
    return float(np.degrees(np.arctan2(trunk[2], trunk[1])))


def _turn_arms(walk: Walk, style: GaitStyle, rng: np.random.Generator) -> None:
    """Arms swing against the legs; the elbow bends more as the arm comes forward."""
    count = len(walk.phase)
    level = rotation(walk.facing)
    thorax = level.swapaxes(-1, -2) @ walk.turns["spine3"]
    yaw = 0.5 * np.arctan2(thorax[:, 0, 2], thorax[:, 2, 2])
    for side, sign in zip(SIDES, (1.0, -1.0), strict=True):
        degrees = style.arm_swing_left_deg if sign > 0 else style.arm_swing_right_deg
        # the left arm is forward at the right heel strike (phase pi)
        wave = -sign * walk.amplitude * np.cos(walk.phase - 0.25)
        half = np.radians(degrees / 2) * (1 + _wander(count, 6.0, rng))
        flexion = np.radians(-style.arm_extension_deg) + _wander(count, 1.2, rng)
        elbow = np.radians(style.elbow_flexion_deg) + _wander(count, 1.5, rng)
        # two thirds of the swing in the shoulder, the rest in the elbow (rough)
        flexion = flexion + 0.75 * half * wave
        elbow = np.maximum(elbow + 0.7 * half * wave, np.radians(4.0))
        upper = level @ rotation(yaw, sign * np.radians(8.0), -flexion)
        fore = rotation(yaw + sign * np.radians(2.0), sign * np.radians(6.0), -(flexion + elbow))
        hangs = {part: _hang(walk.body, side, part) for part in ("elbow", "wrist")}
        walk.turns[f"{side}_shoulder"] = upper @ hangs["elbow"]
        walk.turns[f"{side}_elbow"] = level @ fore @ hangs["wrist"]
        walk.turns[f"{side}_wrist"] = walk.turns[f"{side}_hand"] = walk.turns[f"{side}_elbow"]


def _hang(body: Body, side: str, joint: str) -> np.ndarray:
    """(3, 3) that brings an arm's bone from where it is at rest, out to the side, to hang."""
    bone = _unit(body.bone(f"{side}_{joint}"))
    ahead = np.array([0.0, 0.0, 1.0])
    return _frame(np.array([0.0, 1.0, 0.0]), ahead) @ _frame(-bone, ahead).T
