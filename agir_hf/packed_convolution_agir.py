"""Convolutions of motions of different lengths on the CPU: without padding, with fewer products.

The frames of all motions are the rows of one matrix (T + 1, C), whose last row is zero; frames
before and after a motion are that row. A convolution collects rows for *tiles* of a few output
frames and multiplies them by matrices of weights. With minimal filtering (Winograd,
"Arithmetic Complexity of Computations", 1980; Lavin and Gray, "Fast Algorithms for Convolutional
Neural Networks", CVPR 2016) a tile of m frames and r weights needs m + r - 1 products of matrices
instead of m r. The results differ from those of `torch.nn.functional.conv1d` by rounding only.
"""

import weakref
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

# Interpolation points of a tile, in addition to the point at infinity. These have the
# smallest rounding errors (Barabasz et al., ACM Transactions on Mathematical Software 46, 2020).
_POINTS = {2: (0.0, 1.0, -1.0, 2.0), 3: (0.0, 1.0, -1.0, 2.0, -0.5)}
# Values that are collected together: few enough for the CPU cache, with enough rows for products of
# matrices at full speed.
_CHUNK_VALUES = 2**20


class Transform(NamedTuple):
    """Matrices of y = A ((G w) * (B x)) for one tile: a product for each row of G and B.

    Attributes:
        inputs: B, (products, inputs of a tile).
        weights: G, (products, weights).
        outputs: A, (outputs of a tile, products).
    """

    inputs: torch.Tensor
    weights: torch.Tensor
    outputs: torch.Tensor


def minimal_filtering(outputs: int, weights: int) -> Transform:
    """Compute the matrices of a convolution of stride 1.

    Args:
        outputs: Number of outputs of a tile.
        weights: Number of weights: 2 or 3.

    Returns:
        The matrices, with as many products as a tile has inputs: outputs + weights - 1.
    """
    products = outputs + weights - 1
    points = _POINTS[weights][: products - 1]

    def powers(number: int) -> np.ndarray:
        finite = np.power.outer(points, np.arange(number))
        return np.vstack([finite, np.eye(number)[-1]])

    matrices = (np.linalg.inv(powers(products)).T, powers(weights), powers(outputs).T)
    return Transform(*(torch.from_numpy(matrix).float() for matrix in matrices))


DIRECT = Transform(torch.ones(1, 1), torch.ones(1, 1), torch.ones(1, 1))
TILES_OF_4 = minimal_filtering(4, 3)  # 6 products instead of 12
HALVED_TILES_OF_4 = minimal_filtering(4, 2)  # 5 products instead of 8
# Convolution with w of a sequence in which each frame x occurs twice, with s = w0 + w1 + w2:
# y0 = w0 (x[-1] - x[0]) + s x[0] and y1 = s x[0] + w2 (x[1] - x[0]): 3 products instead of 6.
DOUBLED = Transform(
    torch.tensor([[1.0, -1, 0], [0, 1, 0], [0, -1, 1]]),
    torch.tensor([[1.0, 0, 0], [1, 1, 1], [0, 0, 1]]),
    torch.tensor([[1.0, 1, 0], [0, 1, 1]]),
)


class Tiles(NamedTuple):
    """Rows of the tiles of a convolution.

    Attributes:
        transform: Matrices of a tile.
        inputs: Rows of the inputs, (inputs of a tile, tiles, S): S successive rows are joined.
        outputs: Rows of the results, (outputs of a tile, tiles).
        rows: Number T of rows of the results.
    """

    transform: Transform
    inputs: torch.Tensor
    outputs: torch.Tensor
    rows: int


class PackedFrames:
    """Frames of several motions as the rows of a matrix, and the tiles of convolutions of them.

    Args:
        lengths: Number of frames of each motion.
        tiled: Whether convolutions use tiles of several frames; false for small matrices.
    """

    def __init__(self, lengths: torch.Tensor, tiled: bool):
        self.lengths, self.tiled, self.total = lengths, tiled, int(lengths.sum())
        starts = lengths.cumsum(0) - lengths
        self._length = lengths.repeat_interleave(lengths)
        self._row = torch.arange(self.total)
        self._position = self._row - starts.repeat_interleave(lengths)
        self._tiles: dict[int, Tiles] = {}
        self._halved: PackedFrames | None = None

    def pack(self, values: torch.Tensor) -> torch.Tensor:
        """Collect the frames of motions (B, L, C), without padding, as rows (T + 1, C)."""
        packed = values.new_empty(self.total + 1, values.shape[-1])
        torch.cat([row[:n] for row, n in zip(values, self.lengths, strict=True)], out=packed[:-1])
        packed[-1] = 0
        return packed

    def unpack(self, packed: torch.Tensor, length: int, padding: float = 0) -> torch.Tensor:
        """Distribute rows (T or more, …) to motions (B, length, …), with padding after them."""
        motions = packed.new_full((len(self.lengths), length, *packed.shape[1:]), padding)
        parts = packed[: self.total].split(self.lengths.tolist())
        for motion, part in zip(motions, parts, strict=True):
            motion[: len(part)] = part
        return motions

    def halved(self) -> "PackedFrames":
        """The same motions at half the frame rate."""
        if self._halved is None:
            self._halved = PackedFrames(self.lengths // 2, self.tiled)
        return self._halved

    def doubled(self) -> "PackedFrames":
        """The same motions at twice the frame rate."""
        return PackedFrames(self.lengths * 2, self.tiled)

    def tiles(self, dilation: int) -> Tiles:
        """Tiles of a convolution of 3 weights with a padding of the dilation.

        Args:
            dilation: Distance of the weights in frames.
        """
        if dilation not in self._tiles:
            if self.tiled:
                inputs = self._separated(dilation).unfold(0, 6, 4).T
                tiles = Tiles(TILES_OF_4, inputs[..., None], inputs[1:5], self.total)
            else:
                every = torch.ones_like(self._row, dtype=torch.bool)
                inputs = [self._neighbours(dilation * k, every) for k in (-1, 0, 1)]
                tiles = Tiles(
                    DIRECT, torch.stack(inputs, dim=-1)[None], self._row[None], self.total
                )
            self._tiles[dilation] = tiles
        return self._tiles[dilation]

    def _separated(self, dilation: int) -> torch.Tensor:
        """Rows in the order of a dilated convolution, in which its inputs are neighbours.

        The frames of a motion are sorted by their remainder of the dilation. Frames of different
        motions or remainders are separated by one zero row, so that tiles need not end with them.

        Args:
            dilation: Distance of the weights in frames.

        Returns:
            Rows (4 * tiles + 2,), from the one before the first frame on.
        """
        motion = torch.arange(len(self.lengths)).repeat_interleave(self.lengths)
        remainder, step = self._position % dilation, self._position // dilation
        quotient = self._length // dilation
        # frames of the motion with a smaller remainder
        smaller = remainder * quotient + torch.minimum(remainder, self._length % dilation)
        separators = motion * dilation + remainder
        target = self._row - self._position + smaller + step + separators
        tiles = (int(target.max()) + 1 + 3) // 4 if self.total else 0
        rows = torch.full((4 * tiles + 2,), self.total)
        rows[1 + target] = self._row
        return rows

    def halving_tiles(self) -> Tiles:
        """Tiles of a convolution of 4 weights with stride 2 and padding 1.

        Two successive frames are one input with twice the channels, from frame -1 on; on these the
        convolution has 2 weights and stride 1.
        """
        low = self.halved()
        outputs = 4 if self.tiled else 1
        first = low._position % outputs == 0
        # the row of frame 2 n of a motion is twice the row of frame n at half the rate
        rows = (2 * low._row[first], 2 * low._position[first], 2 * low._length[first])
        pairs = [
            torch.stack([_shifted(*rows, 2 * k + side, self.total) for side in (-1, 0)], dim=-1)
            for k in range(outputs + 1)
        ]
        inputs = torch.stack(pairs) if self.tiled else torch.cat(pairs, dim=-1)[None]
        results = torch.stack([low._neighbours(k, first) for k in range(outputs)])
        return Tiles(HALVED_TILES_OF_4 if self.tiled else DIRECT, inputs, results, low.total)

    def doubling_tiles(self) -> Tiles:
        """Tiles of a convolution of 3 weights, after each frame was repeated."""
        every = torch.ones_like(self._row, dtype=torch.bool)
        inputs = torch.stack([self._neighbours(k, every) for k in (-1, 0, 1)])[..., None]
        return Tiles(
            DOUBLED, inputs, torch.stack([2 * self._row, 2 * self._row + 1]), 2 * self.total
        )

    def _neighbours(self, shift: int, selection: torch.Tensor) -> torch.Tensor:
        """Rows some frames after selected ones; the zero row outside of the motion."""
        values = (self._row, self._position, self._length)
        return _shifted(*(value[selection] for value in values), shift, self.total)


def _shifted(row, position, length, shift: int, zero_row: int) -> torch.Tensor:
    """Rows some frames after rows with a position in a motion; the zero row outside of it."""
    inside = (position + shift >= 0) & (position + shift < length)
    return torch.where(inside, row + shift, zero_row)


class _Kept(NamedTuple):
    """Weights of a convolution as they were, and what was computed from them.

    Attributes:
        kind: Number format and shape of the weights.
        content: Their bytes.
        products: `id` of a transform → transformed weights.
    """

    kind: tuple
    content: bytearray
    products: dict[int, torch.Tensor]


_weights: weakref.WeakKeyDictionary[nn.Conv1d, _Kept] = weakref.WeakKeyDictionary()


def transformed_weights(convolution: nn.Conv1d, transform: Transform) -> torch.Tensor:
    """Weights of the products of a tile, computed once for each state of the weights.

    Args:
        convolution: Convolution on the CPU.
        transform: Matrices of a tile.

    Returns:
        (products, S * in_channels, out_channels), where S rows of inputs are joined.
    """
    weight = convolution.weight.detach()
    products = _kept_of(convolution, weight).products
    if id(transform) not in products:
        taps = transform.weights.shape[1]
        joined = weight.permute(2, 1, 0).reshape(taps, -1, weight.shape[0])  # S weights joined
        values = transform.weights.to(weight) @ joined.flatten(1)
        products[id(transform)] = values.view(-1, *joined.shape[1:])
    return products[id(transform)]


def _kept_of(convolution: nn.Conv1d, weight: torch.Tensor) -> _Kept:
    """What was computed from the present weights of a convolution; empty if they changed."""
    kind = weight.dtype, weight.shape
    # All bytes are compared: changes through `weight.data` have neither a version nor another
    # address, and a sum is blind to the order. A bytearray is compared by memcmp.
    content = memoryview(weight.contiguous().view(torch.uint8).numpy())
    kept = _weights.get(convolution)
    if kept is None or kept.kind != kind or kept.content != content:
        kept = _weights[convolution] = _Kept(kind, bytearray(content), {})
    return kept


@torch.no_grad()
def convolve(
    packed: torch.Tensor,
    convolution: nn.Conv1d,
    tiles: Tiles,
    activate_inputs: bool = False,
    activate_outputs: bool = False,
) -> torch.Tensor:
    """Apply a convolution to packed frames.

    Args:
        packed: Rows (T + 1, in_channels), float32; the last is zero.
        convolution: Convolution whose weights and bias are used.
        tiles: Rows of its tiles.
        activate_inputs: Whether ReLU is applied to the inputs.
        activate_outputs: Whether ReLU is applied to the results.

    Returns:
        Rows (tiles.rows + 1, out_channels); the last is zero.
    """
    transform = tiles.transform
    weights = transformed_weights(convolution, transform)
    count, (products, channels, out_channels) = tiles.inputs.shape[1], weights.shape
    result = packed.new_empty(tiles.rows + 1, out_channels)
    size = max(1, _CHUNK_VALUES // (products * max(channels, out_channels)))
    for start in range(0, count, size):
        inputs = tiles.inputs[:, start : start + size]
        outputs = tiles.outputs[:, start : start + size].flatten()
        collected = packed.index_select(0, inputs.flatten())
        if activate_inputs:
            collected.relu_()
        if products > 1:
            collected = transform.inputs @ collected.view(len(inputs), -1)
        values = torch.bmm(collected.view(products, -1, channels), weights)
        if products > 1:
            values = transform.outputs @ values.view(products, -1)
        values = values.view(-1, out_channels).add_(convolution.bias)
        result.index_copy_(0, outputs, values.relu_() if activate_outputs else values)
    result[-1] = 0  # also the target of outputs after the end of a motion
    return result


__all__ = ["PackedFrames", "convolve"]
