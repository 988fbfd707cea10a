"""The YAML head of a README.md, which the Hub reads."""

from __future__ import annotations

import re

_HEAD = re.compile(r"\A---\n(.*?)\n---(?:\n|\Z)", re.DOTALL)


def card_head(text: str) -> dict:
    """The head of a card; empty where there is none.

    Raises:
        ValueError: it is no YAML of names and values.
    """
    import yaml

    found = _HEAD.match(text)
    try:
        head = yaml.safe_load(found[1]) if found else {}
    except yaml.YAMLError as error:
        raise ValueError(f"the head of the card is no YAML: {error}") from error
    if not isinstance(head, dict):
        raise ValueError(f"the head of the card is {head!r}, expected names and values")
    return head


def without_head(text: str) -> str:
    """The card below its head."""
    return _HEAD.sub("", text, count=1)
