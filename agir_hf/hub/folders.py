"""Folders that are published: the Space and the metrics."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
METRICS = PACKAGE / "evaluation"


def space_folder() -> Path:
    """Return the folder of the Space.

    In a clone of the repository it is ``spaces_app`` at the top; an installed package contains it
    as `agir_hf.spaces_app`.
    """
    in_repository = PACKAGE.parent / "spaces_app"
    return in_repository if (in_repository / "app.py").is_file() else PACKAGE / "spaces_app"
