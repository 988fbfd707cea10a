"""Convert any recording to 22 joints at 20 fps, the input of the motion features."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from ..constants_agir import MIN_WALK_S
from ..humanml3d import FPS
from .joint_centres import from_markers
from .landmarks import landmarks_of
from .marker_sets import missing_for_fit
from .recording import (
    BodyMotion,
    JointMotion,
    MarkerRecording,
    Recording,
    RecordingError,
    add_remarks,
)
from .resampling import resample

Method = Literal["centres", "body"]
BODY_FITTED = "a body was fitted to the markers"  # begin of the remark where centres are impossible


def to_joints(
    recording: Recording, method: Method = "centres", *, shape=None, body=None
) -> JointMotion:
    """Convert a walk to joints at 20 fps, in the joint order of HumanML3D.

    Markers become joint centres by published anatomical regressions, or by fitting a body to them.
    Joints and the joints of a body motion are used directly. They are resampled to 20 fps;
    recordings with a higher frame rate are low-pass filtered at 6 Hz first. Position and heading
    in the room stay those of the recording.

    Args:
        recording ([`MarkerRecording`], [`BodyMotion`] or [`JointMotion`]):
            A walk of at least one second.
        method (`str`, *optional*, defaults to `"centres"`):
            How markers become joints. `"centres"`: anatomical regression, for known marker sets
            with gaps of up to 0.25 s. `"body"`: body fit (`agir_hf.motion.fitting.mosh`), which
            takes longer and also tolerates long gaps. Not used for other recordings. Markers of
            pelvis and legs that are too few for joint centres, such as those of a lower-body set,
            are fitted with a body; `remarks` of the result says so, and `unmeasured` names the
            joints without markers.
        shape ([`~agir_hf.motion.fitting.mosh.SubjectShape`], *optional*):
            Body shape of the subject for `method="body"`. By default it is fitted to the walk.
        body ([`~agir_hf.motion.body.Body`], *optional*):
            Body for `method="body"` and for a [`BodyMotion`]. By default
            `agir_hf.motion.body.load_body()`.

    Returns:
        [`JointMotion`]: Joints (T, 22, 3) float32 in metres, Y up, at 20 fps, with the number of
        filled gaps, the longest gap and the trimmed time in seconds.

    Raises:
        RecordingError: The marker set is unknown, the walk is shorter than one second, a gap is
            too long, the trial is static, the feet have no keypoints, or the body fit failed.
        ValueError: `method` is unknown.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.motion import read_recording, to_joints
        >>> motion = to_joints(read_recording(agir_hf.SAMPLE_RECORDING))
        >>> motion.joints.shape, motion.joints.dtype, motion.gaps_filled
        ((120, 22, 3), dtype('float32'), 0)

        ```
    """
    if method not in ("centres", "body"):
        raise ValueError(
            f"method is {method!r}, expected 'centres' or 'body': pass one of these names"
        )
    if isinstance(recording, MarkerRecording) and method == "centres":
        missing = missing_for_joints(recording)
        if not missing:
            return from_markers(recording)
        remark = f"{BODY_FITTED}, because joint centres need {missing}"
        return add_remarks(_by_body_fit(recording, shape, body), remark)
    if isinstance(recording, MarkerRecording):
        return _by_body_fit(recording, shape, body)
    if isinstance(recording, BodyMotion):
        from .body import body_joints

        recording = body_joints(recording, body)
    return _at_model_rate(recording)


def missing_for_joints(recording: MarkerRecording) -> str:
    """Labels that joint centres lack, if a body can be fitted without them; otherwise "".

    Args:
        recording: A walk.

    Raises:
        RecordingError: The marker set is unknown.
    """
    if recording.duration_s < MIN_WALK_S or np.isnan(recording.positions).all():
        return ""
    landmarks = landmarks_of(recording)
    seen = np.isfinite(recording.positions).all(axis=2).any(axis=0)
    sites = [site for site, column in landmarks.columns.items() if seen[column]]
    missing = landmarks.marker_set.missing(sites)
    return "" if missing_for_fit(sites) else ", ".join(missing)


def _remark_at_rest(joints: tuple[str, ...]) -> str:
    """Remark about parts of the body without markers, or ""."""
    parts = [
        part for part, joint in (("trunk", "neck"), ("arms", "left_shoulder")) if joint in joints
    ]
    if not parts:
        return ""
    return f"{' and '.join(parts)} have no markers: shown at rest, and nothing is said of them"


def _by_body_fit(recording: MarkerRecording, shape, body) -> JointMotion:
    """Joints at 20 fps of a body that is fitted to the markers."""
    from .body import body_joints
    from .fitting.mosh import fit_pose, fit_shape

    shape = shape or fit_shape(recording, body)
    motion = fit_pose(recording, shape)
    joints = body_joints(motion, shape.body)
    missing = np.isnan(motion.residual_m)
    trimmed = recording.duration_s - len(motion.poses) / motion.rate_hz
    return replace(
        add_remarks(joints, _remark_at_rest(joints.unmeasured)),
        gaps_filled=int((missing & ~np.roll(missing, 1, axis=0))[1:].sum()),
        longest_gap_s=_longest_run(missing) / motion.rate_hz,
        trimmed_s=max(trimmed - 1 / motion.rate_hz, 0.0),
        marker_set=f"{len(motion.marker_labels)} markers on the {motion.body} body",
        body=motion,
    )


def _longest_run(missing: np.ndarray) -> int:
    """Longest run of missing frames in any column of a mask (T, M)."""
    longest, current = 0, np.zeros(missing.shape[1], dtype=int)
    for row in missing:
        current = np.where(row, current + 1, 0)
        longest = max(longest, int(current.max(initial=0)))
    return longest


def _at_model_rate(motion: JointMotion) -> JointMotion:
    """Resample joints to 20 fps; walks shorter than `MIN_WALK_S` raise a RecordingError."""
    seconds = len(motion.joints) / motion.rate_hz
    source = motion.source or "the recording"
    if seconds < MIN_WALK_S:
        raise RecordingError(
            f"{source} is {seconds:.2f} s long, expected a walk of at least {MIN_WALK_S:g} s: "
            "record a longer walk"
        )
    _check_feet(motion, source)
    joints, heels = (
        None if paths is None else resample(paths, motion.rate_hz, FPS).astype(np.float32)
        for paths in (motion.joints, motion.heels)
    )
    return replace(motion, joints=joints, heels=heels, rate_hz=float(FPS))


def _check_feet(motion: JointMotion, source: str) -> None:
    """Check that the feet were measured: a score from feet that were set would be of no person."""
    feet = [name.replace("_", " ") for name in motion.unmeasured if name.endswith("_foot")]
    if feet:
        raise RecordingError(
            f"{source} has no keypoints of the {' and the '.join(feet)} in front of the ankle, "
            "expected big toe, small toe or foot index for a score: export a set with feet, such "
            "as HALPE_26, BODY_25 or BlazePose (agir measure measures the rest of the gait)"
        )
