"""Rationale chosen by evidence: sentences that the measured gait contradicts are replaced.

The model draws several rationales in one batch. Its own text is kept sentence by sentence; a
sentence with a contradicted claim is replaced by a sentence of another drawn rationale about the
same quantities, or left out. Every sentence of the result was written by the model. Score and
probabilities do not change.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ..gait.claims import Claim
from ..gait.grounding import CONTRADICTED, NEAR, NOT_MEASURABLE, Grounding, grounding_score
from ..gait.norms import Norms
from ..gait.parameters import GaitMeasurement
from .messages import one_line
from .sentence_choice import SentenceChooser
from .text_sentences import (
    Sentence,
    SentenceChecker,
    join_sentences,
    names_without_claim,
    quantities_left_out,
)

if TYPE_CHECKING:
    from ..processing_agir import GaitAssessment

NOTHING_HELD = (
    "No reasons are shown: the measured gait contradicts every sentence with a claim that the "
    "model wrote."
)
NO_CLAIMS = "the text has no claim that can be compared with the measured gait"
UNAIDED = "the model's own text was requested"
# For each sentence of the model's own text, the sentences in its position.
_Slots = list[list[Sentence]]


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
    check_text = partial(_joined_and_checked, parameters=parameters, person=person)
    slots = SentenceChooser(checker, own, candidates).choose()
    slots = _without_names(slots, quantities_left_out(before, check_text(slots)[1]))
    slots, after = _without_refused(slots, check_text, checker, keep_near)
    return _as_rationale(unaided, before, list(zip(own, slots, strict=True)), after)


def _parameters(measured: GaitMeasurement | Mapping[str, object] | Exception) -> Mapping:
    if isinstance(measured, Exception):
        return {}
    return measured if isinstance(measured, Mapping) else measured.parameters


def _joined_and_checked(slots: _Slots, parameters: Mapping, person: tuple) -> tuple[str, Grounding]:
    """Join the sentences, and check the claims of the whole text."""
    text = join_sentences(sentence for slot in slots for sentence in slot)
    return text, grounding_score(text, parameters, *person)


def _without_names(slots: _Slots, quantities: Collection[str]) -> _Slots:
    """Leave out sentences that name a quantity without a claim of it.

    Args:
        slots: Chosen sentences.
        quantities: Quantities of which the chosen sentences claim nothing any more.
    """
    return [
        [row for row in slot if not names_without_claim(row.text, quantities)] for slot in slots
    ]


def _without_refused(
    slots: _Slots,
    check_text: Callable[[_Slots], tuple[str, Grounding]],
    checker: SentenceChecker,
    keep_near: bool,
) -> tuple[_Slots, Grounding]:
    """Leave out sentences whose claims are refused in the whole text.

    A sentence that is true by itself can be understood otherwise next to other sentences.

    Args:
        slots: Chosen sentences.
        check_text: Function that joins sentences and checks the claims of the text.
        checker: Check against the measured walk.
        keep_near: Whether near claims are accepted.

    Returns:
        The remaining sentences, and the claims of their text.
    """
    refused = {CONTRADICTED} if keep_near else {CONTRADICTED, NEAR}
    text, grounding = check_text(slots)
    while row := next(
        (r for r in grounding.checked if r.verdict in refused or checker.is_unrecorded([r])), None
    ):
        slots = _without_claim(slots, text, row.claim)
        text, grounding = check_text(slots)
    return slots, grounding


def _without_claim(slots: _Slots, text: str, claim: Claim) -> _Slots:
    """Leave out the sentence in which a claim of the text ends."""
    kept: _Slots = []
    position = 0
    for slot in slots:
        kept.append([])
        for sentence in slot:
            start = text.index(sentence.text, position)
            position = start + len(sentence.text)
            if not start < claim.end <= position:
                kept[-1].append(sentence)
    return kept


def _as_rationale(
    unaided: str, before: Grounding, pairs: list[tuple[Sentence, list[Sentence]]], after: Grounding
) -> CheckedRationale:
    """The rationale of the chosen sentences; a notice in its place if none of them has a claim.

    Args:
        unaided: The model's own text.
        before: Claims of the model's own text.
        pairs: Each sentence of the model's own text, with the sentences in its position.
        after: Claims of the chosen sentences.
    """
    text = join_sentences(row for _, slot in pairs for row in slot)
    if not after.checked:
        pairs, text = [(sentence, []) for sentence, _ in pairs], NOTHING_HELD
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
