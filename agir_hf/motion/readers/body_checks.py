"""Frame rate and frame numbers of files of bodies and joints."""

from __future__ import annotations

import numpy as np

from ...utils.formatting import printable
from ..recording import ReadOptions, RecordingError
from .limits import check_rate


def file_rate(rate_hz, options: ReadOptions, source: str) -> float:
    """Frame rate: that of the user, or that of the file.

    Args:
        rate_hz: Value in the file: a number, a text with a number, or an array of one number
            repeated; None if there is none.
        options: Settings of the user.
        source: The file, for messages.

    Raises:
        RecordingError: There is no rate, or it is not a number within the limits.
    """
    if options.rate_hz is not None:
        check_rate(options.rate_hz, source)
        return float(options.rate_hz)
    if rate_hz is None:
        raise RecordingError(
            f"{source} states no frame rate, expected frames per second: pass them with --rate"
        )
    try:
        values = np.asarray(rate_hz).reshape(-1)
        rates = np.unique([float(_text(value)) for value in values[:1000]])
    except (TypeError, ValueError, OverflowError):
        rates = np.zeros(0)
    if len(rates) != 1:
        shown = printable(str(rate_hz if np.ndim(rate_hz) == 0 else np.asarray(rate_hz))[:40])
        raise RecordingError(
            f"{source} has a rate of {shown!r}, expected a number: pass it with --rate"
        )
    check_rate(float(rates[0]), source)
    return float(rates[0])


def _text(value):
    """Number, or a text of one without its unit."""
    if isinstance(value, bytes | np.bytes_):
        value = value.decode("latin1")
    if isinstance(value, str):
        value = value.lower().removesuffix("fps").removesuffix("hz").replace(",", ".").strip()
    return value


def continuous_frames(numbers, count: int) -> tuple[slice, tuple[str, ...]]:
    """Longest part without missing frames, by the numbers of the frames in the video.

    Args:
        numbers: Number of each frame, or anything else, which is ignored.
        count: Number of frames.

    Returns:
        The frames to use, and a remark if some are left out.
    """
    everything = slice(0, count)
    try:
        numbers = np.asarray(numbers, dtype=np.float64).reshape(-1)
    except (TypeError, ValueError, RecordingError):
        return everything, ()
    if len(numbers) != count or count < 3 or not np.isfinite(numbers).all():
        return everything, ()
    steps = np.diff(numbers)
    usual = np.median(steps)
    if usual <= 0 or (steps == usual).all():
        return everything, ()
    starts = np.r_[0, np.flatnonzero(steps != usual) + 1, count]
    longest = int(np.diff(starts).argmax())
    part = slice(int(starts[longest]), int(starts[longest + 1]))
    used = f"frames {part.start + 1} to {part.stop} of {count} are used"
    return part, (f"frames are missing in between: {used}",)
