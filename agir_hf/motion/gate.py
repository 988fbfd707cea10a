"""Checks of a recording that was read: what cannot be a person is refused, or repaired and said.

Every file passes `check_recording`, so that every command says the same of it. It knows nothing of
gait: a standing person is accepted, because a static trial is of use. `agir_hf.gait.walk_check`
checks that a recording is a walk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..humanml3d import JOINT_NAMES
from .gate_body import check_bones, check_segments, check_size, check_upright
from .gate_frames import FARTHEST_M, body_jump, far_points, repeated_frames, spikes
from .gate_sides import Exchange, exchange_back
from .marker_sets import check_sides, recognise
from .recording import (
    BodyMotion,
    JointMotion,
    MarkerRecording,
    Recording,
    RecordingError,
    add_remarks,
)
from .resampling import fill_gaps
from .rotated import rotated

# Rotations of joints stay below half a turn; a tracker may count the root further, to a full turn.
LARGEST_JOINT_RAD, LARGEST_ROOT_RAD, LARGE_SHARE = np.pi + 0.1, 2 * np.pi + 0.1, 0.01
CLIMB_M = 0.6  # steeper than any stairs, if the body moves less than that over the floor
_CHECKED_FRAMES = 400  # of a body in motion, for its posture
_MOST_LABELS = 6  # that a remark lists
# Rotations from the pelvis to the neck and to the ankles, in the order of SMPL.
_TRUNK_CHAIN, _LEG_CHAINS = (0, 3, 6, 9), ((0, 1, 4), (0, 2, 5))
_UP, _DOWN = np.array([0.0, 1.0, 0.0]), np.array([0.0, -1.0, 0.0])


def check_recording(recording: Recording) -> Recording:
    """Check that a recording is of a person, and repair what can be repaired safely.

    Markers that are more than 100 m away or jump for a moment are missing there; left and right
    points whose labels are exchanged for a while are exchanged back. Refused are joints and bodies
    that are far away, a body of an impossible size, segments whose length changes, a body that
    is lying, crawling or upside down, a body that jumps, and left and right that are swapped.

    Args:
        recording: Recording in metres, Y up, at the frame rate of the file.

    Returns:
        The recording, with `remarks` about what was repaired.

    Raises:
        RecordingError: The recording is not of a person, or is damaged.
    """
    if isinstance(recording, MarkerRecording):
        return _checked_markers(recording)
    if isinstance(recording, JointMotion):
        return _checked_joints(recording)
    return _checked_body(recording)


def _source(recording: Recording) -> str:
    return recording.source or "the recording"


def _checked_markers(recording: MarkerRecording) -> MarkerRecording:
    source, labels = _source(recording), recording.labels
    recording = _without(recording, far_points(recording.positions), f"beyond {FARTHEST_M:g} m")
    recording = _without(recording, spikes(recording.positions, recording.rate_hz), "that jump")
    recording = add_remarks(recording, repeated_frames((recording.positions,), recording.rate_hz))
    try:
        columns = recognise(labels, source, needs_all=False).skin_columns(labels)
    except RecordingError:  # an unknown marker set: commands that need a known one say so
        return recording
    positions, exchanges = exchange_back(recording.positions, columns, recording.rate_hz, source)
    names = {site: labels[column] for site, column in columns.items()}
    recording = add_remarks(replace(recording, positions=positions), *_exchanges(exchanges, names))
    sites = {site: positions[:, column] for site, column in columns.items()}
    middle = _middle_of_pelvis(sites, "asis")
    if middle is not None:
        _check_jump(middle, recording.rate_hz, source)
        _check_level(middle, source)
    check_size(sites, source, recording.conventions)
    posture = check_upright(sites, source, recording.rate_hz)
    check_sides(sites, source)
    check_segments(sites, names, source)
    return add_remarks(recording, posture)


def _without(recording: MarkerRecording, wrong: np.ndarray, what: str) -> MarkerRecording:
    """Recording in which the positions of a mask (T, M) are missing, with a remark."""
    if not wrong.any():
        return recording
    positions = np.where(wrong[..., None], np.float32(np.nan), recording.positions)
    counts = wrong.sum(axis=0)
    parts = [
        f"{counts[i]} {'frame' if counts[i] == 1 else 'frames'} of {recording.labels[i]}"
        for i in np.flatnonzero(counts)
    ]
    more = f" and of {len(parts) - _MOST_LABELS} more markers" if len(parts) > _MOST_LABELS else ""
    text = f"{', '.join(parts[:_MOST_LABELS])}{more} {what} read as missing"
    return add_remarks(replace(recording, positions=positions), text)


def _exchanges(exchanges: list[Exchange], names: Mapping[str, str]) -> list[str]:
    """Remarks about labels that were exchanged back, one for all pairs with the same frames."""
    by_parts: dict[tuple, list[str]] = {}
    for exchange in exchanges:
        pair = f"{names[f'left_{exchange.pair}']} and {names[f'right_{exchange.pair}']}"
        by_parts.setdefault(exchange.parts, []).append(pair)
    remarks = []
    for parts, pairs in by_parts.items():
        frames = " and ".join(f"{first + 1} to {last + 1}" for first, last in parts[:3])
        more = f" and in {len(parts) - 3} more parts" if len(parts) > 3 else ""
        remarks.append(
            f"{', '.join(pairs)} exchange their labels in frames {frames}{more}: exchanged back"
        )
    return remarks


def _middle_of_pelvis(points: Mapping[str, np.ndarray], site: str) -> np.ndarray | None:
    if f"left_{site}" not in points or f"right_{site}" not in points:
        return None
    return (points[f"left_{site}"] + points[f"right_{site}"]) / 2


def _check_jump(path: np.ndarray, rate_hz: float, source: str) -> None:
    frame = body_jump(path, rate_hz)
    if frame is not None:
        moved = float(np.linalg.norm(path[frame] - path[frame - 1]))
        raise RecordingError(
            f"{source} has a body that jumps by {moved:.2f} m to frame {frame + 1}, expected a "
            "continuous path: cut the recording there, or check the tracking and the frame rate"
        )


def _check_level(path: np.ndarray, source: str) -> None:
    """Check that the body does not travel upwards: then its length was taken for the vertical axis.

    That is so for a crawling body in a file that does not state its vertical axis.
    """
    seen = path[np.isfinite(path).all(axis=1)]
    if len(seen) < 2:
        return
    travel = np.abs(seen[-1].astype(np.float64) - seen[0])
    along = float(np.linalg.norm(travel[[0, 2]]))
    if travel[1] > max(CLIMB_M, along):
        raise RecordingError(
            f"{source} has a body that moves {travel[1]:.2f} m vertically and {along:.2f} m over "
            "the floor, expected a walk over the floor: pass the vertical axis with --up, or a "
            "recording of a walk"
        )


def _checked_joints(motion: JointMotion) -> JointMotion:
    source = _source(motion)
    far = far_points(motion.joints)
    if far.any():
        frame, joint = np.argwhere(far)[0]
        value = float(np.abs(motion.joints[frame, joint]).max())
        raise RecordingError(
            f"{source} has {JOINT_NAMES[joint]} at {value:.3g} m in frame {frame + 1}, expected "
            f"positions of at most {FARTHEST_M:g} m: check the unit (--unit) and the tracking"
        )
    motion = add_remarks(motion, repeated_frames((motion.joints,), motion.rate_hz))
    _check_jump(motion.joints[:, 0], motion.rate_hz, source)
    _check_level(motion.joints[:, 0], source)
    motion = _without_spikes(motion, source)
    motion = _with_sides(motion, source)
    points = {
        name: motion.joints[:, i]
        for i, name in enumerate(JOINT_NAMES)
        if name not in motion.unmeasured
    }
    check_size(points, source, motion.conventions)
    posture = check_upright(points, source, motion.rate_hz)
    _check_joint_sides(points, source)
    check_bones(points, source)
    return add_remarks(motion, posture)


def _without_spikes(motion: JointMotion, source: str) -> JointMotion:
    """Motion whose joints that jump for a moment are interpolated."""
    wrong = spikes(motion.joints, motion.rate_hz)
    if not wrong.any():
        return motion
    joints, remarks = motion.joints.astype(np.float64), []
    for joint in np.flatnonzero(wrong.any(axis=0)):
        path = np.where(wrong[:, joint, None], np.nan, joints[:, joint])
        seen = np.flatnonzero(np.isfinite(path).all(axis=1))
        path[: seen[0]], path[seen[-1] + 1 :] = path[seen[0]], path[seen[-1]]
        name = f"{JOINT_NAMES[joint]} of {source}"
        joints[:, joint], gaps = fill_gaps(path, motion.rate_hz, name)
        count = int(wrong[:, joint].sum())
        frames = "frame" if count == 1 else "frames"
        remarks.append(f"{count} {frames} of {JOINT_NAMES[joint]} that jump interpolated")
    return add_remarks(replace(motion, joints=joints.astype(np.float32)), *remarks)


def _with_sides(motion: JointMotion, source: str) -> JointMotion:
    """Motion whose left and right joints are exchanged back where they are exchanged."""
    columns = {name: i for i, name in enumerate(JOINT_NAMES) if name not in motion.unmeasured}
    joints, exchanges = exchange_back(motion.joints, columns, motion.rate_hz, source)
    if not exchanges:
        return motion
    heels = motion.heels
    for exchange in exchanges:
        if exchange.pair == "ankle" and heels is not None:
            heels = heels.copy()
            for first, last in exchange.parts:
                heels[first : last + 1] = heels[first : last + 1, ::-1]
    remarks = _exchanges(exchanges, {name: name for name in JOINT_NAMES})
    return add_remarks(replace(motion, joints=joints, heels=heels), *remarks)


def _check_joint_sides(joints: Mapping[str, np.ndarray], source: str) -> None:
    """Check that left joints are on the left: the feet point forwards."""
    needed = [f"{side}_{name}" for side in ("left", "right") for name in ("hip", "ankle", "foot")]
    if not set(needed) <= joints.keys():
        return
    feet = sum(joints[f"{side}_foot"] - joints[f"{side}_ankle"] for side in ("left", "right"))
    across = joints["left_hip"] - joints["right_hip"]
    ahead = np.cross(across, _UP)
    scale = np.linalg.norm(feet, axis=1) * np.linalg.norm(ahead, axis=1)
    if np.median((ahead * feet).sum(axis=1) / np.maximum(scale, 1e-9)) < -0.3:
        raise RecordingError(
            f"{source} has left and right swapped, or is mirrored: with the feet forward, left "
            "joints are on the right: exchange the names, or fix the axes of the export"
        )


def _checked_body(motion: BodyMotion) -> BodyMotion:
    source = _source(motion)
    far = np.abs(motion.translation) > FARTHEST_M
    if far.any():
        frame = int(np.flatnonzero(far.any(axis=1))[0])
        raise RecordingError(
            f"{source} has a translation of {np.abs(motion.translation[frame]).max():.3g} m in "
            f"frame {frame + 1}, expected at most {FARTHEST_M:g} m: pass its unit with --unit (mm "
            "or cm), or check the tracking"
        )
    _check_rotations(motion, source)
    _check_jump(motion.translation, motion.rate_hz, source)
    _check_level(motion.translation, source)
    remark = repeated_frames((motion.poses, motion.translation), motion.rate_hz)
    points = _posture(motion)
    return add_remarks(motion, remark, check_upright(points, source, motion.rate_hz))


def _check_rotations(motion: BodyMotion, source: str) -> None:
    """Check that rotations are radians of less than half a turn."""
    angles = np.linalg.norm(motion.poses, axis=2)
    large = angles > LARGEST_JOINT_RAD
    large[:, 0] = angles[:, 0] > LARGEST_ROOT_RAD
    if large.any(axis=1).mean() > LARGE_SHARE:
        raise RecordingError(
            f"{source} has rotations of up to {angles.max():.3g} rad, expected at most "
            f"{np.pi:.2f}: convert degrees to radians, and rotation matrices or quaternions to "
            "axis-angle vectors"
        )


def _posture(motion: BodyMotion) -> dict[str, np.ndarray]:
    """Points of a stick figure with legs of 1 m and a trunk of 1 m, with the posture of the body.

    Frames are repeated so that there is one for each frame of the motion.
    """
    frames = len(motion.poses)
    step = max(frames // _CHECKED_FRAMES, 1)
    poses = motion.poses[::step].astype(np.float64)
    trunk = _turned(poses, _TRUNK_CHAIN, _UP)
    legs = []
    for chain in _LEG_CHAINS:
        thigh, shank = _turned(poses, chain[:2], _DOWN), _turned(poses, chain, _DOWN)
        legs.append((thigh + shank) / 2)
    stick = {
        "pelvis": np.zeros_like(trunk), "neck": trunk, "left_ankle": legs[0], "right_ankle": legs[1]
    }  # fmt: skip
    return {name: np.repeat(path, step, axis=0)[:frames] for name, path in stick.items()}


def _turned(poses: np.ndarray, chain: tuple[int, ...], direction: np.ndarray) -> np.ndarray:
    """Direction (T, 3) of a segment at the end of a chain of rotations."""
    vectors = np.broadcast_to(direction, (len(poses), 3))
    for joint in reversed(chain):
        vectors = rotated(vectors, poses[:, joint])
    return vectors
