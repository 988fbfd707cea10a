"""Gait events that a C3D file holds: in its parameter group EVENT, or in its header.

Times should be minutes and seconds on the clock of the file, on which the first frame has the time
(number - 1) / rate. Programs also write seconds alone, frame numbers, or times from the first frame
kept; which of these it is, is decided from the events that are inside the recording then.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from ..recording import GaitEvent
from .event_names import EventName, final_contacts, side_and_kind

_REPEATED_S = 0.1  # no foot strikes or leaves the floor twice in this time
_WHOLE = 1e-3  # largest difference of a frame number from a whole number
_SHOWN = 3  # names of unused events in a remark


@dataclass(frozen=True)
class _Clock:
    """Recording that event times are compared with; times in seconds."""

    start_s: float
    rate_hz: float
    frames: int

    def inside(self, times_s: np.ndarray) -> np.ndarray:
        """Whether times from the first frame are in the recording, within half a frame."""
        return (times_s > -0.5 / self.rate_hz) & (times_s < self.frames / self.rate_hz)


def events_of(
    content, start_s: float, rate_hz: float | None = None, subject: str | None = None
) -> tuple[tuple[GaitEvent, ...], tuple[str, ...]]:
    """Return the heel strikes and toe-offs of a C3D file.

    Args:
        content: File as `ezc3d` reads it.
        start_s: Time of the first frame in seconds on the clock of the file.
        rate_hz: Frames per second. Default: POINT:RATE.
        subject: Subject whose events are returned, of a file with several. Default: all.

    Returns:
        Events in order of time, in seconds from the first frame; remarks on what was left out or
        interpreted.
    """
    rate_hz = rate_hz or float(content["parameters"]["POINT"]["RATE"]["value"][0])
    clock = _Clock(start_s, rate_hz, content["data"]["points"].shape[2])
    group = content["parameters"].get("EVENT", {})
    contexts = _texts(content["parameters"].get("EVENT_CONTEXT", {}), "LABELS")
    names, raw = _of_group(group, contexts)
    names, raw = _of_subject(names, raw, subject)
    if not any(all(side_and_kind(name)) for name in names):
        of_header = _of_header(content["header"].get("events", {}))
        if of_header[0]:
            names, raw = of_header
    return _gait_events(names, raw, clock)


def _gait_events(names: list[EventName], raw: np.ndarray, clock: _Clock):
    """Events and remarks, from names and times in the notation of the file."""
    final = final_contacts(names)
    parsed = [side_and_kind(name, final) for name in names]
    usable = np.array([bool(side and kind) for side, kind in parsed], dtype=bool)
    remarks = _unused(names, parsed)
    if not usable.any():
        return (), remarks
    times_s, remark = _seconds(raw, usable, clock)
    inside = clock.inside(times_s)
    events = [
        GaitEvent(float(max(times_s[i], 0.0)), *parsed[i]) for i in np.flatnonzero(usable & inside)
    ]
    events, repeated = _without_repeats(sorted(events, key=lambda event: event.time_s))
    outside = int((usable & ~inside).sum())
    if outside:
        remarks += (f"{_count(outside)} of the file outside the recording: not used",)
    if repeated:
        remarks += (f"{_count(repeated)} of the file repeated within {_REPEATED_S:g} s: not used",)
    return tuple(events), (*remarks, *([remark] if remark and events else []))


def _unused(names: list[EventName], parsed: list) -> tuple[str, ...]:
    """Remarks on events without a side or of another kind."""
    sideless = [name for name, (side, kind) in zip(names, parsed, strict=True) if kind and not side]
    other = [name for name, (_, kind) in zip(names, parsed, strict=True) if not kind]
    remarks = []
    for rows, reason in ((sideless, "without a side"), (other, "of another kind than gait")):
        if rows:
            shown = _shown(name.context or name.label for name in rows)
            if reason != "without a side":
                shown = _shown(name.label or name.context for name in rows)
            remarks.append(f"{_count(len(rows))} of the file {reason} ({shown}): not used")
    return tuple(remarks)


def _count(number: int) -> str:
    return f"{number} event" + ("s" if number > 1 else "")


def _shown(texts) -> str:
    """The most frequent names, without control characters."""
    counts = Counter("".join(c for c in text if c.isprintable())[:40] for text in texts)
    words = [text or "no name" for text, _ in counts.most_common(_SHOWN)]
    return ", ".join(words) + (", …" if len(counts) > _SHOWN else "")


def _of_group(group: dict, contexts: list[str]) -> tuple[list[EventName], np.ndarray]:
    """Names and times (N, 2) of the group EVENT: minutes and seconds, as in the file."""
    raw = _times(group)
    columns = [
        _padded(_texts(group, name), len(raw)) for name in ("LABELS", "CONTEXTS", "SUBJECTS")
    ]
    icons = _numbers(group, "ICON_IDS") if "ICON_IDS" in group else _numbers(group, "ICONS_IDS")
    icons += [0] * len(raw)
    names = [EventName(*texts, icons[i]) for i, texts in enumerate(zip(*columns, strict=True))]
    return [_with_context(name, contexts) for name in names], raw


def _with_context(name: EventName, contexts: list[str]) -> EventName:
    """The event with the name of its context, if the file has the number, or one for all."""
    if re.fullmatch(r"\d+", name.context) and int(name.context) < len(contexts):
        return replace(name, context=contexts[int(name.context)])
    if not name.context and len(contexts) == 1:
        return replace(name, context=contexts[0])
    return name


def _times(group: dict) -> np.ndarray:
    """Times (N, 2) of the group EVENT in minutes and seconds, of as many events as it states."""
    used = next(iter(_numbers(group, "USED")), -1)
    parts = [_array(group, name, used) for name in _numbered(group, "TIMES")]
    times = np.concatenate(parts) if parts else np.empty((0, 2))
    return times[:used] if used >= 0 else times


def _array(group: dict, name: str, used: int) -> np.ndarray:
    """One parameter of times as (N, 2), whatever its shape in the file."""
    try:
        values = np.asarray(group[name]["value"], dtype=float)
    except ValueError:  # text
        return np.empty((0, 2))
    values = np.where(np.isfinite(values), values, np.nan)
    if values.ndim == 2 and (len(values) == 1 or (values.shape[1] == 1 and len(values) > 2)):
        values = values.ravel()
    if values.ndim == 1:
        if values.size and values.size == 2 * used:
            return values.reshape(-1, 2)
        return np.stack([np.zeros(values.size), values], axis=1)
    if values.ndim != 2:
        return np.empty((0, 2))
    if values.shape[1] == 2 and values.shape[0] != 2:
        return values
    return values[:2].T


def _of_subject(names: list[EventName], raw: np.ndarray, subject: str | None):
    """Only the events of a subject, if the file names it in some of them."""
    if subject is None or subject not in {name.subject for name in names}:
        return names, raw
    kept = [i for i, name in enumerate(names) if name.subject in (subject, "")]
    return [names[i] for i in kept], raw[kept]


def _of_header(events: dict) -> tuple[list[EventName], np.ndarray]:
    """Names of at most four characters and times (N, 2) in the header."""
    labels = [str(label).strip() for label in events.get("events_label", ())]
    times = np.asarray(events.get("events_time", ()), dtype=float)
    rows = [i for i, label in enumerate(labels[: len(times)]) if label]
    names = [EventName(labels[i]) for i in rows]
    if not any(all(side_and_kind(name)) for name in names):
        return [], np.empty((0, 2))
    return names, np.stack([np.zeros(len(rows)), times[rows]], axis=1)


def _seconds(raw: np.ndarray, usable: np.ndarray, clock: _Clock) -> tuple[np.ndarray, str]:
    """Times (N,) in seconds from the first frame, and a remark if the notation is not usual.

    The first notation in which all events are inside the recording is taken; if there is none, the
    usual one if it has any inside, else the one with the most.
    """
    choices = list(_notations(raw, clock))
    inside = [int(clock.inside(times_s)[usable].sum()) for times_s, _ in choices]
    if usable.sum() in inside:
        return choices[inside.index(int(usable.sum()))]
    return choices[0] if inside[0] else choices[int(np.argmax(inside))]


def _notations(raw: np.ndarray, clock: _Clock):
    """Times (N,) in seconds from the first frame in each notation, the usual one first."""
    seconds = 60 * raw[:, 0] + raw[:, 1]
    first = round(clock.start_s * clock.rate_hz) + 1
    from_first = f"event times of the file counted from its first frame, number {first}"
    yield seconds - clock.start_s, ""
    yield seconds, from_first if clock.start_s else ""
    for column, what in ((raw[:, 0], "first"), (raw[:, 1], "second")):
        if raw[:, 0].any():  # one of the rows repeats or replaces the other
            remark = f"event times of the file read as seconds in the {what} row"
            yield column - clock.start_s, remark
            yield column, f"{remark}, {from_first}" if clock.start_s else remark
    numbers = np.where(raw[:, 0].any() and not raw[:, 1].any(), raw[:, 0], raw[:, 1])
    if np.abs(numbers - np.round(numbers)).max(initial=0) < _WHOLE:
        lowest = 0 if numbers.min(initial=1) < 0.5 else 1
        remark = "event times of the file read as frame numbers"
        yield (numbers - first) / clock.rate_hz, remark
        yield (numbers - lowest) / clock.rate_hz, f"{remark} from its first frame"
    yield numbers / 1000 - clock.start_s, "event times of the file read as milliseconds"


def _without_repeats(events: list[GaitEvent]) -> tuple[list[GaitEvent], int]:
    """Events without repeats of the same foot and kind, and the number of repeats."""
    kept, last = [], {}
    for event in events:
        key = event.side, event.kind
        if event.time_s - last.get(key, -np.inf) > _REPEATED_S:
            kept.append(event)
            last[key] = event.time_s
    return kept, len(events) - len(kept)


def _numbered(group: dict, name: str) -> list[str]:
    """Names of a parameter and its continuations: LABELS, LABELS2, …."""
    names = [key for key in group if re.fullmatch(rf"{name}\d*", key)]
    return sorted(names, key=lambda key: int(key[len(name) :] or 1))


def _texts(group: dict, name: str) -> list[str]:
    """Texts of a parameter and its continuations; numbers, such as of contexts, become texts."""
    texts = []
    for key in _numbered(group, name):
        values = group[key]["value"]
        texts += values if isinstance(values, list) else _numbers(group, key)
    return [str(text).strip() for text in texts]


def _numbers(group: dict, name: str) -> list[int]:
    """Whole numbers of a parameter; those that are not finite are left out, as are texts."""
    values = np.ravel(group[name]["value"]) if name in group else []
    try:
        return [int(value) for value in np.asarray(values, dtype=float) if np.isfinite(value)]
    except ValueError:
        return []


def _padded(texts: list[str], count: int) -> list[str]:
    return [*texts[:count], *[""] * (count - len(texts))]
