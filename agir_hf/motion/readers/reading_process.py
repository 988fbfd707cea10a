"""Read a recording in another process, so that a damaged file harms nothing but its own reading.

A C library that reads a damaged file can crash its process, hang, or exhaust the memory. Here a
worker process reads the files. It is started at the first file (0.2 s) and kept; after a crash or
a hang the next file gets a new one.

The worker is a new program, not a fork of this process, which may hold a model or a GPU. It
belongs to the process that started it: after a fork the child starts its own.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

from ...utils.parallel import SKIP_REGISTRATION
from .. import recording as recording_module
from ..recording import ReadOptions, Recording, RecordingError
from .reading_messages import Limits, MessageError, receive, request, send

__all__ = ["Limits", "read_in_process", "start_reading_process", "stop_reading_processes"]

_START_S = 60.0  # longest time that a worker needs to start, on a busy machine
_MOST_IDLE = 2  # workers kept; more are started while more threads read at the same time
_BYTES_PER_S = 5e6  # of a file, for which the time limits are longer; a C3D file has 17e6
_PACKAGE_FOLDER = str(Path(__file__).resolve().parents[3])
_SINGLE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_ERRORS = {error.__name__: error for error in (FileNotFoundError, IsADirectoryError,
                                               PermissionError, OSError)}  # fmt: skip

_lock = threading.Lock()
_idle: list[_Worker] = []
_all: set[_Worker] = set()


def read_in_process(path: Path, options: ReadOptions, limits: Limits | None = None) -> Recording:
    """Read a recording of any format in a worker process with limits of time and memory.

    Args:
        path: File to read.
        options: Settings of the user.
        limits: Limits of the process and of the recording. By default `Limits()`, with more time
            for a large file.

    Returns:
        The recording, as `read_recording` returns it.

    Raises:
        RecordingError: The file cannot be read, exceeds a limit, or its reader crashed. The
            message is one line with the name of the file.
        OSError: The file does not exist or cannot be opened.
    """
    limits = limits or _limits_for(path)
    worker = _worker()
    fresh = worker.files == 0
    try:
        return _ask(worker, path, options, limits)
    except _WorkerFailed as failure:
        if fresh:
            raise RecordingError(str(failure)) from None
    # Memory that earlier files left behind must not decide about this one.
    try:
        return _ask(_Worker(), path, options, limits)
    except _WorkerFailed as failure:
        raise RecordingError(str(failure)) from None


def _limits_for(path: Path) -> Limits:
    """Limits whose time grows with the size of a file."""
    try:
        extra = os.stat(path).st_size / _BYTES_PER_S
    except OSError:  # the worker says what is wrong with it
        extra = 0.0
    default = Limits()
    return replace(default, cpu_s=default.cpu_s + extra, wall_s=default.wall_s + 5 * extra)


def start_reading_process() -> None:
    """Start a worker, so that the first recording does not wait for it."""
    _give_back(_worker())


def stop_reading_processes() -> None:
    """End all workers of this process, and wait for them, so that their times are counted."""
    with _lock:
        workers = list(_all)
        _idle.clear()
    for worker in workers:
        worker.stop()
    for worker in workers:
        if worker.process is not None:
            worker.process.wait()


class _WorkerFailed(Exception):
    """A worker crashed, or needed more memory than allowed; the message is for the user."""


class _Worker:
    """A worker process and the thread that receives its replies.

    Linux ends the worker with the thread that started it, therefore that thread lives as long.
    """

    def __init__(self):
        self.files = 0  # number of requests
        self.process: subprocess.Popen | None = None
        self._stopped = False
        self._replies: queue.SimpleQueue = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="agir-reading", daemon=True)
        with _lock:
            _all.add(self)
        self._thread.start()
        try:
            ready = self.reply(_START_S)
        except queue.Empty:
            ready = None
        except BaseException:
            self.stop()
            raise
        if not isinstance(ready, dict) or "ready" not in ready:
            self.stop()
            detail = f" ({ready})" if isinstance(ready, OSError) else ""
            raise RecordingError(
                f"the process that reads recordings does not start{detail}: check that "
                f"{sys.executable or 'Python'} can import agir_hf"
            )

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def ask(self, message: dict, wall_s: float):
        """Send a request and return its reply: a message, None after a crash, or an exception."""
        self.files += 1
        with contextlib.suppress(OSError):  # it has ended; the thread puts None
            send(self.process.stdin, message)
        return self.reply(wall_s)

    def reply(self, seconds: float):
        return self._replies.get(timeout=seconds)

    def stop(self) -> None:
        """End the process; its thread then ends, too."""
        with _lock:
            _all.discard(self)
        self._stopped = True
        if self.process is not None:
            self.process.kill()

    def signal_name(self) -> str:
        """Name of the signal that ended the process, or its exit code."""
        code = self.process.wait()
        if -code in set(signal.Signals):
            return signal.Signals(-code).name
        return f"exit code {code}"

    def forget(self) -> None:
        """Close the pipes in a fork of the process that the worker belongs to."""
        if self.process is not None:
            self.process.returncode = 0  # not a child of this process
            for pipe in (self.process.stdin, self.process.stdout):
                pipe.close()

    def _run(self) -> None:
        try:
            self.process = process = _start()
        except OSError as error:
            self._replies.put(error)
            return
        if self._stopped:  # before the process was there
            process.kill()
        with process:
            try:
                while True:
                    self._replies.put(receive(process.stdout))
            except EOFError:
                self._replies.put(None)
            except (MessageError, MemoryError, OSError, ValueError) as error:
                process.kill()
                self._replies.put(error)


def _start() -> subprocess.Popen:
    folders = [folder for folder in (*sys.path, _PACKAGE_FOLDER) if folder]
    code = (
        f"import sys; sys.path += [f for f in {folders!r} if f not in sys.path]; "
        f"{SKIP_REGISTRATION}; from {__package__}.reading_worker import main; main()"
    )
    return subprocess.Popen(
        [sys.executable, "-P", "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        env={**os.environ, **_SINGLE_THREAD},
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def _worker() -> _Worker:
    """An idle worker, or a new one."""
    while True:
        with _lock:
            if not _idle:
                break
            worker = _idle.pop()
        if worker.alive:
            return worker
        worker.stop()
    return _Worker()


def _give_back(worker: _Worker) -> None:
    with _lock:
        if len(_idle) < _MOST_IDLE:
            _idle.append(worker)
            return
    worker.stop()


def _ask(worker: _Worker, path: Path, options: ReadOptions, limits: Limits) -> Recording:
    """Let a worker read a file; it is kept unless it failed."""
    folder = "" if Path(path).is_absolute() else os.getcwd()
    try:
        reply = worker.ask(request(str(path), folder, options, limits), limits.wall_s)
    except queue.Empty:
        worker.stop()
        raise _too_long(path, limits.wall_s) from None
    except BaseException:  # the reply to an interrupted request must not answer the next one
        worker.stop()
        raise
    if reply is None:
        name = worker.signal_name()
        worker.stop()
        if name == "SIGPROF":
            raise _too_long(path, limits.cpu_s)
        raise _WorkerFailed(f"{path} is damaged: its reader crashed ({name}): export it again")
    if not isinstance(reply, dict) or not {"recording", "error"} & set(reply):
        worker.stop()
        raise _WorkerFailed(f"{path} is damaged: its reader gave no valid answer: export it again")
    if reply.get("last") or reply.get("error") == "memory":
        worker.stop()
    else:
        _give_back(worker)
    return _result(reply, path)


def _too_long(path: Path, seconds: float) -> RecordingError:
    return RecordingError(
        f"{path} takes more than {seconds:.3g} s to read: cut it, or export it again"
    )


def _result(reply: dict, path: Path) -> Recording:
    """Return the recording of a reply, or raise its error."""
    if "recording" in reply:
        return reply["recording"]
    name, message = str(reply["error"]), str(reply.get("message", ""))
    if name == "memory":
        raise _WorkerFailed(
            f"{path} needs more than {message} of memory: cut it, or export it again"
        )
    if name == "other":
        raise RecordingError(f"{path} cannot be read ({message}): export it again")
    error = _ERRORS.get(name) or getattr(recording_module, name, None)
    if not (isinstance(error, type) and issubclass(error, OSError | RecordingError)):
        error = RecordingError
    raise error(message)


def _forget_workers() -> None:
    """Start without workers in a fork of this process."""
    global _lock
    _lock = threading.Lock()
    for worker in _all:
        worker.forget()
    _idle.clear()
    _all.clear()


atexit.register(stop_reading_processes)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_workers)
