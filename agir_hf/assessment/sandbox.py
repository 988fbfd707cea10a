"""Check in a subprocess with limits that an untrusted recording can be read.

A malicious file can block its reader, exhaust the memory or crash a library. In a subprocess, only
the check of this file fails. A file that was read there without error can then be read in this
process. The subprocess runs `main`, with the request on stdin and the result on stdout.
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
from ..utils.parallel import SKIP_REGISTRATION
from .messages import one_line

_COMMAND = f"{SKIP_REGISTRATION}; from {__name__} import main; main()"
_MIB = 1 << 20
_MAX_DISTANCE_M = 1000.0
_MAX_MESSAGE = 300
_DAMAGED = "the recording is damaged: its reader crashed; export it again"


@dataclass(frozen=True)
class Limits:
    """Limits for reading a recording.

    Attributes:
        cpu_s: CPU time in seconds.
        wall_s: Elapsed time in seconds; much more than ``cpu_s``, for a busy machine.
        memory_mib: Memory in MiB on top of what the process uses before it opens the file.
        frames: Number of frames of the recording.
        markers: Number of markers of the recording.
        duration_s: Duration of the recording in seconds.
    """

    cpu_s: int = 20
    wall_s: float = 120.0
    memory_mib: int = 1024
    frames: int = 120_000
    markers: int = 400
    duration_s: float = 600.0


class ReadingRefused(RecordingError):
    """A recording cannot be read, or it exceeds the limits."""


def validate_in_subprocess(path: Path, limits: Limits | None = None, **reading) -> None:
    """Read a recording in a subprocess, to check that it can be read in this process.

    Messages call the file "the recording", because its name may be private. CPU time is limited on
    Unix and memory on Linux; on other systems only the elapsed time is.

    Args:
        path: Recording to read; its suffix names the format.
        limits: Limits of the process and of the recording. By default `Limits()`.
        **reading: Keyword arguments of `agir_hf.motion.read_recording`.

    Raises:
        ReadingRefused: The file cannot be read, or exceeds the limits. The message is one line.
    """
    limits = limits or Limits()
    request = {"path": str(path), "reading": reading, "limits": asdict(limits)}
    try:
        run = subprocess.run(
            [sys.executable, "-c", _COMMAND], input=json.dumps(request), capture_output=True,
            text=True, errors="replace", timeout=limits.wall_s, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise _too_long(limits.wall_s) from None
    if run.returncode == -getattr(signal, "SIGXCPU", 0):
        raise _too_long(limits.cpu_s)
    refusal = json.loads(run.stdout.splitlines()[-1]) if run.returncode == 0 else _DAMAGED
    if refusal:
        raise ReadingRefused(refusal)


def _too_long(seconds: float) -> ReadingRefused:
    return ReadingRefused(
        f"the recording takes more than {seconds:g} s to read: cut it, or export it again"
    )


def main() -> None:
    """Read the recording of a request on stdin; print why it is refused, or "", as JSON."""
    request = json.load(sys.stdin)
    path, limits = Path(request["path"]), Limits(**request["limits"])
    refusal = one_line(_read(path, limits, request["reading"])).replace(str(path), "the recording")
    if len(refusal) > _MAX_MESSAGE:
        refusal = refusal[:_MAX_MESSAGE] + " …"
    print("\n" + json.dumps(refusal))


def _read(path: Path, limits: Limits, reading: dict) -> str:
    """Return why a recording is refused, or an empty text."""
    from ..motion import read_recording
    from ..motion.readers import reader_of

    try:
        reader_of(path)  # before the limits, because its libraries need memory for any file
        _restrict(limits)
        return _exceeded_limit(read_recording(path, **reading), limits)
    except (MemoryError, RecursionError):
        return f"the recording needs more than {limits.memory_mib} MiB of memory: export it again"
    except (RecordingError, OSError) as error:
        return str(error)


def _restrict(limits: Limits) -> None:
    """Limit CPU time and memory of this process, and keep it from writing files."""
    try:
        import resource
    except ImportError:  # Windows
        return
    spent = resource.getrusage(resource.RUSAGE_SELF)
    seconds = math.ceil(spent.ru_utime + spent.ru_stime) + limits.cpu_s
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))  # SIGXCPU, then SIGKILL
    for kind in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
        resource.setrlimit(kind, (0, 0))
    memory_use = Path("/proc/self/statm")
    if memory_use.is_file():
        used = int(memory_use.read_text().split()[0]) * resource.getpagesize()
        most = used + limits.memory_mib * _MIB
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _exceeded_limit(recording: Recording, limits: Limits) -> str:
    """Return a message about the limit that a recording exceeds, or an empty text."""
    frames = frame_count(recording)
    markers = len(recording.labels) if isinstance(recording, MarkerRecording) else 0
    for name, count, most in (
        ("frames", frames, limits.frames),
        ("markers", markers, limits.markers),
        ("seconds", frames / recording.rate_hz, limits.duration_s),
    ):
        if count > most:
            return f"the recording has {count:.0f} {name}, expected at most {most:g}: cut it"
    distance = np.nanmax(np.abs(_positions(recording)))
    if not distance <= _MAX_DISTANCE_M:
        return (
            f"the recording reaches {distance:.3g} m from its origin, expected at most "
            f"{_MAX_DISTANCE_M:g} m: check its unit"
        )
    return ""


def _positions(recording: Recording) -> np.ndarray:
    """Return the positions of a recording, in metres, of shape (T, ..., 3)."""
    for name in ("positions", "joints", "translation"):
        if hasattr(recording, name):
            return getattr(recording, name)
    raise TypeError(f"{type(recording).__name__} is not a recording")
