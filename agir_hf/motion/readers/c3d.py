"""C3D files, read with ezc3d.

Format: https://www.c3d.org/docs/C3D_User_Guide.pdf. The header states position and length of the
data. Both are checked against the size of the file first, because ezc3d does not detect truncated
files.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from pathlib import Path

import ezc3d
import numpy as np

from ..recording import JointMotion, MarkerRecording, ReadOptions, RecordingError
from .c3d_events import events_of
from .points import Points, points_to_recording

_BLOCK = 512  # bytes; unit of the offsets in a C3D file
_KEY = 0x50  # second byte of every C3D file
_INTEL = 84  # code of little-endian numbers in the parameter section
_FRAME_LIMIT = 65_535  # largest number of frames that fits into the header
_COMPUTED_GROUPS = ("ANGLES", "FORCES", "MOMENTS", "POWERS", "SCALARS", "MODELED_MARKERS")
# Points that Plug-in Gait computes: segments as four points (origin, three axes), centre of mass.
_COMPUTED_LABELS = re.compile(
    r"V_.*|CENTREOFMASS.*|(HED|PEL|TRX|[LR](CL|FE|FO|HN|HU|RA|TI|TO))[OALP]", re.IGNORECASE
)


@dataclass(frozen=True)
class _Header:
    points: int
    first_frame: int  # counted from 0
    data_end: int  # position in bytes; 0 if the header does not state it


def read_c3d(path: Path, options: ReadOptions | None = None) -> MarkerRecording | JointMotion:
    """Read the markers and gait events of a C3D file.

    Args:
        path: The file.
        options: Settings of the user.

    Raises:
        RecordingError: The file is damaged, or has no markers.
    """
    header = _check_file(path)
    try:
        content = ezc3d.c3d(str(path))
    except (RuntimeError, ValueError, OSError, IndexError, MemoryError) as error:
        raise RecordingError(f"{path} cannot be read as C3D ({error}): export it again") from error
    parameters = content["parameters"]
    point = parameters.get("POINT", {})
    points = content["data"]["points"]  # (4, M, T)
    rate_hz = float(_first(point, "RATE", 0.0))
    if points.shape[1] == 0 or points.shape[2] == 0:
        raise RecordingError(f"{path} holds no points: export the marker trajectories")
    if not rate_hz > 0:
        raise RecordingError(
            f"{path} states a rate of {rate_hz} Hz, expected a positive number: set POINT:RATE"
        )

    positions = _positions(content)
    labels, positions = _markers(_labels(point, points.shape[1]), positions, point, path)
    events, remarks = events_of(content, header.first_frame / rate_hz)
    return points_to_recording(
        Points(
            labels,
            positions,
            rate_hz,
            str(path),
            unit=str(_first(point, "UNITS", "")) or None,
            up=str(_first(point, "Y_SCREEN", "")) or None,
            events=events,
            remarks=remarks,
        ),
        options or ReadOptions(),
    )


def _check_file(path: Path) -> _Header:
    """Check from the header that the file is a complete C3D file."""
    size = path.stat().st_size
    if size == 0:
        raise RecordingError(f"{path} is empty, expected a C3D file: copy or export it again")
    with path.open("rb") as file:
        head = file.read(_BLOCK)
        if len(head) < 2 or head[1] != _KEY or head[0] == 0:
            raise RecordingError(f"{path} is not a C3D file: export the recording as C3D")
        if len(head) < _BLOCK:
            raise _truncated(path, size, _BLOCK)
        parameters = (head[0] - 1) * _BLOCK
        file.seek(parameters)
        section = file.read(4)
    if len(section) < 4:
        raise _truncated(path, size, parameters + _BLOCK)
    if section[3] != _INTEL:  # DEC and MIPS files have other number formats
        return _Header(0, 0, 0)
    points, analogs, first, last = struct.unpack_from("<4H", head, 2)
    (scale,) = struct.unpack_from("<f", head, 12)
    (data_block,) = struct.unpack_from("<H", head, 16)
    end = max(data_block - 1, head[0] - 1 + section[2]) * _BLOCK
    if last < _FRAME_LIMIT:
        width = 4 if scale < 0 else 2
        end += (last - first + 1) * (4 * points + analogs) * width
    if size < end:
        raise _truncated(path, size, end)
    return _Header(points, max(first - 1, 0), end)


def _truncated(path: Path, size: int, expected: int) -> RecordingError:
    return RecordingError(
        f"{path} is truncated: it has {size} bytes, its header states {expected}: copy or export "
        "it again"
    )


def _first(group: dict, name: str, default):
    """First value of a parameter, or the default if it is absent or empty."""
    values = group[name]["value"] if name in group else []
    return values[0] if len(values) else default


def _positions(content) -> np.ndarray:
    """Positions (T, M, 3) in the unit of the file, NaN where a point was not seen."""
    points = content["data"]["points"][:3]
    residuals = content["data"]["meta_points"].get("residuals")
    missing = ~np.isfinite(points).all(axis=0) | (points == 0).all(axis=0)
    if residuals is not None and residuals.shape[1:] == missing.shape:
        missing |= residuals[0] < 0
    positions = points.copy()
    positions[:, missing] = np.nan
    return np.ascontiguousarray(positions.transpose(2, 1, 0))


def _labels(point: dict, count: int) -> list[str]:
    """All labels, including those after the 255th, which are in LABELS2 and so on."""
    names = sorted(
        (name for name in point if re.fullmatch(r"LABELS\d*", name)),
        key=lambda name: int(name[len("LABELS") :] or 1),
    )
    labels = [label.strip() for name in names for label in point[name]["value"]][:count]
    labels += [f"unlabelled_{i + 1}" for i in range(len(labels), count)]
    return labels


def _markers(
    labels: list[str], positions: np.ndarray, point: dict, path: Path
) -> tuple[tuple[str, ...], np.ndarray]:
    """Labels and positions of the physical markers that are not always missing.

    Repeated labels get a suffix with a number.
    """
    computed = {
        label.rpartition(":")[2]
        for group in _COMPUTED_GROUPS
        if group in point
        for label in point[group]["value"]
    }
    seen = np.isfinite(positions).all(axis=2).any(axis=0)
    if not seen.any():
        raise RecordingError(
            f"{path} has {len(labels)} points and all are missing in every frame: export the "
            "labelled trajectories"
        )
    kept, names = [], []
    for i, label in enumerate(labels):
        if not seen[i] or label in computed or _COMPUTED_LABELS.fullmatch(label):
            continue
        copies = sum(name == label or name.startswith(f"{label}_copy") for name in names)
        names.append(f"{label}_copy{copies}" if copies else label)
        kept.append(i)
    if not kept:
        raise RecordingError(
            f"{path} has computed points only, no markers: export the marker trajectories"
        )
    return tuple(names), positions[:, kept]
