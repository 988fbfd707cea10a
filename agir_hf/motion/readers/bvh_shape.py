"""Joints of a BVH file by the shape of the skeleton, for names that say nothing.

Legs and arms are pairs of chains of the same lengths. The legs begin nearest to the root. Thigh
and shin are the two longest bones of a leg that follow each other; so are upper arm and forearm.
Left and right follow from the directions up (feet to arms) and ahead (ankles to toes).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from .bvh_file import Joint
from .bvh_names import ancestors

LEG_OVER_STATURE = 0.491  # thigh 0.245 and shank 0.246 (Drillis and Contini 1966; Winter 2009)
_LEG, _ARM = ("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist")
_SAME = 0.15  # largest difference of the lengths of two limbs of a pair, as a fraction
_SHORTEST_LIMB = 0.3  # of the longest chain of the skeleton
_LIKE_BONES = (0.55, 1.8)  # ratio of thigh and shin, and of upper arm and forearm
_MOST_LIMBS = 8  # limbs at one joint that are compared
_TINY = 1e-3  # length of a bone that counts as zero, as a fraction of the longest bone


def leg_length(positions: np.ndarray, columns: dict[str, int]) -> float:
    """Median over frames of the length of thigh and shin, mean of both sides.

    Args:
        positions: Positions (T, J, 3) of the joints.
        columns: Joint of HumanML3D → index, with hips, knees and ankles.
    """
    lengths = [
        np.linalg.norm(
            positions[:, columns[f"{side}_{upper}"]] - positions[:, columns[f"{side}_{lower}"]],
            axis=1,
        )
        for side in ("left", "right")
        for upper, lower in (("hip", "knee"), ("knee", "ankle"))
    ]
    return float(np.nansum(np.nanmedian(np.stack(lengths), axis=1)) / 2)


def has_plausible_legs(positions: np.ndarray, columns: dict[str, int]) -> bool:
    """Whether thigh and shin have similar lengths, and both are longer than hip and foot.

    Args:
        positions: Positions (T, J, 3) of the joints.
        columns: Joint of HumanML3D → index, with pelvis, hips, knees and ankles.
    """

    def length(first: str, second: str) -> float:
        vector = positions[:, columns[first]] - positions[:, columns[second]]
        return float(np.nanmedian(np.linalg.norm(vector, axis=1)))

    for side in ("left", "right"):
        thigh = length(f"{side}_hip", f"{side}_knee")
        shin = length(f"{side}_knee", f"{side}_ankle")
        pelvis = length("pelvis", f"{side}_hip")
        if not shin > 0 or not _LIKE_BONES[0] < thigh / shin < _LIKE_BONES[1]:
            return False
        if thigh < 1.2 * pelvis:
            return False
    return True


def joints_by_shape(
    joints: Sequence[Joint], members: Sequence[int], positions: np.ndarray
) -> dict[str, int]:
    """Joint of HumanML3D → index from the lengths of the bones; empty if there are no two legs.

    Args:
        joints: Joints and end sites of the file.
        members: Indices of the joints of one person, the root first.
        positions: Positions (T, J, 3) of all joints in some frames.
    """
    limbs = _limb_pairs(joints, members, positions)
    if not limbs:
        return {}
    legs = [_segments(limb, positions) for limb in limbs[0]]
    if None in legs or any(len(leg) < 4 for leg in legs):
        return {}
    arms = None
    in_legs = {*limbs[0][0], *limbs[0][1]}
    for first, second in limbs[1:]:
        if in_legs & {*first, *second}:
            continue
        pair = [_segments(limb, positions) for limb in (first, second)]
        if None not in pair:
            arms = pair
            break
    return _with_sides(legs, arms, joints, positions)


def _limb_pairs(joints, members, positions) -> list[tuple[list[int], list[int]]]:
    """Pairs of chains of the same length, those that begin nearest to the root first."""
    bone = {i: _bone(joints, i, positions) for i in members}
    tiny = _TINY * max(bone.values())
    children: dict[int, list[int]] = {i: [] for i in members}
    for i in members:
        if joints[i].parent in children:
            children[joints[i].parent].append(i)
    reach: dict[int, float] = {}
    for i in reversed(members):  # children come after their parents
        reach[i] = max((bone[c] + reach[c] for c in children[i]), default=0.0)
    longest = max(reach.values())
    pairs = []
    for parent in members:
        near = sum(bone[i] for i in [parent, *ancestors(joints, parent)][:-1])
        longest_first = sorted(children[parent], key=lambda child: -bone[child] - reach[child])
        for a, b in itertools.combinations(longest_first[:_MOST_LIMBS], 2):
            lengths = sorted((bone[a] + reach[a], bone[b] + reach[b]))
            if lengths[0] < _SHORTEST_LIMB * longest or lengths[0] < (1 - _SAME) * lengths[1]:
                continue
            chains = [_longest_chain(i, children, bone, reach, tiny) for i in (a, b)]
            if min(map(len, chains)) >= 3:
                pairs.append((near, 1 - lengths[0] / lengths[1], *chains))
    return [pair[2:] for pair in sorted(pairs, key=lambda pair: pair[:2])]


def _bone(joints, index: int, positions) -> float:
    parent = joints[index].parent
    if parent < 0:
        return 0.0
    lengths = np.linalg.norm(positions[:, index] - positions[:, parent], axis=1)
    return float(np.nan_to_num(np.nanmedian(lengths)))


def _longest_chain(index, children, bone, reach, tiny: float) -> list[int]:
    """Joints from one joint down its longest chain; the last of joints at one point is kept."""
    chain = [index]
    while children[index]:
        index = max(children[index], key=lambda child: bone[child] + reach[child])
        if bone[index] <= tiny:
            chain[-1] = index
        else:
            chain.append(index)
    return chain


def _segments(chain: list[int], positions: np.ndarray) -> list[int] | None:
    """Three joints around the two longest bones that follow each other, and the joint after."""
    lengths = [
        float(np.nanmedian(np.linalg.norm(positions[:, a] - positions[:, b], axis=1)))
        for a, b in itertools.pairwise(chain)
    ]
    best, start = 0.0, None
    for k, (upper, lower) in enumerate(itertools.pairwise(lengths)):
        similar = lower > 0 and _LIKE_BONES[0] < upper / lower < _LIKE_BONES[1]
        if similar and upper + lower > best:
            best, start = upper + lower, k
    return None if start is None else chain[start : start + 4]


def _with_sides(legs, arms, joints, positions: np.ndarray) -> dict[str, int]:
    """Names of the joints of two legs and two arms, with left and right from the directions."""
    ankles, toes = positions[:, [leg[2] for leg in legs]], positions[:, [leg[3] for leg in legs]]
    hips = positions[:, [leg[0] for leg in legs]]
    tops = positions[:, [arm[0] for arm in arms]] if arms else hips
    up = tops.mean(axis=1) - ankles.mean(axis=1)
    ahead = (toes - ankles).mean(axis=1)
    left = np.cross(up, ahead)

    def first_is_left(points: np.ndarray) -> bool:
        return np.nanmedian(((points[:, 0] - points[:, 1]) * left).sum(axis=1)) > 0

    result = {}
    pairs = [(legs, _LEG, hips)] + ([(arms, _ARM, tops)] if arms else [])
    for pair, parts, points in pairs:
        sides = ("left", "right") if first_is_left(points) else ("right", "left")
        for side, limb in zip(sides, pair, strict=True):
            names = [f"{side}_{part}" for part in parts]
            result |= dict(zip(names, limb[:3], strict=True))
            if parts is _LEG:
                result[f"{side}_foot"] = limb[3]
    above = [i for i in ancestors(joints, legs[0][0]) if i in ancestors(joints, legs[1][0])]
    result["pelvis"] = above[0]
    return result
