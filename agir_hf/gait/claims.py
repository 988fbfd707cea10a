"""What a text asserts of a gait: claims, found by a lexicon (`lexicon.json`) and rules, no model.

A sentence is cut into clauses at words such as "but" and "although". In a clause the lexicon's
longest matches become marks: names of quantities, states of their value, grades, sides, numbers,
negations, and phrases that assert something by themselves. States and numbers are then attached to
the names they stand with; a clause without a name goes on with the quantity before it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

_UNITS = {"m/s": 1, "steps/min": 1, "steps per minute": 1, "/min": 1, "°": 1, "degrees": 1,
          "%": 1, "percent": 1, "cm": 0.01, "mm": 0.001, "m": 1, "s": 1}  # fmt: skip
# What a unit can be of: the ending of a parameter's name.
_ENDINGS = {"m/s": "_m_per_s", "steps/min": "_per_min", "steps per minute": "_per_min",
            "/min": "_per_min", "°": "deg", "degrees": "deg", "%": "_percent",
            "percent": "_percent", "cm": "m", "mm": "m", "m": "m", "s": "_s"}  # fmt: skip
_OF_UNIT = {"m/s": "speed", "steps/min": "cadence", "steps per minute": "cadence"}
_NUMBER = r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>" + "|".join(map(re.escape, _UNITS)) + r")(?!\w)"
_KINDS = ("phrase", "name", "negation", "state", "grade", "side", "number", "break", "soft", "than")
_BREAKS = ("but", "while", "whereas", "although", "though", "however", "yet", "despite",
           "compared (?:with|to)", "otherwise", "except", "suggest(?:s|ing)?",
           "indicat(?:es?|ing)", "impl(?:y|ies|ying)", "reflect(?:s|ing)?", "accompanied by",
           "(?:consistent|compatible|in keeping) with", "in contrast")  # fmt: skip
_LEADING = ("while", "whereas", "although", "though", "despite")  # a comma ends their clause
_LIMB = "(?:foot|feet|leg|arm|hand|side|knee|ankle|hip|heel)"
_SIDE_WORDS = {
    "left": ("left", "l"),
    "right": ("right", "r"),
    "both": ("(?<!are )(?<!were )both", "bilat(?:eral(?:ly)?)?", "left and (?:the )?right",
             "right and (?:the )?left", "the two (?=sides)",
             rf"either (?={_LIMB})", rf"(?<=neither ){_LIMB}", rf"each (?={_LIMB})"),
}  # fmt: skip
# Few words may stand between an adjective and what it describes; a verb or a comma may not.
_JOINS = re.compile(r"[\s]*(?:(?:of|in|the|a|an|his|her|on|left|right|both)\s*)*$")
_AND = re.compile(r"[\s,]*(?:and|or|nor)?[\s]*(?:the\s*)?$")
# Predicates of the walk as a whole: what they assert where nothing else is named.
_ALONE = {
    "steady": ("stability", "normal"), "regular": ("rhythm", "normal"),
    "irregular": ("rhythm", "high"), "slow": ("speed", "low"), "slowed": ("speed", "low"),
    "brisk": ("speed", "high"), "fast": ("speed", "high"),
}  # fmt: skip
_OF_WALK = re.compile(
    r"\b(?:gait|walk|walking|ambulation|patient|person|subject|individual|walker|he|she)\b"
)
_COPULA = re.compile(r"(?:\b(?:is|are|was|remains|stays|appears|and|but|neither|nor|not)|,)\s+$")
_SIDED = ("step_length", "foot_lift", "heel_strike", "stance", "swing", "knee_range", "hip_range",
          "ankle_range", "arm_swing", "tremor")  # fmt: skip
_ABSENT = re.compile(
    r"\s+(?:is|are|was|were|has been|have been)\s+(?:absent|missing|(?:not|never)\s+"
    r"(?:present|seen|observed|noted|evident|apparent|visible|found|detected|reported)\b)"
)
_UNKNOWN = re.compile(
    r"\b(?:(?:could|can) ?not be|was not|were not|is not|are not) (?:reliably )?"
    r"(?:assess|measur|determin|evaluat|record|judg|quantif)"
    r"|\bdata (?:are|is|were) (?:missing|lack)"
)
_APART = re.compile(r"[,;]|\band\b")


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
        rows += [("name", quantity, "", _spaced(name)) for name in entry["names"]]
        for state, phrases in entry["phrases"].items():
            rows += [("phrase", quantity, state, _spaced(phrase)) for phrase in phrases]
    for state, known in words["states"].items():
        rows += [("state", "", state, re.escape(word)) for word in known]
    for grade, known in words["grades"].items():
        rows += [("grade", "", grade, re.escape(word)) for word in known]
    rows += [("negation", "", "", re.escape(word)) for word in words["negations"]]
    rows += [("side", "", side, word) for side, known in _SIDE_WORDS.items() for word in known]
    rows += [("break", "", "", word) for word in _BREAKS]
    rows += [("than", "", "", "than"), ("soft", "", "", "with")]
    rows += [("soft", "", "", "even (?=slightly|mildly|markedly|more|less|though|if|when|with)")]
    return [(k, q, s, re.compile(rf"\b(?:{word})\b")) for k, q, s, word in rows]


def _spaced(pattern: str) -> str:
    """A pattern whose words may be joined by hyphens."""
    return re.sub(r"(?<!\[-) (?!\])", "[- ]", pattern)


def extract_claims(text: str) -> list[Claim]:
    """Find what a text asserts of a gait, in order.

    Args:
        text: English sentences.
    """
    claims: list[Claim] = []
    last: str | None = None  # the quantity that a clause without one of its own goes on with
    for sentence in re.finditer(r"(?:[^.;!?]|(?<=\d)\.(?=\d)|(?<=bilat)\.)+", text):
        if sentence.start() and text[sentence.start() - 1] != ";":
            last = None
        marks = _marks(sentence.group().lower(), sentence.start())
        for clause in _clauses(marks, text):
            reading = _Clause(_gone_on_with(clause, last, text.lower()), text.lower())
            found = [] if _not_assessed(clause, text.lower()) else reading.claims()
            if not found and last and {m.kind for m in clause} == {"negation", "side"}:
                found = [_denied(clause, claims[-1])]
            claims += found
            last = reading.topic or (found[-1].quantity if found else last)
    unique = {(c.quantity, c.side, c.state, c.value): c for c in reversed(claims)}
    return [claim for claim in claims if claim in unique.values()]


def _clauses(marks: list[_Mark], text: str) -> list[list[_Mark]]:
    """Marks of a sentence between its break words; a leading "although" ends at a comma."""
    clauses: list[list[_Mark]] = [[]]
    comma = None  # where the leading clause ends
    for mark in marks:
        if comma is not None and mark.start >= comma:
            clauses.append([])
            comma = None
        if mark.kind == "break":
            if mark.text in _LEADING and not clauses[-1]:
                comma = text.find(",", mark.end)
                comma = None if comma < 0 else comma
            clauses.append([])
        else:
            clauses[-1].append(mark)
    return clauses


def _gone_on_with(clause: list[_Mark], quantity: str | None, text: str) -> list[_Mark]:
    """A clause without a name that speaks of a side, or of "it": it means what was named before."""
    kinds = {mark.kind for mark in clause}
    if quantity is None or kinds & {"name", "phrase"} or not kinds & {"state", "number"}:
        return clause
    before = text[max(clause[0].start - 30, 0) : clause[0].start]
    if "side" not in kinds:
        alone = any(mark.text in _ALONE for mark in clause)
        if alone or not re.search(r"\b(?:it|they|its|their|but|yet)\b[\w ]*$", before):
            return clause
    return [_Mark("name", clause[0].start, clause[0].start, "", quantity), *clause]


def _not_assessed(clause: list[_Mark], text: str) -> bool:
    """Whether a clause says that something was not measured: it asserts nothing then."""
    if not clause:
        return False
    return bool(_UNKNOWN.search(text, max(clause[0].start - 12, 0), clause[-1].end + 60))


def _denied(clause: list[_Mark], last: Claim) -> Claim:
    """What "but not on the right" says after a claim."""
    side = next(mark.state for mark in clause if mark.kind == "side")
    state = _negated(last.quantity, last.state)
    return Claim(last.quantity, side, state, 0, None, clause[0].start, clause[-1].end)


def _marks(sentence: str, offset: int) -> list[_Mark]:
    """What the lexicon knows in a sentence, longest first where matches overlap, in order."""
    return [replace(m, start=m.start + offset, end=m.end + offset) for m in _known_in(sentence)]


@lru_cache(maxsize=8192)
def _known_in(sentence: str) -> tuple[_Mark, ...]:
    """See `_marks`. Rationales share their sentences, and a thousand patterns read each."""
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
    return tuple(sorted(kept, key=lambda mark: mark.start))


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
        self.topic = ""  # the quantity named last

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

    def _phrase(self, index, mark) -> None:
        denied = self.negated or _ABSENT.match(self.text, mark.end)
        state = _negated(mark.quantity, mark.state) if denied else mark.state
        self.used = True
        before = self.marks[index - 1] if index else None
        chained = (
            before and before.kind == "state" and _AND.fullmatch(self._between(index - 1, index))
        )
        if not chained:
            self.pending = []
        self._add(mark.quantity, state, mark, mark)
        if not self.pending:
            self.subjects = [mark]
            self.said.add(mark.start)

    def _number(self, index, mark) -> None:
        number = re.fullmatch(_NUMBER, mark.text)
        unit = number["unit"]
        wanted = _OF_UNIT.get(unit)
        names = [m for m in self.marks if m.kind == "name"]
        names = [m for m in names if wanted in (None, m.quantity) and _can_be(m.quantity, unit)]
        if not names and wanted is None:
            return
        if wanted and not self.subjects:  # "0.7 m/s, which is reduced"
            self.subjects.append(replace(mark, quantity=wanted))
        near = min(names, key=lambda m: min(abs(m.start - mark.end), abs(mark.start - m.end)),
                   default=mark)  # fmt: skip
        self.said.add(near.start)
        side = self._side_of(near, mark) if (wanted or near.quantity) in _SIDED else ""
        place = (min(near.start, mark.start), max(near.end, mark.end))
        value = float(number["number"]) * _UNITS[unit]
        self.found.append(Claim(wanted or near.quantity, side, "", 0, value, *place))

    def _name(self, index, mark) -> None:
        before = index - 1
        named = max((i for i in range(index) if self.marks[i].kind == "name"), default=-1)
        gap = self._between(named, index) if named >= 0 else ""
        joined = named >= 0 and _AND.fullmatch(gap) and not re.search(r",.*\bthe\b", gap)
        if not joined:
            for subject in self.subjects:
                self._bare(subject)
            self.subjects = []
            while before >= 0 and self.marks[before].kind == "phrase":  # "short, shuffling steps"
                before -= 1
            if before < 0 or self.marks[before].kind not in ("state", "grade", "side"):
                self.pending = []
        self.subjects.append(mark)
        self.topic = mark.quantity
        for state, grade, negated in self.pending:
            self._attach(state, mark, grade, negated)
        if self.negated and not self.pending and not self.used:
            self._bare(mark)  # "no sway"

    def _state(self, index, mark) -> None:
        after = self.marks[index + 1] if index + 1 < len(self.marks) else None
        if after and after.state == "uneven" and self._between(index, index + 1) == " ":
            self.grade = 2  # "a pronounced difference between the sides"
            return
        grade, self.grade = self.grade, 0
        if self._describes_next(index):
            if self.marks[index - 1].kind == "name" or not self._chained(index):
                self.pending = []
            self.pending.append((mark, grade, self.negated))
            self.used = True
            return
        self.pending = []
        if all(subject.kind == "phrase" for subject in self.subjects) and self._alone(mark, grade):
            return
        for subject in self.subjects:
            self._attach(mark, subject, grade, self.negated)
        self.used = self.used or bool(self.subjects)

    def _alone(self, state: _Mark, grade: int) -> bool:
        """A predicate of the walk itself: "the gait is slow but regular"."""
        before = self.text[: state.start]
        before = before[max(before.rfind("."), before.rfind(";")) + 1 :]
        plain = re.sub(r"\w+ly\s+$|\w+ and $", "", before)
        if state.text not in _ALONE or not (_COPULA.search(plain) or _COPULA.search(before)):
            return False
        if not _OF_WALK.search(before):
            return False
        quantity, value = _ALONE[state.text]
        value = _negated(quantity, value) if self.negated else value
        self.used = True
        self._add(quantity, value, state, state, 0 if self.negated else grade)
        return True

    def _chained(self, index: int) -> bool:
        """Whether a state follows another, with no more than a grade in between."""
        before = index - 1
        while before > 0 and self.marks[before].kind == "grade":
            before -= 1
        return before >= 0 and self.marks[before].kind == "state"

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
            elif kind == "phrase":  # "short, shuffling steps"
                if not _AND.fullmatch(gap):
                    return False
            elif kind != "side" or not _JOINS.fullmatch(gap):
                return False
        return False

    def _attach(self, state: _Mark, subject: _Mark, grade: int, negated: bool) -> None:
        asymmetry = "asymmetr" in subject.text
        if asymmetry and state.text in ("clear", "pronounced") and state.start < subject.start:
            return
        if subject.kind == "phrase" and state.state not in ("uneven", "even"):
            return
        quantity, value = _meaning(subject.quantity, state.state, state.text)
        regular = state.text.endswith("regular") and re.fullmatch("steps?|strides?", subject.text)
        if regular or (subject.text == "stepping" and state.state in ("steady", "variable")):
            quantity = "rhythm"
        if quantity is None:
            return
        if negated:
            value, grade = _negated(quantity, value), 0
        self.said.add(subject.start)
        self._add(quantity, value, subject, state, grade)

    def _bare(self, subject: _Mark) -> None:
        """A name that asserts something by being there: "there is an asymmetry"."""
        graded = any(m.kind == "grade" and 0 <= subject.start - m.end <= 1 for m in self.marks)
        told = "asymmetr|lean|stoop" + ("|sway|flexion" if graded or self.negated else "")
        if subject.start in self.said or not re.search(told, subject.text):
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
        side = self._side_of(first, second) if quantity in _SIDED else ""
        self.found.append(Claim(quantity, side, state, grade, None, *place))

    def _side_of(self, first: _Mark, second: _Mark) -> str:
        """The side named in the words themselves, or the nearest in the same part of a clause."""
        if self.text.endswith("neither ", 0, first.start) and re.match(_LIMB, first.text):
            return "both"
        for mark in (first, second):
            inside = re.search(r"\b(left|right|both|neither)\b", mark.text)
            if inside and not re.search("left and right|right and left", mark.text):
                return "both" if inside[1] == "neither" else inside[1]
        if second.start > first.end and (side := self._side_beside(second)):
            return side
        start, end = min(first.start, second.start), max(first.end, second.end)
        end = max(end, self._last_joined(first).end)
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
        return min(sides)[1] if sides else self._leading_side()

    def _last_joined(self, name: _Mark) -> _Mark:
        """The last of the names that go on from one with "and"."""
        for mark in self.marks:
            if mark.kind == "name" and mark.start >= name.end:
                if not _AND.fullmatch(self.text[name.end : mark.start]):
                    break
                name = mark
        return name

    def _leading_side(self) -> str:
        """The leg that a clause begins with: "the left leg shows a shorter … and a longer …"."""
        first = self.marks[0]
        of_leg = re.match(r"\s+(?:leg|lower limb|foot|side)\b", self.text[first.end :])
        return first.state if first.kind == "side" and of_leg else ""

    def _side_beside(self, mark: _Mark) -> str:
        """The side named in the same part of a clause: "22 degrees on the left and"."""
        low = max((m.end() for m in _APART.finditer(self.text, 0, mark.start)), default=0)
        after = _APART.search(self.text, mark.end)
        high = after.start() if after else len(self.text)
        for index, side in enumerate(self.marks):
            compared = index and self.marks[index - 1].kind == "than"
            if side.kind == "side" and not compared and low <= side.start and side.end <= high:
                return side.state
        return ""

    def _named(self, side: _Mark) -> bool:
        """Whether something stands before a side that it may belong to."""
        return any(m.kind in ("name", "phrase") and m.end <= side.start for m in self.marks)


_LOW_IS_GOOD = ("rhythm", "sway", "step_length_variability", "step_asymmetry", "arm_asymmetry")


def _meaning(quantity: str, state: str, word: str) -> tuple[str | None, str]:
    """The quantity that a state speaks of, and the state of its value."""
    entry = lexicon()["quantities"][quantity]
    if quantity == "stability" and state in ("variable", "steady"):
        return quantity, "low" if state == "variable" else "normal"
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


def _can_be(quantity: str, unit: str) -> bool:
    """Whether a number with this unit can be of the quantity."""
    measures = lexicon()["quantities"][quantity]["measures"]
    return any(re.search(rf"[_}}]{_ENDINGS[unit].lstrip('_')}$", name) for name in measures)


def _bad(quantity: str) -> str:
    bad = lexicon()["quantities"][quantity]["bad"]
    return "low" if bad == "either" else bad


def _negated(quantity: str, state: str) -> str:
    return _bad(quantity) if state == "normal" else "normal"
