"""Sentences about a part of the body that the recording does not have.

A recording of the legs says nothing of arms and trunk. The model reads a whole body, whose arms
then hang at rest, and writes about them all the same: these sentences are not shown.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from ..gait.claims import Claim
from ..gait.lexicon import find_marks, load_lexicon
from ..gait.parameter_table import PARAMETER_NAMES

_SIDES = ("left", "right")
# Words of a part of the body → quantity that is not measured if the recording does not have it.
_WORDS = {
    "arm_swing": re.compile(
        r"\b(?:arms?|elbows?|wrists?|(?<!other )hands?|shoulders?|upper limbs?)\b"
    ),
    "posture": re.compile(
        r"\b(?:trunk|torso|spine|neck|head|postur\w*|stoop\w*|upright|upper body)\b"
    ),
}


def named_parts(text: str) -> set[str]:
    """Quantities of the parts of the body that a text names: arms, or trunk.

    Args:
        text: One sentence.
    """
    return {quantity for quantity, words in _WORDS.items() if words.search(text.lower())}


class Unrecorded:
    """Quantities whose body parts a recording does not have.

    Args:
        parameters: Names of the gait parameters that could not be measured for this reason.
    """

    def __init__(self, parameters: Collection[str] = ()):
        self._parameters = frozenset(parameters)
        self._words = [words for quantity, words in _WORDS.items() if self.has(quantity)]

    def __bool__(self) -> bool:
        return bool(self._parameters)

    def has(self, quantity: str, side: str = "") -> bool:
        """Whether no parameter of a quantity could be measured.

        Args:
            quantity: Quantity of the lexicon.
            side: "left", "right", or another text for all sides.
        """
        if not self._parameters:
            return False
        sides = (f"{side}_",) if side in _SIDES else ("", "left_", "right_")
        measures = load_lexicon()["quantities"].get(quantity, {}).get("measures", ())
        names = {measure.format(side=text) for measure in measures for text in sides}
        names &= set(PARAMETER_NAMES)
        return bool(names) and names <= self._parameters

    def is_claimed(self, claims: Iterable[Claim]) -> bool:
        """Whether a claim is about such a quantity.

        Args:
            claims: Claims of a text.
        """
        return any(self.has(claim.quantity, claim.side) for claim in claims)

    def is_named(self, text: str) -> bool:
        """Whether a text names such a quantity or a part of the body that is not recorded.

        Args:
            text: One sentence.
        """
        if not self._parameters:
            return False
        lower = text.lower()
        if any(words.search(lower) for words in self._words):
            return True
        names = {mark.quantity for mark in find_marks(lower, 0) if mark.kind == "name"}
        return any(self.has(name) for name in names)
