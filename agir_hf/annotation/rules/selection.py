"""Selection of what a text says: first what is unusual in this walk for its score.

The share of each grade among walks of a score was measured on simulated walkers. The less usual a
grade is for the score, the more a claim about it says of this walk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log2

import numpy as np

from .signs import PART_OF, PARTS, Sign, Topic

_MOST_CLAIMS = (6, 9, 9, 9, 9)  # claims of a text, by score, before those of the conclusion
_LEAST_NORMAL = 2  # claims of normal signs, if there are any
_LEAST_PERCENT = 2
_LAST_MEASURED = 2  # no walks of higher scores were measured; they count as this one
# Percent of walks with each grade, for the scores 0, 1 and 2: ample, normal, mild, moderate,
# marked, absent. Measured on 288 simulated walks; both directions and both sides together.
_PERCENT = {
    "step_length": ((1, 99, 1, 0, 0, 0), (0, 43, 27, 30, 1, 0), (0, 19, 17, 42, 22, 0)),
    "foot_lift": ((9, 86, 5, 0, 0, 0), (0, 72, 21, 7, 0, 0), (0, 49, 49, 3, 0, 0)),
    "heel_strike": ((0, 99, 0, 0, 0, 0), (0, 86, 1, 6, 8, 0), (0, 22, 31, 23, 17, 8)),
    "step_asymmetry": ((0, 83, 12, 2, 3, 0), (0, 72, 21, 6, 1, 0), (0, 42, 23, 17, 18, 0)),
    "step_length_variability": ((0, 95, 4, 1, 0, 0), (0, 77, 11, 8, 4, 0), (0, 31, 18, 13, 38, 0)),
    "step_width": ((0, 89, 6, 4, 1, 0), (0, 73, 14, 10, 2, 0), (0, 63, 17, 13, 8, 0)),
    "hip_range": ((4, 96, 0, 0, 0, 0), (6, 88, 7, 0, 0, 0), (12, 53, 29, 6, 0, 0)),
    "knee_range": ((0, 97, 3, 0, 0, 0), (0, 34, 41, 24, 0, 0), (0, 8, 19, 73, 0, 0)),
    "ankle_range": ((38, 62, 0, 0, 0, 0), (3, 87, 4, 6, 0, 0), (8, 67, 21, 5, 0, 0)),
    "arm_swing": ((5, 82, 10, 3, 0, 0), (3, 33, 17, 32, 11, 3), (0, 16, 21, 22, 26, 15)),
    "arm_asymmetry": ((0, 95, 2, 3, 0, 0), (0, 86, 8, 0, 7, 0), (0, 88, 4, 8, 0, 0)),
    "trunk_coordination": ((5, 94, 1, 0, 0, 0), (2, 84, 6, 7, 1, 0), (1, 96, 1, 1, 0, 0)),
    "speed": ((2, 98, 0, 0, 0, 0), (0, 54, 14, 31, 0, 0), (0, 18, 17, 65, 0, 0)),
    "turning": ((0, 56, 44, 0, 0, 0), (0, 44, 56, 0, 0, 0), (0, 14, 57, 29, 0, 0)),
    "posture": ((0, 99, 1, 0, 0, 0), (0, 80, 20, 0, 0, 0), (0, 35, 50, 15, 0, 0)),
    "rhythm": ((0, 70, 24, 6, 0, 0), (0, 57, 30, 11, 2, 0), (0, 31, 15, 22, 32, 0)),
    "double_support": ((10, 81, 9, 0, 0, 0), (2, 83, 12, 2, 0, 0), (0, 55, 42, 3, 0, 0)),
    "cadence": ((0, 89, 11, 0, 0, 0), (0, 80, 19, 1, 0, 0), (0, 72, 15, 12, 1, 0)),
    "sway": ((0, 98, 2, 0, 0, 0), (0, 96, 4, 0, 0, 0), (0, 91, 8, 1, 0, 0)),
}  # fmt: skip


def surprisal(topic: Topic, score: int) -> float:
    """How unusual the grades of a topic are among walks of a score, in bits.

    Args:
        topic: The topic.
        score: The score, 0 to 4.

    Returns:
        The mean over its signs of the negative binary logarithm of the share of walks.
    """
    percent = _PERCENT[topic.quantity][min(score, _LAST_MEASURED)]
    bits = [-log2(max(percent[_column(sign)], _LEAST_PERCENT) / 100) for sign in topic.signs]
    return sum(bits) / len(bits)


def _column(sign: Sign) -> int:
    """Index of the grade of a sign in a row of `_PERCENT`."""
    return 0 if sign.ample else sign.grade.degree + 1


def salience(topic: Topic, score: int) -> float:
    """How early a sign is said: the more deviant and the less usual for the score, the earlier.

    Args:
        topic: The topic.
        score: The score, 0 to 4.
    """
    return topic.weight + surprisal(topic, score)


def draw(topics: Sequence[Topic], score: int, count: int, rng: np.random.Generator) -> list[Topic]:
    """Draw topics, those that are unusual for the score more often.

    Args:
        topics: Any topics.
        score: The score, 0 to 4.
        count: Largest number of topics.
        rng: Random generator.
    """
    if not topics:
        return []
    weights = np.array([surprisal(topic, score) for topic in topics]) ** 3
    drawn = rng.choice(
        len(topics), min(count, len(topics)), replace=False, p=weights / weights.sum()
    )
    return [topics[index] for index in drawn]


def select(topics: Mapping[str, Topic], score: int, rng: np.random.Generator) -> set[str]:
    """Select the quantities that a text speaks of.

    Signs that are not normal come first, the most salient ones before others. Normal signs fill the
    text up, those that are unusual for the score more often. Each part of the text has a quantity.

    Args:
        topics: Quantity → topic of everything that can be said.
        score: The score, 0 to 4.
        rng: Random generator.
    """
    most = _MOST_CLAIMS[score]
    outside = [topic for topic in topics.values() if topic.degree or topic.ample]
    normal = [topic for topic in topics.values() if not (topic.degree or topic.ample)]
    outside.sort(key=lambda topic: -salience(topic, score))
    selected: dict[str, Topic] = {}
    claims = 0
    for topic in outside:
        if claims + len(topic.signs) <= most - min(_LEAST_NORMAL, len(normal)):
            selected[topic.quantity] = topic
            claims += len(topic.signs)
    ranked = draw(normal, score, len(normal), rng)
    selected |= {topic.quantity: topic for topic in ranked[: most - claims]}
    for part in PARTS:
        if not any(PART_OF[name] == part for name in selected):
            own = [t for t in (*outside, *ranked) if PART_OF[t.quantity] == part]
            selected |= {topic.quantity: topic for topic in own[:1]}
    return set(selected)
