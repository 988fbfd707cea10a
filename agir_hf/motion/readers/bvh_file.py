"""Text of a BVH file: the hierarchies of joints and the values of their channels."""

from __future__ import annotations

import itertools
import math
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ...utils.formatting import printable
from ..recording import RecordingError
from .limits import MOST_FRAMES, check_size

POSITIONS = {"XPOSITION": 0, "YPOSITION": 1, "ZPOSITION": 2}
ROTATIONS = {"XROTATION": 0, "YROTATION": 1, "ZROTATION": 2}
MOST_JOINTS = 2000
MOST_VALUES = 100_000_000  # channels × frames
_LONGEST_LINE = 10_000  # characters of a line of the hierarchy
_LARGEST = 1e9  # angle or position in any unit; larger values are read as missing
_VALUE_WIDTH = 64  # characters of one value of a frame
_MISSING = re.compile(
    r"[+-]?(nan(\(\w*\))?|1[.,]#(qnan|ind|snan|inf)\w*|null|none|inf(inity)?)", re.I
)
_FRAMES = re.compile(r"\s*frames?(\s+count)?\s*[:=]?\s*(?P<value>[^\s:]*)\s*$", re.I)
_FRAME_TIME = re.compile(r"\s*frame\s*time\s*[:=]?\s*(?P<value>[^\s:]*)\s*(s|sec|ms)?\s*$", re.I)


@dataclass
class Joint:
    """A joint or an end site of a hierarchy.

    Attributes:
        name: Name in the file, without control characters; that of the parent for an end site.
        parent: Index of the parent, -1 for a root.
        is_end: Whether it is an end site.
        offset: (3,) offset from the parent in the unit of the file.
        channels: Names of the channels in upper case, in the order of the file.
        first: Column of the first channel.
    """

    name: str
    parent: int
    is_end: bool = False
    offset: np.ndarray = field(default_factory=lambda: np.full(3, np.nan))
    channels: list[str] = field(default_factory=list)
    first: int = 0


@dataclass(frozen=True, eq=False)
class BvhFile:
    """Content of a BVH file.

    Attributes:
        joints: Joints and end sites in the order of the file, parents first.
        values: (T, C) float32 values of the channels; NaN where missing.
        frame_time: Value of the line "Frame Time:", NaN if there is none.
        remarks: What was repaired or left out.
    """

    joints: list[Joint]
    values: np.ndarray
    frame_time: float
    remarks: tuple[str, ...] = ()


def read_bvh_file(path: Path) -> BvhFile:
    """Read the text of a BVH file.

    Args:
        path: The file, in UTF-8, UTF-16 or Latin-1.

    Raises:
        RecordingError: It is not a BVH file, it is damaged, or it is too large.
    """
    check_size(path.stat().st_size, str(path))
    with open(path, encoding=_encoding(path), errors="replace", newline=None) as stream:
        lines = _Lines(stream, path)
        joints = _hierarchy(lines, path)
        width = 0
        for joint in joints:
            joint.first = width
            width += len(joint.channels)
        if not width:
            raise RecordingError(
                f"{path} has no CHANNELS in its hierarchy: export it with the motion"
            )
        return _motion(lines, joints, width, path)


def _encoding(path: Path) -> str:
    with open(path, "rb") as stream:
        begin = stream.read(1 << 16)
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"),
    ):  # fmt: skip
        if begin.startswith(mark):
            return encoding
    if begin[1:20:2].count(0) > 5:
        return "utf-16-le"
    if begin[0:20:2].count(0) > 5:
        return "utf-16-be"
    try:
        begin[: begin.rfind(b"\n") + 1].decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError:
        return "latin-1"


class _Lines:
    """Lines of a text with their numbers, read one by one, with a limit of their length."""

    def __init__(self, stream, path: Path):
        self.stream, self.path, self.number, self.longest = stream, path, 0, _LONGEST_LINE

    def __iter__(self) -> Iterator[str]:
        while line := self.stream.readline(self.longest + 1):
            self.number += 1
            if len(line) > self.longest:
                raise RecordingError(
                    f"{self.path} has more than {self.longest} characters in line {self.number}: "
                    "it is damaged, export it again"
                )
            if self.number > MOST_FRAMES + 100_000:
                raise RecordingError(
                    f"{self.path} has more than {MOST_FRAMES:,} lines: cut the recording"
                )
            line = line.replace("\0", "").strip()
            if line and not line.startswith(("#", "//")):
                yield line


def _hierarchy(lines: _Lines, path: Path) -> list[Joint]:
    """Joints in the order of the file; the lines are read up to MOTION."""
    first = next(iter(lines), "").lstrip("\ufeff")
    keyword, _, rest = first.partition(" ")
    if keyword.upper() != "HIERARCHY":
        raise RecordingError(
            f"{path} is not a BVH file, expected a first line HIERARCHY: export it as BVH"
        )
    joints: list[Joint] = []
    stack: list[int] = []
    opened = None  # joint whose brace is expected
    for line in itertools.chain([rest], lines):
        for part in filter(None, map(str.strip, re.split(r"([{}])", line))):
            if part.upper() == "MOTION":
                if stack or opened is not None or not joints:
                    raise _broken(path, lines.number, "MOTION before all braces are closed")
                _check_joints(joints, path)
                return joints
            opened = _statement(part, joints, stack, opened, path, lines.number)
    raise RecordingError(f"{path} has no MOTION section: it is truncated, export it again")


def _statement(text: str, joints, stack, opened, path: Path, number: int) -> int | None:
    """Apply one statement of the hierarchy; returns the joint whose brace is expected."""
    words = text.split()
    key = words[0].upper()
    if key in ("ROOT", "JOINT", "END"):
        if opened is not None or (key == "ROOT") == bool(stack):
            raise _broken(path, number, f"{printable(text)[:60]!r} where a joint cannot begin")
        if len(joints) >= MOST_JOINTS:
            raise RecordingError(
                f"{path} has more than {MOST_JOINTS} joints, expected one person: export the "
                "skeleton alone"
            )
        parent = stack[-1] if stack else -1
        name = " ".join(words[1:]) if key != "END" else joints[parent].name
        if any(ord(c) < 0x20 or ord(c) == 0x7F for c in name):
            raise RecordingError(
                f"{path} has control characters in the name of a joint in line {number} "
                f"({printable(name)[:60]!r}): rename the joint, or export it again"
            )
        name = "".join(c if c.isprintable() else " " for c in name).strip()[:80]
        joints.append(Joint(name, parent, key == "END"))
        return len(joints) - 1
    if key == "{" and opened is not None:
        stack.append(opened)
        return None
    if key == "}" and stack and opened is None:
        stack.pop()
    elif key == "OFFSET" and stack and opened is None and len(words) == 4:
        joints[stack[-1]].offset = np.array(_numbers(words[1:], path, number))
    elif key == "CHANNELS" and stack and opened is None and len(words) > 1:
        joints[stack[-1]].channels = _channels(words, path, number)
    else:
        raise _broken(path, number, repr(printable(text)[:60]))
    return opened


def _broken(path: Path, number: int, what: str) -> RecordingError:
    return RecordingError(
        f"{path} has a broken hierarchy in line {number} ({what}): export it again"
    )


def _channels(words: list[str], path: Path, number: int) -> list[str]:
    names = [word.upper() for word in words[2:]]
    if not words[1].isdecimal() or len(words[1]) > 3 or int(words[1]) != len(names):
        raise _broken(
            path, number, f"{printable(words[1])[:20]} channels stated, {len(names)} named"
        )
    unknown = [name for name in names if name not in POSITIONS and name not in ROTATIONS]
    if unknown:
        raise _broken(path, number, f"channel {printable(unknown[0])[:30]}")
    if len(set(names)) < len(names):
        raise _broken(path, number, "a channel is named twice")
    return names


def _check_joints(joints: list[Joint], path: Path) -> None:
    for joint in joints:
        if not (np.abs(joint.offset) < _LARGEST).all():  # also NaN and infinity
            raise RecordingError(
                f"{path} has a joint without OFFSET, {joint.name}: export it again"
            )


def _motion(lines: _Lines, joints: list[Joint], width: int, path: Path) -> BvhFile:
    lines.longest = _LONGEST_LINE + _VALUE_WIDTH * width
    rows = iter(lines)
    frames, row = _stated(rows, "Frames:", _FRAMES, path, lines)
    frame_time, row = _stated(rows, "Frame Time:", _FRAME_TIME, path, lines, row)
    if not 1 <= frames < math.inf:
        raise RecordingError(
            f"{path} states {frames:g} frames, expected a positive number: fix the line "
            "'Frames:', or export it again"
        )
    flat, lengths, numbers = array("f"), [], []
    while row is not None:
        values = _row(row, width, path, lines.number)
        flat.extend(values)
        lengths.append(len(values))
        numbers.append(lines.number)
        if len(lengths) > MOST_FRAMES or len(flat) > MOST_VALUES:
            raise RecordingError(
                f"{path} has more than {min(MOST_FRAMES, MOST_VALUES // width):,} frames: cut the "
                "recording"
            )
        row = next(rows, None)
    values, remarks = _table(flat, np.array(lengths), numbers, width, int(frames), path)
    return BvhFile(joints, values, frame_time, remarks)


def _stated(rows, name: str, pattern, path: Path, lines: _Lines, row: str | None = None):
    """Value of a line such as "Frames: 70", and the line after it."""
    row = next(rows, "") if row is None else row
    match = pattern.match(row)
    if not match:
        raise RecordingError(f"{path} lacks {name!r} after MOTION: it is damaged, export it again")
    value = _numbers([match["value"] or "nan"], path, lines.number)[0]
    return value, next(rows, None)


def _row(row: str, width: int, path: Path, number: int) -> list[float]:
    """Values of one frame; commas are read as decimal points or as separators."""
    words = row.split()
    if "," in row or ";" in row:
        split = re.split(r"[;,\s]+", row.strip(" ,;"))
        words = split if len(split) == width else re.split(r"[;\s]+", row.strip(" ;"))
    return _numbers(words, path, number)


def _numbers(words: list[str], path: Path, number: int) -> list[float]:
    try:
        return list(map(float, words))
    except ValueError:
        pass
    values = []
    for word in words:
        try:
            missing = _MISSING.fullmatch(word)
            values.append(math.nan if missing else float(word.replace(",", ".")))
        except ValueError as error:
            raise RecordingError(
                f"{path} has a value that is not a number in line {number} "
                f"({printable(word)[:40]!r}): export it again"
            ) from error
    return values


def _table(flat, lengths, numbers, width: int, frames: int, path: Path):
    """Values (T, C) of complete rows, and remarks about the number of frames."""
    remarks = []
    if not len(lengths):
        raise RecordingError(f"{path} is truncated: it has no frames: copy or export it again")
    wrong = np.flatnonzero(lengths != width)
    rows = len(lengths)
    if len(wrong) and len(flat) == frames * width:
        rows = frames
        remarks.append("frames of several lines each were joined")
    elif len(wrong) == 1 and wrong[0] == rows - 1 and lengths[-1] < width and rows > 1:
        rows -= 1
        remarks.append("the last frame is incomplete and left out")
    elif len(wrong):
        raise RecordingError(
            f"{path} has {lengths[wrong[0]]} values in line {numbers[wrong[0]]}, expected {width}, "
            "one for each channel: export it again"
        )
    values = np.frombuffer(flat, dtype=np.float32)[: rows * width].reshape(rows, width)
    values[~(np.abs(values) < _LARGEST)] = np.nan  # also NaN and infinity
    if rows != frames:
        remarks.append(f"the file states {frames} frames and has {rows}: read {rows}")
    return values, tuple(remarks)
