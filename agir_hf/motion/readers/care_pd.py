"""CARE-PD pickles: walks of SMPL bodies, by subject.

``{subject: {walk: {pose (T, 72), trans (T, 3), beta, fps, UPDRS_GAIT, medication, other}}}``
(Adeli et al. 2025, CARE-PD). They are read without running code, see `restricted_pickle`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..recording import BodyMotion, ReadOptions, RecordingError
from .body_pose import body_motion
from .restricted_pickle import load_restricted

_NEEDED = ("pose", "trans", "fps")
_SHOWN = 4


def read_care_pd(path: Path, options: ReadOptions | None = None) -> BodyMotion:
    """Read one walk of a CARE-PD pickle.

    Args:
        path: The file.
        options: Settings of the user; ``item`` is the walk, "subject/walk".

    Raises:
        RecordingError: The file contains more than arrays, is damaged, has another layout, or has
            several walks while ``item`` is not set.
    """
    options = options or ReadOptions()
    walks = _walks(path)
    name = options.item or next(iter(walks))
    if name not in walks or (options.item is None and len(walks) > 1):
        shown = ", ".join(list(walks)[:_SHOWN]) + (", …" if len(walks) > _SHOWN else "")
        content = f"no walk {name!r}" if options.item else f"{len(walks)} walks"
        raise RecordingError(f"{path} has {content}, expected one of {shown}: pass it with --item")
    walk = walks[name]
    missing = [key for key in _NEEDED if key not in walk]
    if missing:
        raise RecordingError(
            f"{path} lacks {', '.join(missing)} in {name}, expected {', '.join(_NEEDED)}: export "
            "it again"
        )
    betas = walk.get("beta", np.zeros(0))
    return body_motion(walk["pose"], walk["trans"], betas, walk["fps"], options, f"{path} ({name})")


def care_pd_items(path: Path) -> list[str]:
    """Names of the walks in a file, "subject/walk", in the order of the file.

    Raises:
        RecordingError: The file contains more than arrays, is damaged, or has another layout.
    """
    return list(_walks(path))


def care_pd_scores(path: Path) -> list[tuple[str, str, str]]:
    """Name, score and medication of the walks in a file, as text; empty where not stated.

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
    content = load_restricted(path)
    walks = {}
    if isinstance(content, dict):
        for subject, inner in content.items():
            if isinstance(inner, dict):
                for walk, values in inner.items():
                    if isinstance(values, dict):
                        walks[f"{subject}/{walk}"] = values
    if not walks:
        raise RecordingError(
            f"{path} holds {type(content).__name__} without walks, expected CARE-PD's "
            "{subject: {walk: {pose, trans, beta, fps}}}: pass a file of CARE-PD"
        )
    return walks
