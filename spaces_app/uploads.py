"""Check and read uploaded files in the folder of a session.

The type of a file is taken from its content. The file is copied under a random name, an archive is
checked before anything is unpacked, and the recording is read in another process
(`agir_hf.assessment.sandbox`), never in this one. A refusal is one line that contains neither the
name nor the folder of the file. It may quote the content: escape it before showing it as HTML.
"""

from __future__ import annotations

import os
import re
import secrets
import zipfile
from pathlib import Path

from agir_hf.assessment.sandbox import Limits, ReadingRefused, read_untrusted
from agir_hf.motion.recording import Recording

MAX_BYTES = 50_000_000
MAX_UNPACKED_BYTES = 200_000_000  # of all arrays of an archive
_MAX_ENTRIES = 200
_ARRAY_NAME = re.compile(r"[^/\\:.\x00-\x1f][^/\\:\x00-\x1f]*\.npy")
_HEAD_BYTES = 512
_PICKLES = tuple(bytes((0x80, protocol)) for protocol in (2, 3, 4, 5))
_TYPES = "C3D, TRC, BVH, AMASS .npz, CARE-PD .pkl, or joints as .npy or .npz"


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
        if copy.suffix == ".npz":
            _check_archive(copy)
        elif copy.suffix == ".npy" and reading.get("rate_hz") is None:
            raise UploadError(
                "an .npy file does not state its frame rate: enter the frames per second, or "
                "upload an .npz with joints and rate_hz"
            )
        return read_untrusted(copy, limits, **reading)
    except ReadingRefused as error:
        raise UploadError(str(error)) from None
    finally:
        copy.unlink(missing_ok=True)


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
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return ".npz"
    if head[:2] in _PICKLES:
        return ".pkl"
    if text.startswith(b"PATHFILETYPE"):
        return ".trc"
    if text.startswith(b"HIERARCHY"):
        return ".bvh"
    if head[1:2] == b"\x50" and head[0]:
        return ".c3d"
    raise UploadError(f"the type of the file is unknown, expected {_TYPES}")


def _check_archive(path: Path) -> None:
    """Refuse an archive by its directory, before anything is unpacked.

    Python does not unpack more of an entry than the directory declares, and compares the checksum:
    the declared sizes are upper bounds.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise UploadError("the archive is damaged: copy or export it again") from None
    if len(entries) > _MAX_ENTRIES:
        raise UploadError(
            f"the archive has {len(entries)} entries, expected at most {_MAX_ENTRIES} arrays: "
            "upload one recording"
        )
    if any(not _ARRAY_NAME.fullmatch(entry.filename) for entry in entries):
        raise UploadError(
            "the archive contains files or folders that are not arrays: upload an .npz written by "
            "numpy"
        )
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MAX_UNPACKED_BYTES:
        raise UploadError(
            f"the archive unpacks to {unpacked / 1e6:.0f} MB, expected at most "
            f"{MAX_UNPACKED_BYTES / 1e6:g} MB: cut the recording to the walk"
        )
