"""Reasons why the score of a walk is uncertain.

The score itself does not change. Reasons that need limits (`AgirConfig.uncertainty`) or the
parameter forest do not occur for a model without them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from .messages import low_probability_text, one_line

if TYPE_CHECKING:
    import numpy as np

    from ..gait import GaitMeasurement
    from ..modeling_agir import AgirForGaitAssessment
    from ..processing_agir import AgirProcessor, GaitAssessment
    from .parameter_forest import ParameterForest, Parameters
    from .prepared import PreparedRecording

FEWEST_STRIDES_FOR_SCORE = 2  # with fewer the score is withheld, see `trust`
FEWEST_STRIDES = 4  # so that variability can be measured (`FEWEST_FOR_SPREAD`)
FEWEST_PARAMETERS = 20  # of 38; a short walk of a whole body has 31
LARGEST_SHARE = 0.5  # of the recording in pauses
LARGEST_BACKWARD_SHARE = 0.25  # of the recording; a turn has a short part
YOUNGEST_ADULT = 20  # years; no norm applies below
SHORTEST_ADULT_LEG_M = 0.65  # thigh and shank of an adult of 1.33 m


@dataclass(frozen=True)
class Reason:
    """Reason why a score is uncertain.

    Attributes:
        name (`str`):
            Name for programs, such as `"low_probability"`.
        text (`str`):
            The reason as a phrase, with the values that it is based on.
    """

    name: str
    text: str


@dataclass(frozen=True)
class Uncertainty:
    """Reasons why the score of a walk is uncertain, from [`assess_uncertainty`].

    Attributes:
        reasons (`tuple[Reason, ...]`):
            The reasons; empty if the score is not uncertain.

    Example:
        ```python
        >>> from agir_hf.assessment import Reason, Uncertainty
        >>> uncertainty = Uncertainty((Reason("below_20_years", "the person is 9 years old"),))
        >>> uncertainty.uncertain, Uncertainty().uncertain
        (True, False)

        ```
    """

    reasons: tuple[Reason, ...] = ()

    @property
    def uncertain(self) -> bool:
        """Whether there is a reason."""
        return bool(self.reasons)

    def as_json(self) -> dict:
        """Return `uncertain` and `uncertain_reasons` (a list of name and text) for JSON."""
        reasons = [asdict(reason) for reason in self.reasons]
        return {"uncertain": self.uncertain, "uncertain_reasons": reasons}


def assess_uncertainty(
    assessment: GaitAssessment,
    prepared: PreparedRecording,
    model: AgirForGaitAssessment,
    processor: AgirProcessor,
    forest: ParameterForest | None = None,
    age: float | None = None,
) -> Uncertainty:
    """Collect the reasons why the score of a walk is uncertain.

    The reasons are a low probability; a disagreement of score tokens, probe and parameter forest;
    a motion unlike the training walks; too little measured gait, no walk or a walk backwards; and a
    person who is no adult. The limits of disagreement and of motions are those of
    `model.config.uncertainty`.

    Args:
        assessment ([`~agir_hf.GaitAssessment`]):
            Score and probabilities of the walk.
        prepared ([`PreparedRecording`]):
            The recording, from [`prepare_recording`].
        model ([`~agir_hf.AgirForGaitAssessment`]):
            Model that gave the score.
        processor ([`~agir_hf.AgirProcessor`]):
            Processor of the model.
        forest ([`ParameterForest`], *optional*):
            Parameter forest of the model, from [`load_parameter_forest`].
        age (`float`, *optional*):
            Age of the person in years. Default: the size of the body is checked instead.

    Returns:
        [`Uncertainty`]: The reasons, each with a name and a text.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.assessment import assess_recording, assess_uncertainty, load_model
        >>> model, processor = load_model()
        >>> walk = assess_recording(agir_hf.SAMPLE_RECORDING, model, processor)
        >>> uncertainty = assess_uncertainty(
        ...     walk.assessment, walk.prepared, model, processor, age=9
        ... )
        >>> uncertainty.reasons[-1].text
        'the person is 9 years old, the score is for adults of at least 20 years'

        ```
    """
    limits = model.config.uncertainty or {}
    measured = prepared.measured
    reasons = []
    if assessment.uncertain:
        reasons.append(Reason("low_probability", low_probability_text(assessment)))
    reasons += disagreement_reasons(assessment, measured, forest, limits.get("disagreement"))
    reasons += motion_reasons(prepared.motion, model, processor, forest)
    reasons += measurement_reasons(measured)
    reasons += person_reasons(prepared.motion.joints, age)
    return Uncertainty(tuple(reasons))


def expected_scores(
    assessment: GaitAssessment, parameters: Parameters, forest: ParameterForest | None
) -> dict[str, float]:
    """Return the expected scores from score tokens, probe and parameter forest.

    Args:
        assessment: Score and probabilities of the walk.
        parameters: Measured gait parameters of the walk, name → value; empty if not measured.
        forest: Parameter forest of the model, or None.

    Returns:
        Name of the source → expected score from 0 to 2, for the sources that there are.
    """
    rows = {"score tokens": assessment.token_probabilities, "probe": assessment.probe_probabilities}
    if forest is not None and parameters:
        rows["parameter forest"] = forest([parameters])[0]
    return {
        name: float(sum(score * p for score, p in enumerate(row)))
        for name, row in rows.items()
        if row is not None
    }


def disagreement_reasons(
    assessment: GaitAssessment,
    measured: GaitMeasurement | Exception,
    forest: ParameterForest | None,
    limit: float | None,
) -> list[Reason]:
    """Return a reason if score tokens, probe and parameter forest disagree.

    Args:
        assessment: Score and probabilities of the walk.
        measured: Measured gait, or the error that says why it could not be measured.
        forest: Parameter forest of the model, or None.
        limit: Largest difference of two expected scores. None gives no reason.
    """
    rows = getattr(measured, "parameters", {})
    parameters = {name: row.value for name, row in rows.items()}
    scores = expected_scores(assessment, parameters, forest)
    if limit is None or len(scores) < 2 or max(scores.values()) - min(scores.values()) <= limit:
        return []
    listed = ", ".join(f"{name} {score:.1f}" for name, score in scores.items())
    text = f"the expected scores differ by more than {limit:.1f}: {listed}"
    return [Reason("disagreement", text)]


def motion_reasons(motion, model, processor, forest: ParameterForest | None) -> list[Reason]:
    """Return the reasons why a motion is unlike the training walks.

    Args:
        motion: Joints of the recording at 20 frames per second.
        model: Model with limits in its configuration.
        processor: Processor of the model.
        forest: Parameter forest with the distance from the training walks, or None.
    """
    limits = model.config.uncertainty or {}
    error_limit, distance_limit = map(limits.get, ("velocity_error_m_per_s", "feature_distance"))
    if error_limit is None and distance_limit is None:
        return []
    error, distance = motion_distances(motion, model, processor, forest)
    reasons = []
    if error_limit is not None and error > error_limit:
        text = (
            f"the motion is unlike the training walks: the motion tokenizer reconstructs the "
            f"velocities of the joints with an error of {error:.2f} m/s, the limit is "
            f"{error_limit:.2f} m/s"
        )
        reasons.append(Reason("not_reconstructed", text))
    if distance_limit is not None and distance is not None and distance > distance_limit:
        text = (
            f"the motion is unlike the training walks: its features are {distance:.1f} standard "
            f"deviations from theirs, the limit is {distance_limit:.1f}"
        )
        reasons.append(Reason("unusual_features", text))
    return reasons


def motion_distances(
    motion, model, processor, forest: ParameterForest | None, batch_size: int = 32
) -> tuple[float, float | None]:
    """Return how far a motion is from the training walks, the largest values of its windows.

    Args:
        motion: A motion, as for `AgirFeatureExtractor.windows`.
        model: Model with the motion VQ-VAE, which runs on the device of the model.
        processor: Processor of the model.
        forest: Parameter forest with the distance from the training walks, or None.
        batch_size: Windows that the VQ-VAE reconstructs at the same time.

    Returns:
        Error of the reconstructed joint velocities in m/s, and distance of the features in
        standard deviations (None without a forest).
    """
    from .feature_distance import velocity_errors

    extractor = processor.feature_extractor
    windows = [
        extractor([window], return_tensors="np")["motion_values"][0]
        for window in extractor.windows(motion)
    ]
    starts = range(0, len(windows), batch_size)
    batches = (windows[start : start + batch_size] for start in starts)
    error = max(max(velocity_errors(batch, model, extractor)) for batch in batches)
    if forest is None or forest.distance is None:
        return error, None
    return error, max(map(forest.distance, windows))


def measurement_reasons(measured: GaitMeasurement | Exception) -> list[Reason]:
    """Return the reasons that are about the measured gait: no walk, or too little of it.

    Args:
        measured: Measured gait, or the error that says why it could not be measured.
    """
    from ..gait.parameters import PARAMETER_NAMES
    from ..gait.whole_walk import backward_share, pause_share

    if isinstance(measured, Exception):
        return [Reason("not_measured", f"gait could not be measured: {one_line(measured)}")]
    signals, reasons = measured.signals, []
    backward, pauses = backward_share(signals), pause_share(signals)
    if backward > LARGEST_BACKWARD_SHARE:
        text = f"the person moves backwards in {backward:.0%} of the recording"
        reasons.append(Reason("walks_backwards", text))
    if not signals.steps:
        why = signals.phases.no_steps or measured.absent["cadence_steps_per_min"]
        return [*reasons, Reason("no_steps", f"no step was measured: {why}")]
    if pauses > LARGEST_SHARE:
        text = f"the person takes no step in {pauses:.0%} of the recording"
        reasons.append(Reason("pauses", text))
    strides = len(signals.strides)
    if strides < FEWEST_STRIDES:
        too_few = strides < FEWEST_STRIDES_FOR_SCORE
        text = (
            f"complete strides of straight walking that were measured: {strides}, expected at "
            f"least {FEWEST_STRIDES_FOR_SCORE if too_few else FEWEST_STRIDES}"
        )
        reasons.append(Reason("too_few_strides" if too_few else "few_strides", text))
    if len(measured.parameters) < FEWEST_PARAMETERS:
        text = (
            f"{len(measured.parameters)} of {len(PARAMETER_NAMES)} gait parameters could be "
            f"measured, expected at least {FEWEST_PARAMETERS}"
        )
        reasons.append(Reason("few_parameters", text))
    return reasons


def person_reasons(joints: np.ndarray, age: float | None) -> list[Reason]:
    """Return a reason if the person is no adult, by age or else by the length of the legs.

    Args:
        joints: Joints (T, 22, 3) in metres.
        age: Age in years, or None.
    """
    from ..gait.whole_walk import leg_length_m

    if age is not None:
        text = f"the person is {age:g} years old, the score is for adults of at least"
        young = Reason("below_20_years", f"{text} {YOUNGEST_ADULT} years")
        return [young] if age < YOUNGEST_ADULT else []
    length_m = leg_length_m(joints)
    if length_m >= SHORTEST_ADULT_LEG_M:
        return []
    text = (
        f"the person has the height of a child, or the unit of length is wrong: the legs are "
        f"{length_m:.2f} m long without the feet, those of an adult at least "
        f"{SHORTEST_ADULT_LEG_M:.2f} m; pass the age of a short adult"
    )
    return [Reason("height_of_a_child", text)]
