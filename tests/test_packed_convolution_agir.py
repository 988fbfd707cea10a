"""Convolutions of packed motions, compared with those of torch on each motion."""

import pytest
import torch
from torch import nn

from agir_hf import packed_convolution_agir as packed_convolution
from agir_hf.packed_convolution_agir import PackedFrames, convolve

LENGTHS = (4, 60, 12, 32, 8)


@pytest.fixture(params=[False, True], ids=["direct", "tiled"])
def frames(request, monkeypatch):
    monkeypatch.setattr(packed_convolution, "_CHUNK_VALUES", 300)  # several chunks
    return PackedFrames(torch.tensor(LENGTHS), tiled=request.param)


def motions(channels=6):
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(length, channels, generator=generator) for length in LENGTHS]


def batch():
    return nn.utils.rnn.pad_sequence(motions(), batch_first=True, padding_value=9.0)


def check(result, expected):
    """Compare rows with the motions (C, L) that torch computed; the last row is zero."""
    rows = torch.cat([motion.T for motion in expected])
    torch.testing.assert_close(result[:-1], rows, atol=1e-5, rtol=1e-5)
    assert result[-1].eq(0).all()


@pytest.mark.parametrize("dilation", [1, 3, 9])
def test_dilated_convolution_with_activations(frames, dilation):
    convolution = nn.Conv1d(6, 5, 3, padding=dilation, dilation=dilation).requires_grad_(False)
    result = convolve(frames.pack(batch()), convolution, frames.tiles(dilation), True, True)
    check(result, [convolution(motion.T.relu()).relu() for motion in motions()])


def test_convolution_that_halves_the_frame_rate(frames):
    convolution = nn.Conv1d(6, 5, 4, stride=2, padding=1).requires_grad_(False)
    result = convolve(frames.pack(batch()), convolution, frames.halving_tiles())
    check(result, [convolution(motion.T) for motion in motions()])
    assert frames.halved().lengths.tolist() == [length // 2 for length in LENGTHS]


def test_convolution_after_the_frame_rate_was_doubled(frames):
    convolution = nn.Conv1d(6, 5, 3, padding=1).requires_grad_(False)
    result = convolve(frames.pack(batch()), convolution, frames.doubling_tiles())
    check(result, [convolution(motion.T.repeat_interleave(2, dim=1)) for motion in motions()])


def test_unpacked_motions_are_the_packed_ones(frames):
    values = frames.unpack(frames.pack(batch()), 60, padding=9.0)
    assert torch.equal(values, batch())


def test_changed_weights_are_used(frames):
    convolution = nn.Conv1d(6, 5, 3, padding=1).requires_grad_(False)
    values = frames.pack(batch())
    convolve(values, convolution, frames.tiles(1))
    for change in (convolution.weight.mul_, convolution.weight.data.mul_):
        change(-2)
        result = convolve(values, convolution, frames.tiles(1))
        check(result, [convolution(motion.T) for motion in motions()])
