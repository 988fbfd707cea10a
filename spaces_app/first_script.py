"""Put a script in front of those of Gradio, which `head` of `Blocks.launch` does not.

Browsers call the listeners of `beforeunload` in the order in which they were added. That of Gradio
ends the connections of the page, even if the user is asked and stays: answers that are on their way
are lost, and the server removes what it keeps for the page.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path

_SCRIPT = Path(__file__).with_name("first.js").read_text("utf-8")
_HEAD = b"<head>"
Message = MutableMapping[str, object]
Send = Callable[[Message], Awaitable[None]]


class FirstScript:
    """ASGI middleware that puts `first.js` at the beginning of the page.

    Args:
        app: The ASGI application that is called.
    """

    def __init__(self, app: Callable[..., Awaitable[None]]):
        self.app = app

    async def __call__(self, scope: MutableMapping, receive: Callable, send: Send) -> None:
        """Answer a request; the page gets the script, other answers pass unchanged."""
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        if scope["type"] == "http" and scope["method"] == "GET" and path in ("", "/"):
            send = _WithScript(send)
        await self.app(scope, receive, send)


class _WithScript:
    """Send an answer as a whole, with the script if it is HTML.

    Args:
        send: Function that sends a message.
    """

    def __init__(self, send: Send):
        self.send, self.start, self.body = send, None, b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
            return
        if self.start is None or message["type"] != "http.response.body":
            await self.send(message)
            return
        self.body += message.get("body", b"")
        if message.get("more_body", False):
            return
        script = f"<script>{_SCRIPT}</script>".encode()
        body = self.body.replace(_HEAD, _HEAD + script, 1)
        headers = [row for row in self.start["headers"] if row[0].lower() != b"content-length"]
        headers.append((b"content-length", str(len(body)).encode()))
        await self.send({**self.start, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})
