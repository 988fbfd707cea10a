"""Self-attention and feed-forward layers, which the two transformers share."""

from torch import Tensor, nn
from torch.nn import functional as F


class SelfAttention(nn.Module):
    """Self-attention of several heads among the second to last axis (Vaswani et al. 2017).

    (…, N, C) → (…, N, C).

    Args:
        dim: C.
        num_heads: a divisor of C.
        bias: of queries, keys and values.
    """

    def __init__(self, dim: int, num_heads: int, bias: bool):
        super().__init__()
        if dim % num_heads:
            raise ValueError(f"{num_heads} heads and {dim} channels, expected a divisor of {dim}")
        self.num_heads = num_heads
        self.qkv = nn.Linear(dim, 3 * dim, bias=bias)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        heads = self.qkv(x.flatten(0, -3)).unflatten(-1, (3, self.num_heads, -1))
        queries, keys, values = heads.permute(2, 0, 3, 1, 4)  # each: batch, heads, N, C / heads
        mixed = F.scaled_dot_product_attention(queries, keys, values)
        return self.proj(mixed.transpose(1, 2).flatten(2)).view(x.shape)


class FeedForward(nn.Module):
    """Two linear layers with a GELU between them, (…, C) → (…, C)."""

    def __init__(self, dim: int, hidden_dim: int):
        super().__init__()
        self.fc1 = nn.Linear(dim, hidden_dim)
        self.fc2 = nn.Linear(hidden_dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(F.gelu(self.fc1(x)))
