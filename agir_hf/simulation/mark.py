"""Mark of a simulated cohort: a file next to its table that lists the simulated recordings.

A cohort is simulated only if this file lists its recordings. Texts such as a README.md, in the
folder or above it, do not count, because people write them.
"""

from __future__ import annotations

import json
from pathlib import Path

from .shida_layout import SIMULATED_TAG

MARK = "agir_simulated.json"
_ENDINGS = (".c3d", ".npz")


def write_mark(folder: Path, command: str, version: str) -> None:
    """Write the mark of a simulated cohort, when all its recordings are written.

    Args:
        folder: Folder of the cohort.
        command: Command that makes the cohort.
        version: Version of the package.
    """
    files = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.suffix in _ENDINGS and path.is_file()
    )
    content = {"kind": SIMULATED_TAG, "command": command, "version": version, "recordings": files}
    (folder / MARK).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def simulated_recordings(folder: Path) -> set[Path]:
    """Absolute paths of the recordings that the marks in a folder and its subfolders list.

    A mark that is not ours or is damaged lists none.

    Args:
        folder: Folder of a cohort.
    """
    listed: set[Path] = set()
    for mark in folder.rglob(MARK):
        try:
            content = json.loads(mark.read_text(encoding="utf-8"))
            if content["kind"] == SIMULATED_TAG:
                base = mark.parent.resolve()
                listed |= {base / str(name) for name in content["recordings"]}
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            continue
    return listed
