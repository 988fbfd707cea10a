"""Checks of file contents, by names, shapes and texts; nothing is unpickled or executed."""

from __future__ import annotations

import hashlib
import json
import re
import struct
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import numpy as np

from ..simulation.virtual_mocap import is_simulated
from .upload_plan import PublishError

# Position in the file (" line 3", or ""), what was detected, what to do.
Finding = tuple[str, str, str]
BODY = "a licensed body model", "its licence forbids passing it on: move it out of the folder"
MOTION = "a recording of a person", "it may not be passed on: move it out of the folder"
PICKLE = "a pickle, which can run code where it is loaded", "save it as safetensors or JSON"
TRAINING_STATE = "a training state", "only this training needs it: move it out of the folder"
UNREADABLE = "a file that cannot be checked", "unpack it, or move it out of the folder"

_BODY_KEYS = {"v_template", "shapedirs", "posedirs", "J_regressor"}
_MOTION_KEYS = ({"poses", "trans"}, {"poses", "mocap_framerate"}, {"markers"}, {"joints"})
_MIN_FRAMES, _MIN_POINTS = 20, 10  # an array (frames, points, 3) of this size is taken for motion
_STATE_KEYS = {"exp_avg", "exp_avg_sq", "momentum_buffer"}

_SHOWN_CHARACTERS = 8  # of a secret in a message
_SECRETS = {
    "an access token of the Hub": r"\bhf_[A-Za-z0-9]{20,}",
    "an access token of GitHub": r"\b(?:gh[opsru]_[A-Za-z0-9]{36}|github_pat_\w{22,})",
    "an access token of GitLab": r"\bglpat-[\w-]{20,}",
    "an access key of AWS": r"\bA[KS]IA[A-Z0-9]{16}\b",
    "a key of Google": r"\bAIza[\w-]{35}",
    "a key of a language model's provider": r"\bsk-[A-Za-z0-9_-]{20,}",
    "an access token of Slack": r"\bxox[abprs]-[\w-]{10,}",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "a password": r"(?i:\b(?:api_?key|password|passwd|secret)['\"]?\s*[:=]\s*['\"]\S{12,}['\"])",
}
_SECRET_KINDS = tuple(_SECRETS)
_SECRET = re.compile("|".join(f"(?P<s{i}>{form})" for i, form in enumerate(_SECRETS.values())))

_HOMES = ("home", "Users", "root", "work", "tmp", "mnt", "media", "scratch", "private/var",
          "var/folders")  # fmt: skip
# Not after a name, the host of a link or a variable: there it continues another path.
_PATH_START = r"(?:(?<![\w.~/\\})>*-])|(?<=file://))"
_PATH_REST = r"[\w.~-][^\s\"'`<>|()\[\]{},;]*"
_WINDOWS_HOME = r"[A-Za-z]:[\\/]{1,2}Users[\\/]{1,2}"


def check_text(file: Path) -> Iterator[Finding]:
    """Check a text file for secrets and paths of a machine.

    Args:
        file: File to check. Content that is not UTF-8 cannot be checked and is a finding.
    """
    try:
        with file.open(encoding="utf-8") as lines:
            for number, what, remedy in private_text(lines):
                yield f" line {number}", what, remedy
    except UnicodeDecodeError:
        yield "", *UNREADABLE


def private_text(lines: Iterable[str]) -> Iterator[tuple[int, str, str]]:
    """Find secrets and paths of a machine in a text.

    Args:
        lines: Lines of the text.

    Yields:
        Number of the line from 1, what was detected, what to do.
    """
    machine_path = _machine_path_pattern()
    for number, line in enumerate(lines, 1):
        for match in _SECRET.finditer(line):
            kind = _SECRET_KINDS[int(match.lastgroup[1:])]
            yield number, f"{kind} ({match[0][:_SHOWN_CHARACTERS]}…)", "remove it, and revoke it"
        for match in machine_path.finditer(line):
            yield number, f"the machine path {match[0]}", "make it relative, or remove it"


def is_machine_path(text: str) -> bool:
    """Return whether a text begins with a path of a machine, such as a home folder.

    Args:
        text: Text to check.
    """
    return _machine_path_pattern().match(text) is not None


@cache
def _machine_path_pattern() -> re.Pattern:
    """Return a pattern of common home and data folders, and those of this user."""
    roots = [*(f"/{name}/" for name in _HOMES), _WINDOWS_HOME]
    own = [str(path) for path in (Path.home(), Path.cwd()) if len(path.parts) > 2]
    roots += [re.escape(path) + r"[\\/]" for path in own]
    return re.compile(rf"{_PATH_START}(?:{'|'.join(roots)}){_PATH_REST}")


def check_recording(file: Path) -> Iterator[Finding]:
    """Report a recording, unless it is simulated or one of this package.

    Args:
        file: Recording in a motion capture format.
    """
    if not (is_shipped(file) or (file.suffix.lower() == ".c3d" and is_simulated(file))):
        yield "", *MOTION


def check_arrays(file: Path) -> Iterator[Finding]:
    """Check the names, shapes and types in an .npz or .npy file.

    Args:
        file: File to check.
    """
    try:
        headers = _npz_headers(file) if zipfile.is_zipfile(file) else _npy_headers(file)
    except (ValueError, EOFError, zipfile.BadZipFile):
        yield "", *UNREADABLE
        return
    if is_shipped(file):
        return
    shapes = [shape for shape, _ in headers.values()]
    if any(dtype.hasobject for _, dtype in headers.values()):
        yield "", *PICKLE
    elif _BODY_KEYS & headers.keys():
        yield "", *BODY
    elif any(keys <= headers.keys() for keys in _MOTION_KEYS) or any(map(_is_motion, shapes)):
        yield "", *MOTION


def _npz_headers(file: Path) -> dict[str, tuple]:
    headers = {}
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            with archive.open(name) as array:
                headers[name.removesuffix(".npy")] = _array_header(array)
    return headers


def _npy_headers(file: Path) -> dict[str, tuple]:
    with file.open("rb") as array:
        return {"": _array_header(array)}


def _array_header(array) -> tuple[tuple[int, ...], np.dtype]:
    """Read shape and type of the array that begins at the position of an open file."""
    forms = np.lib.format
    old = forms.read_magic(array) == (1, 0)
    read_header = forms.read_array_header_1_0 if old else forms.read_array_header_2_0
    shape, _, dtype = read_header(array)
    return shape, dtype


def _is_motion(shape: tuple[int, ...]) -> bool:
    large = len(shape) == 3 and shape[0] >= _MIN_FRAMES and shape[1] >= _MIN_POINTS
    return large and shape[2] == 3


def check_safetensors(file: Path) -> Iterator[Finding]:
    """Check the names of the tensors and the metadata of a safetensors file.

    Args:
        file: File to check.
    """
    header = _safetensors_header(file)
    if header is None:
        yield "", *UNREADABLE
        return
    metadata = json.dumps(header.pop("__metadata__", {}))
    names = {name.rpartition(".")[2] for name in header}
    if names & _BODY_KEYS:
        yield "", *BODY
    if names & _STATE_KEYS:
        yield "", *TRAINING_STATE
    for _, what, remedy in private_text([metadata]):
        yield " metadata", what, remedy


def _safetensors_header(file: Path) -> dict | None:
    with file.open("rb") as source:
        try:
            (length,) = struct.unpack("<Q", source.read(8))
            header = json.loads(source.read(length)) if length < file.stat().st_size else None
        except (struct.error, ValueError):
            return None
    return header if isinstance(header, dict) else None


def check_parquet(file: Path) -> Iterator[Finding]:
    """Check the text columns of a Parquet file, one batch of rows at a time.

    Args:
        file: File to check.

    Raises:
        PublishError: pyarrow is not installed.
    """
    try:
        import pyarrow
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise PublishError(
            f'checking Parquet files needs pyarrow: pip install "agir-hf[train]" ({error})'
        ) from error
    try:
        table = ParquetFile(file)
    except pyarrow.ArrowException:
        yield "", *UNREADABLE
        return
    with table:
        text_types = (pyarrow.string(), pyarrow.large_string())
        names = [column.name for column in table.schema_arrow if column.type in text_types]
        first_row = 0
        for batch in table.iter_batches(columns=names):
            for name in names:
                texts = (value or "" for value in batch.column(name).to_pylist())
                for row, what, remedy in private_text(texts):
                    yield f" row {first_row + row} of {name}", what, remedy
            first_row += batch.num_rows


def is_shipped(file: Path) -> bool:
    """Return whether a file is a recording or a body that this package contains.

    Args:
        file: File to check, by its content.
    """
    digests = _shipped_digests().get(file.stat().st_size)
    return digests is not None and _digest(file) in digests


@cache
def _shipped_digests() -> Mapping[int, set[str]]:
    """Return size in bytes → SHA-256 digests of recordings and bodies in the package."""
    assets = Path(__file__).resolve().parents[1] / "assets"
    digests: dict[int, set[str]] = {}
    for file in (*assets.glob("*.c3d"), *assets.glob("*.npz")):
        digests.setdefault(file.stat().st_size, set()).add(_digest(file))
    return digests


def _digest(file: Path) -> str:
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
