"""Parts of a page as HTML: the assessment with its claims, and the tables of gait parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import numpy as np
from markupsafe import Markup, escape

from ..applied_norms import AppliedNorms, norm_text, z_text
from ..claim_words import (
    MEANINGS,
    SIGNS,
    claim_json,
    evidence_text,
    value_text,
    verdict_text,
    worst,
)
from ..grades import NORMAL_SD, grade_of, grade_words
from ..grounding import NOT_MEASURABLE, CheckedClaim
from ..norms import Norms, Reference
from ..parameters import PARAMETERS, SOURCES, GaitMeasurement, Measured, Parameter, in_words
from .rendering import render

_MAX_Z_SHOWN = 6.0  # z-scores are clipped to ± this value in the bar
_BAND_PERCENT = 50 - 50 * NORMAL_SD / _MAX_Z_SHOWN  # where the band of a bar starts and ends


def assessment_part(
    score: int,
    probabilities: Iterable[float],
    reasoning: str,
    checked: Sequence[CheckedClaim],
    doubt: str = "",
    norms: str = "",
    selection: str = "",
    unaided: str = "",
    checked_unaided: Sequence[CheckedClaim] = (),
) -> Markup:
    """Render a score with its probabilities, and the rationale with the evidence of each claim.

    Args:
        score: Score, 0 to 2.
        probabilities: Probability of each score.
        reasoning: The rationale.
        checked: Claims of the rationale from `check_claims`.
        doubt: For an uncertain score: the other possible scores, and why.
        norms: The norms that the claims were checked against, from `AppliedNorms.text`.
        selection: How the rationale was chosen, in words.
        unaided: The model's own text; it is shown if it is not the rationale.
        checked_unaided: Claims of the model's own text from `check_claims`.

    Returns:
        HTML.
    """
    return render(
        "assessment.html.j2",
        score=score,
        probabilities=list(probabilities),
        doubt=doubt,
        norms=norms,
        verdicts=[_verdict(name) | {"meaning": MEANINGS[name]} for name in SIGNS],
        marked_reasoning=marked_text(reasoning, checked, _mark),
        selection=selection,
        marked_unaided="" if unaided == reasoning else marked_text(unaided, checked_unaided, _mark),
        claims=[_claim_row(reasoning, row) for row in checked],
    )


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


def _claim_row(reasoning: str, row: CheckedClaim) -> dict[str, object]:
    claim = claim_json(row, reasoning)
    return {
        "text": claim["text"],
        "verdict": _verdict(row.verdict) | {"name": verdict_text(claim)},
        "measured": value_text(claim),
        "norm": "" if row.norm is None else f"{norm_text(row.norm)} {claim['unit']}",
        "source": "" if row.norm is None else row.norm.source,
        "z": "" if row.z is None else z_text(row.z),
    }


def parameters_part(
    measured: GaitMeasurement,
    age: float | None = None,
    sex: str | None = None,
    norms: Norms | None = None,
) -> Markup:
    """Render the table of the measured parameters with norms, z-scores and grades.

    Args:
        measured: Measurement from `measure`.
        age: Age of the subject in years, for the norms; None uses 70 years. No norm applies below
            20 years, which the page then says.
        sex: "male", "female", or None for the mean of both.
        norms: Norms of a laboratory, or None for the published norms.

    Returns:
        HTML. The row of a parameter has the id `gait-NAME`.

    Raises:
        ValueError: The sex is neither of the two, or the age is not within 0 to 120 years.
    """
    applied = AppliedNorms(age, sex, norms)
    references = applied.of_walk(measured.parameters)
    rows = [
        _parameter_row(parameter, measured.parameters[parameter.name], references)
        for parameter in PARAMETERS
        if parameter.name in measured.parameters
    ]
    return render(
        "parameters.html.j2",
        norms=applied.text(),
        remark=applied.remark,
        normal_sd=NORMAL_SD,
        band=f"{_BAND_PERCENT:.2f}",
        rows=rows,
    )


def _parameter_row(
    parameter: Parameter, row: Measured, references: dict[str, Reference]
) -> dict[str, object]:
    cells = {
        "name": parameter.name,
        "label": in_words(parameter.name),
        "definition": f"{parameter.formula}. {SOURCES[parameter.source]}",
        "value": f"{row.value:.3g} {row.unit}",
        "sd": "" if row.sd is None else f"{row.sd:.2g}",
        "n": row.n,
        "norm": "",
        "z": "",
        "grade": "",
        "bar_percent": None,
        "is_impaired": False,
    }
    norm = references.get(parameter.name)
    if norm is not None:
        z = norm.z(row.value)
        grade = grade_of(parameter.name, row.value, norm)
        shown = float(np.clip(z, -_MAX_Z_SHOWN, _MAX_Z_SHOWN))
        cells |= {
            "definition": f"{cells['definition']}. Norm: {norm.source}",
            "norm": norm_text(norm),
            "z": z_text(z),
            "grade": grade_words(grade),
            "bar_percent": f"{50 + 50 * shown / _MAX_Z_SHOWN:.1f}",
            "is_impaired": grade.impaired,
        }
    return cells


def absent_part(measured: GaitMeasurement) -> Markup:
    """Render the table of the parameters that could not be measured, with the reasons.

    Args:
        measured: Measurement from `measure`.

    Returns:
        HTML, empty if every parameter was measured.
    """
    if not measured.absent:
        return Markup()
    reasons = {in_words(name): reason for name, reason in measured.absent.items()}
    return render("absent.html.j2", reasons=reasons)
