"""``--out FILE.jsonl``: a line for each assessed recording, so that an interrupted run goes on."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ..utils.locks import locked
from .console import UsageError, short_reason
from .outputs import check_out_file
from .table import STATIC

if TYPE_CHECKING:
    from ..assessment.session_files import RecordingFile
    from .finished import Finished

ENDING = ".jsonl"
_BEGIN = b'{"path": '  # of each line
# States of a line, and `STATIC`. A recording without its page has values.
ASSESSED, FAILED, NO_PAGE = "assessed", "failed", "without a page"
_CHUNK = 1 << 20


def add_out_file(group) -> None:
    """Add ``--out`` and ``--retry-failed``.

    Args:
        group: Parser or group of a command.
    """
    group.add_argument(
        "-o",
        "--out",
        type=Path,
        metavar="FILE.jsonl",
        help="append a line of JSON for each recording as soon as it is finished; recordings that "
        "are in the file already are skipped, so that an interrupted run goes on",
    )
    group.add_argument(
        "--retry-failed",
        action="store_true",
        help="with --out: try again the recordings that failed before, but no static trials",
    )


def check_out(options: argparse.Namespace, inputs: set[Path]) -> None:
    """Check ``--out`` and the options that it excludes, before anything is loaded.

    Args:
        options: Parsed options of a command.
        inputs: Files that are read.

    Raises:
        UsageError: The file cannot be written, or another option does not fit it.
    """
    out = options.out
    if out is None:
        if options.retry_failed:
            raise UsageError("--retry-failed needs --out FILE.jsonl: add it")
        return
    if out.suffix.lower() != ENDING:
        raise UsageError(f"--out: {out} ends in {out.suffix!r}, expected {ENDING}")
    try:
        check_out_file(out)
    except UsageError as error:
        raise UsageError(f"--out: {error}") from error
    if out.exists() and not out.is_file():  # a pipe or a device would be read without an end
        raise UsageError(f"--out: {out} is no regular file: name another")
    if out.resolve() in inputs:
        raise UsageError(f"--out: {out} is a file that is read: name another")
    if any(str(path) == "-" for path in options.files):
        raise UsageError("--out cannot record standard input: pass the name of a file")
    if options.csv is not None:
        raise UsageError("--out and --csv cannot be used together: run again with --csv alone")
    for name in ("report", "pdf"):
        page = getattr(options, name)
        if page is not None and not page.is_folder:
            raise UsageError(
                f"--out and --{name} {page.path} cannot be used together, because recordings may "
                f"be skipped: pass a folder (--{name} FOLDER/) for a page of each recording"
            )


class OutFile:
    """A JSON Lines file that is appended to.

    A line has the path of the recording relative to the folder of the file, its walk of several,
    its SHA-256, whether it is a walk, a static trial or left out, the reason where it has no score,
    the reason where its page could not be written, the settings of the run, and the values of
    ``--json``.

    Args:
        path: The file, whose lock is held.
        settings: Settings of this run: option → value, as values for JSON.

    Raises:
        UsageError: The file was written with other settings, or has other content.

    Attributes:
        repaired: Whether a half line was removed.
        states: Path, walk and hash of a line → its last state, such as `ASSESSED`.
        appended: State → number of lines that were appended.
        skipped: State → number of recordings that `remaining` skipped.
    """

    def __init__(self, path: Path, settings: dict):
        self.path, self.settings = path, settings
        self.states: dict[tuple, str] = {}
        self.repaired = False
        self.appended: Counter[str] = Counter()
        self.skipped: Counter[str] = Counter()
        if path.exists():
            self._read()
        self._file: BinaryIO = path.open("ab")

    def close(self) -> None:
        """Write the lines to the disk, and close the file."""
        os.fsync(self._file.fileno())
        self._file.close()

    def _read(self) -> None:
        """Read the lines; a half line at the end, of a killed run, is removed."""
        complete = 0
        with self.path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                is_half = not line.endswith(b"\n")
                if is_half and (number > 1 or _BEGIN.startswith(line[: len(_BEGIN)])):
                    self.repaired = True
                    break
                self._add(self._parsed(line, number))
                complete += len(line)
        if self.repaired:
            os.truncate(self.path, complete)

    def _parsed(self, line: bytes, number: int) -> dict:
        try:
            row = json.loads(line)
            kind = row.get("kind")  # without it, the line is of an earlier version
            named = {key: row[key] for key in ("path", "item", "sha256", "settings", "error")}
            hash((named["path"], named["item"], named["sha256"], *named["settings"].keys()))
            return named | {"kind": kind, "page_error": row.get("page_error")}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise UsageError(
                f"--out: line {number} of {self.path} is not of agir assess --out: name another "
                "file, or remove this line"
            ) from None

    def _add(self, row: dict) -> None:
        for name in sorted({*row["settings"], *self.settings}):
            before, now = row["settings"].get(name), self.settings.get(name)
            if before != now:
                raise UsageError(
                    f"--out: {self.path} was made with {name} {_shown(before)}, now it is "
                    f"{_shown(now)}: pass the same options, or name another file"
                )
        self.states[row["path"], row["item"], row["sha256"]] = _state(row)

    def remaining(
        self, files: Sequence[RecordingFile], retry_failed: bool, pages: bool
    ) -> list[RecordingFile]:
        """Return the recordings that are not in the file, each once.

        Args:
            files: The recordings.
            retry_failed: Whether those that failed are returned too, without static trials.
            pages: Whether those whose page could not be written are returned too.
        """
        again = {*[FAILED] * retry_failed, *[NO_PAGE] * pages}
        paths = {(path, item) for path, item, _ in self.states}
        rest, named = [], set()
        for file in files:
            key = self._relative(file.path), file.item
            if key in named:
                continue
            named.add(key)
            # a new path needs no hash, so that the files of a first run are read once
            state = self.states.get((*key, _hash_of(file.path))) if key in paths else None
            if state is None or state in again:
                rest.append(file)
            else:
                self.skipped[state] += 1
        return rest

    def append(self, file: RecordingFile, finished: Finished) -> None:
        """Append the line of a recording.

        Args:
            file: The file.
            finished: What was computed of it.

        Raises:
            UsageError: The file cannot be written, such as on a full disk.
        """
        error = None
        if finished.values is None:
            error = short_reason(finished.walk.error or finished.problems[0])
        digest = finished.walk.identity.sha256 or _hash_of(file.path)
        row = {
            "path": self._relative(file.path),
            "item": file.item,
            "sha256": digest,
            "kind": finished.walk.kind,
            "error": error,
            "settings": self.settings,
            **(finished.values or {}),
        }
        if finished.values is not None and finished.problems:
            row["page_error"] = finished.problems[0]
        try:
            self._file.write(json.dumps(row).encode() + b"\n")
            self._file.flush()
        except OSError as error:
            raise UsageError(
                f"--out: {self.path} cannot be written ({error.strerror}): free space on its disk, "
                "then the same command goes on"
            ) from error
        self.appended[_state(row)] += 1
        self.states[row["path"], row["item"], digest] = _state(row)

    def _relative(self, path: Path) -> str:
        """Path of a recording relative to the folder of this file, with forward slashes."""
        try:
            relative = os.path.relpath(path, self.path.absolute().parent)
        except ValueError:  # on another drive
            relative = os.path.abspath(path)
        return Path(relative).as_posix()


@contextmanager
def opened(path: Path, settings: dict) -> Iterator[OutFile]:
    """Open a file of ``--out``; no other process may append to it at the same time.

    Args:
        path: The file.
        settings: Settings of this run.

    Yields:
        The file.

    Raises:
        UsageError: The file was written with other settings, or has other content.
        FolderInUseError: Another process appends to it.
    """
    with locked(path.with_name(f".{path.name}.lock"), path):
        out = OutFile(path, settings)
        try:
            yield out
        except BaseException:
            with suppress(OSError):  # the first error is raised
                out.close()
            raise
        out.close()


def counted(states: Mapping[str, int]) -> str:
    """Return how many recordings lack a score or a page: "1 static trial, 2 failed"; may be empty.

    Args:
        states: State → number of recordings.
    """
    static = states.get(STATIC, 0)
    parts = [f"{static} static trial{'s' * (static != 1)}"] * bool(static)
    parts += [f"{states[state]} {state}" for state in (NO_PAGE, FAILED) if states.get(state)]
    return ", ".join(parts)


def digest_of(path: Path | None) -> str | None:
    """Return the SHA-256 of a file of options; None without a file.

    Args:
        path: File that an option names.
    """
    return None if path is None else _hash_of(path)


def _hash_of(path: Path) -> str | None:
    """SHA-256 of a file, None if it cannot be read."""
    try:
        state = path.stat()
        return _hash_of_state(path, state.st_size, state.st_mtime_ns)
    except OSError:
        return None


@lru_cache(maxsize=16)  # a file with several walks is read once
def _hash_of_state(path: Path, size: int, changed_ns: int) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as content:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _state(row: dict) -> str:
    """State of a line; a static trial is no failure."""
    if row["error"] is None:
        return NO_PAGE if row.get("page_error") else ASSESSED
    return STATIC if row["kind"] == STATIC else FAILED


def _shown(value) -> str:
    return "not set" if value in (None, {}, False) else str(value)
