"""Motions as normalized features: the part of the feature extractor without transformers."""

import hashlib
import logging
from typing import Any

import numpy as np

from .alignment_agir import aligned_features
from .humanml3d import FPS, JOINT_NAMES, NUM_FEATURES, joints_to_features
from .settings_agir import statistics_number

logger = logging.getLogger(__name__)


def statistics_fingerprint(mean, std) -> str:
    """Fingerprint of normalization statistics: 16 hexadecimal digits of a SHA-256 hash.

    Args:
        mean: (263,) means of the features.
        std: (263,) standard deviations of the features.
    """
    values = np.concatenate([np.asarray(mean), np.asarray(std)]).astype("<f4")
    return hashlib.sha256(values.tobytes()).hexdigest()[:16]


class MotionFeatures:
    """Base class of feature extractors; `AgirFeatureExtractor` describes its arguments.

    The next class in the order of inheritance gets `feature_size`, `sampling_rate`,
    `padding_value` and `kwargs`, and sets them as attributes.
    """

    def __init__(
        self,
        mean=None,
        std=None,
        feature_size: int = NUM_FEATURES,
        sampling_rate: int = FPS,
        padding_value: float = 0.0,
        downsampling_factor: int = 4,
        max_frames: int = 1200,
        align_conventions: bool = False,
        joints_from: str | None = None,
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
            raise ValueError("std has entries of zero or less: pass positive standard deviations")
        self.downsampling_factor = downsampling_factor
        self.max_frames = max_frames
        self.align_conventions = align_conventions
        self.joints_from = joints_from

    @property
    def statistics_fingerprint(self) -> str | None:
        """Fingerprint of ``mean`` and ``std``; None without statistics."""
        if self.mean is None or self.std is None:
            return None
        return statistics_fingerprint(self.mean, self.std)

    def check_model(self, model) -> None:
        """Check that a model was trained with the statistics of this extractor.

        Args:
            model: [`AgirForGaitAssessment`], [`MotionVQVAE`] or the configuration of one of them.
                A model without ``statistics_fingerprint`` in its configuration is not checked.

        Raises:
            ValueError: The model was trained with other statistics.
        """
        config = getattr(model, "config", model)
        config = getattr(config, "vqvae_config", config)
        self._compare(getattr(config, "statistics_fingerprint", None))

    def _compare(self, expected: str | None) -> None:
        """Raise a ValueError if both fingerprints exist and differ."""
        own = self.statistics_fingerprint
        if expected is not None and own is not None and own != expected:
            raise ValueError(
                f"features are normalized with statistics {own}, the model was trained "
                f"with {expected}: use the feature extractor that was saved with the model"
            )

    def normalize(self, features: np.ndarray) -> np.ndarray:
        """Normalize features with the mean and standard deviation of the training data.

        Args:
            features (`np.ndarray` of shape `(L, 263)`):
                HumanML3D features, as [`features`] returns them.

        Returns:
            `np.ndarray` of shape `(L, 263)`: float32, (features - mean) / std.

        Raises:
            ValueError: The extractor has no statistics.

        Example:
            ```python
            >>> import numpy as np
            >>> import agir_hf
            >>> extractor = agir_hf.AgirFeatureExtractor.from_pretrained(agir_hf.DEFAULT_MODEL)
            >>> mean = np.array([extractor.mean])
            >>> float(np.abs(extractor.normalize(mean)).max())
            0.0

            ```
        """
        self._require_statistics()
        mean, std = np.asarray(self.mean, np.float32), np.asarray(self.std, np.float32)
        return (np.asarray(features, np.float32) - mean) / std

    def denormalize(self, values: np.ndarray) -> np.ndarray:
        """Inverse of [`normalize`].

        Args:
            values: (L, 263) normalized features.

        Returns:
            (L, 263) float32 features.

        Raises:
            ValueError: The extractor has no statistics.
        """
        self._require_statistics()
        mean, std = np.asarray(self.mean, np.float32), np.asarray(self.std, np.float32)
        return np.asarray(values, np.float32) * std + mean

    def features(self, motion: Any) -> np.ndarray:
        """Compute the HumanML3D features of one motion, not normalized.

        Args:
            motion (`np.ndarray` or object with `joints` and `rate_hz`):
                Features (L, 263); joints (T, 22, 3) in metres, Y up, at 20 frames per second; or an
                object with such `joints` and its `rate_hz`, as `agir_hf.motion.JointMotion`.

        Returns:
            `np.ndarray` of shape `(L, 263)`: float32 features; L is T - 1 for T frames of joints.

        Raises:
            ValueError: The shape or frame rate is wrong, values are not finite, or the motion is
                shorter than one code.

        Example:
            ```python
            >>> import agir_hf
            >>> from agir_hf.motion import read_recording, to_joints
            >>> extractor = agir_hf.AgirFeatureExtractor.from_pretrained(agir_hf.DEFAULT_MODEL)
            >>> motion = to_joints(read_recording(agir_hf.SAMPLE_RECORDING))
            >>> extractor.features(motion).shape
            (119, 263)

            ```
        """
        if hasattr(motion, "joints"):
            if not abs(motion.rate_hz - self.sampling_rate) <= 1e-6:  # also true for NaN
                raise ValueError(
                    f"motion has {motion.rate_hz:g} frames per second, expected "
                    f"{self.sampling_rate}: resample it with agir_hf.motion.to_joints"
                )
            motion = motion.joints
        array = np.asarray(motion)
        if array.ndim == 3:
            array = self._of_joints(array)
        if array.ndim != 2 or array.shape[1] != self.feature_size:
            raise ValueError(
                f"motion has shape {np.shape(motion)}, expected features (frames, "
                f"{self.feature_size}) or joints (frames, 22, 3)"
            )
        if not np.isfinite(array).all():
            raise ValueError("motion features have NaN or infinite values: fill the gaps first")
        if len(array) < self.downsampling_factor:
            raise ValueError(
                f"motion has {len(array)} frames, expected at least {self.downsampling_factor}: "
                "use a longer motion"
            )
        return array.astype(np.float32)

    def _of_joints(self, joints: np.ndarray) -> np.ndarray:
        """Features of joints, aligned if the extractor aligns conventions."""
        valid = joints.shape[1:] == (len(JOINT_NAMES), 3) and np.isfinite(joints).all()
        if self.align_conventions and valid:
            return aligned_features(joints)
        return joints_to_features(joints)

    def windows(self, motion: Any) -> list[np.ndarray]:
        """Split a motion of any length into windows of at most ``max_frames`` frames.

        Args:
            motion: A motion as in [`features`].

        Returns:
            List of (L, 263) features, not normalized, in order of time. Lengths differ by at most
            one frame. A motion of at most ``max_frames`` frames gives one window.
        """
        features = self.features(motion)
        num_windows = -(-len(features) // self.max_frames)
        return np.array_split(features, num_windows)

    def _model_inputs(self, motion: Any) -> dict[str, np.ndarray]:
        """Padded inputs of one motion or a list of motions; see `AgirFeatureExtractor`."""
        motions = list(motion) if isinstance(motion, list | tuple) else [motion]
        rows = [self._truncated(self.normalize(self.features(item))) for item in motions]
        longest = max(len(row) for row in rows)
        values = np.full(
            (len(rows), longest, self.feature_size), self.padding_value, dtype=np.float32
        )
        mask = np.zeros((len(rows), longest), dtype=np.int64)
        for i, row in enumerate(rows):
            values[i, : len(row)] = row
            mask[i, : len(row)] = 1
        fingerprint = statistics_number(self.statistics_fingerprint)
        return {
            "motion_values": values,
            "motion_attention_mask": mask,
            "motion_statistics": np.full(len(rows), fingerprint),
        }

    def _truncated(self, row: np.ndarray) -> np.ndarray:
        """Features cut to ``max_frames`` and to a multiple of ``downsampling_factor``."""
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
                "(AgirProcessor.from_pretrained), or pass the statistics of the training data"
            )


def _statistics(name: str, values, size: int) -> list[float] | None:
    if values is None:
        return None
    array = np.asarray(values, dtype=np.float64)
    if array.shape != (size,) or not np.isfinite(array).all():
        raise ValueError(f"{name} has shape {array.shape}, expected ({size},) finite numbers")
    return array.tolist()


__all__ = ["MotionFeatures", "statistics_fingerprint"]
