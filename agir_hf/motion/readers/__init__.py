"""One reader for each format: ``read_…(path, options)`` gives a recording of `..recording`."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from ..recording import ReadOptions, Recording, RecordingError

# ending → module and function; each module is imported when a file of its kind is read
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
    """The reader of a file, by its ending.

    Raises:
        RecordingError: for an ending that no reader knows.
    """
    known = _READERS.get(path.suffix.lower())
    if known is None:
        raise RecordingError(
            f"{path} ends in {path.suffix!r}, expected one of {', '.join(ENDINGS)}: export it as "
            "one of these"
        )
    module, name = known
    return getattr(import_module(f"{__name__}.{module}"), name)


def read_recording(
    path: str | os.PathLike,
    *,
    unit: str | None = None,
    up: str | None = None,
    rate_hz: float | None = None,
    mapping: dict[str, str] | None = None,
    item: str | None = None,
) -> Recording:
    """Read a recording of any known format, told by the file's ending.

    | ending | format | gives |
    |---|---|---|
    | .c3d | C3D | `MarkerRecording` |
    | .trc | OpenSim, Motion Analysis | `MarkerRecording` |
    | .bvh | any hierarchy whose joints are known or mapped | `JointMotion` |
    | .npz | AMASS (poses, betas, trans, mocap_framerate) | `BodyMotion` |
    | .npz | joints (T, 22, 3) and rate_hz | `JointMotion` |
    | .npy | joints (T, 22, 3), with ``rate_hz`` given | `JointMotion` |
    | .pkl | CARE-PD | `BodyMotion` |

    Units become metres and the vertical axis Y; they are detected, told in ``conventions``, and can
    be forced. Points that were not seen are NaN; computed points (virtual markers, angles, forces)
    are left out.

    Args:
        path: the file.
        unit: "mm", "cm" or "m".
        up: the file's vertical axis: "X", "Y" or "Z", with a sign or without.
        rate_hz: frames per second, where the file does not state it.
        mapping: names in the file → names of sites (markers) or of joints (BVH).
        item: the walk, where a file holds several: "subject/walk".

    Raises:
        FileNotFoundError, IsADirectoryError: if there is no such file, or it is a folder.
        RecordingError: if the file is damaged, of an unknown format, or holds nobody.
    """
    options = ReadOptions(unit, up, rate_hz, mapping, item)
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a directory, expected a recording: name one in it")
    if not path.exists():
        raise FileNotFoundError(f"no such file: {path}")
    return reader_of(path)(path, options)
