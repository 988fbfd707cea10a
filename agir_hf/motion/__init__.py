"""A recording → joints: `read_recording` and `to_joints`."""

from .joint_centres import to_joints
from .recording import (
    GaitEvent,
    JointMotion,
    MarkerRecording,
    RecordingError,
    read_recording,
)

__all__ = [
    "GaitEvent",
    "JointMotion",
    "MarkerRecording",
    "RecordingError",
    "read_recording",
    "to_joints",
]
