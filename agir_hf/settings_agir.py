"""Settings of the AGIR model and its motion VQ-VAE, and the tokens that AGIR adds to T5.

The vocabulary is that of a T5, followed by the added tokens in this order::

    T5 entries | <motion_id_0> … <motion_id_{K-1}> | start, end, mask | answer tokens

K is the size of the motion codebook (512 in MotionGPT). Start, end and mask are the motion tokens
K, K + 1 and K + 2. The answer tokens end with those of the scores, so that a model with more scores
has the same ids for all other tokens. All ids are derived from ``motion_token_offset``, K and the
number of scores.

Neither torch nor transformers is needed here. The configurations of transformers
(`configuration_agir`) and those of the model in numpy (`agir_hf.inference`) inherit from the
settings.
"""

from dataclasses import dataclass
from typing import Any

from .constants_agir import MAX_NUM_SCORES, NUM_SCORES

FORMAT_VERSION = 1  # format of checkpoints with three scores, as of all earlier versions
MORE_SCORES_FORMAT_VERSION = 2  # format of those with more scores, which earlier versions refuse
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
MOST_RATIONALES = 256  # answers to a prompt that a configuration may ask for
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


def check_sizes(config, limits: dict[str, tuple[int, int]]) -> None:
    """Raise a ValueError for a size that no model has, before memory is allocated for it.

    Args:
        config: Configuration of a part of the model, with its sizes and `model_type`.
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


def check_format(content: dict[str, Any], model_type: str) -> None:
    """Raise a ValueError for another kind of model, or for a newer format of checkpoints.

    Args:
        content: Content of a `config.json`.
        model_type: Expected kind of model.
    """
    kind = content.get("model_type", model_type)
    if kind != model_type:
        advice = _ADVICE.get(kind, "pass the name or folder of an AGIR-HF model")
        raise ValueError(f"this is a model of type {kind!r}, not {model_type!r}: {advice}")
    version = content.get("format_version", 1)
    if version not in range(1, MORE_SCORES_FORMAT_VERSION + 1):
        raise ValueError(
            f"the model has format {version!r}, this version of agir-hf reads 1 … "
            f"{MORE_SCORES_FORMAT_VERSION}: update it (pip install -U agir-hf), or load an "
            "older revision of the model"
        )


def statistics_number(fingerprint: str) -> int:
    """Convert a fingerprint of normalization statistics to a number that fits an int64 tensor.

    Args:
        fingerprint: Sixteen hexadecimal digits, of which the first fifteen are used.
    """
    return int(fingerprint[:15], 16)


# Smallest and largest sizes of a model, far beyond those of the paper
VQVAE_SIZES = {
    "num_features": (1, 4096), "codebook_size": (1, 65_536), "code_dim": (1, 8192),
    "width": (1, 8192), "num_downsamplings": (0, 8), "num_residual_blocks": (0, 12),
    "dilation_growth_rate": (1, 8),
}  # fmt: skip
T5_SIZES = {
    "vocab_size": (1, 1_000_000), "d_model": (1, 16_384), "d_kv": (1, 2048), "d_ff": (1, 131_072),
    "num_layers": (1, 128), "num_decoder_layers": (1, 128), "num_heads": (1, 256),
    "relative_attention_num_buckets": (1, 4096),
}  # fmt: skip


@dataclass(kw_only=True, repr=False, eq=False)
class VQVAESettings:
    """Settings of the motion VQ-VAE; `MotionVQVAEConfig` describes them."""

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


@dataclass(kw_only=True, repr=False, eq=False)
class AgirSettings:
    """Settings of the AGIR model, with the ids of the added tokens; `AgirConfig` describes them.

    A class that inherits has `vqvae_config` and `motion_token_offset`.
    """

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

    def check_settings(self) -> None:
        """Raise a ValueError for a number of rationales or a calibration that is out of range."""
        self._check_calibration()
        scored = self.score_rationales
        if scored is not None and not _is_count(scored):
            raise ValueError(
                f"score_rationales is {scored!r}, expected an integer from 1 to {MOST_RATIONALES}, "
                "or None"
            )
        count, temperature = self.num_rationales, self.rationale_temperature
        valid_temperature = _is_number(temperature) and temperature > 0
        if not (_is_count(count) and valid_temperature):
            raise ValueError(
                f"num_rationales is {count!r} and rationale_temperature {temperature!r}, expected "
                f"an integer from 1 to {MOST_RATIONALES} and a number above 0"
            )

    def check_offset(self, size: int) -> None:
        """Raise a ValueError if the added tokens do not fit the vocabulary.

        Args:
            size: Number of entries of the vocabulary.
        """
        first, added = self.motion_token_offset, self.num_added_tokens
        if first < 0 or first + added > size:
            raise ValueError(
                f"motion_token_offset {first} and {added} added tokens do not fit a vocabulary of "
                f"{size} entries: use AgirForGaitAssessment.from_t5, which extends the vocabulary"
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


def _is_number(value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value) -> bool:
    return isinstance(value, int) and 1 <= value <= MOST_RATIONALES
