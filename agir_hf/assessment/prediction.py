"""Run the model on several motions in batches: `predict`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..utils.devices import explain_memory_errors

if TYPE_CHECKING:
    import numpy as np

    from ..answers_agir import GaitAssessment
    from ..modeling_agir import AgirForGaitAssessment
    from ..processing_agir import AgirProcessor

BATCH_SIZE = 8  # windows; each is one input of the model, of up to one minute


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a model answers to a motion.

    Attributes:
        assessment: Score, probabilities and texts, over all windows of the motion.
        windows: Number of windows in which the model read the motion.
        frames: Number of feature frames that the model read, over all windows.
    """

    assessment: GaitAssessment
    windows: int
    frames: int


@dataclass
class _Motion:
    """A motion whose windows are being assessed; or the error that it caused."""

    number: int = 0  # of windows
    error: ValueError | None = None

    def __post_init__(self):
        self.assessments: list[GaitAssessment] = []
        self.frames: list[int] = []

    @property
    def complete(self) -> bool:
        return self.error is not None or len(self.frames) == self.number

    def result(self) -> Prediction | ValueError:
        from ..answers_agir import vote

        if self.error is not None:
            return self.error
        assessment = vote(self.assessments, self.frames)
        return Prediction(assessment, self.number, sum(self.frames))


def predict(
    motions: Iterable[Any],
    model: AgirForGaitAssessment,
    processor: AgirProcessor,
    batch_size: int = BATCH_SIZE,
) -> Iterator[Prediction | ValueError]:
    """Assess motions in batches of windows, on the device of the model.

    A motion that is longer than the input of the model is cut into windows, whose answers are
    combined by `agir_hf.answers_agir.vote`. The other motions of a batch and the device change
    the answer to a motion by rounding only. Texts are the same up to the first token at which two
    scores are equal within this rounding.

    Args:
        motions: Motions, as for `AgirFeatureExtractor.features`. They are read as they are needed.
        model: Model in evaluation mode, on any device.
        processor: Processor of the model.
        batch_size: Number of windows in a batch.

    Yields:
        For each motion, in order, its prediction, or the error that says why there is none.

    Raises:
        DeviceMemoryError: A batch needs too much memory; the message names the options to change.
    """
    waiting: list[_Motion] = []
    batch: list[tuple[_Motion, np.ndarray]] = []
    for motion in motions:
        try:
            windows = processor.feature_extractor.windows(motion)
        except ValueError as error:
            waiting.append(_Motion(error=error))
            windows = []
        else:
            waiting.append(_Motion(len(windows)))
        for window in windows:
            batch.append((waiting[-1], window))
            if len(batch) == batch_size:
                _assess(batch, model, processor)
                batch = []
        while waiting and waiting[0].complete:
            yield waiting.pop(0).result()
    if batch:
        _assess(batch, model, processor)
    for motion in waiting:
        yield motion.result()


def _assess(batch: list[tuple[_Motion, np.ndarray]], model, processor) -> None:
    """Assess a batch of windows, and give each answer to the motion of its window."""
    inputs = processor(motion=[window for _, window in batch])
    frames = inputs["motion_attention_mask"].sum(1).tolist()
    with explain_memory_errors(model.device, len(batch)):
        outputs = model.generate_assessment(**inputs.to(model.device))
    for row, ((motion, _), length) in enumerate(zip(batch, frames, strict=True)):
        motion.frames.append(length)
        try:
            motion.assessments.append(processor.decode_assessments(_row(outputs, row))[0])
        except ValueError as error:  # this answer has not the format of an assessment
            motion.error = error


def _row(outputs, row: int):
    """Outputs of one window of a batch."""
    parts = {
        name: value[row : row + 1] if hasattr(value, "shape") else value
        for name, value in outputs.items()
    }
    return type(outputs)(**parts)
