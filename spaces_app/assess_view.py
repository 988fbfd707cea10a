"""Render an assessed walk: score, rationale with its evidence, gait parameters, provenance."""

from __future__ import annotations

import re

from markupsafe import Markup
from page_templates import render

from agir_hf.assessment import AssessedWalk
from agir_hf.assessment.messages import (
    model_text,
    recording_text,
    selection_text,
    uncertainty_text,
)
from agir_hf.constants_agir import NOTICE
from agir_hf.gait import GaitMeasurement
from agir_hf.gait.claim_words import (
    MEANINGS,
    SIGNS,
    claim_json,
    evidence_text,
    verdict_text,
    worst,
)
from agir_hf.gait.grounding import CheckedClaim
from agir_hf.gait.report import (
    absent_part,
    claims_note,
    marked_text,
    parameters_part,
    verdict_class,
)

ERROR_TITLE = "This recording was not assessed"


def notice(model: dict) -> Markup:
    """Render the notice that is always on the page.

    Args:
        model: Result of `agir_hf.assessment.model_provenance`.
    """
    return render("notice", trained_on=str(model["trained_on"] or "data not stated"))


def problem(message: str) -> Markup:
    """Render an error message at the position of the result.

    Args:
        message: Plain text.
    """
    return render("problem", title=ERROR_TITLE, message=message)


def score_card(walk: AssessedWalk) -> Markup:
    """Render the score, its probabilities as bars, the other possible scores, and the cautions.

    Args:
        walk: The assessed walk.
    """
    result = walk.as_json()
    return render(
        "score_card",
        score=result["score"],
        probabilities=result["probabilities"],
        uncertainty=uncertainty_text(result),
        cautions=result["cautions"],
        notice=NOTICE,
    )


def rationale(walk: AssessedWalk) -> Markup:
    """Render the rationale with each claim marked, and the measured value of each claim.

    Args:
        walk: The assessed walk.
    """
    checked, reasoning = walk.evidence.grounding.checked, walk.reasoning
    unaided = walk.reasoning_unaided
    return render(
        "rationale",
        marked_reasoning=marked_text(reasoning, checked, _mark),
        selection=selection_text(walk.as_json()),
        marked_unaided=""
        if unaided == reasoning
        else marked_text(unaided, walk.evidence_unaided.grounding.checked, _mark),
        verdicts=[_verdict(name) | {"meaning": MEANINGS[name]} for name in SIGNS],
        not_measured=walk.evidence.not_measured,
        norms=walk.evidence.applied.text(),
        claims=[_claim(reasoning, row) for row in checked],
    )


def _verdict(name: str) -> dict[str, str]:
    return {"name": name, "css_class": verdict_class(name), "symbol": SIGNS[name]}


def _mark(rows: list[CheckedClaim], text: Markup) -> Markup:
    verdict = _verdict(worst(rows).verdict)
    return render(
        "marked_claim",
        css_class=verdict["css_class"],
        text=text,
        symbol=verdict["symbol"],
        note=_typographic(claims_note(rows)),
    )


def _claim(reasoning: str, row: CheckedClaim) -> dict:
    claim = claim_json(row, reasoning)
    return {
        "verdict": _verdict(row.verdict) | {"name": verdict_text(claim)},
        "text": claim["text"],
        "parameter": claim["parameter"],
        "measured": _typographic(evidence_text(claim)),
        "source": "" if row.norm is None else row.norm.source,
    }


def _typographic(text: str) -> str:
    """Return a text with minus signs before digits, and z-scores that are not broken."""
    text = re.sub(r"(?<!\w)-(?=\d)", "−", text)
    return re.sub(r"\bz (?=[+−])", "z\u00a0", text)


def gait_tables(walk: AssessedWalk) -> Markup:
    """Render the gait parameters with their norms, and those that could not be measured.

    Args:
        walk: The assessed walk.
    """
    measured = walk.measurement
    if measured is None:
        measured = ValueError(walk.evidence.not_measured)
    applied = walk.evidence.applied
    person = {"age": applied.age, "sex": applied.sex, "norms": applied.norms}
    return measured_tables(measured, label="Gait parameters", person=person)


def measured_tables(
    measured: GaitMeasurement | ValueError,
    label: str,
    simulated: str = "",
    person: dict | None = None,
) -> Markup:
    """Render a section with the tables of a measurement, or why there is none.

    Args:
        measured: Measurement, or the error that says why the gait was not measured.
        label: Name of the section for screen readers.
        simulated: Sentence that says that the walk is simulated; empty for a recording.
        person: Result of `norm_inputs.person`; None for the default norms.
    """
    is_measured = not isinstance(measured, ValueError)
    return render(
        "gait_tables",
        label=label,
        simulated=simulated,
        notice=NOTICE,
        not_measured="" if is_measured else str(measured),
        parameters=parameters_part(measured, **(person or {})) if is_measured else "",
        absent=absent_part(measured) if is_measured else "",
    )


def provenance(walk: AssessedWalk) -> Markup:
    """Render what was read, how, and which model assessed it.

    Args:
        walk: The assessed walk.
    """
    result = walk.as_json()
    return render(
        "provenance",
        name=walk.prepared.name,
        recording=recording_text(result["recording"]),
        remarks=result["recording"]["remarks"],
        model=model_text(result["model"]),
    )
