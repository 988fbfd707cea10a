"""Clauses of a sentence that make its claims, and claims of one quantity that belong together.

The parser (`clause_parser.py`) finds the words of each claim. Here the claims that a sentence makes
of one quantity are merged, and each claim gets the offsets of the whole clause that makes it, so
that a quotation reads as a clause: "the left arm swings less", not "swings less".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from .claim import Claim
from .lexicon import Mark

_NOT_ASSESSED = re.compile(
    r"\b(?:(?:could|can) ?not be|was not|were not|is not|are not|has not been|have not been"
    r"|not possible to|impossible to|unable to|could not|cannot)"
    r" (?:reliably |fully |directly |properly |clearly |be )*"
    r"(?:assess|measur|determin|evaluat|record|judg|quantif|estimat|rated?\b|available|known"
    r"|analy[sz]|examin|calculat|track)"  # codespell:ignore examin,calculat
    r"|\bdata (?:on [\w ]+ )?(?:are|is|were) (?:missing|lack|not available|absent)"
    r"|\bwhether\b|\b(?:is|are|was|were|remains?) (?:unknown|unclear|uncertain|unavailable)\b"
    r"|\bno (?:information|data|statement|judgement|conclusion|comment|comparison)\b"
    r"|\b(?:was|were) (?:assessed|evaluated|analy[sz]ed|examined|excluded)(?! as\b)"
    r"|\b(?:hidden|obscured|out of view|not in view)\b"
)
_LABEL = re.compile(
    r"\s*(?:foot|feet|arms?|overall|legs?|trunk|summary|(?:lower|upper) body):\s*", re.IGNORECASE
)
_VERBS = (
    "is|are|was|were|has|have|had|shows?|showed|remains?|remained|stays|stayed|appears?|seems?"
    "|swings|(?<=arms )swing|walks|(?<=she )turns|(?<=he )turns|takes?|makes?|lands|drags"
    "|var(?:y|ies)|differs?|measures|moves?|does|do|did|reach(?:es)?|falls|amounts|averages"
    "|lies"  # codespell:ignore lies
    "|can(?:not)?|could|exceeds?|uses|needs|rotate|rotates|clears?|leaves?|strikes|sways|freezes"
    "|leans|accounts|limits|fits|changes|keeps|carr(?:y|ies)|weighs|argues?|suggests?|hangs|covers"
    "|occurs?|looks"
)
_VERB = re.compile(rf"\b(?:{_VERBS})\b")
# A subject with its verb; not "which is", "and is", "and markedly reduced".
_SUBJECT_AND_VERB = (
    r"(?!(?:which|who|that|with|without|as|not|more|less|also|then|still|though|\w+ly)\b)"
    rf"(?!(?:{_VERBS})\b)(?:[\w%°./-]+\s+){{1,7}}?(?:{_VERBS})\b"
)
_BEGINS_CLAUSE = re.compile(rf"[\s,]*(?:that\s+)?{_SUBJECT_AND_VERB}")
# A comma or "and" before a new clause.
_NEW_CLAUSE = re.compile(
    r"(?:\s*[,:]\s*(?:(?:and|or|so|nor)\b)?\s*|\s+(?:and|or|so)\s+)"
    rf"(?={_SUBJECT_AND_VERB})"
)
_PREPOSITIONS = ("despite", "in spite of", "compared with", "compared to")
_EDGE = " \t\n\r,:–—()"  # at the ends of a clause


def merged_claims(claims: Iterable[Claim]) -> list[Claim]:
    """Merge the claims that one sentence makes of the same quantity and side.

    A state and a number become one claim. Of equal states one is kept, with the grade that only one
    of them may have. A claim without a side belongs to an earlier claim of one side.

    Args:
        claims: Claims of a sentence; their offsets are those of the words that make the claim.

    Returns:
        The claims in the order of the text; the offsets of a merged claim include both.
    """
    kept: list[Claim] = []
    for claim in sorted(claims, key=lambda claim: (claim.start, claim.end)):
        for index in sorted(range(len(kept)), key=lambda i: _distance(kept[i], claim)):
            if (merged := _merge(kept[index], claim)) is not None:
                kept[index] = merged
                break
        else:
            kept.append(claim)
    return kept


def _distance(first: Claim, second: Claim) -> tuple[bool, int]:
    """Order in which merging is tried: the same side first, then the nearest claim."""
    return first.side != second.side, max(second.start - first.end, first.start - second.end)


def _merge(first: Claim, second: Claim) -> Claim | None:
    """Both claims as one, or None if they assert different things."""
    if first.quantity != second.quantity:
        return None
    numbers = first.value is not None, second.value is not None
    if all(numbers) and first.value != second.value:
        return None
    if first.state and second.state and first.state != second.state:
        return None
    same_kind = bool(first.state) == bool(second.state)
    if first.side != second.side and (second.side if same_kind else first.side and second.side):
        return None
    return replace(
        first,
        side=first.side or second.side,
        state=first.state or second.state,
        grade=first.grade or second.grade,
        value=first.value if numbers[0] else second.value,
        start=min(first.start, second.start),
        end=max(first.end, second.end),
    )


def claims_with_clauses(
    claims: list[Claim], marks: Iterable[Mark], text: str, start: int, end: int
) -> list[Claim]:
    """Give claims the offsets of their clauses; drop those of clauses that assert nothing.

    Args:
        claims: Claims of one sentence, with the offsets of the words that make them.
        marks: Marks of the sentence; a clause ends at a mark of the kind "break".
        text: The whole text in lower case.
        start: Offset of the first character of the sentence.
        end: Offset after its last character.

    Returns:
        The claims, without those of a clause such as "step length could not be measured".
    """
    clauses = _clauses(claims, marks, text, start, end)
    placed = []
    for claim in claims:
        around = (c for c in clauses if c[0] <= claim.start and claim.end <= c[1])
        first, last = next(around, (start, end))
        first, last = _trimmed(text, first, last)
        if not _NOT_ASSESSED.search(text, first, last):
            placed.append(replace(claim, start=min(first, claim.start), end=max(last, claim.end)))
    return placed


def _clauses(claims, marks, text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Start and end of each clause of a sentence; no clause ends within the words of a claim."""
    first = label.end() if (label := _LABEL.match(text, start, end)) else start
    clauses = [(start, first)]
    gaps = [gap for gap in _gaps(marks, text, first, end) if not _within_claim(gap, claims)]
    for index, (left, right) in enumerate(gaps):
        after = gaps[index + 1][0] if index + 1 < len(gaps) else end
        if not text[first:left].strip(_EDGE):  # a leading conjunction; "despite" is part of it
            first = right if text[left:right] not in _PREPOSITIONS else first
        elif _VERB.search(text, first, left) and (
            _BEGINS_CLAUSE.match(text, right, after)
            or not any(right <= claim.start < after for claim in claims)
        ):
            clauses.append((first, left))
            first = right
    return [*clauses, (first, end)]


def _gaps(marks, text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Start and end of the words and commas at which a clause can end."""
    gaps = [(mark.start, mark.end) for mark in marks if mark.kind == "break"]
    gaps += [match.span() for match in _NEW_CLAUSE.finditer(text, start, end)]
    return sorted((max(first, start), last) for first, last in gaps if last > start)


def _within_claim(gap: tuple[int, int], claims: Iterable[Claim]) -> bool:
    return any(claim.start < gap[1] and claim.end > gap[0] for claim in claims)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Offsets of a clause without conjunctions and punctuation at its ends."""
    while conjunction := re.match(r"[\s,:–—()]*(?:and|or|but|so|then)\s+", text[start:end]):
        start += conjunction.end()
    end = start + len(text[start:end].rstrip(_EDGE))
    end = start + len(re.sub(r"[\s,]+(?:and|or|but|so)$", "", text[start:end]).rstrip(_EDGE))
    opening = text[start:end].count("(") - text[start:end].count(")")
    end += 1 if opening == 1 and text[end : end + 1] == ")" else 0
    return start + len(text[start:end]) - len(text[start:end].lstrip(_EDGE)), end
