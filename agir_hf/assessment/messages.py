"""Texts about an assessment that the command line and the Space share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..processing_agir import GaitAssessment

# Joints have one frame more than features, and up to three frames at the end do not fill a code.
FRAMES_LOST_TO_CODES = 4


def one_line(message: object) -> str:
    """Return a message without line breaks.

    Args:
        message: Text, or an exception whose text is used.
    """
    return " ".join(str(message).split())


def low_probability_text(assessment: GaitAssessment) -> str:
    """Return the probability of a score and the threshold that it is below, as a phrase.

    Args:
        assessment: Assessment whose probability is below the threshold of its model.
    """
    probability = assessment.probabilities[assessment.score]
    return (
        f"a confidence of {probability:.1%} is below the threshold of this model, "
        f"{assessment.uncertain_below:.1%}"
    )


def uncertainty_text(result: dict) -> str:
    """Return the possible scores of an uncertain answer, and why it is uncertain.

    Args:
        result: Result of `AssessedWalk.as_json`.

    Returns:
        The text; empty if the answer is not uncertain.
    """
    if not result["uncertain"]:
        return ""
    *others, last = map(str, result["alternatives"])
    scores = f"{', '.join(others)} or {last}" if others else "the score may be wrong"
    return f"{scores}: {'; '.join(reason['text'] for reason in result['uncertain_reasons'])}"


def selection_text(result: Mapping) -> str:
    """Return how the reasoning of an assessment was chosen, in words.

    Args:
        result: Result of `AssessedWalk.as_json`.
    """
    if not result["reasoning_selected_by_evidence"]:
        return f"the model's own text, not chosen by evidence: {result['not_selected_because']}"
    replaced = sum(bool(row["by"]) for row in result["replaced"])
    dropped = len(result["replaced"]) - replaced
    if not replaced + dropped:
        return "checked: the measured gait contradicts no sentence of the model's own text"
    changes = [
        f"{number} {'sentence' if number == 1 else 'sentences'} of the model's own text {verb}"
        for number, verb in (
            (replaced, "replaced by others that it sampled"),
            (dropped, "left out"),
        )
        if number
    ]
    text = f"chosen by evidence from texts that the model sampled: {' and '.join(changes)}"
    quantities = ", ".join(name.replace("_", " ") for name in result["left_out"])
    return f"{text}; no statement about {quantities}" if quantities else text


def model_text(model: dict) -> str:
    """Return name and training data of a model as a phrase.

    Args:
        model: Result of `model_provenance`.
    """
    kind = " (embedded)" if model["embedded"] else ""
    return f"{model['name']}{kind}, trained on {model['trained_on'] or 'data not stated'}"


def recording_text(recording: dict) -> str:
    """Summarise a recording in a phrase: what was read, filled and left out.

    Args:
        recording: The entry "recording" of the result of `AssessedWalk.as_json`.
    """
    parts = [
        f"{recording['frames']} frames at {recording['rate_hz']:g} Hz "
        f"({recording['duration_s']:.1f} s)",
        _source_text(recording["marker_set"]),
        "no gaps filled",
        f"the model read {recording['model_frames']} frames at {recording['model_rate_hz']:g} Hz",
    ]
    if recording["gaps_filled"]:
        longest = f"the longest {recording['longest_gap_s']:.2f} s"
        parts[2] = f"{recording['gaps_filled']} gaps filled, {longest}"
    if recording["trimmed_s"]:
        parts.insert(3, f"{recording['trimmed_s']:.2f} s at the ends left out (markers missing)")
    if recording["conventions"]:
        parts.insert(2, recording["conventions"])
    if recording.get("windows", 1) > 1:
        parts[-1] += (
            f" in {recording['windows']} windows: probabilities are their mean, the reasoning is "
            "from the window with the highest probability of the score"
        )
    elif recording["motion_frames"] - recording["model_frames"] > FRAMES_LOST_TO_CODES:
        seconds = recording["model_frames"] / recording["model_rate_hz"]
        parts[-1] += f", the first {seconds:g} s only"
    return ", ".join(parts)


def _source_text(marker_set: str) -> str:
    """Return a marker set's name as "Shida-44 markers"; other descriptions unchanged."""
    from ..motion.marker_sets import MARKER_SETS

    is_marker_set = marker_set in {markers.name for markers in MARKER_SETS}
    return f"{marker_set} markers" if is_marker_set else marker_set
