"""Hosts that may get the access token of the Hub."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

HUB_HOST = "huggingface.co"
TRUSTED_HOST_VARIABLE = "AGIR_HUB_HOST"  # host of an own Hub that may get the token
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


def is_hub(url: str) -> bool:
    """Whether an address is that of the Hub, with encryption.

    Args:
        url: Address such as "https://huggingface.co".
    """
    parts = _parts(url)
    if parts is None:
        return False
    scheme, host = parts
    return scheme == "https" and (host == HUB_HOST or host.endswith(f".{HUB_HOST}"))


def may_get_token(url: str) -> bool:
    """Whether a host may get the token: the Hub, this computer, or the one in `AGIR_HUB_HOST`.

    Args:
        url: Address of the host.
    """
    parts = _parts(url)
    if parts is None:
        return False
    scheme, host = parts
    trusted = os.environ.get(TRUSTED_HOST_VARIABLE, "").strip().lower()
    is_trusted = bool(trusted) and host == trusted and scheme == "https"
    return is_hub(url) or host in _LOCAL_HOSTS or is_trusted


def download_token() -> bool | None:
    """Return the argument `token` of a download: None for the user's token, False for none.

    With `HF_ENDPOINT` set to another host, downloads are without the token.
    """
    from huggingface_hub.constants import ENDPOINT

    return None if may_get_token(ENDPOINT) else False


def _parts(url: str) -> tuple[str, str] | None:
    """Scheme and host in lower case; None for addresses that programs read differently."""
    if any(character in url for character in "\\@") or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        return parts.scheme.lower(), (parts.hostname or "").rstrip(".")
    except ValueError:
        return None
