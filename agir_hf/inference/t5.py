"""Encoder and decoder of a T5 in numpy, for inference in float32.

Each prompt is encoded alone and without padding. The rows of the decoder are answers; rows of the
same prompt are neighbours and share its keys and values. Sources: Raffel et al. 2020 (T5); Shazeer
2020 (GLU Variants Improve Transformer) for the gated feed-forward part.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .settings import T5Settings
from .weights import UnsupportedModelError, Weights

_GELU_FACTOR = np.float32(math.sqrt(2 / math.pi))


def _gelu(x: np.ndarray) -> np.ndarray:
    """GELU in its approximation by the hyperbolic tangent (`gelu_new`)."""
    inner = x * x
    inner *= np.float32(0.044715)
    inner += np.float32(1)
    inner *= x
    inner *= _GELU_FACTOR
    np.tanh(inner, out=inner)
    inner += np.float32(1)
    inner *= x
    inner *= np.float32(0.5)
    return inner


def _relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, np.float32(0))


_ACTIVATIONS = {"relu": (_relu, False), "gated-gelu": (_gelu, True), "gated-relu": (_relu, True)}


def softmax(scores: np.ndarray) -> np.ndarray:
    """Softmax over the last axis.

    Args:
        scores: (…, N) float32.
    """
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    return weights


class Norm:
    """Root mean square norm with a weight per channel.

    Args:
        weights: Weights of the norm.
        settings: Settings of the T5.
    """

    def __init__(self, weights: Weights, settings: T5Settings):
        self.weight = weights("weight", settings.d_model)
        self.epsilon = np.float32(settings.layer_norm_epsilon)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Normalize (N, d_model)."""
        squares = np.einsum("nd,nd->n", x, x)
        squares /= np.float32(x.shape[1])
        squares += self.epsilon
        return x * (np.float32(1) / np.sqrt(squares))[:, None] * self.weight


class FeedForward:
    """Norm, linear layer, activation, linear layer, and a skip connection.

    Args:
        weights: Weights of the layer.
        settings: Settings of the T5.

    Raises:
        UnsupportedModelError: The activation is another than ReLU and gated GELU.
    """

    def __init__(self, weights: Weights, settings: T5Settings):
        if settings.feed_forward_proj not in _ACTIVATIONS:
            raise UnsupportedModelError(f"feed_forward_proj is {settings.feed_forward_proj!r}")
        self.activation, self.gated = _ACTIVATIONS[settings.feed_forward_proj]
        dense, width, inner = weights.part("DenseReluDense"), settings.d_model, settings.d_ff
        self.norm = Norm(weights.part("layer_norm"), settings)
        names = ("wi_0", "wi_1") if self.gated else ("wi",)
        self.inner = inner
        self.first = dense.matrix(*names, inputs=width, outputs=inner)
        self.second = dense.matrix("wo", inputs=inner, outputs=width)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Apply the layer to (N, d_model)."""
        hidden = self.norm(x) @ self.first
        active = self.activation(hidden[:, : self.inner])
        if self.gated:
            active *= hidden[:, self.inner :]
        return x + active @ self.second


class Attention:
    """Weights of an attention layer with its norm.

    Args:
        weights: Weights of the layer.
        settings: Settings of the T5.
        name: Name of the attention in the layer.
    """

    def __init__(self, weights: Weights, settings: T5Settings, name: str):
        attention = weights.part(name)
        self.heads, self.width = settings.num_heads, settings.d_kv
        inputs, inner = settings.d_model, settings.num_heads * settings.d_kv
        self.norm = Norm(weights.part("layer_norm"), settings)
        self.query = attention.matrix("q", inputs=inputs, outputs=inner)
        self.key_value = attention.matrix("k", "v", inputs=inputs, outputs=inner)
        self.output = attention.matrix("o", inputs=inner, outputs=inputs)

    def split(self, states: np.ndarray) -> np.ndarray:
        """(N, parts * heads * width) → (parts, heads, N, width)."""
        states = states.reshape(len(states), -1, self.heads, self.width)
        return np.ascontiguousarray(states.transpose(1, 2, 0, 3))

    def join(self, states: np.ndarray) -> np.ndarray:
        """(heads, N, width) → (N, heads * width)."""
        return states.transpose(1, 0, 2).reshape(states.shape[1], -1)


def relative_buckets(distances: np.ndarray, settings: T5Settings, both_sides: bool) -> np.ndarray:
    """Bucket of each relative position.

    Half of the buckets are exact distances, the others grow logarithmically up to the largest
    distance.

    Args:
        distances: Position of the key minus that of the query.
        settings: Settings of the T5.
        both_sides: Whether keys after the query have buckets of their own (encoder).

    Returns:
        Indices of buckets, of the shape of the distances.
    """
    number, first = settings.relative_attention_num_buckets, np.zeros_like(distances)
    if both_sides:
        number //= 2
        first = (distances > 0) * number
        distances = np.abs(distances)
    else:
        distances = -np.minimum(distances, 0)
    exact = number // 2
    ratio = np.maximum(distances, 1).astype(np.float32) / np.float32(exact)
    scale = math.log(settings.relative_attention_max_distance / exact)
    far = exact + (np.log(ratio) / np.float32(scale) * np.float32(number - exact)).astype(int)
    return first + np.where(distances < exact, distances, np.minimum(far, number - 1))


class PositionBias:
    """Bias of attention scores that depends on the relative position.

    Args:
        weights: Weights of the stack, whose first block has the bias.
        settings: Settings of the T5.
        both_sides: Whether keys after the query are visible (encoder).
    """

    def __init__(self, weights: Weights, settings: T5Settings, both_sides: bool):
        table = weights.part("block.0.layer.0.SelfAttention.relative_attention_bias")
        sizes = settings.relative_attention_num_buckets, settings.num_heads
        self.table, self.settings, self.both_sides = table("weight", *sizes), settings, both_sides

    def __call__(self, distances: np.ndarray) -> np.ndarray:
        """Bias (heads, …) of relative positions (…)."""
        buckets = relative_buckets(distances, self.settings, self.both_sides)
        return np.ascontiguousarray(np.moveaxis(self.table[buckets], -1, 0))


class Encoder:
    """Encoder of the T5.

    Args:
        weights: Weights of the encoder.
        settings: Settings of the T5.
        embeddings: (V, d_model) token embeddings.
    """

    def __init__(self, weights: Weights, settings: T5Settings, embeddings: np.ndarray):
        self.embeddings = embeddings
        self.bias = PositionBias(weights, settings, both_sides=True)
        self.final = Norm(weights.part("final_layer_norm"), settings)
        blocks = [weights.part(f"block.{i}") for i in range(settings.num_layers)]
        self.blocks = [
            (
                Attention(block.part("layer.0"), settings, "SelfAttention"),
                FeedForward(block.part("layer.1"), settings),
            )
            for block in blocks
        ]

    def __call__(self, ids: Sequence[int]) -> np.ndarray:
        """Encode one prompt.

        Args:
            ids: Token ids (S,) without padding.

        Returns:
            (S, d_model) float32 states.
        """
        positions = np.arange(len(ids))
        bias = self.bias(np.arange(1 - len(ids), len(ids)))  # of each distance, then of each pair
        bias = bias[:, positions - positions[:, None] + len(ids) - 1]
        states = self.embeddings[np.asarray(ids)]
        for attention, feed_forward in self.blocks:
            normed = attention.norm(states)
            (query,) = attention.split(normed @ attention.query)
            key, value = attention.split(normed @ attention.key_value)
            scores = query @ key.transpose(0, 2, 1)
            scores += bias
            states = states + attention.join(softmax(scores) @ value) @ attention.output
            states = feed_forward(states)
        return self.final(states)


class DecoderState:
    """Keys and values of the answers that are being written.

    Attributes:
        step: Number of tokens that were read.
        caches: For each block keys and values (2, A, heads, steps, width) of the A answers.
        prompts: For each block and prompt keys (heads, width, S) and values (heads, S, width).
        rows: Number of answers to each prompt.
    """

    def __init__(self, caches: list[np.ndarray], prompts: list, rows: list[int]):
        self.step, self.caches, self.prompts, self.rows = 0, caches, prompts, rows

    def keep(self, kept: np.ndarray) -> None:
        """Forget answers.

        Args:
            kept: (A,) bool, whether an answer goes on.
        """
        self.caches = [self._kept(cache, kept) for cache in self.caches]
        ends = np.cumsum(self.rows)
        starts = ends - self.rows
        self.rows = [int(kept[a:b].sum()) for a, b in zip(starts, ends, strict=True)]

    def _kept(self, cache: np.ndarray, kept: np.ndarray) -> np.ndarray:
        """Copy of a cache without the answers that are forgotten, as far as it is filled."""
        copy = np.empty((2, int(kept.sum()), *cache.shape[2:]), np.float32)
        copy[:, :, :, : self.step] = cache[:, kept, :, : self.step]
        return copy


class Decoder:
    """Decoder of the T5, one token at a time.

    Args:
        weights: Weights of the decoder.
        settings: Settings of the T5.
        embeddings: (V, d_model) token embeddings.
    """

    def __init__(self, weights: Weights, settings: T5Settings, embeddings: np.ndarray):
        self.embeddings = embeddings
        self.bias = PositionBias(weights, settings, both_sides=False)
        self.final = Norm(weights.part("final_layer_norm"), settings)
        blocks = [weights.part(f"block.{i}") for i in range(settings.num_decoder_layers)]
        self.blocks = [
            (
                Attention(block.part("layer.0"), settings, "SelfAttention"),
                Attention(block.part("layer.1"), settings, "EncDecAttention"),
                FeedForward(block.part("layer.2"), settings),
            )
            for block in blocks
        ]

    def start(self, encoded: Sequence[np.ndarray], rows: Sequence[int], steps: int) -> DecoderState:
        """Prepare answers to prompts.

        Args:
            encoded: States (S, d_model) of each prompt.
            rows: Number of answers to each prompt.
            steps: Largest number of tokens of an answer.

        Returns:
            Empty caches, and the keys and values of the prompts.
        """
        caches, prompts = [], []
        for own, cross, _ in self.blocks:
            shape = (2, sum(rows), own.heads, steps, own.width)
            caches.append(np.empty(shape, np.float32))
            pairs = [cross.split(states @ cross.key_value) for states in encoded]
            prompts.append([(key.transpose(0, 2, 1), value) for key, value in pairs])
        return DecoderState(caches, prompts, list(rows))

    def __call__(self, ids: np.ndarray, state: DecoderState) -> np.ndarray:
        """Read one token of each answer.

        Args:
            ids: (A,) token ids.
            state: Keys and values, which are extended.

        Returns:
            (A, d_model) float32 states.
        """
        length = state.step + 1
        bias = self.bias(np.arange(-state.step, 1))  # (heads, length)
        states = self.embeddings[ids]
        for (own, cross, feed_forward), cache, prompts in zip(
            self.blocks, state.caches, state.prompts, strict=True
        ):
            states = states + self._attend(own, own.norm(states), cache, length, bias)
            states = states + _attend_prompts(cross, cross.norm(states), prompts, state.rows)
            states = feed_forward(states)
        state.step = length
        return self.final(states)

    @staticmethod
    def _attend(
        attention: Attention, normed: np.ndarray, cache: np.ndarray, length: int, bias: np.ndarray
    ) -> np.ndarray:
        """Attention to the tokens of the same answer; the last one is added to the cache."""
        rows, shape = len(normed), (attention.heads, attention.width)
        query = (normed @ attention.query).reshape(rows, *shape)
        both = (normed @ attention.key_value).reshape(rows, 2, *shape)
        cache[:, :, :, length - 1] = both.transpose(1, 0, 2, 3)
        keys, values = cache[:, :, :, :length]
        scores = (keys @ query[..., None])[..., 0]
        scores += bias
        mixed = softmax(scores)[:, :, None] @ values  # (rows, heads, 1, width)
        return mixed.reshape(rows, -1) @ attention.output


def _attend_prompts(
    attention: Attention, normed: np.ndarray, prompts: Sequence[tuple], rows: Sequence[int]
) -> np.ndarray:
    """Attention of each answer to the states of its prompt."""
    (query,) = attention.split(normed @ attention.query)  # (heads, A, width)
    mixed, start = [], 0
    for (key, value), number in zip(prompts, rows, strict=True):
        if number:
            part = query[:, start : start + number]
            mixed.append(softmax(part @ key) @ value)
            start += number
    joined = mixed[0] if len(mixed) == 1 else np.concatenate(mixed, axis=1)
    return attention.join(joined) @ attention.output
