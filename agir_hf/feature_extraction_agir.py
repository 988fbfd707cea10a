"""Motions (joints or features) → normalized, padded model inputs."""

import json
from pathlib import Path
from typing import Any

from transformers import BatchFeature, SequenceFeatureExtractor

from .features_agir import MotionFeatures, statistics_fingerprint


class AgirFeatureExtractor(MotionFeatures, SequenceFeatureExtractor):
    """Feature extractor: motions → normalized HumanML3D features with padding and mask.

    A motion is an array of joints or of features (see [`features`]). Mean and standard deviation
    are part of the checkpoint, because a model needs features normalized as in its training. The
    fingerprints of the statistics of model and extractor are compared.

    Args:
        mean (`np.ndarray` of shape `(263,)`, *optional*):
            Means of the features in the training data. Without statistics only [`features`] and
            [`windows`] work.
        std (`np.ndarray` of shape `(263,)`, *optional*):
            Standard deviations of the features in the training data.
        feature_size (`int`, *optional*, defaults to 263):
            Number of features per frame.
        sampling_rate (`int`, *optional*, defaults to 20):
            Frames per second.
        padding_value (`float`, *optional*, defaults to 0.0):
            Value of the padding.
        downsampling_factor (`int`, *optional*, defaults to 4):
            Frames per motion code; motions are cut to a multiple of it.
        max_frames (`int`, *optional*, defaults to 1200):
            Largest number of frames of a motion. A longer motion is cut, with a warning;
            [`windows`] splits it instead.
        align_conventions (`bool`, *optional*, defaults to `False`):
            Whether the trunk of joints is aligned to a reference skeleton before features are
            computed from them, as in the corpora of `agir corpus build`; see
            `agir_hf.alignment_agir`. Features are never changed.
        joints_from (`str`, *optional*):
            How the markers of the training data became joints: "body" (a fitted body) or "centres"
            (anatomical regression). `None` if there were no markers or it is not known. It changes
            nothing; `agir assess` warns if its method is another.
        kwargs:
            Passed to [`~transformers.SequenceFeatureExtractor`].

    Example:
        ```python
        >>> import numpy as np
        >>> import agir_hf
        >>> extractor = agir_hf.AgirFeatureExtractor.from_pretrained(agir_hf.DEFAULT_MODEL)
        >>> batch = extractor([np.zeros((42, 263)), np.zeros((20, 263))], return_tensors="pt")
        >>> batch["motion_values"].shape, batch["motion_attention_mask"].sum(1)
        (torch.Size([2, 40, 263]), tensor([40, 20]))

        ```
    """

    model_input_names = ["motion_values", "motion_attention_mask"]
    _auto_class = "AutoFeatureExtractor"  # its code is saved with every checkpoint

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path, **kwargs):
        """Load a feature extractor and compare its statistics with the model in the same folder.

        Args:
            pretrained_model_name_or_path: Name on the Hub or path of a folder.
            kwargs: Passed to [`~transformers.SequenceFeatureExtractor.from_pretrained`].

        Raises:
            ValueError: ``config.json`` in the same folder has another fingerprint.
        """
        loaded = super().from_pretrained(pretrained_model_name_or_path, **kwargs)
        extractor = loaded[0] if isinstance(loaded, tuple) else loaded
        folder = Path(pretrained_model_name_or_path, kwargs.get("subfolder") or "")
        if (folder / "config.json").is_file():
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            extractor._compare((config.get("vqvae_config") or config).get("statistics_fingerprint"))
        return loaded

    def __call__(self, motion: Any, return_tensors: str | None = None, **kwargs) -> BatchFeature:
        """Prepare one motion, or a list of motions, for the model.

        Args:
            motion: A motion as in [`features`], or a list of them.
            return_tensors: "pt" for tensors, "np" for arrays.
            kwargs: Ignored.

        Returns:
            [`~transformers.BatchFeature`]: ``motion_values`` (B, L, 263) normalized, with zeros as
            padding at the end; ``motion_attention_mask`` (B, L), 1 for frames and 0 for padding;
            and ``motion_statistics`` (B,) int64, the fingerprint of mean and standard deviation
            (`statistics_number`), which the model compares with its own. Lengths are multiples of
            ``downsampling_factor``.
        """
        return BatchFeature(self._model_inputs(motion), tensor_type=return_tensors)


__all__ = ["AgirFeatureExtractor", "statistics_fingerprint"]
