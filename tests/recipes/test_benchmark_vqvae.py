"""`recipes/benchmark_vqvae.py`: the peer has our weights; other results stop the benchmark."""

import importlib
import sys
from pathlib import Path

import pytest

from agir_hf import MotionVQVAEConfig

RECIPES = Path(__file__).resolve().parents[2] / "recipes"


@pytest.fixture(scope="module")
def benchmark():
    """Module of the recipe."""
    sys.path.insert(0, str(RECIPES))
    yield importlib.import_module("benchmark_vqvae")
    sys.path.remove(str(RECIPES))


@pytest.fixture
def vqvae(benchmark):
    config = MotionVQVAEConfig(width=16, code_dim=8, codebook_size=32)
    return benchmark.random_vqvae(config)


def test_the_peer_must_give_our_codes(benchmark, vqvae):
    motions, mask, lengths = benchmark.random_motions(3, mixed=True)
    assert lengths[0] == benchmark.FRAMES and lengths[-1] == 40
    codes = benchmark.checked_codes(vqvae, motions, mask, lengths)
    assert len(codes.unique()) > 8 and (codes[-1] >= 0).sum() == 10
    encode = vqvae.encode
    vqvae.encode = lambda *arguments: encode(*arguments).clamp(max=0)
    with pytest.raises(SystemExit, match="differ"):
        benchmark.checked_codes(vqvae, motions, mask, lengths)


def test_products_are_those_of_the_published_network(benchmark):
    vqvae = benchmark.MotionVQVAE(MotionVQVAEConfig(width=8, code_dim=4, codebook_size=16))
    input_conv, stage = 263 * 8 * 3, 8 * 8 * 4 + 3 * (8 * 8 * 3 + 8 * 8)
    expected = input_conv + stage / 2 + stage / 4 + 8 * 4 * 3 / 4
    assert benchmark.products_per_frame(vqvae, "encode") == pytest.approx(expected)
