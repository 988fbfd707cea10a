"""Measured gait of a recording, and a text checked against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .messages import one_line

if TYPE_CHECKING:
    from ..gait import GaitMeasurement
    from ..gait.annotated_events import EventSource
    from ..gait.applied_norms import AppliedNorms
    from ..gait.grounding import Grounding
    from ..gait.norms import Norms
    from ..motion.recording import JointMotion, Recording


def measure_recording(
    recording: Recording, motion: JointMotion | None = None, events: EventSource = "detected"
) -> GaitMeasurement:
    """Measure the gait of a recording.

    Markers and joints are measured as they were read, at their own frame rate. A body in motion
    has no joints of its own and is measured on the joints of the body, at the same rate.

    Args:
        recording (`MarkerRecording`, `BodyMotion` or `JointMotion`):
            The recording as it was read.
        motion ([`~agir_hf.motion.JointMotion`], *optional*):
            Not used; kept for programs that pass the joints of the recording.
        events (`str`, *optional*, defaults to `"detected"`):
            `"file"` uses the gait events that are annotated in the file.

    Returns:
        [`~agir_hf.gait.GaitMeasurement`]: Gait parameters, and the reason for each that is absent.

    Raises:
        RecordingError: Gait cannot be measured on this recording.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.assessment import measure_recording
        >>> from agir_hf.motion import read_recording
        >>> measured = measure_recording(read_recording(agir_hf.SAMPLE_RECORDING))
        >>> measured.parameters["cadence_steps_per_min"].unit
        'steps/min'

        ```
    """
    from ..gait import measure
    from ..gait.walk_check import measurable

    return measure(measurable(recording), events)


@dataclass(frozen=True)
class CheckedText:
    """A text whose claims were checked against measured gait.

    Attributes:
        text (`str`):
            The whole text.
        grounding ([`~agir_hf.gait.grounding.Grounding`]):
            The claims, each with its position in the text, verdict and measured value.
        applied (`AppliedNorms`):
            The norms that the claims were checked against, and the age and sex that they are of.
        not_measured (`str`):
            Why gait was not measured; empty if it was.
    """

    text: str
    grounding: Grounding
    applied: AppliedNorms
    not_measured: str = ""

    def as_json(self) -> dict:
        """Return grounding score, coverage, norms, numbers of verdicts and claims for JSON."""
        from ..gait.claim_words import SIGNS, claim_json

        score, coverage = self.grounding.score, self.grounding.coverage
        claims = [claim_json(row, self.text) for row in self.grounding.checked]
        verdicts = [claim["verdict"] for claim in claims]
        return {
            "grounding": None if score is None else round(score, 4),
            "coverage": None if coverage is None else round(coverage, 4),
            "not_measured": self.not_measured or None,
            "norms": self.applied.as_json(),
            "verdicts": {verdict: verdicts.count(verdict) for verdict in SIGNS},
            "claims": claims,
        }


def check_text(
    text: str,
    measured: GaitMeasurement | Exception,
    age: float | None = None,
    sex: str | None = None,
    norms: Norms | None = None,
) -> CheckedText:
    """Check each claim of a text against measured gait.

    Claims are found by [`~agir_hf.gait.extract_claims`] and checked by
    [`~agir_hf.gait.check_claims`]; `agir_hf.gait.grounding` documents the rules.

    Args:
        text (`str`):
            A rationale or a description.
        measured ([`~agir_hf.gait.GaitMeasurement`] or `Exception`):
            Measured gait of the walk that the text describes, or the error that says why gait
            could not be measured. With an error, no claim is measurable.
        age (`float`, *optional*):
            Age of the subject in years, for the norms. Default: norms for 70 years. No norm
            applies below 20 years: claims without a number are then not measurable.
        sex (`str`, *optional*):
            "male" or "female", for the norms. Default: the mean of both.
        norms (`Norms`, *optional*):
            Norms of a laboratory, from [`~agir_hf.gait.load_norms`]. Default: the published norms.

    Returns:
        [`CheckedText`]: The claims with their verdicts.

    Raises:
        ValueError: The sex is neither of the two, or the age is not within 0 to 120 years.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.assessment import check_text, prepare_recording
        >>> measured = prepare_recording(agir_hf.SAMPLE_RECORDING).measured
        >>> text = "Speed is 9.9 m/s. Step length is reduced."
        >>> checked = check_text(text, measured).as_json()
        >>> [claim["verdict"] for claim in checked["claims"]]
        ['contradicted', 'supported']
        >>> check_text(text, measured, age=9).as_json()["norms"]["remark"][:46]
        'no norm applies to a person of 9 years: the no'

        ```
    """
    from ..gait import grounding_score
    from ..gait.applied_norms import AppliedNorms

    applied = AppliedNorms(age, sex, norms)
    reason = one_line(measured) if isinstance(measured, Exception) else ""
    parameters = {} if reason else measured.parameters
    return CheckedText(text, grounding_score(text, parameters, age, sex, norms), applied, reason)
