"""Write a recording as joints, motion features, or an AMASS-style file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from ..humanml3d import JOINT_NAMES, joints_to_features
from ..utils.files import atomic_path
from .joints import Method, to_joints
from .recording import BodyMotion, JointMotion, MarkerRecording, Recording, RecordingError

_AMASS_VALUES = 156  # values of a pose of SMPL-H: 22 joints of the body and 30 of the hands
_BODY_VALUES = 66  # values of the 22 joints of the body
# rotation from Y up to Z up, by 90 degrees about X; a heading along +Z becomes one along -Y
_Z_UP = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])


def write(
    recording: Recording,
    path: Path,
    what: Literal["joints", "features", "amass"],
    method: Method = "centres",
    static: MarkerRecording | None = None,
    notes: dict[str, str | float] | None = None,
) -> str:
    """Write a recording as joints, motion features or an AMASS-style file.

    The file is written under a temporary name and then moved into place.

    Args:
        recording ([`MarkerRecording`], [`BodyMotion`] or [`JointMotion`]):
            Recording of any kind.
        path (`Path`):
            File to write: `.npy` for the array alone, `.npz` for the array with frame rate and
            names. AMASS needs `.npz`.
        what (`str`):
            `"joints"`, (T, 22, 3) in metres at 20 fps; `"features"`, (T-1, 263), not normalised;
            or `"amass"`, poses (T, 156) and translation (T, 3), Z up.
        method (`str`, *optional*, defaults to `"centres"`):
            How markers become joints, see [`to_joints`]. For `"amass"`, markers are always
            fitted with a body.
        static ([`MarkerRecording`], *optional*):
            Static trial of the subject, for the shape of a fitted body. By default the shape is
            fitted to the recording itself.
        notes (`dict[str, str | float]`, *optional*):
            Further entries of an `.npz` file, by name.

    Returns:
        `str`: What was written: name, shape and type of the array.

    Raises:
        RecordingError: The recording cannot be converted, such as joints to AMASS.

    Example:
        ```python
        >>> from pathlib import Path
        >>> import agir_hf
        >>> from agir_hf.motion import read_recording
        >>> from agir_hf.motion.export import write
        >>> recording = read_recording(agir_hf.SAMPLE_RECORDING)
        >>> write(recording, Path("features.npy"), "features")
        'features (119, 263) float32'

        ```
    """
    arrays, main = _arrays(recording, what, method, static)
    with atomic_path(path) as draft, draft.open("wb") as file:
        if path.suffix == ".npy":
            np.save(file, arrays[main])
        else:
            np.savez_compressed(file, **arrays, **(notes or {}))
    return f"{what} {arrays[main].shape} {arrays[main].dtype}"


def _arrays(recording, what: str, method, static) -> tuple[dict, str]:
    """Arrays to write by name, and the name of the array for `.npy`."""
    if what == "amass":
        return amass_arrays(_body_motion(recording, static)), "poses"
    shape = None
    if isinstance(recording, MarkerRecording) and method == "body" and static is not None:
        from .fitting.mosh import fit_shape

        shape = fit_shape(static)
    motion = to_joints(recording, method, shape=shape)
    notes = {"rate_hz": np.float64(motion.rate_hz)}
    if motion.unmeasured:  # so that nothing is claimed of them when the file is read again
        notes["unmeasured"] = np.array(motion.unmeasured)
    if what == "features":
        return {"features": joints_to_features(motion.joints)} | notes, "features"
    return {"joints": motion.joints, "joint_names": np.array(JOINT_NAMES)} | notes, "joints"


def _body_motion(recording: Recording, static) -> BodyMotion:
    if isinstance(recording, BodyMotion):
        return recording
    if isinstance(recording, JointMotion):
        raise RecordingError(
            f"{recording.source or 'the recording'} has joints only, expected markers or a body "
            "motion for AMASS, which has joint rotations: pass one of these, or write joints"
        )
    from .fitting.mosh import fit_pose, fit_shape

    return fit_pose(recording, fit_shape(static) if static is not None else None)


def amass_arrays(motion: BodyMotion) -> dict[str, np.ndarray]:
    """Poses, betas, trans and mocap_framerate in the layout of AMASS, Z up.

    The joints of the fingers have zero rotation. Betas of a body that is not SMPL are stored as
    ``open_betas``, because they do not fit an SMPL body; ``betas`` are zero then. Labels of markers
    are kept, from which the measured parts of the body are known.

    Args:
        motion: Body motion in metres, Y up.
    """
    from scipy.spatial.transform import Rotation

    from .readers.body_pose import PELVIS_AT_REST_M

    frames = len(motion.poses)
    poses = np.zeros((frames, _AMASS_VALUES), np.float32)
    poses[:, :_BODY_VALUES] = motion.poses.reshape(frames, -1)[:, :_BODY_VALUES]
    turned = Rotation.from_matrix(_Z_UP) * Rotation.from_rotvec(motion.poses[:, 0])
    poses[:, :3] = turned.as_rotvec()
    # the pelvis is at the translation plus its position at rest
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
    if motion.marker_labels and motion.residual_m is not None:
        arrays["residual_m"] = np.asarray(motion.residual_m, np.float32)
        arrays["marker_labels"] = np.array(motion.marker_labels)
    return arrays
