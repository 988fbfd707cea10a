"""TRC files of Motion Analysis and OpenSim: marker positions as a text table.

Layout: https://opensimconfluence.atlassian.net/wiki/spaces/OpenSim/pages/53089972
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from ..recording import JointMotion, MarkerRecording, ReadOptions, RecordingError
from .points import Points, points_to_recording

_RATE_TOLERANCE = 0.01  # relative, between the header and the time column
_HEADER_LINES = 5


def read_trc(path: Path, options: ReadOptions | None = None) -> MarkerRecording | JointMotion:
    """Read the markers of a TRC file; empty fields or three zeros are missing positions.

    Args:
        path: The file.
        options: Settings of the user.

    Raises:
        RecordingError: It is not a TRC file, is truncated, or its columns and labels do not agree.
    """
    options = options or ReadOptions()
    lines = path.read_bytes().decode("latin-1").splitlines()
    if len(lines) < _HEADER_LINES or not lines[0].lstrip().startswith("PathFileType"):
        raise RecordingError(
            f"{path} is not a TRC file, expected a first line 'PathFileType …': export it as TRC"
        )
    header = _header(lines, path)
    labels = _labels(lines[3], path)
    values = _table(lines[_HEADER_LINES:], len(labels), path)
    frames = int(_number(header, "NumFrames", path, default=len(values)))
    if len(values) < frames or not len(values):
        raise RecordingError(
            f"{path} is truncated: it has {len(values)} frames, its header states {frames}: copy "
            "or export it again"
        )
    rate_hz = options.rate_hz or _rate(header, values[:, 1], path)
    positions = values[:, 2:].reshape(len(values), len(labels), 3)
    positions[(positions == 0).all(axis=2) | ~np.isfinite(positions).all(axis=2)] = np.nan
    seen = np.isfinite(positions).all(axis=2).any(axis=0)
    if not seen.any():
        raise RecordingError(f"{path} has all markers missing in every frame: export it again")
    labels = tuple(labels[i] for i in np.flatnonzero(seen))
    points = Points(labels, positions[:, seen], rate_hz, str(path), unit=header.get("Units"))
    return points_to_recording(points, options)


def _header(lines: list[str], path: Path) -> dict[str, str]:
    names, values = lines[1].split(), lines[2].split()
    if "DataRate" not in names or len(values) < len(names):
        raise RecordingError(
            f"{path} has a damaged header in lines 2 and 3, expected DataRate, NumFrames, "
            "NumMarkers, Units and their values: export it again"
        )
    return dict(zip(names, values, strict=False))


def _number(header: dict[str, str], name: str, path: Path, default: float | None = None) -> float:
    try:
        value = float(header[name]) if name in header else default
    except ValueError:
        value = None
    if value is None or not np.isfinite(value):
        raise RecordingError(
            f"{path} states {name} as {header.get(name)!r}, expected a number: export it again"
        )
    return value


def _labels(line: str, path: Path) -> list[str]:
    """Labels in line 4, ``Frame# Time A . . B . .``, without a common prefix."""
    fields = line.rstrip("\r\n").split("\t") if "\t" in line else line.split()
    labels = [field.strip() for field in fields[2:] if field.strip()]
    if not labels or not fields[0].strip().lower().startswith("frame"):
        raise RecordingError(
            f"{path} has no markers in line 4, expected Frame#, Time and labels: export it again"
        )
    twice = sorted(label for label, count in Counter(labels).items() if count > 1)
    if twice:
        raise RecordingError(
            f"{path} has {', '.join(twice)} more than once, expected each label once: rename the "
            "duplicates"
        )
    return labels


def _table(lines: list[str], markers: int, path: Path) -> np.ndarray:
    """Numbers (T, 2 + 3 M): frame, time and positions; NaN for empty fields."""
    width = 2 + 3 * markers
    rows = []
    for number, line in enumerate(lines, start=_HEADER_LINES + 1):
        if not line.strip():
            continue
        fields = line.split("\t") if "\t" in line else line.split()
        while len(fields) > width and not fields[-1].strip():
            fields.pop()
        if len(fields) < width and "\t" in line and fields[0].strip():
            # some programs leave out missing markers at the end of a row
            has_whole_markers = (len(fields) - 2) % 3 == 0
            fields += [""] * (width - len(fields)) if has_whole_markers else []
        if len(fields) != width:
            raise RecordingError(
                f"{path} has {len(fields)} columns in line {number}, expected {width} for "
                f"{markers} markers: export it again"
            )
        try:
            rows.append([float(field) if field.strip() else np.nan for field in fields])
        except ValueError as error:
            raise RecordingError(
                f"{path} has a value that is not a number in line {number} ({error}): export it "
                "again"
            ) from error
    return np.array(rows, dtype=np.float64).reshape(-1, width)


def _rate(header: dict[str, str], times: np.ndarray, path: Path) -> float:
    rate_hz = _number(header, "DataRate", path)
    steps = np.diff(times)
    measured = 1 / np.median(steps) if len(steps) and np.median(steps) > 0 else rate_hz
    if not rate_hz > 0 or abs(measured - rate_hz) > _RATE_TOLERANCE * rate_hz:
        raise RecordingError(
            f"{path} states {rate_hz:g} Hz, its times give {measured:.4g} Hz: pass the right rate "
            "with --rate"
        )
    return rate_hz
