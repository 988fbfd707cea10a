"""Writer of simulated recordings as C3D files.

ezc3d writes header, parameters and the first frame; the frames are written from an array. ezc3d
1.7.2 keeps 50 bytes of every point that it writes until the process ends, which would be gigabytes
for a large cohort. A test compares the files with those that ezc3d writes alone, byte by byte.
"""

from __future__ import annotations

import struct
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..motion import GaitEvent, MarkerRecording

SOFTWARE = "agir-hf"  # MANUFACTURER:SOFTWARE of our files, which identifies them
_KINDS = {"heel_strike": "HS", "toe_off": "TO"}
_BLOCK = 512  # bytes; unit of the positions in a C3D file
_MOST_FRAMES = 32_767  # of the 16-bit numbers of header and parameters
_LAST_FRAME = 8  # position of the number of the last frame in the header


def write_c3d(recording: MarkerRecording, path: str | Path) -> None:
    """Write a recording as C3D in the layout of the Shida data set.

    Missing points (NaN) become zeros with residual -1, as the format defines them. An existing file
    is replaced.

    Args:
        recording: Recording in metres, Y up.
        path: File to write, with the suffix .c3d.

    Raises:
        ValueError: The path does not end in .c3d, or the recording has more than 32,767 frames.
    """
    path, count = Path(path), len(recording.positions)
    if path.suffix != ".c3d":
        raise ValueError(f"path is {path}, expected a name that ends in .c3d")
    if count > _MOST_FRAMES:
        raise ValueError(f"{count} frames to write, expected at most {_MOST_FRAMES}: cut the walk")
    with tempfile.TemporaryDirectory() as folder:
        first = Path(folder) / "first.c3d"
        write_by_ezc3d(replace(recording, positions=recording.positions[:1]), first)
        content = bytearray(first.read_bytes())
    size = 4 * recording.positions.shape[1] * np.dtype("<f4").itemsize
    start = len(content) - _filled(size)
    frames = _frames(recording.positions).tobytes()
    frames += bytes(_filled(len(frames)) - len(frames))
    _set_number(content, _LAST_FRAME, count)
    _set_number(content, _value_of(content, b"POINT", b"FRAMES"), count)
    end = (start + len(frames)) // _BLOCK + 1  # block after the frames, counted from 1
    _set_number(content, _value_of(content, b"ROTATION", b"DATA_START"), end)
    path.write_bytes(bytes(content[:start]) + frames)


def _filled(size: int) -> int:
    """Size in bytes with the zeros after the frames, of which ezc3d writes at least one."""
    return size + _BLOCK - size % _BLOCK


def write_by_ezc3d(recording: MarkerRecording, path: Path) -> None:
    """Write a whole recording by ezc3d.

    Args:
        recording: Recording in metres, Y up.
        path: File to write.
    """
    import ezc3d

    file = ezc3d.c3d()
    file["parameters"]["POINT"]["RATE"]["value"] = [float(recording.rate_hz)]
    file["parameters"]["POINT"]["LABELS"]["value"] = list(recording.labels)
    file["parameters"]["POINT"]["UNITS"]["value"] = ["mm"]
    file.add_parameter("POINT", "X_SCREEN", ["+X"])
    file.add_parameter("POINT", "Y_SCREEN", ["+Y"])
    file.add_parameter("MANUFACTURER", "Software", [SOFTWARE])
    file.add_parameter("SUBJECTS", "USED", 1)
    file.add_parameter("SUBJECTS", "NAMES", [recording.source])
    _add_events(file, recording.events)
    points = 1000.0 * recording.positions.astype(np.float64).transpose(2, 1, 0)
    missing = np.isnan(points).any(axis=0, keepdims=True)
    file["data"]["points"] = np.where(missing, 0.0, points)
    file["data"]["meta_points"]["residuals"] = np.where(missing, -1.0, 0.0)
    file.write(str(path))


def _frames(positions: np.ndarray) -> np.ndarray:
    """Points (T, M, 4) float32 of a C3D file: x, y, z in millimetres, and the residual."""
    missing = np.isnan(positions).any(axis=2)
    frames = np.zeros((*positions.shape[:2], 4), dtype="<f4")
    frames[..., :3] = 1000.0 * positions.astype(np.float64)
    frames[missing] = (0.0, 0.0, 0.0, -1.0)
    return frames


def _value_of(content: bytearray, group: bytes, parameter: bytes) -> int:
    """Position of the 16-bit value of a parameter without dimensions or with one of length 1.

    A parameter is its name, the offset of the next one (2 bytes), the type 2, and the number of its
    dimensions with their lengths.
    """
    at = content.index(parameter, content.index(group)) + len(parameter) + 2
    kind, dimensions = content[at : at + 2]
    assert kind == 2 and content[at + 2 : at + 2 + dimensions] == bytes([1] * dimensions)
    return at + 2 + dimensions


def _set_number(content: bytearray, at: int, number: int) -> None:
    content[at : at + 2] = struct.pack("<H", number)


def _add_events(file, events: tuple[GaitEvent, ...]) -> None:
    order = sorted(events, key=lambda event: (event.side == "left", event.kind, event.time_s))
    file.add_parameter("EVENT", "USED", len(order))
    if not order:
        return
    names = [event.side[0].upper() + _KINDS[event.kind] for event in order]
    file.add_parameter("EVENT", "CONTEXTS", names)
    file.add_parameter("EVENT", "LABELS", [""] * len(order))
    file.add_parameter("EVENT", "DESCRIPTIONS", [""] * len(order))
    times = np.zeros((2, len(order)))
    times[1] = [event.time_s for event in order]
    file.add_parameter("EVENT", "TIMES", times)
