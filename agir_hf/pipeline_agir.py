"""Pipeline "gait-assessment": scores and rationales of motions."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import torch
from transformers.pipelines.base import ChunkPipeline

from .constants_agir import NOTICE
from .humanml3d import FPS
from .processing_agir import vote

TASK = "gait-assessment"
_FURTHER = ("token_probabilities", "probe_probabilities", "candidates")  # a model may lack them
_NO_NUMBERS = (
    "a motion is ragged or has values that are not numbers, expected joints (frames, 22, 3) or "
    "features (frames, 263)"
)


class _TimedJoints(NamedTuple):
    """Joints (T, 22, 3) with their frame rate, an input of the feature extractor."""

    joints: np.ndarray
    rate_hz: float


class GaitAssessmentPipeline(ChunkPipeline):
    """Pipeline that assesses motions, made with `pipeline("gait-assessment", model=…)`.

    A motion that is longer than the model's input is split into windows of nearly equal length,
    whose assessments are combined by `agir_hf.processing_agir.vote`. Research use only, not a
    medical device.

    The model runs on the ``device`` and in the ``dtype`` that are passed to `pipeline`, by default
    on a GPU if there is one and in the format of its files. Its motion tokenizer is in float32 with
    every ``dtype``. Answers of different devices differ by rounding only.

    Example:
        ```python
        >>> import agir_hf
        >>> from transformers import pipeline
        >>> from agir_hf.motion import read_recording, to_joints
        >>> assess = pipeline("gait-assessment", model=agir_hf.DEFAULT_MODEL)
        >>> motion = to_joints(read_recording(agir_hf.SAMPLE_RECORDING))
        >>> result = assess(motion, num_rationales=1)
        >>> result["score"], result["frames"]
        (2, 116)

        ```
    """

    _load_processor = True
    _load_tokenizer = False
    _load_feature_extractor = False
    _load_image_processor = False
    _load_video_processor = False

    def __call__(self, inputs: Any, **kwargs):
        """Assess one motion or several.

        Args:
            inputs: One motion, or a list of them. A motion is joints (T, 22, 3) in metres, Y up, at
                20 frames per second; HumanML3D features (L, 263), not normalized; ``{"joints": …,
                "rate_hz": …}`` or ``{"features": …}``; or an object with ``joints`` and
                ``rate_hz``. Nested lists of numbers are converted to arrays. An array with one
                more axis is a batch of motions. A data set or generator of motions is read lazily.
            kwargs: Options of the pipeline. ``rate_hz``: frame rate of joints that come without
                one; a rate other than 20 raises, because `agir_hf.motion.to_joints` resamples.
                ``text``: instruction with ``<motion>``; the default asks for an assessment.
                ``max_new_tokens``, ``num_rationales``: see
                `AgirForGaitAssessment.generate_assessment`. ``batch_size``: number of motions or
                windows per batch.

        Returns:
            One dictionary per motion, and a list of them for several motions: ``score``,
            ``probabilities``, ``reasoning``, ``uncertain``, ``uncertain_below``, ``alternatives``,
            ``token_probabilities``, ``probe_probabilities``, ``candidates`` (see
            `agir_hf.GaitAssessment`; the reasoning is the model's own text, because the gait is not
            measured here), ``frames`` (number of frames that the model read),
            ``windows`` (number of windows), ``trained_on`` and ``notice``.

        Raises:
            ValueError: An input is not a motion; see `AgirFeatureExtractor.features`. Joints that
                are not of a walking person are refused too, where the package is installed.
            TypeError: A parameter is not supported.
        """
        motions = self.as_motions(inputs)
        if isinstance(motions, list) and not motions:
            return []
        return super().__call__(motions, **kwargs)

    @classmethod
    def as_motions(cls, inputs: Any) -> Any:
        """Convert inputs to arrays: one motion to an array, several motions to a list.

        Args:
            inputs: Inputs as in [`__call__`].

        Raises:
            ValueError: The nested lists of a motion are ragged or have values that are not numbers.
        """
        inputs = _without_tensors(inputs)
        if isinstance(inputs, list):
            array = _as_array(inputs)
            if array is None and _is_frame(inputs[:1]):
                raise ValueError(_NO_NUMBERS)
            if array is None:  # motions of different lengths, or of another type
                return [cls.as_motions(motion) for motion in inputs]
            inputs = array
        if isinstance(inputs, np.ndarray):
            several = inputs.ndim == 4 or (inputs.ndim == 3 and inputs.shape[-1] != 3)
            return list(inputs) if several else inputs
        return inputs

    def _sanitize_parameters(self, **parameters):
        names = ({"rate_hz", "text"}, {"max_new_tokens", "num_rationales"})
        wrong = sorted(parameters.keys() - names[0] - names[1])
        if wrong:
            raise TypeError(
                f"{TASK} has no parameter {', '.join(wrong)}, supported are "
                f"{', '.join(sorted(names[0] | names[1]))}"
            )
        preprocess, forward = (
            {name: value for name, value in parameters.items() if name in group} for group in names
        )
        return preprocess, forward, {}

    def preprocess(
        self, motion: Any, rate_hz: float | None = None, text: str | None = None
    ) -> Iterator[dict]:
        """Prepare the windows of a motion one by one.

        Args:
            motion: One motion as in [`__call__`].
            rate_hz: Frame rate of joints that come without one.
            text: Instruction with ``<motion>``.
        """
        motion = _motion(motion, rate_hz)
        _check_walk(motion)
        windows = self.processor.feature_extractor.windows(motion)
        for number, window in enumerate(windows, start=1):
            inputs = self.processor(motion=window, text=text)
            yield {**inputs, "is_last": number == len(windows)}

    def _forward(self, inputs: dict, **parameters) -> dict:
        is_last = inputs.pop("is_last")
        outputs = self.model.generate_assessment(**inputs, **parameters)
        names = ("sequences", "probabilities", *_FURTHER)
        tensors = {name: outputs[name] for name in names if outputs.get(name) is not None}
        frames = inputs["motion_attention_mask"].sum(1)
        return {**tensors, "frames": frames, "is_last": is_last}

    def postprocess(self, windows: list[dict]) -> dict:
        """Combine the model outputs of the windows of a motion.

        Args:
            windows: Outputs of the windows.
        """
        frames = [int(window["frames"]) for window in windows]
        assessment = vote([self._parse(window) for window in windows], frames)
        result = assessment.to_dict()
        result["probabilities"] = list(assessment.probabilities)
        result["alternatives"] = list(assessment.alternatives)
        result["candidates"] = list(assessment.candidates)
        for name in ("token_probabilities", "probe_probabilities"):
            result[name] = result[name] and list(result[name])
        return result | {
            "frames": sum(frames),
            "windows": len(windows),
            "trained_on": self.model.config.training_data,
            "notice": NOTICE,
        }

    def _parse(self, window: dict):
        """[`GaitAssessment`] of one window, whose values have shape (1, …)."""
        outputs = SimpleNamespace(
            sequences=window["sequences"],
            probabilities=window["probabilities"],
            uncertain_below=self.model.config.uncertain_below,
            **{name: window.get(name) for name in _FURTHER},
        )
        return self.processor.decode_assessments(outputs)[0]

    def save_pretrained(self, save_directory, **kwargs):
        """Save model and processor with their code.

        Args:
            save_directory: Folder to write.
            kwargs: Passed to both ``save_pretrained``.
        """
        self.model.save_pretrained(save_directory, **kwargs)
        self.processor.save_pretrained(save_directory, **kwargs)


def _without_tensors(inputs: Any) -> Any:
    """Convert tensors to arrays, also inside a list, and a tuple of motions to a list."""
    if isinstance(inputs, torch.Tensor):
        tensor = inputs.detach().cpu()
        return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()
    if isinstance(inputs, list | tuple) and not hasattr(inputs, "joints"):
        return [
            _without_tensors(item) if isinstance(item, torch.Tensor) else item for item in inputs
        ]
    return inputs


def _as_array(rows: Any) -> np.ndarray | None:
    """Array of nested lists of numbers with at least two axes, or None for other inputs."""
    try:
        array = np.asarray(rows)
    except ValueError:
        return None
    return array if array.ndim > 1 and array.dtype.kind in "iuf" else None


def _is_frame(rows: list) -> bool:
    """Whether the items of a list are frames, so that it is one motion and not several."""
    try:
        shape = np.shape(rows)
    except ValueError:
        return False
    return len(shape) == 2 or (len(shape) == 3 and shape[2] == 3)


def _motion(item: Any, rate_hz: float | None) -> Any:
    """Motion in a form that `AgirFeatureExtractor.features` supports."""
    if isinstance(item, Mapping):
        kinds, others = item.keys() & {"joints", "features"}, item.keys() - {"rate_hz"}
        if len(kinds) != 1 or others != kinds:
            raise ValueError(
                f"a motion has {', '.join(map(str, item)) or 'no entries'}, expected joints "
                "(and rate_hz, optionally) or features"
            )
        rate_hz = item.get("rate_hz", rate_hz)
        item = item[kinds.pop()]
    if hasattr(item, "joints"):
        return item
    array = _as_array(_without_tensors(item))
    if array is None:
        raise ValueError(_NO_NUMBERS)
    return array if rate_hz is None else _timed(array, rate_hz)


def _check_walk(motion: Any) -> None:
    """Check that joints are of a walking person, as the commands do, if the package is installed.

    Args:
        motion: Motion as `AgirFeatureExtractor.features` supports it. Features are not checked.
    """
    joints = _as_array(getattr(motion, "joints", motion))
    if joints is None or joints.ndim != 3 or joints.shape[1:] != (22, 3) or len(joints) < FPS:
        return
    try:
        recordings = import_module("agir_hf.motion.recording")
        gate = import_module("agir_hf.motion.gate")
        walk_check = import_module("agir_hf.gait.walk_check")
    except ImportError:  # the code of the model without the package
        return
    rate_hz = getattr(motion, "rate_hz", FPS)
    if rate_hz != FPS or not np.isfinite(joints).all():
        return  # the feature extractor says what is wrong
    recording = recordings.JointMotion(joints.astype(np.float32), float(FPS), source="the motion")
    walk_check.measure_walk(gate.check_recording(recording))


def _timed(array: np.ndarray, rate_hz: Any) -> _TimedJoints:
    """Joints with their frame rate, both checked."""
    if array.ndim != 3 or isinstance(rate_hz, bool) or not isinstance(rate_hz, int | float):
        raise ValueError(
            f"rate_hz is {rate_hz!r} for a motion of {array.ndim} axes, expected frames per second "
            "of joints (frames, 22, 3)"
        )
    return _TimedJoints(array, rate_hz)


__all__ = ["NOTICE", "TASK", "GaitAssessmentPipeline"]
