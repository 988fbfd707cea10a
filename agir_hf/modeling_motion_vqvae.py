"""MotionVQVAE: motion features ↔ motion codes, with the architecture of MotionGPT's tokenizer.

Sources: van den Oord et al. 2017 (VQ-VAE), Razavi et al. 2019 (codebook as running averages),
Zhang et al. 2023 (T2M-GPT) and Jiang et al. 2023 (MotionGPT) for the network and its training.
"""

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

logger = logging.get_logger(__name__)


@dataclass
class MotionVQVAEOutput(ModelOutput):
    """What a forward pass of [`MotionVQVAE`] gives.

    Attributes:
        loss: weighted sum of the three terms.
        reconstruction_loss: smooth L1 over all features.
        velocity_loss: smooth L1 over ``config.velocity_slice``.
        commitment_loss: squared distance of the encoder's output to its codes.
        perplexity: exponential of the entropy of the code use in this batch.
        reconstructed: (B, L, num_features), zero where masked.
        codes: (B, L // downsampling_factor) int64, -1 where masked.
    """

    loss: torch.FloatTensor | None = None
    reconstruction_loss: torch.FloatTensor | None = None
    velocity_loss: torch.FloatTensor | None = None
    commitment_loss: torch.FloatTensor | None = None
    perplexity: torch.FloatTensor | None = None
    reconstructed: torch.FloatTensor | None = None
    codes: torch.LongTensor | None = None


class ResidualBlock(nn.Module):
    """ReLU, dilated convolution, ReLU, pointwise convolution, plus the input."""

    def __init__(self, width: int, dilation: int):
        super().__init__()
        self.dilated = nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation)
        self.pointwise = nn.Conv1d(width, width, 1)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        hidden = _masked(self.dilated(F.relu(x)), mask)
        return _masked(x + self.pointwise(F.relu(hidden)), mask)


class ResidualStage(nn.Module):
    """Residual blocks of falling dilation (9, 3, 1 by default) and one resampling convolution."""

    def __init__(self, config: MotionVQVAEConfig, resample: nn.Conv1d):
        super().__init__()
        growth = config.dilation_growth_rate
        powers = reversed(range(config.num_residual_blocks))
        self.resample = resample
        self.blocks = nn.ModuleList(ResidualBlock(config.width, growth**p) for p in powers)

    def residual(self, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        for block in self.blocks:
            x = block(x, mask)
        return x


class MotionEncoder(nn.Module):
    """(B, num_features, L) → (B, code_dim, L / downsampling_factor)."""

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
        return self.layers(x, mask)[-1]

    def layers(self, x: torch.Tensor, mask: torch.Tensor | None) -> list[torch.Tensor]:
        """What the input convolution, each stage and the output convolution give, in this order."""
        x = _masked(F.relu(self.input_conv(_masked(x, mask))), mask)
        found = [x]
        for stage in self.stages:
            mask = None if mask is None else mask[..., ::2]
            x = stage.residual(_masked(stage.resample(x), mask), mask)
            found.append(x)
        return [*found, _masked(self.output_conv(x), mask)]


class MotionDecoder(nn.Module):
    """(B, code_dim, L / downsampling_factor) → (B, num_features, L)."""

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
        x = _masked(F.relu(self.input_conv(_masked(x, mask))), mask)
        for stage in self.stages:
            x = stage.residual(x, mask).repeat_interleave(2, dim=-1)
            mask = None if mask is None else mask.repeat_interleave(2, dim=-1)
            x = _masked(stage.resample(x), mask)
        x = _masked(F.relu(self.hidden_conv(x)), mask)
        return _masked(self.output_conv(x), mask)


class MotionQuantizer(nn.Module):
    """Codebook kept as running averages of what is assigned to each code.

    All of its state is in buffers and so in every checkpoint: ``codebook`` (K, D), ``code_sum``
    (K, D), ``code_count`` (K,) and ``initialised`` (one bool), which says whether the codebook
    was already drawn from data.

    Where a step of training is taken in parts, ``held`` is true in all but the last: what is
    assigned is then added up, and the codebook moves with the last one.
    """

    def __init__(self, config: MotionVQVAEConfig):
        super().__init__()
        size = (config.codebook_size, config.code_dim)
        self.held, self._parts = False, []
        self.decay = config.ema_decay
        self.dead_code_threshold = config.dead_code_threshold
        self.register_buffer("codebook", torch.zeros(size))
        self.register_buffer("code_sum", torch.zeros(size))
        self.register_buffer("code_count", torch.zeros(config.codebook_size))
        self.register_buffer("initialised", torch.zeros((), dtype=torch.bool))

    def nearest(self, vectors: torch.Tensor) -> torch.Tensor:
        """Codes (N,) of the vectors (N, D) by squared Euclidean distance."""
        codebook = self.codebook.to(vectors.dtype)
        cross = vectors @ codebook.T
        distances = vectors.square().sum(-1, keepdim=True) - 2 * cross + codebook.square().sum(-1)
        return distances.argmin(-1)

    def look_up(self, codes: torch.Tensor) -> torch.Tensor:
        """Vectors (…, D) of codes (…)."""
        return F.embedding(codes, self.codebook)

    @torch.no_grad()
    def initialise(self, vectors: torch.Tensor) -> None:
        """Draw the first codebook from encoder outputs (N, D)."""
        self._set_codes(slice(None), self._draw(vectors, len(self.codebook)), count=1.0)
        self.initialised.fill_(True)

    @torch.no_grad()
    def update(self, vectors: torch.Tensor, codes: torch.Tensor) -> None:
        """One step of the running averages; codes that hardly occur start anew from the batch."""
        counts = torch.bincount(codes, minlength=len(self.codebook)).to(self.code_count.dtype)
        sums = torch.zeros_like(self.code_sum).index_add_(0, codes, vectors.to(self.code_sum.dtype))
        self._parts.append((counts, sums))
        if self.held:
            return
        counts, sums = (sum(parts) for parts in zip(*self._parts, strict=True))
        self._parts = []
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

    def _set_codes(self, where, vectors: torch.Tensor, count: float) -> None:
        self.codebook[where] = vectors
        self.code_sum[where] = vectors * count
        self.code_count[where] = count

    def _draw(self, vectors: torch.Tensor, number: int) -> torch.Tensor:
        """``number`` rows of the batch, the same on every rank; repeats are set apart by noise."""
        picks = torch.randint(len(vectors), (number,), device=vectors.device)
        drawn = vectors[picks].to(self.codebook.dtype)
        drawn = drawn + 0.01 / self.codebook.shape[1] ** 0.5 * torch.randn_like(drawn)
        if _several_ranks():
            dist.broadcast(drawn, src=0)
        return drawn


class WholeWeightsMixin:
    """A model whose checkpoint must hold all of its weights."""

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path, *args, **kwargs):
        """As transformers' own, but nothing that the checkpoint lacks is drawn at random.

        With ``output_loading_info=True`` what is missing is returned, and nothing raises.

        Raises:
            ValueError: if weights are missing.
            OSError: if the file of the weights is damaged, or there is none.
        """
        asked = kwargs.pop("output_loading_info", False)
        try:
            model, told = super().from_pretrained(
                pretrained_model_name_or_path, *args, output_loading_info=True, **kwargs
            )
        except Exception as error:
            if type(error).__name__ != "SafetensorError":
                raise
            raise OSError(
                f"the weights of {pretrained_model_name_or_path} are damaged ({error}): fetch them "
                "again (force_download=True), or save the model again"
            ) from error
        missing = sorted(told["missing_keys"])
        if missing and not asked:
            raise ValueError(
                f"{pretrained_model_name_or_path} lacks {len(missing)} of the weights of "
                f"{cls.__name__} ({', '.join(missing[:3])}): fetch the whole repository, or load "
                "it with the class that saved it"
            )
        return (model, told) if asked else model


class MotionVQVAE(WholeWeightsMixin, PreTrainedModel):
    """Motion features ↔ motion codes.

    Features are HumanML3D's 263 (or ``config.num_features``) at 20 fps, normalised; one code
    stands for ``config.downsampling_factor`` frames. Motions of different lengths share a batch
    through ``motion_attention_mask``: padding never changes a code or a reconstructed frame.
    """

    config_class = MotionVQVAEConfig
    base_model_prefix = "vqvae"
    main_input_name = "motion_values"
    _auto_class = "AutoModel"  # its code travels with every saved checkpoint

    def __init__(self, config: MotionVQVAEConfig):
        super().__init__(config)
        self.encoder = MotionEncoder(config)
        self.quantizer = MotionQuantizer(config)
        self.decoder = MotionDecoder(config)
        self.post_init()

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        """PyTorch's own initialisation of convolutions; a standard normal codebook."""
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
        """Codes of normalised motion features.

        Args:
            motion_values: (B, L, num_features). Frames beyond the last multiple of
                ``downsampling_factor`` are left out.
            motion_attention_mask: (B, L), ones for frames and zeros for the padding behind them.
            motion_statistics: (B,) int64, number of the statistics that each motion is normalised
                with, as the feature extractor gives it; None is not checked.

        Returns:
            (B, L // downsampling_factor) int64 in 0 … codebook_size - 1; -1 where masked.

        Raises:
            ValueError: for a wrong shape, a mask with holes, a motion shorter than one code, or one
                normalised with statistics that are not the model's.
        """
        self._check_statistics(motion_statistics)
        motion_values, mask = self._check_motion(motion_values, motion_attention_mask)
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
        """Motions as vectors: the mean over their length.

        Args:
            motion_values, motion_attention_mask, motion_statistics: see [`encode`].
            spread: behind the mean also the standard deviation, 0 for a single code.
            of: ``"codes"``, the codebook's vectors; ``"layers"``, what the encoder's layers give,
                side by side, from the input convolution to the outputs that the nearest code is
                chosen for: they hold what codes leave out.

        Returns:
            (B, code_dim) float32, twice as wide with the spread; for layers (B, (1 +
            num_downsamplings) * width + code_dim), twice as wide with the spread.

        Raises:
            ValueError: for another ``of``, and as [`encode`].
        """
        if of not in ("codes", "layers"):
            raise ValueError(f"of is {of!r}, expected 'codes' or 'layers'")
        self._check_statistics(motion_statistics)
        motion_values, mask = self._check_motion(motion_values, motion_attention_mask)
        if mask is None:
            mask = motion_values.new_ones(motion_values.shape[:2], dtype=torch.bool)
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
        """Normalised motion features of codes.

        Args:
            codes: (B, N) int64; -1 marks padding behind the codes of a row.

        Returns:
            (B, N * downsampling_factor, num_features), zero where masked.

        Raises:
            ValueError: for codes that are not in the codebook, or a wrong shape.
        """
        size = self.config.codebook_size
        if codes.ndim != 2:
            raise ValueError(f"codes have shape {tuple(codes.shape)}, expected (batch, codes)")
        if codes.numel() and not (int(codes.min()) >= -1 and int(codes.max()) < size):
            raise ValueError(
                f"codes lie in {int(codes.min())} … {int(codes.max())}, expected 0 … {size - 1} "
                "(-1 for padding)"
            )
        return self._decode_latent(self.quantizer.look_up(codes.clamp(min=0)), codes >= 0)

    def forward(
        self,
        motion_values: torch.Tensor,
        motion_attention_mask: torch.Tensor | None = None,
        motion_statistics: torch.LongTensor | None = None,
        return_loss: bool = True,
        **kwargs,
    ) -> MotionVQVAEOutput:
        """Encode, quantise and decode; in training mode the codebook moves one step.

        Args:
            motion_values: (B, L, num_features), normalised.
            motion_attention_mask: (B, L), ones for frames, zeros for padding behind them.
            motion_statistics: see [`encode`].
            return_loss: kept for trainers that look for it; the loss is always there.
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
        straight_through = kept + (quantised - kept).detach()
        all_codes = codes.new_full(latent.shape[:2], -1)
        grid = torch.zeros_like(latent)
        where = torch.ones_like(all_codes, dtype=torch.bool) if code_mask is None else code_mask
        all_codes[where] = codes
        grid[where] = straight_through
        reconstructed = self._decode_latent(grid, where)
        return self._output(motion_values, mask, kept, quantised, reconstructed, all_codes)

    def _output(self, target, mask, latent, quantised, reconstructed, codes) -> MotionVQVAEOutput:
        config = self.config
        error = F.smooth_l1_loss(reconstructed, target, reduction="none")
        if mask is not None:
            error = error[mask]
        reconstruction = error.mean()
        velocity = error[..., slice(*config.velocity_slice)].mean()
        commitment = F.mse_loss(latent, quantised.detach())
        share = torch.bincount(codes[codes >= 0], minlength=config.codebook_size) / len(latent)
        return MotionVQVAEOutput(
            loss=reconstruction
            + config.velocity_weight * velocity
            + config.commitment_weight * commitment,
            reconstruction_loss=reconstruction.detach(),
            velocity_loss=velocity.detach(),
            commitment_loss=commitment.detach(),
            perplexity=torch.special.entr(share).sum().exp(),
            reconstructed=reconstructed,
            codes=codes,
        )

    def _encode_latent(self, motion_values, mask):
        """Encoder outputs (B, N, D) and the mask of codes (B, N) or None."""
        channel_mask = None if mask is None else mask[:, None]
        latent = self.encoder(motion_values.transpose(1, 2), channel_mask).transpose(1, 2)
        return latent, None if mask is None else mask[:, :: self.config.downsampling_factor]

    def _decode_latent(self, latent, code_mask):
        mask = None if code_mask.all() else code_mask[:, None]
        return self.decoder(latent.transpose(1, 2), mask).transpose(1, 2)

    def _check_statistics(self, given: torch.LongTensor | None) -> None:
        own = self.config.statistics_fingerprint
        if given is None or own is None or bool((given == statistics_number(own)).all()):
            return
        raise ValueError(
            f"motions are normalised with other statistics than the model was made with ({own}): "
            "prepare them with the processor that was saved with the model"
        )

    def _check_motion(self, motion_values, mask):
        """The motion and its bool mask, cut to whole codes; the mask is None where all is kept."""
        factor, width = self.config.downsampling_factor, self.config.num_features
        if motion_values.ndim != 3 or motion_values.shape[-1] != width:
            raise ValueError(
                f"motion_values have shape {tuple(motion_values.shape)}, expected (batch, frames, "
                f"{width}): give normalised motion features, as AgirProcessor makes them"
            )
        frames = motion_values.shape[1] // factor * factor
        if frames == 0:
            raise ValueError(
                f"motion of {motion_values.shape[1]} frames is shorter than one code "
                f"({factor} frames): give a longer motion"
            )
        motion_values = motion_values[:, :frames].to(self.encoder.input_conv.weight.dtype)
        if mask is None:
            return motion_values, None
        if mask.shape[0] != motion_values.shape[0] or mask.shape[1] < frames:
            raise ValueError(
                f"motion_attention_mask has shape {tuple(mask.shape)}, expected "
                f"{tuple(motion_values.shape[:2])}: one entry for each frame"
            )
        mask = mask.bool()
        if (mask[:, 1:] & ~mask[:, :-1]).any():
            raise ValueError("motion_attention_mask has holes: padding stands behind the frames")
        whole = mask.sum(1) // factor * factor
        if (whole == 0).any():
            raise ValueError(f"a motion of the batch is shorter than one code ({factor} frames)")
        mask = torch.arange(frames, device=mask.device) < whole[:, None]
        return motion_values, None if mask.all() else mask

    @classmethod
    def from_motiongpt(cls, path: str | os.PathLike) -> "MotionVQVAE":
        """Load the VQ-VAE out of a public MotionGPT checkpoint (``.ckpt``, ``.tar``, ``.pth``).

        Sizes are read from the shapes. Whatever does not belong to the VQ-VAE (the language
        model, metrics) is left alone. The checkpoint does not carry the running counts of the
        codebook, so training goes on as if every code had been met once.

        Args:
            path: file written by ``torch.save``; read with ``weights_only=True``.

        Raises:
            FileNotFoundError: if there is no such file.
            ValueError: if it cannot be read safely or lacks weights, with the missing keys.
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
        wanted = model.state_dict().keys()
        missing, unexpected = sorted(wanted - renamed.keys()), sorted(renamed.keys() - wanted)
        if missing:
            raise ValueError(f"{path} lacks weights of a MotionGPT VQ-VAE: {', '.join(missing)}")
        if unexpected:
            logger.warning(f"{path}: not used by MotionVQVAE: {', '.join(unexpected)}")
        model.load_state_dict({key: renamed[key] for key in wanted})
        return model.eval()


def mean_over_codes(states: torch.Tensor, kept: torch.BoolTensor) -> torch.FloatTensor:
    """(B, D) mean of states (B, N, D) over what of each row is kept (B, N): codes, or frames."""
    kept = kept[..., None].float()
    return (states.float() * kept).sum(1) / kept.sum(1).clamp(min=1)


def _masked(x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """Zero where masked: then a convolution meets there what it meets beyond the end."""
    return x if mask is None else x.masked_fill(~mask, 0)


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
            f"{path} cannot be read as plain weights ({reason}): give a checkpoint of tensors, "
            "or save its state_dict alone with torch.save"
        ) from error
    state = checkpoint.get("state_dict", checkpoint) if isinstance(checkpoint, dict) else {}
    pattern = re.compile(r"^(?:motion_vae|vae)\.(.+)$")
    weights = {m[1]: value for key, value in state.items() if (m := pattern.match(str(key)))}
    if not weights:
        raise ValueError(
            f"{path} holds no key that starts with 'vae.' or 'motion_vae.': expected a MotionGPT "
            "checkpoint"
        )
    return weights


def _motiongpt_config(weights: dict[str, torch.Tensor], path) -> MotionVQVAEConfig:
    """Sizes of a MotionGPT VQ-VAE, from the shapes of its weights."""
    stages = {int(m[1]) for k in weights if (m := re.match(r"encoder\.model\.(\d+)\.0\.weight", k))}
    blocks = {m[1] for k in weights if (m := re.match(r"encoder\.model\.2\.1\.model\.(\d+)\.", k))}
    needed = ("encoder.model.0.weight", "quantizer.codebook")
    lacking = [key for key in needed if key not in weights]
    if lacking or not stages or not blocks:
        raise ValueError(
            f"{path} lacks weights of a MotionGPT VQ-VAE: {', '.join(lacking) or 'encoder.model.2'}"
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
    """Our name of a weight of MotionGPT's; keys that mean nothing here stay as they are."""
    last = 2 + config.num_downsamplings
    plain = {
        "encoder.model.0": "encoder.input_conv",
        f"encoder.model.{last}": "encoder.output_conv",
        "decoder.model.0": "decoder.input_conv",
        f"decoder.model.{last}": "decoder.hidden_conv",
        f"decoder.model.{last + 2}": "decoder.output_conv",
    }
    owner, _, kind = key.rpartition(".")
    if owner in plain:
        return f"{plain[owner]}.{kind}"
    for side, resample, residual in (("encoder", 0, 1), ("decoder", 2, 0)):
        if match := re.fullmatch(rf"{side}\.model\.(\d+)\.{resample}", owner):
            return f"{side}.stages.{int(match[1]) - 2}.resample.{kind}"
        block = rf"{side}\.model\.(\d+)\.{residual}\.model\.(\d+)\.conv([12])"
        if match := re.fullmatch(block, owner):
            conv = {"1": "dilated", "2": "pointwise"}[match[3]]
            return f"{side}.stages.{int(match[1]) - 2}.blocks.{match[2]}.{conv}.{kind}"
    return key


__all__ = ["MotionVQVAE", "MotionVQVAEOutput"]
