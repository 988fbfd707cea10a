"""Statistics of the texts of a corpus: variety, support by the measured gait, specificity."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from ..annotation.rules.coverage import (
    MILDER,
    NEAREST_TO_NORMAL,
    NO_NORM,
    SAID_BY_ANOTHER,
    SPOKEN_OF,
)
from ..annotation.rules.coverage import NOT_MEASURABLE as NOT_MEASURED
from ..constants_agir import SCORES
from ..gait.norms import Norms
from ..gait.specificity import Specificity, TextSpecificity, text_specificity
from .store import Annotation, Recorded
from .text_checks import TextChecks, checked_claims

SHARED_BY = 0.1  # a sentence in more than this share of the texts is a shared one
ALL_SCORES = "all"
# Why a parameter is spoken of in a text, or is left out.
REASONS = (SPOKEN_OF, SAID_BY_ANOTHER, NEAREST_TO_NORMAL, MILDER, NO_NORM, NOT_MEASURED)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


@dataclass(frozen=True)
class TextStatistics:
    """Statistics of the texts of a corpus.

    Attributes:
        texts: Number of texts.
        distinct_texts: Number of different texts.
        references: Number of references of all walks.
        distinct_references: Number of different references.
        sentences: Number of sentences of the texts.
        shared_sentences: Share of the sentences that occur in more than a tenth of the texts.
        supported: Mean share of supported claims among those that can be checked, or None.
        near: Mean share of claims that are near the measured grade, or None.
        contradicted: Mean share of contradicted claims, or None.
        coverage: Mean share of claims that can be checked, or None.
        specificity: Score or "all" → specificity of the texts, or None if it cannot be computed.
        parameters: Score or "all" → reason of `REASONS` → number of parameters per text, a mean
            over the texts.
    """

    texts: int
    distinct_texts: int
    references: int
    distinct_references: int
    sentences: int
    shared_sentences: float
    supported: float | None
    near: float | None
    contradicted: float | None
    coverage: float | None
    specificity: dict[str, Specificity | None]
    parameters: dict[str, dict[str, float]]

    def as_json(self) -> dict:
        """Return the statistics as values for JSON."""
        values = {
            score: row and {**asdict(row), "value": row.value}
            for score, row in self.specificity.items()
        }
        return asdict(self) | {"specificity": values}


def text_statistics(
    recordings: Sequence[Recorded],
    annotations: Mapping[str, Annotation],
    norms: Norms | None = None,
    seed: int = 0,
    checks: Mapping[str, TextChecks] | None = None,
) -> TextStatistics:
    """Compute the statistics of the texts of a corpus.

    Args:
        recordings: Measured recordings.
        annotations: Id of a recording → its text.
        norms: Norms of a laboratory, or None for the published norms.
        seed: Seed of the random choice of walks that texts are compared with.
        checks: Id of a recording → checks of its text. Default: they are made here.
    """
    texts = [annotations[row.id] for row in recordings]
    rationales = [text.rationale for text in texts]
    references = [text_of for text in texts for text_of in text.references]
    pairs = [
        checked_claims(text.written, row, norms)
        if checks is None
        else (checks[row.id].shares, checks[row.id].reasons)
        for row, text in zip(recordings, texts, strict=True)
    ]
    shares, reasons = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    sentences, shared = sentence_sharing(rationales)
    scores = [row.item["score"] for row in recordings]
    every = sorted({*SCORES, *scores})
    groups = {str(score): [i for i, s in enumerate(scores) if s == score] for score in every}
    groups[ALL_SCORES] = list(range(len(texts)))
    compared = _compared(recordings, rationales, norms, seed)
    means = [_mean([share[i] for share in shares]) for i in range(4)]
    return TextStatistics(
        texts=len(texts),
        distinct_texts=len(set(rationales)),
        references=len(references),
        distinct_references=len(set(references)),
        sentences=sentences,
        shared_sentences=shared,
        supported=means[0],
        near=means[1],
        contradicted=means[2],
        coverage=means[3],
        specificity={
            name: _mean_specificity([compared[i] for i in own]) for name, own in groups.items()
        },
        parameters={
            name: _mean_counts([reasons[i] for i in own]) for name, own in groups.items() if own
        },
    )  # fmt: skip


def sentence_sharing(texts: Sequence[str]) -> tuple[int, float]:
    """Count sentences, and how many of them are shared by many texts.

    Args:
        texts: Texts of several sentences.

    Returns:
        `tuple`: Number of sentences, and the share of those that occur in more than a tenth of the
        texts, but at least in two.
    """
    split = [_SENTENCE_END.split(text.strip()) for text in texts]
    number_of_texts = Counter(sentence for own in split for sentence in set(own))
    limit = max(SHARED_BY * len(texts), 1)
    sentences = [sentence for own in split for sentence in own]
    shared = sum(number_of_texts[sentence] > limit for sentence in sentences)
    return len(sentences), shared / max(len(sentences), 1)


def _mean(values: Sequence[float | None]) -> float | None:
    numbers = [value for value in values if value is not None]
    return float(np.mean(numbers)) if numbers else None


def _mean_counts(counts: Sequence[Mapping[str, int]]) -> dict[str, float]:
    return {reason: float(np.mean([row.get(reason, 0) for row in counts])) for reason in REASONS}


def _compared(
    recordings: Sequence[Recorded], texts: Sequence[str], norms: Norms | None, seed: int
) -> list[TextSpecificity | None]:
    """Specificity of each text."""
    items = [row.item for row in recordings]
    columns = [[item[name] for item in items] for name in ("score", "subject", "age", "sex")]
    parameters = [row.parameters for row in recordings]
    return text_specificity(texts, parameters, *columns, norms, seed=seed)


def _mean_specificity(rows: Sequence[TextSpecificity | None]) -> Specificity | None:
    rows = [row for row in rows if row is not None]
    if not rows:
        return None
    own, other = (float(np.mean([getattr(row, side) for row in rows])) for side in ("own", "other"))
    return Specificity(own, other, len(rows), sum(row.pairs for row in rows))
