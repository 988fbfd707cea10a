"""Configurations of the motion VQ-VAE and of the whole AGIR model, and the tokens AGIR adds.

The vocabulary is that of a T5 followed by the added tokens, in this order::

    T5 entries | <motion_id_0> … <motion_id_{K-1}> | start, end, mask | seven of an answer

K is the size of the motion codebook (512 in MotionGPT); start, end and mask are the motion tokens
K, K + 1 and K + 2. Every id follows from ``motion_token_offset`` and K, so none is stored twice.
"""

from typing import Any

from transformers import PreTrainedConfig, T5Config
from transformers.utils import TRANSFORMERS_DYNAMIC_MODULE_NAME

FORMAT_VERSION = 1  # of the files of a model that this code writes, and the newest that it reads
_REMOTE_CODE = __name__.partition(".")[0] == TRANSFORMERS_DYNAMIC_MODULE_NAME
REASONING_START = "<reasoning_start>"
REASONING_END = "<reasoning_end>"
SCORE_START = "<score_start>"
SCORE_END = "<score_end>"
SCORE_TOKENS = ("<score_0>", "<score_1>", "<score_2>")
ANSWER_TOKENS = (REASONING_START, REASONING_END, SCORE_START, SCORE_END, *SCORE_TOKENS)
_OTHER_KINDS = {  # type of a model → what to do with it
    "agir": "load it with AgirForGaitAssessment or AutoModel",
    "agir_motion_vqvae": "load it with MotionVQVAE or AutoModel",
    "t5": "AgirForGaitAssessment.from_t5 makes a model of a T5 and a motion VQ-VAE",
}
NUM_MOTION_SPECIAL_TOKENS = 3  # start, end, mask
T5_VOCABULARY_SIZE = 32_100  # entries of the released T5 tokenizer
T5_PADDED_VOCABULARY_SIZE = 32_128  # rows of the released embeddings: 28 have no token


def motion_token(index: int) -> str:
    """Text of motion token ``index`` (0 … K + 2)."""
    return f"<motion_id_{index}>"


def added_tokens(codebook_size: int) -> list[str]:
    """Tokens that AGIR appends to a T5 vocabulary, in order of their ids."""
    motion = [motion_token(i) for i in range(codebook_size + NUM_MOTION_SPECIAL_TOKENS)]
    return [*motion, *ANSWER_TOKENS]


def statistics_number(fingerprint: str) -> int:
    """A fingerprint of statistics as a number that an int64 tensor holds: 15 of its 16 digits."""
    return int(fingerprint[:15], 16)


class _SavedConfig(PreTrainedConfig):
    """A configuration that reads only files of its own kind, of a format that is known here.

    Args:
        format_version: of the files that were saved with it; those that do not say are of 1.
    """

    format_version: int = 1

    @classmethod
    def from_dict(cls, config_dict: dict[str, Any], **kwargs):
        """As transformers' own, for the content of a ``config.json``.

        Raises:
            ValueError: if it is of another kind of model, or of a newer format.
        """
        kind = config_dict.get("model_type", cls.model_type)
        if kind != cls.model_type:
            advice = _OTHER_KINDS.get(kind, "give the name or folder of a model of AGIR-HF")
            raise ValueError(f"this is a model of type {kind!r}, not {cls.model_type!r}: {advice}")
        version = config_dict.get("format_version", 1)
        if version not in range(1, FORMAT_VERSION + 1):
            raise ValueError(
                f"the model is of format {version!r}, this code reads 1 … {FORMAT_VERSION}: update "
                "agir-hf (pip install -U agir-hf), or load an older revision of the model"
            )
        return super().from_dict(config_dict, **kwargs)


class MotionVQVAEConfig(_SavedConfig):
    """Configuration of [`MotionVQVAE`]; the defaults are MotionGPT's published sizes (19.4 M).

    Args:
        num_features: entries of a motion frame (263 in HumanML3D).
        codebook_size: number of motion codes K.
        code_dim: width of a code.
        width: channels of the convolutions.
        num_downsamplings: halvings of the frame rate between a motion and its codes.
        num_residual_blocks: dilated residual blocks behind each halving.
        dilation_growth_rate: ratio of the dilations of neighbouring blocks.
        ema_decay: decay of the running averages that are the codebook.
        dead_code_threshold: a code whose running count falls below it is replaced.
        commitment_weight: weight of the commitment term of the loss.
        velocity_weight: weight of the smooth-L1 term on ``velocity_slice``.
        velocity_slice: first and last (exclusive) entry of that term: the joint velocities.
            MotionGPT takes (4, 67), which are the joint positions.
        statistics_fingerprint: of the mean and std its features are normalised with; a feature
            extractor with others is refused. None: not checked.
    """

    model_type = "agir_motion_vqvae"
    base_config_key = "vqvae_config"
    _auto_class = "AutoConfig"  # its code travels with every saved checkpoint

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

    @property
    def downsampling_factor(self) -> int:
        """Motion frames per code."""
        return 2**self.num_downsamplings


class AgirConfig(_SavedConfig):
    """Configuration of [`AgirForGaitAssessment`]: a T5, a motion VQ-VAE and where the codes start.

    Args:
        text_config: [`~transformers.T5Config`] or its dictionary. Its ``vocab_size`` covers the
            added tokens.
        vqvae_config: [`MotionVQVAEConfig`] or its dictionary.
        motion_token_offset: id of ``<motion_id_0>``, the number of entries of the T5 vocabulary
            before the added tokens (32,100 for T5 and Flan-T5). By default the added tokens are
            the last of the vocabulary.
        training_data: what the model was trained on, in a few words; shown beside every score.
        num_rationales: drawn for each motion by ``generate_assessment``, whose probabilities are
            averaged; 1 decodes greedily.
        rationale_temperature: at which they are drawn.
        score_temperature: by which the log-probabilities of the three scores are divided, behind
            the mean over rationales; above 1 for a model that is too sure of itself. Fitted on
            validation walks, behind the model's own rationales (``recipes/calibrate.py``); 1 is
            not calibrated.
        score_bias: what is added to each of the three then, fitted with it, for a model that
            prefers one score to another; None adds nothing.
        uncertain_below: calibrated probability of a score below which its assessment is called
            uncertain, fitted on the same walks. None: no assessment is; 1: every one.
    """

    model_type = "agir"
    _auto_class = "AutoConfig"
    sub_configs = {"text_config": T5Config, "vqvae_config": MotionVQVAEConfig}

    text_config: dict[str, Any] | PreTrainedConfig | None = None
    vqvae_config: dict[str, Any] | PreTrainedConfig | None = None
    motion_token_offset: int | None = None
    training_data: str | None = None
    num_rationales: int = 1
    rationale_temperature: float = 1.0
    score_temperature: float = 1.0
    score_bias: list[float] | None = None
    uncertain_below: float | None = None
    is_encoder_decoder: bool = True
    tie_word_embeddings: bool = False

    def __post_init__(self, **kwargs):
        if not _REMOTE_CODE:  # where this package is, its own pipeline is registered
            kwargs.pop("custom_pipelines", None)
        self.vqvae_config = _as_config(self.vqvae_config, MotionVQVAEConfig)
        added = self.num_added_tokens
        if self.text_config is None:
            self.text_config = T5Config(vocab_size=T5_VOCABULARY_SIZE + added)
        self.text_config = _as_config(self.text_config, T5Config)
        if self.motion_token_offset is None:
            self.motion_token_offset = self.text_config.vocab_size - added
        for name in ("pad_token_id", "eos_token_id", "decoder_start_token_id"):
            kwargs.setdefault(name, getattr(self.text_config, name, None))
        if kwargs["decoder_start_token_id"] is None:  # T5 starts its answers with the pad token
            kwargs["decoder_start_token_id"] = self.text_config.pad_token_id
        super().__post_init__(**kwargs)
        first, size = self.motion_token_offset, self.text_config.vocab_size
        if first < 0 or first + added > size:
            raise ValueError(
                f"motion_token_offset {first} and {added} added tokens do not fit a vocabulary of "
                f"{size} entries: build the model with AgirForGaitAssessment.from_t5, which "
                "extends the vocabulary"
            )
        self._check_calibration()
        number, warmth = self.num_rationales, self.rationale_temperature
        if not (isinstance(number, int) and number >= 1 and _is_number(warmth) and warmth > 0):
            raise ValueError(
                f"num_rationales is {number!r} and rationale_temperature {warmth!r}, expected a "
                "whole number from 1 and a number above 0"
            )

    def _check_calibration(self) -> None:
        temperature, level = self.score_temperature, self.uncertain_below
        bias = [0.0] * len(SCORE_TOKENS) if self.score_bias is None else self.score_bias
        if not (_is_number(temperature) and 0 < temperature < float("inf")):
            raise ValueError(
                f"score_temperature is {temperature!r}, expected a number above 0: fit it with "
                "recipes/calibrate.py; 1 leaves the probabilities as they are"
            )
        if len(bias) != len(SCORE_TOKENS) or not all(_is_number(b) and abs(b) < 100 for b in bias):
            raise ValueError(
                f"score_bias is {bias!r}, expected {len(SCORE_TOKENS)} numbers, or None: fit it "
                "with recipes/calibrate.py"
            )
        if level is not None and not (_is_number(level) and 0 <= level <= 1):
            raise ValueError(
                f"uncertain_below is {level!r}, expected a probability in 0 … 1, or None: fit it "
                "with recipes/calibrate.py"
            )

    @property
    def num_added_tokens(self) -> int:
        """Motion tokens, their three markers and the seven tokens of an answer."""
        return self.vqvae_config.codebook_size + NUM_MOTION_SPECIAL_TOKENS + len(ANSWER_TOKENS)

    @property
    def motion_start_token_id(self) -> int:
        return self.motion_token_offset + self.vqvae_config.codebook_size

    @property
    def motion_end_token_id(self) -> int:
        return self.motion_start_token_id + 1

    @property
    def motion_mask_token_id(self) -> int:
        """Stands in a prompt wherever the model puts the code of a given motion."""
        return self.motion_start_token_id + 2

    def answer_token_id(self, token: str) -> int:
        """Id of one of the seven tokens of an answer."""
        first = self.motion_start_token_id + NUM_MOTION_SPECIAL_TOKENS
        return first + ANSWER_TOKENS.index(token)

    @property
    def reasoning_start_token_id(self) -> int:
        return self.answer_token_id(REASONING_START)

    @property
    def reasoning_end_token_id(self) -> int:
        return self.answer_token_id(REASONING_END)

    @property
    def score_start_token_id(self) -> int:
        return self.answer_token_id(SCORE_START)

    @property
    def score_end_token_id(self) -> int:
        return self.answer_token_id(SCORE_END)

    @property
    def score_token_ids(self) -> tuple[int, ...]:
        """Ids of ``<score_0>``, ``<score_1>`` and ``<score_2>``."""
        return tuple(self.answer_token_id(token) for token in SCORE_TOKENS)

    def get_text_config(self, decoder=None, encoder=None) -> PreTrainedConfig:
        return self.text_config


def _is_number(value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _as_config(value, config_class):
    """A configuration object from one, from its dictionary, or from nothing (the defaults)."""
    if value is None:
        return config_class()
    return config_class(**value) if isinstance(value, dict) else value


__all__ = [
    "ANSWER_TOKENS",
    "REASONING_END",
    "REASONING_START",
    "SCORE_END",
    "SCORE_START",
    "SCORE_TOKENS",
    "T5_PADDED_VOCABULARY_SIZE",
    "T5_VOCABULARY_SIZE",
    "AgirConfig",
    "MotionVQVAEConfig",
    "added_tokens",
    "motion_token",
    "statistics_number",
]
