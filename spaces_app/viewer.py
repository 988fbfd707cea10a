"""The viewer of walks; it is part of the package, because reports have it too."""

from agir_hf.gait.report.viewer import VIEWER_FILES, Walk, scene, space_head, viewer_head, walk_of

HEAD = viewer_head()
__all__ = ["HEAD", "VIEWER_FILES", "Walk", "scene", "space_head", "viewer_head", "walk_of"]
