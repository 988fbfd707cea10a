"""An assessed walk → the parts of the page: score, reasons with their evidence, gait table."""

from __future__ import annotations

import html

from agir_hf.assessment import AssessedWalk
from agir_hf.assessment.messages import model_text, recording_text, uncertainty_text
from agir_hf.constants_agir import NOTICE
from agir_hf.gait.grounding import CONTRADICTED, NOT_MEASURABLE, SUPPORTED, CheckedClaim
from agir_hf.gait.parameters import in_words, unit_of
from agir_hf.gait.report import absent_part, marked_text, parameters_part, verdict_class

REFUSED = "This recording was not assessed"
SYMBOLS = {SUPPORTED: "✓", CONTRADICTED: "✗", NOT_MEASURABLE: "?"}


def notice(model: dict) -> str:
    """The line that always stands on the page.

    Args:
        model: of `agir_hf.assessment.model_provenance`.
    """
    trained = html.escape(str(model["trained_on"] or "data not stated"))
    return (
        "<p class='agir-notice' role='note'><strong>For research, not a diagnosis.</strong> "
        f"Not a medical device. The model was trained on {trained}.</p>"
    )


def problem(message: str) -> str:
    """A mistake, told where the answer would stand."""
    return (
        f"<div class='agir-problem' role='alert'><strong>{REFUSED}.</strong> "
        f"<span>{html.escape(message)}</span></div>"
    )


def score_card(walk: AssessedWalk) -> str:
    """The score, its three probabilities as bars, and what it may also be."""
    result = walk.as_json()
    bars = "".join(
        f"<div class='row{' chosen' if k == result['score'] else ''}'><span>Score {k}</span>"
        f"<div class='bar'><i style='width:{100 * p:.1f}%'></i></div><b>{p:.0%}</b></div>"
        for k, p in enumerate(result["probabilities"])
    )
    return (
        "<section class='agir-card agir-score' aria-label='Score'><h2>Gait score</h2>"
        f"<p class='value'><b>{result['score']}</b><span>of 0 to 2,<br>higher is more impaired"
        f"</span></p>{_doubt(result)}"
        f"<div class='chances' role='group' aria-label='Probabilities'>{bars}</div>"
        f"<p class='muted'>{NOTICE}</p></section>"
    )


def _doubt(result: dict) -> str:
    if not result["uncertain"]:
        return ""
    text = html.escape(uncertainty_text(result))
    return f"<p class='doubt'><span class='badge'>≈ Uncertain</span> {text}</p>"


def rationale(walk: AssessedWalk) -> str:
    """The reasons with each claim marked, a legend, and the claims with what was measured."""
    checked = walk.evidence.grounding.checked
    marked = marked_text(walk.assessment.reasoning, checked, _mark)
    legend = " ".join(
        f"<span class='claim {verdict_class(verdict)}'>{verdict}{_symbol(verdict)}</span>"
        for verdict in SYMBOLS
    )
    told = "by the measured gait, which the score does not use."
    if walk.evidence.not_measured:
        told += f" It was not measured: {html.escape(walk.evidence.not_measured)}."
    rows = "".join(_row(walk.assessment.reasoning, row) for row in checked)
    listed = f"<h3>Each claim and what was measured</h3><ul class='claims'>{rows}</ul>"
    return (
        "<section class='agir-card' aria-label='Reasons'><h2>Reasons, as the model writes them</h2>"
        f"<p class='reasons'>{marked}</p><p class='muted'>{legend} {told} Point at a claim, or "
        f"go to it with the Tab key, to see its value.</p>{listed if checked else ''}</section>"
    )


def _symbol(verdict: str) -> str:
    return f"<span class='symbol' aria-hidden='true'>{SYMBOLS[verdict]}</span>"


def _mark(row: CheckedClaim, text: str) -> str:
    told = f"{row.verdict}. {_measured(row)}" if row.parameter else row.verdict
    return (
        f"<span class='claim {verdict_class(row.verdict)}' tabindex='0'>{text}"
        f"{_symbol(row.verdict)}<span class='tip' role='tooltip'>{html.escape(told)}</span></span>"
    )


def _row(reasoning: str, row: CheckedClaim) -> str:
    text = html.escape(" ".join(reasoning[row.claim.start : row.claim.end].split()))
    told = "nothing was measured that decides it"
    if row.parameter:
        told = f"<a href='#gait-{row.parameter}'>{html.escape(_measured(row))}</a>"
    return (
        f"<li><span class='claim {verdict_class(row.verdict)}'>{row.verdict}"
        f"{_symbol(row.verdict)}</span><span><q>{text}</q> {told}</span></li>"
    )


def _measured(row: CheckedClaim) -> str:
    """A claim's measured value beside its norm, in words."""
    unit = unit_of(row.parameter)
    told = f"{in_words(row.parameter)} {row.value:.3g} {unit}".rstrip()
    if row.norm is not None:
        told += f", norm {row.norm.mean:.3g} ± {row.norm.sd:.2g}, z {row.z:+.1f}"
    return told.replace("-", "−")


def gait_tables(walk: AssessedWalk) -> str:
    """Measured parameters against norms, and what could not be measured."""
    if walk.measurement is None:
        reason = html.escape(walk.evidence.not_measured)
        parts = f"<h2>Gait parameters</h2><p>Not measured: {reason}.</p>"
    else:
        parts = parameters_part(walk.measurement) + absent_part(walk.measurement)
    return f"<section class='agir-card agir-gait' aria-label='Gait parameters'>{parts}</section>"


def provenance(walk: AssessedWalk) -> str:
    """What was read, how, and by which model."""
    result = walk.as_json()
    return (
        "<section class='agir-card' aria-label='Provenance'><h2>Where this comes from</h2>"
        f"<p><b>{html.escape(walk.prepared.name)}.</b> "
        f"{html.escape(recording_text(result['recording']))}.</p>"
        f"<p>Model: {html.escape(model_text(result['model']))}.</p></section>"
    )
