"""Skeletons as graphs, and a walk as the baseline networks want to see it.

Joints are (…, 22, 3), metres, Y up, in the order of `agir_hf.humanml3d.JOINT_NAMES`. The two
networks that lift 2D poses read the 17 joints of Human3.6M (Ionescu et al. 2014) as an image shows
them; `to_h36m` and `project` lead there.
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

# Human3.6M's joint → the joints of ours whose mid-point stands for it, in Human3.6M's order. Its
# neck (near the chin) and head (the crown) have no counterpart: ours lie lower by some centimetres.
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

# View → the axis that runs to the right in the image, of a walker who faces Z+.
# side: from the walker's right, who walks to the right; front: from ahead, whose left is right.
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
    """(N, N) float32: 1 where an edge joins two nodes, in both directions; no loops."""
    matrix = torch.zeros(num_nodes, num_nodes)
    for one, other in edges:
        matrix[one, other] = matrix[other, one] = 1
    return matrix


def normalised(adjacency: Tensor) -> Tensor:
    """D^-1/2 A D^-1/2 (Kipf and Welling 2017) of (…, N, N), D the sums of the rows.

    A node without edges stays without. A matrix that is not symmetric is divided by the degrees of
    its rows on both sides, as MotionAGFormer does.
    """
    degree = adjacency.sum(-1)
    inverse_root = torch.where(degree > 0, degree, 1).rsqrt()  # a row of zeros stays one
    return inverse_root[..., :, None] * adjacency * inverse_root[..., None, :]


def check_clips(clips: Tensor) -> Tensor:
    """The clips (B, T, 22, 3), or a ValueError that says what is wrong with them."""
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
    """Clips of walkers of one height who face Z+ and stand at the origin, (B, T, 22, 3).

    Each clip is turned about Y so that its mean line across hips and shoulders lies along X, and
    divided by the height of its body (`body_height_m`). Where the walker is and heads, and how tall
    he is, are gone afterwards. In a clip with a turn the mean direction is what counts.

    Args:
        clips: (B, T, 22, 3), metres, Y up.
        keep_path: False puts the pelvis of each frame at the origin, so that neither the path nor
            the rise and fall of the pelvis is seen; True only that of the first frame.

    Raises:
        ValueError: for a clip without such a line or height, or with NaN.
    """
    across = (clips[:, :, _LEFT] - clips[:, :, _RIGHT]).mean(dim=(1, 2))  # (B, 3)
    width_m, height_m = across[:, ::2].norm(dim=-1), body_height_m(clips)
    sound = (width_m > _SHORTEST_M) & (height_m > _SHORTEST_M) & clips.flatten(1).isfinite().all(1)
    if not sound.all():
        raise ValueError(
            f"clips {(~sound).nonzero().flatten().tolist()} have NaN, or no width across hips and "
            "shoulders, or no height, expected bodies: fill or cut the gaps, leave padding out"
        )
    cos, sin = across[:, 0] / width_m, across[:, 2] / width_m
    zero, one = torch.zeros_like(cos), torch.ones_like(cos)
    turn = torch.stack([cos, zero, sin, zero, one, zero, -sin, zero, cos], -1).view(-1, 1, 3, 3)
    origin = clips[:, :1, :1] if keep_path else clips[:, :, :1]
    return (clips - origin) @ turn.mT / height_m[:, None, None, None]


def body_height_m(clips: Tensor) -> Tensor:
    """(B,) mean length of leg and trunk, ankle to head along the bones; (B, T, 22, 3) metres.

    It does not shrink when the walker stoops.
    """
    right_leg, left_leg, trunk = (_length(clips, chain) for chain in (*_LEGS, _TRUNK))
    return ((right_leg + left_leg) / 2 + trunk).mean(dim=1)


def _length(clips: Tensor, chain: Sequence[int]) -> Tensor:
    """(B, T) length of the bones along some joints."""
    return clips[:, :, list(chain)].diff(dim=2).norm(dim=-1).sum(-1)


def to_h36m(joints: Tensor) -> Tensor:
    """(…, 22, 3) → (…, 17, 3), the joints of Human3.6M: see `H36M_JOINTS`."""
    return _H36M_WEIGHTS.to(joints) @ joints


def project(joints: Tensor, view: str) -> Tensor:
    """Key points (…, J, 2) of joints (…, J, 3) in an image: x to the right, y down.

    The projection is orthographic: the nearer foot is no larger than the farther one. With a body
    of height 1 a walker is roughly as large as in Human3.6M's images, whose half width is 1.

    Args:
        joints: of a walker who faces Z+, Y up, such as those of `standard_walk`.
        view: "side", from the walker's right, or "front", from ahead.
    """
    if view not in VIEWS:
        raise ValueError(f"view is {view!r}, expected one of {tuple(VIEWS)}")
    return torch.stack([joints[..., VIEWS[view]], -joints[..., 1]], dim=-1)


def resample_frames(clips: Tensor, num_frames: int) -> Tensor:
    """(B, T, …) → (B, num_frames, …), linear between frames; first and last frame stay.

    Clips of that length are returned as they are. Another length changes the speed at which the
    walk runs: 54 frames at 20 fps on 81 are as many a second as 30 fps.
    """
    if clips.shape[1] == num_frames:
        return clips
    flat = clips.flatten(2).mT
    resampled = F.interpolate(flat, size=num_frames, mode="linear", align_corners=True)
    return resampled.mT.unflatten(2, clips.shape[2:])
