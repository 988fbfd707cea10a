"""Trunk of a body that was fitted to markers of the legs and the pelvis only.

Without markers above the pelvis the fit leaves the spine straight on the pelvis, so that the trunk
leans and turns with every movement of the pelvis. Here it is upright instead, and faces the heading
of the walk, as healthy trunks nearly do (Leardini et al. 2013, J NeuroEng Rehab 10:14: the thorax
moves a few degrees in walking). No gait parameter is measured from it.
"""

from __future__ import annotations

import numpy as np
import torch

from ...humanml3d import FPS
from ..body import Body
from ..skinning import kinematics
from .marker_model import State, axis_angle

_LUMBAR, _HIPS, _NECK = 3, (1, 2), 12  # joints of SMPL
_ARMS = {16: -1.0, 17: 1.0}  # shoulder → sign of its rotation to the side of the body
_HANGING_RAD = 1.35  # from arms held sideways; vertical arms would be in the hips
_STRIDE_S = 1.2  # span over which the heading is averaged, so that pelvic rotation is removed
_ROUNDS = 3  # of the correction of the lean


def with_upright_trunk(state: State, body: Body, betas: torch.Tensor) -> State:
    """Bend the lumbar spine so that the trunk is upright and faces the heading in each frame.

    The arms hang at rest.

    Args:
        state: Poses of T frames.
        body: Fitted body.
        betas: (B,) shape components.
    """
    turn = _about(1, _heading(state.root.numpy()))
    lean = np.zeros(2)  # mean forward and lateral lean in radians, which is removed
    for _ in range(_ROUNDS):
        upright = turn @ _about(0, -lean[:1]) @ _about(2, lean[1:])
        bent = _with_trunk(state, torch.as_tensor(upright))
        lean = lean + _lean(bent, body, betas, turn)
    return bent


def _with_trunk(state: State, orientation: torch.Tensor) -> State:
    """State with the trunk above the lumbar joint in orientations (T, 3, 3) of the room."""
    rotations = state.rotations.clone()
    rotations[:, _LUMBAR] = axis_angle(state.root.mT @ orientation)
    rotations[:, [6, 9]] = 0.0
    for joint, sign in _ARMS.items():
        rotations[:, joint] = rotations.new_tensor([0.0, 0.0, sign * _HANGING_RAD])
    return State(state.translation, rotations, state.root)


def _lean(state: State, body: Body, betas: torch.Tensor, turn: np.ndarray) -> np.ndarray:
    """Mean forward and left lean (2,) in radians of the line from the hips to the neck."""
    _, rest = body.rest(betas)
    joints = kinematics(state.matrices(), rest, state.translation, body.parents)[1].numpy()
    line = joints[:, _NECK] - joints[:, _HIPS].mean(axis=1)
    line = np.einsum("tji,tj->ti", turn, line).mean(axis=0)  # left, up, ahead
    return np.array([np.arctan2(line[2], line[1]), np.arctan2(line[0], line[1])])


def _about(axis: int, angles: np.ndarray) -> np.ndarray:
    """Rotation matrices (T, 3, 3) about an axis of the room by angles (T,) in radians."""
    from scipy.spatial.transform import Rotation

    return Rotation.from_rotvec(np.outer(angles, np.eye(3)[axis])).as_matrix()


def _heading(root: np.ndarray) -> np.ndarray:
    """Angles (T,) in radians about the vertical that the pelvis faces, averaged over a stride."""
    left = root[:, :, 0]  # a body at rest has its left along X and faces Z
    ahead = np.stack([-left[:, 2], left[:, 0]], axis=1)
    reach = min(int(_STRIDE_S * FPS / 2), len(root) - 1)
    padded = np.pad(ahead, ((reach, reach), (0, 0)), mode="edge")
    kernel = np.ones(2 * reach + 1)
    smooth = np.stack([np.convolve(column, kernel, mode="valid") for column in padded.T], axis=1)
    return np.arctan2(smooth[:, 0], smooth[:, 1])
