"""The joints of HumanML3D in a BVH file: which person, which joints, and those it does not have."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...humanml3d import JOINT_NAMES
from ..joint_centres import SPINE_SHARES
from ..recording import ReadOptions, RecordingError
from .bvh_file import Joint
from .bvh_names import SIDES, ancestors, joints_by_name
from .bvh_shape import has_plausible_legs, joints_by_shape

_LEG = tuple(f"{side}_{part}" for side in SIDES for part in ("hip", "knee", "ankle"))
_ARM = tuple(f"{side}_{part}" for side in SIDES for part in ("shoulder", "elbow", "wrist"))
_MOST_NAMES = 60  # in a message
_FEWEST_JOINTS = 7  # of a person: pelvis and two legs
# Offsets of neck and head, as fractions of the distance from pelvis to shoulders.
_NECK_OVER_SHOULDERS, _HEAD_AHEAD = 0.10, 0.10
# Trunk and arms of a skeleton without them, in lengths of thigh and shin (Drillis and Contini
# 1966; Winter 2009): height of the shoulders over the hips, half their width, upper arm, forearm.
_TRUNK, _HALF_SHOULDERS, _UPPER_ARM, _FOREARM = 0.587, 0.263, 0.379, 0.297


def joint_columns(
    joints: Sequence[Joint], positions: np.ndarray, options: ReadOptions, source: str
) -> tuple[dict[str, int], list[int], tuple[str, ...]]:
    """Joint of HumanML3D → index in the file, for one person.

    The mapping of the user comes first, then names, then the shape of the skeleton.

    Args:
        joints: Joints and end sites of the file.
        positions: Positions (T, J, 3) of all of them in some frames.
        options: Settings of the user: ``mapping`` and ``item``.
        source: The file, for messages.

    Returns:
        The indices, the indices of all joints of the person, and remarks.

    Raises:
        RecordingError: The joints of the legs are not recognised, the mapping does not fit, or
            there are several persons and none is chosen.
    """
    persons = _persons(joints)
    results, failures = {}, []
    chosen = _chosen(persons, options.item)
    for name in chosen:
        try:
            results[name] = _columns_of(joints, persons[name], positions, options.mapping, source)
        except RecordingError as error:
            failures.append(error)
    if not results:
        raise failures[0]
    if len(results) > 1:
        raise RecordingError(
            f"{source} has {len(results)} persons ({', '.join(results)}), expected one: choose "
            f"one with --item, such as --item {next(iter(results))!r}"
        )
    name, (columns, remarks) = next(iter(results.items()))
    others = [other for other in persons if other != name]
    if others:
        remarks = (*remarks, f"{name} read, {', '.join(others)[:200]} left out")
    return columns, persons[name], remarks


def _persons(joints: Sequence[Joint]) -> dict[str, list[int]]:
    """Indices of the joints of each hierarchy by the name of its root."""
    roots: list[int] = []
    members: dict[int, list[int]] = {}
    for index, joint in enumerate(joints):
        root = index if joint.parent < 0 else roots[joint.parent]
        roots.append(root)
        members.setdefault(root, []).append(index)
    names: dict[str, list[int]] = {}
    for number, (root, indices) in enumerate(members.items(), start=1):
        subject = joints[root].name.rpartition(":")[0]
        name = subject if subject and subject not in names else joints[root].name
        names[f"{name} {number}" if name in names or not name else name] = indices
    return names


def _chosen(persons: dict[str, list[int]], item: str | None) -> list[str]:
    """Names of the hierarchies that may be the person to read."""
    if item is not None and len(persons) > 1:
        wanted = item.strip().lower()
        for name in persons:
            if name.lower() == wanted:
                return [name]
        raise RecordingError(
            f"--item is {item!r}, the file has {', '.join(persons)}: pass one of these"
        )
    large = [name for name, indices in persons.items() if len(indices) >= _FEWEST_JOINTS]
    return large or list(persons)


def _columns_of(joints, members, positions, mapping, source):
    """Indices of the joints of one person, and remarks."""
    mapped = _mapped(joints, members, mapping or {}, source)
    columns = joints_by_name(joints, members, mapped)
    _add_pelvis(columns, joints, members)
    remarks: tuple[str, ...] = ()
    doubtful = [name for name in _LEG if name not in columns]
    implausible = not doubtful and not has_plausible_legs(positions, columns)
    if doubtful or implausible:
        shape = joints_by_shape(joints, members, positions)
        if shape and not mapped:
            shape = _with_named_sides(shape, columns)
            kept = (
                {} if implausible else {n: i for n, i in columns.items() if n in ("neck", "head")}
            )
            if all(name in columns for name in _ARM):
                kept |= {name: columns[name] for name in _ARM}
            columns = {**shape, **kept}
            remarks = (_shape_remark(joints, columns),)
        elif shape and all(shape[n] == i for n, i in columns.items() if n in shape):
            columns = {**shape, **columns}
            remarks = (_shape_remark(joints, columns),)
    lacking = [name for name in _LEG if name not in columns]
    if lacking:
        raise _unknown(joints, members, lacking, source)
    if any(name not in columns for name in _ARM):
        shape = joints_by_shape(joints, members, positions)
        if all(columns[name] == shape.get(name) for name in _LEG):
            columns = {**{n: i for n, i in shape.items() if n in _ARM}, **columns}
    for side in SIDES:
        _add_toes(side, columns, joints, positions, source)
    return columns, remarks


def _unknown(joints, members, lacking, source: str) -> RecordingError:
    names = [joints[i].name for i in members if not joints[i].is_end]
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return RecordingError(
        f"{source} has joints {', '.join(names[:_MOST_NAMES])}{more}, none is recognised as "
        f"{', '.join(lacking)}: write a JSON file "
        '{"joint of the file": "left_hip", …} and pass it with --mapping'
    )


def _shape_remark(joints, columns: dict[str, int]) -> str:
    shown = ", ".join(f"{name} = {joints[columns[name]].name}" for name in _LEG[:3])
    return (
        f"names of joints are unknown or do not fit, joints chosen by the shape of the skeleton "
        f"({shown}): pass --mapping if they are others"
    )


def _with_named_sides(shape: dict[str, int], named: dict[str, int]) -> dict[str, int]:
    """Exchange the sides of the shape if the names that are recognised say the opposite."""
    side_of = {i: name.partition("_")[0] for name, i in named.items() if name.startswith(SIDES)}
    votes = [
        (1 if side_of[i] == name.partition("_")[0] else -1)
        for name, i in shape.items()
        if i in side_of
    ]
    if sum(votes) >= 0:
        return shape
    other = {"left": "right", "right": "left"}
    swapped = {}
    for name, i in shape.items():
        side, _, part = name.partition("_")
        swapped[f"{other[side]}_{part}" if side in other else name] = i
    return swapped


def _mapped(joints, members, mapping: dict[str, str], source: str) -> dict[str, int]:
    indices = {joints[i].name: i for i in reversed(members) if not joints[i].is_end}
    for name, joint in mapping.items():
        if name not in indices:
            raise RecordingError(
                f"{source} has no joint {name!r}, expected the names of the mapping: fix the "
                "mapping"
            )
        if joint not in JOINT_NAMES:
            raise RecordingError(
                f"the mapping has {joint!r}, expected one of {', '.join(JOINT_NAMES)}: fix the "
                "mapping"
            )
    return {joint: indices[name] for name, joint in mapping.items()}


def _add_pelvis(columns: dict[str, int], joints, members) -> None:
    """Add the pelvis: the last joint that is above both hips, or the root."""
    if "pelvis" in columns:
        return
    above = [ancestors(joints, columns[hip]) for hip in ("left_hip", "right_hip") if hip in columns]
    common = [i for i in above[0] if i in above[1]] if len(above) == 2 else []
    columns["pelvis"] = common[0] if common else members[0]


def _add_toes(side: str, columns: dict[str, int], joints, positions, source: str) -> None:
    """Add the ball of the foot: the first point below the ankle that is not at the ankle."""
    ankle, knee = columns[f"{side}_ankle"], columns[f"{side}_knee"]
    if f"{side}_foot" in columns:
        return
    shin = np.nanmedian(np.linalg.norm(positions[:, ankle] - positions[:, knee], axis=1))
    below = {ankle}
    for index in range(ankle + 1, len(joints)):
        if joints[index].parent in below:
            below.add(index)
            distance = np.linalg.norm(positions[:, index] - positions[:, ankle], axis=1)
            if np.nanmedian(distance) > 0.05 * shin:
                columns[f"{side}_foot"] = index
                return
    raise RecordingError(
        f"{source} has no joint below {joints[ankle].name}, expected toes: map a joint to "
        f"{side}_foot with --mapping, or export the end sites"
    )


def complete_joints(joints: dict[str, np.ndarray]) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Positions (T, 3) of all 22 joints by name, and the names of those that are not measured.

    Spine, collars, neck and head are set from pelvis and shoulders. Without arms, the upper body is
    set upright over the pelvis with the arms down, and is not measured.

    Args:
        joints: Joint of HumanML3D → positions (T, 3), with the pelvis and the legs.
    """
    result = dict(joints)
    unmeasured = _add_upper_body(result) if any(name not in result for name in _ARM) else ()
    pelvis = result["pelvis"]
    shoulders = (result["left_shoulder"] + result["right_shoulder"]) / 2
    trunk = shoulders - pelvis
    length = np.linalg.norm(trunk, axis=1, keepdims=True)
    up = trunk / np.maximum(length, 1e-9)
    left = result["left_shoulder"] - result["right_shoulder"]
    ahead = np.cross(left, up)
    ahead /= np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), 1e-9)
    result.setdefault("neck", shoulders + _NECK_OVER_SHOULDERS * trunk)
    for index, name in enumerate(("spine1", "spine2", "spine3")):
        result.setdefault(name, pelvis + SPINE_SHARES[index] * (result["neck"] - pelvis))
    high = result["neck"] + _NECK_OVER_SHOULDERS * trunk + _HEAD_AHEAD * length * ahead
    result.setdefault("head", high)
    for side in SIDES:
        base = (result["spine3"] + result["neck"]) / 2
        shoulder = result[f"{side}_shoulder"]
        result.setdefault(f"{side}_collar", base + 0.45 * (shoulder - base))
    return result, unmeasured


def _add_upper_body(joints: dict[str, np.ndarray]) -> tuple[str, ...]:
    """Add missing shoulders, elbows and wrists; returns the names of joints not measured."""
    missing = [name for name in _ARM if name not in joints]
    pelvis = joints["pelvis"]
    ankles = (joints["left_ankle"] + joints["right_ankle"]) / 2
    above = np.nanmedian(pelvis - ankles, axis=0)
    up = above / max(float(np.linalg.norm(above)), 1e-9)
    leg = float(np.linalg.norm(above))
    left = joints["left_hip"] - joints["right_hip"]
    left = left - (left @ up)[:, None] * up
    left /= np.maximum(np.linalg.norm(left, axis=1, keepdims=True), 1e-9)
    for side, sign in (("left", 1), ("right", -1)):
        if "neck" in joints:
            middle = joints["neck"] - 0.1 * (joints["neck"] - pelvis)
        else:
            middle = pelvis + _TRUNK * leg * up
        joints.setdefault(f"{side}_shoulder", middle + sign * _HALF_SHOULDERS * leg * left)
        shoulder = joints[f"{side}_shoulder"]
        joints.setdefault(f"{side}_elbow", shoulder - _UPPER_ARM * leg * up)
        joints.setdefault(f"{side}_wrist", joints[f"{side}_elbow"] - _FOREARM * leg * up)
    trunk = [] if "neck" in joints else ["spine1", "spine2", "spine3", "neck", "head"]
    collars = [f"{side}_collar" for side in SIDES if f"{side}_shoulder" in missing]
    return (*trunk, *collars, *missing)
