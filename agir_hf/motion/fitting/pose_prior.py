"""Pose prior of standing and walking: a Gaussian per axis-angle component, set by hand.

Means and standard deviations are in radians, in the axes of the body at rest (x left, y up, z
forward; arms sideways). They encode only the axes and the usual range of motion of each joint:
knees and elbows are hinges, the flexion of the spine is divided between three joints, and joints
without markers stay near the rest pose. Ranges: Winter, Biomechanics and Motor Control of Human
Movement, 2009, ch. 2 (legs); Wu et al. 2005, J Biomech 38:981 (axes of the arm).
"""

from __future__ import annotations

import torch

# joint → mean and standard deviation
_MIDDLE = {
    3: ((0, 0, 0), (0.15, 0.10, 0.10)),  # spine1, spine2, spine3
    6: ((0, 0, 0), (0.15, 0.10, 0.10)),
    9: ((0, 0, 0), (0.15, 0.10, 0.10)),
    12: ((0, 0, 0), (0.20, 0.20, 0.15)),  # neck
    15: ((0, 0, 0), (0.20, 0.20, 0.15)),  # head
}
_LEFT = {  # the right joint has the next index and the mirrored values
    1: ((-0.1, 0, -0.10), (0.50, 0.25, 0.20)),  # hip
    4: ((0.25, 0, 0), (0.60, 0.12, 0.08)),  # knee
    7: ((0, 0, 0), (0.30, 0.20, 0.20)),  # ankle
    10: ((0, 0, 0), (0.15, 0.03, 0.03)),  # ball of the foot
    13: ((0, 0, -0.05), (0.10, 0.15, 0.15)),  # collar
    16: ((0, 0, -1.20), (0.50, 0.50, 0.50)),  # shoulder
    18: ((0, -0.40, 0), (0.50, 0.60, 0.08)),  # elbow
    20: ((0, 0, 0), (0.20, 0.20, 0.20)),  # wrist
    22: ((0, 0, 0), (0.10, 0.10, 0.10)),  # hand
}
_MIRROR = torch.tensor([1.0, -1.0, -1.0], dtype=torch.float64)  # signs of a mirrored axis-angle


def _table() -> tuple[torch.Tensor, torch.Tensor]:
    mean = torch.zeros(24, 3, dtype=torch.float64)
    std = torch.full((24, 3), torch.inf, dtype=torch.float64)  # no prior on the pelvis
    for joint, values in (_MIDDLE | _LEFT).items():
        mean[joint], std[joint] = (torch.tensor(v, dtype=torch.float64) for v in values)
    for joint in _LEFT:
        mean[joint + 1], std[joint + 1] = mean[joint] * _MIRROR, std[joint]
    return mean, std


MEAN, STD = _table()  # (24, 3) each
PRECISION = STD**-2  # (24, 3), zero for the pelvis
