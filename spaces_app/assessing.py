"""Assess an uploaded file or an example, and keep the result of a session until it is replaced.

A recording is read in another process while others are assessed; only the prediction of the model
is made for one request at a time.
"""

from __future__ import annotations

import logging
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from message_words import page_words
from uploads import read_upload

from agir_hf.assessment import Subject, identify
from agir_hf.assessment.identity import RecordingIdentity, file_stem
from agir_hf.utils.devices import DeviceMemoryError
from agir_hf.utils.formatting import printable

if TYPE_CHECKING:
    from state import AppState

    from agir_hf.assessment import AssessedWalk
    from agir_hf.gait.report import ReportInput
    from agir_hf.motion.recording import Recording

CHECKING = "checking the file"
UPLOADED = "uploaded recording"  # where the name of the file is not stated
SIMULATED = "This walk is simulated: it is not a recording of a person."
MAX_KEPT = 64  # results in memory, the newest of as many sessions
_LONGEST_NAME = 100
_log = logging.getLogger(__name__)


class AssessmentRefused(ValueError):
    """A recording that cannot be assessed; the message for the user is one line."""


@dataclass(frozen=True, eq=False)
class Shown:
    """The assessment that a session shows.

    Attributes:
        walk: The assessed walk.
        title: Heading of the page and the report.
        simulated: Sentence that says that the walk is simulated; empty for an upload.
        settings: Settings of the user that were used instead of what the file states.
    """

    walk: AssessedWalk
    title: str
    simulated: str = ""
    settings: tuple[str, ...] = ()

    def report(self) -> ReportInput:
        """Return what page and report show."""
        return replace(self.walk.report_input(self.title), simulated=self.simulated)

    @property
    def stem(self) -> str:
        """Name of its files without an ending, from the identity."""
        return file_stem(self.walk.identity)

    def save(self, folder: Path) -> None:
        """Keep it in memory for a session, instead of an earlier one.

        Args:
            folder: Folder of the session; without the folder there is no result any more.
        """
        with _kept_lock:
            _kept[folder] = self
            _kept.move_to_end(folder)
            for other in [other for other in _kept if not other.is_dir()]:
                del _kept[other]
            while len(_kept) > MAX_KEPT:
                _kept.popitem(last=False)

    @staticmethod
    def load(folder: Path) -> Shown | None:
        """Return what `save` kept, or None.

        Args:
            folder: Folder of the session.
        """
        with _kept_lock:
            return _kept.get(folder) if folder.is_dir() else None

    @staticmethod
    def forget(folder: Path) -> None:
        """Remove what `save` kept.

        Args:
            folder: Folder of the session.
        """
        with _kept_lock:
            _kept.pop(folder, None)


_kept: OrderedDict[Path, Shown] = OrderedDict()  # folder of a session → its result
_kept_lock = threading.Lock()


def assess_file(
    state: AppState,
    path: str | None,
    flags: dict,
    on_step: Callable[[str], None] = lambda step: None,
    person: dict | None = None,
) -> AssessedWalk:
    """Assess an uploaded file. The copy of the file is removed before this function returns.

    Args:
        state: `AppState` of the app.
        path: The upload, under its own name; None if there is none.
        flags: Keywords of `read_recording`; None for what the file states.
        on_step: Function that is called with the name of each step.
        person: Result of `norm_inputs.subject` or `norm_inputs.person`; None for the default norms.

    Returns:
        The assessed walk; its identity has the name, the hash and the date of the upload.

    Raises:
        AssessmentRefused: It cannot be assessed.
    """
    if path is None:
        raise AssessmentRefused("no recording was chosen: upload a recording, or choose an example")
    state.root.mkdir(exist_ok=True)
    on_step(CHECKING)
    name = upload_name(path)
    with tempfile.TemporaryDirectory(dir=state.root) as folder:
        try:
            recording = _with_settings(read_upload(path, Path(folder), **flags), flags)
            return assess(state, recording, name, _identify(path, name), on_step, person)
        except DeviceMemoryError:
            raise
        except (ValueError, OSError) as error:
            is_known = isinstance(error, ValueError | FileNotFoundError)
            raise AssessmentRefused(
                str(error) if is_known else "the file could not be read"
            ) from None


def assess_example(
    state: AppState,
    path: Path,
    on_step: Callable[[str], None] = lambda step: None,
    person: dict | None = None,
) -> AssessedWalk:
    """Assess a file of the app.

    Args:
        state: `AppState` of the app.
        path: The file.
        on_step: Function that is called with the name of each step.
        person: Result of `norm_inputs.person`; None for the default norms.

    Returns:
        The assessed walk.
    """
    return assess(state, path, path.name, identify(path), on_step, person)


def assess(
    state: AppState,
    recording: Recording | Path,
    name: str,
    file: RecordingIdentity,
    on_step: Callable[[str], None],
    person: dict | None = None,
) -> AssessedWalk:
    """Assess a recording; the lock of the model is held for the prediction alone.

    Args:
        state: `AppState` of the app.
        recording: A recording, or the path of one that can be trusted.
        name: Name under which it is shown.
        file: Name, hash and date of its file.
        on_step: Function that is called with the name of each step.
        person: Keywords subject_id, age, sex, height_m and norms.

    Returns:
        The assessed walk, as `agir_hf.assessment.assess_recording` returns it.

    Raises:
        ValueError: It cannot be assessed.
    """
    from agir_hf.assessment import prepare_recording
    from agir_hf.assessment.assessment import STEPS, check_prediction
    from agir_hf.assessment.prediction import predict

    person = person or {}
    subject = Subject(*(person.get(key) for key in ("subject_id", "age", "sex", "height_m")))
    on_step(STEPS[0])
    prepared = prepare_recording(recording, name=name, file=file, subject=subject)
    on_step(STEPS[1])
    _ = prepared.measured  # computed here and cached; it is no input of the model
    on_step(STEPS[2])
    model, processor = state.model, state.processor
    with state.model_lock:
        (prediction,) = predict([prepared.motion], model, processor)
    if isinstance(prediction, ValueError):
        raise prediction
    on_step(STEPS[3])
    return check_prediction(prepared, prediction, model, processor, norms=person.get("norms"))


def upload_name(path: str) -> str:
    """Return the name of an upload as it is shown: printable, without a folder, not too long.

    Args:
        path: Where Gradio stored it, under its own name.
    """
    name = printable(path.replace("\\", "/").rpartition("/")[2]).strip()
    return name[-_LONGEST_NAME:] or UPLOADED


def user_settings(flags: dict) -> tuple[str, ...]:
    """Return the settings of a user in words, one each.

    Args:
        flags: Keywords of `read_recording`; None for what the file states.
    """
    rate_hz, unit, up, item = (flags.get(key) for key in ("rate_hz", "unit", "up", "item"))
    words = (
        rate_hz and f"{rate_hz:g} frames per second",
        unit and f"lengths in {unit}",
        up and f"vertical axis {up}",
        item and f"walk {item}",
    )
    return tuple(text for text in words if text)


def _with_settings(recording: Recording, flags: dict) -> Recording:
    """Recording whose remarks say which settings of the user were used."""
    remarks = tuple(page_words(remark) for remark in recording.remarks)
    settings = user_settings(flags)
    if settings:
        remarks += (f"set by the user instead of the file: {', '.join(settings)}",)
    return replace(recording, remarks=tuple(dict.fromkeys(remarks)))


def _identify(path: str, name: str) -> RecordingIdentity:
    """Identity of an upload, which was already read; a damaged part of it hides the date alone."""
    try:
        return identify(path, name)
    except Exception as error:  # the file is not trusted
        _log.error("the date of a file was not read: %s", type(error).__name__)
        from hashlib import sha256

        return RecordingIdentity(name, sha256(Path(path).read_bytes()).hexdigest())
