"""Rationales from gait parameters by rules, and counterfactuals: rationales for another score.

Every claim follows from a measured parameter and its z-score against healthy older adults
(`gait.norms`). A sentence is kept only if the check in `gait.grounding` supports all of its claims,
so that the grounding of a rationale is 1.0. Signs have a fixed order; signs with the same grade
share a sentence where possible. Random draws select paraphrases, but not the claims: these
follow from the walk. The sentences do not quote the MDS-UPDRS.

A counterfactual is written in the same way for another score: a sentence is kept only if the check
contradicts it or if it fits both scores.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ..gait.claims import extract_claims
from ..gait.grounding import CONTRADICTED, NOT_MEASURABLE, SUPPORTED, check_claims
from ..gait.norms import reference
from ..gait.parameters import PARAMETERS
from .llm_writer import Answered, Request
from .prompts import Written
from .rule_sentences import (
    CLOSING,
    HIGH,
    LOW,
    NOT_MEASURED,
    PART_SIGNS,
    SENTENCES,
    SHARED_NAMES,
    UNCHANGED,
)

RULES = "rules"  # name of this writer
CHANGED_SD, MARKED_SD = 1.5, 3.0  # from these z-scores a sign is mildly or markedly changed
UNEVEN_ARMS_PERCENT = 30.0  # from this asymmetry the side that swings less is named
_IMPAIRED = {parameter.name: parameter.impaired for parameter in PARAMETERS}
_SEVERAL, _MOST = 0.3, 0.65  # shares of changed signs from which these words are used

# Sign: the parameter that determines its grade.
SIGNS = {
    "step_length": "step_length_m",
    "step_variability": "step_length_cv_percent",
    "step_evenness": "step_length_asymmetry_percent",
    "heel_strike": "foot_strike_angle_deg",
    "foot_lift": "toe_clearance_m",
    "step_width": "step_width_m",
    "double_support": "double_support_percent",
    "arm_swing": "mean_arm_swing_deg",
    "arm_evenness": "arm_swing_asymmetry_percent",
    "speed": "speed_m_per_s",
    "cadence": "cadence_steps_per_min",
    "rhythm": "stride_time_cv_percent",
    "posture": "trunk_flexion_deg",
    "sway": "pelvic_sway_m",
}


@dataclass(frozen=True)
class MeasuredWalk:
    """Gait parameters of a walk, with age and sex for their norms.

    Attributes:
        parameters: Measured gait parameters, name → value.
        age: Age of the subject in years, or None.
        sex: "male", "female" or None.
    """

    parameters: Mapping[str, float]
    age: float | None = None
    sex: str | None = None

    def z(self, name: str) -> float | None:
        """Return the z-score of a parameter, with its sign changed so that impairment is positive.

        Args:
            name: Name of a parameter, or "mean_arm_swing_deg" for the mean of both sides.

        Returns:
            The z-score, or None if the parameter or its norm is missing.
        """
        if name == "mean_arm_swing_deg":
            sides = [self.z(f"arm_swing_{side}_deg") for side in ("left", "right")]
            return None if None in sides else float(np.mean(sides))
        norm = reference(name, self.age, self.sex)
        if norm is None or name not in self.parameters:
            return None
        z = norm.z(self.parameters[name])
        return -z if _IMPAIRED[name] == "low" or (_IMPAIRED[name] == "either" and z < 0) else z

    def verdicts(self, text: str) -> list[str]:
        """Return the verdict of each claim of a text.

        Args:
            text: English sentences.
        """
        checked = check_claims(extract_claims(text), self.parameters, self.age, self.sex)
        return [row.verdict for row in checked]


def grade_signs(walk: MeasuredWalk) -> dict[str, int]:
    """Grade each sign that was measured: 0 normal, 1 mildly changed, 2 markedly changed.

    Args:
        walk: The measured walk.

    Returns:
        Sign → grade.
    """
    grades = {}
    for sign, name in SIGNS.items():
        z = walk.z(name)
        if z is not None:
            grades[sign] = int(z >= CHANGED_SD) + int(z >= MARKED_SD)
    return grades


def write_rationale(
    parameters: Mapping[str, float],
    rng: np.random.Generator,
    age: float | None = None,
    sex: str | None = None,
) -> Written:
    """Write the rationale of a walk from its gait parameters.

    Every claim is supported by the parameters, so that the grounding score is 1.0. The text neither
    names nor paraphrases the score: a model that has generated it still has to decide on the score,
    so that its probabilities are meaningful.

    Args:
        parameters (`Mapping[str, float]`):
            Measured gait parameters, name → value, with the names and units of
            `agir_hf.gait.PARAMETERS`. Missing parameters are not mentioned.
        rng (`numpy.random.Generator`):
            Random generator that selects paraphrases.
        age (`float`, *optional*):
            Age of the subject in years, 60 to 110, for the norms. Default: norms for 70 years.
        sex (`str`, *optional*):
            "male" or "female", for the norms. Default: the mean of both.

    Returns:
        [`Written`]: The parts `foot`, `arm` and `overall`, and all of them as `rationale`.

    Raises:
        ValueError: There are no norms for the age or the sex.

    Example:
        ```python
        >>> import numpy as np
        >>> from agir_hf.annotation.rule_writer import write_rationale
        >>> parameters = {"step_length_m": 0.38, "speed_m_per_s": 0.71}
        >>> text = write_rationale(parameters, np.random.default_rng(0))
        >>> text.foot
        'Step length is markedly decreased at about 0.40 m.'

        ```
    """
    walk = MeasuredWalk(parameters, age, sex)
    grades = grade_signs(walk)
    return _write(walk, grades, grades, rng, lambda verdicts: set(verdicts) <= {SUPPORTED})


def write_counterfactual(
    parameters: Mapping[str, float],
    score: int,
    rng: np.random.Generator,
    age: float | None = None,
    sex: str | None = None,
) -> tuple[Written, int]:
    """Write a rationale for another score: fluent, but contradicted by the parameters.

    It has the same structure as the text of [`write_rationale`] with the same state of the random
    generator and differs from it only in the claims, as a rejected answer in preference training.
    The score with the most contradicted claims is selected.

    Args:
        parameters (`Mapping[str, float]`):
            Measured gait parameters, name → value, with the names and units of
            `agir_hf.gait.PARAMETERS`.
        score (`int`):
            The correct score, 0 to 2.
        rng (`numpy.random.Generator`):
            Random generator that selects paraphrases.
        age (`float`, *optional*):
            Age of the subject in years, 60 to 110, for the norms. Default: norms for 70 years.
        sex (`str`, *optional*):
            "male" or "female", for the norms. Default: the mean of both.

    Returns:
        `tuple[Written, int]`: The text, and the score that it claims.

    Raises:
        ValueError: The parameters contradict none of the claims of another score, or there are no
            norms for the age or the sex.

    Example:
        ```python
        >>> import numpy as np
        >>> from agir_hf.annotation.rule_writer import write_counterfactual
        >>> parameters = {"step_length_m": 0.38, "speed_m_per_s": 0.71}
        >>> text, score = write_counterfactual(parameters, 2, np.random.default_rng(0))
        >>> score
        0
        >>> text.foot
        'Step length is preserved at about 0.65 m.'

        ```
    """
    walk = MeasuredWalk(parameters, age, sex)
    grades = grade_signs(walk)
    wrong_scores = [other for other in (2, 0, 1) if other != score]
    state = rng.bit_generator.state
    drafts = []
    for other in wrong_scores:
        rng.bit_generator.state = state  # same random draws: the texts differ only in claims
        claimed = {sign: (0, 1, 2)[other] if other != 1 else 1 for sign in grades}
        text = _write(walk, grades, claimed, rng, lambda verdicts: NOT_MEASURABLE not in verdicts)
        contradicted = walk.verdicts(text.rationale).count(CONTRADICTED)
        drafts.append((contradicted, -abs(other - score), other, text))
    contradicted, _, other, text = max(drafts, key=lambda draft: draft[:2])
    if not contradicted:
        raise ValueError(
            "the measured gait contradicts none of the claims of another score: leave out the "
            "counterfactual of this walk"
        )
    return text, other


def _write(
    walk: MeasuredWalk,
    grades: Mapping[str, int],
    claimed: Mapping[str, int],
    rng: np.random.Generator,
    keep: Callable[[list[str]], bool],
) -> Written:
    """Write a text that claims some grades.

    Args:
        walk: The measured walk.
        grades: Sign → grade of the walk, 0 to 2.
        claimed: Sign → grade that the text claims, 0 to 2.
        rng: Random generator that selects paraphrases.
        keep: Function that returns whether to keep a sentence, from the verdicts of its claims.
    """
    parts = {}
    for part, signs in PART_SIGNS.items():
        single = []  # sentences
        shared: dict[tuple, dict[str, str]] = {}  # words of the grade → name → sentence
        for sign in signs:
            draws = rng.random(2)  # for every sign, so that the draws do not depend on the walk
            if sign not in claimed:
                continue
            sentence = _sentence(walk, sign, grades[sign], claimed[sign], draws)
            verdicts = walk.verdicts(sentence)
            if not (verdicts and keep(verdicts)):
                continue
            if sign in SHARED_NAMES:
                words = (
                    _words(walk, sign, claimed[sign])[claimed[sign]] if claimed[sign] else UNCHANGED
                )
                shared.setdefault(words, {})[SHARED_NAMES[sign]] = sentence
            else:
                single.append(sentence)
        sentences = [*single, *_shared_sentences(shared, rng.random())]
        parts[part] = " ".join(sentences) or NOT_MEASURED[part]
    closing = CLOSING[int(rng.integers(len(CLOSING)))]
    share = _share(claimed)
    parts["overall"] += " " + closing.format(share=share.capitalize(), share_=share)
    return Written(**parts)


def _shared_sentences(shared: Mapping[tuple, Mapping[str, str]], draw: float) -> list[str]:
    """One sentence for all signs with the same words; a single sign keeps its own sentence.

    Args:
        shared: Words of a grade → name of a sign → its own sentence.
        draw: Number in 0 … 1 that selects the word.

    Returns:
        The sentences, that of the unchanged signs last.
    """
    result = []
    for words in sorted(shared, key=lambda words: words is UNCHANGED):
        sentences = shared[words]
        if len(sentences) == 1:
            result += sentences.values()
            continue
        *first, last = sentences
        word = words[int(draw * len(words))]
        result.append(f"{', '.join(first).capitalize()} and {last} are {word}.")
    return result


def _share(grades: Mapping[str, int]) -> str:
    changed = sum(grade > 0 for grade in grades.values()) / max(len(grades), 1)
    return ("few", "several", "most")[int(changed >= _SEVERAL) + int(changed >= _MOST)]


def _sentence(walk: MeasuredWalk, sign: str, grade: int, claimed: int, draws: np.ndarray) -> str:
    words, sentences = _words(walk, sign, claimed), SENTENCES[sign][1]
    word = words[claimed][int(draws[0] * len(words[claimed]))]
    sentence = sentences[int(draws[1] * len(sentences))]
    return sentence.format(w=word, n=_number(walk, sign, grade, claimed), s=_side(walk, claimed))


def _words(walk: MeasuredWalk, sign: str, claimed: int) -> tuple:
    """Words of the grades of a sign; of cadence and step width, of the direction of the change."""
    if sign not in ("cadence", "step_width") or not claimed:
        return SENTENCES[sign][0]
    name = SIGNS[sign]
    low = walk.parameters[name] < reference(name, walk.age, walk.sex).mean
    return LOW if low else HIGH


def _number(walk: MeasuredWalk, sign: str, grade: int, claimed: int) -> str:
    """The rounded value; for a grade that is not that of the walk, a value with this grade."""
    if sign not in ("speed", "step_length"):
        return ""
    name = SIGNS[sign]
    value, norm = walk.parameters[name], reference(name, walk.age, walk.sex)
    if claimed != grade:
        value = norm.mean - (0.0, 2.2, 3.6)[claimed] * norm.sd
    return f"{value:.1f} m/s" if sign == "speed" else f"{round(20 * value) / 20:.2f} m"


def _side(walk: MeasuredWalk, claimed: int) -> str:
    """Phrase about the arm that swings less, if the text calls the arm swing reduced."""
    uneven = walk.parameters.get("arm_swing_asymmetry_percent", 0.0) >= UNEVEN_ARMS_PERCENT
    if not claimed or not uneven:
        return ""
    left, right = (walk.parameters[f"arm_swing_{side}_deg"] for side in ("left", "right"))
    return f", more so on the {'left' if left < right else 'right'}"


class RuleWriter:
    """Rule-based writer: texts of [`write_rationale`], reproducible and without a network.

    It has the interface of [`EndpointWriter`]. The text depends on the parameters, the key of the
    request and the seed.

    Args:
        seed (`int`, *optional*, defaults to 0):
            Seed of the random generator that selects paraphrases.

    Example:
        ```python
        >>> from agir_hf.annotation.llm_writer import Request
        >>> from agir_hf.annotation.rule_writer import RuleWriter
        >>> request = Request("SUB01/walk_1", {"step_length_m": 0.38}, score=2)
        >>> (answer,) = RuleWriter(seed=0).write([request])
        >>> answer.key, answer.flags
        ('SUB01/walk_1', ())
        >>> answer.written.foot
        'Step length is severely reduced at about 0.40 m.'

        ```
    """

    name = RULES

    def __init__(self, seed: int = 0):
        self.seed = seed
        self.state = f"{RULES} {seed} {stable_number(repr((SENTENCES, UNCHANGED, CLOSING)))}"

    def write(self, requests: Iterable[Request]) -> Iterator[Answered]:
        """Write the texts of walks.

        Args:
            requests: Walks to write about.

        Yields:
            The texts in the order of the requests, without flags.
        """
        for request in requests:
            rng = np.random.default_rng([self.seed, stable_number(request.key)])
            text = write_rationale(request.parameters, rng, request.age, request.sex)
            yield Answered(request.key, text, ())


def stable_number(text: str) -> int:
    """Return a 64-bit hash of a text that is the same in every process.

    Args:
        text: Any text.
    """
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
