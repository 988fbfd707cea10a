"""Kinematic curves of a measured walk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ...motion.recording import Recording
from ..parameters import GaitMeasurement
from ..signals import ENDS, SIDES, Signals, Stride
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
class _SideStrides:
    """What the angles of the n strides of a side are computed from, all strides together."""

    segments: Segments
    side: str
    strides: list[Stride]
    ahead: np.ndarray  # (n, 1, 3), walking direction of each stride
    foot: Foot | None
    rate_hz: float
    _samples: dict[int, np.ndarray] = field(default_factory=dict)

    def sample(self, path: np.ndarray) -> np.ndarray:
        """Values (n, 101, 3) of a path (T, 3) from the start to the end of each stride."""
        if id(path) not in self._samples:
            before, share = self._positions
            values = (1 - share) * path[before] + share * path[before + 1]
            self._samples[id(path)] = values
        return self._samples[id(path)]

    @cached_property
    def _positions(self) -> tuple[np.ndarray, np.ndarray]:
        """Frame (n, 101) before each of the times, and share (n, 101, 1) of the frame after it."""
        start_s, end_s = (np.array([getattr(row, name) for row in self.strides]) for name in ENDS)
        times_s = start_s[:, None] + PERCENT / 100 * (end_s - start_s)[:, None]
        position = np.clip(times_s * self.rate_hz, 0, self.segments.frames - 1)
        before = np.minimum(position.astype(int), self.segments.frames - 2)
        return before, (position - before)[..., None]

    def point(self, joint: str) -> np.ndarray:
        """Path (n, 101, 3) of a joint of this side."""
        name = f"{self.side}_{joint}"
        if name not in self.segments.points:
            raise _AbsentError(f"the {joint} has no position throughout the recording")
        return self.sample(self.segments.points[name])

    def line(self, start: str, end: str) -> np.ndarray:
        """Vectors (n, 101, 3) from a joint of this side to another."""
        return self.point(end) - self.point(start)

    def pelvis_left(self) -> np.ndarray:
        """Unit vectors (n, 101, 3) from the right to the left of the pelvis."""
        if self.segments.pelvis_left is None:
            raise _AbsentError(self.segments.reasons["pelvis"])
        return angles.unit(self.sample(self.segments.pelvis_left))

    def pelvis_outward(self) -> np.ndarray:
        """Unit vectors (n, 101, 3) from the other side of the pelvis to this side."""
        return self.pelvis_left() * (1 if self.side == "left" else -1)

    def pelvis_forward(self) -> np.ndarray:
        """Vectors (n, 101, 3) from the back to the front of the pelvis."""
        if self.segments.pelvis_forward is None:
            raise _AbsentError(self.segments.reasons["tilt"])
        return self.sample(self.segments.pelvis_forward)

    def knee_left(self) -> np.ndarray:
        """Medio-lateral axes (n, 101, 3) of the knee, to the left."""
        axis = self.segments.knee_left.get(self.side)
        return self.room_left() if axis is None else self.sample(axis)

    def room_left(self) -> np.ndarray:
        """Axes (n, 101, 3) of the pelvis to the left, or else the left of the walking direction."""
        if self.segments.pelvis_left is not None:
            return self.pelvis_left()
        left = angles.cross(angles.UP, self.ahead)
        return np.broadcast_to(left, (len(self.strides), len(PERCENT), 3))

    def flat_foot(self) -> Foot:
        """Foot of this side."""
        if self.foot is None:
            raise _AbsentError(
                "heel and ball of the foot, and a stride with single support, are needed for the "
                "zero of the sole"
            )
        return self.foot

    def sole(self) -> np.ndarray:
        """Vectors (n, 101, 3) along the sole."""
        return self.sample(self.flat_foot().sole)


def _pelvis_tilt(rows: _SideStrides) -> np.ndarray:
    return angles.pelvic_tilt(rows.pelvis_left(), rows.pelvis_forward())


def _pelvis_obliquity(rows: _SideStrides) -> np.ndarray:
    return angles.pelvic_obliquity(rows.pelvis_outward())


def _pelvis_rotation(rows: _SideStrides) -> np.ndarray:
    return angles.pelvic_rotation(rows.pelvis_outward(), rows.ahead, rows.side)


def _hip_flexion(rows: _SideStrides) -> np.ndarray:
    thigh = rows.line("hip", "knee")
    if rows.segments.pelvis_forward is None:
        return angles.flexion(thigh, angles.cross(angles.UP, rows.ahead), rows.ahead)
    return angles.flexion(thigh, rows.pelvis_left(), rows.pelvis_forward())


def _hip_adduction(rows: _SideStrides) -> np.ndarray:
    return angles.adduction(rows.line("hip", "knee"), rows.pelvis_outward())


def _hip_rotation(rows: _SideStrides) -> np.ndarray:
    side = rows.side
    if side not in rows.segments.knee_left:
        raise _AbsentError(rows.segments.reasons["knee_axis"])
    thigh = rows.line("hip", "knee")
    return angles.internal_rotation(thigh, rows.pelvis_left(), rows.knee_left(), side)


def _knee_flexion(rows: _SideStrides) -> np.ndarray:
    up = -angles.unit(rows.line("hip", "knee"))
    left = angles.perpendicular(rows.knee_left(), up)
    return -angles.flexion(rows.line("knee", "ankle"), left, angles.cross(left, up))


def _ankle_dorsiflexion(rows: _SideStrides) -> np.ndarray:
    ahead = rows.flat_foot().direction(rows.ahead)
    return angles.ankle_dorsiflexion(rows.sole(), -rows.line("knee", "ankle"), ahead)


def _foot_progression(rows: _SideStrides) -> np.ndarray:
    if rows.segments.foot_is_turned:
        raise _AbsentError(rows.segments.reasons["foot_direction"])
    return angles.progression(rows.sole(), rows.ahead, rows.side)


_ANGLES: dict[str, Callable[[_SideStrides], np.ndarray]] = {
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
    sides = {side: _side_strides(signals, segments, side, feet.get(side)) for side in SIDES}
    curves, reasons = {}, {}
    for variable in VARIABLES:
        for side in SIDES:
            try:
                curve = _curve(variable.name, sides[side])
            except _AbsentError as reason:
                reasons[variable.name, side] = str(reason)
                continue
            curves[variable.name, side] = curve
    absent, one_sided = _absent(curves, reasons)
    vertical = segments.pelvis_forward is None
    own = _remarks(signals, segments, curves, vertical)
    remarks = (*segments.remarks, *own, *_raised_heels(segments, feet), *one_sided)
    return Kinematics(curves, absent, remarks, vertical)


def _side_strides(signals: Signals, segments: Segments, side: str, foot: Foot | None):
    strides = [stride for stride in signals.strides if stride.side == side]
    ahead = np.array([walking_direction(signals, stride) for stride in strides]).reshape(-1, 1, 3)
    return _SideStrides(segments, side, strides, ahead, foot, signals.rate_hz)


def _curve(variable: str, rows: _SideStrides) -> Curve:
    side = rows.side
    if not rows.strides:
        raise _AbsentError(f"no complete stride of the {side} side")
    curves = _continuous(_ANGLES[variable](rows))
    if not np.isfinite(curves).all():
        raise _AbsentError(f"the {side} side has no usable positions")
    start, end, toe_off = (
        np.array([getattr(stride, name) for stride in rows.strides])
        for name in (*ENDS, "toe_off_s")
    )
    return Curve(variable, side, curves, 100 * (toe_off - start) / (end - start), start, end)


def _continuous(angle: np.ndarray) -> np.ndarray:
    """Angles (n, 101) in degrees without steps of 360 degrees."""
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
