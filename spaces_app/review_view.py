"""Render a text of a review with its marked claims, and the recording that it describes."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup
from page_templates import render
from review_recordings import person_of
from review_session import Review

from agir_hf.assessment import PreparedRecording
from agir_hf.corpus.review import ACCEPTED, REJECTED, REVIEWED
from agir_hf.gait import extract_claims
from agir_hf.gait.applied_norms import AppliedNorms
from agir_hf.gait.claim_words import MEANINGS, SIGNS, worst
from agir_hf.gait.grounding import CONTRADICTED, NOT_MEASURABLE, CheckedClaim
from agir_hf.gait.report import (
    ReportInput,
    claims_note,
    marked_text,
    sections_of,
    verdict_class,
)

TITLES = {"foot": "Feet", "arm": "Arms", "overall": "Overall"}
KEYS = {
    "n": "next text",
    "p": "previous text",
    "u": "next text that is not reviewed",
    "a": "accept",
    "r": "reject",
    "e": "edit: go to the first text field",
    "z": "undo",
    "y": "redo",
    "Escape": "leave a text field, so that the keys work again",
}
_STATES = {ACCEPTED: "accepted", REJECTED: "rejected", "": "not reviewed yet"}
_FLAG = "contradicted: "
_SECTIONS = ("walker", "spatiotemporal", "curves", "events", "absent")  # of a report


def page(review: Review, prepared: PreparedRecording | None = None) -> Markup:
    """Render the current text with its progress and its marked claims.

    Args:
        review: The review.
        prepared: The recording of the text; None if it is not at hand or not yet measured. The
            claims are then marked by the flags of the table alone.

    Returns:
        HTML.
    """
    row = review.row
    return render(
        "review",
        position=f"Text {review.index + 1} of {len(review.rows)}",
        progress=review.progress(),
        share=review.reviewed / len(review.rows),
        is_unsaved=review.is_unsaved,
        facts=_facts(row),
        state=_STATES.get(row[REVIEWED], ACCEPTED),
        is_edited=any(row[f"revised_{part}"] for part in TITLES),
        parts=[
            (TITLES[part], _marked(text, row, prepared), text, bool(row[f"revised_{part}"]))
            for part, text in review.texts().items()
        ],
        is_measured=_is_measured(prepared),
        verdicts=_legend(_is_measured(prepared)),
    )


def _facts(row: Mapping[str, str]) -> dict[str, str]:
    person = person_of(row)
    age = "" if person.age is None else f"{person.age:g} years"
    facts = {
        "recording": row["id"],
        "score": row["score"],
        "person": ", ".join(part for part in (age, person.sex) if part) or "not stated",
        "written by": row["writer"],
        "flags": row["flags"] or "none",
    }
    return facts if row.get("age") or row.get("sex") else {
        name: fact for name, fact in facts.items() if name != "person"
    }  # fmt: skip


def _is_measured(prepared: PreparedRecording | None) -> bool:
    return prepared is not None and not isinstance(prepared.measured, ValueError)


def _legend(is_measured: bool) -> list[dict[str, str]]:
    names = SIGNS if is_measured else (CONTRADICTED,)
    return [_verdict(name) | {"name": name, "meaning": MEANINGS[name]} for name in names]


def _verdict(name: str) -> dict[str, str]:
    return {"css_class": verdict_class(name), "symbol": SIGNS[name]}


def _marked(text: str, row: Mapping[str, str], prepared: PreparedRecording | None) -> Markup:
    if _is_measured(prepared):
        person = person_of(row)
        checked = prepared.check(text, person.age, person.sex).grounding.checked
        return marked_text(text, checked, _mark)
    return marked_text(text, flagged_claims(text, row["flags"]), _flagged_mark)


def _mark(rows: list[CheckedClaim], words: Markup) -> Markup:
    verdict = worst(rows).verdict
    return render("reviewed_claim", **_verdict(verdict), note=claims_note(rows), text=words)


def _flagged_mark(rows: list[CheckedClaim], words: Markup) -> Markup:
    if worst(rows).verdict == CONTRADICTED:
        note = "contradicted by the measured gait, as the table says"
        return render("reviewed_claim", **_verdict(CONTRADICTED), note=note, text=words)
    note = "a claim about the gait; the recording is not at hand"
    return render("reviewed_claim", css_class="unknown", symbol="", note=note, text=words)


def flagged_claims(text: str, flags: str) -> list[CheckedClaim]:
    """Return the claims of a text; a claim is contradicted if a flag of the table is about it.

    Args:
        text: Part of a rationale.
        flags: Flags of the table, such as "contradicted: the steps are short; …".

    Returns:
        The claims; those that no flag is about are marked as not measurable.
    """
    spans = _flagged_spans(text, flags)
    return [
        CheckedClaim(
            claim,
            CONTRADICTED
            if any(start < claim.end and claim.start < end for start, end in spans)
            else NOT_MEASURABLE,
            *(None,) * 4,
        )
        for claim in extract_claims(text)
    ]


def _flagged_spans(text: str, flags: str) -> list[tuple[int, int]]:
    """Offsets of the words that the flags quote; a flag can quote a part of a clause."""
    quotes = [flag.removeprefix(_FLAG) for flag in flags.split("; ") if flag.startswith(_FLAG)]
    starts = [(text.find(quote), quote) for quote in quotes if quote]
    return [(start, start + len(quote)) for start, quote in starts if start >= 0]


def recording_html(row: Mapping[str, str], prepared: PreparedRecording) -> Markup:
    """Render the recording of a text: walker, gait parameters, angles over the stride, events.

    Args:
        row: Row of the review table.
        prepared: The recording.
    """
    person = person_of(row)
    report = ReportInput(
        prepared.name,
        prepared.measured,
        prepared.recording,
        prepared.motion,
        applied=AppliedNorms(person.age, person.sex),
    )
    sections = sections_of(report, prefix="review-")
    return render(
        "reviewed_recording",
        id=row["id"],
        file=prepared.name,
        sections=[sections[name] for name in _SECTIONS if name in sections],
    )
