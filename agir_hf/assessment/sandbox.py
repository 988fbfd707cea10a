"""A recording of unknown origin, read first in a process of its own, with limits.

A file can be made to hang its reader, to fill the memory or to crash a library. In a process apart
that costs one refusal. The file whose reading ended well there can then be read here.

    python -m agir_hf.assessment.sandbox    # the subprocess: request on stdin, verdict on stdout
"""

from __future__ import annotations

import json
import math
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ..motion.recording import MarkerRecording, Recording, RecordingError, frame_count
from .messages import one_line

_MIB = 1 << 20
_FARTHEST_M = 1000.0
_LONGEST_MESSAGE = 300
_DAMAGED = "the recording is damaged: its reader broke off; export it again"


@dataclass(frozen=True)
class Limits:
    """What reading may cost, and how much may be read.

    Attributes:
        cpu_s: seconds of computing.
        wall_s: seconds altogether, much more than ``cpu_s`` for a busy machine.
        memory_mib: on top of what the process has before it opens the file.
        frames, markers: of a recording.
        duration_s: seconds that it lasts.
    """

    cpu_s: int = 20
    wall_s: float = 120.0
    memory_mib: int = 1024
    frames: int = 120_000
    markers: int = 400
    duration_s: float = 600.0


class ReadingRefused(RecordingError):
    """A recording that could not be read, or goes beyond the limits."""


def validate_in_subprocess(path: Path, limits: Limits | None = None, **reading) -> None:
    """Read a recording in a process apart, to know whether it can be read here.

    Messages call the file "the recording", for its name may be nobody's business. Computing is
    bounded on Unix and memory on Linux; elsewhere the clock alone is.

    Args:
        path: the file; its ending names the format.
        limits: by default `Limits()`.
        reading: keywords of `agir_hf.motion.read_recording`.

    Raises:
        ReadingRefused: it cannot be read, or not within the limits; says why, on one line.
    """
    limits = limits or Limits()
    request = {"path": str(path), "reading": reading, "limits": asdict(limits)}
    try:
        run = subprocess.run(
            [sys.executable, "-m", __name__], input=json.dumps(request), capture_output=True,
            text=True, errors="replace", timeout=limits.wall_s, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise _too_long(limits.wall_s) from None
    if run.returncode == -getattr(signal, "SIGXCPU", 0):
        raise _too_long(limits.cpu_s)
    refused = json.loads(run.stdout.splitlines()[-1]) if run.returncode == 0 else _DAMAGED
    if refused:
        raise ReadingRefused(refused)


def _too_long(seconds: float) -> ReadingRefused:
    return ReadingRefused(
        f"the recording takes more than {seconds:g} s to read: cut it, or export it again"
    )


def main() -> None:
    """Read the recording that a request names; write why it is refused, or "", as JSON."""
    request = json.load(sys.stdin)
    path, limits = Path(request["path"]), Limits(**request["limits"])
    refused = one_line(_read(path, limits, request["reading"])).replace(str(path), "the recording")
    if len(refused) > _LONGEST_MESSAGE:
        refused = refused[:_LONGEST_MESSAGE] + " …"
    print("\n" + json.dumps(refused))


def _read(path: Path, limits: Limits, reading: dict) -> str:
    """Why a recording is refused, or nothing."""
    from ..motion import read_recording
    from ..motion.readers import reader_of

    try:
        reader_of(path)  # the memory that its libraries take is not the file's doing
        _restrict(limits)
        return _beyond(read_recording(path, **reading), limits)
    except (MemoryError, RecursionError):
        return f"the recording needs more than {limits.memory_mib} MiB of memory: export it again"
    except (RecordingError, OSError) as error:
        return str(error)


def _restrict(limits: Limits) -> None:
    """Bind this process for good: computing, memory, and no file that it could write."""
    try:
        import resource
    except ImportError:  # Windows
        return
    spent = resource.getrusage(resource.RUSAGE_SELF)
    seconds = math.ceil(spent.ru_utime + spent.ru_stime) + limits.cpu_s
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))  # told, then killed
    for kind in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
        resource.setrlimit(kind, (0, 0))
    held = Path("/proc/self/statm")
    if held.is_file():
        used = int(held.read_text().split()[0]) * resource.getpagesize()
        most = used + limits.memory_mib * _MIB
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _beyond(recording: Recording, limits: Limits) -> str:
    """Which limit a recording goes beyond, or nothing."""
    frames = frame_count(recording)
    markers = len(recording.labels) if isinstance(recording, MarkerRecording) else 0
    for name, count, most in (
        ("frames", frames, limits.frames),
        ("markers", markers, limits.markers),
        ("seconds", frames / recording.rate_hz, limits.duration_s),
    ):
        if count > most:
            return f"the recording has {count:.0f} {name}, expected at most {most:g}: cut it"
    reach = np.nanmax(np.abs(_positions(recording)))
    if not reach <= _FARTHEST_M:
        return (
            f"the recording reaches {reach:.3g} m from its origin, expected at most "
            f"{_FARTHEST_M:g} m: check its unit"
        )
    return ""


def _positions(recording: Recording) -> np.ndarray:
    """Metres, of whatever a recording has."""
    for name in ("positions", "joints", "translation"):
        if hasattr(recording, name):
            return getattr(recording, name)
    raise TypeError(f"{type(recording).__name__} is no recording")


if __name__ == "__main__":
    main()
