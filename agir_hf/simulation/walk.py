"""Poses, joints and markers of a simulated walk, from a body and settings of the gait.

The feet are computed first (`footsteps.py`). The pelvis moves smoothly between them, at the largest
height that the length of the legs allows. The knees are computed by two-bone inverse kinematics.
Spine, head and arms rotate with the phase of the gait. The results are joint angles of the body, so
that all bones have constant lengths.

Coordinates: see `route.py`; metres, seconds, radians. "Rough" marks our own estimate of a plausible
value, without a published source.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter1d, minimum_filter1d
from scipy.spatial.transform import Rotation

from ..humanml3d import JOINT_NAMES
from ..motion.recording import BodyMotion
from .foot_path import FITTED_STEP_SHARE, FootPath, foot_path
from .footsteps import Footfalls, GaitStyle, TrialSetup, plan_footfalls
from .rotations import axes, rotation, unit
from .upper_body import set_arms, set_trunk, slow_variation
from .walker_body import JOINTS, SIDES, WalkerBody, marker_model

RATE_HZ = 150.0  # frame rate of the Shida recordings
# Distance of the hips in front of the midpoint of the ankles at heel strike, for a height of 1.70
# m; fitted with the curves of the joint angles, see `foot_path.py`.
_HIPS_AHEAD_M = 0.038
# The hips are less far ahead in longer steps, so that the trailing leg is not stretched (by hand).
_LONG_STEPS_BEHIND = 0.4
# Amplitude of the forward and backward movement of the pelvis relative to constant speed (rough).
_SURGE_M = 0.006
# Knee flexion in loading response: additional degrees for a step of `FITTED_STEP_SHARE`, phase in
# radians after heel strike, and width; fitted as above.
_LOADING_DEG, _LOADING_PHASE, _LOADING_WIDTH = 19.0, 1.05, 0.72
_DROP_WINDOW_S = 0.035  # the pelvis stays within reach of the legs for this time before and after
# The hip joints of a body in SMPL's layout are closer together than those of people, so that its
# knees point outwards; set by hand from the mean posture of such a body fitted to real subjects.
_KNEES_OUT = np.radians(20.0)
_MOST_TWIST = np.radians(30.0)  # of a knee towards its foot in a turn (rough)
# SD and time constant of the heading of the body around that of the route (rough: the heading in
# straight simulated walks then varies about as much as in real ones).
_DRIFT_DEG, _DRIFT_S = 3.0, 0.7
_LOOK_AHEAD_S = 0.25  # time by which the body turns before the feet (rough)
# Parent of each joint in JOINTS.
_PARENTS = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21)


@dataclass(frozen=True, eq=False)
class Walk:
    """A simulated walk without measurement errors.

    Attributes:
        body: Body of the subject.
        orientations: Joint → (T, 3, 3) global orientation, the identity at rest.
        joints: (T, 22, 3) joints in HumanML3D's order, metres.
        footfalls: Footfalls of both feet.
        feet: Side → path of the foot.
        phase: (T,) increasing phase of the gait in radians, 0 at a left heel strike and pi at a
            right one.
        amplitude: (T,) amplitude of the movement, 0 when standing, about 1 in steady walking.
        heading: (T,) heading of the route, radians.
        facing: (T,) mean heading of the pelvis, radians: that of the route plus a slow drift.
        rate_hz: Frames per second.
    """

    body: WalkerBody
    orientations: dict[str, np.ndarray]
    joints: np.ndarray
    footfalls: Footfalls
    feet: dict[str, FootPath]
    phase: np.ndarray
    amplitude: np.ndarray
    heading: np.ndarray
    facing: np.ndarray
    rate_hz: float = RATE_HZ

    def joint(self, name: str) -> np.ndarray:
        """(T, 3) path of one of the 22 joints, metres.

        Args:
            name: Name in HumanML3D's joint order.
        """
        return self.joints[:, JOINT_NAMES.index(name)]

    @property
    def ahead(self) -> np.ndarray:
        """(T, 3) unit vectors in the direction of the heading."""
        return rotation(yaw=self.heading)[..., 2]

    def motion(self) -> BodyMotion:
        """True shape, poses and translation of the body."""
        return BodyMotion(
            betas=self.body.betas.astype(np.float32),
            poses=_poses(self.orientations).astype(np.float32),
            translation=(self.joint("pelvis") - self.body.rest[0]).astype(np.float32),
            rate_hz=self.rate_hz,
            body="open",
        )

    def markers(self, offsets: np.ndarray) -> np.ndarray:
        """Markers without measurement errors, (T, 44, 3) metres.

        Args:
            offsets: (44, 3) marker placement in the local frames of the skin, metres.
        """
        model, betas = marker_model(), torch.from_numpy(self.body.betas)
        rest = model.rest(betas, torch.from_numpy(offsets)).numpy()
        return skinned(rest, model.weights.numpy(), self.body.rest, *self._frames())

    def _frames(self) -> tuple[np.ndarray, np.ndarray]:
        """Orientations (T, 24, 3, 3) and positions (T, 24, 3) of the joints, with the hands."""
        orientations = np.stack([self.orientations[name] for name in JOINTS], axis=1)
        hands = []
        for index in range(len(JOINT_NAMES), len(JOINTS)):
            parent = _PARENTS[index]
            bone = self.body.rest[index] - self.body.rest[parent]
            hands.append(self.joints[:, parent] + orientations[:, parent] @ bone)
        return orientations, np.concatenate([self.joints, np.stack(hands, axis=1)], axis=1)


def skinned(
    points: np.ndarray,
    weights: np.ndarray,
    rest: np.ndarray,
    orientations: np.ndarray,
    joints: np.ndarray,
) -> np.ndarray:
    """Points on the skin in every frame, by linear blend skinning.

    The affine maps of the joints are blended for each point before the point is moved, which is the
    same as the blend of the moved points (Loper et al. 2015, ACM Trans Graph 34:248, eq. 2).

    Args:
        points: (M, 3) points at rest, metres.
        weights: (M, J) skinning weights.
        rest: (J, 3) joints at rest, metres.
        orientations: (T, J, 3, 3) global orientations of the joints.
        joints: (T, J, 3) positions of the joints, metres.

    Returns:
        (T, M, 3) positions, metres.
    """
    shifts = joints - (orientations @ rest[:, :, None])[..., 0]
    maps = np.concatenate([orientations, shifts[..., None]], axis=-1).reshape(*joints.shape[:2], 12)
    blended = (weights @ maps).reshape(len(joints), len(points), 3, 4)
    return np.einsum("tmij,mj->tmi", blended, np.c_[points, np.ones(len(points))])


def simulate_walk(
    body: WalkerBody, style: GaitStyle, setup: TrialSetup, rng: np.random.Generator
) -> Walk:
    """Simulate a walk at 150 Hz.

    Args:
        body: Body of the subject.
        style: Settings of the gait.
        setup: Duration, route and gait disturbances.
        rng: Random generator of the variability of steps and posture.
    """
    times = np.arange(round(setup.duration_s * RATE_HZ)) / RATE_HZ
    footfalls = plan_footfalls(style, setup, rng)
    feet = {side: foot_path(body, style, footfalls, side, times) for side in SIDES}
    phase, amplitude = _phase_and_amplitude(footfalls, times)
    path = _pelvis_path(footfalls, body, style, times)
    return _assemble(body, style, footfalls, feet, phase, amplitude, path, rng)


def simulate_standing(
    body: WalkerBody, style: GaitStyle, duration_s: float, rng: np.random.Generator
) -> Walk:
    """Simulate a static trial: the subject is standing still with the feet next to each other.

    Args:
        body: Body of the subject.
        style: Settings of the gait.
        duration_s: Duration of the trial, seconds.
        rng: Random generator of the posture.
    """
    setup = TrialSetup(duration_s=duration_s + 60.0, starts_standing=True)
    footfalls = plan_footfalls(style, setup, rng)
    delay = duration_s + 2.0  # the first step is well after the end of the trial
    footfalls = replace(
        footfalls,
        heel_strike_s=footfalls.heel_strike_s + delay,
        toe_off_s=footfalls.toe_off_s + delay,
    )
    times = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    feet = {side: foot_path(body, style, footfalls, side, times) for side in SIDES}
    zero = np.zeros(len(times))
    path = _pelvis_path(footfalls, body, style, times)
    return _assemble(body, style, footfalls, feet, zero, zero, path, rng)


def _assemble(body, style, footfalls, feet, phase, amplitude, path, rng) -> Walk:
    distance, lateral = path
    route_heading = footfalls.route.heading(distance)
    smooth = 0.35 * RATE_HZ
    ahead = round(_LOOK_AHEAD_S * RATE_HZ)
    heading = gaussian_filter1d(
        np.r_[route_heading[ahead:], np.full(ahead, route_heading[-1])], smooth
    )
    joints = np.empty((len(phase), len(JOINT_NAMES), 3))
    facing = heading + np.where(amplitude.any(), _heading_drift(len(phase), rng), 0.0)
    walk = Walk(body, {}, joints, footfalls, feet, phase, amplitude, heading, facing)
    sway = slow_variation(len(phase), 1.2, rng), slow_variation(len(phase), 0.4, rng)
    pelvis = tuple(np.add(_pelvis_angles(walk, style), sway))
    _set_pelvis(walk, style, footfalls.route.point(distance, lateral), pelvis)
    _set_legs(walk)
    set_trunk(walk, style, pelvis, rng)
    set_arms(walk, style, rng)
    _set_joints(walk)
    return walk


def _phase_and_amplitude(footfalls: Footfalls, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Phase and amplitude (T,) of the gait, see `Walk`."""
    strikes, begin, end = (
        footfalls.heel_strike_s[2:],
        footfalls.toe_off_s[2] - 0.25,
        footfalls.heel_strike_s[-1] + 0.4,
    )
    phases = np.pi * (np.arange(len(strikes)) + (0 if footfalls.left[2] else 1))
    size = np.clip(footfalls.size[2:], 0, 1.0)
    start, stop = phases[0] - 0.75 * np.pi, phases[-1] + 0.4 * np.pi
    at = [begin - 60, begin, *strikes, end, end + 60]
    phase_at = [start, start, *phases, stop, stop]
    amplitude_at = [0, 0, *size[:-1], 0.25 * size[-2], 0, 0]
    for begin_s, end_s in footfalls.freezes:  # small movements only during a freeze
        reached = float(np.interp(begin_s, at, phase_at))
        fade_s = min(0.4, 0.4 * (end_s - begin_s))
        for time, share in ((begin_s + fade_s, 0.25), (end_s - 0.25 * fade_s, 0.3)):
            index = int(np.searchsorted(at, time))
            at.insert(index, time)
            phase_at.insert(index, reached + share * np.pi)
            amplitude_at.insert(index, 0.1)
    return PchipInterpolator(at, phase_at)(times), PchipInterpolator(at, amplitude_at)(times)


def _set_joints(walk: Walk) -> None:
    """Set the joint positions from the orientations: each bone rotates with its parent joint."""
    rest = walk.body.rest
    for index, name in enumerate(JOINTS[: len(JOINT_NAMES)]):
        if index:
            parent = _PARENTS[index]
            bone = walk.orientations[JOINTS[parent]] @ (rest[index] - rest[parent])
            walk.joints[:, index] = walk.joints[:, parent] + bone
        assert JOINT_NAMES[index] == name


def _poses(orientations: dict[str, np.ndarray]) -> np.ndarray:
    """(T, 24, 3) axis-angle of each joint relative to its parent, from global orientations."""
    poses = []
    for index, name in enumerate(JOINTS):
        own = orientations[name]
        if index:
            own = orientations[JOINTS[_PARENTS[index]]].swapaxes(-1, -2) @ own
        poses.append(Rotation.from_matrix(own).as_rotvec())
    return np.stack(poses, axis=1)


def _pelvis_angles(walk: Walk, style: GaitStyle) -> tuple[np.ndarray, np.ndarray]:
    """Yaw and roll (T,) of the pelvis: forward on the side of the leading leg, down in swing."""
    yaw = -np.radians(style.pelvis_rotation_deg / 2) * walk.amplitude * np.cos(walk.phase - 0.15)
    roll = np.radians(style.pelvis_drop_deg / 2) * walk.amplitude * np.sin(walk.phase + 0.2)
    return yaw, roll


def _set_pelvis(walk: Walk, style: GaitStyle, path: np.ndarray, angles) -> None:
    """Set the pelvis and the hips: forward with the steps, sideways towards the stance foot.

    The height is the largest that the length of the legs allows. `path` (T, 2) is x and z of the
    midpoint of the hips in metres; `angles` are yaw and roll (T,) in radians.
    """
    body, (yaw, roll) = walk.body, angles
    frame = rotation(walk.facing) @ rotation(yaw, roll, np.radians(style.pelvis_tilt_deg))
    # fastest soon after heel strike, slowest over the stance foot
    surge = _SURGE_M * walk.amplitude * np.sin(2 * walk.phase - 0.5)
    level = path + surge[:, None] * walk.ahead[:, [0, 2]]
    bones = {side: body.bone(f"{side}_hip") for side in SIDES}
    middle_bone = (bones["left"] + bones["right"]) / 2
    hips = {side: frame @ (bones[side] - middle_bone) for side in SIDES}

    ceilings = []
    loading = _LOADING_DEG * min(style.step_length_m / (FITTED_STEP_SHARE * body.height_m), 1.0)
    for side in SIDES:
        least = np.radians(style.knee_flexion_deg + loading * _loading(walk, side))
        reach = np.sqrt(
            body.thigh_m**2 + body.shank_m**2 + 2 * body.thigh_m * body.shank_m * np.cos(least)
        )
        ankle = walk.feet[side].ankle
        to_hip = level + hips[side][:, [0, 2]] - ankle[:, [0, 2]]
        rise = np.sqrt(np.maximum(reach**2 - (to_hip**2).sum(axis=1), 0.05))
        ceilings.append(ankle[:, 1] + rise - hips[side][:, 1])
    half = round(_DROP_WINDOW_S * walk.rate_hz)
    lowest = minimum_filter1d(np.minimum(*ceilings), 2 * half + 1)
    height = gaussian_filter1d(lowest, half / 2, radius=half)
    middle = np.stack([level[:, 0], height, level[:, 1]], axis=1)
    walk.joints[:, 0] = middle - frame @ middle_bone
    walk.orientations["pelvis"] = frame
    for side in SIDES:
        walk.joints[:, JOINT_NAMES.index(f"{side}_hip")] = middle + hips[side]


def _loading(walk: Walk, side: str) -> np.ndarray:
    """Loading response (T,) of a knee, 0 to 1: it bends after heel strike and straightens again."""
    since = walk.phase - _LOADING_PHASE - (0.0 if side == SIDES[0] else np.pi)
    since = np.abs((since + np.pi) % (2 * np.pi) - np.pi)
    return walk.amplitude * np.exp(-((since / _LOADING_WIDTH) ** 2))


def _pelvis_path(footfalls: Footfalls, body: WalkerBody, style: GaitStyle, times: np.ndarray):
    """Distance and lateral offset (T,) of the midpoint of the hips on the route, metres."""
    strikes, toe_offs = footfalls.heel_strike_s[2:], footfalls.toe_off_s[2:]
    ankles = footfalls.distance_m + body.heel_m
    longer = max(style.step_length_m / body.height_m - FITTED_STEP_SHARE, 0.0)
    offset = (_HIPS_AHEAD_M - _LONG_STEPS_BEHIND * longer) * body.height_m / 1.70
    still = 0.35 * offset  # in standing the hips are above the middle of the feet
    middle = (ankles[2:] + ankles[1:-1]) / 2 + offset
    begin, end = toe_offs[0] - 0.25, strikes[-1] + 0.35
    first, last = ankles[0] + still, ankles[-1] + still
    at = [begin - 60, begin, *strikes[:-1], end, end + 60]
    distances = [first, first, *middle[:-1], last, last]
    for begin_s, end_s in footfalls.freezes:  # the body stays above the feet
        index = at.index(begin_s)
        after = min(end_s - 0.15, at[index + 1] - 0.1)
        at.insert(index + 1, after)
        step = distances[index + 1] - distances[index]
        distances.insert(index + 1, distances[index] + 0.15 * step)
    # one more second on both sides, for the smoothing
    margin = round(RATE_HZ)
    extended = times[0] + np.arange(-margin, len(times) + margin) / RATE_HZ
    smooth = 0.25 * np.median(np.diff(strikes)) * RATE_HZ
    distance = PchipInterpolator(at, distances)(extended)
    distance = gaussian_filter1d(distance, smooth)[margin:-margin]

    # closest to the stance foot in the middle of single support
    at = np.concatenate([[begin - 60, begin], (toe_offs + strikes) / 2, [end, end + 60]])
    over = style.sway_share * footfalls.lateral_m[1:-1]
    lateral = PchipInterpolator(at, [0, 0, *over, 0, 0])(extended)
    return distance, gaussian_filter1d(lateral, 0.5 * smooth)[margin:-margin]


def _set_legs(walk: Walk) -> None:
    """Set the knees by the law of cosines; they bend in the mean direction of pelvis and foot."""
    body = walk.body
    for side in SIDES:
        foot, hip = walk.feet[side], walk.joint(f"{side}_hip")
        line = foot.ankle - hip
        distance = np.linalg.norm(line, axis=1)
        assert (distance <= body.leg_m).all(), "the ankle is out of reach of the hip"
        line /= distance[:, None]
        along = (distance**2 + body.thigh_m**2 - body.shank_m**2) / (2 * distance)
        off = np.sqrt(np.maximum(body.thigh_m**2 - along**2, 0.0))
        out = _KNEES_OUT if side == SIDES[0] else -_KNEES_OUT
        twist = np.clip(0.6 * (foot.yaw - walk.facing), -_MOST_TWIST, _MOST_TWIST)
        direction = rotation(yaw=walk.facing + twist + out)[..., 2]
        bend = unit(direction - (direction * line).sum(1, keepdims=True) * line)
        knee = hip + along[:, None] * line + off[:, None] * bend
        ahead = np.array([0.0, 0.0, 1.0])
        toes = rotation(yaw=foot.yaw)[..., 2]  # the shank has the heading of the foot
        for joint, lower, front, bone in (
            ("hip", knee - hip, bend, body.bone(f"{side}_knee")),
            ("knee", foot.ankle - knee, toes, body.bone(f"{side}_ankle")),
        ):
            rest = axes(-unit(bone), ahead)
            walk.orientations[f"{side}_{joint}"] = axes(-unit(lower), front) @ rest.T
        sole = rotation(yaw=foot.yaw, lean=-foot.pitch)
        walk.orientations[f"{side}_ankle"] = walk.orientations[f"{side}_foot"] = sole


def _heading_drift(count: int, rng: np.random.Generator) -> np.ndarray:
    """Draw a drift (T,) of the body's heading in radians, slower than the steps."""
    sigma, margin = _DRIFT_S * RATE_HZ, round(4 * _DRIFT_S * RATE_HZ)
    smooth = gaussian_filter1d(rng.normal(size=count + 2 * margin), sigma)[margin:-margin]
    return np.radians(_DRIFT_DEG) * smooth * np.sqrt(2 * np.sqrt(np.pi) * sigma)
