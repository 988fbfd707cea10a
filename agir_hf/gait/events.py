"""Heel strikes and toe-offs of both feet, turns and pauses of a walk.

A foot is fast in swing and does not move in stance; its events are between the two. How the swings
of a foot are detected is described in `swings.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..motion.recording import GaitEvent, JointMotion, MarkerRecording, RecordingError
from ..motion.resampling import LONGEST_GAP_S
from .annotated_events import EventSource, with_file_events
from .foot_paths import FootPaths, foot_paths, forward_speed
from .swings import Swing, foot_motions, swings_of
from .treadmill import belt_speed

# The sole is rigid: its length differs from the median by more than this share in so many frames
# only if a marker is mislabelled or jumps.
SOLE_CHANGE, SOLE_FRAMES = 0.5, 0.05
# A turn: the pelvis, smoothed over a stride, turns faster than this, and by more than that in total
# (El-Gohary et al. 2014, Sensors 14:356, for a sensor at the waist). Patients turn slowly.
TURN_DEG_PER_S, TURN_DEG = 15.0, 45.0
STANDING_S = 1.5  # without a swing of either foot
BACKWARD_M_PER_S = 0.2  # a pelvis that moves backwards faster than this goes backwards
_SIDES = ("left", "right")


@dataclass(frozen=True, eq=False)
class GaitPhases:
    """Gait events, turns and pauses of a walk.

    Attributes:
        events (`tuple[GaitEvent, ...]`):
            Heel strikes and toe-offs in order of time, including those in turns.
        turns (`tuple[tuple[float, float], ...]`):
            Start and end of each turn of the pelvis, in seconds.
        standing (`tuple[tuple[float, float], ...]`):
            Start and end of each pause without a swing of either foot, in seconds.
        belt_speed_m_per_s (`float`, *optional*):
            Speed of the treadmill belt; `None` overground.
        resolution_s (`float`):
            Half the time between two frames of the recording, the limit of the timing accuracy.
        absent (`dict[str, str]`):
            Side → reason why this foot has no events.
        no_steps (`str`):
            Reason why the recording has no steps; "" if there are heel strikes.
        events_from (`str`):
            Source of `events`: `"detected"`, or `"file"` (annotated in it).
        detected (`tuple[GaitEvent, ...]`):
            Detected events; the same as `events` unless these are from the file.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.gait import detect_events
        >>> from agir_hf.motion import read_recording
        >>> phases = detect_events(read_recording(agir_hf.SAMPLE_RECORDING))
        >>> len(phases.events), len(phases.straight()), phases.turns
        (23, 23, ())
        >>> phases.belt_speed_m_per_s is None
        True

        ```
    """

    events: tuple[GaitEvent, ...]
    turns: tuple[tuple[float, float], ...]
    standing: tuple[tuple[float, float], ...]
    belt_speed_m_per_s: float | None
    resolution_s: float
    absent: dict[str, str]
    no_steps: str = ""
    events_from: EventSource = "detected"
    detected: tuple[GaitEvent, ...] = ()

    def straight(self) -> tuple[GaitEvent, ...]:
        """Events outside turns."""
        return self._straight

    @cached_property
    def _straight(self) -> tuple[GaitEvent, ...]:
        times_s = np.array([event.time_s for event in self.events])
        in_turn = overlaps(self.turns, times_s, times_s, with_ends=True)
        return tuple(
            event for event, inside in zip(self.events, in_turn, strict=True) if not inside
        )


def detect_events(
    recording: MarkerRecording | JointMotion, events: EventSource = "detected"
) -> GaitPhases:
    """Detect heel strikes and toe-offs of a walk, overground or on a treadmill.

    Paths are interpolated to 100 Hz at least and filtered at 10 Hz. A swing is a peak in the
    forward velocity of the heel while the other foot stays, after which the foot lands ahead of
    where it was. Heel strike is where the point of contact under the heel stops, and toe-off where
    the toe starts to move and is farthest behind the pelvis. On a treadmill, which is inferred only
    if both feet move backwards at one speed in several stances, the belt speed is estimated and
    added.

    Args:
        recording (`MarkerRecording` or `JointMotion`):
            Markers of a known set, of which heel, toe and pelvis are used, or joints at any rate,
            of which heel (ankle, if the recording has no heels) and ball of the foot are used.
        events (`str`, defaults to `"detected"`):
            `"file"` returns the events that are annotated in the file, with detected turns and
            pauses.

    Returns:
        [`GaitPhases`]: Events, turns and pauses. A foot that is missing, mislabelled or has a long
        gap has no events, and `absent` has the reason.

    Raises:
        RecordingError: The marker set is unknown, the pelvis or both heels are not seen, or the
            file has too few events.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.gait import detect_events
        >>> from agir_hf.motion import read_recording
        >>> phases = detect_events(read_recording(agir_hf.SAMPLE_RECORDING))
        >>> event = phases.events[0]
        >>> event.side, event.kind, round(event.time_s, 2)
        ('left', 'toe_off', 0.42)

        ```
    """
    paths = foot_paths(recording)
    return detect_on_paths(recording, paths, events)


def detect_on_paths(
    recording: MarkerRecording | JointMotion, paths: FootPaths, events: EventSource = "detected"
) -> GaitPhases:
    """Detect events as `detect_events` does, on paths that were already computed.

    Args:
        recording: The recording.
        paths: Its paths, from `foot_paths`.
        events: As for `detect_events`.

    Raises:
        RecordingError: As for `detect_events`.
    """
    name = recording.source or "the recording"
    if paths.pelvis is None or paths.across is None:
        raise RecordingError(
            f"{name} has a gap of over {LONGEST_GAP_S:g} s in the pelvis markers: fill the gap or "
            "cut the trial"
        )
    absent = {
        side: f"the {side} heel is not seen or has a gap of over {LONGEST_GAP_S:g} s"
        for side in _SIDES
        if side not in paths.heel
    }
    if not paths.heel:
        raise RecordingError(
            f"{name} has no usable heel marker: {'; '.join(absent.values())}: label the heels and "
            "fill their gaps"
        )
    absent |= _mislabelled(paths)
    rate, facing = paths.rate_hz, paths.facing
    speeds = {side: forward_speed(heel, facing, rate) for side, heel in paths.heel.items()}
    pelvis_speed = forward_speed(paths.pelvis, facing, rate)
    belt = belt_speed(speeds, pelvis_speed, rate)
    feet = foot_motions(paths, facing, belt or 0.0)
    feet = {side: foot for side, foot in feet.items() if side not in absent}
    swings = {
        side: swings_of(foot, [feet[other] for other in feet if other != side])
        for side, foot in feet.items()
    }
    detected = [event for side in swings for event in _events(side, swings[side])]
    detected = tuple(sorted(detected, key=lambda event: (event.time_s, event.side)))
    walked = absent or any(event.kind == "heel_strike" for event in detected)
    phases = GaitPhases(
        events=detected,
        turns=_turns(facing, rate),
        standing=_pauses(swings, (len(paths.pelvis) - 1) / rate),
        belt_speed_m_per_s=belt,
        resolution_s=0.5 / recording.rate_hz,
        absent=absent,
        no_steps="" if walked else _no_steps(float(pelvis_speed.mean()), bool(detected)),
        detected=detected,
    )
    return with_file_events(phases, recording) if events == "file" else phases


def overlaps(
    spans: Sequence[tuple[float, float]],
    start_s: np.ndarray,
    end_s: np.ndarray,
    with_ends: bool,
) -> np.ndarray:
    """Whether any of some spans of time and an interval have a time in common.

    Args:
        spans: Start and end of each span in seconds, in any order.
        start_s: Starts (N,) of the intervals in seconds.
        end_s: Ends (N,) of the intervals in seconds.
        with_ends: Whether spans and intervals include their ends, so that touching is enough.

    Returns:
        Mask (N,).
    """
    if not len(spans) or not len(start_s):
        return np.zeros(len(start_s), dtype=bool)
    starts, ends = np.array(sorted(spans)).T
    last_end = np.maximum.accumulate(ends)  # of all spans that start as early
    count = np.searchsorted(starts, end_s, side="right" if with_ends else "left")
    last = last_end[np.maximum(count, 1) - 1]
    return (count > 0) & ((last >= start_s) if with_ends else (last > start_s))


def _mislabelled(paths: FootPaths) -> dict[str, str]:
    """Side → reason, for the feet whose heel and toe cannot be on one rigid sole."""
    reasons = {}
    for side in paths.heel.keys() & paths.toe.keys():
        length_m = np.linalg.norm(paths.heel[side] - paths.toe[side], axis=1)
        change_m = np.abs(length_m - np.median(length_m))
        if (change_m > SOLE_CHANGE * np.median(length_m)).mean() > SOLE_FRAMES:
            low, high = np.percentile(length_m, [1, 99])
            reasons[side] = (
                f"heel and ball of the {side} foot are {low:.2f} to {high:.2f} m from each other, "
                "expected a constant distance: check their labels"
            )
    return reasons


def _no_steps(pelvis_m_per_s: float, lifted: bool) -> str:
    """Reason for a recording without heel strikes; with toe-offs if a foot was lifted."""
    if lifted:
        return "the recording ends before a foot lands: record a longer walk"
    if pelvis_m_per_s < -BACKWARD_M_PER_S:
        return (
            f"the pelvis moves backwards at {-pelvis_m_per_s:.2f} m/s: left and right labels are "
            "swapped, or the person walks backwards"
        )
    return (
        "neither foot lands ahead of its last position: the person is standing, sitting or moving "
        "in one place (a treadmill is recognized from two stances of each foot on the moving belt)"
    )


def _events(side: str, swings: list[Swing]) -> list[GaitEvent]:
    events = []
    for swing in swings:
        for kind, time_s in (("toe_off", swing.toe_off_s), ("heel_strike", swing.heel_strike_s)):
            if np.isfinite(time_s):
                events.append(GaitEvent(time_s, side, kind))
    return events


def _turns(facing: np.ndarray, rate: float) -> tuple[tuple[float, float], ...]:
    """Start and end in seconds of turns, each in one direction."""
    angle = np.degrees(np.unwrap(np.arctan2(facing[:, 0], facing[:, 2])))
    speed = np.gradient(angle, 1 / rate)
    turns = []
    for direction in (1, -1):
        fast = np.r_[False, direction * speed > TURN_DEG_PER_S, False]
        for start, end in np.flatnonzero(np.diff(fast.astype(int))).reshape(-1, 2):
            if abs(angle[end - 1] - angle[start]) >= TURN_DEG:
                turns.append((float(start / rate), float(end / rate)))
    return tuple(sorted(turns))


def _pauses(swings: dict[str, list[Swing]], duration_s: float) -> tuple[tuple[float, float], ...]:
    """Start and end in seconds of times without a swing of either foot."""
    spans = [(0.0, 0.0), (duration_s, duration_s)]
    for swing in (swing for side_swings in swings.values() for swing in side_swings):
        start = swing.peak_s if np.isnan(swing.toe_off_s) else swing.toe_off_s
        end = swing.peak_s if np.isnan(swing.heel_strike_s) else swing.heel_strike_s
        spans.append((start, end))
    spans.sort()
    pauses, last_end = [], 0.0
    for start, end in spans:
        if start - last_end >= STANDING_S:
            pauses.append((last_end, start))
        last_end = max(last_end, end)
    return tuple(pauses)
