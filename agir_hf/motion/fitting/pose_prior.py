"""Pose prior of standing and walking: a Gaussian for each axis-angle, set by hand from anatomy.

Means and standard deviations are in radians, in the axes of the body at rest (x left, y up, z
forward; arms sideways). They encode the direction and the usual range of each joint only: knees and
elbows are hinges, the flexion of the spine is shared between three joints, and joints without
markers stay near rest. Ranges: Winter, Biomechanics and Motor Control of Human Movement, 2009,
ch. 2 (legs); Wu et al. 2005, J Biomech 38:981 (axes of the arm).
"""

from __future__ import annotations

import torch

# joint: mean and standard deviation, of the left side where paired
_MIDDLE = {
    3: ((0, 0, 0), (0.15, 0.10, 0.10)),  # spine1, spine2, spine3
    6: ((0, 0, 0), (0.15, 0.10, 0.10)),
    9: ((0, 0, 0), (0.15, 0.10, 0.10)),
    12: ((0, 0, 0), (0.20, 0.20, 0.15)),  # neck
    15: ((0, 0, 0), (0.20, 0.20, 0.15)),  # head
}
_LEFT = {
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
_MIRROR = torch.tensor([1.0, -1.0, -1.0], dtype=torch.float64)  # of an axis-angle


def _table() -> tuple[torch.Tensor, torch.Tensor]:
    mean = torch.zeros(24, 3, dtype=torch.float64)
    spread = torch.full((24, 3), torch.inf, dtype=torch.float64)  # no prior on the pelvis
    for joint, values in (_MIDDLE | _LEFT).items():
        mean[joint], spread[joint] = (torch.tensor(v, dtype=torch.float64) for v in values)
    for joint in _LEFT:
        mean[joint + 1], spread[joint + 1] = mean[joint] * _MIRROR, spread[joint]
    return mean, spread


MEAN, SPREAD = _table()  # (24, 3) each
PRECISION = SPREAD**-2  # (24, 3), zero for the pelvis
