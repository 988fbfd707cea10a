"""Noise of sampled answers: the numbers that torch's random generator draws on the CPU."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_BITS = (1 << 24) - 1  # of a 32-bit number that become a uniform number in float32
_SMALLEST = np.float32(1e-20)


class GumbelNoise:
    """Gumbel noise with a seed per row, as `agir_hf.generation_agir.SeededSampling` draws it.

    Both use the generator MT19937. `torch.rand` in float32 takes the lower 24 bits of each of its
    numbers, one for each entry of the vocabulary in each step. Source: Matsumoto and Nishimura 1998
    (Mersenne Twister).

    Args:
        seeds: Seeds of the rows.
        size: Number of entries of the vocabulary.
    """

    def __init__(self, seeds: Sequence[int], size: int):
        self._size = size
        self._generators = [_generator(seed) for seed in seeds]

    def draw(self, ids: np.ndarray) -> np.ndarray:
        """Draw the noise of the next step.

        Args:
            ids: (N,) ids of the vocabulary whose noise is wanted.

        Returns:
            (rows, N) float32.
        """
        raw = np.stack([generator.random_raw(self._size)[ids] for generator in self._generators])
        raw &= _BITS
        noise = raw.astype(np.float32)
        noise *= np.float32(2.0**-24)
        np.maximum(noise, _SMALLEST, out=noise)
        for _ in range(2):  # -log(-log(uniform))
            np.log(noise, out=noise)
            np.negative(noise, out=noise)
        return noise

    def keep(self, order: np.ndarray) -> None:
        """Forget rows.

        Args:
            order: Indices of the rows that go on, in their new order.
        """
        self._generators = [self._generators[row] for row in order]


class _NoSeed(np.random.bit_generator.ISeedSequence):
    """Zeros in place of a seed, which is set afterwards: numpy's own needs 0.3 ms a generator."""

    def generate_state(self, n_words: int, dtype=np.uint32) -> np.ndarray:
        return np.zeros(n_words, dtype)


def _generator(seed: int) -> np.random.MT19937:
    """MT19937 with the seeding of its authors, which torch uses too."""
    bits = np.random.MT19937(_NoSeed())
    np.random.RandomState(bits).seed(seed)
    return bits
