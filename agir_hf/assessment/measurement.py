"""Measured gait of a recording, and a text checked against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .messages import one_line

if TYPE_CHECKING:
    from ..gait import GaitMeasurement
    from ..gait.grounding import Grounding
    from ..motion.recording import JointMotion, Recording


def measure_recording(recording: Recording, motion: JointMotion) -> GaitMeasurement:
    """Measure the gait of a recording.

    Markers and joints are measured as they were read, at their own frame rate. A body in motion
    has no joints of its own and is measured on the joints made from it.

    Args:
        recording (`MarkerRecording`, `BodyMotion` or `JointMotion`):
            The recording as it was read.
        motion ([`~agir_hf.motion.JointMotion`]):
            Joints (T, 22, 3) of the recording in metres, Y up, at 20 frames per second.

    Returns:
        [`~agir_hf.gait.GaitMeasurement`]: Gait parameters, and the reason for each that is absent.

    Raises:
        RecordingError: Gait cannot be measured on this recording.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.assessment import measure_recording
        >>> from agir_hf.motion import read_recording, to_joints
        >>> recording = read_recording(agir_hf.SAMPLE_RECORDING)
        >>> measured = measure_recording(recording, to_joints(recording))
        >>> round(measured.parameters["cadence_steps_per_min"].value)
        102

        ```
    """
    from ..gait import measure
    from ..motion import BodyMotion

    return measure(motion if isinstance(recording, BodyMotion) else recording)


@dataclass(frozen=True)
class CheckedText:
    """A text whose claims were checked against measured gait.

    Attributes:
        text (`str`):
            The whole text.
        grounding ([`~agir_hf.gait.grounding.Grounding`]):
            The claims, each with its position in the text, verdict and measured value.
        not_measured (`str`):
            Why gait was not measured; empty if it was.
    """

    text: str
    grounding: Grounding
    not_measured: str = ""

    def as_json(self) -> dict:
        """Return grounding score, coverage and claims as values for JSON."""
        score, coverage = self.grounding.score, self.grounding.coverage
        return {
            "grounding": None if score is None else round(score, 4),
            "coverage": None if coverage is None else round(coverage, 4),
            "not_measured": self.not_measured or None,
            "claims": [
                {
                    "text": " ".join(self.text[row.claim.start : row.claim.end].split()),
                    "quantity": row.claim.quantity,
                    "side": row.claim.side or None,
                    "verdict": row.verdict,
                    "parameter": row.parameter,
                    "measured": None if row.value is None else round(row.value, 4),
                    "norm": None if row.norm is None else round(row.norm.mean, 4),
                    "z": None if row.z is None else round(row.z, 2),
                }
                for row in self.grounding.checked
            ],
        }


def check_text(text: str, measured: GaitMeasurement | Exception) -> CheckedText:
    """Check each claim of a text against measured gait.

    Claims are found by [`~agir_hf.gait.extract_claims`] and checked by
    [`~agir_hf.gait.check_claims`]; `agir_hf.gait.grounding` documents the thresholds.

    Args:
        text (`str`):
            A rationale or a description.
        measured ([`~agir_hf.gait.GaitMeasurement`] or `Exception`):
            Measured gait of the walk that the text describes, or the error that says why gait
            could not be measured. With an error, no claim is measurable.

    Returns:
        [`CheckedText`]: The claims with their verdicts.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.assessment import check_text, prepare_recording
        >>> measured = prepare_recording(agir_hf.SAMPLE_RECORDING).measured
        >>> checked = check_text("Speed is 9.9 m/s. Step length is reduced.", measured)
        >>> [claim["verdict"] for claim in checked.as_json()["claims"]]
        ['contradicted', 'supported']

        ```
    """
    from ..gait import grounding_score

    if isinstance(measured, Exception):
        return CheckedText(text, grounding_score(text, {}), one_line(measured))
    return CheckedText(text, grounding_score(text, measured.parameters))
