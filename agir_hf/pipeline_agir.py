"""The pipeline "gait-assessment": a motion in, a score with its reasons out."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from transformers.pipelines.base import ChunkPipeline

from .constants_agir import NOTICE
from .processing_agir import vote

TASK = "gait-assessment"
_NO_NUMBERS = (
    "a motion is ragged or holds what is no number, expected joints (frames, 22, 3) or features "
    "(frames, 263)"
)


class _TimedJoints(NamedTuple):
    """Joints (T, 22, 3) with their rate, as the feature extractor asks for them."""

    joints: np.ndarray
    rate_hz: float


class GaitAssessmentPipeline(ChunkPipeline):
    """Assesses motions; ``pipeline("gait-assessment", model=…)`` makes one.

    A motion that is longer than the model reads at once is cut into windows of like length, whose
    answers are joined by `agir_hf.processing_agir.vote`. Research use only, not a medical device.
    """

    _load_processor = True
    _load_tokenizer = False
    _load_feature_extractor = False
    _load_image_processor = False
    _load_video_processor = False

    def __call__(self, inputs: Any, **kwargs):
        """Assess one motion or several.

        Args:
            inputs: one motion, or a list of them. A motion is joints (T, 22, 3) in metres, Y up,
                at 20 fps; HumanML3D features (L, 263), not normalised; ``{"joints": …,
                "rate_hz": …}`` or ``{"features": …}``; or an object with ``joints`` and
                ``rate_hz``. Nested lists of numbers count as arrays, an array with one axis more
                than a motion as a list of motions. A data set or generator of motions is read as
                it goes.
            rate_hz: frames per second of joints that do not tell; another rate than 20 raises:
                `agir_hf.motion.to_joints` resamples.
            text: instruction with ``<motion>`` in it; by default the processor's own.
            max_new_tokens, num_rationales: see `AgirForGaitAssessment.generate_assessment`.
            batch_size: motions, or windows of them, that the model reads at once.

        Returns:
            For each motion a dictionary of plain values: ``score``, ``probabilities``,
            ``reasoning``, ``uncertain``, ``uncertain_below``, ``alternatives`` (see
            `agir_hf.processing_agir.GaitAssessment`), ``frames`` that the model read,
            ``windows``, ``trained_on`` and ``notice``. A list of them for several motions.

        Raises:
            ValueError: for what is no motion; see `AgirFeatureExtractor.features`.
            TypeError: for a parameter that is not known.
        """
        motions = self.as_motions(inputs)
        if isinstance(motions, list) and not motions:
            return []
        return super().__call__(motions, **kwargs)

    @classmethod
    def as_motions(cls, given: Any) -> Any:
        """Inputs as arrays: a motion as it is, several as a list.

        Raises:
            ValueError: for the nested lists of one motion that are no array of numbers.
        """
        given = _plain(given)
        if isinstance(given, list):
            array = _as_array(given)
            if array is None and _is_frame(given[:1]):
                raise ValueError(_NO_NUMBERS)
            if array is None:  # several of different lengths, or in another form
                return [cls.as_motions(one) for one in given]
            given = array
        if isinstance(given, np.ndarray):
            several = given.ndim == 4 or (given.ndim == 3 and given.shape[-1] != 3)
            return list(given) if several else given
        return given

    def _sanitize_parameters(self, **parameters):
        known = ({"rate_hz", "text"}, {"max_new_tokens", "num_rationales"})
        wrong = sorted(parameters.keys() - known[0] - known[1])
        if wrong:
            raise TypeError(
                f"{TASK} has no parameter {', '.join(wrong)}, expected some of "
                f"{', '.join(sorted(known[0] | known[1]))}"
            )
        before, during = ({k: v for k, v in parameters.items() if k in names} for names in known)
        return before, during, {}

    def preprocess(
        self, motion: Any, rate_hz: float | None = None, text: str | None = None
    ) -> Iterator[dict]:
        """Model inputs of the windows of a motion, one after the other."""
        windows = self.processor.feature_extractor.windows(_motion(motion, rate_hz))
        for number, window in enumerate(windows, start=1):
            inputs = self.processor(motion=window, text=text)
            yield {**inputs, "is_last": number == len(windows)}

    def _forward(self, inputs: dict, **parameters) -> dict:
        is_last = inputs.pop("is_last")
        outputs = self.model.generate_assessment(**inputs, **parameters)
        return {
            "sequences": outputs.sequences,
            "probabilities": outputs.probabilities,
            "frames": inputs["motion_attention_mask"].sum(1),
            "is_last": is_last,
        }

    def postprocess(self, windows: list[dict]) -> dict:
        """The assessment of a motion of what the model gave for its windows."""
        frames = [int(one["frames"]) for one in windows]
        assessment = vote([self._read(one) for one in windows], frames)
        told = assessment.to_dict()
        told["probabilities"] = list(assessment.probabilities)
        told["alternatives"] = list(assessment.alternatives)
        return told | {
            "frames": sum(frames),
            "windows": len(windows),
            "trained_on": self.model.config.training_data,
            "notice": NOTICE,
        }

    def _read(self, window: dict):
        """[`GaitAssessment`] of one window, whose values are (1, …)."""
        level = self.model.config.uncertain_below
        ids, probabilities = window["sequences"][0].tolist(), window["probabilities"][0].tolist()
        return self.processor.parse_assessment(ids, probabilities, level)

    def save_pretrained(self, save_directory, **kwargs):
        """Model and processor, with the code they need."""
        self.model.save_pretrained(save_directory, **kwargs)
        self.processor.save_pretrained(save_directory, **kwargs)


def _plain(given: Any) -> Any:
    """Tensors as arrays, also in a list; a tuple that is no motion as a list."""
    if isinstance(given, torch.Tensor):
        return given.detach().cpu().numpy()
    if isinstance(given, list | tuple) and not hasattr(given, "joints"):
        return [_plain(one) if isinstance(one, torch.Tensor) else one for one in given]
    return given


def _as_array(rows: Any) -> np.ndarray | None:
    """Nested lists as an array of numbers with at least two axes, or None where they are none."""
    try:
        array = np.asarray(rows)
    except ValueError:
        return None
    return array if array.ndim > 1 and array.dtype.kind in "iuf" else None


def _is_frame(rows: list) -> bool:
    """Whether a list begins with a frame of one motion, not with a motion of several."""
    try:
        shape = np.shape(rows)
    except ValueError:
        return False
    return len(shape) == 2 or (len(shape) == 3 and shape[2] == 3)


def _motion(given: Any, rate_hz: float | None) -> Any:
    """A motion as `AgirFeatureExtractor.features` takes it."""
    if isinstance(given, Mapping):
        kinds, others = given.keys() & {"joints", "features"}, given.keys() - {"rate_hz"}
        if len(kinds) != 1 or others != kinds:
            raise ValueError(
                f"a motion came with {', '.join(map(str, given)) or 'nothing'}, expected joints "
                "(with rate_hz, if you will) or features"
            )
        rate_hz = given.get("rate_hz", rate_hz)
        given = given[kinds.pop()]
    if hasattr(given, "joints"):
        return given
    array = _as_array(_plain(given))
    if array is None:
        raise ValueError(_NO_NUMBERS)
    return array if rate_hz is None else _timed(array, rate_hz)


def _timed(array: np.ndarray, rate_hz: Any) -> _TimedJoints:
    if array.ndim != 3 or isinstance(rate_hz, bool) or not isinstance(rate_hz, int | float):
        raise ValueError(
            f"rate_hz is {rate_hz!r} for a motion of {array.ndim} axes, expected frames per second "
            "of joints (frames, 22, 3)"
        )
    return _TimedJoints(array, rate_hz)


__all__ = ["NOTICE", "TASK", "GaitAssessmentPipeline"]
