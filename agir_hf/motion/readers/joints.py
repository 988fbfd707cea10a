"""Arrays of joints: (T, 22, 3) in the order of HumanML3D, or (T, 24, 3) in that of SMPL."""

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
    """Read joints from an .npy file.

    Args:
        path: The file.
        options: Settings of the user; ``rate_hz`` is needed, because the file has no frame rate.

    Raises:
        RecordingError: The file is damaged, or `joint_motion` raises for its array.
    """
    options = options or ReadOptions()
    try:
        array = np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise RecordingError(
            f"{path} cannot be read as .npy ({error}): save it again with np.save"
        ) from error
    if not isinstance(array, np.ndarray):
        raise RecordingError(
            f"{path} is not an .npy file, expected one array of joints: save it with np.save"
        )
    return joint_motion(array, options.rate_hz, options, str(path), "joints")


def joint_motion(
    joints: np.ndarray,
    rate_hz: float | None,
    options: ReadOptions,
    source: str,
    kind: str,
    up: str | None = None,
    stature: float | None = None,
) -> JointMotion:
    """Check the joints of a file and convert them to metres with Y up.

    Args:
        joints: Joints (T, 22, 3), or (T, 24, 3) of SMPL, in the units and axes of the file.
        rate_hz: Frames per second.
        options: Settings of the user.
        source: The file, for messages.
        kind: Kind of joints, for ``marker_set`` of the result.
        up: Vertical axis that the file states, if any.
        stature: Stature in the unit of the file, for formats without a unit (see `to_metres_y_up`).

    Raises:
        RecordingError: The shape is wrong, values or the rate are missing, or left and right are
            swapped.
    """
    if joints.ndim != 3 or joints.shape[1] not in (_JOINTS, _SMPL_JOINTS) or joints.shape[2] != 3:
        raise RecordingError(
            f"{source} has an array of shape {joints.shape}, expected (frames, {_JOINTS}, 3), "
            "joints in the order of HumanML3D: reorder them"
        )
    if joints.dtype.kind not in "fiu":
        raise RecordingError(
            f"{source} has values of type {joints.dtype}, expected numbers: export it again"
        )
    if rate_hz is None or not rate_hz > 0:
        raise RecordingError(
            f"{source} has a rate of {rate_hz} Hz, expected a positive number: pass it with --rate"
        )
    if len(joints) < 2:
        raise RecordingError(
            f"{source} has {len(joints)} frame(s), expected at least two: export it again"
        )
    joints = np.asarray(joints[:, :_JOINTS], dtype=np.float64)
    _check_complete(joints, source)
    joints, conventions = to_metres_y_up(
        joints, options, source, low=_LOW, high=_HIGH, up=up, stature=stature
    )
    _check_sides(joints, source)
    return JointMotion(
        joints=joints,
        rate_hz=float(rate_hz),
        marker_set=kind,
        source=source,
        conventions=conventions,
    )


def _check_complete(joints: np.ndarray, source: str) -> None:
    missing = ~np.isfinite(joints).all(axis=2)
    if missing.all():
        raise RecordingError(f"{source} has no joint in any frame: export it again")
    if missing.any():
        frames, columns = np.nonzero(missing)
        raise RecordingError(
            f"{source} lacks {JOINT_NAMES[columns[0]]} in frame {frames[0] + 1} and "
            f"{missing.sum() - 1} more values, expected complete joints: fill or cut these frames"
        )


def _check_sides(joints: np.ndarray, source: str) -> None:
    """Check that left is on the left, with the neck above the pelvis and the toes forward."""
    joint = {name: joints[:, i].astype(float) for i, name in enumerate(JOINT_NAMES)}
    left = joint["left_hip"] - joint["right_hip"]
    up = joint["neck"] - joint["pelvis"]
    ahead = sum(joint[f"{side}_foot"] - joint[f"{side}_ankle"] for side in ("left", "right"))
    if np.median(np.sign((np.cross(left, up) * ahead).sum(axis=1))) < 0:
        raise RecordingError(
            f"{source} has left and right swapped, or is mirrored: exchange the names of the "
            "sides, or fix the axes of the export"
        )
