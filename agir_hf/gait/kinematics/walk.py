"""Kinematic curves of a measured walk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...motion.recording import Recording
from ..parameters import GaitMeasurement
from ..signals import SIDES, Signals, Stride
from . import angles
from .curves import PERCENT, Curve, Kinematics
from .foot import Foot, feet_of
from .progression import walking_direction
from .segments import Segments, segments_of
from .variables import VARIABLES

_THIGH_REMARK = (
    "Hip flexion is the thigh against the vertical, because the tilt of the pelvis is not "
    "measured; its band is the published hip angle minus the published pelvic tilt."
)
_PELVIS_REMARK = (
    "Pelvic obliquity and rotation are those of the line between the hip joint centres."
)
_KNEE_REMARK = (
    "The flexion axis of the knee is parallel to the pelvis, because the knee has no medial marker."
)
_SKELETON_REMARK = (
    "Joints are those of the skeleton of the recording, not anatomical joint centres: angles can "
    "differ from the band by a constant of 10 degrees and more."
)
_RAISED_DEG = -12.0  # flat feet with a heel marker: -5 to 8 degrees in 14 recordings of 8 people
_TREADMILL_REMARK = "The walking direction is against the motion of the belt."


class _AbsentError(Exception):
    """An angle cannot be computed; the message is the reason."""


@dataclass(frozen=True, eq=False)
class _Stride:
    """What the angles of one stride are computed from; paths are sampled at 101 times."""

    segments: Segments
    stride: Stride
    ahead: np.ndarray  # (3,)
    foot: Foot | None
    rate_hz: float

    def sample(self, path: np.ndarray) -> np.ndarray:
        """Values (101, 3) of a path (T, 3) from the start to the end of the stride."""
        times_s = self.stride.start_s + PERCENT / 100 * (self.stride.end_s - self.stride.start_s)
        position = np.clip(times_s * self.rate_hz, 0, len(path) - 1)
        before = np.minimum(position.astype(int), len(path) - 2)
        share = (position - before)[:, None]
        return (1 - share) * path[before] + share * path[before + 1]

    def point(self, joint: str) -> np.ndarray:
        """Path (101, 3) of a joint of this side."""
        name = f"{self.stride.side}_{joint}"
        if name not in self.segments.points:
            raise _AbsentError(f"the {joint} has no position throughout the recording")
        return self.sample(self.segments.points[name])

    def line(self, start: str, end: str) -> np.ndarray:
        """Vectors (101, 3) from a joint of this side to another."""
        return self.point(end) - self.point(start)

    def pelvis_left(self) -> np.ndarray:
        """Unit vectors (101, 3) from the right to the left of the pelvis."""
        if self.segments.pelvis_left is None:
            raise _AbsentError(self.segments.reasons["pelvis"])
        return angles.unit(self.sample(self.segments.pelvis_left))

    def pelvis_outward(self) -> np.ndarray:
        """Unit vectors (101, 3) from the other side of the pelvis to this side."""
        return self.pelvis_left() * (1 if self.stride.side == "left" else -1)

    def pelvis_forward(self) -> np.ndarray:
        """Vectors (101, 3) from the back to the front of the pelvis."""
        if self.segments.pelvis_forward is None:
            raise _AbsentError(self.segments.reasons["tilt"])
        return self.sample(self.segments.pelvis_forward)

    def knee_left(self) -> np.ndarray:
        """Medio-lateral axes (101, 3) of the knee, to the left."""
        axis = self.segments.knee_left.get(self.stride.side)
        return self.room_left() if axis is None else self.sample(axis)

    def room_left(self) -> np.ndarray:
        """Axes (101, 3) of the pelvis to the left, or else the left of the walking direction."""
        if self.segments.pelvis_left is not None:
            return self.pelvis_left()
        return np.broadcast_to(np.cross(angles.UP, self.ahead), (len(PERCENT), 3))

    def flat_foot(self) -> Foot:
        """Foot of this side."""
        if self.foot is None:
            raise _AbsentError(
                "heel and ball of the foot, and a stride with single support, are needed for the "
                "zero of the sole"
            )
        return self.foot

    def sole(self) -> np.ndarray:
        """Vectors (101, 3) along the sole."""
        return self.sample(self.flat_foot().sole)


def _pelvis_tilt(stride: _Stride) -> np.ndarray:
    return angles.pelvic_tilt(stride.pelvis_left(), stride.pelvis_forward())


def _pelvis_obliquity(stride: _Stride) -> np.ndarray:
    return angles.pelvic_obliquity(stride.pelvis_outward())


def _pelvis_rotation(stride: _Stride) -> np.ndarray:
    return angles.pelvic_rotation(stride.pelvis_outward(), stride.ahead, stride.stride.side)


def _hip_flexion(stride: _Stride) -> np.ndarray:
    thigh = stride.line("hip", "knee")
    if stride.segments.pelvis_forward is None:
        return angles.flexion(thigh, np.cross(angles.UP, stride.ahead), stride.ahead)
    return angles.flexion(thigh, stride.pelvis_left(), stride.pelvis_forward())


def _hip_adduction(stride: _Stride) -> np.ndarray:
    return angles.adduction(stride.line("hip", "knee"), stride.pelvis_outward())


def _hip_rotation(stride: _Stride) -> np.ndarray:
    side = stride.stride.side
    if side not in stride.segments.knee_left:
        raise _AbsentError(stride.segments.reasons["knee_axis"])
    thigh = stride.line("hip", "knee")
    return angles.internal_rotation(thigh, stride.pelvis_left(), stride.knee_left(), side)


def _knee_flexion(stride: _Stride) -> np.ndarray:
    up = -angles.unit(stride.line("hip", "knee"))
    left = angles.perpendicular(stride.knee_left(), up)
    return -angles.flexion(stride.line("knee", "ankle"), left, np.cross(left, up))


def _ankle_dorsiflexion(stride: _Stride) -> np.ndarray:
    ahead = stride.flat_foot().direction(stride.ahead)
    return angles.ankle_dorsiflexion(stride.sole(), -stride.line("knee", "ankle"), ahead)


def _foot_progression(stride: _Stride) -> np.ndarray:
    if stride.segments.foot_is_turned:
        raise _AbsentError(stride.segments.reasons["foot_direction"])
    return angles.progression(stride.sole(), stride.ahead, stride.stride.side)


_ANGLES: dict[str, Callable[[_Stride], np.ndarray]] = {
    "pelvis_tilt": _pelvis_tilt,
    "pelvis_obliquity": _pelvis_obliquity,
    "pelvis_rotation": _pelvis_rotation,
    "hip_flexion": _hip_flexion,
    "hip_adduction": _hip_adduction,
    "hip_rotation": _hip_rotation,
    "knee_flexion": _knee_flexion,
    "ankle_dorsiflexion": _ankle_dorsiflexion,
    "foot_progression": _foot_progression,
}


def kinematics_of(measured: GaitMeasurement, recording: Recording | None = None) -> Kinematics:
    """Compute the kinematic curves of a measured walk, of every stride of straight walking.

    Joint centres give flexion of hip and knee, the ankle and the foot. Markers of the pelvis add
    its tilt, and markers on both sides of the knee the rotation of the hip. What a recording does
    not determine is in `absent` with the reason; no error is raised for a measured walk.

    Args:
        measured ([`~agir_hf.gait.GaitMeasurement`]):
            Measurement from `measure`.
        recording (`MarkerRecording`, `BodyMotion` or `JointMotion`, *optional*):
            The recording that was measured. Without it, angles are from joint centres only.

    Returns:
        [`Kinematics`]: Curves by variable and side, the absent variables with reasons, and remarks.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.gait import measure
        >>> from agir_hf.gait.kinematics import kinematics_of
        >>> from agir_hf.motion import read_recording
        >>> recording = read_recording(agir_hf.SAMPLE_RECORDING)
        >>> kinematics = kinematics_of(measure(recording), recording)
        >>> kinematics.curves["knee_flexion", "left"].strides.shape
        (5, 101)
        >>> kinematics.absent
        {}

        ```
    """
    signals = measured.signals
    if not signals.strides:
        reason = "no complete stride of straight walking"
        return Kinematics({}, {row.name: reason for row in VARIABLES})
    segments = segments_of(signals, recording)
    feet = feet_of(signals, segments.foot_points())
    samples = [
        _Stride(segments, stride, walking_direction(signals, stride), feet.get(stride.side),
                signals.rate_hz)
        for stride in signals.strides
    ]  # fmt: skip
    curves, reasons = {}, {}
    for variable in VARIABLES:
        for side in SIDES:
            rows = [sample for sample in samples if sample.stride.side == side]
            try:
                curve = _curve(variable.name, side, rows)
            except _AbsentError as reason:
                reasons[variable.name, side] = str(reason)
                continue
            curves[variable.name, side] = curve
    absent, one_sided = _absent(curves, reasons)
    vertical = segments.pelvis_forward is None
    own = _remarks(signals, segments, curves, vertical)
    remarks = (*segments.remarks, *own, *_raised_heels(segments, feet), *one_sided)
    return Kinematics(curves, absent, remarks, vertical)


def _curve(variable: str, side: str, rows: list[_Stride]) -> Curve:
    if not rows:
        raise _AbsentError(f"no complete stride of the {side} side")
    strides = np.stack([_continuous(_ANGLES[variable](row)) for row in rows])
    if not np.isfinite(strides).all():
        raise _AbsentError(f"the {side} side has no usable positions")
    parts = [row.stride for row in rows]
    start, end, toe_off = (
        np.array([getattr(part, name) for part in parts])
        for name in ("start_s", "end_s", "toe_off_s")
    )
    return Curve(variable, side, strides, 100 * (toe_off - start) / (end - start), start, end)


def _continuous(angle: np.ndarray) -> np.ndarray:
    """Angles (101,) in degrees without steps of 360 degrees."""
    return np.degrees(np.unwrap(np.radians(angle)))


def _absent(curves, reasons) -> tuple[dict[str, str], list[str]]:
    """Variable → reason for both sides, and remarks about variables of one side."""
    absent, remarks = {}, []
    for variable in VARIABLES:
        sides = [side for side in SIDES if (variable.name, side) not in curves]
        texts = dict.fromkeys(reasons[variable.name, side] for side in sides)
        if len(sides) == len(SIDES):
            absent[variable.name] = "; ".join(texts)
        elif sides:
            remarks.append(
                f"{variable.label} of the {sides[0]} side is absent: {next(iter(texts))}."
            )
    return absent, remarks


def _remarks(signals: Signals, segments: Segments, curves, vertical: bool) -> list[str]:
    names = {name for name, _ in curves}
    remarks = []
    if vertical and "hip_flexion" in names:
        remarks.append(_THIGH_REMARK)
    if vertical and "pelvis_rotation" in names:
        remarks.append(_PELVIS_REMARK)
    if not segments.knee_left and "knee_flexion" in names:
        remarks.append(_KNEE_REMARK)
    if segments.is_skeleton:
        remarks.append(_SKELETON_REMARK)
    if signals.belt:
        remarks.append(_TREADMILL_REMARK)
    return remarks


def _raised_heels(segments: Segments, feet: dict[str, Foot]) -> list[str]:
    """Remarks about feet whose heel is high above the ball where the foot is taken to be flat."""
    return [
        f"The heel marker of the {side} foot is high in mid stance, the line to the ball falls by "
        f"{-foot.raised_deg:.0f} degrees: if the heel does not touch the floor, dorsiflexion is "
        "shown too large by the rise of the heel."
        for side, foot in feet.items()
        if segments.has_heel_marker and foot.raised_deg < _RAISED_DEG
    ]
