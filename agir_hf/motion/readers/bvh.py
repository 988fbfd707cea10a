"""BVH files: a hierarchy of joints with joint angles, converted to 22 joint positions.

The joints are recognised by their names in common skeletons, by the user's mapping, or by the
shape of the skeleton. Rotations are intrinsic, in the order of the channels of a joint, in degrees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...humanml3d import JOINT_NAMES
from ..recording import JointMotion, ReadOptions
from .bvh_body import complete_joints, joint_columns
from .bvh_file import POSITIONS, ROTATIONS, BvhFile, Joint, read_bvh_file
from .bvh_frames import fill_missing, frame_rate, without_reference_pose
from .bvh_shape import LEG_OVER_STATURE, leg_length
from .joints import joint_motion
from .limits import check_frames

_CHUNK = 8192  # frames whose positions are computed at the same time
_SAMPLES = 200  # frames from which lengths of bones are measured
_FULL_TURN = 6.5  # largest angle of a file in radians
_KNEE_RANGE = 0.35  # smallest range of knee angles of a walk, radians
_WALK_LEGS = 1.0  # smallest travel of a walk, in leg lengths


def read_bvh(path: Path, options: ReadOptions | None = None) -> JointMotion:
    """Read a BVH file as 22 joints in the order of HumanML3D, at the frame rate of the file.

    Missing joints of the spine, neck, head and collars are computed from the others. For a missing
    ball of the foot, the first child of the ankle is used. ``marker_set`` of the result states the
    number of joints that were computed or replaced, and ``remarks`` what was repaired.

    Args:
        path: The file.
        options: Settings of the user; ``mapping`` maps joints of the file to joints of HumanML3D,
            ``item`` is the name of one person of a file with several.

    Raises:
        RecordingError: The hierarchy or the motion is damaged, the joints of the legs cannot be
            recognised, or there are several persons and none is chosen.
    """
    options = options or ReadOptions()
    source = str(path)
    file = read_bvh_file(path)
    sample = np.unique(np.linspace(0, len(file.values) - 1, _SAMPLES).astype(int))
    sampled = joint_positions(file, np.arange(len(file.joints)), file.values[sample])
    columns, members, remarks = joint_columns(file.joints, sampled, options, source)
    in_radians = _in_radians(file, columns, sampled)
    if in_radians:
        remarks = (*remarks, "angles are in radians, not degrees")
        sampled = joint_positions(file, np.arange(len(file.joints)), file.values[sample], False)
    used = sorted(set(columns.values()))
    positions = joint_positions(file, used, file.values, not in_radians)
    by_name = {name: positions[:, used.index(i)] for name, i in columns.items()}
    complete, unmeasured = complete_joints(by_name)
    array = np.stack([complete[name] for name in JOINT_NAMES], axis=1)
    leg = leg_length(sampled, columns)
    rate_hz, remark = frame_rate(file.frame_time, options.rate_hz, by_name, source)
    check_frames(len(array), rate_hz, source)
    array, gap_remark = fill_missing(array, rate_hz, source)
    array, cut = without_reference_pose(array, leg)
    motion = joint_motion(
        array,
        rate_hz,
        options,
        source,
        _kind(file.joints, members, columns),
        stature=leg / LEG_OVER_STATURE,
    )
    cut_remark = f"{cut} frame(s) of a reference pose at the start left out" if cut else ""
    repaired = filter(None, (*remarks, *file.remarks, remark, gap_remark, cut_remark))
    return replace(
        motion,
        start_s=cut / rate_hz,
        remarks=(*motion.remarks, *repaired),
        unmeasured=(*motion.unmeasured, *unmeasured),
    )


def _kind(joints: Sequence[Joint], members: Sequence[int], columns: dict[str, int]) -> str:
    count = sum(not joints[i].is_end for i in members)
    derived = len(JOINT_NAMES) - len(columns)
    return f"BVH, {count} joints" + (f" ({derived} of ours derived)" if derived else "")


def joint_positions(
    file: BvhFile, wanted: Sequence[int], values: np.ndarray, degrees: bool = True
) -> np.ndarray:
    """Positions of joints in the unit and axes of the file.

    Position channels replace the offset of a joint, or are added to it if they are near zero.

    Args:
        file: The file.
        wanted: W indices of joints.
        values: (T, C) values of the channels.
        degrees: Whether angles are in degrees; otherwise in radians.

    Returns:
        Positions (T, W, 3) float64.
    """
    needed: set[int] = set()
    for index in wanted:
        while index >= 0 and index not in needed:
            needed.add(index)
            index = file.joints[index].parent
    added = {i for i in needed if _adds_to_offset(file.joints[i], values)}
    result = np.empty((len(values), len(wanted), 3))
    for start in range(0, len(values), _CHUNK):
        chunk = values[start : start + _CHUNK].T.astype(np.float64)
        positions: dict[int, np.ndarray] = {-1: np.zeros((3, chunk.shape[1]))}
        axes: dict[int, np.ndarray] = {-1: np.repeat(np.eye(3)[..., None], chunk.shape[1], axis=2)}
        for index in sorted(needed):
            joint = file.joints[index]
            offset = _offset(joint, chunk, index in added)
            parent = axes[joint.parent]
            moved = sum(parent[axis] * offset[axis] for axis in range(3))
            positions[index] = positions[joint.parent] + moved
            axes[index] = _rotated(parent, joint, chunk, degrees)
        for column, index in enumerate(wanted):
            result[start : start + _CHUNK, column] = positions[index].T
    return result


def _offset(joint: Joint, values: np.ndarray, added: bool) -> np.ndarray:
    """Offset (3, T) of a joint from its parent, with its position channels."""
    offset = np.repeat(joint.offset[:, None], values.shape[1], axis=1)
    for column, name in enumerate(joint.channels, start=joint.first):
        if name in POSITIONS:
            axis = POSITIONS[name]
            offset[axis] = values[column] + (joint.offset[axis] if added else 0)
    return offset


def _rotated(axes: np.ndarray, joint: Joint, values: np.ndarray, degrees: bool) -> np.ndarray:
    """Axes of a joint: those of its parent (axis, 3, T), turned by its rotation channels."""
    axes = axes.copy()
    for column, name in enumerate(joint.channels, start=joint.first):
        if name in ROTATIONS:
            angle = np.radians(values[column]) if degrees else values[column]
            cosine, sine = np.cos(angle), np.sin(angle)
            first, second = (ROTATIONS[name] + 1) % 3, (ROTATIONS[name] + 2) % 3
            before = axes[first].copy()
            axes[first] = before * cosine + axes[second] * sine
            axes[second] = axes[second] * cosine - before * sine
    return axes


def _adds_to_offset(joint: Joint, values: np.ndarray) -> bool:
    """Whether the position channels of a joint are displacements from its offset."""
    columns = [joint.first + i for i, name in enumerate(joint.channels) if name in POSITIONS]
    if joint.parent < 0 or len(columns) < 3:
        return False
    with np.errstate(invalid="ignore"):
        typical = np.nan_to_num(np.nanmedian(values[:, columns], axis=0))
    return bool(np.linalg.norm(typical) < 0.1 * np.linalg.norm(joint.offset))


def _in_radians(file: BvhFile, columns: dict[str, int], positions: np.ndarray) -> bool:
    """Whether all angles are so small that a person who travels would not bend the knees."""
    angles = [
        joint.first + i
        for joint in file.joints
        for i, name in enumerate(joint.channels)
        if name in ROTATIONS
    ]
    knees = [file.joints[columns[f"{side}_knee"]] for side in ("left", "right")]
    flexion = [
        joint.first + i
        for joint in knees
        for i, name in enumerate(joint.channels)
        if name in ROTATIONS
    ]
    if not flexion or not np.nanmax(np.abs(file.values[:, angles])) <= _FULL_TURN:
        return False
    ranges = np.nanpercentile(file.values[:, flexion], [5, 95], axis=0)
    travel = np.ptp(positions[:, columns["pelvis"]], axis=0).max()
    return bool(
        np.ptp(ranges, axis=0).max() > _KNEE_RANGE
        and travel > _WALK_LEGS * leg_length(positions, columns)
    )
