"""Parameters and floating-point operations of the models, from their configurations.

A product of an (m, k) and a (k, n) matrix takes 2·m·k·n operations. Only matrix products and
convolutions are counted; the rest of a T5 or of the motion VQ-VAE is below 2 % of them. The
backward pass takes twice the operations of the forward pass.

Sources: Kaplan et al. 2020, "Scaling laws for neural language models" (arXiv 2001.08361), section
2.1, for the counting; Chowdhery et al. 2022, "PaLM" (arXiv 2204.02311), appendix B, for the model
FLOPs utilisation, which leaves out what gradient checkpointing computes again.
"""

import time
from dataclasses import dataclass

import torch
from torch import nn

from ..configuration_agir import AgirConfig, MotionVQVAEConfig
from ..modeling_agir import AgirForGaitAssessment
from ..modeling_motion_vqvae import MotionVQVAE

INSTRUCTION_TOKENS = 22  # mean of the instructions of this package with the T5 tokenizer
_NUM_MARKS = 2  # motion tokens before and after the codes of a motion


@dataclass(frozen=True)
class ParameterCount:
    """Numbers of parameters of a model.

    Attributes:
        total: All parameters; shared ones count once.
        trainable: Parameters that are trained.
    """

    total: int
    trainable: int


def count_parameters(source: nn.Module | AgirConfig | MotionVQVAEConfig) -> ParameterCount:
    """Count the parameters of a model, or of the model of a configuration.

    Args:
        source ([`AgirForGaitAssessment`], [`AgirConfig`] or [`MotionVQVAEConfig`]):
            Any model, or a configuration. The motion VQ-VAE of an [`AgirConfig`] counts as not
            trainable, because the language stages do not train it.

    Returns:
        `ParameterCount`: Total and trainable parameters.

    Example:
        ```python
        >>> from agir_hf import MotionVQVAEConfig
        >>> from agir_hf.training.model_flops import count_parameters
        >>> round(count_parameters(MotionVQVAEConfig()).total / 1e6, 1)
        19.4

        ```
    """
    model = source
    if not isinstance(source, nn.Module):
        with torch.device("meta"):  # shapes without memory
            model = (MotionVQVAE if _is_tokenizer(source) else AgirForGaitAssessment)(source)
        if not _is_tokenizer(source):
            model.vqvae.requires_grad_(False)
    sizes = [(value.numel(), value.requires_grad) for value in model.parameters()]
    total = sum(number for number, _ in sizes)
    return ParameterCount(total, sum(number for number, trained in sizes if trained))


def forward_flops(
    config: AgirConfig, batch: int, encoder_tokens: float, decoder_tokens: float
) -> float:
    """Count the operations of one forward pass of the language model.

    Args:
        config ([`AgirConfig`]):
            Configuration of the model.
        batch (`int`):
            Rows of the batch.
        encoder_tokens (`float`):
            Tokens of a prompt, padding included.
        decoder_tokens (`float`):
            Tokens of an answer, padding included.

    Returns:
        `float`: Floating-point operations.
    """
    text = config.text_config
    source, target, width = encoder_tokens, decoder_tokens, text.d_model
    inner = text.num_heads * text.d_kv
    projection = 2 * width * inner  # one of query, key, value, output, for a token
    matrices = 3 if text.is_gated_act else 2
    feed_forward = 2 * matrices * width * text.d_ff
    encoder = source * (4 * projection + feed_forward + 4 * source * inner)
    own = target * (4 * projection + 4 * target * inner)
    cross = 2 * projection * (target + source) + 4 * target * source * inner
    decoder = own + cross + target * feed_forward
    head = 2 * target * width * text.vocab_size
    layers = text.num_layers * encoder + text.num_decoder_layers * decoder
    return float(batch * (layers + head))


def tokenizer_flops(config: MotionVQVAEConfig, batch: int, codes: float) -> float:
    """Count the operations of one forward pass of the motion VQ-VAE: encode, quantise, decode.

    Args:
        config ([`MotionVQVAEConfig`]):
            Configuration of the motion VQ-VAE.
        batch (`int`):
            Motions of the batch.
        codes (`float`):
            Motion codes of a motion; a window of 64 frames has 16.

    Returns:
        `float`: Floating-point operations.
    """
    width, factor = config.width, config.downsampling_factor
    frames = codes * factor
    block = 2 * width * width * (3 + 1)  # residual block: kernel sizes 3 and 1, for a frame
    ends = 2 * 3 * (config.num_features * width * frames + width * config.code_dim * codes)
    encoder = decoder = 0.0
    for level in range(1, config.num_downsamplings + 1):
        length = frames / 2**level
        blocks = config.num_residual_blocks * block * length
        encoder += 2 * 4 * width * width * length + blocks
        decoder += blocks + 2 * 3 * width * width * 2 * length
    hidden = 2 * 3 * width * width * frames
    distances = 2 * codes * config.codebook_size * config.code_dim
    return float(batch * (2 * ends + encoder + decoder + hidden + distances))


def training_flops(
    config: AgirConfig | MotionVQVAEConfig,
    batch: int,
    motion_tokens: float,
    text_tokens: float = 0,
    *,
    instruction_tokens: float = INSTRUCTION_TOKENS,
    preference: bool = False,
    frozen_weights: bool = False,
    gradient_checkpointing: bool = False,
) -> float:
    """Count the operations of one training step: forward and backward pass.

    Args:
        config ([`AgirConfig`] or [`MotionVQVAEConfig`]):
            Configuration of the model that is trained.
        batch (`int`):
            Rows of the step over all micro-batches and devices: walks, pairs of answers
            (`preference`) or windows of motions.
        motion_tokens (`float`):
            Motion codes of a row.
        text_tokens (`float`, *optional*, defaults to 0):
            Tokens of an answer; not used for the motion VQ-VAE.
        instruction_tokens (`float`, *optional*, defaults to 22):
            Tokens of the instruction, to which the motion tokens are added.
        preference (`bool`, *optional*, defaults to `False`):
            Whether it is a step of preference optimisation: two answers in a row, and a forward
            pass of the reference model.
        frozen_weights (`bool`, *optional*, defaults to `False`):
            Whether only adapters are trained, so that the backward pass computes no gradients of
            weights. The adapters themselves are not counted.
        gradient_checkpointing (`bool`, *optional*, defaults to `False`):
            Whether to count the second forward pass of gradient checkpointing.

    Returns:
        `float`: Floating-point operations.

    Example:
        ```python
        >>> from agir_hf import AgirConfig
        >>> from agir_hf.training.model_flops import training_flops
        >>> config = AgirConfig(text_config={"vocab_size": 32_622})
        >>> f"{training_flops(config, batch=16, motion_tokens=50, text_tokens=120):.1e}"
        '6.2e+11'

        ```
    """
    passes = 2 if frozen_weights else 3
    if _is_tokenizer(config):
        return passes * tokenizer_flops(config, batch, motion_tokens)
    rows = 2 * batch if preference else batch
    forward = forward_flops(
        config, rows, instruction_tokens + motion_tokens + _NUM_MARKS, text_tokens
    )
    return forward * (passes + preference + gradient_checkpointing)


def measure_flop_rate(
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
    size: int = 2048,
    seconds: float = 1.0,
) -> float:
    """Measure how many operations per second a device computes in matrix products.

    Args:
        device (`torch.device` or `str`, *optional*, defaults to "cpu"):
            The device.
        dtype (`torch.dtype`, *optional*, defaults to `torch.float32`):
            Number format of the matrices.
        size (`int`, *optional*, defaults to 2048):
            Rows and columns of the matrices.
        seconds (`float`, *optional*, defaults to 1.0):
            Duration of the measurement.

    Returns:
        `float`: Floating-point operations per second, of the fastest product.

    Example:
        ```python
        >>> from agir_hf.training.model_flops import measure_flop_rate
        >>> measure_flop_rate(size=64, seconds=0.01) > 0
        True

        ```
    """
    matrix = torch.randn(size, size, device=device).to(dtype)
    deadline, fastest = time.perf_counter() + seconds, float("inf")
    while True:
        start = time.perf_counter()
        matrix @ matrix
        if matrix.device.type != "cpu":
            torch.accelerator.synchronize()
        now = time.perf_counter()
        fastest = min(fastest, now - start)
        if now > deadline:
            return 2 * size**3 / fastest


def _is_tokenizer(config: object) -> bool:
    return isinstance(config, MotionVQVAEConfig)
