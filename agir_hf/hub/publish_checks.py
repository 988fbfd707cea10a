"""Check by name and content that the files of a plan may be published.

Refused are licensed body models, recordings of people, access tokens, paths of a machine, pickles,
training states, hidden files, and files whose content cannot be checked. The checks guard against
mistakes, not against files that were disguised on purpose.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from ..motion.readers import ENDINGS, PACKED_ENDINGS, ending_of, is_recording
from ..motion.readers.containers import opened
from ..motion.recording import ReadOptions, RecordingError
from . import file_checks
from .file_checks import BODY, PICKLE, TRAINING_STATE, UNREADABLE, Finding
from .upload_plan import ALLOWED_HIDDEN, PublishError, UploadPlan

_MAX_SHOWN = 5  # findings in a message
_HIDDEN = "a hidden file", "it may be private: move it out of the folder"
_ARRAYS = {".npz", ".npy"}
_PICKLES = {".pkl", ".pickle", ".pt", ".pth", ".bin", ".ckpt", ".joblib", ".dill"}
_RECORDINGS = {*ENDINGS, ".amc", ".asf", ".fbx", ".mot", ".mvnx"} - _ARRAYS - _PICKLES
_BODY_FILES = _ARRAYS | _PICKLES | {".mat", ".h5", ".json"}
_BODY_NAME = re.compile(r"(?:^|[\W_])(?:smpl[xh]?|mano|flame|dmpls?|basicmodel)(?:[\W_]|$)", re.I)
_STATE_NAME = re.compile(
    r"(?:^|/)(?:checkpoint-\d+/|global_step\d+/|optimizer\.|scheduler\.|rng_state|training_args\.)"
)
_VOCABULARIES = {"spiece.model", "tokenizer.model"}
_PICTURE_MAGIC = {
    ".png": b"\x89PNG",
    ".jpg": b"\xff\xd8",
    ".jpeg": b"\xff\xd8",
    ".gif": b"GIF8",
    ".webp": b"RIFF",
    ".ico": b"\0\0\1\0",
    ".woff2": b"wOF2",
}
_CHECKS: dict[str, Callable[[Path], Iterator[Finding]]] = {
    ".npz": file_checks.check_arrays,
    ".npy": file_checks.check_arrays,
    ".safetensors": file_checks.check_safetensors,
    ".parquet": file_checks.check_parquet,
    **dict.fromkeys(_RECORDINGS, file_checks.check_recording),
    **dict.fromkeys(PACKED_ENDINGS, lambda file: _packed_findings(file)),
}


class RefusedError(PublishError):
    """A plan has files that must not be published.

    Args:
        repo: Repository that the plan is for.
        findings: A text for each finding: file, position in it, what it is, what to do.

    Attributes:
        findings: The same texts.
    """

    def __init__(self, repo: str, findings: list[str]):
        self.findings = findings
        shown, more = findings[:_MAX_SHOWN], len(findings) - _MAX_SHOWN
        super().__init__(
            f"nothing is sent to {repo}, because these files must not be published: "
            f"{'; '.join(shown)}{f'; and {more} more' if more > 0 else ''}"
        )


def check(plan: UploadPlan) -> None:
    """Check every file of a plan.

    Args:
        plan: Plan to check.

    Raises:
        RefusedError: The plan has a file that must not be published.
    """
    findings = [
        f"{path}{position}: {what}: {remedy}"
        for path, file in sorted(plan.files.items())
        for position, what, remedy in file_findings(path, file)
    ]
    if findings:
        raise RefusedError(plan.repo, findings)


def file_findings(path: str, file: Path) -> Iterator[Finding]:
    """Check one file.

    Args:
        path: Path of the file in the repository.
        file: Local file.

    Yields:
        Position in the file (" line 3", or ""), what was detected, what to do.
    """
    by_name, suffix = _finding_by_name(path), PurePosixPath(path).suffix.lower()
    if by_name is not None:
        yield "", *by_name
    elif suffix in _PICTURE_MAGIC:
        with file.open("rb") as source:
            if not source.read(4).startswith(_PICTURE_MAGIC[suffix]):
                yield "", *UNREADABLE
    elif PurePosixPath(path).name not in _VOCABULARIES:
        yield from _CHECKS.get(suffix, file_checks.check_text)(file)


def _packed_findings(file: Path) -> Iterator[Finding]:
    """Check the recording in a packed file; every other packed file cannot be checked."""
    findings = [("", *UNREADABLE)]
    try:
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                names = archive.namelist()
            if len(names) > 1:
                has_recordings = any(is_recording(Path(name)) for name in names)
                yield from [("", *file_checks.MOTION)] if has_recordings else findings
                return
        with opened(file, ReadOptions(), ENDINGS) as inner:
            if ending_of(inner.path) in ENDINGS:
                findings = list(file_findings(inner.path.name, inner.path))
    except (RecordingError, OSError, zipfile.BadZipFile, ValueError):
        pass
    yield from findings


def _finding_by_name(path: str) -> tuple[str, str] | None:
    """Return what a file is by its name alone, and what to do; None if the name is allowed."""
    parts, suffix = PurePosixPath(path).parts, PurePosixPath(path).suffix.lower()
    if any(part.startswith(".") and part not in ALLOWED_HIDDEN for part in parts):
        return _HIDDEN
    if suffix in _BODY_FILES and _BODY_NAME.search(path):
        return BODY
    if _STATE_NAME.search(path):
        return TRAINING_STATE
    return PICKLE if suffix in _PICKLES else None
