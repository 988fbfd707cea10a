"""Recordings that a reviewer looks at: found by the name in the review table, and measured."""

from __future__ import annotations

import os
import re
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePath

from uploads import UploadError, copy_upload, read_upload

from agir_hf.assessment import PreparedRecording, Subject, prepare_recording
from agir_hf.motion.readers import ENDINGS, PACKED_ENDINGS, ending_of

MAX_FILES = 500
_KEPT = 4  # measured recordings of a session, so that "Previous" needs no waiting
_PICKLE = ".pkl"


def person_of(row: Mapping[str, str]) -> Subject:
    """Return the person of a row, as far as the table states it.

    Args:
        row: Row of a review table; its columns `age` and `sex` may be missing.

    Returns:
        The person; a value that is not valid is left out.
    """
    values = {}
    try:
        values["age"] = float(row.get("age") or "none")
        Subject(**values)
    except ValueError:
        values = {}
    sex = (row.get("sex") or "").strip().lower()
    return Subject(**values, sex=sex if sex in ("male", "female") else None)


class Recordings:
    """The recordings of one browser session.

    Args:
        examples: Folder of the recordings of the example table.
    """

    def __init__(self, examples: Path):
        self.examples = examples
        self._copies: dict[str, Path] = {}  # path of the upload → copy
        self._prepared: OrderedDict[tuple, PreparedRecording] = OrderedDict()

    def choose(self, paths: Iterable[str], folder: Path) -> list[str]:
        """Keep copies of uploaded recordings, and remove those that are no longer chosen.

        Args:
            paths: All files that are chosen now.
            folder: Folder of the session, for the copies.

        Returns:
            One line for each file that is no recording.

        Raises:
            UploadError: There are too many files.
        """
        paths = list(dict.fromkeys(paths))
        if len(paths) > MAX_FILES:
            raise UploadError(
                f"{len(paths)} recordings, expected at most {MAX_FILES}: choose those of a part "
                "of the table"
            )
        for path in self._copies.keys() - set(paths):
            self._copies.pop(path).unlink(missing_ok=True)
        refused = []
        for path in set(paths) - self._copies.keys():
            try:
                self._copies[path] = _checked_copy(Path(path), folder)
            except UploadError as error:
                refused.append(f"{Path(path).name}: {error}")
        return sorted(refused)

    def path_of(self, row: Mapping[str, str], is_example: bool) -> Path | None:
        """Return the recording of a row, or None if it is not at hand.

        Args:
            row: Row of a review table. The recording is that of the column `file`; in a table
                without this column, it has the name of the last part of the id.
            is_example: Whether the table is the example of the Space.

        Raises:
            UploadError: Several files have this name.
        """
        name = PurePath((row.get("file") or "").replace("\\", "/")).name
        if is_example and name and (self.examples / name).is_file():
            return self.examples / name
        stem = PurePath(row["id"]).name
        names = [name] if name else [stem + ending for ending in (*ENDINGS, "")]
        matching = self._named(*names)
        if len(matching) > 1:
            raise UploadError(
                f"{len(matching)} recordings have the name of this text: reload the page, and "
                "choose only the right one"
            )
        return matching[0] if matching else None

    def _named(self, *names: str) -> list[Path]:
        plain = {_plain(name) for name in names}
        return [
            copy
            for path, copy in self._copies.items()
            if _plain(PurePath(path).name) in plain and copy.is_file()
        ]  # a copy is removed some time after the last use of the session

    def prepared(self, row: Mapping[str, str], path: Path, folder: Path) -> PreparedRecording:
        """Read and measure the recording of a row; the last ones are kept.

        Args:
            row: Row of a review table.
            path: Result of `path_of`.
            folder: Folder of the session.

        Raises:
            ValueError: The recording cannot be read, or is not a walk.
        """
        os.utime(folder)  # the session is in use: its files are not yet removed
        key = self._key(row, path)
        if key not in self._prepared:
            self._prepared[key] = self._read(row, path, folder)
        self._prepared.move_to_end(key)
        while len(self._prepared) > _KEPT:
            self._prepared.popitem(last=False)
        return self._prepared[key]

    def kept(self, row: Mapping[str, str], path: Path | None) -> PreparedRecording | None:
        """Return the recording of a row if it was measured before, without waiting.

        Args:
            row: Row of a review table.
            path: Result of `path_of`.
        """
        return None if path is None else self._prepared.get(self._key(row, path))

    def _key(self, row: Mapping[str, str], path: Path) -> tuple:
        return (path, row["id"])

    def _read(self, row: Mapping[str, str], path: Path, folder: Path) -> PreparedRecording:
        name = row.get("file") or row["id"]
        if path.parent == self.examples:
            return prepare_recording(path, name=name)
        is_pickle = (row.get("file") or "").lower().endswith(_PICKLE)
        item = row["id"].partition("/")[2] if is_pickle else ""
        recording = read_upload(path, folder, **({"item": item} if item else {}))
        return prepare_recording(recording, name=name)


def _checked_copy(path: Path, folder: Path) -> Path:
    if ending_of(path) not in (*ENDINGS, *PACKED_ENDINGS):
        raise UploadError("this is no recording: choose files of the recordings only")
    return copy_upload(path, folder)


def _plain(name: str) -> str:
    """Name without the characters that uploading a file replaces."""
    return re.sub(r"[^\w.]+", "", name).replace("_", "").casefold()
