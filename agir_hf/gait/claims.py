"""Claims of a text about a gait, found by a lexicon and rules; no model is used.

A sentence is split into clauses at words such as "but" and "although". In each clause the words of
the lexicon are marked (`lexicon.py`), and states and numbers are attached to the quantities that
they describe (`clause_parser.py`). A clause without a quantity can refer to the quantity of the
previous clause.
"""

from __future__ import annotations

import re

from .clause_parser import WALK_PREDICATES, Claim, ClauseParser
from .lexicon import LEADING_CONJUNCTIONS, Mark, find_marks, negated_state

__all__ = ["Claim", "extract_claims"]

_SENTENCE = re.compile(r"(?:[^.;!?]|(?<=\d)\.(?=\d)|(?<=bilat)\.)+")
_NOT_ASSESSED = re.compile(
    r"\b(?:(?:could|can) ?not be|was not|were not|is not|are not) (?:reliably )?"
    r"(?:assess|measur|determin|evaluat|record|judg|quantif)"
    r"|\bdata (?:are|is|were) (?:missing|lack)"
)


def extract_claims(text: str) -> list[Claim]:
    """Find what a text asserts about a gait.

    A claim is a quantity with a state of its value ("step length is mildly reduced") or with a
    number ("step length is 0.41 m"), and the side if one is named. Statements that something could
    not be measured are not claims. The lexicon is English; a sentence without its words gives no
    claims and no error.

    Args:
        text (`str`):
            English sentences, such as a rationale.

    Returns:
        `list[Claim]`: The claims in the order of the text. Each has the attributes `quantity`,
        `side`, `state`, `grade`, `value`, and the offsets `start` and `end` in the text.

    Example:
        ```python
        >>> from agir_hf.gait import extract_claims
        >>> text = "Step length is markedly reduced. Arm swing is normal on the left."
        >>> for claim in extract_claims(text):
        ...     print(claim.quantity, claim.state, claim.grade, claim.side or "-")
        step_length low 3 -
        arm_swing normal 0 left

        ```
    """
    claims: list[Claim] = []
    lower = text.lower()
    last_quantity: str | None = None  # what a clause without a quantity refers to
    for sentence in _SENTENCE.finditer(text):
        if sentence.start() and text[sentence.start() - 1] != ";":
            last_quantity = None
        marks = find_marks(sentence.group().lower(), sentence.start())
        for clause in _split_into_clauses(marks, text):
            parser = ClauseParser(_with_last_quantity(clause, last_quantity, lower), lower)
            new = [] if _is_not_assessed(clause, lower) else parser.parse()
            kinds = {mark.kind for mark in clause}
            if not new and last_quantity and kinds == {"negation", "side"}:
                new = [_negated_claim(clause, claims[-1])]
            claims += new
            last_quantity = parser.last_quantity or (new[-1].quantity if new else last_quantity)
    unique = {(c.quantity, c.side, c.state, c.value): c for c in reversed(claims)}
    return [claim for claim in claims if claim in unique.values()]


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


def _with_last_quantity(clause: list[Mark], quantity: str | None, text: str) -> list[Mark]:
    """Add the quantity of the previous clause to a clause that has only a side or "it"."""
    kinds = {mark.kind for mark in clause}
    if quantity is None or kinds & {"name", "phrase"} or not kinds & {"state", "number"}:
        return clause
    before = text[max(clause[0].start - 30, 0) : clause[0].start]
    if "side" not in kinds:
        of_walk = any(mark.text in WALK_PREDICATES for mark in clause)
        if of_walk or not re.search(r"\b(?:it|they|its|their|but|yet)\b[\w ]*$", before):
            return clause
    return [Mark("name", clause[0].start, clause[0].start, "", quantity), *clause]


def _is_not_assessed(clause: list[Mark], text: str) -> bool:
    """Whether a clause says that something was not measured, which is no claim."""
    if not clause:
        return False
    return bool(_NOT_ASSESSED.search(text, max(clause[0].start - 12, 0), clause[-1].end + 60))


def _negated_claim(clause: list[Mark], last: Claim) -> Claim:
    """The claim of a clause such as "but not on the right", which negates the previous claim."""
    side = next(mark.state for mark in clause if mark.kind == "side")
    state = negated_state(last.quantity, last.state)
    return Claim(last.quantity, side, state, 0, None, clause[0].start, clause[-1].end)
