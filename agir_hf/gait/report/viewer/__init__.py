"""3D view of walks: `<gait-scene>`, an element of a page that needs no other file or server.

`walk_of` converts a measured recording to a `Walk`, and `scene` returns the HTML of one walk or of
two. The script that draws it is in `static/`: a report has it inline (`viewer_head`), the Space
serves the folder `VIEWER_FILES` and links it (`space_head`). It is built by
`recipes/build_viewer.mjs` from `source/` and three.js (MIT licence, in `static/`).

The page controls colours by the CSS variables --gait-left, --gait-right, --gait-bone, --gait-body,
--gait-floor, --gait-marker, --gait-ink, --gait-muted, --gait-line, --gait-accent, --gait-on-accent
and --gait-surface. Time is exchanged by events of `document` with {walk: index, time_s}: the viewer
sends "agir-time" when its frame changes, and moves to the time of an "agir-seek".
"""

from .page import VIEWER_FILES, scene, space_head, viewer_head
from .walk import Walk, walk_of

__all__ = ["VIEWER_FILES", "Walk", "scene", "space_head", "viewer_head", "walk_of"]
