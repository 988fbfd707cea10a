"""Clauses and noun phrases about signs, composed of words at random, with what they claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np

from ...gait.grades import ABSENT, LOW, NORMAL
from ...gait.norms import DEFAULT_AGE
from .signs import Sign, Topic, Walk
from .words import (
    ADVERBS,
    COMPARABLE,
    DEGREE_ADJECTIVES,
    NORM_WORDS,
    OF_AGE,
    OF_PACE,
    PARTICIPLES,
    STRONG,
    VOCABULARY,
    Noun,
)

_T = TypeVar("_T")
_OLD = 60.0  # years from which the norm is called that of older adults
_PARTICIPLE_ADVERBS = {degree: (*ADVERBS[degree], *STRONG[degree]) for degree in ADVERBS}


class Said(NamedTuple):
    """What a clause claims of a quantity, with the fields of a `gait.claims.Claim`."""

    quantity: str
    side: str
    state: str
    degree: int


@dataclass(frozen=True)
class Clause:
    """A finite clause or a noun phrase.

    Attributes:
        text: Words without capital letter and full stop.
        said: What it claims.
        comparable: Whether the name of a norm can follow, as in "normal for age and sex".
        plural: Whether its subject is plural.
    """

    text: str
    said: tuple[Said, ...] = ()
    comparable: bool = False
    plural: bool = False


def said_of(sign: Sign, side: str | None = None) -> Said:
    """Return what a phrase about a sign claims.

    Args:
        sign: The sign.
        side: Side that the phrase names; None for that of the sign.
    """
    return Said(
        sign.quantity, sign.side if side is None else side, sign.grade.state, sign.grade.degree
    )


def join(parts: Sequence[str]) -> str:
    """Join words with commas and "and".

    Args:
        parts: At least one word or phrase.
    """
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


class Wording:
    """Random choice of words for the signs of a walk.

    Args:
        walk: The walk; its age and sex decide how the norm is named.
        rng: Random generator.
    """

    def __init__(self, walk: Walk, rng: np.random.Generator):
        self.walk, self.rng = walk, rng

    def pick(self, options: Sequence[_T]) -> _T:
        """Draw one of several options.

        Args:
            options: At least one option.
        """
        return options[int(self.rng.integers(len(options)))]

    def chance(self, probability: float) -> bool:
        """Draw whether something happens.

        Args:
            probability: Probability in 0 … 1.
        """
        return bool(self.rng.random() < probability)

    def norm(self, topic: Topic) -> str:
        """Draw a phrase that names the norm of a topic, such as "for age and sex".

        Args:
            topic: The topic.
        """
        phrases = NORM_WORDS[self._kind_of_norm(topic.quantity)]
        if not topic.degree:  # not "normal against the norm"
            phrases = [phrase for phrase in phrases if not phrase.startswith("against")]
        return self.pick(phrases)

    def _kind_of_norm(self, quantity: str) -> str:
        """Key of `NORM_WORDS`."""
        if quantity in OF_PACE:
            return "pace"
        if quantity in OF_AGE and self.walk.age is not None:
            return "age" if self.walk.sex is None else "age and sex"
        age = DEFAULT_AGE if self.walk.age is None else self.walk.age
        return "general" if age >= _OLD else "adult"

    def have_same_norm(self, topics: Sequence[Topic]) -> bool:
        """Whether the norms of all topics depend on the same things.

        Args:
            topics: The topics.
        """
        return len({self._kind_of_norm(topic.quantity) for topic in topics}) == 1

    def predicate(self, noun: Noun, sign: Sign, adjective: str | None = None) -> str:
        """Draw the predicate of a sign, such as "markedly reduced" or "normal".

        Args:
            noun: The subject.
            sign: The sign.
            adjective: Adjective to use, or None to draw it.
        """
        state, degree = sign.grade.state, sign.grade.degree
        if degree == ABSENT:
            return "absent"
        word = adjective or self.pick(noun.adjectives(state))
        if not degree:
            return word
        adverbs = (_PARTICIPLE_ADVERBS if word in PARTICIPLES else ADVERBS)[degree]
        return f"{self.pick(adverbs)} {word}"

    def nouns(self, topic: Topic) -> list[Noun]:
        """Nouns that have adjectives for the states of all signs of a topic.

        Args:
            topic: The topic.
        """
        states = {sign.grade.state for sign in topic.signs}
        nouns = VOCABULARY[topic.quantity].nouns
        return [noun for noun in nouns if all(noun.adjectives(state) for state in states)]

    def subject(self, noun: Noun) -> str:
        """The noun as a subject, with its article.

        Args:
            noun: The noun.
        """
        return f"{noun.article} {noun.text}".strip()

    def clause(self, topic: Topic) -> Clause:
        """Draw a finite clause that asserts the grade or grades of a topic.

        Args:
            topic: The topic.
        """
        if len(topic.signs) == 2:
            return self._two_sides(topic)
        sign = topic.sign
        idiom = self._idiom(sign)
        if idiom is not None and self.chance(0.45):
            return idiom
        sided = VOCABULARY[topic.quantity].sided
        sided = [noun for noun in sided if noun.adjectives(sign.grade.state)]
        if sign.side and sided and self.chance(0.4):
            return self._sided_noun(sign, self.pick(sided))
        noun = self.pick(self.nouns(topic))
        location, side = self._place(sign)
        verb = "are" if noun.plural else "is"
        if sign.grade.state == NORMAL and self.chance(0.2):
            verb = "remain" if noun.plural else "remains"
        predicate = self.predicate(noun, sign)
        text = f"{self.subject(noun)} {verb} {predicate}{location}"
        return Clause(text, (said_of(sign, side),), _is_comparable(predicate), noun.plural)

    def normal(self, topic: Topic) -> Clause:
        """A clause that calls a topic "normal", without an idiom.

        Args:
            topic: A normal topic.
        """
        noun = self.pick([noun for noun in self.nouns(topic) if "normal" in noun.normal]
                         or self.nouns(topic))  # fmt: skip
        word = "normal" if "normal" in noun.normal else self.pick(noun.adjectives(topic.state))
        verb = "are" if noun.plural else "is"
        text = f"{self.subject(noun)} {verb} {word}"
        return Clause(text, (said_of(topic.sign, ""),), _is_comparable(word), noun.plural)

    def _place(self, sign: Sign) -> tuple[str, str]:
        """Words for the side of a sign, and the side that they name."""
        if sign.side == "both":
            return self.pick([("", ""), (" on both sides", "both"), (" on both sides", "both")])
        return (f" on the {sign.side}", sign.side) if sign.side else ("", "")

    def _idiom(self, sign: Sign) -> Clause | None:
        """A whole clause of the vocabulary for a sign, if there is one."""
        words = VOCABULARY[sign.quantity]
        state, degree = sign.grade.state, sign.grade.degree
        if degree == ABSENT:
            options = words.absent_clauses
        else:
            options = words.normal_clauses if state == NORMAL else words.clauses.get(state, ())
        if not options or (not degree and state != NORMAL):
            return None
        text = self.pick(options)
        if "{degree}" in text:
            text = text.replace("{degree}", self.pick(ADVERBS[degree]))
        if "{side}" not in text:
            comparable = degree in ADVERBS and "expected" not in text
            return Clause(text, (said_of(sign, ""),), comparable)
        if sign.side in ("left", "right"):
            return Clause(text.replace("{side}", sign.side), (said_of(sign),))
        return _of_both_arms(text, sign)

    def _sided_noun(self, sign: Sign, noun: Noun) -> Clause:
        """A clause whose subject names the side, such as "the swing of the left arm"."""
        text = self.subject(noun)
        if sign.side != "both":
            text = text.replace("{side}", sign.side)
            return Clause(f"{text} is {self.predicate(noun, sign)}", (said_of(sign),))
        if text == "the swing of the {side} arm":
            text = "the swing of both arms"
            return Clause(f"{text} is {self.predicate(noun, sign)}", (said_of(sign),))
        noun = VOCABULARY[sign.quantity].nouns[0]
        text = f"{self.subject(noun)} is {self.predicate(noun, sign)} on both sides"
        return Clause(text, (said_of(sign),))

    def _two_sides(self, topic: Topic) -> Clause:
        """A clause with the grades of both sides, the worse side first."""
        worse, better = topic.signs
        said = (said_of(worse), said_of(better))
        noun = self.pick(self.nouns(topic))
        verb = "are" if noun.plural else "is"
        both_low = better.grade.degree and better.grade.state == LOW
        adjective = self.pick(noun.adjectives(LOW)) if both_low else None
        first = self.predicate(noun, worse, adjective)
        second = self.predicate(noun, better, adjective)
        gap = worse.grade.degree - better.grade.degree
        joint = " and "
        if better.grade.state == NORMAL:
            joint = self.pick([" but ", " and ", ", but "])
        elif gap >= 2 or better.grade.degree == 1:
            joint = self.pick([" but only ", " and ", ", but only "])
        text = (
            f"{self.subject(noun)} {verb} {first} on the {worse.side}{joint}{second} "
            f"on the {better.side}"
        )
        plain = Clause(text, said)
        if topic.quantity != "arm_swing" or self.chance(0.5):
            return plain
        parts = [self._one_arm(worse), self._one_arm(better)]
        link = ", whereas " if better.grade.state == NORMAL else self.pick([", and ", ", while "])
        return Clause(link.join(part.text for part in parts), said)

    def _one_arm(self, sign: Sign) -> Clause:
        idiom = self._idiom(sign)
        if idiom is not None and self.chance(0.5):
            return idiom
        return self._sided_noun(sign, self.pick(VOCABULARY["arm_swing"].sided))

    def noun_phrase(self, topic: Topic) -> Clause | None:
        """Draw a noun phrase such as "a markedly reduced foot lift", if the topic has one.

        Args:
            topic: The topic; those with two sides and absent signs have no noun phrase.
        """
        sign = topic.sign
        if len(topic.signs) == 2 or sign.grade.degree == ABSENT or sign.ample:
            return None
        location, side = self._place(sign)
        said = (said_of(sign, side),)
        nouns = self.nouns(topic)
        if sign.grade.degree and self.chance(0.35):
            reduced = [noun for noun in nouns if noun.reduction]
            if reduced:
                noun = self.pick(reduced)
                change = "reduction of" if sign.grade.state == LOW else "increase of"
                degree = self.pick(DEGREE_ADJECTIVES[sign.grade.degree])
                return Clause(f"a {degree} {change} {self.subject(noun)}{location}", said, True)
        nouns = [noun for noun in nouns if noun.before]
        if not nouns:
            return None
        noun = self.pick(nouns)
        adjectives = self.predicate(noun, sign)
        if adjectives.startswith("of "):
            return Clause(f"{noun.text} {adjectives}{location}", said, True, noun.plural)
        article = "" if noun.plural else _article(adjectives)
        text = f"{article}{adjectives} {noun.text}{location}"
        return Clause(text, said, _is_comparable(adjectives), noun.plural)

    def shared(self, topics: Sequence[Topic]) -> Clause | None:
        """Draw one clause for topics of the same grade, such as "foot lift and heel strike are …".

        Args:
            topics: At least two topics.

        Returns:
            The clause, or None if the topics have different grades or no adjective in common.
        """
        if len({topic.sign.grade for topic in topics}) > 1:
            return None
        if any(len(topic.signs) > 1 or topic.sign.side in ("left", "right") for topic in topics):
            return None
        state = topics[0].state
        nouns = [self.pick(self.nouns(topic)) for topic in topics]
        common = set(nouns[0].adjectives(state)).intersection(
            *(noun.adjectives(state) for noun in nouns[1:])
        )
        if not common or any(noun.text.startswith("{side}") for noun in nouns):
            return None
        word = self.predicate(nouns[0], topics[0].sign, self.pick(sorted(common)))
        both = "both " if len(nouns) == 2 and self.chance(0.3) else ""
        text = f"{join([self.subject(noun) for noun in nouns])} are {both}{word}"
        said = tuple(said_of(topic.sign, "") for topic in topics)
        return Clause(text, said, _is_comparable(word), plural=True)

    def bare(self, topic: Topic) -> str:
        """Draw a name of a topic that claims nothing, such as "step length".

        Args:
            topic: The topic.
        """
        if topic.quantity == "arm_swing" and len(topic.signs) == 2:
            side = topic.sign.side
            return self.pick([f"the {side} arm", f"the swing of the {side} arm"])
        return self.pick(VOCABULARY[topic.quantity].bare)


def _is_comparable(predicate: str) -> bool:
    """Whether the name of a norm can follow a predicate."""
    return predicate in COMPARABLE or predicate.split()[-1] in COMPARABLE


def _article(text: str) -> str:
    return "an " if text[0] in "aeiou" else "a "


def _of_both_arms(text: str, sign: Sign) -> Clause | None:
    """A clause about one arm, changed to both arms."""
    if "on the {side}" in text:
        text = text.replace("on the {side}", "on both sides")
    elif text == "the {side} arm does not swing":
        text = "neither arm swings"
    else:
        text = text.replace("the {side} arm swings", "both arms swing")
    return Clause(text, (said_of(sign, "both"),)) if "{" not in text else None
