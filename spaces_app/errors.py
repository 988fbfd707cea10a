"""Show errors on the page and to programs: plain text, no traceback, nothing rendered as HTML.

Every tab has one place for messages, a `gr.HTML` whose value is `problem(…)` or empty. A function
of a tab catches an exception and returns `problem_of(title, error)` there. An endpoint uses
`show_errors` instead.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import gradio as gr
from markupsafe import Markup
from message_words import PAGE_FIELDS, PROGRAM_FIELDS, page_words
from page_templates import render

from agir_hf.utils.devices import DeviceMemoryError

__all__ = ["page_words", "problem", "problem_of", "message_of", "show_errors"]

INTERNAL_ERROR = "something went wrong here, not with your input: please report it"
TOO_LARGE = "the memory of this server is too small for this recording: use a shorter part of it"
PROGRESS = gr.Progress()  # default value of an argument of an event function, as Gradio requires
_log = logging.getLogger(__name__)


def problem(title: str, message: object) -> Markup:
    """Render an error message; screen readers announce it when it appears.

    Args:
        title: What did not happen, without a full stop, such as "This recording was not assessed".
        message: Why, and what to do; in the words of the package or of the page.

    Returns:
        HTML with role="alert".
    """
    return render("problem", title=title, message=page_words(message))


def problem_of(title: str, error: Exception) -> Markup:
    """Render the message of an exception, as `problem` does.

    Args:
        title: What did not happen.
        error: The exception; see `message_of`.
    """
    return problem(title, message_of(error))


def message_of(error: Exception, fields: dict[str, str] = PAGE_FIELDS) -> str:
    """Return what is said about an exception.

    A `ValueError` is the user's and its text is used. Where the memory of the server is too small,
    `TOO_LARGE` is returned. Any other exception is logged by its type alone, because its text may
    contain data of a recording, and `INTERNAL_ERROR` is returned.

    Args:
        error: The exception.
        fields: Names of the fields, as in `page_words`.

    Returns:
        The message on one line, in the words of the page.
    """
    if isinstance(error, DeviceMemoryError):
        return TOO_LARGE
    if isinstance(error, ValueError):
        return page_words(error, fields)
    _log.error("an event failed: %s", type(error).__name__)
    return INTERNAL_ERROR


@contextmanager
def show_errors(title: str, fields: dict[str, str] = PROGRAM_FIELDS) -> Iterator[None]:
    """Turn exceptions of the block of an endpoint into errors that a program receives.

    Args:
        title: What did not happen.
        fields: Names of the parameters, as in `page_words`.

    Raises:
        gradio.Error: In place of an exception of the block, with the text of `message_of`. Options
            are named as the parameters of the endpoint.
    """
    try:
        yield
    except Exception as error:
        message = message_of(error, fields)
        raise gr.Error(message, title=title, print_exception=False) from None
