"""Words on an answer that the command line and the Space share."""

from __future__ import annotations

FRAMES_LOST_TO_CODES = 4  # features have one frame less than joints; codes take four at a time


def one_line(message: object) -> str:
    """A message without line breaks."""
    return " ".join(str(message).split())


def doubt(result: dict) -> str:
    """The scores to reckon with where an answer is uncertain, and why it is; else nothing.

    Args:
        result: of `AssessedWalk.as_json`.
    """
    if not result["uncertain"]:
        return ""
    *others, last = map(str, result["alternatives"])
    confidence = result["probabilities"][result["score"]]
    return (
        f"{', '.join(others)} or {last}: a confidence of {confidence:.1%} is below the level of "
        f"this model, {result['uncertain_below']:.1%}"
    )


def model_text(model: dict) -> str:
    """A model's provenance, of `model_provenance`, in words."""
    kind = " (embedded)" if model["embedded"] else ""
    return f"{model['name']}{kind}, trained on {model['trained_on'] or 'data not stated'}"


def recording_text(recording: dict) -> str:
    """What was read of a recording, and what was mended or left out on the way.

    Args:
        recording: the part "recording" of `AssessedWalk.as_json`.
    """
    parts = [
        f"{recording['frames']} frames at {recording['rate_hz']:g} Hz "
        f"({recording['duration_s']:.1f} s)",
        _what(recording["marker_set"]),
        "no gaps filled",
        f"the model read {recording['model_frames']} frames at {recording['model_rate_hz']:g} Hz",
    ]
    if recording["gaps_filled"]:
        longest = f"the longest {recording['longest_gap_s']:.2f} s"
        parts[2] = f"{recording['gaps_filled']} gaps filled, {longest}"
    if recording["trimmed_s"]:
        parts.insert(3, f"{recording['trimmed_s']:.2f} s at the ends left out (markers not seen)")
    if recording["conventions"]:
        parts.insert(2, recording["conventions"])
    if recording.get("windows", 1) > 1:
        parts[-1] += (
            f" in {recording['windows']} windows: probabilities are their mean, reasons are of the "
            "window surest of the score"
        )
    elif recording["motion_frames"] - recording["model_frames"] > FRAMES_LOST_TO_CODES:
        seconds = recording["model_frames"] / recording["model_rate_hz"]
        parts[-1] += f", the first {seconds:g} s only"
    return ", ".join(parts)


def _what(kind: str) -> str:
    """A marker set's name as "Shida-44 markers"; other descriptions as they are."""
    from ..motion.marker_sets import MARKER_SETS

    return f"{kind} markers" if kind in {known.name for known in MARKER_SETS} else kind
