"""A whole text of the rule-based writer from the signs of a walk."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np

from ...gait.norms import ADULT_AGE
from ..prompts import Written
from . import children
from .argument import write_conclusion
from .clauses import Wording
from .composer import Composer
from .parts import why_empty, write_part
from .signs import Topic, Walk, read_topics


def write_text(
    walk: Walk,
    score: int,
    rng: np.random.Generator,
    avoid: Collection[str] = (),
    topics: Mapping[str, Topic] | None = None,
) -> Written:
    """Write the rationale of a walk.

    Args:
        walk: The measured walk.
        score: Score of the clinician, 0 to 4.
        rng: Random generator that draws the wording.
        avoid: Sentences that are not to be repeated.
        topics: Topics of the walk, or None to read them from its parameters.
    """
    topics = read_topics(walk) if topics is None else topics
    if not topics and walk.parameters and walk.age is not None and walk.age < ADULT_AGE:
        return Written(**children.write(walk, score, rng))
    return compose_text(walk, topics, score, rng, avoid=avoid)


def compose_text(
    walk: Walk,
    topics: Mapping[str, Topic],
    score: int,
    rng: np.random.Generator,
    truthful: bool = True,
    avoid: Collection[str] = (),
) -> Written:
    """Write a text about signs, which are those of a walk or others.

    Args:
        walk: The measured walk.
        topics: Quantity → topic.
        score: Score that the text argues for, 0 to 4.
        rng: Random generator that draws the wording.
        truthful: Whether the measured gait has to support every claim.
        avoid: Sentences that are not to be repeated.
    """
    unspoken = {}
    if walk.quantities is not None:
        measured = read_topics(replace(walk, quantities=None))
        unspoken = {name: topic for name, topic in measured.items() if name not in topics}
    composer = Composer(Wording(walk, rng), topics, score, truthful, avoid, unspoken)
    parts = {part: write_part(composer, part) for part in ("foot", "arm", "overall")}
    parts["overall"] = f"{parts['overall']} {write_conclusion(composer, score)}".strip()
    return Written(**{part: text or why_empty(part, unspoken) for part, text in parts.items()})


def sentences(written: Written) -> list[str]:
    """Split a text into its sentences, without the labels of the parts.

    Args:
        written: The text.
    """
    parts = (written.foot, written.arm, written.overall)
    return [f"{text.rstrip('.')}." for part in parts for text in part.split(". ") if text]
