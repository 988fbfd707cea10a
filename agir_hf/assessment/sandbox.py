"""Read an untrusted recording in another process, with limits, and without its name.

A malicious file can block its reader, exhaust the memory or crash a library. In the process of
`agir_hf.motion.readers.reading_process` only the reading of this file fails. The file is read there
once; this process gets the recording.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..motion.readers.reading_process import Limits, read_in_process, start_reading_process
from ..motion.recording import ReadOptions, Recording, RecordingError
from .messages import one_line

__all__ = ["UPLOAD_LIMITS", "Limits", "ReadingRefused", "read_untrusted", "start_reading_process"]

UPLOAD_LIMITS = Limits(
    cpu_s=20,
    wall_s=120.0,
    memory_mib=1024,
    frames=120_000,
    markers=400,
    duration_s=600.0,
    distance_m=1000.0,
)
_NAME = "the recording"  # instead of the name of the file, which may be private
_MAX_MESSAGE = 300


class ReadingRefused(RecordingError):
    """A recording cannot be read, or it exceeds the limits."""


def read_untrusted(path: Path, limits: Limits | None = None, **reading) -> Recording:
    """Read a recording in another process; neither it nor a message contains the file's name.

    CPU time is limited on Unix and memory on Linux; on other systems only the elapsed time is.

    Args:
        path: Recording to read; its suffix names the format.
        limits: Limits of the process and of the recording. By default `UPLOAD_LIMITS`.
        **reading: Keyword arguments of `agir_hf.motion.read_recording`.

    Returns:
        The recording; its `source` is "the recording".

    Raises:
        ReadingRefused: The file cannot be read, or exceeds the limits. The message is one line.
    """
    try:
        recording = read_in_process(path, ReadOptions(**reading), limits or UPLOAD_LIMITS)
    except (RecordingError, OSError) as error:
        refusal = one_line(error).replace(str(path), _NAME).replace(path.name, _NAME)
        if len(refusal) > _MAX_MESSAGE:
            refusal = refusal[:_MAX_MESSAGE] + " …"
        raise ReadingRefused(refusal) from None
    return replace(recording, source=_NAME)
