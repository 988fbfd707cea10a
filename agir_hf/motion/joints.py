"""Any recording → 22 joints at 20 fps, the input of the motion features."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from ..constants_agir import MIN_WALK_S
from ..humanml3d import FPS
from .joint_centres import from_markers
from .recording import BodyMotion, JointMotion, MarkerRecording, Recording, RecordingError
from .resampling import resample

Method = Literal["centres", "body"]


def to_joints(
    recording: Recording, method: Method = "centres", *, shape=None, body=None
) -> JointMotion:
    """Joints of a walk at 20 fps, in HumanML3D's order.

    Args:
        recording: markers, a body in motion, or joints.
        method: how markers become joints: "centres", by anatomical regression from a known
            marker set, or "body", by fitting a body (`agir_hf.motion.fitting.mosh`), which also
            tolerates long gaps. Motions of a body and joints are used unchanged.
        shape: `SubjectShape` of the walker, for "body"; by default from the walk itself.
        body: the body to fit or to stand up, by default that of `agir_hf.motion.body.load_body`.

    Returns:
        [`JointMotion`] with joints (T, 22, 3) float32, metres, Y up. The place in the room and
        the heading are those of the recording.

    Raises:
        RecordingError: for an unknown marker set, a walk that is too short, a gap that is too
            long, a trial in which nobody walks, or a fit that failed.
        ValueError: for an unknown method.
    """
    if method not in ("centres", "body"):
        raise ValueError(f"method is {method!r}, expected 'centres' or 'body'")
    if isinstance(recording, MarkerRecording) and method == "centres":
        return from_markers(recording)
    if isinstance(recording, MarkerRecording):
        return _by_body(recording, shape, body)
    if isinstance(recording, BodyMotion):
        from .body import body_joints

        recording = body_joints(recording, body)
    return _at_model_rate(recording)


def _by_body(recording: MarkerRecording, shape, body) -> JointMotion:
    from .body import body_joints
    from .fitting.mosh import fit_pose, fit_shape

    shape = shape or fit_shape(recording, body)
    motion = fit_pose(recording, shape)
    joints = body_joints(motion, shape.body)
    unseen = np.isnan(motion.residual_m)
    trimmed = recording.duration_s - len(motion.poses) / motion.rate_hz
    return replace(
        joints,
        gaps_filled=int((unseen & ~np.roll(unseen, 1, axis=0))[1:].sum()),
        longest_gap_s=_longest_run(unseen) / motion.rate_hz,
        trimmed_s=max(trimmed - 1 / motion.rate_hz, 0.0),
        marker_set=f"{len(motion.marker_labels)} markers on the {motion.body} body",
    )


def _longest_run(missing: np.ndarray) -> int:
    """Most frames in a row, of any column (T, M), that are missing."""
    longest, current = 0, np.zeros(missing.shape[1], dtype=int)
    for row in missing:
        current = np.where(row, current + 1, 0)
        longest = max(longest, int(current.max(initial=0)))
    return longest


def _at_model_rate(motion: JointMotion) -> JointMotion:
    seconds = len(motion.joints) / motion.rate_hz
    source = motion.source or "the recording"
    if seconds < MIN_WALK_S:
        raise RecordingError(
            f"{source} is {seconds:.2f} s long, expected a walk of at least {MIN_WALK_S:g} s"
        )
    joints = resample(motion.joints, motion.rate_hz, FPS).astype(np.float32)
    return replace(motion, joints=joints, rate_hz=float(FPS))
