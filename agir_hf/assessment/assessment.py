"""Assessment of a recording: score, reasoning, evidence for the reasoning, and measured gait."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from .assessed_walk import AssessedWalk
from .identity import RecordingIdentity, Subject, identity_of
from .measurement import CheckedText
from .messages import one_line
from .models import model_provenance
from .prediction import BATCH_SIZE, Prediction, predict
from .prepared import PreparedRecording, prepare_recording
from .trust import trust_of
from .uncertainty import assess_uncertainty

if TYPE_CHECKING:
    from ..gait.norms import Norms
    from ..modeling_agir import AgirForGaitAssessment
    from ..motion.recording import Recording
    from ..processing_agir import AgirProcessor

STEPS = (
    "reading the recording",
    "measuring the gait",
    "running the model",
    "checking its reasoning",
)


def assess_prepared(
    prepared: PreparedRecording,
    model: AgirForGaitAssessment,
    processor: AgirProcessor,
    *,
    age: float | None = None,
    sex: str | None = None,
    norms: Norms | None = None,
    subject_id: str | None = None,
    height_m: float | None = None,
    unaided: bool = False,
    on_step: Callable[[str], None] = lambda step: None,
    batch_size: int = BATCH_SIZE,
) -> AssessedWalk:
    """Assess a recording that was already read, on the device of the model.

    A recording that is longer than the input of the model is cut into windows; their answers are
    combined by [`~agir_hf.processing_agir.vote`]. The score comes from the motion alone. The
    reasoning is chosen by evidence from the texts that the model sampled for the window whose own
    text is used; see [`~agir_hf.assessment.checked_text.choose_sentences`].

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
        subject_id (`str`, *optional*):
            Identifier of the person or session, which every output repeats.
        height_m (`float`, *optional*):
            Height of the person in metres; it is compared with the length of the legs.
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
    # checked before the model runs
    prepared = prepared.with_subject(id=subject_id, age=age, sex=sex, height_m=height_m)
    age, sex = prepared.subject.age, prepared.subject.sex
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
    subject_id: str | None = None,
    height_m: float | None = None,
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
        subject_id: Identifier of the person or session, or None.
        height_m: Height of the person in metres, or None.
        unaided: Whether the reasoning is the model's own text.

    Returns:
        Score, reasoning, evidence and measured gait.
    """
    from ..gait.applied_norms import AppliedNorms
    from .checked_text import rationale_of
    from .parameter_forest import forest_of

    prepared = prepared.with_subject(id=subject_id, age=age, sex=sex, height_m=height_m)
    age, sex = prepared.subject.age, prepared.subject.sex
    assessment, unaided = prediction.assessment, unaided or not model.config.checked_text
    rationale = rationale_of(assessment, prepared.measured, (age, sex, norms), unaided)
    applied = AppliedNorms(age, sex, norms)
    measured = prepared.measured
    reason = one_line(measured) if isinstance(measured, ValueError) else ""
    evidence = CheckedText(rationale.text, rationale.grounding, applied, reason)
    uncertainty = assess_uncertainty(assessment, prepared, model, processor, forest_of(model), age)
    unaided_evidence = CheckedText(rationale.unaided, rationale.grounding_unaided, applied, reason)
    file = prepared.file or RecordingIdentity(prepared.name)
    trust = trust_of(
        assessment, uncertainty, evidence, unaided_evidence, model.config, file.simulated
    )
    return AssessedWalk(
        prepared=prepared,
        assessment=assessment,
        rationale=rationale,
        evidence=evidence,
        evidence_unaided=unaided_evidence,
        model=model_provenance(model),
        windows=prediction.windows,
        model_frames=prediction.frames,
        uncertainty=uncertainty,
        identity=identity_of(file, prepared.subject, model),
        trust=trust,
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
    subject_id: str | None = None,
    height_m: float | None = None,
    unaided: bool = False,
    on_step: Callable[[str], None] = lambda step: None,
    batch_size: int = BATCH_SIZE,
    file: RecordingIdentity | None = None,
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
        subject_id (`str`, *optional*):
            Identifier of the person or session, which every output repeats.
        height_m (`float`, *optional*):
            Height of the person in metres; it is compared with the length of the legs.
        unaided (`bool`, defaults to `False`):
            Whether the reasoning is the model's own text. The configuration of the model can also
            demand it (`checked_text=False`).
        on_step (`Callable[[str], None]`, *optional*):
            Called with the name of each step before it begins. The names are in
            `agir_hf.assessment.assessment.STEPS`.
        batch_size (`int`, defaults to 8):
            Number of windows that the model reads at the same time.
        file (`RecordingIdentity`, *optional*):
            Name, hash and date of the file, for a recording that was already read; from
            `agir_hf.assessment.identity.identify`. Default: those of the path.
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
    subject = Subject(subject_id, age, sex, height_m)  # checked before anything is read
    prepared = prepare_recording(path, method, name=name, subject=subject, file=file, **reading)
    return assess_prepared(
        prepared,
        model,
        processor,
        norms=norms,
        unaided=unaided,
        on_step=on_step,
        batch_size=batch_size,
    )
