"""Claims of one clause: states and numbers are attached to the quantities that they describe."""

from __future__ import annotations

import re
from dataclasses import replace

from .claim import Claim
from .claim_sides import COORDINATION, SideFinder
from .grades import ABSENT
from .lexicon import (
    CAN_BE_ABSENT,
    GIVEN_UP,
    LISTED,
    NEARLY_ABSENT,
    NORM_NUMBER,
    NUMBER,
    ONLY_PRESENT,
    POSTPOSED_GRADE,
    PRESENCE,
    QUANTITY_OF_UNIT,
    REMARK,
    REPEATED,
    UNCERTAIN_IF_NEGATED,
    UNIT_FACTORS,
    Mark,
    can_have_unit,
    described_quantity,
    inner_grade,
    negated_state,
    own_quantity,
)

# Only these words can be between an adjective and its noun; no verb and no comma.
_ADJECTIVE_GAP = re.compile(r"[\s]*(?:(?:of|in|the|a|an|his|her|on|left|right|both)\s*)*$")
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
_KEPT = ("maintained", "preserved", "retained")  # not of a name that has been described before


class ClauseParser:
    """Parser of one clause: reads its marks from left to right and collects the claims.

    Args:
        marks: Marks of the clause, in order.
        text: The whole text in lower case; the marks' offsets are into it.

        last_quantity: Quantity of the previous clause, to which "its range" can refer, or "".

    Attributes:
        last_quantity: The quantity that was named last, or "".
        trailing_grade: A grade that no claim of the clause has, such as "only to a slight degree";
            0 if there is none.
    """

    def __init__(self, marks: list[Mark], text: str, last_quantity: str = ""):
        self.marks, self.text = marks, text
        self._sides = SideFinder(marks, text)
        self._previous_quantity = last_quantity
        self.last_quantity = ""
        self.trailing_grade = 0
        self._claims: list[Claim] = []
        self._subjects: list[Mark] = []  # names that a following state describes
        self._pending: list[tuple[Mark, int, bool, bool]] = []  # mark, grade, negated, uncertain
        self._described: set[int] = set()  # starts of the subjects with a claim
        self._negated = self._negation_applied = self._is_uncertain = False
        self._without: set[int] = set()  # starts of the names after "no", as in "no arm swing"
        self._grade_value = 0
        self._first_of_state = 0  # number of claims before the last state or phrase

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
        if not (index and self._negated):
            return
        gap = self._between(index - 1, index)
        if self._negation_applied:
            mark = self.marks[index]
            listed = mark.kind in ("name", "phrase") and COORDINATION.fullmatch(gap)
            if listed and LISTED.match(self.text, mark.start):
                return  # "no tremor, freezing or festination"
            if re.search(r",|\band\b", gap):
                self._negated = False
        elif re.search(r"\b(?:is|are|was|were)\b.*(?:,|\band\b)", gap):
            self._negated = False

    def _read_negation(self, _, mark) -> None:
        self._negated, self._negation_applied = True, False

    def _read_unknown(self, *_) -> None:
        """A subject that is no quantity: "walking is limited"."""
        for subject in self._subjects:
            self._add_bare_name(subject)
        self._subjects, self._pending = [], []

    def _read_grade(self, index, mark) -> None:
        before = self.marks[index - 1] if index else None
        if before and before.kind == "negation" and UNCERTAIN_IF_NEGATED.match(mark.text):
            self._is_uncertain = not self._between(index - 1, index).strip(" a")
        if self._is_postposed(index):
            self._grade_last_claims(int(mark.state))
        else:
            self._grade_value = int(mark.state)

    def _is_postposed(self, index: int) -> bool:
        """Whether a grade belongs to the words before it: "is reduced to a slight degree"."""
        if ONLY_PRESENT.match(self.marks[index].text):
            return False
        if POSTPOSED_GRADE.match(self.text, self.marks[index].end):
            return True
        if any(_can_be_bare(subject) and subject.start not in self._described
               for subject in self._subjects):  # fmt: skip
            return False  # "the asymmetry is pronounced"
        described = ("state", "name", "phrase")
        after = [i for i in range(index + 1, len(self.marks)) if self.marks[i].kind in described]
        if not after:
            return True
        gap = self.text[self.marks[index].end : self.marks[after[0]].start]
        return bool(re.search(r",|\band\b", gap)) and not COORDINATION.fullmatch(gap)

    def _grade_last_claims(self, grade: int) -> None:
        last = [claim for claim in self._claims[self._first_of_state :] if claim.state]
        if not last:
            self.trailing_grade = grade
        for claim in last:
            if not claim.grade and claim.state != "normal":
                self._claims[self._claims.index(claim)] = replace(claim, grade=grade)

    def _read_phrase(self, index, mark) -> None:
        self._first_of_state = len(self._claims)
        negated = self._negated or _NOT_PRESENT.match(self.text, mark.end)
        state = negated_state(mark.quantity, mark.state) if negated else mark.state
        if negated and mark.quantity in CAN_BE_ABSENT and PRESENCE.search(mark.text):
            state = "absent"  # "no heel strike is seen"
        self._negation_applied = True
        before = self.marks[index - 1] if index else None
        coordinated = (
            before
            and before.kind == "state"
            and COORDINATION.fullmatch(self._between(index - 1, index))
        )
        if not coordinated:
            self._pending = []
        self._add(mark.quantity, state, mark, mark)
        self._is_uncertain = False
        if not self._pending:
            self._subjects = [mark]
            self._described.add(mark.start)

    def _read_number(self, index, mark) -> None:
        number = re.fullmatch(NUMBER, mark.text)
        unit = number["unit"]
        implied = QUANTITY_OF_UNIT.get(unit)
        if NORM_NUMBER.search(self.text[max(mark.start - 60, 0) : mark.start]):
            return
        names = [m for m in self.marks if m.kind in ("name", "phrase") and m.quantity != "it"]
        names = [m for m in names if implied in (None, m.quantity)]
        names = [m for m in names if can_have_unit(m.quantity, unit)]
        if not names and implied is None:
            return
        if implied and not self._subjects:  # "0.7 m/s, which is reduced"
            self._subjects.append(replace(mark, quantity=implied))
        nearest = min(names, key=lambda m: min(abs(m.start - mark.end), abs(mark.start - m.end)),
                      default=mark)  # fmt: skip
        if not (self._grade_value and _can_be_bare(nearest)):  # "asymmetry is marked at 18 %"
            self._described.add(nearest.start)
        quantity = implied or nearest.quantity
        side = self._sides.side_of(nearest, mark) if quantity in _SIDED else ""
        start, end = min(nearest.start, mark.start), max(nearest.end, mark.end)
        value = float(number["number"]) * UNIT_FACTORS[unit]
        self._claims.append(Claim(quantity, side, "", 0, value, start, end))

    def _read_name(self, index, mark) -> None:
        if mark.quantity == "it":
            mark = self._resolved(mark)
            if mark is None:
                return
            self.marks[index] = mark
        previous = max((i for i in range(index) if self.marks[i].kind == "name"), default=-1)
        gap = self._between(previous, index) if previous >= 0 else ""
        coordinated = (
            previous >= 0
            and COORDINATION.fullmatch(gap)
            and not re.search(r",.*\bthe\b|^\s*the\s*$", gap)
        )
        if not coordinated:
            self._start_subject(index)
        self._subjects.append(mark)
        self.last_quantity = mark.quantity
        for state, grade, negated, uncertain in self._pending:
            self._is_uncertain = uncertain
            self._attach(state, mark, grade, negated)
        self._is_uncertain = False if self._pending else self._is_uncertain
        before = self.marks[index - 1] if index else None
        if before and before.kind == "phrase" and before.quantity == mark.quantity:
            self._described.add(mark.start)  # "a stooped posture is maintained"
        if self._negated and not self._pending and not self._negation_applied:
            if before.kind == "negation" and _ADJECTIVE_GAP.fullmatch(
                self._between(index - 1, index)
            ):
                self._without.add(mark.start)
            if _can_be_bare(mark):
                self._add_bare_name(mark)  # "no sway"

    def _resolved(self, mark: Mark) -> Mark | None:
        """A mark such as "its symmetry" with the quantity that it refers to."""
        subject = self._subjects[-1] if self._subjects else None
        quantity = subject.quantity if subject else self.last_quantity or self._previous_quantity
        quantity = own_quantity(quantity, mark.text)
        text = f"{subject.text} {mark.text}" if subject else mark.text  # it may name a side
        return replace(mark, quantity=quantity, text=text) if quantity else None

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
        if mark.text == "clear" and self._is_grade(index):
            return
        self._first_of_state = len(self._claims)
        grade, self._grade_value = self._grade_value, 0
        if self._describes_next_name(index):
            if self.marks[index - 1].kind == "name" or not self._follows_state(index):
                self._pending = []
            self._pending.append((mark, grade, self._negated, self._is_uncertain))
            self._negation_applied, self._is_uncertain = True, False
            return
        self._pending = []
        only_phrases = all(subject.kind == "phrase" for subject in self._subjects)
        if only_phrases and self._add_walk_predicate(mark, grade):
            return
        for subject in self._subjects:
            if mark.text in _KEPT and subject.start in self._described:
                continue
            self._attach(mark, subject, grade, self._negated)
        self._is_uncertain = self._is_uncertain and not self._subjects
        self._negation_applied = self._negation_applied or bool(self._subjects)

    def _is_grade(self, index: int) -> bool:
        """Read "clear" as a grade: "a clear reduction", "the reduction is clear"."""
        after = self.marks[index + 1] if index + 1 < len(self.marks) else None
        if after and after.kind == "state" and self._between(index, index + 1) == " ":
            self._grade_value = 2
            return True
        deviates = any(claim.state in ("low", "high") for claim in self._claims[-1:])
        if deviates and self._subjects and self._subjects[-1].start in self._described:
            self._grade_last_claims(2)
            return True
        return False

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
                if not COORDINATION.fullmatch(gap):
                    return False
                if self._subjects and self._subjects[-1].start not in self._described:
                    return False
            elif kind == "phrase":  # "short, shuffling steps"
                if not COORDINATION.fullmatch(gap):
                    return False
            elif kind != "side" or not _ADJECTIVE_GAP.fullmatch(gap):
                return False
        return False

    def _attach(self, state: Mark, subject: Mark, grade: int, negated: bool) -> None:
        """Add the claim that a state makes of a subject, if it makes one."""
        if "asymmetr" in subject.text and state.text == "clear" and state.start < subject.start:
            return
        if subject.kind == "phrase" and state.state not in ("uneven", "even"):
            return
        quantity, value = described_quantity(subject.quantity, state.state, state.text)
        regular = state.text.endswith("regular") and re.fullmatch("steps?|strides?", subject.text)
        if regular or (subject.text == "stepping" and state.state in ("steady", "variable")):
            quantity = "rhythm"
        if quantity is None:
            return
        self._described.add(subject.start)
        if negated and state.state == "absent":
            return  # "not absent" leaves open how much there is
        if negated:
            value, grade = negated_state(quantity, value), 0
        self._add(quantity, value, subject, state, grade)

    def _add_bare_name(self, subject: Mark) -> None:
        """Add the claim of a name that asserts something without a state: "an asymmetry"."""
        if subject.start in self._described or subject.kind == "phrase":
            return
        before = self.text[: subject.start]
        if self._claims and REPEATED.search(before):
            last = self._claims[-1]
            self._described.add(subject.start)
            self._add(subject.quantity, last.state or "normal", subject, subject, last.grade)
        elif _can_be_bare(subject) and self._asserts_presence(subject):
            self._described.add(subject.start)
            self._negation_applied = True
            self._add(subject.quantity, "normal" if self._negated else "high", subject, subject)
        elif self._is_denied(subject):
            self._described.add(subject.start)
            self._add(subject.quantity, "absent", subject, subject)

    def _is_denied(self, subject: Mark) -> bool:
        """Whether a clause such as "no arm swing is seen" says that there is none."""
        denied = subject.start in self._without and subject.quantity in CAN_BE_ABSENT
        return denied and not self._is_uncertain and not REMARK.match(self.text, subject.end)

    def _asserts_presence(self, subject: Mark) -> bool:
        """Whether a name such as "sway" is said to be present, graded, or denied."""
        if re.search("asymmetr|lean|stoop", subject.text) or self._negated or self._grade_value:
            return True
        some = re.search(
            r"\b(?:some|there is|there was)\s+(?:an?\s+)?$", self.text[: subject.start]
        )
        return bool(some or PRESENCE.match(self.text, subject.end))

    def _add(self, quantity, state, first: Mark, second: Mark, grade: int | None = None) -> None:
        if grade is None:
            grade, self._grade_value = self._grade_value or inner_grade(second.text), 0
        if self._is_uncertain:
            return
        if state == "absent":
            grade = grade or (ABSENT if quantity in CAN_BE_ABSENT else 3)
            state = "low"
        elif second.state == "absent" and state == "low" and not grade:
            near = GIVEN_UP.search(second.text)
            grade = ABSENT if quantity in CAN_BE_ABSENT else 3 if near else 0
        elif NEARLY_ABSENT.search(second.text):
            if quantity in ("freezing", "festination", "tremor", "walking_aid"):
                state = "normal"
            elif state == "low":
                grade = 3
        start, end = min(first.start, second.start), max(first.end, second.end)
        side = self._sides.side_of(first, second) if quantity in _SIDED else ""
        self._claims.append(Claim(quantity, side, state, grade, None, start, end))


def _can_be_bare(name: Mark) -> bool:
    """Whether a name can assert a deviation without a state, as in "a mild asymmetry"."""
    deviations = "asymmetr|lean|stoop|sway|flexion|variability|variation|irregular|difference"
    return bool(re.search(deviations, name.text)) and name.quantity not in _SIDED
