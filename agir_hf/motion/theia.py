"""Joints from the poses of body segments, as Theia3D writes them to C3D files.

Theia3D writes one 4 x 4 matrix for each segment and frame: rotation and origin in the room. The
origin of a segment is the joint at its upper end: the hip for the thigh, the ankle for the foot,
the heads of the metatarsals for the toes, the base of the skull for the head.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .keypoint_centres import keypoints_to_joints
from .keypoint_sets import SIDES, KeypointSet, recognise_segments
from .recording import GaitEvent, JointMotion, ReadOptions, RecordingError
from .units_axes import to_metres_y_up

# Points in the frame of the foot (right, forward, up) relative to the length of the shank. The heel
# is at (0, -0.039, -0.053) m for a shank of 0.444 m in files that state it (THEIA3D:l_heel); the
# ball of the foot is for files without segments of the toes.
_HEEL_IN_FOOT = np.array([0.0, -0.087, -0.118])
_BALL_IN_FOOT = np.array([0.0, 0.33, -0.12])


def segments_to_joints(
    labels: Sequence[str],
    matrices: np.ndarray,
    rate_hz: float,
    options: ReadOptions | None = None,
    source: str = "",
    *,
    unit: str | None = None,
    up: str | None = None,
    events: tuple[GaitEvent, ...] = (),
    start_s: float = 0.0,
    remarks: tuple[str, ...] = (),
) -> JointMotion:
    """Convert the poses of body segments to joints.

    Args:
        labels: S labels of segments, such as "l_thigh_4X4".
        matrices: Poses (S, 4, 4, T) in the unit and axes of the file: rotation in the first three
            rows and columns, origin in the last column; NaN where a segment was not tracked.
        rate_hz: Frames per second of the matrices.
        options: Settings of the user.
        source: The file, for messages.
        unit: Unit that the file states, if any.
        up: Vertical axis that the file states, if any.
        events: Gait events of the file, in seconds from the first frame.
        start_s: Time of the first frame in seconds on the clock of the file.
        remarks: What was repaired or left out before.

    Returns:
        Joints (T, 22, 3) float32 in metres, Y up, at the rate of the matrices.

    Raises:
        RecordingError: The segments are not those of a body, or are not tracked for one second.
    """
    segments = recognise_segments(labels)
    if segments is None:
        raise RecordingError(
            f"{source} has rotations of {len(labels)} segments ({', '.join(labels[:8])}), expected "
            "thigh, shank, foot and upper arm of both sides, as Theia3D names them: export marker "
            "or joint positions"
        )
    origins = _origins(np.asarray(matrices, dtype=np.float64))
    columns = dict(segments.columns)
    for side in SIDES:
        points = {"heel": _HEEL_IN_FOOT}
        if f"{side}_ball" not in columns:
            points["ball"] = _BALL_IN_FOOT
            remarks = (*remarks, f"the {side} ball of the foot is set from the pose of the foot")
        for part, offset in points.items():
            columns[f"{side}_{part}"] = origins.shape[1]
            labels = (*labels, f"{side} {part}")
            point = _in_foot(matrices, origins, columns, side, offset)
            origins = np.concatenate([origins, point[:, None]], axis=1)
    names, order = list(columns), list(columns.values())
    low = [names.index(f"{side}_ankle") for side in SIDES]
    high = [names.index(f"{side}_shoulder") for side in SIDES]
    positions, conventions = to_metres_y_up(
        origins[:, order], options or ReadOptions(), source, low=low, high=high, unit=unit, up=up
    )
    return keypoints_to_joints(
        tuple(labels[column] for column in order),
        positions,
        rate_hz,
        source=source,
        conventions=conventions,
        events=events,
        start_s=start_s,
        remarks=remarks,
        keypoint_set=KeypointSet(segments.name, {name: i for i, name in enumerate(names)}),
    )


def _origins(matrices: np.ndarray) -> np.ndarray:
    """Origins (T, S, 3) of the segments; NaN where a segment was not tracked.

    A matrix of zeros, or with a rotation that is not orthogonal, is a segment that was not tracked.
    """
    rotations = matrices[:, :3, :3].transpose(3, 0, 1, 2)  # (T, S, 3, 3)
    origins = matrices[:, :3, 3].transpose(2, 0, 1).copy()
    if not np.nanmax(np.abs(origins), initial=0.0) > 0:  # the transpose, origin in the last row
        origins = matrices[:, 3, :3].transpose(2, 0, 1).copy()
    square = np.einsum("tsij,tsik->tsjk", rotations, rotations)
    with np.errstate(invalid="ignore"):
        valid = (np.abs(square - np.eye(3)) < 0.05).all(axis=(2, 3))
    origins[~valid] = np.nan
    return origins


def _in_foot(
    matrices: np.ndarray, origins: np.ndarray, columns: dict[str, int], side: str, offset
) -> np.ndarray:
    """Point (T, 3) that is fixed to a foot, in the unit of the file.

    Args:
        matrices: Poses (S, 4, 4, T) of the segments.
        origins: Origins (T, S, 3) of the segments.
        columns: Joint → its segment.
        side: "left" or "right".
        offset: Point (3,) in the frame of the foot, relative to the length of the shank.
    """
    foot, knee = columns[f"{side}_ankle"], columns[f"{side}_knee"]
    shank = np.nanmedian(np.linalg.norm(origins[:, knee] - origins[:, foot], axis=1))
    turned = np.einsum("ijt,j->ti", matrices[foot, :3, :3], offset)
    return origins[:, foot] + shank * turned
