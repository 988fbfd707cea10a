"""What goes to one repository of the Hub: files by the path they have there."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Literal

KEPT_HIDDEN = (".gitattributes", ".gitignore")
# Left by tools, not by people: it never goes up, and nobody needs to hear of it.
_JUNK = ("__pycache__", ".DS_Store", ".cache", ".ipynb_checkpoints", ".git")


class PublishError(RuntimeError):
    """Something that cannot be published; the message says why and what to do, on one line."""


@dataclass(frozen=True)
class UploadPlan:
    """One repository as it is to be.

    Attributes:
        kind: of the repository.
        repo: "name" or "owner/name".
        files: path in the repository → file here.
        sign: one of ``files``, by which a repository that is there already is known as ours.
        left_out: what of the source does not go, in words.
        remarks: what else the caller should know.
    """

    kind: Literal["model", "dataset", "space"]
    repo: str
    files: dict[str, Path]
    sign: str
    left_out: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def sizes(self) -> dict[str, int]:
        """Path in the repository → bytes, in the order of the paths."""
        return {path: self.files[path].stat().st_size for path in sorted(self.files)}


def gather(folder: Path, leave_out: Iterable[str] = ()) -> tuple[dict[str, Path], list[str]]:
    """Files of a folder and of those below it.

    Args:
        folder: to look into.
        leave_out: patterns of names, of files or of folders at any depth, that do not go.

    Returns:
        Path below the folder, with slashes → file; and what was left out, by path. Folders that
        are links are not entered, and count as left out.

    Raises:
        PublishError: there is no such folder, or nothing in it.
    """
    if not folder.is_dir():
        raise PublishError(f"no such folder: {folder}")
    patterns, files, left_out = tuple(leave_out), {}, []
    for place, folders, names in os.walk(folder):
        below = Path(place).relative_to(folder)
        for name in sorted(folders):
            out = _is(name, patterns) or Path(place, name).is_symlink()
            left_out += [f"{(below / name).as_posix()}/"] if out else []
            if out or name in _JUNK:
                folders.remove(name)
        folders.sort()
        for name in sorted(set(names) - set(_JUNK)):
            if _is(name, patterns):
                left_out.append((below / name).as_posix())
            else:
                files[(below / name).as_posix()] = Path(place, name)
    if not files:
        raise PublishError(f"{folder} holds no files to publish")
    return files, left_out


def _is(name: str, patterns: tuple[str, ...]) -> bool:
    return name not in KEPT_HIDDEN and any(fnmatch(name, pattern) for pattern in patterns)
