"""The block that is first on a page: score, probabilities, and how far to trust them."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from .rendering import render

_KNOWLEDGE = {
    "within": ("good", "✓", "Within what the model knows"),
    "outside": ("bad", "!", "Outside what the model knows"),
    "not assessed": ("unknown", "?", "Knowledge of the model not assessed"),
}

CERTAIN = "the checks of the score agree"


def trust_part(result: Mapping) -> Markup:
    """Render score, probabilities, certainty, supported claims, knowledge and cautions.

    Args:
        result: Result of `AssessedWalk.as_json`.

    Returns:
        HTML; the score is "Score withheld" with the reason where too little was measured.
    """
    trust = result["trust"]
    scores = result.get("scores") or range(len(result["probabilities"] or ()))
    return render(
        "trust.html.j2",
        score=trust["score"],
        withheld=trust["withheld"] or "",
        highest=max(scores, default=2),
        probabilities=result["probabilities"] or [],
        facts=[_certainty(trust), _claims(trust), _knowledge(trust), *_people(trust)]
        + [("near", "!", "Caution", text) for text in result.get("cautions", ())],
        model=_model(result["identity"]),
    )


def _certainty(trust: Mapping) -> tuple[str, str, str, str]:
    reasons = "; ".join(trust["reasons"])
    if trust["withheld"]:
        return "bad", "✗", "No score is given", ""
    if trust["certain"]:
        return "good", "✓", "Certain", CERTAIN
    return "near", "≈", "Uncertain", reasons


def _claims(trust: Mapping) -> tuple[str, str, str, str]:
    made, supported = trust["claims_made"], trust["claims_supported"]
    if not made:
        return "unknown", "?", "The reasons contain no claim that can be measured", ""
    noun = "claim" if made == 1 else "claims"
    title = f"{supported} of {made} {noun} supported by the measured gait"
    own = (trust["own_supported"], trust["own_made"])
    text = "" if own == (supported, made) else f"of the model's own text {own[0]} of {own[1]}"
    if supported == made:
        return "good", "✓", title, text
    return ("near", "≈", title, text) if supported else ("bad", "✗", title, text)


def _people(trust: Mapping) -> list[tuple[str, str, str, str]]:
    text = trust["on_people"]
    return [("near", "!", text[0].upper() + text[1:], "")] if text else []


def _model(identity: Mapping) -> str:
    revision = identity["model_revision"]
    name = f"{identity['model']}, revision {revision}" if revision else identity["model"]
    return f"{name}, trained on {identity['trained_on']}"


def _knowledge(trust: Mapping) -> tuple[str, str, str, str]:
    kind, sign, title = _KNOWLEDGE[trust["knowledge"]]
    _, _, text = trust["knowledge_text"].partition(": ")
    return kind, sign, title, text
