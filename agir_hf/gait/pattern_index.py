"""Index of regular expressions by the letters that a match begins with, for a fast search."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Generic, TypeVar

_Row = TypeVar("_Row")
_WORD = re.compile(r"\b[a-z]+")
_LOOKAROUND = ("(?=", "(?!", "(?<=", "(?<!")


class PatternIndex(Generic[_Row]):
    """Rows with patterns, found by the letters that the words of a sentence begin with.

    Args:
        rows: Any rows.
        patterns: Pattern of each row, whose matches begin at the beginning of a word.
    """

    def __init__(self, rows: Sequence[_Row], patterns: Sequence[str]):
        self._rows = rows
        self._by_letters: dict[str, list[int]] = {}
        for index, pattern in enumerate(patterns):
            for letters in first_letters(pattern):
                self._by_letters.setdefault(letters, []).append(index)

    def candidates(self, sentence: str) -> list[_Row]:
        """Rows whose patterns can match, in their order.

        Args:
            sentence: Text in lower case.
        """
        indices = set(self._by_letters.get("", ()))
        for word in set(_WORD.findall(sentence)):
            for end in range(1, len(word) + 1):
                indices.update(self._by_letters.get(word[:end], ()))
        return [self._rows[index] for index in sorted(indices)]


def first_letters(pattern: str) -> set[str]:
    """Letters with which the matches of a pattern begin.

    Args:
        pattern: Regular expression with groups, alternatives and quantifiers.

    Returns:
        One text of letters a to z for each way to begin; an empty text if it can begin with
        anything.

    Example:
        ```python
        >>> from agir_hf.gait.pattern_index import first_letters
        >>> sorted(first_letters("(?:left|right)? arms?")), sorted(first_letters("steps?|gait"))
        (['', 'left', 'right'], ['gait', 'step'])

        ```
    """
    letters = set().union(*map(_of_alternative, _alternatives(pattern)))
    return {""} if "" in letters and len(letters) == 1 else letters


def _alternatives(pattern: str) -> list[str]:
    """Parts of a pattern between the "|" outside of groups."""
    parts, depth = [""], 0
    for character in pattern:
        depth += (character == "(") - (character == ")")
        if character == "|" and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _of_alternative(pattern: str) -> set[str]:
    if not pattern.startswith("("):
        letters = re.match("[a-z]*", pattern)[0]
        optional = pattern[len(letters) : len(letters) + 1] in ("?", "*", "{")
        return {letters[:-1] if optional else letters}
    end = _end_of_group(pattern)
    group, rest = pattern[:end], pattern[end:]
    if group.startswith(_LOOKAROUND):
        return first_letters(rest)
    inner = first_letters(re.sub(r"^\((?:\?:|\?P<\w+>)?", "", group)[:-1])
    if rest[:1] in ("?", "*", "{"):
        return inner | first_letters(rest[1:] if rest[0] != "{" else "")
    return inner


def _end_of_group(pattern: str) -> int:
    depth = 0
    for index, character in enumerate(pattern):
        depth += (character == "(") - (character == ")")
        if not depth:
            return index + 1
    raise ValueError(f"the pattern {pattern!r} has a group without an end")
