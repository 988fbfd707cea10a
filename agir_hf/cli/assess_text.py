"""An assessment as lines of text: how far it can be trusted first, then reasons and evidence."""

from __future__ import annotations

from collections.abc import Iterable

from ..assessment.identity import SHORT_HASH
from ..assessment.messages import (
    model_text,
    recording_text,
    selection_text,
    uncertainty_text,
)
from ..constants_agir import NOTICE
from ..utils.formatting import printable_values
from .console import coloured, labelled, paragraph

_ITEM = "the item goes to 4"
_NO_DATE = "no date of recording in the file"


def as_text(result: dict) -> str:
    """Return an assessment as lines of text.

    Args:
        result: Result of `AssessedWalk.as_json`.
    """
    result = printable_values(result)
    lines = [
        coloured(result["recording"]["file"], "heading"),
        *trust_lines(result),
        *_reason_lines(result),
        labelled("Recording", recording_text(result["recording"])),
        *read_lines(result["recording"]["remarks"], result["cautions"]),
        *event_lines(result["recording"]),
        *identity_lines(result["identity"], result["person"]),
        labelled("Model", model_line(result)),
        f"  {NOTICE}",
    ]
    return "\n".join(lines)


def _reason_lines(result: dict) -> list[str]:
    """Return the reasons with their evidence; of a withheld score, that there are none."""
    if result["withheld"]:
        text = "not shown, because the score is withheld; --json has the text of the model"
        return [labelled("Reasons", text)]
    return [
        labelled("Reasons", result["reasoning"]),
        labelled("Selection", selection_text(result)),
        *evidence_lines(result["evidence"]),
        *_unaided_lines(result),
    ]


def short_text(result: dict) -> str:
    """Return an assessment on one line, for ``-q``.

    Args:
        result: Result of `AssessedWalk.as_json`.
    """
    result = printable_values(result)
    return f"{result['recording']['file']}: {result['trust']['text']}"


def trust_lines(result: dict) -> list[str]:
    """Return score, probabilities, certainty, supported claims and knowledge, a line or more each.

    Args:
        result: Result of `AssessedWalk.as_json`.
    """
    trust = result["trust"]
    if trust["score"] is None:
        lines = [labelled("Score", f"withheld: {trust['withheld']}", "uncertain")]
    else:
        score = coloured(f"{trust['score']} of 0-{result['scores'][-1]}", "score")
        probabilities = zip(result["scores"], result["probabilities"], strict=True)
        shares = "   ".join(f"{name}: {share:4.0%}" for name, share in probabilities)
        lines = [
            f"  {coloured('Score', 'heading')}      {score}; higher is more impaired, {_ITEM}",
            labelled("Confidence", shares),
            _certainty_line(result),
        ]
    claims = f"{trust['claims_supported']} of {trust['claims_made']} supported"
    if (trust["own_supported"], trust["own_made"]) != (
        trust["claims_supported"],
        trust["claims_made"],
    ):
        claims += f"; of the model's own text {trust['own_supported']} of {trust['own_made']}"
    if not trust["claims_made"]:
        claims = "the reasoning makes none that can be measured"
    lines += [labelled("Claims", claims), labelled("Knowledge", trust["knowledge_text"])]
    return [*lines, *([labelled("On people", trust["on_people"])] if trust["on_people"] else [])]


def _certainty_line(result: dict) -> str:
    if result["trust"]["certain"]:
        return labelled("Certain", "the checks of the score agree", "certain")
    return labelled("Uncertain", uncertainty_text(result), "uncertain")


def identity_lines(identity: dict, person: dict) -> list[str]:
    """Return who was recorded when, in which file, and with which software it was assessed.

    Args:
        identity: The entry "identity" of a result.
        person: The entry "person" of a result: age, sex and height, or None.
    """
    stated = [
        identity["id"] or "",
        "" if person["age"] is None else f"{person['age']:g} years",
        person["sex"] or "",
        "" if person["height_m"] is None else f"{person['height_m']:.2f} m",
    ]
    who = ", ".join(text for text in stated if text) or "not stated (--id, --age, --sex, --height)"
    recorded = f"recorded {identity['recorded']}" if identity["recorded"] else _NO_DATE
    digest = (identity["sha256"] or "")[:SHORT_HASH]
    parts = [
        f"SHA-256 {digest}" if digest else "",
        recorded,
        f"assessed {identity['assessed']}",
        identity["software"],
    ]
    return [
        labelled("Person", who),
        labelled("Identity", ", ".join(part for part in parts if part)),
    ]


def model_line(result: dict) -> str:
    """Return the name of the model, its revision, and what it was trained on.

    Args:
        result: Values with "model" and "identity".
    """
    text, revision = model_text(result["model"]), result["identity"]["model_revision"]
    if not revision:
        return text
    name, separator, rest = text.partition(", trained on ")
    return f"{name}, revision {revision}{separator}{rest}"


def _unaided_lines(result: dict) -> list[str]:
    """Return the model's own text with its numbers of verdicts, if another text is shown."""
    from ..gait.claim_words import counts_text

    text = result["reasoning_unaided"]
    if text == result["reasoning"]:
        return []
    verdicts = [row["verdict"] for row in result["evidence_unaided"]["claims"]]
    return [labelled("Unaided", text), paragraph("             ", counts_text(verdicts))]


def read_lines(remarks: Iterable[str], cautions: Iterable[str]) -> list[str]:
    """Return what was repaired when a file was read, and the cautions of a walk, a line each.

    Args:
        remarks: Remarks of the recording.
        cautions: Cautions of `agir_hf.gait.walk_check`.
    """
    return [
        *(labelled("Read", remark) for remark in remarks),
        *(labelled("Caution", caution, "uncertain") for caution in cautions),
    ]


def evidence_lines(evidence: dict) -> list[str]:
    """Return the claims of a rationale with verdicts, measured values and norms, as lines of text.

    Args:
        evidence: Result of `CheckedText.as_json`.
    """
    from ..gait.claim_words import counts_text

    if evidence["not_measured"]:
        return [labelled("Evidence", f"not measured: {evidence['not_measured']}")]
    claims = evidence["claims"]
    lines = [labelled("Evidence", counts_text([row["verdict"] for row in claims]))]
    for row in claims:
        lines += _claim_lines(row)
    return [*lines, *norm_lines(evidence["norms"])]


def _claim_lines(claim: dict) -> list[str]:
    """Return a claim as two lines: verdict and words; value, grade, norm and z-score."""
    from ..gait.claim_words import SIGNS, evidence_text, verdict_text

    verdict = claim["verdict"]
    sign = coloured(f"{SIGNS[verdict]} {verdict_text(claim)}", verdict)
    lines = [f"    {sign}: “{claim['text']}”"]
    if claim["parameter"]:
        lines.append(paragraph("        ", evidence_text(claim)))
    return lines


def event_lines(values: dict) -> list[str]:
    """Return the agreement with annotated events, and which are used, as lines of text.

    Args:
        values: Values with "events_from" and "event_agreement", if there are any.
    """
    from ..gait.annotated_events import agreement_text

    if not values.get("event_agreement"):
        return []
    text = agreement_text(values["event_agreement"])
    used = "; the events of the file are used" if values["events_from"] == "file" else ""
    return [labelled("Events", f"in the file: {text}{used}")]


def norm_lines(norms: dict) -> list[str]:
    """Return which norms were applied to whom as lines of text.

    Args:
        norms: Result of `AppliedNorms.as_json`.
    """
    text = norms["remark"] or f"{norms['title']}; {norms['group']}"
    return [labelled("Norms", text)]
