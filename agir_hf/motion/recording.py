"""What a recording is: markers, a body, or joints over time, and `read_recording`.

Everything is in metres, seconds, Y up, NaN for what is missing, whatever the file says; how the
file said it stands in `Conventions`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

BODY_JOINTS = 24  # of SMPL and of bodies in its layout


class RecordingError(ValueError):
    """A recording that cannot be used as it is; the message says what to do, on one line."""


@dataclass(frozen=True)
class Conventions:
    """How a file counts and which way its axes point; positions here are metres, Y up.

    Attributes:
        unit: "mm", "cm" or "m".
        unit_from: "file", "detected" (from the size of the body) or "forced".
        up: the file's axis that points up, such as "+Z".
        up_from: "file", "detected" (from the body) or "forced".
        heading: axis, of the file, nearest to the way the walker goes, such as "-X"; empty where
            nobody travels.
    """

    unit: str
    unit_from: str
    up: str
    up_from: str
    heading: str = ""

    def __str__(self) -> str:
        way = f", walking along {self.heading}" if self.heading else ""
        return f"{self.unit} ({self.unit_from}), {self.up} up ({self.up_from}){way}"


@dataclass(frozen=True)
class ReadOptions:
    """What the user knows better than the file; None leaves it to the file or to detection.

    Attributes:
        unit: "mm", "cm" or "m".
        up: "X", "Y" or "Z", with a sign or without.
        rate_hz: frames per second, for files that do not state it.
        mapping: names in the file → names here (sites of markers, or joints), from a JSON file.
        item: one walk of a file that holds several.
    """

    unit: str | None = None
    up: str | None = None
    rate_hz: float | None = None
    mapping: dict[str, str] | None = None
    item: str | None = None


@dataclass(frozen=True)
class GaitEvent:
    """A foot meets or leaves the floor.

    Attributes:
        time_s: seconds from the first frame of the recording.
        side: "left" or "right".
        kind: "heel_strike" or "toe_off".
    """

    time_s: float
    side: Literal["left", "right"]
    kind: Literal["heel_strike", "toe_off"]


@dataclass(frozen=True, eq=False)
class MarkerRecording:
    """Markers over time.

    Attributes:
        positions: (T, M, 3) float32, metres, Y up; NaN where a marker was not seen.
        labels: M labels, each once.
        rate_hz: frames per second.
        events: annotated gait events in order of time, possibly none.
        source: the file, or words on where it comes from.
        conventions: units and axes of the file; None where there was none.
    """

    positions: np.ndarray
    labels: tuple[str, ...]
    rate_hz: float
    events: tuple[GaitEvent, ...] = ()
    source: str = ""
    conventions: Conventions | None = None

    def __post_init__(self):
        shape = np.shape(self.positions)
        if len(shape) != 3 or shape[1:] != (len(self.labels), 3):
            raise RecordingError(
                f"positions have shape {shape}, expected (frames, {len(self.labels)}, 3): one "
                "column for each label"
            )
        if len(set(self.labels)) != len(self.labels):
            raise RecordingError("labels repeat, expected each once: rename the copies")
        if not self.rate_hz > 0:
            raise RecordingError(f"rate is {self.rate_hz} Hz, expected a positive number")

    @property
    def duration_s(self) -> float:
        """Seconds that the frames cover."""
        return len(self.positions) / self.rate_hz


@dataclass(frozen=True, eq=False)
class BodyMotion:
    """A body of SMPL's layout in motion.

    Attributes:
        betas: (B,) float32 shape components.
        poses: (T, 24, 3) float32 axis-angle, radians, each relative to its parent.
        translation: (T, 3) float32 metres, Y up, as SMPL adds it (the pelvis joint stands at
            translation + its place at rest).
        rate_hz: frames per second.
        residual_m: (T, M) float32, distance of each marker from its place on the body, NaN where
            it was not seen; None where the motion was read, not fitted.
        marker_labels: M labels.
        body: name of the body the betas belong to, "smpl" or "open".
        source: the file.
        conventions: units and axes of the file.
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

    def __post_init__(self):
        frames = len(self.poses)
        if np.shape(self.poses)[1:] != (BODY_JOINTS, 3) or np.shape(self.translation) != (
            frames,
            3,
        ):
            raise RecordingError(
                f"poses have shape {np.shape(self.poses)} and translation "
                f"{np.shape(self.translation)}, expected (frames, {BODY_JOINTS}, 3) and (frames, 3)"
            )
        if not self.rate_hz > 0:
            raise RecordingError(f"rate is {self.rate_hz} Hz, expected a positive number")


@dataclass(frozen=True, eq=False)
class JointMotion:
    """Joint centres over time.

    Attributes:
        joints: (T, 22, 3) float32, metres, Y up, in the order of
            `agir_hf.humanml3d.JOINT_NAMES`.
        rate_hz: frames per second: the file's as read, 20 after `to_joints`.
        gaps_filled: marker gaps that were filled.
        longest_gap_s: the longest of them, 0 where there was none.
        trimmed_s: seconds left out at the start and the end, where a needed marker was not seen.
        marker_set: name of the marker set, such as "Shida-44", or of the skeleton.
        source: that of the recording.
        conventions: units and axes of the file.
    """

    joints: np.ndarray
    rate_hz: float
    gaps_filled: int = 0
    longest_gap_s: float = 0.0
    trimmed_s: float = 0.0
    marker_set: str = ""
    source: str = ""
    conventions: Conventions | None = None

    def __post_init__(self):
        if np.ndim(self.joints) != 3 or np.shape(self.joints)[1:] != (22, 3):
            raise RecordingError(
                f"joints have shape {np.shape(self.joints)}, expected (frames, 22, 3)"
            )
        if not self.rate_hz > 0:
            raise RecordingError(f"rate is {self.rate_hz} Hz, expected a positive number")


Recording = MarkerRecording | BodyMotion | JointMotion


def frame_count(recording: Recording) -> int:
    """Frames of a recording of any kind."""
    for name in ("positions", "poses", "joints"):
        if hasattr(recording, name):
            return len(getattr(recording, name))
    raise TypeError(f"{type(recording).__name__} is no recording")
