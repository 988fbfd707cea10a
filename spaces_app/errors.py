"""Show errors on the page: plain text, no traceback, nothing rendered as HTML."""

from __future__ import annotations

import html
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import gradio as gr

from agir_hf.assessment.messages import one_line
from agir_hf.utils.devices import DeviceMemoryError

INTERNAL_ERROR = "something went wrong here, not with your input: please report it"
TOO_LARGE = "the memory of this server is too small for this recording: use a shorter part of it"
PROGRESS = gr.Progress()  # default value of an argument of an event function, as Gradio requires
_log = logging.getLogger(__name__)


@contextmanager
def show_errors(title: str) -> Iterator[None]:
    """Turn exceptions of the block into an error message of the page.

    A `ValueError` is the user's and shown with its text. Where the memory of the server is too
    small, `TOO_LARGE` is shown. Any other exception is logged by its type
    alone, because its text may contain data of a recording, and shown as `INTERNAL_ERROR`.

    Args:
        title: Title of the message.

    Raises:
        gradio.Error: In place of an exception of the block.
    """
    try:
        yield
    except DeviceMemoryError:
        raise _error(TOO_LARGE, title) from None
    except ValueError as error:
        raise _error(one_line(error), title) from None
    except Exception as error:
        _log.error("an event failed: %s", type(error).__name__)
        raise _error(INTERNAL_ERROR, title) from None


def _error(message: str, title: str) -> gr.Error:
    return gr.Error(html.escape(message), title=title, print_exception=False)
