"""A recording → score, reasons, the reasons' evidence, and the measured gait."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from .measurement import CheckedText, check_text, measure_recording
from .messages import doubt
from .models import model_provenance

if TYPE_CHECKING:
    from ..gait import GaitMeasurement
    from ..motion.recording import JointMotion, Recording
    from ..processing_agir import GaitAssessment

STEPS = ("reading the recording", "measuring the gait", "asking the model", "checking its reasons")


@dataclass(frozen=True, eq=False)
class PreparedRecording:
    """A recording read and brought to joints.

    Attributes:
        name: of the recording, as it is shown.
        recording: as read: markers, a body or joints, at the file's rate.
        motion: `JointMotion` of it, joints (T, 22, 3) metres, Y up, at 20 fps.
    """

    name: str
    recording: Recording
    motion: JointMotion

    def provenance(self) -> dict:
        """What was read, as JSON shows it."""
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
            "model_rate_hz": self.motion.rate_hz,
            "motion_frames": len(self.motion.joints),
        }

    @cached_property
    def measured(self) -> GaitMeasurement | ValueError:
        """The measured gait, or the `RecordingError` that says why there is none."""
        from ..motion import RecordingError

        try:
            return measure_recording(self.recording, self.motion)
        except RecordingError as error:
            return error

    def check(self, text: str) -> CheckedText:
        """The claims of a text against the measured gait of this recording."""
        return check_text(text, self.measured)


@dataclass(frozen=True, eq=False)
class AssessedWalk:
    """Everything known about one recording. Research use only, not a medical device.

    Attributes:
        prepared: the recording and its joints.
        assessment: score, probabilities and reasoning; it rests on the motion alone.
        evidence: the claims of the reasoning against the measured gait.
        model: what the answer comes from, of `model_provenance`.
        windows: parts that the model read the recording in.
        model_frames: frames of the motion that it read.
    """

    prepared: PreparedRecording
    assessment: GaitAssessment
    evidence: CheckedText
    model: dict
    windows: int
    model_frames: int

    @property
    def measurement(self) -> GaitMeasurement | None:
        """The measured gait; None where there is none, and ``evidence.not_measured`` says why."""
        measured = self.prepared.measured
        return None if isinstance(measured, ValueError) else measured

    def as_json(self) -> dict:
        """Score, probabilities, how sure they are, reasoning and where they come from."""
        assessment = self.assessment
        read = {"model_frames": self.model_frames, "windows": self.windows}
        return {
            "score": assessment.score,
            "probabilities": [round(p, 4) for p in assessment.probabilities],
            "uncertain": assessment.uncertain,
            "uncertain_below": assessment.uncertain_below,
            "alternatives": list(assessment.alternatives),
            "reasoning": assessment.reasoning,
            "evidence": self.evidence.as_json(),
            "model": self.model,
            "recording": self.prepared.provenance() | read,
        }

    def write_report(self, path: str | os.PathLike, title: str = "") -> Path:
        """Write a page to look at, that stands alone.

        Args:
            path: ends in .html; written beside its place and moved there.
            title: heading, by default the recording's name without its ending.

        Raises:
            RecordingError: if gait could not be measured.
            ValueError, FileNotFoundError, ImportError: as `agir_hf.gait.report.write_report`.
        """
        from ..gait.report import assessment_part, recording_provenance, write_report

        measured = self.prepared.measured
        if isinstance(measured, ValueError):
            raise measured
        result, file = self.as_json(), Path(self.prepared.name)
        part = assessment_part(
            result["score"],
            result["probabilities"],
            result["reasoning"],
            self.evidence.grounding.checked,
            doubt(result),
        )
        return write_report(
            path,
            title or file.stem,
            measured,
            provenance=recording_provenance(title or file.name, self.prepared.recording, measured),
            assessment=part,
        )


def prepare_recording(
    path: str | os.PathLike, method: str = "centres", *, name: str = "", **reading
) -> PreparedRecording:
    """Read a recording and make joints of it.

    Args:
        path: a file of any known format.
        method: markers to joints, see `agir_hf.motion.to_joints`.
        name: that the recording is shown under, by default its path.
        reading: keywords of `agir_hf.motion.read_recording`.

    Raises:
        RecordingError, OSError: if it cannot be read, or holds no walk.
    """
    from ..motion import read_recording, to_joints

    recording = read_recording(path, **reading)
    return PreparedRecording(name or str(path), recording, to_joints(recording, method))


def assess_prepared(
    prepared: PreparedRecording,
    model,
    processor,
    *,
    on_step: Callable[[str], None] = lambda step: None,
) -> AssessedWalk:
    """Assess a recording that was read; for the arguments see `assess_recording`."""
    from ..processing_agir import vote

    on_step(STEPS[1])
    _ = prepared.measured  # kept by ``prepared``; the model's input has nothing of it
    on_step(STEPS[2])
    windows = processor.feature_extractor.windows(prepared.motion)
    inputs = processor(motion=windows)
    outputs = model.generate_assessment(**inputs)
    lengths = inputs["motion_attention_mask"].sum(1).tolist()
    assessment = vote(processor.decode_assessments(outputs), lengths)
    on_step(STEPS[3])
    return AssessedWalk(
        prepared=prepared,
        assessment=assessment,
        evidence=prepared.check(assessment.reasoning),
        model=model_provenance(model),
        windows=len(windows),
        model_frames=sum(lengths),
    )


def assess_recording(
    path: str | os.PathLike,
    model,
    processor,
    *,
    method: str = "centres",
    name: str = "",
    on_step: Callable[[str], None] = lambda step: None,
    **reading,
) -> AssessedWalk:
    """Everything known about one recording.

    Args:
        path: a file of any known format.
        model, processor: from `load_model`.
        method: markers to joints, see `agir_hf.motion.to_joints`.
        name: that the recording is shown under, by default its path.
        on_step: told, in words, what is done next; of `STEPS`.
        reading: keywords of `agir_hf.motion.read_recording`.

    Raises:
        RecordingError, OSError: if it cannot be read, or holds no walk.
        ValueError: if the model cannot answer.
    """
    on_step(STEPS[0])
    prepared = prepare_recording(path, method, name=name, **reading)
    return assess_prepared(prepared, model, processor, on_step=on_step)
