"""Header, frames, points and rotations of a C3D file.

All sizes that the file states are compared with its size before memory is allocated.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..recording import RecordingError
from ..vectors import all_three, are_seen
from .c3d_parameters import Groups, Numbers, read_groups
from .limits import HIGHEST_RATE_HZ, LOWEST_RATE_HZ, check_frames, check_rate, check_size

_BLOCK = 512  # bytes; unit of the positions in a C3D file
_KEY = 0x50  # second byte of every C3D file
_PROCESSORS = {84: "Intel", 85: "DEC", 86: "MIPS"}
_WRAP = 65_536  # frame numbers in the header are 16-bit
_MOST_POINTS = 10_000
_CHUNK = 16 << 20  # bytes that are read at a time
_ROTATION_VALUES = 17  # 4 x 4 values of a matrix by columns, and its reliability


@dataclass(frozen=True, eq=False)
class C3DFile:
    """A C3D file whose stated sizes fit its real size.

    Attributes:
        path: The file.
        numbers: Number formats of its processor.
        groups: Parameters, see `read_groups`.
        rate_hz: Frames per second, as stated or as set by the user.
        clock_hz: Frames per second that the event times of the file have.
        first_frame: Number of the first frame; programs count from 1.
        frames: Number of frames T.
        points: Number of points M, with computed ones.
        events: Events of the header: "events_time" (seconds) and "events_label".
        remarks: What the file states wrongly.
        data_start: Position of the first frame in bytes.
        values: Numbers in a frame, of points and analog channels.
        scale: Factor of integer positions; negative for positions as floats.
    """

    path: Path
    numbers: Numbers
    groups: Groups
    rate_hz: float
    clock_hz: float
    first_frame: int
    frames: int
    points: int
    events: dict
    remarks: tuple[str, ...] = ()
    data_start: int = field(default=0, repr=False)
    values: int = field(default=0, repr=False)
    scale: float = field(default=-1.0, repr=False)

    def positions(self) -> np.ndarray:
        """Positions (T, M, 3) float32 in the unit of the file; NaN where a point was not seen."""
        positions = np.empty((self.frames, self.points, 3), np.float32)
        width = 4 if self.scale < 0 else 2
        numbers = self.numbers.floats if width == 4 else self.numbers.integers
        rows = max(1, _CHUNK // (self.values * width or 1))
        with self.path.open("rb") as file:
            file.seek(self.data_start)
            for start in range(0, self.frames, rows):
                count = min(rows, self.frames - start)
                data = file.read(count * self.values * width)
                frames = numbers(data).reshape(count, self.values)[:, : 4 * self.points]
                frames = frames.reshape(count, self.points, 4).astype(np.float32)
                positions[start : start + count] = self._seen(frames)
        return positions

    def _seen(self, frames: np.ndarray) -> np.ndarray:
        """Positions (T, M, 3) of points (T, M, 4) of the file.

        The fourth value is below 0 if no camera saw the point. Programs also write 0, 0, 0.
        """
        with np.errstate(all="ignore"):
            positions = frames[..., :3] * np.float32(1 if self.scale < 0 else self.scale)
            missing = (frames[..., 3] < 0) | all_three(positions == 0)
        positions[missing | ~are_seen(positions)] = np.nan
        return positions

    def rotations(self) -> tuple[list[str], np.ndarray, float]:
        """Labels, matrices (S, 4, 4, T) float64 and rate in Hz of rotations, as Theia3D writes."""
        group = self.groups.get("ROTATION", {})
        count, block = _count(group, "USED"), _count(group, "DATA_START")
        ratio = first_number(group, "RATE", 0.0) / self.clock_hz
        ratio = max(_count(group, "RATIO"), round(ratio) if np.isfinite(ratio) else 1, 1)
        rate_hz = self.rate_hz * ratio
        shape = (self.frames * ratio, count, _ROTATION_VALUES)
        size, start = math.prod(shape) * 4, (block - 1) * _BLOCK
        if not count or start < _BLOCK or start + size > self.path.stat().st_size:
            return [], np.empty((0, 4, 4, 0)), rate_hz
        with self.path.open("rb") as file:
            file.seek(start)
            values = self.numbers.floats(file.read(size)).reshape(shape).astype(np.float64)
        values[values[..., 16] < 0] = np.nan
        matrices = values[..., :16].reshape(*shape[:2], 4, 4).transpose(1, 3, 2, 0)
        return numbered_texts(group, "LABELS")[:count], matrices, rate_hz


def open_c3d(path: Path, rate_hz: float | None = None) -> C3DFile:
    """Read header and parameters of a C3D file, and compare them with its size.

    Args:
        path: The file.
        rate_hz: Frames per second, for a file that does not state them or states them wrongly.

    Raises:
        RecordingError: The file is damaged, or not a C3D file.
    """
    size = path.stat().st_size
    check_size(size, str(path))
    with path.open("rb") as file:
        head = file.read(_BLOCK)
        if len(head) < 2 or head[1] != _KEY or head[0] == 0:
            raise RecordingError(f"{path} is not a C3D file: export the recording as C3D")
        start = (head[0] - 1) * _BLOCK
        file.seek(start)
        section = file.read(_BLOCK)
        if len(head) < _BLOCK or len(section) < _BLOCK:
            raise _truncated(path, size, max(start, _BLOCK) + _BLOCK)
        numbers = Numbers(_PROCESSORS.get(section[3], "Intel"))
        data_start = max(numbers.integer(head, 16) - 1, 0) * _BLOCK
        end = data_start if data_start > start else start + max(section[2], 1) * _BLOCK
        if end > size:
            raise _truncated(path, size, end)
        section += file.read(max(end - start - len(section), 0))
    groups = read_groups(section[: end - start], numbers, path)
    return _checked(path, head, end, numbers, groups, rate_hz)


def _checked(path, head: bytes, data_start: int, numbers: Numbers, groups: Groups, rate_hz):
    """Compare header, parameters and size of the file."""
    if "POINT" not in groups:
        raise RecordingError(f"{path} has no parameter group POINT: export it again")
    point = groups["POINT"]
    points, analog = numbers.integer(head, 2), numbers.integer(head, 4)
    used = _count(point, "USED") if "USED" in point else points
    points = points or used  # some programs leave the header empty
    if used != points or points > _MOST_POINTS:
        raise RecordingError(
            f"{path} states {points} points in its header and {used} in POINT:USED: export it again"
        )
    scale = _scale(path, numbers.float(head, 12), point) if points else -1.0
    rate_hz, clock_hz, rate_remark = _rates(path, numbers.float(head, 20), groups, rate_hz)
    size = _data_end(path, groups) - data_start
    first, stated = _stated_frames(path, head, numbers, groups)
    width = 4 if scale < 0 else 2

    def fills(number: int) -> bool:
        frame_bytes = (4 * points + number) * width
        return any(0 <= size - count * frame_bytes < _BLOCK for count in stated.values())

    analog, analog_remark = _analog(analog, groups, clock_hz, fills)
    values = 4 * points + analog
    frame_bytes = values * width
    frames, remark = _frames(stated, size, frame_bytes)
    if frames not in stated.values():
        frames -= _empty_frames(path, data_start, frame_bytes, frames)
    check_frames(frames, rate_hz, str(path))
    if size < frames * frame_bytes:
        raise _truncated(path, path.stat().st_size, data_start + frames * frame_bytes)
    remarks = tuple(text for text in (rate_remark, analog_remark, remark) if text)
    events = _header_events(head, numbers)
    return C3DFile(path, numbers, groups, rate_hz, clock_hz, first, frames, points, events, remarks,
                   data_start, values, scale)  # fmt: skip


def _scale(path, header: float, point: dict) -> float:
    """Scale of the positions; its sign says whether they are integers or floats."""
    stated = first_number(point, "SCALE", header)
    header = header if header and np.isfinite(header) else stated
    if not np.isfinite(stated) or stated == 0 or (header < 0) != (stated < 0):
        raise RecordingError(
            f"{path} states a scale of {header:g} in its header and {stated:g} in POINT:SCALE, "
            "expected the same number: export it again"
        )
    return stated


def _rates(path, header: float, groups: Groups, user_hz: float | None) -> tuple[float, float, str]:
    """Rate of the frames, rate that the event times of the file have, in Hz, and a remark."""
    stated = {
        "POINT:RATE": first_number(groups["POINT"], "RATE", 0.0),
        "the header": header,
        "TRIAL:CAMERA_RATE": first_number(groups.get("TRIAL", {}), "CAMERA_RATE", 0.0),
    }
    point = stated["POINT:RATE"]
    valid = {k: v for k, v in stated.items() if LOWEST_RATE_HZ <= v <= HIGHEST_RATE_HZ}
    name, rate_hz = next(iter(valid.items()), ("--rate", user_hz))
    if user_hz is not None:
        check_rate(user_hz, "the option --rate")
        is_same = abs(user_hz - point) < 1e-6
        remark = "" if is_same else f"POINT:RATE is {point:g} Hz: {user_hz:g} Hz of --rate used"
        return float(user_hz), float(rate_hz), remark
    for value in stated.values():
        if value and not valid:
            check_rate(value, str(path))
    if rate_hz is None:
        raise RecordingError(f"{path} states no frame rate: pass it with --rate")
    remark = f"POINT:RATE is {point:g} Hz: {rate_hz:g} Hz of {name} used"
    return float(rate_hz), float(rate_hz), "" if name == "POINT:RATE" else remark


def _analog(
    header: int, groups: Groups, rate_hz: float, fills: Callable[[int], bool]
) -> tuple[int, str]:
    """Number of analog values in a frame, and a remark if it is not that of the header.

    Args:
        header: Number that the header states.
        groups: Parameters of the file.
        rate_hz: Frames per second.
        fills: Whether frames with a number of analog values fill the file.
    """
    group = groups.get("ANALOG", {})
    ratio = first_number(group, "RATE", rate_hz) / rate_hz
    number = _count(group, "USED") * (max(round(ratio), 1) if np.isfinite(ratio) else 1)
    if fills(number) and not fills(header):
        return number, f"{number} analog values in a frame, as the size of the file shows"
    return header, ""


def _stated_frames(path, head: bytes, numbers: Numbers, groups: Groups):
    """Number of the first frame, and what the file states as its number of frames, by source.

    Header and POINT:FRAMES are 16-bit; longer recordings are in POINT:LONG_FRAMES and TRIAL.
    """
    first, last = numbers.integer(head, 6), numbers.integer(head, 8)
    point, trial = groups["POINT"], groups.get("TRIAL", {})
    start, end = _long(trial, "ACTUAL_START_FIELD"), _long(trial, "ACTUAL_END_FIELD")
    stated = {
        "its header": last - first + 1,
        "POINT:FRAMES": _count(point, "FRAMES"),
        "POINT:LONG_FRAMES": _count(point, "LONG_FRAMES"),
        "TRIAL:ACTUAL_END_FIELD": end - start + 1 if start and end else 0,
    }
    stated = {name: count for name, count in stated.items() if count > 0}
    if not stated:
        raise RecordingError(f"{path} states no frames: export it again")
    return (start if start and start % _WRAP == first else first), stated


def _frames(stated: dict[str, int], size: int, frame_bytes: int) -> tuple[int, str]:
    """Number of frames, and a remark if the file states another one or has data for more.

    When the statements differ, the one that fills the file is right. Numbers of 16 bits that are
    at their limit, or too small by a multiple of 65,536, stand for all frames in the file.
    """
    if not frame_bytes:
        return max(stated.values()), ""
    room = size // frame_bytes
    spare = _spare(frame_bytes)
    counts = list(dict.fromkeys(stated.values()))
    fitting = [count for count in counts if 0 <= room - count <= spare]
    wrapped = [room - (room - count) % _WRAP for count in counts if (room - count) % _WRAP <= spare]
    if fitting:
        frames = fitting[0]
    elif room > max(counts) and (wrapped or max(counts) >= _WRAP - 1):
        frames = wrapped[0] if wrapped else room
    else:
        frames = next((count for count in counts if count <= room), min(counts))
    source, main = next(iter(stated.items()))
    if frames != main:
        return frames, f"frames read as the size of the file shows: {source} states {main}"
    if room - frames > spare:
        return frames, f"{frames} frames read, as {source} states; the file has data for {room}"
    return frames, ""


def _spare(frame_bytes: int) -> int:
    """Number of frames that fit into the unused rest of the last blocks of a file."""
    return 2 * _BLOCK // frame_bytes + 1


def _empty_frames(path: Path, data_start: int, frame_bytes: int, frames: int) -> int:
    """Number of frames at the end that are the unused rest of the last block, filled with zeros."""
    most = min(frames - 1, _spare(frame_bytes))
    with path.open("rb") as file:
        file.seek(data_start + (frames - most) * frame_bytes)
        data = file.read(most * frame_bytes).rstrip(b"\0")
    return most - -(-len(data) // frame_bytes)


def _data_end(path: Path, groups: Groups) -> int:
    """Position in bytes at which the data of the frames must have ended."""
    rotation = groups.get("ROTATION", {})
    size = path.stat().st_size
    start = (_count(rotation, "DATA_START") - 1) * _BLOCK
    return start if _count(rotation, "USED") and _BLOCK < start < size else size


def _header_events(head: bytes, numbers: Numbers) -> dict:
    """Events of the header: up to 18 with labels of four characters, and times in seconds."""
    count = min(numbers.integer(head, 300), 18)
    if numbers.integer(head, 298) != 12_345:  # labels of four characters
        return {}
    times = numbers.floats(head[304 : 304 + 4 * count])
    labels = [head[396 + 4 * i : 400 + 4 * i].decode("latin-1").strip(" \0") for i in range(count)]
    return {"events_time": times.astype(float), "events_label": labels}


def first_value(group: dict, name: str, default):
    """First value of a parameter.

    Args:
        group: Parameters of a group.
        name: Name of the parameter.
        default: Result if it is absent or empty.
    """
    values = group[name]["value"] if name in group else []
    if not isinstance(values, list):
        values = values.ravel()  # (3, 0) is empty, too
    return values[0] if len(values) else default


def first_number(group: dict, name: str, default: float) -> float:
    """First value of a parameter as a number; NaN if it is a text.

    Args:
        group: Parameters of a group.
        name: Name of the parameter.
        default: Result if it is absent or empty.
    """
    value = first_value(group, name, default)
    return float("nan") if isinstance(value, str) else float(value)


def numbered_texts(group: dict, name: str) -> list[str]:
    """Texts of a parameter and of its continuations: LABELS, LABELS2, ….

    Args:
        group: Parameters of a group.
        name: Name of the first parameter.
    """
    names = [key for key in group if key == name or key.removeprefix(name).isdecimal()]
    names.sort(key=lambda key: int(key.removeprefix(name) or 1))
    return [text for key in names if isinstance(group[key]["value"], list)
            for text in group[key]["value"]]  # fmt: skip


def _count(group: dict, name: str) -> int:
    """Value of a parameter as a number of things: 16-bit without a sign, or a whole float."""
    value = first_number(group, name, 0)
    if not np.isfinite(value):
        return 0
    return int(value) % _WRAP if -_WRAP < value < 0 else int(value)


def _long(group: dict, name: str) -> int:
    """Value of two 16-bit integers, the lower one first."""
    values = group[name]["value"] if name in group else []
    if isinstance(values, list) or not np.isfinite(values).all():
        return 0
    if values.size == 1:
        return _count(group, name)
    words = [int(word) % _WRAP for word in values.ravel()[:2]] or [0]
    return words[0] + (_WRAP * words[1] if len(words) > 1 else 0)


def _truncated(path: Path, size: int, expected: int) -> RecordingError:
    return RecordingError(
        f"{path} is truncated: it has {size} bytes, its header states {expected}: copy or export "
        "it again"
    )
