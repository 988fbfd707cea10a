"""The viewer of walks; it is part of the package, because reports have it too."""

from agir_hf.gait.report.viewer import VIEWER_FILES, Walk, scene, space_head, walk_of

__all__ = ["VIEWER_FILES", "Walk", "scene", "space_head", "walk_of"]
