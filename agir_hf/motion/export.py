"""A recording of any kind → joints, motion features, or an AMASS-style file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import numpy as np

from ..humanml3d import JOINT_NAMES, joints_to_features
from .joints import Method, to_joints
from .recording import BodyMotion, JointMotion, MarkerRecording, Recording, RecordingError

_AMASS_VALUES = 156  # SMPL-H: 22 joints of the body and 30 of the hands
_BODY_VALUES = 66
# Y up → Z up, the heading Z becoming -Y, as a turn of the room by a quarter about X
_Z_UP = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])


def write(
    recording: Recording,
    path: Path,
    what: Literal["joints", "features", "amass"],
    method: Method = "centres",
    static: MarkerRecording | None = None,
    notes: dict[str, str | float] | None = None,
) -> str:
    """Write a recording in another form, beside and then moved into place.

    Args:
        recording: of any kind.
        path: .npy for the bare array, .npz for it with rate and names; AMASS is .npz.
        what: "joints" (T, 22, 3) m at 20 fps, "features" (T-1, 263), or "amass".
        method: how markers become joints, see `to_joints`; "amass" always fits a body.
        static: trial that gives the body's shape.
        notes: name → what an .npz is to say beside its arrays.

    Returns:
        What was written, in words.

    Raises:
        RecordingError: if the recording cannot become that.
    """
    arrays, main = _arrays(recording, what, method, static)
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as file:
        if path.suffix == ".npy":
            np.save(file, arrays[main])
        else:
            np.savez_compressed(file, **arrays, **(notes or {}))
    os.replace(part, path)
    return f"{what} {arrays[main].shape} {arrays[main].dtype}"


def _arrays(recording, what: str, method, static) -> tuple[dict, str]:
    if what == "amass":
        return amass_arrays(_body_motion(recording, static)), "poses"
    shape = None
    if isinstance(recording, MarkerRecording) and method == "body" and static is not None:
        from .fitting.mosh import fit_shape

        shape = fit_shape(static)
    motion = to_joints(recording, method, shape=shape)
    if what == "features":
        features = joints_to_features(motion.joints)
        return {"features": features, "rate_hz": np.float64(motion.rate_hz)}, "features"
    return {
        "joints": motion.joints,
        "rate_hz": np.float64(motion.rate_hz),
        "joint_names": np.array(JOINT_NAMES),
    }, "joints"


def _body_motion(recording: Recording, static) -> BodyMotion:
    if isinstance(recording, BodyMotion):
        return recording
    if isinstance(recording, JointMotion):
        raise RecordingError(
            f"{recording.source or 'the recording'} holds joints, which carry no turn about their "
            "bones: give markers or a body to write AMASS"
        )
    from .fitting.mosh import fit_pose, fit_shape

    return fit_pose(recording, fit_shape(static) if static is not None else None)


def amass_arrays(motion: BodyMotion) -> dict[str, np.ndarray]:
    """Poses, betas, trans and mocap_framerate as AMASS has them, Z up.

    Hands lie flat. The betas of a body that is not SMPL stand under ``open_betas``, for they mean
    nothing to an SMPL body, and ``betas`` are zero.
    """
    from scipy.spatial.transform import Rotation

    from .readers.body_pose import PELVIS_AT_REST_M

    frames = len(motion.poses)
    poses = np.zeros((frames, _AMASS_VALUES), np.float32)
    poses[:, :_BODY_VALUES] = motion.poses.reshape(frames, -1)[:, :_BODY_VALUES]
    turned = Rotation.from_matrix(_Z_UP) * Rotation.from_rotvec(motion.poses[:, 0])
    poses[:, :3] = turned.as_rotvec()
    # the pelvis stands at translation + its place at rest
    pelvis = PELVIS_AT_REST_M if motion.body == "smpl" else np.zeros(3)
    shift = (motion.translation + pelvis) @ _Z_UP.T - pelvis
    arrays = {
        "poses": poses,
        "trans": shift.astype(np.float32),
        "betas": np.zeros(16, np.float32),
        "gender": np.array("neutral"),
        "mocap_framerate": np.float64(motion.rate_hz),
        "body": np.array(motion.body),
    }
    if motion.body == "smpl":
        arrays["betas"][: len(motion.betas)] = motion.betas[:16]
    else:
        arrays["open_betas"] = motion.betas
    return arrays
