"""Clips of bodies that the networks may read."""

import pytest
import torch


@pytest.fixture
def clips():
    """Makes (number, frames, 22, 3) float32 clips: each a random body that moves at random."""

    def made(number=3, frames=54, seed=0):
        generator = torch.Generator().manual_seed(seed)
        bodies = torch.randn(number, 1, 22, 3, generator=generator)
        return bodies + 0.1 * torch.randn(number, frames, 22, 3, generator=generator)

    return made
