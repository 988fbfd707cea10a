"""Self-attention and feed-forward layers of the two transformers."""

from torch import Tensor, nn
from torch.nn import functional as F


class SelfAttention(nn.Module):
    """Multi-head self-attention over the second to last axis, (…, N, C) → (…, N, C).

    Source: Vaswani et al. 2017 (Attention Is All You Need).

    Args:
        dim: Number of channels C.
        num_heads: Number of heads, a divisor of C.
        bias: Whether queries, keys and values have a bias.
    """

    def __init__(self, dim: int, num_heads: int, bias: bool):
        super().__init__()
        if dim % num_heads:
            raise ValueError(f"{num_heads} heads and {dim} channels, expected a divisor of {dim}")
        self.num_heads = num_heads
        self.qkv = nn.Linear(dim, 3 * dim, bias=bias)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        """Mix the N positions of (…, N, C)."""
        heads = self.qkv(x.flatten(0, -3)).unflatten(-1, (3, self.num_heads, -1))
        queries, keys, values = heads.permute(2, 0, 3, 1, 4)  # each: batch, heads, N, C / heads
        mixed = F.scaled_dot_product_attention(queries, keys, values)
        return self.proj(mixed.transpose(1, 2).flatten(2)).view(x.shape)


class FeedForward(nn.Module):
    """Two linear layers with a GELU between them, (…, C) → (…, C).

    Args:
        dim: Number of channels C.
        hidden_dim: Number of hidden channels.
    """

    def __init__(self, dim: int, hidden_dim: int):
        super().__init__()
        self.fc1 = nn.Linear(dim, hidden_dim)
        self.fc2 = nn.Linear(hidden_dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        """Transform the channels of (…, C)."""
        return self.fc2(F.gelu(self.fc1(x)))
