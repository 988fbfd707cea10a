"""Locks, so that two processes do not write into one folder at the same time.

A lock is a file with the process, the computer and the start of its holder. The operating system
holds it (`flock`) and releases it when the process ends, also when it is killed, so that a file
that a killed process left behind is taken over. On file systems without such locks the process
number in the file decides.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK_FILE = ".agir.lock"  # in the folder that it protects
_BUSY = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK}
_ATTEMPTS = 20


class FolderInUseError(OSError):
    """Error for a folder that another process writes into."""


@contextmanager
def locked(path: str | os.PathLike, folder: str | os.PathLike) -> Iterator[None]:
    """Hold a lock, or raise an error that names the process that holds it.

    Args:
        path (`str` or `os.PathLike`):
            Lock file. Its folder must exist. It is removed at the end.
        folder (`str` or `os.PathLike`):
            Folder that the lock protects, for the message.

    Yields:
        Nothing; the lock is held within the block.

    Raises:
        FolderInUseError: A running process holds the lock, or a process of another computer that
            may be running.

    Example:
        ```python
        >>> import tempfile
        >>> from pathlib import Path
        >>> from agir_hf.utils.locks import LOCK_FILE, FolderInUseError, locked
        >>> folder = Path(tempfile.mkdtemp())
        >>> with locked(folder / LOCK_FILE, folder):
        ...     try:
        ...         with locked(folder / LOCK_FILE, folder):
        ...             pass
        ...     except FolderInUseError:
        ...         print("in use")
        in use
        >>> list(folder.iterdir())
        []

        ```
    """
    path = Path(path)
    descriptor = _acquire(path, Path(folder))
    try:
        yield
    finally:
        path.unlink(
            missing_ok=True
        )  # still locked, so that no other process has it open as its own
        os.close(descriptor)


def is_running(process: int) -> bool:
    """Whether a process of this computer is running.

    Args:
        process: Number of the process. One that has ended and that its parent has not asked about
            (a zombie) is not running.
    """
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError, ValueError):  # of another user, or no such signal
        return True
    try:  # Linux: "number (name) state ..."
        state = Path(f"/proc/{process}/stat").read_text(errors="replace").rpartition(")")[2]
    except OSError:
        return True
    return state.split()[:1] != ["Z"]


def _acquire(path: Path, folder: Path) -> int:
    """Open and lock the file, write this process into it, and return its descriptor."""
    for _ in range(_ATTEMPTS):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            held = _hold(descriptor)
            holder = _holder(descriptor)
            if held is False or (held is None and _may_run(holder)):
                raise FolderInUseError(_message(holder, folder, path))
            if holder.get("host") not in (None, socket.gethostname()):
                raise FolderInUseError(_message(holder, folder, path))
            if _is_same_file(descriptor, path):
                _write(descriptor)
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # its holder has just removed it
    raise FolderInUseError(f"{folder} is used by other processes: run the command again")


def _hold(descriptor: int) -> bool | None:
    """Lock an open file.

    Returns:
        True if it is held now, False if another process holds it, None if there are no locks.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return False if error.errno in _BUSY else None
    return True


def _is_same_file(descriptor: int, path: Path) -> bool:
    try:
        on_disk = os.stat(path)
    except FileNotFoundError:
        return False
    opened = os.fstat(descriptor)
    return (opened.st_dev, opened.st_ino) == (on_disk.st_dev, on_disk.st_ino)


def _holder(descriptor: int) -> dict:
    """Content of a lock file; empty if it is new or damaged."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    try:
        content = json.loads(os.read(descriptor, 4096))
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _may_run(holder: dict) -> bool:
    process = holder.get("process")
    if holder.get("host") != socket.gethostname() or not isinstance(process, int):
        return bool(holder)
    return is_running(process)


def _write(descriptor: int) -> None:
    content = {
        "process": os.getpid(),
        "host": socket.gethostname(),
        "since": time.strftime("%Y-%m-%d %H:%M:%S"),
    }
    os.ftruncate(descriptor, 0)
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.write(descriptor, json.dumps(content).encode() + b"\n")


def _message(holder: dict, folder: Path, path: Path) -> str:
    process, host = holder.get("process", "unknown"), holder.get("host", "unknown")
    return (
        f"{folder} is in use by process {process} on {host} since "
        f"{holder.get('since', 'a moment ago')}: wait until it ends, or use another folder; if it "
        f"has ended, remove {path}"
    )
