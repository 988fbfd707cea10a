"""State of a finished build, with which the same command knows that nothing has changed.

The state is a file in the folder `work` of a corpus: the settings, size and modification time of
every file of the source and of the corpus, and the lines that the command printed. If they are
unchanged, the corpus is finished, and no recording is opened. A file of the source whose
modification time alone differs, for example in a copy of the source, is compared by the hash of
its content.

This module imports no other part of the package that needs a large library.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from ..utils.files import write_text_atomic
from ..version import __version__

STATE_FILE = "finished.json"
_VERSION = 1
_WORK, _BODY_VARIABLE = "work", "AGIR_SMPL"  # as in `store` and in `motion.body`
_PACKAGE = Path(__file__).resolve().parents[1]
_CODE = ("*.py", "*.json")  # files of the package whose change makes a build outdated
_HASHED = (".c3d", ".trc", ".csv", ".bvh", ".npz", ".pkl", ".json", ".zip", ".npy")
_BLOCK = 1 << 20

Files = dict[str, list[int]]  # relative path → size, and modification time in ns


def finished_lines(
    source: str | os.PathLike, corpus: str | os.PathLike, settings: Mapping[str, object]
) -> list[str] | None:
    """Lines that a finished build printed, if source, settings and corpus are unchanged.

    Args:
        source: Folder or file of the cohort.
        corpus: Folder of the corpus.
        settings: Everything else that the corpus depends on, see `build_settings`.

    Returns:
        The lines, or None if the build is not finished or anything has changed.
    """
    source, corpus = Path(source), Path(corpus)
    state = _read_state(corpus)
    if state is None or state["settings"] != _whole(source, settings):
        return None
    try:
        current = _files(source)
        if current.keys() != state["source"].keys() or _files(corpus, True) != state["corpus"]:
            return None
    except OSError:
        return None
    is_copied = False
    for name, (size, modified) in current.items():
        kept_size, kept_modified, digest, measured = state["source"][name]
        if size != kept_size:
            return None
        if modified != kept_modified:
            if not digest or _hash(_at(source, name)) != digest:
                return None
            is_copied, state["source"][name] = True, [size, modified, digest, measured]
    if is_copied:  # the next time no content is compared
        _write_state(corpus, state)
    return state["lines"]


def kept_times(source: str | os.PathLike, corpus: str | os.PathLike) -> dict[Path, int]:
    """Earlier modification times of files of a source whose content is unchanged.

    The names of measured recordings state these times, see `Store.path_of`, so that recordings of a
    copied source are not measured again.

    Args:
        source: Folder or file of the cohort.
        corpus: Folder of the corpus.

    Returns:
        `dict`: Absolute path of a file → modification time in ns with which it was measured.
    """
    source, state = Path(source), _read_state(Path(corpus))
    kept, times = (state or {}).get("source", {}), {}
    for name, (size, modified) in _files(source).items():
        kept_size, kept_modified, digest, measured = kept.get(name, [None] * 4)
        if size == kept_size and measured != modified:
            path = _at(source, name)
            if modified == kept_modified or (digest and _hash(path) == digest):
                times[path.resolve()] = measured
    return times


def keep_finished_lines(
    source: str | os.PathLike,
    corpus: str | os.PathLike,
    settings: Mapping[str, object],
    before: Files,
    lines: Iterable[str],
) -> None:
    """Write the state of a build that has just been finished.

    Args:
        source: Folder or file of the cohort.
        corpus: Folder of the corpus.
        settings: Settings, as for `finished_lines`.
        before: Files of the source before the build, see `source_files`. If the source has changed
            since, no state is written.
        lines: Lines that the command prints.
    """
    source, corpus = Path(source), Path(corpus)
    if _files(source) != before:
        return
    times, rows = kept_times(source, corpus), {}
    for name, (size, modified) in before.items():
        path = _at(source, name)
        digest = _hash(path) if path.suffix.lower() in _HASHED else None
        rows[name] = [size, modified, digest, times.get(path.resolve(), modified)]
    state = {
        "version": _VERSION,
        "settings": _whole(source, settings),
        "source": rows,
        "corpus": _files(corpus, True),
        "lines": list(lines),
    }
    _write_state(corpus, state)


def _write_state(corpus: Path, state: dict) -> None:
    with suppress(OSError):  # the corpus is finished without it
        write_text_atomic(corpus / _WORK / STATE_FILE, json.dumps(state, ensure_ascii=False) + "\n")


def _read_state(corpus: Path) -> dict | None:
    try:
        state = json.loads((corpus / _WORK / STATE_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return state if isinstance(state, dict) and state.get("version") == _VERSION else None


def source_files(source: str | os.PathLike) -> Files:
    """Relative path → size and modification time of every file of a source.

    Args:
        source: Folder or file of the cohort.
    """
    return _files(Path(source))


def build_settings(
    *,
    fit: str,
    body: str | os.PathLike | None,
    norms: str | os.PathLike | None,
    **further: object,
) -> dict[str, object]:
    """Settings of a build for `finished_lines`, with the content of the files that they name.

    Args:
        fit: Method from markers to joints.
        body: SMPL file of the body, or None for that of the environment.
        norms: File of the norms of a laboratory, or None.
        **further: Other settings, as values for JSON.
    """
    body = body or os.environ.get(_BODY_VARIABLE) or None
    files = {"body": body if fit == "body" else None, "norms": norms}
    contents = {name: path and _hash(Path(path).expanduser()) for name, path in files.items()}
    return {"fit": fit, **contents, **further}


def _whole(source: Path, settings: Mapping[str, object]) -> dict[str, object]:
    """Settings with the version and the code of the package."""
    code = {}
    for pattern in _CODE:
        for path in _PACKAGE.rglob(pattern):
            status = path.stat()
            code[path.relative_to(_PACKAGE).as_posix()] = [status.st_size, status.st_mtime_ns]
    digest = hashlib.sha256(json.dumps(sorted(code.items())).encode()).hexdigest()
    whole = {**settings, "is_file": source.is_file(), "package": [__version__, digest]}
    return json.loads(json.dumps(whole))


def _files(folder: Path, own: bool = False) -> Files:
    """Relative path → size and modification time in ns of every file.

    A link to no file is listed with its own size and time, and a link to a folder that it is in is
    not followed.

    Args:
        folder: Folder, or a single file with the name "".
        own: Whether the folder is a corpus, whose hidden files and state are left out.
    """
    if folder.is_file():
        return {"": _row(folder.stat())}
    rows, folders = {}, [("", frozenset())]  # name of a folder, and the folders that it is in
    while folders:
        inner, outer = folders.pop()
        status = os.stat(folder / inner)
        outer_and_this = outer | {(status.st_dev, status.st_ino)}
        if outer_and_this == outer or (inner and not os.access(folder / inner, os.R_OK | os.X_OK)):
            continue
        with os.scandir(folder / inner) as entries:
            for entry in entries:
                name = f"{inner}{entry.name}"
                if own and (entry.name[0] == "." or name == f"{_WORK}/{STATE_FILE}"):
                    continue
                if entry.is_dir():
                    folders.append((f"{name}/", outer_and_this))
                else:
                    rows[name] = _row(entry.stat(follow_symlinks=os.path.exists(entry.path)))
    return dict(sorted(rows.items()))


def _row(status: os.stat_result) -> list:
    return [status.st_size, status.st_mtime_ns]


def _at(source: Path, name: str) -> Path:
    return source / name if name else source


def _hash(path: Path) -> str | None:
    """Hash of the content of a file, or None if it cannot be read."""
    digest = hashlib.blake2b(digest_size=16)
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except OSError:
        return None
    return digest.hexdigest()
