"""Segments of pelvis and legs over a walk, from markers, joints or the rotations of a body."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ...motion.joint_centres import HALF_ANKLE_M
from ...motion.landmarks import Landmarks, landmarks_of
from ...motion.recording import (
    BodyMotion,
    JointMotion,
    MarkerRecording,
    Recording,
    RecordingError,
)
from ..signals import SIDES, Signals
from .angles import unit
from .knee_markers import without_displacement

_FLAT = "the recording has two dimensions, without depth"
_NO_TILT = (
    "the pelvis needs markers of both ASIS and of the PSIS or the sacrum; joint centres do not "
    "determine its tilt"
)
_NO_AXIS = "markers on both the medial and the lateral side of the knee are needed"
_OTHER_RECORDING = (
    "The recording that was passed does not have the frames of the measurement: angles are from "
    "joint centres only"
)


@dataclass(eq=False)
class Segments:
    """Paths (T, 3) in metres and directions (T, 3) at the rate of the signals.

    Attributes:
        points: Joint with its side, such as "left_knee" → path.
        pelvis_left: Unit vectors from the right to the left of the pelvis, or None.
        pelvis_forward: Vectors from the back to the front of the pelvis, or None.
        knee_left: Side → medio-lateral axis of the knee, to the left.
        back: Side → back of the foot.
        front: Side → ball of the foot.
        is_skeleton: Whether the joints are those of a file rather than of markers.
        has_heel_marker: Whether the back of the foot is a marker on the heel.
        foot_is_turned: Whether the line of the foot does not show the direction of the foot.
        reasons: "pelvis", "tilt", "knee_axis" or "foot_direction" → why it is absent.
        remarks: What a reader of the angles must know.
        frames: Number of frames T of the signals.
    """

    points: dict[str, np.ndarray]
    pelvis_left: np.ndarray | None = None
    pelvis_forward: np.ndarray | None = None
    knee_left: dict[str, np.ndarray] = field(default_factory=dict)
    back: dict[str, np.ndarray] = field(default_factory=dict)
    front: dict[str, np.ndarray] = field(default_factory=dict)
    is_skeleton: bool = False
    has_heel_marker: bool = False
    foot_is_turned: bool = False
    reasons: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    frames: int = 0

    def foot_points(self) -> dict[str, dict[str, np.ndarray]]:
        """Names "back", "front" and "ankle" → side → path (T, 3) in metres."""
        ankles = {
            side: self.points[f"{side}_ankle"] for side in SIDES if f"{side}_ankle" in self.points
        }
        return {"back": self.back, "front": self.front, "ankle": ankles}


def segments_of(signals: Signals, recording: Recording | None) -> Segments:
    """Collect the segments of a walk.

    Args:
        signals: Signals of the walk.
        recording: The recording that the signals are of, or None. Its markers, or the rotations of
            its body, add what joint centres do not determine.

    Returns:
        The segments that the recording determines.
    """
    segments = _of_joints(signals)
    if isinstance(recording, MarkerRecording):
        landmarks = _landmarks(signals, recording)
        if landmarks is None:
            segments.remarks.append(_OTHER_RECORDING)
        else:
            _add_markers(segments, landmarks)
    segments.is_skeleton = isinstance(recording, JointMotion)
    if isinstance(recording, BodyMotion):
        from .body_segments import add_body

        if not add_body(segments, recording, len(signals.pelvis), signals.rate_hz):
            segments.remarks.append(_OTHER_RECORDING)
    if signals.is_flat:
        segments.pelvis_left = segments.pelvis_forward = None
        segments.knee_left = {}
        segments.foot_is_turned = True
        segments.reasons = dict.fromkeys(("pelvis", "tilt", "knee_axis", "foot_direction"), _FLAT)
    return segments


def _landmarks(signals: Signals, recording: MarkerRecording) -> Landmarks | None:
    """Landmarks of the recording, or None if the signals are not of this recording."""
    try:
        landmarks = landmarks_of(recording)
        path = landmarks.midpoint_path("left_asis", "right_asis")
    except (RecordingError, KeyError):  # unknown marker set, or no ASIS
        return None
    is_same = path is not None and np.array_equal(path, signals.pelvis)
    return landmarks if is_same else None


def _of_joints(signals: Signals) -> Segments:
    joints = signals.joints
    segments = Segments(dict(joints), back=dict(signals.heel), frames=len(signals.pelvis))
    for side in signals.toe:
        ball = joints.get(f"{side}_foot")
        segments.front[side] = signals.toe[side] if ball is None else ball
    if {"left_hip", "right_hip"} <= joints.keys():
        segments.pelvis_left = unit(joints["left_hip"] - joints["right_hip"])
    else:
        segments.reasons["pelvis"] = signals.no_joints or "both hips are needed"
    segments.reasons |= {"tilt": _NO_TILT, "knee_axis": _NO_AXIS}
    return segments


def _add_markers(segments: Segments, landmarks: Landmarks) -> None:
    """Add the tilt of the pelvis and the axes of the knees."""
    sites = landmarks.columns.keys()
    across = landmarks.difference_path("left_asis", "right_asis")
    segments.pelvis_left = unit(across)
    segments.reasons.pop("pelvis", None)
    front, back = landmarks.midpoint_path("left_asis", "right_asis"), None
    if {"left_psis", "right_psis"} <= sites:
        back = landmarks.midpoint_path("left_psis", "right_psis")
    if back is None and "sacrum" in sites:
        back = landmarks.path("sacrum")
    if back is not None:
        segments.pelvis_forward = front - back
        del segments.reasons["tilt"]
    for side in SIDES:
        _add_knee(segments, landmarks, side)
        if f"{side}_ankle_medial" not in sites:
            _place_ankle(segments, landmarks, side)
    segments.has_heel_marker = bool({"left_heel", "right_heel"} & sites)
    if not segments.has_heel_marker:
        segments.foot_is_turned = True
        segments.reasons["foot_direction"] = "a heel marker is needed"


def _add_knee(segments: Segments, landmarks: Landmarks, side: str) -> None:
    """Add the axis of a knee with a marker on each side, and place its centre between them."""
    ends = [f"{side}_knee_lateral", f"{side}_knee_medial"]
    hip = segments.points.get(f"{side}_hip")
    if not set(ends) <= landmarks.columns.keys() or hip is None:
        return
    lateral, medial = (landmarks.path(end) for end in ends)
    if lateral is None or medial is None:
        return
    other = "right_knee_medial" if side == "left" else "left_knee_medial"
    other_medial = landmarks.path(other) if other in landmarks.columns else None
    medial, share = without_displacement(
        medial, lateral, hip, segments.pelvis_left, other_medial, landmarks.working_rate_hz
    )
    axis = unit(lateral - medial)
    segments.knee_left[side] = axis if side == "left" else -axis
    if share:
        segments.points[f"{side}_knee"] = (lateral + medial) / 2
        segments.remarks.append(
            f"The medial marker of the {side} knee was replaced in {100 * share:.0f} % of the "
            "frames, in which the marker of the other knee displaced it."
        )


def _place_ankle(segments: Segments, landmarks: Landmarks, side: str) -> None:
    """Place the ankle medial to its lateral marker, perpendicular to shank and foot.

    The joint centres of the package take the medio-lateral axis of the pelvis, from which the axis
    of the ankle differs by the rotation of the leg.
    """
    lateral, knee = f"{side}_ankle_lateral", segments.points.get(f"{side}_knee")
    outer = landmarks.path(lateral) if lateral in landmarks.columns else None
    has_foot = side in segments.front and side in segments.back
    if knee is None or outer is None or not has_foot:
        return
    line = segments.front[side] - segments.back[side]
    medial = unit(np.cross(knee - outer, line)) * (-1 if side == "left" else 1)
    segments.points[f"{side}_ankle"] = outer + HALF_ANKLE_M * medial
