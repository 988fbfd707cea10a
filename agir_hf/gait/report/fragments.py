"""Parts of a page as HTML: a text with its claims marked, the claims, and what is absent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from markupsafe import Markup, escape

from ..applied_norms import AppliedNorms, norm_text, z_text
from ..claim_words import (
    MEANINGS,
    SIGNS,
    claim_json,
    evidence_text,
    verdict_text,
    worst,
)
from ..grounding import NOT_MEASURABLE, CheckedClaim
from ..norms import Norms
from ..parameters import GaitMeasurement
from .names import report_name
from .rendering import render
from .spatiotemporal import spatiotemporal_part


def marked_text(
    text: str,
    checked: Iterable[CheckedClaim],
    mark: Callable[[list[CheckedClaim], Markup], str],
) -> Markup:
    """Render a text with its claims marked; where claims overlap, the shortest are marked.

    Args:
        text: Plain text.
        checked: Claims of the text.
        mark: Function that takes the claims of a span and its words, already escaped, and returns
            HTML. A clause such as "Cadence and sway are normal" has several claims.

    Returns:
        HTML of the whole text.
    """
    marked, position = Markup(), 0
    for rows, start, end in _marked_spans(text, list(checked)):
        marked += escape(text[position:start]) + Markup(mark(rows, escape(text[start:end])))
        position = end
    return marked + escape(text[position:])


def _marked_spans(text: str, rows: list[CheckedClaim]) -> list[tuple[list[CheckedClaim], int, int]]:
    """Split the claims into spans that do not overlap: claims, start, end, in order.

    Each span belongs to the shortest claims that cover it. Spaces and commas at the ends of a span
    are not part of it.
    """

    def length(row: CheckedClaim) -> int:
        return row.claim.end - row.claim.start

    boundaries = sorted({offset for row in rows for offset in (row.claim.start, row.claim.end)})
    spans: list[tuple[list[CheckedClaim], int, int]] = []
    for start, end in pairwise(boundaries):
        covering = [row for row in rows if row.claim.start <= start and end <= row.claim.end]
        if not covering:
            continue
        shortest = min(map(length, covering))
        covering = [row for row in covering if length(row) == shortest]
        if spans and spans[-1][0] == covering and spans[-1][2] == start:
            start = spans.pop()[1]
        spans.append((covering, start, end))
    trimmed = [(span_rows, *_trimmed(text, start, end)) for span_rows, start, end in spans]
    return [span for span in trimmed if span[1] < span[2]]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Offsets without the spaces and commas at the ends."""
    end -= len(text[start:end]) - len(text[start:end].rstrip(" ,"))
    return start + len(text[start:end]) - len(text[start:end].lstrip(" ,")), end


def verdict_class(verdict: str) -> str:
    """Return the CSS class of a verdict.

    Args:
        verdict: `SUPPORTED`, `NEAR`, `CONTRADICTED` or `NOT_MEASURABLE` of
            `agir_hf.gait.grounding`.
    """
    return "unknown" if verdict == NOT_MEASURABLE else verdict


def _verdict(verdict: str) -> dict[str, str]:
    return {"name": verdict, "css_class": verdict_class(verdict), "sign": SIGNS[verdict]}


def claims_note(rows: Iterable[CheckedClaim]) -> str:
    """Return the verdict and the evidence of the claims of a span, as shown when it is pointed at.

    Args:
        rows: Claims of a span.
    """
    claims = [claim_json(row, "") for row in rows]
    notes = [(verdict_text(claim), evidence_text(claim)) for claim in claims]
    return " | ".join(": ".join(part for part in note if part) for note in notes)


def _mark(rows: list[CheckedClaim], text: Markup) -> Markup:
    verdict = _verdict(worst(rows).verdict)
    return render("mark.html.j2", **verdict, note=claims_note(rows), text=text)


def reasons_part(
    reasoning: str,
    checked: Sequence[CheckedClaim],
    *,
    norms: str = "",
    selection: str = "",
    unaided: str = "",
    checked_unaided: Sequence[CheckedClaim] = (),
) -> Markup:
    """Render the rationale with its claims marked, the claims, and the model's own text folded.

    Args:
        reasoning: The rationale.
        checked: Claims of the rationale from `check_claims`.
        norms: The norms that the claims were checked against, from `AppliedNorms.text`.
        selection: How the rationale was chosen, in words.
        unaided: The model's own text; it is shown if it is not the rationale.
        checked_unaided: Claims of the model's own text from `check_claims`.

    Returns:
        HTML.
    """
    sources = list(dict.fromkeys(row.norm.source for row in checked if row.norm is not None))
    return render(
        "reasons.html.j2",
        norms=norms,
        verdicts=[_verdict(name) | {"meaning": MEANINGS[name]} for name in SIGNS],
        marked_reasoning=marked_text(reasoning, checked, _mark),
        selection=selection,
        marked_unaided=""
        if unaided in ("", reasoning)
        else marked_text(unaided, checked_unaided, _mark),
        claims=[_claim_row(reasoning, row, sources) for row in checked],
        sources=sources,
    )


def _claim_row(reasoning: str, row: CheckedClaim, sources: list[str]) -> dict[str, object]:
    claim = claim_json(row, reasoning)
    space = "" if claim["unit"] in ("", "°", None) else " "
    measured = "" if row.parameter is None else (
        f"{report_name(row.parameter)} {claim['measured']:.3g}{space}{claim['unit']}"
    )  # fmt: skip
    norm = "" if row.norm is None else f"{norm_text(row.norm)} {claim['unit']}".rstrip()
    source = None
    if row.norm is not None:
        source = {"text": row.norm.source, "number": sources.index(row.norm.source) + 1}
    return {
        "text": claim["text"],
        "verdict": _verdict(row.verdict),
        "reason": claim["reason"] or "",
        "measured": measured,
        "grade": claim["grade"] or "",
        "norm": norm,
        "source": source,
        "z": "" if row.z is None else z_text(row.z).replace("-", "\u2212"),
    }


def parameters_part(
    measured: GaitMeasurement,
    age: float | None = None,
    sex: str | None = None,
    norms: Norms | None = None,
    prefix: str = "",
) -> Markup:
    """Render the table of the measured parameters for a person; see `spatiotemporal_part`.

    Args:
        measured: Measurement from `measure`.
        age: Age of the subject in years, for the norms; None uses 70 years. No norm applies below
            20 years, which the page then says.
        sex: "male", "female", or None for the mean of both.
        norms: Norms of a laboratory, or None for the published norms.
        prefix: Beginning of every id, so that several tables can be on a page.

    Returns:
        HTML. The row of a parameter has the id `PREFIXgait-NAME`.

    Raises:
        ValueError: The sex is neither of the two, or the age is not within 0 to 120 years.
    """
    return spatiotemporal_part(measured, AppliedNorms(age, sex, norms), prefix)


def absent_part(measured: GaitMeasurement) -> Markup:
    """Render the table of the parameters that could not be measured, with the reasons.

    Args:
        measured: Measurement from `measure`.

    Returns:
        HTML, empty if every parameter was measured.
    """
    if not measured.absent:
        return Markup()
    reasons: dict[str, list[str]] = {}
    for name, reason in measured.absent.items():
        reasons.setdefault(reason, []).append(report_name(name))
    return render("absent.html.j2", reasons=reasons)
