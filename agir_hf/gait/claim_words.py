"""The words in which checked claims are shown: in the terminal, in JSON, on pages, in the Space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .applied_norms import norm_json, norm_text, z_json, z_text
from .grades import grade_words
from .grounding import CONTRADICTED, NEAR, NOT_MEASURABLE, SUPPORTED, CheckedClaim
from .norms import Reference
from .parameter_table import in_words, unit_of

# Verdict → sign, in the order of the legend. Each verdict has a colour of its own too.
SIGNS = {SUPPORTED: "✓", NEAR: "≈", CONTRADICTED: "✗", NOT_MEASURABLE: "?"}
# Verdict → meaning, for legends.
MEANINGS = {
    SUPPORTED: "the measured grade is the claimed one",
    NEAR: "the measured grade is the next one, at most half an SD away; not counted as supported",
    CONTRADICTED: "the measured grade is another one",
    NOT_MEASURABLE: "not measured, or no norm applies",
}
_SEVERITY = (CONTRADICTED, NEAR, NOT_MEASURABLE, SUPPORTED)


def claim_json(row: CheckedClaim, text: str) -> dict:
    """Return a checked claim as values for JSON, from which the words below are made.

    Args:
        row: A checked claim.
        text: Text that the claim is in.
    """
    return {
        "text": " ".join(text[row.claim.start : row.claim.end].split()),
        "quantity": row.claim.quantity,
        "side": row.claim.side or None,
        "verdict": row.verdict,
        "reason": row.reason or None,
        "parameter": row.parameter,
        "measured": None if row.value is None else round(row.value, 4),
        "unit": None if row.parameter is None else unit_of(row.parameter),
        "grade": None if row.grade is None else grade_words(row.grade),
        "norm": norm_json(row.norm),
        "z": z_json(row.z),
    }


def verdict_text(claim: Mapping) -> str:
    """Return the verdict of a claim, with the reason if it is not measurable.

    Args:
        claim: Result of `claim_json`.
    """
    return f"{claim['verdict']} ({claim['reason']})" if claim["reason"] else claim["verdict"]


def value_text(claim: Mapping) -> str:
    """Return the parameter that decided a claim, its value, unit and grade; empty without one.

    Args:
        claim: Result of `claim_json`.
    """
    if claim["parameter"] is None:
        return ""
    space = "" if claim["unit"] in ("", "°") else " "
    text = f"{in_words(claim['parameter'])} {claim['measured']:.3g}{space}{claim['unit']}"
    return f"{text}, {claim['grade']}" if claim["grade"] else text


def evidence_text(claim: Mapping) -> str:
    """Return value, grade, norm and z-score behind a claim in one phrase; empty without a value.

    Args:
        claim: Result of `claim_json`.
    """
    norm = ""
    if claim["norm"]:
        norm = f"; norm {norm_text(Reference(**claim['norm']))}, z {z_text(claim['z'])}"
    return value_text(claim) + norm


def worst(rows: Sequence[CheckedClaim]) -> CheckedClaim:
    """Return the claim whose verdict is the worst: contradicted, near, not measurable, supported.

    Args:
        rows: Checked claims, at least one.
    """
    return min(rows, key=lambda row: _SEVERITY.index(row.verdict))


def counts_text(verdicts: Sequence[str]) -> str:
    """Return how many claims have each verdict, in words.

    Args:
        verdicts: Verdict of each claim.
    """
    others = ", ".join(
        f"{verdicts.count(verdict)} {verdict}"
        for verdict in (NEAR, CONTRADICTED, NOT_MEASURABLE)
        if verdict != NEAR or NEAR in verdicts
    )
    return (
        f"{verdicts.count(SUPPORTED)} of {len(verdicts)} claims supported by the measured gait, "
        f"{others}"
    )
