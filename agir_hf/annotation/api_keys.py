"""API keys of language-model endpoints: read from the environment, and removed from every text."""

from __future__ import annotations

import os

from ..utils.hub_host import is_hub

KEY_VARIABLES = ("AGIR_API_KEY", "HF_TOKEN")  # the first one that is set is used
# Sent if no key is set: for an empty key the client would use a token stored on this machine.
NO_KEY = "none"
MAX_SHOWN = 200  # characters of a server's message in an error


def key_variables(base_url: str | None) -> tuple[str, ...]:
    """Return the names of the environment variables that can hold the key of an endpoint.

    Args:
        base_url: Address of the endpoint; None is the Hub.

    Returns:
        The names in order of preference. The token of the Hub is only sent to the Hub.
    """
    for_hub = base_url is None or is_hub(base_url)
    return KEY_VARIABLES if for_hub else KEY_VARIABLES[:1]


def api_key(base_url: str | None) -> str | None:
    """Return the key of an endpoint from the environment, or None.

    Args:
        base_url: Address of the endpoint; None is the Hub.
    """
    names = key_variables(base_url)
    return next((os.environ[name] for name in names if os.environ.get(name)), None)


def key_hint(base_url: str | None) -> str:
    """Return the part of an error message that names the variables that are read.

    Args:
        base_url: Address of the endpoint; None is the Hub.
    """
    return f"the key is read from {', else '.join(key_variables(base_url))}"


def without_keys(text: str) -> str:
    """Replace the API keys in a text by `***`; a server can send keys back in a message.

    Args:
        text: Any text.
    """
    for name in KEY_VARIABLES:
        if os.environ.get(name):
            text = text.replace(os.environ[name], "***")
    return text


def on_one_line(text: str) -> str:
    """Remove API keys and line breaks from a text.

    Args:
        text: Any text.
    """
    return " ".join(without_keys(text).split())


def shortened(message: object) -> str:
    """Return the beginning of a message on one line; API keys are removed before it is cut.

    Args:
        message: Text of a server, or an exception.
    """
    return on_one_line(str(message))[:MAX_SHOWN] or "no further message"
