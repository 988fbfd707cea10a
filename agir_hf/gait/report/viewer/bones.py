"""Bones of the drawn skeleton: pairs of points that a walk has."""

from __future__ import annotations

import numpy as np

# Points: the 22 joints of HumanML3D, then 22 the head, 23 the left heel, 24 the right heel.
_SPINE, _NECK, _HEAD = (0, 3, 6, 9), 12, 22
_LIMBS = (  # (first, second, radius in metres) of the left side
    (0, 1, 0.03), (1, 4, 0.042), (4, 7, 0.034), (7, 10, 0.023), (7, 23, 0.023), (23, 10, 0.022),
    (13, 16, 0.025), (16, 18, 0.031), (18, 20, 0.026),
)  # fmt: skip
_MIRROR = {1: 2, 4: 5, 7: 8, 10: 11, 13: 14, 16: 17, 18: 19, 20: 21, 23: 24}
_SPINE_M, _NECK_M, _COLLAR_M = 0.036, 0.026, 0.024


def bones_of(points: np.ndarray) -> list[tuple[int, int, str, float]]:
    """Return the bones between the points that a walk has.

    Where joints between two points are missing, such as those of the spine, they are connected
    directly.

    Args:
        points: (T, 25, 3) points in metres, from `agir_hf.gait.report.viewer.packing.points_of`.

    Returns:
        For each bone its two points, its side ("left", "right" or "bone" for the middle) and its
        radius in metres.
    """
    has = np.isfinite(points).all(axis=2).any(axis=0)
    spine = [joint for joint in (*_SPINE, _NECK) if has[joint]]
    bones = [(a, b, "bone", _SPINE_M) for a, b in zip(spine, spine[1:], strict=False)]
    if has[_NECK] and has[_HEAD]:
        bones.append((_NECK, _HEAD, "bone", _NECK_M))
    for side, mirror in (("left", {}), ("right", _MIRROR)):
        limbs = [(mirror.get(a, a), mirror.get(b, b), side, radius) for a, b, radius in _LIMBS]
        bones += [limb for limb in limbs if has[limb[0]] and has[limb[1]]]
        collar, shoulder = mirror.get(13, 13), mirror.get(16, 16)
        top = collar if has[collar] else shoulder
        if has[_SPINE[-1]] and has[top]:
            bones.append((_SPINE[-1], top, side, _COLLAR_M))
        elif has[_NECK] and has[top]:
            bones.append((_NECK, top, side, _COLLAR_M))
    if not has[_NECK] and has[16] and has[17]:
        bones.append((16, 17, "bone", _COLLAR_M))
    return bones
