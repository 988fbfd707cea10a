"""Sentences of a text: frames that join clauses, and the check of what a sentence means.

A sentence is kept only if the claims that `gait.claims` finds in it are those that were intended,
if no earlier sentence of the text begins with the same words, and, in a truthful text, if the
measured gait supports all of them. Otherwise other words are drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from ...gait.claims import extract_claims
from ...gait.grounding import SUPPORTED, check_claims
from .clauses import Clause, Said, Wording, join
from .selection import select
from .signs import Topic

# A text begins at most one sentence with each of these words.
_CONNECTIVES = ("although", "while", "despite", "because", "since", "that", "alongside",
                "together", "beyond", "taken", "there", "what", "no", "nothing")  # fmt: skip
_DRAWS = 20  # attempts to find words for a sentence
_LONG = 55  # words from which shorter sentences are preferred
_DRAWS_IN_LONG = 4
_AGAIN = 0.1  # how much less often a norm is named, and a meaning is said, a second time
_SHOWS = {"foot": "the feet show", "arm": "the arms show", "overall": "the walk shows"}
# What a sign means; each phrase follows a clause about the sign.
_INFERENCES = {
    "step_length": ("which suggests that every stride is scaled down",
                    "which is consistent with hypokinesia of the legs"),
    "foot_lift": ("which suggests a risk of tripping", "so that the toes come near the floor",
                  "which is consistent with a tendency to shuffle"),
    "heel_strike": ("which suggests that the foot is put down rather than swung through",
                    "so that the sole meets the floor nearly level"),
    "step_length_variability": ("which suggests that the feet are placed with little certainty",
                                "which suggests unsure placement of the feet"),
    "step_asymmetry": ("which suggests that one leg does more than the other",
                       "which is consistent with a disorder that favours one side"),
    "posture": ("which is consistent with parkinsonism", "which adds to the parkinsonian picture"),
    "double_support": ("which suggests caution", "which is consistent with a cautious gait",
                       "as in a person who does not trust the single leg"),
    "rhythm": ("which suggests that the steps are no longer automatic",
               "which is consistent with a loss of automatic stepping"),
    "turning": ("which suggests that the body is turned in one piece",
                "which is consistent with difficulty in changing direction"),
    "sway": ("which suggests that balance is regained at every step",),
}  # fmt: skip
_WIDE = ("which suggests a search for balance", "which is consistent with a search for balance")
_ONE_ARM = ("which suggests that the {side} side is the worse one",
            "which is consistent with parkinsonism that is worse on the {side}",
            "a one-sidedness that is consistent with parkinsonism")  # fmt: skip
_BOTH_ARMS = ("which is consistent with parkinsonism", "so that the arms no longer follow the legs",
              "which suggests that both sides are involved")  # fmt: skip


def _opening(text: str) -> str:
    """The words that two sentences of a text should not both begin with."""
    first, second = text.lower().split()[:2]
    return first if first.endswith(",") or first in _CONNECTIVES else f"{first} {second}"


class Composer:
    """Text under construction.

    Args:
        wording: Words and random generator.
        topics: Quantity → topic of everything that can be said.
        score: Score that the text argues for. What a sign suggests is not said for score 0.
        truthful: Whether the measured gait has to support every sentence.
        avoid: Sentences of other texts that are not to be repeated.
        unspoken: Quantity → topic of what was measured and may not be spoken of.

    Attributes:
        selected: Quantities that the text speaks of.
        mentioned: Quantities that a sentence has spoken of.
    """

    def __init__(
        self,
        wording: Wording,
        topics: Mapping[str, Topic],
        score: int,
        truthful: bool = True,
        avoid: Collection[str] = (),
        unspoken: Mapping[str, Topic] | None = None,
    ):
        self.wording, self.topics, self.score = wording, topics, score
        self.truthful, self.avoid = truthful, avoid
        self.unspoken = unspoken or {}
        self.selected = select(topics, score, wording.rng)
        self.sentences: list[str] = []
        self.mentioned: set[str] = set()
        self._openings: set[str] = set()
        self._norms: dict[str, bool] = {}  # drawn phrase → whether a sentence has it
        self._inferences: dict[str, bool] = {}
        self._words = 0

    def take(self) -> str:
        """Return the sentences since the last call as one text."""
        text = " ".join(self.sentences)
        self.sentences = []
        return text

    def say(self, *frames: Callable[[], Clause | None]) -> bool:
        """Add a sentence.

        Args:
            frames: Functions that draw a clause or return None; one of them is used.

        Returns:
            Whether one of the drawn sentences passed the check.
        """
        for draw in range(_DRAWS):
            clause = self._drawn(frames)
            if clause is None:
                continue
            text = f"{clause.text[0].upper()}{clause.text[1:]}."
            opening = _opening(text)
            repeated = opening in self._openings or text in self.avoid
            if repeated and draw < _DRAWS - 4:
                continue
            if self._is_understood(text, clause.said):
                self._add(text, clause.said)
                return True
        return False

    def _add(self, text: str, said: Sequence[Said]) -> None:
        self.sentences.append(text)
        self._words += len(text.split())
        self._openings.add(_opening(text))
        self.mentioned |= {assertion.quantity for assertion in said}
        for phrases in (self._norms, self._inferences):
            phrases.update({phrase: True for phrase in phrases if phrase in text})

    def _drawn(self, frames: Sequence[Callable[[], Clause | None]]) -> Clause | None:
        """Draw a clause, in a long text the shortest of several."""
        draws = 1 if self._words < _LONG else _DRAWS_IN_LONG
        clauses = [self.wording.pick(frames)() for _ in range(draws)]
        drawn = [clause for clause in clauses if clause is not None]
        return min(drawn, key=lambda clause: len(clause.text.split()), default=None)

    def _is_understood(self, text: str, said: Sequence[Said]) -> bool:
        claims = extract_claims(text)
        if {(c.quantity, c.side, c.state, c.grade) for c in claims} != {tuple(s) for s in said}:
            return False
        if not self.truthful:
            return True
        walk = self.wording.walk
        rows = check_claims(claims, walk.parameters, walk.age, walk.sex, walk.norms)
        return all(row.verdict == SUPPORTED for row in rows)

    def unsaid(self, topics: Iterable[Topic]) -> list[Topic]:
        """The topics that no sentence has mentioned.

        Args:
            topics: Any topics.
        """
        return [topic for topic in topics if topic.quantity not in self.mentioned]

    # Frames. Each returns a clause without capital letter and full stop, or None.

    def plain(self, topic: Topic, norm: float = 0.0, inference: float = 0.0) -> Clause:
        """A clause about a topic.

        Args:
            topic: The topic.
            norm: Probability of naming the norm.
            inference: Probability of saying what the sign means.
        """
        clause = self.wording.clause(topic)
        text = clause.text
        if clause.comparable:
            text += self.norm(topic, norm)
        if topic.degree and self.wording.chance(inference):
            text += self.inference(topic)
        return Clause(text, clause.said, plural=clause.plural)

    def norm(self, topic: Topic, probability: float) -> str:
        """A phrase that names the norm of a topic, or an empty text.

        Args:
            topic: The topic.
            probability: Probability of naming it; unless it is 0, it is higher as long as the text
                names no norm, and lower after that.
        """
        if any(self._norms.values()):
            probability *= _AGAIN
        elif probability:
            probability = max(probability, 0.75)
        if not self.wording.chance(probability):
            return ""
        phrase = self.wording.norm(topic)
        self._norms.setdefault(phrase, False)
        return f" {phrase}"

    def inference(self, topic: Topic) -> str:
        """A phrase about what a sign means, or an empty text.

        Args:
            topic: A topic that is not normal.
        """
        again = any(self._inferences.values())
        if not self.score or (again and not self.wording.chance(_AGAIN)):
            return ""
        options = _INFERENCES.get(topic.quantity, ())
        if topic.quantity == "step_width" and topic.state == "high":
            options = _WIDE
        if topic.quantity == "step_length" and not topic.signs[-1].grade.degree:
            options = ()  # the other side is normal: these phrases are about both legs
        if topic.quantity == "arm_swing":
            options = _BOTH_ARMS if len(topic.signs) == 1 else _ONE_ARM
            if topic.signs[-1].grade.degree:  # both arms are impaired
                options = [text for text in options if "one-sided" not in text]
        options = [text.replace("{side}", topic.sign.side) for text in options]
        options = [text for text in options if not self._inferences.get(text)]
        if not options:
            return ""
        phrase = self.wording.pick(options)
        self._inferences.setdefault(phrase, False)
        return f", {phrase}"

    def prominent(self, topic: Topic, part: str) -> Clause | None:
        """A sentence that puts the leading sign of a part first.

        Args:
            topic: The topic.
            part: "foot", "arm" or "overall".
        """
        phrase = self.wording.noun_phrase(topic)
        if phrase is None:
            return None
        norm = self.norm(topic, 0.5) if phrase.comparable else ""
        verb = "are" if phrase.plural else "is"
        texts = [f"what is conspicuous {verb} {phrase.text}{norm}",
                 f"{phrase.text}{norm} {verb} conspicuous",
                 f"{_SHOWS[part]} above all {phrase.text}{norm}"]  # fmt: skip
        if topic.degree > 1:
            texts += [f"most striking {verb} {phrase.text}{norm}",
                      f"the leading sign {verb} {phrase.text}{norm}"]  # fmt: skip
        else:
            texts += [f"there {verb} {phrase.text}{norm}", f"{_SHOWS[part]} {phrase.text}{norm}"]
        text = self.wording.pick(texts)
        if self.wording.chance(0.35):
            text += self.inference(topic)
        return Clause(text, phrase.said)

    def together(self, topics: Sequence[Topic], inference: float = 0.0) -> Clause | None:
        """One clause for topics of the same grade.

        Args:
            topics: At least two topics.
            inference: Probability of saying what the first sign means.
        """
        clause = self.wording.shared(topics)
        if clause is None:
            return None
        text = clause.text
        same = self.wording.have_same_norm(topics)
        if clause.comparable and same:
            text += self.norm(topics[-1], 0.4)
        if topics[0].degree and self.wording.chance(inference):
            text += self.inference(topics[-1])
        return Clause(text, clause.said, plural=True)

    def pair(self, first: Topic, second: Topic) -> Clause | None:
        """Two impaired topics of different grades.

        Args:
            first: The topic that weighs more.
            second: The other topic.
        """
        main, other = self.plain(first, norm=0.25), self.wording.clause(second)
        phrase = self.wording.noun_phrase(first)
        links = [", and ", "; ", ", while "]
        if second.degree < first.degree and len(second.signs) == 1:
            links += [", whereas "]
        texts = [main.text + self.wording.pick(links) + other.text]
        if phrase is not None:
            opening = self.wording.pick(["in addition to", "alongside", "together with", "beyond"])
            texts.append(f"{opening} {phrase.text}, {other.text}")
        index = int(self.wording.rng.integers(len(texts)))
        said = (phrase.said if index else main.said) + other.said
        return Clause(texts[index], said)

    def contrast(self, impaired: Topic, normal: Topic) -> Clause | None:
        """An impaired topic and the exception to it.

        Args:
            impaired: A topic that is not normal.
            normal: A topic that is normal or milder.
        """
        main, other = self.plain(impaired, norm=0.2), self.wording.clause(normal)
        texts = [
            f"{main.text}, although {other.text}", f"although {other.text}, {main.text}",
            f"{main.text}, but {other.text}", f"while {other.text}, {main.text}",
            f"{main.text}; by contrast, {other.text}",
        ]  # fmt: skip
        said = (*main.said, *other.said)
        phrase = self.wording.noun_phrase(normal)
        if phrase is not None and self.wording.chance(0.3):
            return Clause(f"despite {phrase.text}, {main.text}", (*main.said, *phrase.said))
        return Clause(self.wording.pick(texts), said)

    def exception(self, normals: Sequence[Topic]) -> Clause | None:
        """A sentence about topics that are normal although others are not.

        Args:
            normals: One or two normal topics.
        """
        if len(normals) > 1:
            clauses = [self.wording.clause(topic) for topic in normals]
            text = " and ".join(clause.text for clause in clauses)
            clause = Clause(text, tuple(said for clause in clauses for said in clause.said))
        else:
            clause = self.wording.clause(normals[0])
        opening = self.wording.pick(["by contrast, ", "on the other hand, ", "even so, ", ""])
        return Clause(f"{opening}{clause.text}", clause.said)

    def addition(self, topics: Sequence[Topic]) -> Clause | None:
        """A sentence about further impaired topics.

        Args:
            topics: One or two topics.
        """
        if len(topics) > 1:
            clause = self.together(topics) or self.pair(*topics)
            if _opening(clause.text) in _CONNECTIVES:
                return clause
        else:
            clause = self.plain(topics[0], norm=0.25, inference=0.5)
            phrase = self.wording.noun_phrase(topics[0])
            if phrase is not None and self.wording.chance(0.4):
                verb = "are" if phrase.plural else "is"
                text = self.wording.pick([
                    f"there {verb} also {phrase.text}", f"{phrase.text} {verb} found as well",
                    f"to this {phrase.text} {verb} added",
                ])  # fmt: skip
                return Clause(f"{text}{self.inference(topics[0])}", phrase.said)
        opening = self.wording.pick(["further, ", "also, ", "moreover, ", "", "", ""])
        return Clause(f"{opening}{clause.text}", clause.said)

    def names(self, topics: Sequence[Topic]) -> tuple[str, bool]:
        """Names of topics joined by "and", and whether they take a plural verb.

        Args:
            topics: At least one topic.
        """
        names = [self.wording.bare(topic) for topic in topics]
        return join(names), len(names) > 1
