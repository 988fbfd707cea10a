"""Render HTML templates; every value is escaped unless it is `Markup`."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

TEMPLATES = Path(__file__).with_name("templates")


@lru_cache
def _environment(folder: Path) -> Environment:
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, *, folder: Path = TEMPLATES, **values) -> Markup:
    """Render a template.

    Args:
        template: File name in the folder.
        folder: Folder of templates; by default those of the reports.
        **values: Variables of the template. A string is escaped, `Markup` is inserted as HTML.

    Returns:
        The HTML, as a string that other templates do not escape again.
    """
    return Markup(_environment(folder).get_template(template).render(**values))
