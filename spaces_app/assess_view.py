"""Render an assessed walk: score, rationale with its evidence, gait parameters, provenance."""

from __future__ import annotations

from markupsafe import Markup
from page_templates import render

from agir_hf.assessment import AssessedWalk
from agir_hf.assessment.messages import model_text, recording_text, uncertainty_text
from agir_hf.constants_agir import NOTICE
from agir_hf.gait import GaitMeasurement
from agir_hf.gait.grounding import CONTRADICTED, NOT_MEASURABLE, SUPPORTED, CheckedClaim
from agir_hf.gait.parameters import in_words, unit_of
from agir_hf.gait.report import absent_part, marked_text, parameters_part, verdict_class

ERROR_TITLE = "This recording was not assessed"
SYMBOLS = {SUPPORTED: "✓", CONTRADICTED: "✗", NOT_MEASURABLE: "?"}


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
    """Render the score, its probabilities as bars, and the other possible scores.

    Args:
        walk: The assessed walk.
    """
    result = walk.as_json()
    return render(
        "score_card",
        score=result["score"],
        probabilities=result["probabilities"],
        uncertainty=uncertainty_text(result),
        notice=NOTICE,
    )


def rationale(walk: AssessedWalk) -> Markup:
    """Render the rationale with each claim marked, and the measured value of each claim.

    Args:
        walk: The assessed walk.
    """
    checked = walk.evidence.grounding.checked
    reasoning = walk.assessment.reasoning
    return render(
        "rationale",
        marked_reasoning=marked_text(reasoning, checked, _mark),
        verdicts=[_verdict(name) for name in SYMBOLS],
        not_measured=walk.evidence.not_measured,
        claims=[_claim(reasoning, row) for row in checked],
    )


def _verdict(name: str) -> dict[str, str]:
    return {"name": name, "css_class": verdict_class(name), "symbol": SYMBOLS[name]}


def _mark(row: CheckedClaim, text: Markup) -> Markup:
    note = f"{row.verdict}. {_measured(row)}" if row.parameter else row.verdict
    verdict = _verdict(row.verdict)
    return render(
        "marked_claim",
        css_class=verdict["css_class"],
        text=text,
        symbol=verdict["symbol"],
        note=note,
    )


def _claim(reasoning: str, row: CheckedClaim) -> dict:
    return {
        "verdict": _verdict(row.verdict),
        "text": " ".join(reasoning[row.claim.start : row.claim.end].split()),
        "parameter": row.parameter,
        "measured": _measured(row) if row.parameter else "",
    }


def _measured(row: CheckedClaim) -> str:
    """Return the measured value of a claim and its norm as text."""
    unit = unit_of(row.parameter)
    text = f"{in_words(row.parameter)} {row.value:.3g} {unit}".rstrip()
    if row.norm is not None:
        text += f", norm {row.norm.mean:.3g} ± {row.norm.sd:.2g}, z {row.z:+.1f}"
    return text.replace("-", "−")


def gait_tables(walk: AssessedWalk) -> Markup:
    """Render the gait parameters with their norms, and those that could not be measured.

    Args:
        walk: The assessed walk.
    """
    measured = walk.measurement
    if measured is None:
        measured = ValueError(walk.evidence.not_measured)
    return measured_tables(measured, label="Gait parameters")


def measured_tables(
    measured: GaitMeasurement | ValueError, label: str, simulated: str = ""
) -> Markup:
    """Render a section with the tables of a measurement, or why there is none.

    Args:
        measured: Measurement, or the error that says why the gait was not measured.
        label: Name of the section for screen readers.
        simulated: Sentence that says that the walk is simulated; empty for a recording.
    """
    is_measured = not isinstance(measured, ValueError)
    return render(
        "gait_tables",
        label=label,
        simulated=simulated,
        notice=NOTICE,
        not_measured="" if is_measured else str(measured),
        parameters=parameters_part(measured) if is_measured else "",
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
        model=model_text(result["model"]),
    )
