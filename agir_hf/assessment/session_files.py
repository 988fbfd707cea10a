"""Recordings of a session: the files in folders, and subject and medication from their names."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..motion.readers import ENDINGS, ending_of, is_recording
from ..motion.recording import RecordingError

OFF, ON = "off", "on"
_MOST_FOLDERS = 3  # innermost ones that may state a subject
_NUMBER = r"[-_ ]?(?P<number>\d+[A-Za-z]?)(?![A-Za-z0-9])"
_SUBJECTS = tuple(  # a single letter states a subject only where no longer word does
    re.compile(pattern + _NUMBER, re.IGNORECASE)
    for pattern in (
        r"(?<![A-Za-z])(?P<word>subject|subj|sub|patient|pat|participant|person|pd|hc)",
        r"^(?P<word>[sp])",
    )
)
# Words of a medication state between separators; "on" before a surface is none.
_STATE = re.compile(
    r"(?<![A-Za-z0-9])(?:med(?:s|ication)?[-_ ]?)?(?P<state>on|off)(?:[-_ ]?med(?:s|ication)?)?"
    r"(?![A-Za-z0-9])(?![-_ ](?:treadmill|floor|ground|belt|stair|carpet|grass|the|a)[a-z]*)",
    re.IGNORECASE,
)
_KINEMATICS_OF_SHIDA = re.compile(r"_(?:linear|angular)_kinematics$", re.IGNORECASE)


@dataclass(frozen=True)
class RecordingFile:
    """A recording to read, and what its path states about it.

    Attributes:
        path: The file.
        shown: Path relative to the folder that was passed, with the walk of a file with several.
        item: Walk to read from a file with several walks; None for a file with a single walk.
        subject: Subject as the path states it, such as "SUB01"; None if it states none.
        medication: "on" or "off" as the path states it; None if it states none or both.
        folder: Folder of the file relative to the folder that was passed, "" for that folder.
    """

    path: Path
    shown: str
    item: str | None = None
    subject: str | None = None
    medication: str | None = None
    folder: str = ""


def subject_of(path: str | os.PathLike) -> str | None:
    """Return the subject that a path states, such as "SUB01" in "SUB01_off/SUB01_off_walk_1.c3d".

    The name of the file is read first, then its folders from the innermost. Words for a subject are
    sub, subj, subject, s, patient, pat, p, participant, person, pd and hc, before a number.

    Args:
        path: Path of a recording.

    Returns:
        Word and number in capitals, without separators; None if no part of the path has them.

    Example:
        ```python
        >>> from agir_hf.assessment.session_files import subject_of
        >>> subject_of("C3Dfiles/SUB01_off/SUB01_off_walk_12b.c3d")
        'SUB01'
        >>> subject_of("study/sub-07/ses-on/walk.c3d"), subject_of("walk.c3d")
        ('SUB07', None)

        ```
    """
    for pattern in _SUBJECTS:
        for match in map(pattern.search, _parts(path)):
            if match:
                return (match["word"] + match["number"]).upper()
    return None


def medication_of(path: str | os.PathLike) -> str | None:
    """Return the medication state that a path states: "on", "off" or None.

    The name of the file is read first, then its folders from the innermost. The word is on or off
    between separators, with or without "med"; a part of the path with both states nothing.

    Args:
        path: Path of a recording.

    Example:
        ```python
        >>> from agir_hf.assessment.session_files import medication_of
        >>> medication_of("SUB01_off/SUB01_off_walk_1.c3d"), medication_of("OnMed/walk.c3d")
        ('off', 'on')
        >>> print(medication_of("walk_on_treadmill.c3d"))
        None

        ```
    """
    for part in _parts(path):
        states = {match["state"].lower() for match in _STATE.finditer(part)}
        if states:
            return states.pop() if len(states) == 1 else None
    return None


def _parts(path: str | os.PathLike) -> list[str]:
    """Name of a file without endings, and its folders from the innermost, at most three."""
    path = Path(path)
    name = path.name
    for ending in (path.suffix, Path(path.stem).suffix):
        if ending.lower() in (*ENDINGS, ".gz", ".zip"):
            name = name.removesuffix(ending)
    folders = [part for part in path.parent.parts if part not in ("/", "..", ".")]
    return [name, *reversed(folders[-_MOST_FOLDERS:])]


def find_recordings(
    paths: str | os.PathLike | Iterable[str | os.PathLike], item: str | None = None
) -> list[RecordingFile]:
    """List the recordings of a session: the files that are passed, and those in folders.

    Folders are searched with their subfolders, for the endings that can be read. Hidden files are
    left out, and so are the contents of links to folders. A CARE-PD file gives one entry for each
    of its walks.

    Args:
        paths: Files and folders, or a single one.
        item: Walk to read from each file with several walks; by default all of them are listed.

    Returns:
        The recordings in the order of the paths, those of a folder sorted by name.

    Raises:
        FileNotFoundError: There is no such file or folder.
        PermissionError: A folder that is passed cannot be read.
        RecordingError: No recording is in the folders.
    """
    paths = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    files: dict[Path, RecordingFile] = {}
    for path in map(Path, paths):
        if not path.is_dir():
            if not path.exists() and str(path) != "-":
                raise FileNotFoundError(f"there is no file or folder {path}: check the path")
            files.setdefault(path, _entry(path, path.name, ""))
            continue
        for file in _in_folder(path):
            shown = file.relative_to(path)
            files.setdefault(file, _entry(file, shown.as_posix(), shown.parent.as_posix()))
    if not files:
        names = ", ".join(map(str, paths)) or "the list of paths"
        raise RecordingError(
            f"{names} has no recording, expected files that end in {', '.join(ENDINGS)}: pass "
            "another folder"
        )
    return [entry for file in files.values() for entry in walks_of(file, item)]


def _in_folder(folder: Path) -> list[Path]:
    """Recordings in a folder and its subfolders, sorted so that walk_2 comes before walk_10.

    Links to nothing and subfolders that cannot be read are among them: reading gives the reason.
    """
    unreadable: list[Path] = []
    walk = os.walk(folder, onerror=lambda error: unreadable.append(Path(error.filename)))
    paths = (Path(parent, name) for parent, _, names in walk for name in names)
    files = [
        path
        for path in paths
        if is_of_session(path.relative_to(folder)) and (path.is_file() or _is_broken_link(path))
    ]
    if folder in unreadable:
        raise PermissionError(f"the folder {folder} cannot be read: change its permissions")
    files += [path for path in unreadable if not _is_hidden(path.relative_to(folder))]
    return sorted(files, key=lambda path: numbers_in_order(str(path.relative_to(folder))))


def _is_broken_link(path: Path) -> bool:
    return path.is_symlink() and not path.exists()


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def is_of_session(path: Path) -> bool:
    """Whether a file of a folder may be a recording, by its name: hidden files are none.

    Args:
        path: Path relative to the folder.
    """
    return (
        is_recording(path) and not _is_hidden(path) and not _KINEMATICS_OF_SHIDA.search(path.stem)
    )


def numbers_in_order(text: str) -> list[tuple[int, int, str]]:
    """Return a key that sorts numbers in a text by their value.

    Args:
        text: Name of a file.
    """
    parts = re.split(r"(\d+)", text.lower())
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts]


def _entry(path: Path, shown: str, folder: str) -> RecordingFile:
    stated = path if path.is_absolute() or path.parent.parts else path.absolute()
    return RecordingFile(
        path,
        shown,
        None,
        subject_of(stated),
        medication_of(stated),
        "" if folder == "." else folder,
    )


def walks_of(file: RecordingFile, item: str | None = None) -> list[RecordingFile]:
    """Return an entry for each walk of a CARE-PD file with several walks; else the file itself.

    Args:
        file: The file.
        item: Walk to read from it; the file itself is returned.
    """
    from ..motion.readers.care_pd import care_pd_items

    if item is not None or ending_of(file.path) != ".pkl" or file.path.suffix.lower() != ".pkl":
        return [file]
    try:
        items = care_pd_items(file.path)
    except (RecordingError, OSError):  # reading the recording gives the reason
        return [file]
    if len(items) < 2:
        return [file]
    return [
        RecordingFile(
            file.path,
            f"{file.shown}: {name}",
            name,
            subject_of(name) or name.partition("/")[0],
            medication_of(name),
            file.folder,
        )
        for name in items
    ]
