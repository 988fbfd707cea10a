"""How far an assessment can be trusted, in a few values that are shown first.

A score is withheld where too little of the walk was measured: the output then has no score and no
probabilities, and says why. A score that is uncertain is shown, with the reasons.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..processing_agir import GaitAssessment
    from .measurement import CheckedText
    from .uncertainty import Uncertainty

WITHIN, OUTSIDE, NOT_ASSESSED = "within", "outside", "not assessed"
# Names of the reasons of `uncertainty` because of which no score is shown.
WITHHOLDING = frozenset({"not_measured", "no_steps", "too_few_strides"})
_UNLIKE_TRAINING = frozenset({"not_reconstructed", "unusual_features"})
SIMULATED_TRAINING = "trained on simulated walks only: do not rely on its scores of people"
_KNOWLEDGE_TEXTS = {
    WITHIN: "within what the model knows: the motion resembles its training walks, which does not "
    "show that the score is right",
    OUTSIDE: "outside what the model knows: the motion is unlike its training walks",
    NOT_ASSESSED: "whether the motion is like the training walks is not assessed for this model",
}


@dataclass(frozen=True)
class Trust:
    """Score, certainty, evidence and knowledge of an assessment, from [`trust_of`].

    Attributes:
        score (`int` or `None`):
            The score; None if it is withheld.
        withheld (`str` or `None`):
            Why the score is withheld; None if it is shown.
        certain (`bool`):
            Whether the score is shown and no reason speaks against it.
        reasons (`tuple[str, ...]`):
            Why the score is uncertain or withheld, one phrase each.
        claims_supported (`int`):
            Number of claims of the reasoning that the measured gait supports.
        claims_made (`int`):
            Number of claims of the reasoning.
        own_supported (`int`):
            Number of claims of the model's own text that the measured gait supports.
        own_made (`int`):
            Number of claims of the model's own text, before sentences were chosen by evidence.
        knowledge (`str`):
            `"within"` or `"outside"` what the model knows, or `"not assessed"`.
        on_people (`str`):
            Why the score of a person is not reliable; empty for a simulated walk and for a model
            that was not trained on simulated walks alone.

    Example:
        ```python
        >>> from agir_hf.assessment import Trust
        >>> trust = Trust(1, None, True, (), 8, 9, 5, 9, "within", "")
        >>> trust.claims_text
        '8 of 9 claims are supported by the measured gait (of the own text of the model 5 of 9)'

        ```
    """

    score: int | None
    withheld: str | None
    certain: bool
    reasons: tuple[str, ...]
    claims_supported: int
    claims_made: int
    own_supported: int
    own_made: int
    knowledge: str
    on_people: str

    @property
    def text(self) -> str:
        """All of it on one line."""
        if self.withheld:
            first = f"score withheld: {self.withheld}"
        else:
            reasons = f": {'; '.join(self.reasons)}" if self.reasons else ""
            first = f"score {self.score}, {'certain' if self.certain else 'uncertain'}{reasons}"
        parts = (first, self.claims_text, self.knowledge_text, self.on_people)
        return " ".join(f"{part[0].upper()}{part[1:]}." for part in parts if part)

    @property
    def claims_text(self) -> str:
        """How many claims of the reasoning are supported, as a phrase."""
        if not self.claims_made:
            return "The reasoning makes no claim that can be measured"
        claims = "claim is" if self.claims_made == 1 else "claims are"
        numbers = f"{self.claims_supported} of {self.claims_made}"
        return f"{numbers} {claims} supported by the measured gait{self.own_text}"

    @property
    def own_text(self) -> str:
        """The same of the model's own text, in brackets; empty if the reasoning is that text."""
        own = (self.own_supported, self.own_made)
        if own == (self.claims_supported, self.claims_made):
            return ""
        return f" (of the own text of the model {own[0]} of {own[1]})"

    @property
    def knowledge_text(self) -> str:
        """What `knowledge` means, as a phrase."""
        return _KNOWLEDGE_TEXTS[self.knowledge]

    def as_json(self) -> dict:
        """Return all fields, the phrase of the knowledge and the line as values for JSON."""
        values = asdict(self) | {"reasons": list(self.reasons)}
        texts = {"claims_text": self.claims_text, "knowledge_text": self.knowledge_text}
        return values | texts | {"text": self.text}


def trust_of(
    assessment: GaitAssessment,
    uncertainty: Uncertainty,
    evidence: CheckedText,
    evidence_unaided: CheckedText,
    config,
    simulated: bool = False,
) -> Trust:
    """Return how far an assessment can be trusted.

    Args:
        assessment: Score and probabilities of the walk.
        uncertainty: The reasons why the score is uncertain.
        evidence: The claims of the reasoning that is shown, checked against the measured gait.
        evidence_unaided: The claims of the model's own text.
        config: `AgirConfig` of the model; without limits in `uncertainty` the knowledge is not
            assessed.
        simulated: Whether the recording is of a simulated walk.

    Returns:
        The trust.
    """
    from ..gait.grounding import SUPPORTED

    names = {reason.name for reason in uncertainty.reasons}
    withheld = [reason.text for reason in uncertainty.reasons if reason.name in WITHHOLDING]
    known_limits = {"velocity_error_m_per_s", "feature_distance"} & set(config.uncertainty or {})
    knowledge = WITHIN if known_limits else NOT_ASSESSED
    checked, own = evidence.grounding.checked, evidence_unaided.grounding.checked
    only_simulated = "simulated walks only" in (config.training_data or "")
    return Trust(
        score=None if withheld else assessment.score,
        withheld=f"too little was measured ({'; '.join(withheld)})" if withheld else None,
        certain=not uncertainty.uncertain,
        reasons=tuple(reason.text for reason in uncertainty.reasons),
        claims_supported=sum(row.verdict == SUPPORTED for row in checked),
        claims_made=len(checked),
        own_supported=sum(row.verdict == SUPPORTED for row in own),
        own_made=len(own),
        knowledge=OUTSIDE if names & _UNLIKE_TRAINING else knowledge,
        on_people=SIMULATED_TRAINING if only_simulated and not simulated else "",
    )
