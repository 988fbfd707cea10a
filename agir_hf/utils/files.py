"""Atomic writes: files and folders are written under a temporary name and moved into place."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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
    draft = path.with_name(f".{path.stem}.{os.getpid()}.partial{path.suffix}")
    try:
        yield draft
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def write_text_atomic(path: str | os.PathLike, text: str) -> None:
    """Write a UTF-8 text file under a temporary name and move it into place.

    Args:
        path (`str` or `os.PathLike`):
            File to write. Its folder must exist.
        text (`str`):
            Content of the file.
    """
    with atomic_path(path) as draft:
        draft.write_text(text, encoding="utf-8")


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
    draft = folder.with_name(f".{folder.name}.{os.getpid()}.partial")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        draft.mkdir()
        yield draft
        move_into_place(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def move_into_place(draft: Path, folder: Path) -> None:
    """Replace a folder by a finished draft; the old content is removed last.

    Args:
        draft (`Path`):
            Finished folder, on the same file system.
        folder (`Path`):
            Destination. It may exist.
    """
    old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    if folder.exists():
        folder.rename(old)
    try:
        draft.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


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
    if any(folder.iterdir()) and not ours:
        raise FileExistsError(
            f"{folder} is not empty and holds no {tag}: use a new folder, or empty this one"
        )
