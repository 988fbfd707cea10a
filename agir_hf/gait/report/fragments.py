"""Parts of a page as HTML: the assessment with its claims, and the tables of gait parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import numpy as np
from markupsafe import Markup, escape

from ..grounding import CONTRADICTED, NOT_MEASURABLE, CheckedClaim
from ..norms import reference
from ..parameters import PARAMETERS, SOURCES, GaitMeasurement, Measured, Parameter, in_words
from .rendering import render

_MAX_Z_SHOWN = 6.0  # z-scores are clipped to ± this value in the bar


def assessment_part(
    score: int,
    probabilities: Iterable[float],
    reasoning: str,
    checked: Sequence[CheckedClaim],
    doubt: str = "",
) -> Markup:
    """Render a score with its probabilities and the rationale with each claim marked.

    Args:
        score: Score, 0 to 2.
        probabilities: Probability of each score.
        reasoning: The rationale.
        checked: Claims of the rationale from `check_claims`.
        doubt: For an uncertain score: the other possible scores, and why.

    Returns:
        HTML.
    """
    return render(
        "assessment.html.j2",
        score=score,
        probabilities=list(probabilities),
        doubt=doubt,
        marked_reasoning=marked_text(reasoning, checked, _mark),
        claims=[_claim_row(reasoning, row) for row in checked],
    )


def marked_text(
    text: str, checked: Iterable[CheckedClaim], mark: Callable[[CheckedClaim, Markup], str]
) -> Markup:
    """Render a text with its claims marked; where claims overlap, the shortest is marked.

    "Step length, about 0.50 m, is reduced" has a number and a state: the words of the number show
    whether the number is right, the other words show whether the step length is reduced.

    Args:
        text: Plain text.
        checked: Claims of the text.
        mark: Function that takes a claim and its words, already escaped, and returns HTML.

    Returns:
        HTML of the whole text.
    """
    marked, position = Markup(), 0
    for row, start, end in _marked_spans(text, list(checked)):
        marked += escape(text[position:start]) + Markup(mark(row, escape(text[start:end])))
        position = end
    return marked + escape(text[position:])


def _marked_spans(text: str, rows: list[CheckedClaim]) -> list[tuple[CheckedClaim, int, int]]:
    """Split the claims into spans that do not overlap: claim, start, end, in order.

    Each span belongs to the shortest claim that covers it; of equally long claims, to a
    contradicted one. Spaces and commas at the ends of a span are not part of it.
    """

    def priority(row: CheckedClaim) -> tuple:
        return row.claim.end - row.claim.start, row.verdict != CONTRADICTED

    boundaries = sorted({offset for row in rows for offset in (row.claim.start, row.claim.end)})
    spans: list[tuple[CheckedClaim, int, int]] = []
    for start, end in pairwise(boundaries):
        covering = [row for row in rows if row.claim.start <= start and end <= row.claim.end]
        if not covering:
            continue
        row = min(covering, key=priority)
        if spans and spans[-1][0] is row and spans[-1][2] == start:
            start = spans.pop()[1]
        spans.append((row, start, end))
    trimmed = [(row, *_trimmed(text, start, end)) for row, start, end in spans]
    return [span for span in trimmed if span[1] < span[2]]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Offsets without the spaces and commas at the ends."""
    end -= len(text[start:end]) - len(text[start:end].rstrip(" ,"))
    return start + len(text[start:end]) - len(text[start:end].lstrip(" ,")), end


def verdict_class(verdict: str) -> str:
    """Return the CSS class of a verdict.

    Args:
        verdict: `SUPPORTED`, `CONTRADICTED` or `NOT_MEASURABLE` of `agir_hf.gait.grounding`.
    """
    return "unknown" if verdict == NOT_MEASURABLE else verdict


def _mark(row: CheckedClaim, text: Markup) -> Markup:
    note = row.verdict
    if row.parameter:
        note += f": {row.parameter} {row.value:.3g}"
        note += f", z {row.z:+.1f}" if row.z is not None else ""
    return render("mark.html.j2", css_class=verdict_class(row.verdict), note=note, text=text)


def _claim_row(reasoning: str, row: CheckedClaim) -> dict[str, str]:
    return {
        "text": reasoning[row.claim.start : row.claim.end],
        "verdict": row.verdict,
        "css_class": verdict_class(row.verdict),
        "parameter": row.parameter or "",
        "value": "" if row.value is None else f"{row.value:.3g}",
        "norm": "" if row.norm is None else f"{row.norm.mean:.3g}",
        "z": "" if row.z is None else f"{row.z:+.1f}",
    }


def parameters_part(
    measured: GaitMeasurement, age: float | None = None, sex: str | None = None
) -> Markup:
    """Render the table of the measured parameters with norms and z-scores.

    Args:
        measured: Measurement from `measure`.
        age: Age of the subject in years, for the norms; None uses 70 years.
        sex: "male", "female", or None for the mean of both.

    Returns:
        HTML. The row of a parameter has the id `gait-NAME`.

    Raises:
        ValueError: There are no norms for the age or the sex.
    """
    norm_group = f"{age:g} years" if age is not None else "70 years"
    norm_group += f", {sex}" if sex else ", both sexes"
    rows = [
        _parameter_row(parameter, measured.parameters[parameter.name], age, sex)
        for parameter in PARAMETERS
        if parameter.name in measured.parameters
    ]
    return render("parameters.html.j2", norm_group=norm_group, rows=rows)


def _parameter_row(parameter: Parameter, row: Measured, age, sex) -> dict[str, object]:
    cells = {
        "name": parameter.name,
        "label": in_words(parameter.name),
        "definition": f"{parameter.formula}. {SOURCES[parameter.source]}",
        "value": f"{row.value:.3g} {row.unit}",
        "sd": "" if row.sd is None else f"{row.sd:.2g}",
        "n": row.n,
        "norm": "",
        "z": "",
        "bar_percent": None,
        "is_outside": False,
    }
    norm = reference(parameter.name, age, sex)
    if norm is not None:
        z = norm.z(row.value)
        shown = float(np.clip(z, -_MAX_Z_SHOWN, _MAX_Z_SHOWN))
        cells |= {
            "norm": f"{'~' if norm.status == 'rough' else ''}{norm.mean:.3g} ± {norm.sd:.2g}",
            "z": f"{z:+.1f}",
            "bar_percent": f"{50 + 50 * shown / _MAX_Z_SHOWN:.1f}",
            "is_outside": abs(z) > 2,
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
