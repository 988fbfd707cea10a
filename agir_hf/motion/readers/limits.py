"""Limits of all formats: frame rate, number of frames, duration, and size of a file."""

from __future__ import annotations

import math

from ..recording import Recording, RecordingError, frame_count

LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 5.0, 5000.0
MOST_FRAMES = 1_000_000
LONGEST_S = 3600.0
MOST_BYTES = 2 << 30  # of a file, and of what a compressed file contains


def check_rate(rate_hz: float, source: str) -> None:
    """Check that a frame rate is a number within the limits.

    Args:
        rate_hz: Frames per second.
        source: The file, for the message.

    Raises:
        RecordingError: It is not.
    """
    if not LOWEST_RATE_HZ <= rate_hz <= HIGHEST_RATE_HZ:  # also for NaN
        raise RecordingError(
            f"{source} has a rate of {rate_hz:g} Hz, expected {LOWEST_RATE_HZ:g} to "
            f"{HIGHEST_RATE_HZ:g} Hz: pass the right rate with --rate"
        )


def check_frames(frames: float, rate_hz: float, source: str) -> None:
    """Check rate, number of frames and duration, such as a header states them.

    Readers call this before they allocate memory for the frames.

    Args:
        frames: Number of frames.
        rate_hz: Frames per second.
        source: The file, for the message.

    Raises:
        RecordingError: A limit is exceeded, or a value is not finite.
    """
    check_rate(rate_hz, source)
    if not 0 <= frames <= MOST_FRAMES:
        raise RecordingError(
            f"{source} has {frames:.7g} frames, expected at most {MOST_FRAMES:,}: cut it"
        )
    if frames / rate_hz > LONGEST_S:
        raise RecordingError(
            f"{source} lasts {frames / rate_hz:.4g} s ({frames:g} frames at {rate_hz:g} Hz), "
            f"expected at most {LONGEST_S:g} s: cut it, or pass the right rate with --rate"
        )


def check_size(size: float, source: str) -> None:
    """Check the size of a file, or of what a compressed file contains.

    Args:
        size: Bytes.
        source: The file, for the message.

    Raises:
        RecordingError: It is too large, or 0.
    """
    if size == 0:
        raise RecordingError(f"{source} is empty, expected a recording: copy or export it again")
    if size > MOST_BYTES:
        raise RecordingError(
            f"{source} has {size / (1 << 30):.1f} GiB, expected at most {MOST_BYTES >> 30} GiB: "
            "cut the recording"
        )


def check_limits(recording: Recording, source: str) -> None:
    """Check rate, number of frames and duration of a recording that was read.

    Args:
        recording: Recording of any kind.
        source: The file, for the message.

    Raises:
        RecordingError: A limit is exceeded.
    """
    frames, rate_hz = frame_count(recording), float(recording.rate_hz)
    check_frames(frames, rate_hz, source)
    if not frames:
        raise RecordingError(f"{source} has no frames: export it again")
    if not math.isfinite(recording.start_s):
        raise RecordingError(
            f"{source} starts at a time of {recording.start_s} s, expected a number: export it "
            "again"
        )
