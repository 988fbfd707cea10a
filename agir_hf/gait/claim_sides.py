"""Side of a claim: which of the side words of a clause belongs to a quantity and its state."""

from __future__ import annotations

import re

from .lexicon import LIMB, Mark

COORDINATION = re.compile(r"[\s,]*(?:and|or|nor)?[\s]*(?:the\s*)?$")
_PART_SEPARATOR = re.compile(r"[,;]|\b(?:and|against|versus|vs)\b")


class SideFinder:
    """Side words of one clause.

    Args:
        marks: Marks of the clause, in order.
        text: The whole text in lower case; the marks' offsets are into it.
    """

    def __init__(self, marks: list[Mark], text: str):
        self.marks, self.text = marks, text

    def side_of(self, first: Mark, second: Mark) -> str:
        """Return the side in the words themselves, or the nearest in their part of the clause.

        Args:
            first: Name or phrase of a claim.
            second: State or number of the claim; the phrase again if there is none.

        Returns:
            "left", "right", "both", or "" if no side is named.
        """
        if self.text.endswith("neither ", 0, first.start) and re.match(LIMB, first.text):
            return "both"
        if second.kind == "number" and (side := self._side_in_same_part(second)):
            return side
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
            if mark.start >= end and self._belongs_to_next(index):
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

    def _belongs_to_next(self, index: int) -> bool:
        """Whether a side is followed by its own name: "steps are short and the left foot drags"."""
        after = self.marks[index + 1] if index + 1 < len(self.marks) else None
        if after is None or after.kind not in ("name", "phrase"):
            return False
        gap = self.text[self.marks[index].end : after.start]
        return bool(re.fullmatch(rf"\s+(?:{LIMB}\s+)?", gap))

    def _last_coordinated(self, name: Mark) -> Mark:
        """The last of the names that are joined to a name by "and"."""
        for mark in self.marks:
            if mark.kind == "name" and mark.start >= name.end:
                if not COORDINATION.fullmatch(self.text[name.end : mark.start]):
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
        new_part = mark.kind == "number" and self.text[low - 1 : low] == ","
        for index, side in enumerate(self.marks):
            compared = index and self.marks[index - 1].kind == "than" and not new_part
            if side.kind == "side" and not compared and low <= side.start and side.end <= high:
                return side.state
        return ""

    def _follows_name(self, side: Mark) -> bool:
        """Whether a name or phrase precedes a side word, so that the side may belong to it."""
        return any(m.kind in ("name", "phrase") and m.end <= side.start for m in self.marks)
