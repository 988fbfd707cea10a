"""Gait events that are annotated in a file: their use, and their comparison with detected ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from ..motion.recording import GaitEvent, JointMotion, MarkerRecording, Recording, RecordingError

if TYPE_CHECKING:
    from .events import GaitPhases

EventSource = Literal["detected", "file"]
EVENT_SOURCES: tuple[EventSource, ...] = ("detected", "file")
KINDS = {"heel_strike": "heel strikes", "toe_off": "toe-offs"}
TOLERANCE_S = 0.050
SAME_EVENT_S = 0.25  # a larger difference is of two events, not of one
FEWEST_STRIKES = 3  # of both feet: two steps
_SIDES = ("left", "right")


@dataclass(frozen=True)
class EventAgreement:
    """Agreement of detected events with the annotated ones of one kind.

    Attributes:
        annotated: Number of annotated events.
        matched: Number of annotated events with a detected event of the same foot within
            `tolerance_s`.
        tolerance_s: Largest difference of a match in seconds.
        median_difference_s: Median of detected minus annotated time in seconds, of events that
            differ by at most 0.25 s; None if there are none.

    Example:
        ```python
        >>> from agir_hf.gait.annotated_events import compare_events
        >>> from agir_hf.motion import GaitEvent
        >>> file = [GaitEvent(1.0, "left", "toe_off"), GaitEvent(1.6, "right", "toe_off")]
        >>> detected = [GaitEvent(1.02, "left", "toe_off")]
        >>> compare_events(detected, file)["toe_off"].matched
        1

        ```
    """

    annotated: int
    matched: int
    tolerance_s: float
    median_difference_s: float | None

    def text(self, kind: str) -> str:
        """Return the agreement as a phrase.

        Args:
            kind: Kind of the events, "heel_strike" or "toe_off".
        """
        phrase = f"{self.matched} of {self.annotated} {KINDS[kind]} within "
        phrase += f"{self.tolerance_s * 1000:.0f} ms"
        if self.median_difference_s is None:
            return phrase
        return f"{phrase}, median difference {self.median_difference_s * 1000:+.0f} ms"


def compare_events(
    detected: Sequence[GaitEvent], annotated: Sequence[GaitEvent], tolerance_s: float = TOLERANCE_S
) -> dict[str, EventAgreement]:
    """Compare each annotated event with the nearest detected one of its foot and kind.

    Args:
        detected: Detected events.
        annotated: Annotated events.
        tolerance_s: Largest difference of a match in seconds.

    Returns:
        Kind → agreement, for the kinds that are annotated.
    """
    agreements = {}
    for kind in KINDS:
        differences = _differences(detected, annotated, kind)
        if not differences:
            continue
        near = [d for d in differences if abs(d) <= SAME_EVENT_S]
        matched = int(sum(abs(d) <= tolerance_s + 1e-9 for d in differences))
        median = float(np.median(near)) if near else None
        agreements[kind] = EventAgreement(len(differences), matched, tolerance_s, median)
    return agreements


def _differences(detected, annotated, kind: str) -> list[float]:
    """Detected minus annotated time of each annotated event; infinite without a detected one.

    Each detected event belongs to at most one annotated event.
    """
    differences = []
    for side in _SIDES:
        times = [e.time_s for e in detected if (e.side, e.kind) == (side, kind)]
        for event in annotated:
            if (event.side, event.kind) != (side, kind):
                continue
            nearest = min(times, key=lambda time: abs(time - event.time_s), default=np.inf)
            if np.isfinite(nearest):
                times.remove(nearest)
            differences.append(nearest - event.time_s)
    return differences


def file_events(recording: Recording) -> tuple[GaitEvent, ...]:
    """Gait events that the file of a recording holds.

    Args:
        recording: Recording of any kind; a body in motion has none.
    """
    return getattr(recording, "events", ())


def check_file_events(recording: MarkerRecording | JointMotion) -> None:
    """Check that the file of a recording has enough events of both feet to measure steps.

    Args:
        recording: Markers or joints.

    Raises:
        RecordingError: It does not. The message says what the file has.
    """
    events = file_events(recording)
    strikes = {
        side: sum((e.side, e.kind) == (side, "heel_strike") for e in events) for side in _SIDES
    }
    if min(strikes.values()) >= 1 and sum(strikes.values()) >= FEWEST_STRIKES:
        return
    name = recording.source or "the recording"
    toe_offs = sum(event.kind == "toe_off" for event in events)
    content = (
        f"{strikes['left']} left and {strikes['right']} right heel strikes and {toe_offs} toe-offs"
        if events
        else "no gait events with side and kind"
    )
    unused = next((remark for remark in recording.remarks if "of the file" in remark), "")
    raise RecordingError(
        f"{name} has {content}{f' ({unused})' if unused else ''}, expected at least "
        f"{FEWEST_STRIKES} heel strikes of both feet: annotate them, or use the detected events "
        "(--events detected)"
    )


def with_file_events(phases: GaitPhases, recording: MarkerRecording | JointMotion) -> GaitPhases:
    """Return the phases of a walk with the events of its file; turns and pauses stay.

    Args:
        phases: Detected events, turns and pauses.
        recording: The recording, with the events of its file.

    Raises:
        RecordingError: The file has too few events.
    """
    check_file_events(recording)
    events = tuple(sorted(recording.events, key=lambda event: (event.time_s, event.side)))
    return replace(phases, events=events, events_from="file", no_steps="")


def events_json(recording: Recording, phases: GaitPhases) -> dict:
    """Return used, annotated and, if they are not the used ones, detected events, for JSON.

    Args:
        recording: The recording as read.
        phases: Events that were used for its measurement.

    Returns:
        "events", "events_from", "file_events", "event_agreement", and "detected_events" if those
        of the file are used. Times are seconds from the first frame (`time_s`) and on the clock
        of the file (`clock_s`), if that has another zero.
    """
    annotated = file_events(recording)
    values = {
        "events": _event_list(phases.events, recording.start_s),
        "events_from": phases.events_from,
        "file_events": _event_list(annotated, recording.start_s),
        "event_agreement": agreement_json(recording, phases),
    }
    if phases.events_from == "file":
        values["detected_events"] = _event_list(phases.detected, recording.start_s)
    return values


def agreement_json(recording: Recording, phases: GaitPhases) -> dict:
    """Return the agreement of detected and annotated events by kind, as values for JSON.

    Args:
        recording: The recording as read.
        phases: Events that were detected in it.
    """
    agreements = compare_events(phases.detected, file_events(recording))
    return {
        kind: {
            key: round(value, 4) if isinstance(value, float) else value
            for key, value in asdict(agreement).items()
        }
        for kind, agreement in agreements.items()
    }


def agreement_text(agreements: dict) -> str:
    """Return the result of `agreement_json` as a phrase; "" if nothing is annotated.

    Args:
        agreements: Kind → values of `EventAgreement`.
    """
    return "; ".join(EventAgreement(**values).text(kind) for kind, values in agreements.items())


def _event_list(events: Sequence[GaitEvent], start_s: float) -> list[dict]:
    return [
        {"side": event.side, "kind": event.kind, "time_s": round(event.time_s, 4)}
        | ({"clock_s": round(start_s + event.time_s, 4)} if start_s else {})
        for event in events
    ]
