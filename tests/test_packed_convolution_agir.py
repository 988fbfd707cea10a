"""Convolutions of packed motions, compared with those of torch on each motion."""

import copy
import pickle

import pytest
import torch
from torch import nn

from agir_hf import packed_convolution_agir as packed_convolution
from agir_hf.packed_convolution_agir import (
    DOUBLED,
    TILES_OF_4,
    PackedFrames,
    convolve,
    transformed_weights,
)

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


def _permute(convolution):
    """Reverse the taps: the sum of the weights, their address and version stay the same."""
    weight = convolution.weight
    state = weight.sum().item(), weight.data_ptr(), weight._version
    weight.data.copy_(weight.data.flip(2))
    assert state == (weight.sum().item(), weight.data_ptr(), weight._version)


def _swap_two(convolution):
    convolution.weight.data[0, 0, :2] = convolution.weight.data[0, 0, :2].flip(0).clone()


def _load(convolution):
    convolution.load_state_dict({n: v * 2 for n, v in convolution.state_dict().items()})


def _load_and_assign(convolution):
    state = {n: v.flip(0) for n, v in convolution.state_dict().items()}
    convolution.load_state_dict(state, assign=True)


def _step(convolution):
    convolution.requires_grad_(True)
    convolution(torch.ones(1, 6, 4)).sum().backward()
    torch.optim.SGD(convolution.parameters(), lr=0.1).step()
    convolution.requires_grad_(False)


def _round(convolution):
    convolution.weight.data.div_(3)
    convolution.to(torch.bfloat16).to(torch.float32)


@torch.no_grad()
def _copy(convolution):
    convolution.weight.copy_(convolution.weight.flip(0))


@torch.inference_mode()
def _copy_in_inference_mode(convolution):
    convolution.weight.copy_(convolution.weight.flip(1))


@torch.inference_mode()
def _replace_in_inference_mode(convolution):
    convolution.weight = nn.Parameter(convolution.weight.flip(1), requires_grad=False)


def _change_through_numpy(convolution):
    convolution.weight.numpy()[...] = convolution.weight.numpy()[::-1].copy()


def _change_one_by_the_smallest_step(convolution):
    value = convolution.weight.data[1, 2]
    value[1] = torch.nextafter(value[1], torch.tensor(9.0))


@pytest.fixture
def convolution():
    """A convolution whose weights have an exact sum in any order."""
    convolution = nn.Conv1d(6, 5, 3, padding=1).requires_grad_(False)
    order = torch.randperm(90, generator=torch.Generator().manual_seed(0))
    convolution.weight.data.copy_(((order - 44.0) / 64).view(5, 6, 3))
    return convolution


@pytest.mark.parametrize(
    "change",
    [
        _permute,
        _swap_two,
        _load,
        _load_and_assign,
        _step,
        _round,
        _copy,
        _copy_in_inference_mode,
        _replace_in_inference_mode,
        _change_through_numpy,
        _change_one_by_the_smallest_step,
    ],
)
def test_changed_weights_are_used(convolution, change):
    before = transformed_weights(convolution, TILES_OF_4)
    change(convolution)
    new = nn.Conv1d(6, 5, 3)
    new.weight = nn.Parameter(convolution.weight.detach().clone())
    result = transformed_weights(convolution, TILES_OF_4)
    assert torch.equal(result, transformed_weights(new, TILES_OF_4))
    assert not torch.equal(result, before)


def test_a_convolution_uses_changed_weights(frames, convolution):
    values = frames.pack(batch())
    convolve(values, convolution, frames.tiles(1))
    _permute(convolution)
    result = convolve(values, convolution, frames.tiles(1))
    check(result, [convolution(motion.T) for motion in motions()])


def test_unchanged_weights_are_transformed_once(convolution):
    first = [transformed_weights(convolution, t) for t in (TILES_OF_4, DOUBLED)]
    with torch.inference_mode():
        convolution(torch.ones(1, 6, 4))
        second = [transformed_weights(convolution, t) for t in (TILES_OF_4, DOUBLED)]
    assert all(a is b for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_has_its_own_weights(convolution, copied):
    before = transformed_weights(convolution, TILES_OF_4)
    other = copied(convolution)
    assert torch.equal(transformed_weights(other, TILES_OF_4), before)
    other.weight.data.mul_(2)
    assert torch.equal(transformed_weights(other, TILES_OF_4), 2 * before)
    assert transformed_weights(convolution, TILES_OF_4) is before


def test_another_number_format_has_its_own_weights(convolution):
    before = transformed_weights(convolution, TILES_OF_4)
    result = transformed_weights(convolution.to(torch.float64), TILES_OF_4)
    assert result.dtype == torch.float64 and torch.allclose(result.float(), before)
