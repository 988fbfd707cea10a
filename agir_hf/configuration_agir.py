"""Configurations of the motion VQ-VAE and of the AGIR model for transformers.

Settings, their checks and the added tokens are in `settings_agir`, which needs no transformers.
"""

from typing import Any

from transformers import PreTrainedConfig, T5Config
from transformers.utils import TRANSFORMERS_DYNAMIC_MODULE_NAME

from .constants_agir import NUM_SCORES
from .settings_agir import (
    FORMAT_VERSION,
    MORE_SCORES_FORMAT_VERSION,
    NUM_MOTION_SPECIAL_TOKENS,
    REASONING_END,
    REASONING_START,
    SCORE_END,
    SCORE_START,
    T5_PADDED_VOCABULARY_SIZE,
    T5_SIZES,
    T5_VOCABULARY_SIZE,
    UNCERTAINTY_LIMITS,
    VQVAE_SIZES,
    AgirSettings,
    VQVAESettings,
    added_tokens,
    answer_tokens,
    check_format,
    check_num_scores,
    check_sizes,
    motion_token,
    score_tokens,
    statistics_number,
)

_REMOTE_CODE = __name__.partition(".")[0] == TRANSFORMERS_DYNAMIC_MODULE_NAME


class _SavedConfig(PreTrainedConfig):
    """Configuration that refuses other kinds of models and newer checkpoint formats.

    Args:
        format_version: Format of the checkpoint; checkpoints without the entry have format 1.
    """

    format_version: int = FORMAT_VERSION

    @classmethod
    def from_dict(cls, config_dict: dict[str, Any], **kwargs):
        """Create the configuration from the content of a ``config.json``.

        Args:
            config_dict: Content of the file.
            kwargs: Passed to [`~transformers.PreTrainedConfig.from_dict`].

        Raises:
            ValueError: The file belongs to another kind of model, or has a newer format.
        """
        check_format(config_dict, cls.model_type)
        return super().from_dict(config_dict, **kwargs)


class MotionVQVAEConfig(_SavedConfig, VQVAESettings):
    """Configuration of [`MotionVQVAE`].

    The defaults are the sizes published with MotionGPT (19.4 million parameters). They turn
    HumanML3D features at 20 frames per second into 5 codes per second.

    Args:
        num_features (`int`, *optional*, defaults to 263):
            Number of features per motion frame (263 in HumanML3D).
        codebook_size (`int`, *optional*, defaults to 512):
            Number of motion codes K.
        code_dim (`int`, *optional*, defaults to 512):
            Dimension of a code vector.
        width (`int`, *optional*, defaults to 512):
            Number of channels of the convolutions.
        num_downsamplings (`int`, *optional*, defaults to 2):
            Number of times the frame rate is halved between a motion and its codes.
        num_residual_blocks (`int`, *optional*, defaults to 3):
            Number of dilated residual blocks after each halving.
        dilation_growth_rate (`int`, *optional*, defaults to 3):
            Ratio of the dilations of consecutive blocks.
        ema_decay (`float`, *optional*, defaults to 0.99):
            Decay of the exponential moving averages that form the codebook.
        dead_code_threshold (`float`, *optional*, defaults to 1.0):
            A code is replaced by an encoder output if the moving average of its number of uses per
            step is below this threshold.
        commitment_weight (`float`, *optional*, defaults to 0.02):
            Weight of the commitment term of the loss.
        velocity_weight (`float`, *optional*, defaults to 0.5):
            Weight of the smooth-L1 term on `velocity_slice`.
        velocity_slice (`tuple[int, int]`, *optional*, defaults to `(193, 259)`):
            First and last (exclusive) feature of that term: the joint velocities. MotionGPT uses
            (4, 67), which are the joint positions.
        statistics_fingerprint (`str`, *optional*):
            Fingerprint of the mean and standard deviation that the features are normalized with.
            A feature extractor with other statistics is refused. By default this is not checked.

    Example:
        ```python
        >>> from agir_hf import MotionVQVAE, MotionVQVAEConfig
        >>> config = MotionVQVAEConfig(codebook_size=64, code_dim=32, width=32)
        >>> config.downsampling_factor
        4
        >>> vqvae = MotionVQVAE(config)

        ```
    """

    model_type = "agir_motion_vqvae"
    base_config_key = "vqvae_config"
    _auto_class = "AutoConfig"  # its code is saved with every checkpoint

    def __post_init__(self, **kwargs):
        super().__post_init__(**kwargs)
        check_sizes(self, VQVAE_SIZES)


class AgirConfig(_SavedConfig, AgirSettings):
    """Configuration of [`AgirForGaitAssessment`]: a T5, a motion VQ-VAE, and the score calibration.

    Ids of the added tokens are properties, derived from `motion_token_offset` and the size of the
    codebook (see the top of the file for their order).

    Args:
        text_config ([`~transformers.T5Config`] or `dict`, *optional*):
            Configuration of the T5. Its `vocab_size` includes the added tokens.
        vqvae_config ([`MotionVQVAEConfig`] or `dict`, *optional*):
            Configuration of the motion VQ-VAE.
        motion_token_offset (`int`, *optional*):
            Id of `<motion_id_0>`, which is the number of entries of the T5 vocabulary before the
            added tokens (32,100 for T5 and Flan-T5). By default the added tokens are the last
            entries of the vocabulary.
        num_scores (`int`, *optional*, defaults to 3):
            Number of scores K: 3 for the scores 0 to 2 of AGIR, 4 for 0 to 3, 5 for 0 to 4. A
            checkpoint without the entry has 3.
        training_data (`str`, *optional*):
            Short description of the training data, shown with every score.
        num_rationales (`int`, *optional*, defaults to 1):
            Number of rationales that `generate_assessment` samples for each motion and whose score
            probabilities it averages. 1 decodes greedily.
        score_rationales (`int`, *optional*):
            Number of these rationales whose score probabilities are averaged; the mirror image is
            read with this number of rationales. By default all. The others are only candidates for
            the text that is chosen by evidence.
        rationale_temperature (`float`, *optional*, defaults to 1.0):
            Sampling temperature of the rationales.
        score_temperature (`float`, *optional*, defaults to 1.0):
            Divisor of the log-probabilities of the scores, after the mean over rationales;
            above 1 for an overconfident model. It is fitted on validation walks, with the model's
            own rationales (`recipes/calibrate.py`). 1 means not calibrated.
        score_bias (`list[float]`, *optional*):
            A number for each score that is added to the scaled log-probabilities, fitted together
            with `score_temperature`, for a model that prefers one of the scores. By default nothing
            is added.
        uncertain_below (`float`, *optional*):
            Threshold for the calibrated probability of the score: an assessment with a lower
            probability is marked as uncertain. It is fitted on the same walks as
            `score_temperature`. By default no assessment is uncertain; with 1 every assessment is.
        score_probe (`bool`, *optional*, defaults to `False`):
            Whether the model has the probe of the paper, a layer norm and one linear layer on the
            mean motion embedding, which is trained with the model and predicts the score without
            a rationale.
        probe_weight (`float`, *optional*, defaults to 0.0):
            Weight of the log-probabilities of the probe, which are added to those of the score
            tokens after the division by `score_temperature`. It is fitted on the same walks.
        read_mirror_image (`bool`, *optional*, defaults to `False`):
            Whether an assessment also reads the mirror image of the motion and averages the score
            probabilities of both, so that they do not depend on the side. The mean and standard
            deviation of the features must then be those of walks and their mirror images.
        checked_text (`bool`, *optional*, defaults to `True`):
            Whether the rationale of a measured walk is chosen by evidence from the sampled
            rationales. With False it is the model's own text. Score and probabilities are the same.
        uncertainty (`dict[str, float]`, *optional*):
            Limits above which `agir_hf.assessment.assess_uncertainty` calls an assessment uncertain
            (`recipes/calibrate.py` fits them): `disagreement`, the difference between expected
            scores of token probabilities, probe and parameter forest; `velocity_error_m_per_s`, the
            error of joint velocities that the motion VQ-VAE reconstructs; `feature_distance`, the
            distance of the features from training walks in standard deviations. A missing limit is
            not applied.
        is_encoder_decoder (`bool`, *optional*, defaults to `True`):
            Always true: the model has an encoder and a decoder.
        tie_word_embeddings (`bool`, *optional*, defaults to `False`):
            Always false: the output layer has weights of its own.

    Example:
        ```python
        >>> from agir_hf import AgirConfig
        >>> config = AgirConfig(vqvae_config={"codebook_size": 512})
        >>> config.motion_token_offset, config.text_config.vocab_size
        (32100, 32622)
        >>> config.score_token_ids
        (32619, 32620, 32621)

        ```
    """

    model_type = "agir"
    _auto_class = "AutoConfig"
    sub_configs = {"text_config": T5Config, "vqvae_config": MotionVQVAEConfig}

    text_config: dict[str, Any] | PreTrainedConfig | None = None
    vqvae_config: dict[str, Any] | PreTrainedConfig | None = None
    motion_token_offset: int | None = None
    is_encoder_decoder: bool = True
    tie_word_embeddings: bool = False

    def __post_init__(self, **kwargs):
        if not _REMOTE_CODE:  # the installed package registers its own pipeline
            kwargs.pop("custom_pipelines", None)
        check_num_scores(self.num_scores)
        if self.num_scores > NUM_SCORES:  # earlier versions would read the last scores as none
            self.format_version = MORE_SCORES_FORMAT_VERSION
        self.vqvae_config = _as_config(self.vqvae_config, MotionVQVAEConfig)
        added = self.num_added_tokens
        if self.text_config is None:
            self.text_config = T5Config(vocab_size=T5_VOCABULARY_SIZE + added)
        self.text_config = _as_config(self.text_config, T5Config)
        check_sizes(self.text_config, T5_SIZES)
        if self.motion_token_offset is None:
            self.motion_token_offset = self.text_config.vocab_size - added
        for name in ("pad_token_id", "eos_token_id", "decoder_start_token_id"):
            kwargs.setdefault(name, getattr(self.text_config, name, None))
        if kwargs["decoder_start_token_id"] is None:  # the decoder of T5 starts with padding
            kwargs["decoder_start_token_id"] = self.text_config.pad_token_id
        super().__post_init__(**kwargs)
        self.check_offset(self.text_config.vocab_size)
        self.check_settings()

    def get_text_config(self, decoder=None, encoder=None) -> PreTrainedConfig:
        """Configuration of the T5, for both of its stacks."""
        return self.text_config


def _as_config(value, config_class):
    """Configuration object of a configuration, its dictionary, or None (the defaults)."""
    if value is None:
        return config_class()
    if not isinstance(value, (dict, PreTrainedConfig)):
        raise ValueError(
            f"the configuration of the {config_class.model_type} model is a "
            f"{type(value).__name__}, expected a dictionary: save the model again"
        )
    return config_class(**value) if isinstance(value, dict) else value


__all__ = [
    "NUM_MOTION_SPECIAL_TOKENS",
    "REASONING_END",
    "REASONING_START",
    "SCORE_END",
    "SCORE_START",
    "T5_PADDED_VOCABULARY_SIZE",
    "T5_VOCABULARY_SIZE",
    "UNCERTAINTY_LIMITS",
    "AgirConfig",
    "MotionVQVAEConfig",
    "added_tokens",
    "answer_tokens",
    "check_num_scores",
    "motion_token",
    "score_tokens",
    "statistics_number",
]
