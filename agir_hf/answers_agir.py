"""Answers of the model: their format, their seeds, and the assessment that they state.

Neither torch nor transformers is needed here, so that the model in numpy (`agir_hf.inference`) has
the same answers.
"""

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from .settings_agir import AgirSettings

MIN_ANSWER_TOKENS = 7  # a rationale of one token and six tokens of the format
DEFAULT_MAX_NEW_TOKENS = 256


class ScoreParseError(ValueError):
    """Error for an answer that does not have AGIR's format.

    Answers are never repaired: evaluation counts an answer with this error as wrong.

    Args:
        message (`str`):
            Description of the error; `text` is appended to it.
        text (`str`):
            The whole answer, kept as the attribute `text`.

    Example:
        ```python
        >>> import agir_hf
        >>> processor = agir_hf.AgirProcessor.from_pretrained(agir_hf.DEFAULT_MODEL)
        >>> ids = processor.tokenizer("She walks.").input_ids
        >>> try:
        ...     processor.parse_assessment(ids)
        ... except agir_hf.ScoreParseError as error:
        ...     isinstance(error.text, str)
        True

        ```
    """

    def __init__(self, message: str, text: str):
        super().__init__(f"{message}: {text!r}")
        self.text = text


@dataclass(frozen=True)
class GaitAssessment:
    """Gait score with its rationale. Research use only, not a medical device.

    Attributes:
        score (`int`):
            Score of the MDS-UPDRS gait item: 0, 1 or 2; up to 4 for a model with more scores.
        probabilities (`tuple[float, ...]`, *optional*):
            Probability of each score, from 0. None if only the text of an answer was parsed.
        reasoning (`str`):
            The rationale, as plain text.
        uncertain_below (`float`, *optional*):
            The model's threshold: a score with a lower probability is uncertain. None if the model
            has no threshold.
        token_probabilities (`tuple[float, ...]`, *optional*):
            Probabilities of the score tokens, not calibrated.
        probe_probabilities (`tuple[float, ...]`, *optional*):
            Probabilities of the model's probe, not calibrated. None if the model has no probe.
        candidates (`tuple[str, ...]`):
            All rationales that the model sampled for the motion, `reasoning` among them; empty if
            only one was generated.

    Example:
        ```python
        >>> from agir_hf import GaitAssessment
        >>> assessment = GaitAssessment(1, (0.2, 0.5, 0.3), "Reduced arm swing.", 0.6)
        >>> assessment.uncertain, assessment.alternatives
        (True, (1, 2))

        ```
    """

    score: int
    probabilities: tuple[float, ...] | None
    reasoning: str
    uncertain_below: float | None = None
    token_probabilities: tuple[float, ...] | None = None
    probe_probabilities: tuple[float, ...] | None = None
    candidates: tuple[str, ...] = ()

    @property
    def uncertain(self) -> bool:
        """Whether the probability of the score is below the threshold; False if either is None."""
        if self.probabilities is None or self.uncertain_below is None:
            return False
        return self.probabilities[self.score] < self.uncertain_below

    @property
    def alternatives(self) -> tuple[int, ...]:
        """Possible scores in ascending order; more than one if the assessment is uncertain.

        The score, and then the other scores in order of probability, until the sum of the
        probabilities reaches the threshold.
        """
        kept = [self.score]
        if self.uncertain:
            others = sorted(range(len(self.probabilities)), key=lambda k: -self.probabilities[k])
            for other in (k for k in others if k != self.score):
                if sum(self.probabilities[k] for k in kept) < self.uncertain_below:
                    kept.append(other)
        return tuple(sorted(kept))

    def to_dict(self) -> dict[str, Any]:
        """Dictionary of the fields, ``uncertain`` and ``alternatives``."""
        return asdict(self) | {"uncertain": self.uncertain, "alternatives": self.alternatives}


def vote(
    assessments: Sequence[GaitAssessment], weights: Sequence[float] | None = None
) -> GaitAssessment:
    """Combine the assessments of the windows of a motion into one.

    Probabilities are averaged over windows (soft voting) and the score is the most probable one.
    The rationale is that of the window with the highest probability of this score. The result is
    uncertain if the mean probability of its score is below the threshold.

    Args:
        assessments: Assessments with probabilities, one per window.
        weights: Weights of the windows, such as their lengths; equal by default.

    Returns:
        [`GaitAssessment`]: Assessment of the motion.

    Raises:
        ValueError: There is no assessment, or one without probabilities.
    """
    if not assessments or any(item.probabilities is None for item in assessments):
        raise ValueError("a vote needs assessments with probabilities: pass at least one")
    table = np.array([item.probabilities for item in assessments])
    mean = np.average(table, axis=0, weights=weights)
    score = int(mean.argmax())
    most_confident = assessments[int(table[:, score].argmax())]
    parts = {
        name: _mean([getattr(item, name) for item in assessments], weights)
        for name in ("token_probabilities", "probe_probabilities")
    }
    return replace(most_confident, score=score, probabilities=tuple(mean.tolist()), **parts)


def _mean(rows: list, weights: Sequence[float] | None) -> tuple[float, ...] | None:
    """Weighted mean of probabilities, or None if a row has none."""
    if any(row is None for row in rows):
        return None
    return tuple(np.average(np.array(rows), axis=0, weights=weights).tolist())


def text_tokens(config: AgirSettings) -> list[int]:
    """Ids of text tokens: the T5 vocabulary without padding and end of sequence.

    Args:
        config: Configuration of the model.
    """
    special = {config.pad_token_id, config.eos_token_id}
    return [i for i in range(config.motion_token_offset) if i not in special]


def answer_successors(config: AgirSettings) -> dict[int, list[int]]:
    """Ids that may follow each token of an answer after its text: the end of its format.

    Args:
        config: Configuration of the model.

    Returns:
        Id → ids that may follow it.
    """
    scores, score_end = list(config.score_token_ids), config.score_end_token_id
    return {
        config.reasoning_end_token_id: [config.score_start_token_id],
        config.score_start_token_id: scores,
        **{score: [score_end] for score in scores},
        score_end: [config.eos_token_id],
    }


def check_answer_length(max_new_tokens: int) -> int:
    """Return the step, from 0, at which the end of the text of an answer is forced.

    Args:
        max_new_tokens: Largest number of generated tokens.

    Raises:
        ValueError: It is below 7, the shortest answer.
    """
    if max_new_tokens < MIN_ANSWER_TOKENS:
        raise ValueError(
            f"max_new_tokens is {max_new_tokens}, expected at least {MIN_ANSWER_TOKENS}: the "
            "format of an answer needs six tokens and its reasoning at least one"
        )
    return max_new_tokens - MIN_ANSWER_TOKENS + 2  # four tokens come after the end


def answer_seeds(
    prompts: Sequence[Sequence[int]], masks: Sequence[Sequence[int]], counts: Sequence[int]
) -> list[int]:
    """Seeds of the answers to each prompt, derived from its tokens.

    Args:
        prompts: Token ids of each prompt, with motion tokens.
        masks: 1 for tokens and 0 for padding of each prompt.
        counts: Number of answers to each prompt.

    Returns:
        Seeds of all answers, those of a prompt one after another.
    """
    rows = zip(prompts, masks, strict=True)
    texts = [str([i for i, kept in zip(ids, mask, strict=True) if kept]) for ids, mask in rows]
    return [
        zlib.crc32(f"{text} {i}".encode())
        for text, count in zip(texts, counts, strict=True)
        for i in range(count)
    ]


def minimum_bayes_risk(texts: Sequence[Sequence[int]], candidates: Sequence[int]) -> int:
    """Index of the candidate that is most similar to all texts (minimum Bayes risk).

    The similarity of two texts is the F1 of their token counts. Source: Kumar and Byrne 2004
    (Minimum Bayes-Risk Decoding for Statistical Machine Translation).

    Args:
        texts: Token ids of each text.
        candidates: Indices of the texts to choose from; the first one wins ties.

    Returns:
        Index of the chosen text.
    """
    counts = [Counter(text) for text in texts]

    def total_f1(i: int) -> float:  # sum of the F1 scores of text i with all texts
        return sum(
            2 * (counts[i] & other).total() / max(counts[i].total() + other.total(), 1)
            for other in counts
        )

    return max(candidates, key=total_f1)


__all__ = [
    "DEFAULT_MAX_NEW_TOKENS",
    "GaitAssessment",
    "ScoreParseError",
    "answer_seeds",
    "answer_successors",
    "check_answer_length",
    "minimum_bayes_risk",
    "text_tokens",
    "vote",
]
