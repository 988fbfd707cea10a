"""Check and read uploaded files in the folder of a session.

The type of a file is taken from its content. The file is copied under a random name, an archive is
checked before anything is unpacked, a packed recording is unpacked in the folder of the session up
to a limit, and the recording is read in another process
(`agir_hf.assessment.sandbox`), never in this one. A refusal is one line that contains neither the
name nor the folder of the file. It may quote the content: escape it before showing it as HTML.
"""

from __future__ import annotations

import gzip
import os
import re
import secrets
import zipfile
import zlib
from pathlib import Path

from agir_hf.assessment.sandbox import Limits, read_untrusted
from agir_hf.motion.readers import ENDINGS, PACKED_ENDINGS, ending_of
from agir_hf.motion.readers.containers import opened
from agir_hf.motion.recording import ReadOptions, Recording, RecordingError

MAX_BYTES = 50_000_000
MAX_UNPACKED_BYTES = 200_000_000  # of all arrays of an archive
_MAX_ENTRIES = 200
_ARRAY_NAME = re.compile(r"[^/\\:.\x00-\x1f][^/\\:\x00-\x1f]*\.npy")
_HEAD_BYTES, _CHUNK = 512, 1 << 20
_GZIP = b"\x1f\x8b"
_PICKLES = tuple(bytes((0x80, protocol)) for protocol in (2, 3, 4, 5))
_TYPES = (
    "C3D, TRC, BVH, AMASS .npz, CARE-PD .pkl, or joints as .npy or .npz, also packed as .gz or .zip"
)


class UploadError(ValueError):
    """A file that is refused; the message says why and what to do, on one line."""


def read_upload(
    path: str | os.PathLike, session: Path, limits: Limits | None = None, **reading
) -> Recording:
    """Check and read a recording; it is copied into the folder of a session until it is read.

    Args:
        path: The uploaded file.
        session: Folder of the session; no other folder is written.
        limits: Limits of reading; by default those of `agir_hf.assessment.sandbox`.
        **reading: Keywords of `agir_hf.motion.read_recording`, such as `rate_hz`.

    Returns:
        The recording, without the name of its file.

    Raises:
        UploadError: The file is too large, of an unknown type, damaged, or unsafe.
    """
    copy = copy_upload(path, session)
    try:
        copy = copy.rename(copy.with_suffix(_suffix_of(copy)))
        if copy.suffix not in PACKED_ENDINGS:
            return _read(copy, limits, reading)
        _check_packed(copy)
        with opened(copy, ReadOptions(item=reading.get("item")), ENDINGS, session) as inner:
            content = inner.path.rename(copy.with_suffix(_suffix_of(inner.path)))
            try:
                return _read(content, limits, {**reading, "item": inner.options.item})
            finally:
                content.unlink(missing_ok=True)
    except (RecordingError, OSError) as error:
        raise UploadError(str(error).replace(str(copy), "the packed file")) from None
    finally:
        copy.unlink(missing_ok=True)


def _read(copy: Path, limits: Limits | None, reading: dict) -> Recording:
    """Read a file that is not packed, with the suffix of its content, in another process."""
    if copy.suffix in PACKED_ENDINGS:
        raise UploadError("the file is packed several times: unpack it")
    if copy.suffix == ".npz":
        _check_archive(copy)
    elif copy.suffix == ".npy" and reading.get("rate_hz") is None:
        raise UploadError(
            "an .npy file does not state its frame rate: enter the frames per second, or upload "
            "an .npz with joints and rate_hz"
        )
    return read_untrusted(copy, limits, **reading)


def _check_packed(path: Path) -> None:
    """Refuse a packed file that is too large, or packed again, before it is unpacked."""
    if path.suffix == ".zip":
        entries = _entries(path)
        if any(_is_packed(path, entry) for entry in entries):
            raise UploadError("the archive has packed files: unpack it, and choose one recording")
        _check_unpacked(sum(entry.file_size for entry in entries))
        return
    size = 0
    try:
        with gzip.open(path) as content:
            while chunk := content.read(_CHUNK):
                if not size and chunk.startswith(_GZIP):
                    raise UploadError("the file is packed several times: unpack it")
                size += len(chunk)
                _check_unpacked(size, "at least ")
    except (OSError, EOFError, zlib.error):
        raise UploadError("the packed file is damaged: copy or compress it again") from None


def _is_packed(path: Path, entry: zipfile.ZipInfo) -> bool:
    """Whether an entry of an archive is packed again, by its name or its first bytes."""
    if entry.filename.lower().endswith(PACKED_ENDINGS):
        return True
    try:
        with zipfile.ZipFile(path) as archive, archive.open(entry) as content:
            return content.read(len(_GZIP)) == _GZIP
    except (RuntimeError, NotImplementedError, zipfile.BadZipFile, OSError, EOFError, zlib.error):
        return False  # reading it says why


def _check_unpacked(size: int, least: str = "") -> None:
    if size > MAX_UNPACKED_BYTES:
        raise UploadError(
            f"the archive unpacks to {least}{size / 1e6:.0f} MB, expected at most "
            f"{MAX_UNPACKED_BYTES / 1e6:g} MB: cut the recording to the walk"
        )


def _entries(path: Path) -> list[zipfile.ZipInfo]:
    """Entries of an archive, of which there may be a limited number."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise UploadError("the archive is damaged: copy or export it again") from None
    if len(entries) > _MAX_ENTRIES:
        raise UploadError(
            f"the archive has {len(entries)} entries, expected at most {_MAX_ENTRIES}: upload one "
            "recording"
        )
    return entries


def copy_upload(path: str | os.PathLike, session: Path, max_bytes: int = MAX_BYTES) -> Path:
    """Copy a file of any type into the folder of a session under a random name.

    Args:
        path: The uploaded file.
        session: Folder of the session.
        max_bytes: Largest size that is accepted.

    Returns:
        The copy, without a suffix.

    Raises:
        UploadError: The file is empty, too large, or not a regular file.
    """
    path = Path(path)
    if path.is_symlink() or not path.is_file():
        raise UploadError("the upload is not a file: choose one recording")
    with path.open("rb") as file:
        content = file.read(max_bytes + 1)
    if not content:
        raise UploadError("the file is empty: copy or export it again")
    if len(content) > max_bytes:
        raise UploadError(
            f"the file is larger than the limit of {max_bytes / 1e6:g} MB: cut the recording "
            "to the walk"
        )
    kept = Path(session) / f"upload-{secrets.token_hex(8)}"
    kept.write_bytes(content)
    return kept


def _suffix_of(path: Path) -> str:
    """Return the suffix that matches the content of a file."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").upper()
    if head.startswith(b"\x93NUMPY"):
        return ".npy"
    if head.startswith(_GZIP):
        return ".gz"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return ".zip" if _has_recordings(path) else ".npz"
    if head[:2] in _PICKLES:
        return ".pkl"
    if text.startswith(b"PATHFILETYPE"):
        return ".trc"
    if text.startswith(b"HIERARCHY"):
        return ".bvh"
    if head[1:2] == b"\x50" and head[0]:
        return ".c3d"
    raise UploadError(f"the type of the file is unknown, expected {_TYPES}")


def _has_recordings(path: Path) -> bool:
    """Whether an archive has files of recordings, instead of the arrays of an .npz."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False
    return any(ending_of(Path(name)) in set(ENDINGS) - {".npy"} for name in names)


def _check_archive(path: Path) -> None:
    """Refuse an .npz by its directory, before anything is unpacked.

    Python does not unpack more of an entry than the directory declares, and compares the checksum:
    the declared sizes are upper bounds.
    """
    entries = _entries(path)
    if any(not _ARRAY_NAME.fullmatch(entry.filename) for entry in entries):
        raise UploadError(
            "the archive contains files or folders that are not arrays: upload an .npz written by "
            "numpy, or a .zip with one recording"
        )
    _check_unpacked(sum(entry.file_size for entry in entries))
