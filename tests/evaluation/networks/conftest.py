"""Random clips for the networks."""

import pytest
import torch


@pytest.fixture
def clips():
    """Make float32 clips (number, frames, 22, 3) of random bodies with random motion."""

    def make(number=3, frames=54, seed=0):
        generator = torch.Generator().manual_seed(seed)
        bodies = torch.randn(number, 1, 22, 3, generator=generator)
        return bodies + 0.1 * torch.randn(number, frames, 22, 3, generator=generator)

    return make
