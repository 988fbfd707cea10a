"""Access tokens and machine paths in texts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

_SHOWN = 8  # characters of a secret that are told, and no more
_SECRETS = {
    "an access token of the Hub": r"\bhf_[A-Za-z0-9]{20,}",
    "an access token of GitHub": r"\b(?:gh[opsru]_[A-Za-z0-9]{36}|github_pat_\w{22,})",
    "an access token of GitLab": r"\bglpat-[\w-]{20,}",
    "an access key of AWS": r"\bA[KS]IA[A-Z0-9]{16}\b",
    "a key of Google": r"\bAIza[\w-]{35}",
    "a key of a language model's provider": r"\bsk-[A-Za-z0-9_-]{20,}",
    "an access token of Slack": r"\bxox[abprs]-[\w-]{10,}",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "a password": r"(?i:\b(?:api_?key|password|passwd|secret)['\"]?\s*[:=]\s*['\"]\S{12,}['\"])",
}
_KINDS = tuple(_SECRETS)
_SECRET = re.compile("|".join(f"(?P<s{i}>{one})" for i, one in enumerate(_SECRETS.values())))

_HOMES = ("home", "Users", "root", "work", "tmp", "mnt", "media", "scratch", "private/var",
          "var/folders")  # fmt: skip
# not behind a name, a link's host or a variable: there it is the rest of a path, not its beginning
_START = r"(?:(?<![\w.~/\\})>*-])|(?<=file://))"
_REST = r"[\w.~-][^\s\"'`<>|()\[\]{},;]*"
_DRIVE = r"[A-Za-z]:[\\/]{1,2}Users[\\/]{1,2}"


def private_in(lines: Iterable[str]) -> Iterator[tuple[int, str, str]]:
    """What is private in a text.

    Args:
        lines: of the text.

    Yields:
        Number of the line from 1, what was found, what to do.
    """
    place = _place()
    for number, line in enumerate(lines, 1):
        for found in _SECRET.finditer(line):
            kind = _KINDS[int(found.lastgroup[1:])]
            yield number, f"{kind} ({found[0][:_SHOWN]}…)", "take it out, and revoke it"
        for found in place.finditer(line):
            yield number, f"the machine path {found[0]}", "write it relative, or take it out"


def is_place(text: str) -> bool:
    """Whether a text begins with a machine path."""
    return _place().match(text) is not None


@cache
def _place() -> re.Pattern:
    """Folders where people and machines keep what is theirs, and this person's own."""
    roots = [*(f"/{name}/" for name in _HOMES), _DRIVE]
    own = [str(path) for path in (Path.home(), Path.cwd()) if len(path.parts) > 2]
    roots += [re.escape(path) + r"[\\/]" for path in own]
    return re.compile(rf"{_START}(?:{'|'.join(roots)}){_REST}")
