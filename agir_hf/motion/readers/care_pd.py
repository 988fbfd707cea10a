"""Pickles of walks: CARE-PD, and other files of SMPL bodies or joints.

CARE-PD is ``{subject: {walk: {pose (T, 72), trans (T, 3), beta, fps, UPDRS_GAIT, medication,
other}}}`` (Adeli et al. 2025). Pickles are read without running code, see `restricted_pickle`.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from ..recording import BodyMotion, JointMotion, ReadOptions, RecordingError
from .array_files import describe
from .body_content import motion_of
from .restricted_pickle import load_restricted


def read_care_pd(path: Path, options: ReadOptions | None = None) -> BodyMotion | JointMotion:
    """Read one walk of a pickle: of CARE-PD, or of another layout of bodies or joints.

    Args:
        path: The file.
        options: Settings of the user; ``item`` is the walk, such as "subject/walk".

    Raises:
        RecordingError: The file contains more than arrays, is damaged, has another layout, or has
            several walks while ``item`` is not set.
    """
    return motion_of(_content(path), options or ReadOptions(), str(path))


def care_pd_items(path: Path) -> list[str]:
    """Names of the walks in a file, "subject/walk", in the order of the file.

    Args:
        path: The file.

    Raises:
        RecordingError: The file contains more than arrays, is damaged, or has another layout.
    """
    return list(_walks(path))


def care_pd_scores(path: Path) -> list[tuple[str, str, str]]:
    """Name, score and medication of the walks in a file, as text; empty where not stated.

    Args:
        path: The file.

    Raises:
        RecordingError: The file contains more than arrays, is damaged, or has another layout.
    """
    return [
        (name, _text(walk.get("UPDRS_GAIT")), _text(walk.get("medication")))
        for name, walk in _walks(path).items()
    ]


def _text(value) -> str:
    try:
        value = np.asarray(value).reshape(-1)[0] if np.size(value) else None
    except ValueError:  # a ragged list
        return str(value)
    missing = value is None or (isinstance(value, float) and np.isnan(value))
    return "" if missing else str(value)


def _walks(path: Path) -> dict[str, dict]:
    content = _content(path)
    walks = {}
    if isinstance(content, dict):
        for subject, inner in content.items():
            if isinstance(inner, dict):
                for walk, values in inner.items():
                    if isinstance(values, dict):
                        walks[f"{subject}/{walk}"] = values
    if not walks:
        raise RecordingError(
            f"{path} holds {describe(content)} without walks, expected CARE-PD's "
            "{subject: {walk: {pose, trans, beta, fps}}}: pass a file of CARE-PD"
        )
    return walks


def _content(path: Path):
    """Content of a pickle; that of the latest file is kept, because its walks are read in turn."""
    state = path.stat()
    return _kept_content(path, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=1)
def _kept_content(path: Path, _size: int, _modified: int):
    return load_restricted(path)
