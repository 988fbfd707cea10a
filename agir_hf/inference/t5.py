"""Encoder and decoder of a T5 in numpy, for inference in float32.

Each prompt is encoded alone and without padding. The rows of the decoder are answers; rows of the
same prompt are neighbours and share its keys and values. Source: Raffel et al. 2020 (T5).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .layers import Attention, FeedForward, Norm, multiply, norm_weight, softmax
from .settings import T5Settings
from .weights import Weights


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
        self.embeddings, self.norm = embeddings, Norm(settings)
        self.bias = PositionBias(weights, settings, both_sides=True)
        self.final = norm_weight(weights, settings, "final_layer_norm")[:, 0]
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
            both = multiply(attention.norm(states), attention.all)
            query, key, value = attention.split(both)
            scores = query @ key.transpose(0, 2, 1)
            scores += bias
            mixed = attention.join(softmax(scores) @ value)
            states = feed_forward(states + multiply(mixed, attention.output))
        return self.norm(states) * self.final


class DecoderState:
    """Keys and values of the answers that are being written.

    Attributes:
        step: Number of tokens that were read.
        caches: For each block keys and values (A, 2, heads, steps, width) of the A answers.
        prompts: For each block and prompt keys (heads, width, S) and values (heads, S, width).
        bias: (heads, steps) bias of the distances, the largest first and 0 last.
    """

    def __init__(
        self, caches: list[np.ndarray], prompts: list, rows: Sequence[int], bias: np.ndarray
    ):
        self.step, self.caches, self.prompts, self.bias = 0, caches, prompts, bias
        self._prompt_of = np.repeat(np.arange(len(rows)), rows)
        self._find_rows()

    def _find_rows(self) -> None:
        """Set `rows`: pairs of a prompt and the indices of its answers."""
        pairs = ((p, np.flatnonzero(self._prompt_of == p)) for p in np.unique(self._prompt_of))
        self.rows = list(pairs)

    def keep(self, order: np.ndarray) -> None:
        """Forget answers.

        Args:
            order: Indices of the answers that go on, in their new order, from `kept_order`.
        """
        moved = np.flatnonzero(order != np.arange(len(order)))
        for cache in self.caches:
            for new in moved:
                cache[new, :, :, : self.step] = cache[order[new], :, :, : self.step]
        self.caches = [cache[: len(order)] for cache in self.caches]
        self._prompt_of = self._prompt_of[order]
        self._find_rows()


def kept_order(kept: np.ndarray) -> np.ndarray:
    """Order of the rows that are kept, in which the last ones fill the gaps of the others.

    Args:
        kept: (A,) bool.

    Returns:
        Indices of the rows that are kept. Few of them differ from their position.
    """
    number = int(kept.sum())
    order = np.arange(number)
    order[~kept[:number]] = number + np.flatnonzero(kept[number:])
    return order


class Decoder:
    """Decoder of the T5, one token at a time.

    Args:
        weights: Weights of the decoder.
        settings: Settings of the T5.
        embeddings: (V, d_model) token embeddings.

    Attributes:
        final: (d_model, 1) weight of the last norm, which multiplies the rows of output layers.
    """

    def __init__(self, weights: Weights, settings: T5Settings, embeddings: np.ndarray):
        self.embeddings, self.norm = embeddings, Norm(settings)
        self.bias = PositionBias(weights, settings, both_sides=False)
        self.final = norm_weight(weights, settings, "final_layer_norm")
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
            caches.append(np.empty((sum(rows), 2, own.heads, steps, own.width), np.float32))
            pairs = [cross.split(states @ cross.key_value) for states in encoded]
            keys = [np.ascontiguousarray(key.transpose(0, 2, 1)) for key, _ in pairs]
            prompts.append([(key, value) for key, (_, value) in zip(keys, pairs, strict=True)])
        return DecoderState(caches, prompts, rows, self.bias(np.arange(1 - steps, 1)))

    def __call__(self, ids: np.ndarray, state: DecoderState) -> np.ndarray:
        """Read one token of each answer.

        Args:
            ids: (A,) token ids.
            state: Keys and values, which are extended.

        Returns:
            (A, d_model) float32 states, without the weight of the last norm (`final`).
        """
        state.step += 1
        bias = state.bias[:, -state.step :]
        states = self.embeddings[ids]
        for (own, cross, feed_forward), cache, prompts in zip(
            self.blocks, state.caches, state.prompts, strict=True
        ):
            states = states + _attend(own, own.norm(states), cache, bias)
            states += _attend_prompts(cross, cross.norm(states), prompts, state.rows)
            states = feed_forward(states)
        return self.norm(states)


def _attend(
    attention: Attention, normed: np.ndarray, cache: np.ndarray, bias: np.ndarray
) -> np.ndarray:
    """Attention to the tokens of the same answer; the last one is added to the cache."""
    length, shape = bias.shape[1], (len(normed), 3, attention.heads, attention.width)
    parts = multiply(normed, attention.all).reshape(shape)
    cache[:, :, :, length - 1] = parts[:, 1:]
    filled = cache[:, :, :, :length]
    scores = (filled[:, 0] @ parts[:, 0, :, :, None])[..., 0]  # (rows, heads, length)
    scores += bias
    mixed = softmax(scores)[:, :, None] @ filled[:, 1]  # (rows, heads, 1, width)
    return multiply(mixed.reshape(len(normed), -1), attention.output)


def _attend_prompts(
    attention: Attention, normed: np.ndarray, prompts: Sequence[tuple], rows: Sequence[tuple]
) -> np.ndarray:
    """Attention of each answer to the states of its prompt."""
    query = multiply(normed, attention.query)
    query = query.reshape(len(normed), attention.heads, attention.width).transpose(1, 0, 2)
    mixed = np.empty((len(normed), attention.heads, attention.width), np.float32)
    for prompt, indices in rows:
        key, value = prompts[prompt]
        part = softmax(query[:, indices] @ key) @ value  # (heads, rows, width)
        mixed[indices] = part.transpose(1, 0, 2)
    return multiply(mixed.reshape(len(normed), -1), attention.output)
