"""Gait events that a C3D file holds, in the group EVENT of its parameters."""

from __future__ import annotations

import re

import numpy as np

from ..recording import GaitEvent

_EVENT = re.compile(r"(?P<side>[lr])(?P<kind>hs|to)", re.IGNORECASE)


def events_of(content, start_s: float) -> tuple[tuple[GaitEvent, ...], tuple[str, ...]]:
    """Return the heel strikes and toe-offs of a C3D file.

    Side and kind are in CONTEXTS and LABELS ("Right", "Foot Strike"), or in one of them ("RHS").

    Args:
        content: File as `ezc3d` reads it.
        start_s: Time of the first frame in seconds on the clock of the file.

    Returns:
        Events in order of time, in seconds from the first frame; remarks on what was left out.
    """
    group = content["parameters"].get("EVENT", {})
    rate_hz = float(content["parameters"]["POINT"]["RATE"]["value"][0])
    duration = content["data"]["points"].shape[2] / rate_hz
    times = np.asarray(group["TIMES"]["value"], dtype=float) if "TIMES" in group else np.empty(0)
    if times.ndim != 2 or times.shape[0] < 2:
        return (), ()
    seconds = 60 * times[0] + times[1]
    shifted = seconds - start_s
    inside = (shifted > -0.5 / rate_hz) & (shifted < duration)
    if start_s and not inside.any():  # some programs count from the first frame of the file
        shifted = seconds
    words = []
    for name in ("CONTEXTS", "LABELS"):
        values = list(group[name]["value"]) if name in group else []
        words.append([str(value) for value in values] + [""] * (len(seconds) - len(values)))
    events = [
        GaitEvent(float(max(time, 0.0)), *side_and_kind)
        for context, label, time in zip(*words, shifted, strict=False)
        if (side_and_kind := _side_and_kind(context, label)) and -0.5 / rate_hz < time < duration
    ]
    return tuple(sorted(events, key=lambda event: event.time_s)), ()


def _side_and_kind(context: str, label: str) -> tuple[str, str] | None:
    """Side and kind of a gait event; None for other events."""
    for word in (context.strip(), label.strip()):
        if match := _EVENT.fullmatch(word):
            side = "left" if match["side"].lower() == "l" else "right"
            return side, "heel_strike" if match["kind"].lower() == "hs" else "toe_off"
    side, kind = context.strip().lower(), label.strip().lower()
    if side not in ("left", "right"):
        return None
    if any(word in kind for word in ("strike", "contact")):
        return side, "heel_strike"
    return (side, "toe_off") if "off" in kind else None
