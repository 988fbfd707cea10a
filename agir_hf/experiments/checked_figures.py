"""Figures of rationales that are chosen by evidence from what the model wrote."""

from collections.abc import Sequence

from ..assessment.checked_text import choose_sentences
from ..gait.norms import Norms
from .inference import EvaluationSet


def checked_figures(
    texts: Sequence[str],
    candidates: Sequence[Sequence[str]],
    scores: Sequence[int],
    walks: EvaluationSet,
    norms: Norms | None = None,
) -> list[dict[str, float | None]]:
    """Check each rationale as an assessment does, and compute the figures of the result.

    Args:
        texts: Rationale of each walk as the model wrote it.
        candidates: All rationales that the model sampled for each walk; empty where it sampled
            none, so that sentences can only be left out.
        scores: Predicted score of each walk.
        walks: The walks, with measured gait parameters, ages and sexes.
        norms: Norms of a laboratory, or None for the published norms.

    Returns:
        For each walk `supported_checked`, the share of supported claims of the checked text among
        those that can be checked, and `kept_checked`, its number of claims divided by that of the
        rationale; None where there is nothing to divide by.
    """
    rows = [
        choose_sentences(text, drawn, parameters, age, sex, norms, score)
        for text, drawn, score, parameters, age, sex in zip(
            texts, candidates, scores, walks.parameters, walks.ages, walks.sexes, strict=True
        )
    ]
    return [
        {"supported_checked": row.grounding.score, "kept_checked": row.kept_share} for row in rows
    ]
