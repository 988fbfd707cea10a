"""Specificity of texts: whether their claims hold in their own walk more often than in others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .claims import Claim, extract_claims
from .graded_walk import GradedWalk
from .grounding import NOT_MEASURABLE, SUPPORTED, check_on_walk
from .norms import Norms

OTHER_WALKS = 10
_GRADED_WALKS = 4096  # whose grades are kept, 20 kB each
_MANY_WALKS = 100_000  # of so many walks the order is not drawn, only the walks


@dataclass(frozen=True)
class Specificity:
    """Shares of supported claims in the own walk and in other walks of the same score.

    Attributes:
        own: Mean share of supported claims in the own walk, 0 to 1.
        other: Mean share in walks of other subjects with the same score, 0 to 1.
        texts: Number of texts in the means.
        pairs: Number of pairs of a text and another walk.
    """

    own: float
    other: float
    texts: int
    pairs: int

    @property
    def value(self) -> float:
        """Difference of the two shares: 0 for texts that fit every walk of their score."""
        return self.own - self.other


@dataclass(frozen=True)
class TextSpecificity:
    """Shares of supported claims of one text.

    Attributes:
        own: Share of supported claims in the own walk, 0 to 1.
        other: Mean share in walks of other subjects with the same score, 0 to 1.
        pairs: Number of these other walks.
    """

    own: float
    other: float
    pairs: int

    @property
    def value(self) -> float:
        """Difference of the two shares: 0 for a text that fits every walk of its score."""
        return self.own - self.other


class SameScore:
    """Walks by score, from which random walks of other subjects are drawn.

    The walks of a score are listed once, so that a draw does not look at all of them.

    Args:
        scores: Score of each walk.
        subjects: Subject of each walk.

    Example:
        ```python
        >>> import numpy as np
        >>> from agir_hf.gait.specificity import SameScore
        >>> groups = SameScore([1, 1, 0, 1], ["A", "A", "B", "C"])
        >>> groups.draw(0, 10, np.random.default_rng(0))
        [3]

        ```
    """

    def __init__(self, scores: Sequence[int], subjects: Sequence[str]):
        self._keys = list(zip(scores, subjects, strict=True))
        self._walks: dict[int, list[int]] = {}
        self._of_subject: dict[tuple, list[int]] = {}  # positions in the lists of `_walks`
        for index, (score, subject) in enumerate(self._keys):
            walks = self._walks.setdefault(score, [])
            self._of_subject.setdefault((score, subject), []).append(len(walks))
            walks.append(index)

    def draw(self, index: int, most: int, rng: np.random.Generator) -> list[int]:
        """Draw random walks of other subjects with the score of a walk.

        Args:
            index: Index of the walk.
            most: Largest number of walks.
            rng: Random generator.

        Returns:
            Indices of different walks. If there are at most 100,000 such walks, they are the first
            of a random order of all of them.
        """
        return self.draw_of(*self._keys[index], most, rng)

    def draw_of(self, score: int, subject: str, most: int, rng: np.random.Generator) -> list[int]:
        """Draw random walks with a score, of other subjects than the one named; see `draw`.

        Args:
            score: Score.
            subject: Subject whose walks are left out.
            most: Largest number of walks.
            rng: Random generator.
        """
        walks, own = self._walks.get(score, []), self._of_subject.get((score, subject), [])
        count = len(walks) - len(own)
        if count > _MANY_WALKS:
            drawn = rng.choice(count, most, replace=False)
        else:
            drawn = rng.permutation(count)[:most]
        # positions in a list without the walks of the subject → positions in the whole list
        before = np.asarray(own) - np.arange(len(own))
        return [walks[i + int(np.searchsorted(before, i, "right"))] for i in drawn]


def specificity(
    texts: Sequence[str],
    parameters: Sequence[Mapping[str, float]],
    scores: Sequence[int],
    subjects: Sequence[str],
    ages: Sequence[float | None] | None = None,
    sexes: Sequence[str | None] | None = None,
    norms: Norms | None = None,
    num_others: int = OTHER_WALKS,
    seed: int = 0,
) -> Specificity | None:
    """Compute how much better texts fit their own walk than other walks of the same score.

    The share of supported claims is that of [`grounding_score`]: supported claims divided by the
    claims that can be checked. It is computed for each text in its own walk, and in random walks of
    other subjects with the same score, with their age and sex. Texts without a claim that can be
    checked, or without another walk, are left out of both means.

    Args:
        texts (`Sequence[str]`):
            English texts, one per walk.
        parameters (`Sequence[Mapping[str, float]]`):
            Measured gait parameters of each walk, name → value, with the names and units of
            `PARAMETERS`.
        scores (`Sequence[int]`):
            Gait score of each walk.
        subjects (`Sequence[str]`):
            Subject of each walk.
        ages (`Sequence[float | None]`, *optional*):
            Age of each subject in years, or None where it is not available. Default: 70 years.
        sexes (`Sequence[str | None]`, *optional*):
            "male", "female" or None for each subject. Default: the mean of both.
        norms (`Norms`, *optional*):
            Norms of a laboratory. Default: the published norms.
        num_others (`int`, defaults to 10):
            Largest number of other walks for each text.
        seed (`int`, defaults to 0):
            Seed of the random choice of other walks.

    Returns:
        [`Specificity`] or `None`: `value`, the difference of the shares `own` and `other`, and the
        numbers of `texts` and `pairs`. None if no text can be compared.

    Raises:
        ValueError: The lists differ in length.

    Example:
        ```python
        >>> from agir_hf.gait.specificity import specificity
        >>> texts = ["Speed is normal.", "Speed is moderately reduced."]
        >>> measured = [{"speed_m_per_s": 1.2}, {"speed_m_per_s": 0.6}]
        >>> specificity(texts, measured, scores=[1, 1], subjects=["A", "B"])
        Specificity(own=1.0, other=0.0, texts=2, pairs=2)

        ```
    """
    rows = text_specificity(
        texts, parameters, scores, subjects, ages, sexes, norms, num_others, seed
    )
    rows = [row for row in rows if row is not None]
    if not rows:
        return None
    own, other = (float(np.mean([getattr(row, side) for row in rows])) for side in ("own", "other"))
    return Specificity(own, other, len(rows), sum(row.pairs for row in rows))


def text_specificity(
    texts: Sequence[str],
    parameters: Sequence[Mapping[str, float]],
    scores: Sequence[int],
    subjects: Sequence[str],
    ages: Sequence[float | None] | None = None,
    sexes: Sequence[str | None] | None = None,
    norms: Norms | None = None,
    num_others: int = OTHER_WALKS,
    seed: int = 0,
) -> list[TextSpecificity | None]:
    """Compute the specificity of each text; its means are those of [`specificity`].

    Args:
        texts: English texts, one per walk.
        parameters: Measured gait parameters of each walk, name → value.
        scores: Gait score of each walk.
        subjects: Subject of each walk.
        ages: Age of each subject in years, or None for 70 years.
        sexes: "male", "female" or None for each subject.
        norms: Norms of a laboratory, or None for the published norms.
        num_others: Largest number of other walks for each text.
        seed: Seed of the random choice of other walks.

    Returns:
        One entry for each text: None without a claim that can be checked in the own walk, or
        without another walk in which a claim can be checked.

    Raises:
        ValueError: The lists differ in length.
    """
    ages = [None] * len(texts) if ages is None else ages
    sexes = [None] * len(texts) if sexes is None else sexes
    lengths = [len(rows) for rows in (texts, parameters, scores, subjects, ages, sexes)]
    if len(set(lengths)) > 1:
        raise ValueError(
            "texts, parameters, scores, subjects, ages and sexes have the lengths "
            f"{', '.join(map(str, lengths))}, expected one entry per walk in each"
        )

    @lru_cache(maxsize=_GRADED_WALKS)
    def graded(index: int) -> GradedWalk:
        return GradedWalk(parameters[index], ages[index], sexes[index], norms)

    groups = SameScore(scores, subjects)
    rows: list[TextSpecificity | None] = []
    for index, text in enumerate(texts):
        claims = extract_claims(text)
        own = _share(claims, graded(index))
        if own is None:
            rows.append(None)
            continue
        others = groups.draw(index, num_others, np.random.default_rng([seed, index]))
        shares = [share for i in others if (share := _share(claims, graded(i))) is not None]
        rows.append(TextSpecificity(own, float(np.mean(shares)), len(shares)) if shares else None)
    return rows


def _share(claims: Sequence[Claim], walk: GradedWalk) -> float | None:
    """Share of supported claims among those that can be checked, or None if there are none."""
    verdicts = [row.verdict for row in check_on_walk(claims, walk)]
    decided = len(verdicts) - verdicts.count(NOT_MEASURABLE)
    return verdicts.count(SUPPORTED) / decided if decided else None
