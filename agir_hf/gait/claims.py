"""Claims of a text about a gait, found by a lexicon and rules; no model is used.

A sentence is split into clauses at words such as "but" and "although". In each clause the words of
the lexicon are marked (`lexicon.py`), and states and numbers are attached to the quantities that
they describe (`clause_parser.py`). A clause without a quantity can refer to the quantity of the
previous clause. A state and a number of one quantity in one sentence are one claim, and each claim
has the offsets of the clause that makes it (`claim_clauses.py`).
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from .claim import Claim
from .claim_clauses import claims_with_clauses, merged_claims
from .clause_parser import WALK_PREDICATES, ClauseParser
from .grades import ABSENT
from .lexicon import CAN_BE_ABSENT, LEADING_CONJUNCTIONS, Mark, find_marks, negated_state

__all__ = ["Claim", "extract_claims"]

_SENTENCE = re.compile(r"(?:[^.;!?]|(?<=\d)\.(?=\d)|(?<=bilat)\.)+")
_ONLY = re.compile(
    r"\b(?:only|to an?|if|though|although|albeit|(?:it|this|they) (?:is|are|was|were))\b[\w ]*$"
)
_MEANS = re.compile(r"\b(?:indicat|suggest|mean|impl|point)\w*\b[\w ]*$")
_CHANGE = re.compile(r"reduction|decrease|increase|shortening|prolongation|loss\b")


def extract_claims(text: str) -> list[Claim]:
    """Find what a text asserts about a gait.

    A claim is a quantity with a state of its value ("step length is mildly reduced"), with a number
    ("step length is 0.41 m") or with both, and the side if one is named. Statements that something
    could not be measured, and "not markedly reduced", which leaves open how much it is reduced, are
    not claims. The lexicon is English; a sentence without its words gives no claims and no error.

    Args:
        text (`str`):
            English sentences, such as a rationale.

    Returns:
        `list[Claim]`: The claims in the order of the text. Each has the attributes `quantity`,
        `side`, `state`, `grade`, `value`, and the offsets `start` and `end` of its clause.

    Example:
        ```python
        >>> from agir_hf.gait import extract_claims
        >>> text = "Step length is markedly reduced at 0.38 m. There is no arm swing on the left."
        >>> for claim in extract_claims(text):
        ...     print(claim.quantity, claim.state, claim.grade, claim.value, claim.side or "-")
        step_length low 3 0.38 -
        arm_swing low 4 None left

        ```
    """
    return list(_claims_of(text))


@lru_cache(maxsize=8192)
def _claims_of(text: str) -> tuple[Claim, ...]:
    """Claims of a text; cached, because a text is compared with several walks."""
    claims: list[Claim] = []
    lower = text.lower()
    last_quantity = ""  # what a clause without a quantity refers to
    for sentence in _SENTENCE.finditer(text):
        if sentence.start() and text[sentence.start() - 1] != ";":
            last_quantity = ""
        marks = find_marks(sentence.group().lower(), sentence.start())
        new: list[Claim] = []
        for clause in _split_into_clauses(marks, text):
            last_quantity = _read_clause(clause, new, claims, last_quantity, lower)
        new = merged_claims(new)
        claims += claims_with_clauses(new, marks, lower, *sentence.span())
    unique = {_assertion(claim): claim for claim in reversed(claims)}
    return tuple(claim for claim in claims if claim is unique[_assertion(claim)])


def _assertion(claim: Claim) -> tuple:
    return claim.quantity, claim.side, claim.state, claim.grade, claim.value


def _split_into_clauses(marks: list[Mark], text: str) -> list[list[Mark]]:
    """Marks of a sentence between its break words; a leading "although" clause ends at a comma."""
    clauses: list[list[Mark]] = [[]]
    comma = None  # where the leading clause ends
    for mark in marks:
        if comma is not None and mark.start >= comma:
            clauses.append([])
            comma = None
        if mark.kind == "break":
            if mark.text in LEADING_CONJUNCTIONS and not clauses[-1]:
                comma = text.find(",", mark.end)
                comma = None if comma < 0 else comma
            clauses.append([])
        else:
            clauses[-1].append(mark)
    return clauses


def _read_clause(
    clause: list[Mark], new: list[Claim], earlier: list[Claim], last_quantity: str, text: str
) -> str:
    """Append the claims of a clause to those of its sentence; return the quantity named last.

    Args:
        clause: Marks of the clause.
        new: Claims of the sentence so far; it is extended.
        earlier: Claims of the sentences before.
        last_quantity: Quantity of the previous clause, or "".
        text: The whole text in lower case.
    """
    parser = ClauseParser(_with_last_quantity(clause, last_quantity, text), text, last_quantity)
    claims = parser.parse()
    last = (new or earlier)[-1:]
    kinds = {mark.kind for mark in clause}
    if not claims and last and last_quantity and kinds == {"negation", "side"}:
        claims = [_negated_claim(clause, last[0], text)]
    if not claims and parser.trailing_grade and new:
        before = text[max(clause[0].start - 20, 0) : clause[0].start]
        if kinds == {"grade"} and _ONLY.search(before):
            _grade_last_claim(new, parser.trailing_grade)
        elif kinds == {"grade", "side"} and new[-1].state != "normal":
            claims = [_claim_with_grade(clause, new[-1], parser.trailing_grade)]
    new += claims
    return parser.last_quantity or (claims[-1].quantity if claims else last_quantity)


def _with_last_quantity(clause: list[Mark], quantity: str, text: str) -> list[Mark]:
    """Add the quantity of the previous clause to a clause that has only a side or "it"."""
    kinds = {mark.kind for mark in clause}
    if not quantity or kinds & {"name", "phrase"} or not kinds & {"state", "number"}:
        return clause
    before = text[max(clause[0].start - 30, 0) : clause[0].start]
    if "side" not in kinds:
        of_walk = any(mark.text in WALK_PREDICATES for mark in clause)
        change = any(_CHANGE.match(mark.text) for mark in clause)
        refers = re.search(r"\b(?:it|they|its|their|but|yet)\b[\w ]*$", before)
        if of_walk or not (refers or change and _MEANS.search(before)):
            return clause
    return [Mark("name", clause[0].start, clause[0].start, "", quantity), *clause]


def _grade_last_claim(claims: list[Claim], grade: int) -> None:
    """Give a grade to the last claim: "is reduced, though only to a slight degree"."""
    if claims[-1].state in ("low", "high") and not claims[-1].grade:
        claims[-1] = replace(claims[-1], grade=grade)


def _claim_with_grade(clause: list[Mark], last: Claim, grade: int) -> Claim:
    """The claim of a clause such as "but only slightly on the left"."""
    side = next(mark.state for mark in clause if mark.kind == "side")
    start, end = clause[0].start, clause[-1].end
    return replace(last, side=side, grade=grade, value=None, start=start, end=end)


def _negated_claim(clause: list[Mark], last: Claim, text: str) -> Claim:
    """The claim of a clause such as "but not on the right", which negates the previous claim."""
    side = next(mark.state for mark in clause if mark.kind == "side")
    state = negated_state(last.quantity, last.state)
    start, end = clause[0].start, clause[-1].end
    present = re.search(r"\b(?:present|visible|seen|there is)\b", text[last.start : end])
    absent = state == "low" and last.quantity in CAN_BE_ABSENT and present
    return Claim(last.quantity, side, state, ABSENT if absent else 0, None, start, end)
