"""Read recordings and convert them to joints: `read_recording` and `to_joints`."""

from .joints import to_joints
from .readers import read_recording
from .recording import (
    BodyMotion,
    Conventions,
    GaitEvent,
    JointMotion,
    MarkerRecording,
    NotAWalkError,
    RecordingError,
)

__all__ = [
    "BodyMotion",
    "Conventions",
    "GaitEvent",
    "JointMotion",
    "MarkerRecording",
    "NotAWalkError",
    "RecordingError",
    "read_recording",
    "to_joints",
]
