"""Recordings of a session, one by one: prepared, scored, and reduced to what a session keeps."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..motion.recording import NotAWalkError
from .identity import Identity, RecordingIdentity, Subject, identify, identity_of
from .messages import one_line
from .prepared import PreparedRecording, prepare_recording
from .session_files import RecordingFile, medication_of, subject_of

if TYPE_CHECKING:
    from ..gait import Measured
    from ..gait.kinematics import Kinematics
    from ..modeling_agir import AgirForGaitAssessment
    from ..processing_agir import AgirProcessor
    from .assessment import AssessedWalk

WALK, STATIC, LEFT_OUT = "walk", "static trial", "left out"
_KEPT = (
    "score", "scores", "probabilities", "withheld", "uncertain", "trust", "model", "reasoning",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class SessionWalk:
    """One recording of a session, with what was measured or the reason why nothing was.

    Attributes:
        shown (`str`):
            Name under which the recording is shown: its path relative to the folder.
        kind (`str`):
            `"walk"`, `"static trial"`, or `"left out"` for a recording that cannot be used.
        identity (`Identity`):
            Which recording of whom this is, and the model.
        subject ([`Subject`]):
            The person, as far as the user states it.
        subject_name (`str`, *optional*):
            Subject as the path states it, such as "SUB01".
        medication (`str`, *optional*):
            `"on"` or `"off"`, as the path states it.
        folder (`str`):
            Folder of the file relative to the folder of the session.
        parameters (`dict[str, Measured]`):
            Name → measured gait parameter; empty where nothing was measured.
        absent (`dict[str, str]`):
            Name → reason why a parameter could not be measured.
        sides (`dict[str, dict[str, Measured]]`):
            Name → side → value, for the parameters that belong to a side.
        kinematics (`Kinematics`, *optional*):
            Joint angles over the strides.
        leg_length_m (`float`, *optional*):
            Length of thigh and shank in metres, from the joints of the recording.
        duration_s (`float`, *optional*):
            Duration of the recording in seconds.
        strides (`int`):
            Number of measured strides of straight walking.
        marker_set (`str`):
            Marker set or source of the joints.
        assessment (`dict`, *optional*):
            Score, probabilities, reason for a withheld score and trust, as in
            [`AssessedWalk.as_json`]; None without a model.
        cautions (`tuple[str, ...]`):
            What is doubtful in the walk.
        error (`str`):
            Why the recording is left out; empty for a walk.
        prepared (`PreparedRecording`, *optional*):
            The recording as read; only while the session is read, and not kept.
        walk (`AssessedWalk`, *optional*):
            The whole assessment; only while the session is read, and not kept.
    """

    shown: str
    kind: str
    identity: Identity
    subject_name: str | None = None
    medication: str | None = None
    folder: str = ""
    parameters: dict[str, Measured] | None = None
    absent: dict[str, str] | None = None
    sides: dict[str, dict[str, Measured]] | None = None
    kinematics: Kinematics | None = None
    leg_length_m: float | None = None
    duration_s: float | None = None
    strides: int = 0
    marker_set: str = ""
    assessment: dict | None = None
    subject: Subject = Subject()
    cautions: tuple[str, ...] = ()
    error: str = ""
    prepared: PreparedRecording | None = None
    walk: AssessedWalk | None = None

    @property
    def is_measured(self) -> bool:
        """Whether gait was measured."""
        return bool(self.parameters)

    def released(self) -> SessionWalk:
        """Return the same values without the recording and the whole assessment."""
        return replace(self, prepared=None, walk=None)


def session_walk(
    walk: PreparedRecording | AssessedWalk | SessionWalk, file: RecordingFile | None = None
) -> SessionWalk:
    """Return what a session shows of a recording that was read, or read and assessed.

    Args:
        walk: A prepared recording or an assessed walk; a walk of a session is returned as it is.
        file: The file, and what its path states. Default: stated by the recording's name.
    """
    from .assessment import AssessedWalk

    if isinstance(walk, SessionWalk):
        return walk
    assessed = walk if isinstance(walk, AssessedWalk) else None
    prepared = walk.prepared if assessed else walk
    file = file or RecordingFile(
        Path(prepared.name),
        prepared.name,
        subject=subject_of(prepared.name),
        medication=medication_of(prepared.name),
    )
    row = SessionWalk(
        file.shown,
        WALK,
        assessed.identity if assessed else prepared.identity,
        file.subject,
        file.medication,
        file.folder,
        marker_set=prepared.motion.marker_set,
        assessment=_kept_assessment(assessed),
        subject=prepared.subject,
        cautions=prepared.cautions,
        prepared=prepared,
        walk=assessed,
    )
    return _with_measurement(row, prepared)


def _kept_assessment(assessed: AssessedWalk | None) -> dict | None:
    if assessed is None:
        return None
    values = assessed.as_json()
    return {key: values[key] for key in _KEPT}


def _with_measurement(row: SessionWalk, prepared: PreparedRecording) -> SessionWalk:
    """Add what was measured, or the reason why nothing was."""
    from ..gait.kinematics import kinematics_of
    from ..gait.report.sides import side_values
    from ..gait.walk_check import nothing_measured
    from ..gait.whole_walk import leg_length_m
    from ..motion.recording import frame_count

    measured, recording = prepared.measured, prepared.recording
    row = replace(
        row,
        leg_length_m=leg_length_m(prepared.motion.joints),
        duration_s=frame_count(recording) / recording.rate_hz,
    )
    error = measured if isinstance(measured, ValueError) else nothing_measured(measured)
    if error:
        return replace(row, kind=LEFT_OUT, error=one_line(error))
    return replace(
        row,
        parameters=dict(measured.parameters),
        absent=dict(measured.absent),
        sides=side_values(measured),
        kinematics=kinematics_of(measured, recording),
        strides=len(measured.signals.strides),
    )


def prepare_walk(
    file: RecordingFile, *, subject: Subject, events: str, method: str, reading: dict
) -> SessionWalk:
    """Read and measure a file of a session; an error becomes the reason why it is left out.

    Args:
        file: The file, and what its path states.
        subject: The person, as far as the user states it.
        events: Gait events to use, "detected" or "file".
        method: How markers become joints, as for `prepare_recording`.
        reading: Keyword arguments of `read_recording`.

    Returns:
        The recording with its measured gait, or with the reason why there is none.
    """
    reading = reading | ({"item": file.item} if file.item else {})
    try:
        prepared = prepare_recording(
            file.path,
            method,
            name=file.shown,
            events=events,
            subject=subject,
            file=identify(file.path),
            **reading,
        )
        return session_walk(prepared, file)
    except Exception as error:  # whatever a file contains, the session goes on
        text = one_line(error).replace(str(file.path), file.shown)
        if isinstance(error, OSError) and error.strerror:  # of the system, without its path
            text = f"{file.shown} cannot be opened: {error.strerror.lower()}"
        if not isinstance(error, ValueError | OSError):
            text = f"{file.shown} cannot be measured ({type(error).__name__}: {text})"
        is_static = isinstance(error, NotAWalkError) and " is a static trial" in text
        return left_out(file, text, subject, STATIC if is_static else LEFT_OUT)


def left_out(
    file: RecordingFile, error: str, subject: Subject | None = None, kind: str = LEFT_OUT
) -> SessionWalk:
    """Return the row of a recording that cannot be used.

    Args:
        file: The file, and what its path states.
        error: Why it cannot be used.
        subject: The person, as far as the user states it.
        kind: `LEFT_OUT` or `STATIC`.
    """
    try:
        identity = identify(file.path)
    except OSError:
        identity = RecordingIdentity(file.path.name)
    return SessionWalk(
        file.shown,
        kind,
        identity_of(identity, subject or Subject()),
        file.subject,
        file.medication,
        file.folder,
        subject=subject or Subject(),
        error=error,
    )


def assessed_walks(
    files: Iterable[RecordingFile],
    prepare: Callable[[RecordingFile], SessionWalk],
    model: AgirForGaitAssessment,
    processor: AgirProcessor,
    options: dict,
) -> Iterator[SessionWalk]:
    """Read files one after another and score them in batches of windows.

    Args:
        files: The files.
        prepare: Function that reads a file, see `prepare_walk`.
        model: Model in evaluation mode.
        processor: Processor of the model.
        options: As for `scored_walks`.

    Yields:
        The recordings in order, as soon as each is scored.
    """
    yield from scored_walks(map(prepare, files), model, processor, options)


def scored_walks(
    rows: Iterable[SessionWalk],
    model: AgirForGaitAssessment,
    processor: AgirProcessor,
    options: dict,
) -> Iterator[SessionWalk]:
    """Score recordings that were read, in batches of windows.

    Args:
        rows: The recordings, from `prepare_walk`. They are taken as they are needed.
        model: Model in evaluation mode.
        processor: Processor of the model.
        options: Norms as "norms", whether the text is the model's own as "unaided", and
            "batch_size".

    Yields:
        The recordings in order, as soon as each is scored.
    """
    from .prediction import predict

    waiting: deque[SessionWalk] = deque()

    def motions():
        for row in rows:
            waiting.append(row)
            if row.prepared is not None:
                yield row.prepared.motion

    for prediction in predict(motions(), model, processor, options["batch_size"]):
        while waiting[0].prepared is None:
            yield waiting.popleft()
        yield _scored(waiting.popleft(), prediction, model, processor, options)
    yield from waiting


def _scored(row: SessionWalk, prediction, model, processor, options: dict) -> SessionWalk:
    """Add the assessment to a recording, or the reason why the model gave none."""
    from .assessment import check_prediction

    if isinstance(prediction, ValueError):
        caution = f"the model gave no score: {one_line(prediction)}"
        return replace(row, cautions=(*row.cautions, caution))
    walk = check_prediction(
        row.prepared,
        prediction,
        model,
        processor,
        norms=options["norms"],
        unaided=options["unaided"],
    )
    kept = _kept_assessment(walk)
    return replace(row, walk=walk, assessment=kept, identity=walk.identity)


def over_trials(walks: Iterable[SessionWalk], name: str, side: str = "") -> Measured | None:
    """Return mean and standard deviation of a gait parameter over recordings.

    Args:
        walks: Recordings.
        name: Name of the parameter.
        side: "left" or "right" for the values of a side, "" for those of the whole walk.

    Returns:
        The mean of the recordings' values, each with the same weight; the standard deviation
        between recordings, None for a single one; and the number of recordings that have the
        parameter. None if no recording has it.
    """
    from ..gait.parameters import Measured

    if side:
        rows = [(walk.sides or {}).get(name, {}).get(side) for walk in walks]
    else:
        rows = [(walk.parameters or {}).get(name) for walk in walks]
    rows = [row for row in rows if row is not None]
    if not rows:
        return None
    values = np.array([row.value for row in rows])
    sd = float(values.std(ddof=1)) if len(values) > 1 else None
    return Measured(float(values.mean()), rows[0].unit, sd, len(values))
