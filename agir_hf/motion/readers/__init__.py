"""One reader for each format: ``read_…(path, options)`` gives a recording of `..recording`."""

from __future__ import annotations

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
