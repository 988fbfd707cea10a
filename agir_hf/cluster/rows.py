"""Rows of the results, for the recordings of a block.

They have the keys and values of `agir assess --out`, without the settings, which are in the plan.
The path is relative to the folder that was passed, because the results may be on another system.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from datatrove.utils.logging import logger

from ..assessment.identity import Subject
from ..assessment.messages import one_line
from ..assessment.session_files import RecordingFile
from ..assessment.session_walks import SessionWalk, assessed_walks, left_out, prepare_walk
from ..utils.devices import DeviceMemoryError
from .recordings import ListedFile, walks_of_file


def assessed_rows(
    files: Sequence[ListedFile],
    paths: Sequence[Path | OSError],
    model,
    processor,
    settings: dict,
) -> Iterator[tuple[int, dict]]:
    """Assess the recordings of a block in batches.

    Args:
        files: Files in the list.
        paths: Where each can be read, or why it cannot, from `recordings.local_files`.
        model: Model in evaluation mode.
        processor: Processor of the model.
        settings: "method", "unaided" and "batch_size".

    Yields:
        Index of the file in the block, and the row of each of its walks.
    """
    indices, entries, problems = [], [], {}
    for index, (file, path) in enumerate(zip(files, paths, strict=True)):
        if isinstance(path, OSError):
            walks = [RecordingFile(Path(file.shown), file.shown)]
            problems[id(walks[0])] = f"{file.shown} cannot be copied: {one_line(path)}"
        else:
            walks = walks_of_file(file, path)
        entries += walks
        indices += [index] * len(walks)
    prepare = partial(_prepare, problems=problems, method=settings["method"])
    options = {"norms": None, "unaided": settings["unaided"], "batch_size": settings["batch_size"]}
    assess = partial(assessed_walks, prepare=prepare, model=model, processor=processor,
                     options=options)  # fmt: skip
    for index, entry, walk in zip(indices, entries, _each(entries, assess), strict=True):
        yield index, _row(walk, files[index].shown, entry.item)


def _prepare(entry: RecordingFile, problems: dict[int, str], method: str) -> SessionWalk:
    if id(entry) in problems:
        return left_out(entry, problems[id(entry)])
    return prepare_walk(entry, subject=Subject(), events="detected", method=method, reading={})


def _each(entries: list[RecordingFile], assess: Callable) -> list[SessionWalk]:
    """Assessed recordings; where a batch fails, each on its own, so that only one is left out."""
    try:
        return list(assess(entries))
    except (DeviceMemoryError, ImportError, NameError):  # not of a recording: the task fails
        raise
    except Exception as error:
        if len(entries) > 1:
            return [walk for entry in entries for walk in _each([entry], assess)]
        logger.exception(error)
        reason = f"cannot be assessed ({type(error).__name__}: {one_line(error)})"
        return [left_out(entries[0], f"{entries[0].shown} {reason}")]


def _row(walk: SessionWalk, path: str, item: str | None) -> dict:
    """Row of a walk, from its assessment or the reason why there is none."""
    identity = {"path": path, "item": item, "sha256": walk.identity.sha256}
    values = identity | {"kind": walk.kind, "error": None}
    if walk.walk is None:
        return values | {"error": walk.error or walk.cautions[-1]}
    return values | walk.walk.as_json()
