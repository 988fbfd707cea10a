"""Motion in any of its forms → normalised, padded model inputs."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from transformers import BatchFeature, SequenceFeatureExtractor
from transformers.utils import logging

from .configuration_agir import statistics_number
from .humanml3d import FPS, NUM_FEATURES, joints_to_features

logger = logging.get_logger(__name__)


def statistics_fingerprint(mean, std) -> str:
    """Sixteen hex digits that tell one pair of statistics from another (SHA-256 of float32)."""
    values = np.concatenate([np.asarray(mean), np.asarray(std)]).astype("<f4")
    return hashlib.sha256(values.tobytes()).hexdigest()[:16]


class AgirFeatureExtractor(SequenceFeatureExtractor):
    """HumanML3D features of a motion, normalised with the statistics the model was trained on.

    Args:
        mean, std: (263,) statistics. They travel with the model: a model run with others reads
            a different language.
        feature_size: entries of a frame.
        sampling_rate: frames per second.
        downsampling_factor: frames per motion code; motions are cut to whole codes.
        max_frames: longest motion given to the model; of a longer one the first part is taken,
            with a warning. [`windows`] cuts it into parts that the model can read.
    """

    model_input_names = ["motion_values", "motion_attention_mask"]
    _auto_class = "AutoFeatureExtractor"  # its code travels with every saved checkpoint

    def __init__(
        self,
        mean=None,
        std=None,
        feature_size: int = NUM_FEATURES,
        sampling_rate: int = FPS,
        padding_value: float = 0.0,
        downsampling_factor: int = 4,
        max_frames: int = 1200,
        **kwargs,
    ):
        super().__init__(
            feature_size=feature_size,
            sampling_rate=sampling_rate,
            padding_value=padding_value,
            **kwargs,
        )
        self.mean = _statistics("mean", mean, feature_size)
        self.std = _statistics("std", std, feature_size)
        if self.std is not None and min(self.std) <= 0:
            raise ValueError("std has entries of zero or less: expected positive spreads")
        self.downsampling_factor = downsampling_factor
        self.max_frames = max_frames

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path, **kwargs):
        """As transformers' own; in a model's folder, statistics that are not the model's raise.

        Raises:
            ValueError: if ``config.json`` beside it has another fingerprint of the statistics.
        """
        loaded = super().from_pretrained(pretrained_model_name_or_path, **kwargs)
        extractor = loaded[0] if isinstance(loaded, tuple) else loaded
        folder = Path(pretrained_model_name_or_path, kwargs.get("subfolder") or "")
        if (folder / "config.json").is_file():
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            extractor._compare((config.get("vqvae_config") or config).get("statistics_fingerprint"))
        return loaded

    @property
    def statistics_fingerprint(self) -> str | None:
        """Of ``mean`` and ``std``; None where there are none."""
        if self.mean is None or self.std is None:
            return None
        return statistics_fingerprint(self.mean, self.std)

    def check_model(self, model) -> None:
        """See that a model reads features that are normalised as here.

        Args:
            model: [`AgirForGaitAssessment`], [`MotionVQVAE`] or the configuration of one. One
                whose configuration has no ``statistics_fingerprint`` is not checked.

        Raises:
            ValueError: if the model was made with other statistics.
        """
        config = getattr(model, "config", model)
        config = getattr(config, "vqvae_config", config)
        self._compare(getattr(config, "statistics_fingerprint", None))

    def _compare(self, expected: str | None) -> None:
        own = self.statistics_fingerprint
        if expected is not None and own is not None and own != expected:
            raise ValueError(
                f"features are normalised with statistics {own}, the model was made with "
                f"{expected}: use the feature extractor that was saved with the model"
            )

    def normalize(self, features: np.ndarray) -> np.ndarray:
        """(L, 263) features → (L, 263) float32 in units of the training data's spread."""
        self._require_statistics()
        mean, std = np.asarray(self.mean, np.float32), np.asarray(self.std, np.float32)
        return (np.asarray(features, np.float32) - mean) / std

    def denormalize(self, values: np.ndarray) -> np.ndarray:
        """Inverse of [`normalize`]."""
        self._require_statistics()
        mean, std = np.asarray(self.mean, np.float32), np.asarray(self.std, np.float32)
        return np.asarray(values, np.float32) * std + mean

    def features(self, motion: Any) -> np.ndarray:
        """HumanML3D features (L, 263), not normalised, of one motion in any of its forms.

        Args:
            motion: features (L, 263); joints (T, 22, 3) in metres, Y up, at 20 fps; or an object
                with ``joints`` and ``rate_hz``, such as `agir_hf.motion.JointMotion`.

        Raises:
            ValueError: for another shape or rate, values that are not finite, or a motion
                shorter than one code.
        """
        if hasattr(motion, "joints"):
            if not abs(motion.rate_hz - self.sampling_rate) <= 1e-6:  # nor where it is NaN
                raise ValueError(
                    f"motion has {motion.rate_hz:g} frames per second, expected "
                    f"{self.sampling_rate}: resample it with agir_hf.motion.to_joints"
                )
            motion = motion.joints
        array = np.asarray(motion)
        if array.ndim == 3:
            array = joints_to_features(array)
        if array.ndim != 2 or array.shape[1] != self.feature_size:
            raise ValueError(
                f"motion has shape {np.shape(motion)}, expected features (frames, "
                f"{self.feature_size}) or joints (frames, 22, 3)"
            )
        if not np.isfinite(array).all():
            raise ValueError("motion features hold NaN or infinity: fill gaps before")
        if len(array) < self.downsampling_factor:
            raise ValueError(
                f"motion has {len(array)} frames, expected at least {self.downsampling_factor}"
            )
        return array.astype(np.float32)

    def windows(self, motion: Any) -> list[np.ndarray]:
        """A motion of any length in parts of like length that the model can read whole.

        Args:
            motion: as [`features`] takes it.

        Returns:
            Features (L, 263), not normalised, one after the other; a single one where the motion
            is not longer than ``max_frames``.
        """
        features = self.features(motion)
        number = -(-len(features) // self.max_frames)
        return np.array_split(features, number)

    def __call__(self, motion: Any, return_tensors: str | None = None, **kwargs) -> BatchFeature:
        """Prepare one motion, or a list of motions, for the model.

        Returns:
            ``motion_values`` (B, L, 263) normalised and padded behind with zeros,
            ``motion_attention_mask`` (B, L), 1 for frames, and ``motion_statistics`` (B,), by
            which the model knows its own statistics. Lengths are whole codes.
        """
        motions = list(motion) if isinstance(motion, list | tuple) else [motion]
        rows = [self._fit(self.normalize(self.features(one))) for one in motions]
        longest = max(len(row) for row in rows)
        values = np.full(
            (len(rows), longest, self.feature_size), self.padding_value, dtype=np.float32
        )
        mask = np.zeros((len(rows), longest), dtype=np.int64)
        for i, row in enumerate(rows):
            values[i, : len(row)] = row
            mask[i, : len(row)] = 1
        number = statistics_number(self.statistics_fingerprint)
        data = {
            "motion_values": values,
            "motion_attention_mask": mask,
            "motion_statistics": np.full(len(rows), number),
        }
        return BatchFeature(data, tensor_type=return_tensors)

    def _fit(self, row: np.ndarray) -> np.ndarray:
        if len(row) > self.max_frames:
            logger.warning(
                f"motion of {len(row)} frames: the model reads its first {self.max_frames} "
                f"({self.max_frames / self.sampling_rate:g} s)"
            )
        frames = min(len(row), self.max_frames)
        return row[: frames // self.downsampling_factor * self.downsampling_factor]

    def _require_statistics(self) -> None:
        if self.mean is None or self.std is None:
            raise ValueError(
                "this feature extractor has no mean and std: load it with the model "
                "(AgirProcessor.from_pretrained), or give the statistics of the training data"
            )


def _statistics(name: str, values, size: int) -> list[float] | None:
    if values is None:
        return None
    array = np.asarray(values, dtype=np.float64)
    if array.shape != (size,) or not np.isfinite(array).all():
        raise ValueError(f"{name} has shape {array.shape}, expected ({size},) finite numbers")
    return array.tolist()


__all__ = ["AgirFeatureExtractor", "statistics_fingerprint"]
