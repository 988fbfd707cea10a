"""Wrong texts for preference training, written by the rules of the rule-based writer.

They are fluent and have the style of `rule_writer.write_rationale`, but the measured gait
contradicts some of their claims: a text for another score, or a text for the right score from the
signs of another walk.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from ..constants_agir import NUM_SCORES
from ..gait.grades import NORMAL_GRADE, Grade
from ..gait.grounding import CONTRADICTED, grounding_score
from ..gait.norms import Norms
from .prompts import Written, check_score
from .rules.signs import WEIGHTS, Sign, Topic, Walk, impaired_state, read_topics, regrade
from .rules.text import compose_text

_CORE = 0.5  # weight of the signs that a counterfactual changes
_MOST_OTHERS = 16  # other walks that are compared with this one for a wrong text
_MOST_DRAFTS = 3  # of them, those that differ most are written about


def write_counterfactual(
    parameters: Mapping[str, float],
    score: int,
    rng: np.random.Generator,
    age: float | None = None,
    sex: str | None = None,
    norms: Norms | None = None,
    quantities: Collection[str] | None = None,
    num_scores: int = NUM_SCORES,
) -> tuple[Written, int]:
    """Write a rationale for another score: fluent, but contradicted by the parameters.

    It has the style of [`write_rationale`], as a rejected answer in preference training. The
    grades of its signs are those that go with the other score. The score with the most contradicted
    claims is selected.

    Args:
        parameters (`Mapping[str, float]`):
            Measured gait parameters, name → value, with the names and units of
            `agir_hf.gait.PARAMETERS`.
        score (`int`):
            The correct score, 0 to `num_scores` - 1.
        rng (`numpy.random.Generator`):
            Random generator that draws grades and wording.
        age (`float`, *optional*):
            Age of the subject in years, for the norms. Default: norms for 70 years.
        sex (`str`, *optional*):
            "male" or "female", for the norms. Default: the mean of both.
        norms (`Norms`, *optional*):
            Norms of a laboratory. Default: the published norms.
        quantities (`Collection[str]`, *optional*):
            Names of the quantities that the text may speak of, such as "step_length". Default: all
            quantities of the rules.
        num_scores (`int`, *optional*, defaults to 3):
            Number of scores; the other score is one of 0 to `num_scores` - 1.

    Returns:
        `tuple[Written, int]`: The text, and the score that it argues for.

    Raises:
        ValueError: The parameters contradict none of the claims of another score, the score is not
            one of them, the sex is neither of the two, the age is not within 0 to 120 years, or a
            quantity is unknown.

    Example:
        ```python
        >>> import numpy as np
        >>> from agir_hf.annotation.rejected_texts import write_counterfactual
        >>> from agir_hf.gait import grounding_score
        >>> parameters = {"step_length_m": 0.38, "foot_strike_angle_deg": 9.0}
        >>> text, score = write_counterfactual(parameters, 2, np.random.default_rng(0))
        >>> score != 2, grounding_score(text.rationale, parameters).score
        (True, 0.0)

        ```
    """
    check_score(score, num_scores)
    walk = Walk(parameters, age, sex, norms, quantities)
    topics = read_topics(walk)
    drafts = []
    for other in (2, 0, 1, *range(NUM_SCORES, num_scores)):
        if other == score:
            continue
        claimed = {name: _with_other_grade(topic, other, rng) for name, topic in topics.items()}
        text = compose_text(walk, claimed, other, rng, truthful=False)
        drafts.append((_contradictions(walk, text), -abs(other - score), other, text))
    contradicted, _, other, text = max(drafts, key=lambda draft: draft[:2])
    if not contradicted:
        raise ValueError(
            "the measured gait contradicts none of the claims of another score: leave out the "
            "counterfactual of this walk"
        )
    return text, other


def write_wrong_walk(
    parameters: Mapping[str, float],
    score: int,
    others: Sequence[Mapping[str, float]],
    rng: np.random.Generator,
    age: float | None = None,
    sex: str | None = None,
    norms: Norms | None = None,
    quantities: Collection[str] | None = None,
) -> Written:
    """Write a rationale for the right score from the signs of another walk.

    Its claims fit the score, but the parameters of this walk contradict some of them. Of a few
    other walks, drawn at random, those whose grades differ from this walk in the most quantities
    are written about, and the text with the most contradicted claims is used.

    Args:
        parameters (`Mapping[str, float]`):
            Measured gait parameters of this walk, name → value, with the names and units of
            `agir_hf.gait.PARAMETERS`.
        score (`int`):
            Score of the clinician, 0 to 4.
        others (`Sequence[Mapping[str, float]]`):
            Gait parameters of other walks, preferably with the same score. What was not measured in
            this walk is not mentioned.
        rng (`numpy.random.Generator`):
            Random generator that draws the other walk and the wording.
        age (`float`, *optional*):
            Age of the subject in years, for the norms of all walks. Default: norms for 70 years.
        sex (`str`, *optional*):
            "male" or "female", for the norms. Default: the mean of both.
        norms (`Norms`, *optional*):
            Norms of a laboratory. Default: the published norms.
        quantities (`Collection[str]`, *optional*):
            Names of the quantities that the text may speak of, such as "step_length". Default: all
            quantities of the rules.

    Returns:
        [`Written`]: The text.

    Raises:
        ValueError: This walk contradicts none of the claims about the other walks, the score is not
            one of them, the sex is neither of the two, the age is not within 0 to 120 years, or a
            quantity is unknown.

    Example:
        ```python
        >>> import numpy as np
        >>> from agir_hf.annotation.rejected_texts import write_wrong_walk
        >>> from agir_hf.gait import grounding_score
        >>> parameters = {"step_length_m": 0.38}
        >>> text = write_wrong_walk(
        ...     parameters, 2, [{"step_length_m": 0.2}], np.random.default_rng(0)
        ... )
        >>> grounding_score(text.rationale, parameters).score
        0.0

        ```
    """
    check_score(score)
    walk = Walk(parameters, age, sex, norms, quantities)
    measured = read_topics(walk)
    drawn = [
        read_topics(Walk(others[index], age, sex, norms, quantities))
        for index in rng.permutation(len(others))[:_MOST_OTHERS]
    ]
    drawn.sort(key=lambda topics: -_differences(measured, topics))
    drafts = []
    for topics in drawn[:_MOST_DRAFTS]:
        topics = {name: topic for name, topic in topics.items() if name in measured}
        text = compose_text(walk, topics, score, rng, truthful=False)
        drafts.append((_contradictions(walk, text), text))
    contradicted, text = max(drafts, key=lambda draft: draft[0], default=(0, None))
    if not contradicted:
        raise ValueError(
            f"this walk contradicts none of the claims about {len(others)} other walks: pass more "
            "walks, or leave out the wrong text of this walk"
        )
    return text


def _differences(topics: Mapping[str, Topic], others: Mapping[str, Topic]) -> int:
    """Number of quantities that both walks have and that differ in side or grade."""
    return sum(
        {(sign.side, sign.grade) for sign in topic.signs}
        != {(sign.side, sign.grade) for sign in others[name].signs}
        for name, topic in topics.items()
        if name in others
    )


def _contradictions(walk: Walk, text: Written) -> int:
    checked = grounding_score(
        text.rationale, walk.parameters, walk.age, walk.sex, walk.norms
    ).checked
    return sum(row.verdict == CONTRADICTED for row in checked)


def _with_other_grade(topic: Topic, score: int, rng: np.random.Generator) -> Topic:
    """A topic with grades that go with a score and differ from the measured ones."""
    core = WEIGHTS[topic.quantity] >= _CORE

    def change(sign: Sign) -> Grade:
        degree = sign.grade.degree
        if score == 0:
            return NORMAL_GRADE
        if score == 1:
            wanted = 1 if degree != 1 and (core or rng.random() < 0.3) else 0
        else:
            wanted = int(rng.choice([d for d in (2, 3) if d != degree])) if core else degree
        if not wanted:
            return NORMAL_GRADE
        state = sign.grade.state if degree else impaired_state(topic.quantity, "high")
        return Grade(state, wanted)

    return regrade(topic, change)
