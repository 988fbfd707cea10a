"""What the page says when something cannot be done: plain words, no traceback, nothing as HTML."""

from __future__ import annotations

import html
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import gradio as gr

from agir_hf.assessment.messages import one_line

OURS = "something went wrong here, not with what you gave: please report it"
_log = logging.getLogger(__name__)
PROGRESS = gr.Progress()  # default of an event function's argument, as gradio wants it


@contextmanager
def show_errors(title: str) -> Iterator[None]:
    """What is refused in this block is shown as an error of the page, under a title."""
    try:
        yield
    except ValueError as error:  # the user's: a file, a text, a number
        raise _error(one_line(error), title) from None
    except Exception as error:  # ours: the app goes on, and its log tells nothing of a recording
        _log.error("an event failed: %s", type(error).__name__)
        raise _error(OURS, title) from None


def _error(message: str, title: str) -> gr.Error:
    return gr.Error(html.escape(message), title=title, print_exception=False)
