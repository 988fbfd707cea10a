"""Arrays of joints: (T, 22, 3) in HumanML3D's order, or SMPL's 24."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...humanml3d import JOINT_NAMES
from ..recording import JointMotion, ReadOptions, RecordingError
from ..units_axes import to_metres_y_up

_JOINTS = len(JOINT_NAMES)
_SMPL_JOINTS = 24
_LOW = [
    JOINT_NAMES.index(f"{side}_{part}") for side in ("left", "right") for part in ("ankle", "foot")
]
_HIGH = [JOINT_NAMES.index(name) for name in ("neck", "left_shoulder", "right_shoulder")]


def read_npy(path: Path, options: ReadOptions | None = None) -> JointMotion:
    """Read joints from an .npy file; ``options.rate_hz`` is needed, for it states none."""
    options = options or ReadOptions()
    try:
        array = np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise RecordingError(f"{path} cannot be read as .npy: {error}") from error
    if not isinstance(array, np.ndarray):
        raise RecordingError(f"{path} is no .npy file, expected one array of joints")
    return joint_motion(array, options.rate_hz, options, str(path), "joints")


def joint_motion(
    joints: np.ndarray,
    rate_hz: float | None,
    options: ReadOptions,
    source: str,
    kind: str,
    up: str | None = None,
) -> JointMotion:
    """Joints of a file, checked, in metres with Y up.

    Args:
        joints: (T, 22, 3), or (T, 24, 3) of SMPL, in the file's units and axes.
        rate_hz: frames per second.
        options: what the user forces.
        source: the file.
        kind: what the joints are, told as ``marker_set``.
        up: vertical axis the file states, if it does.

    Raises:
        RecordingError: for another shape, missing values, no rate, or left and right swapped.
    """
    if joints.ndim != 3 or joints.shape[1] not in (_JOINTS, _SMPL_JOINTS) or joints.shape[2] != 3:
        raise RecordingError(
            f"{source} has an array of shape {joints.shape}, expected (frames, {_JOINTS}, 3), "
            "joints in HumanML3D's order"
        )
    if joints.dtype.kind not in "fiu":
        raise RecordingError(f"{source} has values of type {joints.dtype}, expected numbers")
    if rate_hz is None or not rate_hz > 0:
        raise RecordingError(
            f"{source} has a rate of {rate_hz} Hz, expected a positive number: give it with --rate"
        )
    if len(joints) < 2:
        raise RecordingError(f"{source} has {len(joints)} frame, expected a motion of at least two")
    joints = np.asarray(joints[:, :_JOINTS], dtype=np.float64)
    _check_whole(joints, source)
    joints, conventions = to_metres_y_up(joints, options, source, low=_LOW, high=_HIGH, up=up)
    _check_sides(joints, source)
    return JointMotion(
        joints=joints,
        rate_hz=float(rate_hz),
        marker_set=kind,
        source=source,
        conventions=conventions,
    )


def _check_whole(joints: np.ndarray, source: str) -> None:
    missing = ~np.isfinite(joints).all(axis=2)
    if missing.all():
        raise RecordingError(f"{source} has no joint in any frame: export it again")
    if missing.any():
        frames, columns = np.nonzero(missing)
        raise RecordingError(
            f"{source} lacks {JOINT_NAMES[columns[0]]} in frame {frames[0] + 1} and "
            f"{missing.sum() - 1} more values, expected whole joints: fill or cut them"
        )


def _check_sides(joints: np.ndarray, source: str) -> None:
    """With up from pelvis to neck and toes forward, left has to be at the left."""
    place = {name: joints[:, i].astype(float) for i, name in enumerate(JOINT_NAMES)}
    left = place["left_hip"] - place["right_hip"]
    up = place["neck"] - place["pelvis"]
    ahead = sum(place[f"{side}_foot"] - place[f"{side}_ankle"] for side in ("left", "right"))
    if np.median(np.sign((np.cross(left, up) * ahead).sum(axis=1))) < 0:
        raise RecordingError(
            f"{source} has left and right swapped, or is mirrored: exchange the sides' names, or "
            "mend the axes of the export"
        )
