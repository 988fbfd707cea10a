"""Render the templates of this folder; every value is escaped unless it is `Markup`."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, **values) -> Markup:
    """Render a template.

    Args:
        template: File name in `templates/`.
        **values: Variables of the template. A string is escaped, `Markup` is inserted as HTML.

    Returns:
        The HTML, as a string that other templates do not escape again.
    """
    return Markup(_environment().get_template(template).render(**values))
