"""A recording, its joints, and `read_recording`: metres, seconds, Y up, NaN for what is missing."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np


class RecordingError(ValueError):
    """A recording that cannot be used as it is; the message says what to do, on one line."""


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
    """

    positions: np.ndarray
    labels: tuple[str, ...]
    rate_hz: float
    events: tuple[GaitEvent, ...] = ()
    source: str = ""

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
class JointMotion:
    """Joint centres over time.

    Attributes:
        joints: (T, 22, 3) float32, metres, Y up, in the order of
            `agir_hf.humanml3d.JOINT_NAMES`.
        rate_hz: frames per second, 20.
        gaps_filled: marker gaps that were filled.
        longest_gap_s: the longest of them, 0 where there was none.
        trimmed_s: seconds left out at the start and the end, where a needed marker was not seen.
        marker_set: name of the marker set, such as "Shida-44".
        source: that of the recording.
    """

    joints: np.ndarray
    rate_hz: float
    gaps_filled: int
    longest_gap_s: float
    trimmed_s: float
    marker_set: str
    source: str


def read_recording(path: str | os.PathLike) -> MarkerRecording:
    """Read a marker recording: C3D.

    Units become metres and the vertical axis Y, whatever the file says. Points that were not seen
    are NaN; computed points (virtual markers, angles, forces) are left out.

    Raises:
        FileNotFoundError, IsADirectoryError: if there is no such file, or it is a folder.
        RecordingError: if the file is not a C3D, is truncated, or holds no marker.
    """
    from .readers.c3d import read_c3d

    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a directory, expected a C3D file: name one in it")
    if not path.exists():
        raise FileNotFoundError(f"no such file: {path}")
    return read_c3d(path)
