"""The process that reads recordings: requests on stdin, replies on stdout, until stdin ends.

It is started by `reading_process`. Memory and CPU time are limited for each file, core files are
not written, and the process ends when its parent ends, however that happens.
"""

from __future__ import annotations

import math
import os
import signal
import sys
from pathlib import Path

import numpy as np

from ..recording import BodyMotion, MarkerRecording, Recording, RecordingError, frame_count
from . import read_file, reader_of
from .reading_messages import Limits, receive, send

try:
    import resource
except ImportError:  # Windows
    resource = None

_MIB = 1 << 20
_MOST_GROWTH = 512 * _MIB  # memory kept after a file with which the process is replaced
_MEMORY_USE = Path("/proc/self/statm")
_SYSTEM_ERRORS = (FileNotFoundError, IsADirectoryError, PermissionError, OSError)


def main() -> None:
    """Answer requests until the parent closes the pipe or ends."""
    requests, replies = _private_pipes()
    _end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's
    if resource:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    start = _memory_use()
    send(replies, {"ready": True})
    while True:
        try:
            request = receive(requests)
        except EOFError:
            return
        reply = _reply(request)
        _limit_time(0)
        _limit_memory(math.inf)
        send(replies, {**reply, "last": _memory_use() - start > _MOST_GROWTH})
        del request, reply


def _private_pipes():
    """Move stdin and stdout to other descriptors, so that no library reads or writes them."""
    requests = os.fdopen(os.dup(0), "rb", buffering=0)
    replies = os.fdopen(os.dup(1), "wb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    return requests, replies


def _end_with_parent() -> None:
    """Let Linux end this process with the thread that started it, also while it reads a file."""
    if sys.platform == "linux":
        import ctypes

        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def _reply(request: dict) -> dict:
    """Read the file of a request; return the recording or the error."""
    limits = Limits(**request["limits"])
    path = request["path"]
    try:
        if request["folder"]:
            os.chdir(request["folder"])
        _limit_time(limits.cpu_s)
        # The libraries of a reader need memory and time at its first file, whatever is in it.
        reader_of(Path(path), request["options"].format)
        _limit_memory(_memory_use() + limits.memory_mib * _MIB)
        recording = read_file(Path(path), request["options"])
        return {"recording": _within(recording, limits, path)}
    except (MemoryError, RecursionError):
        return {"error": "memory", "message": f"{limits.memory_mib} MiB"}
    except RecordingError as error:
        return {"error": type(error).__name__, "message": str(error)}
    except _SYSTEM_ERRORS as error:
        name = next(kind.__name__ for kind in _SYSTEM_ERRORS if isinstance(error, kind))
        return {"error": name, "message": str(error)}
    except Exception as error:
        text = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        return {"error": "other", "message": text}


def _limit_time(cpu_s: float) -> None:
    """Let SIGPROF end this process when it has used more CPU time from now on; 0: no limit."""
    if resource:
        signal.setitimer(signal.ITIMER_PROF, cpu_s)


def _limit_memory(most_bytes: float) -> None:
    """Let allocations fail with which this process would use more memory; infinity: no limit."""
    if resource and _MEMORY_USE.is_file():
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        soft = hard
        if not math.isinf(most_bytes):
            soft = int(most_bytes) if hard == resource.RLIM_INFINITY else min(int(most_bytes), hard)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _memory_use() -> int:
    """Virtual memory of this process in bytes; 0 if the system does not state it."""
    if not resource or not _MEMORY_USE.is_file():
        return 0
    return int(_MEMORY_USE.read_text().split()[0]) * resource.getpagesize()


def _within(recording: Recording, limits: Limits, path: str) -> Recording:
    """Check the limits of the recording itself."""
    frames = frame_count(recording)
    markers = len(recording.labels) if isinstance(recording, MarkerRecording) else 0
    for name, count, most in (
        ("frames", frames, limits.frames),
        ("markers", markers, limits.markers),
        ("seconds", frames / recording.rate_hz, limits.duration_s),
    ):
        if count > most:
            raise RecordingError(
                f"{path} has {count:.0f} {name}, expected at most {most:g}: cut it"
            )
    if limits.distance_m is not None:
        distance = np.nanmax(np.abs(_positions(recording)))
        if not distance <= limits.distance_m:
            raise RecordingError(
                f"{path} reaches {distance:.3g} m from its origin, expected at most "
                f"{limits.distance_m:g} m: check its unit"
            )
    return recording


def _positions(recording: Recording) -> np.ndarray:
    """Positions of a recording in metres, of shape (T, ..., 3)."""
    if isinstance(recording, BodyMotion):
        return recording.translation
    return recording.positions if isinstance(recording, MarkerRecording) else recording.joints


if __name__ == "__main__":
    main()
