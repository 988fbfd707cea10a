"""Readers of recordings, one per file format: ``read_…(path, options)`` returns a recording."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from ..gate import check_recording
from ..recording import ReadOptions, Recording, RecordingError, add_remarks

# suffix → module and function; the modules are imported on first use
_READERS = {
    ".c3d": ("c3d", "read_c3d"),
    ".trc": ("trc", "read_trc"),
    ".bvh": ("bvh", "read_bvh"),
    ".npz": ("amass", "read_npz"),
    ".npy": ("joints", "read_npy"),
    ".pkl": ("care_pd", "read_care_pd"),
}
ENDINGS = tuple(_READERS)


def reader_of(path: Path) -> Callable[[Path, ReadOptions], Recording]:
    """Reader of a file, by its suffix.

    Raises:
        RecordingError: No reader has this suffix.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise RecordingError(
            f"{path} ends in {path.suffix!r}, expected one of {', '.join(ENDINGS)}: export it as "
            "one of these"
        )
    module, name = reader
    return getattr(import_module(f"{__name__}.{module}"), name)


def read_recording(
    path: str | os.PathLike,
    *,
    unit: str | None = None,
    up: str | None = None,
    rate_hz: float | None = None,
    mapping: dict[str, str] | None = None,
    item: str | None = None,
    isolated: bool | None = None,
) -> Recording:
    """Read a recording of any supported format, by the suffix of the file.

    | suffix | format | result |
    |---|---|---|
    | .c3d | C3D | [`MarkerRecording`] |
    | .trc | OpenSim, Motion Analysis | [`MarkerRecording`] |
    | .bvh | any hierarchy with common or mapped joint names | [`JointMotion`] |
    | .npz | AMASS (poses, betas, trans, mocap_framerate) | [`BodyMotion`] |
    | .npz | joints (T, 22, 3) and rate_hz | [`JointMotion`] |
    | .npy | joints (T, 22, 3), with the argument `rate_hz` | [`JointMotion`] |
    | .pkl | CARE-PD | [`BodyMotion`] |

    Positions are converted to metres with Y up. Unit and vertical axis are read from the file or
    detected from the body, and can be set by arguments. `conventions` of the result states them.
    Missing points are NaN. Computed points (virtual markers, angles, forces) are left out. Pickles
    are read without running code.

    Args:
        path (`str` or `os.PathLike`):
            File to read.
        unit (`str`, *optional*):
            Unit of the file: `"mm"`, `"cm"`, `"m"`, `"inch"`, `"ft"`, or the metres of one unit,
            such as `"0.0254"`. Default: as stated by the file, or detected.
        up (`str`, *optional*):
            Vertical axis of the file, `"X"`, `"Y"` or `"Z"`, with or without a sign. By default
            detected.
        rate_hz (`float`, *optional*):
            Frames per second, for files that do not state it.
        mapping (`dict[str, str]`, *optional*):
            Names in the file → labels of a marker set (C3D, TRC) or joints of HumanML3D (BVH).
        item (`str`, *optional*):
            Walk to read from a file with several walks, as `"subject/walk"`.
        isolated (`bool`, *optional*):
            Whether the file is read in a process of its own, with limits of time and memory. By
            default C3D files are, and other files are not.

    Returns:
        [`MarkerRecording`], [`BodyMotion`] or [`JointMotion`]: Positions in metres, Y up, at the
        frame rate of the file.

    Raises:
        FileNotFoundError: There is no such file.
        IsADirectoryError: The path is a folder.
        RecordingError: The file is damaged, its format is not supported, or it contains no
            markers, body or joints.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.motion import read_recording
        >>> recording = read_recording(agir_hf.SAMPLE_RECORDING)
        >>> recording.positions.shape, recording.rate_hz
        ((900, 44, 3), 150.0)
        >>> len(recording.events)
        23

        ```
    """
    options = ReadOptions(unit, up, rate_hz, mapping, item)
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a directory, expected a recording: pass a file in it")
    if not path.exists():
        raise FileNotFoundError(f"no such file: {path}")
    if isolated or (isolated is None and path.suffix.lower() == ".c3d"):
        from .reading_process import read_in_process

        return read_in_process(path, options)
    return read_file(path, options)


def read_file(path: Path, options: ReadOptions) -> Recording:
    """Read a recording in this process, and check it.

    Args:
        path: An existing file.
        options: Settings of the user.

    Raises:
        RecordingError: The file cannot be read, or its content is not a recording of a person.
    """
    recording = check_recording(reader_of(path)(path, options))
    conventions = recording.conventions
    return add_remarks(recording, *conventions.remarks) if conventions else recording
