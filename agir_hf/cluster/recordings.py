"""Recordings over fsspec: files of a folder, a glob or a list, and the share of each task."""

from __future__ import annotations

import posixpath
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath

from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from ..assessment.session_files import (
    RecordingFile,
    is_of_session,
    medication_of,
    numbers_in_order,
    subject_of,
    walks_of,
)

LISTS = (".txt", ".list")  # endings of files that list recordings, one a line
_GLOB = re.compile(r"[*?\[]")


class NoRecordingsError(ValueError):
    """No recording is at a path. The message is one line."""


@dataclass(frozen=True)
class ListedFile:
    """A file of the list of a run.

    Attributes:
        path: Absolute path, or address of any file system of fsspec, such as "s3://study/walk.c3d".
        shown: Name in the results: the path relative to the folder that was passed, or the path as
            it was passed.
        folder: Folder of the file relative to the folder that was passed, "" for that folder.
    """

    path: str
    shown: str
    folder: str = ""

    def as_json(self) -> dict[str, str]:
        """Return the fields as values for JSON."""
        return asdict(self)


def list_files(source: str) -> list[ListedFile]:
    """List the recordings of a source, in the order of the results.

    Args:
        source: Folder, which is searched with its subfolders; glob, such as "walks/*.c3d"; text
            file (.txt or .list) with one path a line; or a recording. Each may be a local path or
            an address of fsspec, such as "s3://study/walks".

    Returns:
        The files. Those of a folder or a glob are sorted by name, with walk_2 before walk_10; those
        of a list have its order.

    Raises:
        NoRecordingsError: There is no such file or folder, no recording in it, or a list has a
            recording twice.
    """
    system, path = url_to_fs(source)
    if _GLOB.search(source) and not system.exists(path):  # a name may have brackets
        files = [_file(system, name, _address(system, name)) for name in _sorted(system.glob(path))]
    elif system.isdir(path):
        files = [_in_folder(system, name, path) for name in _sorted(system.find(path), path)]
    elif not system.exists(path):
        raise NoRecordingsError(f"there is no file or folder {source}: check the path")
    elif PurePosixPath(path).suffix.lower() in LISTS:
        files = _of_list(system, path)
    else:
        files = [_file(system, path, source)]
    if not files:
        raise NoRecordingsError(f"{source} has no recording: pass another folder, glob or list")
    return files


def _sorted(names: Sequence[str], folder: str = "") -> list[str]:
    """Names of recordings, sorted as `agir assess` sorts them."""
    short = {name: posixpath.relpath(name, folder) if folder else name for name in names}
    kept = [name for name in names if is_of_session(Path(short[name]))]
    return sorted(kept, key=lambda name: numbers_in_order(short[name]))


def _in_folder(system, name: str, folder: str) -> ListedFile:
    shown = posixpath.relpath(name, folder)
    return ListedFile(_address(system, name), shown, posixpath.dirname(shown))


def _file(system, name: str, shown: str) -> ListedFile:
    return ListedFile(_address(system, name), shown)


def _of_list(system, path: str) -> list[ListedFile]:
    with system.open(path, "rt", encoding="utf-8-sig") as file:
        names = [line.strip() for line in file if line.strip() and not line.startswith("#")]
    repeated = next((name for name, next_ in _pairs(sorted(names)) if name == next_), None)
    if repeated is not None:
        raise NoRecordingsError(f"{path} lists {repeated} twice, expected each recording once")
    return [ListedFile(_address(*url_to_fs(name)), name) for name in names]


def _pairs(names: list[str]) -> Iterator[tuple[str, str]]:
    return zip(names, names[1:], strict=False)


def _address(system, name: str) -> str:
    """Absolute path of a local file; address with protocol of another one."""
    return name if isinstance(system, LocalFileSystem) else system.unstrip_protocol(name)


def blocks_of(count: int, rank: int, tasks: int, block: int) -> Iterator[range]:
    """Positions in the list that a task reads, in blocks.

    The list is cut into blocks of `block` positions, and each task has a row of whole blocks. What
    is computed of a block therefore does not depend on the number of tasks: the model reads the
    same recordings in the same batches. The results of task 0, task 1 and so on, one after another,
    are in the order of the list.

    Args:
        count: Number of files in the list.
        rank: Number of the task, from 0.
        tasks: Number of tasks.
        block: Files in a block.

    Yields:
        Positions of each block. A task has none where there are more tasks than blocks.
    """
    blocks = -(-count // block)
    for number in range(rank * blocks // tasks, (rank + 1) * blocks // tasks):
        yield range(number * block, min((number + 1) * block, count))


@contextmanager
def local_files(files: Sequence[ListedFile]) -> Iterator[list[Path | OSError]]:
    """Provide files as local paths; those of other file systems are copied to a temporary folder.

    Args:
        files: The files.

    Yields:
        A path for each file, or the error of a file that cannot be copied. Copies are removed at
        the end of the block.
    """
    with tempfile.TemporaryDirectory(prefix="agir-") as folder:
        yield [_local(file, Path(folder) / str(n)) for n, file in enumerate(files)]


def _local(file: ListedFile, folder: Path) -> Path | OSError:
    system, name = url_to_fs(file.path)
    if isinstance(system, LocalFileSystem):
        return Path(name)
    folder.mkdir()
    copy = folder / posixpath.basename(name)
    try:
        system.get_file(name, str(copy))
    except OSError as error:
        return error
    return copy


def walks_of_file(file: ListedFile, path: Path) -> list[RecordingFile]:
    """List the walks of a file, named as `agir assess` names them.

    Args:
        file: The file in the list.
        path: Where it can be read.

    Returns:
        One entry, or one for each walk of a CARE-PD file with several.
    """
    stated = PurePosixPath(file.path)
    entry = RecordingFile(
        path, file.shown, None, subject_of(stated), medication_of(stated), file.folder
    )
    return [
        replace(walk, shown=f"{file.shown}: {walk.item}") if walk.item else walk
        for walk in walks_of(entry)
    ]
