"""An assertion of a text about a gait."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Claim:
    """An assertion of a text about a gait.

    Attributes:
        quantity: Quantity of the lexicon, such as "step_length".
        side: "left", "right", "both", or "" if no side is named.
        state: "low", "normal" or "high" value; "" if the claim is only a number.
        grade: 0 not graded, 1 mild, 2 moderate, 3 marked, 4 absent.
        value: The claimed number in the parameter's unit, or None.
        start: Offset of the first character of the clause that makes the claim.
        end: Offset after the last character of that clause.
    """

    quantity: str
    side: str
    state: str
    grade: int
    value: float | None
    start: int
    end: int
