"""A recording that is only measured: also one from which no joints for the model can be made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..assessment import Subject
    from ..assessment.session_files import RecordingFile
    from ..assessment.session_walks import SessionWalk
    from ..gait import GaitMeasurement
    from ..motion import JointMotion
    from ..motion.recording import Recording


def measure_file(
    path: Path | str, recording: Recording, events: str = "detected"
) -> tuple[GaitMeasurement, tuple[str, ...]]:
    """Measure the gait of a file and check that it is a walk of which something was measured.

    Args:
        path: The file, for the error message.
        recording: The recording in it.
        events: Gait events to use: "detected", or "file" for those annotated in it.

    Returns:
        Measured gait, and the cautions of `agir_hf.gait.walk_check`.

    Raises:
        RecordingError: It is not a walk, or no parameter could be measured.
    """
    from ..gait.walk_check import measure_walk, nothing_measured
    from ..motion import RecordingError

    measured, cautions = measure_walk(recording, events)
    reason = nothing_measured(measured)
    if reason:
        raise RecordingError(f"{path}: {reason}")
    return measured, cautions


def measured_walk(
    file: RecordingFile, *, subject: Subject, events: str, reading: dict
) -> SessionWalk:
    """Read and measure a file; an error becomes the reason why it is left out.

    Args:
        file: The file, and what its path states.
        subject: The person, as far as the user states it.
        events: Gait events to use, "detected" or "file".
        reading: Keyword arguments of `read_recording`.

    Returns:
        The recording with its measured gait, or with the reason why there is none.
    """
    from ..assessment.session_walks import LEFT_OUT, STATIC, left_out
    from ..motion import NotAWalkError, RecordingError
    from ..utils.devices import is_out_of_memory

    try:
        return _measured_walk(file, subject, events, reading)
    except (ValueError, OSError) as error:
        is_static = isinstance(error, NotAWalkError) and " is a static trial" in str(error)
        return left_out(file, str(error), subject, STATIC if is_static else LEFT_OUT)
    except Exception as error:  # whatever a file contains, the other recordings are measured
        if is_out_of_memory(error):
            raise
        text = f"{file.shown} cannot be measured ({type(error).__name__}: {error})"
        return left_out(file, str(RecordingError(text)), subject)


def _measured_walk(
    file: RecordingFile, subject: Subject, events: str, reading: dict
) -> SessionWalk:
    from ..assessment import PreparedRecording, identify
    from ..assessment.session_walks import WALK, SessionWalk
    from ..gait.kinematics import kinematics_of
    from ..gait.report.sides import side_values
    from ..gait.whole_walk import leg_length_m
    from ..motion import read_recording
    from ..motion.recording import frame_count

    reading = reading | ({"item": file.item} if file.item else {})
    recording = read_recording(file.path, **reading)
    measured, cautions = measure_file(file.shown, recording, events)
    motion = _joints(recording)
    prepared = PreparedRecording(file.shown, recording, motion, identify(file.path), subject)
    vars(prepared)["measured"] = measured  # the value of the cached property
    return SessionWalk(
        file.shown,
        WALK,
        prepared.identity,
        file.subject,
        file.medication,
        file.folder,
        parameters=dict(measured.parameters),
        absent=dict(measured.absent),
        kinematics=kinematics_of(measured, recording),
        leg_length_m=None if motion is None else leg_length_m(motion.joints),
        duration_s=frame_count(recording) / recording.rate_hz,
        strides=len(measured.signals.strides),
        marker_set=getattr(motion, "marker_set", ""),
        sides=side_values(measured),
        subject=subject,
        cautions=cautions if motion is None else prepared.cautions,
        prepared=prepared,
    )


def _joints(recording: Recording) -> JointMotion | None:
    """Joints of a recording, or None where they need a body fit or cannot be made."""
    from ..motion import MarkerRecording, RecordingError, to_joints
    from ..motion.joints import missing_for_joints

    try:
        if isinstance(recording, MarkerRecording) and missing_for_joints(recording):
            return None
        return to_joints(recording)
    except RecordingError:
        return None
