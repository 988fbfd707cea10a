"""What must not go to the Hub, and why: every file is looked at, by its name and its content.

Licensed body models, recordings of people, access tokens, machine paths, pickles, states of
training, hidden files, and whatever cannot be looked into. It is a guard against mistakes, not
against somebody who hides things.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from ..motion.readers import ENDINGS
from . import file_checks
from .file_checks import BODY, PICKLE, STATE, UNKNOWN, Finding
from .upload_plan import KEPT_HIDDEN, PublishError, UploadPlan

_SHOWN = 5  # findings in a message
_HIDDEN = "a hidden file", "it may hold what is private: move it out of the folder"
_ARRAYS = {".npz", ".npy"}
_PICKLES = {".pkl", ".pickle", ".pt", ".pth", ".bin", ".ckpt", ".joblib", ".dill"}
_RECORDINGS = {*ENDINGS, ".amc", ".asf", ".fbx", ".mot", ".mvnx"} - _ARRAYS - _PICKLES
_BODY_FILES = _ARRAYS | _PICKLES | {".mat", ".h5", ".json"}
_BODY_NAME = re.compile(r"(?:^|[\W_])(?:smpl[xh]?|mano|flame|dmpls?|basicmodel)(?:[\W_]|$)", re.I)
_STATES = re.compile(
    r"(?:^|/)(?:checkpoint-\d+/|global_step\d+/|optimizer\.|scheduler\.|rng_state|training_args\.)"
)
_VOCABULARIES = {"spiece.model", "tokenizer.model"}
_PICTURES = {
    ".png": b"\x89PNG",
    ".jpg": b"\xff\xd8",
    ".jpeg": b"\xff\xd8",
    ".gif": b"GIF8",
    ".webp": b"RIFF",
    ".ico": b"\0\0\1\0",
    ".woff2": b"wOF2",
}
_LOOKERS: dict[str, Callable[[Path], Iterator[Finding]]] = {
    ".npz": file_checks.arrays,
    ".npy": file_checks.arrays,
    ".safetensors": file_checks.safetensors,
    ".parquet": file_checks.parquet,
    **dict.fromkeys(_RECORDINGS, file_checks.recording),
}


class RefusedError(PublishError):
    """Files that must not go to the Hub.

    Attributes:
        found: a text for each finding: file, place in it, what it is, what to do.
    """

    def __init__(self, repo: str, found: list[str]):
        self.found = found
        more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        super().__init__(
            f"nothing is sent to {repo}, for this must not go up: {'; '.join(found[:_SHOWN])}{more}"
        )


def check(plan: UploadPlan) -> None:
    """Look at every file of a plan.

    Raises:
        RefusedError: something in it must not go up.
    """
    found = [
        f"{path}{place}: {what}: {todo}"
        for path, file in sorted(plan.files.items())
        for place, what, todo in findings(path, file)
    ]
    if found:
        raise RefusedError(plan.repo, found)


def findings(path: str, file: Path) -> Iterator[Finding]:
    """What must not go up of one file.

    Args:
        path: in the repository.
        file: here.

    Yields:
        Place in the file (" line 3", or ""), what was found, what to do.
    """
    named, suffix = _by_name(path), PurePosixPath(path).suffix.lower()
    if named is not None:
        yield "", *named
    elif suffix in _PICTURES:
        with file.open("rb") as source:
            if not source.read(4).startswith(_PICTURES[suffix]):
                yield "", *UNKNOWN
    elif PurePosixPath(path).name not in _VOCABULARIES:
        yield from _LOOKERS.get(suffix, file_checks.text)(file)


def _by_name(path: str) -> tuple[str, str] | None:
    """What its name alone tells of a file, and what to do."""
    parts, suffix = PurePosixPath(path).parts, PurePosixPath(path).suffix.lower()
    if any(part.startswith(".") and part not in KEPT_HIDDEN for part in parts):
        return _HIDDEN
    if suffix in _BODY_FILES and _BODY_NAME.search(path):
        return BODY
    if _STATES.search(path):
        return STATE
    return PICKLE if suffix in _PICKLES else None
