"""Recordings: markers, a body, or joints over time.

Positions are in metres with Y up, times in seconds, and missing values are NaN, independent of the
file. The units and axes of the file are in `Conventions`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

BODY_JOINTS = 24  # joints of SMPL and of bodies in its layout


class RecordingError(ValueError):
    """Error for a recording that cannot be used.

    The message has one line: what is wrong, what was expected, and what to do.

    Example:
        ```python
        >>> import numpy as np
        >>> from agir_hf.motion import MarkerRecording, RecordingError
        >>> try:
        ...     MarkerRecording(np.zeros((5, 2, 3)), ("LHEE", "RHEE"), rate_hz=0.0)
        ... except RecordingError as error:
        ...     print(error)
        rate is 0.0 Hz, expected a positive number: pass the frames per second

        ```
    """


class NotAWalkError(RecordingError):
    """Error for a recording that can be read and measured, and is not a walk.

    Standing, waving, lying and implausible movements are examples. The message has one line.

    Example:
        ```python
        >>> from agir_hf.motion import NotAWalkError, RecordingError
        >>> issubclass(NotAWalkError, RecordingError)
        True

        ```
    """


@dataclass(frozen=True)
class Conventions:
    """Units and axes of a file, before positions were converted to metres with Y up.

    Attributes:
        unit (`str`):
            Unit of the file: `"mm"`, `"cm"`, `"m"`, `"inch"`, `"ft"`, or its length in words.
        unit_from (`str`):
            Source of the unit: `"file"`, `"detected"` (from the size of the body) or `"forced"`
            (set by the user).
        up (`str`):
            Vertical axis of the file with its sign, such as `"+Z"`.
        up_from (`str`):
            Source of the vertical axis: `"file"`, `"detected"` (from the body) or `"forced"`.
        heading (`str`, *optional*, defaults to `""`):
            Axis of the file nearest to the walking direction, such as `"-X"`; empty if the
            subject stays in one place.
        remarks (`tuple[str, ...]`, *optional*):
            What the unit was chosen from where the file does not decide it, one short phrase each;
            `read_recording` adds them to `remarks` of the recording.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.motion import read_recording
        >>> recording = read_recording(agir_hf.SAMPLE_RECORDING)
        >>> print(recording.conventions)
        mm (file), +Y up (detected), walking along +X

        ```
    """

    unit: str
    unit_from: str
    up: str
    up_from: str
    heading: str = ""
    remarks: tuple[str, ...] = ()

    def __str__(self) -> str:
        heading = f", walking along {self.heading}" if self.heading else ""
        return f"{self.unit} ({self.unit_from}), {self.up} up ({self.up_from}){heading}"


@dataclass(frozen=True)
class ReadOptions:
    """Settings of the user that override the file; None uses the file or detection.

    Attributes:
        unit: Unit of the file: "mm", "cm", "m", "inch", "ft", or the metres of one unit as text.
        up: Vertical axis of the file: "X", "Y" or "Z", with or without a sign.
        rate_hz: Frames per second, for files that do not state them.
        mapping: Names in the file → labels of a marker set, or joints of HumanML3D.
        item: Name of one walk or of one subject, for files with several.
        format: Ending of a format, such as ".trc", that is used instead of the file's own ending.
    """

    unit: str | None = None
    up: str | None = None
    rate_hz: float | None = None
    mapping: dict[str, str] | None = None
    item: str | None = None
    format: str | None = None


@dataclass(frozen=True)
class GaitEvent:
    """A heel strike or a toe-off.

    Attributes:
        time_s (`float`):
            Time in seconds from the first frame of the recording.
        side (`str`):
            `"left"` or `"right"`.
        kind (`str`):
            `"heel_strike"` or `"toe_off"`.

    Example:
        ```python
        >>> from agir_hf.motion import GaitEvent
        >>> GaitEvent(0.34, "right", "toe_off")
        GaitEvent(time_s=0.34, side='right', kind='toe_off')

        ```
    """

    time_s: float
    side: Literal["left", "right"]
    kind: Literal["heel_strike", "toe_off"]


@dataclass(frozen=True, eq=False)
class MarkerRecording:
    """Marker positions over time.

    Attributes:
        positions (`np.ndarray` of shape `(T, M, 3)`):
            Positions in metres, Y up, float32; NaN where a marker is missing.
        labels (`tuple[str, ...]`):
            M labels, each once.
        rate_hz (`float`):
            Frames per second.
        events (`tuple[GaitEvent, ...]`, *optional*):
            Gait events annotated in the file, in order of time.
        source (`str`, *optional*):
            File name, or a description of the source, for messages.
        conventions ([`Conventions`], *optional*):
            Units and axes of the file; `None` if there is no file.
        start_s (`float`, *optional*, defaults to 0.0):
            Time of the first frame in seconds on the clock of the file.
        remarks (`tuple[str, ...]`, *optional*):
            What was repaired or left out when the file was read, one short phrase each.

    Raises:
        RecordingError: The shape of `positions` and the number of labels do not agree, a label
            repeats, or the rate is not positive.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.motion import read_recording
        >>> recording = read_recording(agir_hf.SAMPLE_RECORDING)
        >>> recording.positions.shape, recording.rate_hz, recording.duration_s
        ((900, 44, 3), 150.0, 6.0)
        >>> recording.labels[:3]
        ('CLAV', 'STRN', 'C7')

        ```
    """

    positions: np.ndarray
    labels: tuple[str, ...]
    rate_hz: float
    events: tuple[GaitEvent, ...] = ()
    source: str = ""
    conventions: Conventions | None = None
    start_s: float = 0.0
    remarks: tuple[str, ...] = ()

    def __post_init__(self):
        shape = np.shape(self.positions)
        if len(shape) != 3 or shape[1:] != (len(self.labels), 3):
            raise RecordingError(
                f"positions have shape {shape}, expected (frames, {len(self.labels)}, 3): pass one "
                "column for each label"
            )
        if len(set(self.labels)) != len(self.labels):
            raise RecordingError("labels repeat, expected each once: rename the duplicates")
        if not self.rate_hz > 0:
            raise RecordingError(_bad_rate(self.rate_hz))

    @property
    def duration_s(self) -> float:
        """Duration in seconds: number of frames over frame rate."""
        return len(self.positions) / self.rate_hz


@dataclass(frozen=True, eq=False)
class BodyMotion:
    """Shape of a body in the layout of SMPL, and its poses over time.

    Attributes:
        betas (`np.ndarray` of shape `(B,)`):
            Shape components, float32.
        poses (`np.ndarray` of shape `(T, 24, 3)`):
            Rotations as axis-angle vectors in radians, float32, each relative to its parent joint.
        translation (`np.ndarray` of shape `(T, 3)`):
            Translation in metres, Y up, float32, as SMPL adds it: the pelvis joint is at the
            translation plus its position at rest.
        rate_hz (`float`):
            Frames per second.
        residual_m (`np.ndarray` of shape `(T, M)`, *optional*):
            Distance in metres of each marker from its position on the fitted body, float32, NaN
            where it is missing; `None` if the file has no residuals.
        marker_labels (`tuple[str, ...]`, *optional*):
            M labels of the columns of `residual_m`.
        body (`str`, *optional*, defaults to `"smpl"`):
            Body that the betas belong to: `"smpl"` or `"open"`.
        source (`str`, *optional*):
            File name, for messages.
        conventions ([`Conventions`], *optional*):
            Units and axes of the file.
        start_s (`float`, *optional*, defaults to 0.0):
            Time of the first frame in seconds on the clock of the file.
        remarks (`tuple[str, ...]`, *optional*):
            What was repaired or left out when the file was read, one short phrase each.

    Raises:
        RecordingError: The shapes do not agree, or the rate is not positive.

    Example:
        ```python
        >>> import numpy as np
        >>> from agir_hf.motion import BodyMotion, to_joints
        >>> motion = BodyMotion(
        ...     betas=np.zeros(10, np.float32),
        ...     poses=np.zeros((60, 24, 3), np.float32),
        ...     translation=np.zeros((60, 3), np.float32),
        ...     rate_hz=30.0,
        ... )
        >>> to_joints(motion).joints.shape
        (40, 22, 3)

        ```
    """

    betas: np.ndarray
    poses: np.ndarray
    translation: np.ndarray
    rate_hz: float
    residual_m: np.ndarray | None = None
    marker_labels: tuple[str, ...] = ()
    body: str = "smpl"
    source: str = ""
    conventions: Conventions | None = None
    start_s: float = 0.0
    remarks: tuple[str, ...] = ()

    def __post_init__(self):
        frames = len(self.poses)
        if np.shape(self.poses)[1:] != (BODY_JOINTS, 3) or np.shape(self.translation) != (
            frames,
            3,
        ):
            raise RecordingError(
                f"poses have shape {np.shape(self.poses)} and translation "
                f"{np.shape(self.translation)}, expected (frames, {BODY_JOINTS}, 3) and "
                "(frames, 3): fix the arrays"
            )
        if not self.rate_hz > 0:
            raise RecordingError(_bad_rate(self.rate_hz))


@dataclass(frozen=True, eq=False)
class JointMotion:
    """Joint centres over time.

    Attributes:
        joints (`np.ndarray` of shape `(T, 22, 3)`):
            Positions in metres, Y up, float32, in the order of `agir_hf.humanml3d.JOINT_NAMES`.
        rate_hz (`float`):
            Frames per second: that of the file after reading, 20 after `to_joints`.
        gaps_filled (`int`, *optional*, defaults to 0):
            Number of marker gaps that were filled.
        longest_gap_s (`float`, *optional*, defaults to 0.0):
            Duration of the longest filled gap in seconds.
        trimmed_s (`float`, *optional*, defaults to 0.0):
            Seconds removed at the start and the end, where a needed marker is missing.
        marker_set (`str`, *optional*):
            Name of the marker set, such as `"Shida-44"`, or of the skeleton.
        source (`str`, *optional*):
            File name, for messages.
        conventions ([`Conventions`], *optional*):
            Units and axes of the file.
        events (`tuple[GaitEvent, ...]`, *optional*):
            Gait events annotated in the file, in order of time.
        start_s (`float`, *optional*, defaults to 0.0):
            Time of the first frame in seconds on the clock of the file.
        remarks (`tuple[str, ...]`, *optional*):
            What was repaired or left out when the file was read, one short phrase each.
        unmeasured (`tuple[str, ...]`, *optional*):
            Names of joints that the file does not have, or has with long gaps. They are set from
            the other joints, and no gait parameter is measured from them. "depth" is listed for
            a recording in two dimensions.
        heels (`np.ndarray` of shape `(T, 2, 3)`, *optional*):
            Left and right heel in metres, Y up, of recordings that have them: gait events and step
            lengths are measured from them, from the ankles otherwise.
        body ([`BodyMotion`], *optional*):
            Body that was fitted to the markers, whose joints these are; its surface can be drawn.

    Raises:
        RecordingError: `joints` or `heels` has another shape, or the rate is not positive.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.motion import read_recording, to_joints
        >>> motion = to_joints(read_recording(agir_hf.SAMPLE_RECORDING))
        >>> motion.joints.shape, motion.rate_hz, motion.marker_set
        ((120, 22, 3), 20.0, 'Shida-44')

        ```
    """

    joints: np.ndarray
    rate_hz: float
    gaps_filled: int = 0
    longest_gap_s: float = 0.0
    trimmed_s: float = 0.0
    marker_set: str = ""
    source: str = ""
    conventions: Conventions | None = None
    events: tuple[GaitEvent, ...] = ()
    start_s: float = 0.0
    remarks: tuple[str, ...] = ()
    unmeasured: tuple[str, ...] = ()
    heels: np.ndarray | None = None
    body: BodyMotion | None = None

    def __post_init__(self):
        if np.ndim(self.joints) != 3 or np.shape(self.joints)[1:] != (22, 3):
            raise RecordingError(
                f"joints have shape {np.shape(self.joints)}, expected (frames, 22, 3): pass the "
                "joints of HumanML3D"
            )
        if self.heels is not None and np.shape(self.heels) != (len(self.joints), 2, 3):
            raise RecordingError(
                f"heels have shape {np.shape(self.heels)}, expected ({len(self.joints)}, 2, 3): "
                "pass the left and the right heel in the frames of the joints"
            )
        if not self.rate_hz > 0:
            raise RecordingError(_bad_rate(self.rate_hz))


Recording = MarkerRecording | BodyMotion | JointMotion


def add_remarks(recording: Recording, *remarks: str) -> Recording:
    """Return a recording with further remarks; an empty or repeated remark is not added.

    Args:
        recording: Recording of any kind.
        *remarks: Short phrases about what was repaired or left out.
    """
    new = [remark for remark in dict.fromkeys(remarks) if remark not in ("", *recording.remarks)]
    return replace(recording, remarks=(*recording.remarks, *new)) if new else recording


def _bad_rate(rate_hz: float) -> str:
    return f"rate is {rate_hz} Hz, expected a positive number: pass the frames per second"


def frame_count(recording: Recording) -> int:
    """Number of frames of a recording of any kind."""
    for name in ("positions", "poses", "joints"):
        if hasattr(recording, name):
            return len(getattr(recording, name))
    raise TypeError(
        f"{type(recording).__name__} is not a recording, expected MarkerRecording, BodyMotion or "
        "JointMotion: read the file with read_recording"
    )
