"""Skeletons as graphs, and normalisation of walks for the baseline networks.

Joints have shape (…, 22, 3), metres, Y up, in the order of `agir_hf.humanml3d.JOINT_NAMES`. The two
networks that lift 2D poses read the 17 joints of Human3.6M (Ionescu et al. 2014) in an image;
`to_h36m` and `project` convert to them.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional as F

from ...humanml3d import JOINT_NAMES, KINEMATIC_CHAINS, NUM_JOINTS

Edges = Sequence[tuple[int, int]]

# (parent, child) along the body
EDGES: tuple[tuple[int, int], ...] = tuple(
    sorted((link for chain in KINEMATIC_CHAINS for link in pairwise(chain)), key=lambda e: e[1])
)
PARENTS: tuple[int, ...] = (-1, *(parent for parent, _ in EDGES))

# Joint of Human3.6M → our joints whose mid-point replaces it, in Human3.6M's order. Its neck (near
# the chin) and head (the crown) have no counterpart: ours are some centimetres lower.
H36M_JOINTS: dict[str, tuple[str, ...]] = {
    "pelvis": ("pelvis",),
    "right_hip": ("right_hip",),
    "right_knee": ("right_knee",),
    "right_ankle": ("right_ankle",),
    "left_hip": ("left_hip",),
    "left_knee": ("left_knee",),
    "left_ankle": ("left_ankle",),
    "spine": ("spine2",),
    "thorax": ("left_shoulder", "right_shoulder"),
    "neck": ("neck", "head"),
    "head": ("head",),
    "left_shoulder": ("left_shoulder",),
    "left_elbow": ("left_elbow",),
    "left_wrist": ("left_wrist",),
    "right_shoulder": ("right_shoulder",),
    "right_elbow": ("right_elbow",),
    "right_wrist": ("right_wrist",),
}
NUM_H36M_JOINTS = len(H36M_JOINTS)
H36M_EDGES: tuple[tuple[int, int], ...] = (
    (0, 1), (1, 2), (2, 3), (0, 4), (4, 5), (5, 6), (0, 7), (7, 8), (8, 9), (9, 10), (8, 11),
    (11, 12), (12, 13), (8, 14), (14, 15), (15, 16),
)  # fmt: skip

# View → the axis that points right in the image, for a subject who faces Z+.
# side: seen from the subject's right, walking to the right; front: the subject's left is right.
VIEWS: dict[str, int] = {"side": 2, "front": 0}

_TRUNK = KINEMATIC_CHAINS[2]
_LEGS = (KINEMATIC_CHAINS[0][1:4], KINEMATIC_CHAINS[1][1:4])  # hip, knee, ankle
_LEFT, _RIGHT = (
    [JOINT_NAMES.index(f"{side}_{part}") for part in ("hip", "shoulder")]
    for side in ("left", "right")
)
_H36M_WEIGHTS = torch.tensor(
    [[(name in parts) / len(parts) for name in JOINT_NAMES] for parts in H36M_JOINTS.values()]
)
_SHORTEST_M = 1e-6


def adjacency_matrix(edges: Edges, num_nodes: int) -> Tensor:
    """Make the adjacency matrix of a graph without loops.

    Args:
        edges: Pairs of joined nodes.
        num_nodes: Number of nodes N.

    Returns:
        Symmetric matrix of 0 and 1, shape (N, N), float32.
    """
    matrix = torch.zeros(num_nodes, num_nodes)
    for i, j in edges:
        matrix[i, j] = matrix[j, i] = 1
    return matrix


def normalised(adjacency: Tensor) -> Tensor:
    """Normalise an adjacency matrix: D^-1/2 A D^-1/2, with D the sums of the rows.

    Rows of zeros stay zero. A matrix that is not symmetric is divided by the degrees of its rows on
    both sides, as in MotionAGFormer. Source: Kipf and Welling 2017 (Semi-Supervised Classification
    with Graph Convolutional Networks).

    Args:
        adjacency: Matrices of shape (…, N, N).

    Returns:
        Normalised matrices of the same shape.
    """
    degree = adjacency.sum(-1)
    inverse_root = torch.where(degree > 0, degree, 1).rsqrt()  # 1 for rows of zeros
    return inverse_root[..., :, None] * adjacency * inverse_root[..., None, :]


def check_clips(clips: Tensor) -> Tensor:
    """Check the shape and the type of clips.

    Args:
        clips: Joint positions, shape (B, T, 22, 3), metres.

    Returns:
        The clips.

    Raises:
        ValueError: The shape differs, there are no frames, or the type is not floating point.
    """
    if clips.ndim != 4 or clips.shape[2:] != (NUM_JOINTS, 3) or not clips.shape[1]:
        raise ValueError(
            f"clips have shape {tuple(clips.shape)}, expected (B, T, {NUM_JOINTS}, 3): stack clips "
            "of one length, joints in the order of agir_hf.humanml3d.JOINT_NAMES; clip[None] is a "
            "batch of one"
        )
    if not clips.is_floating_point():
        raise ValueError(f"clips have dtype {clips.dtype}, expected float32 metres: clips.float()")
    return clips


def standard_walk(clips: Tensor, keep_path: bool = False) -> Tensor:
    """Normalise position, heading and height of walks.

    Each clip is turned about Y so that its mean line across hips and shoulders is parallel to X
    (the subject faces Z+), and divided by the height of its body (`body_height_m`). In a clip with
    a turn the mean direction is used.

    Args:
        clips: Joint positions, shape (B, T, 22, 3), metres, Y up.
        keep_path: False moves the pelvis of every frame to the origin, which removes the path and
            the vertical movement of the pelvis; True moves only that of the first frame.

    Returns:
        Joint positions in units of body height, shape (B, T, 22, 3).

    Raises:
        ValueError: A clip has NaN, no width across hips and shoulders, or no height.
    """
    across = (clips[:, :, _LEFT] - clips[:, :, _RIGHT]).mean(dim=(1, 2))  # (B, 3)
    width_m, height_m = across[:, ::2].norm(dim=-1), body_height_m(clips)
    valid = (width_m > _SHORTEST_M) & (height_m > _SHORTEST_M) & clips.flatten(1).isfinite().all(1)
    if not valid.all():
        raise ValueError(
            f"clips {(~valid).nonzero().flatten().tolist()} have NaN, or no width across hips and "
            "shoulders, or no height, expected bodies: fill or cut the gaps, remove padding"
        )
    cos, sin = across[:, 0] / width_m, across[:, 2] / width_m
    zero, unit = torch.zeros_like(cos), torch.ones_like(cos)
    turn = torch.stack([cos, zero, sin, zero, unit, zero, -sin, zero, cos], -1).view(-1, 1, 3, 3)
    origin = clips[:, :1, :1] if keep_path else clips[:, :, :1]
    return (clips - origin) @ turn.mT / height_m[:, None, None, None]


def body_height_m(clips: Tensor) -> Tensor:
    """Body height: mean length of leg and trunk, from ankle to head along the bones.

    It does not decrease when the subject stoops.

    Args:
        clips: Joint positions, shape (B, T, 22, 3), metres.

    Returns:
        Height of each clip's body, shape (B,), metres.
    """
    right_leg, left_leg, trunk = (_length(clips, chain) for chain in (*_LEGS, _TRUNK))
    return ((right_leg + left_leg) / 2 + trunk).mean(dim=1)


def _length(clips: Tensor, chain: Sequence[int]) -> Tensor:
    """(B, T) length of the bones along a chain of joints."""
    return clips[:, :, list(chain)].diff(dim=2).norm(dim=-1).sum(-1)


def to_h36m(joints: Tensor) -> Tensor:
    """Convert joints (…, 22, 3) to those of Human3.6M, (…, 17, 3): see `H36M_JOINTS`."""
    return _H36M_WEIGHTS.to(joints) @ joints


def project(joints: Tensor, view: str) -> Tensor:
    """Project joints orthographically into an image.

    With a body of height 1 the subject is about as large as in Human3.6M's images, whose half width
    is 1.

    Args:
        joints: Joints of a subject who faces Z+, shape (…, J, 3), Y up, such as those of
            `standard_walk`.
        view: "side", from the subject's right, or "front".

    Returns:
        Key points, shape (…, J, 2), x to the right, y down.

    Raises:
        ValueError: The view has another name.
    """
    if view not in VIEWS:
        raise ValueError(f"view is {view!r}, expected one of {tuple(VIEWS)}")
    return torch.stack([joints[..., VIEWS[view]], -joints[..., 1]], dim=-1)


def resample_frames(clips: Tensor, num_frames: int) -> Tensor:
    """Resample clips linearly to a number of frames; the first and the last frame stay.

    Resampling changes the frame rate: 54 frames at 20 fps become 81 frames at 30 fps.

    Args:
        clips: Clips of shape (B, T, …).
        num_frames: Number of frames. Clips of this length are returned unchanged.

    Returns:
        Clips of shape (B, num_frames, …).
    """
    if clips.shape[1] == num_frames:
        return clips
    flat = clips.flatten(2).mT
    resampled = F.interpolate(flat, size=num_frames, mode="linear", align_corners=True)
    return resampled.mT.unflatten(2, clips.shape[2:])
