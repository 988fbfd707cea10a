"""Render the page of an assessed walk from the sections of its report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup
from page_templates import render

from agir_hf.gait.report import sections_of
from agir_hf.gait.report.identity_rows import SHORT_HASH

if TYPE_CHECKING:
    from assessing import Shown

ERROR_TITLE = "This recording was not assessed"


def notice(model: dict) -> Markup:
    """Render the notice that is always on the page.

    Args:
        model: Result of `agir_hf.assessment.model_provenance`.
    """
    return render("notice", trained_on=str(model["trained_on"] or "data not stated"))


def result_parts(shown: Shown) -> tuple[Markup, Markup]:
    """Render an assessment.

    Args:
        shown: The assessment, with its title and settings.

    Returns:
        HTML of the head (what was assessed, score, how far to trust it), and of everything else.
        Both carry the identity of the recording.
    """
    report = shown.report()
    sections = sections_of(report)
    who = report.who
    head = render(
        "assess_top",
        title=shown.title,
        id=who["id"],
        identity=_identity(who, report.result["person"]),
        simulated=report.simulated_text,
        settings=shown.settings,
        conflicts=[text for text in report.result["recording"]["remarks"] if "“" in text],
        trust=sections["trust"],
    )
    return head, render("assess_rest", sections=sections)


def _identity(who: dict, person: dict) -> list[tuple[str, str, str]]:
    """Name, text and full text of what identifies an assessment."""
    age, sex, height_m = person["age"], person["sex"], person["height_m"]
    stated = (
        f"{age:g} years" if age is not None else "", sex or "",
        f"{height_m:.2f} m" if height_m else "",
    )  # fmt: skip
    sha256 = who["sha256"] or ""
    rows = [
        ("Identifier", who["id"] or "not stated", ""),
        ("Person", ", ".join(text for text in stated if text), ""),
        ("File", who["file"], ""),
        ("SHA-256", sha256[:SHORT_HASH], sha256),
        ("Recorded", who["recorded"] or "not stated in the file", ""),
        ("Assessed", who["assessed"], ""),
        ("Software", who["software"], ""),
    ]
    return [row for row in rows if row[1]]
