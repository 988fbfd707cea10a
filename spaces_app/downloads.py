"""Files that are made when a button is pressed, and then downloaded by the browser."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import gradio as gr

# The browser downloads the file that the event has just returned. The name of the file is that on
# the server.
_DOWNLOAD = """(file) => {
  if (!file || !file.url) return;
  const link = document.createElement("a");
  link.href = file.url;
  link.download = file.orig_name || "";
  document.body.append(link);
  link.click();
  link.remove();
}"""


def on_request(button: gr.Button, make: Callable, inputs: Sequence, outputs: Sequence, **event):
    """Make a file when a button is pressed, and download it.

    Args:
        button: The button.
        make: Function of the inputs that returns the path of the file, or None if it cannot be
            made, and then the values of the outputs.
        inputs: Components whose values are passed to `make`.
        outputs: Components that `make` returns values for, after the file.
        **event: Further keywords of the event, such as its concurrency limit.

    Returns:
        The event; further ones can follow it.
    """
    file = gr.File(visible=False)
    made = button.click(make, inputs, [file, *outputs], api_visibility="private", **event)
    return made.then(None, file, js=_DOWNLOAD)
