"""PoseFormerV2: a few frames in time, the whole clip in frequency.

A small reimplementation from the paper, Zhao, Zheng, Liu, Wang and Chen, "PoseFormerV2: Exploring
Frequency Domain for Efficient and Robust 3D Human Pose Estimation", CVPR 2023. The network was made
to lift the 2D pose of the central frame of a clip of Human3.6M at 50 fps; here what its head would
read is the embedding of a walk at 20 fps, a baseline of research, no clinical finding. Left out:
the head, and stochastic depth in training.

Public weights fit (`PoseFormerV2.from_public_weights`). They were trained on where a detector found
joints in perspective images; the orthographic view of joints here is near that, not the same.
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
    """(N, N) float64, row k is the cosine of coefficient k: the DCT-II without normalisation.

    X_k = 2 Σ_n x_n cos(π k (2 n + 1) / 2 N), as `scipy.fft.dct` has it.
    """
    place = torch.arange(length, dtype=torch.float64)
    return 2 * torch.cos(math.pi / (2 * length) * place[:, None] * (2 * place + 1))


def inverse_dct_matrix(length: int) -> Tensor:
    """(N, N) float64, the inverse of `dct_matrix`: x_n = (X_0 / 2 + Σ_k X_k cos …) / N."""
    inverse = dct_matrix(length).mT / (2 * length)
    inverse[:, 0] /= 2
    return inverse


class FrequencyFeedForward(FeedForward):
    """A feed-forward layer on the DCT coefficients of its tokens, (B, N, C) → (B, N, C)."""

    def __init__(self, dim: int, hidden_dim: int, num_tokens: int):
        super().__init__(dim, hidden_dim)
        self.register_buffer("dct", dct_matrix(num_tokens).float(), persistent=False)
        self.register_buffer("inverse", inverse_dct_matrix(num_tokens).float(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.inverse @ super().forward(self.dct @ x)


class Block(nn.Module):
    """A layer of a transformer that normalises first, (B, N, C) → (B, N, C)."""

    def __init__(self, dim: int, num_heads: int, hidden_dim: int):
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=_NORM_EPS)
        self.attn = SelfAttention(dim, num_heads, bias=True)
        self.norm2 = nn.LayerNorm(dim, eps=_NORM_EPS)
        self.mlp = FeedForward(dim, hidden_dim)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class MixedBlock(nn.Module):
    """A layer whose second half of tokens, the frames, is fed forward in frequency.

    With fewer frames than coefficients the halves are not the kinds: the authors' networks cut in
    the middle nevertheless, and so does this.
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
        x = x + self.attn(self.norm1(x))
        first, second = x[:, : self.half], x[:, self.half :]
        first = first + self.mlp1(self.norm2(first))
        second = second + self.mlp2(self.norm3(second))
        return torch.cat([first, second], dim=1)


class PoseFormerV2(KeyPointEncoder):
    """PoseFormerV2 over key points of 17 joints, seen from the side by default.

    A transformer over joints reads the central frames; the lowest DCT coefficients of all frames
    join them as tokens of a second transformer. The weighted means of coefficients and of frames,
    joint by joint, are the embedding. The defaults are a small network for training from scratch on
    a CPU, whose coefficients reach 5 Hz and whose frames are 1.35 s; `public_size` gives the
    authors' sizes.

    Args:
        dim: channels of a joint; a token of the second transformer has 17 times as many.
        depth, num_heads, mlp_ratio: of both transformers.
        num_kept: central frames that are read one by one.
        num_coefficients: lowest frequencies of the clip that are read.
        num_frames, views, keep_path: see `KeyPointEncoder`.
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
        """A size of the authors', such as "27_243", with weights drawn at random."""
        if size not in PUBLIC_SIZES:
            raise ValueError(f"size is {size!r}, expected one of {tuple(PUBLIC_SIZES)}")
        return cls(**{**_PUBLIC, **PUBLIC_SIZES[size], **options})

    @classmethod
    def from_public_weights(
        cls, path: str | Path, num_frames: int | None = None, **options
    ) -> Self:
        """See `ClipEncoder.from_public_weights`.

        Args:
            num_frames: of the clips that the weights were trained on, which nothing in the file
                tells; by default the second number of a name such as ``27_243_45.2.bin``.
        """
        if num_frames is None and (named := re.match(r"\d+_(\d+)_", Path(path).name)):
            num_frames = int(named[1])
        if num_frames is None and Path(path).is_file():
            raise ValueError(
                f"{Path(path).name} does not tell how many frames its clips have, expected a name "
                "such as 27_243_45.2.bin: give num_frames, 27, 81 or 243"
            )
        return super().from_public_weights(path, num_frames=num_frames, **options)

    @staticmethod
    def rename(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Public names → ours, see `_RENAMED`; no head."""
        kept = {name.partition("."): v for name, v in state.items() if not name.startswith(_HEAD)}
        return {_RENAMED.get(n, n) + dot + rest: v for (n, dot, rest), v in kept.items()}

    @staticmethod
    def sizes(state: Mapping[str, Tensor]) -> dict:
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
        """(N, num_frames, 17, 2) key points → (N, 2 * 17 * dim)."""
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
