"""What lies in a file that is no text: by the names and shapes in it, without loading any of it."""

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

# a place in the file (" line 3", or ""), what was found, what to do
Finding = tuple[str, str, str]
BODY = "a licensed body model", "its licence forbids handing it on: move it out of the folder"
MOTION = "a recording of a person", "it is not ours to hand on: move it out of the folder"
PICKLE = "a pickle, which can run code where it is loaded", "save it as safetensors or JSON"
STATE = "a state of training", "it is of no use to others: move it out of the folder"
UNKNOWN = "of a kind that cannot be looked into", "unpack it, or move it out of the folder"

_BODY_KEYS = {"v_template", "shapedirs", "posedirs", "J_regressor"}
_MOTION_KEYS = ({"poses", "trans"}, {"poses", "mocap_framerate"}, {"markers"}, {"joints"})
_LEAST_FRAMES, _LEAST_POINTS = 20, 10  # of an array (frames, points, 3) that is taken for a motion
_STATE_KEYS = {"exp_avg", "exp_avg_sq", "momentum_buffer"}


def text(file: Path) -> Iterator[Finding]:
    """Look into a text; what is none is not known."""
    try:
        with file.open(encoding="utf-8") as lines:
            for number, what, todo in private_in(lines):
                yield f" line {number}", what, todo
    except UnicodeDecodeError:
        yield "", *UNKNOWN


def recording(file: Path) -> Iterator[Finding]:
    """Tell a recording, unless nobody walked in it: one of this package, or simulated by it."""
    if not (is_shipped(file) or (file.suffix.lower() == ".c3d" and is_simulated(file))):
        yield "", *MOTION


def arrays(file: Path) -> Iterator[Finding]:
    """Look into an .npz or .npy."""
    try:
        headers = _npz(file) if zipfile.is_zipfile(file) else _npy(file)
    except (ValueError, EOFError, zipfile.BadZipFile):
        yield "", *UNKNOWN
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


def _npz(file: Path) -> dict[str, tuple]:
    with zipfile.ZipFile(file) as packed:
        found = {}
        for name in packed.namelist():
            with packed.open(name) as part:
                found[name.removesuffix(".npy")] = _header(part)
        return found


def _npy(file: Path) -> dict[str, tuple]:
    with file.open("rb") as part:
        return {"": _header(part)}


def _header(part) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and type of the array that begins here."""
    forms = np.lib.format
    old = forms.read_magic(part) == (1, 0)
    shape, _, dtype = (forms.read_array_header_1_0 if old else forms.read_array_header_2_0)(part)
    return shape, dtype


def _is_motion(shape: tuple[int, ...]) -> bool:
    enough = len(shape) == 3 and shape[0] >= _LEAST_FRAMES and shape[1] >= _LEAST_POINTS
    return enough and shape[2] == 3


def safetensors(file: Path) -> Iterator[Finding]:
    """Look at the names of the tensors, and at the notes beside them."""
    header = _safetensors_header(file)
    if header is None:
        yield "", *UNKNOWN
        return
    notes = json.dumps(header.pop("__metadata__", {}))
    names = {name.rpartition(".")[2] for name in header}
    if names & _BODY_KEYS:
        yield "", *BODY
    if names & _STATE_KEYS:
        yield "", *STATE
    for _, what, todo in private_in([notes]):
        yield " notes in its head", what, todo


def _safetensors_header(file: Path) -> dict | None:
    with file.open("rb") as source:
        try:
            (length,) = struct.unpack("<Q", source.read(8))
            header = json.loads(source.read(length)) if length < file.stat().st_size else None
        except (struct.error, ValueError):
            return None
    return header if isinstance(header, dict) else None


def parquet(file: Path) -> Iterator[Finding]:
    """Look at the texts of the columns, a group of rows at a time.

    Raises:
        PublishError: pyarrow is not installed.
    """
    try:
        import pyarrow
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise PublishError(
            f'Parquet can only be looked into with pyarrow: pip install "agir-hf[train]" ({error})'
        ) from error
    try:
        table = ParquetFile(file)
    except pyarrow.ArrowException:
        yield "", *UNKNOWN
        return
    with table:
        kinds = (pyarrow.string(), pyarrow.large_string())
        names = [column.name for column in table.schema_arrow if column.type in kinds]
        done = 0
        for batch in table.iter_batches(columns=names):
            for name in names:
                rows = (value or "" for value in batch.column(name).to_pylist())
                for row, what, todo in private_in(rows):
                    yield f" row {done + row} of {name}", what, todo
            done += batch.num_rows


def is_shipped(file: Path) -> bool:
    """Whether a file is a recording or a body that this package carries."""
    alike = _shipped().get(file.stat().st_size)
    return alike is not None and _digest(file) in alike


@cache
def _shipped() -> Mapping[int, set[str]]:
    """Size → digests."""
    assets = Path(__file__).resolve().parents[1] / "assets"
    found: dict[int, set[str]] = {}
    for file in (*assets.glob("*.c3d"), *assets.glob("*.npz")):
        found.setdefault(file.stat().st_size, set()).add(_digest(file))
    return found


def _digest(file: Path) -> str:
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


_SHOWN = 8  # characters of a secret that are told, and no more
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
_KINDS = tuple(_SECRETS)
_SECRET = re.compile("|".join(f"(?P<s{i}>{one})" for i, one in enumerate(_SECRETS.values())))

_HOMES = ("home", "Users", "root", "work", "tmp", "mnt", "media", "scratch", "private/var",
          "var/folders")  # fmt: skip
# not behind a name, a link's host or a variable: there it is the rest of a path, not its beginning
_START = r"(?:(?<![\w.~/\\})>*-])|(?<=file://))"
_REST = r"[\w.~-][^\s\"'`<>|()\[\]{},;]*"
_DRIVE = r"[A-Za-z]:[\\/]{1,2}Users[\\/]{1,2}"


def private_in(lines: Iterable[str]) -> Iterator[tuple[int, str, str]]:
    """What is private in a text.

    Args:
        lines: of the text.

    Yields:
        Number of the line from 1, what was found, what to do.
    """
    place = _place()
    for number, line in enumerate(lines, 1):
        for found in _SECRET.finditer(line):
            kind = _KINDS[int(found.lastgroup[1:])]
            yield number, f"{kind} ({found[0][:_SHOWN]}…)", "take it out, and revoke it"
        for found in place.finditer(line):
            yield number, f"the machine path {found[0]}", "write it relative, or take it out"


def is_place(text: str) -> bool:
    """Whether a text begins with a machine path."""
    return _place().match(text) is not None


@cache
def _place() -> re.Pattern:
    """Folders where people and machines keep what is theirs, and this person's own."""
    roots = [*(f"/{name}/" for name in _HOMES), _DRIVE]
    own = [str(path) for path in (Path.home(), Path.cwd()) if len(path.parts) > 2]
    roots += [re.escape(path) + r"[\\/]" for path in own]
    return re.compile(rf"{_START}(?:{'|'.join(roots)}){_REST}")
