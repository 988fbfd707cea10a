"""Gait parameters → sentences, by rule: a rationale of feet, arms and the whole, and its opposite.

Every claim follows from a measured parameter and its distance from healthy elders (`gait.norms`);
a sentence stays only if the evidence check (`gait.evidence`) bears out all that it claims, so that
a rationale is grounded at 1.0. Signs come in one order; those that are changed alike, or not at
all, share a sentence where they can. Draws choose among paraphrases, never a claim and never
whether it is made: what a rationale says follows from the walk. The sentences are the project's own
and quote nothing of the MDS-UPDRS.

A counterfactual is written in the same way, towards another score: its sentences stay only where
the evidence contradicts them or where they fit both.
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

RULES = "rules"  # name of this writer
CHANGED_SD, MARKED_SD = 1.5, 3.0  # from here a sign is called mildly, markedly changed
UNEVEN_ARMS_PERCENT = 30.0  # from here the side that swings less is named
_IMPAIRED = {parameter.name: parameter.impaired for parameter in PARAMETERS}
_SEVERAL, _MOST = 0.3, 0.65  # shares of changed signs

# Sign: the parameter that grades it.
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
# Words of each grade: normal, mildly, markedly changed. One of each list is drawn.
_LOW = (
    ("normal", "within the normal range", "preserved", "unremarkable"),
    ("mildly reduced", "slightly reduced", "mildly decreased", "somewhat reduced"),
    ("markedly reduced", "severely reduced", "markedly decreased", "strongly reduced"),
)
_LONG = (
    ("normal", "within the normal range", "unremarkable"),
    ("mildly prolonged", "slightly prolonged", "mildly increased"),
    ("markedly prolonged", "markedly increased", "strongly increased"),
)
_HIGH = (
    ("normal", "within the normal range", "unremarkable"),
    ("mildly increased", "slightly increased", "somewhat increased"),
    ("markedly increased", "strongly increased"),
)
_STEADY = (
    ("steady", "consistent", "regular"),
    ("mildly variable", "slightly variable", "mildly inconsistent"),
    ("markedly variable", "severely variable", "markedly inconsistent"),
)
_EVEN = (
    ("even", "symmetric", "equal"),
    ("mildly uneven", "slightly asymmetric", "mildly asymmetric"),
    ("markedly uneven", "markedly asymmetric", "severely asymmetric"),
)
_UPRIGHT = (
    ("upright", "erect"),
    ("mildly stooped", "slightly stooped", "slightly bent forward"),
    ("markedly stooped", "severely stooped", "markedly bent forward"),
)
# Sign: words, and sentences with {w} for them; {n} is a number where one is told. No two signs have
# a sentence that begins alike: a reader, or a small model, knows from the first word what comes.
_SENTENCES: dict[str, tuple[tuple, tuple[str, ...]]] = {
    "step_length": (
        _LOW,
        (
            "Step length is {w} at about {n}.",
            "Step length, about {n}, is {w}.",
            "Stride amplitude is {w}, with a step length of about {n}.",
        ),
    ),
    "step_variability": (_STEADY, ("From step to step, step length is {w}.",)),
    "step_evenness": (
        _EVEN,
        ("Left and right steps are {w}.", "Left and right steps are {w} in length."),
    ),
    "heel_strike": (_LOW, ("Heel strike is {w}.", "Heel strike at initial contact is {w}.")),
    "foot_lift": (_LOW, ("Foot lift is {w}.", "Ground clearance is {w}.")),
    "step_width": (_HIGH, ("Step width is {w}.", "Base of support is {w}.")),
    "arm_swing": (_LOW, ("Arm swing is {w}{s}.", "Arm swing amplitude is {w}{s}.")),
    "arm_evenness": (_EVEN, ("Between the sides, arm swing is {w}.",)),
    "speed": (
        _LOW,
        ("Walking speed is {w} at about {n}.", "Gait speed is {w}, about {n}."),
    ),
    "rhythm": (_STEADY, ("Stride rhythm is {w}.", "Rhythm of the strides is {w}.")),
    "posture": (_UPRIGHT, ("Posture is {w}.",)),
    "cadence": (_LOW, ("Cadence is {w}.",)),
    "double_support": (_LONG, ("Double support is {w}.",)),
    "sway": (_HIGH, ("Lateral sway is {w}.",)),
}
_FOOT = ("step_length", "step_variability", "step_evenness", "heel_strike", "foot_lift",
         "step_width")  # fmt: skip
_ARM = ("arm_swing", "arm_evenness")
_OVERALL = ("speed", "rhythm", "posture", "cadence", "double_support", "sway")
_PART_SIGNS = {"foot": _FOOT, "arm": _ARM, "overall": _OVERALL}
# Sign: its name where it shares a sentence with others of the same grade.
_TOGETHER = {
    "heel_strike": "heel strike",
    "foot_lift": "foot lift",
    "step_width": "step width",
    "cadence": "cadence",
    "double_support": "double support",
    "sway": "lateral sway",
}
_UNCHANGED = ("normal", "within the normal range", "unremarkable")
_CLOSING = (
    "{share} of the measured signs are changed.",
    "Taken together, {share_} of the measured signs are changed.",
    "In all, {share_} of the signs that were measured are changed.",
)
_NOT_MEASURED = {
    "foot": "The recording does not show enough of the feet to judge them.",
    "arm": "The recording does not show enough of the arms to judge them.",
    "overall": "The recording does not show enough steps to judge the walk as a whole.",
}


@dataclass(frozen=True)
class Walker:
    """What a text is written from: parameters, and whose norms they are compared with."""

    parameters: Mapping[str, float]
    age: float | None = None
    sex: str | None = None

    def z(self, name: str) -> float | None:
        """Standard deviations from healthy elders, positive towards impairment."""
        if name == "mean_arm_swing_deg":
            sides = [self.z(f"arm_swing_{side}_deg") for side in ("left", "right")]
            return None if None in sides else float(np.mean(sides))
        norm = reference(name, self.age, self.sex)
        if norm is None or name not in self.parameters:
            return None
        z = norm.z(self.parameters[name])
        return -z if _IMPAIRED[name] == "low" or (_IMPAIRED[name] == "either" and z < 0) else z

    def verdicts(self, text: str) -> list[str]:
        """What the evidence says of each claim of a text."""
        checked = check_claims(extract_claims(text), self.parameters, self.age, self.sex)
        return [row.verdict for row in checked]


def grade_signs(walker: Walker) -> dict[str, int]:
    """Grade of each sign that was measured: 0 normal, 1 mildly changed, 2 markedly changed."""
    grades = {}
    for sign, name in SIGNS.items():
        z = walker.z(name)
        if z is not None:
            grades[sign] = int(z >= CHANGED_SD) + int(z >= MARKED_SD)
    return grades


def write_rationale(
    parameters: Mapping[str, float],
    rng: np.random.Generator,
    age: float | None = None,
    sex: str | None = None,
) -> Written:
    """Write what a score of the walk rests on.

    The text neither names the score nor paraphrases it: a model that has written it still has to
    judge, and its probabilities of the scores mean something.

    Args:
        parameters: measured gait parameters, name → value; what is absent is not spoken of.
        rng: chooses among paraphrases.
        age, sex: of the walker, for the norms.
    """
    walker = Walker(parameters, age, sex)
    grades = grade_signs(walker)
    return _write(walker, grades, grades, rng, lambda told: set(told) <= {SUPPORTED})


def write_counterfactual(
    parameters: Mapping[str, float],
    score: int,
    rng: np.random.Generator,
    age: float | None = None,
    sex: str | None = None,
) -> tuple[Written, int]:
    """Write what would speak for another score, and that score: it reads well and is wrong.

    Args:
        parameters: measured gait parameters, name → value.
        score: the right one.
        rng: chooses among paraphrases.
        age, sex: of the walker, for the norms.

    Raises:
        ValueError: the measured gait contradicts nothing that could be said.
    """
    walker = Walker(parameters, age, sex)
    grades = grade_signs(walker)
    wrong = [other for other in (2, 0, 1) if other != score]
    state = rng.bit_generator.state
    drafts = []
    for other in wrong:
        rng.bit_generator.state = state  # the same draws, so that the texts differ in claims alone
        shown = {sign: (0, 1, 2)[other] if other != 1 else 1 for sign in grades}
        text = _write(walker, grades, shown, rng, lambda told: NOT_MEASURABLE not in told)
        contradicted = walker.verdicts(text.rationale).count(CONTRADICTED)
        drafts.append((contradicted, -abs(other - score), other, text))
    contradicted, _, other, text = max(drafts, key=lambda draft: draft[:2])
    if not contradicted:
        raise ValueError("the measured gait contradicts nothing that could be said of it")
    return text, other


def _write(
    walker: Walker,
    grades: Mapping[str, int],
    shown: Mapping[str, int],
    rng: np.random.Generator,
    keep: Callable[[list[str]], bool],
) -> Written:
    """Texts of the grades shown; a sentence stays where `keep` accepts its verdicts."""
    parts = {}
    for part, signs in _PART_SIGNS.items():
        alone, together = [], {}  # sentences; words that fit → sign's name → sentence
        for sign in signs:
            draws = rng.random(2)  # the same number for every sign, whatever is kept
            if sign not in shown:
                continue
            sentence = _sentence(walker, sign, grades[sign], shown[sign], draws)
            verdicts = walker.verdicts(sentence)
            if not (verdicts and keep(verdicts)):
                continue
            if sign in _TOGETHER:
                words = (
                    _words(walker, sign, shown[sign])[shown[sign]] if shown[sign] else _UNCHANGED
                )
                together.setdefault(words, {})[_TOGETHER[sign]] = sentence
            else:
                alone.append(sentence)
        sentences = [*alone, *_joined(together, rng.random())]
        parts[part] = " ".join(sentences) or _NOT_MEASURED[part]
    closing = _CLOSING[int(rng.integers(len(_CLOSING)))]
    share = _share(shown)
    parts["overall"] += " " + closing.format(share=share.capitalize(), share_=share)
    return Written(**parts)


def _joined(together: Mapping[tuple, Mapping[str, str]], draw: float) -> list[str]:
    """A sentence for the signs that the same words fit; of a single sign, its own. Unchanged last.

    Args:
        together: words of a grade → sign's name → its own sentence.
        draw: in 0 … 1, chooses the word.
    """
    found = []
    for words in sorted(together, key=lambda words: words is _UNCHANGED):
        sentences = together[words]
        if len(sentences) == 1:
            found += sentences.values()
            continue
        *first, last = sentences
        word = words[int(draw * len(words))]
        found.append(f"{', '.join(first).capitalize()} and {last} are {word}.")
    return found


def _share(grades: Mapping[str, int]) -> str:
    changed = sum(grade > 0 for grade in grades.values()) / max(len(grades), 1)
    return ("few", "several", "most")[int(changed >= _SEVERAL) + int(changed >= _MOST)]


def _sentence(walker: Walker, sign: str, grade: int, shown: int, draws: np.ndarray) -> str:
    words, sentences = _words(walker, sign, shown), _SENTENCES[sign][1]
    word = words[shown][int(draws[0] * len(words[shown]))]
    sentence = sentences[int(draws[1] * len(sentences))]
    return sentence.format(w=word, n=_number(walker, sign, grade, shown), s=_side(walker, shown))


def _words(walker: Walker, sign: str, shown: int) -> tuple:
    """Words of the grades of a sign; of one that can be changed either way, of its way."""
    if sign not in ("cadence", "step_width") or not shown:
        return _SENTENCES[sign][0]
    name = SIGNS[sign]
    low = walker.parameters[name] < reference(name, walker.age, walker.sex).mean
    return _LOW if low else _HIGH


def _number(walker: Walker, sign: str, grade: int, shown: int) -> str:
    """The value rounded; of a grade that is not the walk's, one that goes with it."""
    if sign not in ("speed", "step_length"):
        return ""
    name = SIGNS[sign]
    value, norm = walker.parameters[name], reference(name, walker.age, walker.sex)
    if shown != grade:
        value = norm.mean - (0.0, 2.2, 3.6)[shown] * norm.sd
    return f"{value:.1f} m/s" if sign == "speed" else f"{round(20 * value) / 20:.2f} m"


def _side(walker: Walker, shown: int) -> str:
    """Names the arm that swings less, where one clearly does and it is said to be reduced."""
    uneven = walker.parameters.get("arm_swing_asymmetry_percent", 0.0) >= UNEVEN_ARMS_PERCENT
    if not shown or not uneven:
        return ""
    left, right = (walker.parameters[f"arm_swing_{side}_deg"] for side in ("left", "right"))
    return f", more so on the {'left' if left < right else 'right'}"


class RuleWriter:
    """Writes by rule; offline, and the same for the same recording and seed."""

    name = RULES

    def __init__(self, seed: int = 0):
        self.seed = seed
        self.state = f"{RULES} {seed} {stable_number(repr((_SENTENCES, _UNCHANGED, _CLOSING)))}"

    def write(self, requests: Iterable[Request]) -> Iterator[Answered]:
        """Texts in the order asked; nothing is ever flagged."""
        for request in requests:
            rng = np.random.default_rng([self.seed, stable_number(request.key)])
            text = write_rationale(request.parameters, rng, request.age, request.sex)
            yield Answered(request.key, text, ())


def stable_number(text: str) -> int:
    """A number of a text, the same in every process."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
