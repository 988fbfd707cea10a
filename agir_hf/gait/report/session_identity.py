"""Identity of pages that show several recordings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

SIMULATED_TEXT = "These walks are simulated: they are not recordings of a person."


def simulated_text(identities: Sequence[Mapping]) -> str:
    """Return a sentence that says which of several walks are simulated; empty for people.

    Args:
        identities: Identities of the recordings, from `Identity.as_json`.
    """
    names = [str(row["file"]) for row in identities if row.get("simulated")]
    if not names:
        return ""
    if len(names) == len(identities):
        return SIMULATED_TEXT
    return f"{len(names)} of {len(identities)} walks are simulated: {', '.join(names)}."


def print_identity(title: str, who: Sequence[tuple[str, str]]) -> str:
    """Return identifier, heading and date in one line, for the margin of printed pages.

    Args:
        title: Heading.
        who: Name and text of who and what the page is of.
    """
    rows = dict(who)
    date = rows.get("Assessed") or rows.get("Measured")
    identifier = rows.get("Identifier", "")
    if identifier == "not stated" or identifier in title:
        identifier = ""
    return " · ".join(text for text in (identifier, title, date) if text)


def distinct(texts: Sequence[str]) -> str:
    """Return texts one after another, without those that another one repeats and continues.

    Args:
        texts: Sentences, such as the sources of several norms.
    """
    different = list(dict.fromkeys(texts))
    return " ".join(
        text
        for text in different
        if not any(other != text and other.startswith(text) for other in different)
    )
