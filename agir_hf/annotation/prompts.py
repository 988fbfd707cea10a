"""The prompt by which a language model writes the rationale of a score, and how its answer is read.

The prompt has the three parts of AGIR's: instruction, exemplars (`exemplars.json`), input. An
answer is three lines, foot, arm and overall; whatever else comes is refused, not repaired. The
criteria of the scores are told in our own words: the wording of the MDS-UPDRS is not ours.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ..constants_agir import SCORES
from ..gait.grounding import (
    CHANGED_SD,
    CONTRADICTED,
    MARKED_SD,
    MILD_SD,
    NORMAL_SD,
    CheckedClaim,
    grounding_score,
)
from ..gait.norms import Reference, reference
from ..gait.parameters import in_words, unit_of

LABELS = ("Foot", "Arm", "Overall")
FEWEST_WORDS, MOST_WORDS = 3, 120  # of a part

_CRITERIA = {
    0: "nothing in the walk stands out from that of a healthy person of the same age",
    1: "the person needs no help to walk; the walk is changed, though only a little",
    2: "the person still needs no help to walk, yet the walk is changed considerably",
}

_TASK = """\
You are a clinician experienced in movement disorders. You are given the gait parameters measured \
in one walk of a person who may have Parkinson's disease, and the gait score that a clinician gave \
to it. Write the observations on which that score rests."""

_ITEM = """\
A rater watches how long and how fast the steps are, whether the feet come off the floor and land \
on the heel, how the person turns, and how the arms swing. Freezing is rated by an item of its own \
and plays no part."""

_RULES = f"""\
- Say only what the numbers bear out. A quantity that is not listed was not measured: do not \
mention it, not even to call it normal.
- Call a value reduced or increased only from {CHANGED_SD:g} SD off the mean, "markedly" only from \
{MARKED_SD:g} SD, "mildly" only up to {MILD_SD:g} SD. Call it normal only within {NORMAL_SD:g} SD.
- Numbers are optional. One that you give must be a measured one; invent none.
- Neither name the score nor say in other words which it is.
- Write two or three sentences for each part, in plain professional English, each about one or two \
quantities and naming the side where the sides differ.
- Foot: steps, foot lift, heel strike. Arm: arm swing and its symmetry. Overall: speed, rhythm, \
posture, and which findings weigh most."""

_FORM = """\
Answer with exactly three lines and nothing else:
Foot: …
Arm: …
Overall: …"""


class AnswerError(ValueError):
    """An answer is not in the three-line form."""


@dataclass(frozen=True)
class Written:
    """What was written about a walk: its feet, its arms, and how all of it weighs."""

    foot: str
    arm: str
    overall: str

    @property
    def rationale(self) -> str:
        """The three parts as one text."""
        return f"{self.foot} {self.arm} {self.overall}"


@dataclass(frozen=True)
class Exemplar:
    """A walk with its score and what is to be written about it; norms are those of `reference`
    without age and sex.
    """

    parameters: Mapping[str, float]
    score: int
    written: Written


@lru_cache(maxsize=1)
def load_exemplars() -> tuple[Exemplar, ...]:
    """The nine exemplars of the package, three for each score."""
    content = json.loads(Path(__file__).with_name("exemplars.json").read_text("utf-8"))
    return tuple(
        Exemplar(row["parameters"], row["score"], Written(row["foot"], row["arm"], row["overall"]))
        for row in content["exemplars"]
    )


def build_messages(
    parameters: Mapping[str, float],
    score: int,
    *,
    age: float | None = None,
    sex: str | None = None,
    exemplars: Sequence[Exemplar] | None = None,
) -> list[dict]:
    """Ask for the rationale of one walk.

    Args:
        parameters: name → value in the unit that the name carries.
        score: 0 to 2, as the clinician gave it.
        age, sex: of the walker, for the norms; see `agir_hf.gait.reference`.
        exemplars: None takes those of `load_exemplars`.

    Returns:
        Chat messages: the instruction as the system's, exemplars and input as the user's.

    Raises:
        ValueError: the score is none, parameters are missing or not finite, or there are no norms
            for the age or the sex.
    """
    if score not in SCORES:
        raise ValueError(f"score is {score!r}, expected one of {', '.join(map(str, SCORES))}")
    if not parameters:
        raise ValueError("no parameters of the walk are given, expected at least one")
    for name, value in parameters.items():
        if not math.isfinite(value):
            raise ValueError(f"{name} is {value}, expected a finite number: leave it out")
    shown = load_exemplars() if exemplars is None else exemplars
    examples = "\n\n".join(
        f"### Example {number}\n{_walk(one.parameters, one.score)}\n{format_answer(one.written)}"
        for number, one in enumerate(shown, 1)
    )
    walk = f"## The walk to write about\n{_walk(parameters, score, age, sex)}"
    user = f"## Examples\n{examples}\n\n{walk}" if examples else walk
    return [
        {"role": "system", "content": _instruction(parameters, age, sex)},
        {"role": "user", "content": f"{user}\n\n{_FORM}"},
    ]


def correction_messages(
    messages: Sequence[Mapping], answer: Written, contradicted: Iterable[CheckedClaim]
) -> list[dict]:
    """Go on with a conversation: name the claims that the measurement contradicts, ask again.

    Args:
        messages: of `build_messages`.
        answer: what came.
        contradicted: claims of `answer.rationale` and what was measured.
    """
    rows = "\n".join(f"- {_contradiction(answer.rationale, row)}" for row in contradicted)
    text = (
        f"The measurement contradicts these claims of yours:\n{rows}\n"
        "Write all three parts again. Make these claims agree with the measurement or leave them "
        f"out, and keep the rest.\n{_FORM}"
    )
    return [
        *map(dict, messages),
        {"role": "assistant", "content": format_answer(answer)},
        {"role": "user", "content": text},
    ]


def contradicted_claims(
    written: Written, parameters: Mapping[str, float], age: float | None, sex: str | None
) -> list[CheckedClaim]:
    """Claims of a text that the measured gait contradicts."""
    checked = grounding_score(written.rationale, parameters, age, sex).checked
    return [row for row in checked if row.verdict == CONTRADICTED]


def flags_of(written: Written, contradicted: Iterable[CheckedClaim]) -> tuple[str, ...]:
    """What is kept beside a text of claims that stay contradicted."""
    return tuple(f"contradicted: {claim_text(written.rationale, row)}" for row in contradicted)


def claim_text(rationale: str, checked: CheckedClaim) -> str:
    """The words of a text that make a claim."""
    return rationale[checked.claim.start : checked.claim.end]


def format_answer(written: Written) -> str:
    """The three-line form that `parse_answer` reads."""
    parts = (written.foot, written.arm, written.overall)
    return "\n".join(f"{label}: {part}" for label, part in zip(LABELS, parts, strict=True))


def parse_answer(text: str) -> Written:
    """Read an answer in the three-line form; the labels may be bold.

    Raises:
        AnswerError: lines, labels or their order are others, or a part is too short or too long.
    """
    lines = text.strip().splitlines()
    if len(lines) != len(LABELS):
        raise AnswerError(_refusal(text, f"{len(lines)} lines" if lines else "nothing"))
    parts = []
    for label, line in zip(LABELS, lines, strict=True):
        found = re.fullmatch(
            rf"(?:{label}:|\*\*{label}:\*\*|\*\*{label}\*\*:)\s+(.+)", line.strip()
        )
        if not found:
            raise AnswerError(_refusal(text, f"no line {label}"))
        count = len(found[1].split())
        if not FEWEST_WORDS <= count <= MOST_WORDS:
            raise AnswerError(_refusal(text, f"{label} of {count} words"))
        parts.append(found[1])
    return Written(*parts)


def _refusal(text: str, came: str) -> str:
    form = ", ".join(f"{label}: …" for label in LABELS)
    return (
        f"the answer has {came}, expected exactly three lines, {form}, in this order and each of "
        f"{FEWEST_WORDS} to {MOST_WORDS} words; it begins {text[:80]!r}"
    )


def _instruction(parameters: Mapping[str, float], age, sex) -> str:
    criteria = "\n".join(f"- {score}: {meaning}." for score, meaning in _CRITERIA.items())
    norms = "\n".join(
        f"- {in_words(name)}: {_norm(name, norm)}"
        for name in parameters
        if (norm := reference(name, age, sex)) is not None
    )
    known = f"## Norms\n{_norms_of(age, sex)}, mean ± SD:\n{norms}\n\n" if norms else ""
    return (
        f"## Task\n{_TASK}\n\n## Criteria of the score\n{criteria}\n{_ITEM}\n\n"
        f"{known}## Rules\n{_RULES}\n\n## Form\n{_FORM}"
    )


def _norms_of(age, sex) -> str:
    """Whose the norms are, and the examples' where these are others."""
    people = {"male": "men", "female": "women", None: "men and women"}[sex]
    own = f"Healthy {people} of {70 if age is None else age:g} years"
    same = age in (None, 70) and sex is None
    return own if same else f"{own} (in the examples men and women of 70 years)"


def _walk(parameters: Mapping[str, float], score: int, age=None, sex=None) -> str:
    """The measured parameters of a walk, one a line, and its score."""
    person = [f"{age:g} years"] if age is not None else []
    person += [sex] if sex is not None else []
    lines = [f"Walker: {', '.join(person)}"] if person else []
    lines += ["Measured (z: SD above or below the norm's mean):"]
    for name, value in parameters.items():
        norm = reference(name, age, sex)
        z = "" if norm is None else f" (z {norm.z(value):+.1f})"
        lines.append(f"- {in_words(name)}: {_quantity(name, value)}{z}")
    return "\n".join([*lines, f"Clinician's score: {score}"])


def _contradiction(rationale: str, row: CheckedClaim) -> str:
    """A claim beside what was measured."""
    told = f'"{claim_text(rationale, row)}": {in_words(row.parameter)} was measured as '
    told += _quantity(row.parameter, row.value)
    if row.norm is not None:
        told += f"; the norm is {_norm(row.parameter, row.norm)}, z {row.z:+.1f}"
    return told


def _quantity(name: str, value: float) -> str:
    return f"{value:.3g} {unit_of(name)}".rstrip()


def _norm(name: str, norm: Reference) -> str:
    return f"{norm.mean:.3g} ± {norm.sd:.2g} {unit_of(name)}".rstrip()
