"""PoseFormerV2: central frames in the time domain, the whole clip in the frequency domain.

A small reimplementation of Zhao, Zheng, Liu, Wang and Chen, "PoseFormerV2: Exploring Frequency
Domain for Efficient and Robust 3D Human Pose Estimation", CVPR 2023. The network was made to lift
the 2D pose of the central frame of a clip of Human3.6M at 50 fps; here the input of its head is the
embedding of a walk at 20 fps, a research baseline and not a clinical tool. Not implemented: the
head, and stochastic depth in training.

The authors' weights can be loaded (`PoseFormerV2.from_public_weights`). They were trained on
detected joints in perspective images; the orthographic projection here is similar, not equal.
"""

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import torch
from torch import Tensor, nn

from .attention import FeedForward, SelfAttention
from .encoder import KeyPointEncoder, PublicWeights
from .skeletons import NUM_H36M_JOINTS

_NORM_EPS = 1e-6
# the authors' sizes, by frames kept and frames of the clip
PUBLIC_SIZES: dict[str, dict[str, int]] = {
    f"{kept}_{frames}": {"num_frames": frames, "num_kept": kept, "num_coefficients": coefficients}
    for kept, frames, coefficients in (
        (1, 27, 3), (3, 27, 3), (1, 81, 3), (3, 81, 3), (9, 81, 9), (27, 243, 27)
    )
}  # fmt: skip
_PUBLIC = {"dim": 32, "depth": 4, "num_heads": 8, "mlp_ratio": 2}
_RENAMED = {
    "Joint_embedding": "joint_embedding",
    "Freq_embedding": "frequency_embedding",
    "Spatial_pos_embed": "joint_position",
    "Temporal_pos_embed": "frame_position",
    "Temporal_pos_embed_": "coefficient_position",
    "Spatial_blocks": "spatial_blocks",
    "Spatial_norm": "spatial_norm",
    "Temporal_norm": "norm",
    "weighted_mean": "mean_of_coefficients",
    "weighted_mean_": "mean_of_frames",
}
_HEAD = "head."


def dct_matrix(length: int) -> Tensor:
    """Matrix of the DCT-II without normalisation; row k is the cosine of coefficient k.

    X_k = 2 Σ_n x_n cos(π k (2 n + 1) / 2 N), as in `scipy.fft.dct`.

    Args:
        length: Number of samples N.

    Returns:
        Matrix of shape (N, N), float64.
    """
    index = torch.arange(length, dtype=torch.float64)
    return 2 * torch.cos(math.pi / (2 * length) * index[:, None] * (2 * index + 1))


def inverse_dct_matrix(length: int) -> Tensor:
    """Inverse of `dct_matrix`, (N, N) float64: x_n = (X_0 / 2 + Σ_k X_k cos …) / N."""
    inverse = dct_matrix(length).mT / (2 * length)
    inverse[:, 0] /= 2
    return inverse


class FrequencyFeedForward(FeedForward):
    """A feed-forward layer on the DCT coefficients of the tokens, (B, N, C) → (B, N, C).

    Args:
        dim: Number of channels C.
        hidden_dim: Number of hidden channels.
        num_tokens: Number of tokens N.
    """

    def __init__(self, dim: int, hidden_dim: int, num_tokens: int):
        super().__init__(dim, hidden_dim)
        self.register_buffer("dct", dct_matrix(num_tokens).float(), persistent=False)
        self.register_buffer("inverse", inverse_dct_matrix(num_tokens).float(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Transform tokens (B, N, C)."""
        return self.inverse @ super().forward(self.dct @ x)


class Block(nn.Module):
    """A pre-norm transformer layer, (B, N, C) → (B, N, C).

    Args:
        dim: Number of channels C.
        num_heads: Heads of the attention.
        hidden_dim: Hidden channels of the feed-forward layer.
    """

    def __init__(self, dim: int, num_heads: int, hidden_dim: int):
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=_NORM_EPS)
        self.attn = SelfAttention(dim, num_heads, bias=True)
        self.norm2 = nn.LayerNorm(dim, eps=_NORM_EPS)
        self.mlp = FeedForward(dim, hidden_dim)

    def forward(self, x: Tensor) -> Tensor:
        """Transform tokens (B, N, C)."""
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class MixedBlock(nn.Module):
    """A transformer layer whose feed-forward layer works on DCT coefficients of half of the tokens.

    The second half of the tokens are the frames. Where the numbers of frames and coefficients
    differ, the split in the middle mixes both, as in the authors' code.

    Args:
        dim: Number of channels.
        num_heads: Heads of the attention.
        hidden_dim: Hidden channels of the feed-forward layers.
        num_tokens: Number of tokens.
    """

    def __init__(self, dim: int, num_heads: int, hidden_dim: int, num_tokens: int):
        super().__init__()
        self.half = num_tokens // 2
        self.norm1 = nn.LayerNorm(dim, eps=_NORM_EPS)
        self.attn = SelfAttention(dim, num_heads, bias=True)
        self.norm2 = nn.LayerNorm(dim, eps=_NORM_EPS)
        self.mlp1 = FeedForward(dim, hidden_dim)
        self.norm3 = nn.LayerNorm(dim, eps=_NORM_EPS)
        self.mlp2 = FrequencyFeedForward(dim, hidden_dim, num_tokens - self.half)

    def forward(self, x: Tensor) -> Tensor:
        """Transform tokens (B, N, C)."""
        x = x + self.attn(self.norm1(x))
        first, second = x[:, : self.half], x[:, self.half :]
        first = first + self.mlp1(self.norm2(first))
        second = second + self.mlp2(self.norm3(second))
        return torch.cat([first, second], dim=1)


class PoseFormerV2(KeyPointEncoder):
    """PoseFormerV2 over key points of 17 joints, in a side view by default.

    A transformer over joints reads the central frames; these and the lowest DCT coefficients of all
    frames are the tokens of a second transformer. The embedding is the weighted means of its
    coefficient tokens and of its frame tokens. The defaults are a small network for training from
    scratch on a CPU, with coefficients up to 5 Hz and 1.35 s of central frames; `public_size` gives
    the authors' sizes.

    Args:
        dim: Number of channels of a joint; a token of the second transformer has 17 times as many.
        depth: Layers of each transformer.
        num_heads: Heads of the attention.
        mlp_ratio: Hidden channels of the feed-forward layers, as a multiple of their channels.
        num_kept: Number of central frames that are tokens.
        num_coefficients: Number of the lowest DCT coefficients that are tokens.
        num_frames: Length of the clips that the network reads.
        views: Names of `skeletons.VIEWS`.
        keep_path: Whether the path of the pelvis is kept, see `skeletons.standard_walk`.
    """

    public_weights = PublicWeights(
        "PoseFormerV2",
        "https://github.com/QitaoZhao/PoseFormerV2",
        "27_243_45.2.bin (or another model of its table)",
        "model_pos",
    )

    def __init__(
        self,
        dim: int = 8,
        depth: int = 2,
        num_heads: int = 4,
        mlp_ratio: int = 2,
        num_kept: int = 27,
        num_coefficients: int = 27,
        num_frames: int = 54,
        views: tuple[str, ...] = ("side",),
        keep_path: bool = False,
    ):
        token_dim, num_tokens = NUM_H36M_JOINTS * dim, num_kept + num_coefficients
        super().__init__(num_frames, views, keep_path, 2 * token_dim)
        if not (0 < num_kept <= num_frames and 0 < num_coefficients <= num_frames):
            raise ValueError(
                f"{num_kept} frames and {num_coefficients} coefficients of {num_frames} frames, "
                f"expected 1 … {num_frames} each"
            )
        self.num_kept, self.num_coefficients = num_kept, num_coefficients
        self.joint_embedding = nn.Linear(2, dim)
        self.frequency_embedding = nn.Linear(2 * NUM_H36M_JOINTS, token_dim)
        self.joint_position = _position(NUM_H36M_JOINTS, dim)
        self.frame_position = _position(num_kept, token_dim)
        self.coefficient_position = _position(num_coefficients, token_dim)
        self.spatial_blocks = nn.ModuleList(
            Block(dim, num_heads, mlp_ratio * dim) for _ in range(depth)
        )
        self.blocks = nn.ModuleList(
            MixedBlock(token_dim, num_heads, mlp_ratio * token_dim, num_tokens)
            for _ in range(depth)
        )
        self.spatial_norm = nn.LayerNorm(dim, eps=_NORM_EPS)
        self.norm = nn.LayerNorm(token_dim, eps=_NORM_EPS)
        self.mean_of_coefficients = nn.Conv1d(num_coefficients, 1, 1)
        self.mean_of_frames = nn.Conv1d(num_kept, 1, 1)
        lowest = dct_matrix(num_frames)[:num_coefficients].float()
        self.register_buffer("lowest", lowest, persistent=False)

    @classmethod
    def public_size(cls, size: str, **options) -> Self:
        """Make a network of the authors' size, such as "27_243", with random weights.

        Args:
            size: Number of central frames and number of frames, a name of `PUBLIC_SIZES`.
            **options: Arguments of the constructor that replace those of the size.

        Returns:
            The network.

        Raises:
            ValueError: The size has another name.
        """
        if size not in PUBLIC_SIZES:
            raise ValueError(f"size is {size!r}, expected one of {tuple(PUBLIC_SIZES)}")
        return cls(**{**_PUBLIC, **PUBLIC_SIZES[size], **options})

    @classmethod
    def from_public_weights(
        cls, path: str | Path, num_frames: int | None = None, **options
    ) -> Self:
        """Make the network with its authors' weights; see `ClipEncoder.from_public_weights`.

        Args:
            path: The downloaded file.
            num_frames: Length of the clips that the weights were trained on, which the file does
                not contain. By default the second number of a name such as `27_243_45.2.bin`.
            **options: Further arguments of the constructor, such as `views`.

        Returns:
            The network in evaluation mode.

        Raises:
            FileNotFoundError: The file is missing.
            ValueError: The length of the clips is unknown, or the weights do not fit.
        """
        if num_frames is None and (match := re.match(r"\d+_(\d+)_", Path(path).name)):
            num_frames = int(match[1])
        if num_frames is None and Path(path).is_file():
            raise ValueError(
                f"{Path(path).name} does not state the number of frames of its clips, expected a "
                "name such as 27_243_45.2.bin: pass num_frames, 27, 81 or 243"
            )
        return super().from_public_weights(path, num_frames=num_frames, **options)

    @staticmethod
    def rename(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Rename public weights, see `_RENAMED`, and drop the head."""
        parts = {name.partition("."): v for name, v in state.items() if not name.startswith(_HEAD)}
        return {_RENAMED.get(n, n) + dot + rest: v for (n, dot, rest), v in parts.items()}

    @staticmethod
    def sizes(state: Mapping[str, Tensor]) -> dict:
        """Read the arguments of the constructor from the shapes of renamed public weights."""
        dim = state["joint_embedding.weight"].shape[0]
        return {
            **_PUBLIC,
            "dim": dim,
            "depth": len({n.split(".")[1] for n in state if n.startswith("blocks.")}),
            "mlp_ratio": state["spatial_blocks.0.mlp.fc1.weight"].shape[0] // dim,
            "num_kept": state["frame_position"].shape[1],
            "num_coefficients": state["coefficient_position"].shape[1],
        }

    def embed(self, points: Tensor) -> Tensor:
        """Embed key points (N, num_frames, 17, 2) as (N, 2 * 17 * dim)."""
        x = torch.cat([self._coefficients(points), self._frames(points)], dim=1)
        for block in self.blocks:
            x = block(x)
        x, split = self.norm(x), self.num_coefficients
        means = self.mean_of_coefficients(x[:, :split]), self.mean_of_frames(x[:, split:])
        return torch.cat(means, dim=-1).flatten(1)

    def _coefficients(self, points: Tensor) -> Tensor:
        """(N, num_coefficients, 17 * dim) tokens of the lowest frequencies of all frames."""
        spectrum = self.lowest @ points.flatten(2)
        return self.frequency_embedding(spectrum) + self.coefficient_position

    def _frames(self, points: Tensor) -> Tensor:
        """(N, num_kept, 17 * dim) tokens of the central frames."""
        start = max((self.num_frames - 1) // 2 - self.num_kept // 2, 0)
        central = points[:, start : start + self.num_kept]
        x = self.joint_embedding(central.flatten(0, 1)) + self.joint_position
        for block in self.spatial_blocks:
            x = block(x)
        tokens = self.spatial_norm(x).unflatten(0, (-1, self.num_kept)).flatten(2)
        return tokens + self.frame_position


def _position(number: int, dim: int) -> nn.Parameter:
    return nn.Parameter(nn.init.trunc_normal_(torch.empty(1, number, dim), std=0.02))
