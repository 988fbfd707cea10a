"""Spine, head and arms of a simulated walk: rotations with the phase of the gait.

Angles are radians, coordinates those of `route.py`. "Rough" marks our own estimate of a plausible
value, without a published source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter1d

from .footsteps import GaitStyle
from .rotations import axes, rotation, unit
from .walker_body import JOINTS, SIDES, WalkerBody

if TYPE_CHECKING:
    from .walk import Walk

# Rotation and flexion of each joint of the spine, as fractions of the rotation of the thorax and of
# the flexion of the trunk.
_SPINE_ROTATION = {"spine1": 0.33, "spine2": 0.67, "spine3": 1.0, "neck": 0.7}
_SPINE_FLEXION = {"spine1": 0.9, "spine2": 1.1, "spine3": 1.2, "neck": 0.9}
# Scale of the swing, so that the line from shoulder to wrist has the range of the setting.
_SWING_SHARE = 0.80
_HEAD_UP = 0.45  # fraction of the trunk flexion that the head compensates


def set_trunk(walk: Walk, style: GaitStyle, pelvis, rng: np.random.Generator) -> None:
    """Set spine, neck, head and collars; the shoulders rotate opposite to the pelvis.

    Args:
        walk: Walk whose `orientations` are set.
        style: Settings of the gait.
        pelvis: Yaw and roll (T,) of the pelvis, radians.
        rng: Random generator of slow variations.
    """
    count = len(walk.phase)
    pelvis_yaw, pelvis_roll = pelvis
    swing = np.radians(style.trunk_rotation_deg / 2) * walk.amplitude
    lag = np.radians(style.trunk_phase_deg) - np.pi
    thorax_yaw = swing * np.cos(walk.phase - 0.15 - lag) + slow_variation(count, 1.0, rng)
    thorax_roll = -0.3 * pelvis_roll + slow_variation(count, 0.7, rng)
    thorax_roll = thorax_roll - np.radians(style.trunk_lean_deg)
    flexion = np.radians(style.trunk_flexion_deg - _upright_deg(walk.body))
    flexion = flexion + slow_variation(count, 0.8, rng)
    flexion += np.radians(0.8) * walk.amplitude * np.cos(2 * walk.phase)
    level = rotation(walk.facing)
    for name, share in _SPINE_ROTATION.items():
        walk.orientations[name] = level @ rotation(
            (1 - share) * pelvis_yaw + share * thorax_yaw,
            (1 - share) * pelvis_roll + share * thorax_roll,
            _SPINE_FLEXION[name] * flexion,
        )
    up = np.radians(_HEAD_UP * style.trunk_flexion_deg - style.head_flexion_deg)
    walk.orientations["head"] = level @ rotation(0.4 * thorax_yaw, 0.3 * thorax_roll, flexion - up)
    for side in SIDES:
        walk.orientations[f"{side}_collar"] = walk.orientations["spine3"]


def _upright_deg(body: WalkerBody) -> float:
    """Forward lean of the line from the hips to the neck at rest, degrees."""
    hips = (body.rest[JOINTS.index("left_hip")] + body.rest[JOINTS.index("right_hip")]) / 2
    trunk = body.rest[JOINTS.index("neck")] - hips
    return float(np.degrees(np.arctan2(trunk[2], trunk[1])))


def set_arms(walk: Walk, style: GaitStyle, rng: np.random.Generator) -> None:
    """Set the arms: they swing opposite to the legs; the elbow flexes as the arm moves forward.

    Args:
        walk: Walk whose `orientations` are set.
        style: Settings of the gait.
        rng: Random generator of slow variations.
    """
    count = len(walk.phase)
    level = rotation(walk.facing)
    thorax = level.swapaxes(-1, -2) @ walk.orientations["spine3"]
    yaw = 0.5 * np.arctan2(thorax[:, 0, 2], thorax[:, 2, 2])
    for side, sign in zip(SIDES, (1.0, -1.0), strict=True):
        degrees = style.arm_swing_left_deg if sign > 0 else style.arm_swing_right_deg
        # the left arm is forward at the right heel strike (phase pi)
        wave = -sign * walk.amplitude * np.cos(walk.phase - 0.25)
        half = np.radians(_SWING_SHARE * degrees / 2) * (1 + slow_variation(count, 6.0, rng))
        flexion = np.radians(-style.arm_extension_deg) + slow_variation(count, 1.2, rng)
        elbow = np.radians(style.elbow_flexion_deg) + slow_variation(count, 1.5, rng)
        # the swing is shared between shoulder and elbow (rough)
        flexion = flexion + 0.75 * half * wave
        elbow = np.maximum(elbow + 0.7 * half * wave, np.radians(4.0))
        away = sign * np.radians(style.arm_abduction_deg)
        upper = level @ rotation(yaw, away, -flexion)
        fore = rotation(yaw + sign * np.radians(2.0), 0.75 * away, -(flexion + elbow))
        hanging = {part: _hanging_rotation(walk.body, side, part) for part in ("elbow", "wrist")}
        walk.orientations[f"{side}_shoulder"] = upper @ hanging["elbow"]
        walk.orientations[f"{side}_elbow"] = level @ fore @ hanging["wrist"]
        walk.orientations[f"{side}_wrist"] = walk.orientations[f"{side}_hand"] = walk.orientations[
            f"{side}_elbow"
        ]


def _hanging_rotation(body: WalkerBody, side: str, joint: str) -> np.ndarray:
    """(3, 3) rotation of a bone of the arm from rest (sideways) to hanging down."""
    bone = unit(body.bone(f"{side}_{joint}"))
    ahead = np.array([0.0, 0.0, 1.0])
    return axes(np.array([0.0, 1.0, 0.0]), ahead) @ axes(-bone, ahead).T


def slow_variation(count: int, degrees: float, rng: np.random.Generator) -> np.ndarray:
    """Draw a slow random variation (T,) of an angle in radians.

    Args:
        count: Number of frames T.
        degrees: SD of the variation, degrees.
        rng: Random generator.
    """
    steps = gaussian_filter1d(rng.normal(size=count // 15 + 14), 3.0, mode="nearest")
    at = 6 + np.arange(count) / 15  # ten draws per second, smoothed with an SD of three draws
    return np.radians(degrees) * CubicSpline(np.arange(len(steps)), steps / 0.307)(at)
