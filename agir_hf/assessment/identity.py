"""Which recording of whom was assessed, when, and by which model and software.

A page, a report and a JSON answer carry the same identity, so that none of them can be filed under
another person.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from ..utils.formatting import printable
from ..version import __version__

if TYPE_CHECKING:
    from ..modeling_agir import AgirForGaitAssessment

NO_DATE = "the file does not state when it was recorded"
SHORT_HASH = 12  # characters of a SHA-256 that are shown
_DATE_NAMES = ("DATE", "DATE_TIME", "DATETIME", "RECORDED", "CAPTURE_DATE", "CREATION_DATE")
_LONGEST_TEXT = 60  # characters of an identifier or a date
HEIGHTS_M = (1.2, 2.3)  # of adults; other values are an error of the unit
_FROM_CM = 3.0  # a larger height is in centimetres
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Subject:
    """Person who walks, as far as the user states it.

    Attributes:
        id (`str`, *optional*):
            Identifier of the person or the session, such as a study number. Printable characters.
        age (`float`, *optional*):
            Age in years, for the norms.
        sex (`str`, *optional*):
            "male" or "female", for the norms.
        height_m (`float`, *optional*):
            Height of the body in metres; a value above 3 is read as centimetres. It is compared
            with the length of the legs, so that a wrong unit or a wrong person is noticed.

    Raises:
        ValueError: A value is out of range.

    Example:
        ```python
        >>> from agir_hf.assessment import Subject
        >>> Subject("P07", age=71, height_m=168).height_m
        1.68

        ```
    """

    id: str | None = None
    age: float | None = None
    sex: str | None = None
    height_m: float | None = None

    def __post_init__(self):
        if (self.age, self.sex) != (None, None):  # the import takes a second
            from ..gait.norms import check_person

            check_person(self.age, self.sex)
        identifier = printable((self.id or "").strip())
        if len(identifier) > _LONGEST_TEXT:
            raise ValueError(
                f"id has {len(identifier)} characters, expected at most {_LONGEST_TEXT}"
            )
        object.__setattr__(self, "id", identifier or None)
        height = self.height_m
        if height is None:
            return
        height = height / 100 if height > _FROM_CM else height
        if not HEIGHTS_M[0] <= height <= HEIGHTS_M[1]:
            raise ValueError(
                f"height is {self.height_m:g}, expected {HEIGHTS_M[0]:g} to {HEIGHTS_M[1]:g} "
                "metres, or the same in centimetres"
            )
        object.__setattr__(self, "height_m", round(height, 4))

    def person(self) -> dict:
        """Return age, sex and height as values for JSON."""
        return {"age": self.age, "sex": self.sex, "height_m": self.height_m}


@dataclass(frozen=True)
class RecordingIdentity:
    """File of a recording, from [`identify`].

    Attributes:
        file (`str`):
            Name of the file without its folder.
        sha256 (`str`, *optional*):
            SHA-256 of the content of the file, 64 hexadecimal digits; None without a file.
        recorded (`str`, *optional*):
            When it was recorded, as the file states it; None if it does not.
        simulated (`bool`, defaults to `False`):
            Whether the file states that its subject is simulated.

    Example:
        ```python
        >>> from agir_hf.assessment import RecordingIdentity
        >>> RecordingIdentity("walk.c3d").sha256 is None
        True

        ```
    """

    file: str
    sha256: str | None = None
    recorded: str | None = None
    simulated: bool = False


@dataclass(frozen=True)
class Identity:
    """Recording, person, date, model and software of an assessment.

    Attributes:
        id (`str` or `None`):
            Identifier of the person or the session.
        file (`str`):
            Name of the file of the recording.
        sha256 (`str` or `None`):
            SHA-256 of the file.
        recorded (`str` or `None`):
            When it was recorded, as the file states it.
        assessed (`str`):
            Date of the assessment, YYYY-MM-DD.
        model (`str`, *optional*):
            Name of the model; empty if gait is only measured.
        model_revision (`str`, *optional*):
            Commit on the Hub, or the first 12 digits of the SHA-256 of the weights.
        trained_on (`str`, *optional*):
            What the model was trained on; empty if gait is only measured.
        software (`str`, *optional*):
            Name and version of this package.
        simulated (`bool`, defaults to `False`):
            Whether the file states that its subject is simulated.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.assessment import prepare_recording
        >>> identity = prepare_recording(agir_hf.SAMPLE_RECORDING).identity
        >>> identity.file, identity.sha256[:8]
        ('sample_walk.c3d', '205ecacc')

        ```
    """

    id: str | None
    file: str
    sha256: str | None
    recorded: str | None
    assessed: str
    model: str = ""
    model_revision: str | None = None
    trained_on: str = ""
    software: str = f"agir_hf {__version__}"
    simulated: bool = False

    def as_json(self) -> dict:
        """Return all fields as values for JSON."""
        return asdict(self)


def identify(path: str | os.PathLike, name: str = "") -> RecordingIdentity:
    """Return the identity of a file: its name, its hash, and the date that it states.

    Args:
        path (`str` or `os.PathLike`):
            The file.
        name (`str`, *optional*):
            Name under which it is shown, such as that of an upload. Default: the file's own.

    Returns:
        [`RecordingIdentity`]: The identity; without a hash if there is no such file.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.assessment import identify
        >>> identify(agir_hf.SAMPLE_RECORDING, name="upload.c3d").file
        'upload.c3d'

        ```
    """
    path = Path(path)
    file = printable(Path(name or path.name).name)
    if not path.is_file():  # standard input, a folder
        return RecordingIdentity(file)
    digest = hashlib.sha256()
    with path.open("rb") as content:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
    groups = _c3d_groups(path)
    return RecordingIdentity(file, digest.hexdigest(), _stated_date(groups), _is_simulated(groups))


def _c3d_groups(path: Path) -> dict:
    """Groups of parameters of a C3D file; empty for other files and for those that are damaged."""
    if path.suffix.lower() != ".c3d":
        return {}
    from ..motion.readers.c3d_file import open_c3d
    from ..motion.recording import RecordingError

    try:
        return open_c3d(path).groups
    except (RecordingError, OSError, ValueError):
        return {}


def _stated_date(groups: dict) -> str | None:
    """Date in the parameters of a C3D file, as it is written there."""
    if not groups:
        return None
    from ..motion.readers.c3d_file import first_value

    for group in groups.values():
        for key in _DATE_NAMES:
            text = printable(str(first_value(group, key, "") or "").strip())
            if re.search(r"\d", text) and len(text) <= _LONGEST_TEXT:
                return text
    return None


def _is_simulated(groups: dict) -> bool:
    """Whether the name of the subject in a C3D file says that it is simulated."""
    if "SUBJECTS" not in groups:
        return False
    from ..motion.readers.c3d_file import first_value

    return "simulated" in str(first_value(groups["SUBJECTS"], "NAMES", "")).lower()


def identity_of(
    recording: RecordingIdentity, subject: Subject, model: AgirForGaitAssessment | None = None
) -> Identity:
    """Return the identity of an assessment, with today's date.

    Args:
        recording: The file of the recording.
        subject: The person.
        model: The model, or None if gait is only measured.
    """
    from .models import model_provenance

    stated = {"name": "", "trained_on": ""} if model is None else model_provenance(model)
    return Identity(
        subject.id,
        recording.file,
        recording.sha256,
        recording.recorded,
        datetime.now().astimezone().date().isoformat(),
        stated["name"],
        None if model is None else model_revision(model),
        stated["trained_on"] or ("" if model is None else "data not stated"),
        simulated=recording.simulated,
    )


def model_revision(model: AgirForGaitAssessment) -> str | None:
    """Return the commit of a model from the Hub, or the start of the SHA-256 of its weights.

    Args:
        model: A model from `load_model`.

    Returns:
        12 hexadecimal digits; None for a model without files.
    """
    commit = getattr(model.config, "_commit_hash", None)
    if commit:
        return commit[:SHORT_HASH]
    folder = Path(model.name_or_path or "")
    files = sorted(folder.glob("*.safetensors")) if model.name_or_path else []
    return _hash_of(tuple((str(file), file.stat().st_mtime_ns) for file in files)) or None


@lru_cache(maxsize=8)
def _hash_of(files: tuple[tuple[str, int], ...]) -> str:
    digest = hashlib.sha256()
    for file, _ in files:
        with open(file, "rb") as content:
            while chunk := content.read(_CHUNK):
                digest.update(chunk)
    return digest.hexdigest()[:SHORT_HASH] if files else ""


def file_stem(identity: Identity | dict) -> str:
    """Return a name for the files of an assessment, without an ending.

    It has identifier, recording, date and the first eight digits of the recording's hash, so that
    files of two people or of two recordings have different names.

    Args:
        identity: The identity, or its values from JSON.

    Returns:
        Letters, digits, dots, hyphens and underscores only.

    Example:
        ```python
        >>> from agir_hf.assessment.identity import file_stem
        >>> values = {"id": "P 07", "file": "walk.c3d", "assessed": "2026-11-28"}
        >>> file_stem(values | {"sha256": "ab" * 32})
        'P-07_walk_2026-11-28_abababab'

        ```
    """
    values = identity if isinstance(identity, dict) else identity.as_json()
    stem = Path(values["file"]).name.partition(".")[0]
    parts = (values["id"], stem[:_LONGEST_TEXT], values["assessed"], (values["sha256"] or "")[:8])
    safe = (re.sub(r"[^A-Za-z0-9.-]+", "-", part).strip("-.") for part in parts if part)
    return "_".join(part for part in safe if part)
