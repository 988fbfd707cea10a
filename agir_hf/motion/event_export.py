"""Write a recording as C3D with gait events, in the spelling of Vicon and BTK.

A C3D file is copied byte by byte: only its groups EVENT and EVENT_CONTEXT are replaced, and the
positions of the data, which its parameters state, are corrected. A recording of another format
becomes a new C3D file with its markers or joints.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..humanml3d import JOINT_NAMES
from ..utils.files import atomic_path
from .c3d_records import (
    BLOCK,
    MOST_VALUES,
    float_bytes,
    group_bytes,
    integer_bytes,
    joined_records,
    parameter_record,
    split_records,
)
from .readers.c3d_file import C3DFile, numbered_texts, open_c3d
from .readers.c3d_parameters import Numbers
from .recording import GaitEvent, JointMotion, MarkerRecording, RecordingError

_REPLACED = ("EVENT", "EVENT_CONTEXT")
_LABELS = {"heel_strike": "Foot Strike", "toe_off": "Foot Off"}
_DESCRIPTIONS = {
    "heel_strike": "The instant the heel strikes the ground",
    "toe_off": "The instant the toe leaves the ground",
}
_ICONS = {"heel_strike": 1, "toe_off": 2}
_CONTEXTS = {
    "USED": np.int16(3),
    "ICON_IDS": np.array([0, 1, 2], np.int16),
    "LABELS": ["General", "Left", "Right"],
    "DESCRIPTIONS": ["For other events", "Left side", "Right side"],
    "COLOURS": np.array([[255, 255, 0], [255, 0, 0], [0, 255, 0]], np.int16).T,
}
_UNITS_M = {"mm": 0.001, "cm": 0.01, "m": 1.0}
_MOST_FRAMES = 65_535  # that 16 bits can state
_HEADER_EVENTS = slice(298, 470)  # bytes of the header


def write_events(
    source: Path,
    recording: MarkerRecording | JointMotion,
    events: Sequence[GaitEvent],
    path: Path,
    subject: str = "",
) -> str:
    """Write a recording with gait events as a C3D file.

    Args:
        source: File of the recording. A C3D file is copied with all its parts.
        recording: What was read from it; it becomes the content if the source is not a C3D file.
        events: Gait events to write, in seconds from the first frame.
        path: File to write, with the suffix .c3d.
        subject: Name of the subject of the events. Default: the first of the file.

    Returns:
        What was written.

    Raises:
        RecordingError: The events do not fit into the file.
    """
    if source.exists() and path.exists() and source.samefile(path):
        raise RecordingError(f"{path} is the recording itself: name another file")
    if _is_c3d(source):
        content, what = _copy(source, recording, events, subject), f"all else of {source.name}"
    else:
        content, what = _new(recording, events, subject, path), _content_text(recording)
    with atomic_path(path) as draft:
        draft.write_bytes(content)
    counts = {kind: sum(event.kind == kind for event in events) for kind in _LABELS}
    return f"{counts['heel_strike']} heel strikes, {counts['toe_off']} toe-offs, and {what}"


def _is_c3d(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(2)
    return len(head) == 2 and head[1] == 0x50 and head[0] > 0


def _content_text(recording: MarkerRecording | JointMotion) -> str:
    if isinstance(recording, MarkerRecording):
        return f"{len(recording.labels)} markers"
    return f"{len(JOINT_NAMES)} joints"


def _copy(source: Path, recording, events: Sequence[GaitEvent], subject: str) -> bytes:
    """Content of a C3D file with other events."""
    file = open_c3d(source, recording.rate_hz)
    data = source.read_bytes()
    start = (data[0] - 1) * BLOCK
    subject = subject or next(iter(numbered_texts(file.groups.get("SUBJECTS", {}), "NAMES")), "")
    # times of the file are in its own rate, also if the user has set another one
    start_s = max(file.first_frame - 1, 0) / file.clock_hz
    factor = recording.rate_hz / file.clock_hz
    times_s = [start_s + event.time_s * factor for event in events]
    records = list(split_records(data[start : file.data_start], file.numbers, source))
    numbers = {record.group for record, _ in records if record.group > 0}
    numbers |= {-record.group for record, _ in records if record.group < 0}
    names = {-record.group: record.name for record, _ in records if record.group < 0}
    removed = {number for number, name in names.items() if name in _REPLACED}
    free = [number for number in range(1, 128) if number not in numbers - removed]
    if len(free) < 2:
        raise RecordingError(f"{source} has no free parameter group for events: remove one")
    kept = [(record, raw) for record, raw in records if abs(record.group) not in removed]
    new = _event_records(events, times_s, subject, free[:2], file.numbers)
    before = data[:start]
    section = joined_records([*(raw for _, raw in kept), *new], file.numbers, source)
    shift = (start + len(section) - file.data_start) // BLOCK
    raws = [_moved(record, raw, names, shift, file) for record, raw in kept]
    section = joined_records([*raws, *new], file.numbers, source)
    header = bytearray(before)
    header[16:18] = integer_bytes([(start + len(section)) // BLOCK + 1], file.numbers)
    header[_HEADER_EVENTS] = bytes(_HEADER_EVENTS.stop - _HEADER_EVENTS.start)
    return bytes(header) + section + data[file.data_start :]


def _moved(record, raw: bytes, names: dict[int, str], shift: int, file: C3DFile) -> bytes:
    """Record of a parameter; if it is the position of data in blocks, the position is moved."""
    group = names.get(record.group)
    if record.name != "DATA_START" or group not in ("POINT", "ROTATION") or record.kind != 2:
        return raw
    old = file.numbers.integers(record.data, signed=False)
    moved = (file.data_start // BLOCK + 1 if group == "POINT" else int(old[0])) + shift
    return parameter_record(record.group, record.name, np.int16(moved), file.numbers)


def _event_records(events, times_s, subject: str, groups: list[int], numbers: Numbers):
    """Records of the groups EVENT and EVENT_CONTEXT."""
    order = np.argsort(times_s, kind="stable")
    values = {"USED": np.int16(len(order))}
    for part, first in enumerate(range(0, len(order), MOST_VALUES)):
        chosen = [events[i] for i in order[first : first + MOST_VALUES]]
        seconds = np.array([times_s[i] for i in order[first : first + MOST_VALUES]])
        minutes = np.floor(seconds / 60)
        columns = {
            "CONTEXTS": [event.side.title() for event in chosen],
            "LABELS": [_LABELS[event.kind] for event in chosen],
            "DESCRIPTIONS": [_DESCRIPTIONS[event.kind] for event in chosen],
            "TIMES": np.stack([minutes, seconds - 60 * minutes]),
            "SUBJECTS": [subject] * len(chosen),
            "ICON_IDS": np.array([_ICONS[event.kind] for event in chosen], np.int16),
            "GENERIC_FLAGS": np.zeros(len(chosen), np.int16),
        }
        values |= {name + (str(part + 1) if part else ""): v for name, v in columns.items()}
    event_group, context_group = groups
    return [
        *group_bytes(context_group, "EVENT_CONTEXT", _CONTEXTS, numbers),
        *group_bytes(event_group, "EVENT", values, numbers),
    ]


def _new(recording, events: Sequence[GaitEvent], subject: str, path: Path) -> bytes:
    """Content of a new C3D file with the points of a recording."""
    numbers = Numbers("Intel")
    is_markers = isinstance(recording, MarkerRecording)
    points = recording.positions if is_markers else recording.joints
    labels = list(recording.labels if is_markers else JOINT_NAMES)
    unit = recording.conventions.unit if recording.conventions else "mm"
    unit = unit if unit in _UNITS_M else "mm"
    first = round(recording.start_s * recording.rate_hz) + 1
    start_s = (first - 1) / recording.rate_hz
    records = [
        record
        for number, (name, values) in enumerate(
            _groups(points, labels, unit, recording.rate_hz, first, subject).items(), 1
        )
        for record in group_bytes(number, name, values, numbers)
    ]
    times_s = [start_s + event.time_s for event in events]
    records += _event_records(events, times_s, subject, [100, 101], numbers)
    section = joined_records(records, numbers, path)
    data_block = 2 + len(section) // BLOCK
    position = next(i for i, raw in enumerate(records) if b"DATA_START" in raw[:16])
    records[position] = parameter_record(1, "DATA_START", np.int16(data_block), numbers)
    header = _header(points, recording.rate_hz, first, data_block, numbers)
    data = _frames(points / _UNITS_M[unit], numbers)
    content = header + joined_records(records, numbers, path) + data
    return content + bytes(-len(content) % BLOCK)


def _groups(points, labels, unit: str, rate_hz: float, first: int, subject: str) -> dict:
    """Groups of a new file, name → parameters."""
    frames, count = points.shape[:2]
    point = {
        "USED": np.array(count, np.uint16),
        "SCALE": np.float32(-1),
        "RATE": np.float32(rate_hz),
        "DATA_START": np.int16(0),
        "FRAMES": np.array(min(frames, _MOST_FRAMES), np.uint16),
        "UNITS": [unit],
        "X_SCREEN": ["+X"],
        "Y_SCREEN": ["+Y"],
    }
    for part, begin in enumerate(range(0, count, MOST_VALUES)):
        name = f"LABELS{part + 1}" if part else "LABELS"
        point[name] = labels[begin : begin + MOST_VALUES]
    last = first + frames - 1
    return {
        "POINT": point,
        "ANALOG": {
            "USED": np.int16(0), "RATE": np.float32(rate_hz), "LABELS": [""],
            "GEN_SCALE": np.float32(1), "SCALE": np.zeros(0, np.float32),
            "OFFSET": np.zeros(0, np.int16), "UNITS": [""],
        },
        "FORCE_PLATFORM": {"USED": np.int16(0)},
        "TRIAL": {
            "ACTUAL_START_FIELD": np.array([first % 65_536, first // 65_536], np.uint16),
            "ACTUAL_END_FIELD": np.array([last % 65_536, last // 65_536], np.uint16),
            "CAMERA_RATE": np.float32(rate_hz),
        },
        "SUBJECTS": {"USED": np.int16(1), "NAMES": [subject or "subject"]},
        "MANUFACTURER": {"SOFTWARE": ["agir_hf"]},
    }  # fmt: skip


def _header(points, rate_hz: float, first: int, data_block: int, numbers: Numbers) -> bytes:
    frames, count = points.shape[:2]
    last = min(first + frames - 1, _MOST_FRAMES)
    words = [0x5002, count, 0, min(first, _MOST_FRAMES), last, 0]
    head = integer_bytes(words, numbers) + float_bytes([-1.0], numbers)
    head += integer_bytes([data_block, 0], numbers) + float_bytes([rate_hz], numbers)
    return head.ljust(BLOCK, b"\0")


def _frames(points: np.ndarray, numbers: Numbers) -> bytes:
    """Points (T, M, 3) with a residual of 0, or zeros with -1 where they are missing."""
    missing = ~np.isfinite(points).all(axis=2)
    values = np.zeros((*points.shape[:2], 4))
    values[..., :3] = np.where(missing[..., None], 0.0, points)
    values[..., 3] = np.where(missing, -1.0, 0.0)
    return float_bytes(values.ravel(), numbers)
