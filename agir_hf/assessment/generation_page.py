"""Show a generated walk on a page: what was asked and is measured, the walk, and its gait."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..gait.claim_words import SIGNS
from ..gait.grounding import CONTRADICTED, NEAR, NOT_MEASURABLE, SUPPORTED
from ..gait.report import ReportInput, sections_of, verdict_class, write_page
from ..gait.report.rendering import render
from ..version import __version__
from .generation import SIMULATED
from .generation_check import NEARLY, NO, YES, Obeyed
from .messages import model_text, one_line

if TYPE_CHECKING:
    from markupsafe import Markup

    from .generation_walks import GeneratedWalk

_VERDICTS = {YES: SUPPORTED, NEARLY: NEAR, NO: CONTRADICTED, NOT_MEASURABLE: NOT_MEASURABLE}
_TITLE = "Generated walk"


def request_part(walk: GeneratedWalk) -> Markup:
    """Render what was asked, what is measured in the walk, and what was not understood.

    Args:
        walk: Result of `generate_walk`.

    Returns:
        HTML in the styles of a report.
    """
    return render(
        "request.html.j2",
        summary=walk.summary,
        choice=walk.choice,
        rows=[_row(row) for row in walk.rows],
        not_understood=walk.request.not_understood,
        beyond=walk.beyond,
        prompt=walk.prompt,
        seed=walk.seed,
        norms=walk.applied.text(),
    )


def _row(row: Obeyed) -> dict:
    verdict = _VERDICTS[row.obeyed]
    return {
        "asked": row.asked_text,
        "words": row.asked.words,
        "implied": row.asked.implied,
        "measured": row.measured_text,
        "norm": row.norm_text.replace("z -", "z −") if row.measured_text else "",
        "obeyed": row.obeyed,
        "css_class": verdict_class(verdict),
        "sign": SIGNS[verdict],
    }


def generated_sections(walk: GeneratedWalk) -> dict[str, Markup]:
    """Return the sections of a page of a generated walk.

    Args:
        walk: Result of `generate_walk`.

    Returns:
        Name → HTML: "request", "walker", and the sections of measured gait.
    """
    report = ReportInput(
        _TITLE,
        walk.measured,
        walk.motion,
        applied=walk.applied,
        provenance={
            "text": one_line(walk.request.text),
            "given to the model": walk.prompt,
            "model": model_text(walk.model),
            "seed": str(walk.seed),
            "made by": "agir_hf " + __version__,
        },
        simulated=SIMULATED,
    )
    sections = sections_of(report)
    walker = {"walker": sections.pop("walker")} if "walker" in sections else {}
    return {"request": request_part(walk)} | walker | sections


def identity_rows(walk: GeneratedWalk) -> list[tuple[str, str]]:
    """Return name and text of what identifies a generated walk.

    Args:
        walk: Result of `generate_walk`.
    """
    return [
        ("Text", one_line(walk.request.text)),
        ("Seed", str(walk.seed)),
        ("Model", model_text(walk.model)),
        ("Software", "agir_hf " + __version__),
    ]


def write_generated_page(
    path: Path, walk: GeneratedWalk, sections: dict[str, Markup] | None = None
) -> None:
    """Write the page of a generated walk; it needs no other file and no network.

    Args:
        path: File to write; its folder exists.
        walk: Result of `generate_walk`.
        sections: Result of `generated_sections`, or None to make it.
    """
    write_page(
        path,
        _TITLE,
        sections or generated_sections(walk),
        lead="Gait measured from the generated motion.",
        identity=identity_rows(walk),
        print_identity=f"{_TITLE}, seed {walk.seed}: {one_line(walk.request.text)[:60]}",
        simulated=SIMULATED,
    )
