"""Assessment of a recording: score, reasoning, evidence for the reasoning, and measured gait."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .measurement import CheckedText
from .messages import one_line, selection_text, uncertainty_text
from .models import model_provenance
from .prediction import BATCH_SIZE, Prediction, predict
from .prepared import PreparedRecording, prepare_recording
from .uncertainty import Uncertainty, assess_uncertainty

if TYPE_CHECKING:
    from ..gait import GaitMeasurement
    from ..gait.norms import Norms
    from ..modeling_agir import AgirForGaitAssessment
    from ..motion.recording import Recording
    from ..processing_agir import AgirProcessor, GaitAssessment
    from .checked_text import CheckedRationale

STEPS = (
    "reading the recording",
    "measuring the gait",
    "running the model",
    "checking its reasoning",
)


@dataclass(frozen=True, eq=False)
class AssessedWalk:
    """Score, reasoning, evidence and measured gait of one recording.

    [`assess_recording`] returns it. Research use only, not a medical device.

    Attributes:
        prepared ([`PreparedRecording`]):
            The recording and its joints.
        assessment ([`~agir_hf.GaitAssessment`]):
            Score, probabilities and the model's own text. They come from the motion alone; measured
            gait parameters are no input of the model.
        rationale ([`~agir_hf.assessment.checked_text.CheckedRationale`]):
            The reasoning that is shown, and how it was chosen: by evidence from the texts that the
            model drew, or the model's own text.
        evidence ([`CheckedText`]):
            The claims of the reasoning that is shown, checked against the measured gait.
        evidence_unaided ([`CheckedText`]):
            The claims of the model's own text, checked against the measured gait.
        model (`dict`):
            Name of the model and its training data, from [`model_provenance`].
        windows (`int`):
            Number of windows in which the model read the recording.
        model_frames (`int`):
            Number of feature frames that the model read, over all windows.
        uncertainty ([`Uncertainty`]):
            The reasons why the score is uncertain, from [`assess_uncertainty`].

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.assessment import assess_recording, load_model
        >>> model, processor = load_model()
        >>> walk = assess_recording(agir_hf.SAMPLE_RECORDING, model, processor)
        >>> walk.windows, walk.model_frames
        (1, 116)
        >>> "speed_m_per_s" in walk.measurement.parameters
        True
        >>> walk.reasoning == walk.as_json()["reasoning"]
        True
        >>> walk.as_json()["evidence"]["verdicts"]["contradicted"]
        0

        ```
    """

    prepared: PreparedRecording
    assessment: GaitAssessment
    rationale: CheckedRationale
    evidence: CheckedText
    evidence_unaided: CheckedText
    model: dict
    windows: int
    model_frames: int
    uncertainty: Uncertainty = Uncertainty()

    @property
    def reasoning(self) -> str:
        """The reasoning that is shown: by default the one that was chosen by evidence."""
        return self.rationale.text

    @property
    def reasoning_unaided(self) -> str:
        """The model's own text."""
        return self.rationale.unaided

    @property
    def measurement(self) -> GaitMeasurement | None:
        """The measured gait, or None if it could not be measured.

        The reason is then in ``evidence.not_measured``.
        """
        measured = self.prepared.measured
        return None if isinstance(measured, ValueError) else measured

    def as_json(self) -> dict:
        """Return the whole assessment as values for JSON, as ``agir assess --json`` prints it."""
        assessment = self.assessment
        model_input = {"model_frames": self.model_frames, "windows": self.windows}
        return {
            "score": assessment.score,
            "probabilities": [round(p, 4) for p in assessment.probabilities],
            **self.uncertainty.as_json(),
            "uncertain_below": assessment.uncertain_below,
            "alternatives": list(assessment.alternatives),
            **self.rationale.as_json(),
            "evidence": self.evidence.as_json(),
            "evidence_unaided": self.evidence_unaided.as_json(),
            "model": self.model,
            "recording": self.prepared.provenance() | model_input,
            "cautions": list(self.prepared.cautions),
        }

    def write_report(self, path: str | os.PathLike, title: str = "") -> Path:
        """Write a self-contained HTML page with the assessment and the measured gait.

        The page is written under a temporary name and moved into place at the end.

        Args:
            path (`str` or `os.PathLike`):
                File to write; it must end in `.html`.
            title (`str`, *optional*):
                Heading of the page. Default: the name of the recording without its suffix.

        Returns:
            `Path`: The file that was written.

        Raises:
            RecordingError: The gait could not be measured.
            ValueError: The path does not end in `.html`.
            FileNotFoundError: The folder of the path does not exist.
            ImportError: The extra "plot" is not installed.
        """
        from ..gait.report import assessment_part, recording_provenance, write_report

        measured = self.prepared.measured
        if isinstance(measured, ValueError):
            raise measured
        result, file, applied = self.as_json(), Path(self.prepared.name), self.evidence.applied
        part = assessment_part(
            result["score"],
            result["probabilities"],
            result["reasoning"],
            self.evidence.grounding.checked,
            uncertainty_text(result),
            norms=applied.text(),
            selection=selection_text(result),
            unaided=result["reasoning_unaided"],
            checked_unaided=self.evidence_unaided.grounding.checked,
        )
        return write_report(
            path,
            title or file.stem,
            measured,
            provenance=recording_provenance(title or file.name, self.prepared.recording, measured),
            assessment=part,
            age=applied.age,
            sex=applied.sex,
            norms=applied.norms,
        )


def assess_prepared(
    prepared: PreparedRecording,
    model: AgirForGaitAssessment,
    processor: AgirProcessor,
    *,
    age: float | None = None,
    sex: str | None = None,
    norms: Norms | None = None,
    unaided: bool = False,
    on_step: Callable[[str], None] = lambda step: None,
    batch_size: int = BATCH_SIZE,
) -> AssessedWalk:
    """Assess a recording that was already read, on the device of the model.

    A recording that is longer than the input of the model is cut into windows; their answers are
    combined by [`~agir_hf.processing_agir.vote`]. The score comes from the motion alone. The
    reasoning is chosen by evidence from the texts that the model drew for the window whose own text
    is used; see [`~agir_hf.assessment.checked_text.choose_sentences`].

    Args:
        prepared ([`PreparedRecording`]):
            The recording, from [`prepare_recording`].
        model ([`~agir_hf.AgirForGaitAssessment`]):
            Model in evaluation mode, from [`load_model`].
        processor ([`~agir_hf.AgirProcessor`]):
            Processor of the model, from [`load_model`].
        age (`float`, *optional*):
            Age of the subject in years, for the norms. Default: norms for 70 years. No norm
            applies below 20 years: claims without a number are then not measurable.
        sex (`str`, *optional*):
            "male" or "female", for the norms. Default: the mean of both.
        norms (`Norms`, *optional*):
            Norms of a laboratory, from [`~agir_hf.gait.load_norms`]. Default: the published norms.
        unaided (`bool`, defaults to `False`):
            Whether the reasoning is the model's own text. The configuration of the model can also
            demand it (`checked_text=False`).
        on_step (`Callable[[str], None]`, *optional*):
            Called with the name of each step before it begins. The names are in
            `agir_hf.assessment.assessment.STEPS`.
        batch_size (`int`, defaults to 8):
            Number of windows that the model reads at the same time.

    Returns:
        [`AssessedWalk`]: Score, reasoning, evidence and measured gait.

    Raises:
        DeviceMemoryError: The memory of the device is too small for a batch.
        ValueError: The model gives no answer that can be parsed, or age or sex is not valid.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.assessment import assess_prepared, load_model, prepare_recording
        >>> prepared = prepare_recording(agir_hf.SAMPLE_RECORDING)
        >>> walk = assess_prepared(prepared, *load_model(), on_step=print)
        measuring the gait
        running the model
        checking its reasoning
        >>> walk.assessment.score
        2

        ```
    """
    from ..gait.norms import check_person

    check_person(age, sex)  # before the model runs
    on_step(STEPS[1])
    _ = prepared.measured  # computed here and cached; it is no input of the model
    on_step(STEPS[2])
    (prediction,) = predict([prepared.motion], model, processor, batch_size)
    if isinstance(prediction, ValueError):
        raise prediction
    on_step(STEPS[3])
    return check_prediction(
        prepared, prediction, model, processor, age=age, sex=sex, norms=norms, unaided=unaided
    )


def check_prediction(
    prepared: PreparedRecording,
    prediction: Prediction,
    model: AgirForGaitAssessment,
    processor: AgirProcessor,
    *,
    age: float | None = None,
    sex: str | None = None,
    norms: Norms | None = None,
    unaided: bool = False,
) -> AssessedWalk:
    """Choose and check the reasoning of a prediction, the last step of [`assess_prepared`].

    Args:
        prepared: The recording that was predicted.
        prediction: Result of `agir_hf.assessment.prediction.predict` for its motion.
        model: Model that gave the prediction.
        processor: Processor of the model.
        age: Age of the subject in years, or None; see [`assess_prepared`].
        sex: "male", "female" or None.
        norms: Norms of a laboratory, or None for the published norms.
        unaided: Whether the reasoning is the model's own text.

    Returns:
        Score, reasoning, evidence and measured gait.
    """
    from ..gait.applied_norms import AppliedNorms
    from .checked_text import rationale_of
    from .parameter_forest import forest_of

    assessment, unaided = prediction.assessment, unaided or not model.config.checked_text
    rationale = rationale_of(assessment, prepared.measured, (age, sex, norms), unaided)
    applied = AppliedNorms(age, sex, norms)
    measured = prepared.measured
    reason = one_line(measured) if isinstance(measured, ValueError) else ""
    return AssessedWalk(
        prepared=prepared,
        assessment=assessment,
        rationale=rationale,
        evidence=CheckedText(rationale.text, rationale.grounding, applied, reason),
        evidence_unaided=CheckedText(
            rationale.unaided, rationale.grounding_unaided, applied, reason
        ),
        model=model_provenance(model),
        windows=prediction.windows,
        model_frames=prediction.frames,
        uncertainty=assess_uncertainty(
            assessment, prepared, model, processor, forest_of(model), age
        ),
    )


def assess_recording(
    path: str | os.PathLike | Recording,
    model: AgirForGaitAssessment,
    processor: AgirProcessor,
    *,
    method: str = "centres",
    name: str = "",
    age: float | None = None,
    sex: str | None = None,
    norms: Norms | None = None,
    unaided: bool = False,
    on_step: Callable[[str], None] = lambda step: None,
    batch_size: int = BATCH_SIZE,
    **reading,
) -> AssessedWalk:
    """Read a recording, score it, measure its gait, and check the reasoning against it.

    This is what ``agir assess`` does. The score comes from the motion alone, and so do the texts
    that the model draws. A sentence of its own text that the gait parameters contradict, with the
    norms of age and sex, is replaced by one of another text, or left out; the own text is kept in
    `reasoning_unaided`. Every claim is marked as supported, near, contradicted or not measurable.
    Research use only, not a medical device.

    Args:
        path (`str`, `os.PathLike`, or a recording):
            Recording of any supported format: markers (C3D, TRC), a body in motion (AMASS `.npz`,
            CARE-PD `.pkl`) or joints (BVH, `.npy`, `.npz`). It lasts at least one second. Or the
            result of [`~agir_hf.motion.read_recording`].
        model ([`~agir_hf.AgirForGaitAssessment`]):
            Model in evaluation mode, from [`load_model`].
        processor ([`~agir_hf.AgirProcessor`]):
            Processor of the model, from [`load_model`].
        method (`str`, defaults to `"centres"`):
            How markers become joints: `"centres"` (joint centres by regression) or `"body"` (a
            fitted body, which can fill long gaps). See [`~agir_hf.motion.to_joints`].
        name (`str`, *optional*):
            Name under which the recording is shown. Default: its path.
        age (`float`, *optional*):
            Age of the subject in years, for the norms. Default: norms for 70 years. No norm
            applies below 20 years: claims without a number are then not measurable.
        sex (`str`, *optional*):
            "male" or "female", for the norms. Default: the mean of both.
        norms (`Norms`, *optional*):
            Norms of a laboratory, from [`~agir_hf.gait.load_norms`]. Default: the published norms.
        unaided (`bool`, defaults to `False`):
            Whether the reasoning is the model's own text. The configuration of the model can also
            demand it (`checked_text=False`).
        on_step (`Callable[[str], None]`, *optional*):
            Called with the name of each step before it begins. The names are in
            `agir_hf.assessment.assessment.STEPS`.
        batch_size (`int`, defaults to 8):
            Number of windows that the model reads at the same time.
        **reading:
            Keyword arguments of [`~agir_hf.motion.read_recording`], such as `rate_hz` or `unit`.

    Returns:
        [`AssessedWalk`]: Score, probabilities, reasoning, evidence and measured gait.

    Raises:
        RecordingError: The file cannot be read, or it contains no walk.
        OSError: The file cannot be opened.
        ValueError: The model gives no answer that can be parsed, or age or sex is not valid.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.assessment import assess_recording, load_model
        >>> model, processor = load_model()
        >>> walk = assess_recording(agir_hf.SAMPLE_RECORDING, model, processor)
        >>> walk.assessment.score
        2
        >>> claim = walk.evidence.as_json()["claims"][0]
        >>> claim["quantity"], claim["norm"]["status"]
        ('heel_strike', 'rough')

        ```
    """
    on_step(STEPS[0])
    prepared = prepare_recording(path, method, name=name, **reading)
    return assess_prepared(
        prepared,
        model,
        processor,
        age=age,
        sex=sex,
        norms=norms,
        unaided=unaided,
        on_step=on_step,
        batch_size=batch_size,
    )
