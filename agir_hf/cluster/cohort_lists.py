"""Recordings of a cohort as entries of the list of a run; the cohort may be on another system."""

from __future__ import annotations

import posixpath
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from ..corpus.cohorts import TABLE, Item, Source, SourceError, read_source
from ..simulation.mark import MARK


def list_cohort(source: str, num_scores: int) -> tuple[Source, list[dict]]:
    """List the recordings of a cohort with subject, session and score.

    Of a cohort on another file system, the table `clinical.csv` is copied and the names of the
    files are listed; no recording is opened.

    Args:
        source: Folder of a cohort as for `corpus.cohorts.read_source`; or address of fsspec of a
            folder with `clinical.csv`, such as "s3://study/cohort".
        num_scores: Number of scores, 3 or 4.

    Returns:
        `tuple`: The cohort without its recordings; and its recordings as values for JSON, with the
        paths or addresses of their files.

    Raises:
        SourceError: There is no cohort, or one on another file system has no `clinical.csv`.
        ClinicalTableError: The table cannot be read, or contradicts itself.
    """
    system, path = url_to_fs(source)
    if isinstance(system, LocalFileSystem):
        cohort = read_source(path, num_scores)
        entries = [_entry(item, item.path.resolve(), item.static) for item in cohort.items]
        return replace(cohort, items=()), entries
    if not system.exists(posixpath.join(path, TABLE)):
        raise SourceError(
            f"{source} has no {TABLE}, which a cohort on another file system needs: add the table, "
            "or mount the file system and pass the folder"
        )
    with tempfile.TemporaryDirectory(prefix="agir-") as parent:
        folder = (Path(parent) / posixpath.basename(path)).resolve()
        _copy_names(system, path, folder)
        cohort = read_source(folder, num_scores)
        entries = []
        for item in cohort.items:
            name = posixpath.join(path, item.path.resolve().relative_to(folder).as_posix())
            entries.append(_entry(item, system.unstrip_protocol(name), None))
    return replace(cohort, items=()), entries


def _copy_names(system, path: str, folder: Path) -> None:
    """Create an empty file for each file of a cohort, and copy its table and mark."""
    for name in system.find(path):
        file = folder / posixpath.relpath(name, path)
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.name in (TABLE, MARK):
            system.get_file(name, str(file))
        else:
            file.touch()


def _entry(item: Item, path: Path | str, static: Path | None) -> dict:
    static = None if static is None else str(static.resolve())
    return asdict(item) | {"path": str(path), "static": static}
