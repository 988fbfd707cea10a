"""Rationales from gait parameters by rules: texts that argue for a score, and wrong ones.

The signs of a walk are graded (`gait.grades`); the most deviant ones lead, signs of the same grade
share a sentence, exceptions are contrasted, and the conclusion says why the signs make the score or
where they do not agree with it. The texts are qualitative: they contain no numbers. A sentence is
kept only if the claims that `gait.claims` finds in it are the intended ones and the measured gait
supports all of them, so that the grounding of a rationale is 1.0. The random generator draws
wording and, where several orders are justified, the order. The rules are in the folder `rules`;
wrong texts for preference training are in `rejected_texts.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np

from ..gait.norms import Norms
from .llm_writer import Answered, Request
from .prompts import Written, check_score
from .rejected_texts import write_counterfactual, write_wrong_walk
from .rules import coverage
from .rules.signs import Walk, check_quantities, read_topics
from .rules.text import sentences, write_text

__all__ = [
    "NUM_REFERENCES",
    "RULES",
    "RuleWriter",
    "spoken_of",
    "stable_number",
    "write_counterfactual",
    "write_rationale",
    "write_references",
    "write_wrong_walk",
]

RULES = "rules"  # name of this writer
NUM_REFERENCES = 5


def write_rationale(
    parameters: Mapping[str, float],
    score: int,
    rng: np.random.Generator,
    age: float | None = None,
    sex: str | None = None,
    norms: Norms | None = None,
    quantities: Collection[str] | None = None,
) -> Written:
    """Write the rationale of a score from the gait parameters of a walk.

    Every claim is supported by the parameters, so that the grounding score is 1.0. The text argues
    for the score: its conclusion says which signs weigh most and, in words of its own, what the
    score means; if the signs are clearly milder or more severe than the score, it says so.

    Args:
        parameters (`Mapping[str, float]`):
            Measured gait parameters, name → value, with the names and units of
            `agir_hf.gait.PARAMETERS`. Missing parameters are not mentioned.
        score (`int`):
            Score of the clinician, 0 to 4.
        rng (`numpy.random.Generator`):
            Random generator that draws the wording.
        age (`float`, *optional*):
            Age of the subject in years, for the norms. Default: norms for 70 years. Below 20 years
            there are no norms: the text says so and grades nothing.
        sex (`str`, *optional*):
            "male" or "female", for the norms. Default: the mean of both.
        norms (`Norms`, *optional*):
            Norms of a laboratory. Default: the published norms.
        quantities (`Collection[str]`, *optional*):
            Names of the quantities that the text may speak of, such as "step_length". Default: all
            quantities of the rules.

    Returns:
        [`Written`]: The parts `foot`, `arm` and `overall`, and all of them as `rationale`.

    Raises:
        ValueError: The score is not one of 0 to 4, the sex is neither of the two, the age is not
            within 0 to 120 years, or a quantity is unknown.

    Example:
        ```python
        >>> import numpy as np
        >>> from agir_hf.annotation.rule_writer import write_rationale
        >>> from agir_hf.gait import extract_claims
        >>> parameters = {"step_length_m": 0.38, "foot_strike_angle_deg": 9.0}
        >>> text = write_rationale(parameters, 2, np.random.default_rng(0))
        >>> sorted((claim.quantity, claim.grade) for claim in extract_claims(text.foot))
        [('heel_strike', 1), ('step_length', 2)]
        >>> text.arm
        'The recording does not show enough of the arms to judge them.'

        ```
    """
    check_score(score)
    return write_text(Walk(parameters, age, sex, norms, quantities), score, rng)


def write_references(
    parameters: Mapping[str, float],
    score: int,
    rng: np.random.Generator,
    age: float | None = None,
    sex: str | None = None,
    norms: Norms | None = None,
    count: int = NUM_REFERENCES,
    quantities: Collection[str] | None = None,
) -> list[Written]:
    """Write several rationales of the same walk that differ in wording, selection and order.

    The first one is that of [`write_rationale`] with the same state of the random generator. A
    sentence of one text is not repeated in another, except where the walk leaves no other words.

    Args:
        parameters (`Mapping[str, float]`):
            Measured gait parameters, name → value, with the names and units of
            `agir_hf.gait.PARAMETERS`.
        score (`int`):
            Score of the clinician, 0 to 4.
        rng (`numpy.random.Generator`):
            Random generator that draws the wording.
        age (`float`, *optional*):
            Age of the subject in years, for the norms. Default: norms for 70 years.
        sex (`str`, *optional*):
            "male" or "female", for the norms. Default: the mean of both.
        norms (`Norms`, *optional*):
            Norms of a laboratory. Default: the published norms.
        count (`int`, *optional*, defaults to 5):
            Number of texts, at least 1.
        quantities (`Collection[str]`, *optional*):
            Names of the quantities that the texts may speak of, such as "step_length". Default: all
            quantities of the rules.

    Returns:
        `list[Written]`: The texts.

    Raises:
        ValueError: The score is not one of 0 to 4, the count is less than 1, the sex is neither of
            the two, the age is not within 0 to 120 years, or a quantity is unknown.

    Example:
        ```python
        >>> import numpy as np
        >>> from agir_hf.annotation.rule_writer import write_references
        >>> parameters = {"step_length_m": 0.38, "foot_strike_angle_deg": 9.0}
        >>> texts = write_references(parameters, 2, np.random.default_rng(0))
        >>> len(texts), len({text.foot for text in texts})
        (5, 5)

        ```
    """
    check_score(score)
    if count < 1:
        raise ValueError(f"count is {count}, expected at least 1")
    walk = Walk(parameters, age, sex, norms, quantities)
    texts: list[Written] = []
    used: set[str] = set()
    topics = read_topics(walk)
    for _ in range(count):
        texts.append(write_text(walk, score, rng, avoid=used, topics=topics))
        used |= set(sentences(texts[-1]))
    return texts


def spoken_of(
    written: Written,
    parameters: Mapping[str, float],
    age: float | None = None,
    sex: str | None = None,
    norms: Norms | None = None,
) -> dict[str, str]:
    """Report which parameters a text speaks of, and why it leaves out the others.

    Args:
        written (`Written`):
            The text.
        parameters (`Mapping[str, float]`):
            Measured gait parameters of the walk, name → value.
        age (`float`, *optional*):
            Age of the subject in years, for the norms. Default: norms for 70 years.
        sex (`str`, *optional*):
            "male" or "female", for the norms. Default: the mean of both.
        norms (`Norms`, *optional*):
            Norms of a laboratory. Default: the published norms.

    Returns:
        `dict[str, str]`: Name of a parameter → "spoken of", "said by another sign", "nearest to
        normal", "milder than the signs that are said", "not measurable", or "no norm", for all
        names of `agir_hf.gait.PARAMETERS`.

    Example:
        ```python
        >>> import numpy as np
        >>> from agir_hf.annotation.rule_writer import spoken_of, write_rationale
        >>> parameters = {"step_length_m": 0.38, "step_height_m": 0.1}
        >>> text = write_rationale(parameters, 2, np.random.default_rng(0))
        >>> reasons = spoken_of(text, parameters)
        >>> reasons["step_length_m"], reasons["step_height_m"], reasons["speed_m_per_s"]
        ('spoken of', 'no norm', 'not measurable')

        ```
    """
    return coverage.spoken_of(written.rationale, Walk(parameters, age, sex, norms))


class RuleWriter:
    """Rule-based writer: texts of [`write_rationale`], reproducible and without a network.

    It has the interface of [`EndpointWriter`]. The text depends on the parameters, the score, the
    key of the request and the seed.

    Args:
        seed (`int`, *optional*, defaults to 0):
            Seed of the random generator that draws the wording.
        quantities (`Collection[str]`, *optional*):
            Names of the quantities that the texts may speak of. Default: all quantities of the
            rules.

    Example:
        ```python
        >>> from agir_hf.annotation.llm_writer import Request
        >>> from agir_hf.annotation.rule_writer import RuleWriter
        >>> request = Request("SUB01/walk_1", {"step_length_m": 0.38}, score=2)
        >>> (answer,) = RuleWriter(seed=0).write([request])
        >>> answer.key, answer.flags
        ('SUB01/walk_1', ())
        >>> answer.written.arm
        'The recording does not show enough of the arms to judge them.'

        ```
    """

    name = RULES

    def __init__(self, seed: int = 0, quantities: Collection[str] | None = None):
        self.seed = seed
        self.quantities = None if quantities is None else check_quantities(quantities)
        self.state = f"{RULES} {seed} {_version()}"
        if self.quantities is not None:
            self.state += f" {','.join(self.quantities)}"

    def write(self, requests: Iterable[Request]) -> Iterator[Answered]:
        """Write the texts of walks.

        Args:
            requests: Walks to write about.

        Yields:
            The texts in the order of the requests, without flags.
        """
        for request in requests:
            rng = self.generator(request.key)
            person = (request.age, request.sex, request.norms, self.quantities)
            text = write_rationale(request.parameters, request.score, rng, *person)
            yield Answered(request.key, text, ())

    def generator(self, key: str) -> np.random.Generator:
        """Return the random generator of a walk, in its initial state.

        Args:
            key: Name of the walk.
        """
        return np.random.default_rng([self.seed, stable_number(key)])


@lru_cache(maxsize=1)
def _version() -> int:
    """Hash of the rules, which changes with every word of them."""
    files = sorted(Path(__file__).with_name("rules").glob("*.py"))
    return stable_number("".join(file.read_text("utf-8") for file in files))


def stable_number(text: str) -> int:
    """Return a 64-bit hash of a text that is the same in every process.

    Args:
        text: Any text.
    """
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
