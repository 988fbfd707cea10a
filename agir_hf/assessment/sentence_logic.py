"""Inferences of a sentence that its claims do not show: the worse side, and repeated causes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ..gait.grounding import NEAR_SD, CheckedClaim
from ..gait.parameter_table import PARAMETERS

_WORSE_SIDE = re.compile(r"\bthe (left|right)(?: side)? is the worse (?:one|side)\b")
_REPEATED = re.compile(r"\b((?:the )?[a-z]+(?: [a-z]+){0,2}) and \1\b")
_IMPAIRED = {parameter.name: parameter.impaired for parameter in PARAMETERS}


def repeats_a_word(text: str) -> bool:
    """Whether a sentence lists one thing twice, as in "because of the pace and the pace".

    Args:
        text: One sentence.
    """
    return bool(_REPEATED.search(text.lower()))


def names_wrong_side(
    text: str, checked: Iterable[CheckedClaim], values: Mapping[str, float]
) -> bool:
    """Whether a sentence calls a side the worse one that is not worse by half an SD of the norm.

    Args:
        text: One sentence.
        checked: Its claims with their measurements.
        values: Measured gait parameters, name → value.
    """
    match = _WORSE_SIDE.search(text.lower())
    if not match:
        return False
    side = match[1]
    other = {"left": "right", "right": "left"}[side]
    for row in checked:
        name = row.parameter or ""
        names = [re.sub(r"_(left|right)_", f"_{name_side}_", name) for name_side in (side, other)]
        if names[0] == names[1] or not all(name in values for name in names) or not row.norm:
            continue
        worse, better = (values[name] for name in names)
        excess = worse - better if _IMPAIRED.get(name) == "high" else better - worse
        if excess < NEAR_SD * row.norm.sd:
            return True
    return False
