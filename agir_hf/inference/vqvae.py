"""Motion VQ-VAE in numpy: normalized features of one motion ↔ motion codes.

Each motion is encoded alone and without padding, so there are no masks. `MotionVQVAE` describes the
architecture.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .settings import NumpyVQVAESettings
from .weights import Weights


class Convolution:
    """Convolution over time that keeps the number of frames, or halves it with stride 2.

    Args:
        weights: Weights of the layer.
        inputs: Input channels.
        outputs: Output channels.
        size: Frames of the kernel.
        dilation: Frames between the entries of the kernel.
        stride: Frames between outputs.
    """

    def __init__(
        self, weights: Weights, inputs: int, outputs: int, size: int = 3, dilation: int = 1,
        stride: int = 1,
    ):  # fmt: skip
        kernel = weights("weight", outputs, inputs, size)
        self.matrix = np.ascontiguousarray(kernel.transpose(2, 1, 0)).reshape(-1, outputs)
        self.bias = weights("bias", outputs)
        self.stride = stride
        self.padding = 1 if stride == 2 else dilation * (size // 2)
        self.offsets = [i * dilation for i in range(size)]

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Convolve (L, inputs) to (L / stride, outputs)."""
        if len(self.offsets) > 1:
            length = len(x)
            padded = np.zeros((length + 2 * self.padding, x.shape[1]), np.float32)
            padded[self.padding : self.padding + length] = x
            ends = [offset + length - self.stride + 1 for offset in self.offsets]
            pairs = zip(self.offsets, ends, strict=True)
            x = np.concatenate([padded[a : b : self.stride] for a, b in pairs], axis=1)
        x = x @ self.matrix
        x += self.bias
        return x


def _relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, np.float32(0))


def _residual_blocks(weights: Weights, settings: NumpyVQVAESettings) -> Callable:
    """Function that applies the residual blocks of a stage to (L, width)."""
    width, growth = settings.width, settings.dilation_growth_rate
    blocks = []
    for i, power in enumerate(reversed(range(settings.num_residual_blocks))):
        block = weights.part(f"blocks.{i}")
        dilated = Convolution(block.part("dilated"), width, width, dilation=growth**power)
        blocks.append((dilated, Convolution(block.part("pointwise"), width, width, size=1)))

    def apply(x: np.ndarray) -> np.ndarray:
        for dilated, pointwise in blocks:
            x = x + pointwise(_relu(dilated(_relu(x))))
        return x

    return apply


class NumpyVQVAE:
    """Motion tokenizer in numpy.

    Args:
        weights: Weights of the motion VQ-VAE.
        settings: Its settings.
    """

    def __init__(self, weights: Weights, settings: NumpyVQVAESettings):
        self.config, width = settings, settings.width
        encoder, decoder = weights.part("encoder"), weights.part("decoder")
        features, dim = settings.num_features, settings.code_dim
        stages = range(settings.num_downsamplings)
        self.codebook = weights.part("quantizer")("codebook", settings.codebook_size, dim)
        self.squares = (self.codebook**2).sum(axis=1)
        self.encoder_input = Convolution(encoder.part("input_conv"), features, width)
        self.encoder_output = Convolution(encoder.part("output_conv"), width, dim)
        self.decoder_input = Convolution(decoder.part("input_conv"), dim, width)
        self.decoder_hidden = Convolution(decoder.part("hidden_conv"), width, width)
        self.decoder_output = Convolution(decoder.part("output_conv"), width, features)
        parts = [encoder.part(f"stages.{i}") for i in stages]
        self.encoder_stages = [
            (
                Convolution(part.part("resample"), width, width, size=4, stride=2),
                _residual_blocks(part, settings),
            )
            for part in parts
        ]
        parts = [decoder.part(f"stages.{i}") for i in stages]
        self.decoder_stages = [
            (_residual_blocks(part, settings), Convolution(part.part("resample"), width, width))
            for part in parts
        ]

    def encode(self, values: np.ndarray) -> np.ndarray:
        """Encode one motion.

        Args:
            values: (L, num_features) normalized features; L is a multiple of the frames per code.

        Returns:
            (L / downsampling_factor,) int64 codes.
        """
        x = _relu(self.encoder_input(values))
        for resample, residual in self.encoder_stages:
            x = residual(resample(x))
        x = self.encoder_output(x)
        distances = (x**2).sum(axis=1, keepdims=True) - 2 * (x @ self.codebook.T) + self.squares
        return distances.argmin(axis=1)

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Decode the codes of one motion.

        Args:
            codes: (N,) int64.

        Returns:
            (N * downsampling_factor, num_features) float32 normalized features.
        """
        x = _relu(self.decoder_input(self.codebook[codes]))
        for residual, resample in self.decoder_stages:
            x = resample(np.repeat(residual(x), 2, axis=0))
        return self.decoder_output(_relu(self.decoder_hidden(x)))
