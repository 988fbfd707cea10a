"""Statistics of the texts of a corpus: variety, support by the measured gait, specificity."""

from __future__ import annotations

import hashlib
import re
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from sys import intern

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
from .packed_rows import Column
from .store import Annotation, Recorded
from .text_checks import TextChecks, checked_claims

SHARED_BY = 0.1  # a sentence in more than this share of the texts is a shared one
ALL_SCORES = "all"
# Why a parameter is spoken of in a text, or is left out.
REASONS = (SPOKEN_OF, SAID_BY_ANOTHER, NEAREST_TO_NORMAL, MILDER, NO_NORM, NOT_MEASURED)
_SHARES = 4  # of claims, see `TextChecks.shares`
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
    table = _Table.of(recordings, annotations, norms, checks)
    everyone = range(len(recordings))
    texts = Column(table.ids, everyone, lambda name: annotations[name].rationale)
    measured = Column(recordings, everyone, lambda row: row.parameters)
    sentences, shared = sentence_sharing(texts)
    scores = np.array(table.scores, int)
    groups = {str(score): scores == score for score in sorted({*SCORES, *table.scores})}
    groups[ALL_SCORES] = np.ones(len(scores), bool)
    compared = text_specificity(
        texts, measured, table.scores, table.subjects, table.ages, table.sexes, norms, seed=seed
    )
    means = [_mean(column) for column in np.array(table.shares).reshape(-1, _SHARES).T]
    reasons = np.array(table.reasons).reshape(-1, len(REASONS))
    return TextStatistics(
        texts=len(texts),
        distinct_texts=table.rationales.distinct,
        references=len(table.references),
        distinct_references=table.references.distinct,
        sentences=sentences,
        shared_sentences=shared,
        supported=means[0],
        near=means[1],
        contradicted=means[2],
        coverage=means[3],
        specificity={
            name: _mean_specificity([compared[i] for i in np.flatnonzero(own)])
            for name, own in groups.items()
        },
        parameters={
            name: _mean_counts(reasons[own]) for name, own in groups.items() if own.any()
        },
    )  # fmt: skip


class _Hashes:
    """Hashes of 64 bits of many texts, with which equal ones are counted in little memory."""

    def __init__(self):
        self._values = array("Q")

    def add(self, text: str) -> None:
        self._values.frombytes(hashlib.blake2b(text.encode(), digest_size=8).digest())

    def __len__(self) -> int:
        return len(self._values)

    @property
    def distinct(self) -> int:
        return len(np.unique(self.values))

    @property
    def values(self) -> np.ndarray:
        return np.array(self._values)


@dataclass
class _Table:
    """What one pass over the recordings and their texts collects, without the texts."""

    ids: list[str] = field(default_factory=list)
    scores: list[int] = field(default_factory=list)
    subjects: list[str] = field(default_factory=list)
    ages: list[float | None] = field(default_factory=list)
    sexes: list[str | None] = field(default_factory=list)
    rationales: _Hashes = field(default_factory=_Hashes)
    references: _Hashes = field(default_factory=_Hashes)
    shares: array = field(default_factory=lambda: array("d"))  # of claims, NaN where there is none
    reasons: array = field(default_factory=lambda: array("q"))  # numbers of parameters

    @classmethod
    def of(
        cls,
        recordings: Sequence[Recorded],
        annotations: Mapping[str, Annotation],
        norms: Norms | None,
        checks: Mapping[str, TextChecks] | None,
    ) -> _Table:
        table = cls()
        for row in recordings:
            text = annotations[row.id]
            if checks is None:
                table._add(row, text, *checked_claims(text.written, row, norms))
            else:
                own = checks[row.id]
                table._add(row, text, own.shares, own.reasons)
        return table

    def _add(self, row: Recorded, text: Annotation, shares: Sequence, reasons: Mapping) -> None:
        self.ids.append(row.id)
        self.scores.append(row.item["score"])
        self.subjects.append(intern(row.item["subject"]))
        self.ages.append(row.item["age"])
        self.sexes.append(row.item["sex"])
        self.rationales.add(text.rationale)
        for reference in text.references:
            self.references.add(reference)
        self.shares.extend(np.nan if share is None else share for share in shares)
        self.reasons.extend(reasons.get(reason, 0) for reason in REASONS)


def sentence_sharing(texts: Sequence[str]) -> tuple[int, float]:
    """Count sentences, and how many of them are shared by many texts.

    Args:
        texts: Texts of several sentences.

    Returns:
        `tuple`: Number of sentences, and the share of those that occur in more than a tenth of the
        texts, but at least in two.
    """
    every, once = _Hashes(), _Hashes()  # each sentence of a text; each once in a text
    for text in texts:
        own = _SENTENCE_END.split(text.strip())
        for sentence in own:
            every.add(sentence)
        for sentence in set(own):
            once.add(sentence)
    limit = max(SHARED_BY * len(texts), 1)
    sentences, number_of_texts = np.unique(once.values, return_counts=True)
    shared = np.isin(every.values, sentences[number_of_texts > limit]).sum()
    return len(every), int(shared) / max(len(every), 1)


def _mean(values: np.ndarray) -> float | None:
    numbers = values[~np.isnan(values)]
    return float(np.mean(numbers)) if len(numbers) else None


def _mean_counts(counts: np.ndarray) -> dict[str, float]:
    """Reason → mean number of parameters, of numbers (texts, reasons)."""
    return {
        reason: float(np.mean(column)) for reason, column in zip(REASONS, counts.T, strict=True)
    }


def _mean_specificity(rows: Sequence[TextSpecificity | None]) -> Specificity | None:
    rows = [row for row in rows if row is not None]
    if not rows:
        return None
    own, other = (float(np.mean([getattr(row, side) for row in rows])) for side in ("own", "other"))
    return Specificity(own, other, len(rows), sum(row.pairs for row in rows))
