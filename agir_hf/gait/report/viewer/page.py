"""HTML of the viewer: one scene, and the script for the head of the page."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from ..rendering import render
from .packing import record_of
from .still import TEMPLATES, still
from .walk import Walk

VIEWER_FILES = Path(__file__).with_name("static")
_SCRIPT = VIEWER_FILES / "gait-scene.js"


def scene(walks: Sequence[Walk], title: str = "") -> Markup:
    """Return the HTML of one walk or of two synchronised walks.

    Without the script, without WebGL and in print, it shows a static picture of six poses.

    Args:
        walks: One or two walks.
        title: Title of the scene, also for screen readers.

    Returns:
        One element `<gait-scene>`.

    Raises:
        ValueError: There is no walk, or there are more than two.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.assessment import prepare_recording
        >>> from agir_hf.gait.report.viewer import scene, walk_of
        >>> walk = walk_of(prepare_recording(agir_hf.SAMPLE_RECORDING))
        >>> scene([walk], title="Sample walk").count("<gait-scene")
        1

        ```
    """
    if len(walks) not in (1, 2):
        raise ValueError(f"{len(walks)} walks were passed, expected 1 or 2")
    content = json.dumps({"title": title, "walks": [record_of(walk) for walk in walks]})
    picture = Markup("").join(still(walk, title) for walk in walks)
    return render("scene.html.j2", folder=TEMPLATES, content=content, picture=picture)


def viewer_head() -> Markup:
    """Return the script of the viewer for the head of a page that needs no other file."""
    return Markup(f"<script>{_SCRIPT.read_text('utf-8')}</script>")


def space_head(url_prefix: str) -> str:
    """Return the script element of a page whose server has the files of `VIEWER_FILES`.

    The address has a part of the file's hash, so that browsers may keep the file for long.

    Args:
        url_prefix: Address of the folder, with or without a slash at the end.
    """
    version = hashlib.sha256(_SCRIPT.read_bytes()).hexdigest()[:12]
    address = f"{url_prefix.rstrip('/')}/{_SCRIPT.name}?v={version}"
    return f'<script type="module" src="{address}"></script>'
