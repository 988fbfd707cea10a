"""Readers of recordings, one per file format: ``read_…(path, options)`` returns a recording."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np

from ..gate import check_recording
from ..recording import ReadOptions, Recording, RecordingError, add_remarks
from .containers import OpenedFile, opened
from .foreign_formats import advice_for, check_content
from .limits import check_limits, check_rate

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
PACKED_ENDINGS = (".gz", ".zip")  # of files that contain one of these
_SYSTEM_ERRORS = (FileNotFoundError, IsADirectoryError, PermissionError)
_MOST_REASON = 200  # characters of the message of a library


def is_recording(path: Path, endings: tuple[str, ...] = ENDINGS) -> bool:
    """Whether a file may be a recording of one of these formats, by its name alone.

    A packed file is one if its inner ending is, as in "walk.trc.gz" and "walk.c3d.zip"; every other
    .zip may contain a recording.

    Args:
        path: The file.
        endings: Endings of formats in lower case. By default those of all formats.
    """
    return ending_of(path) in (*endings, ".zip")


def ending_of(path: Path) -> str:
    """Ending of a file's format in lower case, without that of a packed file where there are two.

    Args:
        path: The file, such as "walk.trc.gz" with the ending ".trc".
    """
    packed = path.suffix.lower()
    inner = Path(path.stem).suffix.lower()
    return inner if packed in PACKED_ENDINGS and inner in ENDINGS else packed


def reader_of(path: Path, format: str | None = None) -> Callable[[Path, ReadOptions], Recording]:
    """Reader of a file, by its suffix or by a format.

    Args:
        path: The file.
        format: Ending of a format, used instead of the file's own.

    Raises:
        RecordingError: No reader has this suffix. The message says how to convert the file.
    """
    reader = _READERS.get(format or path.suffix.lower())
    if reader is None:
        raise advice_for(path, ENDINGS)
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
    format: str | None = None,
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
    are read without running code. What was repaired or left out is in `remarks` of the result.

    Files that are packed as `.gz`, and a `.zip` with one recording, are read as what they contain.

    Args:
        path (`str` or `os.PathLike`):
            File to read, or `"-"` for standard input, with the argument `format`.
        unit (`str`, *optional*):
            Unit of the file: `"mm"`, `"cm"`, `"m"`, `"inch"`, `"ft"`, or the metres of one unit,
            such as `"0.0254"`. Default: as stated by the file, or detected.
        up (`str`, *optional*):
            Vertical axis of the file, `"X"`, `"Y"` or `"Z"`, with or without a sign. By default
            detected.
        rate_hz (`float`, *optional*):
            Frames per second, for files that do not state it or state it wrongly.
        mapping (`dict[str, str]`, *optional*):
            Names in the file → anatomical sites such as `"left_heel"` or labels of any marker set
            (C3D, TRC; an empty text leaves a marker out), or joints of HumanML3D (BVH).
        item (`str`, *optional*):
            Walk to read from a file with several walks, as `"subject/walk"`; subject of a file
            with several subjects; or file of a `.zip` with several recordings.
        format (`str`, *optional*):
            Format of the file, such as `"trc"`. By default its suffix.
        isolated (`bool`, *optional*):
            Whether the file is read in a process of its own, with limits of time and memory. By
            default C3D files are, and other files are not.

    Returns:
        [`MarkerRecording`], [`BodyMotion`] or [`JointMotion`]: Positions in metres, Y up, at the
        frame rate of the file.

    Raises:
        FileNotFoundError: There is no such file.
        IsADirectoryError: The path is a folder.
        PermissionError: The file may not be opened.
        RecordingError: The file is damaged, its format is not supported, or it contains no
            markers, body or joints. The message has one line, with the name of the file.

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
    options = ReadOptions(unit, up, rate_hz, mapping, item, _format(format))
    if rate_hz is not None:
        check_rate(rate_hz, "the option --rate")
    with opened(path, options, ENDINGS) as file:
        if isolated is None:
            isolated = _ending(file) == ".c3d"
        try:
            if not isolated:
                return _read(file)
            from .reading_process import read_in_process

            with _errors_named(file):
                return _named(read_in_process(file.path, file.options), file)
        except MemoryError as error:
            raise RecordingError(
                f"{file.shown} needs more memory than there is: cut it, or export it again"
            ) from error
        except RecursionError as error:
            raise RecordingError(
                f"{file.shown} is nested too deeply to be a recording: export it again"
            ) from error


def read_file(path: Path, options: ReadOptions) -> Recording:
    """Read a recording in this process, and check it.

    Args:
        path: The file.
        options: Settings of the user.

    Raises:
        OSError: The file does not exist or cannot be opened.
        RecordingError: The file cannot be read, or its content is not a recording of a person.
        MemoryError: There is not enough memory.
    """
    with opened(path, options, ENDINGS) as file:
        return _read(file)


def _format(name: str | None) -> str | None:
    """Ending of a format with its dot, from any spelling."""
    if name is None:
        return None
    ending = "." + name.strip().lower().removeprefix(".").removesuffix(".gz")
    if ending not in _READERS:
        raise RecordingError(
            f"format is {name!r}, expected one of {', '.join(e[1:] for e in ENDINGS)}: pass one of "
            "these with --format"
        )
    return ending


def _ending(file: OpenedFile) -> str:
    return file.options.format or file.path.suffix.lower()


def _read(file: OpenedFile) -> Recording:
    with _errors_named(file), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        reader = reader_of(file.path, file.options.format)
        check_content(file.path, _ending(file), ENDINGS)
        recording = reader(file.path, file.options)
        check_limits(recording, str(file.path))
        recording = check_recording(recording)
        if recording.conventions:
            recording = add_remarks(recording, *recording.conventions.remarks)
        return _named(recording, file)


def _named(recording: Recording, file: OpenedFile) -> Recording:
    """The recording with the user's name of the file instead of that of a temporary file."""
    if str(file.path) == file.shown:
        return recording
    return replace(recording, source=recording.source.replace(str(file.path), file.shown))


@contextmanager
def _errors_named(file: OpenedFile) -> Iterator[None]:
    """Turn every error of a reader into a `RecordingError` of one line with the file's name.

    Too little memory and nesting that is too deep are left to the caller.
    """
    try:
        yield
    except (*_SYSTEM_ERRORS, MemoryError, RecursionError):
        raise
    except RecordingError as error:
        text = " ".join(str(error).split()).replace(str(file.path), file.shown)
        if file.shown not in text and file.path.name not in text:
            text = f"{file.shown}: {text}"
        if text == str(error):
            raise
        raise type(error)(text) from error
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:_MOST_REASON]
        raise RecordingError(
            f"{file.shown} cannot be read as {_ending(file)} ({reason}): it is damaged or unusual; "
            "export it again"
        ) from error
