"""Mean and standard deviation of motion features for normalisation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ..humanml3d import FEATURE_SLICES, MIRROR_ORDER, MIRROR_SIGNS, NUM_FEATURES
from .splits import AllBut, Fold

# HumanML3D's "feature bias": root motion and foot contacts have few features compared to the
# joints, so their standard deviation is divided by 5, which gives them more weight in a
# reconstruction loss.
FEATURE_BIAS = 5.0
BIASED = ("root_yaw_velocity", "root_linear_velocity", "root_height", "foot_contact")
_SMALLEST_STD = 1e-4


@dataclass(frozen=True, eq=False)
class Moments:
    """Sums over frames, from which mean and standard deviation are computed. Moments can be added.

    Attributes:
        count: Number of frames.
        total: Sum of the features (263,).
        squares: Sum of the squared features (263,).
    """

    count: int
    total: np.ndarray
    squares: np.ndarray

    @classmethod
    def of(cls, motions: Iterable[np.ndarray]) -> Moments:
        """Compute the moments of motions.

        Args:
            motions: Features (frames, 263) of each motion, not normalised.
        """
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

    def __sub__(self, other: Moments) -> Moments:
        return Moments(
            self.count - other.count, self.total - other.total, self.squares - other.squares
        )

    def with_mirror_images(self) -> Moments:
        """Moments of the motions and of their mirror images."""
        total = self.total + self.total[MIRROR_ORDER] * MIRROR_SIGNS
        return Moments(2 * self.count, total, self.squares + self.squares[MIRROR_ORDER])

    def statistics(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean (263,) and standard deviation (263,), see `feature_statistics`."""
        if self.count == 0:
            raise ValueError("no motion frames, expected a corpus with motions: build it again")
        mean = self.total / self.count
        deviation = np.sqrt(np.maximum(self.squares / self.count - mean**2, 0.0))
        std = np.empty(NUM_FEATURES)
        for name, part in FEATURE_SLICES.items():
            bias = FEATURE_BIAS if name in BIASED else 1.0
            std[part] = max(deviation[part].mean() / bias, _SMALLEST_STD)
        return mean.astype(np.float32), std.astype(np.float32)


def moments_of_folds(moments: Mapping[str, Moments], folds: Iterable[Fold]) -> Iterator[Moments]:
    """Yield the moments of the training part of each fold.

    Those of `AllBut` are the moments of all subjects less those of the subjects that are left out,
    so that the time of leave-one-subject-out grows with the number of subjects, not its square.

    Args:
        moments: Subject → moments of the motions of the subject.
        folds: Folds of a scheme.
    """
    subjects, whole = (), None
    for fold in folds:
        train = fold.train
        if not isinstance(train, AllBut):
            yield _sum(moments, train)
            continue
        if train.subjects is not subjects:
            subjects, whole = train.subjects, _sum(moments, train.subjects)
        yield whole - _sum(moments, sorted(train.left_out.intersection(moments)))


def _sum(moments: Mapping[str, Moments], subjects: Iterable[str]) -> Moments:
    return sum((moments[subject] for subject in subjects), Moments.of(()))


def feature_statistics(
    motions: Iterable[np.ndarray], mirror_images: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Compute mean and standard deviation of motion features over all frames.

    As in HumanML3D, the standard deviation is averaged within each block of the feature layout, so
    that normalisation does not amplify features with a small variance, and divided by
    `FEATURE_BIAS` for root motion and foot contacts.

    Args:
        motions: HumanML3D features (frames, 263) of each motion, not normalised.
        mirror_images: Whether the mirror images of the motions count too. The normalised features
            of a mirror image are then those of the motion in another order and with other signs,
            as `AgirConfig.read_mirror_image` needs.

    Returns:
        `tuple`: Mean (263,) and standard deviation (263,), float32.

    Raises:
        ValueError: There are no frames.
    """
    moments = Moments.of(motions)
    return (moments.with_mirror_images() if mirror_images else moments).statistics()
