"""Render a comparison: who and what is compared, both scores, parameters, curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from comparing import Compared
from markupsafe import Markup
from page_templates import render

from agir_hf.constants_agir import NOTICE
from agir_hf.gait.report import trust_part

ERROR_TITLE = "These recordings cannot be compared"
_FIRST = ("identity", "cautions")  # sections of the report that come before the scores


def parts(compared: Compared) -> tuple[Markup, Markup]:
    """Render what is above and what is below the viewer.

    Args:
        compared: The comparison.

    Returns:
        Identities, cautions and scores of both; and summary, parameters and curves.
    """
    from agir_hf.assessment.comparison_report import page_of
    from agir_hf.gait.report.comparison_page import comparison_sections

    page = page_of(compared.comparison)
    sections = comparison_sections(page)
    top = render(
        "compare_top",
        title=page.title,
        names=compared.comparison.names,
        simulated=compared.simulated or page.simulated,
        sections=[sections.pop(name) for name in _FIRST if name in sections],
        scores=[_scores(rows) for rows in compared.assessments],
        walkers=[rows[0]["identity"]["file"] for rows in compared.assessments],
        is_several=any(len(rows) > 1 for rows in compared.assessments),
    )
    return top, render("compare_rest", sections=sections.values(), notice=NOTICE)


def _scores(assessments: Sequence[Mapping]) -> Markup:
    """Score and trust: the whole block of one recording, or a line for each of several."""
    if len(assessments) == 1:
        return trust_part(assessments[0])
    rows = [
        {
            "file": row["identity"]["file"],
            "score": "withheld" if row["trust"]["withheld"] else str(row["score"]),
            "text": row["trust"]["text"],
        }
        for row in assessments
    ]
    return render("compare_trials", rows=rows)
