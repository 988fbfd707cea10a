"""Arrays of joints or features: (T, 22, 3) in the order of HumanML3D, SMPL's joints, (T, 263)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from ...humanml3d import BONE_LENGTHS, FPS, JOINT_NAMES, LINKS, NUM_FEATURES, features_to_joints
from ..recording import BodyMotion, JointMotion, ReadOptions, RecordingError
from ..units_axes import to_metres_y_up
from .array_files import load_npy
from .body_checks import file_rate
from .limits import check_frames

_JOINTS = len(JOINT_NAMES)
# Numbers of joints whose first 22 are those of HumanML3D: SMPL (24, and 45 with points of the
# surface), SMPL-H (52, 73), SMPL-X (55, 127, 144).
_SMPL_COUNTS = (_JOINTS, 24, 45, 52, 55, 73, 127, 144)
_KIT_FEATURES = 251
_MOTION_X_VALUES = 322
_LARGEST = 1e6  # in any unit; larger values are no positions
_LOW = [
    JOINT_NAMES.index(f"{side}_{part}") for side in ("left", "right") for part in ("ankle", "foot")
]
_HIGH = [JOINT_NAMES.index(name) for name in ("neck", "left_shoulder", "right_shoulder")]
_EXPECTED = (
    f"expected joints (frames, {_JOINTS}, 3) in the order of HumanML3D, joints of SMPL, SMPL-H or "
    f"SMPL-X (frames, 24, 52 or 55, 3), or HumanML3D features (frames, {NUM_FEATURES})"
)


def read_npy(path: Path, options: ReadOptions | None = None) -> JointMotion | BodyMotion:
    """Read joints or HumanML3D features from an .npy file.

    Args:
        path: The file.
        options: Settings of the user; joints need ``rate_hz``, because the file has no frame rate.

    Raises:
        RecordingError: The file is damaged, or `array_motion` raises for its array.
    """
    options = options or ReadOptions()
    return array_motion(load_npy(path), None, options, str(path))


def array_motion(
    array: np.ndarray, rate_hz, options: ReadOptions, source: str
) -> JointMotion | BodyMotion:
    """Read an array by its shape: joints, features, or poses of Motion-X.

    Args:
        array: Joints (T, J, 3) or flattened, joints (J, 3, T), features (T, 263), or poses of
            Motion-X (T, 322). A leading axis of several motions needs ``options.item``.
        rate_hz: Frames per second that the file states, or None.
        options: Settings of the user.
        source: The file, for messages.

    Raises:
        RecordingError: The shape is another one, values are not numbers, or there is no rate.
    """
    if array.dtype.kind not in "fiu":
        raise RecordingError(
            f"{source} has values of type {array.dtype}, expected numbers: export it again"
        )
    original = array.shape
    array, source, remarks = _one_motion(array, options, source)
    array, reordered = _frames_first(array)
    remarks += reordered
    if array.ndim == 2 and array.shape[1] == NUM_FEATURES:
        return feature_motion(array, rate_hz, options, source)
    if array.ndim == 2 and array.shape[1] == _KIT_FEATURES:
        raise RecordingError(
            f"{source} has features of {_KIT_FEATURES} values, those of KIT-ML with 21 joints, "
            f"expected {NUM_FEATURES} (HumanML3D): pass the joints that they were computed from"
        )
    if array.ndim == 2 and array.shape[1] == _MOTION_X_VALUES:
        return _motion_x(array, rate_hz, options, source)
    if array.ndim == 2 and array.shape[1] in [3 * count for count in _SMPL_COUNTS]:
        joints = array.reshape(len(array), -1, 3)
        if not _has_rigid_bones(joints):
            raise RecordingError(
                f"{source} has an array of shape {original} that is not joints (the bones change "
                "their length): if it has poses, save poses, trans and mocap_framerate by name "
                "with numpy.savez"
            )
        return joint_motion(joints, rate_hz, options, source, "joints", remarks=remarks)
    if array.ndim == 3 and array.shape[1] in _SMPL_COUNTS and array.shape[2] == 3:
        return joint_motion(array, rate_hz, options, source, "joints", remarks=remarks)
    raise RecordingError(
        f"{source} has an array of shape {original}, {_EXPECTED}: reorder or select them"
    )


def is_motion_shape(shape: tuple[int, ...]) -> bool:
    """Whether an array of this shape can be joints or features.

    Args:
        shape: Shape of the array.
    """
    counts = (*_SMPL_COUNTS, NUM_FEATURES)
    flat = (NUM_FEATURES, _KIT_FEATURES, _MOTION_X_VALUES, *(3 * c for c in _SMPL_COUNTS))
    return (
        (len(shape) == 2 and shape[1] in flat)
        or (len(shape) in (3, 4) and shape[-1] == 3 and shape[-2] in counts)
        or (len(shape) in (3, 4) and shape[-2] == 3 and shape[-3] in _SMPL_COUNTS)
        or (len(shape) == 3 and shape[-1] == NUM_FEATURES)
    )


def feature_motion(features: np.ndarray, rate_hz, options: ReadOptions, source: str) -> JointMotion:
    """Compute joints from HumanML3D features, on the standard skeleton.

    Args:
        features: Features (T, 263), not normalised.
        rate_hz: Frames per second that the file states; None for 20, that of HumanML3D.
        options: Settings of the user.
        source: The file, for messages.

    Raises:
        RecordingError: The features are normalised, are not finite, or are no features.
    """
    rate = file_rate(FPS if rate_hz is None else rate_hz, options, source)
    check_frames(len(features), rate, source)
    if len(features) < 2:
        raise RecordingError(
            f"{source} has {len(features)} frame(s), expected at least two: export it again"
        )
    invalid = ~np.isfinite(features).all(axis=1)
    if invalid.any():
        raise RecordingError(
            f"{source} has features that are not finite in {invalid.sum()} of {len(invalid)} "
            f"frames, first in frame {int(invalid.argmax()) + 1}: cut these frames"
        )
    try:
        joints = features_to_joints(np.asarray(features, dtype=np.float64))
    except ValueError as error:
        raise RecordingError(f"{source} has features that are none ({error})") from error
    if not _has_standard_bones(joints):
        raise RecordingError(
            f"{source} has features that give no body, as normalised features (mean 0) do: "
            "multiply them by the standard deviation and add the mean they were normalised with "
            "(Std.npy and Mean.npy)"
        )
    remark = "joints from HumanML3D features: lengths are those of its standard skeleton"
    motion = joint_motion(
        joints, rate, ReadOptions(unit="m", up="Y"), source, "features", remarks=(remark,)
    )
    stated = replace(motion.conventions, unit_from="file", up_from="file")  # by the format
    return replace(motion, conventions=stated)


def joint_motion(
    joints: np.ndarray,
    rate_hz,
    options: ReadOptions,
    source: str,
    kind: str,
    up: str | None = None,
    stature: float | None = None,
    remarks: tuple[str, ...] = (),
) -> JointMotion:
    """Check the joints of a file and convert them to metres with Y up.

    Args:
        joints: Joints (T, J, 3), of which the first 22 are used, in the units and axes of the file.
        rate_hz: Frames per second that the file states, or None.
        options: Settings of the user.
        source: The file, for messages.
        kind: Kind of joints, for ``marker_set`` of the result.
        up: Vertical axis that the file states, if any.
        stature: Stature in the unit of the file, for formats without a unit (see `to_metres_y_up`).
        remarks: What was repaired or left out so far.

    Raises:
        RecordingError: Values or the rate are missing or absurd, or left and right are swapped.
    """
    rate = file_rate(rate_hz, options, source)
    check_frames(len(joints), rate, source)
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
        rate_hz=rate,
        marker_set=kind,
        source=source,
        conventions=conventions,
        remarks=remarks,
    )


def _one_motion(array: np.ndarray, options: ReadOptions, source: str):
    """One motion of an array with a leading axis of motions."""
    while array.ndim > 2 and array.shape[0] == 1 and is_motion_shape(array.shape[1:]):
        array = array[0]
    is_batch = array.ndim > 2 and is_motion_shape(array.shape[1:])
    if not is_batch or (array.ndim == 3 and array.shape[1:] == (_JOINTS, 3)):
        return array, source, ()
    if array.ndim == 3 and array.shape[2] == 3:
        return array, source, ()
    count = len(array)
    if options.item is None or not options.item.isdigit() or int(options.item) >= count:
        raise RecordingError(
            f"{source} has {count} motions (shape {array.shape}), expected one: choose it with "
            f"--item 0 to --item {count - 1}"
        )
    return array[int(options.item)], f"{source} ({options.item})", ()


def _frames_first(array: np.ndarray):
    """Array (T, J, 3) of an array (J, 3, T), as motion diffusion models write it."""
    if array.ndim == 3 and array.shape[0] in _SMPL_COUNTS and array.shape[1] == 3 != array.shape[2]:
        return array.transpose(2, 0, 1), ("axes (joints, 3, frames) put in another order",)
    return array, ()


def _has_rigid_bones(joints: np.ndarray) -> bool:
    """Whether the distances of neighbouring joints hardly change, as those of bones."""
    first, second = np.array(LINKS).T
    lengths = np.linalg.norm(joints[:, second] - joints[:, first], axis=2)
    middle = np.nanmedian(lengths, axis=0)
    spread = np.nanmedian(np.abs(lengths - middle), axis=0)
    return bool(np.nanmedian(spread / np.maximum(middle, 1e-12)) < 0.05 and middle.max() > 0)


def _has_standard_bones(joints: np.ndarray) -> bool:
    """Whether most bones have about the length of HumanML3D's skeleton."""
    first, second = np.array(LINKS).T
    lengths = np.median(np.linalg.norm(joints[:, second] - joints[:, first], axis=2), axis=0)
    ratio = lengths / np.array(BONE_LENGTHS)[second]
    return bool(0.6 < np.median(ratio) < 1.6 and np.median(np.abs(np.log(ratio))) < 0.35)


def _motion_x(array: np.ndarray, rate_hz, options: ReadOptions, source: str) -> BodyMotion:
    """Body motion of the layout of Motion-X: rotations of SMPL-X, face, translation, betas."""
    from .body_pose import body_motion
    from .rotations import read_rotations

    rotations = read_rotations(array[:, :66], "poses", source)
    remark = "read in the layout of Motion-X (322 values: SMPL-X, translation, betas)"
    return body_motion(
        rotations.vectors, array[:, 309:312], array[:, 312:322], rate_hz, options, source,
        remarks=(remark, *rotations.remarks),
    )  # fmt: skip


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
    too_far = (np.abs(joints) > _LARGEST).any(axis=2)
    if too_far.any():
        frames, columns = np.nonzero(too_far)
        value = np.abs(joints[frames[0], columns[0]]).max()
        raise RecordingError(
            f"{source} has {JOINT_NAMES[columns[0]]} at {value:.3g} in frame {frames[0] + 1} and "
            f"{too_far.sum() - 1} more such values, expected positions in a room: cut these frames"
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
