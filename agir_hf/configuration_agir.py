"""Configurations of the motion VQ-VAE and of the AGIR model, and the tokens that AGIR adds to T5.

The vocabulary is that of a T5, followed by the added tokens in this order::

    T5 entries | <motion_id_0> … <motion_id_{K-1}> | start, end, mask | answer tokens

K is the size of the motion codebook (512 in MotionGPT). Start, end and mask are the motion tokens
K, K + 1 and K + 2. The answer tokens end with those of the scores, so that a model with more scores
has the same ids for all other tokens. All ids are derived from ``motion_token_offset``, K and the
number of scores.
"""

from typing import Any

from transformers import PreTrainedConfig, T5Config
from transformers.utils import TRANSFORMERS_DYNAMIC_MODULE_NAME

from .constants_agir import MAX_NUM_SCORES, NUM_SCORES

FORMAT_VERSION = 1  # format of checkpoints with three scores, as of all earlier versions
MORE_SCORES_FORMAT_VERSION = 2  # format of those with more scores, which earlier versions refuse
_REMOTE_CODE = __name__.partition(".")[0] == TRANSFORMERS_DYNAMIC_MODULE_NAME
REASONING_START = "<reasoning_start>"
REASONING_END = "<reasoning_end>"
SCORE_START = "<score_start>"
SCORE_END = "<score_end>"
_ADVICE = {  # model_type of a checkpoint → what to do with it
    "agir": "load it with AgirForGaitAssessment or AutoModel",
    "agir_motion_vqvae": "load it with MotionVQVAE or AutoModel",
    "t5": "use AgirForGaitAssessment.from_t5, which joins a T5 and a motion VQ-VAE",
}
UNCERTAINTY_LIMITS = ("disagreement", "velocity_error_m_per_s", "feature_distance")
NUM_MOTION_SPECIAL_TOKENS = 3  # motion tokens that are not codes: start, end, mask
T5_VOCABULARY_SIZE = 32_100  # entries of the released T5 tokenizer
T5_PADDED_VOCABULARY_SIZE = 32_128  # rows of the released embeddings; the last 28 have no token


def motion_token(index: int) -> str:
    """Text of a motion token.

    Args:
        index: Index of the token, 0 … K + 2 for a codebook of K codes.
    """
    return f"<motion_id_{index}>"


def score_tokens(num_scores: int = NUM_SCORES) -> tuple[str, ...]:
    """Tokens of the scores, from ``<score_0>``.

    Args:
        num_scores: Number of scores.
    """
    return tuple(f"<score_{score}>" for score in range(num_scores))


def answer_tokens(num_scores: int = NUM_SCORES) -> tuple[str, ...]:
    """Tokens of the format of an answer, in the order of their ids; the scores are last.

    Args:
        num_scores: Number of scores.
    """
    return (REASONING_START, REASONING_END, SCORE_START, SCORE_END, *score_tokens(num_scores))


def added_tokens(codebook_size: int, num_scores: int = NUM_SCORES) -> list[str]:
    """Tokens that AGIR appends to a T5 vocabulary, in the order of their ids.

    Args:
        codebook_size: Number of motion codes K.
        num_scores: Number of scores.
    """
    motion = [motion_token(i) for i in range(codebook_size + NUM_MOTION_SPECIAL_TOKENS)]
    return [*motion, *answer_tokens(num_scores)]


def check_num_scores(num_scores: int) -> None:
    """Raise a ValueError for a number of scores that a model cannot have.

    Args:
        num_scores: Number of scores.
    """
    valid = isinstance(num_scores, int) and not isinstance(num_scores, bool)
    if not (valid and NUM_SCORES <= num_scores <= MAX_NUM_SCORES):
        raise ValueError(
            f"num_scores is {num_scores!r}, expected {NUM_SCORES} (scores 0 to {NUM_SCORES - 1}) "
            f"to {MAX_NUM_SCORES} (scores 0 to {MAX_NUM_SCORES - 1})"
        )


def check_sizes(config: PreTrainedConfig, limits: dict[str, tuple[int, int]]) -> None:
    """Raise a ValueError for a size that no model has, before memory is allocated for it.

    Args:
        config: Configuration of a part of the model.
        limits: Smallest and largest value of each size.
    """
    for name, (smallest, largest) in limits.items():
        size = getattr(config, name, smallest)
        whole = isinstance(size, int) and not isinstance(size, bool)
        if not (whole and smallest <= size <= largest):
            raise ValueError(
                f"{name} is {str(size)[:40]} in the configuration of the {config.model_type} "
                f"model, expected a whole number from {smallest} to {largest}: fix config.json, or "
                "save the model again"
            )


def statistics_number(fingerprint: str) -> int:
    """Convert a fingerprint of normalization statistics to a number that fits an int64 tensor.

    Args:
        fingerprint: Sixteen hexadecimal digits, of which the first fifteen are used.
    """
    return int(fingerprint[:15], 16)


# Smallest and largest sizes of a model, far beyond those of the paper
_VQVAE_SIZES = {
    "num_features": (1, 4096), "codebook_size": (1, 65_536), "code_dim": (1, 8192),
    "width": (1, 8192), "num_downsamplings": (0, 8), "num_residual_blocks": (0, 12),
    "dilation_growth_rate": (1, 8),
}  # fmt: skip
_T5_SIZES = {
    "vocab_size": (1, 1_000_000), "d_model": (1, 16_384), "d_kv": (1, 2048), "d_ff": (1, 131_072),
    "num_layers": (1, 128), "num_decoder_layers": (1, 128), "num_heads": (1, 256),
    "relative_attention_num_buckets": (1, 4096),
}  # fmt: skip


class _SavedConfig(PreTrainedConfig):
    """Configuration that refuses other kinds of models and newer checkpoint formats.

    Args:
        format_version: Format of the checkpoint; checkpoints without the entry have format 1.
    """

    format_version: int = 1

    @classmethod
    def from_dict(cls, config_dict: dict[str, Any], **kwargs):
        """Create the configuration from the content of a ``config.json``.

        Args:
            config_dict: Content of the file.
            kwargs: Passed to [`~transformers.PreTrainedConfig.from_dict`].

        Raises:
            ValueError: The file belongs to another kind of model, or has a newer format.
        """
        kind = config_dict.get("model_type", cls.model_type)
        if kind != cls.model_type:
            advice = _ADVICE.get(kind, "pass the name or folder of an AGIR-HF model")
            raise ValueError(f"this is a model of type {kind!r}, not {cls.model_type!r}: {advice}")
        version = config_dict.get("format_version", 1)
        if version not in range(1, MORE_SCORES_FORMAT_VERSION + 1):
            raise ValueError(
                f"the model has format {version!r}, this version of agir-hf reads 1 … "
                f"{MORE_SCORES_FORMAT_VERSION}: update it (pip install -U agir-hf), or load an "
                "older revision of the model"
            )
        return super().from_dict(config_dict, **kwargs)


class MotionVQVAEConfig(_SavedConfig):
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

    num_features: int = 263
    codebook_size: int = 512
    code_dim: int = 512
    width: int = 512
    num_downsamplings: int = 2
    num_residual_blocks: int = 3
    dilation_growth_rate: int = 3
    ema_decay: float = 0.99
    dead_code_threshold: float = 1.0
    commitment_weight: float = 0.02
    velocity_weight: float = 0.5
    velocity_slice: tuple[int, int] | list[int] = (193, 259)
    statistics_fingerprint: str | None = None

    def __post_init__(self, **kwargs):
        super().__post_init__(**kwargs)
        check_sizes(self, _VQVAE_SIZES)

    @property
    def downsampling_factor(self) -> int:
        """Motion frames per code."""
        return 2**self.num_downsamplings


class AgirConfig(_SavedConfig):
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
    num_scores: int = NUM_SCORES
    training_data: str | None = None
    num_rationales: int = 1
    score_rationales: int | None = None
    rationale_temperature: float = 1.0
    score_temperature: float = 1.0
    score_bias: list[float] | None = None
    uncertain_below: float | None = None
    score_probe: bool = False
    probe_weight: float = 0.0
    read_mirror_image: bool = False
    checked_text: bool = True
    uncertainty: dict[str, float] | None = None
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
        check_sizes(self.text_config, _T5_SIZES)
        if self.motion_token_offset is None:
            self.motion_token_offset = self.text_config.vocab_size - added
        for name in ("pad_token_id", "eos_token_id", "decoder_start_token_id"):
            kwargs.setdefault(name, getattr(self.text_config, name, None))
        if kwargs["decoder_start_token_id"] is None:  # the decoder of T5 starts with padding
            kwargs["decoder_start_token_id"] = self.text_config.pad_token_id
        super().__post_init__(**kwargs)
        first, size = self.motion_token_offset, self.text_config.vocab_size
        if first < 0 or first + added > size:
            raise ValueError(
                f"motion_token_offset {first} and {added} added tokens do not fit a vocabulary of "
                f"{size} entries: use AgirForGaitAssessment.from_t5, which extends the vocabulary"
            )
        self._check_calibration()
        scored = self.score_rationales
        if scored is not None and not (isinstance(scored, int) and scored >= 1):
            raise ValueError(
                f"score_rationales is {scored!r}, expected an integer of at least 1, or None"
            )
        count, temperature = self.num_rationales, self.rationale_temperature
        valid_temperature = _is_number(temperature) and temperature > 0
        if not (isinstance(count, int) and count >= 1 and valid_temperature):
            raise ValueError(
                f"num_rationales is {count!r} and rationale_temperature {temperature!r}, expected "
                "an integer of at least 1 and a number above 0"
            )

    def _check_calibration(self) -> None:
        """Raise a ValueError for a temperature, a bias or a threshold that is out of range."""
        temperature, threshold = self.score_temperature, self.uncertain_below
        bias = [0.0] * self.num_scores if self.score_bias is None else self.score_bias
        if not (_is_number(temperature) and 0 < temperature < float("inf")):
            raise ValueError(
                f"score_temperature is {temperature!r}, expected a number above 0: fit it with "
                "recipes/calibrate.py, or use 1, which leaves the probabilities unchanged"
            )
        if len(bias) != self.num_scores or not all(_is_number(b) and abs(b) < 100 for b in bias):
            raise ValueError(
                f"score_bias is {bias!r}, expected {self.num_scores} numbers, or None: fit it "
                "with recipes/calibrate.py"
            )
        weight = self.probe_weight
        if not (_is_number(weight) and 0 <= weight < 100 and (self.score_probe or weight == 0)):
            raise ValueError(
                f"probe_weight is {weight!r}, expected a number of at least 0, and 0 for a model "
                "without score_probe: fit it with recipes/calibrate.py"
            )
        if threshold is not None and not (_is_number(threshold) and 0 <= threshold <= 1):
            raise ValueError(
                f"uncertain_below is {threshold!r}, expected a probability in 0 … 1, or None: fit "
                "it with recipes/calibrate.py"
            )
        self._check_uncertainty()

    def _check_uncertainty(self) -> None:
        """Raise a ValueError for limits of unknown name, or that are no numbers above 0."""
        limits = {} if self.uncertainty is None else self.uncertainty
        valid = isinstance(limits, dict) and set(limits) <= set(UNCERTAINTY_LIMITS)
        if not (valid and all(_is_number(limit) and limit > 0 for limit in limits.values())):
            raise ValueError(
                f"uncertainty is {limits!r}, expected numbers above 0 under the names "
                f"{', '.join(UNCERTAINTY_LIMITS)}, or None: fit it with recipes/calibrate.py"
            )

    @property
    def num_added_tokens(self) -> int:
        """Number of added tokens: motion codes, start, end, mask, and the answer tokens."""
        return len(added_tokens(self.vqvae_config.codebook_size, self.num_scores))

    @property
    def motion_start_token_id(self) -> int:
        """Id of the token before the codes of a motion."""
        return self.motion_token_offset + self.vqvae_config.codebook_size

    @property
    def motion_end_token_id(self) -> int:
        """Id of the token after the codes of a motion."""
        return self.motion_start_token_id + 1

    @property
    def motion_mask_token_id(self) -> int:
        """Id of the token that the model replaces by a code of the motion."""
        return self.motion_start_token_id + 2

    def answer_token_id(self, token: str) -> int:
        """Id of one of the answer tokens.

        Args:
            token: Text of the token, one of `answer_tokens`.
        """
        first = self.motion_start_token_id + NUM_MOTION_SPECIAL_TOKENS
        return first + answer_tokens(self.num_scores).index(token)

    @property
    def reasoning_start_token_id(self) -> int:
        """Id of ``<reasoning_start>``."""
        return self.answer_token_id(REASONING_START)

    @property
    def reasoning_end_token_id(self) -> int:
        """Id of ``<reasoning_end>``."""
        return self.answer_token_id(REASONING_END)

    @property
    def score_start_token_id(self) -> int:
        """Id of ``<score_start>``."""
        return self.answer_token_id(SCORE_START)

    @property
    def score_end_token_id(self) -> int:
        """Id of ``<score_end>``."""
        return self.answer_token_id(SCORE_END)

    @property
    def score_token_ids(self) -> tuple[int, ...]:
        """Ids of the tokens of the scores, from that of ``<score_0>``."""
        return tuple(map(self.answer_token_id, score_tokens(self.num_scores)))

    def get_text_config(self, decoder=None, encoder=None) -> PreTrainedConfig:
        """Configuration of the T5, for both of its stacks."""
        return self.text_config


def _is_number(value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


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
    "REASONING_END",
    "REASONING_START",
    "SCORE_END",
    "SCORE_START",
    "T5_PADDED_VOCABULARY_SIZE",
    "T5_VOCABULARY_SIZE",
    "AgirConfig",
    "MotionVQVAEConfig",
    "added_tokens",
    "answer_tokens",
    "check_num_scores",
    "motion_token",
    "score_tokens",
    "statistics_number",
]
