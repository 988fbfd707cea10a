"""Sentences of a rationale: their part, their claims, and the score that they state."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from ..gait.claims import Claim, extract_claims
from ..gait.graded_walk import number_of
from ..gait.grounding import (
    CONTRADICTED,
    NEAR,
    SUPPORTED,
    CheckedClaim,
    Grounding,
    check_claims,
    quantity_grade,
)
from ..gait.lexicon import find_marks
from ..gait.norms import Norms
from .sentence_logic import names_wrong_side, repeats_a_word
from .unrecorded import Unrecorded, named_parts

SCORE = ("score", "")  # topic of a sentence that states what the score means
Topic = tuple[str, str]  # quantity of the lexicon, side
_LABELLED = re.compile(r"(?:^|(?<=[.!?]\s))(Foot|Arm|Overall):\s*")
_BETWEEN = re.compile(r"(?<=[.!?])\s+(?=[A-Z(\"“])")
# What a text says of the limitation of walking (`annotation/rules/argument.py`), by score.
_LIMITED = r"limit(?:ed|s? walking|ation(?: of walking)? is),? (?:though |but )?(?:only )?"
_IMPAIRMENT = r"(?:gait )?impairment\b(?! of)"
_STATED = tuple(
    re.compile(pattern)
    for pattern in (
        r"nothing limits walking|walking is not limited"
        r"|not (?:enough to |suffice to )?limit walking"
        rf"|no limitation\b|no {_IMPAIRMENT}",
        rf"{_LIMITED}(?:slight(?:ly)?|a little)\b|slight limitation"
        rf"|(?:slight|mild|minor) {_IMPAIRMENT}",
        rf"{_LIMITED}substantial(?:ly)?\b|substantial limitation"
        rf"|(?:moderate|substantial|marked|severe) {_IMPAIRMENT}",
        r"(?:needs|calls for|possible with) a (?:device|walking aid)|(?:device|aid) is needed",
        r"help of another person|another person has to help|calls for another person",
    )
)
_NUMBER = re.compile(r"\bscore(?: is| of)? ([0-4])\b")
# For score 0: signs that alone would make the next score.
_ARGUES_FOR_SLIGHT = re.compile(
    r"(?:argues? for|suggests?) a slight limitation(?!, but the measured|.* suggest less)"
)
# The named sign is normal, and so are all others of the text.
_NO_SIGN = re.compile(
    r"\bno (?:measured )?sign (?:is conspicuous|departs|goes)|nothing is conspicuous"
    r"|none of them departs|the sign nearest to its limit|\bsigns? named here"
)
# The named signs are impaired.
_IMPAIRED = re.compile(
    r"\bweighs? (?:more|most)|\blimits? walking (?:slightly|substantially|so much)"
    r"|\bdeparts? (?:most )?from"
    r"|\b(?:argues?|suggests?) (?:for )?(?:more|a )|\balone (?:does|do|limits?|argues?)\b"
    r"|\babove all (?:by|because of)"
)


@dataclass(frozen=True)
class Sentence:
    """A sentence of a rationale.

    Attributes:
        part: Label of the part that it is in: "Foot", "Arm", "Overall", or "" without labels.
        text: The sentence, without the label.
        checked: Its claims with their verdicts.
    """

    part: str
    text: str
    checked: tuple[CheckedClaim, ...] = ()

    @property
    def topics(self) -> frozenset[Topic]:
        """What it speaks of: quantity and side of each claim, and `SCORE` if it states a score."""
        topics = {(row.claim.quantity, row.claim.side) for row in self.checked}
        return frozenset(topics | ({SCORE} if stated_scores(self.text) else set()))

    @property
    def supported(self) -> int:
        """Number of supported claims."""
        return sum(row.verdict == SUPPORTED for row in self.checked)

    @property
    def is_supported(self) -> bool:
        """Whether all of its claims are supported."""
        return self.supported == len(self.checked)

    @property
    def is_near(self) -> bool:
        """Whether one of its claims is near the measured gait, which is not supported."""
        return any(row.verdict == NEAR for row in self.checked)

    @property
    def is_contradicted(self) -> bool:
        """Whether the measured gait contradicts one of its claims."""
        return any(row.verdict == CONTRADICTED for row in self.checked)


@lru_cache(maxsize=1024)
def split_text(text: str) -> tuple[Sentence, ...]:
    """Split a text into sentences, without claims.

    Args:
        text: Sentences, with or without the labels "Foot:", "Arm:" and "Overall:".
    """
    pieces = _LABELLED.split(text.strip())  # words before a label, label, words, label, words …
    parts = [("", pieces[0]), *zip(pieces[1::2], pieces[2::2], strict=True)]
    return tuple(
        Sentence(part, sentence.strip())
        for part, words in parts
        for sentence in _BETWEEN.split(words)
        if sentence.strip()
    )


def join_sentences(sentences: Iterable[Sentence]) -> str:
    """Join sentences to a text, each part after its label.

    Args:
        sentences: Sentences in order; those of a part follow each other.
    """
    words, part = [], ""
    for sentence in sentences:
        if sentence.part != part:
            words.append(f"{sentence.part}:")
            part = sentence.part
        words.append(sentence.text)
    return " ".join(words)


@lru_cache(maxsize=4096)
def claims_of(text: str) -> tuple[Claim, ...]:
    """Find the claims of a sentence; cached, because candidates have many sentences in common.

    Args:
        text: One sentence.
    """
    return tuple(extract_claims(text))


def quantities_left_out(before: Grounding, after: Grounding) -> tuple[str, ...]:
    """Quantities of the claims before that no claim after is about, in the order of the text.

    Args:
        before: Claims of the model's own text with their verdicts.
        after: Claims of the rationale that is shown.
    """
    spoken = {row.claim.quantity for row in after.checked}
    quantities = dict.fromkeys(row.claim.quantity for row in before.checked)
    return tuple(quantity for quantity in quantities if quantity not in spoken)


def names_without_claim(text: str, quantities: Collection[str]) -> bool:
    """Whether a sentence names a quantity and claims nothing of it, as in "the pace weighs most".

    Args:
        text: One sentence.
        quantities: Quantities of the lexicon.
    """
    marks = find_marks(text.lower(), 0) if quantities else []
    named = {mark.quantity for mark in marks if mark.kind in ("name", "phrase")}
    named |= named_parts(text)
    return not (named & set(quantities)) <= {claim.quantity for claim in claims_of(text)}


@lru_cache(maxsize=4096)
def stated_scores(text: str) -> frozenset[int]:
    """Return the scores that a sentence can be about, or an empty set if it states none.

    Args:
        text: One sentence.
    """
    lower = text.lower()
    scores = {score for score, pattern in enumerate(_STATED) if pattern.search(lower)}
    scores |= {int(number) for number in _NUMBER.findall(lower)}
    if scores == {1} and _ARGUES_FOR_SLIGHT.search(lower):
        scores.add(0)
    return frozenset(scores)


class SentenceChecker:
    """Check of sentences against a measured walk and its score.

    Args:
        parameters: Measured gait parameters, name → value.
        age: Age of the subject in years, or None.
        sex: "male", "female" or None.
        norms: Norms of a laboratory, or None for the published norms.
        score: Score of the walk, or None if statements of the score are not checked.
        keep_near: Whether sentences with near claims count as true.
        unrecorded: Names of parameters whose body parts the recording does not have; sentences
            about them are not true.
    """

    def __init__(
        self,
        parameters: Mapping[str, object],
        age: float | None = None,
        sex: str | None = None,
        norms: Norms | None = None,
        score: int | None = None,
        keep_near: bool = True,
        unrecorded: Collection[str] = (),
    ):
        self._person = (age, sex, norms)
        self._keep_near = keep_near
        self._values = {name: number_of(value) for name, value in parameters.items()}
        self._score = score
        self.unrecorded = Unrecorded(unrecorded)
        self._checked: dict[str, tuple[CheckedClaim, ...]] = {}
        self._grades: dict[str, int | None] = {}

    def sentences(self, text: str) -> list[Sentence]:
        """Split a text into sentences and check their claims.

        Args:
            text: A rationale.
        """
        return [self.sentence(row.part, row.text) for row in split_text(text)]

    def sentence(self, part: str, text: str) -> Sentence:
        """Check the claims of a sentence.

        Args:
            part: Label of the part that it is in.
            text: The sentence, without the label.
        """
        return Sentence(part, text, self._check(text))

    def _check(self, text: str) -> tuple[CheckedClaim, ...]:
        if text not in self._checked:
            rows = check_claims(claims_of(text), self._values, *self._person)
            self._checked[text] = tuple(rows)
        return self._checked[text]

    def is_true(self, sentence: Sentence, spoken: Collection[Sentence] = ()) -> bool:
        """Whether neither the measured gait nor the score contradicts a sentence.

        Args:
            sentence: A checked sentence.
            spoken: Sentences of the text around it.
        """
        if sentence.is_contradicted or (sentence.is_near and not self._keep_near):
            return False
        if self.unrecorded.is_named(sentence.text) or self.is_unrecorded(sentence.checked):
            return False
        if repeats_a_word(sentence.text):
            return False
        if names_wrong_side(sentence.text, sentence.checked, self._values):
            return False
        scores = stated_scores(sentence.text)
        if not scores:
            return True
        if self._score is not None and self._score not in scores:
            return False
        return self._argues_from_signs(sentence, spoken)

    def is_unrecorded(self, checked: Iterable[CheckedClaim]) -> bool:
        """Whether a claim is about a part of the body that the recording does not have.

        Args:
            checked: Checked claims.
        """
        return self.unrecorded.is_claimed(row.claim for row in checked)

    def _argues_from_signs(self, sentence: Sentence, spoken: Collection[Sentence]) -> bool:
        """Whether the signs that a conclusion names are signs of this walk."""
        lower = sentence.text.lower()
        rows = [row for other in (sentence, *spoken) for row in other.checked]
        if _NO_SIGN.search(lower):
            return not any(row.grade is not None and row.grade.degree for row in rows)
        if not _IMPAIRED.search(lower):
            return True
        spans = [(row.claim.start, row.claim.end) for row in sentence.checked]
        names = {
            mark.quantity
            for mark in find_marks(lower, 0)
            if mark.kind == "name" and mark.quantity not in ("", "it")
            and not any(start <= mark.start < end for start, end in spans)
        }  # fmt: skip
        return all(self._degree(name) != 0 for name in names)

    def _degree(self, quantity: str) -> int | None:
        """Greatest degree of impairment of a quantity over its sides; None if it has no grade."""
        if quantity not in self._grades:
            rows = [
                quantity_grade(quantity, side, self._values, *self._person)
                for side in ("", "left", "right")
            ]
            degrees = [row.grade.degree for row in rows if row is not None]
            self._grades[quantity] = max(degrees, default=None)
        return self._grades[quantity]
