"""Mean and spread of motion features, for normalisation, of any set of subjects."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..humanml3d import FEATURE_SLICES, NUM_FEATURES

# HumanML3D's "feature bias": root motion and contacts are few entries beside the joints', so their
# spread counts as a fifth and they weigh more in a reconstruction.
FEATURE_BIAS = 5.0
BIASED = ("root_yaw_velocity", "root_linear_velocity", "root_height", "foot_contact")
_SMALLEST_SPREAD = 1e-4


@dataclass(frozen=True, eq=False)
class Moments:
    """Frames, their sum (263,) and the sum of their squares (263,): what statistics need."""

    count: int
    total: np.ndarray
    squares: np.ndarray

    @classmethod
    def of(cls, motions: Iterable[np.ndarray]) -> Moments:
        """Moments of features (frames, 263)."""
        count, total, squares = 0, np.zeros(NUM_FEATURES), np.zeros(NUM_FEATURES)
        for motion in motions:
            motion = np.asarray(motion, dtype=np.float64)
            count += len(motion)
            total += motion.sum(axis=0)
            squares += np.square(motion).sum(axis=0)
        return cls(count, total, squares)

    def __add__(self, other: Moments) -> Moments:
        return Moments(
            self.count + other.count, self.total + other.total, self.squares + other.squares
        )

    def statistics(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean (263,) and spread (263,), see `feature_statistics`."""
        if self.count == 0:
            raise ValueError("no motion frames, expected a corpus with motions: build it anew")
        mean = self.total / self.count
        deviation = np.sqrt(np.maximum(self.squares / self.count - mean**2, 0.0))
        spread = np.empty(NUM_FEATURES)
        for name, part in FEATURE_SLICES.items():
            bias = FEATURE_BIAS if name in BIASED else 1.0
            spread[part] = max(deviation[part].mean() / bias, _SMALLEST_SPREAD)
        return mean.astype(np.float32), spread.astype(np.float32)


def feature_statistics(motions: Iterable[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Mean (263,) and spread (263,) over all frames of HumanML3D features (frames, 263).

    As HumanML3D does, the standard deviation is averaged within each block of the layout, so that
    entries that hardly vary are not blown up, and divided by `FEATURE_BIAS` for root and contacts.

    Raises:
        ValueError: if there are no frames.
    """
    return Moments.of(motions).statistics()
