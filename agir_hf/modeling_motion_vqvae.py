"""Motion VQ-VAE: motion features ↔ motion codes, with the architecture of MotionGPT's tokenizer.

Sources: van den Oord et al. 2017 (VQ-VAE), Razavi et al. 2019 (codebook of moving averages), Zhang
et al. 2023 (T2M-GPT) and Jiang et al. 2023 (MotionGPT) for the network and its training.
"""

import contextlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.distributed as dist
from torch import nn
from torch.nn import functional as F
from transformers import PreTrainedModel, initialization
from transformers.utils import ModelOutput, logging

from .configuration_agir import MotionVQVAEConfig, statistics_number
from .packed_convolution_agir import PackedFrames, convolve

logger = logging.get_logger(__name__)

# Motions are packed without padding if less than this share of a batch is filled, or if there are
# so many values (frames times channels) that tiles, which need fewer products, are worth it.
_FILLED_SHARE, _TILED_VALUES = 0.8, 400_000


@dataclass
class MotionVQVAEOutput(ModelOutput):
    """Output of a forward pass of [`MotionVQVAE`].

    Attributes:
        loss (`torch.FloatTensor` of shape `()`):
            Weighted sum of the reconstruction, velocity and commitment losses.
        reconstruction_loss (`torch.FloatTensor` of shape `()`):
            Smooth L1 loss over all features.
        velocity_loss (`torch.FloatTensor` of shape `()`):
            Smooth L1 loss over `config.velocity_slice`.
        commitment_loss (`torch.FloatTensor` of shape `()`):
            Mean squared distance between the encoder outputs and their codes.
        perplexity (`torch.FloatTensor` of shape `()`):
            Exponential of the entropy of the code usage in this batch.
        reconstructed (`torch.FloatTensor` of shape `(B, L, num_features)`):
            Reconstructed features, zero where masked.
        codes (`torch.LongTensor` of shape `(B, L // downsampling_factor)`):
            Motion codes, -1 where masked.
        code_vectors (`torch.FloatTensor` of shape `(B, L // downsampling_factor, code_dim)`):
            Vectors of the codes, zero where masked. Their gradient is that of the encoder outputs
            (straight-through estimator).

    Example:
        ```python
        >>> import torch
        >>> from agir_hf import MotionVQVAE, MotionVQVAEConfig
        >>> config = MotionVQVAEConfig(width=16, code_dim=8, codebook_size=32)
        >>> vqvae = MotionVQVAE(config).eval()
        >>> output = vqvae(torch.randn(2, 40, 263))
        >>> output.reconstructed.shape, output.codes.shape
        (torch.Size([2, 40, 263]), torch.Size([2, 10]))

        ```
    """

    loss: torch.FloatTensor | None = None
    reconstruction_loss: torch.FloatTensor | None = None
    velocity_loss: torch.FloatTensor | None = None
    commitment_loss: torch.FloatTensor | None = None
    perplexity: torch.FloatTensor | None = None
    reconstructed: torch.FloatTensor | None = None
    codes: torch.LongTensor | None = None
    code_vectors: torch.FloatTensor | None = None


class ResidualBlock(nn.Module):
    """ReLU, dilated convolution, ReLU, pointwise convolution, and a skip connection.

    Args:
        width: Number of channels.
        dilation: Dilation of the first convolution.
    """

    def __init__(self, width: int, dilation: int):
        super().__init__()
        self.dilated = nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation)
        self.pointwise = nn.Conv1d(width, width, 1)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        """Apply the block to (B, width, L); the mask is (B, 1, L) bool or None."""
        hidden = _masked(self.dilated(F.relu(x)), mask)
        return _masked(x + self.pointwise(F.relu(hidden)), mask)


class ResidualStage(nn.Module):
    """Residual blocks of decreasing dilation (9, 3, 1 by default) and a resampling convolution.

    Args:
        config: Configuration of the VQ-VAE.
        resample: Convolution of the encoder that halves the frame rate, or convolution of the
            decoder after the frame rate was doubled.
    """

    def __init__(self, config: MotionVQVAEConfig, resample: nn.Conv1d):
        super().__init__()
        growth = config.dilation_growth_rate
        powers = reversed(range(config.num_residual_blocks))
        self.resample = resample
        self.blocks = nn.ModuleList(ResidualBlock(config.width, growth**p) for p in powers)

    def residual(self, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        """Apply the residual blocks to (B, width, L); the mask is (B, 1, L) bool or None."""
        for block in self.blocks:
            x = block(x, mask)
        return x

    def packed_residual(self, x: torch.Tensor, frames: PackedFrames) -> torch.Tensor:
        """Apply the residual blocks to packed frames (T + 1, width), which are changed."""
        for block in self.blocks:
            tiles = frames.tiles(block.dilated.dilation[0])
            hidden = convolve(x, block.dilated, tiles, activate_inputs=True, activate_outputs=True)
            x.addmm_(hidden, block.pointwise.weight[..., 0].T).add_(block.pointwise.bias)
            x[-1] = 0
        return x


class MotionEncoder(nn.Module):
    """Encoder: (B, num_features, L) → (B, code_dim, L / downsampling_factor).

    Args:
        config: Configuration of the VQ-VAE.
    """

    def __init__(self, config: MotionVQVAEConfig):
        super().__init__()
        width = config.width
        self.input_conv = nn.Conv1d(config.num_features, width, 3, padding=1)
        self.stages = nn.ModuleList(
            ResidualStage(config, nn.Conv1d(width, width, 4, stride=2, padding=1))
            for _ in range(config.num_downsamplings)
        )
        self.output_conv = nn.Conv1d(width, config.code_dim, 3, padding=1)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        """Encode (B, num_features, L); the mask is (B, 1, L) bool or None."""
        return self.layers(x, mask)[-1]

    def layers(self, x: torch.Tensor, mask: torch.Tensor | None) -> list[torch.Tensor]:
        """Outputs of the input convolution, of each stage and of the output convolution."""
        x = _masked(F.relu(self.input_conv(_masked(x, mask))), mask)
        outputs = [x]
        for stage in self.stages:
            mask = None if mask is None else mask[..., ::2]
            x = stage.residual(_masked(stage.resample(x), mask), mask)
            outputs.append(x)
        return [*outputs, _masked(self.output_conv(x), mask)]

    def packed(self, x: torch.Tensor, frames: PackedFrames) -> tuple[torch.Tensor, PackedFrames]:
        """Encode packed frames (T + 1, num_features); also return how the results are packed."""
        x = convolve(x, self.input_conv, frames.tiles(1), activate_outputs=True)
        for stage in self.stages:
            x = convolve(x, stage.resample, frames.halving_tiles())
            frames = frames.halved()
            x = stage.packed_residual(x, frames)
        return convolve(x, self.output_conv, frames.tiles(1)), frames


class MotionDecoder(nn.Module):
    """Decoder: (B, code_dim, L / downsampling_factor) → (B, num_features, L).

    Args:
        config: Configuration of the VQ-VAE.
    """

    def __init__(self, config: MotionVQVAEConfig):
        super().__init__()
        width = config.width
        self.input_conv = nn.Conv1d(config.code_dim, width, 3, padding=1)
        self.stages = nn.ModuleList(
            ResidualStage(config, nn.Conv1d(width, width, 3, padding=1))
            for _ in range(config.num_downsamplings)
        )
        self.hidden_conv = nn.Conv1d(width, width, 3, padding=1)
        self.output_conv = nn.Conv1d(width, config.num_features, 3, padding=1)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        """Decode (B, code_dim, N) code vectors; the mask is (B, 1, N) bool or None."""
        x = _masked(F.relu(self.input_conv(_masked(x, mask))), mask)
        for stage in self.stages:
            x = stage.residual(x, mask).repeat_interleave(2, dim=-1)
            mask = None if mask is None else mask.repeat_interleave(2, dim=-1)
            x = _masked(stage.resample(x), mask)
        x = _masked(F.relu(self.hidden_conv(x)), mask)
        return _masked(self.output_conv(x), mask)

    def packed(self, x: torch.Tensor, frames: PackedFrames) -> tuple[torch.Tensor, PackedFrames]:
        """Decode packed code vectors (N + 1, code_dim); also return how the results are packed."""
        x = convolve(x, self.input_conv, frames.tiles(1), activate_outputs=True)
        for stage in self.stages:
            x = stage.packed_residual(x, frames)
            x = convolve(x, stage.resample, frames.doubling_tiles())
            frames = frames.doubled()
        x = convolve(x, self.hidden_conv, frames.tiles(1), activate_outputs=True)
        return convolve(x, self.output_conv, frames.tiles(1)), frames


class MotionQuantizer(nn.Module):
    """Codebook whose vectors are exponential moving averages of the encoder outputs.

    The whole state is in buffers, which are saved with every checkpoint: ``codebook`` (K, D),
    ``code_sum`` (K, D) and ``code_count`` (K,), the moving averages of the encoder outputs per code
    and of their number, and ``initialised`` (bool), which is true after the codebook was
    initialized with encoder outputs.

    With gradient accumulation, set ``accumulating`` to true for all batches of a step but the last:
    counts and sums are added up, and the codebook is updated with the last batch.

    Args:
        config: Configuration of the VQ-VAE.
    """

    def __init__(self, config: MotionVQVAEConfig):
        super().__init__()
        size = (config.codebook_size, config.code_dim)
        self.accumulating, self._batches = False, []
        self.decay = config.ema_decay
        self.dead_code_threshold = config.dead_code_threshold
        self.register_buffer("codebook", torch.zeros(size))
        self.register_buffer("code_sum", torch.zeros(size))
        self.register_buffer("code_count", torch.zeros(config.codebook_size))
        self.register_buffer("initialised", torch.zeros((), dtype=torch.bool))

    def nearest(self, vectors: torch.Tensor) -> torch.Tensor:
        """Codes (N,) nearest to vectors (N, D) by squared Euclidean distance, in float32."""
        vectors, codebook = vectors.float(), self.codebook.float()
        with _full_precision(vectors.device):
            cross = vectors @ codebook.T
        distances = vectors.square().sum(-1, keepdim=True) - 2 * cross + codebook.square().sum(-1)
        return distances.argmin(-1)

    def look_up(self, codes: torch.Tensor) -> torch.Tensor:
        """Vectors (…, D) of codes (…)."""
        return F.embedding(codes, self.codebook)

    @torch.no_grad()
    def initialise(self, vectors: torch.Tensor) -> None:
        """Initialize the codebook with random encoder outputs, from (N, D)."""
        self._set_codes(slice(None), self._draw(vectors, len(self.codebook)), count=1.0)
        self.initialised.fill_(True)

    @torch.no_grad()
    def update(self, vectors: torch.Tensor, codes: torch.Tensor) -> None:
        """Update the moving averages; rarely used codes are replaced by vectors of the batch.

        Args:
            vectors: (N, D) encoder outputs.
            codes: (N,) int64 codes of the vectors.
        """
        counts = torch.bincount(codes, minlength=len(self.codebook)).to(self.code_count.dtype)
        sums = torch.zeros_like(self.code_sum).index_add_(0, codes, vectors.to(self.code_sum.dtype))
        self._batches.append((counts, sums))
        if self.accumulating:
            return
        counts, sums = (sum(values) for values in zip(*self._batches, strict=True))
        self._batches = []
        if _several_ranks():
            dist.all_reduce(counts)
            dist.all_reduce(sums)
        self.code_count.lerp_(counts, 1 - self.decay)
        self.code_sum.lerp_(sums, 1 - self.decay)
        self.codebook.copy_(self.code_sum / self.code_count.clamp(min=1e-6)[:, None])
        dead = self.code_count < self.dead_code_threshold
        if dead.any():
            fresh = self._draw(vectors, int(dead.sum()))
            self._set_codes(dead, fresh, count=max(self.dead_code_threshold, 1e-6))

    def _set_codes(self, selection, vectors: torch.Tensor, count: float) -> None:
        self.codebook[selection] = vectors
        self.code_sum[selection] = vectors * count
        self.code_count[selection] = count

    def _draw(self, vectors: torch.Tensor, number: int) -> torch.Tensor:
        """Draw random rows of the batch, the same on all ranks; noise separates equal rows."""
        picks = torch.randint(len(vectors), (number,), device=vectors.device)
        drawn = vectors[picks].to(self.codebook.dtype)
        drawn = drawn + 0.01 / self.codebook.shape[1] ** 0.5 * torch.randn_like(drawn)
        if _several_ranks():
            dist.broadcast(drawn, src=0)
        return drawn


class CompleteCheckpointMixin:
    """Mixin that requires a checkpoint to have all weights of the model."""

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path, *args, **kwargs):
        """Load a model; unlike in transformers, missing weights raise instead of being initialized.

        With ``output_loading_info=True`` the missing weights are returned instead.

        Args:
            pretrained_model_name_or_path: Name on the Hub or path of a folder.
            args: Passed to [`~transformers.PreTrainedModel.from_pretrained`].
            kwargs: Passed to [`~transformers.PreTrainedModel.from_pretrained`].

        Raises:
            ValueError: Weights are missing.
            OSError: The file with the weights is damaged or missing.
        """
        return_info = kwargs.pop("output_loading_info", False)
        try:
            model, info = super().from_pretrained(
                pretrained_model_name_or_path, *args, output_loading_info=True, **kwargs
            )
        except Exception as error:
            if type(error).__name__ != "SafetensorError":
                raise
            raise OSError(
                f"the weights of {pretrained_model_name_or_path} are damaged ({error}): "
                "download them again (force_download=True), or save the model again"
            ) from error
        missing = sorted(info["missing_keys"])
        if missing and not return_info:
            raise ValueError(
                f"{pretrained_model_name_or_path} lacks {len(missing)} of the weights of "
                f"{cls.__name__} ({', '.join(missing[:3])}): download the whole repository, or "
                "load it with the class that saved it"
            )
        return (model, info) if return_info else model


class MotionVQVAE(CompleteCheckpointMixin, PreTrainedModel):
    """Motion tokenizer: normalized motion features ↔ motion codes.

    Features are HumanML3D's 263 (or `config.num_features`) at 20 frames per second, normalized. One
    code represents `config.downsampling_factor` frames. Motions of different lengths are batched
    with `motion_attention_mask`: padding never changes a code or a reconstructed frame. Each
    encoder output gets the code with the nearest vector (Euclidean distance). The vectors are
    moving averages of the encoder outputs, updated in each training step.

    On the CPU and without gradients, motions of different lengths and large batches are packed
    (`packed_convolution_agir`): padding is not computed, and tiles of frames need about half of the
    products, with transformed weights in memory that are twice as large. Motions are always encoded
    in float32: with bfloat16, fewer than 99.9 % of the codes of trained weights stay the same
    (99.6 % on real and on simulated walks; `recipes/benchmark_vqvae.py --bfloat16 FOLDER`).

    Args:
        config ([`MotionVQVAEConfig`]):
            Sizes of the network and weights of the loss.

    Example:
        ```python
        >>> import torch
        >>> from agir_hf import MotionVQVAE, MotionVQVAEConfig
        >>> config = MotionVQVAEConfig(width=16, code_dim=8, codebook_size=32)
        >>> vqvae = MotionVQVAE(config).eval()
        >>> codes = vqvae.encode(torch.randn(1, 80, 263))
        >>> codes.shape
        torch.Size([1, 20])
        >>> vqvae.decode(codes).shape
        torch.Size([1, 80, 263])

        ```
    """

    config_class = MotionVQVAEConfig
    base_model_prefix = "vqvae"
    main_input_name = "motion_values"
    _auto_class = "AutoModel"  # its code is saved with every checkpoint

    def __init__(self, config: MotionVQVAEConfig):
        super().__init__(config)
        self.encoder = MotionEncoder(config)
        self.quantizer = MotionQuantizer(config)
        self.decoder = MotionDecoder(config)
        self.post_init()

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        """Initialize convolutions as PyTorch does, and the codebook from a standard normal."""
        if isinstance(module, nn.Conv1d):
            bound = (module.in_channels * module.kernel_size[0]) ** -0.5
            initialization.uniform_(module.weight, -bound, bound)
            initialization.uniform_(module.bias, -bound, bound)
        elif isinstance(module, MotionQuantizer):
            initialization.normal_(module.codebook)
            initialization.copy_(module.code_sum, module.codebook)
            initialization.ones_(module.code_count)
            initialization.zeros_(module.initialised)

    @torch.no_grad()
    def encode(
        self,
        motion_values: torch.Tensor,
        motion_attention_mask: torch.Tensor | None = None,
        motion_statistics: torch.LongTensor | None = None,
    ) -> torch.LongTensor:
        """Encode normalized motion features as motion codes.

        Args:
            motion_values (`torch.Tensor` of shape `(B, L, num_features)`):
                Normalized features. Frames after the last multiple of `downsampling_factor` are
                dropped.
            motion_attention_mask (`torch.Tensor` of shape `(B, L)`, *optional*):
                1 for frames, 0 for the padding after them. By default all frames are kept.
            motion_statistics (`torch.LongTensor` of shape `(B,)`, *optional*):
                Fingerprints of the mean and standard deviation that the motions are normalized
                with, from the feature extractor. By default they are not checked.

        Returns:
            `torch.LongTensor` of shape `(B, L // downsampling_factor)`: Codes in 0 …
            `codebook_size` - 1, and -1 where masked.

        Raises:
            ValueError: The shape is wrong, the mask has padding between frames, a motion is shorter
                than one code, or a motion is normalized with other statistics than the model's.

        Example:
            ```python
            >>> import torch
            >>> import agir_hf
            >>> model = agir_hf.AgirForGaitAssessment.from_pretrained(agir_hf.DEFAULT_MODEL)
            >>> features = torch.zeros(2, 40, 263)
            >>> mask = torch.ones(2, 40)
            >>> mask[1, 32:] = 0
            >>> codes = model.vqvae.encode(features, mask)
            >>> codes.shape, codes[1, 8:].tolist()
            (torch.Size([2, 10]), [-1, -1])

            ```
        """
        self._check_statistics(motion_statistics)
        motion_values, mask = self._check_motion(motion_values, motion_attention_mask)
        with _full_precision(motion_values.device):
            frames = self._packed_frames(motion_values, mask, 1)
            if frames is not None:
                return self._encode_packed(motion_values, frames)
            latent, code_mask = self._encode_latent(motion_values, mask)
            codes = self.quantizer.nearest(latent.flatten(0, 1)).view(latent.shape[:2])
        return codes if code_mask is None else codes.masked_fill(~code_mask, -1)

    @torch.no_grad()
    def embed_motion(
        self,
        motion_values: torch.Tensor,
        motion_attention_mask: torch.Tensor | None = None,
        motion_statistics: torch.LongTensor | None = None,
        spread: bool = False,
        of: str = "codes",
    ) -> torch.FloatTensor:
        """Embed motions as vectors: the mean over time.

        Args:
            motion_values: (B, L, num_features) normalized features.
            motion_attention_mask: (B, L), 1 for frames and 0 for the padding after them, or None.
            motion_statistics: (B,) int64 fingerprints of the statistics; see [`encode`].
            spread: If true, append the standard deviation over time (0 for a single code).
            of: What is averaged. ``"codes"``: the code vectors. ``"layers"``: the outputs of all
                layers of the encoder, concatenated, from the input convolution to the vectors that
                are quantized. They contain information that quantization removes.

        Returns:
            (B, code_dim) float32 for codes, (B, (1 + num_downsamplings) * width + code_dim) for
            layers; twice as wide with the standard deviation.

        Raises:
            ValueError: ``of`` has another value, or the motions are not valid for [`encode`].
        """
        if of not in ("codes", "layers"):
            raise ValueError(f"of is {of!r}, expected 'codes' or 'layers'")
        self._check_statistics(motion_statistics)
        motion_values, mask = self._check_motion(motion_values, motion_attention_mask)
        if mask is None:
            mask = motion_values.new_ones(motion_values.shape[:2], dtype=torch.bool)
        with _full_precision(motion_values.device):
            layers = self.encoder.layers(motion_values.transpose(1, 2), mask[:, None])
        layers = [layer.transpose(1, 2) for layer in layers]
        if of == "codes":
            outputs = layers[-1]
            codes = self.quantizer.nearest(outputs.flatten(0, 1)).view(outputs.shape[:2])
            layers = [self.quantizer.look_up(codes)]
        parts = []
        for states in layers:
            kept = mask[:, :: mask.shape[1] // states.shape[1]]
            mean = mean_over_codes(states, kept)
            parts.append(mean)
            if spread:
                variance = mean_over_codes((states.float() - mean[:, None]).square(), kept)
                parts.append(variance.sqrt())
        return torch.cat(parts, dim=-1)

    def decode(self, codes: torch.LongTensor) -> torch.Tensor:
        """Decode motion codes to normalized motion features.

        Args:
            codes (`torch.LongTensor` of shape `(B, N)`):
                Motion codes. -1 marks the padding after the codes of a row.

        Returns:
            `torch.FloatTensor` of shape `(B, N * downsampling_factor, num_features)`: Normalized
            features, zero where masked.

        Raises:
            ValueError: A code is not in the codebook, or the shape is wrong.

        Example:
            ```python
            >>> import torch
            >>> import agir_hf
            >>> model = agir_hf.AgirForGaitAssessment.from_pretrained(agir_hf.DEFAULT_MODEL)
            >>> model.vqvae.decode(torch.tensor([[3, 1, 4, 1, 5]])).shape
            torch.Size([1, 20, 263])

            ```
        """
        size = self.config.codebook_size
        if codes.ndim != 2:
            raise ValueError(f"codes have shape {tuple(codes.shape)}, expected (batch, codes)")
        if codes.numel() and not (int(codes.min()) >= -1 and int(codes.max()) < size):
            raise ValueError(
                f"codes are in {int(codes.min())} … {int(codes.max())}, expected 0 … {size - 1} "
                "(-1 for padding)"
            )
        with _full_precision(codes.device):
            vectors, mask = self.quantizer.look_up(codes.clamp(min=0)), codes >= 0
            frames = self._packed_frames(vectors, mask, self.config.downsampling_factor)
            if frames is not None:
                return self._decode_packed(vectors, frames)
            return self._decode_latent(vectors, mask)

    def forward(
        self,
        motion_values: torch.Tensor,
        motion_attention_mask: torch.Tensor | None = None,
        motion_statistics: torch.LongTensor | None = None,
        return_loss: bool = True,
        **kwargs,
    ) -> MotionVQVAEOutput:
        """Encode, quantize and decode; in training mode the codebook is updated.

        Args:
            motion_values: (B, L, num_features) normalized features.
            motion_attention_mask: (B, L), 1 for frames and 0 for the padding after them, or None.
            motion_statistics: (B,) int64 fingerprints of the statistics; see [`encode`].
            return_loss: Not used; the loss is always returned. `transformers.Trainer` looks for an
                argument of this name.
            kwargs: Ignored.
        """
        self._check_statistics(motion_statistics)
        motion_values, mask = self._check_motion(motion_values, motion_attention_mask)
        latent, code_mask = self._encode_latent(motion_values, mask)
        kept = latent.flatten(0, 1) if code_mask is None else latent[code_mask]
        if self.training and not self.quantizer.initialised:
            self.quantizer.initialise(kept.detach())
        codes = self.quantizer.nearest(kept)
        quantised = self.quantizer.look_up(codes)
        if self.training:
            self.quantizer.update(kept.detach(), codes)
        straight_through = (kept + (quantised - kept).detach()).to(latent.dtype)
        all_codes = codes.new_full(latent.shape[:2], -1)
        quantised_latent = torch.zeros_like(latent)
        kept_mask = torch.ones_like(all_codes, dtype=torch.bool) if code_mask is None else code_mask
        all_codes[kept_mask] = codes
        quantised_latent[kept_mask] = straight_through
        reconstructed = self._decode_latent(quantised_latent, kept_mask)
        output = self._output(motion_values, mask, kept, quantised, reconstructed, all_codes)
        output.code_vectors = quantised_latent
        return output

    def _output(self, target, mask, latent, quantised, reconstructed, codes) -> MotionVQVAEOutput:
        """Losses of a forward pass."""
        config = self.config
        error = F.smooth_l1_loss(reconstructed, target, reduction="none")
        if mask is not None:
            error = error[mask]
        reconstruction = error.mean()
        velocity = error[..., slice(*config.velocity_slice)].mean()
        commitment = F.mse_loss(latent, quantised.detach())
        counts = torch.bincount(codes[codes >= 0], minlength=config.codebook_size)
        return MotionVQVAEOutput(
            loss=reconstruction
            + config.velocity_weight * velocity
            + config.commitment_weight * commitment,
            reconstruction_loss=reconstruction.detach(),
            velocity_loss=velocity.detach(),
            commitment_loss=commitment.detach(),
            perplexity=torch.special.entr(counts / len(latent)).sum().exp(),
            reconstructed=reconstructed,
            codes=codes,
        )

    def _encode_latent(self, motion_values, mask):
        """Encoder outputs (B, N, D) and the mask of codes (B, N) or None."""
        channel_mask = None if mask is None else mask[:, None]
        latent = self.encoder(motion_values.transpose(1, 2), channel_mask).transpose(1, 2)
        return latent, None if mask is None else mask[:, :: self.config.downsampling_factor]

    def _decode_latent(self, latent, code_mask):
        """Features (B, L, num_features) of code vectors (B, N, D) and their mask (B, N)."""
        mask = None if code_mask.all() else code_mask[:, None]
        return self.decoder(latent.transpose(1, 2), mask).transpose(1, 2)

    def _packed_frames(
        self, values: torch.Tensor, mask: torch.Tensor | None, frames_per_item: int
    ) -> PackedFrames | None:
        """Decide how motions are packed without padding, on the CPU, in float32, without gradients.

        Args:
            values: Features or code vectors (B, N, C).
            mask: True for features or codes and false for the padding after them (B, N), or None.
            frames_per_item: Number of frames of each of the N items.

        Returns:
            The packing, or None if it would not be faster.
        """
        if values.device.type != "cpu" or torch.is_grad_enabled() or self.dtype != torch.float32:
            return None
        if mask is None:
            mask = torch.ones(values.shape[:2], dtype=torch.bool)
        if (mask[:, 1:] & ~mask[:, :-1]).any():  # codes after padding
            return None
        lengths, width = mask.sum(1), self.config.width
        filled = int(lengths.sum())
        tiled = filled * frames_per_item * width >= _TILED_VALUES
        worth_packing = tiled or 0 < filled < _FILLED_SHARE * mask.numel()
        return PackedFrames(lengths, tiled) if worth_packing else None

    def _encode_packed(self, motion_values, frames: PackedFrames) -> torch.LongTensor:
        """Codes (B, N) of motions (B, L, num_features), -1 where masked."""
        latent, code_frames = self.encoder.packed(frames.pack(motion_values), frames)
        length = motion_values.shape[1] // self.config.downsampling_factor
        return code_frames.unpack(self.quantizer.nearest(latent[:-1]), length, padding=-1)

    def _decode_packed(self, vectors, codes: PackedFrames) -> torch.Tensor:
        """Features (B, L, num_features) of code vectors (B, N, D), zero where masked."""
        values, frames = self.decoder.packed(codes.pack(vectors), codes)
        return frames.unpack(values, vectors.shape[1] * self.config.downsampling_factor)

    def _check_statistics(self, numbers: torch.LongTensor | None) -> None:
        """Raise a ValueError for motions that are normalized with other statistics."""
        own = self.config.statistics_fingerprint
        if numbers is None or own is None or bool((numbers == statistics_number(own)).all()):
            return
        raise ValueError(
            "motions are normalized with other statistics than the model was trained with "
            f"({own}): use the processor that was saved with the model"
        )

    def _check_motion(self, motion_values, mask):
        """Motion and bool mask, cut to a multiple of the frames per code; None masks nothing."""
        factor, width = self.config.downsampling_factor, self.config.num_features
        if motion_values.ndim != 3 or motion_values.shape[-1] != width:
            raise ValueError(
                f"motion_values have shape {tuple(motion_values.shape)}, expected (batch, frames, "
                f"{width}): pass normalized motion features, as AgirProcessor returns them"
            )
        frames = motion_values.shape[1] // factor * factor
        if frames == 0:
            raise ValueError(
                f"motion of {motion_values.shape[1]} frames is shorter than one code "
                f"({factor} frames): pass a longer motion"
            )
        motion_values = motion_values[:, :frames].to(self.encoder.input_conv.weight.dtype)
        if mask is None:
            return motion_values, None
        if mask.shape[0] != motion_values.shape[0] or mask.shape[1] < frames:
            raise ValueError(
                f"motion_attention_mask has shape {tuple(mask.shape)}, expected "
                f"{tuple(motion_values.shape[:2])}: pass one entry per frame"
            )
        mask = mask.bool()
        if (mask[:, 1:] & ~mask[:, :-1]).any():
            raise ValueError(
                "motion_attention_mask has padding between frames: put all padding after the frames"
            )
        lengths = mask.sum(1) // factor * factor
        if (lengths == 0).any():
            raise ValueError(
                f"a motion of the batch is shorter than one code ({factor} frames): remove it"
            )
        mask = torch.arange(frames, device=mask.device) < lengths[:, None]
        return motion_values, None if mask.all() else mask

    @classmethod
    def from_motiongpt(cls, path: str | os.PathLike) -> "MotionVQVAE":
        """Load the VQ-VAE of a public MotionGPT checkpoint.

        The sizes of the network are read from the shapes of the weights. Weights of other parts
        (language model, metrics) are ignored. If the checkpoint has no moving averages of the code
        counts, further training starts with a count of 1 for every code. The result is in
        evaluation mode.

        Args:
            path (`str` or `os.PathLike`):
                File written by `torch.save` (`.ckpt`, `.tar` or `.pth`); it is read with
                `weights_only=True`.

        Returns:
            [`MotionVQVAE`]: The motion tokenizer, without a fingerprint of its statistics.

        Raises:
            FileNotFoundError: There is no such file.
            ValueError: The file cannot be read safely, or it lacks weights; the message lists the
                missing keys.

        Example:
            ```python
            >>> from agir_hf import MotionVQVAE
            >>> MotionVQVAE.from_motiongpt("motiongpt_s3_h3d.tar")  # if it was not downloaded
            Traceback (most recent call last):
            ...
            FileNotFoundError: no such checkpoint: motiongpt_s3_h3d.tar
            >>> vqvae = MotionVQVAE.from_motiongpt("motiongpt_s3_h3d.tar")  # doctest: +SKIP
            >>> vqvae.config.codebook_size  # doctest: +SKIP
            512

            ```
        """
        weights = _read_motiongpt(Path(path))
        config = _motiongpt_config(weights, path)
        model = cls(config)
        renamed = {_rename_motiongpt(key, config): value for key, value in weights.items()}
        codebook = renamed.get("quantizer.codebook")
        if codebook is not None:
            renamed.setdefault("quantizer.code_sum", codebook.clone())
            renamed.setdefault("quantizer.code_count", codebook.new_ones(len(codebook)))
            renamed.setdefault("quantizer.initialised", torch.tensor(True))
        expected = model.state_dict().keys()
        missing, unexpected = sorted(expected - renamed.keys()), sorted(renamed.keys() - expected)
        if missing:
            raise ValueError(f"{path} lacks weights of a MotionGPT VQ-VAE: {', '.join(missing)}")
        if unexpected:
            logger.warning(f"{path}: MotionVQVAE does not use {', '.join(unexpected)}")
        model.load_state_dict({key: renamed[key] for key in expected})
        return model.eval()


def mean_over_codes(states: torch.Tensor, kept: torch.BoolTensor) -> torch.FloatTensor:
    """Mean (B, D) of states (B, N, D) over the codes or frames where a mask (B, N) is true."""
    kept = kept[..., None].float()
    return (states.float() * kept).sum(1) / kept.sum(1).clamp(min=1)


def _masked(x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """Set masked values to zero, so that padding equals the zero padding of a convolution."""
    return x if mask is None else x.masked_fill(~mask, 0)


def _full_precision(device: torch.device) -> contextlib.ExitStack:
    """Context without automatic mixed precision and TF32, so that a GPU gives the CPU's codes."""
    stack = contextlib.ExitStack()
    if torch.amp.is_autocast_available(device.type):
        stack.enter_context(torch.autocast(device.type, enabled=False))
    if device.type == "cuda":
        cudnn = torch.backends.cudnn
        kept = {name: getattr(cudnn, name) for name in ("enabled", "benchmark", "deterministic")}
        stack.enter_context(cudnn.flags(**kept, allow_tf32=False))
    return stack


def _several_ranks() -> bool:
    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1


def _read_motiongpt(path: Path) -> dict[str, torch.Tensor]:
    """Weights of the VQ-VAE in a checkpoint, without their ``vae.`` or ``motion_vae.`` prefix."""
    if not path.is_file():
        raise FileNotFoundError(f"no such checkpoint: {path}")
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"{path} cannot be read as plain weights ({reason}): use a checkpoint of tensors "
            "only, or save its state_dict with torch.save"
        ) from error
    state = checkpoint.get("state_dict", checkpoint) if isinstance(checkpoint, dict) else {}
    pattern = re.compile(r"^(?:motion_vae|vae)\.(.+)$")
    weights = {m[1]: value for key, value in state.items() if (m := pattern.match(str(key)))}
    if not weights:
        raise ValueError(
            f"{path} has no key that starts with 'vae.' or 'motion_vae.': use a MotionGPT "
            "checkpoint"
        )
    return weights


def _motiongpt_config(weights: dict[str, torch.Tensor], path) -> MotionVQVAEConfig:
    """Sizes of a MotionGPT VQ-VAE, from the shapes of its weights."""
    stages = {int(m[1]) for k in weights if (m := re.match(r"encoder\.model\.(\d+)\.0\.weight", k))}
    blocks = {m[1] for k in weights if (m := re.match(r"encoder\.model\.2\.1\.model\.(\d+)\.", k))}
    required = ("encoder.model.0.weight", "quantizer.codebook")
    missing = [key for key in required if key not in weights]
    if missing or not stages or not blocks:
        raise ValueError(
            f"{path} lacks weights of a MotionGPT VQ-VAE: {', '.join(missing) or 'encoder.model.2'}"
        )
    width, num_features, _ = weights["encoder.model.0.weight"].shape
    codebook_size, code_dim = weights["quantizer.codebook"].shape
    return MotionVQVAEConfig(
        num_features=num_features,
        codebook_size=codebook_size,
        code_dim=code_dim,
        width=width,
        num_downsamplings=len(stages),
        num_residual_blocks=len(blocks),
        velocity_slice=(4, 67),
    )


def _rename_motiongpt(key: str, config: MotionVQVAEConfig) -> str:
    """Name of a MotionGPT weight in `MotionVQVAE`; unknown names are returned unchanged."""
    last = 2 + config.num_downsamplings
    outer = {
        "encoder.model.0": "encoder.input_conv",
        f"encoder.model.{last}": "encoder.output_conv",
        "decoder.model.0": "decoder.input_conv",
        f"decoder.model.{last}": "decoder.hidden_conv",
        f"decoder.model.{last + 2}": "decoder.output_conv",
    }
    owner, _, kind = key.rpartition(".")
    if owner in outer:
        return f"{outer[owner]}.{kind}"
    for side, resample, residual in (("encoder", 0, 1), ("decoder", 2, 0)):
        if match := re.fullmatch(rf"{side}\.model\.(\d+)\.{resample}", owner):
            return f"{side}.stages.{int(match[1]) - 2}.resample.{kind}"
        block = rf"{side}\.model\.(\d+)\.{residual}\.model\.(\d+)\.conv([12])"
        if match := re.fullmatch(block, owner):
            conv = {"1": "dilated", "2": "pointwise"}[match[3]]
            return f"{side}.stages.{int(match[1]) - 2}.blocks.{match[2]}.{conv}.{kind}"
    return key


__all__ = ["MotionVQVAE", "MotionVQVAEOutput"]
