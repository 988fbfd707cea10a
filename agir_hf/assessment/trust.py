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
_KNOWLEDGE_TEXTS = {
    WITHIN: "within what the model knows: the motion is like the walks that it was trained on",
    OUTSIDE: "outside what the model knows: the motion is unlike the walks that it was trained on",
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
        knowledge (`str`):
            `"within"` or `"outside"` what the model knows, or `"not assessed"`.

    Example:
        ```python
        >>> from agir_hf.assessment import Trust
        >>> trust = Trust(1, None, True, (), 8, 9, "within")
        >>> trust.claims_text
        '8 of 9 claims are supported by the measured gait'

        ```
    """

    score: int | None
    withheld: str | None
    certain: bool
    reasons: tuple[str, ...]
    claims_supported: int
    claims_made: int
    knowledge: str

    @property
    def text(self) -> str:
        """All of it on one line."""
        if self.withheld:
            first = f"score withheld: {self.withheld}"
        else:
            reasons = f": {'; '.join(self.reasons)}" if self.reasons else ""
            first = f"score {self.score}, {'certain' if self.certain else 'uncertain'}{reasons}"
        return f"{first}. {self.claims_text}. {self.knowledge_text[0].upper()}" + (
            self.knowledge_text[1:] + "."
        )

    @property
    def claims_text(self) -> str:
        """How many claims of the reasoning are supported, as a phrase."""
        if not self.claims_made:
            return "The reasoning makes no claim that can be measured"
        claims = "claim is" if self.claims_made == 1 else "claims are"
        return (
            f"{self.claims_supported} of {self.claims_made} {claims} supported by the measured gait"
        )

    @property
    def knowledge_text(self) -> str:
        """What `knowledge` means, as a phrase."""
        return _KNOWLEDGE_TEXTS[self.knowledge]

    def as_json(self) -> dict:
        """Return all fields, the phrase of the knowledge and the line as values for JSON."""
        values = asdict(self) | {"reasons": list(self.reasons)}
        return values | {"knowledge_text": self.knowledge_text, "text": self.text}


def trust_of(
    assessment: GaitAssessment, uncertainty: Uncertainty, evidence: CheckedText, limits: dict | None
) -> Trust:
    """Return how far an assessment can be trusted.

    Args:
        assessment: Score and probabilities of the walk.
        uncertainty: The reasons why the score is uncertain.
        evidence: The claims of the reasoning that is shown, checked against the measured gait.
        limits: `AgirConfig.uncertainty` of the model; without limits the knowledge is not assessed.

    Returns:
        The trust.
    """
    from ..gait.grounding import SUPPORTED

    names = {reason.name for reason in uncertainty.reasons}
    withheld = [reason.text for reason in uncertainty.reasons if reason.name in WITHHOLDING]
    known_limits = {"velocity_error_m_per_s", "feature_distance"} & set(limits or {})
    knowledge = WITHIN if known_limits else NOT_ASSESSED
    checked = evidence.grounding.checked
    return Trust(
        score=None if withheld else assessment.score,
        withheld=f"too little was measured ({'; '.join(withheld)})" if withheld else None,
        certain=not uncertainty.uncertain,
        reasons=tuple(reason.text for reason in uncertainty.reasons),
        claims_supported=sum(row.verdict == SUPPORTED for row in checked),
        claims_made=len(checked),
        knowledge=OUTSIDE if names & _UNLIKE_TRAINING else knowledge,
    )
