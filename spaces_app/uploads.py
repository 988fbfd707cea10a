"""Files from strangers: what is let into a session's folder, and as what.

A file is judged by its content. It is copied under a name of ours, its archive is looked at before
anything is unpacked, and it is read once in a subprocess (`agir_hf.assessment.sandbox`). A refusal
is one plain line. It names neither the file nor the folder; it may quote the file, so escape it
wherever HTML is shown.
"""

from __future__ import annotations

import os
import re
import secrets
import zipfile
from pathlib import Path

from agir_hf.assessment.sandbox import Limits, ReadingRefused, validate_in_subprocess

MAX_BYTES = 50_000_000
MOST_UNPACKED_BYTES = 200_000_000  # of the arrays of an archive
_MOST_ENTRIES = 200
_ARRAY_NAME = re.compile(r"[^/\\:.\x00-\x1f][^/\\:\x00-\x1f]*\.npy")
_HEAD = 512
_PICKLES = tuple(bytes((0x80, protocol)) for protocol in (2, 3, 4, 5))
_KINDS = "C3D, TRC, BVH, AMASS .npz, CARE-PD .pkl, or joints as .npy or .npz"


class UploadError(ValueError):
    """A file that is not taken; the message says why and what to do, on one line."""


def accept(path: str | os.PathLike, session: Path, limits: Limits | None = None, **reading) -> Path:
    """Take a recording into a session's folder.

    Args:
        path: the uploaded file.
        session: folder of the session; nothing is written elsewhere.
        limits: of reading, by default those of `agir_hf.assessment.sandbox`.
        reading: keywords of `agir_hf.motion.read_recording`, such as ``rate_hz``.

    Returns:
        The file in the session's folder, with a name of ours and the ending of its content.

    Raises:
        UploadError: it is too large, of another kind, damaged, or built to do harm.
    """
    kept = take_in(path, session)
    try:
        kept = kept.rename(kept.with_suffix(_ending(kept)))
        if kept.suffix == ".npz":
            _check_archive(kept)
        elif kept.suffix == ".npy" and reading.get("rate_hz") is None:
            raise UploadError(
                "an .npy file does not say how many frames make a second: give the rate, or "
                "upload an .npz that holds joints and rate_hz"
            )
        validate_in_subprocess(kept, limits, **reading)
    except BaseException as error:
        kept.unlink(missing_ok=True)
        if isinstance(error, ReadingRefused):
            raise UploadError(str(error)) from None
        raise
    return kept


def take_in(path: str | os.PathLike, session: Path, most_bytes: int = MAX_BYTES) -> Path:
    """Copy a file, whatever it is, into a session's folder under a name of ours.

    Raises:
        UploadError: it is empty, too large, or no plain file.
    """
    path = Path(path)
    if path.is_symlink() or not path.is_file():
        raise UploadError("the upload is no file: choose one recording")
    with path.open("rb") as file:
        content = file.read(most_bytes + 1)
    if not content:
        raise UploadError("the file is empty: copy or export it again")
    if len(content) > most_bytes:
        raise UploadError(
            f"the file has more than {most_bytes / 1e6:g} MB, expected at most that: cut the "
            "recording to the walk"
        )
    kept = Path(session) / f"upload-{secrets.token_hex(8)}"
    kept.write_bytes(content)
    return kept


def _ending(path: Path) -> str:
    """The ending that belongs to a file's content."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
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
    raise UploadError(f"the file is of no kind that is known here, expected {_KINDS}")


def _check_archive(path: Path) -> None:
    """Refuse an archive by what it says of itself, before anything is unpacked.

    Python unpacks no more of an entry than it declares, and compares its checksum: what is
    declared bounds what there is.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise UploadError("the archive is damaged: copy or export it again") from None
    if len(entries) > _MOST_ENTRIES:
        raise UploadError(
            f"the archive has {len(entries)} entries, expected at most {_MOST_ENTRIES} arrays: "
            "upload one recording"
        )
    if any(not _ARRAY_NAME.fullmatch(entry.filename) for entry in entries):
        raise UploadError(
            "the archive holds files or folders beside arrays: upload an .npz as numpy writes it"
        )
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MOST_UNPACKED_BYTES:
        raise UploadError(
            f"the archive unpacks to {unpacked / 1e6:.0f} MB, expected at most "
            f"{MOST_UNPACKED_BYTES / 1e6:g} MB: cut the recording to the walk"
        )
