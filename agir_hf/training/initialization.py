"""Initial model of a training: from a trained model, a T5 and a VQ-VAE, or a VQ-VAE only."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import torch
from transformers import (
    AutoFeatureExtractor,
    AutoTokenizer,
    PreTrainedConfig,
    T5Config,
    T5ForConditionalGeneration,
)

from ..constants_agir import NUM_SCORES
from ..corpus.loading import require_columns
from ..corpus.schema import instructions
from ..modeling_agir import AgirForGaitAssessment, ScoreProbe
from ..modeling_motion_vqvae import MotionVQVAE
from ..processing_agir import AgirProcessor
from .conversion_report import t5_report
from .data import check_num_scores_of
from .tokenizer import train_t5_tokenizer


@dataclass
class StartArguments:
    """Options of a recipe for the initial model.

    Pass ``model``, or ``vqvae`` and ``t5``, or ``vqvae`` only; with ``vqvae`` only, the language
    model is trained from scratch, with the sizes below.

    Attributes:
        model: Folder or Hub name of a complete model (T5 and VQ-VAE) to start from.
        vqvae: Folder or Hub name of a motion tokenizer, as ``train_vqvae.py`` writes it.
        t5: Folder or Hub name of a T5 or Flan-T5; `None` starts from scratch.
        vocabulary_size: Entries of the text vocabulary, from scratch.
        d_model: Dimension of the hidden states, from scratch.
        d_ff: Dimension of the feed-forward layers, from scratch.
        num_layers: Layers of the encoder and of the decoder, from scratch.
        num_heads: Attention heads, from scratch.
        code_start: Whether embeddings of motion tokens are initialised from the codebook, so that
            similar codes have similar embeddings.
        codebook_rows: Whether the embeddings of motion tokens are computed from the codebook during
            training, see `agir_hf.training.codebook_rows`.
        dropout: Dropout rate, from scratch.
    """

    model: str | None = field(
        default=None,
        metadata={"help": "Folder or Hub name of a complete model (T5 and VQ-VAE) to start from."},
    )
    vqvae: str | None = field(
        default=None,
        metadata={"help": "Folder or Hub name of a motion tokenizer (output of train_vqvae.py)."},
    )
    t5: str | None = field(
        default=None,
        metadata={"help": "Folder or Hub name of a T5 to start from; None starts from scratch."},
    )
    vocabulary_size: int = field(
        default=1200, metadata={"help": "Entries of the text vocabulary, from scratch."}
    )
    d_model: int = field(
        default=128, metadata={"help": "Width of the hidden states, from scratch."}
    )
    d_ff: int = field(
        default=384, metadata={"help": "Width of the feed-forward layers, from scratch."}
    )
    num_layers: int = field(
        default=3, metadata={"help": "Layers of the encoder and of the decoder, from scratch."}
    )
    num_heads: int = field(default=4, metadata={"help": "Attention heads, from scratch."})
    code_start: bool = field(
        default=True,
        metadata={"help": "Whether embeddings of motion tokens start from the codebook."},
    )
    codebook_rows: bool = field(
        default=False,
        metadata={"help": "Whether embeddings of motion tokens are computed from the codebook."},
    )
    dropout: float = field(default=0.1, metadata={"help": "Dropout rate, from scratch."})


def starting_model(
    options: StartArguments, texts: Iterable[str], num_scores: int = NUM_SCORES
) -> tuple[AgirForGaitAssessment, AgirProcessor]:
    """Make or load the model that a training starts from, with its processor.

    With ``options.model``, a complete model is loaded, without its calibration, which was fitted to
    the old weights. With ``options.vqvae`` and ``options.t5``, motion and answer tokens are added
    to a pretrained T5, and a report of its tensors is printed. With ``options.vqvae`` alone, a
    small T5 is initialised with the global random generator of torch, and its vocabulary is made
    from ``texts``.

    Args:
        options ([`StartArguments`]):
            Which model to start from, and the sizes of a model from scratch.
        texts (`Iterable[str]`):
            Descriptions and rationales of the training rows, for the vocabulary of a model from
            scratch; the instructions are added.
        num_scores (`int`, *optional*, defaults to 3):
            Number of scores of the corpus, see `agir_hf.corpus.loading.num_scores_of`.

    Returns:
        `tuple[AgirForGaitAssessment, AgirProcessor]`: The model before training, and its processor.

    Raises:
        ValueError: Neither a model nor a VQ-VAE is given, a folder has a model of another type, or
            a trained model has other scores than the corpus.

    Example:
        ```python
        >>> import agir_hf
        >>> from agir_hf.training.initialization import StartArguments, starting_model
        >>> options = StartArguments(model=agir_hf.DEFAULT_MODEL)
        >>> model, processor = starting_model(options, texts=[])
        >>> model.config.score_temperature
        1.0

        ```
    """
    if options.model:
        model, processor = load_trained_model(options.model)
        check_num_scores_of(model, num_scores, options.model)
        return model, processor
    if not options.vqvae:
        raise ValueError("neither --model nor --vqvae is given: pass one of them")
    vqvae = _from_pretrained(MotionVQVAE, options.vqvae, "an output folder of train_vqvae.py")
    extractor = AutoFeatureExtractor.from_pretrained(options.vqvae)
    if options.t5:
        t5 = _from_pretrained(T5ForConditionalGeneration, options.t5, "a T5 or Flan-T5")
        tokenizer = AutoTokenizer.from_pretrained(options.t5)
    else:
        t5, tokenizer = _t5_from_scratch(options, texts, num_scores)
    model = AgirForGaitAssessment.from_t5(t5, vqvae, tokenizer, num_scores)
    if options.t5:  # before the rows of motion tokens, some in place of padding, are changed
        print(f"{options.t5}\n{t5_report(t5, model)}")
    if options.code_start:
        init_motion_embeddings_(model)
    return model, AgirProcessor.from_t5(
        tokenizer,
        extractor.mean,
        extractor.std,
        vqvae.config.codebook_size,
        num_scores,
        downsampling_factor=extractor.downsampling_factor,
        align_conventions=extractor.align_conventions,
        joints_from=extractor.joints_from,
    )


def _t5_from_scratch(options: StartArguments, texts: Iterable[str], num_scores: int):
    """A randomly initialised T5 of the sizes in ``options``, and a tokenizer of the texts."""
    templates = [text for group in instructions(num_scores).values() for text in group]
    tokenizer = train_t5_tokenizer([*texts, *templates], options.vocabulary_size)
    t5 = T5ForConditionalGeneration(
        T5Config(
            vocab_size=len(tokenizer),
            d_model=options.d_model,
            d_kv=options.d_model // options.num_heads,
            d_ff=options.d_ff,
            num_layers=options.num_layers,
            num_heads=options.num_heads,
            dropout_rate=options.dropout,
            feed_forward_proj="gated-gelu",
            decoder_start_token_id=tokenizer.pad_token_id,
        )
    )
    init_relative_attention_bias_(t5)
    return t5, tokenizer


@torch.no_grad()
def init_motion_embeddings_(model: AgirForGaitAssessment) -> None:
    """Initialise embeddings and head rows of motion tokens from the codebook.

    Similar codes get similar embeddings: the columns of the codebook, standardised, are multiplied
    by a random projection, which preserves distances, and shifted and scaled to the mean and
    standard deviation of the other rows. With independent random embeddings, a motion token
    that does not occur in training would have an arbitrary embedding.

    Args:
        model: Model to change in place.
    """
    first = model.config.motion_token_offset
    codes = model.vqvae.quantizer.codebook
    codes = (codes - codes.mean(0)) / codes.std(0).clamp(min=1e-6)
    for matrix in (model.model.shared.weight, model.lm_head.weight):
        projection = torch.randn(codes.shape[1], matrix.shape[1]) / codes.shape[1] ** 0.5
        text_rows = matrix[:first]
        matrix[first : first + len(codes)] = text_rows.mean(0) + text_rows.std() * (
            codes @ projection
        )


@torch.no_grad()
def init_relative_attention_bias_(t5: T5ForConditionalGeneration) -> None:
    """Initialise the relative attention bias of a T5 so that heads attend to different ranges.

    The bias of head h decreases linearly with the distance, with slope 2 · 4^-h; the slope of the
    last head is 0. T5 initialises the bias near zero, so that each head attends to all positions
    equally, and learning a bias that separates neighbouring positions takes thousands of steps.
    Source: Press, Smith and Lewis 2022 (ALiBi), for the form of the bias.

    Args:
        t5: Model to change in place.
    """
    for stack in (t5.encoder, t5.decoder):
        attention = stack.block[0].layer[0].SelfAttention
        bias = attention.relative_attention_bias.weight  # (buckets, heads)
        distances = torch.arange(-attention.relative_attention_max_distance, 1)
        if not stack.config.is_decoder:
            distances = torch.cat([distances, -distances[:-1]])
        buckets = attention._relative_position_bucket(
            distances,
            bidirectional=not stack.config.is_decoder,
            num_buckets=attention.relative_attention_num_buckets,
            max_distance=attention.relative_attention_max_distance,
        )
        slopes = torch.tensor([2 * 4.0**-head for head in range(bias.shape[1])])
        slopes[-1] = 0
        for bucket in buckets.unique():
            distance = distances[buckets == bucket].abs().float().mean()
            bias[bucket] -= slopes * distance


def add_probe(model: AgirForGaitAssessment) -> None:
    """Add a probe to a model that has none; its last layer starts at zero.

    Args:
        model: Model to change in place.
    """
    if not model.config.score_probe:
        model.config.score_probe = True
        model.score_probe = ScoreProbe(model.config)
        model._init_weights(model.score_probe)


def load_trained_model(path: str) -> tuple[AgirForGaitAssessment, AgirProcessor]:
    """Load a trained model and its processor, and remove its calibration.

    The calibration (temperature, bias, threshold) was fitted to the weights before training.

    Args:
        path: Folder or Hub name.

    Returns:
        The model and its processor.

    Raises:
        ValueError: It is a model of another class, or the processor belongs to another model.
    """
    model = _from_pretrained(AgirForGaitAssessment, path, "a complete model of this package")
    model.config.score_temperature, model.config.score_bias = 1.0, None
    model.config.uncertain_below, model.config.probe_weight = None, 0.0
    processor = AgirProcessor.from_pretrained(path)
    processor.check_model(model)
    return model, processor


def _from_pretrained(cls, path: str, expected: str):
    """Load a model after a check of its type.

    ``from_pretrained`` alone accepts any checkpoint and initialises missing weights at random.
    """
    model_type = PreTrainedConfig.get_config_dict(path)[0].get("model_type")
    if model_type != cls.config_class.model_type:
        raise ValueError(
            f"{path} has a model of type {model_type}, expected {cls.config_class.model_type}: "
            f"pass {expected}"
        )
    return cls.from_pretrained(path)


def corpus_texts(generative_rows, reasoning_rows) -> list[str]:
    """Collect the texts of the training rows of two configurations.

    Args:
        generative_rows: Rows of the configuration "generative".
        reasoning_rows: Rows of the configuration "reasoning".

    Returns:
        Descriptions, then rationales.

    Raises:
        ValueError: Rows have no ``description`` or no ``rationale``.
    """
    require_columns(generative_rows, ("description",))
    require_columns(reasoning_rows, ("rationale",))
    return [*generative_rows["description"], *reasoning_rows["rationale"]]
