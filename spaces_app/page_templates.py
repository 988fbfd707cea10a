"""Render the HTML fragments of the page from `templates/`."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from agir_hf.gait.report.rendering import render as render_in

TEMPLATES = Path(__file__).with_name("templates")


def render(template: str, **values) -> Markup:
    """Render a template of the Space.

    Args:
        template: Name in `templates/` without ".html.j2".
        **values: Variables of the template. A string is escaped, `Markup` is inserted as HTML.

    Returns:
        The HTML.
    """
    return render_in(f"{template}.html.j2", folder=TEMPLATES, **values)
