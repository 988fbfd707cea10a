"""Rationale chosen by evidence: sentences that the measured gait contradicts are replaced.

The model draws several rationales in one batch. Its own text is kept sentence by sentence; a
sentence with a contradicted claim is replaced by a sentence of another drawn rationale about the
same quantities, or left out. Every sentence of the result was written by the model. Score and
probabilities do not change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..gait.claims import Claim
from ..gait.grounding import CONTRADICTED, NEAR, NOT_MEASURABLE, Grounding, grounding_score
from ..gait.norms import Norms
from ..gait.parameters import GaitMeasurement
from .messages import one_line
from .text_sentences import (
    SCORE,
    Sentence,
    SentenceChecker,
    Topic,
    join_sentences,
    names_without_claim,
    quantities_left_out,
    split_text,
)

if TYPE_CHECKING:
    from ..processing_agir import GaitAssessment

NOTHING_HELD = (
    "No reasons are shown: the measured gait contradicts every sentence with a claim that the "
    "model wrote."
)
NO_CLAIMS = "the text has no claim that can be compared with the measured gait"
UNAIDED = "the model's own text was requested"
# Words that refer to a sentence before; a sentence with them should not begin a part.
_REFERS_BACK = ("further", "also", "moreover", "by contrast", "on the other hand", "even so",
                "in addition,", "to this")  # fmt: skip


@dataclass(frozen=True)
class Replacement:
    """A sentence of the model's own text that is not in the result.

    Attributes:
        unaided: The sentence of the model's own text.
        by: Sentences of other drawn rationales that are in its position; empty if it was left out.
    """

    unaided: str
    by: tuple[str, ...]


@dataclass(frozen=True)
class CheckedRationale:
    """A rationale that was chosen by evidence, with the model's own text.

    Attributes:
        text: The rationale to show.
        unaided: The model's own text.
        selected: Whether the rationale was chosen by evidence; with False it is the model's own.
        grounding: Claims of the rationale with their verdicts.
        grounding_unaided: Claims of the model's own text with their verdicts.
        kept: Sentences of the model's own text that are in the rationale.
        replaced: The other sentences of the model's own text, with what was put in their position.
        left_out: Quantities of the model's own text of which the rationale does not speak.
        not_selected: Why the rationale was not chosen by evidence; empty if it was.
    """

    text: str
    unaided: str
    selected: bool
    grounding: Grounding
    grounding_unaided: Grounding
    kept: tuple[str, ...] = ()
    replaced: tuple[Replacement, ...] = ()
    left_out: tuple[str, ...] = ()
    not_selected: str = ""

    @property
    def kept_share(self) -> float | None:
        """Number of claims divided by that of the model's own text; None if that has no claim."""
        number = len(self.grounding_unaided.checked)
        return len(self.grounding.checked) / number if number else None

    def as_json(self) -> dict:
        """Return both texts, and how the rationale was chosen, as values for JSON."""
        return {
            "reasoning": self.text,
            "reasoning_unaided": self.unaided,
            "reasoning_selected_by_evidence": self.selected,
            "not_selected_because": self.not_selected or None,
            "replaced": [{"unaided": row.unaided, "by": list(row.by)} for row in self.replaced],
            "left_out": list(self.left_out),
        }


def unaided_rationale(
    text: str,
    measured: GaitMeasurement | Mapping[str, object] | Exception,
    age: float | None = None,
    sex: str | None = None,
    norms: Norms | None = None,
    because: str = UNAIDED,
) -> CheckedRationale:
    """Return the model's own text as the rationale.

    Args:
        text: The model's own text.
        measured: Measured gait, its parameters, or the error that says why it was not measured.
        age: Age of the subject in years, or None for 70 years.
        sex: "male", "female", or None for the mean of both.
        norms: Norms of a laboratory, or None for the published norms.
        because: Why the rationale was not chosen by evidence.
    """
    grounding = grounding_score(text, _parameters(measured), age, sex, norms)
    return CheckedRationale(text, text, False, grounding, grounding, not_selected=because)


def rationale_of(
    assessment: GaitAssessment,
    measured: GaitMeasurement | Exception,
    person: tuple[float | None, str | None, Norms | None],
    unaided: bool,
) -> CheckedRationale:
    """Return the rationale of an assessment: chosen by evidence, or the model's own text.

    Args:
        assessment: Assessment of a walk.
        measured: Measured gait, or the error that says why it was not measured.
        person: Age in years, sex and norms, each of them or None.
        unaided: Whether the model's own text is wanted.
    """
    if unaided:
        return unaided_rationale(assessment.reasoning, measured, *person)
    return choose_sentences(
        assessment.reasoning, assessment.candidates, measured, *person, score=assessment.score
    )


def choose_sentences(
    unaided: str,
    candidates: Sequence[str],
    measured: GaitMeasurement | Mapping[str, object] | Exception,
    age: float | None = None,
    sex: str | None = None,
    norms: Norms | None = None,
    score: int | None = None,
    keep_near: bool = False,
) -> CheckedRationale:
    """Choose the sentences of a rationale by evidence.

    A sentence of the model's own text is kept if the measured gait contradicts none of its claims
    and if it does not state another score. Otherwise it is replaced by sentences of other drawn
    rationales that speak of the same quantities, are in the same part of the text, are not
    contradicted and repeat nothing. Of several, the one with most supported claims is used, then
    the one that was drawn most often. Without one, the quantity is left out, and so is what the
    text says of a part of the body that is not recorded (`GaitMeasurement.unrecorded`). A sentence
    with a near claim is treated in the same way, or, with `keep_near`, kept if no supported
    sentence speaks of the same quantities.

    Args:
        unaided (`str`):
            The model's own text.
        candidates (`Sequence[str]`):
            Texts of all rationales that the model sampled for this walk. Without any, sentences are
            only left out.
        measured ([`~agir_hf.gait.GaitMeasurement`], `Mapping` or `Exception`):
            Measured gait, its parameters as name → value, or the error that says why the gait was
            not measured. With an error the result is the model's own text.
        age (`float`, *optional*):
            Age of the subject in years, for the norms. Default: norms for 70 years.
        sex (`str`, *optional*):
            "male" or "female", for the norms. Default: the mean of both.
        norms (`Norms`, *optional*):
            Norms of a laboratory. Default: the published norms.
        score (`int`, *optional*):
            Score of the walk, 0 to 2. Sentences that state another score are not used. By default
            such statements are not checked.
        keep_near (`bool`, defaults to `False`):
            Whether sentences with near claims can be in the result if no supported sentence speaks
            of the same quantity.

    Returns:
        [`CheckedRationale`]: The rationale, the model's own text, and what was replaced.

    Raises:
        ValueError: The sex is neither of the two, or the age is not within 0 to 120 years.

    Example:
        ```python
        >>> from agir_hf.assessment.checked_text import choose_sentences
        >>> drawn = ["Speed is normal. Cadence is normal.", "Speed is moderately reduced."]
        >>> measured = {"speed_m_per_s": 0.71, "cadence_steps_per_min": 110.0}
        >>> result = choose_sentences(drawn[0], drawn, measured)
        >>> result.text
        'Speed is moderately reduced. Cadence is normal.'
        >>> result.replaced[0].unaided, result.left_out
        ('Speed is normal.', ())

        ```
    """
    person = (age, sex, norms)
    if isinstance(measured, Exception):
        because = f"the gait was not measured: {one_line(measured)}"
        return unaided_rationale(unaided, measured, *person, because=because)
    parameters = _parameters(measured)
    before = grounding_score(unaided, parameters, *person)
    unrecorded = getattr(measured, "unrecorded", ())
    if not unrecorded and all(row.verdict == NOT_MEASURABLE for row in before.checked):
        return unaided_rationale(unaided, measured, *person, because=NO_CLAIMS)
    checker = SentenceChecker(parameters, *person, score, keep_near, unrecorded)
    own = checker.sentences(unaided)
    slots = _Chooser(checker, own, candidates).choose()
    text, after = _shown(slots, parameters, person)
    left_out = quantities_left_out(before, after)  # a sentence without a claim may still name it
    slots = [[row for row in slot if not names_without_claim(row.text, left_out)] for slot in slots]
    text, after = _shown(slots, parameters, person)
    refused = {CONTRADICTED} if keep_near else {CONTRADICTED, NEAR}
    while row := next(
        (r for r in after.checked if r.verdict in refused or checker.is_unrecorded([r])), None
    ):
        slots = _without(slots, text, row.claim)  # understood otherwise next to other sentences
        text, after = _shown(slots, parameters, person)
    if not after.checked:
        slots, text = [[] for _ in own], NOTHING_HELD
    pairs = list(zip(own, slots, strict=True))
    return CheckedRationale(
        text=text,
        unaided=unaided,
        selected=True,
        grounding=after,
        grounding_unaided=before,
        kept=tuple(sentence.text for sentence, slot in pairs if slot == [sentence]),
        replaced=tuple(
            Replacement(sentence.text, tuple(row.text for row in slot))
            for sentence, slot in pairs
            if slot != [sentence]
        ),
        left_out=quantities_left_out(before, after),
    )


def _parameters(measured: GaitMeasurement | Mapping[str, object] | Exception) -> Mapping:
    if isinstance(measured, Exception):
        return {}
    return measured if isinstance(measured, Mapping) else measured.parameters


def _shown(
    slots: Sequence[Sequence[Sentence]], parameters: Mapping, person: tuple
) -> tuple[str, Grounding]:
    """Join the sentences, and check the claims of the whole text."""
    text = join_sentences(sentence for slot in slots for sentence in slot)
    return text, grounding_score(text, parameters, *person)


def _without(slots: Sequence[Sequence[Sentence]], text: str, claim: Claim) -> list[list[Sentence]]:
    """Leave out the sentence in which a claim of the text ends."""
    kept: list[list[Sentence]] = []
    position = 0
    for slot in slots:
        kept.append([])
        for sentence in slot:
            start = text.index(sentence.text, position)
            position = start + len(sentence.text)
            if not start < claim.end <= position:
                kept[-1].append(sentence)
    return kept


class _Chooser:
    """Choice of sentences for one text.

    Args:
        checker: Check against the measured walk.
        own: Sentences of the model's own text.
        candidates: Texts of all drawn rationales.
    """

    def __init__(self, checker: SentenceChecker, own: list[Sentence], candidates: Iterable[str]):
        self._checker, self._own = checker, own
        drawn = Counter(
            (sentence.part, sentence.text)
            for text in candidates
            for sentence in set(split_text(text))
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
