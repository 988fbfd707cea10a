"""What a training of the language model starts from."""

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

from ..corpus.loading import require_columns
from ..corpus.schema import instructions
from ..modeling_agir import AgirForGaitAssessment
from ..modeling_motion_vqvae import MotionVQVAE
from ..processing_agir import AgirProcessor
from .motiongpt import t5_report
from .tokenizer import train_t5_tokenizer


@dataclass
class StartArguments:
    """Options of a recipe: a whole model, or a VQ-VAE and a T5, or a VQ-VAE alone."""

    model: str | None = field(default=None, metadata={"help": "whole model to start from"})
    vqvae: str | None = field(default=None, metadata={"help": "what train_vqvae.py wrote"})
    t5: str | None = field(default=None, metadata={"help": "T5 to start from; none: from scratch"})
    vocabulary_size: int = field(default=1200, metadata={"help": "from scratch: entries"})
    d_model: int = field(default=128, metadata={"help": "from scratch: width"})
    d_ff: int = field(default=384, metadata={"help": "from scratch: width of feed-forward"})
    num_layers: int = field(default=3, metadata={"help": "from scratch: layers of each stack"})
    num_heads: int = field(default=4, metadata={"help": "from scratch: heads"})
    code_start: bool = field(
        default=True, metadata={"help": "motion tokens start alike where their codes are alike"}
    )
    dropout: float = field(default=0.1, metadata={"help": "from scratch: rate of dropout"})


def starting_model(
    options: StartArguments, texts: Iterable[str]
) -> tuple[AgirForGaitAssessment, AgirProcessor]:
    """The model before training, and its processor.

    Args:
        texts: of the corpus, for the vocabulary of a model from scratch; instructions are added.

    Raises:
        ValueError: neither a model nor a VQ-VAE is named, or what is named is something else.
    """
    if options.model:
        return whole_model(options.model)
    if not options.vqvae:
        raise ValueError("neither --model nor --vqvae is given: name one to start from")
    vqvae = _pretrained(MotionVQVAE, options.vqvae, "what train_vqvae.py wrote")
    extractor = AutoFeatureExtractor.from_pretrained(options.vqvae)
    if options.t5:
        t5 = _pretrained(T5ForConditionalGeneration, options.t5, "a T5 or Flan-T5")
        tokenizer = AutoTokenizer.from_pretrained(options.t5)
    else:
        templates = [text for some in instructions().values() for text in some]
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
    model = AgirForGaitAssessment.from_t5(t5, vqvae, tokenizer)
    if options.code_start:
        start_from_codes_(model)
    if options.t5:
        print(f"{options.t5}\n{t5_report(t5, model)}")
    return model, AgirProcessor.from_t5(
        tokenizer, extractor.mean, extractor.std, vqvae.config.codebook_size
    )


@torch.no_grad()
def start_from_codes_(model: AgirForGaitAssessment) -> None:
    """Start motion tokens from the codebook: codes that are alike get embeddings that are alike.

    The codebook's columns, brought to mean 0 and spread 1, go through one random projection, which
    keeps distances, to the mean and spread of the other rows of embeddings and head. Drawn at
    random each of the motion tokens would have to be met in training before anything is known of
    it.
    """
    first = model.config.motion_token_offset
    codes = model.vqvae.quantizer.codebook
    codes = (codes - codes.mean(0)) / codes.std(0).clamp(min=1e-6)
    for matrix in (model.model.shared.weight, model.lm_head.weight):
        projection = torch.randn(codes.shape[1], matrix.shape[1]) / codes.shape[1] ** 0.5
        known = matrix[:first]
        matrix[first : first + len(codes)] = known.mean(0) + known.std() * (codes @ projection)


@torch.no_grad()
def init_relative_attention_bias_(t5: T5ForConditionalGeneration) -> None:
    """Start the attention of a T5 from scratch with heads that look near, farther, and anywhere.

    The bias of head h falls with the distance by the slope 2 · 4^-h, and not at all in the last.
    T5's own start is a bias of about zero: then each head sees the mean of all that was written,
    and a bias that tells one place from its neighbour takes thousands of steps to learn.
    Source: Press, Smith and Lewis 2022 (ALiBi), for the form of the bias.
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
            far = distances[buckets == bucket].abs().float().mean()
            bias[bucket] -= slopes * far


def whole_model(path: str) -> tuple[AgirForGaitAssessment, AgirProcessor]:
    """A model that was trained before, and its processor; a calibration was of the old weights.

    Args:
        path: folder or Hub name.

    Raises:
        ValueError: it is a model of another class, or its processor is not its own.
    """
    model = _pretrained(AgirForGaitAssessment, path, "a whole model of this package")
    model.config.score_temperature, model.config.score_bias = 1.0, None
    model.config.uncertain_below = None
    processor = AgirProcessor.from_pretrained(path)
    processor.feature_extractor.check_model(model)
    return model, processor


def _pretrained(cls, path: str, expected: str):
    """As ``from_pretrained``, which makes a model of any checkpoint and draws what is missing."""
    found = PreTrainedConfig.get_config_dict(path)[0].get("model_type")
    if found != cls.config_class.model_type:
        raise ValueError(
            f"{path} holds a model of type {found}, expected {cls.config_class.model_type}: give "
            f"{expected}"
        )
    return cls.from_pretrained(path)


def corpus_texts(generative, reasoning) -> list[str]:
    """Descriptions and rationales of the training rows of two configurations.

    Raises:
        ValueError: rows without them.
    """
    require_columns(generative, ("description",))
    require_columns(reasoning, ("rationale",))
    return [*generative["description"], *reasoning["rationale"]]
