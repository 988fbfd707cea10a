"""What a description of a walk asks for: properties with side, grade or number, and the rest.

The properties are the claims that `agir_hf.gait.extract_claims` finds in the text. A few short
forms of requests, such as "left arm still" and "a normal walk", are read as well. Words that no
property uses are listed as not understood, and topics that the model was never trained on, such as
turning and stairs, are named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from ..gait.claims import Claim, extract_claims
from ..gait.lexicon import Mark, find_marks, load_lexicon
from .generation_words import (
    FILLERS,
    HEALTHY,
    NEVER_ASKED,
    OF_HEALTHY,
    PREPOSITIONS,
    SEGMENT,
    SENTENCE,
    SHORT_FORMS,
    TOPIC,
    TOPIC_OF_QUANTITY,
    TOPICS,
    WORD,
)

UNDERSTOOD, PARTLY, NOT_UNDERSTOOD = "understood", "partly understood", "not understood"
SIDES = ("left", "right")
SIDED = ("arm_swing", "step_length")  # measured on each side


@dataclass(frozen=True)
class Asked:
    """A property that a text asks for.

    Attributes:
        claim: Quantity, side, state, degree or number; its offsets are those in the text.
        words: Words of the text that ask for it.
        implied: Whether the text does not ask for it: the other side, normal, where one side is
            asked for.
    """

    claim: Claim
    words: str
    implied: bool = False


@dataclass(frozen=True)
class Request:
    """What a text asks for.

    Attributes:
        text: The text.
        asked: Properties, in the order of the text; implied ones last.
        not_understood: Parts of the text that no property uses, in the order of the text.
        beyond: Topic that the model was not trained on → the words of the text.
    """

    text: str
    asked: tuple[Asked, ...]
    not_understood: tuple[str, ...]
    beyond: dict[str, str]

    @property
    def level(self) -> str:
        """`UNDERSTOOD`, `PARTLY` or `NOT_UNDERSTOOD`."""
        if not self.asked:
            return NOT_UNDERSTOOD
        return PARTLY if self.not_understood or self.beyond else UNDERSTOOD


def parse_request(text: str) -> Request:
    """Find what a description of a walk asks for, and what is not understood in it.

    Args:
        text (`str`):
            English text, such as "Left arm still, short steps".

    Returns:
        [`Request`]: The properties, the words that are not understood, and the topics that the
        model was not trained on.

    Example:
        ```python
        >>> from agir_hf.assessment.generation_request import parse_request
        >>> request = parse_request("Short steps, then a turn. Left arm still, in a red hat.")
        >>> [(row.claim.quantity, row.claim.side, row.implied) for row in request.asked]
        [('step_length', '', False), ('arm_swing', 'left', False), ('arm_swing', 'right', True)]
        >>> request.not_understood, request.beyond
        (('in a red hat',), {'turning': 'turn'})

        ```
    """
    read = _ReadText(text)
    claims = [claim for claim in _claims(read.text) if claim.quantity not in NEVER_ASKED]
    healthy = _healthy(read.text, claims)
    beyond = _beyond(read.text)
    used = [*beyond.values(), *[(claim.start, claim.end) for claim in healthy[:1]]]
    asked = [Asked(read.claim(claim), read.words(*_clause(read.text, claim))) for claim in claims]
    asked += [Asked(read.claim(claim), read.words(claim.start, claim.end)) for claim in healthy]
    rest = [read.words(*span) for span in _not_understood(read.text, claims, used)]
    topics = {topic: read.words(*span) for topic, span in beyond.items()}
    return Request(text, (*asked, *_implied(asked)), tuple(rest), topics)


class _ReadText:
    """A text with short forms in the words of the lexicon, and the offsets in the given text.

    Args:
        original: The text as it was given.
    """

    def __init__(self, original: str):
        self.original = self.text = original
        self._offsets = list(range(len(original) + 1))
        for pattern, words in SHORT_FORMS:
            for match in reversed(list(pattern.finditer(self.text))):
                self._replace(*match.span(1), words)

    def _replace(self, start: int, end: int, words: str) -> None:
        first, last = self._offsets[start], self._offsets[end] - 1
        self.text = self.text[:start] + words + self.text[end:]
        inner = [first] * (len(words) - 1) + [max(first, last)]
        self._offsets = self._offsets[:start] + inner + self._offsets[end:]

    def words(self, start: int, end: int) -> str:
        """Words of the given text on one line."""
        return " ".join(self.original[self._offsets[start] : self._offsets[end]].split())

    def claim(self, claim: Claim) -> Claim:
        """The claim with offsets in the given text."""
        return replace(claim, start=self._offsets[claim.start], end=self._offsets[claim.end])


def _claims(text: str) -> list[Claim]:
    """Claims of the text, in its order.

    The parts of a list such as "left foot drags, long steps" are read one by one if each of them
    says something of its own; other sentences are read as a whole, and then those parts whose
    quantity the sentence makes no claim of.
    """
    claims: list[Claim] = []
    for sentence in SENTENCE.finditer(text):
        start, end = sentence.span()
        parts = [_PartOfText(text, *span) for span in _segments(text, start, end)]
        if all(part.is_complete for part in parts):
            claims += [claim for part in parts for claim in part.claims]
            continue
        whole = _PartOfText(text, start, end).claims
        claims += whole
        for part in parts:
            if part.named and not part.named & _related(whole):
                claims += part.claims
    ordered = sorted(claims, key=lambda claim: _clause(text, claim))
    return [_step_claim(text, claim) for claim in ordered]


class _PartOfText:
    """A part of a text, and what it claims alone.

    Args:
        text: The text.
        start: Offset of the first character.
        end: Offset after the last character.
    """

    def __init__(self, text: str, start: int, end: int):
        marks = find_marks(text[start:end].lower(), start)
        self.named = _quantities(marks)
        self.claims = [
            replace(claim, start=claim.start + start, end=claim.end + start)
            for claim in extract_claims(text[start:end])
        ]
        kinds = {mark.kind for mark in marks}
        self._asserts = bool(kinds & {"state", "number", "negation", "side", "grade"})

    @property
    def is_complete(self) -> bool:
        """Whether the part claims something of each quantity it names, or says nothing at all."""
        if not self.named:
            return not self._asserts
        return self.named <= _related(self.claims)


def _step_claim(text: str, claim: Claim) -> Claim:
    """The claim of a step where the number is that of a stride, which is two steps."""
    start, end = _clause(text, claim)
    if (
        claim.quantity != "step_length"
        or claim.value is None
        or "stride" not in text[start:end].lower()
    ):
        return claim
    return replace(claim, value=claim.value / 2)


def _quantities(marks: Iterable[Mark]) -> set[str]:
    """Quantities that are named."""
    quantities = load_lexicon()["quantities"]
    return {
        mark.quantity
        for mark in marks
        if mark.kind in ("name", "phrase") and mark.quantity in quantities
    }


def _related(claims: Iterable[Claim]) -> set[str]:
    """Quantities of claims, and those whose asymmetry or variability is claimed."""
    quantities = load_lexicon()["quantities"]
    claimed = {claim.quantity for claim in claims}
    sources = {
        name
        for name, entry in quantities.items()
        if claimed & {entry.get("asymmetry"), entry.get("variability")}
    }
    return claimed | sources


def _clause(text: str, claim: Claim) -> tuple[int, int]:
    """Offsets of the first part of the clause of a claim that names its quantity."""
    related = _related([claim])
    for start, end in _segments(text):
        if _overlap(start, end, claim.start, claim.end) and related & _quantities(
            find_marks(text[start:end].lower(), start)
        ):
            return max(start, claim.start), min(end, claim.end)
    return claim.start, claim.end


def _healthy(text: str, claims: list[Claim]) -> list[Claim]:
    """Claims of "a normal walk", except of quantities that the text names itself."""
    match = HEALTHY.search(text)
    if match is None or any(_overlap(c.start, c.end, *match.span()) for c in claims):
        return []
    named = {claim.quantity for claim in claims}
    return [
        Claim(quantity, side, "normal", 0, None, *match.span())
        for quantity, side in OF_HEALTHY
        if quantity not in named
    ]


def _implied(asked: list[Asked]) -> list[Asked]:
    """The other side, normal, of each quantity that is asked for on one side only."""
    rows = []
    for row in asked:
        quantity, side = row.claim.quantity, row.claim.side
        if quantity not in SIDED or side not in SIDES or row.claim.state == "normal":
            continue
        others = {other.claim.side for other in asked if other.claim.quantity == quantity}
        if others == {side}:
            claim = replace(row.claim, side=other_side(side), state="normal", grade=0, value=None)
            rows.append(Asked(claim, row.words, implied=True))
    return rows[:1] if len({row.claim.quantity for row in rows}) == 1 else rows


def other_side(side: str) -> str:
    """Return the other side; "both" and "" are returned unchanged.

    Args:
        side: "left", "right", "both" or "".
    """
    return {"left": "right", "right": "left"}.get(side, side)


def _beyond(text: str) -> dict[str, tuple[int, int]]:
    """Topics beyond the model, with the offsets of the words that name them."""
    marks = [
        mark for mark in find_marks(text.lower(), 0) if mark.quantity and mark.quantity != "it"
    ]
    topics: dict[str, tuple[int, int]] = {}
    for match in TOPIC.finditer(text):
        around = (mark for mark in marks if mark.start <= match.start() and match.end() <= mark.end)
        if any(mark.quantity not in NEVER_ASKED for mark in around):
            continue  # "the hands are held still" is about the arms
        name = list(TOPICS)[int(match.lastgroup.removeprefix("topic"))]
        topics.setdefault(name, match.span())
    for mark in marks:  # such as a walking aid in other words
        spans = topics.values()
        if mark.quantity in NEVER_ASKED and not any(
            _overlap(mark.start, mark.end, *span) for span in spans
        ):
            topics.setdefault(TOPIC_OF_QUANTITY[mark.quantity], (mark.start, mark.end))
    return topics


def _not_understood(
    text: str, claims: list[Claim], used: list[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    """Offsets of the parts of the text that no property and no topic uses."""
    related = _related(claims) | {*NEVER_ASKED}
    for start, end in _segments(text):
        words = [m for m in WORD.finditer(text, start, end) if _is_content(m, used)]
        if not words:
            continue
        marks = [m for m in find_marks(text[start:end].lower(), start) if m.kind != "break"]
        free = [w for w in words if not any(_overlap(*w.span(), m.start, m.end) for m in marks)]
        named = _quantities(marks)
        asserted = any(_overlap(c.start, c.end, start, end) for c in claims)
        asserted = asserted and (not named or bool(named & related))
        subject = named or any(mark.kind == "number" for mark in marks)
        if not asserted or (free and not subject):
            yield _phrase(text, words[0].start(), words[-1].end(), start)
        else:
            yield from _runs(text, free, start)


def _segments(text: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """Offsets of the parts of a text between punctuation and conjunctions."""
    end = len(text) if end is None else end
    for match in SEGMENT.finditer(text, start, end):
        yield start, match.start()
        start = match.end()
    yield start, end


def _is_content(word: re.Match, used: list[tuple[int, int]]) -> bool:
    is_used = any(_overlap(*word.span(), *span) for span in used)
    return word.group().lower() not in FILLERS and not is_used


def _runs(text: str, words: list[re.Match], start: int) -> Iterator[tuple[int, int]]:
    """Offsets of phrases of neighbouring words."""
    run: list[re.Match] = []
    for word in words:
        if run and set(WORD.findall(text[run[-1].end() : word.start()])) - set(PREPOSITIONS):
            yield _phrase(text, run[0].start(), run[-1].end(), start)
            run = []
        run.append(word)
    if run:
        yield _phrase(text, run[0].start(), run[-1].end(), start)


def _phrase(text: str, start: int, end: int, first: int) -> tuple[int, int]:
    """Offsets of words with the prepositions and articles before them."""
    before = [m for m in WORD.finditer(text, first, start)]
    while before and before[-1].group().lower() in PREPOSITIONS:
        start = before.pop().start()
    return start, end


def _overlap(start: int, end: int, other_start: int, other_end: int) -> bool:
    return start < other_end and other_start < end
