"""Number the requests of a tab, so that the page shows nothing of an earlier one.

The server sends no outdated answer. An answer that it is sending at the moment at which another
file is chosen could still reach the page after this choice: `page.js` hides it, because its mark
differs from the newest one.
"""

from __future__ import annotations

import gradio as gr
from markupsafe import Markup, escape


def newest(tab: str) -> gr.HTML:
    """Build the component that holds the mark of the newest request.

    Args:
        tab: Beginning of the element ids of the tab, such as "agir".
    """
    return gr.HTML("", elem_id=f"{tab}-newest", visible="hidden")


def mark(number: int) -> Markup:
    """Return the mark of a request.

    Args:
        number: Number of the request.
    """
    return Markup("<span hidden data-ticket='{}'></span>").format(int(number))


def marked(html: str, number: int) -> Markup | str:
    """Return a part of an answer with the mark of its request; an empty part stays empty.

    Args:
        html: The part; a plain string is escaped.
        number: Number of the request.
    """
    return mark(number) + escape(html) if html else html
