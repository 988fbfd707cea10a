"""The files of one repository on the Hub, by their path in it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Literal

ALLOWED_HIDDEN = (".gitattributes", ".gitignore")
# Written by tools: never uploaded, and not listed as left out.
_IGNORED = ("__pycache__", ".DS_Store", ".cache", ".ipynb_checkpoints", ".git")


class PublishError(RuntimeError):
    """Something cannot be published; the message says why and what to do, on one line."""


@dataclass(frozen=True)
class UploadPlan:
    """The content that one repository on the Hub will have.

    [`~agir_hf.hub.model.model_plan`], [`~agir_hf.hub.plans.dataset_plan`],
    [`~agir_hf.hub.plans.space_plan`] and [`~agir_hf.hub.plans.metric_plans`] make plans;
    [`~agir_hf.hub.upload.push`] uploads one. Making a plan asks nothing of the network.

    Attributes:
        kind (`str`):
            Type of the repository: `"model"`, `"dataset"` or `"space"`.
        repo (`str`):
            Name of the repository, "name" or "owner/name".
        files (`dict[str, Path]`):
            Path in the repository → local file.
        identifying_file (`str`):
            Path of one of the files. An existing repository that has it is taken for an earlier
            upload and is updated; one without it is left unchanged.
        left_out (`list[str]`):
            Paths of the source folder that are not uploaded.
        remarks (`list[str]`):
            Further notes for the user.

    Raises:
        PublishError: The Hub does not allow the name of the repository.

    Example:
        ```python
        >>> from pathlib import Path
        >>> from agir_hf.hub.upload_plan import UploadPlan
        >>> _ = Path("README.md").write_text("# Walks")
        >>> files = {"README.md": Path("README.md")}
        >>> plan = UploadPlan("dataset", "me/walks", files, identifying_file="README.md")
        >>> plan.sizes
        {'README.md': 7}

        ```
    """

    kind: Literal["model", "dataset", "space"]
    repo: str
    files: dict[str, Path]
    identifying_file: str
    left_out: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def __post_init__(self):
        from huggingface_hub.errors import HFValidationError
        from huggingface_hub.utils import validate_repo_id

        try:
            validate_repo_id(self.repo)
        except HFValidationError as error:
            raise PublishError(f"the Hub refuses the name {self.repo!r}: {error}") from error

    @property
    def sizes(self) -> dict[str, int]:
        """Path in the repository → size in bytes, sorted by path."""
        return {path: self.files[path].stat().st_size for path in sorted(self.files)}


def gather(folder: Path, leave_out: Iterable[str] = ()) -> tuple[dict[str, Path], list[str]]:
    """Collect the files of a folder and its subfolders.

    Subfolders that are symbolic links are not followed and count as left out.

    Args:
        folder: Folder to read.
        leave_out: Patterns of names of files or folders, at any depth, that are left out.

    Returns:
        Path below the folder (with slashes) → file; and the paths that were left out.

    Raises:
        PublishError: The folder does not exist, or it has no files.
    """
    if not folder.is_dir():
        raise PublishError(f"no such folder: {folder}")
    patterns, files, left_out = tuple(leave_out), {}, []
    for current, folders, names in os.walk(folder):
        below = Path(current).relative_to(folder)
        for name in sorted(folders):
            skipped = _matches(name, patterns) or Path(current, name).is_symlink()
            left_out += [f"{(below / name).as_posix()}/"] if skipped else []
            if skipped or name in _IGNORED:
                folders.remove(name)
        folders.sort()
        for name in sorted(set(names) - set(_IGNORED)):
            if _matches(name, patterns):
                left_out.append((below / name).as_posix())
            else:
                files[(below / name).as_posix()] = Path(current, name)
    if not files:
        raise PublishError(f"{folder} holds no files to publish")
    return files, left_out


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return name not in ALLOWED_HIDDEN and any(fnmatch(name, pattern) for pattern in patterns)
