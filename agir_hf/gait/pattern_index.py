"""Index of regular expressions by the letters that a match has, for a fast search."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Generic, TypeVar

_Row = TypeVar("_Row")
_WORD = re.compile(r"\b[a-z]+")
_LOOKAROUND = ("(?=", "(?!", "(?<=", "(?<!")
_PIECE = 3  # characters by which texts are found
_OPTIONAL = ("?", "*", "{")  # quantifiers of what a match may not have
_GROUPING = re.compile("[()|]")
_PLAIN = re.compile(r"[^\\.\[\]^$+?*{}()|]*")
_SPECIAL = frozenset("\\.[]^$+?*{}()|")


class PatternIndex(Generic[_Row]):
    """Rows with patterns, found by the letters of a sentence.

    A row is a candidate if the sentence has one of the texts that every match has, see
    `required_texts`. For patterns without such texts, or with short ones, a word of the sentence
    has to begin with the letters that a match begins with, see `first_letters`. Of candidates, the
    other parts of the pattern are looked for too, because a search for a text is faster than one
    for a pattern.

    Args:
        rows: Any rows.
        patterns: Pattern of each row, whose matches begin at the beginning of a word.
    """

    def __init__(self, rows: Sequence[_Row], patterns: Sequence[str]):
        self._rows = rows
        self._by_letters: dict[str, list[int]] = {}
        self._by_piece: dict[str, list[tuple[str, int]]] = {}
        self._parts = [_required_parts(pattern) for pattern in patterns]
        required = [required_texts(pattern) for pattern in patterns]
        frequency = Counter(
            piece for texts in required for text in texts for piece in _pieces(text)
        )
        for index, (pattern, texts) in enumerate(zip(patterns, required, strict=True)):
            if texts and min(map(len, texts)) >= _PIECE:
                for text in texts:
                    piece = min(_pieces(text), key=lambda piece: (frequency[piece], piece))
                    self._by_piece.setdefault(piece, []).append((text, index))
            else:
                for letters in first_letters(pattern):
                    self._by_letters.setdefault(letters, []).append(index)
        self._lengths = sorted(set(map(len, self._by_letters)))

    def candidates(self, sentence: str) -> list[_Row]:
        """Rows whose patterns can match, in their order.

        Args:
            sentence: Text in lower case.
        """
        words = set(_WORD.findall(sentence))
        prefixes = {word[:end] for word in words for end in self._lengths} | {""}
        indices = set()
        for letters in self._by_letters.keys() & prefixes:
            indices.update(self._by_letters[letters])
        plain = sentence.replace("-", " ")
        for piece in self._by_piece.keys() & _pieces(plain):
            indices.update(index for text, index in self._by_piece[piece] if text in plain)
        possible = [index for index in indices if _has_all(plain, self._parts[index])]
        return [self._rows[index] for index in sorted(possible)]


def _has_all(text: str, parts: Sequence[Sequence[str]]) -> bool:
    """Whether a text has at least one text of each part."""
    for options in parts:
        for option in options:
            if option in text:
                break
        else:
            return False
    return True


def _pieces(text: str) -> set[str]:
    """All parts of a text of `_PIECE` characters."""
    return {text[start : start + _PIECE] for start in range(len(text) - _PIECE + 1)}


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


@lru_cache(maxsize=4096)  # the same groups are in many patterns
def required_texts(pattern: str) -> frozenset[str]:
    """Texts of which every match of a pattern has at least one, with spaces for hyphens.

    Args:
        pattern: Regular expression with groups, alternatives and quantifiers.

    Returns:
        The texts; none if nothing is known about every match.

    Example:
        ```python
        >>> from agir_hf.gait.pattern_index import required_texts
        >>> sorted(required_texts("(?:step|stride)[- ]timing")), sorted(required_texts("a?|b"))
        ([' timing'], [])

        ```
    """
    parts = [_required_of_sequence(part) for part in _alternatives(pattern)]
    return frozenset().union(*parts) if all(parts) else frozenset()


def _required_parts(pattern: str) -> list[tuple[str, ...]]:
    """Texts of each part of a pattern: every match has at least one of each, long ones first."""
    alternatives = _alternatives(pattern)
    parts = _parts_of_sequence(pattern) if len(alternatives) == 1 else [required_texts(pattern)]
    texts = {tuple(sorted(part)) for part in parts if part and min(map(len, part)) > 1}
    return sorted(texts, key=lambda part: (-min(map(len, part)), part))


def _required_of_sequence(pattern: str) -> frozenset[str]:
    """Required texts of a pattern without alternatives: those whose shortest is the longest."""
    parts = _parts_of_sequence(pattern)
    return max(parts, key=lambda texts: min(map(len, texts), default=0))


def _parts_of_sequence(pattern: str) -> list[frozenset[str]]:
    """Texts of each part of a pattern without alternatives; none if a part can have any text."""
    if pattern and _SPECIAL.isdisjoint(pattern):
        return [frozenset({pattern.replace("-", " ")})]
    options, run, rest = [], "", pattern
    while rest:
        plain = _PLAIN.match(rest)[0][:-1]  # its last character may have a quantifier
        run, rest = run + plain.replace("-", " "), rest[len(plain) :]
        token = _first_token(rest)
        rest = rest[len(token) :]
        is_optional = rest.startswith(_OPTIONAL)
        character = " " if token in ("[- ]", "-") else token
        if len(character) == 1 and character not in _SPECIAL and not is_optional:
            run += character
            if rest[:1] != "+":
                continue
        elif token[0] == "(" and not token.startswith(_LOOKAROUND) and not is_optional:
            options.append(required_texts(_inside(token)))
        options.append(frozenset({run} - {""}))
        run = ""
        if rest.startswith("{"):
            rest = rest[rest.index("}") + 1 :]
    return [*options, frozenset({run} - {""})]


def _first_token(pattern: str) -> str:
    """A group, a class of characters, an escape, or one character."""
    if pattern[0] == "(":
        return pattern[: _end_of_group(pattern)]
    if pattern[0] == "[":
        return pattern[: pattern.index("]", 2) + 1]
    return pattern[:2] if pattern[0] == "\\" else pattern[0]


def _inside(group: str) -> str:
    return re.sub(r"^\((?:\?:|\?P<\w+>)?", "", group)[:-1]


def _alternatives(pattern: str) -> list[str]:
    """Parts of a pattern between the "|" outside of groups."""
    parts, depth, start = [], 0, 0
    for match in _GROUPING.finditer(pattern):
        depth += (match[0] == "(") - (match[0] == ")")
        if match[0] == "|" and not depth:
            parts.append(pattern[start : match.start()])
            start = match.end()
    return [*parts, pattern[start:]]


def _of_alternative(pattern: str) -> set[str]:
    if not pattern.startswith("("):
        letters = re.match("[a-z]*", pattern)[0]
        optional = pattern[len(letters) : len(letters) + 1] in _OPTIONAL
        return {letters[:-1] if optional else letters}
    end = _end_of_group(pattern)
    group, rest = pattern[:end], pattern[end:]
    if group.startswith(_LOOKAROUND):
        return first_letters(rest)
    inner = first_letters(_inside(group))
    if rest[:1] in _OPTIONAL:
        return inner | first_letters(rest[1:] if rest[0] != "{" else "")
    return inner


def _end_of_group(pattern: str) -> int:
    depth = 0
    for match in _GROUPING.finditer(pattern):
        depth += (match[0] == "(") - (match[0] == ")")
        if not depth:
            return match.end()
    raise ValueError(f"the pattern {pattern!r} has a group without an end")
