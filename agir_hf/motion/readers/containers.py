"""Recordings in .gz and .zip files and on standard input, as temporary files.

Sizes are limited while they are unpacked, the temporary files are removed, and messages name the
file of the user.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
import stat
import struct
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from ..recording import ReadOptions, RecordingError
from .foreign_formats import advice_for
from .limits import check_size

STANDARD_INPUT = "-"
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_CHUNK = 1 << 20
_MOST_LAYERS = 3  # a .gz in a .zip in a .gz
_MOST_RATIO, _FREE_BYTES = 200, 100 << 20  # unpacked over packed size, beyond a size
_MOST_DIRECTORY = 32 << 20  # bytes of the table of contents of a .zip
_END, _END_BYTES = b"PK\x05\x06", (1 << 16) + 22
_PREFIX = "agir-reading-"
_STALE_S = 600.0  # longer than any reading takes
_SHOWN = 6


@dataclass(frozen=True)
class OpenedFile:
    """A regular file with a recording, which may be a temporary one.

    Attributes:
        path: The file.
        shown: Name for the user, such as "walk.zip (inner.trc)".
        options: Settings of the user, without an item that chose an entry of an archive.
    """

    path: Path
    shown: str
    options: ReadOptions


@contextmanager
def opened(
    path: str | os.PathLike,
    options: ReadOptions,
    endings: tuple[str, ...],
    root: Path | None = None,
) -> Iterator[OpenedFile]:
    """Provide a recording as a regular file, unpacked if needed.

    Args:
        path: A file, or "-" for standard input.
        options: Settings of the user.
        endings: Endings of the formats that are read.
        root: Folder of temporary files. By default that of the system.

    Yields:
        The file. If it is temporary, it is removed at the end.

    Raises:
        OSError: The file does not exist, is a folder, or cannot be opened.
        RecordingError: It is not a regular file, too large, damaged, or contains several
            recordings.
    """
    if str(path) != STANDARD_INPUT:
        path = Path(path)
        _check_regular(path)
        if not _packed(path, options):
            yield OpenedFile(path, str(path), options)
            return
    folder = _temporary_folder(root or Path(tempfile.gettempdir()))
    try:
        if str(path) == STANDARD_INPUT:
            file = _from_standard_input(folder, options)
        else:
            file = OpenedFile(path, str(path), options)
        for layer in range(_MOST_LAYERS + 1):
            kind = _packed(file.path, file.options)
            if not kind:
                break
            if layer == _MOST_LAYERS:
                raise RecordingError(f"{file.shown} is packed several times: unpack it")
            unpack = _from_gzip if kind == "gzip" else _from_zip
            inside = folder / str(layer)
            inside.mkdir()
            file = unpack(file, inside, endings)
        yield file
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _check_regular(path: Path) -> None:
    try:
        status = path.stat()
    except FileNotFoundError:
        raise FileNotFoundError(f"no such file: {path}") from None
    except NotADirectoryError:
        raise FileNotFoundError(f"no such file: {path} (a part of the path is a file)") from None
    except PermissionError:
        raise PermissionError(f"{path} cannot be opened: permission denied") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise RecordingError(f"{path} cannot be opened ({reason}): pass another file") from error
    if stat.S_ISDIR(status.st_mode):
        if not os.access(path, os.R_OK | os.X_OK):
            raise PermissionError(f"the folder {path} cannot be searched: permission denied")
        raise IsADirectoryError(f"{path} is a directory, expected a recording: pass a file in it")
    if not stat.S_ISREG(status.st_mode):
        raise RecordingError(
            f"{path} is a device or a pipe, expected a file: pass a file, or - for standard input"
        )
    if not os.access(path, os.R_OK):
        raise PermissionError(f"{path} cannot be opened: permission denied")
    check_size(status.st_size, str(path))


def _packed(path: Path, options: ReadOptions) -> str:
    """Kind of container, "gzip" or "zip", by ending and first bytes; empty if it is none."""
    with path.open("rb") as file:
        head = file.read(len(_ZIP))
    ending = path.suffix.lower()
    if head.startswith(_GZIP):
        return "gzip"
    if ending == ".gz":
        raise RecordingError(
            f"{path} is not compressed, although it ends in .gz: rename it to {path.stem}"
        )
    if ending == ".zip" or (head == _ZIP and options.format in (".c3d", ".trc", ".bvh", ".npy")):
        return "" if options.format == ".npz" and _holds_arrays(path) else "zip"
    return ""


def _holds_arrays(path: Path) -> bool:
    """Whether a zip archive has arrays only, as an .npz file."""
    try:
        with zipfile.ZipFile(path) as archive:
            return all(name.endswith(".npy") for name in archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError):
        return False


def _temporary_folder(root: Path) -> Path:
    """Create a folder; those of killed processes are removed."""
    for old in root.glob(f"{_PREFIX}*"):
        process = old.name.removeprefix(_PREFIX).partition("-")[0]
        try:
            if time.time() - old.stat().st_mtime > _STALE_S and not _runs(int(process)):
                shutil.rmtree(old, ignore_errors=True)
        except (OSError, ValueError):
            continue
    return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=root))


def _runs(process: int) -> bool:
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _from_standard_input(folder: Path, options: ReadOptions) -> OpenedFile:
    if options.format is None:
        raise RecordingError(
            "standard input has no file name, expected a format: pass --format, such as --format "
            "c3d"
        )
    stream = getattr(sys.stdin, "buffer", None)
    if stream is None or stream.isatty():
        raise RecordingError("standard input has no recording: pass it as in agir … - < walk.c3d")
    target = folder / f"input{options.format}"
    with target.open("wb") as file:
        size = _copy(stream, file, "standard input")
    check_size(size, "standard input")
    return OpenedFile(target, "standard input", options)


def _copy(source, target, shown: str, packed_bytes: int | None = None) -> int:
    """Copy a stream, up to the largest size and ratio, and return the number of bytes."""
    size = 0
    while chunk := source.read(_CHUNK):
        size += len(chunk)
        check_size(size, shown)
        if packed_bytes is not None:
            _check_ratio(size, packed_bytes, shown)
        target.write(chunk)
    return size


def _check_ratio(size: int, packed_bytes: int, shown: str) -> None:
    if size > _FREE_BYTES and size > _MOST_RATIO * packed_bytes:
        raise RecordingError(
            f"{shown} unpacks to more than {_MOST_RATIO} times its size, which no recording does: "
            "export it again"
        )


def _from_gzip(file: OpenedFile, folder: Path, endings: tuple[str, ...]) -> OpenedFile:
    name = file.path.name
    name = name[:-3] if name.lower().endswith(".gz") else name
    target = folder / _plain_name(name)
    try:
        with gzip.open(file.path) as source, target.open("wb") as copy:
            size = _copy(source, copy, file.shown, file.path.stat().st_size)
    except RecordingError:
        raise
    except Exception as error:
        raise RecordingError(
            f"{file.shown} is damaged ({_reason(error)}): copy or compress it again"
        ) from error
    check_size(size, f"{file.shown} (unpacked)")
    return replace(file, path=target)


def _from_zip(file: OpenedFile, folder: Path, endings: tuple[str, ...]) -> OpenedFile:
    try:
        _check_directory(file)
        with zipfile.ZipFile(file.path) as archive:
            entry, item = _chosen(archive, file, endings)
            shown = f"{file.shown} ({entry.filename})"
            if entry.flag_bits & 1:
                raise RecordingError(f"{shown} is encrypted: unpack it with its password")
            check_size(entry.file_size, shown)
            _check_ratio(entry.file_size, max(entry.compress_size, 1), shown)
            target = folder / _plain_name(PurePosixPath(entry.filename).name)
            with archive.open(entry) as source, target.open("wb") as copy:
                _copy(source, copy, shown, entry.compress_size)
    except RecordingError:
        raise
    except Exception as error:
        raise RecordingError(
            f"{file.shown} is a damaged or unusual zip archive ({_reason(error)}): unpack it, or "
            "copy it again"
        ) from error
    return OpenedFile(target, shown, replace(file.options, item=item))


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__


def _plain_name(name: str) -> str:
    """File name without characters that have a meaning for a system or a terminal."""
    return re.sub(r"[^\w.+-]", "_", name)[-80:].lstrip(".") or "recording"


def _check_directory(file: OpenedFile) -> None:
    """Check the size of the table of contents, which is read as a whole."""
    size = file.path.stat().st_size
    with file.path.open("rb") as content:
        content.seek(max(size - _END_BYTES, 0))
        end = content.read()
    place_of_end = end.rfind(_END)
    if place_of_end < 0 or len(end) < place_of_end + 22:
        raise RecordingError(f"{file.shown} is not a complete zip archive: copy it again")
    (directory,) = struct.unpack_from("<I", end, place_of_end + 12)
    if directory > _MOST_DIRECTORY:
        raise RecordingError(f"{file.shown} has too many entries: unpack it, and pass one file")


def _chosen(
    archive: zipfile.ZipFile, file: OpenedFile, endings: tuple[str, ...]
) -> tuple[zipfile.ZipInfo, str | None]:
    """Entry with the recording, and the item that remains for its reader."""
    options = file.options
    entries = [entry for entry in archive.infolist() if not _ignored(entry)]
    wanted = (options.format,) if options.format else endings
    recordings = [entry for entry in entries if _ending(entry.filename) in wanted]
    if not recordings and options.format:
        recordings = entries if len(entries) == 1 else []
    if not recordings:
        raise _no_recording(file, entries, endings)
    if options.item is not None:
        counts = Counter(name for entry in recordings for name in _names(entry))
        for entry in recordings:
            for name in _names(entry):
                if counts[name] == 1 and options.item == name:
                    return entry, None
                if counts[name] == 1 and options.item.startswith(f"{name}:"):
                    return entry, options.item[len(name) + 1 :]
    if len(recordings) > 1:
        names = [entry.filename for entry in recordings]
        arrays = all(name.endswith(".npy") for name in names)
        raise RecordingError(
            f"{file.shown} has {len(names)} recordings, expected one: choose with --item one of "
            f"{_list(names)}" + (" (rename it to end in .npz if it is such a file)" * arrays)
        )
    return recordings[0], options.item


def _names(entry: zipfile.ZipInfo) -> set[str]:
    """Names by which ``--item`` may choose an entry."""
    path = PurePosixPath(entry.filename)
    return {entry.filename, path.name, path.stem}


def _ignored(entry: zipfile.ZipInfo) -> bool:
    """Whether an entry is a folder, or a file that systems add."""
    parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
    return entry.is_dir() or "__MACOSX" in parts or not parts or parts[-1].startswith(".")


def _ending(name: str) -> str:
    """Ending in lower case, without that of gzip."""
    path = PurePosixPath(name.lower())
    return PurePosixPath(path.stem).suffix if path.suffix == ".gz" else path.suffix


def _no_recording(
    file: OpenedFile, entries: list[zipfile.ZipInfo], endings: tuple[str, ...]
) -> RecordingError:
    names = [entry.filename for entry in entries]
    if len(names) == 1:
        return RecordingError(f"{file.shown}: {advice_for(Path(names[0]), endings)}")
    return RecordingError(
        f"{file.shown} has no recording ({_list(names) or 'no files'}), expected a file that ends "
        f"in one of {', '.join(endings)}: add it"
    )


def _list(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
