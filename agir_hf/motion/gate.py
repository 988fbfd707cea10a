"""Checks of a recording that was read: what cannot be a person is refused, or repaired and said."""

from __future__ import annotations

from .recording import Recording


def check_recording(recording: Recording) -> Recording:
    """Check that a recording is of a person, and repair what can be repaired safely.

    Args:
        recording: Recording in metres, Y up, at the frame rate of the file.

    Returns:
        The recording, with `remarks` about what was repaired.

    Raises:
        RecordingError: The recording is not of a person, or is damaged.
    """
    return recording
