"""Decoder of a T5 that reads one token of each row at a time, for `decoding_agir`.

The keys and values of the encoder states are computed once per prompt, and the rows of a prompt
attend to them in one product. The keys and values of the tokens so far are in one buffer, which
grows in blocks.
"""

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F

BLOCK = 64  # tokens by which the buffer of keys and values grows
# Products with fewer values than the first number take as long as their call, and those with more
# than the second as long as reading the weights: for few rows both are faster with transposed
# weights. From 3 rows on, the others are faster with the packed weights of oneDNN (1.7 to 2.2 times
# with 8 to 16 rows on an AMD EPYC).
SMALL_WEIGHT, LARGE_WEIGHT, ROWS_FOR_PACKING = 2**18, 2**22, 3


class Product:
    """Product of rows with weights: x (A, I) → x @ weight.T for each weight, (A, sum of O).

    Args:
        weights: (O, I) each, all of one device and number format.
        rows: Number of rows that most products have.
    """

    def __init__(self, weights: Sequence[torch.Tensor], rows: int):
        self._weights, self._transposed, self._packed = weights, None, None
        size = sum(weight.numel() for weight in weights)
        if weights[0].device.type != "cpu":
            self._weights = [torch.cat(tuple(weights))]  # one call takes less time there
        elif weights[0].dtype == torch.float32:
            if rows >= ROWS_FOR_PACKING and size >= SMALL_WEIGHT:
                self._packed = _packed(torch.cat(tuple(weights)), rows)
            if self._packed is None and (size < SMALL_WEIGHT or size > LARGE_WEIGHT):
                self._transposed = torch.cat(tuple(weights)).T.contiguous()

    def __call__(self, x: torch.Tensor, summand: torch.Tensor | None = None) -> torch.Tensor:
        """Multiply rows x (A, I) with the weights, and add a summand (A, sum of O)."""
        if self._transposed is not None:
            if summand is None:
                return torch.mm(x, self._transposed)
            return torch.addmm(summand, x, self._transposed)
        if self._packed is not None:
            y = torch.ops.mkldnn._linear_pointwise(x, self._packed, None, "none", [], "")
        else:
            parts = [F.linear(x, weight) for weight in self._weights]
            y = parts[0] if len(parts) == 1 else torch.cat(parts, -1)
        return y if summand is None else y.add_(summand)


def _packed(weight: torch.Tensor, rows: int) -> torch.Tensor | None:
    """Weight in the layout of oneDNN; None where torch has not these operators."""
    operators = torch.ops.mkldnn
    if not torch.backends.mkldnn.is_available() or not torch.backends.mkldnn.enabled:
        return None
    if not hasattr(operators, "_linear_pointwise"):
        return None
    return operators._reorder_linear_weight(weight, rows)


class _Layer:
    """Weights of a block of the decoder, those that read the same rows joined to one product.

    Args:
        block: `T5Block` of the decoder.
        rows: Number of rows that most products have.
    """

    def __init__(self, block: nn.Module, rows: int):
        own, cross, feed = (part for part in block.layer)
        attention, dense = own.SelfAttention, feed.DenseReluDense
        self.heads, self.act = attention.n_heads, getattr(dense, "act", None)
        self.norms = [part.layer_norm for part in (own, cross, feed)]
        three = [attention.q.weight, attention.k.weight, attention.v.weight]
        self.query_key_value = Product(three, rows)
        self.own_out = Product([attention.o.weight], rows)
        attention = cross.EncDecAttention
        self.cross_query = Product([attention.q.weight], rows)
        self.cross_out = Product([attention.o.weight], rows)
        self.cross_key_value = [attention.k.weight, attention.v.weight]
        self.gated = hasattr(dense, "wi_0")
        wide = [dense.wi_0.weight, dense.wi_1.weight] if self.gated else [dense.wi.weight]
        self.wide, self.narrow = Product(wide, rows), Product([dense.wo.weight], rows)

    def feed_forward(self, x: torch.Tensor) -> torch.Tensor:
        """Add the feed-forward part to x (A, d_model)."""
        hidden = self.wide(_norm(self.norms[2], x))
        if not self.gated:
            return self.narrow(self.act(hidden), x)
        gate, values = hidden.chunk(2, -1)
        if type(self.act).__name__ == "NewGELUActivation":  # the same formula in one operator
            gate = F.gelu(gate, approximate="tanh")
        else:
            gate = self.act(gate)
        return self.narrow(gate.mul_(values), x)


def _norm(norm: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Norm of T5: x / root mean square, in float32, times a weight."""
    if x.dtype == torch.float32:
        return F.rms_norm(x, x.shape[-1:], norm.weight, norm.variance_epsilon)
    return norm(x)


class Decoder:
    """Decoder that reads one token of each row at a time.

    Args:
        decoder: Decoder (`T5Stack`).
        encoder_states: (P, S, d_model) last hidden states of the encoder.
        attention_mask: (P, S), 1 for tokens of the prompts and 0 for padding.
        rows: Number of rows after [`repeat`]; until then there is one for each prompt.
    """

    def __init__(self, decoder, encoder_states, attention_mask, rows: int):
        self._embeddings, self._norm = decoder.embed_tokens.weight, decoder.final_layer_norm
        self._layers = [_Layer(block, rows) for block in decoder.block]
        self._heads, self._width = decoder.config.num_heads, decoder.config.d_kv
        self._relative = decoder.block[0].layer[0].SelfAttention
        self._cross = [self._keys_values(layer, encoder_states) for layer in self._layers]
        self._mask = None
        if not attention_mask.all():
            mask = encoder_states.new_zeros(attention_mask.shape)
            mask.masked_fill_(attention_mask == 0, float("-inf"))
            self._mask = mask[:, None, None].repeat(1, self._heads, 1, 1)  # (P, H, 1, S)
        self._prompts = list(range(len(encoder_states)))  # prompt of each row
        self._cache = encoder_states.new_empty(
            len(self._layers), 2, len(encoder_states), self._heads, 0, self._width
        )
        self._length = 0  # tokens that were read
        self._group()

    def _keys_values(self, layer: _Layer, states: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Keys and values (P, H, S, d) of the encoder states."""
        shape = (self._heads, self._width)
        return tuple(
            F.linear(states, weight).unflatten(-1, shape).transpose(1, 2).contiguous()
            for weight in layer.cross_key_value
        )

    def repeat(self, counts: Sequence[int]) -> None:
        """Copy the row of each prompt, so that it has as many rows as answers."""
        index = [row for row, count in enumerate(counts) for _ in range(count)]
        if len(index) == len(self._prompts):
            return
        self._prompts = [self._prompts[row] for row in index]
        self._cache = self._cache[:, :, torch.tensor(index, device=self._cache.device)]
        self._group()

    def move(self, source: int, target: int) -> None:
        """Overwrite a row by another one."""
        if source != target:
            part = self._cache[..., : self._length, :]
            part[:, :, target] = part[:, :, source]
            self._prompts[target] = self._prompts[source]

    def keep(self, rows: int) -> None:
        """Keep the first rows only, and the prompts that they have."""
        self._cache, self._prompts = self._cache[:, :, :rows], self._prompts[:rows]
        used = sorted(set(self._prompts))
        if 2 * len(used) <= len(self._cross[0][0]):
            index = torch.tensor(used, device=self._cache.device)
            self._cross = [(keys[index], values[index]) for keys, values in self._cross]
            self._mask = None if self._mask is None else self._mask[index]
            self._prompts = [used.index(prompt) for prompt in self._prompts]
        self._group()

    def _group(self) -> None:
        """Assign the rows to the entries of a table (prompts, rows of a prompt)."""
        groups = [[] for _ in self._cross[0][0]]
        for row, prompt in enumerate(self._prompts):
            groups[prompt].append(row)
        most = max(map(len, groups))
        self._table = (len(groups), most)
        table = [row for group in groups for row in group + [-1] * (most - len(group))]
        self._rows_of_table = self._entries = None
        if table != list(range(len(self._prompts))):
            entries = sorted((row, entry) for entry, row in enumerate(table) if row >= 0)
            device = self._cache.device
            self._rows_of_table = torch.tensor([max(row, 0) for row in table], device=device)
            self._entries = torch.tensor([entry for _, entry in entries], device=device)

    def read(self, tokens: Sequence[int]) -> torch.Tensor:
        """Read the next token of each row.

        Args:
            tokens: Token of each of the A rows.

        Returns:
            (A, d_model) last hidden states.
        """
        step, self._length = self._length, self._length + 1
        if self._cache.shape[4] < self._length:
            self._grow()
        rows = len(tokens)
        ids = torch.tensor(tokens, device=self._cache.device)
        x = F.embedding(ids, self._embeddings)
        bias = self._bias[..., self._bias.shape[-1] - self._length :]
        bias = bias.expand(rows, -1, -1, -1).contiguous()
        for layer, cache, cross in zip(self._layers, self._cache, self._cross, strict=True):
            three = layer.query_key_value(_norm(layer.norms[0], x))
            three = three.view(rows, 3, self._heads, self._width)
            cache[:, :, :, step] = three[:, 1:].transpose(0, 1)
            keys, values = cache[:, :, :, : self._length]
            read = _attend(three[:, 0].unsqueeze(2), keys, values, bias)
            x = layer.own_out(read.view(rows, -1), x)
            x = layer.cross_out(self._read_prompt(layer, cross, x), x)
            x = layer.feed_forward(x)
        return _norm(self._norm, x)

    def _read_prompt(self, layer: _Layer, cross: tuple, x: torch.Tensor) -> torch.Tensor:
        """Attention of rows x (A, d_model) to their prompts (A, H * d)."""
        queries = layer.cross_query(_norm(layer.norms[1], x))
        if self._rows_of_table is not None:
            queries = queries.index_select(0, self._rows_of_table)
        queries = queries.view(*self._table, self._heads, self._width).transpose(1, 2)
        read = _attend(queries, *cross, self._mask)
        read = read.transpose(1, 2).reshape(-1, self._heads * self._width)
        return read if self._entries is None else read.index_select(0, self._entries)

    def _grow(self) -> None:
        """Enlarge the buffer of keys and values and the position bias by a block."""
        old, size = self._cache, self._cache.shape[4] + BLOCK
        self._cache = old.new_empty(*old.shape[:4], size, old.shape[5])
        self._cache[..., : old.shape[4], :] = old
        # The bias of the last of `size` tokens; that of an earlier token is its end.
        bias = self._relative.compute_bias(1, size, self._cache.device, past_seen_tokens=size - 1)
        self._bias = bias.to(self._cache.dtype)  # (1, H, 1, size)


def _attend(queries, keys, values, bias: torch.Tensor | None) -> torch.Tensor:
    """Attention without scaling, as in T5.

    Args:
        queries: (B, H, n, d).
        keys: (B, H, t, d).
        values: (B, H, t, d).
        bias: (B, H, 1, t) summand of the products, or None.

    Returns:
        (B, H, n, d).
    """
    if queries.dtype != torch.float32:  # torch computes the weights in float32
        return F.scaled_dot_product_attention(queries, keys, values, attn_mask=bias, scale=1.0)
    shape, keys = queries.shape, keys.flatten(0, 1).transpose(1, 2)
    queries = queries.reshape(-1, *shape[2:])
    if bias is None:
        weights = torch.bmm(queries, keys)
    else:
        weights = torch.baddbmm(bias.flatten(0, 1), queries, keys)
    return torch.bmm(weights.softmax(-1), values.flatten(0, 1)).view(shape)


__all__ = ["Decoder", "Product"]
