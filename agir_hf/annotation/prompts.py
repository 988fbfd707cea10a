"""Prompt for the rationale of a score, and the parser of the answer.

The prompt has the three parts of AGIR's prompt: instruction, exemplars (`exemplars.json`) and
input. An answer has three lines, foot, arm and overall; any other answer is refused, not repaired.
The criteria of the scores are paraphrased, because the wording of the MDS-UPDRS is copyrighted.
Each value is shown with its grade (`gait.grades`), so that the writer uses the words that the check
accepts; the answer is qualitative, and one with numbers is refused too.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ..constants_agir import MAX_NUM_SCORES, SCORES
from ..gait.grades import cut_offs, grade_of, grade_words, scale
from ..gait.grounding import CONTRADICTED, NEAR, CheckedClaim, grounding_score
from ..gait.norms import Norms, Reference, norm_group, norm_remark, reference
from ..gait.parameters import PARAMETER_NAMES, in_words, unit_of

LABELS = ("Foot", "Arm", "Overall")
FEWEST_WORDS, MOST_WORDS = 3, 120  # of a part

_CRITERIA = {
    0: "nothing in the walk stands out "  # codespell:ignore stands
    "from that of a healthy person of the same age",
    1: "the person needs no help to walk; the walk is changed, though only a little",
    2: "the person still needs no help to walk, yet the walk is changed considerably",
    3: "the person walks with a device, such as a stick or a frame, and without another person",
    4: "the person does not walk, or only with the help of another person",
}

_TASK = """\
You are a clinician experienced in movement disorders. You are given the gait parameters measured \
in one walk of a person who may have Parkinson's disease, and the gait score that a clinician gave \
to it. Write why the walk has this score: what is seen, on which side, against which norm, and why \
that makes the score."""

_ITEM = """\
A rater watches how long and how fast the steps are, whether the feet come off the floor and land \
on the heel, how the person turns, and how the arms swing. Freezing is rated by an item of its own \
and plays no part."""

_RULES = """\
- Give each sign the grade that is written behind its value, such as "mildly reduced", "markedly \
increased", "absent" or "normal", or a word for exactly this grade (slightly for mildly, severely \
for markedly). A neighbouring grade is wrong.
- Write no numbers and no units.
- A quantity that is not listed was not measured: do not mention it, not even to call it normal.
- Begin each part with its most deviant sign, put signs of the same grade together, and name the \
side where the sides differ. Of the normal signs mention only those that tell something: an \
exception, or the one that is nearest to its limit.
- Name the norm: "for age and sex" for speed, steps and cadence, "at this speed" for double \
support and sway, "compared with older adults" otherwise.
- Say how the signs belong together, with because, consistent with or suggests.
- Foot: steps, foot lift, heel strike. Arm: arm swing and its symmetry. Overall: speed, rhythm, \
posture, turning, and at the end which signs weigh most and why they make the score by the \
criteria, in your own words. If the signs are clearly milder or more severe than the score, say so.
- Write two to four sentences for each part, in plain professional English."""

_FORM = """\
Answer with exactly three lines and nothing else:
Foot: …
Arm: …
Overall: …"""


class AnswerError(ValueError):
    """An answer is not in the three-line form."""


@dataclass(frozen=True)
class Written:
    """The text of a walk.

    Attributes:
        foot: Sentences about steps and feet.
        arm: Sentences about the arms.
        overall: Sentences about speed, rhythm and posture, and which findings weigh most.
    """

    foot: str
    arm: str
    overall: str

    @property
    def rationale(self) -> str:
        """The three parts as one text, each after its label: "Foot: … Arm: … Overall: …"."""
        parts = (self.foot, self.arm, self.overall)
        return " ".join(f"{label}: {part}" for label, part in zip(LABELS, parts, strict=True))


@dataclass(frozen=True)
class Exemplar:
    """An example in the prompt: a walk, its score and its text, with norms for 70 years.

    Attributes:
        parameters: Measured gait parameters, name → value.
        score: Score of the clinician, 0 to 4.
        written: The text.
    """

    parameters: Mapping[str, float]
    score: int
    written: Written


@lru_cache(maxsize=1)
def load_exemplars() -> tuple[Exemplar, ...]:
    """Load the nine exemplars of the package, three for each score."""
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
    norms: Norms | None = None,
    exemplars: Sequence[Exemplar] | None = None,
) -> list[dict]:
    """Build the chat messages that ask for the rationale of one walk.

    Args:
        parameters: Measured gait parameters, name → value in the unit at the end of the name.
        score: Score of the clinician, 0 to 4. Criteria are shown for the scores 0 to 2, and for
            higher ones up to this score.
        age: Age of the subject in years, for the norms; None uses 70 years. Below 20 years there
            are no norms and no grades.
        sex: "male", "female", or None for the mean of both.
        norms: Norms of a laboratory, or None for the published norms.
        exemplars: Examples in the prompt; None uses those of `load_exemplars`.

    Returns:
        Chat messages: instruction (system), exemplars and input (user).

    Raises:
        ValueError: The score is not one of 0 to 4, parameters are missing or not finite, the sex is
            neither of the two, or the age is not within 0 to 120 years.
    """
    check_score(score)
    if not parameters:
        raise ValueError("no parameters of the walk were passed, expected at least one")
    for name, value in parameters.items():
        if not math.isfinite(value):
            raise ValueError(f"{name} is {value}, expected a finite number: leave it out")
    shown = load_exemplars() if exemplars is None else exemplars
    examples = "\n\n".join(
        f"### Example {number}\n{_walk(row.parameters, row.score)}\n{format_answer(row.written)}"
        for number, row in enumerate(shown, 1)
    )
    person = (age, sex, norms)
    walk = f"## The walk to write about\n{_walk(parameters, score, *person)}"
    user = f"## Examples\n{examples}\n\n{walk}" if examples else walk
    return [
        {"role": "system", "content": _instruction(parameters, score, *person)},
        {"role": "user", "content": f"{user}\n\n{_FORM}"},
    ]


def check_score(score: int, num_scores: int = MAX_NUM_SCORES) -> None:
    """Raise an error for a score that texts cannot be written about.

    Args:
        score: The score.
        num_scores: Number of scores, which are 0 to `num_scores` - 1.

    Raises:
        ValueError: It is none of them.
    """
    if score not in range(num_scores):
        scores = ", ".join(map(str, range(num_scores)))
        raise ValueError(f"score is {score!r}, expected one of {scores}")


def correction_messages(
    messages: Sequence[Mapping], answer: Written, contradicted: Iterable[CheckedClaim]
) -> list[dict]:
    """Continue a conversation: list the contradicted claims and ask for a correction.

    Args:
        messages: Chat messages from `build_messages`.
        answer: The answer of the model.
        contradicted: Claims of `answer.rationale` that the measured gait contradicts.

    Returns:
        The messages, the answer, and the request for a correction.
    """
    rows = "\n".join(f"- {_contradiction(answer.rationale, row)}" for row in contradicted)
    text = (
        f"The measurement does not support these claims of yours:\n{rows}\n"
        "Write all three parts again. Make these claims agree with the measurement or leave them "
        f"out, and keep the rest.\n{_FORM}"
    )
    return [
        *map(dict, messages),
        {"role": "assistant", "content": format_answer(answer)},
        {"role": "user", "content": text},
    ]


def contradicted_claims(
    written: Written,
    parameters: Mapping[str, float],
    age: float | None,
    sex: str | None,
    norms: Norms | None = None,
) -> list[CheckedClaim]:
    """Find the claims of a text that the measured gait contradicts or only nearly supports.

    Args:
        written: The text.
        parameters: Measured gait parameters, name → value.
        age: Age of the subject in years, for the norms, or None.
        sex: "male", "female" or None, for the norms.
        norms: Norms of a laboratory, or None for the published norms.
    """
    checked = grounding_score(written.rationale, parameters, age, sex, norms).checked
    return [row for row in checked if row.verdict in (CONTRADICTED, NEAR)]


def flags_of(written: Written, contradicted: Iterable[CheckedClaim]) -> tuple[str, ...]:
    """Describe the claims that are still not supported after the correction.

    Args:
        written: The text.
        contradicted: Its claims that the measured gait contradicts or only nearly supports.
    """
    return tuple(f"{row.verdict}: {claim_text(written.rationale, row)}" for row in contradicted)


def claim_text(rationale: str, checked: CheckedClaim) -> str:
    """Return the words of a text that make a claim.

    Args:
        rationale: The text.
        checked: A claim of the text.
    """
    return rationale[checked.claim.start : checked.claim.end]


def format_answer(written: Written) -> str:
    """Format a text in the three-line form that `parse_answer` reads.

    Args:
        written: The text.
    """
    parts = (written.foot, written.arm, written.overall)
    return "\n".join(f"{label}: {part}" for label, part in zip(LABELS, parts, strict=True))


def parse_answer(text: str) -> Written:
    """Parse an answer in the three-line form; the labels may be bold.

    Args:
        text: Answer of the model.

    Returns:
        The three parts.

    Raises:
        AnswerError: The number of lines, the labels or their order differ, or a part is too short
            or too long, or has a number.
    """
    lines = text.strip().splitlines()
    if len(lines) != len(LABELS):
        raise AnswerError(_refusal(text, f"{len(lines)} lines" if lines else "nothing"))
    parts = []
    for label, line in zip(LABELS, lines, strict=True):
        match = re.fullmatch(
            rf"(?:{label}:|\*\*{label}:\*\*|\*\*{label}\*\*:)\s+(.+)", line.strip()
        )
        if not match:
            raise AnswerError(_refusal(text, f"no line {label}"))
        count = len(match[1].split())
        if not FEWEST_WORDS <= count <= MOST_WORDS:
            raise AnswerError(_refusal(text, f"{label} of {count} words"))
        if number := re.search(r"\d[\d.,]*", match[1]):
            raise AnswerError(_refusal(text, f"the number {number[0]}"))
        parts.append(match[1])
    return Written(*parts)


def _refusal(text: str, content: str) -> str:
    form = ", ".join(f"{label}: …" for label in LABELS)
    return (
        f"the answer has {content}, expected exactly three lines, {form}, in this order and each "
        f"of {FEWEST_WORDS} to {MOST_WORDS} words without numbers; it begins {text[:80]!r}"
    )


def _instruction(parameters: Mapping[str, float], score: int, age, sex, norms) -> str:
    last = max(score, SCORES[-1])
    criteria = "\n".join(f"- {k}: {meaning}." for k, meaning in _CRITERIA.items() if k <= last)
    speed = parameters.get("speed_m_per_s")
    rows = "\n".join(
        f"- {in_words(name)}: {_norm(name, norm)}; {_bands(name, norm)}"
        for name in parameters
        if (norm := _reference(name, age, sex, speed, norms)) is not None
    )
    group = f"{_norms_of(age, sex)}, mean ± SD and grades"
    norm_part = f"## Norms and grades\n{group}:\n{rows}\n\n" if rows else ""
    if remark := norm_remark(age):
        norm_part = norm_part or f"## Norms\n{remark.capitalize()}. Grade nothing.\n\n"
    return (
        f"## Task\n{_TASK}\n\n## Criteria of the score\n{criteria}\n{_ITEM}\n\n"
        f"{norm_part}## Rules\n{_RULES}\n\n## Form\n{_FORM}"
    )


def _norms_of(age, sex) -> str:
    """Age and sex that the norms are for, and those of the examples if they differ."""
    group = f"Healthy {norm_group(age, sex)}"
    same = age in (None, 70) and sex is None
    return group if same else f"{group} (in the examples men and women of 70 years)"


def _reference(name: str, age, sex, speed, norms) -> Reference | None:
    """Norm of a parameter, None for names that are no gait parameters."""
    return reference(name, age, sex, speed, norms) if name in PARAMETER_NAMES else None


def _bands(name: str, norm: Reference) -> str:
    """Grades from the lowest to the highest value, with the cut-offs between them."""
    words = [grade_words(grade) for grade in scale(name)]
    limits = [f" < {limit:.3g} ≤ " for limit in cut_offs(name, norm)]
    return "".join(word + limit for word, limit in zip(words, [*limits, ""], strict=True))


def _walk(parameters: Mapping[str, float], score: int, age=None, sex=None, norms=None) -> str:
    """The measured parameters of a walk with their grades, one per line, and its score."""
    person = [f"{age:g} years"] if age is not None else []
    person += [sex] if sex is not None else []
    lines = [f"Walker: {', '.join(person)}"] if person else []
    lines += ["Measured (z: SD above or below the norm's mean; then the grade):"]
    speed = parameters.get("speed_m_per_s")
    for name, value in parameters.items():
        norm = _reference(name, age, sex, speed, norms)
        grade = ""
        if norm is not None:
            words = grade_words(grade_of(name, value, norm))
            grade = f" (z {norm.z(value):+.1f}; {words})"
        lines.append(f"- {in_words(name)}: {_quantity(name, value)}{grade}")
    return "\n".join([*lines, f"Clinician's score: {score}"])


def _contradiction(rationale: str, row: CheckedClaim) -> str:
    """A claim and the measurement that does not support it."""
    line = f'"{claim_text(rationale, row)}": {in_words(row.parameter)} was measured as '
    line += _quantity(row.parameter, row.value)
    if row.norm is not None:
        line += f"; the norm is {_norm(row.parameter, row.norm)}, z {row.z:+.1f}"
    if row.grade is not None:
        line += f", which is {grade_words(row.grade)}"
    return line


def _quantity(name: str, value: float) -> str:
    return f"{value:.3g} {unit_of(name)}".rstrip()


def _norm(name: str, norm: Reference) -> str:
    return f"{norm.mean:.3g} ± {norm.sd:.2g} {unit_of(name)}".rstrip()
