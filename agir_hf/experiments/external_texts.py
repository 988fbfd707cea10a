"""Claims of texts in the external validation: supported, specific to the walk, and kept."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..evaluation.metrics.evidence import grounding_figures
from ..evaluation.metrics.significance import Interval
from ..gait import extract_claims
from ..gait.norms import Norms
from ..gait.specificity import OTHER_WALKS, TextSpecificity, text_specificity
from .external_assessments import Assessment
from .external_baselines import ALL_NORMAL
from .external_people import PeopleTable

UNAIDED = "model, unaided text"
CHECKED = "model, text chosen by evidence"
OTHER_PERSON = "unaided text of another person with the same score"
CONSTANT = "constant text: everything is normal"


@dataclass(frozen=True)
class TextFigures:
    """Figures of texts, means over recordings; None where no claim could be checked.

    Attributes:
        name: Name of the row.
        texts: Number of texts.
        claims: Mean number of claims of a text, of which some cannot be checked.
        supported: Share of supported claims among those that could be checked.
        near: Share of near claims among those that could be checked.
        own: Share of supported claims in the own walk, of the texts in `specificity`.
        other: Share of supported claims in walks of other people with the same predicted score.
        specificity: `own` minus `other`.
        kept: Number of claims divided by that of the unaided text, or None for other texts.
    """

    name: str
    texts: int
    claims: float
    supported: Interval | None = None
    near: Interval | None = None
    own: Interval | None = None
    other: Interval | None = None
    specificity: Interval | None = None
    kept: Interval | None = None


def text_figures(walks: Sequence[Assessment], norms: Norms | None = None) -> list[TextFigures]:
    """Check the claims of the model's texts and of texts without the walk.

    Args:
        walks: Assessed recordings.
        norms: Norms of a laboratory, or None for the published norms.

    Returns:
        The unaided text, the text chosen by evidence if there is one, the text of another person
        with the same predicted score, and the constant text.
    """
    texts = _Texts(walks, norms)
    unaided = [walk.unaided for walk in walks]
    rows = [texts.figures(UNAIDED, unaided)]
    if any(walk.checked is not None for walk in walks):
        checked = [walk.checked or walk.unaided for walk in walks]
        rows.append(texts.figures(CHECKED, checked, unaided))
    rows.append(texts.of_others(OTHER_PERSON, unaided))
    rows.append(texts.figures(CONSTANT, [ALL_NORMAL] * len(walks)))
    return rows


class _Texts:
    """Texts about the same walks, compared with their measured gait.

    Args:
        walks: Assessed recordings.
        norms: Norms of a laboratory, or None.
    """

    def __init__(self, walks: Sequence[Assessment], norms: Norms | None):
        self.walks, self.norms = walks, norms
        self.table = PeopleTable([walk.recording.person for walk in walks])
        self.others = [self._others(index) for index in range(len(walks))]

    def _others(self, index: int) -> np.ndarray:
        """Random walks of other people with the same predicted score."""
        walk = self.walks[index]
        candidates = [
            i
            for i, other in enumerate(self.walks)
            if other.score == walk.score and other.recording.person != walk.recording.person
        ]
        return np.random.default_rng([0, index]).permutation(candidates)[:OTHER_WALKS].astype(int)

    def figures(self, name: str, texts: list[str], unaided: list[str] | None = None) -> TextFigures:
        """Figures of one text for each walk; with `unaided`, also the share of kept claims."""
        evidence = self._evidence(texts, self.walks)
        shares = self._specificity(texts)
        claims = [len(extract_claims(text)) for text in texts]
        return TextFigures(
            name,
            len(texts),
            float(np.mean(claims)),
            self._mean(evidence, lambda row: row["supported"]),
            self._mean(evidence, lambda row: row["near"]),
            self._mean(shares, lambda row: row and row.own),
            self._mean(shares, lambda row: row and row.other),
            self._mean(shares, lambda row: row and row.value),
            self.table.mean(_kept(claims, unaided)) if unaided else None,
        )

    def of_others(self, name: str, texts: list[str]) -> TextFigures:
        """Figures of the texts of other people with the same predicted score, means per walk."""
        means = []
        for walk, others in zip(self.walks, self.others, strict=True):
            rows = self._evidence([texts[i] for i in others], [walk] * len(others))
            means.append({key: _mean([row[key] for row in rows]) for key in ("supported", "near")})
        claims = np.mean([len(extract_claims(text)) for text in texts])
        return TextFigures(
            name,
            sum(map(len, self.others)),
            float(claims),
            self._mean(means, lambda row: row["supported"]),
            self._mean(means, lambda row: row["near"]),
        )

    def _evidence(self, texts: list[str], walks: Sequence[Assessment]) -> list[dict]:
        return grounding_figures(
            texts,
            [walk.parameters for walk in walks],
            [walk.recording.age for walk in walks],
            [walk.recording.sex for walk in walks],
            self.norms,
        )

    def _specificity(self, texts: list[str]) -> list[TextSpecificity | None]:
        return text_specificity(
            texts,
            [walk.parameters for walk in self.walks],
            [walk.score for walk in self.walks],
            [walk.recording.person for walk in self.walks],
            [walk.recording.age for walk in self.walks],
            [walk.recording.sex for walk in self.walks],
            self.norms,
        )

    def _mean(self, rows: list, value: Callable) -> Interval | None:
        return self.table.mean([value(row) for row in rows])


def _kept(claims: list[int], unaided: list[str]) -> list[float | None]:
    """Number of claims divided by that of the unaided text."""
    numbers = [len(extract_claims(text)) for text in unaided]
    return [n / before if before else None for n, before in zip(claims, numbers, strict=True)]


def _mean(values: list[float | None]) -> float | None:
    present = [value for value in values if value is not None]
    return float(np.mean(present)) if present else None
