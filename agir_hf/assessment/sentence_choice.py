"""Choice of sentences among drawn rationales: kept sentences, and replacements for the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ..gait.claims import Claim
from .text_sentences import SCORE, Sentence, SentenceChecker, Topic, split_text

# Words that refer to a sentence before; a sentence with them should not begin a part.
_REFERS_BACK = ("further", "also", "moreover", "by contrast", "on the other hand", "even so",
                "in addition,", "to this")  # fmt: skip


class SentenceChooser:
    """Choice of sentences for one text.

    Args:
        checker: Check against the measured walk.
        own: Sentences of the model's own text.
        candidates: Texts of all drawn rationales.
    """

    def __init__(self, checker: SentenceChecker, own: list[Sentence], candidates: Iterable[str]):
        self._checker, self._own = checker, own
        drawn = Counter(  # in the order of the texts, so that equal choices do not depend on hashes
            (sentence.part, sentence.text)
            for text in candidates
            for sentence in dict.fromkeys(split_text(text))
        )
        self._drawn = drawn  # (part, text) → number of rationales that have this sentence
        self._options: dict[str, list[Sentence]] = {}  # part → true sentences
        self._slots: list[list[Sentence]] = [[] for _ in own]

    def choose(self) -> list[list[Sentence]]:
        """Return for each sentence of the own text the sentences at its position."""
        own, slots = self._own, self._slots
        # Fully supported sentences first: where two disagree, they are kept.
        for index in sorted(range(len(own)), key=lambda i: not own[i].is_supported):
            if self._checker.is_true(own[index], own) and not self._conflicts(own[index]):
                slots[index] = [own[index]]
        rejected = [index for index, slot in enumerate(slots) if not slot]
        for index in sorted(rejected, key=lambda i: SCORE in own[i].topics):
            slots[index] = self._replacements(own[index])
        for index, slot in enumerate(slots):
            if slot == [own[index]] and own[index].is_near:
                slots[index] = []
                better = self._replacements(own[index], is_near=False)
                if self._unspoken(own[index].topics, better):
                    better = slot
                slots[index] = better
        return slots

    def _true_sentences(self, part: str) -> list[Sentence]:
        """Sentences of the drawn rationales in a part that neither gait nor score contradicts."""
        if part not in self._options:
            sentences = [self._checker.sentence(*key) for key in self._drawn if key[0] == part]
            self._options[part] = [
                row for row in sentences if self._checker.is_true(row, self._own)
            ]
        return self._options[part]

    def _replacements(self, rejected: Sentence, is_near: bool = True) -> list[Sentence]:
        """Sentences of drawn rationales about what a rejected sentence speaks of.

        Args:
            rejected: Sentence of the own text; its slot is empty.
            is_near: Whether they may have near claims.
        """
        chosen: list[Sentence] = []
        while wanted := self._unspoken(rejected.topics, chosen):
            options = [
                sentence
                for sentence in self._true_sentences(rejected.part)
                if (is_near or not sentence.is_near) and self._adds(sentence, wanted, chosen)
            ]
            if not options:
                break
            chosen.append(max(options, key=lambda sentence: self._preference(sentence, wanted)))
        return sorted(chosen, key=lambda sentence: SCORE in sentence.topics)

    def _spoken(self, chosen: Iterable[Sentence] = ()) -> list[Sentence]:
        """Sentences of the result so far, and others."""
        return [*(sentence for slot in self._slots for sentence in slot), *chosen]

    def _unspoken(self, topics: Iterable[Topic], chosen: Iterable[Sentence]) -> set[Topic]:
        spoken = {topic for sentence in self._spoken(chosen) for topic in sentence.topics}
        return {
            topic
            for topic in topics
            if not any(topic[0] == other[0] and _sides_meet(topic, other) for other in spoken)
        }

    def _adds(self, sentence: Sentence, wanted: set[Topic], chosen: list[Sentence]) -> bool:
        """Whether a true sentence speaks of a wanted quantity and repeats nothing."""
        topics = sentence.topics
        if not {topic[0] for topic in topics} & {topic[0] for topic in wanted}:
            return False
        if SCORE in topics and SCORE not in wanted:
            return False
        spoken = {topic for other in self._spoken(chosen) for topic in other.topics}
        return not any(_is_repeated(topic, other) for topic in topics for other in spoken)

    def _preference(self, sentence: Sentence, wanted: set[Topic]) -> tuple:
        """Most supported claims, most wanted topics, no reference back, drawn most often."""
        refers_back = sentence.text.lower().startswith(_REFERS_BACK)
        matches = len(sentence.topics & wanted)
        drawn = self._drawn[sentence.part, sentence.text]
        return sentence.supported, not sentence.is_near, matches, not refers_back, drawn

    def _conflicts(self, sentence: Sentence) -> bool:
        """Whether a sentence says another thing of a quantity than the sentences so far."""
        return any(
            _disagree(row.claim, other.claim)
            for row in sentence.checked
            for spoken in self._spoken()
            for other in spoken.checked
        )


def _sides_meet(first: Topic, second: Topic) -> bool:
    """Whether two topics of a quantity are about the same side or one is about the whole walk."""
    return first[1] == second[1] or not {first[1], second[1]}.isdisjoint({"", "both"})


def _is_repeated(first: Topic, second: Topic) -> bool:
    """Whether two topics are about the same quantity and side."""
    (quantity, side), (other_quantity, other_side) = first, second
    if quantity != other_quantity:
        return False
    return side == other_side or ("both" in (side, other_side) and side != "" != other_side)


def _disagree(first: Claim, second: Claim) -> bool:
    """Whether two claims about the same quantity and side have different states or degrees."""
    if not _is_repeated((first.quantity, first.side), (second.quantity, second.side)):
        return False
    if first.state and second.state and first.state != second.state:
        return True
    return bool(first.grade and second.grade and first.grade != second.grade)
