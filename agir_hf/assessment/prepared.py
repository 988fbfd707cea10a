"""A recording that was read and converted to joints, which is the first step of an assessment."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from .identity import Identity, RecordingIdentity, Subject, identify, identity_of
from .measurement import CheckedText, check_text, measure_recording

if TYPE_CHECKING:
    import numpy as np

    from ..gait import GaitMeasurement
    from ..gait.annotated_events import EventSource
    from ..gait.norms import Norms
    from ..motion.recording import JointMotion, Recording

LEG_OF_HEIGHT = 0.49  # thigh and shank over height, see `agir_hf.gait.whole_walk.leg_length_m`
HEIGHT_TOLERANCE = 0.12  # joint centres and body proportions differ by less between adults


@dataclass(frozen=True, eq=False)
class PreparedRecording:
    """A recording that was read and converted to joints.

    Attributes:
        name (`str`):
            Name under which the recording is shown.
        recording (`MarkerRecording`, `BodyMotion` or `JointMotion`):
            The recording as it was read, at the frame rate of the file.
        motion ([`~agir_hf.motion.JointMotion`]):
            Joints (T, 22, 3) of the recording in metres, Y up, at 20 frames per second.
        file (`RecordingIdentity`, *optional*):
            Name, hash and date of the file.
        subject (`Subject`, *optional*):
            The person, as far as the user states it.
    """

    name: str
    recording: Recording
    motion: JointMotion
    file: RecordingIdentity | None = None
    subject: Subject = Subject()

    @property
    def identity(self) -> Identity:
        """Which recording of whom this is, with today's date and without a model."""
        return identity_of(self.file or RecordingIdentity(self.name), self.subject)

    def with_subject(self, **stated) -> PreparedRecording:
        """Return this recording with further values of the subject; what was measured is kept.

        Args:
            **stated: Fields of [`Subject`]; None keeps the present value.
        """
        values = {name: value for name, value in stated.items() if value is not None}
        if not values:
            return self
        other = replace(self, subject=replace(self.subject, **values))
        if "measured" in vars(self):
            vars(other)["measured"] = self.measured  # the value of the cached property
        return other

    def provenance(self) -> dict:
        """Return what was read and how it was converted, as values for JSON."""
        from ..motion.recording import frame_count

        frames, rate_hz = frame_count(self.recording), self.recording.rate_hz
        return {
            "file": self.name,
            "marker_set": self.motion.marker_set,
            "conventions": str(self.motion.conventions or "") or None,
            "rate_hz": rate_hz,
            "frames": frames,
            "duration_s": round(frames / rate_hz, 3),
            "gaps_filled": self.motion.gaps_filled,
            "longest_gap_s": round(self.motion.longest_gap_s, 3),
            "trimmed_s": round(self.motion.trimmed_s, 3),
            **self._events(),
            "remarks": list(dict.fromkeys(self.recording.remarks + self.motion.remarks)),
            "model_rate_hz": self.motion.rate_hz,
            "motion_frames": len(self.motion.joints),
        }

    def _events(self) -> dict:
        """Source of the gait events and agreement with annotated ones, as values for JSON."""
        from ..gait.annotated_events import agreement_json, file_events

        if not file_events(self.recording) or isinstance(self.measured, ValueError):
            return {"events_from": "detected", "event_agreement": {}}
        phases = self.measured.signals.phases
        return {
            "events_from": phases.events_from,
            "event_agreement": agreement_json(self.recording, phases),
        }

    @cached_property
    def measured(self) -> GaitMeasurement | ValueError:
        """The measured gait, or the `RecordingError` that says why it cannot be measured."""
        return _measured(self.recording)

    @cached_property
    def cautions(self) -> tuple[str, ...]:
        """What is doubtful in the walk, one sentence each, from `agir_hf.gait.walk_check`."""
        try:
            walk = _cautions(self.recording, self.measured)
        except ValueError as error:  # a motion that was not prepared by `prepare_recording`
            walk = (str(error),)
        return walk + _height_cautions(self.motion.joints, self.subject.height_m)

    def check(
        self,
        text: str,
        age: float | None = None,
        sex: str | None = None,
        norms: Norms | None = None,
    ) -> CheckedText:
        """Check the claims of a text against the measured gait of this recording.

        Args:
            text (`str`):
                A rationale or a description.
            age (`float`, *optional*):
                Age of the subject in years, for the norms. Default: norms for 70 years.
            sex (`str`, *optional*):
                "male" or "female", for the norms. Default: the mean of both.
            norms (`Norms`, *optional*):
                Norms of a laboratory. Default: the published norms.

        Returns:
            [`CheckedText`]: The claims with their verdicts.
        """
        return check_text(text, self.measured, age, sex, norms)


def prepare_recording(
    path: str | os.PathLike | Recording,
    method: str = "centres",
    *,
    name: str = "",
    events: EventSource = "detected",
    subject: Subject | None = None,
    file: RecordingIdentity | None = None,
    **reading,
) -> PreparedRecording:
    """Read a recording and convert it to joints.

    This is the first step of [`assess_recording`]. Markers and joints are also kept as they were
    read, because gait is measured on them at their own frame rate.

    Args:
        path (`str`, `os.PathLike`, or a recording):
            Recording of any supported format, or the result of
            [`~agir_hf.motion.read_recording`].
        method (`str`, defaults to `"centres"`):
            How markers become joints: `"centres"` (joint centres by regression) or `"body"` (a
            fitted body, which can fill long gaps). See [`~agir_hf.motion.to_joints`].
        name (`str`, *optional*):
            Name under which the recording is shown. Default: its path or source.
        events (`str`, *optional*, defaults to `"detected"`):
            Gait events that the measured gait is based on; `"file"` for those annotated in it.
        subject ([`Subject`], *optional*):
            The person: identifier, age, sex, height.
        file (`RecordingIdentity`, *optional*):
            Name, hash and date of the file, from `agir_hf.assessment.identity.identify`, for a
            recording that was already read. Default: those of the path.
        **reading:
            Keyword arguments of [`~agir_hf.motion.read_recording`], such as `rate_hz` or `unit`.

    Returns:
        [`PreparedRecording`]: The recording as read, and its joints (T, 22, 3) in metres, Y up, at
        20 frames per second.

    Raises:
        NotAWalkError: The recording is not a walk.
        RecordingError: The file cannot be read, or its markers cannot become joints.
        OSError: The file cannot be opened.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.assessment import prepare_recording
        >>> prepared = prepare_recording(agir_hf.SAMPLE_RECORDING)
        >>> prepared.recording.positions.shape, prepared.motion.joints.shape
        ((900, 44, 3), (120, 22, 3))

        ```
    """
    from ..motion import read_recording, to_joints

    if isinstance(path, str | os.PathLike):
        recording, file = read_recording(path, **reading), file or identify(path, name)
    else:
        recording, path = path, path.source
    measured = _measured(recording, events)
    _cautions(recording, measured)  # before the joints, so that all commands give one reason
    joints = to_joints(recording, method)
    name = name or str(path)
    prepared = PreparedRecording(name, recording, joints, file, subject or Subject())
    vars(prepared)["measured"] = measured  # the value of the cached property
    return prepared


def _measured(
    recording: Recording, events: EventSource = "detected"
) -> GaitMeasurement | ValueError:
    """Measured gait of a recording, or the error that says why it cannot be measured."""
    from ..gait.annotated_events import check_file_events
    from ..motion import RecordingError

    if events == "file":
        check_file_events(recording)  # an error of the user, not of the recording
    try:
        return measure_recording(recording, events=events)
    except RecordingError as error:
        return error


def _cautions(recording: Recording, measured: GaitMeasurement | ValueError) -> tuple[str, ...]:
    """Cautions of a walk.

    Raises:
        NotAWalkError: The recording is not a walk.
    """
    from ..gait.walk_check import check_static, check_walk

    check_static(recording)
    if isinstance(measured, ValueError):
        return ()
    return check_walk(measured, recording.source)


def _height_cautions(joints: np.ndarray, height_m: float | None) -> tuple[str, ...]:
    """A caution if the stated height does not fit the length of the legs."""
    from ..gait.whole_walk import leg_length_m

    if height_m is None:
        return ()
    length_m = leg_length_m(joints)
    measured_m = length_m / LEG_OF_HEIGHT
    if abs(measured_m / height_m - 1) <= HEIGHT_TOLERANCE:
        return ()
    return (
        f"the legs of this recording are {length_m:.2f} m long without the feet, as of a person of "
        f"about {measured_m:.2f} m, but the stated height is {height_m:.2f} m: check the person, "
        "the recording and its unit",
    )
