"""Claims of one clause: states and numbers are attached to the quantities that they describe."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from .lexicon import (
    LIMB,
    NUMBER,
    QUANTITY_OF_UNIT,
    UNIT_FACTORS,
    Mark,
    can_have_unit,
    described_quantity,
    negated_state,
)

# Only these words can be between an adjective and its noun; no verb and no comma.
_ADJECTIVE_GAP = re.compile(r"[\s]*(?:(?:of|in|the|a|an|his|her|on|left|right|both)\s*)*$")
_COORDINATION = re.compile(r"[\s,]*(?:and|or|nor)?[\s]*(?:the\s*)?$")
# Predicates of the whole walk: the quantity and state that they assert if no quantity is named.
WALK_PREDICATES = {
    "steady": ("stability", "normal"), "regular": ("rhythm", "normal"),
    "irregular": ("rhythm", "high"), "slow": ("speed", "low"), "slowed": ("speed", "low"),
    "brisk": ("speed", "high"), "fast": ("speed", "high"),
}  # fmt: skip
_WALK_NOUN = re.compile(
    r"\b(?:gait|walk|walking|ambulation|patient|person|subject|individual|walker|he|she)\b"
)
_COPULA = re.compile(r"(?:\b(?:is|are|was|remains|stays|appears|and|but|neither|nor|not)|,)\s+$")
_SIDED = ("step_length", "foot_lift", "heel_strike", "stance", "swing", "knee_range", "hip_range",
          "ankle_range", "arm_swing", "tremor")  # fmt: skip
_NOT_PRESENT = re.compile(
    r"\s+(?:is|are|was|were|has been|have been)\s+(?:absent|missing|(?:not|never)\s+"
    r"(?:present|seen|observed|noted|evident|apparent|visible|found|detected|reported)\b)"
)
_ABSENCE = re.compile(r"\b(?:absent|missing|does not|do not|hardly|barely)\b")
_PART_SEPARATOR = re.compile(r"[,;]|\band\b")


@dataclass(frozen=True)
class Claim:
    """An assertion of a text about a gait.

    Attributes:
        quantity: Quantity of the lexicon, such as "step_length".
        side: "left", "right", "both", or "" if no side is named.
        state: "low", "normal" or "high" value; "" if the claim is a number.
        grade: 0 not graded, 1 mild, 2 moderate, 3 marked.
        value: The claimed number in the parameter's unit, or None.
        start: Offset of the first character of the claim in the text.
        end: Offset after its last character.
    """

    quantity: str
    side: str
    state: str
    grade: int
    value: float | None
    start: int
    end: int


class ClauseParser:
    """Parser of one clause: reads its marks from left to right and collects the claims.

    Args:
        marks: Marks of the clause, in order.
        text: The whole text in lower case; the marks' offsets are into it.

    Attributes:
        last_quantity: The quantity that was named last, or "".
    """

    def __init__(self, marks: list[Mark], text: str):
        self.marks, self.text = marks, text
        self.last_quantity = ""
        self._claims: list[Claim] = []
        self._subjects: list[Mark] = []  # names that a following state describes
        self._pending: list[tuple[Mark, int, bool]] = []  # mark, grade, negated
        self._described: set[int] = set()  # starts of the subjects with a claim
        self._negated = self._negation_applied = False
        self._grade_value = 0

    def parse(self) -> list[Claim]:
        """Return the claims of the clause in the order of the text."""
        for index, mark in enumerate(self.marks):
            self._end_negation(index)
            getattr(self, f"_read_{mark.kind}", lambda *_: None)(index, mark)
        for subject in self._subjects:
            self._add_bare_name(subject)
        return sorted(self._claims, key=lambda claim: claim.start)

    def _between(self, first: int, second: int) -> str:
        """Text between two marks, given by their indices."""
        return self.text[self.marks[first].end : self.marks[second].start]

    def _end_negation(self, index: int) -> None:
        if not (index and self._negated and self._negation_applied):
            return
        if re.search(r",|\band\b", self._between(index - 1, index)):
            self._negated = False

    def _read_negation(self, _, mark) -> None:
        self._negated, self._negation_applied = True, False

    def _read_grade(self, _, mark) -> None:
        self._grade_value = int(mark.state)

    def _read_phrase(self, index, mark) -> None:
        negated = self._negated or _NOT_PRESENT.match(self.text, mark.end)
        state = negated_state(mark.quantity, mark.state) if negated else mark.state
        self._negation_applied = True
        before = self.marks[index - 1] if index else None
        coordinated = (
            before
            and before.kind == "state"
            and _COORDINATION.fullmatch(self._between(index - 1, index))
        )
        if not coordinated:
            self._pending = []
        self._add(mark.quantity, state, mark, mark)
        if not self._pending:
            self._subjects = [mark]
            self._described.add(mark.start)

    def _read_number(self, index, mark) -> None:
        number = re.fullmatch(NUMBER, mark.text)
        unit = number["unit"]
        implied = QUANTITY_OF_UNIT.get(unit)
        names = [m for m in self.marks if m.kind == "name"]
        names = [m for m in names if implied in (None, m.quantity)]
        names = [m for m in names if can_have_unit(m.quantity, unit)]
        if not names and implied is None:
            return
        if implied and not self._subjects:  # "0.7 m/s, which is reduced"
            self._subjects.append(replace(mark, quantity=implied))
        nearest = min(names, key=lambda m: min(abs(m.start - mark.end), abs(mark.start - m.end)),
                      default=mark)  # fmt: skip
        self._described.add(nearest.start)
        quantity = implied or nearest.quantity
        side = self._side_of(nearest, mark) if quantity in _SIDED else ""
        start, end = min(nearest.start, mark.start), max(nearest.end, mark.end)
        value = float(number["number"]) * UNIT_FACTORS[unit]
        self._claims.append(Claim(quantity, side, "", 0, value, start, end))

    def _read_name(self, index, mark) -> None:
        previous = max((i for i in range(index) if self.marks[i].kind == "name"), default=-1)
        gap = self._between(previous, index) if previous >= 0 else ""
        coordinated = (
            previous >= 0 and _COORDINATION.fullmatch(gap) and not re.search(r",.*\bthe\b", gap)
        )
        if not coordinated:
            self._start_subject(index)
        self._subjects.append(mark)
        self.last_quantity = mark.quantity
        for state, grade, negated in self._pending:
            self._attach(state, mark, grade, negated)
        if self._negated and not self._pending and not self._negation_applied:
            self._add_bare_name(mark)  # "no sway"

    def _start_subject(self, index: int) -> None:
        """Finish the previous subjects; drop states that do not describe the new subject."""
        for subject in self._subjects:
            self._add_bare_name(subject)
        self._subjects = []
        before = index - 1
        while before >= 0 and self.marks[before].kind == "phrase":  # "short, shuffling steps"
            before -= 1
        if before < 0 or self.marks[before].kind not in ("state", "grade", "side"):
            self._pending = []

    def _read_state(self, index, mark) -> None:
        after = self.marks[index + 1] if index + 1 < len(self.marks) else None
        if after and after.state == "uneven" and self._between(index, index + 1) == " ":
            self._grade_value = 2  # "a pronounced difference between the sides"
            return
        grade, self._grade_value = self._grade_value, 0
        if self._describes_next_name(index):
            if self.marks[index - 1].kind == "name" or not self._follows_state(index):
                self._pending = []
            self._pending.append((mark, grade, self._negated))
            self._negation_applied = True
            return
        self._pending = []
        only_phrases = all(subject.kind == "phrase" for subject in self._subjects)
        if only_phrases and self._add_walk_predicate(mark, grade):
            return
        for subject in self._subjects:
            self._attach(mark, subject, grade, self._negated)
        self._negation_applied = self._negation_applied or bool(self._subjects)

    def _add_walk_predicate(self, state: Mark, grade: int) -> bool:
        """Add the claim of a predicate of the walk itself: "the gait is slow but regular"."""
        before = self.text[: state.start]
        before = before[max(before.rfind("."), before.rfind(";")) + 1 :]
        without_adverb = re.sub(r"\w+ly\s+$|\w+ and $", "", before)
        if state.text not in WALK_PREDICATES:
            return False
        if not (_COPULA.search(without_adverb) or _COPULA.search(before)):
            return False
        if not _WALK_NOUN.search(before):
            return False
        quantity, value = WALK_PREDICATES[state.text]
        value = negated_state(quantity, value) if self._negated else value
        self._negation_applied = True
        self._add(quantity, value, state, state, 0 if self._negated else grade)
        return True

    def _follows_state(self, index: int) -> bool:
        """Whether a state follows another state, with only grades between them."""
        before = index - 1
        while before > 0 and self.marks[before].kind == "grade":
            before -= 1
        return before >= 0 and self.marks[before].kind == "state"

    def _describes_next_name(self, index: int) -> bool:
        """Whether a state precedes the name that it describes, as in "short steps"."""
        for after in range(index + 1, len(self.marks)):
            gap, kind = self._between(after - 1, after), self.marks[after].kind
            if kind == "name":
                return bool(_ADJECTIVE_GAP.fullmatch(gap))
            if kind in ("state", "grade"):
                if not _COORDINATION.fullmatch(gap):
                    return False
                if self._subjects and self._subjects[-1].start not in self._described:
                    return False
            elif kind == "phrase":  # "short, shuffling steps"
                if not _COORDINATION.fullmatch(gap):
                    return False
            elif kind != "side" or not _ADJECTIVE_GAP.fullmatch(gap):
                return False
        return False

    def _attach(self, state: Mark, subject: Mark, grade: int, negated: bool) -> None:
        """Add the claim that a state makes of a subject, if it makes one."""
        asymmetry = "asymmetr" in subject.text
        if asymmetry and state.text in ("clear", "pronounced") and state.start < subject.start:
            return
        if subject.kind == "phrase" and state.state not in ("uneven", "even"):
            return
        quantity, value = described_quantity(subject.quantity, state.state, state.text)
        regular = state.text.endswith("regular") and re.fullmatch("steps?|strides?", subject.text)
        if regular or (subject.text == "stepping" and state.state in ("steady", "variable")):
            quantity = "rhythm"
        if quantity is None:
            return
        if negated:
            value, grade = negated_state(quantity, value), 0
        self._described.add(subject.start)
        self._add(quantity, value, subject, state, grade)

    def _add_bare_name(self, subject: Mark) -> None:
        """Add the claim of a name that asserts something without a state: "an asymmetry"."""
        graded = any(m.kind == "grade" and 0 <= subject.start - m.end <= 1 for m in self.marks)
        names = "asymmetr|lean|stoop" + ("|sway|flexion" if graded or self._negated else "")
        if subject.start in self._described or not re.search(names, subject.text):
            return
        self._described.add(subject.start)
        self._negation_applied = True
        self._add(subject.quantity, "normal" if self._negated else "high", subject, subject)

    def _add(self, quantity, state, first: Mark, second: Mark, grade: int | None = None) -> None:
        if grade is None:
            grade, self._grade_value = self._grade_value, 0
        if _ABSENCE.search(second.text):
            if quantity in ("freezing", "festination", "tremor", "walking_aid"):
                state = "normal"
            elif state == "low":
                grade = 3
        start, end = min(first.start, second.start), max(first.end, second.end)
        side = self._side_of(first, second) if quantity in _SIDED else ""
        self._claims.append(Claim(quantity, side, state, grade, None, start, end))

    def _side_of(self, first: Mark, second: Mark) -> str:
        """The side named in the words themselves, or the nearest in the same part of the clause."""
        if self.text.endswith("neither ", 0, first.start) and re.match(LIMB, first.text):
            return "both"
        for mark in (first, second):
            inside = re.search(r"\b(left|right|both|neither)\b", mark.text)
            if inside and not re.search("left and right|right and left", mark.text):
                return "both" if inside[1] == "neither" else inside[1]
        if second.start > first.end and (side := self._side_in_same_part(second)):
            return side
        start, end = min(first.start, second.start), max(first.end, second.end)
        end = max(end, self._last_coordinated(first).end)
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
            after_name = mark.start < start and self._follows_name(mark)
            separator = r"[,;]|\band\b" if after_name else r"[,;]"
            if not others and not re.search(separator, between):
                sides.append((max(high - low, 0), mark.state))
        return min(sides)[1] if sides else self._leading_side()

    def _last_coordinated(self, name: Mark) -> Mark:
        """The last of the names that are joined to a name by "and"."""
        for mark in self.marks:
            if mark.kind == "name" and mark.start >= name.end:
                if not _COORDINATION.fullmatch(self.text[name.end : mark.start]):
                    break
                name = mark
        return name

    def _leading_side(self) -> str:
        """The leg that a clause begins with: "the left leg shows a shorter … and a longer …"."""
        first = self.marks[0]
        of_leg = re.match(r"\s+(?:leg|lower limb|foot|side)\b", self.text[first.end :])
        return first.state if first.kind == "side" and of_leg else ""

    def _side_in_same_part(self, mark: Mark) -> str:
        """The side named between the same commas or "and": "22 degrees on the left and"."""
        low = max((m.end() for m in _PART_SEPARATOR.finditer(self.text, 0, mark.start)), default=0)
        after = _PART_SEPARATOR.search(self.text, mark.end)
        high = after.start() if after else len(self.text)
        for index, side in enumerate(self.marks):
            compared = index and self.marks[index - 1].kind == "than"
            if side.kind == "side" and not compared and low <= side.start and side.end <= high:
                return side.state
        return ""

    def _follows_name(self, side: Mark) -> bool:
        """Whether a name or phrase precedes a side word, so that the side may belong to it."""
        return any(m.kind in ("name", "phrase") and m.end <= side.start for m in self.marks)
