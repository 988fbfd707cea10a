"""What a rationale asserts, and whether the measured gait bears it out.

A lexicon (`lexicon.json`) and the rules here find claims; no model does. A claim names a quantity,
a side, and a state of its value (low, normal, high) with a grade, or a number. It is checked
against measured parameters and the norms of healthy elders (`norms.py`):

- low or high: supported beyond 1 SD on that side; "markedly" needs 2 SD, "mildly" at most 4;
- normal: supported within 2 SD on the side that counts as impaired;
- a number: supported within 10 % of what was measured, or its own rounding.

Between 1 and 2 SD both "mildly reduced" and "normal" pass: there readers differ.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from .norms import Reference, reference
from .parameters import PARAMETERS

SUPPORTED, CONTRADICTED, NOT_MEASURABLE = "supported", "contradicted", "not measurable"
CHANGED_SD, NORMAL_SD, MARKED_SD, MILD_SD = 1.0, 2.0, 2.0, 4.0
NUMBER_TOLERANCE = 0.10
_IMPAIRED = {parameter.name: parameter.impaired for parameter in PARAMETERS}
_UNITS = {"m/s": 1, "steps/min": 1, "steps per minute": 1, "/min": 1, "°": 1, "degrees": 1,
          "%": 1, "percent": 1, "cm": 0.01, "mm": 0.001, "m": 1, "s": 1}  # fmt: skip
_OF_UNIT = {"m/s": "speed", "steps/min": "cadence", "steps per minute": "cadence"}
_NUMBER = r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>" + "|".join(map(re.escape, _UNITS)) + r")(?!\w)"
_KINDS = ("phrase", "name", "negation", "state", "grade", "side", "number", "break", "soft", "than")
# Few words may stand between an adjective and what it describes; a verb or a comma may not.
_JOINS = re.compile(r"[\s]*(?:(?:of|in|the|a|an|his|her|on|left|right|both)\s*)*$")
_AND = re.compile(r"[\s,]*(?:and|or|nor)?[\s]*(?:the\s*)?$")


@dataclass(frozen=True)
class Claim:
    """Something that a text asserts of a gait.

    Attributes:
        quantity: of the lexicon.
        side: "left", "right", "both", or "" where none is named.
        state: "low", "normal" or "high" value; "" where a number is claimed.
        grade: 0 not graded, 1 mildly, 2 moderately, 3 markedly.
        value: claimed number in the parameter's unit, or None.
        start, end: place in the text.
    """

    quantity: str
    side: str
    state: str
    grade: int
    value: float | None
    start: int
    end: int


@dataclass(frozen=True)
class CheckedClaim:
    """A claim beside what was measured: verdict, the parameter that decided it, value, norm, z."""

    claim: Claim
    verdict: str
    parameter: str | None
    value: float | None
    norm: Reference | None
    z: float | None


@dataclass(frozen=True)
class Grounding:
    """`score` is supported / (supported + contradicted), None where nothing could be checked.

    `coverage` is the share of claims that could be checked, None without claims.
    """

    score: float | None
    coverage: float | None
    checked: tuple[CheckedClaim, ...]


@dataclass(frozen=True)
class _Mark:
    kind: str
    start: int
    end: int
    text: str
    quantity: str = ""
    state: str = ""


@lru_cache(maxsize=1)
def lexicon() -> dict:
    """The lexicon as its file has it."""
    return json.loads(Path(__file__).with_name("lexicon.json").read_text("utf-8"))


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[str, str, str, re.Pattern]]:
    words = lexicon()
    rows = []
    for quantity, entry in words["quantities"].items():
        rows += [("name", quantity, "", name) for name in entry["names"]]
        for state, phrases in entry["phrases"].items():
            rows += [("phrase", quantity, state, phrase) for phrase in phrases]
    for state, known in words["states"].items():
        rows += [("state", "", state, re.escape(word)) for word in known]
    for grade, known in words["grades"].items():
        rows += [("grade", "", grade, re.escape(word)) for word in known]
    rows += [("negation", "", "", re.escape(word)) for word in words["negations"]]
    rows += [("side", "", side, side) for side in ("left", "right")]
    rows += [("side", "", "both", word) for word in ("both", "bilateral(?:ly)?")]
    rows += [("break", "", "", word) for word in ("but", "while", "whereas", "although", "though")]
    rows += [("break", "", "", "however"), ("than", "", "", "than"), ("soft", "", "", "with")]
    return [(k, q, s, re.compile(rf"\b(?:{word})\b")) for k, q, s, word in rows]


def extract_claims(text: str) -> list[Claim]:
    """Find what a text asserts of a gait, in order.

    Args:
        text: English sentences.
    """
    claims = []
    for sentence in re.finditer(r"(?:[^.;!?]|(?<=\d)\.(?=\d))+", text):
        marks = _marks(sentence.group().lower(), sentence.start())
        clauses: list[list[_Mark]] = [[]]
        for mark in marks:
            clauses.append([]) if mark.kind == "break" else clauses[-1].append(mark)
        for clause in clauses:
            found = _Clause(clause, text.lower()).claims()
            if not found and claims and {m.kind for m in clause} == {"negation", "side"}:
                side = next(mark.state for mark in clause if mark.kind == "side")
                last = claims[-1]
                state = _negated(last.quantity, last.state)
                place = (clause[0].start, clause[-1].end)
                found = [Claim(last.quantity, side, state, 0, None, *place)]
            claims += found
    unique = {(c.quantity, c.side, c.state, c.value): c for c in reversed(claims)}
    return [claim for claim in claims if claim in unique.values()]


def _marks(sentence: str, offset: int) -> list[_Mark]:
    """What the lexicon knows in a sentence, longest first where matches overlap, in order."""
    found = [
        _Mark(kind, match.start(), match.end(), match.group(), quantity, state)
        for kind, quantity, state, pattern in _patterns()
        for match in pattern.finditer(sentence)
    ]
    found += [
        _Mark("number", m.start(), m.end(), m.group()) for m in re.finditer(_NUMBER, sentence)
    ]
    found.sort(key=lambda mark: (mark.start - mark.end, _KINDS.index(mark.kind)))
    kept: list[_Mark] = []
    for mark in found:
        if all(mark.end <= other.start or mark.start >= other.end for other in kept):
            kept.append(mark)
    moved = [
        _Mark(m.kind, m.start + offset, m.end + offset, m.text, m.quantity, m.state) for m in kept
    ]
    return sorted(moved, key=lambda mark: mark.start)


class _Clause:
    """Attaches states to the quantities of one clause."""

    def __init__(self, marks: list[_Mark], text: str):
        self.marks, self.text = marks, text
        self.found: list[Claim] = []
        self.subjects: list[_Mark] = []
        self.pending: list[tuple[_Mark, int, bool]] = []
        self.said: set[int] = set()  # subjects of which something was said
        self.negated = self.used = False
        self.grade = 0

    def claims(self) -> list[Claim]:
        for index, mark in enumerate(self.marks):
            self._end_negation(index)
            getattr(self, f"_{mark.kind}", lambda *_: None)(index, mark)
        for subject in self.subjects:
            self._bare(subject)
        return sorted(self.found, key=lambda claim: claim.start)

    def _between(self, first: int, second: int) -> str:
        return self.text[self.marks[first].end : self.marks[second].start]

    def _end_negation(self, index: int) -> None:
        if not (index and self.negated and self.used):
            return
        if re.search(r",|\band\b", self._between(index - 1, index)):
            self.negated = False

    def _negation(self, _, mark) -> None:
        self.negated, self.used = True, False

    def _grade(self, _, mark) -> None:
        self.grade = int(mark.state)

    def _phrase(self, _, mark) -> None:
        state = _negated(mark.quantity, mark.state) if self.negated else mark.state
        self.used = True
        self._add(mark.quantity, state, mark, mark)

    def _number(self, index, mark) -> None:
        number = re.fullmatch(_NUMBER, mark.text)
        unit = number["unit"]
        wanted = _OF_UNIT.get(unit)
        names = [m for m in self.marks if m.kind == "name"]
        names = [m for m in names if wanted in (None, m.quantity)]
        if not names and wanted is None:
            return
        near = min(names, key=lambda m: min(abs(m.start - mark.end), abs(mark.start - m.end)),
                   default=mark)  # fmt: skip
        self.said.add(near.start)
        side = self._side_of(near, mark)
        place = (min(near.start, mark.start), max(near.end, mark.end))
        value = float(number["number"]) * _UNITS[unit]
        self.found.append(Claim(wanted or near.quantity, side, "", 0, value, *place))

    def _name(self, index, mark) -> None:
        before = index - 1
        joined = (
            before >= 0
            and self.marks[before].kind == "name"
            and _AND.fullmatch(self._between(before, index))
        )
        if not joined:
            for subject in self.subjects:
                self._bare(subject)
            self.subjects = []
            if before < 0 or self.marks[before].kind not in ("state", "grade", "side"):
                self.pending = []
        self.subjects.append(mark)
        for state, grade, negated in self.pending:
            self._attach(state, mark, grade, negated)

    def _state(self, index, mark) -> None:
        grade, self.grade = self.grade, 0
        if self._describes_next(index):
            if self.marks[index - 1].kind == "name" or not self._chained(index):
                self.pending = []
            self.pending.append((mark, grade, self.negated))
            self.used = True
            return
        self.pending = []
        for subject in self.subjects:
            self._attach(mark, subject, grade, self.negated)
        self.used = self.used or bool(self.subjects)

    def _chained(self, index: int) -> bool:
        return index > 0 and self.marks[index - 1].kind in ("state", "grade")

    def _describes_next(self, index: int) -> bool:
        """Whether a state stands before the name that it describes."""
        for after in range(index + 1, len(self.marks)):
            gap, kind = self._between(after - 1, after), self.marks[after].kind
            if kind == "name":
                return bool(_JOINS.fullmatch(gap))
            if kind in ("state", "grade"):
                if not _AND.fullmatch(gap):
                    return False
                if self.subjects and self.subjects[-1].start not in self.said:
                    return False
            elif kind != "side" or not _JOINS.fullmatch(gap):
                return False
        return False

    def _attach(self, state: _Mark, subject: _Mark, grade: int, negated: bool) -> None:
        asymmetry = "asymmetr" in subject.text
        if asymmetry and state.text in ("clear", "pronounced"):
            return
        quantity, value = _meaning(subject.quantity, state.state, state.text)
        if state.text.endswith("regular") and re.fullmatch("(steps?|strides?)", subject.text):
            quantity = "rhythm"
        if quantity is None:
            return
        if negated:
            value, grade = _negated(quantity, value), 0
        self.said.add(subject.start)
        self._add(quantity, value, subject, state, grade)

    def _bare(self, subject: _Mark) -> None:
        """A name that asserts something by being there: "there is an asymmetry"."""
        if subject.start in self.said or not re.search("asymmetr|lean|stoop", subject.text):
            return
        self.said.add(subject.start)
        self.used = True
        self._add(subject.quantity, "normal" if self.negated else "high", subject, subject)

    def _add(self, quantity, state, first: _Mark, second: _Mark, grade: int | None = None) -> None:
        if grade is None:
            grade, self.grade = self.grade, 0
        if re.search(r"\b(?:absent|missing|does not|do not|hardly|barely)\b", second.text):
            if quantity in ("freezing", "festination", "tremor", "walking_aid"):
                state = "normal"
            elif state == "low":
                grade = 3
        place = (min(first.start, second.start), max(first.end, second.end))
        side = self._side_of(first, second)
        self.found.append(Claim(quantity, side, state, grade, None, *place))

    def _side_of(self, first: _Mark, second: _Mark) -> str:
        """The side named in the words themselves, or the nearest in the same part of a clause."""
        for mark in (first, second):
            inside = re.search(r"\b(left|right|both|neither)\b", mark.text)
            if inside and not re.search("left and right", mark.text):
                return "both" if inside[1] == "neither" else inside[1]
        start, end = min(first.start, second.start), max(first.end, second.end)
        sides = []
        for index, mark in enumerate(self.marks):
            if mark.kind != "side":
                continue
            if index and self.marks[index - 1].kind == "than":
                continue
            low, high = (mark.end, start) if mark.start < start else (end, mark.start)
            between = self.text[min(low, high) : high]
            others = [
                m for m in self.marks
                if m.kind in ("name", "phrase") and low <= m.start < high and m.start != first.start
            ]  # fmt: skip
            apart = r"[,;]|\band\b" if mark.start < start and self._named(mark) else r"[,;]"
            if not others and not re.search(apart, between):
                sides.append((max(high - low, 0), mark.state))
        return min(sides)[1] if sides else ""

    def _named(self, side: _Mark) -> bool:
        """Whether something stands before a side that it may belong to."""
        return any(m.kind in ("name", "phrase") and m.end <= side.start for m in self.marks)


_LOW_IS_GOOD = ("rhythm", "sway", "step_length_variability", "step_asymmetry", "arm_asymmetry")


def _meaning(quantity: str, state: str, word: str) -> tuple[str | None, str]:
    """The quantity that a state speaks of, and the state of its value."""
    entry = lexicon()["quantities"][quantity]
    if state in ("variable", "steady"):
        quantity = "rhythm" if quantity == "rhythm" else entry.get("variability")
        return quantity, "high" if state == "variable" else "normal"
    if state in ("uneven", "even"):
        own = quantity if "asymmetry" in quantity else entry.get("asymmetry")
        return own, "high" if state == "uneven" else "normal"
    if state == "impaired" or (word == "poor" and quantity in ("posture", "rhythm", "turning")):
        return quantity, _bad(quantity)
    if quantity == "turning" and state != "normal":
        return quantity, "high" if word.startswith("slow") or state == "high" else "normal"
    if quantity in _LOW_IS_GOOD and state == "low":
        return quantity, "normal"
    return quantity, state


def _bad(quantity: str) -> str:
    bad = lexicon()["quantities"][quantity]["bad"]
    return "low" if bad == "either" else bad


def _negated(quantity: str, state: str) -> str:
    return _bad(quantity) if state == "normal" else "normal"


def check_claims(
    claims: Iterable[Claim],
    parameters: Mapping[str, object],
    age: float | None = None,
    sex: str | None = None,
) -> list[CheckedClaim]:
    """Check each claim against measured parameters.

    Args:
        claims: from `extract_claims`.
        parameters: name → `Measured`, {"value": …}, or a number; the names of `PARAMETERS`.
        age, sex: of the walker, for the norms.
    """
    values = {name: _number_of(row) for name, row in parameters.items()}
    return [_check(claim, values, age, sex) for claim in claims]


def _number_of(row) -> float:
    if isinstance(row, Mapping):
        return float(row["value"])
    return float(getattr(row, "value", row))


def _check(claim: Claim, values: dict[str, float], age, sex) -> CheckedClaim:
    names, how = _parameters_of(claim)
    rows = []
    for name in names:
        if name not in values:
            continue
        norm = reference(name, age, sex)
        if claim.value is not None:
            rows.append((_near(claim.value, values[name]), name, norm))
        elif norm is not None:
            rows.append((_fits(claim, name, norm.z(values[name])), name, norm))
    if not rows or (how is all and len(rows) < len(names)):
        return CheckedClaim(claim, NOT_MEASURABLE, None, None, None, None)
    holds = how(fits for fits, _, _ in rows)
    _, name, norm = next(row for row in rows if row[0] == holds)
    z = None if norm is None else norm.z(values[name])
    return CheckedClaim(claim, SUPPORTED if holds else CONTRADICTED, name, values[name], norm, z)


def _parameters_of(claim: Claim):
    """Names of the parameters that decide a claim, and whether all or any must bear it out."""
    names = []
    measures = lexicon()["quantities"][claim.quantity]["measures"]
    for measure in measures:
        if "{side}" not in measure:
            names.append(measure)
        elif claim.side in ("left", "right"):
            names.append(measure.format(side=f"{claim.side}_"))
        elif claim.side == "both" or claim.quantity == "arm_swing":
            names += [measure.format(side=f"{side}_") for side in ("left", "right")]
        else:
            names.append(measure.format(side=""))
    sided = any("{side}" in measure for measure in measures)
    either = claim.state != "normal" and not (sided and claim.side == "both")
    return names, any if either or claim.value is not None else all


def _near(claimed: float, measured: float) -> bool:
    digits = len(str(claimed).partition(".")[2]) if claimed != int(claimed) else 0
    return abs(claimed - measured) <= max(NUMBER_TOLERANCE * abs(measured), 0.5 * 10**-digits)


def _fits(claim: Claim, name: str, z: float) -> bool:
    if claim.state == "normal":
        bad = _IMPAIRED[name]
        return not ((bad != "high" and z < -NORMAL_SD) or (bad != "low" and z > NORMAL_SD))
    size = -z if claim.state == "low" else z
    least = MARKED_SD if claim.grade == 3 else CHANGED_SD
    return size >= least and not (claim.grade == 1 and size > MILD_SD)


def grounding_score(
    text: str,
    parameters: Mapping[str, object],
    age: float | None = None,
    sex: str | None = None,
) -> Grounding:
    """How much of what a text asserts the measured gait bears out; see `Grounding`."""
    checked = check_claims(extract_claims(text), parameters, age, sex)
    supported = sum(row.verdict == SUPPORTED for row in checked)
    told = supported + sum(row.verdict == CONTRADICTED for row in checked)
    return Grounding(
        supported / told if told else None, told / len(checked) if checked else None, tuple(checked)
    )
