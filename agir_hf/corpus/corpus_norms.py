"""Norms of a corpus: the published ones, or a copy of the file of a laboratory in its folder."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

from ..gait.laboratory_norms import load_norms, save_norms
from ..gait.norms import PUBLISHED, Norms
from ..gait.parameters import PARAMETER_NAMES

NORMS_FILE = "norms.json"
_AGES, _SPEEDS = (None, 20, 35, 50, 65, 80, 95), (None, 0.5, 1.0, 1.5)


def copy_norms(folder: Path, path: str | os.PathLike | None) -> Norms | None:
    """Copy the file of a laboratory's norms to a corpus, without names of its subjects.

    Args:
        folder: Folder of the corpus.
        path: File of `agir norms`, or None for the published norms. An earlier copy is then
            removed.

    Returns:
        The norms, or None for the published norms.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file does not contain norms.
    """
    if path is None:
        (folder / NORMS_FILE).unlink(missing_ok=True)
        return None
    norms = load_norms(path)
    provenance = replace(norms.provenance, excluded={}, deviations=())
    save_norms(replace(norms, provenance=provenance), folder / NORMS_FILE)
    return corpus_norms(folder)


def corpus_norms(folder: str | os.PathLike) -> Norms | None:
    """Norms that the texts of a corpus were written with.

    Args:
        folder: Folder of the corpus.

    Returns:
        The norms of a laboratory, or None for the published norms.
    """
    path = Path(folder) / NORMS_FILE
    return load_norms(path) if path.is_file() else None


def norms_title(norms: Norms | None) -> str:
    """Provenance of norms in one line.

    Args:
        norms: Norms of a laboratory, or None for the published norms.
    """
    return (PUBLISHED if norms is None else norms).title


def norms_digest(norms: Norms | None) -> str:
    """Return a hash of the values of norms: texts that were written with other norms are outdated.

    Args:
        norms: Norms of a laboratory, or None for the published norms.
    """
    used = PUBLISHED if norms is None else norms
    values = []
    for name in PARAMETER_NAMES:
        for age in _AGES:
            for sex in ("male", "female"):
                rows = [used.reference(name, age, sex, speed) for speed in _SPEEDS]
                values += [row and (row.mean, row.sd) for row in rows]
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:16]
