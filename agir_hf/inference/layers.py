"""Layers of a T5 in numpy, for inference in float32.

Sources: Raffel et al. 2020 (T5); Shazeer 2020 (GLU Variants Improve Transformer) for the gated
feed-forward part.
"""

from __future__ import annotations

import math

import numpy as np

from .settings import T5Settings
from .weights import UnsupportedModelError, Weights

_SMALL_PRODUCT, _FEW_ROWS = 1_000_000, 32  # multiplications and rows, see `multiply`
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


def multiply(x: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Matrix product of few rows with a matrix, in parts that BLAS computes without copying them.

    OpenBLAS has kernels for small products (up to a million multiplications), which are two to
    three times as fast as those for large products with few rows.

    Args:
        x: (N, inputs) float32.
        matrix: (inputs, outputs) float32.
    """
    rows, (inputs, outputs) = len(x), matrix.shape
    parts = -(-rows * inputs * outputs // _SMALL_PRODUCT)
    if parts == 1 or rows > _FEW_ROWS:
        return x @ matrix
    result, width = np.empty((rows, outputs), np.float32), -(-outputs // parts)
    for start in range(0, outputs, width):
        part = slice(start, start + width)
        np.matmul(x, matrix[:, part], out=result[:, part])
    return result


def softmax(scores: np.ndarray) -> np.ndarray:
    """Softmax over the last axis.

    Args:
        scores: (…, N) float32.
    """
    weights = scores - scores.max(axis=-1, keepdims=True)
    np.exp(weights, out=weights)
    weights /= weights.sum(axis=-1, keepdims=True)
    return weights


class Norm:
    """Root mean square norm, without its weight.

    The weight of a norm is multiplied into the matrices after it.

    Args:
        settings: Settings of the T5.
    """

    def __init__(self, settings: T5Settings):
        self.factor = np.float32(1 / settings.d_model)
        self.epsilon = np.float32(settings.layer_norm_epsilon)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Normalize (N, d_model)."""
        squares = np.einsum("ij,ij->i", x, x)
        squares *= self.factor
        squares += self.epsilon
        np.sqrt(squares, out=squares)
        return x / squares[:, None]


def norm_weight(weights: Weights, settings: T5Settings, name: str = "layer_norm") -> np.ndarray:
    """Weight of a norm as a column, which multiplies the rows of the matrix after it.

    Args:
        weights: Weights of the layer with the norm.
        settings: Settings of the T5.
        name: Name of the norm.

    Returns:
        (d_model, 1) float32.
    """
    return weights(f"{name}.weight", settings.d_model)[:, None]


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
        self.norm, self.inner = Norm(settings), inner
        names = ("wi_0", "wi_1") if self.gated else ("wi",)
        weight = norm_weight(weights, settings)
        self.first = weight * dense.matrix(*names, inputs=width, outputs=inner)
        self.second = dense.matrix("wo", inputs=inner, outputs=width)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Apply the layer to (N, d_model)."""
        hidden = multiply(self.norm(x), self.first)
        active = self.activation(hidden[:, : self.inner])
        if self.gated:
            active *= hidden[:, self.inner :]
        result = multiply(active, self.second)
        result += x
        return result


class Attention:
    """Weights of an attention layer with its norm.

    Args:
        weights: Weights of the layer.
        settings: Settings of the T5.
        name: Name of the attention in the layer.

    Attributes:
        all: (d_model, 3 * heads * width) float32: query, keys and values. Of self-attention only.
        query: (d_model, heads * width) float32. Of attention to the encoder only, as `key_value`.
        key_value: (d_model, 2 * heads * width) float32, keys first.
        output: (heads * width, d_model) float32.
    """

    def __init__(self, weights: Weights, settings: T5Settings, name: str):
        attention, inputs = weights.part(name), settings.d_model
        self.heads, self.width = settings.num_heads, settings.d_kv
        inner = self.heads * self.width
        self.norm = Norm(settings)
        weight = norm_weight(weights, settings)
        if name == "SelfAttention":
            self.all = weight * attention.matrix("q", "k", "v", inputs=inputs, outputs=inner)
        else:  # keys and values are those of the encoder, whose states have another norm
            self.query = weight * attention.matrix("q", inputs=inputs, outputs=inner)
            self.key_value = attention.matrix("k", "v", inputs=inputs, outputs=inner)
        self.output = attention.matrix("o", inputs=inner, outputs=inputs)

    def split(self, states: np.ndarray) -> np.ndarray:
        """(N, parts * heads * width) → (parts, heads, N, width)."""
        states = states.reshape(len(states), -1, self.heads, self.width)
        return np.ascontiguousarray(states.transpose(1, 2, 0, 3))

    def join(self, states: np.ndarray) -> np.ndarray:
        """(heads, N, width) → (N, heads * width)."""
        return states.transpose(1, 0, 2).reshape(states.shape[1], -1)
