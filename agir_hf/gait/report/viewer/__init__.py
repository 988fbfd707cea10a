"""3D view of walks for pages: `<gait-scene>`, an element without other files or servers."""

from .walk import VIEWER_FILES, Walk, scene, space_head, viewer_head, walk_of

__all__ = ["VIEWER_FILES", "Walk", "scene", "space_head", "viewer_head", "walk_of"]
