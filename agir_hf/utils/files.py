"""Atomic writes: files and folders are written under a temporary name and moved into place."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import socket
import time
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .locks import LOCK_FILE, is_running, locked

# name of a draft: .NAME.HOST-PROCESS-RANDOM.partial, and .old for the folder that it replaces
_DRAFT = re.compile(r"\.(.+)\.([0-9a-f]{8})-(\d+)-[0-9a-f]{8}\.(partial|old)(\.[^.]*)?")
_in_use: set[Path] = set()  # drafts of this process
_FORGOTTEN_S = 24 * 3600.0  # age of a draft of another computer that is removed


def _tag() -> str:
    """Text that no other draft has: computer, process and random digits."""
    host = zlib.crc32(socket.gethostname().encode())
    return f"{host:08x}-{os.getpid()}-{secrets.token_hex(4)}"


@contextmanager
def atomic_path(path: str | os.PathLike) -> Iterator[Path]:
    """Provide a temporary file name next to a path, and move the file into place at the end.

    If the block raises an error, the temporary file is removed and an existing file is unchanged.

    Args:
        path (`str` or `os.PathLike`):
            File to write. Its folder must exist.

    Yields:
        `Path`: Temporary path with the suffix of `path`, for writers that read the suffix.

    Example:
        ```python
        >>> import tempfile
        >>> from pathlib import Path
        >>> from agir_hf.utils.files import atomic_path
        >>> target = Path(tempfile.mkdtemp()) / "figure.txt"
        >>> with atomic_path(target) as draft:
        ...     _ = draft.write_text("done")
        >>> target.read_text()
        'done'

        ```
    """
    path = Path(path)
    draft = path.with_name(f".{path.stem}.{_tag()}.partial{path.suffix}")
    _in_use.add(draft)
    try:
        yield draft
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
        _in_use.discard(draft)


def write_text_atomic(path: str | os.PathLike, text: str) -> None:
    """Write a UTF-8 text file under a temporary name and move it into place.

    Args:
        path (`str` or `os.PathLike`):
            File to write. Its folder must exist.
        text (`str`):
            Content of the file. A byte of a file name that is not UTF-8 is written as an escape.
    """
    with atomic_path(path) as draft:
        draft.write_text(text, encoding="utf-8", errors="backslashreplace")


@contextmanager
def atomic_folder(folder: str | os.PathLike) -> Iterator[Path]:
    """Provide an empty temporary folder next to a folder, and move it into place at the end.

    An existing folder is removed only after the new one is complete. If the block raises an error,
    the temporary folder is removed and the existing folder is unchanged.

    Args:
        folder (`str` or `os.PathLike`):
            Folder to write. Missing parent folders are created.

    Yields:
        `Path`: The temporary folder.
    """
    folder = Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = folder.with_name(f".{folder.name}.{_tag()}.partial")
    _in_use.add(draft)
    try:
        draft.mkdir()
        yield draft
        move_into_place(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        _in_use.discard(draft)


def move_into_place(draft: Path, folder: Path) -> None:
    """Replace a folder by a finished draft; the old content is removed last.

    Args:
        draft (`Path`):
            Finished folder, on the same file system.
        folder (`Path`):
            Destination. It may exist.
    """
    old = folder.with_name(f".{folder.name}.{_tag()}.old")
    if folder.exists():
        _in_use.add(old)
        folder.rename(old)
    try:
        draft.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)
    _in_use.discard(old)


def remove_leftovers(folder: str | os.PathLike, *, recursive: bool = False) -> list[Path]:
    """Remove the drafts of files and folders in a folder that killed processes left.

    A folder that was being replaced is restored. Drafts of running processes are kept, and so are
    those of other computers of the last day.

    Args:
        folder (`str` or `os.PathLike`):
            Folder whose drafts are removed. It may be missing.
        recursive (`bool`, *optional*, defaults to `False`):
            Whether the drafts in its subfolders are removed, too.

    Returns:
        `list[Path]`: What was removed.

    Example:
        ```python
        >>> import tempfile
        >>> from agir_hf.utils.files import remove_leftovers
        >>> remove_leftovers(tempfile.mkdtemp())
        []

        ```
    """
    folder = Path(folder)
    return _remove(folder.rglob(".*") if recursive else folder.glob(".*"))


@contextmanager
def exclusive_folder(folder: str | os.PathLike, *, inside: bool = True) -> Iterator[None]:
    """Write into a folder alone: lock it, and remove what a killed process left half-written.

    Args:
        folder (`str` or `os.PathLike`):
            Folder to write.
        inside (`bool`, *optional*, defaults to `True`):
            Whether files in the folder are written; it is created. Otherwise the whole folder is
            written by `atomic_folder`, and the lock is next to it.

    Yields:
        Nothing; the folder is locked within the block.

    Raises:
        FolderInUseError: Another process writes into it.
    """
    folder = Path(folder)
    if inside:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / LOCK_FILE, folder):
            remove_leftovers(folder, recursive=True)
            yield
    else:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with locked(folder.with_name(f".{folder.name}.lock"), folder):
            remove_leftovers_of(folder)
            yield


def remove_leftovers_of(folder: str | os.PathLike) -> list[Path]:
    """Remove the drafts of one folder, which are next to it, as `remove_leftovers` does.

    Args:
        folder (`str` or `os.PathLike`):
            Folder that `atomic_folder` writes. It may be missing.

    Returns:
        `list[Path]`: What was removed.
    """
    folder = Path(folder)
    beginning = f".{folder.name}."
    drafts = (path for path in folder.parent.glob(".*") if path.name.startswith(beginning))
    matches = ((path, _DRAFT.fullmatch(path.name)) for path in drafts)
    return _remove(path for path, match in matches if match and match[1] == folder.name)


def _remove(paths: Iterable[Path]) -> list[Path]:
    removed = []
    for path in sorted(paths):
        match = _DRAFT.fullmatch(path.name)
        if match is None or not _is_left(path, match[2], int(match[3])):
            continue
        folder = path.with_name(match[1])
        if match[4] == "old" and not folder.exists():
            path.rename(folder)
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        removed.append(path)
    return removed


def _is_left(path: Path, host: str, process: int) -> bool:
    """Whether the process that made a draft has ended."""
    if _tag().startswith(host):
        if process == os.getpid():  # an earlier process of this number, as in a container
            return path not in _in_use
        if not is_running(process):
            return True
    try:
        return time.time() - path.lstat().st_mtime > _FORGOTTEN_S
    except OSError:
        return False


def check_replaceable(folder: Path, tag: str, card: str = "README.md") -> None:
    """Check that a folder is missing, empty, or was written by this package.

    Args:
        folder (`Path`):
            Folder that is about to be written.
        tag (`str`):
            Text in the card of a folder that this package wrote.
        card (`str`, defaults to `"README.md"`):
            Name of the file that has the tag.

    Raises:
        FileExistsError: The path is a file, or the folder has other content.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise FileExistsError(f"{folder} is a file, expected a folder to write: use another path")
    path = folder / card
    ours = path.is_file() and tag in path.read_text("utf-8", errors="replace")
    others = (p for p in folder.iterdir() if p.name != LOCK_FILE and not _DRAFT.fullmatch(p.name))
    if any(others) and not ours:
        raise FileExistsError(
            f"{folder} is not empty and holds no {tag}: use a new folder, or empty this one"
        )
